"""Read the dry sheet, its pores and the coacervation front off a film."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library
from membranekit._kernels.film import Film
from membranekit.prepared import Floats, Run
from membranekit.structure import pores

LONGEST_AIR = 30.0
LIQUID_SHARE = 0.01
"""Share of membrane polymer below which a depth counts as liquid [1]."""
LEAST_LIQUID = 1e-6
"""Liquid on a film that a note tells of [m]."""


def dry_sheet(run: Run, film: Film, polymer: Floats) -> dict[str, Any]:
    """Return the dry sheet: cells, depths, pores, porosity, and remarks."""
    times, growth, at_arrest = film.clocks()
    binodal, _, arrest = times
    final, lean = film.film_amounts(), film.lean_amounts()
    frozen = np.isfinite(arrest)
    amounts = np.where(frozen[:, None], at_arrest[0], final)
    lean = np.where(frozen[:, None], at_arrest[1], lean)
    notes = []
    # dissolved polymers are held by their entanglements; what is small leaves walls of
    # 0.1 um in a bath or rinse even at 1e-15 m2/s
    stays = np.array([each.polymeric for each in run.model.species])
    solid = 1.0 + ((amounts - lean) * stays).sum(axis=1)
    volume = 1.0 + amounts.sum(axis=1)
    demixed = np.isfinite(binodal) & ~(frozen & (arrest <= binodal))
    start = run.polymer.get("start_pore_diameter").at(298.15)
    pore = start + run.constants["growth_speed"] * growth
    # the walls lose the liquid they held when arrested, and the sheet grows thinner
    left = solid / (volume - lean.sum(axis=1))
    height = volume * pores.shrinkage(left, run.constants["skeleton_poisson_ratio"])
    porosity = np.where(demixed, 1.0 - solid / height, 1e-6)
    # a dense layer thinner than a pore is part of a pore's wall, not a skin
    for first, last in dense_layers(demixed):
        if float((polymer * solid)[first:last].sum()) < start:
            other = last if last < demixed.size else first - 1
            pore[first:last] = pore[other]
            porosity[first:last] = porosity[other]
            demixed[first:last] = True
    water = library.builtin("water")
    porosity = pores.collapsed_porosity(
        porosity,
        pore,
        yield_stress=run.polymer.get("yield_stress").at(298.15),
        surface_tension=water.get("surface_tension").at(298.15),
        contact_angle=run.polymer.get("contact_angle").at(298.15),
    )
    porosity = np.maximum(porosity, 1e-6)
    cell = polymer * solid / (1.0 - porosity)
    edges = np.concatenate([[0.0], np.cumsum(cell)])
    if not demixed.all():
        share = float(cell[~demixed].sum() / edges[-1])
        notes.append(
            f"{100 * share:.3g} % of the sheet did not demix before the last bath "
            "ended: it is dense, its pore diameter only the start value; a longer bath "
            "may demix it (a rinse is not simulated)"
        )
    if not frozen[demixed].all():
        share = float(cell[demixed & ~frozen].sum() / edges[-1])
        notes.append(
            f"{100 * share:.3g} % of the sheet was not arrested when the last bath "
            "ended; its pores count as they were then"
        )
    return {
        "cell": cell,
        "depth": 0.5 * (edges[1:] + edges[:-1]),
        "pore": pore,
        "porosity": porosity,
        "notes": notes,
    }


def peeling_notes(
    on_support: NDArray[np.bool_] | None, cell: Floats, peeled: float
) -> list[str]:
    """Say what of the sheet was arrested after the film had left its support.

    Parameters
    ----------
    on_support : array, shape (cells), optional
        Whether each depth was arrested on the support; none: the film never left it.
    cell : array, shape (cells)
        Thickness of each cell in the dry sheet [m].
    peeled : float
        When a bath first acted on both sides [s].
    """
    if on_support is None or on_support.all():
        return []
    share = float(cell[~on_support].sum() / cell.sum())
    return [
        f"a bath acted on both sides from {peeled:.4g} s on; the {100 * share:.3g} % "
        "of the sheet that was not arrested by then has the pores of the clock alone: "
        "the law of the support side is of a film on its support"
    ]


def dense_layers(demixed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each run of cells that did not demix.

    Empty when no cell demixed.
    """
    if not demixed.any():
        return []
    changes = np.flatnonzero(np.diff(np.concatenate([[1], demixed, [1]])))
    return [(int(a), int(b)) for a, b in changes.reshape(-1, 2)]


