"""The page of the validation and the count of constants, without their long runs."""

import sys

import count_constants as constants
import pytest
import tomli
import validation_page as pages

from membranekit import comparison, validation
from membranekit.constants import CONSTANTS
from membranekit.ensemble import MEASUREMENTS, Band, Bands
from membranekit.refitting import Transfer


@pytest.fixture(scope="module")
def found():
    """Return the tables as a perfect model would predict them."""
    rows = comparison.entries()
    exact = {row.key: row.measured for row in rows}
    told = comparison.beside(rows, exact, comparison.null_predictions(rows), {})
    fitted = validation.FittedConstant("growth", 1e-8, "m/s", ("Table 1, 2 s",), "")
    return validation.Validation(
        tuple(told),
        (validation.Check("what is asked", "found", True),),
        (fitted,),
        validation.chosen_constants(),
        {},
    )


@pytest.fixture(scope="module")
def page(found):
    band = Band("coacervation_depth", 10.0, 8.0, 14.0, "um", ("air",), 4)
    widths = {("example1", "6 s"): Bands((band,), {"inside": 0.7}, {}, {}, 4, 0, 20)}
    values = {"growth": 2e-8, "roughness": None}
    one = Transfer("example1", values, 1.2, 1.9, (7, 8))
    other = Transfer("example3", {**values, "growth": 4e-8}, 1.0, 2.5, (9, 11))
    return pages.page(found, [one, other], widths)


def test_the_page_has_a_line_for_each_number_and_label(page):
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    for row in comparison.entries():
        place = row.row.partition(":")[0]
        name = row.quantity.replace("_", " ")
        assert any(line.startswith(f"| {place} | {name}") for line in lines), row.key
    assert "No gate is missed." in page
    assert "| constant | value | fitted to |" in page


def test_the_page_tells_spread_bands_and_measurements(page):
    assert "x 2.00" in page
    assert "| factor on the others' | 1.9 | 2.5 |" in page
    assert "inside, 70 %" in page
    assert "8 to 14" in page
    for text in MEASUREMENTS.values():
        assert text in page


def test_the_page_shows_every_plot_and_they_are_there(page):
    for name in pages.PLOTS.values():
        assert f"]({name})" in page
        assert (pages.DOCS / name).stat().st_size > 1000


def test_plots_of_the_tables_are_the_same_file_again(found, tmp_path):
    for draw in (pages.draw_table1, pages.draw_table2, pages.draw_rows):
        one, other = tmp_path / "one.svg", tmp_path / "other.svg"
        draw(found, one)
        draw(found, other)
        assert one.read_bytes() == other.read_bytes()


# ------------------------------------------------------------ the count of constants
def test_the_counted_constants_exist():
    counted = tomli.loads(constants.OUTPUT.read_text(encoding="utf-8"))
    known = {each.name: each for each in constants.variations()}
    names = [each["name"] for each in counted["constants"]]
    assert names
    assert len(set(names)) == len(names)
    assert set(names) <= set(known)
    rows = {", ".join(row.key) for row in comparison.entries()}
    for each in counted["constants"]:
        assert each["basis"] == known[each["name"]].basis
        assert each["moves"] in rows
        assert each["by"] > constants.MOVES or each["labels"]
        assert set(each.get("labels", ())) <= rows
    chosen = {each.name for each in validation.chosen_constants()}
    assert chosen == {e["name"] for e in counted["constants"] if e["basis"] == "chosen"}


def test_what_was_fitted_is_counted_as_fitted():
    """No number of the model that a fit or a look set is missing from the list."""
    filters = validation._Filters({}, {}, [], {})
    listed = set(validation.FITTED_TO)
    listed |= {each.name for each in validation._filter_constants(filters)}
    fitted = {e.name for e in constants.variations() if e.basis == "fitted"}
    elsewhere = {"g(water, polysulfone P-3500)"}  # published cloud points
    again = {"structure.pores.SCATTER"}  # as HETEROGENEITY has it
    assert fitted - elsewhere - again <= listed


def test_everything_nobody_measured_is_varied():
    names = {each.name for each in constants.variations()}
    unknown = {n for n, each in CONSTANTS.items() if each.basis in constants.UNKNOWN}
    assert unknown <= names
    for name in (
        *("support.temperature", "air.flow_length", "structure.pores.SHARE"),
        *("PVDF.gelation_fraction", "g(water, PVDF)", "filtration.capture.SPACING"),
    ):
        assert name in names


def test_each_variation_changes_what_it_is_called_and_puts_it_back():
    from membranekit import library
    from membranekit.structure import pores

    known = {each.name: each for each in constants.variations()}
    growth = CONSTANTS["growth_speed"].value
    with known["growth_speed"].changed():
        assert CONSTANTS["growth_speed"].value == pytest.approx(1.1 * growth)
    assert CONSTANTS["growth_speed"].value == growth
    glass = library.lookup("PVDF").get("glass_temperature").at(298.15)
    with known["PVDF.glass_temperature"].changed():
        warmer = library.lookup("PVDF").get("glass_temperature").at(298.15)
    assert warmer == pytest.approx(glass + 10.0)
    names = ["water", "DMAc", "PVDF", "PEG 200", "PVP K30"]
    usual = library.interaction_set(names).pair("water", "PVDF").at(0.5)
    with known["g(water, PVDF)"].changed():
        more = library.interaction_set(names).pair("water", "PVDF").at(0.5)
    assert more == pytest.approx(1.1 * usual)
    default = pores.minimum_pore_layer.__defaults__
    with known["structure.pores.SHARE"].changed():
        assert pores.minimum_pore_layer.__defaults__ != default
        assert pytest.approx(1.1 * default[0]) == pores.SHARE
    assert pores.minimum_pore_layer.__defaults__ == default
    with known["air.flow_length"].changed():
        assert constants.ADDRESS == "air.flow_length"
    assert constants.ADDRESS == ""


def test_what_moves_a_number_or_a_label_is_told():
    at_10 = "Table 1, 10 s, minimum_layer_depth"
    before = {"a": 1.0, "b": 2.0, "c": "inside", at_10: 20.0}
    after = {"a": 1.05, "b": 1.8, "c": "surface", at_10: 21.0}
    noisy = {"a": 0.03, "b": 0.01}
    assert constants.effect(before, {**before, "a": 1.05}, noisy)["by"] == 0.0
    found = constants.effect(before, after, noisy)
    assert found["moves"] == "b"
    assert found["by"] == pytest.approx(0.1)
    assert found["labels"] == ["c"]
    assert found["depth_at_10_s"] == pytest.approx(1.0)
    entry = {"name": "x", "basis": "chosen", "value": "1", **found}
    still = {**entry, "name": "y", "by": 0.001, "labels": []}
    text = constants.document({"x": entry, "y": still}, 60)
    assert [each["name"] for each in tomli.loads(text)["constants"]] == ["x"]


def test_the_basis_of_a_modules_number_is_what_its_text_says():
    source = (
        'A = 1.0\n"""Of a thing [1]; chosen."""\n'
        'B = 2.0\nC = 3.0\n"""Fitted to both."""\n'
        "D = 4.0  # Fuller, Ensley, Giddings 1969\n"
        "E = 5.0\n"
    )
    found = constants.said_bases(source)
    assert found == {
        **{"A": "chosen", "B": "fitted", "C": "fitted"},
        **{"D": "literature", "E": "chosen"},
    }
    assert "count_constants" in sys.modules
