"""Results: a membrane, how it came to be, and how it is written down.

Design
------
a. A result holds SI floats and private read-only arrays, never a quantity: its pickle
   is free of pint, and nothing a user does to what a property returned reaches back.
b. A property makes a fresh quantity at each look, always in the same unit.
c. What a run cannot give is None, with the reason in ``notes``. The clocks of
   `History` are the one exception: there NaN means "did not happen".
d. Files are written beside their place and moved there whole.
"""

from __future__ import annotations

import csv
import html
import importlib.util
import json
import math
import os
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from membranekit import citations, units
from membranekit.errors import (
    InputError,
    MaterialError,
    MissingExtraError,
    OutputError,
)

if TYPE_CHECKING:
    import xarray

    from membranekit import filters

__all__ = [
    "Assumption",
    "History",
    "Membrane",
    "MinimumPoreLayer",
    "Moment",
    "PoreProfile",
    "Trust",
    "check_output",
    "cite",
    "gather",
    "save",
    "saved_case_text",
    "to_document",
    "to_plain",
]

SCHEMA = 1

# How many of the unit shown make one SI unit; degC has an offset and is not here.
_PER_SI = {
    "um": 1e6,
    "s": 1.0,
    "percent": 1e2,
    "m**2/g": 1e-3,
    "L/(m**2 h bar)": 3.6e11,
    "ml/(cm**2 min atm)": 100 * 60 * 101325.0,
    "bar": 1e-5,
    "g/m**2": 1e3,
    "1": 1.0,
}

_HEADLINE_UNITS = {
    "surface_pore_diameter": "um",
    "support_side_pore_diameter": "um",
    "coacervation_depth": "um",
    "thickness": "um",
    "porosity": "percent",
    "specific_surface_area": "m**2/g",
    "permeance": "L/(m**2 h bar)",
    "bubble_point": "bar",
    "water_uptake": "g/m**2",
    "solvent_evaporated": "g/m**2",
    "solvent_to_bath": "g/m**2",
}

_HISTORY_UNITS = {
    "time": "s",
    "depth": "um",
    "temperature": "degC",
    "thickness": "um",
    "water_uptake": "g/m**2",
    "solvent_evaporated": "g/m**2",
    "binodal_time": "s",
    "spinodal_time": "s",
    "arrest_time": "s",
    "dry_depth": "um",
}

_HISTORY_SHAPES = {
    "time": "t",
    "step": "t",
    "depth": "tz",
    "volume_fraction": "tzc",
    "mass_fraction": "tzc",
    "surface_volume_fraction": "tc",
    "temperature": "t",
    "thickness": "t",
    "water_uptake": "t",
    "solvent_evaporated": "t",
    "binodal_time": "z",
    "spinodal_time": "z",
    "arrest_time": "z",
    "dry_depth": "z",
}

_TRUST_LISTS = ("assumed", "estimated", "fitted", "extrapolated")


# ------------------------------------------------------------------ plain values
def _shown(value: Any, unit: str) -> Any:
    """Return an SI float or array in `unit`, as a new float or array."""
    return value - 273.15 if unit == "degC" else value * _PER_SI[unit]


def _quantity(value: Any, unit: str) -> Any:
    return None if value is None else units.make(_shown(value, unit), unit)


def _seen(name: str, unit: str, doc: str) -> Any:
    """Make a property: the private SI value `name` as a fresh quantity in `unit`."""
    return property(lambda self: _quantity(self._si[name], unit), doc=doc)


def _plain(name: str, doc: str) -> Any:
    """Make a property: the private value `name` itself; of an array, a locked view."""

    def look(self: _Result) -> Any:
        value = self._si[name]
        return value.view() if isinstance(value, np.ndarray) else value

    return property(look, doc=doc)


def _frozen(value: Any) -> Any:
    """Return `value` with private read-only arrays, tuples and plain numbers inside."""
    if isinstance(value, np.ndarray):
        array = np.array(value)
        array.setflags(write=False)
        return array
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(item) for item in value)
    return value


def _same(one: Any, other: Any) -> bool:
    """Tell whether two private values are equal; two NaN are."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        both = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
        return both and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            _same(one[key], other[key]) for key in one
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def figures(value: float, digits: int = 3) -> str:
    """Write a number with `digits` significant digits, and no exponent near one."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return np.format_float_positional(value, digits, fractional=False, trim="-")


def _amount(value: float | None, unit: str) -> str:
    """Write an SI value in `unit`, or ``-`` where there is none."""
    if value is None:
        return "-"
    text = figures(_shown(value, unit))
    return text if unit == "1" else f"{text} {'%' if unit == 'percent' else unit}"


def _number(value: Any) -> float | int | None:
    """Return a number fit for JSON: finite, without the dust of unit conversion."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.13g}") if math.isfinite(value) else None


def _json(value: Any, unit: str) -> dict[str, Any] | None:
    number = None if value is None else _number(_shown(value, unit))
    return None if number is None else {"value": number, "unit": unit}


def _json_array(values: np.ndarray, unit: str) -> dict[str, Any]:
    return {"values": [_number(x) for x in _shown(values, unit)], "unit": unit}


def _json_given(value: Any) -> Any:
    """Return a value given as text, number or (number, unit), for JSON."""
    if isinstance(value, tuple):
        return {"value": _number(value[0]), "unit": value[1]}
    return value if isinstance(value, (str, type(None))) else _number(value)


def _json_side(side: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the support side as a range with a label, lengths in um."""
    return side and {
        "low": _number(_shown(side["low"], "um")),
        "high": _number(_shown(side["high"], "um")),
        "unit": "um",
        "label": side["label"],
    }


def to_plain(value: Any) -> Any:
    """Return a quantity, number or text as JSON takes it.

    Parameters
    ----------
    value
        A quantity becomes ``{"value": ..., "unit": ...}``; a number that is not
        finite becomes None.
    """
    return _json_given(_as_given(value))


def _given(value: Any) -> Any:
    """Return a value given as text, number or (number, unit), to a user."""
    return units.make(*value) if isinstance(value, tuple) else value


def _written(value: Any) -> str:
    """Write a value given as text, number or (number, unit), for a reader."""
    if isinstance(value, tuple):
        number, unit = value
        shown = {"percent": "%", "1": ""}.get(unit, unit)
        return f"{figures(number)} {shown}".rstrip()
    return value if isinstance(value, str) else figures(value)


def _as_pint_writes(unit: str) -> bool:
    return unit in ("", "%") or " / " in unit or not unit.isascii()


def _as_given(value: Any) -> Any:
    """Return a quantity as (number, unit in ASCII); leave what is plain already."""
    if isinstance(value, tuple) and _as_pint_writes(value[1]):
        value = units.make(*value)
    if hasattr(value, "magnitude"):
        unit = units.text(value).partition(" ")[2]
        return float(value.magnitude), "percent" if unit == "%" else unit or "1"
    return _frozen(value)


