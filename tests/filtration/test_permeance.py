"""Permeance, surface and bubble point: laws first, then values worked by hand."""

import math

import numpy as np
import pytest

from membranekit.errors import InputError
from membranekit.filtration.permeance import (
    bubble_point,
    mean_inverse,
    permeability_coefficient,
    permeance,
    specific_surface_area,
    surface_coefficient,
)

VISCOSITY = 0.89e-3
DENSITY = 1240.0


def uniform(thickness=100e-6, porosity=0.8, pore_diameter=0.5e-6, points=5):
    z = np.linspace(0.0, thickness, points)
    return z, np.full(points, porosity), np.full(points, pore_diameter)


def graded(points=401):
    """A sheet with its finest pores inside."""
    z = np.linspace(0.0, 100e-6, points)
    d = 0.2e-6 + 0.1 * np.abs(z - 10e-6)
    return z, 0.80 + 500.0 * z, d


@pytest.mark.parametrize(("eps", "kappa", "c_k"), [(0.75, 2.11, 26), (0.85, 1.70, 23)])
def test_coefficients_at_their_nodes(eps, kappa, c_k):
    assert surface_coefficient(eps) == pytest.approx(kappa)
    assert permeability_coefficient(eps) == pytest.approx(c_k)


def test_coefficients_are_continued_in_straight_lines_and_stay_positive():
    assert permeability_coefficient(0.72) == pytest.approx(26.0 + 0.03 * 40.0)
    assert surface_coefficient(0.90) == pytest.approx(1.70 - 0.05 * 4.4)
    every = np.linspace(0.0, 1.0, 101)
    assert np.all(surface_coefficient(every) > 0.0)
    assert np.all(permeability_coefficient(every) > 0.0)


def test_uniform_sheet_is_darcy():
    expected = 0.8 * (0.5e-6) ** 2 / 24.0 / (VISCOSITY * 100e-6)
    assert permeance(*uniform(), VISCOSITY) == pytest.approx(expected, rel=1e-12)


def test_doubling_thickness_halves_permeance():
    thick = permeance(*uniform(thickness=200e-6), VISCOSITY)
    assert permeance(*uniform(), VISCOSITY) / thick == pytest.approx(2.0)


def test_permeance_goes_with_the_square_of_the_diameter():
    fine = permeance(*uniform(pore_diameter=0.25e-6), VISCOSITY)
    assert permeance(*uniform(), VISCOSITY) / fine == pytest.approx(4.0)


def test_resistances_add_in_series():
    z, eps, d = graded()
    cut = 160
    upper = permeance(z[: cut + 1], eps[: cut + 1], d[: cut + 1], VISCOSITY)
    lower = permeance(z[cut:], eps[cut:], d[cut:], VISCOSITY)
    whole = permeance(z, eps, d, VISCOSITY)
    assert 1.0 / whole == pytest.approx(1.0 / upper + 1.0 / lower, rel=1e-12)


def test_a_sheet_turned_over_has_the_same_permeance():
    z, eps, d = graded()
    turned = permeance(z[-1] - z[::-1], eps[::-1], d[::-1], VISCOSITY)
    assert turned == pytest.approx(permeance(z, eps, d, VISCOSITY), rel=1e-12)


def test_finer_pores_anywhere_lower_the_permeance():
    z, eps, d = graded()
    narrowed = d.copy()
    narrowed[200:220] *= 0.5
    assert permeance(z, eps, narrowed, VISCOSITY) < permeance(z, eps, d, VISCOSITY)


@pytest.mark.parametrize("points", [2, 7, 201])
def test_linear_diameter_gives_its_exact_integral(points):
    """With d = a + b z the integral of dz/d^2 is L/(d_0 d_L)."""
    z = np.linspace(0.0, 100e-6, points)
    d = 0.2e-6 + 0.01 * z
    exact = 0.8 * d[0] * d[-1] / (24.0 * VISCOSITY * z[-1])
    found = permeance(z, np.full(points, 0.8), d, VISCOSITY)
    assert found == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("points", [2, 7, 201])
