"""What is said of a solution and a process before a run, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest

import membranekit as mk
from membranekit import limits, windows
from membranekit.checks import Finding, Findings, check
from membranekit.errors import InputError, MaterialError
from membranekit.execution import execute
from membranekit.prepared import prepare
from membranekit.substances import Substance
from membranekit.thermo.stability import stability

AIR = {
    "time": "4 s",
    "temperature": "40 degC",
    "relative_humidity": "60 %",
    "air_speed": "2 m/s",
}
DOPE = {"PSF": 15, "NMP": 70, "PVP": 15, "water": 0.8}


def process(*, air=None, bath=None, support=None):
    bath = {"bath": "water", "temperature": "20 degC", "time": "5 min", **(bath or {})}
    steps = [mk.AirExposure(**{**AIR, **(air or {})}), mk.Immersion(**bath)]
    return mk.Process(
        wet_thickness="150 um", steps=steps, support=mk.Support(**(support or {}))
    )


def dope(parts=None, **more):
    return mk.CastingSolution.from_parts(parts or DOPE, **more)


def about(findings, where, word=""):
    (found,) = [each for each in findings if each.where == where and word in each.what]
    return found


def refused(solution, steps, **more):
    limits.refuse_missing(solution, steps)
    limits.refuse(solution, steps, prepare(solution, steps), **more)


# ------------------------------------------------------------------- shipped cases
@pytest.mark.parametrize("name", list(mk.cases))
def test_no_run_of_a_shipped_case_is_refused(name):
    for run in mk.cases[name].runs:
        refused(run.solution, run.process)
        assert check(run.solution, run.process).ok


@pytest.mark.parametrize("name", list(mk.cases))
def test_the_document_is_json_of_the_promised_shape(name):
    run = mk.cases[name].runs[-1]
    found = check(run.solution, run.process)
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(document) == {"ok", "findings"}
    assert len(document["findings"]) == len(found)
    for each in document["findings"]:
        assert set(each) == {"where", "what", "value"}
        assert each["where"]
        assert each["what"]
        assert each["value"] is None or set(each["value"]) == {"value", "unit"}


# --------------------------------------------------------------------- the findings
def test_findings_are_frozen_sorted_and_readable():
    found = check(dope(DOPE | {"water": 12}), process())
    assert not found.ok
    ranks = [("error", "warning", "note").index(each.severity) for each in found]
    assert ranks == sorted(ranks)
    assert str(found).splitlines()[0].startswith("error: solution.parts: ")
    assert str(found).endswith("It cannot run.")
    assert "<table>" in found._repr_html_()
    assert str(found).isascii()
    assert len(found.of("error")) == 1
    with pytest.raises(InputError, match="eror"):
        found.of("eror")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.findings = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        next(iter(found)).what = ""


def test_an_error_alone_makes_it_not_ok():
    assert Findings((Finding("a", "b", severity="warning"),)).ok
    assert not Findings((Finding("a", "b", severity="error"),)).ok


def test_each_part_has_its_shares_and_role():
    solution = dope(roles={"PVP": "nonsolvent"})
    found = check(solution, process())
    total = 0.0
    for name, share in solution.mass_fractions.items():
        one = about(found, f"solution.parts.{name}", "vol%")
        assert one.value.m_as("percent") == pytest.approx(100 * share, rel=1e-5)
        total += one.value.m_as("percent")
        assert f"{100 * solution.volume_fractions[name]:.3g} vol%" in one.what
    assert total == pytest.approx(100, rel=1e-5)
    assert "nonsolvent" in about(found, "solution.parts.PVP K30", "vol%").what


# ------------------------------------------------------------------ the cloud point
def distance_with(water):
    solution = dope(DOPE | {"water": water})
    run = prepare(solution, process())
    volumes = np.append(run.amounts, 1.0)
    mixture = run.model.mixture
    return stability(mixture, volumes / volumes.sum(), run.temperature).distance


def test_the_water_to_the_cloud_point_is_what_the_dope_takes():
    found = about(check(dope(), process()), "solution.parts", "one phase")
    assert found.severity == "note"
    held = 0.8 / 100.8
    most = held + found.value.m_as("percent") / 100
    water = 100 * most / (1 - most)  # parts beside the 100 of the others
    assert distance_with(0.999 * water) > 0 > distance_with(1.001 * water)


def test_a_demixed_dope_is_an_error_that_says_by_how_much_water():
    clear = about(check(dope(), process()), "solution.parts", "one phase")
    most = 0.8 / 100.8 * 100 + clear.value.m_as("percent")
    solution = dope(DOPE | {"water": 12})
    found = about(check(solution, process()), "solution.parts", "demixed before")
    assert found.severity == "error"
    held = 100 * 12 / 112
    assert found.value.m_as("percent") == pytest.approx(held - most, rel=1e-4)
    assert f"{held:.3g} wt% water" in found.what
    assert f"{most:.3g} wt%" in found.what
    with pytest.raises(InputError, match=r"solution\.parts: .*demixed before .* less"):
        refused(solution, process())
    with pytest.raises(InputError, match="demixed before"):
        refused(solution, process(), extrapolate=True)
    with pytest.raises(InputError, match="demixed before"):
        mk.simulate(solution, process())


def test_a_dope_without_water_holds_none():
    found = check(dope({"PSF": 15, "NMP": 85}), process())
    one = about(found, "solution.parts", "one phase")
    assert "holds no water" in one.what
    assert one.value.magnitude > 1


def test_what_the_cloud_point_rests_on_is_said():
    found = check(dope(), process())
    psf = about(found, "solution.interactions", "rests on").what
    assert "fitted to measured cloud points" in psf
    assert "20 %" in psf
    run = mk.cases["example1"].runs[0]
    found = check(run.solution, run.process)
    pvdf = about(found, "solution.interactions", "rests on").what
    assert "no measured cloud point" in pvdf
    assert "20 %" not in pvdf


@pytest.mark.parametrize("name", list(mk.cases))
def test_both_ways_to_the_water_activity_are_told(name):
    run = mk.cases[name].runs[0]
    found = [e for e in check(run.solution, run.process) if e.where == "water"]
    routes = [each for each in found if each.what.startswith("with ")]
    assert len(routes) >= 2
    assert "modified UNIFAC" in routes[0].what
    assert any("Wilson" in each.what for each in routes)
    activities = []
    for each in routes:
        cloud = run.solution.cloud_point("water", interactions=each.what.split("'")[1])
        assert each.value.m_as("percent") == pytest.approx(100 * cloud.cloud, rel=1e-5)
        assert f"{cloud.activity:.3g} where it clouds" in each.what
        activities.append(cloud.activity / cloud.cloud)  # they cloud apart
    assert activities[1] > 1.3 * activities[0]


def test_without_water_there_is_no_word_of_its_activity():
    found = check(dope({"PSF": 15, "NMP": 85}), process())
    assert [e for e in found if e.what.startswith("with ")]
    bath = {"bath": "NMP"}
    steps = mk.Process(
        wet_thickness="150 um",
        steps=[mk.Immersion(**{"temperature": "20 degC", "time": "5 min", **bath})],
        support=mk.Support(),
    )
    assert check(dope({"PSF": 15, "NMP": 85}), steps).findings


# -------------------------------------------------------------------------- the air
def test_humidity_ratio_of_the_textbook():
    # ASHRAE's chart: 40 degC and 60 % hold 28.5 g/kg, their dew point is 30.7 degC
    found = check(dope(), process())
    ratio = about(found, "air.relative_humidity", "humidity ratio")
    assert ratio.value.m_as("g/kg") == pytest.approx(28.5, rel=0.01)
    assert ratio.severity == "note"
    dew = next(each for each in found if each.what == "dew point")
    assert dew.value.m_as("degC") == pytest.approx(30.7, abs=0.2)


@pytest.mark.parametrize(
    ("humidity", "inside"),
    [
        ({"humidity_ratio": "2 g/kg"}, False),
        ({"humidity_ratio": "2.01 g/kg"}, True),
        ({"relative_humidity": "0 %"}, False),
    ],
)
def test_air_above_2_g_per_kg(humidity, inside):
    found = check(dope(), process(air={"relative_humidity": None, **humidity}))
    (name,) = humidity
    one = about(found, f"air.{name}", "humidity ratio")
    assert one.severity == ("note" if inside else "warning")


def test_dry_air_has_no_dew_point():
    found = check(dope(), process(air={"relative_humidity": "0 %"}))
    assert about(found, "air.relative_humidity", "no dew point").value is None


def test_a_film_below_the_dew_point_is_wetted():
    cold = check(dope(), process(support={"temperature": "25 degC"}))
    assert about(cold, "air.relative_humidity", "condenses").severity == "warning"
    warm = check(dope(), process(support={"temperature": "40 degC"}))
    assert not [each for each in warm if "condenses" in each.what]
    # a warm solution on a cold support still meets the cold
    both = check(dope(temperature="40 degC"), process())
    assert [each for each in both if "condenses" in each.what]


@pytest.mark.parametrize(
    ("speed", "severity"), [("0.2 m/s", "warning"), ("0.21 m/s", "note")]
)
def test_air_faster_than_the_patents(speed, severity):
    found = check(dope(), process(air={"air_speed": speed}))
    assert about(found, "air.air_speed").severity == severity


def test_a_cover_has_no_air_speed():
    found = check(dope(), process(air={"air_speed": None, "cover": "5 mm"}))
    assert "no air speed" in about(found, "air.cover").what


# -------------------------------------------------------------------------- windows
@pytest.mark.parametrize(
    ("psf", "severity"),
    [(4.9, "warning"), (5, "note"), (35, "note"), (35.1, "warning")],
)
def test_window_of_the_polymer(psf, severity):
    found = check(dope({"PSF": psf, "NMP": 100 - psf}), process())
    assert about(found, "solution.parts", "polymer:").severity == severity


@pytest.mark.parametrize(
    ("peg", "severity"),
    [(4.9, "warning"), (5, "note"), (50, "note"), (50.1, "warning")],
)
def test_window_of_the_nonsolvent_goes_by_roles(peg, severity):
    parts = {"PSF": 10, "NMP": 90 - peg, "PEG200": peg}
    with_role = check(dope(parts, roles={"PEG200": "nonsolvent"}), process())
    assert about(with_role, "solution.parts", "nonsolvent:").severity == severity
    without = check(dope(parts), process())
    about(without, "solution.parts", "no part has the role nonsolvent")


@pytest.mark.parametrize(
    ("water", "severity"), [(4.9, "warning"), (5, "note"), (51, "warning")]
)
def test_window_of_good_solvent_to_nonsolvent(water, severity):
    parts = {"PSF": 25, "NMP": 100 - water, "water": water}
    found = check(dope(parts), process())
    one = about(found, "solution.parts", "good solvent to nonsolvent")
    assert one.severity == severity
    assert one.value.m_as("percent") == pytest.approx(water)
    assert f"{100 - water:.3g}:{water:.3g}" in one.what


def stock(licl, amount):
    return dope(
        {"PSF": 15, "NMP": 60, "PEG200": 15, "PVP": 5, "LiCl stock": amount},
        stocks={"LiCl stock": {"LiCl": licl, "water": 100 - licl}},
    )


@pytest.mark.parametrize(
    ("licl", "severity"), [(0.9, "warning"), (20, "note"), (61, "warning")]
)
def test_window_of_a_stocks_concentration(licl, severity):
    found = check(stock(licl, 2), process())
    one = about(found, "solution.stocks.LiCl stock", "in it")
    assert one.severity == severity
    assert one.value.m_as("percent") == pytest.approx(licl)


@pytest.mark.parametrize(
    ("amount", "severity"), [(0.2, "warning"), (3, "note"), (8, "warning")]
)
def test_window_of_a_stocks_volume(amount, severity):
    found = check(stock(20, amount), process())
    one = about(found, "solution.stocks.LiCl stock", "amount")
    assert one.severity == severity
    nmp = mk.materials["NMP"].get("density").at()
    volume = 0.2 / mk.materials["LiCl"].get("density").at()
    volume += 0.8 / mk.materials["water"].get("density").at()
    expected = 100 * amount * volume / (60 / nmp)
    assert one.value.m_as("percent") == pytest.approx(expected, rel=1e-5)


def test_a_swelling_agent_as_it_is_has_a_finding_of_its_own():
    found = about(check(dope(), process()), "solution.stocks")
    assert found.severity == "note"
    assert "PVP K30: added without a solvent" in found.what
    for limit in ("1 to 60 wt%", "0.5 to 10 vol%", "claim 15"):
        assert limit in found.what
    plain = check(dope({"PSF": 15, "NMP": 85}), process())
    assert not [each for each in plain if each.where == "solution.stocks"]
    added = check(stock(20, 3), process())
    assert not [each for each in added if each.where == "solution.stocks"]


def test_solvent_of_another_stock_counts_with_what_a_swelling_agent_is_added_to():
    parts = {"PSF": 15, "NMP": 30, "thinner": 30, "LiCl stock": 3}
    stocks = {"thinner": {"NMP": 1}, "LiCl stock": {"LiCl": 20, "water": 80}}
    where = "solution.stocks.LiCl stock"
    split = about(check(dope(parts, stocks=stocks), process()), where, "amount")
    whole = dope(
        {"PSF": 15, "NMP": 60, "LiCl stock": 3},
        stocks={"LiCl stock": {"LiCl": 20, "water": 80}},
    )
    assert split.value == about(check(whole, process()), where, "amount").value


@pytest.mark.parametrize(
    ("psf", "side"), [(9.9, "outside"), (10, "inside"), (30, "inside"), (31, "outside")]
)
def test_the_preferred_polymer_is_told_and_no_warning(psf, side):
    found = check(dope({"PSF": psf, "NMP": 100 - psf}), process())
    one = about(found, "solution.parts", "polymer:")
    assert f"{side} the preferred 10 to 30 wt% (page 8)" in one.what
    assert one.severity == "note"


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("polymer:", "claim 13"),
        ("nonsolvent:", "page 7"),
        ("good solvent to nonsolvent", "claim 12"),
        ("humidity ratio", "claim 11"),
        ("air speed", "claim 11"),
    ],
)
def test_a_window_names_its_source(word, source):
    (found,) = [e for e in check(dope(), process()) if word in e.what]
    assert found.what.count(f"({source})") == 1
    assert found.value is not None


def test_limits_are_read_from_the_data_and_stand_nowhere_else(monkeypatch):
    facts = {
        **windows._facts(),
        "windows": {
            **windows._facts()["windows"],
            "air_speed": {"claim": "> 3 m/s", "source": {"claim": "claim 99"}},
        },
    }
    monkeypatch.setattr(windows, "_facts", lambda: facts)
    one = about(check(dope(), process()), "air.air_speed")
    assert one.severity == "warning"
    assert "outside the patent's more than 3 m/s (claim 99)" in one.what


@pytest.mark.parametrize("name", list(windows._facts()["windows"]))
def test_every_limit_of_the_data_is_read_and_has_a_source(name):
    entry = windows._facts()["windows"][name]
    for which in entry.keys() - {"source"}:
        found = windows.window(name, which)
        assert found.low < found.high
        assert found.text
        assert found.source.startswith(("claim ", "page"))
        assert not found.holds(0.999 * found.low)
        assert found.holds(1.001 * found.low)
        assert found.above or not found.holds(1.001 * found.high)


def test_without_a_good_solvent_there_is_no_ratio():
    roles = {"NMP": "nonsolvent"}
    found = check(dope({"PSF": 15, "NMP": 85}, roles=roles), process())
    one = about(found, "solution.parts", "role good_solvent")
    assert one.severity == "warning"
    assert not [each for each in found if "to nonsolvent" in each.what]


@pytest.mark.parametrize("air", [{"time": "0 s"}, None])
def test_no_time_in_the_air_is_a_finding(air):
    steps = process(air=air)
    if air is None:
        steps = steps.replace(steps=steps.steps[1:])
    one = about(check(dope(), steps), "process.steps")
    assert one.severity == "warning"
    assert "more than 2 g/kg at more than 0.2 m/s" in one.what
    still = check(dope(), process())
    assert not [each for each in still if each.where == "process.steps"]


# --------------------------------------------------------------------- temperatures
@pytest.mark.parametrize(
    ("steps", "where", "what"),
    [
        ({"bath": {"temperature": "5 degC"}}, "immersion.temperature", "interactions"),
        ({"bath": {"temperature": "5 degC"}}, "immersion.temperature", "viscosity"),
        ({"air": {"temperature": "70 degC"}}, "air.temperature", "saturation pressure"),
        ({"support": {"temperature": "5 degC"}}, "support.temperature", "interactions"),
        (
            {"air": {"relative_humidity": None, "dew_point": "-10 degC"}},
            "air.dew_point",
            "saturation pressure of water",
        ),
    ],
)
def test_a_temperature_outside_the_known_is_refused(steps, where, what):
    steps = process(**steps)
    found = check(dope(), steps)
    one = about(found, where, "outside the range")
    assert one.severity == "error"
    assert what in one.what
    assert one.value.units == mk.Quantity(1, "degC").units
    with pytest.raises(InputError, match=where.replace(".", r"\.")) as refusal:
        refused(dope(), steps)
    assert "extrapolate=True (--extrapolate" in str(refusal.value)
    refused(dope(), steps, extrapolate=True)


@pytest.mark.parametrize("given", ["65 degC", "338.15 K", "149 degF", "15 degC"])
def test_the_ends_of_a_range_are_in_it(given):
    refused(dope(), process(bath={"temperature": given}))


def test_vapor_pressures_are_not_read_in_a_bath():
    # DMAc's enthalpy of vaporization is known from 20 degC on, its interactions from 15
    refused(dope({"PSF": 15, "DMAc": 85}), process(bath={"temperature": "16 degC"}))
    with pytest.raises(InputError, match="enthalpy of vaporization of DMAc"):
        refused(dope({"PSF": 15, "DMAc": 85}), process(air={"temperature": "16 degC"}))


def test_a_step_of_no_time_leads_to_no_temperature():
    hot = {"temperature": "90 degC", "time": "0 s", "relative_humidity": "10 %"}
    refused(dope(), process(air=hot))
    with pytest.raises(InputError, match=r"air\.temperature: 90 degC"):
        refused(dope(), process(air={**hot, "time": "1 s"}))


# --------------------------------------------------------------- missing and assumed
def without(name, *properties):
    substance = mk.materials[name]
    kept = tuple(each for each in substance.values if each.name not in properties)
    return dataclasses.replace(substance, values=kept)


def test_all_missing_properties_are_named_at_once():
    parts = {
        without("PSF", "yield_stress", "density"): 15,
        without("NMP", "viscosity", "association"): 85,
    }
    solution = dope(parts)
    wanted = {
        ("polysulfone P-3500", "yield_stress"),
        ("polysulfone P-3500", "density"),
        ("NMP", "viscosity"),
        ("NMP", "association"),
    }
    assert set(limits.missing(solution, process())) == wanted
    found = check(solution, process())
    assert {(each.where, each.what.split()[0]) for each in found.of("error")} == wanted
    with pytest.raises(MaterialError) as refusal:
        limits.refuse_missing(solution, process())
    for substance, name in wanted:
        assert f"{name} of {substance}" in str(refusal.value)


@pytest.mark.parametrize("name", ["example1", "example2"])
def test_what_is_needed_is_what_a_run_reads(name, monkeypatch):
    case = mk.cases[name].replace({"air.time": "6 s"})
    run = case.runs[0]
    baths = [step for step in run.process.steps if step.kind == "immersion"]
    short = [step.replace(time="1 s") for step in baths]
    steps = run.process.replace(steps=[run.process.steps[0], *short])
    read = set()
    get = Substance.get

    def note(self, name):
        read.add((self.name, name))
        return get(self, name)

    monkeypatch.setattr(Substance, "get", note)
    outcome = execute(prepare(run.solution, steps))
    monkeypatch.undo()
    assert outcome.success, outcome.message
    members = [*run.solution.components, steps.support.substance]
    needed = {
        (each.name, wanted)
        for each in members
        for wanted in limits.needed(each, membrane_polymer=each.kind == "polymer")
    }
    assert read == needed


def test_substances_of_baths_count_too():
    bath = {"bath": {"water": 80, without("DMAc", "viscosity"): 20}}
    lacking = limits.missing(dope(), process(bath=bath))
    assert lacking == [("DMAc", "viscosity")]


def test_a_mixture_without_interactions_is_an_error():
    found = check(dope({"PVDF": 20, "NMP": 80}), process())
    error = about(found, "solution.interactions")
    assert error.severity == "error"
    assert "PVDF" in error.what


def test_a_bath_on_both_sides_is_in_order():
    one, both = (
        check(dope(), process(bath={"sides": sides})) for sides in ("surface", "both")
    )
    assert both.ok
    assert [each.what for each in both] == [each.what for each in one]


def test_defaults_and_choices_are_told():
    found = check(dope(), process())
    assert "0.1 m" in about(found, "air.flow_length", "assumed").what
    assert "3 mm" in about(found, "support.thickness", "assumed").what
    given = process(
        air={"flow_length": "0.2 m"},
        support={"thickness": "2 mm", "temperature": "25 degC"},
    )
    told = [each.where for each in check(dope(), given) if "assumed" in each.what]
    assert "air.flow_length" not in told
    assert "support.thickness" not in told
    case = mk.cases["example2"]
    run = case.runs[0]
    found = check(run.solution, run.process, chosen=case.chosen)
    for address, sentence in case.chosen.items():
        assert sentence in about(found, address, "assumed").what


def test_estimates_are_told_by_substance():
    found = check(dope(), process())
    nmp = about(found, "NMP", "estimated").what
    names = nmp.removeprefix("estimated: ").split(", ")
    estimated = {
        name.replace("_", " ")
        for name in limits.needed(mk.materials["NMP"], membrane_polymer=False)
        if mk.materials["NMP"].get(name).basis == "estimated"
    }
    assert set(names) == estimated
    assert "water/NMP" in about(found, "solution.interactions", "estimated").what


@pytest.mark.parametrize("call", [mk.simulate, mk.check])
def test_what_is_no_pair_is_told_what_is(call):
    right = f"write {call.__name__}(solution, process)"
    with pytest.raises(InputError, match="are swapped") as swapped:
        call(process(), dope())
    assert right in str(swapped.value)
    for given, many in (
        (mk.cases["example1"], "simulate_many(case)"),
        (mk.cases["example1"].runs[0], "simulate_many([run])"),
    ):
        with pytest.raises(InputError, match=r"run\.solution and run\.process") as held:
            call(given)
        assert many in str(held.value)
    with pytest.raises(InputError, match="solution: 'PSF' is no Cast"):
        call("PSF", process())
    with pytest.raises(InputError, match="process: None is no Process"):
        call(dope())


def test_a_swapped_pair_of_several_is_refused():
    with pytest.raises(InputError, match="are swapped"):
        mk.simulate_many([(process(), dope())])
