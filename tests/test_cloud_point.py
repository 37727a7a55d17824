"""What a casting solution says of itself: cloud point, activity, water, vapor."""

import dataclasses
import json
import pickle

import numpy as np
import pytest

import membranekit as mk
from membranekit import equilibria, library, units
from membranekit import solution as solution_module
from membranekit.errors import InputError, MaterialError
from membranekit.mixtures import mixture_of
from membranekit.thermo.stability import stability
from membranekit.thermo.titration import cloud_fraction

CASES = ["example1", "example2", "example3"]
WEI = "assembled with Wei 2006"


def dope(parts=None, **more):
    return mk.CastingSolution.from_parts(parts or {"PSF": 15, "NMP": 85}, **more)


def shipped(name):
    return mk.read_case(name).solution


def one_phase(solution, kelvin=298.15):
    names = [each.name for each in solution.components]
    polymer = solution.polymer.name
    names = [*(n for n in names if n != polymer), polymer]
    mixture = mixture_of(names, library.interaction_set(names))
    fractions = solution.volume_fractions
    return stability(mixture, np.array([fractions[n] for n in names]), kelvin).stable


def wetter(parts, cloud):
    """The same recipe with water to a mass fraction of the whole."""
    dry = {name: part for name, part in parts.items() if name != "water"}
    return {**dry, "water": cloud / (1.0 - cloud) * sum(dry.values())}


# -------------------------------------------------------------------- the cloud point


@pytest.mark.parametrize(
    "parts",
    [
        {"PSF": 15, "NMP": 85},
        {"PSF": 3, "NMP": 97},
        {"PSF": 15, "NMP": 70, "PVP": 15, "water": 0.8},
        {"PVDF": 20, "DMAc": 60, "PEG200": 10, "PVP": 10, "water": 0.7},
    ],
)
def test_recipes_on_both_sides_of_it(parts):
    found = dope(parts).cloud_point("water")
    assert found.one_phase
    below, above = (wetter(parts, found.cloud * (1.0 + e)) for e in (-1e-6, 1e-6))
    assert one_phase(dope(below))
    assert not one_phase(dope(above))
    # to the recipe as it is, the addable mass makes the cloud point
    added = found.addable.m_as("kg/kg")
    water = (found.held + added) / (1.0 + added)
    assert water == pytest.approx(found.cloud, rel=1e-12)
    assert found.margin.m_as("percent") == pytest.approx(
        100.0 * (found.cloud - found.held), rel=1e-12
    )


@pytest.mark.parametrize("name", CASES)
def test_the_shipped_recipes_are_one_phase_by_both_ways(name):
    solution = shipped(name)
    sets = equilibria.sets_for(solution)
    assert len(sets) == 2
    assert sets[1].endswith(WEI)
    found = [solution.cloud_point("water", interactions=each) for each in sets]
    for each, one in zip(sets, found, strict=True):
        assert one.interactions == each
        assert one.one_phase
        assert one.margin.magnitude > 1.0
    if name == "example1":
        # the anchor pair of the one was fixed by the other's cloud point
        assert found[1].cloud == pytest.approx(found[0].cloud, rel=1e-4)
    else:
        # each has the published ternary whole, and they differ
        assert found[1].cloud < 0.8 * found[0].cloud
    # at as much water its activity is not the same
    assert found[1].activity / found[1].cloud > 1.3 * found[0].activity / found[0].cloud
    assert "modified UNIFAC" in found[0].route
    assert "Wilson" in found[1].route


# The preferred set's, 25 degC: mass fraction of water, activity as mixed and there.
@pytest.mark.parametrize(
    ("name", "cloud", "mixed", "there"),
    [
        ("example1", 5.366, 0.02374, 0.1801),
        ("example2", 5.712, 0.03869, 0.2462),
        ("example3", 2.592, 0.0, 0.1167),
    ],
)
def test_figures_of_the_shipped_recipes(name, cloud, mixed, there):
    found = shipped(name).cloud_point("water")
    assert found.mass_fraction.m_as("percent") == pytest.approx(cloud, abs=0.005)
    assert found.activity == pytest.approx(there, rel=2e-3)
    activity = shipped(name).water_activity()
    assert float(activity) == pytest.approx(mixed, rel=2e-3)
    assert ("holds no water" in " ".join(activity.notes)) == (name == "example3")