# ----------------------------------------------------------------------- results
class _Result:
    """What all results share: a private record, equality by content, safe pickles."""

    __slots__ = ("_si",)
    _si: dict[str, Any]

    def __init__(self, si: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_si", _frozen(si))

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"a result cannot be changed: {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"a result cannot be changed: {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        return self._si

    def __setstate__(self, si: dict[str, Any]) -> None:
        # Pickle and deepcopy drop the read-only flag.
        object.__setattr__(self, "_si", _frozen(si))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _same(self._compared(), other._compared())

    def __hash__(self) -> int:
        # NaN and arrays have no hash that agrees with this equality; text has.
        texts = tuple(v for v in self._si.values() if isinstance(v, str))
        return hash((type(self).__name__, *self._si, *texts))

    def _compared(self) -> dict[str, Any]:
        return self._si


class PoreProfile(_Result):
    """Pore diameter against depth in the dry membrane, 0 at the air side."""

    __slots__ = ()

    depth = _seen("depth", "um", "Depth below the surface, shape (n,) [um].")
    pore_diameter = _seen("pore_diameter", "um", "Pore diameter, shape (n,) [um].")

    @property
    def porosity(self) -> Any:
        """Porosity at each depth, shape (n,) [percent], or None."""
        return _quantity(self._si["porosity"], "percent")

    @classmethod
    def _of(cls, record: Mapping[str, Any]) -> PoreProfile:
        given = _only(record, ("depth", "pore_diameter", "porosity"), "profile")
        arrays = {
            name: None if value is None else np.asarray(value, dtype=np.float64)
            for name, value in given.items()
        }
        depth = arrays["depth"]
        if depth is None or depth.ndim != 1 or np.any(np.diff(depth) < 0):
            raise InputError("profile.depth must be one increasing line of depths")
        for name, array in arrays.items():
            if array is not None and array.shape != depth.shape:
                raise InputError(
                    f"profile.{name} has shape {array.shape}, depth {depth.shape}"
                )
        return cls(arrays)

    def to_dict(self) -> dict[str, Any]:
        """Return depths and pore diameters for JSON."""
        return {
            "depth": _json_array(self._si["depth"], "um"),
            "pore_diameter": _json_array(self._si["pore_diameter"], "um"),
        }

    def __len__(self) -> int:
        return len(self._si["depth"])

    def __repr__(self) -> str:
        return f"<PoreProfile: {len(self)} depths>"


class MinimumPoreLayer(_Result):
    """Where the pores are smallest, whether that is clear, and why it is there."""

    __slots__ = ()

    state = _plain("state", 'One of "surface", "inside", "not clear"; None if failed.')
    why = _plain("why", "One sentence: what put the layer there.")
    depth = _seen("depth", "um", 'Depth in the dry sheet [um]; None if "not clear".')
    pore_diameter = _seen("pore_diameter", "um", "The smallest pore diameter [um].")
    thickness = _seen("thickness", "um", "Thickness of the zone of small pores [um].")

    @property
    def margins(self) -> dict[str, float]:
        """How far each condition is from flipping the state [1]."""
        return dict(self._si["margins"])

    @property
    def margins_text(self) -> dict[str, str]:
        """The margins as a table has them: both sides' pores, the fine zone's share."""
        given = self._si["margins"]
        told = {}
        ends = [given[name] for name in ("surface", "back") if name in given]
        if ends:
            told["sides/finest"] = ", ".join(figures(x, 2) for x in ends)
        if "zone" in given:
            told["fine zone, %"] = figures(100 * given["zone"], 2)
            if given.get("zones", 1) > 1:
                told["fine zone, %"] += f" in {given['zones']:.0f}"
        return told

    @classmethod
    def _of(cls, record: Mapping[str, Any]) -> MinimumPoreLayer:
        names = ("state", "depth", "pore_diameter", "why", "thickness", "margins")
        given = _only(record, names, "layer")
        if given["state"] not in ("surface", "inside", "not clear", None):
            raise InputError(f"layer.state cannot be {given['state']!r}")
        given["why"] = given["why"] or ""
        given["margins"] = dict(given["margins"] or {})
        return cls(given)

    def to_dict(self) -> dict[str, Any]:
        """Return the layer for JSON."""
        return {
            "state": self.state,
            "depth": _json(self._si["depth"], "um"),
            "pore_diameter": _json(self._si["pore_diameter"], "um"),
            "why": self.why,
            "thickness": _json(self._si["thickness"], "um"),
            "margins": {name: _number(x) for name, x in self.margins.items()},
        }

    def __str__(self) -> str:
        if self.state is None:
            return "not known"
        parts = [self.state]
        if self._si["depth"] is not None:
            parts.append(f"{_amount(self._si['depth'], 'um')} deep")
        if self._si["pore_diameter"] is not None:
            parts.append(f"pores {_amount(self._si['pore_diameter'], 'um')}")
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<MinimumPoreLayer: {self}>"


GRADE_NOT_GIVEN = "grade not given"
"""What stands in the value of an assumption on a polymer's chain length."""


class Assumption(_Result):
    """One value that a result rests on, with its basis, source and effect."""

    __slots__ = ()

    name = _plain("name", "Address or name of the value.")
    basis = _plain("basis", "measured, literature, estimated, fitted or chosen.")
    source = _plain("source", "Where the value comes from.")

    @property
    def value(self) -> Any:
        """The value: a quantity, or text where it is no number."""
        return _given(self._si["value"])

    @property
    def effect(self) -> Any:
        """Shift of the depth demixed in air [um], or None if not computed."""
        return _given(self._si["effect"])

    @property
    def value_text(self) -> str:
        """The value as a reader wants it."""
        return "" if self._si["value"] is None else _written(self._si["value"])

    @property
    def effect_text(self) -> str:
        """The effect as a reader wants it; empty if not computed."""
        return "" if self._si["effect"] is None else _written(self._si["effect"])

    @classmethod
    def _of(cls, record: Mapping[str, Any]) -> Assumption:
        names = ("name", "value", "basis", "source", "effect")
        given = _only(record, names, "an entry of trust")
        for field in ("name", "basis", "source"):
            given[field] = given[field] or ""
        for field in ("value", "effect"):
            given[field] = _as_given(given[field])
        return cls(given)

    def _size(self) -> float:
        effect = self._si["effect"]
        return -1.0 if effect is None else abs(effect[0])

    def _rank(self) -> tuple[bool, float]:
        """Sort a chain length that nobody gave before all else, then by the effect."""
        return GRADE_NOT_GIVEN in self.value_text, self._size()

    def to_dict(self) -> dict[str, Any]:
        """Return the entry for JSON."""
        return {
            "name": self.name,
            "value": _json_given(self._si["value"]),
            "basis": self.basis,
            "source": self.source,
            "effect": _json_given(self._si["effect"]),
        }

    def __str__(self) -> str:
        text = f"{self.name} = {self.value_text}" if self.value_text else self.name
        effect = f", effect {self.effect_text}" if self.effect_text else ""
        return f"{text} ({self.basis}{effect})"

    def __repr__(self) -> str:
        return f"<{self}>"


class Trust(_Result):
    """What a result rests on: assumed, estimated, fitted, extrapolated values."""

    __slots__ = ()

    assumed = _plain(
        "assumed",
        "What the user did not say: grades of polymers, then the largest effect first.",
    )
    estimated = _plain("estimated", "Values from an estimation method.")
    fitted = _plain("fitted", "Values fitted to data, which are named.")
    extrapolated = _plain("extrapolated", "Values used outside their valid range.")
    interactions = _plain("interactions", "Name of the interaction set used.")
    mass_closure = _plain("mass_closure", "Relative error of the mass balance [1].")

    @property
    def owners(self) -> tuple[str, ...]:
        """The three assumed inputs that own the depth demixed in air, the first most.

        Those whose `effect` was computed and is largest; none in a run without history.
        """
        known = [each for each in self.assumed if each.effect_text]
        known.sort(key=Assumption._size, reverse=True)
        return tuple(each.name for each in known[:3])

    @property
    def grid_error(self) -> Any:
        """Estimated error of the grid, or None if not computed."""
        return _given(self._si["grid_error"])

    @property
    def time_error(self) -> Any:
        """Estimated error of the time steps, or None if not computed."""
        return _given(self._si["time_error"])

    @classmethod
    def _of(cls, record: Mapping[str, Any], mass_closure: float | None) -> Trust:
        names = (*_TRUST_LISTS, "interactions", "grid_error", "time_error")
        given = _only(record, names, "trust")
        for name in _TRUST_LISTS:
            entries = [Assumption._of(entry) for entry in given[name] or ()]
            given[name] = sorted(entries, key=Assumption._rank, reverse=True)
        given["interactions"] = given["interactions"] or ""
        given["grid_error"] = _as_given(given["grid_error"])
        given["time_error"] = _as_given(given["time_error"])
        return cls({**given, "mass_closure": mass_closure})

    def to_dict(self) -> dict[str, Any]:
        """Return the lists and errors for JSON."""
        return {
            **{name: [e.to_dict() for e in self._si[name]] for name in _TRUST_LISTS},
            "interactions": self.interactions,
            "grid_error": _json_given(self._si["grid_error"]),
            "time_error": _json_given(self._si["time_error"]),
        }

    def __repr__(self) -> str:
        counts = (f"{len(self._si[name])} {name}" for name in _TRUST_LISTS)
        return f"<Trust: {', '.join(counts)}>"


class _Fractions(_Result):
    """What a `History` and a `Moment` share: fractions along a last axis."""

    __slots__ = ()

    components = _plain("components", "Names, in the order of the last axis.")
    volume_fraction = _plain("volume_fraction", "Volume fractions [1].")
    mass_fraction = _plain("mass_fraction", "Mass fractions [1].")
    surface_volume_fraction = _plain(
        "surface_volume_fraction", "Volume fractions at the surface itself [1]."
    )
    depth = _seen("depth", "um", "Depth from the surface as it was then [um].")
    temperature = _seen("temperature", "degC", "Temperature of the film [degC].")
    thickness = _seen("thickness", "um", "Thickness of the wet film [um].")
    water_uptake = _seen("water_uptake", "g/m**2", "Water taken up so far [g/m**2].")
    solvent_evaporated = _seen(
        "solvent_evaporated", "g/m**2", "Solvent evaporated so far [g/m**2]."
    )

    def fraction_of(self, name: str, *, by: str = "volume") -> np.ndarray:
        """Return one component's fraction [1].

        Parameters
        ----------
        name
            The component's name, or any alias of it that the library knows.
        by
            ``"volume"`` or ``"mass"``.

        Raises
        ------
        MaterialError
            If the film holds no such component.
        """
        if by not in ("volume", "mass"):
            raise InputError(f'by: "volume" or "mass" is wanted, not {by!r}')
        fractions = self._si[f"{by}_fraction"]
        if fractions is None:
            raise InputError(f"this history holds no {by} fractions")
        return np.asarray(fractions[..., self._index(name)])

    def _index(self, name: str) -> int:
        names: tuple[str, ...] = self.components
        wanted = _key(name)
        for index, component in enumerate(names):
            if _key(component) == wanted:
                return index
        from membranekit import library

        for meant in library.materials.named(name):
            if meant.name in names:
                return names.index(meant.name)
        raise MaterialError(
            f"{name!r} is not in this film; it holds {', '.join(names)}"
        )


class Moment(_Fractions):
    """The film at one time, interpolated from a `History`."""

    __slots__ = ()

    step = _plain("step", "The step's number.")
    time = _seen("time", "s", "The time asked for [s].")

    def __repr__(self) -> str:
        return f"<Moment: {_amount(self._si['time'], 's')}, step {self.step}>"


class History(_Fractions):
    """The film at each saved time: arrays (n_time, n_cell, n_component)."""

    __slots__ = ()

    time = _seen("time", "s", "Saved times, shape (n_time,) [s].")
    step = _plain("step", "The step's number at each time, shape (n_time,).")
    binodal_time = _seen(
        "binodal_time", "s", "When each cell crossed the binodal [s]; NaN: never."
    )
    spinodal_time = _seen(
        "spinodal_time", "s", "When each cell crossed the spinodal [s]; NaN: never."
    )
    arrest_time = _seen(
        "arrest_time", "s", "When each cell's structure was arrested [s]; NaN: never."
    )
    dry_depth = _seen(
        "dry_depth", "um", "Where each cell lies in the dry sheet, (n_cell,) [um]."
    )

    @classmethod
    def _of(cls, record: Mapping[str, Any]) -> History:
        given = _only(record, (*_HISTORY_SHAPES, "components"), "history")
        components = tuple(given.pop("components"))
        if given["time"] is None or given["depth"] is None:
            raise InputError("history needs time and depth")
        sizes = dict(zip("tz", np.shape(given["depth"]), strict=True))
        sizes["c"] = len(components)
        arrays: dict[str, Any] = {"components": components}
        for name, axes in _HISTORY_SHAPES.items():
            if given[name] is None:
                arrays[name] = None
                continue
            kind = np.int64 if name == "step" else np.float64
            arrays[name] = np.asarray(given[name], dtype=kind)
            shape = tuple(sizes[axis] for axis in axes)
            if arrays[name].shape != shape:
                raise InputError(
                    f"history.{name} has shape {arrays[name].shape}, not {shape}"
                )
        if np.any(np.diff(arrays["time"]) < 0):
            raise InputError("history.time must not run backwards")
        return cls(arrays)

    def at(self, time: Any) -> Moment:
        """Return the film at one time, linear between two saved times.

        Where two steps meet, the beginning of the later one is given.

        Parameters
        ----------
        time
            Text such as ``"4 s"`` or a quantity, counted from casting [s].

        Raises
        ------
        InputError
            If `time` lies outside the history.
        """
        wanted = units.si(time, "time", "time")
        times = self._si["time"]
        if not times[0] <= wanted <= times[-1]:
            raise InputError(
                f"time: {_amount(wanted, 's')} lies outside this history, "
                f"{_amount(times[0], 's')} to {_amount(times[-1], 's')}"
            )
        before = int(np.searchsorted(times, wanted, side="right")) - 1
        after = min(before + 1, len(times) - 1)
        share = 0.0
        if after > before:
            share = (wanted - times[before]) / (times[after] - times[before])
        moment: dict[str, Any] = {
            "components": self.components,
            "time": wanted,
            "step": int(self._si["step"][before]),
        }
        for name, axes in _HISTORY_SHAPES.items():
            if axes[0] == "t" and name not in moment:
                array = self._si[name]
                moment[name] = (
                    None
                    if array is None
                    else (1 - share) * array[before] + share * array[after]
                )
        return Moment(moment)

    def __len__(self) -> int:
        return len(self._si["time"])

    def __repr__(self) -> str:
        cells = self._si["depth"].shape[1]
        return (
            f"<History: {len(self)} times to {_amount(self._si['time'][-1], 's')}, "
            f"{cells} cells, {', '.join(self.components)}>"
        )


class Membrane(_Result):
    """A simulated membrane: headline numbers, pore profile, history and trust.

    `simulate` returns it. A run that stopped early has ``success == False``, a
    `message`, the history up to there, and None for what it could not give.
    """

    __slots__ = ()

    name = _plain("name", "Name of the case.")
    success = _plain("success", "Whether the run reached its end.")
    message = _plain("message", "Why it did not; empty if it did.")
    minimum_pore_layer = _plain("layer", "The minimum-pore layer.")
    pore_profile = _plain("profile", "Pore diameter against depth, dry; or None.")
    history = _plain("history", "The film at each saved time; or None.")
    trust = _plain("trust", "What the result rests on.")
    notes = _plain("notes", "Remarks, with the reason of whatever is None.")
    mass_closure = _plain("mass_closure", "Relative error of the mass balance [1].")
    polymer_closure = _plain("polymer_closure", "Relative error of the polymer's [1].")
    case_toml = _plain("case_toml", "The case as text that `read_case` reads.")

    surface_pore_diameter = _seen(
        "surface_pore_diameter", "um", "Pore diameter at the air side [um]."
    )
    support_side_pore_diameter = _seen(
        "support_side_pore_diameter", "um", "Pore diameter at the support side [um]."
    )
    coacervation_depth = _seen(
        "coacervation_depth", "um", "How deep the film demixed in air, dry [um]."
    )
    thickness = _seen("thickness", "um", "Thickness of the dry sheet [um].")
    porosity = _seen("porosity", "percent", "Mean porosity [percent].")
    specific_surface_area = _seen(
        "specific_surface_area", "m**2/g", "Inner surface per mass [m**2/g]."
    )
    permeance = _seen(
        "permeance", "L/(m**2 h bar)", "Of water at 25 degC [L/(m**2 h bar)]."
    )
    bubble_point = _seen("bubble_point", "bar", "Bubble point [bar].")
    water_uptake = _seen("water_uptake", "g/m**2", "From the air [g/m**2].")
    solvent_evaporated = _seen("solvent_evaporated", "g/m**2", "To the air [g/m**2].")
    solvent_to_bath = _seen("solvent_to_bath", "g/m**2", "To the baths [g/m**2].")
    wall_time = _seen("wall_time", "s", "Time the computation took [s].")

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Membrane:
        """Build a membrane from one plain record of SI floats, arrays and text."""
        names = (
            *("name", "inputs", "success", "message", "layer", *_HEADLINE_UNITS),
            *("profile", "mass_closure", "polymer_closure", "notes", "wall_time"),
            *("trust", "history", "case_toml", "schedule", "sheets", "support_side"),
            "uses",
        )
        given = _only(record, names, "a membrane's record")
        given["name"] = given["name"] or ""
        given["message"] = given["message"] or ""
        given["success"] = bool(given["success"])
        given["case_toml"] = given["case_toml"] or ""
        given["schedule"] = [dict(step) for step in given["schedule"] or ()]
        given["sheets"] = [dict(sheet) for sheet in given["sheets"] or ()]
        given["inputs"] = {
            address: _as_given(value)
            for address, value in (given["inputs"] or {}).items()
        }
        given["layer"] = MinimumPoreLayer._of(given["layer"] or {})
        given["trust"] = Trust._of(given["trust"] or {}, given["mass_closure"])
        if given["profile"] is not None:
            given["profile"] = PoreProfile._of(given["profile"])
        if given["history"] is not None:
            given["history"] = History._of(given["history"])
        for name in (*_HEADLINE_UNITS, "wall_time"):
            value = given[name]
            # A number that is not finite is a number that the run could not give.
            if value is not None and not math.isfinite(value):
                given[name] = None
        given["notes"] = [*(given["notes"] or ()), *_reasons(given)]
        return cls(given)

    @classmethod
    def from_profile(
        cls,
        depth: Any,
        pore_diameter: Any,
        porosity: Any,
        *,
        polymer: Any = None,
        density: Any = None,
        contact_angle: Any = None,
        thickness: Any = None,
        name: str = "",
    ) -> Membrane:
        """Make a membrane of a profile that is given, to see how it filters.

        What a profile does not tell is None, with the reason in ``notes``.

        Parameters
        ----------
        depth : list of str, or Quantity
            Depths below the surface, increasing, shape (n,) [um].
        pore_diameter : list of str, or Quantity
            Mean local thickness of the pores, linear between depths, (n,) [um].
        porosity : str, Quantity, or list of str
            One for the sheet or one at each depth [percent].
        polymer : str or Polymer, optional
            Of the walls: gives density and contact angle.
        density : str or Quantity, optional
            Of the polymer, in place of the library's [kg/m**3].
        contact_angle : str or Quantity, optional
            Of water on the walls, in place of the library's [deg]. With neither this
            nor a polymer the sheet counts as wetted.
        thickness : str or Quantity, optional
            Of the sheet, if it reaches below the last depth [um].
        name : str
            What it is called in reports.

        Raises
        ------
        InputError, UnitError
            If depths do not increase, or a value is none that a sheet can have.

        Examples
        --------
        >>> sheet = Membrane.from_profile(
        ...     ["0 um", "125 um"], ["0.2 um", "1 um"], "72 %", polymer="PSF"
        ... )
        >>> sheet.minimum_pore_layer.state
        'surface'
        """
        from membranekit import filters

        return filters.from_profile(
            depth,
            pore_diameter,
            porosity,
            polymer=polymer,
            density=density,
            contact_angle=contact_angle,
            thickness=thickness,
            name=name,
        )

    # ----------------------------------------------------------------- as a filter
    def flipped(self) -> Membrane:
        """Return the sheet turned over: what was the support side is upstream.

        Examples
        --------
        >>> sheet = Membrane.from_profile(["0 um", "9 um"], ["1 um", "2 um"], "80 %")
        >>> print(sheet.flipped().surface_pore_diameter)
        2.0 micrometer
        """
        from membranekit import filters

        return filters.flipped(self)

    def flux(self, pressure: Any, *, prewetted: bool = False) -> Any:
        """Return the flux of water at 25 degC at a pressure [L/(m**2 h)].

        ``J = L_p p``. The sheet is dry, as the process leaves it: water wets it by
        itself or is pressed into it (`entry_pressure`), or does not pass.

        Parameters
        ----------
        pressure : str or Quantity
            Pressure difference [bar].
        prewetted : bool
            Wetted with alcohol before: water passes at any pressure.

        Raises
        ------
        InputError
            If the dry sheet passes no water at this pressure; it says from which on.

        Examples
        --------
        >>> sheet = Membrane.from_profile(["0 um", "99 um"], ["1 um", "1 um"], "80 %")
        >>> round(sheet.flux("1 bar").m_as("L/(m**2 h)"))
        136127
        """
        from membranekit import filters

        return filters.flux(self, pressure, prewetted=prewetted)

    def retention(
        self,
        particle_diameter: Any,
        *,
        pressure: Any = "1 bar",
        attachment: float = 1.0,
        prewetted: bool = False,
    ) -> filters.Retention:
        """Return how many particles of one size the clean sheet lets pass.

        By sieving and by attachment to walls, over paths that differ:
        `membranekit.filtration.capture`.

        Parameters
        ----------
        particle_diameter : str or Quantity
            Of spheres in water [um].
        pressure : str or Quantity
            Pressure difference: slow water leaves more time to diffuse [bar].
        attachment : float
            Share of the touches of a wall that hold [1].
        prewetted : bool
            As in `flux`.

        Raises
        ------
        InputError, UnitError
            If an argument is not physical, or no water passes.

        Examples
        --------
        >>> sheet = Membrane.from_profile(["0 um", "99 um"], ["1 um", "1 um"], "80 %")
        >>> sheet.retention("2 um").log_reduction > 6.0
        True
        """
        from membranekit import filters

        return filters.retention(
            self,
            particle_diameter,
            pressure=pressure,
            attachment=attachment,
            prewetted=prewetted,
        )

    def throughput(
        self,
        particle_diameter: Any,
        concentration: Any,
        *,
        pressure: Any = None,
        flux: Any = None,
        end: float = 0.1,
        particle_density: Any = "1050 kg/m**3",
        capture_efficiency: float = 1.0,
        prewetted: bool = False,
    ) -> filters.Throughput:
        """Filter a suspension of spheres until the sheet is blocked.

        Depth 0 is upstream. The model: `membranekit.filtration.throughput`.

        Parameters
        ----------
        particle_diameter : str or Quantity
            Of spheres in water [um].
        concentration : str or Quantity
            Of particles, by mass of the suspension or by its volume [wt%], [mg/L].
        pressure, flux : str or Quantity
            What is held constant, one of the two [bar], [L/(m**2 h)].
        end : float
            Share of the clean permeance at which the sheet counts as blocked: J/J0 at
            constant pressure, p0/p at constant flux [1].
        particle_density : str or Quantity
            Default that of polystyrene latex [kg/m**3].
        capture_efficiency : float
            Share of the contacts, with walls and constrictions, that hold [1].
        prewetted : bool
            As in `flux`.

        Raises
        ------
        InputError, UnitError
            If an argument is not physical, or no water passes.

        Examples
        --------
        >>> sheet = Membrane.from_profile(["0 um", "99 um"], ["1 um", "1 um"], "80 %")
        >>> sheet.throughput("2 um", "0.01 wt%", pressure="0.1 bar").blocked_by
        'cake'
        """
        from membranekit import filters

        return filters.run(
            self,
            particle_diameter,
            concentration,
            pressure=pressure,
            flux=flux,
            end=end,
            particle_density=particle_density,
            capture_efficiency=capture_efficiency,
            prewetted=prewetted,
        )

    @property
    def entry_pressure(self) -> Any:
        """What water needs to enter the dry sheet [bar]; 0: it wets; None: unknown."""
        return self._as_filter("entry_pressure", "bar")

    @property
    def hydraulic_diameter(self) -> Any:
        """The even pore diameter that would give the permeance [um]; or None."""
        return self._as_filter("hydraulic_diameter", "um")

    @property
    def bubble_point_diameter(self) -> Any:
        """The pore diameter that the bubble point stands for [um]; or None."""
        return self._as_filter("bubble_point_diameter", "um")

    @property
    def retention_rating(self) -> Any:
        """The size from which on LRV is 3 or more, wetted, 1 bar [um]; or None."""
        return self._as_filter("retention_rating", "um")

    def _as_filter(self, name: str, unit: str) -> Any:
        from membranekit import filters

        if self.pore_profile is None or self.pore_profile._si["porosity"] is None:
            return None
        return _quantity(getattr(filters, name)(self), unit)

    @property
    def inputs(self) -> dict[str, Any]:
        """What this run was given beside its case: addresses to quantities."""
        return {address: _given(v) for address, v in self._si["inputs"].items()}

    @property
    def inputs_text(self) -> dict[str, str]:
        """The same as text."""
        return {address: _written(v) for address, v in self._si["inputs"].items()}

    @property
    def schedule(self) -> list[dict[str, Any]]:
        """The steps: kind, start and end [s]."""
        return [
            {
                "kind": step["kind"],
                "start": _quantity(step["start"], "s"),
                "end": _quantity(step["end"], "s"),
            }
            for step in self._si["schedule"]
        ]

    @property
    def support_side(self) -> dict[str, Any] | None:
        """The support side's label, ``sponge`` or ``macrovoids``, and its range [um].

        Of macrovoids the range is all that is known; a sponge's is a factor 3 about
        its pore diameter. None: no bath, or a sheet that was not simulated.
        """
        side = self._si["support_side"]
        return side and {
            "label": side["label"],
            "low": _quantity(side["low"], "um"),
            "high": _quantity(side["high"], "um"),
        }

    def cite(self) -> str:
        """Return the works behind every value the run used, as BibTeX.

        One entry a distinct work, with a note of the values it gave: of the substances
        in the solution, the air, the baths and the support, of the interactions among
        them, and of the model. Values that were estimated, chosen or fitted follow as
        comments with their method. membranekit itself is cited first.

        Raises
        ------
        InputError
            If the sheet was made of profiles, not simulated, or the run failed before
            it used anything.

        Examples
        --------
        >>> sheet = Membrane.from_profile(["0 um", "9 um"], ["1 um", "2 um"], "80 %")
        >>> sheet.cite()  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        membranekit.errors.InputError: cite: this membrane is no result of a run ...
        """
        return cite([self])

    def with_inputs(self, inputs: Mapping[str, Any], case: Any = None) -> Membrane:
        """Return a copy that says what the run was given and of which case it is.

        Parameters
        ----------
        inputs
            Addresses to quantities, text or (number, unit).
        case
            A `Case`, whose name and text the copy takes.
        """
        changed = {k: _as_given(v) for k, v in inputs.items()}
        copy = {**self._si, "inputs": changed}
        if case is not None:
            copy.update(name=case.name, case_toml=case.from_folder(None).to_toml())
        return type(self)(copy)

    def without_history(self) -> Membrane:
        """Return a copy with the headline numbers and the profile alone."""
        return type(self)({**self._si, "history": None})

    def _compared(self) -> dict[str, Any]:
        return {key: v for key, v in self._si.items() if key != "wall_time"}

    # -------------------------------------------------------------- written down
    def to_dict(self) -> dict[str, Any]:
        """Return the run as JSON takes it: finite numbers, each with its unit."""
        return {
            "inputs": {k: _json_given(v) for k, v in self._si["inputs"].items()},
            "success": self.success,
            "message": self.message,
            "minimum_pore_layer": self.minimum_pore_layer.to_dict(),
            **{
                name: _json(self._si[name], unit)
                for name, unit in _HEADLINE_UNITS.items()
            },
            "support_side": _json_side(self._si["support_side"]),
            "pore_profile": self.pore_profile and self.pore_profile.to_dict(),
            "mass_closure": _number(self.mass_closure),
            "polymer_closure": _number(self.polymer_closure),
            "notes": list(self.notes),
            "wall_time": _json(self._si["wall_time"], "s"),
            "trust": self.trust.to_dict(),
        }

    def to_dataset(self) -> xarray.Dataset:
        """Return an xarray Dataset of plain floats, each with a ``units`` attribute.

        Dimensions are ``time``, ``cell``, ``component``, and ``profile`` for the dry
        sheet. The history keeps its names; the whole run's numbers that share one
        are called ``dry_thickness``, ``total_water_uptake`` and
        ``total_solvent_evaporated``. Attributes are JSON text.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        need("data", "xarray")
        import xarray

        variables: dict[str, Any] = {}
        for name, unit in _HEADLINE_UNITS.items():
            value = self._si[name]
            shown = math.nan if value is None else _shown(value, unit)
            variables[_DATASET_NAMES.get(name, name)] = ((), shown, {"units": unit})
        layer = self.minimum_pore_layer._si
        for name in ("depth", "pore_diameter", "thickness"):
            value = math.nan if layer[name] is None else _shown(layer[name], "um")
            variables[f"minimum_pore_layer_{name}"] = ((), value, {"units": "um"})
        if self.pore_profile is not None:
            for name, unit in _PROFILE_UNITS.items():
                value = self.pore_profile._si[name]
                if value is not None:
                    shown = _shown(value, unit)
                    variables[f"profile_{name}"] = ("profile", shown, {"units": unit})
        coordinates: dict[str, Any] = {}
        if self.history is not None:
            dims = {"t": "time", "z": "cell", "c": "component"}
            coordinates["component"] = ("component", list(self.history.components))
            for name, axes in _HISTORY_SHAPES.items():
                value = self.history._si[name]
                if value is None:
                    continue
                unit = _HISTORY_UNITS.get(name, "1")
                shown = value.copy() if name == "step" else _shown(value, unit)
                axis_names = tuple(dims[axis] for axis in axes)
                kept_in = coordinates if name == "time" else variables
                kept_in[name] = axis_names, shown, {"units": unit}
        entry = self.to_dict()
        kept = ("inputs", "success", "message", "minimum_pore_layer", "support_side")
        kept += ("notes", "trust")
        attributes = {"name": self.name, "case_toml": self.case_toml}
        attributes.update((key, entry[key]) for key in kept)
        attributes["versions"] = versions()
        texts = {key: json.dumps(value) for key, value in attributes.items()}
        return xarray.Dataset(variables, coordinates, texts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to a file: ``.json``, ``.csv`` or ``.nc`` by its suffix."""
        save([self], path)

    # ---------------------------------------------------------------------- read
    @property
    def title(self) -> str:
        """The case's name, and in parentheses what this run was given."""
        given = ", ".join(f"{k} {v}" for k, v in self.inputs_text.items())
        return f"{self.name or 'membrane'}{f' ({given})' if given else ''}"

    def _rows(self) -> list[tuple[str, str]]:
        """Return the report's lines: what, how much."""
        si = self._si
        layer = self.minimum_pore_layer
        rows = [("minimum-pore layer", str(layer))]
        if layer.margins:
            rows.append(("margins", _margins(layer)))
        for name, label in _LABELS.items():
            rows.append((label, _amount(si[name], _HEADLINE_UNITS[name])))
            side = si["support_side"]
            if name == "support_side_pore_diameter" and side and si[name] is None:
                ends = (_amount(side[end], "um") for end in ("low", "high"))
                rows[-1] = label, f"{side['label']}, {' to '.join(ends)}"
            if name == "permeance" and si[name] is not None:
                rows.append(("", _amount(si[name], "ml/(cm**2 min atm)")))
            if name == "bubble_point":
                rows += self._diameter_rows()
        return rows

    def _diameter_rows(self) -> list[tuple[str, str]]:
        """Return the three diameters that are easily taken for each other."""
        told = {
            "hydraulic diameter": self.hydraulic_diameter,
            "bubble-point diameter": self.bubble_point_diameter,
            "retention rating": self.retention_rating,
        }
        return [
            (label, f"{figures(value.m)} um")
            for label, value in told.items()
            if value is not None
        ]

    def __str__(self) -> str:
        lines = [f"Membrane: {self.title}"]
        if not self.success:
            lines.append(f"  the run stopped early: {self.message}")
        lines += [f"  {label:<22}  {text}" for label, text in self._rows()]
        if self.minimum_pore_layer.why:
            lines += _paragraph(f"why: {self.minimum_pore_layer.why}")
        for name in _TRUST_LISTS:
            entries = getattr(self.trust, name)
            if entries:
                lines.append(heading(name, entries))
                for entry in entries:
                    lines += _paragraph(str(entry))
        if self.trust.interactions:
            lines.append(f"Interactions: {self.trust.interactions}")
        if self.notes:
            lines.append("Notes")
            for note in self.notes:
                lines += _paragraph(note)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        def cells(*texts: str) -> str:
            return "".join(f"<td>{html.escape(text)}</td>" for text in texts)

        rows = "".join(f"<tr>{cells(*row)}</tr>" for row in self._rows())
        parts = [f"<p><b>{html.escape(self.title)}</b></p>"]
        if not self.success:
            message = html.escape(self.message)
            parts.append(f"<p>The run stopped early: {message}</p>")
        parts.append(f"<table>{rows}</table>")
        if self.minimum_pore_layer.why:
            parts.append(f"<p>{html.escape(self.minimum_pore_layer.why)}</p>")
        for name in _TRUST_LISTS:
            entries = getattr(self.trust, name)
            if entries:
                items = "".join(f"<tr>{cells(str(e), e.source)}</tr>" for e in entries)
                parts.append(
                    f"<details><summary>{name} ({len(entries)})</summary>"
                    f"<table>{items}</table></details>"
                )
        if self.notes:
            items = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
            parts.append(f"<ul>{items}</ul>")
        return "".join(parts)

    def __repr__(self) -> str:
        state = str(self.minimum_pore_layer) if self.success else "stopped early"
        return f"<Membrane {self.title}: {state}>"


def gather(membranes: Sequence[Membrane], name: str) -> list[Assumption]:
    """Return one list of `Trust` over several runs, largest effect first.

    Parameters
    ----------
    membranes
        The runs.
    name
        ``"assumed"``, ``"estimated"``, ``"fitted"`` or ``"extrapolated"``. Of entries
        that differ in nothing but their effect, the one with the largest is kept.
    """
    kept: dict[tuple[str, str, str], Assumption] = {}
    for membrane in membranes:
        for entry in getattr(membrane.trust, name):
            key = entry.name, entry.value_text, entry.source
            if key not in kept or kept[key]._size() < entry._size():
                kept[key] = entry
    return sorted(kept.values(), key=Assumption._rank, reverse=True)


def heading(name: str, entries: Sequence[Assumption], runs: int = 1) -> str:
    """Return what stands above a list of `Trust`, and what its effects are.

    Parameters
    ----------
    name
        The list's.
    entries
        What is in it.
    runs
        How many runs it was gathered of.
    """
    if not any(entry.effect_text for entry in entries):
        return name.capitalize()
    which = ", in the run where it is largest" if runs > 1 else ""
    effect = f"effect: shift of the depth demixed in the air{which}"
    return f"{name.capitalize()}, largest effect first ({effect})"


_LABELS = {
    "surface_pore_diameter": "surface pores",
    "support_side_pore_diameter": "support-side pores",
    "coacervation_depth": "demixed in air to",
    "thickness": "thickness",
    "porosity": "porosity",
    "specific_surface_area": "specific surface area",
    "permeance": "permeance to water",
    "bubble_point": "bubble point",
    "water_uptake": "water from the air",
    "solvent_evaporated": "solvent to the air",
    "solvent_to_bath": "solvent to the baths",
}

_PROFILE_UNITS = {"depth": "um", "pore_diameter": "um", "porosity": "percent"}

_DATASET_NAMES = {
    "thickness": "dry_thickness",
    "water_uptake": "total_water_uptake",
    "solvent_evaporated": "total_solvent_evaporated",
}


def _only(
    record: Mapping[str, Any], names: Sequence[str], where: str
) -> dict[str, Any]:
    """Return the record with each name, None where it says nothing; no other names."""
    strange = sorted(set(record) - set(names))
    if strange:
        raise InputError(f"{where} has no {', '.join(strange)}")
    return {name: record.get(name) for name in names}


def _key(name: str) -> str:
    """Return a name as names are compared: case, spaces and hyphens do not count."""
    return name.replace(" ", "").replace("-", "").casefold()


def _margins(layer: MinimumPoreLayer) -> str:
    return "; ".join(f"{name} {text}" for name, text in layer.margins_text.items())


def _reasons(given: Mapping[str, Any]) -> list[str]:
    """Return a note for each number that is None and that no note speaks of yet."""
    told = " ".join(given["notes"] or ()).replace("_", " ").casefold()
    silent = [
        name.replace("_", " ")
        for name in (*_HEADLINE_UNITS, "profile")
        if given[name] is None and name.replace("_", " ") not in told
    ]
    if not silent:
        return []
    why = given["message"] or "the run did not give it"
    return [f"{', '.join(silent)}: not given ({why})"]


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, 86, initial_indent="  ", subsequent_indent="    ")


# ------------------------------------------------------------------------- files
def need(extra: str, *modules: str) -> None:
    """Raise `MissingExtraError` unless the modules of an extra are installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{', '.join(missing)} is not installed; "
            f'this line installs it: pip install "membranekit[{extra}]"'
        )


def versions() -> dict[str, str]:
    """Return the versions of the package, Python and numpy."""
    import platform
    from importlib import metadata

    try:
        own = metadata.version("membranekit")
    except metadata.PackageNotFoundError:
        own = "0+unknown"
    return {
        "membranekit": own,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def cite(membranes: Iterable[Membrane]) -> str:
    """Return the works behind every value that some runs used, as BibTeX.

    Raises
    ------
    InputError
        If none of them is the result of a run.
    """
    used = [use for each in membranes for use in each._si["uses"] or ()]
    if not used:
        raise InputError(
            "cite: this membrane is no result of a run (it was made of profiles, or "
            "its run failed at once), so it used no values; cite the sheets it is from"
        )
    return citations.bibtex(used, versions()["membranekit"])


def check_place(path: Path) -> None:
    """Raise `OutputError` unless a file can be written at `path`."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; the name of a file is wanted")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}")
    try:
        # What the system says of a folder need not hold: nameless, it leaves no trace.
        with tempfile.TemporaryFile(dir=folder):
            allowed = not path.exists() or os.access(path, os.W_OK)
    except OSError:
        allowed = False
    if not allowed:
        raise OutputError(f"{path}: writing there is not allowed")


