"""The ends of what may be cast, by name, and what must be true there."""

import dataclasses

import numpy as np
import pytest

import membranekit as mk
from membranekit import film_setup, prepared
from membranekit._kernels import coexistence
from membranekit.constants import CONSTANTS

DOPE = {"PSF": 15, "NMP": 85}
FAST_DOPE = {"PVDF": 20, "DMAc": 60, "PEG200": 10, "PVP": 10, "water": 0.7}
CELLS = 50


def air(time="2 s", **more):
    given = {
        "temperature": "25 degC",
        "relative_humidity": "50 %",
        "air_speed": "0.5 m/s",
        **more,
    }
    return mk.AirExposure(time=time, **given)


def bath(time="10 s", parts="water", temperature="25 degC"):
    return mk.Immersion(time=time, bath=parts, temperature=temperature)


def made(*steps, thickness="150 um", **support):
    return mk.Process(
        wet_thickness=thickness, steps=list(steps), support=mk.Support(**support)
    )


def run(parts, process, **options):
    """Simulate, and hold the laws that hold everywhere."""
    seen = []

    def look(time, film):
        seen.append(time)
        assert (film.volume_fraction > 0.0).all()
        assert (film.volume_fraction < 1.0).all()
        return False

    solution = mk.CastingSolution.from_parts(
        parts, interactions=options.pop("interactions", None)
    )
    options = {"cells": CELLS, "history": False, "extrapolate": True, **options}
    membrane = mk.simulate(solution, process, callback=look, **options)
    assert membrane.success, membrane.message
    assert seen
    assert membrane.mass_closure < 1e-12
    assert membrane.thickness < process.wet_thickness
    return membrane


def in_air(parts, process, times):
    """Take a film through its air; yield the film and its water activity."""
    solution = mk.CastingSolution.from_parts(parts)
    ready = prepared.prepare(solution, process)
    film, _ = film_setup.make_film(ready, CELLS)
    step = ready.steps[0]
    assert film_setup.begin_air(film, ready, step) == 0
    end = step.time.m_as("s")
    (water,) = (i for i, each in enumerate(ready.model.species) if each.is_water)
    scale = 18.07e-6 / ready.model.species[water].molar_volume
    for time in times:
        assert film.advance(end, time) <= 1
        yield film, float(np.exp(film.surface_potentials()[water] / scale))


def test_water_condenses_on_a_cold_plate():
    """No cap: the surface approaches saturation, for any air above, from below.

    Solvent follows through the pores, so it is on its way for minutes.
    """
    cold = made(
        air("60 s", temperature="60 degC", relative_humidity="95 %", air_speed="5 m/s"),
        bath(),
        temperature="5 degC",
        back="held",
    )
    activities, thickness = [], []
    for film, activity in in_air(FAST_DOPE, cold, np.linspace(0.5, 60.0, 40)):
        activities.append(activity)
        thickness.append(1.0 + film.film_amounts()[0].sum())
    assert max(activities) < 1.0 + 1e-9
    assert min(np.diff(activities)) > -1e-3
    assert activities[-1] > 0.9 > 0.5 > activities[0]
    # what condenses stays: the surface is more and more of a liquid
    assert thickness[-1] > 1.3 * thickness[0] > 6.5
    membrane = run(FAST_DOPE, cold)
    assert membrane.water_uptake.m_as("g/m**2") > 20.0
    assert [note for note in membrane.notes if "dew point" in note]


def test_nothing_condenses_above_the_dew_point():
    membrane = run(DOPE, made(air(), bath()))
    assert not [note for note in membrane.notes if "dew point" in note]


