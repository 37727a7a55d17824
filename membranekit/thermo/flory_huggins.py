"""Flory-Huggins mixtures: interaction tables for the kernels, stability, cloud point.

The free energy is that of Altena & Smolders, Macromolecules 15 (1982) 1491, eq. 1,
for N components, with interaction functions ``g_ij(u)``, ``u = phi_j/(phi_i + phi_j)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit._kernels import coexistence
from membranekit.errors import MembranekitError

WATER_VOLUME = 18.07e-6
"""Volume to which potentials and frictions are scaled, of a mole of water [m3/mol]."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Small species and, last, the membrane polymer, with their interactions.

    Parameters
    ----------
    names : tuple of str
        The components.
    molar_volumes : array, shape (n + 1)
        [m3/mol].
    table : array, shape (pairs, 5, 5)
        ``V0 g_ij/V_ref`` by power of w and term of T (1, t, t2, t3, 1/T;
        t = T - 298.15 K); pair (i, j), i < j, at j (j - 1)/2 + i [1].
    rational : array, shape (pairs, 2)
        b and c of the part b/(1 - c w) [1].
    triples : array, shape (n (n + 1) (n - 1)/6, 5), optional
        ``V0 g_ijk/V_ref`` of ``g_ijk phi_i phi_j phi_k`` by term of T, triple i < j < k
        at k (k - 1)(k - 2)/6 + j (j - 1)/2 + i [1].
    groups : array of int, shape (n + 1), optional
        Components of one number share w: ``w = S_j/(S_i + S_j)`` for two groups, S the
        volume fraction of the whole group; a pair inside one has its own.
    """

    names: tuple[str, ...]
    molar_volumes: Floats
    table: Floats
    rational: Floats
    triples: Floats | None = None
    groups: NDArray[np.intc] | None = None

    @property
    def scaled(self) -> Floats:
        """Return V0/V of each component [1]."""
        return WATER_VOLUME / self.molar_volumes

    def at(self, temperature: float) -> dict[str, Any]:
        """Return the keyword arguments of the kernels at `temperature` [K]."""
        t = temperature - 298.15
        basis = np.array([1.0, t, t * t, t**3, 1.0 / temperature])
        tables: dict[str, Any] = {
            "s": self.scaled,
            "poly": np.ascontiguousarray(self.table @ basis),
            "rational": self.rational,
        }
        if self.triples is not None:
            tables["triples"] = np.ascontiguousarray(self.triples @ basis)
        if self.groups is not None:
            tables["groups"] = self.groups
        return tables

    def only(self, names: Sequence[str]) -> Mixture:
        """Return the mixture of some of the components, in the order given.

        Examples
        --------
        >>> table = np.zeros((3, 5, 5)); table[:, 0, 0] = [1.0, 2.0, 3.0]
        >>> whole = Mixture(("a", "b", "c"), np.ones(3), table, np.zeros((3, 2)))
        >>> whole.only(["c", "a"]).table[:, 0, 0].tolist()
        [2.0]
        """
        if tuple(names) == self.names:
            return self
        places = [self.names.index(name) for name in names]
        count = len(places)
        pairs = count * (count - 1) // 2
        table, rational = np.zeros((pairs, 5, 5)), np.zeros((pairs, 2))
        triples = None
        if self.triples is not None:
            triples = np.zeros((pairs * (count - 2) // 3, 5))
        for j in range(count):
            for i in range(j):
                a, b = places[i], places[j]
                law = self.table[pair_index(min(a, b), max(a, b))]
                fraction = self.rational[pair_index(min(a, b), max(a, b))]
                if a > b:
                    law, fraction = reversed_pair(law, (fraction[0], fraction[1]))
                table[pair_index(i, j)] = law
                rational[pair_index(i, j)] = fraction
                for h in range(i if self.triples is not None else 0):
                    old = triple_index(*sorted((places[h], a, b)))
                    triples[triple_index(h, i, j)] = self.triples[old]
        groups = None if self.groups is None else self.groups[places]
        volumes = self.molar_volumes[places]
        return Mixture(tuple(names), volumes, table, rational, triples, groups)

    def with_anchor(self, first: str, second: str, scaled_g: float) -> Mixture:
        """Return a copy whose pair is the constant `scaled_g` = V0 g/V_ref [1]."""
        i, j = sorted((self.names.index(first), self.names.index(second)))
        table, rational = self.table.copy(), self.rational.copy()
        table[pair_index(i, j)] = 0.0
        table[pair_index(i, j), 0, 0] = scaled_g
        rational[pair_index(i, j)] = 0.0
        return replace(self, table=table, rational=rational)


def unstable_shares(
    mixture: Mixture, first: str, second: str, temperature: float
) -> tuple[float, float] | None:
    """Return between which volume fractions of the second two components demix.

    Where ``d2G/dphi2`` is negative; looked for at every half percent.

    Parameters
    ----------
    mixture : Mixture
        Holds both.
    first, second : str
        The pair, without the others.
    temperature : float
        [K]

    Returns
    -------
    tuple of float or None
        Least and greatest unstable volume fraction of the second [1]; None: the two
        mix in all proportions.

    Examples
    --------
    >>> table = np.zeros((1, 5, 5)); table[0, 0, 0] = 3.0
    >>> two = Mixture(("a", "b"), np.full(2, WATER_VOLUME), table, np.zeros((1, 2)))
    >>> unstable_shares(two, "a", "b", 298.15)
    (0.215, 0.785)
    """
    arguments = mixture.only([first, second]).at(temperature)
    found = [
        share
        for share in np.arange(1, 200) / 200.0
        if coexistence.potentials(np.array([1.0 - share, share]), **arguments)[1][0, 0]
        < 0.0
    ]
    return (float(found[0]), float(found[-1])) if found else None


def pair_index(i: int, j: int) -> int:
    """Return the place of the pair i < j in the tables.

    Examples
    --------
    >>> [pair_index(0, 1), pair_index(0, 2), pair_index(1, 2)]
    [0, 1, 2]
    """
    return j * (j - 1) // 2 + i


def triple_index(i: int, j: int, k: int) -> int:
    """Return the place of the triple i < j < k in the tables.

    Examples
    --------
    >>> [triple_index(0, 1, 2), triple_index(0, 1, 3), triple_index(1, 2, 3)]
    [0, 1, 3]
    """
    return k * (k - 1) * (k - 2) // 6 + j * (j - 1) // 2 + i


def reversed_pair(
    table: Floats, rational: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Return the tables of g(1 - w) for those of g(w).

    Parameters
    ----------
    table : array, shape (5, 5)
        By power of w and term of T [1].
    rational : tuple of (float, float)
        b and c [1].

    Examples
    --------
    >>> table = np.zeros((5, 5)); table[1, 0] = 2.0     # 2 w
    >>> reversed_pair(table, (0.0, 0.0))[0][:2, 0].tolist()  # 2 - 2 w
    [2.0, -2.0]
    """
    new = np.zeros_like(table)
    for power in range(table.shape[0]):
        # (1 - w)**power, term by term
        term = np.array([1.0])
        for _ in range(power):
            term = np.convolve(term, [1.0, -1.0])
        new[: term.size] += np.outer(term, table[power])
    b, c = rational
    if b == 0.0:
        return new, np.zeros(2)
    return new, np.array([b / (1.0 - c), -c / (1.0 - c)])