def check_output(path: str | os.PathLike[str]) -> None:
    """Raise unless `save` can write to `path`: call it before a long computation.

    Raises
    ------
    InputError
        If the suffix is not ``.json``, ``.csv`` or ``.nc``.
    MissingExtraError
        If the format needs packages that are not installed.
    OutputError
        If there is no such folder, or writing there is not allowed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise InputError(
            f"{path}: results are written as {', '.join(_WRITERS)}, by the suffix"
        )
    if suffix == ".nc":
        need("data", "xarray", "h5netcdf")
    check_place(path)


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to, and move it to `path` once all is written.

    Raises
    ------
    OutputError
        If the system refuses; `path` is then as it was.
    """
    place = Path(os.path.realpath(path))
    part = place.with_name(f".{place.stem}.{os.getpid()}.part{place.suffix}")
    try:
        yield part
        os.replace(part, place)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def to_document(membranes: Sequence[Membrane], case: Any = None) -> dict[str, Any]:
    """Return the object that ``membranekit run --json`` prints.

    Parameters
    ----------
    membranes
        The runs.
    case
        The `Case` they are of. Without it the text that all runs share is taken, or
        that of the case whose series they are; runs of different cases keep their text
        each, and the whole has none.
    """
    if case is not None:
        name, text = case.name, case.to_toml()
    else:
        from membranekit.case import joined_text

        name = membranes[0].name if membranes else ""
        text = joined_text([membrane.case_toml for membrane in membranes])
    runs = [membrane.to_dict() for membrane in membranes]
    if text is None:
        for run, membrane in zip(runs, membranes, strict=True):
            run["case_toml"] = membrane.case_toml
    return {
        "membranekit": versions()["membranekit"],
        "schema": SCHEMA,
        "case": name,
        "case_toml": text,
        "runs": runs,
    }


