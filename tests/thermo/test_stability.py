"""Stability and split of any number of components, against a search everywhere."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins
from reference.stability_twin import Everywhere

from membranekit import library
from membranekit._kernels import coexistence
from membranekit.case import cases
from membranekit.errors import MembranekitError
from membranekit.mixtures import mixture_of
from membranekit.thermo.flory_huggins import Mixture, cloud_point
from membranekit.thermo.stability import cloud_fraction, flash, stability

ROOM = 298.15
PSF = ["water", "NMP", "polysulfone P-3500"]


def random_mixture(rng, count):
    """Liquids and one or two chains, a quarter of the pairs hostile to each other."""
    volumes = 18.07e-6 * 10.0 ** rng.uniform(0.0, 1.0, count)
    volumes[-1] *= 10.0 ** rng.uniform(1.0, 2.5)
    if rng.random() < 0.4:
        volumes[1] *= 30.0
    table = np.zeros((count * (count - 1) // 2, 5, 5))
    number = 0
    for j in range(count):
        for i in range(j):
            size = 18.07e-6 / min(volumes[i], volumes[j])
            hostile = rng.random() < 0.25
            g = rng.uniform(0.5, 2.5) if hostile else rng.uniform(-0.5, 0.7)
            table[number, 0, 0] = size * g
            if rng.random() < 0.4:
                table[number, 1, 0] = size * rng.normal(0.0, 0.4)
            number += 1
    names = tuple("abcdefgh"[:count])
    return Mixture(names, volumes, table, np.zeros((number, 2)))


def random_solutions(seed, count, how_many):
    rng = np.random.default_rng(seed)
    for _ in range(how_many):
        z = np.maximum(rng.dirichlet(np.full(count, 0.8)), 1e-6)
        yield random_mixture(rng, count), z / z.sum(), rng


def shipped(names, name=None):
    return mixture_of(names, library.interaction_set(names, name))


def dope(name):
    """The mixture and volume fractions of a shipped case, water first."""
    solution = cases[name].runs[0].solution
    polymer = solution.polymer.name
    names = [each.name for each in solution.components if each.name != polymer]
    names = [*([] if "water" in names else ["water"]), *names, polymer]
    fractions = solution.volume_fractions
    return shipped(names), np.array([fractions.get(each, 0.0) for each in names])


# ---------------------------------------------------------------------- stability


@pytest.mark.parametrize(("seed", "count"), [(1, 3), (2, 4), (4, 5)])
def test_no_phase_anywhere_is_missed(seed, count):
    verdicts = []
    for mixture, z, rng in random_solutions(seed, count, 16):
        found = stability(mixture, z, ROOM)
        best, _ = Everywhere(mixture.at(ROOM)).least(z, rng)
        if abs(best) > 1e-9:
            assert found.stable == (best > 0.0)
        if best < -1e-9:
            assert found.distance <= best + 1e-9 * max(1.0, abs(best))
        verdicts.append(found.stable)
    assert 3 <= sum(verdicts) <= 13


def test_the_phase_is_where_the_distance_is_least():
    """There mu differs by the same K from the solution's for every component."""
    for mixture, z, _ in random_solutions(5, 4, 20):
        found = stability(mixture, z, ROOM)
        if found.phase is None:
            continue
        tables = mixture.at(ROOM)
        mu, _ = coexistence.potentials(found.phase, **tables)
        plane, _ = coexistence.potentials(z, **tables)
        there = found.phase > 1e-200
        np.testing.assert_allclose((mu - plane)[there], found.distance, atol=1e-11)
        assert found.distance == pytest.approx(found.phase @ (mu - plane), abs=1e-13)


def test_a_lean_solution_that_splits_off_a_rich_phase_is_seen():
    """Beside a liquid without polymer it would seem stable."""
    mixture = shipped(PSF)
    for polymer, water in ((1e-4, 0.12), (1e-3, 0.10), (0.01, 0.09)):
        z = np.array([water, 1.0 - water - polymer, polymer])
        lean, _ = coexistence.stability(z[:2] / polymer, **mixture.at(ROOM))
        assert lean > 0.0
        found = stability(mixture, z, ROOM)
        assert not found.stable
        assert found.phase[2] > 10 * polymer