def test_dry_air_brings_no_water():
    dry = made(air("20 s", relative_humidity="0 %", temperature="40 degC"), bath())
    first = last = 2.0 * 1330.0 / (15.0 * 997.0)
    for film, _ in in_air({**DOPE, "water": 2}, dry, np.linspace(0.5, 20.0, 10)):
        held = film.film_amounts()[0, 0]
        assert held <= last
        last = held
    assert last < 0.9 * first
    membrane = run(DOPE, dry)
    assert membrane.water_uptake.m_as("g/m**2") <= 0.0
    assert membrane.solvent_evaporated.m_as("g/m**2") > 0.0


DRIED = [
    ({"cellulose acetate": 15, "acetone": 85}, "25 degC"),
    (DOPE, "60 degC"),
    ({"PVDF": 15, "DMAc": 85}, "80 degC"),
]


def dried(warm):
    """Return an hour of strong dry air for a thin film, and then a bath."""
    return made(
        air("1 h", temperature=warm, relative_humidity="0 %", air_speed="5 m/s"),
        bath("1 min"),
        thickness="50 um",
        temperature=warm,
    )


@pytest.mark.parametrize(("parts", "warm"), DRIED)
def test_a_film_dries_out_completely(parts, warm):
    """In the end the polymer alone is left, and all of the solvent is in the air."""
    membrane = run(parts, dried(warm))
    solution = mk.CastingSolution.from_parts(parts)
    density = {each.name: each.get("density").at() for each in solution.components}
    held = solution.mass_fractions
    volume = sum(held[name] / density[name] for name in held)
    (liquid,) = (name for name in held if name != solution.polymer.name)
    cast = 50e-6 / volume * held[liquid] * 1e3
    left = 50.0 / volume * held[solution.polymer.name] / density[solution.polymer.name]
    assert membrane.solvent_evaporated.m_as("g/m**2") == pytest.approx(cast, rel=2e-3)
    assert membrane.thickness.m_as("um") == pytest.approx(left, rel=1e-3)


def uptake_balanced(parts, warm, cells):
    """Dip a dried film, and hold that all of it takes up water until it has what is in
    balance with the bath."""
    history = run(parts, dried(warm), cells=cells, history=True).history
    model = prepared.prepare(mk.CastingSolution.from_parts(parts), dried(warm)).model
    assert history.components[0] == model.species[0].name == "water"
    tables = model.mixture.at(history.temperature[-1].m_as("K"))
    volume = model.species[0].molar_volume
    for fractions in history.volume_fraction[-1]:
        amounts = fractions / fractions[-1]
        # at saturation water may also lie in pores, few of them
        distance, lean = coexistence.stability(amounts[:-1].copy(), **tables)
        if distance < 0.0:
            start = 1e-3 * amounts[:-1].sum() * lean / lean.sum()
            found = coexistence.flash(amounts[:-1].copy(), start, **tables)
            if found is not None:
                assert found[0].sum() < 0.01 * amounts.sum()
                amounts[:-1] -= found[0]
        potential = coexistence.potentials(amounts, **tables)[0][0]
        activity = np.exp(potential * volume / 18.07e-6)
        assert 1.0 - 1e-3 < activity < 1.0 + 1e-5


@pytest.mark.parametrize("cells", [50, 80, 200, 400])
@pytest.mark.parametrize(("parts", "warm"), DRIED)
def test_water_enters_a_dried_film(parts, warm, cells):
    """Its front passes cell by cell, from a trace of water to a tenth and more, and
    drives the solvent's trace before it; no grid stops it."""
    uptake_balanced(parts, warm, cells)


@pytest.mark.parametrize("cells", [50, 200])
def test_water_enters_a_dried_film_however_it_drags(monkeypatch, cells):
    """Where liquids rub five times as much, cells at the front are left with e^-100 of
    the solvent's trace."""
    name = "small_molecule_mobility"
    slower = dataclasses.replace(CONSTANTS[name], value=0.2 * CONSTANTS[name].value)
    monkeypatch.setitem(CONSTANTS, name, slower)
    parts, warm = DRIED[0]
    uptake_balanced(parts, warm, cells)