def tangent_plane_distance(
    mixture: Mixture, amounts: Floats, temperature: float
) -> float:
    """Return the distance of a solution from demixing, as one phase.

    The polymer-free liquid that shares the solution's potentials up to one pressure has
    ``mu_lean = mu + K``; K is negative where the solution demixes and zero on the
    binodal (Michelsen, Fluid Phase Equilib. 9 (1982) 1).

    Parameters
    ----------
    amounts : array, shape (n)
        Volume of each small species per volume of polymer [1].
    temperature : float
        [K]

    Returns
    -------
    float
        K, per volume and scaled by V0/(RT) [1].

    Raises
    ------
    MembranekitError
        If the iteration fails.
    """
    found = coexistence.stability(
        np.ascontiguousarray(amounts), **mixture.at(temperature)
    )
    if found is None:
        raise MembranekitError(
            "the stability test found no polymer-free liquid beside this solution"
        )
    return float(found[0])


def cloud_point(
    mixture: Mixture, amounts: Floats, species: int, temperature: float
) -> float | None:
    """Return the amount of one species at which the solution just demixes.

    Parameters
    ----------
    amounts : array, shape (n)
        Volumes per volume of polymer; all but `species` are held [1].
    species : int
        The nonsolvent.
    temperature : float
        [K]

    Returns
    -------
    float or None
        Its volume per volume of polymer [1]; None if none up to 100 does it.
    """
    trial = np.array(amounts, dtype=float)

    def distance(amount: float) -> float:
        trial[species] = amount
        return tangent_plane_distance(mixture, trial, temperature)

    low, high = 1e-9, 1e-3
    if distance(low) < 0.0:
        return 0.0
    while distance(high) > 0.0:
        low, high = high, 2.0 * high
        if high > 100.0:
            return None
    return _root(distance, low, high)


def anchored(
    mixture: Mixture,
    first: str,
    second: str,
    amounts: Floats,
    temperature: float,
) -> float:
    """Return V0 g/V_ref of one pair that puts a solution on its binodal.

    Parameters
    ----------
    first, second : str
        The pair.
    amounts : array, shape (n)
        The solution at its cloud point: volumes per volume of polymer [1].
    temperature : float
        [K]

    Raises
    ------
    MembranekitError
        If no value from -1 to 12 does it.
    """

    def distance(g: float) -> float:
        return tangent_plane_distance(
            mixture.with_anchor(first, second, g), amounts, temperature
        )

    # from above: where g is much too low another pair may part instead
    high = 12.0
    while distance(high - 0.5) <= 0.0 and high > -0.5:
        high -= 0.5
    low = high - 0.5
    if not (distance(low) > 0.0 > distance(high)):
        raise MembranekitError(
            f"no interaction of {first} with {second} puts this cloud point on the "
            "binodal"
        )
    return _root(distance, low, high)


def _root(function, low: float, high: float) -> float:  # type: ignore[no-untyped-def]
    """Root of a function that falls through zero between two points, by bisection."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if function(middle) > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