def save(
    membranes: Sequence[Membrane] | Membrane,
    path: str | os.PathLike[str],
    case: Any = None,
) -> None:
    """Write runs to one file, whole or not at all.

    Parameters
    ----------
    membranes
        One membrane or several.
    path
        Its suffix says how: ``.json``; ``.csv``, one row a run, units in the second
        line; ``.nc``, the headline numbers along ``run`` and a group ``run0``,
        ``run1`` ... for each run, every attribute JSON text.
    case
        The `Case` the runs are of: ``membranekit run`` on the file runs it again.

    Raises
    ------
    InputError
        If there is nothing to save or the suffix is another.
    MissingExtraError
        If the format needs packages that are not installed.
    OutputError
        If the file cannot be written.
    """
    membranes = [membranes] if isinstance(membranes, Membrane) else list(membranes)
    if not membranes:
        raise InputError("there is no membrane to save")
    check_output(path)
    if case is not None:
        case = case.from_folder(Path(path).resolve().parent)
    with written_whole(path) as part:
        _WRITERS[Path(path).suffix.lower()](membranes, part, case)


def _write_json(membranes: Sequence[Membrane], path: Path, case: Any) -> None:
    document = to_document(membranes, case)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(document, file, indent=1, allow_nan=False)
        file.write("\n")


