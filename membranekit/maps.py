"""Runs over two addresses as a map: where the layer comes inside, and how deep.

Rows are the first address of the series, columns the second; both are sorted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from membranekit import units, windows
from membranekit.claims import run_of
from membranekit.errors import InputError
from membranekit.membrane import Membrane, figures
from membranekit.process import HUMIDITIES, AirExposure
from membranekit.solution import canonical, spell
from membranekit.windows import window

FAILED = "failed"
NOT_RUN = "not run"

_IN_AIR = re.compile(r"air(?:\[(\d+)\])?\.(\w+)")


@dataclass(frozen=True)
class Axis:
    """One address of a map with its values, the smallest first.

    Parameters
    ----------
    address : str
        Such as ``air.time``.
    values : tuple of float
        In SI base units.
    texts : tuple of str
        The same as a reader wants them, with units.
    """

    address: str
    values: tuple[float, ...]
    texts: tuple[str, ...]

    def place(self, value: float) -> float:
        """Return where a value lies: 0 at the first of the axis, 1 at the second ...

        Straight between two values, and on beyond the ends.

        Examples
        --------
        >>> Axis("air.time", (2.0, 6.0, 10.0), ("2 s", "6 s", "10 s")).place(8.0)
        1.5
        """
        known = self.values
        after = next((i for i, each in enumerate(known) if each >= value), len(known))
        right = min(max(after, 1), len(known) - 1)
        step = known[right] - known[right - 1]
        return right - 1 + (value - known[right - 1]) / step


@dataclass(frozen=True)
class Limit:
    """One limit of the patent on a map.

    Parameters
    ----------
    axis : str
        ``rows`` or ``columns``: along which it lies.
    places : tuple of float or None
        Where, for each value of the other axis; None: the runs do not tell.
    text : str
        What it is.
    """

    axis: str
    places: tuple[float | None, ...]
    text: str


@dataclass(frozen=True)
class ExposureMap:
    """A series over two addresses.

    Parameters
    ----------
    rows, columns : Axis
        The first and the second address of the series.
    cells : mapping
        The membrane at each row and column; one that was not run is missing.
    """

    rows: Axis
    columns: Axis
    cells: Mapping[tuple[int, int], Membrane]

    def state(self, row: int, column: int) -> str:
        """Return the state of the layer, or ``failed``, or ``not run``."""
        membrane = self.cells.get((row, column))
        if membrane is None:
            return NOT_RUN
        if not membrane.success:
            return FAILED
        return membrane.minimum_pore_layer.state or "not given"

    def text(self, row: int, column: int) -> str:
        """Return the state and, where the layer is inside, its depth [um]."""
        state = self.state(row, column)
        if state != "inside":
            return state
        depth = self.cells[row, column].minimum_pore_layer.depth
        return f"{state} {figures(float(depth.m_as('um')))}"

    def limits(self) -> list[Limit]:
        """Return the patent's limits on the air, where an axis is one of them."""
        found = []
        for name, axis, other in (
            ("rows", self.rows, self.columns),
            ("columns", self.columns, self.rows),
        ):
            address = _IN_AIR.fullmatch(axis.address)
            if address is None:
                continue
            if address[2] == "air_speed":
                limit = window("air_speed")
                least = units.to_si(units.make(limit.low, limit.unit), "velocity")
                places: list[float | None] = [axis.place(least)] * len(other.values)
            elif address[2] in HUMIDITIES:
                limit = window("absolute_humidity")
                places = [
                    self._humid(axis, address, self._along(name, index))
                    for index in range(len(other.values))
                ]
            else:
                continue
            text = f"{limit.source}: {limit.text}"
            found.append(Limit(name, tuple(places), text))
        return found

    def _along(self, name: str, index: int) -> list[Membrane]:
        """Return the membranes along one axis, at one place of the other."""
        of = 1 if name == "rows" else 0
        return [each for key, each in self.cells.items() if key[of] == index]

    @staticmethod
    def _humid(
        axis: Axis, address: re.Match[str], membranes: Sequence[Membrane]
    ) -> float | None:
        """Return where the air of these runs is as humid as the patent asks."""
        if address[2] == "humidity_ratio":
            return axis.place(window("absolute_humidity").low * 1e-3)
        for membrane in membranes:
            run, _ = run_of(membrane)
            if run is not None:
                steps = [
                    each
                    for each in run.process.resolved_steps
                    if isinstance(each, AirExposure)
                ]
                step = steps[int(address[1] or 1) - 1]
                return axis.place(windows.least_humidity(step, address[2]))
        return None


