"""The fast mode: one phase and a network, the air alone, nothing else guessed."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import membranekit as mk
from membranekit.cli import main
from membranekit.execution import execute
from membranekit.prepared import prepare

CELLS = 60


def both(example, **addresses):
    changes = {key.replace("_", ".", 1): value for key, value in addresses.items()}
    (run,) = mk.read_case(example).replace(changes).runs
    ready = prepare(run.solution, run.process)
    options = {"cells": CELLS, "history": False}
    return (
        execute(ready, air_only=True, **options),
        execute(ready, one_phase=True, **options),
    )


def test_before_anything_demixes_both_modes_are_one():
    reference, fast = both("example1", air_time="0.5 s")
    assert np.array_equal(fast.air_out, reference.air_out)
    assert fast.steps == reference.steps
    assert fast.front_share == reference.front_share == 0.0


@pytest.mark.parametrize("example", ["example1", "example2", "example3"])
def test_the_front_is_of_the_size_that_the_documents_state(example):
    reference, fast = both(example, air_time="8 s")
    assert fast.success
    assert fast.closure <= 1e-12
    assert 0.32 < fast.front_share / reference.front_share < 1.14
    assert fast.layer is None
    assert fast.edges is None


def test_twice_the_cells_give_the_same_front():
    """Without the network's stress the equations would run backwards in time."""
    (run,) = mk.read_case("example1").replace({"air.time": "8 s"}).runs
    ready = prepare(run.solution, run.process)
    shares = [
        execute(ready, cells=cells, history=False, one_phase=True).front_share
        for cells in (200, 400, 800)
    ]
    assert max(shares) < 1.02 * min(shares)


def test_what_it_does_not_give_is_none_with_a_note():
    case = mk.read_case("example1").replace({"air.time": ["4 s", "8 s"]})
    for membrane in mk.simulate_many(case, mode="fast", cells=CELLS):
        assert membrane.success
        assert membrane.minimum_pore_layer.state is None
        assert membrane.pore_profile is None
        for name in ("thickness", "permeance", "bubble_point", "solvent_to_bath"):
            assert getattr(membrane, name) is None
        told = " ".join(membrane.notes)
        assert "0.52 to 1.32 times the reference's" in told
        assert "in the film as cast" in told
        assert "the run did not give it" not in told
        assert 0 < membrane.coacervation_depth.m_as("um") < 150
        assert membrane.water_uptake.m_as("g/m**2") > 0
        assert membrane.history.step.max() == 1
        assert membrane.trust.grid_error is None
    assert "coacervation" in str(membrane)


def test_the_command_line_has_it_too(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(main, ["run", "example1", "--mode", *arguments])

    found = run("fast", "--set", "air.time=4 s", "--json")
    (only,) = json.loads(found.stdout)["runs"]
    assert found.exit_code == 0
    assert only["coacervation_depth"]["value"] > 0
    assert only["thickness"] is None
    assert run("fast", "--set", "air.time=4 s").exit_code == 0
    refused = run("fast", "--plot", str(tmp_path / "page.png"))
    assert refused.exit_code == 2
    assert "--mode fast" in refused.stderr
    assert run("quick").exit_code == 2