def test_air_hotter_than_the_solvent_boils_is_no_obstacle():
    parts = {"cellulose acetate": 15, "acetone": 85}
    hot = made(air("20 s", temperature="80 degC"), bath(), thickness="100 um")
    # of the 70 g/m2 that were cast; the skin holds the rest back
    assert 25.0 < run(parts, hot).solvent_evaporated.m_as("g/m**2") < 70.0
    boiling = made(air("20 s", temperature="80 degC"), bath(), temperature="60 degC")
    with pytest.raises(mk.InputError, match="the solution boils: its vapors reach"):
        run(parts, boiling)


def test_a_dope_on_its_binodal():
    """It demixes as soon as the air touches it; beyond, it is refused by the amount."""
    solution = mk.CastingSolution.from_parts(DOPE)
    cloud = solution.cloud_point("water").mass_fraction.m_as("dimensionless")

    def with_water(share):
        dry = {name: part * (1.0 - share) for name, part in DOPE.items()}
        return {**dry, "water": 100.0 * share}

    process = made(air("5 s", relative_humidity="80 %"), bath())
    at = run(with_water(cloud * (1.0 - 1e-6)), process, history=True)
    below = run(with_water(cloud * (1.0 - 0.05)), process, history=True)
    assert at.history.binodal_time[0].m < 1e-3 < below.history.binodal_time[0].m
    assert at.coacervation_depth > below.coacervation_depth
    with pytest.raises(mk.InputError, match=r"demixed before .* wt% less"):
        run(with_water(cloud * (1.0 + 1e-6)), process)


def test_a_bath_of_mostly_solvent():
    """It takes less of the solvent out and leaves what it holds in the film."""
    weak = run(DOPE, made(bath(parts={"water": 20, "NMP": 80})))
    strong = run(DOPE, made(bath()))
    assert weak.solvent_to_bath < 0.95 * strong.solvent_to_bath
    assert weak.coacervation_depth.m_as("um") == 0.0


def test_no_time_in_the_air_is_no_air():
    none = run(DOPE, made(bath()))
    zero = run(DOPE, made(air("0 s"), bath()))
    assert zero.thickness == none.thickness
    assert zero.solvent_to_bath == none.solvent_to_bath
    assert zero.water_uptake.m_as("g/m**2") == 0.0


@pytest.mark.parametrize("trace", ["PEG 200", "LiCl"])
def test_a_trace_changes_nothing(trace):
    """A part in a thousand million is simulated as such, and moves nothing else."""
    process = made(air("5 s", relative_humidity="80 %"), bath())
    chosen = "water-NMP-polysulfone-PEG 200-PVP-LiCl, assembled"
    without = run(DOPE, process, interactions=chosen, rtol=1e-5)
    with_it = run({**DOPE, trace: 1e-7}, process, interactions=chosen, rtol=1e-5)
    for name in ("thickness", "coacervation_depth", "water_uptake", "porosity"):
        assert getattr(with_it, name).m == pytest.approx(
            getattr(without, name).m, rel=2e-3, abs=1e-4
        )


def test_a_trace_enters_as_what_it_is():
    solution = mk.CastingSolution.from_parts({**DOPE, "PEG 200": 1e-7})
    ready = prepared.prepare(solution, made(bath()))
    (amount,) = (
        u
        for each, u in zip(ready.substances, ready.amounts, strict=True)
        if each.name == "PEG 200"
    )
    held = solution.volume_fractions
    assert amount == pytest.approx(
        held["PEG 200"] / held["polysulfone P-3500"], rel=1e-12
    )
    assert amount < 1e-7


@pytest.mark.parametrize("cells", [80, 120])
@pytest.mark.parametrize("share", [1e-8, 1e-7, 1e-6])
def test_a_trace_of_a_dissolved_polymer_runs(share, cells):
    run({**DOPE, "PVP": share}, made(air("2 s"), bath("60 s")), cells=cells)


