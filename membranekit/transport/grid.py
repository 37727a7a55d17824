"""Cells of the film and of a bath, graded towards the surface between them."""

import numpy as np
from numpy.typing import NDArray

from membranekit.errors import InputError


def graded(total: float, first: float, cells: int) -> NDArray[np.float64]:
    """Return cell widths in geometric progression that add up to `total`.

    Parameters
    ----------
    total : float
        What the cells fill [m].
    first : float
        Width of the first cell [m].
    cells : int
        How many.

    Returns
    -------
    array, shape (cells)
        Widths, first cell first [m]; equal ones where `first` is total/cells or more.

    Examples
    --------
    >>> widths = graded(150e-6, 2e-8, 100)
    >>> bool(abs(widths.sum() - 150e-6) < 1e-15)
    True
    """
    if cells < 2 or not 0.0 < first < total:
        raise InputError(f"{cells} cells from {first} m do not fill {total} m")
    if first * cells >= total:
        return np.full(cells, total / cells)
    # the last cell is no wider than all together
    low, high = 1.0, (total / first) ** (1.0 / (cells - 1))
    for _ in range(200):
        ratio = 0.5 * (low + high)
        if ratio in (low, high):
            break
        if first * np.expm1(cells * np.log(ratio)) / (ratio - 1.0) < total:
            low = ratio
        else:
            high = ratio
    widths = first * ratio ** np.arange(cells)
    return np.asarray(widths * (total / widths.sum()))


FIRST_CELL = 5e-9
GROWTH = 0.03
WIDE_CELL = 1.8e-7
REACH = 45e-6
TAIL_GROWTH = 0.02


def film_widths(total: float, cells: int) -> NDArray[np.float64]:
    """Return widths of a cast film's cells, for the fronts that pass through it.

    Near the surface a cell takes a share of its depth, since the bath's first traces
    there know no other length; from a few micrometers to `REACH`, where fronts of
    demixing stand when the bath comes, cells are equal; below they widen again. Twice
    the cells halve every width.

    Parameters
    ----------
    total : float
        Wet thickness [m].
    cells : int
        How many.

    Returns
    -------
    array, shape (cells)
        Widths, first cell first [m].

    Examples
    --------
    >>> widths = film_widths(150e-6, 400)
    >>> bool(abs(widths.sum() - 150e-6) < 1e-15), bool(widths[0] < 6e-9)
    (True, True)
    """
    if cells < 2 or not total > 0.0:
        raise InputError(f"{cells} cells do not fill {total} m")
    # the relative width is f + a z to z_1, then constant, then f + w + b (z - reach):
    # cells counted from the surface are its reciprocal's integral, inverted by piece
    turn = WIDE_CELL / GROWTH
    wide = FIRST_CELL + WIDE_CELL
    to_turn = np.log1p(WIDE_CELL / FIRST_CELL) / GROWTH
    to_reach = to_turn + (REACH - turn) / wide

    def count(z: float) -> float:
        if z <= turn:
            return float(np.log1p(GROWTH * z / FIRST_CELL) / GROWTH)
        if z <= REACH:
            return float(to_turn + (z - turn) / wide)
        return float(
            to_reach + np.log1p(TAIL_GROWTH * (z - REACH) / wide) / TAIL_GROWTH
        )

    place = np.linspace(0.0, count(total), cells + 1)
    edges = np.where(
        place <= to_turn,
        np.expm1(GROWTH * np.minimum(place, to_turn)) * FIRST_CELL / GROWTH,
        turn + (place - to_turn) * wide,
    )
    below = np.expm1(TAIL_GROWTH * np.maximum(place - to_reach, 0.0)) / TAIL_GROWTH
    edges = np.where(place <= to_reach, edges, REACH + wide * below)
    return np.asarray(np.diff(edges) * (total / edges[-1]))