def exposure_map(membranes: Sequence[Membrane]) -> ExposureMap:
    """Return runs over two addresses as a map.

    Parameters
    ----------
    membranes
        The runs of a series; runs that failed have their cells too.

    Raises
    ------
    InputError
        If the runs do not vary just two addresses, or two runs are of one cell.

    Examples
    --------
    >>> def run(time, speed):
    ...     inputs = {"air.time": (time, "s"), "air.air_speed": (speed, "m/s")}
    ...     layer = {"state": "inside", "depth": 1e-6 * time}
    ...     record = {"success": True, "layer": layer, "inputs": inputs}
    ...     return Membrane.from_record(record)
    >>> found = exposure_map([run(t, v) for t in (2.0, 6.0) for v in (0.1, 0.5)])
    >>> found.rows.texts, found.columns.texts, found.text(1, 0)
    (('2 s', '6 s'), ('0.1 m/s', '0.5 m/s'), 'inside 6')
    >>> round(found.limits()[0].places[0], 2)
    0.25
    """
    given = [each.inputs for each in membranes]
    addresses = list(dict.fromkeys(name for inputs in given for name in inputs))
    varied = [
        name
        for name in addresses
        if len({canonical(inputs.get(name)) for inputs in given}) > 1
    ]
    if len(varied) != 2:
        these = " and ".join(varied) if varied else "none"
        raise InputError(
            "membranes: a map needs runs over two addresses, each with two values or "
            "more, such as air.time and air.relative_humidity in [series]; these vary "
            f"{these}"
        )
    for name in varied:
        if any(not hasattr(inputs.get(name), "m_as") for inputs in given):
            raise InputError(
                f"membranes: {name} is not given as a quantity in each run; a map "
                "needs its value to sort by"
            )
    rows, columns = (_axis(name, membranes) for name in varied)
    cells: dict[tuple[int, int], Membrane] = {}
    for membrane, inputs in zip(membranes, given, strict=True):
        key = tuple(
            axis.values.index(canonical(inputs[axis.address])[0])
            for axis in (rows, columns)
        )
        if key in cells:
            raise InputError(
                f"membranes: two runs are of {rows.address} {rows.texts[key[0]]} and "
                f"{columns.address} {columns.texts[key[1]]}; give one"
            )
        cells[key[0], key[1]] = membrane
    return ExposureMap(rows, columns, cells)


def _axis(address: str, membranes: Sequence[Membrane]) -> Axis:
    """Return an axis: each value once, told as far as they differ."""
    texts: dict[float, str] = {}
    whole: dict[float, str] = {}
    for each in membranes:
        value: Any = each.inputs[address]
        key = float(canonical(value)[0])
        texts.setdefault(key, each.inputs_text[address])
        whole.setdefault(key, spell(value))
    values = tuple(sorted(texts))
    if len(set(texts.values())) < len(values):
        texts = whole
    return Axis(address, values, tuple(texts[each] for each in values))


def varies_two(membranes: Sequence[Membrane]) -> bool:
    """Return whether runs make a map, with a state of the layer to show on it."""
    try:
        found = exposure_map(membranes)
    except InputError:
        return False
    return any(each.minimum_pore_layer.state for each in found.cells.values())
