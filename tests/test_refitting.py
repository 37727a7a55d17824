"""Fits on one example at a time, from made-up clocks: no simulation."""

import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest

from membranekit import calibration, comparison, refitting
from membranekit.calibration import Constants, Shape

TRUE = Constants(0.1, -0.3, 0.6, 1.6, 5e-8, 1.5e-7, 4e-8, 1e-6, 3e-7, 2.0)
EDGES = np.linspace(0.0, 1e-4, 101)
DEPTH = 0.5 * (EDGES[1:] + EDGES[:-1])


def shape(air_time):
    """Return clocks that a model film could have: youngest at the front."""
    front = 2e-6 * max(air_time - 1.0, 0.0)
    above = np.maximum(front - DEPTH, 0.0) / 2e-6
    below = 0.4 * np.maximum(DEPTH - DEPTH[0] - front, 0.0) / 1e-6
    porosity = np.full(DEPTH.size, 0.8)
    return Shape(EDGES, DEPTH, above + below, front, 1e-7 * air_time, porosity)


@pytest.fixture(scope="module")
def rows():
    return refitting.pore_rows()


@pytest.fixture(scope="module")
def shapes(rows):
    places = {(refitting.TABLES[row.table], row.row) for row in rows}
    return {place: shape(comparison.seconds(place[1])) for place in places}


@pytest.fixture(scope="module")
def known(shapes):
    """Return targets that `TRUE` meets, in place of the patent's."""
    return [
        replace(each, value=calibration.predicted(each, shapes, TRUE))
        for each in calibration.targets()
        if each.quantity not in ("minimum_layer_depth", "thickness")
    ]


def test_an_example_gives_back_the_constants_that_made_it(known, shapes):
    states = calibration.labels()
    found, fixed = refitting.fitted_on("example1", known, states, shapes, TRUE)
    assert fixed == {"growth", "pvdf_start", "back_pore", "back_uptake"}
    for name in fixed:
        assert getattr(found, name) == pytest.approx(getattr(TRUE, name), rel=1e-3)
    found, fixed = refitting.fitted_on("example3", known, states, shapes, TRUE)
    assert fixed == {"growth", "psf_start", "back_pore", "roughness"}
    for name in ("growth", "psf_start", "roughness"):
        assert getattr(found, name) == pytest.approx(getattr(TRUE, name), rel=1e-3)


def test_what_an_example_does_not_fix_is_not_taken_from_another(known, shapes):
    states = calibration.labels()
    found, fixed = refitting.fitted_on("example2", known, states, shapes, TRUE)
    assert fixed == {"growth", "psf_start"}
    assert found.pvdf_start == found.psf_start
    assert found.roughness == 1.0
    others = [each for each in known if each.example != "example2"]
    changed = [replace(each, value=3.0 * each.value) for each in others]
    kept = [each for each in known if each.example == "example2"]
    again = refitting.fitted_on("example2", [*kept, *changed], states, shapes, TRUE)
    assert again[0] == found


def test_one_row_of_the_support_side_knows_nothing_of_the_air(known, shapes):
    found, _ = refitting.fitted_on(
        "example3", known, calibration.labels(), shapes, TRUE
    )
    assert found.back_uptake == math.inf
    dry, wet = (shapes["example3", time] for time in ("0 s", "15 s"))
    assert calibration.support_side(dry, found) == calibration.support_side(wet, found)


def test_other_examples_are_predicted_and_counted(rows, shapes):
    told = refitting.transfers(rows, shapes, TRUE)
    assert [each.example for each in told] == list(refitting.EXAMPLES)
    assert [each.states[1] for each in told] == [8, 7, 11]
    for each in told:
        assert each.own is not None
        assert each.others is not None
        assert each.others >= 1.0
        json.dumps(each.to_dict(), allow_nan=False)


def test_spread_and_agreement():
    half = {each.name: None for each in fields(TRUE)}
    one = refitting.Transfer("example1", {**half, "growth": 2e-8}, 1.0, 1.0, (1, 1))
    other = replace(one, constants={**half, "growth": 6e-8, "roughness": 2.0})
    same = refitting.Refit(TRUE, TRUE, (one, other))
    assert same.spread["growth"] == pytest.approx(3.0)
    assert same.spread["roughness"] is None
    assert same.agrees
    moved = replace(same, found=replace(TRUE, growth=1.002 * TRUE.growth))
    assert not moved.agrees
    assert moved.shifts["growth"] == pytest.approx(0.002)
    json.dumps(moved.to_dict(), allow_nan=False)