def test_what_it_rests_on_is_told_pair_by_pair():
    found = shipped("example1").cloud_point("water")
    pairs = [each for each in found.rests_on if each.name.startswith("g(")]
    assert len(pairs) == 10
    assert all(each.source and each.basis for each in found.rests_on)
    assert {each.basis for each in pairs} == {"estimated", "fitted", "literature"}
    chains = [each.name for each in found.rests_on if "molar_mass" in each.name]
    assert chains == [f"{n}.number_average_molar_mass" for n in ("PVP K30", "PVDF")]


def test_the_cloud_point_moves_with_the_temperature_and_the_set():
    solution = dope()
    warm = solution.cloud_point("water", temperature="40 degC")
    assert warm.cloud > solution.cloud_point("water").cloud
    assert warm.temperature.m_as("degC") == pytest.approx(40.0)
    yip = "water-NMP-polysulfone, Yip & McHugh 2006"
    assert solution.cloud_point("water", interactions=yip).interactions == yip
    own = dope(interactions=yip).cloud_point("water")
    assert own.interactions == yip
    hot = dope(temperature="40 degC").cloud_point("water")
    assert hot.cloud == pytest.approx(warm.cloud, rel=1e-12)
    assert not hot.notes
    assert "assumed" in solution.cloud_point("water").notes[0]


# ---------------------------------------------------------------------------- the band


def test_the_band_of_polysulfone_is_what_laboratories_differ_by():
    found = dope().cloud_point("water")
    low, high = (end.m_as("percent") for end in found.band)
    middle = found.mass_fraction.m_as("percent")
    assert low == pytest.approx(0.8 * middle)
    assert high == pytest.approx(1.2 * middle)
    assert "38 degC" in found.band_basis
    assert "additives" not in found.band_basis


def test_additives_widen_the_band_of_polysulfone():
    found = shipped("example3").cloud_point("water")
    assert found.half_width > 0.2 * found.cloud
    assert "additives" in found.band_basis
    # no water at all is the least there can be
    assert found.band[0].m_as("percent") == 0.0


def test_a_set_of_ones_own_has_its_own_band():
    names = ["water", "NMP", "polysulfone P-3500"]
    usual = library.interaction_set(names, "water-NMP-polysulfone, Wei 2006")
    own = dataclasses.replace(usual, name="mine", preferred=False)
    found = dope(extra=(own,), interactions="mine").cloud_point("water")
    assert "laboratories" not in found.band_basis


def test_liquids_that_the_set_lets_demix_are_told():
    found = dope({"CA": 15, "dioxane": 85}).cloud_point("water")
    assert any("demix without polymer" in note for note in found.notes)


def test_the_table_at_38_degc_lies_about_that_far_off():
    """The measured disagreement that the 20 % stand for, at 10 to 20 % of polymer."""
    from membranekit.cloudpoints import cloud_points

    names = ["water", "NMP", "polysulfone P-3500"]
    (table,) = [each for each in cloud_points(names) if each.temperature is not None]
    ratios = []
    for water, nmp, polymer in table.mass_fractions:
        if 0.09 < polymer < 0.21:
            solution = dope({"PSF": polymer, "NMP": nmp})
            wei = "water-NMP-polysulfone, Wei 2006"
            found = solution.cloud_point(
                "water", temperature="38 degC", interactions=wei
            )
            ratios.append(water / found.cloud)
    assert len(ratios) >= 3
    assert 0.7 < np.mean(ratios) < 0.95


