"""Humid air over a film: its properties, and how fast heat and vapors cross it.

Vapor pressures come in as floats: what a film or a bath exerts is thermodynamics.
The gas is ideal. Density counts every vapor, for solvent vapor is heavy and water
vapor light; viscosity, heat capacity and conductivity count dry air and water only,
since solvent vapor is thin wherever the film-theory flux holds.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from membranekit.errors import InputError

GAS_CONSTANT = 8.314462618  # [J/mol/K], exact to ten digits (SI 2019)
GRAVITY = 9.80665  # [m/s**2], standard (CGPM 1901)
AIR_MOLAR_MASS = 28.96e-3  # [kg/mol], dry, ICAO
WATER_MOLAR_MASS = 18.015e-3  # [kg/mol]
AIR_DIFFUSION_VOLUME = 19.7  # [1], Fuller, Ensley, Giddings 1969
WATER_DIFFUSION_VOLUME = 13.1  # [1], Fuller, Ensley, Giddings 1969
LAMINAR_LIMIT = 5e5  # Reynolds number of transition on a flat plate [1]

# Slow diffusion from a square plate into still gas on one side of it: half the
# capacity of a square disk, 0.3667 * 4 pi * side / 2, over side**2, on the length
# side/4 [1].
_STILL_GAS_SHERWOOD = 0.3667 * 2.0 * math.pi / 4.0


def _mole_fraction(p_water: float, pressure: float) -> float:
    if not 0.0 <= p_water < pressure:
        raise InputError(
            f"p_water is {p_water!r} Pa: 0 to less than the pressure, {pressure!r} Pa, "
            "is needed"
        )
    return p_water / pressure


def _require_positive(**arguments: float) -> None:
    for name, value in arguments.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")


def _require_below_total(
    partial: npt.NDArray[np.float64], pressure: float, name: str
) -> None:
    if not (np.all(partial >= 0.0) and float(np.sum(partial)) < pressure):
        raise InputError(
            f"{name} is {partial.tolist()} Pa: numbers of 0 or more are needed that "
            f"add up to less than the pressure, {pressure!r} Pa"
        )


def humidity_ratio(p_water: float, pressure: float) -> float:
    """Give the mass of water vapor per mass of dry air.

    ``W = (M_w/M_air) p_w/(P - p_w)``; the patent's "absolute humidity".

    Parameters
    ----------
    p_water : float
        Partial pressure of water vapor [Pa].
    pressure : float
        Total pressure [Pa].

    Returns
    -------
    float
        Humidity ratio [kg/kg].

    Raises
    ------
    InputError
        If `p_water` is not between 0 and `pressure`.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), ch. 1, eq. 20.

    Examples
    --------
    Air of 60 degC and 30 % relative humidity:

    >>> round(humidity_ratio(5998.0, 101325.0) * 1e3, 1)
    39.1
    """
    x = _mole_fraction(p_water, pressure)
    return WATER_MOLAR_MASS / AIR_MOLAR_MASS * x / (1.0 - x)


def vapor_pressure_from_humidity_ratio(ratio: float, pressure: float) -> float:
    """Give the partial pressure of water vapor that makes a humidity ratio.

    ``p_w = P W/(W + M_w/M_air)``, the inverse of `humidity_ratio`.

    Parameters
    ----------
    ratio : float
        Humidity ratio W [kg/kg].
    pressure : float
        Total pressure P [Pa].

    Returns
    -------
    float
        Partial pressure of water vapor [Pa].

    Raises
    ------
    InputError
        If `ratio` is negative or `pressure` not positive.

    Examples
    --------
    >>> round(vapor_pressure_from_humidity_ratio(0.0391, 101325.0))
    5992
    """
    if not 0.0 <= ratio < math.inf:
        raise InputError(f"ratio is {ratio!r}: a number of 0 or more is needed")
    _require_positive(pressure=pressure)
    return pressure * ratio / (ratio + WATER_MOLAR_MASS / AIR_MOLAR_MASS)


def diffusivity_fuller(
    temperature: float,
    pressure: float,
    molar_mass_a: float,
    volume_a: float,
    molar_mass_b: float = AIR_MOLAR_MASS,
    volume_b: float = AIR_DIFFUSION_VOLUME,
) -> float:
    """Estimate the diffusivity of one gas in another, by default in air.

    ``D = 0.00143 T^1.75/(p M_ab^(1/2) (v_a^(1/3) + v_b^(1/3))^2)`` in cm2/s, with p
    in bar and ``M_ab = 2/(1/M_a + 1/M_b)`` in g/mol. Mean error 4 %.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    pressure : float
        Total pressure [Pa].
    molar_mass_a, molar_mass_b : float
        Molar masses [kg/mol].
    volume_a, volume_b : float
        Fuller's sums of atomic diffusion volumes [1].

    Returns
    -------
    float
        Diffusivity [m**2/s].

    Raises
    ------
    InputError
        If an argument is not a positive number.

    References
    ----------
    Fuller, Ensley, Giddings, J. Phys. Chem. 73 (1969) 3679; Poling, Prausnitz,
    O'Connell, The Properties of Gases and Liquids, 5th ed., eq. 11-4.4.

    Examples
    --------
    Water vapor in air at 25 degC:

    >>> round(diffusivity_fuller(298.15, 101325.0, 18.015e-3, 13.1) * 1e6, 1)
    25.0
    """
    _require_positive(
        temperature=temperature,
        pressure=pressure,
        molar_mass_a=molar_mass_a,
        molar_mass_b=molar_mass_b,
        volume_a=volume_a,
        volume_b=volume_b,
    )
    gram_per_mole = 2e3 / (1.0 / molar_mass_a + 1.0 / molar_mass_b)
    bar = pressure * 1e-5
    reach = volume_a ** (1.0 / 3.0) + volume_b ** (1.0 / 3.0)
    square_centimeter: float = (
        0.00143 * temperature**1.75 / (bar * math.sqrt(gram_per_mole) * reach**2)
    )
    return square_centimeter * 1e-4


def density(
    temperature: float,
    pressure: float,
    partial_pressures: npt.ArrayLike = (),
    molar_masses: npt.ArrayLike = (),
) -> float:
    """Compute the density of air that holds vapors, as an ideal gas.

    ``rho = (sum p_i M_i + (P - sum p_i) M_air)/(R T)``

    Parameters
    ----------
    temperature : float
        Temperature [K].
    pressure : float
        Total pressure P [Pa].
    partial_pressures : array_like, shape (n,)
        Partial pressures p_i of the vapors [Pa]; none for dry air.
    molar_masses : array_like, shape (n,)
        Molar masses M_i of the vapors [kg/mol].

    Returns
    -------
    float
        Density [kg/m**3].

    Raises
    ------
    InputError
        If the vapors' pressures are negative or together reach the total pressure.

    Examples
    --------
    >>> round(density(300.0, 101325.0), 3)
    1.176
    >>> round(density(300.0, 101325.0, [3536.0], [18.015e-3]), 3)
    1.161
    """
    _require_positive(temperature=temperature, pressure=pressure)
    p = np.asarray(partial_pressures, dtype=float)
    molar = np.asarray(molar_masses, dtype=float)
    if p.ndim != 1 or p.shape != molar.shape:
        raise InputError(
            f"partial_pressures and molar_masses have shapes {p.shape} and "
            f"{molar.shape}: one pressure and one molar mass a vapor are needed"
        )
    _require_below_total(p, pressure, "partial_pressures")
    mass = pressure * AIR_MOLAR_MASS + float(np.dot(p, molar - AIR_MOLAR_MASS))
    return mass / (GAS_CONSTANT * temperature)


def viscosity(temperature: float, pressure: float, p_water: float = 0.0) -> float:
    """Compute the viscosity of humid air.

    Sutherland's law for both gases, ``mu_air = 1.458e-6 T^(3/2)/(T + 110.4)`` and
    ``mu_w = 1.12e-5 (T/350)^(3/2) (350 + 1064)/(T + 1064)``, mixed by
    ``mu = sum x_i mu_i M_i^(1/2)/sum x_i M_i^(1/2)``.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    pressure : float
        Total pressure [Pa].
    p_water : float
        Partial pressure of water vapor [Pa].

    Returns
    -------
    float
        Viscosity [Pa*s].

    Raises
    ------
    InputError
        If `p_water` is not between 0 and `pressure`.

    References
    ----------
    U.S. Standard Atmosphere (1976), eq. 51. White, Viscous Fluid Flow, table 1-2
    (steam). Herning, Zipperer, Gas- und Wasserfach 79 (1936) 49 (mixing).

    Examples
    --------
    >>> round(viscosity(300.0, 101325.0) * 1e6, 2)
    18.46
    """
    x = _mole_fraction(p_water, pressure)
    _require_positive(temperature=temperature)
    air = 1.458e-6 * temperature**1.5 / (temperature + 110.4)
    water = 1.12e-5 * (temperature / 350.0) ** 1.5 * 1414.0 / (temperature + 1064.0)
    weight_air = (1.0 - x) * math.sqrt(AIR_MOLAR_MASS)
    weight_water = x * math.sqrt(WATER_MOLAR_MASS)
    mixed: float = (weight_air * air + weight_water * water) / (
        weight_air + weight_water
    )
    return mixed


def heat_capacity(pressure: float, p_water: float = 0.0) -> float:
    """Compute the heat capacity of humid air per mass of it.

    ``c_p = (1006 + 1860 W)/(1 + W)`` with W the humidity ratio; within 0.5 % from
    0 to 80 degC.

    Parameters
    ----------
    pressure : float
        Total pressure [Pa].
    p_water : float
        Partial pressure of water vapor [Pa].

    Returns
    -------
    float
        Heat capacity at constant pressure [J/kg/K].

    Raises
    ------
    InputError
        If `p_water` is not between 0 and `pressure`.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), ch. 1, eq. 30.

    Examples
    --------
    >>> round(heat_capacity(101325.0, 5998.0))
    1038
    """
    ratio = humidity_ratio(p_water, pressure)
    return (1006.0 + 1860.0 * ratio) / (1.0 + ratio)


def thermal_conductivity(
    temperature: float, pressure: float, p_water: float = 0.0
) -> float:
    """Compute the thermal conductivity of humid air.

    ``k_air = 2.64638e-3 T^(3/2)/(T + 245.4 * 10^(-12/T))`` and
    ``k_w = 0.0181 (T/300)^(3/2) (300 + 2200)/(T + 2200)``, mixed by mole fraction.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    pressure : float
        Total pressure [Pa].
    p_water : float
        Partial pressure of water vapor [Pa].

    Returns
    -------
    float
        Thermal conductivity [W/m/K].

    Raises
    ------
    InputError
        If `p_water` is not between 0 and `pressure`.

    References
    ----------
    U.S. Standard Atmosphere (1976), eq. 53. White, Viscous Fluid Flow, table 1-3
    (steam).

    Examples
    --------
    >>> round(thermal_conductivity(300.0, 101325.0), 4)
    0.0263
    """
    x = _mole_fraction(p_water, pressure)
    _require_positive(temperature=temperature)
    power: float = temperature**1.5
    air = 2.64638e-3 * power / (temperature + 245.4 * 10.0 ** (-12.0 / temperature))
    water = 0.0181 * power / 300.0**1.5 * 2500.0 / (temperature + 2200.0)
    mixed: float = (1.0 - x) * air + x * water
    return mixed


def drift_factor(
    surface_pressures: npt.ArrayLike, far_pressures: npt.ArrayLike, pressure: float
) -> float:
    """Give the factor by which the drift of the gas multiplies every flux.

    ``P/p_air,lm`` with the log mean of the air's partial pressures at the surface and
    far away, so that ``N_i = k_i (p_i,s - p_i,inf)/(R T_f) * P/p_air,lm``. Exact for
    one vapor (film theory); for several, fair below a tenth of P in total.

    Parameters
    ----------
    surface_pressures, far_pressures : array_like, shape (n,)
        Partial pressures of the vapors at the surface and far away [Pa].
    pressure : float
        Total pressure P [Pa].

    Returns
    -------
    float
        Factor, 1 or more [1].

    Raises
    ------
    InputError
        If the vapors on one side are negative or reach the total pressure.

    References
    ----------
    Bird, Stewart, Lightfoot, Transport Phenomena, 2nd ed., eq. 18.2-14.

    Examples
    --------
    >>> round(drift_factor([20000.0], [0.0], 101325.0), 3)
    1.114
    """
    _require_positive(pressure=pressure)
    surface = np.asarray(surface_pressures, dtype=float)
    far = np.asarray(far_pressures, dtype=float)
    _require_below_total(surface, pressure, "surface_pressures")
    _require_below_total(far, pressure, "far_pressures")
    air_surface = pressure - float(np.sum(surface))
    air_far = pressure - float(np.sum(far))
    # ln(1 + e)/e keeps its digits where both sides are nearly alike
    excess = (air_far - air_surface) / air_surface
    slope = math.log1p(excess) / excess if excess != 0.0 else 1.0
    return pressure / air_surface * slope


def forced_sherwood(reynolds: float, schmidt: float) -> float:
    """Give the mean Sherwood number of a flat plate in a stream along it.

    ``0.664 Re^(1/2) Sc^(1/3)`` to Re 5e5, then ``(0.037 Re^0.8 - 871) Sc^(1/3)``:
    a laminar part followed by a turbulent one.

    Parameters
    ----------
    reynolds : float
        Reynolds number on the length of the plate [1].
    schmidt : float
        Schmidt number; the Prandtl number gives the Nusselt number instead [1].

    Returns
    -------
    float
        Sherwood number on the length of the plate [1].

    References
    ----------
    Incropera, DeWitt, Fundamentals of Heat and Mass Transfer, 6th ed., sec. 7.2.

    Examples
    --------
    >>> round(forced_sherwood(4241.0, 0.62), 1)
    36.9
    """
    if reynolds <= LAMINAR_LIMIT:
        stream: float = 0.664 * math.sqrt(reynolds)
    else:
        stream = 0.037 * reynolds**0.8 - 871.0
    shape: float = schmidt ** (1.0 / 3.0)
    return stream * shape


def natural_sherwood(rayleigh: float, *, unstable: bool) -> float:
    """Give the mean Sherwood number of a level plate that faces up in still gas.

    With the gas at the plate lighter than above it (`unstable`) the larger of
    ``0.54 Ra^(1/4)`` and ``0.15 Ra^(1/3)``, which meet near 1e7; with the gas at the
    plate heavier ``0.27 Ra^(1/4)``. Never less than 0.576, the slow diffusion from a
    square plate into the half space above it: that is the limit at Ra 0, and below
    Ra 1e4 the laws are extended down to it.

    Parameters
    ----------
    rayleigh : float
        Rayleigh number on the length area/perimeter [1].
    unstable : bool
        Whether the gas at the surface is lighter than far away.

    Returns
    -------
    float
        Sherwood number on the length area/perimeter [1].

    References
    ----------
    Lloyd, Moran, J. Heat Transfer 96 (1974) 443; Incropera, DeWitt, Fundamentals of
    Heat and Mass Transfer, 6th ed., sec. 9.6.2. Capacity of a square disk:
    0.3667 of its side (times 4 pi epsilon).

    Examples
    --------
    >>> round(natural_sherwood(1e5, unstable=True), 2)
    9.6
    >>> round(natural_sherwood(0.0, unstable=False), 3)
    0.576
    """
    root: float = rayleigh**0.25
    if not unstable:
        return max(_STILL_GAS_SHERWOOD, 0.27 * root)
    cube_root: float = rayleigh ** (1.0 / 3.0)
    return max(_STILL_GAS_SHERWOOD, 0.54 * root, 0.15 * cube_root)


@dataclass(frozen=True)
class Vapor:
    """What the gas needs to know of a volatile substance.

    Parameters
    ----------
    molar_mass : float
        Molar mass [kg/mol].
    diffusion_volume : float
        Fuller's sum of atomic diffusion volumes [1].
    """

    molar_mass: float
    diffusion_volume: float

    def __post_init__(self) -> None:
        _require_positive(
            molar_mass=self.molar_mass, diffusion_volume=self.diffusion_volume
        )


WATER = Vapor(WATER_MOLAR_MASS, WATER_DIFFUSION_VOLUME)


@dataclass(frozen=True)
class Stream:
    """The air a film is exposed to, far from the film.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    pressure : float
        Total pressure [Pa].
    vapors : tuple of Vapor
        The volatile substances, in the order of all arrays.
    partial_pressures : tuple of float
        Partial pressure of each volatile far from the film [Pa].
    water : int or None
        Which of `vapors` is water; None if the film holds and meets none.
    air_speed : float
        Speed along the film [m/s].
    flow_length : float
        Length over which the air has run along the film; also the side of the film
        where buoyancy moves the air [m].
    cover_gap : float or None
        Height of still gas under a cover; None in the open [m].
    transfer_coefficient : float or None
        Mass transfer coefficient of water, if known, instead of the laws for a
        plate [m/s].
    """

    temperature: float
    pressure: float
    vapors: tuple[Vapor, ...]
    partial_pressures: tuple[float, ...]
    water: int | None = None
    air_speed: float = 0.0
    flow_length: float = 0.1
    cover_gap: float | None = None
    transfer_coefficient: float | None = None

    def __post_init__(self) -> None:
        _require_positive(
            temperature=self.temperature,
            pressure=self.pressure,
            flow_length=self.flow_length,
        )
        if not 0.0 <= self.air_speed < math.inf:
            raise InputError(
                f"air_speed is {self.air_speed!r} m/s: 0 or more is needed"
            )
        if len(self.partial_pressures) != len(self.vapors):
            raise InputError(
                f"partial_pressures holds {len(self.partial_pressures)} numbers for "
                f"{len(self.vapors)} vapors: one each is needed"
            )
        far = np.asarray(self.partial_pressures, dtype=float)
        _require_below_total(far, self.pressure, "partial_pressures")
        if self.water is not None and not 0 <= self.water < len(self.vapors):
            raise InputError(
                f"water is {self.water!r}: None or an index below "
                f"{len(self.vapors)} is needed"
            )
        if self.cover_gap is not None:
            _require_positive(cover_gap=self.cover_gap)
        if self.transfer_coefficient is not None:
            _require_positive(transfer_coefficient=self.transfer_coefficient)
        if self.cover_gap is not None and self.transfer_coefficient is not None:
            raise InputError(
                "cover_gap and transfer_coefficient are both given: under a cover the "
                "gap decides, so one of them has to go"
            )

    @property
    def closed_volume(self) -> float | None:
        """Volume of gas per area of film that fills with vapor under a cover [m].

        None in the open, where the air far away does not change.
        """
        return self.cover_gap


def transfer_coefficients(
    stream: Stream,
    surface_temperature: float,
    surface_pressures: npt.ArrayLike,
) -> tuple[npt.NDArray[np.float64], float]:
    """Compute how fast each vapor and heat cross the gas over a film.

    Properties are those of the mean of surface and stream. In the open
    ``k^3 = k_forced^3 + k_natural^3`` with `forced_sherwood` on the flow length L and
    `natural_sherwood` on L/4 (a square film of side L, facing up), whose Rayleigh
    number ``g |rho_s - rho_inf|/rho L^3/nu^2 Sc`` takes the densities of the gas at
    the surface and far away, all vapors counted. Heat follows water vapor by
    Chilton-Colburn, ``h = rho c_p k_w (Sc/Pr)^(2/3)``, whether or not water is
    there. A given `Stream.transfer_coefficient` stands for k_w, and the other vapors
    follow by ``(D_i/D_w)^(2/3)``. Under a cover ``k_i = D_i/gap``, ``h = k_air/gap``.

    Parameters
    ----------
    stream : Stream
        The air far from the film.
    surface_temperature : float
        Temperature of the film's surface [K].
    surface_pressures : array_like, shape (n,)
        Partial pressure of each of `stream.vapors` at the surface [Pa].

    Returns
    -------
    k : ndarray, shape (n,)
        Mass transfer coefficient of each vapor, without drift [m/s].
    h : float
        Heat transfer coefficient, without radiation [W/m**2/K].

    Raises
    ------
    InputError
        If the surface's vapors are negative or together reach the total pressure:
        the film would boil.

    References
    ----------
    Chilton, Colburn, Ind. Eng. Chem. 26 (1934) 1183. Churchill, AIChE J. 23 (1977)
    10 (the cubes).

    Examples
    --------
    Air of 60 degC and 30 % relative humidity at 0.8 m/s:

    >>> stream = Stream(333.15, 101325.0, (WATER,), (5998.0,), 0, air_speed=0.8)
    >>> k, h = transfer_coefficients(stream, 333.15, [5998.0])
    >>> round(float(k[0]) * 1e3, 1), round(h)
    (11.2, 11)
    """
    surface = np.asarray(surface_pressures, dtype=float)
    if surface.shape != (len(stream.vapors),):
        raise InputError(
            f"surface_pressures has shape {surface.shape}: "
            f"({len(stream.vapors)},) is needed, one a vapor"
        )
    _require_positive(surface_temperature=surface_temperature)
    _require_below_total(surface, stream.pressure, "surface_pressures")
    gas = _mean_gas(stream, surface_temperature, surface)
    if stream.cover_gap is not None:
        return gas.diffusivities / stream.cover_gap, gas.conductivity / stream.cover_gap
    if stream.transfer_coefficient is not None:
        k_water = stream.transfer_coefficient
        ratio = gas.diffusivities / gas.water_diffusivity
        k = k_water * ratio ** (2.0 / 3.0)
    else:
        buoyancy = _buoyancy(stream, surface_temperature, surface) / gas.density
        k_water = _open_coefficient(stream, gas, gas.water_diffusivity, buoyancy)
        k = np.array(
            [_open_coefficient(stream, gas, d, buoyancy) for d in gas.diffusivities]
        )
    # rho c_p (Sc/Pr)^(2/3), with Sc/Pr the ratio of thermal to mass diffusivity
    volumetric = gas.density * gas.heat_capacity
    lewis = gas.conductivity / (volumetric * gas.water_diffusivity)
    return k, float(volumetric * k_water * lewis ** (2.0 / 3.0))


@dataclass(frozen=True)
class _Gas:
    """Properties between surface and stream, SI."""

    density: float
    kinematic_viscosity: float
    heat_capacity: float
    conductivity: float
    water_diffusivity: float
    diffusivities: npt.NDArray[np.float64]


def _mean_gas(
    stream: Stream, surface_temperature: float, surface: npt.NDArray[np.float64]
) -> _Gas:
    temperature = 0.5 * (surface_temperature + stream.temperature)
    pressure = stream.pressure
    mean = 0.5 * (surface + np.asarray(stream.partial_pressures, dtype=float))
    p_water = 0.0 if stream.water is None else float(mean[stream.water])
    rho = density(temperature, pressure, mean, [v.molar_mass for v in stream.vapors])

    def diffusivity(vapor: Vapor) -> float:
        return diffusivity_fuller(
            temperature, pressure, vapor.molar_mass, vapor.diffusion_volume
        )

    return _Gas(
        density=rho,
        kinematic_viscosity=viscosity(temperature, pressure, p_water) / rho,
        heat_capacity=heat_capacity(pressure, p_water),
        conductivity=thermal_conductivity(temperature, pressure, p_water),
        water_diffusivity=diffusivity(WATER),
        diffusivities=np.array([diffusivity(vapor) for vapor in stream.vapors]),
    )


def _buoyancy(
    stream: Stream, surface_temperature: float, surface: npt.NDArray[np.float64]
) -> float:
    """Density far away less density at the surface [kg/m**3]: positive rises."""
    molar = [vapor.molar_mass for vapor in stream.vapors]
    far = density(stream.temperature, stream.pressure, stream.partial_pressures, molar)
    return far - density(surface_temperature, stream.pressure, surface, molar)


def _open_coefficient(
    stream: Stream, gas: _Gas, diffusivity: float, buoyancy: float
) -> float:
    schmidt = gas.kinematic_viscosity / diffusivity
    reynolds = stream.air_speed * stream.flow_length / gas.kinematic_viscosity
    forced = forced_sherwood(reynolds, schmidt) * diffusivity / stream.flow_length
    side = stream.flow_length / 4.0
    grashof = GRAVITY * abs(buoyancy) * side**3 / gas.kinematic_viscosity**2
    natural = natural_sherwood(grashof * schmidt, unstable=buoyancy > 0.0)
    natural *= diffusivity / side
    combined: float = (forced**3 + natural**3) ** (1.0 / 3.0)
    return combined
