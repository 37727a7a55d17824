"""Tests for the sweep of quasi-random cases, and some of its cases."""

import dataclasses
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from membranekit.membrane import Membrane

pytest.importorskip("scipy")

CASES = 20
COARSE = 40


@pytest.fixture(scope="module")
def sweep():
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)  # processes of its own find it there too
    yield importlib.import_module("sweep")
    sys.path.remove(folder)
    del sys.modules["sweep"]


@pytest.fixture(scope="module")
def points(sweep):
    return sweep.points(sweep.CASES, sweep.SEED)


@pytest.fixture(scope="module")
def cases(sweep, points):
    return [sweep.draw(point) for point in points[:CASES]]


def test_some_cases_end_well(sweep, points):
    ended = [sweep.run(point, cells=COARSE) for point in points[:CASES]]
    assert not [each for each in ended if each["end"] in sweep.FAULTS]
    assert [each for each in ended if each["end"] != "done"] == []


def test_the_window_is_filled(sweep, points, cases):
    assert points.shape == (2000, len(sweep.DRAWS))
    assert np.abs(points.mean(axis=0) - 0.5).max() < 2e-3
    counts = {len(each.solution.components) for each in cases}
    assert counts == set(range(2, 9))
    for each in cases:
        held = each.solution.mass_fractions[each.solution.polymer.name]
        assert 0.05 <= held <= 0.35
        air, bath = each.process.steps[:2]
        assert 0.0 <= air.time.m_as("s") <= 120.0
        assert 0.05 <= air.air_speed.m_as("m/s") <= 5.0
        assert 0.0 <= air.relative_humidity.m_as("percent") <= 95.0
        assert 50.0 <= each.process.wet_thickness.m_as("um") <= 500.0
        for step in (air, bath, each.process.support):
            assert 5.0 <= step.temperature.m_as("degC") <= 80.0
    assert len({each.name for each in sweep.systems()}) == len(sweep.systems()) > 20
    assembled = [each for each in sweep.systems() if each.assembled_from]
    assert {len(each.components) for each in assembled} == {4, 5, 6}


def test_the_same_number_is_the_same_case(sweep, points, cases):
    longer = sweep.points(30, sweep.SEED)
    assert (longer[:CASES] == points[:CASES]).all()
    assert sweep.draw(longer[7]).text == cases[7].text


def test_additives_are_a_share_of_what_the_dope_takes(sweep, points):
    names = list(sweep.DRAWS)
    point = np.array(points[0])
    point[names.index("share")] = 1.0
    full = sweep.draw(point).solution.mass_fractions
    point[names.index("share")] = 0.5
    half = sweep.draw(point).solution.mass_fractions
    assert full["water"] == pytest.approx(2.0 * half["water"], rel=1e-6)
    assert full["PEG 200"] == pytest.approx(2.0 * half["PEG 200"], rel=1e-6)
    assert full["LiCl"] > 0.0
    # nine tenths of the way there it is one phase, and a quarter more demixes
    assert sweep.run(point, cells=COARSE)["end"] == "done"
    point[names.index("share")] = 1.25
    ended = sweep.run(point, cells=COARSE)
    assert ended["end"] == "refused"
    assert "demixed before it is cast" in ended["reason"]


def test_a_twin_changes_no_equilibrium(sweep):
    library, mk = sweep.library, sweep.mk
    twins = sweep.with_twin(
        library.interaction_set(["water", "NMP", "PES"]), "NMP", "NMP twin"
    )
    twin = dataclasses.replace(library.lookup("NMP"), name="NMP twin", aliases=())
    one = mk.CastingSolution.from_parts({"PES": 15, "NMP": 85})
    two = mk.CastingSolution.from_parts(
        {"PES": 15, "NMP": 50, "NMP twin": 35},
        interactions=twins.name,
        extra=(twin, twins),
    )
    first, second = (each.cloud_point("water").mass_fraction for each in (one, two))
    assert second.m_as("percent") == pytest.approx(first.m_as("percent"), rel=1e-7)


@pytest.fixture(scope="module")
def finished(sweep, cases):
    watched = sweep.Watched()
    case = cases[1]
    membrane = sweep.mk.simulate(
        case.solution,
        case.process,
        cells=COARSE,
        extrapolate=True,
        history=False,
        callback=watched,
    )
    return membrane, case.process, watched


def changed(membrane, **values):
    return Membrane({**membrane._si, **values})


