"""What a profile of pores lets through, how much surface it has, when air breaks in.

One diameter serves hydraulics and surface: the mean local thickness d of the pore
space. In a bicontinuous structure (level-cut Gaussian random field) it gives

- specific surface per volume of pores ``kappa/d``, kappa 2.11, 1.92, 1.70, and
- permeability ``porosity d^2/c_k``, c_k 26, 24, 23 (lattice Boltzmann, +-15 %)

at porosity 0.75, 0.80, 0.85. Between these the coefficients are interpolated, and
beyond them the nearest straight piece is extended: fair from 0.65 to 0.9, only a
continuation elsewhere. Both are basis ``estimated``.
"""

import math

import numpy as np
import numpy.typing as npt

from membranekit.errors import InputError

_POROSITY = np.array([0.75, 0.80, 0.85])
_KAPPA = np.array([2.11, 1.92, 1.70])
_C_K = np.array([26.0, 24.0, 23.0])

Floats = npt.NDArray[np.float64]


def surface_coefficient(porosity: npt.ArrayLike) -> Floats:
    """Give kappa, the pore surface per pore volume times the pore diameter.

    Parameters
    ----------
    porosity : array_like, shape (n,) or ()
        Porosity, 0 to 1 [1].

    Returns
    -------
    ndarray, shape of `porosity`
        kappa (4 for a bundle of cylinders) [1].

    References
    ----------
    Surface of a level-cut Gaussian random field:
    ``S_v = sqrt(2)/(pi sigma) exp(-u^2/2)`` with ``porosity = Phi(u)``; computed
    with d the mean local thickness of the same field.

    Examples
    --------
    >>> round(float(surface_coefficient(0.80)), 3)
    1.92
    """
    return _piecewise_linear(np.asarray(porosity, dtype=float), _KAPPA)


def permeability_coefficient(porosity: npt.ArrayLike) -> Floats:
    """Give c_k, which makes the permeability ``porosity d^2/c_k``.

    Parameters
    ----------
    porosity : array_like, shape (n,) or ()
        Porosity, 0 to 1 [1].

    Returns
    -------
    ndarray, shape of `porosity`
        c_k (32 for a bundle of straight cylinders) [1].

    References
    ----------
    Lattice-Boltzmann flow through level-cut Gaussian random fields, d the mean
    local thickness; boxes of 64 and 160 voxels a side, scatter 15 %.

    Examples
    --------
    >>> round(float(permeability_coefficient(0.775)), 3)
    25.0
    """
    return _piecewise_linear(np.asarray(porosity, dtype=float), _C_K)


def permeance(
    depth: npt.ArrayLike,
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    viscosity: float,
) -> float:
    """Compute the flux per pressure of layers in series.

    ``L_p = 1/(mu integral dz/k)``, ``k = porosity d^2/c_k``, from the first depth to
    the last: exact for a d that is linear between depths, trapezoidal in
    c_k/porosity. Nothing outside them counts, so the first depth is the surface and
    the last one the support side.

    Parameters
    ----------
    depth : array_like, shape (n,)
        Depths z in the dry sheet, increasing [m].
    porosity : array_like, shape (n,)
        Porosity at each depth, between 0 and 1 [1].
    pore_diameter : array_like, shape (n,)
        Mean local thickness d of the pores at each depth [m].
    viscosity : float
        Viscosity mu of the liquid that is filtered [Pa*s].

    Returns
    -------
    float
        Permeance [m/s/Pa].

    Raises
    ------
    InputError
        If the profile or the viscosity is not physical.

    References
    ----------
    Darcy's law for layers in series; c_k from `permeability_coefficient`.

    Examples
    --------
    100 um of 0.5 um pores at porosity 0.8, water at 25 degC, in L/(m2 h bar):

    >>> lp = permeance([0.0, 100e-6], [0.8, 0.8], [0.5e-6, 0.5e-6], 0.89e-3)
    >>> round(lp * 1e3 * 3600 * 1e5)
    33708
    """
    z, eps, d = checked_profile(depth, porosity, pore_diameter)
    if not 0.0 < viscosity < math.inf:
        raise InputError(f"viscosity is {viscosity!r}: a positive number is needed")
    shape = permeability_coefficient(eps) / eps
    # the integral of dz/d^2 over a linear d is dz/(d_1 d_2)
    mean = 0.5 * (shape[1:] + shape[:-1]) / (d[1:] * d[:-1])
    return 1.0 / (viscosity * float(np.sum(mean * np.diff(z))))


def specific_surface_area(
    depth: npt.ArrayLike,
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    polymer_density: float,
    roughness: float = 1.0,
) -> float:
    """Compute the pore surface per mass of polymer.

    The local ``S = kappa porosity/((1 - porosity) rho d)``, averaged over the sheet
    with the polymer's mass as weight:
    ``roughness integral(kappa porosity/(rho d) dz)/integral((1 - porosity) dz)``,
    d linear between depths.

    Parameters
    ----------
    depth : array_like, shape (n,)
        Depths z in the dry sheet, increasing [m].
    porosity : array_like, shape (n,)
        Porosity at each depth, between 0 and 1 [1].
    pore_diameter : array_like, shape (n,)
        Mean local thickness d of the pores at each depth [m].
    polymer_density : float
        Density rho of the polymer [kg/m**3].
    roughness : float
        True area over the area of the smooth walls; a fitted multiplier [1].

    Returns
    -------
    float
        Specific surface area [m**2/kg].

    Raises
    ------
    InputError
        If the profile, the density or the roughness is not physical.

    References
    ----------
    kappa from `surface_coefficient`.

    Examples
    --------
    1 um pores at porosity 0.8 in polysulfone, in m2/g:

    >>> s = specific_surface_area([0.0, 1e-4], [0.8, 0.8], [1e-6, 1e-6], 1240.0)
    >>> round(s / 1e3, 2)
    6.19
    """
    z, eps, d = checked_profile(depth, porosity, pore_diameter)
    for name, value in {
        "polymer_density": polymer_density,
        "roughness": roughness,
    }.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")
    wall = surface_coefficient(eps) * eps
    mean = 0.5 * (wall[1:] + wall[:-1]) * mean_inverse(d[:-1], d[1:])
    surface = float(np.sum(mean * np.diff(z)))
    polymer_mass = polymer_density * _integral(1.0 - eps, z)
    return roughness * surface / polymer_mass


