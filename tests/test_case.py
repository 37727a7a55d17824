"""Case files: reading, series, addresses, settings, and writing back."""

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import make_record

import membranekit as mk
from membranekit import library
from membranekit.case import Address, lasting_text
from membranekit.membrane import Membrane, save, saved_case_text
from membranekit.toml_text import read_toml

TEXT = """\
name = "a case"
[solution.parts]
PSF = 15
NMP = 85
[process]
wet_thickness = "150 um"
[[process.step]]
kind = "air"
time = "6 s"
temperature = "60 degC"
relative_humidity = "30 %"
air_speed = "0.8 m/s"
[[process.step]]
kind = "immersion"
bath = { water = 80, NMP = 20 }
temperature = "20 degC"
time = "5 min"
"""
SECOND_AIR = """\
[[process.step]]
kind = "air"
time = "9 s"
temperature = "25 degC"
dew_point = "10 degC"
cover = "5 mm"
[[process.step]]
kind = "immersion"
"""
SOLVENT = """\
kind = "solvent"
name = "my solvent"
aliases = ["MS"]
usual_role = "good solvent"
[density]
value = "1000 kg/m**3"
source = "a bench"
basis = "measured"
[molar_mass]
value = "90 g/mol"
source = "its formula"
basis = "literature"
"""


def read(text=TEXT, folder=None):
    return mk.Case.from_toml(text, folder=folder)


def with_two_airs():
    head, tail = TEXT.split('[[process.step]]\nkind = "immersion"\n')
    return read(head + SECOND_AIR + tail)


def times(case, address="air.time"):
    return [run.inputs[address].to("s").magnitude for run in case.runs]


# --- The shipped cases ---------------------------------------------------------------

SERIES = {
    "example1": [0, 2, 6, 10, 30],
    "example2": [2, 4, 6, 10, 20, 30],
    "example3": [0, 15],
}


def test_the_shipped_cases_are_the_examples():
    assert list(mk.cases) == list(SERIES)
    assert len(mk.cases) == 3
    assert "example4" not in mk.cases
    assert "example2" in repr(mk.cases)


@pytest.mark.parametrize("name", SERIES)
def test_a_shipped_case_runs_through_its_times(name):
    case = mk.read_case(name)
    assert case == mk.cases[name]
    assert times(case) == SERIES[name]
    assert [run.process.steps[0].time.to("s").magnitude for run in case.runs] == SERIES[
        name
    ]
    assert case.source_text == case.text


@pytest.mark.parametrize("name", SERIES)
def test_a_shipped_case_says_what_it_chose(name):
    case = mk.cases[name]
    for address in ("support.temperature", "air.flow_length", "process.transfer_time"):
        assert case.chosen[address]
    number = "[2]" if name == "example1" else ""
    assert f"immersion{number}.time" in case.chosen
    support = case.process.support
    assert support == mk.Support("glass", thickness="3 mm", temperature="25 degC")


@pytest.mark.parametrize("name", SERIES)
def test_a_shipped_case_agrees_with_the_numbers_of_the_source(name):
    from importlib import resources

    data = resources.files("membranekit") / "data" / "examples.toml"
    example = read_toml(data)[0][name]
    case = mk.cases[name]
    names = {"PEG": "PEG200", "PSF": f"polysulfone {example['polymer_grade'][:6]}"}
    parts = {names.get(k, k): v for k, v in example["parts"].items()}
    assert case.solution.parts == parts
    air = case.process.steps[0]
    given = mk.AirExposure(
        time=air.time,
        temperature=example["air"]["temperature"],
        relative_humidity=example["air"]["relative_humidity"],
        air_speed=example["air"]["speed"],
    )
    assert air == given
    baths = [step for step in case.process.steps if step.kind == "immersion"]
    for step, bath in zip(baths, example["baths"], strict=True):
        time = bath.get("time", "5 min")
        assert step == mk.Immersion(
            bath=bath["liquid"], temperature=bath["temperature"], time=time
        )
    rows = {row["air_time"]: row for row in example["rows"]}
    assert set(rows) == {str(row["air.time"]) for row in case.measured["rows"]}
    for row in case.measured["rows"]:
        source = {k: v for k, v in rows[row["air.time"]].items() if k in row}
        assert source == {k: v for k, v in row.items() if k != "air.time"}


