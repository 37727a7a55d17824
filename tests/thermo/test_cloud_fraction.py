"""Where a recipe clouds: the onset held to the test against every phase."""

import numpy as np
import pytest
from solutions import PSF, ROOM, dope, random_solutions, shipped

from membranekit.errors import MembranekitError
from membranekit.thermo import titration
from membranekit.thermo.flory_huggins import Mixture, cloud_point
from membranekit.thermo.stability import stability
from membranekit.thermo.titration import cloud_fraction


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


def with_share(z, share):
    """Return a solution with another share of its first component."""
    others = z[1:] * (1.0 - share) / z[1:].sum()
    return np.append(share, others)


@pytest.mark.parametrize(("count", "how_many"), [(2, 20), (3, 20), (4, 45)])
def test_random_mixtures_part_one_phase_from_two(count, how_many):
    """Liquids that demix among themselves are among them."""
    parted = 0
    for mixture, z, _ in random_solutions(40 + count, count, how_many):
        share = cloud_fraction(mixture, z, 0, ROOM)
        if not share:
            continue
        parted += 1
        assert stability(mixture, with_share(z, share * (1.0 - 1e-6)), ROOM).stable
        over = stability(mixture, with_share(z, share * (1.0 + 1e-5)), ROOM)
        assert not over.stable
    assert parted >= 5


def test_of_one_phase_it_is_the_next_one_above():
    """An island: two liquids that mix with little and with much of the third."""
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = 2.5
    mixture = Mixture(("a", "b"), np.full(2, 18.07e-6), table, np.zeros((1, 2)))
    assert cloud_fraction(mixture, np.array([0.95, 0.05]), 0, ROOM) is None
    first = cloud_fraction(mixture, np.array([0.5, 0.5]), 0, ROOM)
    assert first < 0.5
    dry = cloud_fraction(mixture, np.array([0.0, 1.0]), 0, ROOM)
    assert first == pytest.approx(dry, rel=1e-9)


def test_near_the_critical_point_the_tangent_plane_tells_to_eight_digits():
    """The distance itself is there below what its sum of terms is rounded by."""
    mixture = shipped(PSF)
    z = np.array([0.0, 0.9582, 0.0418])
    share = cloud_fraction(mixture, z, 0, ROOM)

    def height(change):
        solution = with_share(z, share * (1.0 + change))
        return titration.kernel.deepest(solution, **mixture.at(ROOM))[0]

    assert height(-1e-8) > 0.0 > height(1e-8)


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ([0.5, 0.5], "give 3 numbers, one for each of water, NMP"),
        ([0.5, 0.4, 0.2], "they sum to 1.1, not to 1"),
        ([1.0, 0.0, 0.0], "nothing but water"),
    ],
)
def test_what_is_no_solution_is_refused(fractions, words):
    with pytest.raises(MembranekitError, match=words):
        cloud_fraction(shipped(PSF), np.array(fractions), 0, ROOM)