def _in_unit(value: Any, unit: str) -> Any:
    """Return a given value as a number in `unit`; text stays text."""
    if not isinstance(value, tuple):
        return value
    number, own = value
    return number if own == unit else float(units.make(number, own).m_as(unit))


def _columns(membranes: Sequence[Membrane]) -> dict[str, tuple[str, list[Any]]]:
    """Return name, unit and values of each headline number of a series."""
    columns: dict[str, tuple[str, list[Any]]] = {}
    for address in dict.fromkeys(a for m in membranes for a in m._si["inputs"]):
        values = [m._si["inputs"].get(address) for m in membranes]
        unit = next((v[1] for v in values if isinstance(v, tuple)), "")
        columns[address] = unit, [_in_unit(value, unit) for value in values]
    columns["success"] = "", [m.success for m in membranes]
    layers = [m.minimum_pore_layer._si for m in membranes]
    columns["minimum_pore_layer_state"] = "", [layer["state"] for layer in layers]
    for name in ("depth", "pore_diameter", "thickness"):
        values = [layer[name] for layer in layers]
        columns[f"minimum_pore_layer_{name}"] = "um", _shown_all(values, "um")
    for name, unit in _HEADLINE_UNITS.items():
        columns[name] = unit, _shown_all([m._si[name] for m in membranes], unit)
    columns["mass_closure"] = "1", [m.mass_closure for m in membranes]
    columns["wall_time"] = "s", [m._si["wall_time"] for m in membranes]
    return columns