def test_of_two_polymers_either_may_split_off():
    """Each is the last component once."""
    names = ["water", "NMP", "PVP K30", "polysulfone P-3500"]
    chosen = library.interaction_set(names)
    for order in (names, [names[0], names[1], names[3], names[2]]):
        mixture = mixture_of(order, chosen)
        place = [order.index(name) for name in names]
        z = np.empty(4)
        z[place] = [0.12, 0.84, 0.03, 0.01]
        found = stability(mixture, z, ROOM)
        assert not found.stable
        assert found.phase[order.index("polysulfone P-3500")] > 0.05


@pytest.mark.parametrize("name", ["example1", "example2", "example3"])
def test_the_shipped_recipes_are_one_phase(name):
    assert stability(*dope(name), ROOM).stable


def test_absent_components_do_not_count():
    mixture = shipped([*PSF[:2], "PVP K30", PSF[2]])
    for water in (0.02, 0.12):
        with_none = stability(mixture, np.array([water, 0.88 - water, 0.0, 0.12]), ROOM)
        ternary = mixture.only(PSF)
        same = stability(ternary, np.array([water, 0.88 - water, 0.12]), ROOM)
        assert with_none.distance == pytest.approx(same.distance, rel=1e-12)
        if same.phase is not None:
            assert with_none.phase[2] == 0.0


# -------------------------------------------------------------------------- flash


def split_or_message(mixture, z):
    try:
        return flash(mixture, z, ROOM)
    except MembranekitError as error:
        return str(error)


@pytest.mark.parametrize(("seed", "count"), [(11, 3), (12, 4), (13, 5)])
def test_two_phases_share_their_potentials_and_add_up(seed, count):
    split, more = 0, 0
    for mixture, z, rng in random_solutions(seed, count, 16):
        if stability(mixture, z, ROOM).distance > -1e-8:
            assert stability(mixture, z, ROOM).stable == (
                flash(mixture, z, ROOM) is None
            )
            continue
        found = split_or_message(mixture, z)
        if isinstance(found, str):
            assert "more than two phases" in found
            more += 1
            continue
        split += 1
        twin = FloryHuggins(**mixture.at(ROOM))
        lean, rich = (twin.potentials(log) for log in found.log_fractions)
        np.testing.assert_allclose(lean, rich, rtol=0.0, atol=1e-10)
        np.testing.assert_allclose(found.potentials, rich, rtol=0.0, atol=1e-10)
        np.testing.assert_allclose(found.shares @ found.fractions, z, rtol=1e-12)
        assert found.shares.sum() == pytest.approx(1.0, abs=1e-12)
        assert np.abs(lean_rich := found.fractions[1] - found.fractions[0]).max() > 1e-6
        assert lean_rich[-1] > 0.0
        # nothing lies below the plane of the two
        best, _ = Everywhere(mixture.at(ROOM)).least(found.fractions[1], rng)
        assert best > -1e-8
    assert split > 3
    assert more < split


def test_three_phases_are_said_to_be_three():
    """Three liquids that hate each other."""
    table = np.zeros((3, 5, 5))
    table[:, 0, 0] = 3.0
    mixture = Mixture(("a", "b", "c"), np.full(3, 18.07e-6), table, np.zeros((3, 2)))
    with pytest.raises(MembranekitError, match="more than two phases"):
        flash(mixture, np.full(3, 1.0 / 3.0), ROOM)


def test_the_lean_phase_s_polymer_is_followed_below_the_least_float():
    mixture = shipped(["water", "acetone", "cellulose acetate"])
    found = flash(mixture, np.array([0.60, 0.20, 0.20]), ROOM)
    assert found.fractions[0, 2] < 1e-100
    assert found.log_fractions[0, 2] < -400.0
    twin = FloryHuggins(**mixture.at(ROOM))
    lean, rich = (twin.potentials(log) for log in found.log_fractions)
    np.testing.assert_allclose(lean, rich, rtol=0.0, atol=1e-11)


