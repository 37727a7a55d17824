"""Capture by a clean sheet: laws, limits, and integrals done another way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membranekit.errors import InputError
from membranekit.filtration import capture, sheets, wetting
from membranekit.filtration.permeance import permeance

WATER = {"viscosity": 0.89e-3}
EVEN = [0.0, 100e-6], [0.8, 0.8], [0.3e-6, 0.3e-6]
GRADED = [0.0, 10e-6, 100e-6], [0.8, 0.8, 0.8], [0.8e-6, 0.2e-6, 5e-6]

sizes = st.floats(1e-8, 5e-6)
captures = st.floats(0.0, 1e3)


def caught(profile, particle, flux=1e-3, **more):
    return capture.path_capture(*profile, particle, flux=flux, **WATER, **more)


def test_sieving_against_a_fine_sum():
    """Midpoints of a million stretches, each counted where its passages are fine."""
    z, _, d = (np.array(each) for each in GRADED)
    for particle in (0.25e-6, 0.5e-6, 1e-6, 9e-6):
        edges = np.linspace(0.0, 100e-6, 1_000_001)
        middle = 0.5 * (edges[1:] + edges[:-1])
        pore = np.interp(middle, z, d)
        fine = capture.PASSAGE * pore < particle
        expected = np.sum(fine / (capture.SPACING * pore)) * (edges[1] - edges[0])
        assert caught(GRADED, particle).sieved == pytest.approx(expected, rel=1e-4)


def test_attachment_against_its_formula():
    found = caught(EVEN, 0.1e-6, flux=2e-3)
    rate = 3.66 * capture.diffusivity(0.1e-6, 0.89e-3, 298.15) * 1.92 * 0.8 / 9e-14
    assert found.sieved == 0.0
    assert found.attached == pytest.approx(rate * 100e-6 / 2e-3, rel=1e-12)


def test_passages_as_wide_as_a_particle_let_it_pass():
    edge = 0.3e-6 * capture.PASSAGE
    assert caught(EVEN, edge * (1 - 1e-9)).sieved == 0.0
    every = 100e-6 / (capture.SPACING * 0.3e-6)
    assert caught(EVEN, edge * (1 + 1e-9)).sieved == pytest.approx(every)


@given(sizes, st.floats(1.01, 10.0))
def test_a_larger_particle_is_never_sieved_less(particle, factor):
    small, large = caught(GRADED, particle), caught(GRADED, factor * particle)
    assert small.sieved <= large.sieved * (1 + 1e-12)
    assert small.attached > large.attached


@given(sizes, st.integers(0, 2), st.floats(0.1, 1.0))
def test_finer_pores_never_catch_less_at_the_same_flux(particle, place, factor):
    finer = [list(each) for each in GRADED]
    finer[2][place] *= factor
    assert caught(finer, particle).mean >= caught(GRADED, particle).mean * (1 - 1e-12)


@given(captures, captures, st.floats(0.1, 100.0))
def test_a_second_sheet_never_lets_more_pass_nor_as_little_as_alike_paths(m, n, k):
    one, other = capture.log_reduction(m, k), capture.log_reduction(n, k)
    both = capture.log_reduction(m + n, k)
    assert max(one, other) <= both * (1 + 1e-12)
    assert both <= (one + other) * (1 + 1e-9) + 1e-12


def test_the_gamma_law_is_the_mean_over_paths():
    k, m = 6.0, 9.0
    x = np.linspace(0.0, 20.0, 400_001)
    weight = x ** (k - 1) * np.exp(-k * x)
    expected = np.sum(weight * np.exp(-m * x)) / np.sum(weight)
    assert 10 ** -capture.log_reduction(m, k) == pytest.approx(expected, rel=1e-6)


@given(captures, st.floats(0.5, 100.0))
def test_the_needed_capture_is_the_inverse(m, k):
    reduction = capture.log_reduction(m, k)
    assert capture.needed_capture(reduction, k) == pytest.approx(m, abs=1e-9)


def test_a_rating_is_the_largest_size_that_passes():
    profile = {"flux": 5e-3, "viscosity": 0.89e-3}
    rating = capture.retention_rating(*GRADED, **profile)
    for size in np.geomspace(rating * 1.001, 6e-6, 50):
        reduction = capture.log_reduction(caught(GRADED, size, flux=5e-3).mean)
        assert reduction >= 3.0
    below = caught(GRADED, rating * 0.999, flux=5e-3).mean
    assert capture.log_reduction(below) < 3.0


def test_a_coarse_thin_sheet_has_no_rating():
    thin = [0.0, 5e-6], [0.8, 0.8], [3e-6, 3e-6]
    assert capture.retention_rating(*thin, flux=1.0, viscosity=0.89e-3) is None


@pytest.mark.parametrize("wrong", [-1e-6, 0.0, math.nan, math.inf])
def test_what_is_not_physical_is_refused(wrong):
    with pytest.raises(InputError, match="particle_diameter"):
        caught(EVEN, wrong)
    with pytest.raises(InputError, match="flux"):
        caught(EVEN, 1e-7, flux=wrong)


def test_captures_that_are_none_are_refused():
    with pytest.raises(InputError, match="capture"):
        capture.log_reduction(-1.0)
    with pytest.raises(InputError, match="heterogeneity"):
        capture.log_reduction(1.0, 0.0)


# ------------------------------------------------------------------------ wetting
@settings(max_examples=50)
@given(st.floats(0.0, math.pi), st.floats(0.0, 0.5), st.floats(1e-8, 1e-5))
def test_water_enters_harder_where_it_likes_the_wall_less(angle, more, pore):
    here = wetting.entry_pressure(pore, angle, 0.072)
    there = wetting.entry_pressure(pore, min(angle + more, math.pi), 0.072)
    assert 0.0 <= here <= there * (1 + 1e-12)
    assert wetting.entry_pressure(2 * pore, angle, 0.072) <= here


# ----------------------------------------------------------------- marketed sheets
@pytest.mark.parametrize(("name", "flux"), [("A", 30.0), ("B", 15.0)])
def test_declared_sheets_have_the_stated_flux(name, flux):
    sheet = sheets.marketed(name)
    found = permeance(sheet.depth, sheet.porosity, sheet.pore_diameter, 0.89e-3)
    assert found * 101325.0 * 6000.0 == pytest.approx(flux, rel=1e-12)
    assert sheet.depth[-1] == pytest.approx(125e-6)
    assert sheet.porosity == pytest.approx([0.72, 0.72])


def test_only_an_asymmetric_sheet_has_pores_of_its_rating():
    assert sheets.marketed("A").pore_diameter[0] == pytest.approx(0.2e-6)
    assert np.ptp(sheets.marketed("B").pore_diameter) == 0.0


def test_an_unknown_sheet_is_named_with_those_there_are():
    with pytest.raises(InputError, match="'C'; there are A, B"):
        sheets.marketed("C")
