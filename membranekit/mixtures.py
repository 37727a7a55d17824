"""From an interaction set and its substances to the tables of the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from membranekit import library
from membranekit.substances import InteractionSet, Substance
from membranekit.thermo.flory_huggins import (
    WATER_VOLUME,
    Mixture,
    pair_index,
    reversed_pair,
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
    >>> mixture.molar_volumes[0] < mixture.molar_volumes[2]
    True
    """
    extra = tuple(extra)
    own = {each.name: each for each in extra if isinstance(each, Substance)}

    def volume(name: str) -> float:
        return (own.get(name) or library.lookup(name, extra=extra)).molar_volume

    volumes = {name: volume(name) for name in names}
    count = len(names)
    table = np.zeros((count * (count - 1) // 2, 5, 5))
    rational = np.zeros((table.shape[0], 2))
    for j in range(count):
        for i in range(j):
            pair = interaction_set.pair(names[i], names[j])
            law, fraction = pair.kernel_coefficients()
            if pair.between[0] != names[i]:
                law, fraction = reversed_pair(law, fraction)
            reference = pair.reference_volume
            if reference not in volumes:
                volumes[reference] = volume(reference)
            scale = WATER_VOLUME / volumes[reference]
            table[pair_index(i, j)] = scale * law
            rational[pair_index(i, j)] = scale * fraction[0], fraction[1]
    return Mixture(
        tuple(names), np.array([volumes[name] for name in names]), table, rational
    )
