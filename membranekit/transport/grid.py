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
    low, high = 1.0, 2.0
    while first * (high**cells - 1.0) / (high - 1.0) < total:
        high *= 2.0
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
