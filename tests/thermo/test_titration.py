"""The cloud point of a titrated solution, with polymer in both phases."""

from dataclasses import replace

import numpy as np
import pytest

from membranekit._kernels import coexistence
from membranekit.errors import MembranekitError
from membranekit.thermo import titration
from membranekit.thermo.flory_huggins import WATER_VOLUME, Mixture, cloud_point

T = 298.15


def mixture(g12=0.5, g13=2.0, g23=0.1, chain=1000.0, slope=0.3):
    """Water, a solvent and a polymer; g12 = a + slope u."""
    volumes = np.array([18.07e-6, 96.5e-6, 18.07e-6 * chain])
    table = np.zeros((3, 5, 5))
    table[0, :2, 0] = g12, slope
    table[1, 0, 0] = g13
    table[2, 0, 0] = g23 * volumes[0] / volumes[1]
    return Mixture(("w", "s", "p"), volumes, table, np.zeros((3, 2)))


def rest(polymer):
    return np.array([0.0, 1.0 - polymer, polymer])


POLYMERS = [0.3, 0.15, 0.08, 0.05, 0.04, 0.03, 0.02, 0.01, 0.001, 0.0001]


@pytest.mark.parametrize("polymer", POLYMERS)
@pytest.mark.parametrize("g13", [1.2, 2.0, 3.5])
def test_potentials_are_equal_and_the_phases_are_two(polymer, g13):
    mix = mixture(g13=g13)
    found = titration.onset(mix, rest(polymer), 0, T)
    assert found.phase.sum() == pytest.approx(1.0, abs=1e-9)
    size = found.phase.size
    here, _ = coexistence.potentials(found.solution, **mix.at(T))
    there, _ = coexistence.potentials(found.phase, **mix.at(T))
    np.testing.assert_allclose(there, here[:size], rtol=0, atol=1e-10)
    own = found.solution / found.solution.sum()
    assert size < 3 or abs(found.phase[2] / own[2] - 1.0) > 1e-3


@pytest.mark.parametrize("polymer", POLYMERS)
def test_the_onset_parts_the_stable_from_the_unstable(polymer):
    mix = mixture()
    found = titration.onset(mix, rest(polymer), 0, T)
    less, more = found.solution.copy(), found.solution.copy()
    less[0] *= 0.999
    more[0] *= 1.001
    assert titration.is_stable(less, mix, T)
    assert titration.is_stable(found.solution, mix, T)
    assert not titration.is_stable(more, mix, T)


def test_the_other_phase_is_lean_above_the_critical_point_and_rich_below():
    # the critical point of a long chain lies near 1/(1 + sqrt(chain)) of polymer
    mix = mixture()
    above = titration.onset(mix, rest(0.15), 0, T)
    below = titration.onset(mix, rest(0.01), 0, T)
    assert above.phase[2] < 1e-2 < above.solution[2] / above.solution.sum()
    assert below.phase[2] > 5e-2 > below.solution[2] / below.solution.sum()


def test_a_polymer_free_liquid_serves_a_concentrated_solution_and_fails_a_dilute_one():
    mix = mixture()
    amounts = rest(0.3)[:2] / 0.3
    simple = cloud_point(mix, amounts, 0, T) * 0.3
    assert titration.onset(mix, rest(0.3), 0, T).amount == pytest.approx(simple, 1e-4)
    amounts = rest(0.01)[:2] / 0.01
    simple = cloud_point(mix, amounts, 0, T) * 0.01
    assert titration.onset(mix, rest(0.01), 0, T).amount < 0.9 * simple


def test_a_trace_of_polymer_below_the_smallest_float_is_no_matter():
    mix = mixture(g13=3.5, g12=1.0, chain=60000.0)
    found = titration.onset(mix, rest(0.6), 0, T)
    assert found.phase.size == 2
    assert 0.0 < found.amount < 0.1


@pytest.mark.parametrize("polymer", [0.3, 0.1, 0.05, 0.03, 0.003])
@pytest.mark.parametrize("pair", [0, 1, 2])
def test_the_slope_is_that_of_finite_differences(polymer, pair):
    mix = mixture()
    step = np.zeros_like(mix.table)
    step[pair, 0, 0] = 1.0
    found = titration.onset(mix, rest(polymer), 0, T)
    moved = replace(mix, table=mix.table + step)
    slope = titration.slope(found, 0, mix, moved, T)
    h = 1e-4
    ends = [
        titration.onset(
            replace(mix, table=mix.table + by * step), rest(polymer), 0, T
        ).amount
        for by in (-2 * h, -h, h, 2 * h)
    ]
    difference = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)
    assert slope == pytest.approx(difference, rel=1e-5)


