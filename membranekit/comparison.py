"""The patent's numbers beside predictions: what counts as met, and the null model.

Design
------
a. Nothing here runs a simulation: predictions come in as a mapping, so that the rules
   of comparison can be tested on made-up numbers.
b. A range a..b counts as factor 1 inside and as the distance to its nearer end outside;
   a prediction that is a range itself counts by its nearer end.
c. Depth 0 is met by a layer at the surface; any other depth within its factor or 1 um.
d. The null model knows no physics, and is held against the same rows by the same rules.

References
----------
GB 2 199 786 A, Tables 1 and 2, Examples 2 to 4, Figure 2;
``membranekit/data/examples.toml``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import tomli

from membranekit import units
from membranekit.errors import InputError

__all__ = [
    "Gate",
    "Reading",
    "Row",
    "beside",
    "check_text",
    "entries",
    "gate_of",
    "null_predictions",
    "rms_factor",
    "rms_log10",
]

TABLES = {
    "example1": "Table 1",
    "example2": "Example 2",
    "table2": "Table 2",
    "example3": "Example 3",
    "example4": "Example 4",
}
"""Tables of the data, by the name that the rows go by."""

CALIBRATE, PREDICT = "calibrate", "predict"
CLOSE = 1.0
"""Depths closer than this are met [um]: the patent gives them to a micrometer."""

INSIDE = (1.0, 35.0)
"""Depths that the null model takes for a layer inside the sheet [um]."""

NULL_THICKNESS = 108.0
"""The null model's thickness [um]: the mean of Table 1, all rows."""

LABELS = ("minimum_layer", "figure2")
_NOT_COMPARED = ("role", "air_time", "membrane", "name")
_UNITS = {"ml/cm**2/min/atm": "ml/(cm**2 min atm)"}
_BARE = {"particles_passed": "1/cm**2"}

Key = tuple[str, str, str]
"""Table, row and quantity."""


@dataclass(frozen=True)
class Reading:
    """A number, a range or a label, as a table has it.

    Parameters
    ----------
    low, high : float, optional
        Ends of the range in `unit`; the same for a number, none for a label.
    unit : str
        Unit of both.
    label : str
        A word: alone, or what the range is of.
    """

    low: float | None = None
    high: float | None = None
    unit: str = ""
    label: str = ""

    @classmethod
    def number(cls, value: float, unit: str) -> Reading:
        """Return one number in its unit."""
        return cls(value, value, unit)

    @property
    def middle(self) -> float:
        """The number, or the geometric mean of the range's ends, in `unit`."""
        if self.low is None or self.high is None:
            raise InputError(f"{self.label!r} is a label and has no middle")
        return self.low if self.low == self.high else math.sqrt(self.low * self.high)

    @property
    def value(self) -> Any:
        """The number as a quantity, the range as two of them, or the label."""
        if self.low is None or self.high is None:
            return self.label
        if self.low == self.high:
            return units.make(self.low, self.unit)
        return units.make(self.low, self.unit), units.make(self.high, self.unit)

    def to_dict(self) -> Any:
        """Return it as JSON takes it; a label as text."""
        if self.low is None or self.high is None:
            return self.label
        if self.low == self.high:
            return {"value": float(f"{self.low:.13g}"), "unit": self.unit}
        ends: dict[str, Any] = {"low": self.low, "high": self.high, "unit": self.unit}
        return {**ends, "label": self.label} if self.label else ends

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return self.label
        if self.low == self.high:
            return _figures(self.low)
        return f"{_figures(self.low)}..{_figures(self.high)}"


