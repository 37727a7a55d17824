"""The marketed sheets of the patent's Table 2 as declared profiles, by one rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli

from membranekit.errors import InputError
from membranekit.filtration.permeance import permeance

Floats = npt.NDArray[np.float64]

WATER_VISCOSITY = 0.89e-3
"""Of water at 25 degC [Pa*s]; literature."""

_ATMOSPHERE = 101325.0
_LENGTH = 1e-6
_FLUX = 1e-2 / 60.0 / _ATMOSPHERE


@dataclass(frozen=True, eq=False)
class Sheet:
    """A declared sheet: its profile in SI, and the number its water flux fixed.

    `depth`, `porosity` and `pore_diameter` have shape (2,), in m, 1 and m; `fixed` is
    the diameter [m] that gives the stated flux.
    """

    name: str
    polymer: str
    depth: Floats
    porosity: Floats
    pore_diameter: Floats
    fixed: float


def linear_pore(thickness: float, porosity: float, near: float, target: float) -> float:
    """Give the far side's diameter of a sheet of linear pores with a permeance.

    Permeance goes with ``d_near d_far`` there, so one evaluation scales it.

    Parameters
    ----------
    thickness : float
        Of the sheet [m].
    porosity : float
        Of the sheet [1].
    near : float
        Pore diameter of the side that is known [m].
    target : float
        Permeance to water at 25 degC [m/s/Pa].

    Returns
    -------
    float
        Pore diameter of the far side [m].

    References
    ----------
    The integral of dz/d^2 over a linear d is L/(d_near d_far).

    Examples
    --------
    >>> round(1e6 * linear_pore(125e-6, 0.72, 0.2e-6, 4.9346e-8), 2)
    1.04
    """
    sheet = [0.0, thickness], [porosity, porosity]
    even = permeance(*sheet, [near, near], WATER_VISCOSITY)
    return near * target / even


def marketed(name: str, text: str | None = None) -> Sheet:
    """Return a marketed sheet of the patent's Table 2 as a declared profile.

    Parameters
    ----------
    name : str
        ``"A"`` or ``"B"``.
    text : str, optional
        The data as TOML; default the shipped file ``data/sheets.toml``.

    Returns
    -------
    Sheet
        Its profile; depth 0 is the side of the finest pores of an asymmetric one.

    Raises
    ------
    InputError
        If there is no such sheet.

    Examples
    --------
    >>> (1e6 * marketed("A").pore_diameter).round(3).tolist()
    [0.2, 1.037]
    >>> (1e6 * marketed("B").pore_diameter).round(3).tolist()
    [0.322, 0.322]
    """
    if text is None:
        place = files("membranekit") / "data" / "sheets.toml"
        text = place.read_text(encoding="utf-8")
    data = tomli.loads(text)
    if name not in data["sheets"]:
        known = ", ".join(data["sheets"])
        raise InputError(f"there is no marketed sheet {name!r}; there are {known}")
    sheet = data["sheets"][name]
    thickness = _number(data["thickness"]["value"], "um") * _LENGTH
    porosity = _number(data["porosity"]["value"], "%") / 100.0
    target = _number(sheet["water_flux"], "ml/cm**2/min/atm") * _FLUX
    if sheet["kind"] == "symmetric":
        # permeance goes with the square of an even diameter
        one = linear_pore(thickness, porosity, _LENGTH, target)
        near = fixed = math.sqrt(_LENGTH * one)
    else:
        near = _number(sheet["rating"], "um") * _LENGTH
        fixed = linear_pore(thickness, porosity, near, target)
    return Sheet(
        name=name,
        polymer=sheet["polymer"],
        depth=np.array([0.0, thickness]),
        porosity=np.array([porosity, porosity]),
        pore_diameter=np.array([near, fixed]),
        fixed=fixed,
    )


def _number(given: Any, unit: str) -> float:
    """Return the number of a text of the data file in its one known unit."""
    number, _, own = str(given).partition(" ")
    if own != unit:
        raise InputError(f"sheets.toml: {given!r} is not in {unit}")
    return float(number)