def test_the_band_of_others_is_the_uncertainty_of_their_set():
    solution = shipped("example1")
    found = solution.cloud_point("water")
    effects = {each.name: each.effect for each in found.rests_on if each.effect}
    half = np.hypot.reduce(list(effects.values()))
    low, high = (end.m_as("percent") for end in found.band)
    assert high - low == pytest.approx(200.0 * half)
    assert "10 interactions" in found.band_basis
    assert f"that of {max(effects, key=lambda each: abs(effects[each]))}" in (
        found.band_basis
    )


@pytest.mark.parametrize(
    ("first", "second"), [("water", "PVDF"), ("PVDF", "PEG 200"), ("water", "PVP K30")]
)
def test_an_effect_is_what_a_moved_interaction_does(first, second):
    """To first order: from a hundredth of the uncertainty."""
    system = equilibria.System.of(shipped("example1"), "water", None, None, False)
    pair = system.chosen.pair(first, second)
    small = 0.01 * pair.half_width[1]
    moved = system.chosen.with_pair(
        first, second, pair.at(0.5) + small, source="x", basis="chosen"
    )
    mixture = mixture_of(system.mixture.names, moved)
    share = cloud_fraction(mixture, system.fractions, system.index, system.kelvin)
    change = system.mass_fraction(share) - system.mass_fraction(system.cloud)
    found = system.cloud_point()
    (basis,) = [b for b in found.rests_on if b.name == f"g({', '.join(pair.between)})"]
    assert basis.effect == pytest.approx(100.0 * abs(change), rel=0.1)


def test_a_band_never_holds_a_negative_fraction():
    found = dataclasses.replace(dope().cloud_point("water"), half_width=0.5)
    low, high = (end.m_as("percent") for end in found.band)
    assert low == 0.0
    assert high < 100.0


# --------------------------------------------------------------- demixed, and anchored


def test_a_demixed_recipe_has_a_negative_margin_and_says_so():
    found = dope({"PSF": 15, "NMP": 75, "water": 10}).cloud_point("water")
    assert not found.one_phase
    assert found.margin.magnitude < 0.0
    assert found.addable.magnitude < 0.0
    assert "has demixed" in str(found)
    clear = dope({"PSF": 15, "NMP": 75}).cloud_point("water")
    assert found.cloud == pytest.approx(clear.cloud, rel=1e-9)


def test_a_recipe_that_demixes_without_any_nonsolvent():
    found = dope({"PSF": 20, "NMP": 60, "water": 20}).cloud_point("NMP")
    assert found.cloud == 0.0
    assert not found.one_phase
    assert found.band is None
    assert found.activity is None
    assert "even without any NMP" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_what_no_amount_clouds():
    found = dope({"PSF": 15, "NMP": 84, "water": 1}).cloud_point("NMP")
    assert found.cloud is None
    assert found.one_phase
    for each in (found.mass_fraction, found.margin, found.addable, found.band):
        assert each is None
    assert "No amount of NMP clouds it" in str(found)
    # though without any NMP it would be two phases: of a demixed one that is said
    assert dope({"PSF": 15, "NMP": 0.1, "water": 1}).cloud_point("NMP").cloud == 0.0
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_measured_cloud_point_is_what_the_recipe_then_computes():
    point = {"nonsolvent": "water", "mass_fraction": "5 %", "temperature": "25 degC"}
    solution = shipped("example2").replace(cloud_point=point, temperature="25 degC")
    assert solution.measured_cloud_point.mass_fraction.m_as("percent") == 5.0
    for name in (None, "water-NMP-polysulfone-PVP, assembled with Wei 2006"):
        found = solution.cloud_point("water", interactions=name)
        # the anchor takes the poor phase as free of polymer
        assert found.cloud == pytest.approx(0.05, rel=5e-3)
        assert "anchored" in " ".join(found.notes)
        assert found.band is None
        assert "states none" in found.band_basis
    free = shipped("example2").cloud_point("water")
    assert abs(free.cloud - 0.05) > 2e-3


