"""From a recipe to numbers and files, with nothing made up but the coarse grid."""

import csv
import dataclasses
import json
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import membranekit as mk
from membranekit import simulation
from membranekit.cli import main

CELLS = 60

TOML = """
name = "sheet"
[solution.parts]
PSF = 15
NMP = 70
PVP = 15
water = 0.8
[process]
wet_thickness = "150 um"
support = { material = "glass", thickness = "3 mm", temperature = "25 degC" }
[[process.step]]
kind = "air"
time = "4 s"
temperature = "40 degC"
relative_humidity = "60 %"
air_speed = "2 m/s"
[[process.step]]
kind = "immersion"
bath = "water"
temperature = "20 degC"
time = "30 s"
"""
SERIES = TOML + '[series]\n"air.time" = ["2 s", "4 s"]\n'
PARTS = {"PSF": 15, "NMP": 70, "PVP": 15, "water": 0.8}


def solution(parts=PARTS):
    return mk.CastingSolution.from_parts(parts)


def process():
    return mk.Process(
        wet_thickness=mk.Quantity(0.15, "mm"),
        steps=[
            mk.AirExposure(
                time=mk.Quantity(4, "s"),
                temperature="313.15 K",
                relative_humidity="60 %",
                air_speed="120 m/min",
            ),
            mk.Immersion(bath="water", temperature="20 degC", time="0.5 min"),
        ],
        support=mk.Support("glass", thickness="3 mm", temperature="25 degC"),
    )


def numbers(membrane):
    """Return all numbers of a membrane, as arrays in one unit each."""
    assert membrane.success, membrane.message
    profile, history = membrane.pore_profile, membrane.history
    layer = membrane.minimum_pore_layer
    given = {"depth": profile.depth, "pores": profile.pore_diameter}
    for name in ("thickness", "porosity", "permeance", "bubble_point"):
        given[name] = getattr(membrane, name)
    for name in ("coacervation_depth", "water_uptake", "solvent_evaporated"):
        given[name] = getattr(membrane, name)
    for name in ("time", "temperature", "binodal_time", "arrest_time"):
        given[f"history.{name}"] = getattr(history, name)
    found = {name: np.array(value.m) for name, value in given.items()}
    found["layer"] = np.array([np.nan if layer.depth is None else layer.depth.m])
    found["fractions"] = history.volume_fraction
    return found


def differing(one, other, rtol=0.0):
    """Return the names of the numbers that are not equal to `rtol`."""
    one, other = numbers(one), numbers(other)
    assert one.keys() == other.keys()
    return [
        name
        for name in one
        if one[name].shape != other[name].shape
        or not np.allclose(one[name], other[name], rtol=rtol, atol=0, equal_nan=True)
    ]


def fresh(program, *arguments):
    """Run a program in a new interpreter and return its output."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def membrane():
    return mk.simulate(solution(), process(), cells=CELLS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a series of two runs, on a coarse grid."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulation, "DEFAULT_CELLS", CELLS)
    (tmp_path / "case.toml").write_text(SERIES, "utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def as_json(*arguments, status=0):
    """Run the command with ``--json``; return its object, without wall times."""

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    result = call(*arguments, "--json")
    assert result.exit_code == status, result.stderr
    document = json.loads(result.stdout, parse_constant=refuse)
    for run in document["runs"]:
        del run["wall_time"]
    return document


# ------------------------------------------------------------------- the same case
def test_a_case_file_and_python_give_equal_inputs_and_the_same_bits(tmp_path, membrane):
    path = tmp_path / "case.toml"
    path.write_text(TOML, "utf-8")
    (run,) = mk.read_case(path).runs
    assert (run.solution, run.process) == (solution(), process())
    assert hash(run.solution) == hash(solution())
    assert hash(run.process) == hash(process())
    (found,) = mk.simulate_many([run], cells=CELLS)
    assert differing(found, membrane) == []


def test_names_change_nothing(tmp_path, membrane):
    path = tmp_path / "other.toml"
    text = TOML.replace('"sheet"', '"another name"')
    text = text.replace("PSF =", '"polysulfone P-3500" =').replace("PVP", '"pvp-k30"')
    path.write_text(text, "utf-8")
    (run,) = mk.read_case(path).runs
    (found,) = mk.simulate_many([run], cells=CELLS)
    assert found.name == "another name"
    assert differing(found, membrane) == []


def test_scale_and_order_of_the_parts_change_nothing(membrane):
    parts = {name: 0.3 * PARTS[name] for name in reversed(PARTS)}
    assert solution(parts).components == solution().components
    found = mk.simulate(solution(parts), process(), cells=CELLS)
    assert differing(found, membrane, rtol=1e-9) == []


def test_another_recipe_changes_the_numbers(membrane):
    found = mk.simulate(solution(PARTS | {"water": 0.9}), process(), cells=CELLS)
    assert set(differing(found, membrane, rtol=1e-9)) >= {"pores", "permeance"}


def test_the_history_changes_no_number_but_itself(membrane):
    found = mk.simulate(solution(), process(), cells=CELLS, history=False)
    assert found.history is None
    assert found.pore_profile == membrane.pore_profile
    assert found.thickness == membrane.thickness
    assert found.coacervation_depth == membrane.coacervation_depth


def test_arrays_in_the_registry_change_nothing(tmp_path, membrane):
    pytest.importorskip("pint_xarray")
    kept = tmp_path / "membrane.pickle"
    kept.write_bytes(pickle.dumps(membrane))
    program = """
