"""The minimum-pore layer: states, margins, places."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit.filtration import capture
from membranekit.structure import pores

EDGES = np.linspace(0.0, 100e-6, 201)
DEPTH = 0.5 * (EDGES[1:] + EDGES[:-1])


def layer(pore, **more):
    return pores.minimum_pore_layer(EDGES, DEPTH, pore, **more)


def valley(place, slope=0.05):
    return 1e-7 + slope * np.abs(DEPTH - place)


def test_fine_pores_at_the_surface_alone_are_a_surface_layer():
    found = layer(1e-7 + 0.05 * DEPTH)
    assert found.state == "surface"
    assert found.depth == 0.0


def test_a_layer_at_the_surface_has_the_finest_pores_there_are():
    pore = 1e-7 + 0.05 * np.abs(DEPTH - 1.1e-6)
    found = layer(pore)
    assert found.state == "surface"
    assert found.pore_diameter == pytest.approx(1e-7, rel=1e-6)


def test_a_thin_valley_is_inside_where_it_lies():
    found = layer(valley(12.3e-6))
    assert found.state == "inside"
    assert found.depth == pytest.approx(12.3e-6, abs=1e-9)
    assert found.pore_diameter == pytest.approx(1e-7, rel=1e-6)


def test_a_valley_wider_than_a_third_is_not_clear():
    assert layer(valley(50e-6, slope=0.002)).state == "not clear"


def test_fine_pores_at_the_support_are_not_clear():
    assert layer(1e-6 - 9e-3 * DEPTH).state == "not clear"


def test_fine_pores_at_two_depths_are_not_clear():
    """A surface as fine as a depth apart from it is no layer at the surface."""
    pore = valley(60e-6)
    pore[:4] = 1.2e-7
    found = layer(pore)
    assert found.state == "not clear"
    assert found.margins["zones"] == 2


def test_a_sheet_with_equal_pores_has_one_zone():
    found = layer(np.full(DEPTH.size, 1e-7))
    assert found.margins["zone"] == pytest.approx(1.0)
    assert found.margins["zones"] == 1


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_states_margins_do_not_know_the_unit(factor):
    first, other = layer(valley(20e-6)), layer(factor * valley(20e-6))
    assert other.state == first.state
    assert other.margins["zone"] == pytest.approx(first.margins["zone"])


def test_the_zones_add_up_to_what_lies_below_the_limit():
    pore = 1e-7 * (2.0 + np.sin(DEPTH / 7e-6))
    zones = pores.fine_zones(EDGES, DEPTH, pore, 1.5e-7)
    share = sum(end - begin for begin, end in zones) / 100e-6
    assert share == pytest.approx(np.mean(pore < 1.5e-7), abs=0.02)
    assert all(begin < end for begin, end in zones)


def test_the_support_side_gets_its_diameter_and_the_rest_above_stays():
    pore = valley(10e-6)
    wide = pores.support_side(DEPTH, pore, 100e-6, 30e-6, 8e-6)
    above = DEPTH < 30e-6
    np.testing.assert_array_equal(wide[above], pore[above])
    assert (wide >= pore).all()
    end = wide[-1] + 0.5 * (wide[-1] - wide[-2])
    assert end == pytest.approx(8e-6, rel=2e-2)


def test_what_was_arrested_off_the_support_keeps_its_pores():
    pore = valley(10e-6)
    held = DEPTH < 60e-6
    part = pores.support_side(DEPTH, pore, 100e-6, 30e-6, 8e-6, held)
    np.testing.assert_array_equal(part[~held], pore[~held])
    # what lies on the support does not know what becomes of the rest
    other = np.where(held, pore, 1e-9)
    again = pores.support_side(DEPTH, other, 100e-6, 30e-6, 8e-6, held)
    np.testing.assert_array_equal(again[held], part[held])
    widened = held & (DEPTH > 31e-6)
    assert (part[widened] > 1.0001 * pore[widened]).all()
    whole = pores.support_side(DEPTH, pore, 100e-6, 30e-6, 8e-6, DEPTH > 0.0)
    np.testing.assert_array_equal(
        whole, pores.support_side(DEPTH, pore, 100e-6, 30e-6, 8e-6)
    )
    none = pores.support_side(DEPTH, pore, 100e-6, 30e-6, 8e-6, DEPTH < 0.0)
    np.testing.assert_array_equal(none, pore)


def test_the_support_side_makes_nothing_finer():
    pore = valley(10e-6)
    np.testing.assert_array_equal(
        pores.support_side(DEPTH, pore, 100e-6, 30e-6, 1e-9), pore
    )


def test_a_sheet_demixed_to_its_end_is_left_alone():
    pore = valley(10e-6)
    assert pores.support_side(DEPTH, pore, 100e-6, 100e-6, 1e-5) is pore


def test_drying_closes_the_finest_pores_first():
    strength = {"yield_stress": 5e7, "surface_tension": 0.072, "contact_angle": 1.0}
    porosity = pores.collapsed_porosity(
        np.full(3, 0.9), np.array([5e-9, 5e-8, 5e-6]), **strength
    )
    assert porosity[0] < porosity[1] < porosity[2] == 0.9


SHARES = st.floats(0.02, 1.0)


@given(SHARES, st.floats(0.0, 0.49), st.floats(0.0, 0.95))
def test_a_dry_depth_is_between_dense_polymer_and_wet(left, nu, open_share):
    """Walls take 1 - open_share of a wet depth, and are left of that when dense."""
    height = pores.shrinkage(np.array([left]), nu)[0]
    assert height <= 1.0
    assert height >= left * (1.0 - open_share) * (1.0 - 1e-12)


@given(st.floats(0.02, 0.98), st.floats(0.0, 0.48))
def test_planes_that_hold_each_other_more_lose_more_height(left, nu):
    walls = np.array([left])
    assert pores.shrinkage(walls, nu + 0.01)[0] < pores.shrinkage(walls, nu)[0]


def test_walls_that_lose_nothing_keep_their_height():
    assert pores.shrinkage(np.array([1.0]), 1 / 3)[0] == 1.0


def test_incompressible_walls_keep_their_porosity():
    """nu = 1/2: all loss of volume is loss of height, so walls keep their share."""
    assert pores.shrinkage(np.array([0.37]), 0.5)[0] == pytest.approx(0.37)


def test_nothing_is_fluid_behind_a_front_that_arrest_follows_at_once():
    when = np.linspace(0.0, 3.0, DEPTH.size)
    assert pores.fluid_behind(DEPTH, when, when) == 0.0
    late = pores.fluid_behind(DEPTH, when, when + 0.3)
    assert late == pytest.approx(10e-6, rel=0.06)
    assert pores.fluid_behind(DEPTH, when, when + 0.6) > late
    never = np.full(DEPTH.size, np.nan)
    assert pores.fluid_behind(DEPTH, never, never) == 0.0
    assert pores.fluid_behind(DEPTH, when, never) == pytest.approx(99.5e-6)


VOIDS = {
    "thickness": 1e-4,
    "fluid": 2e-5,
    "dissolved": 0.2,
    "limit": 0.25,
    "diameter": 1e-6,
}


@pytest.mark.parametrize(
    ("front", "change"),
    [(1e-5, {}), (0.0, {"fluid": 1e-7}), (0.0, {"dissolved": 0.3})],
    ids=["thick front", "arrested walls", "a viscous dope"],
)
def test_macrovoids_need_all_three(front, change):
    assert pores.support_side_state(0.0, **VOIDS).label == "macrovoids"
    side = pores.support_side_state(front, **{**VOIDS, **change})
    assert (side.label, side.diameter) == ("sponge", VOIDS["diameter"])


def test_macrovoids_are_no_wider_than_their_sheet():
    side = pores.support_side_state(0.0, **{**VOIDS, "thickness": 3e-5})
    assert side.low < side.diameter < side.high == 3e-5


def test_pores_in_one_plane_scatter_as_paths_do():
    """One number of Table 2's A and A', read in two places."""
    paths = 1.0 / math.sqrt(capture.HETEROGENEITY)
    assert math.log(pores.SCATTER) == pytest.approx(paths, rel=0.01)
