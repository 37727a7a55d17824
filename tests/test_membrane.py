"""Results: what they give, what they keep to themselves, what they write down."""

import copy
import csv
import json
import math
import os
import pickle
import pickletools

import numpy as np
import pint
import pytest
from records import CASE, make_history, make_record

from membranekit import membrane as module
from membranekit.case import Case, read_case
from membranekit.errors import (
    InputError,
    MaterialError,
    MissingExtraError,
    OutputError,
    UnitError,
)
from membranekit.membrane import Membrane, check_output, save, saved_case_text


@pytest.fixture
def membrane():
    return Membrane.from_record(make_record())


# ------------------------------------------------------------------------ looking
def test_headline_numbers_come_in_their_fixed_units(membrane):
    expected = {
        "surface_pore_diameter": (0.15 * math.e, "micrometer"),
        "thickness": (108, "micrometer"),
        "porosity": (80, "percent"),
        "specific_surface_area": (12, "meter ** 2 / gram"),
        "permeance": (36000, "liter / bar / hour / meter ** 2"),
        "bubble_point": (2.5, "bar"),
        "water_uptake": (6, "gram / meter ** 2"),
        "wall_time": (0.25, "second"),
    }
    for name, (value, unit) in expected.items():
        quantity = getattr(membrane, name)
        assert quantity.m == pytest.approx(value), name
        assert str(quantity.units) == unit, name


def test_permeance_factors_agree_with_pint():
    quantity = pint.get_application_registry().Quantity(1.0, "m/s/Pa")
    for unit in ("L/(m**2 h bar)", "ml/(cm**2 min atm)", "bar", "m**2/g", "g/m**2"):
        si = {"bar": "Pa", "m**2/g": "m**2/kg", "g/m**2": "kg/m**2"}.get(unit, "m/s/Pa")
        one = quantity._REGISTRY.Quantity(1.0, si).m_as(unit)
        assert module._PER_SI[unit] == pytest.approx(one, rel=1e-12)


def test_quantities_belong_to_the_application_registry(membrane):
    registry = pint.get_application_registry().get()
    assert membrane.thickness._REGISTRY is registry
    assert membrane.inputs["air.time"] == registry.Quantity(6, "s")


def test_what_a_property_gave_can_be_changed_without_harm(membrane):
    before = copy.deepcopy(membrane)
    thickness = membrane.thickness
    thickness.ito("m")
    depth = membrane.pore_profile.depth
    depth *= 7
    time = membrane.history.time
    time[0] = 99 * time.units
    membrane.inputs["x"] = 1
    membrane.minimum_pore_layer.margins["x"] = 1
    membrane.schedule[0]["kind"] = "x"
    assert membrane == before


def test_results_cannot_be_changed(membrane):
    with pytest.raises(AttributeError):
        membrane.thickness = 3
    with pytest.raises(AttributeError, match="cannot be changed"):
        membrane.thicknes = 3
    fractions = membrane.history.volume_fraction
    with pytest.raises(ValueError, match="read-only"):
        fractions[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        fractions.setflags(write=True)


def test_record_is_copied_in():
    record = make_record()
    membrane = Membrane.from_record(record)
    record["profile"]["pore_diameter"][:] = 0
    assert membrane.pore_profile.pore_diameter.m.min() > 0


def test_trust_is_sorted_by_the_size_of_the_effect(membrane):
    names = [entry.name for entry in membrane.trust.assumed]
    assert names == ["support.temperature", "air.flow_length", "support.back"]
    first = membrane.trust.assumed[0]
    assert first.value.m_as("degC") == 25
    assert first.effect.m_as("um") == 3
    assert membrane.trust.assumed[2].value == "insulated"
    assert membrane.trust.mass_closure == 1e-13
    assert membrane.trust.grid_error == 0.004


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"thicknes": 1}, "thicknes"),
        ({"layer": {"state": "inner"}}, "inner"),
        ({"trust": {"assumd": []}}, "assumd"),
        ({"profile": {"depth": np.zeros(3), "pore_diameter": np.zeros(2)}}, "shape"),
        ({"profile": {"depth": np.array([1.0, 0.0])}}, "increasing"),
    ],
)
def test_records_that_do_not_fit_are_refused(change, what):
    with pytest.raises(InputError, match=what):
        Membrane.from_record(make_record(**change))


def test_histories_that_do_not_fit_are_refused():
    history = make_history()
    with pytest.raises(InputError, match="temperature has shape"):
        Membrane.from_record(make_record(history={**history, "temperature": [1.0]}))
    backwards = {**history, "time": history["time"][::-1]}
    with pytest.raises(InputError, match="backwards"):
        Membrane.from_record(make_record(history=backwards))