def _figures(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


@dataclass(frozen=True)
class Gate:
    """What a prediction is asked for.

    Parameters
    ----------
    measure : str
        ``label``: equal; ``factor``: the larger over the smaller; ``relative``: the
        difference over the measured; ``log10``: the difference of decimal logarithms;
        ``ratio``: as factor, of a ratio of two rows; ``input``: not compared.
    target : float, optional
        The most that is allowed.
    aim : float, optional
        What is wished for.
    gated : bool
        Whether a miss is one of the gate's.
    """

    measure: str
    target: float | None = None
    aim: float | None = None
    gated: bool = True


@dataclass(frozen=True)
class Row:
    """One number or label of the patent, measured and predicted.

    ``factor`` and ``target`` mean what ``measure`` says; `within` is None for an input,
    which is not compared. `unit_text` is for a table.
    """

    table: str
    row: str
    quantity: str
    role: str
    measured: Reading
    gate: Gate
    predicted: Reading | None = None
    null_model: Reading | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        """Table, row and quantity."""
        return self.table, self.row, self.quantity

    @property
    def measure(self) -> str:
        """What factor and target mean."""
        return self.gate.measure

    @property
    def target(self) -> float | None:
        """The most that the gate allows."""
        return self.gate.target

    @property
    def factor(self) -> float | None:
        """How far the prediction is off, as `measure` says; None without a number."""
        return self._factor(self.predicted)

    @property
    def null_factor(self) -> float | None:
        """How far the null model is off."""
        return self._factor(self.null_model)

    @property
    def within(self) -> bool | None:
        """Whether the gate is passed."""
        return self._within(self.predicted)

    @property
    def null_within(self) -> bool | None:
        """Whether the null model passes the gate."""
        return self._within(self.null_model)

    @property
    def logarithm(self) -> float | None:
        """Natural logarithm of predicted over measured [1], for rms; None: none."""
        return self._logarithm(self.predicted)

    @property
    def null_logarithm(self) -> float | None:
        """The same of the null model."""
        return self._logarithm(self.null_model)

    def _logarithm(self, found: Reading | None) -> float | None:
        if self.measure in ("label", "input") or found is None or found.low is None:
            return None
        low, high = self.measured.low, self.measured.high
        if low is None or high is None or found.high is None:
            return None
        if low <= 0.0 or found.low <= 0.0:
            return None
        if found.low > high:
            return math.log(found.low / high)
        if found.high < low:
            return math.log(found.high / low)
        return 0.0

    def _factor(self, found: Reading | None) -> float | None:
        if self.measure in ("label", "input") or found is None:
            return None
        if self.measured.high == 0.0:
            return 1.0 if found.high == 0.0 else None
        off = self._logarithm(found)
        if off is None:
            return None
        if self.measure == "relative":
            return abs(math.exp(off) - 1.0)
        if self.measure == "log10":
            return abs(off) / math.log(10.0)
        return math.exp(abs(off))

    def _within(self, found: Reading | None) -> bool | None:
        if self.measure == "input":
            return None
        if found is None:
            return False
        if self.measure == "label":
            return found.label == self.measured.label
        if self.quantity == "minimum_layer_depth" and self.measured.high:
            assert found.low is not None  # a depth is a number
            if abs(found.low - self.measured.high) <= CLOSE:
                return True
        factor = self._factor(found)
        limit = self.gate.target
        return factor is not None and limit is not None and factor <= limit

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON takes it."""
        return {
            "table": self.table,
            "row": self.row,
            "quantity": self.quantity,
            "role": self.role,
            "measure": self.measure,
            "measured": self.measured.to_dict(),
            "predicted": _plain(self.predicted),
            "factor": _rounded(self.factor),
            "target": self.target,
            "aim": self.gate.aim,
            "within": self.within,
            "gated": self.gate.gated,
            "null_model": _plain(self.null_model),
            "null_factor": _rounded(self.null_factor),
            "null_within": self.null_within,
            "note": self.note,
        }


def _plain(reading: Reading | None) -> Any:
    return None if reading is None else reading.to_dict()


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.13g}")


def shipped_text() -> str:
    """Return the patent's numbers as TOML text."""
    place = files("membranekit") / "data" / "examples.toml"
    return place.read_text(encoding="utf-8")


def check_text(text: str, name: str) -> None:
    """Raise unless a text holds the numbers that are compared, each with its role.

    Raises
    ------
    InputError
        With the `name` of what is wrong.
    """
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise InputError(f"{name}: {error}") from error
    missing = [table for table in TABLES if not document.get(table, {}).get("rows")]
    if missing:
        raise InputError(f"{name}: no rows of {', '.join(missing)}")
    for table in TABLES:
        for number, row in enumerate(document[table]["rows"], start=1):
            if row.get("role") not in (CALIBRATE, PREDICT):
                raise InputError(
                    f"{name}: row {number} of {table} has role {row.get('role')!r}; "
                    f'"{CALIBRATE}" and "{PREDICT}" are known'
                )
    wanted = {row.key for row in entries() if row.role == CALIBRATE}
    lost = wanted - {row.key for row in entries(text) if row.role == CALIBRATE}
    if lost:
        told = "; ".join(", ".join(key) for key in sorted(lost))
        raise InputError(f"{name}: not marked calibrate, and needed by the fit: {told}")


def read(given: Any, quantity: str) -> Reading:
    """Return a value of the data as a reading.

    Examples
    --------
    >>> print(read("0.5..1 um", "surface_pore"))
    0.5..1
    >>> read("inside", "minimum_layer").label
    'inside'
    """
    if quantity in LABELS:
        return Reading(label=str(given))
    if quantity in _BARE:
        return Reading.number(float(given), _BARE[quantity])
    try:
        number, unit = str(given).split(" ", 1)
        ends = [float(end) for end in number.split("..")]
    except ValueError:
        raise InputError(
            f'{quantity}: {given!r} is neither a number nor a range with its unit; "2 '
            'um" and "0.5..1 um" are'
        ) from None
    return Reading(ends[0], ends[-1], _UNITS.get(unit, unit))


def entries(text: str | None = None) -> list[Row]:
    """Return one row for each number and label of the patent's tables, unpredicted.

    Parameters
    ----------
    text : str, optional
        The data as TOML; default the shipped file.

    Examples
    --------
    >>> sum(row.role == "calibrate" for row in entries() if row.measure != "label")
    24
    """
    document = tomli.loads(shipped_text() if text is None else text)
    found = []
    for name, title in TABLES.items():
        for given in document.get(name, {}).get("rows", ()):
            place = given.get("air_time") or given.get("membrane", "")
            for quantity, value in given.items():
                if quantity in _NOT_COMPARED:
                    continue
                role = given["role"]
                measured = read(value, quantity)
                key = title, place, quantity
                found.append(Row(*key, role, measured, gate_of(key, role)))
        if name == "example3" and "figure2" in document.get(name, {}):
            key = title, "figure2", "figure2"
            found.append(
                Row(*key, PREDICT, Reading(label="rises"), gate_of(key, PREDICT))
            )
    return found


def gate_of(key: Key, role: str) -> Gate:
    """Return what is asked of a number or label of the patent.

    Examples
    --------
    >>> gate_of(("Table 1", "10 s", "minimum_layer_depth"), "predict").target
    1.5
    """
    table, row, quantity = key
    fitted = role == CALIBRATE
    if quantity in LABELS:
        # the two at 30 s are counted apart, and Figure 2 has no points
        return Gate("label", gated=row not in ("30 s", "figure2"))
    if quantity == "minimum_layer_depth":
        return Gate("factor", 1.5, 1.3 if fitted else 1.4)
    if quantity == "back_pore":
        return Gate("factor", 2.0 if fitted else 3.0, 1.5 if fitted else 2.0)
    if quantity in ("surface_pore", "minimum_pore"):
        return Gate("factor", 2.0, 1.5 if fitted else 2.0)
    if quantity == "thickness":
        return Gate("relative", 0.10)
    if quantity == "specific_surface_area":
        return Gate("relative", 0.30, 0.20) if fitted else Gate("factor", 2.0, 1.5)
    if quantity == "water_flux":
        return Gate("input") if table == "Table 2" else Gate("relative", 0.5, 0.3)
    if quantity == "particles_passed":
        return Gate("log10", 0.3 if fitted else 0.7, 0.2 if fitted else 0.4)
    if quantity == "volume_to_blocking":
        # 1.7 to 3.4 about 2.4; the aim is 2.0 to 2.9
        return Gate("input") if fitted else Gate("ratio", 3.4 / 2.4, 2.9 / 2.4)
    raise InputError(f"{quantity}: there is no gate for this quantity of {table}")


def null_predictions(rows: Sequence[Row]) -> dict[Key, Reading]:
    """Return what knowing no physics gives for each row.

    The layer's depth goes as ``v (t - t_on)`` from Table 1 at 2 and 6 s, in every
    example; it is inside iff ``1 um <= depth <= 35 um``; the sheet is 108 um thick;
    everything else is one constant, the geometric mean of its rows marked calibrate,
    and the throughput the same for all sheets.

    Parameters
    ----------
    rows : sequence of Row
        From `entries`.
    """
    known = {row.key: row.measured for row in rows if row.role == CALIBRATE}
    early, late = (
        known["Table 1", time, "minimum_layer_depth"].middle for time in ("2 s", "6 s")
    )
    speed = (late - early) / 4.0
    onset = 2.0 - early / speed
    found = {}
    for row in rows:
        reading = None
        if row.quantity in ("minimum_layer", "minimum_layer_depth"):
            depth = max(speed * (seconds(row.row) - onset), 0.0)
            state = "inside" if INSIDE[0] <= depth <= INSIDE[1] else "not clear"
            state = "surface" if depth < INSIDE[0] else state
            depth = 0.0 if state == "surface" else depth
            reading = Reading.number(depth, "um")
            if row.quantity == "minimum_layer":
                reading = Reading(label=state)
        elif row.quantity == "figure2":
            reading = Reading(label="constant")
        elif row.quantity == "thickness":
            reading = Reading.number(NULL_THICKNESS, "um")
        else:
            alike = [
                each.middle
                for key, each in known.items()
                if key[2] == row.quantity and each.middle > 0.0
            ]
            if alike:
                mean = math.exp(sum(map(math.log, alike)) / len(alike))
                reading = Reading.number(mean, row.measured.unit)
        if reading is not None:
            found[row.key] = reading
    return found


def seconds(air_time: str) -> float:
    """Return an air time of the data [s].

    Examples
    --------
    >>> seconds("2 s")
    2.0
    """
    return units.si(air_time, "time", "air_time")


def beside(
    rows: Iterable[Row],
    predicted: Mapping[Key, Reading],
    null: Mapping[Key, Reading],
    notes: Mapping[Key, str],
) -> list[Row]:
    """Return the rows with predictions beside what was measured."""
    return [
        replace(
            row,
            predicted=predicted.get(row.key),
            null_model=null.get(row.key),
            note=notes.get(row.key, ""),
        )
        for row in rows
    ]


def rms_factor(rows: Iterable[Row], role: str, *, null: bool = False) -> float | None:
    """Return the root mean square of the factors of one role's numbers [1].

    ``exp(sqrt(mean(ln(predicted/measured)**2)))`` over lengths, thickness, specific
    surface, flux and the throughput's ratio; particles passed go over decades and are
    counted apart. None without a number.

    Parameters
    ----------
    rows : iterable of Row
    role : str
        ``calibrate`` or ``predict``.
    null : bool
        Of the null model.
    """
    mean = _mean_square(rows, role, null, ("factor", "relative", "ratio"))
    return None if mean is None else math.exp(math.sqrt(mean))


def rms_log10(rows: Iterable[Row], role: str, *, null: bool = False) -> float | None:
    """Return the root mean square difference of decimal logarithms [1].

    Of the particles passed, in one role's rows.
    """
    mean = _mean_square(rows, role, null, ("log10",))
    return None if mean is None else math.sqrt(mean) / math.log(10.0)


def _mean_square(
    rows: Iterable[Row], role: str, null: bool, measures: Sequence[str]
) -> float | None:
    logs = [
        row.null_logarithm if null else row.logarithm
        for row in rows
        if row.role == role and row.measure in measures
    ]
    known = [each for each in logs if each is not None]
    return sum(each**2 for each in known) / len(known) if known else None
