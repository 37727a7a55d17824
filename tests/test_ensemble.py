"""Bands: quasi-random runs on a coarse grid, and nothing where nothing is uncertain."""

import json

import numpy as np
import pytest

from membranekit import ensemble as module
from membranekit import units
from membranekit.case import read_case
from membranekit.ensemble import UNCERTAINTY, Bands, bands, points
from membranekit.errors import InputError

CERTAIN = {**dict.fromkeys(UNCERTAINTY, 1.0), "support.temperature": "0 K"}
COARSE = {"samples": 4, "cells": 20}


@pytest.fixture(scope="module")
def run():
    return read_case("example1").replace({"air.time": "6 s"}).runs[0]


@pytest.fixture(scope="module")
def found(run):
    return bands(run.solution, run.process, samples=12, cells=20)


def test_bands_vanish_with_the_uncertainty(run):
    none = bands(run.solution, run.process, uncertainty=CERTAIN, **COARSE)
    assert none.numbers
    for each in none.numbers:
        assert each.low == each.middle == each.high
        assert each.owners == ()
    assert set(none.states.values()) == {1.0}


def test_bands_hold_the_middle_of_what_is_uncertain(found):
    assert found.failed == 0
    for name in ("surface_pore_diameter", "coacervation_depth", "water_uptake"):
        each = found[name]
        assert each.low < each.middle < each.high
        assert len(each.owners) == 3
        assert set(each.owners) <= set(UNCERTAINTY)
    assert sum(found.states.values()) == pytest.approx(1.0)
    low, high = found["coacervation_depth"].ends
    assert low < high
    assert found.owners == found["coacervation_depth"].owners


def test_one_uncertain_input_is_the_only_owner(run):
    only = {**CERTAIN, "growth_speed": 1.5}
    one = bands(run.solution, run.process, uncertainty=only, **COARSE)
    assert one["surface_pore_diameter"].owners == ("growth_speed",)
    # the air does not know how pores grow
    assert one["water_uptake"].low == pytest.approx(one["water_uptake"].high)


def test_a_wider_uncertainty_makes_a_wider_band(run):
    def width(factor):
        given = {**CERTAIN, "air": factor}
        each = bands(run.solution, run.process, uncertainty=given, **COARSE)
        return each["water_uptake"].high / each["water_uptake"].low

    assert 1.0 < width(1.1) < width(1.5)


def test_a_titrated_solution_is_surer_of_its_cloud_point(run):
    cloud = {
        "nonsolvent": "water",
        "mass_fraction": "4.8 %",
        "temperature": "25 degC",
    }
    titrated = run.solution.replace(cloud_point=cloud)
    spread = module._spread(None, titrated)["solution.cloud_point"]
    assert 0.0 < spread < module._spread(None, run.solution)["solution.cloud_point"]


def test_each_input_is_varied_as_it_is_called(run):
    zero = dict.fromkeys(UNCERTAINTY, 0.0)
    solution, process = run.solution, run.process
    same = module._varied(solution, process, zero, (0.05, None))
    assert same == (solution, process, {})
    factor = {**zero, "air": np.log(2.0)}
    air = module._varied(solution, process, factor, None)[1].steps[0]
    assert air.flow_length.m_as("m") == pytest.approx(0.025)
    steps = (process.steps[0].replace(transfer_coefficient="5 mm/s", air_speed=None),)
    own = process.replace(steps=(*steps, *process.steps[1:]))
    air = module._varied(solution, own, factor, None)[1].steps[0]
    assert air.transfer_coefficient.m_as("mm/s") == pytest.approx(10.0)
    warm = module._varied(solution, process, {**zero, "support.temperature": 3.0}, None)
    assert warm[1].support.temperature.m_as("degC") == pytest.approx(28.0)
    wet = {**zero, "solution.cloud_point": np.log(1.2)}
    at = units.make(25.0, "degC")
    shifted = module._varied(solution, process, wet, (0.05, at))[0]
    percent = shifted.measured_cloud_point.mass_fraction.m_as("percent")
    assert percent == pytest.approx(6.0)
    mobile = module._varied(
        solution, process, {**zero, "poor_phase_mobility": np.log(0.5)}, None
    )
    assert mobile[2] == {"poor_phase_mobility": pytest.approx(0.5)}


def test_points_fill_the_cube_evenly_and_are_always_the_same():
    cube = points(64, 6)
    assert np.array_equal(cube, points(64, 6))
    assert cube.min() >= 0.0
    assert cube.max() < 1.0
    for column in cube.T:
        counts, _ = np.histogram(column, bins=8, range=(0.0, 1.0))
        assert counts.min() >= 6
        assert counts.max() <= 10
    assert np.abs(np.corrcoef(cube.T) - np.eye(6)).max() < 0.3


def test_ranks_share_a_place_where_values_are_equal():
    assert module._ranks(np.array([3.0, 1.0, 3.0])).tolist() == [2.5, 1.0, 2.5]


def test_they_are_written_for_readers_and_programs(found):
    told = str(found)
    assert "minimum-pore layer: " in told
    assert " %" in told.splitlines()[0]
    assert "12 runs of 20 cells" in told
    assert found.state.endswith(" %")
    owner = found.owners[0]
    assert module.MEASUREMENTS.get(owner, "") in " ".join(told.split())
    json.dumps(found.to_dict(), allow_nan=False)
    empty = Bands((), {}, {}, {}, 2, 0, 20)
    assert empty.state == "not known"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"uncertainty": {"wind": 2.0}}, "there is no 'wind'"),
        ({"uncertainty": {"air": 0.5}}, "0.5 is out of range"),
        ({"uncertainty": {"support.temperature": "-1 K"}}, "negative"),
        ({"samples": 3}, "samples: a whole number from 4 to 10000 is wanted, not 3"),
        ({"samples": 4.5}, "samples: a whole number"),
        ({"samples": "8"}, "samples: a whole number"),
        ({"workers": 0}, "workers: a whole number from 1 to 1000 is wanted, not 0"),
        ({"cells": 5}, "cells: a whole number from 20"),
    ],
)
def test_what_makes_no_sense_is_refused(run, given, says):
    with pytest.raises(InputError, match=says):
        bands(run.solution, run.process, **given)
    with pytest.raises(InputError, match="there is no 'pores'"):
        Bands((), {}, {}, {}, 2, 0, 20)["pores"]