# ----------------------------------------------------------------------- equality
def test_equality_ignores_wall_time_alone(membrane):
    assert membrane == Membrane.from_record(make_record(wall_time=9.0))
    assert hash(membrane) == hash(Membrane.from_record(make_record(wall_time=9.0)))
    assert membrane != Membrane.from_record(make_record(thickness=109e-6))
    assert membrane != Membrane.from_record(make_record(history=None))
    assert membrane != "membrane"


def test_clocks_that_did_not_happen_are_equal(membrane):
    assert np.isnan(membrane.history.binodal_time.m).any()
    assert membrane.history == Membrane.from_record(make_record()).history
    history = make_history()
    history["binodal_time"][0] += 1e-9
    assert membrane != Membrane.from_record(make_record(history=history))


@pytest.mark.parametrize(
    "twin", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy, copy.copy]
)
def test_copies_are_equal_and_locked(membrane, twin):
    other = twin(membrane)
    assert other == membrane
    with pytest.raises(ValueError, match="read-only"):
        other.history.volume_fraction[0] = 1


def test_pickle_holds_no_pint(membrane):
    words = [str(arg) for _, arg, _ in pickletools.genops(pickle.dumps(membrane))]
    assert not [word for word in words if word.startswith("pint")]


# ------------------------------------------------------------------------ history
def test_history_at_a_saved_time_is_what_was_saved(membrane):
    history = membrane.history
    for index in (0, 3, 10, 13):
        moment = history.at(history.time[index])
        np.testing.assert_allclose(
            moment.volume_fraction, history.volume_fraction[index], rtol=1e-12
        )
        assert moment.temperature.m == pytest.approx(history.temperature[index].m)


def test_history_at_interpolates_linearly(membrane):
    history = membrane.history
    halfway = history.at("1.5 s")
    np.testing.assert_allclose(
        halfway.depth.m, (history.depth.m[1] + history.depth.m[2]) / 2, rtol=1e-12
    )
    assert halfway.step == 1


def test_history_gives_the_later_step_where_two_meet():
    history = make_history()
    history["water_uptake"][7:] += 1.0
    membrane = Membrane.from_record(make_record(history=history))
    assert membrane.history.at("6 s").step == 2
    assert membrane.history.at("6 s").water_uptake.m > 1000
    assert membrane.history.at("5.999999 s").water_uptake.m < 10


@pytest.mark.parametrize("time", ["-1 s", "37 s", "1 um"])
def test_history_refuses_other_times(membrane, time):
    with pytest.raises((InputError, UnitError)):
        membrane.history.at(time)


def test_fraction_of(membrane):
    history = membrane.history
    assert history.fraction_of("water").shape == history.depth.shape
    np.testing.assert_array_equal(
        history.fraction_of("Polysulfone P3500"), history.volume_fraction[..., 2]
    )
    assert history.at("3 s").fraction_of("nmp", by="mass").shape == (12,)
    with pytest.raises(InputError, match="mole"):
        history.fraction_of("water", by="mole")


def test_fraction_of_reads_aliases_and_refuses_others(membrane):
    history = membrane.history
    assert history.fraction_of("PSF") is not None
    for name in ("DMAc", "no such thing"):
        with pytest.raises(MaterialError, match="it holds water, NMP"):
            history.fraction_of(name)


# -------------------------------------------------------------------- written down
def numbers(thing):
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, list):
        return [x for item in thing for x in numbers(item)]
    return [thing] if isinstance(thing, float) else []


def test_dictionary_is_the_json_of_the_interface(membrane):
    entry = json.loads(json.dumps(membrane.to_dict(), allow_nan=False))
    assert entry["inputs"] == {"air.time": {"value": 6.0, "unit": "s"}}
    assert entry["thickness"] == {"value": 108.0, "unit": "um"}
    assert entry["permeance"] == {"value": 36000.0, "unit": "L/(m**2 h bar)"}
    assert entry["minimum_pore_layer"]["depth"] == {"value": 12.0, "unit": "um"}
    assert len(entry["pore_profile"]["depth"]["values"]) == 40
    assert entry["trust"]["assumed"][0]["effect"] == {"value": 3.0, "unit": "um"}
    assert entry["trust"]["assumed"][2]["value"] == "insulated"
    assert entry["trust"]["time_error"] is None
    assert entry["wall_time"] == {"value": 0.25, "unit": "s"}


