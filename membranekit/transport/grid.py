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
GROWTH = 0.05
WIDE_CELL = 2.2e-7
REACH = 60e-6
TAIL_GROWTH = 0.01


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
    >>> bool(abs(widths.sum() - 150e-6) < 1e-15), bool(widths[0] < 7e-9)
    (True, True)
    """
    if cells < 2 or not total > 0.0:
        raise InputError(f"{cells} cells do not fill {total} m")
    edges = _place(np.linspace(0.0, _count(total), cells + 1))
    return np.asarray(np.diff(edges) * (total / edges[-1]))


def two_sided_widths(total: float, cells: int) -> NDArray[np.float64]:
    """Return widths of a film's cells for a bath on its support side too.

    Each half is graded as `film_widths` does from the surface, the lower one from the
    support side. Twice the cells halve every width.

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
    >>> widths = two_sided_widths(150e-6, 400)
    >>> bool(abs(widths.sum() - 150e-6) < 1e-15), bool(widths[-1] < 1.1e-8)
    (True, True)
    """
    if cells < 2 or not total > 0.0:
        raise InputError(f"{cells} cells do not fill {total} m")
    middle = _count(0.5 * total)
    count = np.linspace(-middle, middle, cells + 1)
    depth = _place(middle - np.abs(count))
    edges = np.where(count <= 0.0, depth, total - depth)
    return np.asarray(np.diff(edges) * (total / edges[-1]))


# The relative width of a cell at depth z is f + a z to z_1, then constant to the reach,
# then f + w + b (z - reach). Cells counted from the surface are the integral of its
# reciprocal, which is inverted piece by piece.
_TURN = WIDE_CELL / GROWTH
_WIDE = FIRST_CELL + WIDE_CELL
_TO_TURN = float(np.log1p(WIDE_CELL / FIRST_CELL) / GROWTH)
_TO_REACH = _TO_TURN + (REACH - _TURN) / _WIDE


def _count(z: float) -> float:
    """Return the cells from the surface to depth z."""
    if z <= _TURN:
        return float(np.log1p(GROWTH * z / FIRST_CELL) / GROWTH)
    if z <= REACH:
        return float(_TO_TURN + (z - _TURN) / _WIDE)
    return float(_TO_REACH + np.log1p(TAIL_GROWTH * (z - REACH) / _WIDE) / TAIL_GROWTH)


def _place(count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the depths down to which these cells reach."""
    edges = np.where(
        count <= _TO_TURN,
        np.expm1(GROWTH * np.minimum(count, _TO_TURN)) * FIRST_CELL / GROWTH,
        _TURN + (count - _TO_TURN) * _WIDE,
    )
    below = np.expm1(TAIL_GROWTH * np.maximum(count - _TO_REACH, 0.0)) / TAIL_GROWTH
    return np.where(count <= _TO_REACH, edges, REACH + _WIDE * below)
