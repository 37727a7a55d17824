"""From an interaction set and its substances to the tables of the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        return (own.get(name) or library.lookup(name, extra=extra)).molar_volume

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
