"""What was cast is in the air, in the baths or in the film, species by species."""

import dataclasses

import numpy as np
import pytest

import membranekit as mk
from membranekit import simulation
from membranekit.execution import execute
from membranekit.membrane import Membrane
from membranekit.prepared import prepare
from membranekit.record import membrane_record

CELLS = 60


def ended(name, air="4 s", run=None):
    """Return a short run of a shipped case: run, outcome, membrane."""
    run = run or mk.read_case(name).replace({"air.time": air}).runs[0]
    baths = [step for step in run.process.steps if step.kind == "immersion"]
    short = [step.replace(time="20 s") for step in baths]
    process = run.process.replace(steps=[run.process.steps[0], *short])
    prepared = prepare(run.solution, process)
    outcome = execute(prepared, cells=CELLS)
    assert outcome.success, outcome.message
    record = membrane_record(prepared, outcome)
    return prepared, outcome, Membrane.from_record(record)


def in_film(prepared, history, time):
    """Return each component's mass per area in the film, from its profile [kg/m2].

    Cells lie end to end, each center in the middle: that gives their widths.
    """
    depth = history.depth[time].m_as("m")
    widths, edge = [], 0.0
    for center in depth:
        widths.append(2.0 * (center - edge))
        edge += widths[-1]
    assert edge == pytest.approx(history.thickness[time].m_as("m"), rel=1e-9)
    densities = {
        each.name: each.density
        for each in (*prepared.model.species, prepared.model.matrix)
    }
    return {
        name: float(history.fraction_of(name)[time] @ np.array(widths))
        * densities[name]
        for name in history.components
    }


@pytest.fixture(scope="module", params=["example1", "example2", "example3"])
def balance(request):
    prepared, outcome, membrane = ended(request.param)
    cast = in_film(prepared, membrane.history, 0)
    left = in_film(prepared, membrane.history, -1)
    return prepared, outcome, membrane, cast, left


def test_the_film_begins_as_the_recipe_was_cast(balance):
    prepared, _, _, cast, _ = balance
    volume = sum(
        cast[each.name] / each.density
        for each in (*prepared.model.species, prepared.model.matrix)
    )
    assert volume == pytest.approx(150e-6, rel=1e-12)


def test_solvent_is_in_the_air_in_the_baths_or_in_the_film(balance):
    prepared, _, membrane, cast, left = balance
    volatile = [
        each.name
        for each in prepared.model.species
        if each.saturation_pressure is not None and not each.is_water
    ]
    assert len(volatile) == 1  # the reported sums are then this solvent's own
    (name,) = volatile
    evaporated = membrane.solvent_evaporated.m_as("kg/m**2")
    to_bath = membrane.solvent_to_bath.m_as("kg/m**2")
    assert evaporated > 0.0
    assert to_bath > 0.1 * cast[name]
    assert evaporated + to_bath + left[name] == pytest.approx(cast[name], rel=1e-9)


def test_water_of_the_film_was_cast_or_came_from_the_air_and_the_baths(balance):
    prepared, outcome, membrane, cast, left = balance
    names = [each.name for each in prepared.model.species]
    water = next(each for each in prepared.model.species if each.is_water)
    uptake = membrane.water_uptake.m_as("kg/m**2")
    to_bath = float(outcome.bath_out[names.index("water")]) * water.density
    assert uptake > 0.0
    assert cast["water"] + uptake == pytest.approx(left["water"] + to_bath, rel=1e-9)


def test_what_is_not_volatile_leaves_through_the_baths_alone(balance):
    prepared, outcome, _, cast, left = balance
    for number, each in enumerate(prepared.model.species):
        if each.saturation_pressure is None:
            to_bath = float(outcome.bath_out[number]) * each.density
            assert outcome.air_out[number] == 0.0
            assert left[each.name] + to_bath == pytest.approx(cast[each.name], rel=1e-9)
    name = prepared.model.matrix.name
    assert left[name] == pytest.approx(cast[name], rel=1e-12)


def test_the_history_ends_with_what_the_membrane_reports(balance):
    _, _, membrane, _, _ = balance
    for name in ("water_uptake", "solvent_evaporated"):
        whole = getattr(membrane, name).m_as("g/m**2")
        assert getattr(membrane.history, name)[-1].m_as("g/m**2") == pytest.approx(
            whole, rel=1e-12
        )


def test_the_solvent_of_a_mixed_bath_counts_against_what_it_takes():
    """Fresh baths bring solvent of their own: the reported load is the film's."""
    case = mk.read_case("example1").replace({"air.time": "4 s"})
    (run,) = case.runs
    air, first, second = run.process.steps
    mixed = first.replace(bath={"water": 80, "DMAc": 20})
    process = run.process.replace(steps=[air, mixed, second])
    prepared, _, membrane = ended("", run=dataclasses.replace(run, process=process))
    cast = in_film(prepared, membrane.history, 0)["DMAc"]
    left = in_film(prepared, membrane.history, -1)["DMAc"]
    given = (membrane.solvent_evaporated + membrane.solvent_to_bath).m_as("kg/m**2")
    assert given + left == pytest.approx(cast, rel=1e-9)


def test_a_run_without_air_evaporates_nothing():
    run = mk.read_case("example2").replace({"air.time": "0 s"}).runs[0]
    membrane = simulation.simulate(
        run.solution, run.process, cells=CELLS, history=False
    )
    assert membrane.solvent_evaporated.m_as("kg/m**2") == 0.0
    assert membrane.water_uptake.m_as("kg/m**2") == 0.0
    assert membrane.solvent_to_bath.m_as("kg/m**2") > 0.0
