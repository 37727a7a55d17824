"""The edge of the library: text and quantities in, SI floats and quantities out.

This is the only module that imports pint, and only when a function runs. Text never
goes through ``Quantity(text)``: pint reads ``"1,5 m/s"`` as 15 m/s, ``"1 000 um"`` as
0 um and does not return from ``"m**9**9**9"``.

Quantities are made by the application registry, looked up at each crossing: another
library may replace the registry at any time, and a quantity of a registry of our own
would be refused by the functions of others. Its settings are others' too: pint-xarray
has it keep every magnitude as an array, so the magnitude of a scalar may be one of
shape (), and the floats that `si` and `to_si` give are what can be relied on. A
registry of Decimals cannot be the application's: it does not mix with floats.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Number
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from membranekit.errors import UnitError

if TYPE_CHECKING:
    import pint
    from numpy.typing import ArrayLike
    from pint.facets.plain import PlainQuantity


@dataclass(frozen=True)
class Kind:
    """What a value can be: its SI unit, how it is written and where it may lie.

    Parameters
    ----------
    unit : str
        Unit of the float that is handed down, as text for pint.
    example : str
        A text that is accepted, shown in errors.
    lowest, highest : str, optional
        Ends of the plausible range, both of them allowed.
    spellings : Mapping[str, str], optional
        The only units accepted, each with pint's name for it. None accepts every
        unit of the dimension. Needed where the dimension does not tell two kinds
        apart, such as a relative humidity and a humidity ratio.
    """

    unit: str
    example: str
    lowest: str | None = None
    highest: str | None = None
    spellings: Mapping[str, str] | None = None


_PERCENT = {"%": "percent", "percent": "percent"}
_RATIO = {"g/kg": "g/kg", "kg/kg": "dimensionless"}
_FRACTION = ("dimensionless", "20 %", "0 %", "100 %")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "time": Kind("s", "6 s", "0 s", "10000 day"),
        "length": Kind("m", "3 mm", "0 m", "1 km"),
        "film_thickness": Kind("m", "150 um", "1 um", "10 mm"),
        "temperature": Kind("K", "25 degC", "50 K", "1500 K"),
        "temperature_difference": Kind(
            "K",
            "2 K",
            "-1000 K",
            "1000 K",
            {
                "K": "kelvin",
                "kelvin": "kelvin",
                "delta_degC": "delta_degree_Celsius",
            },
        ),
        "velocity": Kind("m/s", "0.8 m/s", "0 m/s", "100 m/s"),
        "pressure": Kind("Pa", "1 atm", "0 Pa", "1 GPa"),
        "relative_humidity": Kind(
            "dimensionless", "30 %", "0 %", "100 %", {**_PERCENT, "%RH": "percent"}
        ),
        "humidity_ratio": Kind(
            "dimensionless", "9 g/kg", "0 g/kg", "1000 g/kg", _RATIO
        ),
        "mass_fraction": Kind(*_FRACTION, {**_PERCENT, "wt%": "percent", **_RATIO}),
        "volume_fraction": Kind(*_FRACTION, {**_PERCENT, "vol%": "percent"}),
        "share": Kind(*_FRACTION, _PERCENT),
        "density": Kind("kg/m**3", "1240 kg/m**3", "0.01 kg/m**3", "30000 kg/m**3"),
        "molar_mass": Kind("kg/mol", "22 kg/mol", "1 g/mol", "100000 kg/mol"),
        "molar_volume": Kind(
            "m**3/mol", "18 cm**3/mol", "1 cm**3/mol", "1000 m**3/mol"
        ),
        "viscosity": Kind("Pa*s", "1.7 mPa*s", "0 Pa*s", "1e15 Pa*s"),
        "heat_capacity": Kind("J/kg/K", "2 kJ/kg/K", "10 J/kg/K", "20 kJ/kg/K"),
        "thermal_conductivity": Kind("W/m/K", "0.2 W/m/K", "0.001 W/m/K", "5 kW/m/K"),
        "molar_energy": Kind("J/mol", "44 kJ/mol", "-10 MJ/mol", "10 MJ/mol"),
        "surface_tension": Kind("N/m", "72 mN/m", "0 N/m", "5 N/m"),
        "diffusivity": Kind("m**2/s", "1e-9 m**2/s", "0 m**2/s", "0.01 m**2/s"),
        "matrix_diffusivity": Kind(
            "m**2/s", "-1e-10 m**2/s", "-0.01 m**2/s", "0.01 m**2/s"
        ),
        "heat_transfer_coefficient": Kind(
            "W/m**2/K", "11 W/(m**2 K)", "0 W/m**2/K", "1e6 W/m**2/K"
        ),
        "mass_transfer_coefficient": Kind("m/s", "5 mm/s", "0 m/s", "100 m/s"),
        "angle": Kind(
            "radian",
            "65 deg",
            "0 deg",
            "180 deg",
            {
                "deg": "degree",
                "degree": "degree",
                "degrees": "degree",
                "°": "degree",
                "rad": "radian",
            },
        ),
        "number": Kind("dimensionless", "2.6", None, None, {"": "dimensionless"}),
        "stress": Kind("Pa", "20 MPa", "0 Pa", "1000 GPa"),
        "area_density": Kind("kg/m**2", "25 g/m**2", "0 g/m**2", "1000 kg/m**2"),
        "specific_surface_area": Kind(
            "m**2/kg", "12 m**2/g", "0 m**2/g", "100000 m**2/g"
        ),
        "depth": Kind("m", "10 um", "0 um", "10 mm"),
        "pore_diameter": Kind("m", "0.2 um", "0.1 nm", "1 mm"),
        "particle_diameter": Kind("m", "0.2 um", "0.1 nm", "1 mm"),
        "filtration_pressure": Kind("Pa", "1 bar", "0 bar", "100 bar"),
        "filtration_flux": Kind("m/s", "1000 L/(m**2 h)", "0 m/s", "1 m/s"),
        "suspended_fraction": Kind(
            "dimensionless",
            "0.01 wt%",
            "0 %",
            "10 %",
            {**_PERCENT, "wt%": "percent", **_RATIO},
        ),
        "suspended_mass": Kind("kg/m**3", "100 mg/L", "0 g/L", "100 g/L"),
        "permeance": Kind("m/s/Pa", "900 L/(m**2 h bar)", "0 m/s/Pa", "1 m/s/Pa"),
    }
)

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(r"[A-Za-z0-9 µμ°%·*/^().²³⁻¹-]{1,64}")
# pint evaluates the powers of numbers exactly, however large they are.
_POWER_OF_NUMBER = re.compile(r"[0-9²³¹.)]\s*(?:\*\*|\^)|[0-9²³¹]{3}")
# A product with a dot, which some versions of pint do not read.
_DOT_FOR_TIMES = re.compile(r"(?<=[A-Za-zµμ°0-9)²³⁻¹])\s*\.\s*(?=[A-Za-zµμ°(])")
_GLUED_EXPONENT = re.compile(r"([A-Za-zµμ°])(-?[0-9]+)")
_LONGEST_TEXT = 200

_MISTAKEN_UNITS = {
    "C": "C is the coulomb, a degree Celsius is degC",
    "F": "F is the farad, a degree Fahrenheit is degF",
    "u": "u is a mass, a micrometer is um",
    "m": "m is the meter, a minute is min",
    "M": "M is mol/L, a minute is min and a meter m",
    "S": "S is the siemens, a second is s",
    "deg": "deg is an angle, a degree Celsius is degC",
    "degC": "degC is a point on a scale, a difference is in K or delta_degC",
    "degF": "degF is a point on a scale, a difference is in K or delta_degC",
    "g/kg": "g/kg is a ratio of masses: a humidity_ratio or a mass_fraction",
}

# A difference of 1 degC is one of 1 K, and K is what can be read.
_ASCII = {"Δ°C": "K", "°C": "degC", "Δ°F": "delta_degF", "°": "deg", "µ": "u", "μ": "u"}

_lock = threading.Lock()
_warmed: tuple[Any, dict[str, Any]] | None = None


def registry() -> pint.UnitRegistry[Any]:
    """Return the application registry, ready to be used by several threads.

    The first use of a registry is not safe in threads: it builds itself, and those
    who come meanwhile find a unit undefined. So one quantity is made under a lock.
    """
    return _application()[0]


def _application() -> tuple[pint.UnitRegistry[Any], dict[str, pint.Unit]]:
    """Return the application registry and its units by the texts read so far."""
    global _warmed
    import pint

    with _lock:
        application = pint.get_application_registry()  # type: ignore[no-untyped-call]
        current = application.get()
        if _warmed is None or _warmed[0] is not current:
            current.Quantity(1.0, "um").m_as("m")
            _warmed = (current, {})
        return _warmed


def _unit(text: str) -> pint.Unit:
    """Return a unit of the application registry.

    What has been read once is not parsed again: pint does that for each unit with a
    prefix, which takes as long as ten conversions.
    """
    ours, units = _application()
    found = units.get(text)
    if found is None:
        found = units[text] = ours.parse_units(text)
    return found


def quantity(given: object, kind: str, name: str) -> pint.Quantity[float]:
    """Read a text or a quantity of any registry as a scalar quantity of one kind.

    Parameters
    ----------
    given : str or pint.Quantity
        What the user gave. A bare number is accepted for the kind ``number`` alone.
    kind : str
        A key of `KINDS`.
    name : str
        Name of the argument, for errors.

    Returns
    -------
    pint.Quantity
        A new quantity of the application registry, in the unit that was given. Its
        magnitude is a float, or an array of shape () if the registry makes it one.

    Raises
    ------
    UnitError
        When it cannot be read, has another dimension or lies out of range.

    Examples
    --------
    >>> print(quantity("1.5 min", "time", "air.time"))
    1.5 minute
    """
    return _read(given, kind, name)[0]


def si(given: object, kind: str, name: str) -> float:
    """Read a text or a quantity as a float in the SI unit of its kind.

    Parameters and errors are those of `quantity`. Fractions come out between 0 and
    1, temperatures and their differences in kelvin, angles in radian.

    Examples
    --------
    >>> si("2 min", "time", "air.time")
    120.0
    """
    return _read(given, kind, name)[1]


def check_unit(given: str, kind: str, name: str) -> None:
    """Refuse a text that is no unit of a kind; `name` is whose it is, for errors.

    Raises
    ------
    UnitError
        It cannot be read or has another dimension.

    Examples
    --------
    >>> check_unit("mPa*s", "viscosity", "viscosity.units.mu")
    """
    sort = KINDS[kind]
    try:
        value = _read_text(f"1 {given}", sort)
        _check_unit(value, sort, kind.replace("_", " "))
    except _FaultError as error:
        _, _, example = sort.example.partition(" ")
        shown = f"write it like {example!r}" if example else "leave it empty"
        raise UnitError(f"{name}: the unit {given[:80]!r} {error}; {shown}") from None


def to_si(value: pint.Quantity[Any], kind: str) -> float:
    """Convert a quantity that was checked before to the SI float of its kind."""
    return float(value.m_as(KINDS[kind].unit))


def from_si(value: float, kind: str, unit: str) -> float:
    """Convert the SI float of a kind to another unit of it.

    Examples
    --------
    >>> from_si(298.15, "temperature", "degC")
    25.0
    """
    return float(registry().convert(value, _unit(KINDS[kind].unit), _unit(unit)))


def si_values(given: object, kind: str, name: str) -> list[float]:
    """Read a list of texts or quantities, or a quantity of an array, as SI floats.

    Parameters and errors are those of `si`, for each value by itself. Bare numbers are
    refused, in lists and arrays too.

    Examples
    --------
    >>> si_values(["0 mm", "0.5 mm"], "depth", "depth")
    [0.0, 0.0005]
    """
    import pint

    values: Iterable[object]
    if isinstance(given, pint.Quantity):
        if getattr(given.magnitude, "ndim", 0) != 1:
            raise UnitError(f"{name}: one line of values is wanted, not {given!r:.80}")
        # one by one, so that each is held to its kind's spellings and range
        values = [type(given)(each, given.units) for each in given.magnitude.tolist()]
    elif isinstance(given, (list, tuple)):
        values = given
    else:
        raise UnitError(
            f"{name}: {given!r:.80} is not a list; give a quantity of an array or a "
            f'list of texts like ["{KINDS[kind].example}", ...]'
        )
    return [si(each, kind, f"{name}[{k}]") for k, each in enumerate(values)]


def make(value: ArrayLike, unit: str) -> pint.Quantity[Any]:
    """Make a quantity of the application registry; an array is copied.

    Examples
    --------
    >>> print(make(2.1, "um"))
    2.1 micrometer
    """
    import numpy as np

    magnitude = np.array(value, dtype=float)
    number = magnitude if magnitude.ndim else magnitude.item()
    return registry().Quantity(number, _unit(unit))


def fresh(value: Any) -> Any:
    """Return an equal scalar quantity of the registry of the moment, to hand out.

    What is no quantity is returned as it is. What an input holds was made when the
    input was, maybe before another library set the registry, whose functions would
    refuse it. And ``*=`` on what is handed out must not change what is held, as it
    does where magnitudes are arrays.

    Examples
    --------
    >>> held = make(6.0, "s")
    >>> fresh(held) == held, fresh(held) is held
    (True, False)
    """
    if not hasattr(value, "m_as"):
        return value
    ours = registry()
    number = float(value.magnitude)
    if isinstance(value, ours.Quantity):
        return ours.Quantity(number, value.units)
    return _adopt(value, number)


def text(value: pint.Quantity[Any]) -> str:
    """Write a scalar quantity as ASCII text that reads back equal.

    Examples
    --------
    >>> text(make(150, "um")), text(make(25, "degC"))
    ('150 um', '25 degC')
    """
    number = float(value.m)
    for unit in (_symbol(value), f"{value.units:D}"):
        if _UNIT.fullmatch(unit) and _equal(number, unit, value):
            break
    else:
        base = value.to_base_units()
        number, unit = float(base.m), _symbol(base)
    return f"{repr(number).removesuffix('.0')} {unit}".removesuffix(" dimensionless")


def unit_text(given: object, kind: str, name: str) -> str:
    """Return the unit of a text or quantity as ASCII text that pint reads by itself.

    Parameters and errors are those of `quantity`, which reads more than pint does.

    Examples
    --------
    >>> unit_text("1.2 kg m-1 s-1", "viscosity", "mu"), unit_text(2.6, "number", "x")
    ('kg/m/s', '')
    """
    return text(quantity(given, kind, name)).partition(" ")[2]


def _symbol(value: PlainQuantity[Any]) -> str:
    """Return the short name of a unit in ASCII, as a user would write it."""
    unit = f"{value.units:~D}".replace(" / ", "/").replace(" ** ", "**")
    for sign, ascii_name in _ASCII.items():
        unit = unit.replace(sign, ascii_name)
    return unit.replace(" * ", "*") or "dimensionless"


def _equal(number: float, unit: str, value: pint.Quantity[Any]) -> bool:
    try:
        same = registry().Quantity(number, _unit(unit))
        return bool(same.to_base_units() == value.to_base_units())
    except Exception:  # what pint writes need not be something that it reads
        return False


def _read(given: object, kind: str, name: str) -> tuple[pint.Quantity[float], float]:
    sort = KINDS[kind]
    noun = kind.replace("_", " ")
    shown = f'"{given[:80]}"' if isinstance(given, str) else repr(given)[:80]

    def fault(what: str) -> UnitError:
        return UnitError(f'{name}: {shown} {what}; write it like "{sort.example}"')

    try:
        if isinstance(given, str):
            result = _read_text(given, sort)
        else:
            result = _read_quantity(given, sort)
        _check_unit(result, sort, noun)
        if sort.spellings and "kg/kg" in sort.spellings and result.unitless:
            result = result.to("g/kg")  # so that its unit can be told when written
        value = float(result.m_as(sort.unit))
    except _FaultError as error:
        raise fault(str(error)) from None
    low, high = _limits(kind)
    slack = 1e-12 * abs(value)
    if not low - slack <= value <= high + slack:
        raise fault(
            f"is out of range: the {noun} lies between {sort.lowest} and {sort.highest}"
        )
    return result, value


class _FaultError(Exception):
    """What is wrong with a text or quantity; the caller adds whose it is."""


def _read_text(given: str, sort: Kind) -> pint.Quantity[float]:
    number, unit = _split(given)
    if not unit and "" not in (sort.spellings or ()):
        raise _FaultError("has no unit")
    if sort.spellings is None:
        parsed = _parse_unit(unit)
    else:
        spelling = "".join(unit.split())
        if spelling not in sort.spellings:
            raise _FaultError(_wrong_spelling(spelling, sort))
        parsed = _unit(sort.spellings[spelling])
    return registry().Quantity(number, parsed)


def _split(given: str) -> tuple[float, str]:
    stripped = given.strip()
    if len(stripped) > _LONGEST_TEXT:
        raise _FaultError(f"is longer than {_LONGEST_TEXT} characters")
    if "," in stripped:
        raise _FaultError("has a comma: numbers are written with a decimal point")
    found = _NUMBER.match(stripped)
    if found is None:
        if re.match(r"[+-]?(nan|inf)", stripped, re.IGNORECASE):
            raise _FaultError("is not a finite number")
        raise _FaultError("does not begin with a number")
    number = float(found.group())
    if not math.isfinite(number):
        raise _FaultError("is not a finite number")
    unit = stripped[found.end() :].strip()
    if unit and unit[0] in "0123456789.":
        raise _FaultError("has a number in pieces: no spaces and one decimal point")
    return number, unit


def _parse_unit(unit: str) -> pint.Unit:
    if not _UNIT.fullmatch(unit) or _POWER_OF_NUMBER.search(unit):
        raise _FaultError("has a unit that cannot be read")
    times = _DOT_FOR_TIMES.sub("*", unit)
    glued = _GLUED_EXPONENT.sub(r"\1**\2", times)
    for spelling in (times, glued):
        # pint evaluates the text: whatever an operator of Python can raise, it can.
        try:
            return _unit(spelling)
        except Exception:
            continue
    raise _FaultError(f"has an unknown unit, {unit!r}")


def _read_quantity(given: object, sort: Kind) -> pint.Quantity[float]:
    if isinstance(given, bool):
        raise _FaultError("is not a quantity")
    if isinstance(given, Number):
        if "" not in (sort.spellings or ()):
            raise _FaultError("has no unit")
        return registry().Quantity(_finite(given), "dimensionless")
    import pint

    if not isinstance(given, pint.Quantity):
        raise _FaultError(f"is of type {type(given).__name__}, not text or a quantity")
    return _adopt(given, _finite(given.magnitude))


def _finite(magnitude: Any) -> float:
    if getattr(magnitude, "shape", ()) != ():
        raise _FaultError("holds several values where one is wanted")
    if hasattr(magnitude, "item"):  # numpy's scalars and arrays of shape ()
        magnitude = magnitude.item()
    if isinstance(magnitude, bool):
        raise _FaultError("is not a quantity")
    if isinstance(magnitude, str | bytes):  # which float() would read
        raise _FaultError("is not one real number")
    try:
        number = float(magnitude)
    except (TypeError, ValueError, OverflowError):
        raise _FaultError("is not one real number") from None
    if not math.isfinite(number):
        raise _FaultError("is not a finite number")
    return number


def _adopt(given: pint.Quantity[Any], number: float) -> pint.Quantity[float]:
    """Make the same quantity in the application registry, in its unit if known there.

    Another registry may define units of its own, or the same name in another way:
    then the quantity comes over in base units, which all registries share.
    """
    ours = registry()
    # In the number type of the other registry, which may refuse to mix with floats.
    try:
        base = given.to_base_units()
        number_in_base = float(base.m)
    except Exception:  # such as offset units in a product
        raise _FaultError("cannot be converted to base units") from None
    try:
        adopted = ours.Quantity(number, _unit(f"{given.units:D}"))
        same = math.isclose(adopted.to_base_units().m, number_in_base, rel_tol=1e-9)
    except Exception:  # an unknown unit, or one that pint cannot read back
        same = False
    return adopted if same else ours.Quantity(number_in_base, f"{base.units:D}")


def _check_unit(value: pint.Quantity[float], sort: Kind, noun: str) -> None:
    ours = registry()
    if sort.spellings is not None:
        if value.units not in [_unit(each) for each in sort.spellings.values()]:
            raise _FaultError(_wrong_spelling(_symbol(value), sort))
        return
    if value.dimensionality != ours.get_dimensionality(sort.unit):
        dimension = f"its dimension is {value.dimensionality}"
        hint = _MISTAKEN_UNITS.get(_symbol(value), dimension)
        article = "an" if noun[0] in "aeiou" else "a"
        raise _FaultError(f"is not {article} {noun}: {hint}")
    if sort.unit == "K" and f"{value.units:D}".startswith("delta_"):
        raise _FaultError("is a difference of temperatures, not a temperature")


def _wrong_spelling(unit: str, sort: Kind) -> str:
    accepted = ", ".join(spelling or "no unit" for spelling in sort.spellings or ())
    hint = _MISTAKEN_UNITS.get(unit)
    return f"has the unit {unit!r} where {accepted} can stand" + (
        f": {hint}" if hint else ""
    )


@cache
def _limits(kind: str) -> tuple[float, float]:
    sort = KINDS[kind]
    if sort.lowest is None or sort.highest is None:
        return -math.inf, math.inf
    low, high = (
        float(_read_text(end, sort).m_as(sort.unit))
        for end in (sort.lowest, sort.highest)
    )
    return low, high