def test_the_keyword_and_the_method_share_a_name():
    point = {"nonsolvent": "water", "mass_fraction": "5 %", "temperature": "25 degC"}
    solution = dope(cloud_point=point)
    assert "cloud_point" in solution.given
    assert callable(solution.cloud_point)
    again = solution.replace(temperature="30 degC")
    assert again.measured_cloud_point == solution.measured_cloud_point
    assert pickle.loads(pickle.dumps(solution)) == solution
    assert eval(repr(solution), vars(solution_module)) == solution
    gone = solution.replace(cloud_point=None)
    assert gone.measured_cloud_point is None
    assert gone == dope()


# ----------------------------------------------------------------------------- results


def test_results_are_frozen_and_plain_and_travel():
    solution = shipped("example2")
    answers = [
        solution.cloud_point("water"),
        solution.activity("NMP"),
        solution.equilibrium_water("20 %", "25 degC"),
        solution.vapor(),
    ]
    for each in answers:
        document = json.loads(json.dumps(each.to_dict(), allow_nan=False))
        assert document["interactions"] == "water-NMP-polysulfone-PVP, assembled"
        assert document["rests_on"]
        assert document["temperature"] == {"value": 25.0, "unit": "degC"}
        assert pickle.loads(pickle.dumps(each)) == each
        assert str(each).isascii()
        assert each.interactions in str(each)
        with pytest.raises(dataclasses.FrozenInstanceError):
            each.interactions = ""
    document = answers[0].to_dict()
    assert document["band"]["low"] < document["mass_fraction"]["value"]
    assert document["mass_fraction"]["unit"] == "percent"


# ------------------------------------------------------------------ activity and vapor


def test_activities_and_pressures_over_a_solution():
    solution = shipped("example2")
    found = solution.vapor()
    assert [each.species for each in found.saturation] == ["water", "NMP"]
    for activity, name in zip(found.activities, ("water", "NMP"), strict=True):
        assert activity == pytest.approx(float(solution.activity(name)), rel=1e-12)
        saturated = library.lookup(name).get("saturation_pressure").at(298.15)
        pressure = found.partial_pressures[name].m_as("Pa")
        assert pressure == pytest.approx(activity * saturated, rel=1e-12)
    total = sum(each.m_as("Pa") for each in found.partial_pressures.values())
    assert found.pressure.m_as("Pa") == pytest.approx(total)
    assert sum(found.mole_fractions.values()) == pytest.approx(1.0)


def test_water_in_humid_air():
    solution = dope()
    cloud = solution.cloud_point("water")
    dry = solution.equilibrium_water("10 %", "25 degC")
    assert not dry.beyond_cloud_point
    parts = wetter({"PSF": 15, "NMP": 85}, dry.content)
    assert float(dope(parts).water_activity()) == pytest.approx(0.10, rel=1e-8)
    wet = solution.equilibrium_water("60 %", "25 degC")
    assert wet.beyond_cloud_point
    assert wet.content > cloud.cloud > dry.content
    assert wet.cloud_point.m_as("percent") == pytest.approx(100 * cloud.cloud)
    assert "in two phases: it clouds at" in str(wet)
    parts = wetter({"PSF": 15, "NMP": 85}, wet.content)
    two = dope(parts).water_activity()
    assert not two.one_phase
    assert float(two) == pytest.approx(0.60, rel=1e-8)
    # just at the activity of the cloud point it clouds
    for part, beyond in ((0.999, False), (1.001, True)):
        humidity = f"{100 * part * cloud.activity!r} %"
        assert solution.equilibrium_water(humidity).beyond_cloud_point == beyond


def test_the_other_way_takes_up_less():
    solution = shipped("example2")
    ours = solution.equilibrium_water("40 %", "25 degC")
    wei = solution.equilibrium_water(
        "40 %", "25 degC", interactions=f"water-NMP-polysulfone-PVP, {WEI}"
    )
    assert wei.content < 0.8 * ours.content