def test_the_start_near_an_answer_gives_the_same_answer():
    before = titration.onset(mixture(), rest(0.02), 0, T)
    mix = mixture(g13=2.05)
    near = titration.onset(mix, rest(0.02), 0, T, near=before)
    alone = titration.onset(mix, rest(0.02), 0, T)
    assert near.amount == pytest.approx(alone.amount, rel=1e-9)


def test_a_second_polymer_is_titrated_too():
    volumes = np.array([18.07e-6, 96.5e-6, 9e-3, 18e-3])
    table = np.zeros((6, 5, 5))
    table[0, 0, 0], table[3, 0, 0] = 0.5, 2.0
    mix = Mixture(("w", "s", "k30", "p"), volumes, table, np.zeros((6, 2)))
    part = np.array([0.0, 0.8, 0.05, 0.15])
    found = titration.onset(mix, part, 0, T)
    here, _ = coexistence.potentials(found.solution, **mix.at(T))
    there, _ = coexistence.potentials(found.phase, **mix.at(T))
    np.testing.assert_allclose(there, here[: found.phase.size], rtol=0, atol=1e-10)
    assert titration.is_stable(found.solution, mix, T)


def test_what_never_demixes_has_no_onset_and_what_has_demixed_has_it_at_zero():
    assert titration.onset(mixture(g13=0.2, g12=0.2), rest(0.1), 0, T) is None
    spoilt = mixture(g23=1.0)
    assert titration.onset(spoilt, rest(0.1), 0, T).amount == 0.0


def test_the_way_over_a_lean_liquid_and_the_search_agree_on_random_mixtures():
    random = np.random.default_rng(1)
    both = 0
    for _ in range(60):
        mix = mixture(
            g12=random.uniform(0.0, 0.9),
            g13=random.uniform(1.0, 4.0),
            g23=random.uniform(-0.3, 0.4),
            chain=10 ** random.uniform(1.5, 4.5),
            slope=random.uniform(-0.5, 0.4),
        )
        polymer = 10 ** random.uniform(-3.5, -0.35)
        found = titration.onset(mix, rest(polymer), 0, T)
        state = titration._State(mix, rest(polymer), 0, T)
        searched, lean = state.search(), state.beside_polymer_free_liquid()
        assert searched.amount == pytest.approx(found.amount, rel=1e-6)
        if lean is not None:
            both += 1
            assert lean.amount == pytest.approx(searched.amount, rel=1e-6)
    assert both > 10


def test_liquids_that_demix_among_themselves_are_named():
    with pytest.raises(MembranekitError, match="w and s may demix among themselves"):
        titration.onset(
            mixture(g12=1.19, slope=0.5, g13=1.2, g23=0.0), rest(0.01), 0, T
        )


def test_the_uptake_of_a_liquid_is_that_of_flory_and_rehner_without_crosslinks():
    # ln(phi) + (1 - V1/V3)(1 - phi) + g (1 - phi)**2 = 0
    g, chain = 2.5, 1000.0
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = g
    volumes = np.array([WATER_VOLUME, chain * WATER_VOLUME])
    mix = Mixture(("w", "p"), volumes, table, np.zeros((1, 2)))
    phi = titration.swollen(mix, T)
    left = np.log(phi) + (1 - 1 / chain) * (1 - phi) + g * (1 - phi) ** 2
    assert left == pytest.approx(0.0, abs=1e-9)
    assert phi < 0.1  # the swollen polymer, not the root near the pure liquid


def test_the_slope_of_an_uptake_is_that_of_finite_differences():
    table = np.zeros((1, 5, 5))
    table[0, :2, 0] = 2.0, 0.4
    mix = Mixture(("w", "p"), np.array([1.8e-5, 1.8e-2]), table, np.zeros((1, 2)))
    step = np.zeros_like(table)
    step[0, 0, 0] = 1.0
    phi = titration.swollen(mix, T)
    slope = titration.swollen_slope(phi, mix, replace(mix, table=table + step), T)
    h = 1e-4
    ends = [
        titration.swollen(replace(mix, table=table + by * step), T) for by in (-h, h)
    ]
    assert slope == pytest.approx((ends[1] - ends[0]) / (2 * h), rel=1e-6)


def test_a_liquid_that_dissolves_the_polymer_swells_it_without_end():
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = 0.3 * WATER_VOLUME / 9e-5
    mix = Mixture(("s", "p"), np.array([9e-5, 1.8e-2]), table, np.zeros((1, 2)))
    assert titration.swollen(mix, T) == 1.0
