"""The casting solution: fractions, stocks, roles, equality, and what it prints."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import membranekit as mk
from membranekit import library, units
from membranekit.errors import InputError
from membranekit.solution import CloudPoint, Parts, spell

AMOUNTS = st.floats(1e-3, 1e3)


def make(**changes):
    parts = {"PVDF": 20, "DMAc": 60, "PEG200": 10, "PVP": 10, "water": 0.7}
    return mk.CastingSolution.from_parts(**{"parts": parts, **changes})


def test_mass_fractions_are_shares_of_the_total():
    fractions = make().mass_fractions
    assert sum(fractions.values()) == pytest.approx(1, abs=1e-15)
    assert fractions["PVDF"] == pytest.approx(20 / 100.7)
    assert fractions["PEG 200"] == pytest.approx(10 / 100.7)


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.floats(1e-2, 1e2))
def test_only_the_proportions_count(polymer, solvent, water, scale):
    parts = {"PSF": polymer, "NMP": solvent, "water": water}
    scaled = {name: scale * amount for name, amount in parts.items()}
    one = mk.CastingSolution.from_parts(parts).mass_fractions
    other = mk.CastingSolution.from_parts(scaled).mass_fractions
    assert one == pytest.approx(other, rel=1e-12)


def test_volume_fractions_follow_from_the_densities():
    solution = make()
    density = {each.name: each.get("density").at() for each in solution.components}
    volumes = {n: w / density[n] for n, w in solution.mass_fractions.items()}
    total = sum(volumes.values())
    expected = {name: volume / total for name, volume in volumes.items()}
    assert solution.volume_fractions == pytest.approx(expected, rel=1e-12)


def test_components_stand_in_order_whatever_the_order_of_the_parts():
    expected = ["water", "DMAc", "PVDF", "PEG 200", "PVP K30"]
    assert [each.name for each in make().components] == expected
    turned = dict(reversed(list(make().parts.items())))
    assert [each.name for each in make(parts=turned).components] == expected


def test_roles_change_no_number_and_no_order():
    roles = {"PEG 200": "nonsolvent", "povidone": "nonsolvent"}
    with_roles = make(roles=roles)
    assert with_roles.components == make().components
    assert with_roles.mass_fractions == make().mass_fractions
    assert with_roles.role_of("PEG200") == "nonsolvent"
    assert make().role_of("PEG200") == "swelling_agent"


def test_roles_by_default_are_the_usual_ones():
    solution = make()
    roles = [solution.role_of(name) for name in ("water", "DMAc", "PVDF", "PVP")]
    assert roles == ["nonsolvent", "good_solvent", "membrane_polymer", "swelling_agent"]
    with pytest.raises(mk.InputError, match="NMP is not in the solution; it holds"):
        solution.role_of("NMP")


def test_a_stock_is_taken_apart():
    solution = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 81, "LiCl stock": 4},
        stocks={"LiCl stock": {"LiCl": 20, "water": 80}},
    )
    assert solution.mass_fractions["LiCl"] == pytest.approx(0.008)
    assert solution.mass_fractions["water"] == pytest.approx(0.032)
    whole = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 81, "LiCl": 0.8, "water": 3.2}
    )
    assert solution.mass_fractions == pytest.approx(whole.mass_fractions)
    assert solution.components == whole.components


def test_what_a_stock_holds_adds_to_what_is_there():
    solution = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 80, "water": 1, "stock": 4},
        stocks={"stock": {"NMP": 1, "H2O": 1}},
    )
    assert solution.mass_fractions["water"] == pytest.approx(0.03)
    assert solution.mass_fractions["NMP"] == pytest.approx(0.82)


def test_a_role_can_be_given_to_what_a_stock_holds():
    solution = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 81, "stock": 4},
        stocks={"stock": {"LiCl": 20, "water": 80}},
        roles={"LiCl": "nonsolvent"},
    )
    assert solution.role_of("LiCl") == "nonsolvent"


def test_a_substance_takes_the_place_of_its_name():
    by_name = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    by_key = mk.CastingSolution.from_parts(
        {mk.materials["PSF"]: 15, mk.materials["NMP"]: 85}
    )
    assert by_name == by_key
    assert hash(by_name) == hash(by_key)


def test_a_changed_substance_stays_changed():
    light = mk.materials["NMP"].replace(density="900 kg/m**3")
    solution = mk.CastingSolution.from_parts({"PSF": 15, light: 85})
    plain = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    assert solution != plain
    assert solution.volume_fractions["NMP"] > plain.volume_fractions["NMP"]
    warm = solution.replace(temperature="30 degC")
    assert warm.volume_fractions == solution.volume_fractions


def test_equal_across_spellings_and_units():
    one = make(temperature="25 degC")
    other = make(
        parts={"water": 0.7, "PVP": 10, "PEG 200": 10, "DMAc": 60.0, "PVDF": 20},
        temperature="298.15 K",
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one != make(temperature="26 degC")
    assert one != make()
    assert one != "a solution"


def test_what_the_user_stated_is_noted():
    assert make().given == {"parts"}
    assert make(temperature="25 degC", roles={}).given == {"parts", "temperature"}
    assert make().temperature is None


def test_it_cannot_be_changed():
    solution = make()
    with pytest.raises(AttributeError):
        solution.temperature = "30 degC"
    with pytest.raises(TypeError):
        solution.parts["water"] = 5


def test_a_given_quantity_is_copied():
    temperature = mk.Quantity(25.0, "degC")
    solution = make(temperature=temperature)
    temperature.ito("K")
    assert str(solution.temperature.units) == "degree_Celsius"


def test_pickle_and_deepcopy_keep_everything():
    solution = make(
        roles={"PVP": "nonsolvent"},
        temperature="25 degC",
        cloud_point={
            "nonsolvent": "water",
            "mass_fraction": "4.8 %",
            "temperature": "25 degC",
        },
    )
    for copied in (pickle.loads(pickle.dumps(solution)), copy.deepcopy(solution)):
        assert copied == solution
        assert copied.given == solution.given
        assert str(copied) == str(solution)


def test_a_cloud_point_is_read_from_a_mapping_or_made():
    made = CloudPoint(nonsolvent="H2O", mass_fraction="48 g/kg", temperature="298.15 K")
    fields = {"nonsolvent": "water", "mass_fraction": "4.8 %"}
    solution = make(cloud_point={**fields, "temperature": "25 degC"})
    assert solution.measured_cloud_point == made
    assert make(cloud_point=made) == solution


def test_an_interaction_set_is_named_and_must_cover_the_parts():
    name = mk.cases["example2"].solution
    known = "water-NMP-polysulfone, UNIFAC-DO refit"
    two = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85}, interactions=known)
    assert two.interactions == known
    with pytest.raises(mk.MaterialError, match=r"interactions.*PVP K30"):
        name.replace(interactions=known)
    with pytest.raises(mk.MaterialError, match="no known interaction set"):
        two.replace(interactions="water-oil")


def test_the_report_names_each_part_with_its_share_and_role():
    text = str(make(roles={"PVP": "nonsolvent"}, temperature="25 degC"))
    rows = {line.split("  ")[1].strip(): line for line in text.splitlines()[2:-1]}
    assert rows["PVDF"].split()[1:] == ["19.86", "12.17", "membrane", "polymer"]
    assert rows["PVP K30"].split()[-1] == "nonsolvent"
    assert text.splitlines()[-1].strip() == "temperature: 25 degC"
    assert text.isascii()


def test_the_html_report_is_escaped():
    solution = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 84, "<b>": 1}, stocks={"<b>": {"water": 1}}
    )
    html = solution._repr_html_()
    assert "<td>polysulfone P-3500</td>" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_the_repr_makes_it_again():
    solution = make(roles={"PVP": "nonsolvent"}, temperature="25 degC")
    assert eval(repr(solution), {"CastingSolution": mk.CastingSolution}) == solution


def test_parts_are_found_by_any_alias():
    parts = make().parts
    assert parts["povidone"] == 10
    assert parts[mk.materials["water"]] == 0.7
    assert "NMP" not in parts
    assert list(parts) == ["PVDF", "DMAc", "PEG200", "PVP", "water"]


def test_parts_with_another_amount_are_read_again():
    parts = make().parts.with_amount("H2O", 2, mk.materials.lookup)
    assert make(parts=parts).mass_fractions["water"] == pytest.approx(2 / 102)
    with pytest.raises(mk.InputError, match=r"solution\.parts\.NMP: 0 is not"):
        make(parts=parts.with_amount("NMP", 0, mk.materials.lookup))


UNITS = {
    "s": "time",
    "um": "length",
    "m/s": "velocity",
    "m/min": "velocity",
    "degC": "temperature",
    "percent": "share",
    "g/kg": "mass_fraction",
    "deg": "angle",
}


@given(st.floats(1e-6, 100), st.sampled_from(list(UNITS)))
def test_a_quantity_is_spelled_so_that_it_reads_back(value, unit):
    quantity = mk.Quantity(value, unit)
    text = spell(quantity)
    assert text.isascii()
    assert units.quantity(text, UNITS[unit], "x") == quantity


def test_a_ratio_without_a_unit_is_spelled_with_one():
    assert spell(mk.Quantity(0.009, "dimensionless")) == "0.009 kg/kg"


def test_recipes_are_equal_by_substance_and_amount():
    one = Parts.read({"NMP": 1, "water": 2}, "bath")
    other = Parts.read({"H2O": 2.0, "N-methylpyrrolidone": 1}, "bath")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Parts.read({"NMP": 1, "water": 3}, "bath")
    assert one == {"NMP": 1, "water": 2}


def test_what_is_extra_is_one_or_several():
    held = library.interaction_set((), "water-NMP-polysulfone, Wei 2006")
    own = library.lookup("NMP")
    expected = make(extra=(held,))
    assert expected.extra == (held,)
    assert make(extra=held) == make(extra=[held]) == make(extra=iter([held]))
    assert make(extra=held) == expected
    assert make(extra=held) != make()
    assert make(extra=own).extra == (own,)
    assert make(extra=(own, held)).extra == (own, held)
    assert make(extra=held).replace(extra=None) == make()


@pytest.mark.parametrize("extra", ["mine.toml", 3, ["x"], {"x": 1}, [None]])
def test_what_is_extra_must_be_a_substance_or_a_set(extra):
    with pytest.raises(InputError, match=r"solution\.extra: give substances and inter"):
        make(extra=extra)