def test_saturation_pressures_have_a_range():
    water = library.lookup("water")
    value = water.get("saturation_pressure")
    low, high = value.valid_temperature
    assert not equilibria.saturation_pressure(water, 300.0).extrapolated
    for kelvin in (low - 1.0, high + 1.0):
        with pytest.raises(InputError, match="range of the saturation pressure of wat"):
            equilibria.saturation_pressure(water, kelvin)
        found = equilibria.saturation_pressure(water, kelvin, extrapolate=True)
        assert found.extrapolated
        assert found.pascal == value.at(kelvin)
        assert found.to_dict()["extrapolated"] is True
        assert found.to_dict()["valid"]["unit"] == "degC"
    with pytest.raises(MaterialError, match="saturation_pressure is not given"):
        equilibria.saturation_pressure(library.lookup("PVP"), 300.0)


# --------------------------------------------------------------------------- bad input


def test_temperatures_outside_the_set_are_refused_or_noted():
    solution = dope()
    for ask in (
        lambda **more: solution.cloud_point("water", temperature="5 degC", **more),
        lambda **more: solution.activity("NMP", temperature="5 degC", **more),
        lambda **more: solution.equilibrium_water("20 %", "5 degC", **more),
        lambda **more: solution.vapor(temperature="5 degC", **more),
    ):
        with pytest.raises(InputError, match=r"5 degC is outside .* 15 to 65 degC"):
            ask()
        notes = " ".join(ask(extrapolate=True).notes)
        assert "extrapolated: 5 degC is outside the range of the interactions" in notes
    notes = solution.vapor(temperature="5 degC", extrapolate=True).notes
    assert "extrapolated: the saturation pressure of NMP" in notes


def test_a_pair_without_parameters_is_named_with_the_sets_that_have_it():
    with pytest.raises(MaterialError) as caught:
        dope({"PVDF": 20, "NMP": 80}).cloud_point("water")
    message = str(caught.value)
    assert "no set has NMP/PVDF" in message
    assert "the pair water/NMP is in 'water-NMP-" in message
    with pytest.raises(MaterialError, match="lacks DMAc"):
        dope().activity("DMAc", interactions="water-NMP-polysulfone, Wei 2006")


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda s: s.cloud_point("PSF"), InputError, "PSF is no liquid"),
        (lambda s: s.cloud_point("watr"), MaterialError, "did you mean water"),
        (lambda s: s.cloud_point("water", temperature=25), InputError, "temperature"),
        (lambda s: s.cloud_point("water", interactions="Wei"), MaterialError, "set"),
        (lambda s: s.equilibrium_water("100 %"), InputError, "without end"),
        (lambda s: s.equilibrium_water("120 %"), InputError, "relative_humidity"),
        (lambda s: s.equilibrium_water("-5 %"), InputError, "relative_humidity"),
        (lambda s: s.equilibrium_water(0.5), InputError, "relative_humidity"),
    ],
)
def test_what_cannot_be_asked(ask, error, words):
    with pytest.raises(error, match=words):
        ask(dope())


def test_a_changed_substance_counts():
    long = library.lookup("PSF").replace(number_average_molar_mass="100 kg/mol")
    parts = {long: 3, "NMP": 97}
    assert (
        dope(parts).cloud_point("water").cloud
        < dope({"PSF": 3, "NMP": 97}).cloud_point("water").cloud
    )


def test_quantities_are_of_the_application_registry():
    found = dope().cloud_point("water")
    assert found.mass_fraction.units == units.make(1.0, "percent").units
    assert isinstance(found.margin, mk.Quantity)


@pytest.mark.parametrize("beyond", [1e-11, 1e-9, 1e-7, 1e-5])
def test_activity_is_continuous_across_the_cloud_point(beyond):
    """Just past it the second phase is too little to find, and nothing has changed."""
    parts = {"PVDF": 100.0, "DMAc": 0.1}
    found = mk.CastingSolution.from_parts(parts).cloud_point("water")
    water = 100.1 * found.cloud / (1.0 - found.cloud)

    def activity(share):
        solution = mk.CastingSolution.from_parts({**parts, "water": water * share})
        return float(solution.water_activity())

    assert activity(1.0 + beyond) == pytest.approx(activity(1.0 - 1e-6), rel=1e-5)