def test_the_numbers_of_the_source_stand_alone():
    from importlib import resources

    file = resources.files("membranekit") / "data" / "examples.toml"
    data, text = read_toml(file)
    assert data["source"]["id"] == "GB 2199786 A"
    assert text.startswith("#")
    assert "/" not in "".join(line for line in text.splitlines() if line[:1] == "#")


def test_importing_the_package_and_its_cases_needs_no_pint():
    code = (
        "import sys, membranekit as mk; list(mk.cases); mk.read_case;"
        "assert 'pint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Reading -------------------------------------------------------------------------


def test_a_file_is_read_with_its_text_and_folder(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(TEXT)
    case = mk.read_case(file)
    assert (case.name, case.folder, case.text) == ("a case", tmp_path, TEXT)
    assert mk.read_case(str(file)) == case


def test_a_case_without_a_name_is_called_after_its_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(TEXT.partition("\n")[2])
    assert mk.read_case(file).name == "mine"


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert mk.read_case(file) == read()


def test_the_name_influences_no_run():
    other = read(TEXT.replace("a case", "another"))
    assert other != read()
    assert other.runs[0].solution == read().runs[0].solution
    assert other.runs[0].process == read().runs[0].process


def test_python_and_file_give_the_same():
    solution = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    steps = [
        mk.AirExposure(
            time="6 s",
            temperature="60 degC",
            relative_humidity="30 %",
            air_speed="0.8 m/s",
        ),
        mk.Immersion(
            bath={"water": 80, "NMP": 20}, temperature="20 degC", time="5 min"
        ),
    ]
    process = mk.Process(wet_thickness="150 um", steps=steps)
    assert mk.Case(solution, process, name="a case") == read()
    assert read(mk.Case(solution, process).to_toml()).solution == solution


def test_a_value_may_stand_in_the_series_alone():
    text = TEXT.replace('time = "6 s"\n', "")
    case = read(text + '[series]\n"air.time" = ["3 s", "4 s"]\n')
    assert times(case) == [3, 4]
    assert case.process.steps[0].time == mk.Quantity(3, "s")


# --- Series and runs -----------------------------------------------------------------


def test_without_a_series_there_is_one_run_with_the_time_in_air():
    (run,) = read().runs
    assert dict(run.inputs) == {"air.time": mk.Quantity(6, "s")}
    assert (run.solution, run.process) == (read().solution, read().process)
    assert set(with_two_airs().runs[0].inputs) == {"air[1].time", "air[2].time"}


def test_without_air_the_time_in_it_is_zero():
    head, _, rest = TEXT.partition('[[process.step]]\nkind = "air"')
    case = read(head + "[[process.step]]" + rest.partition("[[process.step]]")[2])
    assert dict(case.runs[0].inputs) == {"air.time": mk.Quantity(0, "s")}


def test_every_combination_is_run_the_last_line_fastest():
    case = read(
        TEXT + '[series]\n"air.time" = ["1 s", "2 s"]\n'
        '"process.wet_thickness" = ["100 um", "150 um", "200 um"]\n'
    )
    seen = [
        (
            run.inputs["air.time"].to("s").magnitude,
            round(run.inputs["process.wet_thickness"].to("um").magnitude),
        )
        for run in case.runs
    ]
    assert seen == [(t, d) for t in (1, 2) for d in (100, 150, 200)]
    last = case.runs[-1]
    assert last.process.wet_thickness == mk.Quantity(200, "um")
    assert last.process.steps[0].time == mk.Quantity(2, "s")


def test_quoted_and_unquoted_addresses_are_the_same():
    series = '[series]\nair.time = ["1 s"]\nsolution.parts."PEG 200" = [1, 2]\n'
    quoted = series.replace("air.time", '"air.time"')
    quoted = quoted.replace('solution.parts."PEG 200"', '"solution.parts.PEG 200"')
    assert read(TEXT + series) == read(TEXT + quoted)


def test_a_part_by_mass_can_be_varied_and_added():
    case = read(TEXT + '[series]\n"solution.parts.H2O" = [1, 2.5]\n')
    fractions = [run.solution.mass_fractions["water"] for run in case.runs]
    assert fractions == pytest.approx([1 / 101, 2.5 / 102.5])
    assert case.runs[1].inputs["solution.parts.H2O"].to("").magnitude == 2.5


def test_values_that_fit_only_together_are_a_series():
    text = TEXT.replace('relative_humidity = "30 %"', 'dew_point = "20 degC"')
    text = text.replace('temperature = "60 degC"', 'temperature = "25 degC"')
    series = '[series]\n"air.temperature" = ["60 degC", "70 degC"]\n'
    case = read(text + series + '"air.dew_point" = ["30 degC", "50 degC"]\n')
    assert len(case.runs) == 4


def test_a_run_alone_is_a_case():
    case = mk.cases["example1"]
    alone = read(case.runs[2].to_toml())
    assert dict(alone.runs[0].inputs) == dict(case.runs[2].inputs)
    assert alone.runs[0].process == case.runs[2].process
    assert alone.chosen == case.chosen


PARTS_SERIES = "[series]\n"
PARTS_SERIES += '"solution.parts.PSF" = [12, 20]\n"immersion.bath.NMP" = [5, 7.5]\n'


@pytest.mark.parametrize("way", ["file", "replace", "setting"])
def test_a_run_alone_keeps_its_parts_by_mass_bare(way):
    if way == "file":
        case = read(TEXT + PARTS_SERIES)
    elif way == "replace":
        changes = {"solution.parts.PSF": [12, 20], "immersion.bath.NMP": [5, 7.5]}
        case = read().replace(changes)
    else:
        settings = ["solution.parts.PSF=12, 20", "immersion.bath.NMP=5, 7.5"]
        case = read().with_settings(settings)
    assert read(case.to_toml()) == case
    last = case.runs[3]
    assert "PSF = 20\n" in last.to_toml()
    (alone,) = read(last.to_toml()).runs
    assert alone.solution == last.solution
    assert alone.process == last.process
    assert dict(alone.inputs) == dict(last.inputs)
    assert alone.inputs["solution.parts.PSF"].to("").magnitude == 20


# --- Addresses -----------------------------------------------------------------------

ADDRESSES = {
    "air.time": "2 s",
    "air[1].time": "2 s",
    "air.temperature": "30 degC",
    "air.relative_humidity": "50 %",
    "air.air_speed": "2 m/s",
    "air.flow_length": "0.2 m",
    "air.pressure": "0.9 atm",
    "air.transfer_coefficient": "5 mm/s",
    "air.vapor.NMP": "20 %",
    "immersion.time": "1 min",
    "immersion.temperature": "30 degC",
    "immersion.bath.NMP": 30,
    "immersion.transfer_coefficient": "1e-5 m/s",
    "rinse.time": "1 min",
    "rinse.temperature": "30 degC",
    "dry.temperature": "40 degC",
    "process.wet_thickness": "200 um",
    "process.line_speed": "1 m/min",
    "support.temperature": "30 degC",
    "support.thickness": "1 mm",
    "solution.parts.NMP": 80,
    "solution.parts.water": 1,
    "solution.temperature": "30 degC",
}


@pytest.mark.parametrize(("address", "value"), ADDRESSES.items())
def test_every_address_sets_one_value(address, value):
    changed = read().replace({address: value})
    got = Address.read(address).get(changed.solution, changed.process)
    assert got == (value if isinstance(value, int) else mk.Quantity(*_split(value)))
    assert changed.runs[0].inputs.keys() == {address}
    solution, process = Address.read(address).put(got, read().solution, read().process)
    assert (solution, process) == (changed.solution, changed.process)
    assert (solution, process) != (read().solution, read().process)
    assert read(changed.to_toml()) == changed


def _split(text):
    number, unit = text.split(" ", 1)
    return float(number), unit.replace("%", "percent")


def test_with_two_steps_of_a_kind_the_number_counts():
    case = with_two_airs()
    with pytest.raises(mk.InputError, match=r"air\[1\]\.time or air\[2\]\.time"):
        case.replace({"air.time": "1 s"})
    changed = case.replace({"air[2].time": ["1 s", "2 s"]})
    assert times(changed, "air[2].time") == [1, 2]
    assert [run.process.steps[0].time.magnitude for run in changed.runs] == [6, 6]


def test_a_cloud_point_has_addresses():
    fields = '{ nonsolvent = "water", mass_fraction = "5 %", temperature = "25 degC" }'
    text = TEXT.replace(
        "[solution.parts]", f"[solution]\ncloud_point = {fields}\n[solution.parts]"
    )
    case = read(text).replace({"solution.cloud_point.mass_fraction": ["4 %", "6 %"]})
    got = [run.solution.measured_cloud_point.mass_fraction for run in case.runs]
    assert [each.to("percent").magnitude for each in got] == pytest.approx([4, 6])


# --- Replace and settings ------------------------------------------------------------


def test_a_list_makes_a_series_and_a_value_ends_one():
    case = read().replace({"air.time": ["2 s", "4 s"]})
    assert times(case) == [2, 4]
    one = case.replace({"air[1].time": "3 s"})
    assert times(one, "air[1].time") == [3]
    assert list(one.series) == ["air[1].time"]
    assert one.process.steps[0].time == mk.Quantity(3, "s")
    assert times(read()) == [6]


def test_a_replaced_series_keeps_its_place():
    case = read().replace({"air.time": ["2 s"], "immersion.time": ["1 s"]})
    assert list(case.replace({"air.time": ["9 s"]}).series) == list(case.series)


def test_a_name_is_set_but_not_varied():
    case = read().replace({"support.material": "steel", "immersion.bath": "DMAc"})
    assert case.process.support.material == "steel"
    assert list(case.process.steps[1].bath) == ["DMAc"]
    assert dict(case.series) == {}


def test_a_default_that_is_set_is_no_default_any_more():
    assert read().process.support.given == frozenset()
    changed = read().replace({"support.temperature": "30 degC"})
    assert changed.process.support.given == {"temperature"}
    rinsed = read().replace({"rinse.temperature": "30 degC"})
    assert rinsed.process.complete_steps[2].given == {"temperature"}


def test_settings_are_texts():
    case = read().with_settings(["air.time=2 s, 4 s", "solution.parts.NMP = 80"])
    assert times(case) == [2, 4]
    assert case.solution.parts["NMP"] == 80
    assert case == read().replace(
        {"air.time": ["2 s", "4 s"], "solution.parts.NMP": 80}
    )
    assert times(read().with_settings(['air.time="3 s"'])) == [3]


def test_replace_keeps_what_it_does_not_touch():
    case = mk.cases["example1"].replace({"air.time": ["2 s"]})
    assert case.chosen == mk.cases["example1"].chosen
    assert case.measured == mk.cases["example1"].measured
    assert case.name == mk.cases["example1"].name
    assert read(case.text) == case


# --- Substances of its own -----------------------------------------------------------


def test_a_case_brings_its_own_substances(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "solvent.toml").write_text(SOLVENT)
    text = 'materials = ["own"]\n' + TEXT.replace("NMP", "MS")
    text += '[series]\n"solution.parts.my solvent" = [80, 90]\n'
    (tmp_path / "mine.toml").write_text(text)
    case = mk.read_case(tmp_path / "mine.toml")
    assert "my solvent" in case.solution.mass_fractions
    assert case.runs[1].solution.parts["MS"] == 90
    assert 'materials = ["own"]' in case.to_toml()
    assert read(case.to_toml(), tmp_path) == case
    again = case.with_settings(["immersion.bath=MS", "immersion.time=1 s"])
    assert read(again.to_toml(), tmp_path) == again
    with pytest.raises(mk.InputError, match='no file or folder "own"'):
        read(case.to_toml(), tmp_path / "own")


def test_a_saved_case_finds_its_own_substances_from_elsewhere(tmp_path):
    home, away = tmp_path / "home", tmp_path / "away"
    for folder in (home / "own", away):
        folder.mkdir(parents=True)
    (home / "own" / "solvent.toml").write_text(SOLVENT)
    text = 'materials = ["own"]\n' + TEXT.replace("NMP", "MS")
    (home / "mine.toml").write_text(text)
    case = mk.read_case(home / "mine.toml")
    made = Membrane.from_record(make_record(case_toml=case.runs[0].to_toml()))
    save([made], away / "run.json", case)
    save([made.with_inputs({}, case)], away / "alone.json")
    save([made], home / "run.json", case)
    for path in (away / "run.json", away / "alone.json", home / "run.json"):
        saved = saved_case_text(path)
        assert read(saved, path.parent).solution == case.solution
        # beside the case the paths stay relative: both may move together
        assert ('materials = ["own"]' in saved) == (path.parent == home)


def test_a_substance_that_the_library_has_is_not_defined_again(tmp_path):
    (tmp_path / "s.toml").write_text(SOLVENT.replace('"MS"', '"MS", "NMP"'))
    with pytest.raises(mk.MaterialError, match="is ambiguous"):
        read('materials = ["s.toml"]\n' + TEXT, tmp_path)


def test_a_changed_substance_is_written_and_read_back():
    changed = mk.materials["NMP"].replace(density="1.1 g/cm**3", viscosity="1.7 mPa*s")
    solution = mk.CastingSolution.from_parts({"PSF": 15, changed: 85})
    bath = mk.Immersion(
        bath={"water": 9, changed: 1}, temperature="20 degC", time="1 s"
    )
    process = mk.Process(wet_thickness="150 um", steps=[bath])
    case = mk.Case(solution, process)
    assert "[changed.NMP]" in case.to_toml()
    assert read(case.to_toml()) == case
    assert read(case.to_toml()).solution.components[0] == changed


def test_a_substance_from_a_file_is_written_by_its_file(tmp_path):
    (tmp_path / "s.toml").write_text(SOLVENT)
    own = library.load_file(tmp_path / "s.toml")
    solution = mk.CastingSolution.from_parts({"PSF": 15, own: 85})
    case = mk.Case(solution, read().process)
    assert read(case.to_toml()) == case


def test_a_text_carries_what_files_and_changes_hold(tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_text(SOLVENT)
    monkeypatch.chdir(tmp_path)
    own = library.load_file("s.toml")
    changed = mk.materials["PSF"].replace(density="1.2 g/cm**3")
    solution = mk.CastingSolution.from_parts({changed: 15, own: 85})
    text, why = lasting_text(solution, read().process)
    assert why == ""
    monkeypatch.chdir("/")
    again = read(text, tmp_path / "elsewhere")
    assert again.solution == solution
    assert again.process == read().process


def test_a_text_carries_the_files_of_the_case_it_came_from(tmp_path):
    (tmp_path / "own.toml").write_text(SOLVENT)
    text = 'materials = ["own.toml"]\n' + TEXT.replace("NMP", "MS")
    case = read(text, tmp_path)
    text, why = lasting_text(case.solution, case.process)
    assert why == ""
    assert read(text).solution == case.solution


def test_what_no_text_can_carry_is_named():
    own = dataclasses.replace(mk.materials["NMP"], name="mine", aliases=(), origin="")
    solution = mk.CastingSolution.from_parts({"PSF": 15, own: 85})
    text, why = lasting_text(solution, read().process)
    assert text == ""
    assert "mine" in why
    measured = dataclasses.replace(mk.materials["NMP"].get("density"), source="mine")
    others = [each for each in mk.materials["NMP"].values if each.name != "density"]
    other = dataclasses.replace(mk.materials["NMP"], values=(measured, *others))
    solution = mk.CastingSolution.from_parts({"PSF": 15, other: 85})
    text, why = lasting_text(solution, read().process)
    assert (text, why[:4]) == ("", "NMP:")
    names = ("water", "NMP", mk.materials["PSF"].name)
    sets = library.interaction_set(names)
    sets = dataclasses.replace(sets, name="mine", origin="")
    solution = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85}, extra=(sets,))
    text, why = lasting_text(solution, read().process)
    assert (text, why[:18]) == ("", "an interaction set")


# --- Writing -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERIES)
def test_a_shipped_case_reads_back_equal(name):
    case = mk.cases[name]
    again = read(case.to_toml())
    assert again == case
    assert hash(again) == hash(case)
    assert again.to_toml() == case.to_toml()


def test_what_was_not_given_is_not_written():
    text = read().to_toml()
    for word in ("flow_length", "support", "rinse", "sides", "roles", "series"):
        assert word not in text


def test_pickle_and_deepcopy_keep_everything():
    case = mk.cases["example1"]
    for copied in (pickle.loads(pickle.dumps(case)), copy.deepcopy(case)):
        assert copied == case
        assert copied.text == case.text
        assert len(copied.runs) == 5


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TIMES = st.builds(
    lambda number, unit: f"{number!r} {unit}",
    st.floats(0.001, 1000),
    st.sampled_from(["s", "min"]),
)
CELSIUS = st.floats(0, 100).map(lambda number: f"{number!r} degC")
AMOUNTS = st.floats(0.01, 1000) | st.integers(1, 100)
LIQUIDS = st.sampled_from(["water", "NMP", "DMAc"])


@st.composite
def airs(draw):
    humidity = st.floats(0, 100).map(lambda number: f"{number!r} %")
    fields = {
        "time": draw(TIMES | st.just("0 s")),
        "temperature": draw(CELSIUS),
        "relative_humidity": draw(humidity),
    }
    if draw(st.booleans()):
        fields["cover"] = draw(st.sampled_from(["5 mm", "0.01 m"]))
    else:
        fields["air_speed"] = draw(st.sampled_from(["0 m/s", "2.5 m/min", "1e-1 m/s"]))
    if draw(st.booleans()):
        fields["vapor"] = {draw(st.sampled_from(["NMP", "DMAc"])): draw(humidity)}
    return mk.AirExposure(**fields)


def baths(sides):
    return st.builds(
        mk.Immersion,
        time=TIMES,
        temperature=CELSIUS,
        bath=LIQUIDS | st.dictionaries(LIQUIDS, AMOUNTS, min_size=1),
        sides=st.just(sides),
    )


@st.composite
def any_case(draw):
    parts = {"PSF": draw(AMOUNTS), "NMP": draw(AMOUNTS)}
    stocks = {}
    if draw(st.booleans()):
        name = draw(NAMES.filter(lambda text: text not in ("PSF", "NMP")))
        parts[name] = draw(AMOUNTS)
        stocks[name] = draw(st.dictionaries(LIQUIDS, AMOUNTS, min_size=1))
    solution = mk.CastingSolution.from_parts(
        parts,
        stocks=stocks,
        roles=draw(st.just({}) | st.just({"NMP": "swelling_agent"})),
        temperature=draw(st.none() | CELSIUS),
    )
    rinses = st.builds(mk.Rinse, time=TIMES)
    steps = [
        *draw(st.lists(airs(), max_size=2)),
        draw(baths("surface") | baths("both")),
        *draw(st.lists(baths("both"), max_size=1)),
        *draw(st.lists(rinses, max_size=1)),
    ]
    process = mk.Process(
        wet_thickness=draw(st.sampled_from(["150 um", "0.15 mm", "1e-4 m"])),
        steps=steps,
        support=draw(st.none() | st.builds(mk.Support, temperature=CELSIUS)),
        line_speed=draw(st.none() | st.just("0.6 m/min")),
    )
    series = {}
    if draw(st.booleans()):
        series["process.wet_thickness"] = draw(
            st.lists(st.sampled_from(["1 um", "2e-4 m"]), min_size=1)
        )
    if draw(st.booleans()):
        series["solution.parts.PSF"] = draw(st.lists(AMOUNTS, min_size=1, max_size=3))
    return mk.Case(
        solution,
        process,
        name=draw(NAMES),
        series=series,
        chosen=draw(st.just({}) | st.just({"air.time": 'a "quoted" \\ sentence\x7f'})),
    )


@settings(max_examples=30, deadline=None)
@given(any_case())
def test_any_case_reads_back_equal(case):
    again = read(case.to_toml())
    assert again == case
    assert hash(again) == hash(case)
    assert again.solution.given == case.solution.given
    assert [step.given for step in again.process.steps] == [
        step.given for step in case.process.steps
    ]
