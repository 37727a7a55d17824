"""Stability and split of any number of components, against a search everywhere."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins
from reference.stability_twin import Everywhere
from solutions import PSF, ROOM, dope, random_solutions, shipped

from membranekit import library
from membranekit._kernels import coexistence
from membranekit.errors import MembranekitError
from membranekit.mixtures import mixture_of
from membranekit.thermo.flory_huggins import Mixture
from membranekit.thermo.stability import flash, stability

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
