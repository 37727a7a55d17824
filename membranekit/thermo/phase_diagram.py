"""Phase diagrams of a nonsolvent, a solvent and a polymer, in floats.

The kernel follows the tie lines in logarithms of the fractions, so that a lean phase
with e^-35 000 of polymer is a number like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from membranekit._kernels import phase_diagram as kernel
from membranekit.errors import MembranekitError
from membranekit.thermo.flory_huggins import Mixture

Floats = NDArray[np.float64]

PLASTICIZATION = 2.0
"""Ratio of the expansion steps of a liquid and a polymer at their glass temperatures,
1e-3 and 4.8e-4 per kelvin [1]; a textbook value, estimated."""

_DONE, _OPEN = 0, 1


@dataclass(frozen=True, eq=False)
class Ternary:
    """Binodal, spinodal and critical point of a ternary mixture at one temperature.

    Parameters
    ----------
    mixture : Mixture
        Nonsolvent, solvent, polymer.
    temperature : float
        [K]
    logarithms : array, shape (n, 2, 3)
        Tie lines: ln of the volume fractions of the lean and the rich phase, from the
        edge without solvent to the critical point [1].
    spinodal : array, shape (m, 3)
        Volume fractions from the lean to the rich end [1].
    critical_point : array, shape (3,), or None
        Volume fractions [1]; None: the gap is open at the solvent's side.
    """

    mixture: Mixture
    temperature: float
    logarithms: Floats
    spinodal: Floats
    critical_point: Floats | None

    @property
    def tie_lines(self) -> Floats:
        """Volume fractions (n, 2, 3) of lean and rich phase [1]."""
        return np.exp(self.logarithms)

    @property
    def binodal(self) -> Floats:
        """Volume fractions, lean end over critical point to rich end [1]."""
        lines = self.tie_lines
        middle = [] if self.critical_point is None else [self.critical_point[None]]
        return np.concatenate([lines[:, 0], *middle, lines[::-1, 1]])

    def tie_line(self, weights: Floats, value: float, *, start: Floats) -> Floats:
        """Return the tie line near `start` on which a linear condition holds.

        ``sum weights phi = value``

        Parameters
        ----------
        weights : array, shape (2, 3)
            Of the fractions of lean and rich phase [1].
        value : float
            [1]
        start : array, shape (2, 3)
            ln of its volume fractions [1].

        Returns
        -------
        array, shape (2, 3)
            ln of the volume fractions [1].

        Raises
        ------
        MembranekitError
            If no tie line is found.
        """
        out = np.empty(6)
        found = kernel.tie_line(
            np.ascontiguousarray(start, dtype=float).reshape(6),
            weights=np.ascontiguousarray(weights, dtype=float).reshape(6),
            value=float(value),
            out=out,
            **self.mixture.at(self.temperature),
        )
        if not found:
            raise MembranekitError("no tie line fulfills the condition")
        return out.reshape(2, 3)

    def on_binodal(self, weights: Floats, value: float = 0.0) -> Floats | None:
        """Return the point of the binodal where ``sum weights phi = value``.

        Parameters
        ----------
        weights : array, shape (3,)
            [1]
        value : float
            [1]

        Returns
        -------
        array, shape (3,), or None
            Volume fractions of the first such point from the rich end [1]; None: it
            lies beyond the ends.
        """
        weights = np.asarray(weights, dtype=float)
        distance = self.binodal[::-1] @ weights - value
        (changes,) = np.nonzero(distance[1:] * distance[:-1] <= 0.0)
        if not changes.size:
            return None
        count = len(self.logarithms)
        place = int(changes[0]) + int(abs(distance[changes[0]]) > 0.0)
        side = 1 if changes[0] < count else 0
        nearest = place if side else len(distance) - 1 - place
        sides = np.zeros((2, 3))
        sides[side] = weights
        start = self.logarithms[min(nearest, count - 1)]
        line = self.tie_line(sides, value, start=start)
        return np.asarray(np.exp(line[side]))


def ternary(mixture: Mixture, temperature: float, tie_lines: int = 200) -> Ternary:
    """Compute the phase diagram of a nonsolvent, a solvent and a polymer.

    On each tie line ``mu_i(lean) = mu_i(rich)``; on the spinodal the free energy has a
    direction without curvature; at the critical point its third derivative along that
    direction vanishes too.

    Parameters
    ----------
    mixture : Mixture
        Nonsolvent, solvent, polymer, in this order.
    temperature : float
        [K]
    tie_lines : int
        How many, the first without solvent, the last at the critical point.

    Raises
    ------
    MembranekitError
        If there is no gap between nonsolvent and polymer, if the liquids demix by
        themselves, or if three phases may coexist.

    References
    ----------
    Altena and Smolders, Macromolecules 15 (1982) 1491, eqs. 1-5; Yilmaz and McHugh,
    J. Appl. Polym. Sci. 31 (1986) 997, for the spinodal with g12 of composition.

    Examples
    --------
    >>> volumes = np.array([18.07e-6, 96.5e-6, 17.7e-3])
    >>> table = np.zeros((3, 5, 5))
    >>> table[:, 0, 0] = 0.5, 2.5, 0.0
    >>> names = ("nonsolvent", "solvent", "polymer")
    >>> found = ternary(Mixture(names, volumes, table, np.zeros((3, 2))), 298.15)
    >>> found.tie_lines.shape
    (200, 2, 3)
    >>> bool(abs(found.tie_lines[-1].mean(axis=0) - found.critical_point).max() < 2e-3)
    True
    """
    if len(mixture.names) != 3:
        raise MembranekitError(
            "a ternary phase diagram has a nonsolvent, a solvent and a polymer, not "
            f"{', '.join(mixture.names)}"
        )
    lines = np.empty((tie_lines, 6))
    spinodal = np.empty((8 * max(tie_lines, 150), 3))
    critical = np.empty(3)
    status, count = kernel.ternary(
        lines=lines, spinodal=spinodal, critical=critical, **mixture.at(temperature)
    )
    if status not in (_DONE, _OPEN):
        names = dict(
            zip(("nonsolvent", "solvent", "polymer"), mixture.names, strict=True)
        )
        raise MembranekitError(
            f"{', '.join(mixture.names)} at {temperature - 273.15:.4g} degC: "
            f"{kernel.MESSAGES[status].format(**names)}"
        )
    return Ternary(
        mixture=mixture,
        temperature=temperature,
        logarithms=lines.reshape(tie_lines, 2, 3),
        spinodal=spinodal[:count].copy(),
        critical_point=critical if status == _DONE else None,
    )


def glass_line(
    temperature: float, glass_temperatures: Floats, weights: Floats
) -> Floats | None:
    """Return where the mixture's glass temperature is the temperature.

    ``sum_i k_i phi_i (Tg_i - T) = 0``, a straight line across the diagram.

    Parameters
    ----------
    temperature : float
        T [K]
    glass_temperatures : array, shape (3,)
        Of nonsolvent, solvent and polymer [K].
    weights : array, shape (3,)
        k: 1 for a polymer, `PLASTICIZATION` for a liquid [1].

    Returns
    -------
    array, shape (2, 3), or None
        Volume fractions without solvent and without nonsolvent [1]; None where either
        mixture is no glass at any fraction of polymer, or at every one.

    References
    ----------
    Kelley and Bueche, J. Polym. Sci. 50 (1961) 549, eq. 5 (recalled).

    Examples
    --------
    >>> ends = glass_line(298.15, np.array([136, 148, 458.15]), np.array([2.0, 2, 1]))
    >>> ends[:, 2].round(3).tolist()
    [0.67, 0.652]
    """
    liquid = weights[:2] * (temperature - glass_temperatures[:2])
    polymer = weights[2] * (glass_temperatures[2] - temperature)
    if polymer <= 0.0 or np.any(liquid <= 0.0):
        return None
    share = liquid / (liquid + polymer)
    return np.array([[1.0 - share[0], 0.0, share[0]], [0.0, 1.0 - share[1], share[1]]])