import pickle, sys
import pint_xarray
import membranekit as mk
membrane = pickle.loads(open(sys.argv[1], "rb").read())
data = membrane.to_dataset().pint.quantify()
assert data["dry_thickness"].data == membrane.thickness
parts = {"PSF": 15, "NMP": 70, "PVP": 15, "water": 0.8}
steps = [mk.AirExposure(time="4 s", temperature="40 degC", relative_humidity="60 %",
                        air_speed="2 m/s"),
         mk.Immersion(bath="water", temperature="20 degC", time="30 s")]
solution = mk.CastingSolution.from_parts(parts, temperature="25 degC")
process = mk.Process(wet_thickness="150 um", steps=steps)
assert len({solution, solution.replace(temperature="298.15 K")}) == 1
assert mk.check(solution, process).ok
found = mk.simulate(solution, process, cells=60, history=False)
assert found.pore_profile == membrane.pore_profile
assert "thickness" in str(found) and str(process) and found.to_dict()
"""
    fresh(program, kept)


def test_a_result_mixes_in_another_process(tmp_path, membrane):
    kept = tmp_path / "membrane.pickle"
    kept.write_bytes(pickle.dumps(membrane))
    program = """
import pickle, sys
import pint
theirs = pint.UnitRegistry()
theirs.define("sheet = 100 * um")
pint.set_application_registry(theirs)
membrane = pickle.loads(open(sys.argv[1], "rb").read())
print((membrane.thickness + theirs.Quantity(1, "sheet")).m_as("um"))
"""
    expected = membrane.thickness.m_as("um") + 100
    assert float(fresh(program, kept)) == pytest.approx(expected, rel=1e-12)


# ------------------------------------------------------------------ the command line
@pytest.mark.parametrize("suffix", ["json", "nc"])
def test_a_saved_run_gives_the_same_numbers_again(folder, suffix):
    if suffix == "nc":
        pytest.importorskip("h5netcdf")
    first = as_json("run", "case.toml", "--output", f"run.{suffix}")
    assert [run["success"] for run in first["runs"]] == [True, True]
    assert as_json("run", f"run.{suffix}") == first


@pytest.mark.parametrize("suffix", ["json", "nc"])
def test_what_python_simulated_and_saved_runs_again(folder, membrane, suffix):
    if suffix == "nc":
        pytest.importorskip("h5netcdf")
    membrane.save(f"python.{suffix}")
    (again,) = as_json("run", f"python.{suffix}")["runs"]
    here = membrane.to_dict()
    told = {name for name in here if here[name] != again.get(name)}
    assert told <= {"inputs", "wall_time"}
    assert again["notes"] == here["notes"]


def test_a_run_that_no_file_can_hold_says_so():
    own = dataclasses.replace(mk.materials["NMP"].get("density"), source="a bench")
    others = [each for each in mk.materials["NMP"].values if each.name != "density"]
    nmp = dataclasses.replace(mk.materials["NMP"], values=(own, *others))
    parts = {nmp if name == "NMP" else name: x for name, x in PARTS.items()}
    membrane = mk.simulate(solution(parts), process(), cells=20, history=False)
    assert membrane.case_toml == ""
    assert any("cannot be run again: NMP" in note for note in membrane.notes)


def test_a_setting_runs_the_same_as_the_file(folder):
    (folder / "one.toml").write_text(TOML, "utf-8")
    first = as_json("run", "case.toml")
    again = as_json("run", "one.toml", "--set", "air.time=2 s, 4 s")
    assert again["runs"] == first["runs"]


@pytest.mark.parametrize("suffix", [".json", ".nc"])
def test_a_part_by_mass_is_set_varied_and_saved(folder, suffix):
    if suffix == ".nc":
        pytest.importorskip("h5netcdf")
    varied = SERIES.replace('"air.time" = ["2 s",', '"solution.parts.PSF" = [15, 16]#')
    (folder / "varied.toml").write_text(varied, "utf-8")
    given = [{"value": parts, "unit": "1"} for parts in (15.0, 16.0)]
    from_file = as_json("run", "varied.toml", "--output", f"run{suffix}")
    setting = ("--set", "solution.parts.PSF=15, 16", "--set", "air.time=4 s")
    from_setting = as_json("run", "case.toml", *setting)
    again = as_json("run", f"run{suffix}")
    changes = {"solution.parts.PSF": [15, 16], "air.time": "4 s"}
    from_python = mk.simulate_many(mk.read_case("case.toml").replace(changes))
    for runs in (from_file["runs"], from_setting["runs"], again["runs"]):
        assert [each["inputs"]["solution.parts.PSF"] for each in runs] == given
        assert runs[1]["pore_profile"] == from_python[1].pore_profile.to_dict()
    assert again == from_file
    told = [each.to_dict()["inputs"]["solution.parts.PSF"] for each in from_python]
    assert told == given


def test_the_command_line_extrapolates_when_it_is_told_to(folder):
    case = ("case.toml", "--set", "air.temperature=85 degC", "--set", "air.time=1 s")
    refused = call("run", *case)
    assert refused.exit_code == 2
    checked = call("check", *case)
    assert checked.exit_code == 1
    for told in (refused.stderr, checked.stdout):
        told = " ".join(told.split())
        assert "extrapolate=True (--extrapolate on the command line)" in told
    checked = call("check", *case, "--extrapolate")
    assert checked.exit_code == 0
    assert "air.temperature: 85 degC is outside the range" in checked.stdout
    (run,) = as_json("run", *case, "--extrapolate")["runs"]
    assert run["success"]
    assert run["trust"]["extrapolated"]


def test_a_series_is_written_as_a_table(folder):
    assert call("run", "case.toml", "--output", "run.csv").exit_code == 0
    head, unit, *rows = csv.reader((folder / "run.csv").read_text("utf-8").splitlines())
    assert unit[head.index("thickness")] == "um"
    assert [row[head.index("air.time")] for row in rows] == ["2.0", "4.0"]
    assert all(float(row[head.index("thickness")]) > 10 for row in rows)


def test_a_page_is_drawn(folder):
    pytest.importorskip("mpltern")
    assert call("run", "case.toml", "--plot", "run.png").exit_code == 0
    assert (folder / "run.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_fails_stands_in_its_place(folder, monkeypatch):
    execute, count = simulation.execute, iter(range(100))

    def failing(run, *, air_only=False, **options):
        outcome = execute(run, air_only=air_only, **options)
        if air_only or next(count) != 1:
            return outcome
        message = "the time step fell below its limit"
        return dataclasses.replace(
            outcome, success=False, message=message, layer=None, edges=None
        )

    monkeypatch.setattr(simulation, "execute", failing)
    arguments = (
        "run",
        "case.toml",
        "--workers",
        "1",
        "--set",
        "air.time=1 s, 2 s, 4 s",
    )
    document = as_json(*arguments, "--output", "run.csv", status=1)
    assert [run["success"] for run in document["runs"]] == [True, False, True]
    failed = document["runs"][1]
    assert failed["message"] == "the time step fell below its limit"
    assert failed["thickness"] is None
    assert any("thickness" in note for note in failed["notes"])
    assert document["runs"][2]["thickness"]["value"] > 10
    assert len((folder / "run.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize("option", ["--output", "--plot"])
def test_a_place_that_cannot_be_written_ends_with_2_before_the_run(
    folder, monkeypatch, option
):
    pytest.importorskip("mpltern")
    monkeypatch.setattr(simulation, "run_series", None)
    ending = ".csv" if option == "--output" else ".png"
    (folder / f"folder{ending}").mkdir()
    before = sorted(os.listdir(folder))
    for place in (f"folder{ending}", f"case.toml/run{ending}", f"no/run{ending}"):
        result = call("run", "case.toml", option, place)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith("membranekit: ")
        assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize("name", ["no.toml", "no.json", "no.nc", "bad.json", "bad.nc"])
def test_a_case_that_cannot_be_read_ends_with_2(folder, name):
    pytest.importorskip("h5netcdf")
    for bad in ("bad.json", "bad.nc"):
        (folder / bad).write_text("{}", "utf-8")
    result = call("run", name, "--output", "run.csv")
    assert result.exit_code == 2
    assert name in result.stderr
    assert not (folder / "run.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no signal to a process alone")
def test_a_stop_by_the_user_keeps_what_is_finished(folder):
    program = """
