"""The comparison with the patent's tables, on a coarse grid."""

import json

import pytest
from click.testing import CliRunner

from membranekit import calibration, comparison, refitting, validation
from membranekit.cli import main
from membranekit.membrane import Membrane
from membranekit.refitting import Refit, Transfer
from membranekit.validation import Check, Validation

CELLS = 40


@pytest.fixture(scope="module")
def found():
    return validation.validate(cells=CELLS)


def test_every_number_has_a_prediction_beside_it(found):
    # an example 4 that cannot be met on so few cells says so
    without = [row.key for row in found.rows if row.predicted is None and not row.note]
    assert without == []
    assert len(found.membranes) == validation.RUNS


def test_a_prediction_is_that_of_its_own_run(found):
    membrane = found.membranes["example1", "2 s"]
    rows = {row.key: row.predicted for row in found.rows}
    pore = rows["Table 1", "2 s", "surface_pore"].value
    assert pore == membrane.surface_pore_diameter
    state = rows["Table 1", "2 s", "minimum_layer"].label
    assert state == membrane.minimum_pore_layer.state
    flux = rows["Example 2", "4 s", "water_flux"].middle
    other = found.membranes["example2", "4 s"].permeance
    assert flux == pytest.approx(other.m_as("ml/(cm**2 min atm)"))


def test_what_is_fitted_is_read_from_the_runs_and_names_its_rows(found):
    # one number may stand in several places
    places = [each.name.split(" = ") for each in found.fitted_constants]
    names = [name for each in places for name in each]
    assert len(set(names)) == len(names)
    of_runs = set(names) & set(validation.FITTED_TO)
    assert of_runs == set(validation.FITTED_TO)
    assert ["g(PVDF, PVP K30)", "g(polysulfone P-3500, PVP K30)"] in places
    # of the filters; the last one where Example 4 could be met at all
    assert len(names) - len(of_runs) in (4, 5)
    rows = {", ".join(row.key) for row in found.rows if row.role == "calibrate"}
    for each in found.fitted_constants:
        told = set(each.fitted_to)
        assert told <= rows
        assert each.fitted_to


def test_figure_2_is_read_off_three_air_times(found):
    told = [row for row in found.rows if row.quantity == "figure2"]
    assert [row.measured.label for row in told] == ["rises"]
    times = [time for name, time in found.membranes if name == "example3"]
    assert sorted(times) == ["0 s", "15 s", "7.5 s"]


def test_the_gate_is_what_the_rows_and_checks_say(found):
    missed = [
        ", ".join(row.key) for row in found.rows if row.gate.gated and not row.within
    ]
    inputs = [", ".join(row.key) for row in found.rows if row.within is None]
    told = [each.what for each in found.checks if each.gated and not each.ok]
    assert found.missed == [each for each in missed if each not in inputs] + told
    none = Validation((), (), (), (), {})
    assert none.passed
    assert not Validation((), (Check("a", "b", False),), (), (), {}).passed
    assert Validation((), (Check("a", "b", False, gated=False),), (), (), {}).passed


def test_it_is_written_as_json_takes_it(found):
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(document) >= {"rows", "fitted_constants", "chosen_constants"}
    for row in document["rows"]:
        assert row["measure"] in (
            *("label", "factor", "relative", "log10", "ratio", "input"),
        )
        if row["measure"] == "label":
            assert isinstance(row["measured"], str)
            assert row["factor"] is None
    assert document["summary"]["calibrate_values"] == 24


def test_the_table_tells_the_counts_and_the_means_side_by_side(found):
    told = str(found)
    assert f"{len(found.fitted_constants)} constants fitted" in told
    assert "to 24 numbers marked calibrate" in told
    assert "rms factor, calibrate / predict" in told
    assert "over-fitting" in told
    assert max(map(len, told.splitlines())) <= 140


def test_a_run_that_fails_is_told_and_nothing_breaks(found):
    broken = Membrane.from_record({"success": False, "message": "it broke"})
    membranes = {**found.membranes, ("example1", "2 s"): broken}
    rows = validation.comparison.entries()
    other = validation.compared(rows, membranes)
    row = next(each for each in other.rows if each.row == "2 s")
    assert row.predicted is None
    assert row.within is False
    assert "it broke" in row.note
    json.dumps(other.to_dict(), allow_nan=False)
    assert str(other)


@pytest.fixture
def shared(found, monkeypatch):
    """Put the module's comparison in place of a new one."""
    monkeypatch.setattr(validation, "validate", lambda **given: found)


def test_the_command_ends_with_0_and_strictly_with_1(shared, found, tmp_path):
    figure = tmp_path / "v.png"
    done = CliRunner().invoke(main, ["validate", "--plot", str(figure)])
    assert done.exit_code == 0
    assert done.stdout.startswith("quantity")
    assert figure.read_bytes().startswith(b"\x89PNG")
    strict = CliRunner().invoke(main, ["validate", "--strict", "--json"])
    assert strict.exit_code == (0 if found.passed else 1)
    assert json.loads(strict.stdout) == json.loads(json.dumps(found.to_dict()))


@pytest.fixture
def refitted(found, monkeypatch):
    """Answer a fit at once; keep what was asked for."""
    asked = []
    one = Transfer("example1", dict.fromkeys(vars(calibration.START)), 1.1, 2.0, (1, 2))

    def refit(data, report):
        asked.append(data)
        return Refit(calibration.START, calibration.START, (one,))

    monkeypatch.setattr(refitting, "refit", refit)
    monkeypatch.setattr(validation, "run_examples", lambda *_, **__: found.membranes)
    return asked


def test_the_constants_are_fitted_again_from_the_file_that_is_given(refitted, tmp_path):
    text = comparison.shipped_text().replace('"0.80 um"', '"2.4 um"')
    path = tmp_path / "numbers.toml"
    path.write_text(text)
    done = CliRunner().invoke(main, ["validate", "--refit", "--data", str(path)])
    assert done.exit_code == 0
    assert refitted == [text]
    assert "what is shipped is the fit's output to 1e-3" in done.stdout
    assert "rms factor of pores 1.1 on its own rows, 2 on the others'" in done.stdout
    document = json.loads(
        CliRunner().invoke(main, ["validate", "--refit", "--json"]).stdout
    )
    assert document["refit"]["agrees"] is True
    assert len(document["refit"]["constants"]) == 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[example1", "--data"),
        ("[example1]\n", "no rows of example1, example2, table2, example3, example4"),
        (
            comparison.shipped_text().replace('role = "predict"', 'role = "guess"'),
            "role 'guess'",
        ),
        (
            comparison.shipped_text().replace('"calibrate"', '"predict"'),
            "not marked calibrate, and needed by the fit: Example 2, 4 s",
        ),
    ],
    ids=["no TOML", "no rows", "no such role", "nothing to fit to"],
)
def test_other_numbers_are_checked_before_anything_runs(text, says, tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(text)
    done = CliRunner().invoke(main, ["validate", "--refit", "--data", str(path)])
    assert done.exit_code == 2
    assert says in done.stderr
    alone = CliRunner().invoke(main, ["validate", "--data", str(path)])
    assert alone.exit_code == 2
    assert "go with --refit" in alone.stderr