def test_what_a_run_cannot_give_is_null_with_a_reason():
    changes = dict.fromkeys(module._HEADLINE_UNITS)
    changes |= {"porosity": math.nan, "mass_closure": math.inf}
    changes |= {"profile": None, "layer": {}, "success": False}
    membrane = Membrane.from_record(
        make_record(**changes, message="The step size became too small.", notes=[])
    )
    entry = membrane.to_dict()
    assert all(math.isfinite(x) for x in numbers(entry))
    notes = " ".join(entry["notes"])
    assert "step size became too small" in notes
    for name in module._HEADLINE_UNITS:
        assert entry[name] is None
        assert getattr(membrane, name) is None
        assert name.replace("_", " ") in notes
    assert entry["mass_closure"] is None
    assert entry["pore_profile"] is None
    assert "stopped early" in str(membrane)


def test_a_reason_that_is_given_is_not_given_twice():
    notes = ["permeance: a dry PVDF sheet passes no water at 1 atm"]
    membrane = Membrane.from_record(make_record(permeance=None, notes=notes))
    assert list(membrane.notes) == notes


def test_report_says_what_matters(membrane):
    report = str(membrane)
    for text in ("inside, 12 um deep", "108 um", "80 %", "36000 L/(m**2 h bar)"):
        assert text in report
    assert report.index("support.temperature") < report.index("air.flow_length")
    assert report.isascii()
    assert max(map(len, report.splitlines())) <= 88


def test_html_is_escaped():
    membrane = Membrane.from_record(make_record(name="<b>&", notes=["a < b"]))
    page = membrane._repr_html_()
    assert "&lt;b&gt;&amp;" in page
    assert "a &lt; b" in page


def test_save_json_and_read_the_case_back(membrane, tmp_path):
    path = tmp_path / "run.json"
    membrane.save(path)
    document = json.loads(path.read_text())
    assert document["schema"] == 1
    assert document["case"] == "made up"
    assert document["runs"] == [membrane.to_dict()]
    assert saved_case_text(path) == CASE
    assert os.listdir(tmp_path) == ["run.json"]


def test_runs_of_several_cases_keep_their_own_text(membrane, tmp_path):
    path = tmp_path / "run.json"
    save([membrane, Membrane.from_record(make_record(case_toml="name = 'b'"))], path)
    document = json.loads(path.read_text())
    assert [run["case_toml"] for run in document["runs"]] == [CASE, "name = 'b'"]
    with pytest.raises(InputError, match="several cases"):
        saved_case_text(path)


def test_runs_of_one_case_are_saved_as_that_case(tmp_path):
    case = read_case("example1").replace(
        {"air.time": ["1 s", "2 s"], "process.wet_thickness": ["100 um", "150 um"]}
    )
    runs = [
        Membrane.from_record(make_record(case_toml=run.to_toml())) for run in case.runs
    ]
    path = tmp_path / "run.json"
    save(runs, path)
    again = Case.from_toml(saved_case_text(path))
    assert again.runs == case.runs
    # a part of them, or another order, is no case
    for some in (runs[:3], [runs[1], runs[0], *runs[2:]]):
        save(some, path)
        with pytest.raises(InputError, match="several cases"):
            saved_case_text(path)


def test_save_csv(tmp_path):
    path = tmp_path / "series.csv"
    runs = [
        Membrane.from_record(make_record(air, inputs={"air.time": given}))
        for air, given in [(2.0, (2.0, "s")), (60.0, (1.0, "min"))]
    ]
    runs.append(Membrane.from_record(make_record(permeance=None, notes=['a, "b"\nc'])))
    save(runs, path)
    with path.open(newline="") as file:
        names, units, *rows = csv.reader(file)
    assert len(rows) == 3
    unit = dict(zip(names, units, strict=True))
    assert unit["air.time"] == "s"
    assert unit["thickness"] == "um"
    assert unit["message"] == ""
    assert [float(row[0]) for row in rows] == [2.0, 60.0, 6.0]
    last = dict(zip(names, rows[2], strict=True))
    assert last["permeance"] == ""
    assert last["notes"].startswith('a, "b"\nc')


@pytest.mark.usefixtures("pint_arrays")
def test_save_netcdf(membrane, tmp_path):
    xarray = pytest.importorskip("xarray")
    path = tmp_path / "run.nc"
    long = "# " + "long " * 30000 + "\n" + CASE
    methods = {"to_toml": lambda self: long, "from_folder": lambda self, folder: self}
    case = type("Case", (), {"name": "c", **methods})()
    failed = make_record(2.0, history=None, permeance=None, success=False)
    save([membrane, Membrane.from_record(failed)], path, case=case)
    with xarray.open_dataset(path, engine="h5netcdf") as root:
        assert root["air.time"].values.tolist() == [6.0, 2.0]
        assert root["air.time"].attrs["units"] == "s"
        assert np.isnan(root["permeance"].values[1])
        assert root["minimum_pore_layer_state"].values.tolist() == ["inside"] * 2
        assert json.loads(root.attrs["trust"])[0]["interactions"]
        assert set(json.loads(root.attrs["versions"])) >= {"membranekit", "numpy"}
    with xarray.open_dataset(path, engine="h5netcdf", group="run0") as run:
        np.testing.assert_allclose(run["depth"].values, membrane.history.depth.m)
        quantified = run.pint.quantify()
        assert quantified["temperature"].pint.units == "degree_Celsius"
        assert quantified["porosity"].pint.units == "percent"
        assert list(run["component"].values) == list(membrane.history.components)
    with xarray.open_dataset(path, engine="h5netcdf", group="run1") as run:
        assert "depth" not in run
        assert run["profile_depth"].shape == (40,)
    assert saved_case_text(path) == long
    assert os.listdir(tmp_path) == ["run.nc"]