import os, signal, sys, threading
from membranekit import simulation
whole, calls = simulation._one, []
def counted(*arguments):
    calls.append(arguments)
    if len(calls) == 2:
        simulation.DEFAULT_CELLS = 2000
        stop = lambda: os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.05, stop).start()
    return whole(*arguments)
simulation.DEFAULT_CELLS = 60
simulation._one = counted
from membranekit.cli import main
main(sys.argv[1:])
"""
    command = ["run", "case.toml", "--workers", "1", "--set", "air.time=2 s, 4 s, 6 s"]
    done = subprocess.run(
        [sys.executable, "-c", program, *command, "--output", "run.csv"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        # a shell that runs this in the background would have it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 130, done.stderr
    assert "1 of 3 runs are finished, 1 stopped on the way" in done.stderr
    assert "Traceback" not in done.stderr
    head, _, *rows = csv.reader((folder / "run.csv").read_text("utf-8").splitlines())
    told = [row[head.index("message")] for row in rows]
    assert told[0] == ""
    assert told[1].startswith("stopped by Ctrl-C at ")
    assert len(rows) == 2


# ------------------------------------------------------------------- shipped cases
def test_the_first_example_says_what_it_rests_on():
    case = mk.read_case("example1").replace({"air.time": "6 s"})
    (found,) = mk.simulate_many(case, cells=CELLS)
    assumed = {entry.name: entry for entry in found.trust.assumed}
    for name in (
        *("support.temperature", "support.thickness", "air.flow_length"),
        *("solution.parts.PVDF", "solution.parts.PVP", "process.transfer_time"),
    ):
        effect = assumed[name].effect
        assert effect is not None, name
        assert effect.check("[length]")
        assert "effect of" in assumed[name].source
    assert assumed["process.transfer_time"].effect.m_as("um") > 0
    # a solution that takes more water before it clouds demixes less deep
    assert assumed["solution.cloud_point"].effect.m_as("um") < 0
    assert assumed["solution.cloud_point"].basis == "estimated"
    lengths = "grade not given, 40 kg/mol assumed"
    assert assumed["solution.parts.PVP"].value == lengths
    assert assumed["immersion[2].time"].effect is None
    assert "effect of" not in assumed["immersion[2].time"].source
    # grades that nobody gave stand first, and then the largest effect
    grades = [e for e in found.trust.assumed if "grade not given" in e.value_text]
    assert {e.name for e in grades} == {"solution.parts.PVDF", "solution.parts.PVP"}
    assert list(found.trust.assumed[:2]) == grades
    rest = found.trust.assumed[2:]
    sizes = [abs(e.effect.m_as("um")) for e in rest if e.effect_text]
    assert sizes == sorted(sizes, reverse=True)
    assert found.trust.extrapolated == ()
    # what no run reads is nothing that it rests on
    assert "PVDF.enthalpy_of_fusion" not in [e.name for e in found.trust.estimated]
    assert str(found).isascii()


@pytest.mark.parametrize("name", ["example1", "example2", "example3"])
def test_a_check_of_a_shipped_case_reads_well(name):
    told = call("check", name).stdout
    assert "effect" not in told
    assert told.isascii()
    assert max(map(len, told.splitlines())) <= 88
    assert told.count("solution.parts: one phase at 25 degC") == 1
    assert "process.transfer_time: assumed: 0 s; the way from the coater" in told
    assert told.endswith("\nIt can run.\n")
