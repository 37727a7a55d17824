"""Hermia's laws of blocking at constant pressure: volume per area against time.

All four are ``d2t/dV2 = K (dt/dV)**n`` with the start ``dt/dV = 1/J0``, the standard
law with ``K sqrt(J0)`` in place of K; K has the dimension that its law asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from membranekit.errors import InputError

Floats = npt.NDArray[np.float64]


def complete(time: npt.ArrayLike, flux: float, constant: float) -> Floats:
    """Give the volume filtered while each particle seals one pore (n = 2).

    ``V = (J0/K) (1 - exp(-K t))``; the flux falls as ``J = J0 - K V``.

    Parameters
    ----------
    time : array_like
        t [s].
    flux : float
        Flux J0 of the clean sheet [m/s].
    constant : float
        K [1/s].

    Returns
    -------
    ndarray, shape of `time`
        Volume per area V [m].

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Hermia, Trans. IChemE 60 (1982) 183.

    Examples
    --------
    >>> round(float(complete(10.0, 1e-3, 0.1)), 6)
    0.006321
    """
    t, k = _checked(time, flux, constant)
    return np.asarray(-flux * np.expm1(-k * t) / k) if k > 0.0 else flux * t


def standard(time: npt.ArrayLike, flux: float, constant: float) -> Floats:
    """Give the volume filtered while deposits narrow the pores evenly (n = 3/2).

    ``t/V = 1/J0 + K t/2``; the flux falls as ``J = J0 (1 - K V/2)**2``.

    Parameters
    ----------
    time : array_like
        t [s].
    flux : float
        Flux J0 of the clean sheet [m/s].
    constant : float
        K, twice the inverse of the largest volume per area [1/m].

    Returns
    -------
    ndarray, shape of `time`
        Volume per area V [m].

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Hermia, Trans. IChemE 60 (1982) 183.

    Examples
    --------
    >>> round(float(standard(10.0, 1e-3, 200.0)), 6)
    0.005
    """
    t, k = _checked(time, flux, constant)
    return np.asarray(flux * t / (1.0 + 0.5 * k * flux * t))


def intermediate(time: npt.ArrayLike, flux: float, constant: float) -> Floats:
    """Give the volume filtered while particles seal pores or settle on others (n = 1).

    ``V = ln(1 + K J0 t)/K``; the flux falls as ``J = J0 exp(-K V)``.

    Parameters
    ----------
    time : array_like
        t [s].
    flux : float
        Flux J0 of the clean sheet [m/s].
    constant : float
        K [1/m].

    Returns
    -------
    ndarray, shape of `time`
        Volume per area V [m].

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Hermia, Trans. IChemE 60 (1982) 183.

    Examples
    --------
    >>> round(float(intermediate(10.0, 1e-3, 100.0)), 6)
    0.006931
    """
    t, k = _checked(time, flux, constant)
    return np.asarray(np.log1p(k * flux * t) / k) if k > 0.0 else flux * t


def cake(time: npt.ArrayLike, flux: float, constant: float) -> Floats:
    """Give the volume filtered while a cake grows on the sheet (n = 0).

    ``t = V/J0 + K V**2/2``; the flux falls as ``1/J = 1/J0 + K V``.

    Parameters
    ----------
    time : array_like
        t [s].
    flux : float
        Flux J0 of the clean sheet [m/s].
    constant : float
        K [s/m**2].

    Returns
    -------
    ndarray, shape of `time`
        Volume per area V [m].

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Hermia, Trans. IChemE 60 (1982) 183.

    Examples
    --------
    >>> round(float(cake(10.0, 1e-3, 2e5)), 6)
    0.00618
    """
    t, k = _checked(time, flux, constant)
    return np.asarray(2.0 * flux * t / (1.0 + np.sqrt(1.0 + 2.0 * k * flux**2 * t)))


LAWS: dict[str, tuple[float, Callable[..., Floats]]] = {
    "complete": (2.0, complete),
    "standard": (1.5, standard),
    "intermediate": (1.0, intermediate),
    "cake": (0.0, cake),
}
"""The exponent n and the law, by name."""


def _checked(time: npt.ArrayLike, flux: float, constant: float) -> tuple[Floats, float]:
    t = np.asarray(time, dtype=float)
    if not np.all((t >= 0.0) & np.isfinite(t)):
        raise InputError("time holds a negative number or none: 0 or more is needed")
    if not 0.0 < flux < math.inf:
        raise InputError(f"flux is {flux!r}: a positive number is needed")
    if not 0.0 <= constant < math.inf:
        raise InputError(f"constant is {constant!r}: a number from 0 on is needed")
    return t, constant