def test_linear_diameter_gives_its_exact_surface(points):
    z = np.linspace(0.0, 100e-6, points)
    d = 0.2e-6 + 0.01 * z
    mean = math.log(d[-1] / d[0]) / (d[-1] - d[0])
    found = specific_surface_area(z, np.full(points, 0.8), d, DENSITY)
    assert found == pytest.approx(1.92 * 0.8 * mean / (0.2 * DENSITY), rel=1e-12)


def test_a_mean_inverse_has_no_jump_where_its_series_takes_over():
    steps = np.array([0.9999e-4, 1.0001e-4, 0.0, 1e-12])
    found = mean_inverse(np.ones(4), 1.0 + steps)
    assert found == pytest.approx(1.0 - steps / 2.0 + steps**2 / 3.0, rel=1e-11)


def test_surface_of_a_uniform_sheet():
    expected = 1.92 * 0.8 / (0.2 * DENSITY * 0.5e-6)
    found = specific_surface_area(*uniform(), DENSITY)
    assert found == pytest.approx(expected, rel=1e-12)
    assert specific_surface_area(*uniform(thickness=1e-3), DENSITY) == pytest.approx(
        found
    )


def test_surface_is_weighted_by_polymer_mass():
    """Equal layers of two porosities: surfaces add, masses add, S does not."""
    z = np.array([0.0, 50e-6, 50e-6 + 1e-15, 100e-6])
    eps = np.array([0.75, 0.75, 0.85, 0.85])
    d = np.array([1e-6, 1e-6, 4e-6, 4e-6])
    surface = 2.11 * 0.75 / 1e-6 + 1.70 * 0.85 / 4e-6
    expected = surface / ((0.25 + 0.15) * DENSITY)
    assert specific_surface_area(z, eps, d, DENSITY) == pytest.approx(expected)


def test_roughness_multiplies_the_surface():
    smooth = specific_surface_area(*graded(), DENSITY)
    rough = specific_surface_area(*graded(), DENSITY, roughness=2.5)
    assert rough / smooth == pytest.approx(2.5)


def test_bubble_point_by_young_laplace():
    assert bubble_point(0.2e-6, 0.0, 0.072) == pytest.approx(1.44e6)
    assert bubble_point(0.2e-6, math.radians(60.0), 0.072) == pytest.approx(0.72e6)


@pytest.mark.parametrize("degrees", [90.0, 110.0, 180.0])
def test_no_bubble_point_where_the_liquid_does_not_wet(degrees):
    assert bubble_point(0.2e-6, math.radians(degrees), 0.072) is None


@pytest.mark.parametrize(
    ("name", "index", "wrong"),
    [
        ("depth", 0, [0.0, 2e-6, 1e-6]),
        ("depth", 0, [0.0, math.nan, 1e-6]),
        ("porosity", 1, [0.8, 1.0, 0.8]),
        ("porosity", 1, [0.8, math.nan, 0.8]),
        ("pore_diameter", 2, [1e-6, 0.0, 1e-6]),
        ("pore_diameter", 2, [1e-6, math.inf, 1e-6]),
        ("shapes", 2, [1e-6, 1e-6]),
    ],
)
def test_a_wrong_profile_is_named(name, index, wrong):
    profile = list(uniform(points=3))
    profile[index] = np.array(wrong)
    with pytest.raises(InputError, match=name):
        permeance(*profile, VISCOSITY)
    with pytest.raises(InputError, match=name):
        specific_surface_area(*profile, DENSITY)


def test_wrong_scalars_are_named():
    with pytest.raises(InputError, match="viscosity"):
        permeance(*uniform(), 0.0)
    with pytest.raises(InputError, match="polymer_density"):
        specific_surface_area(*uniform(), -1.0)
    with pytest.raises(InputError, match="roughness"):
        specific_surface_area(*uniform(), DENSITY, roughness=0.0)
    with pytest.raises(InputError, match="contact_angle"):
        bubble_point(1e-6, 75.0, 0.072)
    with pytest.raises(InputError, match="pore_diameter"):
        bubble_point(0.0, 0.0, 0.072)
    with pytest.raises(InputError, match="surface_tension"):
        bubble_point(1e-6, 0.0, 0.0)