def test_a_sound_run_breaks_no_law(sweep, finished):
    assert sweep.broken_laws(*finished) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mass_closure": 2e-12}, "mass closes"),
        ({"mass_closure": float("nan")}, "mass closes"),
        ({"thickness": 9e-4}, "the dry sheet is"),
        ({"thickness": 1e-6}, "the profile leaves"),
        ({"coacervation_depth": 1e-3}, "the coacervation depth leaves"),
        ({"porosity": 1.0}, "the porosity is"),
        ({"permeance": float("inf")}, "permeance is not a number"),
        ({"bubble_point": None}, "bubble_point is not a number"),
    ],
)
def test_a_broken_law_is_told(sweep, finished, values, said):
    membrane, process, watched = finished
    told = sweep.broken_laws(changed(membrane, **values), process, watched)
    assert any(said in each for each in told), told


def test_a_bad_film_is_told(sweep, finished):
    membrane, process, _ = finished
    assert "never looked at" in sweep.broken_laws(membrane, process, sweep.Watched())[0]
    for bad in ([0.5, np.nan], [1.5, -0.5], [0.5, 0.4]):
        watched = sweep.Watched()
        watched(1.5, SimpleNamespace(volume_fraction=np.full((3, 2), 0.5)))
        assert not watched.worst
        watched(2.5, SimpleNamespace(volume_fraction=np.array([[0.5, 0.5], bad])))
        told = sweep.broken_laws(membrane, process, watched)
        assert told == ["a fraction left 0 to 1 at 2.5 s"]


def fronts(sweep, coarse, fine, *shares, liquid=False):
    places = zip((coarse, fine), shares or (0.3, 0.3), strict=True)
    return [sweep.Front(depth, share, liquid) for depth, share in places]


def test_depths_and_the_polymer_above_them_are_compared(sweep):
    assert sweep.depth_agrees(fronts(sweep, 10.0, 10.1))
    assert not sweep.depth_agrees(fronts(sweep, 10.0, 10.3))
    assert sweep.depth_agrees(fronts(sweep, 0.0, 0.0))
    # the sheet moved, and the front in its polymer did not
    assert sweep.share_agrees(fronts(sweep, 10.0, 15.0, 0.300, 0.303))
    assert not sweep.share_agrees(fronts(sweep, 10.0, 10.0, 0.30, 0.31))


def test_fronts_are_told_for_each_number_of_cells(sweep, capsys):
    good, bad = fronts(sweep, 10.0, 10.1), fronts(sweep, 9.0, 8.0, 0.3, 0.2)
    plain = {"end": "done", "reason": "", "seconds": 1.0, "text": ""}
    thick = fronts(sweep, 2.0, 3.0, liquid=True)
    ended = {
        20: {**plain, "fronts": {100: bad, 400: good}},
        40: {**plain, "fronts": {100: thick, 400: fronts(sweep, 0.0, 0.0)}},
        41: {**plain, "fronts": {}},
    }
    assert sweep.report(ended, 2000, 1)
    told = capsys.readouterr().out
    assert "100 and 200 cells: 0 of 2 within 2 %, 0 of them 0; " in told
    assert "the polymer above it: 1 of 2\n" in told
    assert "400 and 800 cells: 2 of 2 within 2 %, 1 of them 0; " in told
    assert "case 20: 9 um, 8 um; polymer above 30 %, 20 %\n" in told
    assert "case 40: 2 um, 3 um; polymer above 30 %, 30 %; liquid on the film" in told


def test_fronts_of_a_case_are_run_at_both_numbers_of_cells(sweep, points):
    """Humid air draws a liquid onto the dope of this case, whatever the cells."""
    ended = sweep.run(points[1660], cells=COARSE, compare=(COARSE, 2 * COARSE))
    assert list(ended["fronts"]) == [COARSE, 2 * COARSE]
    (_, middle), (again, fine) = ended["fronts"].values()
    assert again == middle
    assert fine.depth != middle.depth
    assert middle.liquid
    assert fine.liquid
    assert sweep.run(points[1660], cells=COARSE)["fronts"] == {}


def test_a_case_past_the_limit_is_ended(sweep, monkeypatch, capsys):
    monkeypatch.setattr(sweep, "LIMIT", -5.0)
    ended = sweep.sweep([3], sweep.CASES, sweep.SEED, COARSE, 1)
    assert ended[3]["end"] == "hung"
    assert not sweep.report(ended, 1, sweep.SEED)
    assert "hung: after # s" in capsys.readouterr().out