def test_a_millisecond_of_each():
    """What is exchanged goes with time in air, with its root in the bath."""
    one = run(DOPE, made(air("1 ms"), bath("1 ms")), rtol=1e-5)
    four = run(DOPE, made(air("4 ms"), bath("4 ms")), rtol=1e-5)
    taken = four.water_uptake / one.water_uptake
    assert taken.m_as("dimensionless") == pytest.approx(4.0, rel=0.05)
    washed = four.solvent_to_bath / one.solvent_to_bath
    assert washed.m_as("dimensionless") == pytest.approx(2.0, rel=0.1)


def test_an_hour_of_each():
    """No more solvent leaves than was cast, and nearly all of it does."""
    membrane = run(DOPE, made(air("1 h"), bath("1 h")))
    solution = mk.CastingSolution.from_parts(DOPE)
    density = {each.name: each.get("density").at() for each in solution.components}
    held = solution.mass_fractions
    volume = sum(held[name] / density[name] for name in held)
    cast = 150e-6 / volume * held["NMP"] * 1e3
    left = (membrane.solvent_evaporated + membrane.solvent_to_bath).m_as("g/m**2")
    assert 0.95 * cast < left <= cast * (1.0 + 1e-9)


def test_a_covered_zone_fills_up():
    """The film takes no more water than the closed gas holds, and gives no more solvent
    than saturates it."""
    gap = 5e-3
    covered = made(
        air("60 s", cover="5 mm", air_speed=None, relative_humidity="80 %"), bath()
    )
    membrane = run(DOPE, covered)

    def saturated(name):
        each = mk.materials[name]
        pressure = each.get("saturation_pressure").at(298.15)
        mass = each.get("molar_mass").at()
        return 1e3 * pressure * mass * gap / (8.314462618 * 298.15)

    taken = membrane.water_uptake.m_as("g/m**2")
    given = membrane.solvent_evaporated.m_as("g/m**2")
    # one percent: the gas is as cool as the film that evaporates
    assert 0.5 * 0.8 * saturated("water") < taken < 1.01 * 0.8 * saturated("water")
    assert 0.5 * saturated("NMP") < given < saturated("NMP")
    still = run(
        DOPE, made(air("60 s", air_speed="0 m/s", relative_humidity="80 %"), bath())
    )
    assert still.water_uptake > 5.0 * membrane.water_uptake


@pytest.mark.parametrize(
    ("parts", "chosen", "most"),
    [
        ({"PES": 15, "DMF": 85}, "water-DMF-PES, Wei 2006", 1500),
        (
            {"PSF": 15, "DMAc": 85},
            "water-DMAc-polysulfone, UNIFAC-DO refit (three laboratories)",
            4000,
        ),
    ],
)
def test_a_skin_on_its_binodal_lets_the_time_step_grow(parts, chosen, most):
    """A dense skin beside a bath lies on its binodal, and no step carries it to and
    fro across: that took 40 000 steps and more."""
    solution = mk.CastingSolution.from_parts(parts, interactions=chosen)
    ready = prepared.prepare(solution, made(air("1 s"), bath("1 min")))
    film, _ = film_setup.make_film(ready, 60)
    assert film_setup.begin_air(film, ready, ready.steps[0]) == 0
    assert film.advance(1.0, 1.0) == 0
    assert film_setup.begin_bath(film, ready, ready.steps[1], 60.0) == 0
    assert film.advance(61.0, 61.0, most=most) == 0


def test_liquids_that_demix_among_themselves():
    """Water and dioxane do by their own interactions; the stability test then has
    several minima and finds the lowest."""
    parts = {"cellulose acetate": 17.4, "dioxane": 82.6}
    cool = air(
        "50 s", temperature="15 degC", relative_humidity="28 %", air_speed="2.4 m/s"
    )
    process = made(
        cool,
        bath("2 min", temperature="28 degC"),
        thickness="178 um",
        temperature="62 degC",
    )
    run(parts, process, cells=100)
