"""The titration kernel against a scan of the free energy with the slow twin."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins

from membranekit._kernels import titration

VOLUME = 18.07e-6


def tables(random, triples=False, groups=False):
    """Two liquids that mix, a polymer; and where asked a ternary term, a class."""
    chain = 10 ** random.uniform(1.5, 4.0)
    s = VOLUME / np.array([VOLUME, 96.5e-6, chain * VOLUME])
    poly = np.zeros((3, 5))
    poly[0, :2] = random.uniform(0.0, 0.8), random.uniform(-0.4, 0.4)
    poly[1, :2] = random.uniform(1.0, 3.0), random.uniform(-0.2, 0.2)
    poly[2, 0] = random.uniform(-0.05, 0.06)
    found = {"s": s, "poly": poly, "rational": np.zeros((3, 2))}
    if triples:
        found["triples"] = np.array([random.uniform(-0.3, 0.3)])
    if groups:
        found["groups"] = np.array([0, 0, 1], dtype=np.intc)
    return found


def titrated(rest, water):
    return np.array([water, *rest[1:]])


def scan(twin, solution):
    """The least distance over the squared difference in polymer, on a grid."""
    own = solution[-1] / solution.sum()
    mu = twin.potentials(np.log(solution))
    odds = np.log(own / (1 - own)) + np.linspace(-7.0, 9.0, 160)
    polymer = 1.0 / (1.0 + np.exp(-odds))
    keep = (abs(polymer / own - 1.0) > 0.02) & (polymer < 0.965)
    polymer = polymer[keep, None]
    share = np.linspace(0.002, 0.998, 250)
    phase = np.stack(
        [
            (1.0 - polymer) * share,
            (1.0 - polymer) * (1.0 - share),
            polymer * np.ones_like(share),
        ],
        axis=-1,
    )
    distance = (phase * (twin.potentials(np.log(phase)) - mu)).sum(axis=-1)
    return (distance / (polymer - own) ** 2).min()


@pytest.mark.parametrize("extra", [{}, {"triples": True}, {"groups": True}])
def test_no_phase_of_a_scan_lies_deeper_than_the_deepest(extra):
    random = np.random.default_rng(5)
    signs = []
    for _ in range(40):
        given = tables(random, **extra)
        twin = FloryHuggins(**given)
        polymer = 10 ** random.uniform(-3.0, -0.4)
        water = random.uniform(0.01, 0.4)
        solution = np.array([water, 1.0 - water, polymer / (1 - polymer)])
        height, phase = titration.deepest(solution, **given)
        assert height <= scan(twin, solution) + 1e-9
        # and the phase has the distance that is told
        own = solution[-1] / solution.sum()
        mu = twin.potentials(np.log(solution))
        there = twin.potentials(np.log(phase))
        distance = phase @ (there - mu) / (phase[-1] - own) ** 2
        assert height == pytest.approx(distance, rel=1e-5, abs=1e-7)
        assert phase.sum() == pytest.approx(1.0, abs=1e-6)
        signs.append(height > 0.0)
    assert 5 < sum(signs) < 35


@pytest.mark.parametrize("extra", [{}, {"triples": True}, {"groups": True}])
def test_the_onset_has_the_twins_potentials(extra):
    random = np.random.default_rng(6)
    count = 0
    for _ in range(40):
        given = tables(random, **extra)
        polymer = 10 ** random.uniform(-3.0, -0.4)
        rest = np.array([0.0, 1.0 - polymer, polymer])
        water = 0.05
        while titration.deepest(titrated(rest, water), **given)[0] > 0 and water < 30:
            water *= 1.1
        _, phase = titration.deepest(titrated(rest, water), **given)
        found = titration.onset(rest, phase, nonsolvent=0, amount=water, **given)
        if found is None:
            continue
        count += 1
        twin = FloryHuggins(**given)
        solution = titrated(rest, found[0])
        here = twin.potentials(np.log(solution))
        np.testing.assert_allclose(
            twin.potentials(np.log(found[1])), here, rtol=0, atol=1e-8
        )
    assert count > 20


def test_the_solution_itself_is_no_answer():
    given = tables(np.random.default_rng(7))
    rest = np.array([0.0, 0.8, 0.2])
    same = np.array([0.1, 0.8, 0.2])
    assert titration.onset(rest, same, nonsolvent=0, amount=0.1, **given) is None


def test_a_trace_below_the_least_float_stays_there():
    """Two long chains; the phase that splits off holds less than 1e-290 of both."""
    s = np.array([1.0, 0.2, 5e-5, 5e-5])
    poly = np.zeros((6, 5))
    poly[[0, 1, 3], 0] = 0.5, 3.0, 3.0
    given = {"s": s, "poly": poly, "rational": np.zeros((6, 2))}
    rest = np.array([0.0, 0.5, 0.2, 0.3])
    start = np.array([0.3, 0.7, 1e-200, 1e-200])
    amount, phase = titration.onset(rest, start, nonsolvent=0, amount=0.05, **given)
    assert (phase[2:] == 1e-290).all()
    twin = FloryHuggins(**given)
    here = twin.potentials(np.log(titrated(rest, amount)))
    there = twin.potentials(np.log(phase))
    np.testing.assert_allclose(there[:2], here[:2], rtol=0, atol=1e-10)
    # so much of them would still want to leave it
    assert (there[2:] > here[2:]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rest": [0.0, 0.8, 0.1, 0.1]}, "do not fit"),
        ({"start": [1.0]}, "do not fit"),
        ({"nonsolvent": 2}, "do not fit"),
        ({"nonsolvent": -1}, "do not fit"),
        ({"rest": [0.0, -0.8, 0.1]}, "amounts are positive"),
        ({"start": [0.5, 0.5, 0.0]}, "amounts are positive"),
        ({"poly": np.zeros((2, 5))}, "tables do not fit"),
    ],
)
def test_shapes_and_signs_are_checked(change, message):
    given = {
        "rest": [0.0, 0.8, 0.2],
        "start": [0.1, 0.9],
        "nonsolvent": 0,
        "amount": 0.1,
        **tables(np.random.default_rng(8)),
        **change,
    }
    rest, start = (np.array(given.pop(key)) for key in ("rest", "start"))
    with pytest.raises(ValueError, match=message):
        titration.onset(rest, start, **given)


def test_a_solution_is_checked_too():
    given = tables(np.random.default_rng(8))
    with pytest.raises(ValueError, match="do not fit"):
        titration.deepest(np.array([0.5, 0.5]), **given)
    with pytest.raises(ValueError, match="amounts are positive"):
        titration.deepest(np.array([0.5, 0.5, 0.0]), **given)
