"""Titrate a solution with a nonsolvent until it clouds: the true binodal point.

The nonsolvent is added to a solution of everything else in a fixed ratio. The solution
clouds where another phase of equal potentials first appears. That phase holds polymer:
none worth a thought beside a concentrated solution, but beside a dilute one it is the
polymer-rich phase, and near the critical point the two are alike.

References
----------
Michelsen, Fluid Phase Equilib. 9 (1982) 1: the tangent-plane distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from membranekit._kernels import coexistence
from membranekit._kernels import titration as kernel
from membranekit.errors import MembranekitError
from membranekit.thermo.flory_huggins import Mixture, cloud_point
from membranekit.thermo.stability import Stability, checked, stability

Floats = NDArray[np.float64]

MOST = 1e4
"""Volumes of nonsolvent per volume of the rest above which none is looked for [1]."""

LEAST = 1e-6
"""The same: a solution that demixes with less does so as it is [1]."""

TRACE = 1e-250
"""A phase with a smaller volume fraction of polymer is taken as polymer-free [1]."""

SLACK = 1e-6
"""Distance from the tangent plane that counts as none: near the critical point its
digits are few, and it changes the amount of nonsolvent by 1e-5 at most [1]."""

SCAN = (*(1e-3 * 1.5**k for k in range(17)), 0.8, 0.9, 0.97, 0.99)
"""Volume fractions at which a solution is tested where its onset is not found [1]."""

SEARCH_STEPS = 60
"""Steps after which the search for a root takes what it has."""


@dataclass(frozen=True, eq=False)
class Onset:
    """A solution on its binodal, and the phase that appears there.

    Parameters
    ----------
    amount : float
        Nonsolvent added, in the unit of volume of the rest [1].
    solution : array, shape (n,)
        Volumes of all components, the polymer last [1].
    phase : array, shape (n,) or (n - 1,)
        Volume fractions of the other phase; without the polymer where that is a trace
        below `TRACE` [1].
    """

    amount: float
    solution: Floats
    phase: Floats


def onset(
    mixture: Mixture,
    rest: Floats,
    nonsolvent: int,
    temperature: float,
    *,
    near: Onset | None = None,
) -> Onset | None:
    """Return the point at which a titrated solution clouds.

    ``mu_i(phase) = mu_i(solution)`` for every component.

    Parameters
    ----------
    mixture : Mixture
        Polymer last.
    rest : array, shape (n,)
        Volumes of all components but the nonsolvent, whose entry is not read; any
        total [1].
    nonsolvent : int
        The component that is added.
    temperature : float
        [K]
    near : Onset, optional
        The answer for slightly other interactions: where to start. What is found from
        there is a pair of phases at equilibrium, but no other phase is looked for.

    Returns
    -------
    Onset or None
        With amount 0 and an empty phase if the rest alone demixes; None if no amount
        makes it demix.

    Raises
    ------
    MembranekitError
        If the liquids demix among themselves, so that no first phase is found.

    Examples
    --------
    >>> table = np.zeros((3, 5, 5)); table[:, 0, 0] = 0.5, 2.0, 0.0
    >>> volumes = np.array([18e-6, 96e-6, 18e-3])
    >>> mixture = Mixture(("w", "s", "p"), volumes, table, np.zeros((3, 2)))
    >>> found = onset(mixture, np.array([0.0, 0.9, 0.1]), 0, 298.15)
    >>> round(found.amount, 4), bool(found.phase[2] < 0.02)
    (0.0776, True)
    """
    state = _State(mixture, rest, nonsolvent, temperature)
    if near is not None and near.amount > 0.0:
        found = state.solve(near.amount, near.phase)
        if found is not None:
            return found
    found = state.first(near.amount if near is not None else 0.0)
    if found is None or found.amount == 0.0:
        return found
    if not is_stable(found.solution, mixture, temperature):
        raise MembranekitError(
            f"no cloud point can be found: {' and '.join(mixture.names[:-1])} may "
            "demix among themselves"
        )
    return found


def cloud_fraction(
    mixture: Mixture, fractions: Floats, species: int, temperature: float
) -> float | None:
    """Return the volume fraction of one species at which a solution just demixes.

    The others keep their ratios. Of a solution that is one phase it is the next one
    above what it holds, of one that has demixed the least. Unlike `onset` it is tested
    against every phase, liquids that demix among themselves too.

    Parameters
    ----------
    mixture : Mixture
        The components.
    fractions : array, shape (n)
        Volume fractions; a component may be absent [1].
    species : int
        The nonsolvent.
    temperature : float
        [K]

    Returns
    -------
    float or None
        [1]; 0 if it has demixed and the others do so among themselves; None if none up
        to 0.99 does it.

    Raises
    ------
    MembranekitError
        If the fractions are wrong or nothing but `species` is there.

    Examples
    --------
    >>> table = np.zeros((3, 5, 5)); table[:, 0, 0] = [0.4, 2.0, 0.0]
    >>> volumes = np.array([18e-6, 96e-6, 18e-3])
    >>> dope = Mixture(("water", "solvent", "chain"), volumes, table, np.zeros((3, 2)))
    >>> round(cloud_fraction(dope, np.array([0.0, 0.85, 0.15]), 0, 298.15), 3)
    0.063
    """
    z = checked(mixture, fractions, temperature)
    others = [k for k in range(z.size) if k != species and z[k] > 0.0]
    if not others:
        raise MembranekitError(
            f"fractions: there is nothing but {mixture.names[species]}"
        )
    part = mixture.only([mixture.names[k] for k in (species, *others)])
    rest = np.append(0.0, z[others] / z[others].sum())
    state = _State(part, rest, 0, temperature)

    def test(share: float) -> Stability:
        return stability(part, np.append(share, (1.0 - share) * rest[1:]), temperature)

    low = float(z[species])
    if low == 0.0 or not test(low).stable:
        if rest.size > 2 and not test(0.0).stable:
            return 0.0
        low = 0.0
    found = state.first()
    high = found.amount / (1.0 + found.amount) if found is not None else 0.0
    steps: tuple[float, ...] = SCAN
    if low < high <= SCAN[-1]:
        steps = 0.5 * (low + high), high * (1.0 - 1e-7)
    for share in steps:
        if share <= low:
            continue
        tested = test(share)
        if not tested.stable:
            break
        low = share
    else:
        return high if steps is not SCAN else None
    # It has demixed before: the onset of the phase beside which it does.
    high = share
    while tested.phase is not None:
        found = state.solve(high / (1.0 - high), tested.phase)
        place = found.amount / (1.0 + found.amount) if found is not None else 0.0
        if not low < place <= high:
            break
        high = place
        tested = test(high * (1.0 - 1e-7))
        if tested.stable:
            return high
    for _ in range(100):
        if high - low <= 1e-10 * high:
            break
        middle = 0.5 * (low + high)
        low, high = (middle, high) if test(middle).stable else (low, middle)
    return 0.5 * (low + high)


def is_stable(solution: Floats, mixture: Mixture, temperature: float) -> bool:
    """Say whether no other phase lies below the tangent plane of a solution.

    On the binodal the other phase touches the plane, and that counts as stable.

    Parameters
    ----------
    solution : array, shape (n,)
        Volumes of all components, the polymer last [1].
    temperature : float
        [K]
    """
    return kernel.deepest(solution, **mixture.at(temperature))[0] > -SLACK


def slope(
    found: Onset, nonsolvent: int, mixture: Mixture, moved: Mixture, temperature: float
) -> float:
    """Return how the amount at the onset changes with an interaction parameter.

    Where the phases b and a are at equilibrium,
    ``sum_i b_i (mu_i(b) - mu_i(a)) = 0``; of its derivative Gibbs-Duhem leaves
    ``dW/dg = sum_i b_i (d mu_i(b)/dg - d mu_i(a)/dg) / sum_i b_i d mu_i(a)/dW``.

    Parameters
    ----------
    mixture, moved : Mixture
        Of the onset, and with the parameter larger by one: potentials are linear in it.

    Returns
    -------
    float
        [1]
    """
    here, there = mixture.at(temperature), moved.at(temperature)
    size = found.phase.size
    change = (
        coexistence.potentials(found.phase, **there)[0]
        - coexistence.potentials(found.phase, **here)[0]
    )
    potential, hessian = coexistence.potentials(found.solution, **here)
    moved_potential, _ = coexistence.potentials(found.solution, **there)
    change -= (moved_potential - potential)[:size]
    return float((found.phase @ change) / (found.phase @ hessian[:size, nonsolvent]))


def swollen(mixture: Mixture, temperature: float) -> float:
    """Return the volume fraction of a liquid in the polymer that it swells.

    The polymer does not dissolve in the pure liquid: ``mu_liquid = 0``.

    Parameters
    ----------
    mixture : Mixture
        The liquid and the polymer.
    temperature : float
        [K]

    Returns
    -------
    float
        [1]; 1 if the liquid takes up the polymer without end.

    Examples
    --------
    >>> table = np.zeros((1, 5, 5)); table[0, 0, 0] = 3.7
    >>> mixture = Mixture(
    ...     ("w", "p"), np.array([18e-6, 18e-3]), table, np.zeros((1, 2))
    ... )
    >>> round(swollen(mixture, 298.15), 3)
    0.01
    """
    arguments = mixture.at(temperature)

    def potential(fraction: float) -> float:
        amounts = np.array([fraction, 1.0 - fraction])
        return float(coexistence.potentials(amounts, **arguments)[0][0])

    # From the dry side: the first zero is the swollen polymer.
    low = 1e-12
    for high in np.concatenate([np.geomspace(1e-6, 0.1, 40), np.arange(0.11, 1, 0.01)]):
        if potential(high) >= 0.0:
            break
        low = float(high)
    else:
        return 1.0
    high = float(high)
    for _ in range(100):
        middle = 0.5 * (low + high)
        if potential(middle) < 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def swollen_slope(
    fraction: float, mixture: Mixture, moved: Mixture, temperature: float
) -> float:
    """Return how the uptake of `swollen` changes with an interaction parameter [1].

    Parameters
    ----------
    fraction : float
        The uptake as a volume fraction [1].
    mixture, moved : Mixture
        Of the uptake, and with the parameter larger by one.
    """
    amounts = np.array([fraction, 1.0 - fraction])
    mu, hessian = coexistence.potentials(amounts, **mixture.at(temperature))
    other, _ = coexistence.potentials(amounts, **moved.at(temperature))
    return float(-(other[0] - mu[0]) / (hessian[0, 0] - hessian[0, 1]))


# ------------------------------------------------------------------- how it is found


class _State:
    """One titration: the mixture at its temperature and what is titrated."""

    def __init__(
        self, mixture: Mixture, rest: Floats, nonsolvent: int, temperature: float
    ) -> None:
        self.mixture = mixture
        self.temperature = temperature
        self.arguments = mixture.at(temperature)
        self.rest = np.array(rest, dtype=float)
        self.nonsolvent = nonsolvent
        self.rest[nonsolvent] = 0.0
        self.total = float(self.rest.sum())

    def solution(self, amount: float) -> Floats:
        """Return the volumes of all components after an amount was added."""
        volumes = self.rest.copy()
        volumes[self.nonsolvent] = amount
        return volumes

    def solve(self, amount: float, phase: Floats) -> Onset | None:
        """Return the onset near a guess; None: it is not found from there."""
        found = kernel.onset(
            self.rest,
            phase,
            nonsolvent=self.nonsolvent,
            amount=amount,
            **self.arguments,
        )
        if found is None or not LEAST < found[0] / self.total < MOST:
            return None
        return Onset(found[0], self.solution(found[0]), found[1])

    def first(self, guess: float = 0.0) -> Onset | None:
        """Return the first onset, of amount 0 if there is none of the nonsolvent."""
        return self.beside_polymer_free_liquid() or self.search(guess)

    def beside_polymer_free_liquid(self) -> Onset | None:
        """Return the onset that is found from a liquid without polymer, if any."""
        others = np.delete(np.arange(self.rest.size), [self.rest.size - 1])
        amounts = self.rest[others] / self.rest[-1]
        amounts[self.nonsolvent] = 0.0
        try:
            amount = cloud_point(
                self.mixture, amounts, self.nonsolvent, self.temperature
            )
        except MembranekitError:
            return None
        if not amount:
            return None
        amounts[self.nonsolvent] = amount
        found = coexistence.stability(amounts, **self.arguments)
        if found is None:
            return None
        phase = found[1]
        amount *= self.rest[-1]
        # mu_P = s (ln(phi_P) + 1) + what hardly depends on a trace
        trace = np.append(phase, 1e-200)
        mu, _ = coexistence.potentials(self.solution(amount), **self.arguments)
        other, _ = coexistence.potentials(trace, **self.arguments)
        logarithm = math.log(1e-200) + (mu[-1] - other[-1]) / self.arguments["s"][-1]
        if logarithm > math.log(0.9):
            return None
        if logarithm > math.log(TRACE):
            phase = np.append(phase, math.exp(logarithm))
        return self.solve(amount, phase)

    def search(self, guess: float = 0.0) -> Onset | None:
        """Return the first onset by the tangent-plane distance of every amount."""

        def depth(amount: float) -> tuple[float, Floats]:
            return kernel.deepest(self.solution(amount), **self.arguments)

        low = max(0.97 * guess, LEAST * self.total)
        above, phase = depth(low)
        while above < 0.0:
            if low <= LEAST * self.total:
                return Onset(0.0, self.solution(0.0), np.empty(0))
            low = max(0.8 * low, LEAST * self.total)
            above, phase = depth(low)
        high = max(1.03 * guess, 0.02 * self.total)
        below, phase = depth(high)
        while below > 0.0:
            low, above, high = high, below, (1.25 if guess else 2.0) * high
            if high > MOST * self.total:
                return None
            below, phase = depth(high)
        # The false position, but for an end that stays (Illinois), then Newton.
        kept = 0
        for _ in range(SEARCH_STEPS):
            if high - low < 1e-10 * high:
                break
            if high - low < 0.1 * high:
                found = self.solve(high, phase)
                if found is not None and abs(found.amount - high) < 0.1 * high:
                    return found
            share = above / (above - below) if below < 0.0 else 1.0
            middle = low + (high - low) * min(max(share, 1e-3), 1.0 - 1e-3)
            here, trial = depth(middle)
            if here > 0.0:
                low, above = middle, here
                below *= 0.5 if kept > 0 else 1.0
                kept = 1
            else:
                high, below, phase = middle, here, trial
                above *= 0.5 if kept < 0 else 1.0
                kept = -1
        # So near the critical point that Newton's method takes the phases for one.
        return Onset(high, self.solution(high), phase)
