"""Humid air and its transfer coefficients.

The reference values are those of an independent spreadsheet for three exposures of
a film to moving air, laminar flat plate of 0.1 m, forced convection alone.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from membranekit.errors import InputError
from membranekit.transport import air

ATMOSPHERE = 101325.0
NMP = air.Vapor(99.131e-3, 92.6)
ACETONE = air.Vapor(58.079e-3, 67.7)

# temperature [K], p_water [Pa], speed [m/s] -> humidity ratio, k_w [m/s], h [W/m2/K]
FORCED = {
    "60 degC, 30 %, 0.8 m/s": (333.15, 5998.0, 0.8, 39.1e-3, 11.20e-3, 11.0),
    "40 degC, 60 %, 2.0 m/s": (313.15, 4420.0, 2.0, 28.4e-3, 16.78e-3, 17.5),
    "25 degC, 40 %, 0.7 m/s": (298.15, 1264.0, 0.7, 7.9e-3, 9.51e-3, 10.4),
}


def stream(temperature=298.15, p_water=1264.0, air_speed=0.7, p_nmp=0.0, **more):
    return air.Stream(
        temperature=temperature,
        pressure=ATMOSPHERE,
        vapors=(air.WATER, NMP),
        partial_pressures=(p_water, p_nmp),
        water=0,
        air_speed=air_speed,
        **more,
    )


def at_rest(given):
    """Coefficients with a surface that is like the stream: no buoyancy at all."""
    return air.transfer_coefficients(given, given.temperature, given.partial_pressures)


@pytest.mark.parametrize("name", FORCED)
def test_humidity_ratio_against_reference(name):
    _, p_water, _, ratio, _, _ = FORCED[name]
    assert air.humidity_ratio(p_water, ATMOSPHERE) == pytest.approx(ratio, abs=5e-5)


@pytest.mark.parametrize("p_water", [0.0, 1e-3, 1264.0, 90e3])
def test_humidity_ratio_has_its_inverse(p_water):
    ratio = air.humidity_ratio(p_water, ATMOSPHERE)
    back = air.vapor_pressure_from_humidity_ratio(ratio, ATMOSPHERE)
    assert back == pytest.approx(p_water, rel=1e-12)


@pytest.mark.parametrize(
    ("temperature", "vapor", "expected"),
    [
        (293.15, air.WATER, 24.3e-6),
        (333.15, air.WATER, 30.4e-6),
        (298.15, NMP, 8.64e-6),
        (298.15, ACETONE, 10.6e-6),
    ],
)
def test_fuller_in_air(temperature, vapor, expected):
    found = air.diffusivity_fuller(
        temperature, ATMOSPHERE, vapor.molar_mass, vapor.diffusion_volume
    )
    assert found == pytest.approx(expected, rel=5e-3)


def test_fuller_does_not_care_which_gas_is_first():
    one = air.diffusivity_fuller(300.0, 1e5, 18e-3, 13.1, 99e-3, 92.6)
    other = air.diffusivity_fuller(300.0, 1e5, 99e-3, 92.6, 18e-3, 13.1)
    assert one == pytest.approx(other, rel=1e-14)


@pytest.mark.parametrize(
    ("temperature", "rho", "mu", "k"),
    [(300.0, 1.1614, 184.6e-7, 26.3e-3), (350.0, 0.9950, 208.2e-7, 30.0e-3)],
)
def test_dry_air_against_tables(temperature, rho, mu, k):
    """Incropera, DeWitt, table A.4: its pressure is 1 atm, its cp 1007 to 1009."""
    assert air.density(temperature, ATMOSPHERE) == pytest.approx(rho, rel=0.015)
    assert air.viscosity(temperature, ATMOSPHERE) == pytest.approx(mu, rel=5e-3)
    found = air.thermal_conductivity(temperature, ATMOSPHERE)
    assert found == pytest.approx(k, rel=1e-2)
    assert air.heat_capacity(ATMOSPHERE) == pytest.approx(1008.0, rel=5e-3)


def test_almost_pure_steam_against_tables():
    """Saturated steam at 350 K: Incropera, DeWitt, table A.6."""
    p_water = ATMOSPHERE * (1.0 - 1e-9)
    found = air.viscosity(350.0, ATMOSPHERE, p_water)
    assert found == pytest.approx(11.09e-6, rel=0.02)
    found = air.thermal_conductivity(350.0, ATMOSPHERE, p_water)
    assert found == pytest.approx(23.0e-3, rel=0.05)
    assert air.heat_capacity(ATMOSPHERE, p_water) == pytest.approx(1860.0)


def test_water_vapor_makes_air_lighter_and_solvent_vapor_heavier():
    dry = air.density(298.15, ATMOSPHERE)
    assert air.density(298.15, ATMOSPHERE, [3000.0], [18.015e-3]) < dry
    assert air.density(298.15, ATMOSPHERE, [3000.0], [58.079e-3]) > dry


def test_drift_is_the_logarithm_of_film_theory():
    p_s, p_inf = 30e3, 1e3
    factor = air.drift_factor([p_s], [p_inf], ATMOSPHERE)
    exact = ATMOSPHERE * math.log((ATMOSPHERE - p_inf) / (ATMOSPHERE - p_s))
    assert factor * (p_s - p_inf) == pytest.approx(exact, rel=1e-12)


def test_drift_vanishes_with_the_vapor_and_is_symmetric():
    assert air.drift_factor([0.0], [0.0], ATMOSPHERE) == 1.0
    same = air.drift_factor([1e4], [1e4], ATMOSPHERE)
    assert same == pytest.approx(ATMOSPHERE / (ATMOSPHERE - 1e4), rel=1e-14)
    near = air.drift_factor([1e4 + 1e-6], [1e4], ATMOSPHERE)
    assert near == pytest.approx(same, rel=1e-9)
    there = air.drift_factor([3e4, 10.0], [1e3, 0.0], ATMOSPHERE)
    back = air.drift_factor([1e3, 0.0], [3e4, 10.0], ATMOSPHERE)
    assert there == pytest.approx(back, rel=1e-12)


def test_forced_law_is_continuous_at_transition():
    below = air.forced_sherwood(air.LAMINAR_LIMIT, 1.0)
    above = air.forced_sherwood(air.LAMINAR_LIMIT * (1.0 + 1e-9), 1.0)
    assert above == pytest.approx(below, rel=2e-3)


@pytest.mark.parametrize(
    ("rayleigh", "unstable", "expected"),
    [
        (1e6, True, 0.54 * 1e6**0.25),
        (1e9, True, 0.15 * 1e3),
        (1e6, False, 0.27 * 1e6**0.25),
    ],
)
def test_natural_laws_in_their_ranges(rayleigh, unstable, expected):
    found = air.natural_sherwood(rayleigh, unstable=unstable)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("unstable", [True, False])
def test_natural_law_never_vanishes_falls_or_jumps(unstable):
    rayleigh = np.concatenate([[0.0], np.geomspace(1e-6, 1e11, 4000)])
    law = np.array([air.natural_sherwood(r, unstable=unstable) for r in rayleigh])
    assert law[0] > 0.5
    assert np.all(np.diff(law) >= 0.0)
    assert np.max(law[1:] / law[:-1]) < 1.01


def test_still_gas_limit_lies_between_those_of_two_disks():
    """A disk of radius a draws 4 D a from its half space: inscribed, circumscribed."""
    square = air.natural_sherwood(0.0, unstable=True) * 4.0  # flow per D and side
    assert 4.0 * 0.5 < square < 4.0 * math.sqrt(0.5)


@pytest.mark.parametrize("name", FORCED)
def test_coefficients_against_reference(name):
    temperature, p_water, speed, _, k_water, h_reference = FORCED[name]
    k, h = at_rest(stream(temperature, p_water, speed))
    assert k[0] == pytest.approx(k_water, rel=0.02)
    assert k[1] / k[0] == pytest.approx(0.49, abs=0.01)
    assert h == pytest.approx(h_reference, rel=0.03)


@pytest.mark.parametrize("speed", [0.0, 0.7, 20.0])
def test_lewis_relation_holds_for_water(speed):
    given = stream(air_speed=speed)
    k, h = air.transfer_coefficients(given, 308.15, [4000.0, 50.0])
    rho = air.density(303.15, ATMOSPHERE, [2632.0], [18.015e-3])
    cp = air.heat_capacity(ATMOSPHERE, 2632.0)
    assert h / (rho * cp * k[0]) == pytest.approx(1.0, abs=0.10)


def test_heat_of_the_stream_is_that_of_a_flat_plate():
    """Chilton-Colburn returns Nu = 0.664 Re^1/2 Pr^1/3, worked from the properties."""
    t, speed, length = 298.15, 3.0, 0.1
    nu = air.viscosity(t, ATMOSPHERE) / air.density(t, ATMOSPHERE)
    k_air = air.thermal_conductivity(t, ATMOSPHERE)
    alpha = k_air / (air.density(t, ATMOSPHERE) * air.heat_capacity(ATMOSPHERE))
    nusselt = 0.664 * math.sqrt(speed * length / nu) * (nu / alpha) ** (1.0 / 3.0)
    _, h = at_rest(stream(p_water=0.0, air_speed=speed))
    assert h == pytest.approx(nusselt * k_air / length, rel=1e-3)


def test_faster_air_and_shorter_films_transfer_more():
    by_speed = [at_rest(stream(air_speed=u)) for u in np.geomspace(1e-3, 200.0, 60)]
    by_length = [
        at_rest(stream(flow_length=x, air_speed=0.7))
        for x in np.geomspace(0.01, 5.0, 60)
    ]
    for series, sign in ((by_speed, 1.0), (by_length, -1.0)):
        k = np.array([pair[0] for pair in series])
        h = np.array([pair[1] for pair in series])
        assert np.all(sign * np.diff(k, axis=0) > 0.0)
        assert np.all(sign * np.diff(h) > 0.0)


def test_still_air_carries_off_light_gas_better_than_heavy():
    """Same temperatures: water vapor rises, solvent vapor stays on the film."""
    still = air.Stream(
        298.15, ATMOSPHERE, (air.WATER, ACETONE), (0.0, 0.0), water=0, air_speed=0.0
    )
    rest, _ = at_rest(still)
    moist, _ = air.transfer_coefficients(still, 298.15, [3000.0, 0.0])
    heavy, _ = air.transfer_coefficients(still, 298.15, [0.0, 1925.0])
    assert np.all(moist > 1.5 * heavy)
    assert np.all(heavy > rest)
    assert np.all(rest > 0.0)


def test_a_warm_film_stirs_still_air_more_than_a_cold_one():
    still = stream(air_speed=0.0)
    _, warm = air.transfer_coefficients(still, 308.15, still.partial_pressures)
    _, cold = air.transfer_coefficients(still, 288.15, still.partial_pressures)
    assert warm > 1.5 * cold


def test_forced_and_natural_add_as_cubes():
    surface = (308.15, [4000.0, 0.0])
    still, _ = air.transfer_coefficients(stream(air_speed=0.0), *surface)
    both, _ = air.transfer_coefficients(stream(air_speed=0.3), *surface)
    nu = air.viscosity(303.15, ATMOSPHERE, 2632.0) / air.density(
        303.15, ATMOSPHERE, [2632.0], [18.015e-3]
    )
    d = air.diffusivity_fuller(303.15, ATMOSPHERE, 18.015e-3, 13.1)
    forced = air.forced_sherwood(0.3 * 0.1 / nu, nu / d) * d / 0.1
    assert both[0] ** 3 == pytest.approx(forced**3 + still[0] ** 3, rel=1e-9)


def test_a_given_coefficient_is_that_of_water():
    k, h = at_rest(stream(transfer_coefficient=0.02))
    assert k[0] == pytest.approx(0.02, rel=1e-12)
    d = [
        air.diffusivity_fuller(298.15, ATMOSPHERE, v.molar_mass, v.diffusion_volume)
        for v in (air.WATER, NMP)
    ]
    assert k[1] / k[0] == pytest.approx((d[1] / d[0]) ** (2.0 / 3.0), rel=1e-12)
    # the ratio of heat to water does not depend on where k came from
    k_plate, h_plate = at_rest(stream())
    assert h / k[0] == pytest.approx(h_plate / k_plate[0], rel=1e-12)


def test_heat_does_not_need_water_among_the_vapors():
    dry = air.Stream(298.15, ATMOSPHERE, (NMP,), (0.0,), air_speed=0.7)
    k, h = at_rest(dry)
    with_water, h_water = at_rest(stream(p_water=0.0))
    assert h == pytest.approx(h_water, rel=1e-12)
    assert k[0] == pytest.approx(with_water[1], rel=1e-12)


def test_nothing_volatile_still_exchanges_heat():
    k, h = at_rest(air.Stream(298.15, ATMOSPHERE, (), (), air_speed=0.7))
    assert k.shape == (0,)
    assert h > 0.0


def test_under_a_cover_gas_is_still():
    covered = stream(cover_gap=5e-3, air_speed=2.0)
    k, h = at_rest(covered)
    d = air.diffusivity_fuller(298.15, ATMOSPHERE, NMP.molar_mass, 92.6)
    assert k[1] == pytest.approx(d / 5e-3, rel=1e-12)
    conductivity = air.thermal_conductivity(298.15, ATMOSPHERE, 1264.0)
    assert h == pytest.approx(conductivity / 5e-3, rel=1e-12)
    assert covered.closed_volume == 5e-3
    assert stream().closed_volume is None


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"pressure": -1.0}, "pressure"),
        ({"partial_pressures": (1264.0,)}, "partial_pressures"),
        ({"partial_pressures": (-1.0, 0.0)}, "partial_pressures"),
        ({"partial_pressures": (1e5, 5e3)}, "partial_pressures"),
        ({"partial_pressures": (math.nan, 0.0)}, "partial_pressures"),
        ({"air_speed": -0.1}, "air_speed"),
        ({"flow_length": 0.0}, "flow_length"),
        ({"cover_gap": 0.0}, "cover_gap"),
        ({"transfer_coefficient": math.nan}, "transfer_coefficient"),
        ({"transfer_coefficient": 0.01, "cover_gap": 0.01}, "cover_gap"),
        ({"water": 2}, "water"),
    ],
)
def test_a_wrong_stream_names_its_fault(change, name):
    with pytest.raises(InputError, match=name):
        replace(stream(), **change)


def test_a_boiling_surface_is_refused():
    with pytest.raises(InputError, match="surface_pressures"):
        air.transfer_coefficients(stream(), 333.15, [1e4, 1e5])
    with pytest.raises(InputError, match="surface_pressures"):
        air.transfer_coefficients(stream(), 333.15, [1e4])


def test_wrong_scalars_are_named():
    with pytest.raises(InputError, match="p_water"):
        air.humidity_ratio(ATMOSPHERE, ATMOSPHERE)
    with pytest.raises(InputError, match="p_water"):
        air.viscosity(300.0, ATMOSPHERE, -1.0)
    with pytest.raises(InputError, match="ratio"):
        air.vapor_pressure_from_humidity_ratio(-0.1, ATMOSPHERE)
    with pytest.raises(InputError, match="volume_a"):
        air.diffusivity_fuller(300.0, ATMOSPHERE, 18e-3, 0.0)
    with pytest.raises(InputError, match="molar_masses"):
        air.density(300.0, ATMOSPHERE, [100.0])
    with pytest.raises(InputError, match="diffusion_volume"):
        air.Vapor(18e-3, math.nan)
