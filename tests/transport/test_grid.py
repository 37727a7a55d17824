"""Grids: what they fill, and how they refine."""

import numpy as np
import pytest

from membranekit.errors import InputError
from membranekit.transport import grid

KINDS = [grid.film_widths, grid.two_sided_widths]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total", [2e-6, 20e-6, 150e-6, 1e-3])
@pytest.mark.parametrize("cells", [2, 40, 400, 5000])
def test_a_films_cells_fill_it(kind, total, cells):
    widths = kind(total, cells)
    assert widths.size == cells
    assert (widths > 0.0).all()
    assert widths.sum() == pytest.approx(total, rel=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total", [20e-6, 150e-6, 500e-6])
def test_twice_the_cells_split_each_cell(kind, total):
    """Edges of the coarse grid are edges of the fine one, so errors compare."""
    coarse, fine = np.cumsum(kind(total, 100)), np.cumsum(kind(total, 200))
    np.testing.assert_allclose(fine[1::2], coarse, rtol=1e-12)


def test_a_films_cells_never_get_finer_with_depth():
    widths = grid.film_widths(300e-6, 400)
    assert (np.diff(widths) > -1e-12 * widths[1:]).all()


def test_cells_are_equal_where_fronts_stand():
    widths = grid.film_widths(150e-6, 400)
    depth = np.cumsum(widths)
    within = widths[(depth > 5e-6) & (depth < 59e-6)]
    assert within.max() / within.min() == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("total", [5e-6, 40e-6, 150e-6, 1e-3])
@pytest.mark.parametrize("cells", [80, 401])
def test_a_bath_on_both_sides_meets_the_same_cells_on_both(total, cells):
    both = grid.two_sided_widths(total, cells)
    np.testing.assert_allclose(both, both[::-1], rtol=1e-9)
    half = grid.film_widths(0.5 * total, cells // 2)
    if cells % 2 == 0:
        np.testing.assert_allclose(both[: cells // 2], half, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("total", "cells"), [(0.0, 10), (-1e-6, 10), (1e-6, 1)])
def test_a_film_needs_width_and_cells(kind, total, cells):
    with pytest.raises(InputError, match="do not fill"):
        kind(total, cells)


@pytest.mark.parametrize("cells", [2, 70, 5000])
def test_a_graded_grid_fills_its_length_from_its_first_cell(cells):
    widths = grid.graded(1e-3, 1e-8, cells)
    assert widths.sum() == pytest.approx(1e-3, rel=1e-13)
    assert widths[0] == pytest.approx(1e-8, rel=1e-9)
    ratio = widths[1:] / widths[:-1]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)


def test_a_graded_grid_is_even_where_its_first_cell_is_wide():
    np.testing.assert_allclose(grid.graded(1.0, 0.3, 4), 0.25)
