"""Activities over a solution, and what it holds at a given activity.

Volume fractions and SI floats. The reference state is the pure liquid at the same
temperature; the vapor is an ideal gas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from membranekit._kernels import coexistence
from membranekit.errors import MembranekitError
from membranekit.thermo.flory_huggins import Mixture
from membranekit.thermo.stability import checked, flash
from membranekit.thermo.titration import cloud_fraction

Floats = NDArray[np.float64]

MOST = 0.9999
"""Largest volume fraction of a species that is looked at [1]."""


def log_activities(mixture: Mixture, fractions: Floats, temperature: float) -> Floats:
    """Return the logarithm of every component's activity in a solution.

    ``ln a_i = (mu_i - mu_i,pure)/(R T)``. A solution that demixes has the activities of
    its two phases, which are equal.

    Parameters
    ----------
    mixture : Mixture
        The components.
    fractions : array, shape (n)
        Volume fractions [1].
    temperature : float
        [K]

    Returns
    -------
    array, shape (n)
        [1]; minus infinity for a component that is absent.

    Raises
    ------
    MembranekitError
        If the fractions are wrong, or the solution demixes into more than two phases.

    Examples
    --------
    >>> volumes = np.array([18e-6, 18e-6])
    >>> ideal = Mixture(("a", "b"), volumes, np.zeros((1, 5, 5)), np.zeros((1, 2)))
    >>> np.exp(log_activities(ideal, np.array([0.3, 0.7]), 300.0)).round(3).tolist()
    [0.3, 0.7]
    """
    z = checked(mixture, fractions, temperature)
    if np.count_nonzero(z) == 1:
        return np.where(z > 0.0, 0.0, -np.inf)
    split = flash(mixture, z, temperature)
    if split is not None:
        scaled: Floats = split.potentials / mixture.scaled
        return scaled
    return one_phase(mixture, z, temperature)


def one_phase(mixture: Mixture, z: Floats, temperature: float) -> Floats:
    """Return the logarithms of the activities as if the solution were one phase."""
    present = np.flatnonzero(z > 0.0)
    part = mixture.only([mixture.names[k] for k in present])
    mu, _ = coexistence.potentials(z[present], **part.at(temperature))
    found = np.full(z.size, -np.inf)
    found[present] = mu / part.scaled
    return found


@dataclass(frozen=True)
class Uptake:
    """What a solution holds of a species at a given activity of it.

    Parameters
    ----------
    fraction : float
        Volume fraction in the whole solution [1].
    cloud_fraction : float or None
        The same at which it just demixes; None: no amount does it [1].
    """

    fraction: float
    cloud_fraction: float | None

    @property
    def demixed(self) -> bool:
        """Whether the solution has demixed before it holds that much."""
        return self.cloud_fraction is not None and self.fraction > self.cloud_fraction


def uptake(
    mixture: Mixture,
    fractions: Floats,
    species: int,
    activity: float,
    temperature: float,
) -> Uptake:
    """Return what a solution holds of one species at equilibrium with its vapor.

    The others neither come nor go. The activity rises with what the solution holds, in
    one phase and in two, so that there is one answer.

    Parameters
    ----------
    mixture, fractions, temperature
        As in `log_activities`; what `fractions` holds of `species` does not count.
    species : int
        The one that the vapor brings.
    activity : float
        Its partial pressure over its saturation pressure [1].

    Raises
    ------
    MembranekitError
        If the activity is not between 0 and 1, or the fractions are wrong.

    Examples
    --------
    >>> volumes = np.array([18e-6, 18e-6])
    >>> ideal = Mixture(("a", "b"), volumes, np.zeros((1, 5, 5)), np.zeros((1, 2)))
    >>> round(uptake(ideal, np.array([0.0, 1.0]), 0, 0.3, 300.0).fraction, 6)
    0.3
    """
    if not 0.0 <= activity < 1.0:
        raise MembranekitError(
            f"activity: {activity:g}; at 1 and above a solution takes up without end, "
            "give 0 up to less than 1"
        )
    z = checked(mixture, fractions, temperature)
    others = z.copy()
    others[species] = 0.0
    others /= others.sum()
    cloud = cloud_fraction(mixture, others, species, temperature)
    if activity == 0.0:
        return Uptake(0.0, cloud)
    target = float(np.log(activity))

    def excess(share: float, split: bool) -> float:
        found = (1.0 - share) * others
        found[species] = share
        function = log_activities if split else one_phase
        return float(function(mixture, found, temperature)[species]) - target

    ends = MOST if cloud is None else cloud
    if ends > 0.0 and excess(ends, False) >= 0.0:
        return Uptake(_rising_root(lambda w: excess(w, False), 0.0, ends), cloud)
    if cloud is None or excess(MOST, True) < 0.0:
        raise MembranekitError(
            f"{mixture.names[species]}: at an activity of {activity:g} the solution "
            f"takes up more than {MOST:.2%} of its volume"
        )
    return Uptake(_rising_root(lambda w: excess(w, True), cloud, MOST), cloud)


def _rising_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a function that rises through zero, by the Illinois method."""
    if low == 0.0:
        # the logarithm of nothing is no number: from the traces upwards
        low = high
        while function(low) > 0.0:
            high, low = low, 0.5 * low
        if low == high:
            return low
    value_low, value_high = function(low), function(high)
    side = 0
    for _ in range(200):
        middle = low + (high - low) * value_low / (value_low - value_high)
        value = function(middle)
        if abs(value) < 1e-12 or high - low <= 1e-12 * high:
            return middle
        if value < 0.0:
            low, value_low = middle, value
            # the end that stays twice counts half, so that it moves
            value_high *= 0.5 if side < 0 else 1.0
            side = -1
        else:
            high, value_high = middle, value
            value_low *= 0.5 if side > 0 else 1.0
            side = 1
    return 0.5 * (low + high)