def bubble_point(
    pore_diameter: float, contact_angle: float, surface_tension: float
) -> float | None:
    """Give the gas pressure that empties the narrowest plane of a wet sheet.

    ``P = 4 gamma cos(theta)/d`` with d the minimum of the profile: gas has to pass
    the plane of the finest pores. It is a mean over that plane, so a large sheet
    with one flaw bubbles earlier.

    Parameters
    ----------
    pore_diameter : float
        Smallest pore diameter d of the profile [m].
    contact_angle : float
        Contact angle theta of the liquid on the polymer [rad].
    surface_tension : float
        Surface tension gamma of the liquid [N/m].

    Returns
    -------
    float or None
        Pressure difference [Pa]; None where the liquid does not wet the polymer
        (theta of 90 degrees or more), for then no pressure is needed.

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Young-Laplace equation for a cylinder; ASTM F316.

    Examples
    --------
    >>> round(bubble_point(0.2e-6, 0.0, 0.072) / 1e5, 1)
    14.4
    """
    refuse_unwettable(pore_diameter, contact_angle, surface_tension)
    # cos(pi/2) is 6e-17 in floating point, hence the angle and not its cosine
    if contact_angle >= math.pi / 2.0:
        return None
    return 4.0 * surface_tension * math.cos(contact_angle) / pore_diameter


def refuse_unwettable(
    pore_diameter: float, contact_angle: float, surface_tension: float
) -> None:
    """Refuse what is no pore [m], no angle [rad] or no surface tension [N/m]."""
    for name, value in {
        "pore_diameter": pore_diameter,
        "surface_tension": surface_tension,
    }.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")
    if not 0.0 <= contact_angle <= math.pi:
        raise InputError(
            f"contact_angle is {contact_angle!r}: 0 to pi is needed, in radians"
        )


def _piecewise_linear(porosity: Floats, values: Floats) -> Floats:
    below, above = np.diff(values) / np.diff(_POROSITY)
    slope = np.where(porosity < _POROSITY[1], below, above)
    return np.asarray(values[1] + slope * (porosity - _POROSITY[1]))


def mean_inverse(one: Floats, other: Floats) -> Floats:
    """Give the mean of 1/d between two depths, d linear: ``ln(d_2/d_1)/(d_2 - d_1)``.

    Parameters
    ----------
    one, other : ndarray, shape (n,)
        Diameters at the two depths [m].

    Returns
    -------
    ndarray, shape (n,)
        Mean of 1/d [1/m].

    Examples
    --------
    >>> mean_inverse(np.array([1.0, 2.0]), np.array([np.e, 2.0])).round(6).tolist()
    [0.581977, 0.5]
    """
    low, high = np.minimum(one, other), np.maximum(one, other)
    step = (high - low) / low
    series = 1.0 - step / 2.0 + step**2 / 3.0
    wide = step > 1e-4
    exact = np.log1p(step) / np.where(wide, step, 1.0)
    return np.asarray(np.where(wide, exact, series) / low)


def checked_profile(
    depth: npt.ArrayLike, porosity: npt.ArrayLike, pore_diameter: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Return a profile's three arrays of floats, or raise.

    Raises
    ------
    InputError
        If shapes differ, depths do not increase, or a porosity or pore is not one.
    """
    z = np.asarray(depth, dtype=float)
    eps = np.asarray(porosity, dtype=float)
    d = np.asarray(pore_diameter, dtype=float)
    if z.ndim != 1 or z.size < 2 or eps.shape != z.shape or d.shape != z.shape:
        raise InputError(
            "depth, porosity and pore_diameter have shapes "
            f"{z.shape}, {eps.shape}, {d.shape}: "
            "three arrays (n,) with n of 2 or more are needed"
        )
    if not (np.all(np.isfinite(z)) and np.all(np.diff(z) > 0.0)):
        raise InputError("depth does not increase from each point to the next")
    if not np.all((eps > 0.0) & (eps < 1.0)):
        raise InputError(
            f"porosity runs from {eps.min()} to {eps.max()}: "
            "numbers between 0 and 1 are needed"
        )
    if not np.all((d > 0.0) & np.isfinite(d)):
        raise InputError(
            f"pore_diameter runs from {d.min()} to {d.max()}: "
            "positive numbers are needed"
        )
    return z, eps, d


def _integral(values: Floats, z: Floats) -> float:
    # numpy renamed trapz to trapezoid in 2.0 and warns about the old name
    return float(np.sum(0.5 * (values[1:] + values[:-1]) * np.diff(z)))
