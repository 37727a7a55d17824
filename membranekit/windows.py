"""The patent's windows, and what a recipe and its process put beside them.

The limits stand in ``membranekit/data/examples.toml`` under ``[windows]``, each with
the claim or page of GB 2 199 786 A that it is from; no limit stands in code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import tomli

from membranekit import library, units
from membranekit.errors import InputError
from membranekit.process import HUMIDITIES, AirExposure, humid_air
from membranekit.solution import CastingSolution, Parts
from membranekit.transport.air import humidity_ratio

_NUMBER = r"(\d+(?:\.\d+)?)"
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER} (.+)")
_ABOVE = re.compile(rf"> {_NUMBER} (.+)")
_RATIOS = re.compile(rf"{_NUMBER}:{_NUMBER} \.\. {_NUMBER}:{_NUMBER}")

_DIGITS = 9  # a limit met on paper may be missed in a float's last digits


@dataclass(frozen=True)
class Window:
    """One window of the patent.

    Parameters
    ----------
    low, high : float
        Its ends in `unit`; of a ratio ``a:b`` the value of b/a.
    above : bool
        Whether it is open: more than `low`, without an upper end.
    unit : str
        As the patent writes it: ``wt%``, ``g/kg`` ... ; empty for a ratio.
    text : str
        The window as a reader wants it.
    source : str
        The claim or page.
    """

    low: float
    high: float
    above: bool
    unit: str
    text: str
    source: str

    def holds(self, value: float) -> bool:
        """Return whether a value in the window's unit lies inside; its ends do.

        Examples
        --------
        >>> window("polymer_concentration").holds(35.0)
        True
        >>> window("air_speed").holds(0.2)
        False
        """
        rounded = float(f"{value:.{_DIGITS}g}")
        return rounded > self.low if self.above else self.low <= rounded <= self.high


@cache
def _facts() -> Mapping[str, Any]:
    place = files("membranekit") / "data" / "examples.toml"
    return tomli.loads(place.read_text(encoding="utf-8"))


def window(name: str, which: str = "claim") -> Window:
    """Return one window of the patent.

    Parameters
    ----------
    name : str
        A key of ``[windows]``.
    which : str
        Which of its limits: ``claim``, ``preferred`` ...

    Examples
    --------
    >>> found = window("polymer_concentration", "preferred")
    >>> found.text, found.source
    ('10 to 30 wt%', 'page 8')
    >>> window("good_solvent_to_nonsolvent").text
    '95:5 to 50:50'
    """
    entry = _facts()["windows"][name]
    return _read(entry[which], entry["source"][which])


def _read(text: str, source: str) -> Window:
    if found := _RATIOS.fullmatch(text):
        first, second, third, last = found.groups()
        ends = float(second) / float(first), float(last) / float(third)
        low, high = (float(f"{each:.{_DIGITS}g}") for each in ends)
        shown = f"{first}:{second} to {third}:{last}"
        return Window(low, high, False, "", shown, source)
    if found := _ABOVE.fullmatch(text):
        least, unit = found.groups()
        unit = unit.replace(" H2O", "").replace(" air", "")
        return Window(
            float(least), math.inf, True, unit, f"more than {least} {unit}", source
        )
    found = _RANGE.fullmatch(text)
    if found is None:
        raise InputError(f"[windows]: {text!r} is no window")
    low_text, high_text, unit = found.groups()
    unit, _, of = unit.partition(" of ")
    shown = f"{low_text} to {high_text} {unit}{' of ' if of else ''}{of}"
    return Window(float(low_text), float(high_text), False, unit, shown, source)


def polar_solvents() -> tuple[tuple[str, ...], str]:
    """Return the solvents that are polar and compatible with water, and the source.

    Examples
    --------
    >>> names, source = polar_solvents()
    >>> "NMP" in names, source
    (True, 'page 7')
    """
    entry = _facts()["polar_solvents"]
    names = tuple(library.builtin(name).name for name in entry["names"])
    return names, entry["source"]


def shares_by_role(solution: CastingSolution) -> dict[str, float]:
    """Return the mass fraction of each role in the solution [1], stocks taken apart.

    Examples
    --------
    >>> dope = CastingSolution.from_parts({"PSF": 15, "NMP": 80, "water": 5})
    >>> round(shares_by_role(dope)["nonsolvent"], 6)
    0.05
    """
    shares: dict[str, float] = {}
    for name, share in solution.mass_fractions.items():
        role = solution.role_of(name)
        shares[role] = shares.get(role, 0.0) + share
    return shares


@dataclass(frozen=True)
class SwellingStock:
    """A swelling agent that is added as a solution.

    Parameters
    ----------
    name : str
        Its name in the recipe.
    concentration : float
        Swelling agent in it, by mass [1].
    amount : float or None
        Its volume over that of the good solvent and nonsolvent it is added to, which
        its own liquid is not counted with [1]; None where there are none, or a
        density is not known.
    """

    name: str
    concentration: float
    amount: float | None


def swelling_stocks(solution: CastingSolution) -> tuple[SwellingStock, ...]:
    """Return the stocks of a solution that hold a swelling agent; volumes add up.

    Examples
    --------
    >>> dope = CastingSolution.from_parts(
    ...     {"PSF": 15, "NMP": 80, "salt": 5},
    ...     stocks={"salt": {"LiCl": 20, "water": 80}},
    ... )
    >>> [(each.name, each.concentration) for each in swelling_stocks(dope)]
    [('salt', 0.2)]
    """
    found = []
    base: float | None = _liquid(solution.parts, solution)
    for name, recipe in solution.stocks.items():
        held = _swelling(recipe, solution)
        total = sum(recipe.values())
        if held > 0.0:
            found.append((name, held / total, solution.parts[name] / total, recipe))
        elif base is not None:
            added = _liquid(recipe, solution)
            scale = solution.parts[name] / total
            base = None if added is None else base + scale * added
    return tuple(
        SwellingStock(name, share, _over(scale, _volume(recipe), base))
        for name, share, scale, recipe in found
    )


def _over(scale: float, volume: float | None, base: float | None) -> float | None:
    return None if volume is None or not base else scale * volume / base


def _swelling(recipe: Parts, solution: CastingSolution) -> float:
    return float(
        sum(
            recipe[label]
            for label, substance in recipe.substances.items()
            if solution.role_of(substance.name) == "swelling_agent"
        )
    )


def _liquid(recipe: Parts, solution: CastingSolution) -> float | None:
    """Return the volume of good solvent and nonsolvent in a recipe [m3, per kg]."""
    roles = ("good_solvent", "nonsolvent")
    return _volume(
        recipe,
        [
            label
            for label, substance in recipe.substances.items()
            if solution.role_of(substance.name) in roles
        ],
    )


def _volume(recipe: Parts, labels: Any = None) -> float | None:
    """Return the volume of a recipe or of some of it; None: a density is missing."""
    substances = recipe.substances
    volume = 0.0
    for label in substances if labels is None else labels:
        if not substances[label].has("density"):
            return None
        volume += recipe[label] / substances[label].get("density").at()
    return volume


def air_humidity(step: AirExposure) -> float:
    """Return the mass of water over that of dry air in the air of a step [1].

    The patent's "absolute humidity".

    Raises
    ------
    InputError
        If the step's humidity makes no air.

    Examples
    --------
    >>> step = AirExposure(
    ...     time="6 s", temperature="60 degC", relative_humidity="30 %",
    ...     air_speed="0.8 m/s",
    ... )
    >>> round(1e3 * air_humidity(step), 1)
    39.0
    """
    pressure = units.to_si(step.pressure, "pressure")
    return float(humidity_ratio(humid_air(step), pressure))


def dew_point(vapor: float) -> float:
    """Return the temperature at which water has this saturation pressure [degC].

    Parameters
    ----------
    vapor : float
        Partial pressure of water [Pa], above zero.

    Examples
    --------
    >>> round(dew_point(3169.0))
    25
    """
    law = library.builtin("water").get("saturation_pressure").at
    low, high = 173.15, 473.15
    for _ in range(60):
        middle = 0.5 * (low + high)
        if law(middle) < vapor:
            low = middle
        else:
            high = middle
    return round(0.5 * (low + high) - 273.15, 4)


def least_humidity(step: AirExposure, kind: str) -> float:
    """Return the humidity at which the air of a step is as humid as the patent asks.

    Parameters
    ----------
    step : AirExposure
        For the temperature and the pressure of its air.
    kind : str
        How the humidity is told: ``relative_humidity`` [1], ``humidity_ratio`` [1] or
        ``dew_point`` [K].

    Examples
    --------
    >>> step = AirExposure(
    ...     time="6 s", temperature="25 degC", relative_humidity="40 %",
    ...     air_speed="0.7 m/s",
    ... )
    >>> round(least_humidity(step, "relative_humidity"), 3)
    0.102
    """
    least = window("absolute_humidity").low * 1e-3
    if kind == "humidity_ratio":
        return least
    bare = dict.fromkeys(HUMIDITIES)
    limit = {**bare, "humidity_ratio": units.make(1e3 * least, "g/kg")}
    vapor = humid_air(step.replace(**limit))
    if kind == "dew_point":
        return dew_point(vapor) + 273.15
    temperature = units.to_si(step.temperature, "temperature")
    return float(
        vapor / library.builtin("water").get("saturation_pressure").at(temperature)
    )