def test_a_split_of_a_solution_with_absent_components():
    mixture = shipped([*PSF[:2], "PVP K30", PSF[2]])
    found = flash(mixture, np.array([0.3, 0.6, 0.0, 0.1]), ROOM)
    assert (found.fractions[:, 2] == 0.0).all()
    assert np.isneginf(found.log_fractions[:, 2]).all()
    assert np.isneginf(found.potentials[2])


# -------------------------------------------------------------------- cloud point


@pytest.mark.parametrize("name", ["example1", "example2", "example3"])
@pytest.mark.parametrize("kelvin", [ROOM, 313.15])
def test_the_cloud_point_parts_one_phase_from_two(name, kelvin):
    mixture, z = dope(name)
    share = cloud_fraction(mixture, z, 0, kelvin)
    others = np.where(np.arange(z.size) == 0, 0.0, z)
    others /= others.sum()

    def at(water):
        found = (1.0 - water) * others
        found[0] = water
        return found

    for part in (0.1, 0.5, 0.9, 1.0 - 1e-6):
        assert stability(mixture, at(part * share), kelvin).stable
    for part in (1.0 + 1e-6, 1.1, 1.5):
        assert not stability(mixture, at(part * share), kelvin).stable
    # with what it holds today or without
    assert cloud_fraction(mixture, at(0.3 * share), 0, kelvin) == pytest.approx(share)


def test_far_from_the_critical_point_the_other_phase_holds_no_polymer():
    """The kernel's stability test takes it so; the dilute side differs."""
    mixture = shipped(PSF)
    apart = []
    for polymer in (0.02, 0.1, 0.3, 0.5):
        z = np.array([0.0, 1.0 - polymer, polymer])
        amounts = np.array([1e-12, z[1] / polymer])
        lean = cloud_point(mixture, amounts, 0, ROOM)
        lean /= 1.0 + amounts[1] + lean
        share = cloud_fraction(mixture, z, 0, ROOM)
        assert share <= lean * (1.0 + 1e-9)
        apart.append(1.0 - share / lean)
    assert apart[0] > 0.1
    assert apart[-1] < 1e-7
    assert apart == sorted(apart, reverse=True)


def test_what_never_clouds_and_what_always_does():
    mixture = shipped(PSF)
    assert cloud_fraction(mixture, np.array([0.0, 0.85, 0.15]), 1, ROOM) is None
    assert cloud_fraction(mixture, np.array([0.01, 0.84, 0.15]), 1, ROOM) is None
    # polysulfone and water alone have demixed before any NMP is there
    assert cloud_fraction(mixture, np.array([0.4, 0.2, 0.4]), 1, ROOM) == 0.0


def test_a_solvent_may_be_the_one_that_is_titrated():
    """Two liquids that do not mix, without any polymer."""
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = 2.5
    mixture = Mixture(("a", "b"), np.full(2, 18.07e-6), table, np.zeros((1, 2)))
    share = cloud_fraction(mixture, np.array([0.0, 1.0]), 0, ROOM)
    # symmetric: ln(x/(1 - x)) = g (2 x - 1)
    assert np.log(share / (1.0 - share)) == pytest.approx(2.5 * (2.0 * share - 1.0))


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("fractions", "kelvin", "words"),
    [
        ([0.5, 0.5], ROOM, "give 3 numbers, one for each of water, NMP"),
        ([0.5, 0.6, -0.1], ROOM, "polysulfone P-3500 -0.1: give 0 to 1"),
        ([0.5, np.nan, 0.1], ROOM, "NMP nan"),
        ([0.5, 0.4, 0.2], ROOM, "they sum to 1.1, not to 1"),
        ([0.5, 0.4, 0.1], -5.0, "give it above 0 K"),
        ([0.5, 0.4, 0.1], np.nan, "temperature: nan K"),
        ([1.0, 0.0, 0.0], ROOM, "alone"),
    ],
)
def test_what_is_no_solution_is_refused(fractions, kelvin, words):
    mixture = shipped(PSF)
    for function in (stability, flash):
        with pytest.raises(MembranekitError) as caught:
            function(mixture, np.array(fractions), kelvin)
        assert words in str(caught.value)
    with pytest.raises(MembranekitError):
        cloud_fraction(mixture, np.array(fractions), 0, kelvin)