def coacervation_front(polymer: Floats, distances: Floats, binodal: Floats) -> float:
    """Return the polymer volume above the deepest point that demixed in air [m].

    The tangent-plane distance K is smooth across the front and vanishes there.
    """
    demixed = np.flatnonzero(np.isfinite(binodal) | (distances < 0.0))
    if demixed.size == 0:
        return 0.0
    k = int(demixed[-1])
    edges = np.concatenate([[0.0], np.cumsum(polymer)])
    centers = 0.5 * (edges[1:] + edges[:-1])
    if k + 1 == polymer.size:
        return float(edges[-1])
    # K has a kink at the front, so it is continued from the side that is one phase
    if k + 3 < polymer.size:
        x, y = centers[k + 1 : k + 4], distances[k + 1 : k + 4]
        slope = (y[1] - y[0]) / (x[1] - x[0])
        bend = ((y[2] - y[1]) / (x[2] - x[1]) - slope) / (x[2] - x[0])
        slope -= bend * (x[1] - x[0])
        root = slope * slope - 4.0 * bend * y[0]
        if slope > 0.0 and root >= 0.0:
            place = x[0] - 2.0 * y[0] / (slope + math.sqrt(root))
            return float(min(max(place, centers[k]), centers[k + 1]))
    return float(edges[k + 1])


def liquid_on_film(polymer: Floats, amounts: Floats) -> float:
    """Return the thickness of what holds next to no membrane polymer [m].

    Parameters
    ----------
    polymer : array, shape (cells)
        Volume of membrane polymer per area of each cell [m].
    amounts : array, shape (cells, species)
        Volume of each species per volume of membrane polymer [1].
    """
    whole = 1.0 + amounts.sum(axis=1)
    return float((polymer * whole)[whole * LIQUID_SHARE > 1.0].sum())


def air_notes(
    arrest: Floats, depth: Floats, in_air: float, condensed: float, liquid: float
) -> list[str]:
    """Say what the air did that its time alone does not tell.

    Parameters
    ----------
    arrest : array, shape (cells)
        When each depth was arrested [s]; NaN: not.
    depth : array, shape (cells)
        In the dry sheet [m].
    in_air : float
        Time in the air [s].
    condensed : float
        When the film was last colder than the air's dew point [s]; 0: never.
    liquid : float
        What held next to no membrane polymer when the air ended [m].
    """
    notes = []
    if condensed > 0.0:
        notes.append(
            f"until {condensed:.3g} s the film was colder than the air's dew point: "
            "water condensed on it, and was taken up as a liquid; separate drops "
            "(breath figures) are not modeled"
        )
    if liquid > LEAST_LIQUID:
        # a cell is an amount of polymer, however much liquid it takes up
        notes.append(
            f"when the air ended, {1e6 * liquid:.3g} um of the film were liquid with "
            f"less than {100 * LIQUID_SHARE:g} % of membrane polymer: few cells hold "
            "it, and depths may change much with their number (compare twice the cells)"
        )
    if arrest[0] < in_air:
        still = np.flatnonzero(~(arrest < in_air))
        reach = depth[-1] if still.size == 0 else depth[still[0]]
        notes.append(
            f"the surface was arrested in the air, after {arrest[0]:.3g} s, and so "
            f"down to {1e6 * reach:.3g} um before the bath: those pores stopped growing"
        )
    if in_air > LONGEST_AIR:
        notes.append(
            f"{in_air:.4g} s of air are more than the {LONGEST_AIR:g} s that the "
            "growth of pores was compared with"
        )
    return notes
