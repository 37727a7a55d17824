"""From an interaction set and its substances to the tables of the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library
from membranekit.substances import InteractionSet, Substance
from membranekit.thermo.flory_huggins import (
    WATER_VOLUME,
    Mixture,
    pair_index,
    reversed_pair,
    triple_index,
    unstable_shares,
)


def mixture_of(
    names: Sequence[str], interaction_set: InteractionSet, *, extra: Iterable[Any] = ()
) -> Mixture:
    """Return the components of a set as the kernels take them.

    ``b_ij = V0 g_ij/V_ref``, each pair with the reference volume its numbers refer to.

    Parameters
    ----------
    names : sequence of str
        Canonical names, the membrane polymer last; the set may hold more.
    interaction_set : InteractionSet
        As `library.interaction_set` gives it, with canonical names.
    extra : iterable of Substance, optional
        Substances that stand for those of the same name in the library.

    Raises
    ------
    MaterialError
        If the set lacks a pair, or a substance is not known.

    Examples
    --------
    >>> names = ["water", "NMP", "polysulfone P-3500"]
    >>> mixture = mixture_of(names, library.interaction_set(names))
    >>> bool(mixture.molar_volumes[0] < mixture.molar_volumes[2])
    True
    """
    extra = tuple(extra)
    own = {each.name: each for each in extra if isinstance(each, Substance)}

    def volume(name: str) -> float:
        home = interaction_set.pack
        known = own.get(name) or library.lookup(name, extra=extra, home=home)
        return known.molar_volume

    volumes = {name: volume(name) for name in names}

    def scale(reference: str) -> float:
        if reference not in volumes:
            volumes[reference] = volume(reference)
        return WATER_VOLUME / volumes[reference]

    count = len(names)
    table = np.zeros((count * (count - 1) // 2, 5, 5))
    rational = np.zeros((table.shape[0], 2))
    for j in range(count):
        for i in range(j):
            pair = interaction_set.pair(names[i], names[j])
            law, fraction = pair.kernel_coefficients()
            if pair.between[0] != names[i]:
                law, fraction = reversed_pair(law, fraction)
            size = scale(pair.reference_volume)
            table[pair_index(i, j)] = size * law
            rational[pair_index(i, j)] = size * fraction[0], fraction[1]
    triples = None
    place = {name: k for k, name in enumerate(names)}
    for ternary in interaction_set.ternaries:
        if place.keys() >= set(ternary.between):
            if triples is None:
                triples = np.zeros((count * (count - 1) * (count - 2) // 6, 5))
            i, j, k = sorted(place[name] for name in ternary.between)
            size = scale(ternary.reference_volume)
            triples[triple_index(i, j, k)] = size * np.array(ternary.terms)
    return Mixture(
        tuple(names),
        np.array([volumes[name] for name in names]),
        table,
        rational,
        triples,
        _groups(names, interaction_set),
    )


def _groups(
    names: Sequence[str], interaction_set: InteractionSet
) -> NDArray[np.intc] | None:
    """Return a number for each component, the same inside a class; None: no class."""
    groups = np.arange(len(names), dtype=np.intc)
    for number, (_, members) in enumerate(interaction_set.classes, len(names)):
        here = [k for k, name in enumerate(names) if name in members]
        if len(here) > 1:
            groups[here] = number
    return groups if groups.max() >= len(names) else None


def demixing_liquids(
    mixture: Mixture, liquids: Sequence[str], temperature: float
) -> list[str]:
    """Say of each pair of liquids that the interactions let demix on its own.

    A set can be good near the polymer and wrong here, and what is computed beyond such
    a gap is then wrong too.

    Parameters
    ----------
    mixture : Mixture
        From `mixture_of`.
    liquids : sequence of str
        Canonical names; others are left out.
    temperature : float
        [K]

    Examples
    --------
    >>> from membranekit import library
    >>> names = ["water", "NMP", "polysulfone P-3500"]
    >>> demixing_liquids(
    ...     mixture_of(names, library.interaction_set(names)), names[:2], 298.15
    ... )
    []
    """
    notes = []
    for first, second in combinations(liquids, 2):
        found = unstable_shares(mixture, first, second, temperature)
        if found is not None:
            low, high = (100.0 * share for share in found)
            notes.append(
                f"by these interactions {first} and {second} demix without polymer, "
                f"between {low:.3g} and {high:.3g} vol% {second}: if they do mix, the "
                "set is wrong there, and what is computed with it may be"
            )
    return notes