def test_dataset_has_ascii_units_that_pint_reads(membrane):
    pytest.importorskip("xarray")
    dataset = membrane.to_dataset()
    registry = pint.get_application_registry()
    for name, variable in dataset.variables.items():
        if name != "component":
            assert variable.attrs["units"].isascii()
            registry.parse_units(variable.attrs["units"])
            assert variable.dtype.kind in "fi"
    assert dataset["volume_fraction"].dims == ("time", "cell", "component")
    assert float(dataset["dry_thickness"]) == pytest.approx(108)
    for text in dataset.attrs.values():
        json.loads(text)


def test_text_inputs_are_saved(tmp_path, membrane):
    other = membrane.with_inputs({"immersion.bath": "water", "air.time": (6.0, "s")})
    assert other.inputs["immersion.bath"] == "water"
    for suffix in ("csv", "json"):
        other.save(tmp_path / f"run.{suffix}")
    assert "water" in (tmp_path / "run.csv").read_text()


def test_with_inputs_takes_quantities(membrane):
    quantity = pint.get_application_registry().Quantity
    other = membrane.with_inputs(
        {
            "process.wet_thickness": quantity(150, "um"),
            "air.temperature": quantity(60, "degC"),
            "air.relative_humidity": quantity(30, "percent"),
        }
    )
    assert other.to_dict()["inputs"] == {
        "process.wet_thickness": {"value": 150.0, "unit": "um"},
        "air.temperature": {"value": 60.0, "unit": "degC"},
        "air.relative_humidity": {"value": 30.0, "unit": "percent"},
    }


def test_outputs_are_checked_before_anything_is_computed(tmp_path, monkeypatch):
    for name, error in [
        ("run.txt", InputError),
        ("run", InputError),
        ("nowhere/run.json", OutputError),
    ]:
        with pytest.raises(error):
            check_output(tmp_path / name)
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OutputError, match="folder"):
        check_output(tmp_path / "run.json")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    check_output(tmp_path / "run.csv")
    with pytest.raises(MissingExtraError, match=r'pip install "membranekit\[data\]"'):
        check_output(tmp_path / "run.nc")


def test_a_failed_write_leaves_the_old_file(membrane, tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    path.write_text("old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.json, "dump", full)
    with pytest.raises(OutputError, match="No space left"):
        membrane.save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_nothing_to_save(tmp_path):
    with pytest.raises(InputError, match="no membrane"):
        save([], tmp_path / "run.csv")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"case_toml": 3}', "name = 1"])
def test_files_that_are_no_saved_run_are_refused(tmp_path, text):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"run\.json"):
        saved_case_text(path)
    with pytest.raises(OutputError, match="no such file"):
        saved_case_text(tmp_path / "other.json")


def test_netcdf_that_is_no_saved_run_is_refused(tmp_path):
    pytest.importorskip("h5netcdf")
    path = tmp_path / "run.nc"
    path.write_bytes(b"not hdf5")
    with pytest.raises((InputError, OutputError), match=r"run\.nc"):
        saved_case_text(path)


@pytest.mark.parametrize(
    ("written", "read"),
    [("", "1"), ("%", "percent"), ("m / s", "m/s"), ("\N{DEGREE SIGN}C", "degC")],
)
def test_the_units_of_inputs_have_one_spelling(written, read):
    membrane = Membrane.from_record(make_record(inputs={"x": (20.0, written)}))
    assert membrane.to_dict()["inputs"]["x"] == {"value": 20.0, "unit": read}


def test_a_heading_says_what_the_effects_are(membrane):
    effect = "largest effect first (effect: shift of the depth demixed in the air"
    assert f"Assumed, {effect})\n" in str(membrane)
    assert "\nFitted\n" in str(membrane)
    told = module.heading("assumed", membrane.trust.assumed, 3)
    assert told == f"Assumed, {effect}, in the run where it is largest)"