def _shown_all(values: Sequence[float | None], unit: str) -> list[float | int | None]:
    return [None if v is None else _number(_shown(v, unit)) for v in values]


def _write_csv(membranes: Sequence[Membrane], path: Path, case: Any) -> None:
    columns = _columns(membranes)
    columns["message"] = "", [m.message for m in membranes]
    columns["notes"] = "", ["; ".join(m.notes) for m in membranes]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerow(unit for unit, _ in columns.values())
        writer.writerows(zip(*(v for _, v in columns.values()), strict=True))


def _write_netcdf(membranes: Sequence[Membrane], path: Path, case: Any) -> None:
    import xarray

    variables: dict[str, Any] = {}
    for name, (unit, values) in _columns(membranes).items():
        attributes = {"units": unit} if unit else {}
        if all(isinstance(v, (int, float, type(None))) for v in values):
            floats = [math.nan if v is None else float(v) for v in values]
            variables[name] = "run", np.array(floats), attributes
        else:
            variables[name] = "run", [str(v or "") for v in values], attributes
    document = to_document(membranes, case)
    document["trust"] = [run["trust"] for run in document.pop("runs")]
    document["versions"] = versions()
    texts = {key: json.dumps(value) for key, value in document.items()}
    root = xarray.Dataset(variables, attrs=texts)
    root.to_netcdf(path, engine="h5netcdf")
    for number, membrane in enumerate(membranes):
        membrane.to_dataset().to_netcdf(
            path, mode="a", group=f"run{number}", engine="h5netcdf"
        )


_WRITERS = {".json": _write_json, ".csv": _write_csv, ".nc": _write_netcdf}


def saved_case_text(path: str | os.PathLike[str]) -> str:
    """Return the case's text from a saved ``.json`` or ``.nc`` file.

    Raises
    ------
    InputError
        If the file is not a saved run, or holds runs of several cases.
    MissingExtraError
        If reading ``.nc`` needs packages that are not installed.
    OutputError
        If the file cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise OutputError(f"{path}: there is no such file")
    read = _saved_netcdf_text if path.suffix.lower() == ".nc" else _saved_json_text
    try:
        text = read(path)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a saved run of membranekit") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error}") from error
    if text is None:
        raise InputError(f"{path} holds runs of several cases, and no case of them all")
    if not isinstance(text, str) or not text:
        raise InputError(f"{path} holds no case to run again; a note in it says why")
    return text


def _saved_json_text(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))["case_toml"]


def _saved_netcdf_text(path: Path) -> Any:
    need("data", "h5netcdf")
    import h5netcdf

    with h5netcdf.File(path, "r") as file:
        return json.loads(file.attrs["case_toml"])
