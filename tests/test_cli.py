"""The command line: what it prints, where, with which status, and what it writes."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from records import CASE, make_record

from membranekit import checks, simulation
from membranekit.case import read_case
from membranekit.cli import main
from membranekit.errors import InputError
from membranekit.membrane import Membrane
from membranekit.stopping import CTRL_C

SERIES = CASE + '[series]\n"air.time" = ["2 s", "6 s", "10 s"]\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(SERIES)
    return tmp_path


@pytest.fixture
def made_up(monkeypatch):
    """Put made-up records in place of the simulation; keep what was asked for."""
    asked = []

    def run_series(runs, *, workers, mode, history, extrapolate, finished):
        membranes = []
        for run in runs:
            asked.append((run, history))
            air = run.process.steps[0].time.m_as("s")
            changes = {} if history else {"history": None}
            layer = make_record(air)["layer"]
            zones = {"back": 9.0, "zones": 2.0, "needed": 1.46, "share": 1 / 3}
            changes["layer"] = {**layer, "margins": {**layer["margins"], **zones}}
            made = Membrane.from_record(make_record(air, **changes))
            membranes.append(finished(made))
        return membranes

    monkeypatch.setattr(simulation, "run_series", run_series)
    return asked


def call(*arguments):
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


# --------------------------------------------------------------------------- start
def test_help_imports_nothing_heavy():
    heavy = ("numpy", "pint", "rich", "matplotlib", "membranekit.simulation")
    program = (
        "import sys\nfrom membranekit.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"assert not set({heavy!r}) & set(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in ("new", "check", "run", "cases", "materials"):
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)


def test_version():
    assert call("--version").stdout.startswith("membranekit 0.")


# ----------------------------------------------------------------------------- run
def test_run_prints_a_table_and_under_it_what_was_assumed(folder, made_up):
    result = call("run", "case.toml")
    assert result.exit_code == 0
    assert result.stderr == ""
    table, _, rest = result.stdout.partition("Assumed")
    rows = {line.rstrip()[:25].rstrip(): line for line in table.splitlines()}
    assert rows["air.time"].split()[-6:] == ["2", "s", "6", "s", "10", "s"]
    assert rows["minimum-pore layer"].split()[-3:] == ["inside"] * 3
    assert rows["  depth, um"].split()[-3:] == ["4", "12", "20"]
    assert rows["  margin: sides/finest"].split()[-6:] == ["2.5,", "9"] * 3
    assert rows["  margin: fine zone, %"].split()[-6:] == ["8.3", "in", "2"] * 2
    order = ("minimum-pore layer", "  depth, um", "  pores, um")
    order += ("  margin: sides/finest", "  margin: fine zone, %")
    start = list(rows).index(order[0])
    assert tuple(rows)[start : start + 5] == order
    assert rows["permeance, L/(m**2 h bar)"].split()[-3:] == ["36000"] * 3
    assert rows["  ml/(cm**2 min atm)"].split()[-1] == "60.8"
    assert rest.index("support.temperature") < rest.index("air.flow_length")
    assert "effect 3 um" in rest
    assert "demixed in the air, in the run where it is largest)" in " ".join(
        rest.split()
    )
    assert "(fitted): to Table 1, 0 s" in rest
    assert "Separate drops are not modeled." in rest
    assert result.stdout.isascii()
    assert max(map(len, result.stdout.splitlines())) <= 88


def test_a_long_series_is_printed_in_blocks(folder, made_up):
    times = ", ".join(f"{time} s" for time in range(1, 21))
    result = call("run", "case.toml", "--set", f"air.time={times}")
    heads = [line for line in result.stdout.splitlines() if line.startswith("air.time")]
    assert len(heads) > 1
    assert sum(line.count(" s") for line in heads) == 20
    assert max(map(len, result.stdout.splitlines())) <= 88


def test_run_as_json_prints_one_object_and_nothing_else(folder, made_up):
    result = call("run", "case.toml", "--json")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["case"] == "made up"
    assert [run["inputs"]["air.time"] for run in document["runs"]] == [
        {"value": time, "unit": "s"} for time in (2.0, 6.0, 10.0)
    ]
    assert document["case_toml"] == read_case(folder / "case.toml").to_toml()


def test_settings_replace_values_and_series(folder, made_up):
    call("run", "case.toml", "--set", "air.time=4 s", "--set", "air.air_speed=1 m/s")
    ((run, _),) = made_up
    assert run.process.steps[0].time.m_as("s") == 4
    assert run.process.steps[0].air_speed.m_as("m/s") == 1
    assert sorted(run.inputs) == ["air.air_speed", "air.time"]


def test_effects_are_computed_whatever_is_written(folder, made_up):
    pytest.importorskip("xarray")
    for file in ("run.csv", "run.nc"):
        assert call("run", "case.toml", "--output", file).exit_code == 0
    assert all(history for _, history in made_up)


@pytest.mark.parametrize("suffix", ["json", "nc"])
def test_a_saved_run_runs_again(folder, made_up, suffix):
    if suffix == "nc":
        pytest.importorskip("h5netcdf")
    first = call("run", "case.toml", "--output", f"run.{suffix}")
    again = call("run", f"run.{suffix}")
    assert again.exit_code == 0
    assert again.stdout == first.stdout


def test_plot_is_drawn(folder, made_up):
    pytest.importorskip("mpltern")
    result = call("run", "case.toml", "--plot", "run.png")
    assert result.exit_code == 0
    assert (folder / "run.png").read_bytes().startswith(b"\x89PNG")


def test_the_sources_stand_in_place_of_the_table(folder, made_up):
    text = call("run", "case.toml", "--cite").stdout
    assert text.startswith("@software{membranekit,")
    assert text.count("@article{ada2001jc,") == 1
    assert "density of water" in text
    assert text.splitlines()[-1].startswith("% the model growth_speed: fitted: to")
    result = call("run", "case.toml", "--cite", "--json")
    assert json.loads(result.stdout)["citations"] == text.rstrip("\n")
    assert "citations" not in json.loads(call("run", "case.toml", "--json").stdout)


def test_sources_and_claims_are_asked_for_one_at_a_time(folder, made_up):
    result = call("run", "case.toml", "--cite", "--claims")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "one at a time" in result.stderr


def test_runs_that_failed_at_once_have_no_sources(folder, monkeypatch, made_up):
    def failing(runs, **options):
        record = {"success": False, "message": "broke", "notes": []}
        return [options["finished"](Membrane.from_record(record)) for _ in runs]

    monkeypatch.setattr(simulation, "run_series", failing)
    result = call("run", "case.toml", "--cite")
    assert result.exit_code == 1
    assert result.stdout.startswith("%")
    assert "broke" in result.stderr
    result = call("run", "case.toml", "--cite", "--json")
    assert json.loads(result.stdout)["citations"] is None


def test_a_failed_run_is_printed_with_the_others(folder, monkeypatch, made_up):
    whole = simulation.run_series

    def failing(runs, **options):
        first, second, third = whole(runs, **options)
        record = make_record(
            **{"success": False, "message": "The step became too small."},
            **{"layer": {}, "permeance": None, "profile": None},
        )
        failed = Membrane.from_record(record).with_inputs(second.inputs)
        return [first, failed, third]

    monkeypatch.setattr(simulation, "run_series", failing)
    result = call("run", "case.toml", "--output", "run.csv")
    assert result.exit_code == 1
    assert "[air.time 6 s] stopped early: The step became too small." in result.stdout
    assert re.search(r"minimum-pore layer +inside +failed +inside", result.stdout)
    assert len((folder / "run.csv").read_text().splitlines()) == 5


# ----------------------------------------------------------------------------- map
TWO = ("run", "case.toml", "--set", "air.air_speed=0.1 m/s, 2 m/s")


def test_two_series_lines_are_printed_as_a_map(folder, made_up):
    result = call(*TWO)
    assert result.exit_code == 0
    table, _, rest = result.stdout.partition("All numbers of each run: --output")
    lines = [line.rstrip() for line in table.splitlines()]
    assert "down: air.time; across: air.air_speed" in lines
    head = next(n for n, line in enumerate(lines) if line.split()[:1] == ["0.1"])
    assert lines[head].split() == ["0.1", "m/s", "2", "m/s"]
    assert [line.split() for line in lines[head + 1 : head + 4]] == [
        ["2", "s", "inside", "4", "inside", "4"],
        ["6", "s", "inside", "12", "inside", "12"],
        ["10", "s", "inside", "20", "inside", "20"],
    ]
    assert "specific surface" not in table
    assert "Assumed" in rest
    assert result.stdout.isascii()
    assert len(json.loads(call(*TWO, "--json").stdout)["runs"]) == 6


def test_one_value_of_a_second_line_is_a_table(folder, made_up):
    result = call("run", "case.toml", "--set", "air.air_speed=2 m/s")
    assert "specific surface" in result.stdout
    assert "down:" not in result.stdout


def test_a_failed_run_of_a_map_is_shown_as_failed(folder, monkeypatch, made_up):
    whole = simulation.run_series

    def failing(runs, **options):
        first, *others = whole(runs, **options)
        record = make_record(success=False, message="The step became too small.")
        failed = Membrane.from_record({**record, "layer": {}})
        return [failed.with_inputs(first.inputs), *others]

    monkeypatch.setattr(simulation, "run_series", failing)
    result = call(*TWO)
    assert result.exit_code == 1
    assert re.search(r"^2 s +failed +inside 4$", result.stdout, re.MULTILINE)
    assert "stopped early: The step became too small." in result.stdout


def test_two_series_lines_are_drawn_as_a_map(folder, monkeypatch, made_up):
    pytest.importorskip("mpltern")
    from membranekit import plot

    drawn = []
    whole = plot.exposure_map
    monkeypatch.setattr(
        plot, "exposure_map", lambda runs: drawn.append(len(runs)) or whole(runs)
    )
    assert call(*TWO, "--plot", "map.png").exit_code == 0
    assert (folder / "map.png").read_bytes().startswith(b"\x89PNG")
    call("run", "case.toml", "--plot", "page.png")
    assert drawn == [6]


def test_claims_of_many_runs_tell_from_where_to_where(folder, made_up):
    times = ", ".join(f"{time} s" for time in range(1, 21))
    result = call("run", "case.toml", "--set", f"air.time={times}", "--claims")
    flat = " ".join(result.stdout.split())
    assert "claim 2, depth of the layer: 2 um to 40 um (asked: 1 to 30 um)" in flat


# -------------------------------------------------------------------------- claims
def test_claims_of_a_series_stand_under_its_table(folder, made_up):
    plain = call("run", "case.toml")
    result = call("run", "case.toml", "--claims")
    assert result.exit_code == 0
    assert result.stdout.startswith(plain.stdout)
    told = result.stdout[len(plain.stdout) :]
    assert re.search(r"^claim 1 +met +met +met$", told, re.MULTILINE)
    assert re.search(r"^claim 12 +not met +not met +not met$", told, re.MULTILINE)
    assert re.search(r"^claim 18 +(not decidable *){3}$", told, re.MULTILINE)
    flat = " ".join(told.split())
    assert "claim 2, depth of the layer: 4 um, 12 um, 20 um (asked: 1 to 30 um)" in flat
    assert "claim 13, polymer in the solution: 17.5 % (asked: 5 to 35 wt%)" in flat
    assert "claim 18: a use" in flat
    assert told.isascii()
    assert max(map(len, told.splitlines())) <= 88


def test_claims_of_one_run_are_the_whole_table(folder, made_up):
    result = call("run", "case.toml", "--set", "air.time=6 s", "--claims")
    assert "claim  verdict        by\n    1  met  " in result.stdout
    assert "(asked: more than 0.2 m/s)" in " ".join(result.stdout.split())


def test_claims_leave_out_runs_that_failed(folder, monkeypatch, made_up):
    whole = simulation.run_series

    def failing(runs, **options):
        first, *others = whole(runs, **options)
        record = make_record(success=False, message="The step became too small.")
        failed = Membrane.from_record(record).with_inputs(first.inputs)
        return [failed, *(others if len(runs) > 1 else [])]

    monkeypatch.setattr(simulation, "run_series", failing)
    result = call("run", "case.toml", "--claims")
    assert result.exit_code == 1
    assert re.search(r"^claim 1 +met +met$", result.stdout, re.MULTILINE)
    alone = call("run", "case.toml", "--set", "air.time=6 s", "--claims")
    assert alone.stdout.endswith("Claims of GB 2199786 A: no run succeeded\n")


@pytest.mark.parametrize("other", [["--json"], ["--mode", "fast"]])
def test_claims_are_refused_where_they_cannot_stand(folder, made_up, other):
    result = call("run", "case.toml", "--claims", *other)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--claims: " in result.stderr
    assert made_up == []


def test_what_was_finished_before_a_stop_is_kept(folder, monkeypatch, made_up):
    whole = simulation.run_series

    def stopped(runs, **options):
        first = whole(runs, **options)[0]
        messages = f"{CTRL_C} at 3 s", simulation.NOT_RUN
        records = [{"success": False, "message": each} for each in messages]
        return [first, *(Membrane.from_record(make_record(**each)) for each in records)]

    monkeypatch.setattr(simulation, "run_series", stopped)
    result = call("run", "case.toml", "--json", "--output", "run.csv")
    assert result.exit_code == 130
    assert len(json.loads(result.stdout)["runs"]) == 2
    assert "1 of 3 runs are finished, 1 stopped on the way" in result.stderr
    assert len((folder / "run.csv").read_text().splitlines()) == 4


def test_a_stop_before_the_first_run_writes_nothing(folder, monkeypatch):
    def stopped(runs, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "run_series", stopped)
    result = call("run", "case.toml", "--output", "run.csv")
    assert result.exit_code == 130
    assert os.listdir(folder) == ["case.toml"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["no_such_case"], "no_such_case"),
        (["nowhere/case.toml"], "nowhere"),
        (["case.toml", "--set", "air.time=6"], "air.time"),
        (["case.toml", "--set", "air.tme=6 s"], "tme"),
        (["case.toml", "--set", "air.time=0,7 s"], "decimal point"),
        (["case.toml", "--output", "run.txt"], ".csv"),
        (["case.toml", "--output", "nowhere/run.csv"], "nowhere"),
        (["case.toml", "--plot", "run.csv"], ".png"),
        (["run.json"], "run.json"),
    ],
)
def test_bad_input_ends_with_2_one_message_and_nothing_written(
    folder, made_up, arguments, what
):
    result = call("run", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert what in result.stderr
    assert "Traceback" not in result.stderr
    assert made_up == []
    assert os.listdir(folder) == ["case.toml"]


def test_bad_input_found_by_the_simulation_ends_with_2(folder, monkeypatch):
    def refusing(runs, **options):
        raise InputError("support.material: no heat capacity")

    monkeypatch.setattr(simulation, "run_series", refusing)
    result = call("run", "case.toml", "--output", "run.csv")
    assert result.exit_code == 2
    assert result.stderr == "membranekit: support.material: no heat capacity\n"
    assert os.listdir(folder) == ["case.toml"]


@pytest.mark.parametrize(
    ("option", "file", "extra"), [("--output", "x.nc", "data"), ("--plot", "x.png", "")]
)
def test_a_missing_extra_ends_with_2_before_the_run(
    folder, made_up, monkeypatch, option, file, extra
):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = call("run", "case.toml", option, file)
    assert result.exit_code == 2
    assert f'pip install "membranekit[{extra or "plot"}]"' in result.stderr
    assert made_up == []


def test_consoles_that_lack_a_sign_are_served(folder, made_up):
    (folder / "case.toml").write_text(SERIES.replace("made up", "µ-case"), "utf-8")
    result = CliRunner(charset="ascii").invoke(main, ["run", "case.toml"])
    assert result.exit_code == 0
    assert "\\xb5-case" in result.stdout


# --------------------------------------------------------------------------- check
def finding(severity, what="one phase", value=None):
    return checks.Finding("solution", what, value, severity)


def found(monkeypatch, *findings):
    monkeypatch.setattr(checks, "check", lambda *inputs, **more: list(findings))


def test_check_ends_with_0_and_gives_each_finding_once(folder, monkeypatch):
    found(monkeypatch, finding("note"), finding("note"), finding("note", value=3.5))
    result = call("check", "case.toml")
    assert result.exit_code == 0
    assert result.stdout.count("one phase") == 2
    assert "polysulfone" in result.stdout
    document = json.loads(call("check", "case.toml", "--json").stdout)
    assert document["ok"] is True
    assert document["findings"][1] == {
        **{"where": "solution", "what": "one phase"},
        "value": 3.5,
    }


def test_check_ends_with_1_if_it_cannot_run(folder, monkeypatch):
    found(monkeypatch, finding("error", what="no viscosity"))
    result = call("check", "case.toml", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


@pytest.mark.skipif(os.name != "posix", reason="the pipes of POSIX")
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_reader_that_has_read_enough_changes_no_status(option):
    program = "from membranekit.cli import main; main()"
    command = [sys.executable, "-c", program, "check", "example1", *option]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            command, stdout=write, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(write)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["example1", "example2", "example3"])
def test_shipped_cases_can_be_checked(name):
    result = call("check", name, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["findings"]


# ----------------------------------------------------------- new, cases, materials
@pytest.mark.parametrize("source", ["example1", "example2", "example3"])
def test_new_writes_a_commented_case_that_reads_equal(folder, source):
    result = call("new", "mine.toml", "--from", source)
    assert result.exit_code == 0
    assert read_case(folder / "mine.toml") == read_case(source)
    assert (folder / "mine.toml").read_text("utf-8").startswith("# A case file")


def test_new_refuses_to_overwrite(folder):
    result = call("new", "case.toml")
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert (folder / "case.toml").read_text() == SERIES


@pytest.mark.parametrize(
    "arguments",
    [["mine.txt"], ["nowhere/mine.toml"], ["mine.toml", "--from", "example9"]],
)
def test_new_refuses_what_it_cannot_do(folder, arguments):
    assert call("new", *arguments).exit_code == 2
    assert os.listdir(folder) == ["case.toml"]


def test_cases_and_materials_are_listed():
    assert "example1" in call("cases").stdout
    listed = call("materials").stdout
    for name in ("PVDF", "NMP", "water", "glass"):
        assert re.search(rf"^{name} ", listed, re.MULTILINE)
    assert {
        each["name"]
        for each in json.loads(call("materials", "--json").stdout)["materials"]
    } >= {"PVDF", "NMP"}


def test_a_data_sheet_names_each_source():
    sheet = call("materials", "PSF").stdout
    assert "polysulfone P-3500" in sheet
    assert re.search(r"^density +1240 kg/m\*\*3", sheet, re.MULTILINE)
    assert re.search(r"^  density: \w+", sheet, re.MULTILINE)
    data = json.loads(call("materials", "PSF", "--json").stdout)
    assert data["properties"]["density"]["source"]


def test_an_unknown_material_ends_with_2():
    result = call("materials", "unobtainium")
    assert result.exit_code == 2
    assert "unobtainium" in result.stderr


# ----------------------------------------------------------------- sets of interactions
WEI = "water-NMP-polysulfone-PVP, assembled with Wei 2006"


def test_a_run_takes_the_set_that_it_is_told(folder, made_up):
    done = call("run", "example2", "--set", "air.time=4 s", "--interactions", WEI)
    assert done.exit_code == 0
    ((run, _),) = made_up
    assert run.solution.interactions == WEI


def test_an_unknown_set_is_refused_with_those_there_are(folder, made_up):
    for command in ("run", "check"):
        done = call(command, "example2", "--interactions", "all")
        assert done.exit_code == 2
        assert WEI in done.stderr
    assert made_up == []


def test_a_check_takes_the_set_that_it_is_told(folder):
    usual = call("check", "example2", "--json")
    other = call("check", "example2", "--json", "--interactions", WEI)
    assert other.exit_code == 0
    assert json.loads(usual.output) != json.loads(other.output)


@pytest.mark.skipif(os.name != "posix", reason="the pipes of POSIX")
@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_that_is_not_read_to_its_end_changes_no_status(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    program = "from membranekit.cli import main; main()"
    with os.fdopen(writer, "w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
