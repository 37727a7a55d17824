"""How many particles pass a clean sheet: sieving, attachment, and unlike paths.

Design
------
a. A particle meets two fates on its way through a depth. It is *sieved* where the
   widest passage that spans the plane, ``passage`` times the mean pore diameter, is
   narrower than it is: a limit that percolation makes sharp. And it is *attached*
   where diffusion brings it to a wall in the time that the liquid stays there.
b. Both add up along a path. Paths differ: the captures of the paths are
   gamma-distributed, and stay so through sheets laid on each other, which is why two
   sheets retain less than the square of one.
c. Between two depths the pore diameter is linear, and all integrals are exact for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from membranekit.errors import InputError
from membranekit.filtration.permeance import (
    checked_profile,
    mean_inverse,
    surface_coefficient,
)

Floats = npt.NDArray[np.float64]

BOLTZMANN = 1.380649e-23
"""Boltzmann constant [J/K]."""

SHERWOOD = 3.66
"""Mass transfer to the wall of a tube, laminar, developed, on its diameter [1].

Literature: the Graetz problem's asymptote at constant wall concentration.
"""

SPACING = 2.0
"""Distance of two constrictions on a path over the pore diameter [1]; estimated."""

PASSAGE = 1.0510
HETEROGENEITY = 6.858


@dataclass(frozen=True)
class PathCapture:
    """Mean number of captures on a path through a sheet, by either way [1]."""

    sieved: float
    attached: float

    @property
    def mean(self) -> float:
        """Both together [1]."""
        return self.sieved + self.attached


def diffusivity(
    particle_diameter: float, viscosity: float, temperature: float
) -> float:
    """Give the diffusivity of a sphere, ``D = k T/(3 pi mu d_p)``.

    Parameters
    ----------
    particle_diameter : float
        d_p [m].
    viscosity : float
        mu of the liquid [Pa*s].
    temperature : float
        T [K].

    Returns
    -------
    float
        Diffusivity [m**2/s].

    References
    ----------
    Stokes-Einstein equation.

    Examples
    --------
    >>> f"{diffusivity(0.236e-6, 0.89e-3, 298.15):.3g}"
    '2.08e-12'
    """
    return BOLTZMANN * temperature / (3.0 * math.pi * viscosity * particle_diameter)


def attachment_rate(
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    particle_diffusivity: float,
    attachment: float = 1.0,
) -> Floats:
    """Give the rate at which walls catch particles, per volume of the sheet.

    ``a = alpha Sh D kappa porosity/d**2``: the wall area per volume of the sheet,
    ``kappa porosity/d``, times the transfer coefficient ``Sh D/d`` times the share
    alpha of the touches that hold. Divided by the flux it is the capture per depth.

    Parameters
    ----------
    porosity, pore_diameter : array_like, shape (n,) or ()
        Porosity [1] and mean local thickness d of the pores [m].
    particle_diffusivity : float
        D [m**2/s].
    attachment : float
        Share alpha of the touches that hold [1].

    Returns
    -------
    ndarray
        Rate a [1/s].

    References
    ----------
    Sh of the Graetz problem; kappa from `surface_coefficient`.

    Examples
    --------
    >>> round(float(attachment_rate(0.8, 0.5e-6, 2e-12)), 1)
    45.0
    """
    eps = np.asarray(porosity, dtype=float)
    d = np.asarray(pore_diameter, dtype=float)
    transfer = attachment * SHERWOOD * particle_diffusivity
    return np.asarray(transfer * surface_coefficient(eps) * eps / d**2)


def path_capture(
    depth: npt.ArrayLike,
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    particle_diameter: float,
    *,
    flux: float,
    viscosity: float,
    temperature: float = 298.15,
    attachment: float = 1.0,
    passage: float | None = None,
) -> PathCapture:
    """Compute how often a particle is caught, on average, on its way through a sheet.

    ``m = integral dz/(2 d) [where passage d < d_p] + integral a dz/J``.

    Parameters
    ----------
    depth : array_like, shape (n,)
        Depths z, increasing [m].
    porosity : array_like, shape (n,)
        Porosity at each depth [1].
    pore_diameter : array_like, shape (n,)
        Mean local thickness d of the pores; linear between depths [m].
    particle_diameter : float
        d_p [m].
    flux : float
        Volume per area and time J [m/s].
    viscosity : float
        Of the liquid [Pa*s].
    temperature : float
        Of the liquid [K].
    attachment : float
        Share of the touches that hold [1].
    passage : float, optional
        Widest passage through a plane over d [1]; default `PASSAGE`.

    Returns
    -------
    PathCapture
        By sieving and by attachment.

    Raises
    ------
    InputError
        If the profile, the particle or the flux is not physical.

    References
    ----------
    Depth filtration with a constant per depth: Iwasaki, J. AWWA 29 (1937) 1591.

    Examples
    --------
    >>> sheet = [0.0, 100e-6], [0.8, 0.8], [0.5e-6, 0.5e-6]
    >>> caught = path_capture(*sheet, 0.2e-6, flux=1e-3, viscosity=0.89e-3)
    >>> caught.sieved, round(caught.attached, 2)
    (0.0, 5.52)
    """
    z, eps, d = checked_profile(depth, porosity, pore_diameter)
    for name, value in {
        "particle_diameter": particle_diameter,
        "flux": flux,
        "viscosity": viscosity,
        "temperature": temperature,
    }.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")
    widths = np.diff(z)
    one, other = d[:-1], d[1:]
    limit = particle_diameter / (PASSAGE if passage is None else passage)
    low, high = np.minimum(one, other), np.maximum(one, other)
    reached = np.clip(limit, low, high)
    # of each stretch, the part in which pores are finer than the limit
    slope = np.where(high > low, high - low, 1.0)
    fine = np.where(high > low, (reached - low) / slope, 1.0 * (low < limit))
    sieved = float(np.sum(widths * fine * mean_inverse(low, reached))) / SPACING
    diffusing = diffusivity(particle_diameter, viscosity, temperature)
    wall = surface_coefficient(eps) * eps
    attached = (
        attachment
        * SHERWOOD
        * diffusing
        / flux
        * float(np.sum(widths * 0.5 * (wall[:-1] + wall[1:]) / (one * other)))
    )
    return PathCapture(sieved, attached)


def log_reduction(capture: float, heterogeneity: float | None = None) -> float:
    """Give the log reduction of particles whose paths differ.

    ``P = (1 + m/k)**-k``, ``LRV = k log10(1 + m/k)``: the mean of exp(-m x) over paths
    whose x is gamma-distributed with mean 1 and variance 1/k. The same x holds in each
    of several sheets, so n of them pass ``(1 + n m/k)**-k``, more than P**n.

    Parameters
    ----------
    capture : float
        Mean captures m on a path [1].
    heterogeneity : float, optional
        k [1]; default `HETEROGENEITY`.

    Returns
    -------
    float
        Log reduction value, decadic [1].

    Raises
    ------
    InputError
        If `capture` is negative or k not positive.

    References
    ----------
    Laplace transform of the gamma distribution. GB 2 199 786 A, Table 2: one sheet A
    passes 2,000 of 1e6, two face to face 40, where P**n would be 4.

    Examples
    --------
    >>> round(log_reduction(8.41, 10.7), 2), round(log_reduction(2 * 8.41, 10.7), 2)
    (2.7, 4.39)
    """
    k = HETEROGENEITY if heterogeneity is None else heterogeneity
    if not 0.0 <= capture < math.inf:
        raise InputError(f"capture is {capture!r}: a number from 0 on is needed")
    if not 0.0 < k < math.inf:
        raise InputError(f"heterogeneity is {k!r}: a positive number is needed")
    return k * math.log1p(capture / k) / math.log(10.0)


def needed_capture(reduction: float, heterogeneity: float | None = None) -> float:
    """Give the mean captures on a path that make a log reduction.

    ``m = k (10**(LRV/k) - 1)``.

    Parameters
    ----------
    reduction : float
        Log reduction value [1].
    heterogeneity : float, optional
        k [1]; default `HETEROGENEITY`.

    Returns
    -------
    float
        m [1].

    References
    ----------
    The inverse of `log_reduction`.

    Examples
    --------
    >>> round(needed_capture(2.7, 10.7), 1)
    8.4
    """
    k = HETEROGENEITY if heterogeneity is None else heterogeneity
    return k * math.expm1(reduction * math.log(10.0) / k)


def retention_rating(
    depth: npt.ArrayLike,
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    *,
    flux: float,
    viscosity: float,
    reduction: float = 3.0,
) -> float | None:
    """Give the size from which on all particles are retained to a log reduction.

    The largest particle whose log reduction falls short, found from above: diffusion
    catches small particles well and sieving large ones, so the reduction need not rise
    with size all the way.

    Parameters
    ----------
    depth, porosity, pore_diameter : array_like, shape (n,)
        The profile, as in `path_capture` [m], [1], [m].
    flux : float
        Volume per area and time [m/s].
    viscosity : float
        Of the liquid [Pa*s].
    reduction : float
        Log reduction value asked for [1].

    Returns
    -------
    float or None
        Particle diameter [m]; None if the sheet retains no size to that.

    References
    ----------
    `path_capture` and `log_reduction`.

    Examples
    --------
    An even sheet sieves what is wider than its passages:

    >>> sheet = [0.0, 100e-6], [0.8, 0.8], [0.3e-6, 0.3e-6]
    >>> found = retention_rating(*sheet, flux=5e-3, viscosity=0.89e-3)
    >>> round(found / 0.3e-6, 3) == PASSAGE
    True
    """
    profile = depth, porosity, pore_diameter
    needed = needed_capture(reduction)

    def short(size: float) -> bool:
        found = path_capture(*profile, size, flux=flux, viscosity=viscosity)
        return found.mean < needed

    pores = np.asarray(pore_diameter, dtype=float)
    # a particle wider than the widest passage meets every constriction there is
    sizes = np.geomspace(1e-9, 1.001 * PASSAGE * float(pores.max()), 200)[::-1]
    if short(float(sizes[0])):
        return None
    high = float(sizes[0])
    for size in sizes[1:]:
        if short(float(size)):
            break
        high = float(size)
    else:
        return high
    low = float(size)
    for _ in range(50):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if short(middle) else (low, middle)
    return high
