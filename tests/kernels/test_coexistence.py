"""Stability and flash of shipped casting solutions: right, and without memory."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins

from membranekit._kernels import coexistence
from membranekit.case import cases
from membranekit.prepared import prepare
from membranekit.thermo.flory_huggins import cloud_point, tangent_plane_distance

CASES = ["example1", "example2", "example3"]


@pytest.fixture(scope="module", params=CASES)
def solution(request):
    """A case's mixture, its solution's amounts, and compositions around them."""
    run = cases[request.param].runs[-1]
    prepared = prepare(run.solution, run.process)
    return prepared.model.mixture, prepared.amounts


def compositions(amounts, count, seed):
    """Amounts around a solution's, from almost no water to a lot."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        u = amounts * np.exp(rng.normal(0.0, 0.6, amounts.size))
        u[0] = 10.0 ** rng.uniform(-2.5, 1.0)
        yield u


def sorted_out(solution, count, seed):
    """Compositions that demix, and that do not; none within 1e-6 of the binodal."""
    mixture, amounts = solution
    tables = mixture.at(300.0)
    demixing, stable = [], []
    for u in compositions(amounts, count, seed):
        k, y = coexistence.stability(u, **tables)
        if abs(k) > 1e-6:
            (demixing if k < 0.0 else stable).append((u, k, y))
    assert len(demixing) > count / 8
    assert len(stable) > count / 8
    return tables, demixing, stable


def starts(u, y):
    """Lean phases to begin with, of much and little liquid and any composition."""
    rng = np.random.default_rng(int(1e6 * u[0]))
    for share in (0.003, 0.03, 0.1, 0.3, 0.6):
        yield np.minimum(share * u.sum() * y, 0.9 * u)
    for _ in range(5):
        yield u * rng.uniform(0.02, 0.98, u.size)


def test_distance_is_the_twins_and_has_one_answer(solution):
    mixture, amounts = solution
    tables = mixture.at(300.0)
    twin = FloryHuggins(**tables)
    rng = np.random.default_rng(4)
    for u in compositions(amounts, 40, 1):
        k, y = coexistence.stability(u, **tables)
        true, log = twin.distance(u)
        assert k == pytest.approx(true, abs=1e-13)
        np.testing.assert_allclose(y, np.exp(log), rtol=1e-9, atol=1e-280)
        elsewhere, again = twin.distance(u, start=rng.dirichlet(np.ones(u.size)))
        assert elsewhere == pytest.approx(true, abs=1e-13)
        np.testing.assert_allclose(np.exp(again), np.exp(log), rtol=1e-8)


def test_distance_is_the_least_of_all_liquids(solution):
    mixture, amounts = solution
    tables = mixture.at(300.0)
    rng = np.random.default_rng(5)
    for u in compositions(amounts, 10, 2):
        k, _ = coexistence.stability(u, **tables)
        mu, _ = coexistence.potentials(np.append(u, 1.0), **tables)
        for _ in range(50):
            y = rng.dirichlet(np.full(u.size, 0.7)) + 1e-12
            y /= y.sum()
            lean, _ = coexistence.potentials(y, **tables)
            assert y @ (lean - mu[:-1]) >= k - 1e-12


def test_flash_residual_and_what_the_phases_add_up_to(solution):
    tables, demixing, _ = sorted_out(solution, 60, 3)
    worst = 0.0
    for u, _, y in demixing:
        found = [
            answer
            for start in starts(u, y)
            if (answer := coexistence.flash(u, start, **tables)) is not None
        ]
        assert found
        for x, mu in found:
            assert np.all((x > 0.0) & (x <= u))
            lean, _ = coexistence.potentials(x, **tables)
            worst = max(worst, np.abs(lean - mu).max())
            # where the difference keeps its digits, it is the rich phase
            rich = np.append(u - x, 1.0)
            if np.all(rich[:-1] > 1e-4 * u):
                other, _ = coexistence.potentials(rich, **tables)
                worst = max(worst, np.abs(other[:-1] - mu).max())
    assert worst <= 1e-12


def test_flash_does_not_depend_on_its_start(solution):
    tables, demixing, _ = sorted_out(solution, 60, 6)
    twin = FloryHuggins(**tables)
    answers = 0
    for u, _, y in demixing:
        lean, rich = twin.flash(u)
        for start in starts(u, y):
            answer = coexistence.flash(u, start, **tables)
            if answer is None:
                continue
            answers += 1
            np.testing.assert_allclose(answer[0], np.exp(lean), rtol=1e-9)
            true = twin.potentials(np.append(rich, 0.0))[:-1]
            np.testing.assert_allclose(answer[1], true, rtol=0.0, atol=1e-12)
    assert answers > 5 * len(demixing)


def test_the_two_phases_cost_less_than_one(solution):
    tables, demixing, _ = sorted_out(solution, 40, 8)
    twin = FloryHuggins(**tables)
    for u, _, _ in demixing:
        lean, rich = twin.flash(u)
        apart = twin.energy(lean) + twin.energy(np.append(rich, 0.0))
        assert apart < twin.energy(np.append(np.log(u), 0.0))


def test_no_second_phase_is_found_where_one_is_stable(solution):
    tables, _, stable = sorted_out(solution, 40, 7)
    for u, _, y in stable:
        for start in starts(u, y):
            assert coexistence.flash(u, start, **tables) is None


def test_the_lean_phase_vanishes_on_the_binodal(solution):
    mixture, amounts = solution
    water = cloud_point(mixture, amounts, 0, 300.0)
    assert water is not None
    assert water > 0.0
    u = amounts.copy()
    u[0] = water
    assert tangent_plane_distance(mixture, u, 300.0) == pytest.approx(0.0, abs=1e-13)
    before = 0.0
    for more in (1e-5, 1e-4, 1e-3, 1e-2):
        u[0] = water * (1.0 + more)
        tables = mixture.at(300.0)
        k, y = coexistence.stability(u, **tables)
        assert k < 0.0
        start = np.minimum(more * u.sum() * y, 0.5 * u)
        x, _ = coexistence.flash(u, start, **tables)
        share = x.sum() / (1.0 + u.sum())
        assert before < share < 20.0 * more
        before = share


def test_what_does_not_fit_is_refused(solution):
    mixture, amounts = solution
    tables = mixture.at(300.0)
    start = 0.1 * amounts
    for wrong in (amounts[:-1], np.append(amounts, 1.0)):
        with pytest.raises(ValueError, match="do not fit"):
            coexistence.stability(np.ascontiguousarray(wrong), **tables)
        with pytest.raises(ValueError, match="do not fit"):
            coexistence.flash(np.ascontiguousarray(wrong), start, **tables)
        with pytest.raises(ValueError, match="do not fit"):
            coexistence.flash(amounts, np.ascontiguousarray(wrong), **tables)
    bad = amounts.copy()
    bad[0] = -1e-3
    with pytest.raises(ValueError, match="positive"):
        coexistence.stability(bad, **tables)
