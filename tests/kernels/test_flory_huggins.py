"""Potentials and Hessian of the kernel against derivatives of the free energy."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins

from membranekit._kernels import coexistence
from membranekit.thermo.flory_huggins import pair_index, reversed_pair, triple_index

COUNTS = [2, 3, 4, 5, 6, 7, 8]
KINDS = [(), ("triples",), ("groups",), ("triples", "groups")]


def mixture(rng, count, *, varying=True, kind=()):
    """Tables of a mixture with chain lengths up to 50 000 and signs of every kind."""
    pairs = count * (count - 1) // 2
    poly = rng.normal(0.0, 0.8, (pairs, 5))
    rational = np.column_stack(
        [rng.normal(0.0, 0.5, pairs), rng.uniform(-0.8, 0.8, pairs)]
    )
    # of each kind some: constant, polynomial, rational, both
    form = rng.permutation(np.arange(pairs) % 4)
    poly[form % 2 == 0, 1:] = 0.0
    rational[form < 2] = 0.0
    if not varying:
        poly[:, 1:] = 0.0
        rational[:] = 0.0
    tables = {
        "s": 10.0 ** rng.uniform(np.log10(2e-5), 0.2, count),
        "poly": np.ascontiguousarray(poly),
        "rational": np.ascontiguousarray(rational),
    }
    if "triples" in kind:
        tables["triples"] = rng.normal(0.0, 1.5, pairs * (count - 2) // 3)
    if "groups" in kind:
        tables["groups"] = rng.integers(0, 3, count, dtype=np.intc)
    return tables


def amounts(rng, count):
    """Amounts of any total, some of them traces."""
    log = rng.normal(0.0, 1.0, count)
    log[rng.random(count) < 0.2] -= rng.uniform(5.0, 60.0)
    return np.exp(log)


def states(count, *, repeat=20, **more):
    """Mixtures of every kind in turn, at random amounts."""
    rng = np.random.default_rng(100 + count)
    for number in range(repeat):
        tables = mixture(rng, count, **{"kind": KINDS[number % 4], **more})
        yield tables, amounts(rng, count)


def permuted(tables, order):
    """The same mixture with its components in another order."""
    count = len(order)
    poly, rational = np.empty_like(tables["poly"]), np.empty_like(tables["rational"])
    for j in range(count):
        for i in range(j):
            a, b = order[i], order[j]
            old = pair_index(min(a, b), max(a, b))
            table, fraction = tables["poly"][old], tables["rational"][old]
            if a > b:
                table, fraction = reversed_pair(table[:, None], tuple(fraction))
                table = table[:, 0]
            poly[pair_index(i, j)] = table
            rational[pair_index(i, j)] = fraction
    new = {"s": tables["s"][list(order)], "poly": poly, "rational": rational}
    if "triples" in tables:
        triples = [
            tables["triples"][triple_index(*sorted((order[i], order[j], order[k])))]
            for k in range(count)
            for j in range(k)
            for i in range(j)
        ]
        new["triples"] = np.array(triples)
    if "groups" in tables:
        new["groups"] = tables["groups"][list(order)]
    return new


def error_of_potentials(tables, a, twin):
    mu, _ = coexistence.potentials(a, **tables)
    true = twin.energy_gradient(np.log(a))
    return np.abs(mu - true).max() / max(1.0, np.abs(true).max())


def error_of_hessian(tables, a, twin):
    """Per pair of amounts: H_ij a_j, what a change of ln a_j does."""
    _, hessian = coexistence.potentials(a, **tables)
    true = twin.slopes(np.log(a))
    return np.abs(hessian * a - true).max() / max(1.0, np.abs(true).max())


@pytest.mark.parametrize("count", COUNTS)
def test_potentials_are_the_gradient_of_the_free_energy(count):
    for tables, a in states(count):
        assert error_of_potentials(tables, a, FloryHuggins(**tables)) < 1e-12


@pytest.mark.parametrize("count", COUNTS)
def test_hessian_is_the_derivative_of_the_potentials(count):
    for tables, a in states(count):
        assert error_of_hessian(tables, a, FloryHuggins(**tables)) < 1e-12


def _without_slope(twin):
    twin.interaction_slope = lambda pair, w: 0.0 * w


def _without_rational_part(twin):
    twin.rational = np.zeros_like(twin.rational)


def _without_fourth_power(twin):
    twin.poly = twin.poly.copy()
    twin.poly[:, 4] = 0.0


def _with_one_chain_length(twin):
    twin.s = twin.s.copy()
    twin.s[-1] = twin.s[0]


def _with_the_other_fraction(twin):
    interaction, slope = twin.interaction, twin.interaction_slope
    twin.interaction = lambda pair, w: interaction(pair, 1.0 - w)
    twin.interaction_slope = lambda pair, w: -slope(pair, 1.0 - w)


def _without_triples(twin):
    twin.triples = []


def _with_fractions_of_their_own(twin):
    twin.shared = []


@pytest.mark.parametrize(
    "broken",
    [
        _without_triples,
        _with_fractions_of_their_own,
        _without_slope,
        _without_rational_part,
        _without_fourth_power,
        _with_one_chain_length,
        _with_the_other_fraction,
    ],
)
def test_a_broken_term_is_seen(broken):
    worst = np.zeros(2)
    for tables, a in states(4):
        twin = FloryHuggins(**tables)
        broken(twin)
        # the energy has no slope of its own to break
        mu, _ = coexistence.potentials(a, **tables)
        apart = np.abs(mu - twin.potentials(np.log(a))).max()
        worst = np.maximum(worst, [apart, error_of_hessian(tables, a, twin)])
    assert worst.min() > 1e-3


@pytest.mark.parametrize("count", COUNTS[1:])
def test_a_phase_without_polymer_is_the_same_with_one_component_less(count):
    for tables, a in states(count, repeat=5):
        less = a[:-1]
        fewer = {
            "s": tables["s"][:-1],
            "poly": tables["poly"][: (count - 1) * (count - 2) // 2],
            "rational": tables["rational"][: (count - 1) * (count - 2) // 2],
        }
        if "triples" in tables:
            left = (count - 1) * (count - 2) * (count - 3) // 6
            fewer["triples"] = tables["triples"][:left]
        if "groups" in tables:
            fewer["groups"] = tables["groups"][:-1]
        twin = FloryHuggins(**fewer)
        mu, hessian = coexistence.potentials(less, **tables)
        np.testing.assert_allclose(
            mu, twin.energy_gradient(np.log(less)), rtol=1e-12, atol=1e-12
        )
        assert hessian.shape == (count - 1, count - 1)


@pytest.mark.parametrize("count", COUNTS)
def test_gibbs_duhem_euler_and_symmetry(count):
    for tables, a in states(count):
        mu, hessian = coexistence.potentials(a, **tables)
        terms = np.abs(hessian * a).sum(axis=1).max()
        assert np.abs(hessian @ a).max() <= 1e-13 * max(1.0, terms)
        energy = FloryHuggins(**tables).energy(np.log(a))
        assert mu @ a == pytest.approx(energy, rel=1e-12, abs=1e-12 * a.sum())
        root = np.sqrt(a)
        scaled = hessian * np.outer(root, root)
        assert np.abs(scaled - scaled.T).max() <= 1e-13 * np.abs(scaled).max()


@pytest.mark.parametrize("count", COUNTS)
def test_potentials_do_not_depend_on_the_total(count):
    for tables, a in states(count, repeat=5):
        mu, hessian = coexistence.potentials(a, **tables)
        more, flatter = coexistence.potentials(37.0 * a, **tables)
        np.testing.assert_allclose(more, mu, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(37.0 * flatter * a, hessian * a, 1e-11, 1e-11)


@pytest.mark.parametrize("count", COUNTS)
def test_the_order_of_the_components_does_not_matter(count):
    rng = np.random.default_rng(count)
    for tables, a in states(count, repeat=10):
        order = rng.permutation(count)
        mu, hessian = coexistence.potentials(a, **tables)
        again, turned = coexistence.potentials(
            np.ascontiguousarray(a[order]), **permuted(tables, order)
        )
        scale = max(1.0, np.abs(mu).max())
        assert np.abs(again - mu[order]).max() < 1e-12 * scale
        slopes = (hessian * a)[np.ix_(order, order)]
        apart = np.abs(turned * a[order] - slopes).max()
        assert apart < 1e-11 * max(1.0, np.abs(slopes).max())


@pytest.mark.parametrize("count", COUNTS[:-1])
def test_a_component_may_be_counted_as_two(count):
    """Constant g: two halves of one substance differ from it by ideal mixing only."""
    rng = np.random.default_rng(7 * count)
    for tables, a in states(count, repeat=10, varying=False, kind=()):
        share = rng.uniform(0.1, 0.9)
        pairs = (count + 1) * count // 2
        poly, rational = np.zeros((pairs, 5)), np.zeros((pairs, 2))
        poly[: len(tables["poly"])] = tables["poly"]
        # the last component again, as component `count`; g of the two halves is 0
        for i in range(count - 1):
            poly[pair_index(i, count)] = tables["poly"][pair_index(i, count - 1)]
        s = np.append(tables["s"], tables["s"][-1])
        split = np.append(a, (1.0 - share) * a[-1])
        split[-2] *= share
        mu, _ = coexistence.potentials(a, **tables)
        halves, _ = coexistence.potentials(split, s=s, poly=poly, rational=rational)
        expected = np.append(mu, mu[-1])
        expected[-2:] += s[-1] * np.log([share, 1.0 - share])
        np.testing.assert_allclose(halves, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("count", COUNTS[:-1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_component_may_be_counted_as_two_inside_a_group(count, kind):
    """Any g(w), with triples: the two halves share the fraction of their group."""
    rng = np.random.default_rng(9 * count)
    for tables, a in states(count, repeat=10, kind=kind):
        share = rng.uniform(0.1, 0.9)
        size = count + 1
        poly, rational = (
            np.zeros((size * count // 2, 5)),
            np.zeros((size * count // 2, 2)),
        )
        poly[: len(tables["poly"])] = tables["poly"]
        rational[: len(tables["rational"])] = tables["rational"]
        for i in range(count - 1):
            old, new = pair_index(i, count - 1), pair_index(i, count)
            poly[new], rational[new] = tables["poly"][old], tables["rational"][old]
        whole = {**tables, "groups": tables.get("groups", np.arange(count, dtype="i"))}
        # alone before: a pair inside a group would keep a fraction of each half
        whole["groups"] = whole["groups"].copy()
        whole["groups"][-1] = 99
        halves = {
            "s": np.append(tables["s"], tables["s"][-1]),
            "poly": poly,
            "rational": rational,
            "groups": np.append(whole["groups"], np.intc(99)),
        }
        if "triples" in tables:
            triples = np.zeros(size * count * (count - 1) // 6)
            triples[: len(tables["triples"])] = tables["triples"]
            for j in range(count - 1):
                for i in range(j):
                    triples[triple_index(i, j, count)] = tables["triples"][
                        triple_index(i, j, count - 1)
                    ]
            halves["triples"] = triples
        split = np.append(a, (1.0 - share) * a[-1])
        split[-2] *= share
        mu, _ = coexistence.potentials(a, **whole)
        apart, _ = coexistence.potentials(split, **halves)
        expected = np.append(mu, mu[-1])
        expected[-2:] += tables["s"][-1] * np.log([share, 1.0 - share])
        scale = max(1.0, np.abs(expected).max())
        assert np.abs(apart - expected).max() < 1e-12 * scale
        energy = FloryHuggins(**halves).energy(np.log(split))
        ideal = split[-2:] @ np.log([share, 1.0 - share]) * tables["s"][-1]
        assert energy - ideal == pytest.approx(mu @ a, rel=1e-11, abs=1e-11 * a.sum())


@pytest.mark.parametrize("kind", [("triples",), ("groups",)])
def test_terms_that_are_nothing_change_no_bit(kind):
    for tables, a in states(5, kind=()):
        more = dict(tables)
        if "triples" in kind:
            more["triples"] = np.zeros(10)
        if "groups" in kind:
            more["groups"] = np.arange(5, dtype=np.intc)
        for mine, plain in zip(
            coexistence.potentials(a, **more),
            coexistence.potentials(a, **tables),
            strict=True,
        ):
            np.testing.assert_array_equal(mine, plain)


def test_two_vanishing_components_have_finite_potentials():
    rng = np.random.default_rng(3)
    traces = np.array([1e-305, 1e-305, 1.0, 2.0])
    for groups in (None, [0, 1, 2, 3], [0, 1, 0, 2], [0, 1, 1, 2], [0, 1, 0, 1]):
        tables = mixture(rng, 4)
        if groups is not None:
            tables["groups"] = np.array(groups, dtype=np.intc)
        mu, hessian = coexistence.potentials(traces, **tables)
        assert np.isfinite(mu).all()
        assert np.isfinite(hessian[2:, 2:]).all()


def test_a_group_of_vanishing_components_has_finite_potentials():
    rng = np.random.default_rng(4)
    tables = mixture(rng, 5)
    tables["groups"] = np.array([0, 0, 1, 1, 2], dtype=np.intc)
    traces = np.array([1e-305, 1e-306, 1e-305, 1e-306, 1.0])
    mu, hessian = coexistence.potentials(traces, **tables)
    assert np.isfinite(mu).all()
    assert np.isfinite(hessian[4, 4])


def test_what_does_not_fit_is_refused():
    rng = np.random.default_rng(0)
    tables = mixture(rng, 3)
    a = np.array([0.2, 0.3, 0.5])
    for change in (
        {"poly": tables["poly"][:2]},
        {"poly": np.ascontiguousarray(tables["poly"][:, :4])},
        {"rational": tables["rational"][:2]},
        {"rational": np.zeros((3, 3))},
        {"s": np.ones(9)},
        {"s": np.ones(1)},
        {"triples": np.zeros(2)},
        {"groups": np.zeros(2, dtype=np.intc)},
    ):
        with pytest.raises(ValueError, match="components"):
            coexistence.potentials(a, **{**tables, **change})
    with pytest.raises(ValueError, match="amounts do not fit"):
        coexistence.potentials(np.ones(4), **tables)
    with pytest.raises(ValueError, match="amounts do not fit"):
        coexistence.potentials(np.ones(1), **tables)
    for bad in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="positive"):
            coexistence.potentials(np.array([bad, 0.3, 0.5]), **tables)
