"""How wide an answer is: a run again and again with the inputs nobody measured varied.

Design
------
a. Varied are the inputs that own the answer and are seldom known: the support's
   temperature, the air side, the solution's cloud point, and three constants. Each is
   spread evenly within its limits, factors evenly in their logarithm.
b. The points are quasi-random: the additive recurrence of the generalized golden ratio
   fills six dimensions evenly with any number of points, and always the same ones.
c. The runs are coarse, for they are many. The middle is a run of the same coarse grid,
   so that the band is not shifted by it; `simulate` gives the finer number.
d. What owns a number is told by rank correlation: it asks for no straight line.

References
----------
M. Roberts, The Unreasonable Effectiveness of Quasirandom Sequences, 2018 (the
recurrence); Saltelli et al., Global Sensitivity Analysis, 2008, sec. 1.2.5 (ranks).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import limits, units
from membranekit.constants import CONSTANTS
from membranekit.errors import InputError, MembranekitError
from membranekit.execution import execute
from membranekit.membrane import Membrane, figures
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Process
from membranekit.record import membrane_record
from membranekit.solution import CastingSolution

__all__ = ["UNCERTAINTY", "Band", "Bands", "bands", "points"]

Floats = NDArray[np.float64]

CELLS = 60
SAMPLES = 24
RTOL = 1e-2
LEAST_SAMPLES = 4
OWNERS = 3
LOW, HIGH = 0.1, 0.9
"""Quantiles between which a band lies."""

TITRATED = 1.03
"""The cloud point's factor where it was measured on the solution [1]; chosen."""

UNCERTAINTY: dict[str, Any] = {
    "support.temperature": "5 K",
    "air": 1.4,
    "solution.cloud_point": 1.2,
    "poor_phase_mobility": 2.0,
    "network_modulus": 2.0,
    "growth_speed": 1.5,
}
"""How far each input may lie from what it is taken for: up and down by as much, or by a
factor. ``air`` is the transfer coefficient of every air step: 1.4 as for a flow length
that is twice or half as long. Laboratories disagree by a fifth on a cloud point. All
chosen."""

MEASUREMENTS = {
    "solution.cloud_point": "titrate the solution with water until it clouds, and give "
    "cloud_point",
    "air": "weigh the plate for 30 s in the air stream, and give transfer_coefficient",
    "support.temperature": "put a thermocouple under the film, and give the support's "
    "temperature",
}
"""The cheap measurements that replace an uncertain input."""

_NUMBERS = (
    *("surface_pore_diameter", "support_side_pore_diameter", "coacervation_depth"),
    *("thickness", "porosity", "specific_surface_area", "permeance", "bubble_point"),
    *("water_uptake", "solvent_evaporated", "solvent_to_bath"),
)


@dataclass(frozen=True)
class Band:
    """One number of a membrane: where it lies, and what decides that.

    Parameters
    ----------
    name : str
        As in `Membrane`.
    middle, low, high : float
        The undisturbed run's, and the ends of the band, in `unit`.
    unit : str
    owners : tuple of str
        The three inputs that it depends on most, the first one most; fewer where
        fewer are uncertain.
    given_in : int
        In how many of the runs there was such a number.
    """

    name: str
    middle: float | None
    low: float
    high: float
    unit: str
    owners: tuple[str, ...]
    given_in: int

    @property
    def ends(self) -> tuple[Any, Any]:
        """The band's ends as quantities."""
        return units.make(self.low, self.unit), units.make(self.high, self.unit)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "name": self.name,
            "middle": self.middle,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "owners": list(self.owners),
            "given_in": self.given_in,
        }


@dataclass(frozen=True)
class Bands:
    """The bands of a membrane's numbers, and the shares of its labels.

    Parameters
    ----------
    numbers : tuple of Band
    states : dict
        Share of the runs by the state of the minimum-pore layer [1].
    sides : dict
        Share of the runs by the label of the support side [1].
    uncertainty : dict
        What was varied, and by how much.
    samples, failed, cells : int
        Runs, those of them that did not succeed, and cells of their grid.
    """

    numbers: tuple[Band, ...]
    states: Mapping[str, float]
    sides: Mapping[str, float]
    uncertainty: Mapping[str, Any]
    samples: int
    failed: int
    cells: int

    def __getitem__(self, name: str) -> Band:
        for each in self.numbers:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.numbers)
        raise InputError(f"bands: there is no {name!r}; there are {known}")

    @property
    def state(self) -> str:
        """The layer's most frequent state and its share, as ``inside, 70 %``."""
        return _likely(self.states)

    @property
    def owners(self) -> tuple[str, ...]:
        """The three inputs that own the depth demixed in air."""
        return self["coacervation_depth"].owners

    def to_dict(self) -> dict[str, Any]:
        """Return the bands as JSON takes them."""
        return {
            "numbers": [each.to_dict() for each in self.numbers],
            "minimum_pore_layer": dict(self.states),
            "support_side": dict(self.sides),
            "owners": list(self.owners),
            "uncertainty": {name: str(value) for name, value in self._varied().items()},
            "samples": self.samples,
            "failed": self.failed,
            "cells": self.cells,
        }

    def _varied(self) -> dict[str, Any]:
        return {
            name: value if isinstance(value, str) else f"x {value:g}"
            for name, value in self.uncertainty.items()
        }

    def __str__(self) -> str:
        head = ["", "middle", "10 %", "90 %", "", "owned by"]
        rows = [
            [
                each.name.replace("_", " ").replace("minimum pore layer.", "layer's "),
                "-" if each.middle is None else figures(each.middle),
                figures(each.low),
                figures(each.high),
                each.unit,
                ", ".join(each.owners),
            ]
            for each in self.numbers
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [
            f"minimum-pore layer: {_listed(self.states)}",
            f"support side: {_listed(self.sides)}",
            "",
        ]
        for row in (head, *rows):
            cells = (c.ljust(w) for c, w in zip(row, widths, strict=True))
            lines.append("  ".join(cells).rstrip())
        failed = f"; {self.failed} did not succeed" if self.failed else ""
        varied = ", ".join(f"{n} {v}" for n, v in self._varied().items())
        notes = [f"{self.samples} runs of {self.cells} cells{failed}; varied: {varied}"]
        notes += [
            f"{name}: {MEASUREMENTS[name]}"
            for name in self.owners
            if name in MEASUREMENTS
        ]
        lines.append("")
        for note in notes:
            lines += textwrap.wrap(note, 88, subsequent_indent="  ")
        return "\n".join(lines)


def _likely(shares: Mapping[str, float]) -> str:
    if not shares:
        return "not known"
    name = max(shares, key=lambda each: shares[each])
    return f"{name}, {100 * shares[name]:.0f} %"


def _listed(shares: Mapping[str, float]) -> str:
    ranked = sorted(shares.items(), key=lambda each: -each[1])
    told = "; ".join(f"{name}, {100 * share:.0f} %" for name, share in ranked)
    return told or "not known"


def bands(
    solution: CastingSolution,
    process: Process,
    *,
    samples: int = SAMPLES,
    uncertainty: Mapping[str, Any] | None = None,
    cells: int = CELLS,
    workers: int = 2,
    extrapolate: bool = False,
) -> Bands:
    """Run a process again with its uncertain inputs varied; return how wide it all is.

    Seconds: the runs have 60 cells in place of 400, and a tolerance of 1e-2. That is
    enough for what the air decides; thickness, porosity and permeance are decided in
    the bath, and want ``cells=200`` and a minute.

    Parameters
    ----------
    solution : CastingSolution
        What is cast. Where its cloud point was measured, that input is spread by 3 %.
    process : Process
        What happens to it.
    samples : int
        How many runs.
    uncertainty : mapping, optional
        Limits in place of those in `UNCERTAINTY`: a temperature difference such as
        ``"2 K"`` for ``support.temperature``, a factor of 1 or more for the others; 1
        is certain.
    cells : int
        Cells of the film's grid.
    workers : int
        How many runs to compute at once.
    extrapolate : bool
        Use values outside the temperatures for which they are given.

    Returns
    -------
    Bands
        Between the tenth and the ninetieth percentile.

    Raises
    ------
    InputError, MaterialError
        If the inputs do not go together, or an uncertainty is none.

    Examples
    --------
    >>> from membranekit.case import read_case
    >>> run = read_case("example1").replace({"air.time": "2 s"}).runs[0]
    >>> found = bands(run.solution, run.process, samples=4, cells=20)
    >>> found.samples, sum(found.states.values())
    (4, 1.0)
    """
    solution, process = limits.pair(solution, process, "bands")
    spread = _spread(uncertainty, solution)
    for name, count, least, most in (
        ("samples", samples, LEAST_SAMPLES, 10_000),
        ("cells", cells, 20, 5000),
        ("workers", workers, 1, 1000),
    ):
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not (whole and least <= count <= most):
            raise InputError(
                f"{name}: a whole number from {least} to {most} is wanted, "
                f"not {count!r}"
            )
    limits.refuse_missing(solution, process)
    middle = prepare(solution, process)
    limits.refuse(solution, process, middle, extrapolate=extrapolate)
    cloud = _cloud_point(solution) if spread["solution.cloud_point"] else None
    if cloud is None:
        # nothing clouds it, or its cloud point is certain
        spread["solution.cloud_point"] = 0.0
    names = [name for name, width in spread.items() if width > 0.0]
    steps = 2.0 * points(samples, len(names)) - 1.0

    def one(step: Floats | None) -> Membrane | None:
        shifts = dict.fromkeys(spread, 0.0)
        if step is not None:
            shifts.update(
                {name: s * spread[name] for name, s in zip(names, step, strict=True)}
            )
        try:
            run = prepare(*_varied(solution, process, shifts, cloud))
            outcome = execute(run, cells=cells, rtol=RTOL, history=False)
        except MembranekitError:
            return None
        return Membrane.from_record(membrane_record(run, outcome))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        found = list(pool.map(one, [None, *steps]))
    ran = [
        (k, each)
        for k, each in enumerate(found[1:])
        if each is not None and each.success
    ]
    if found[0] is None or not found[0].success or not ran:
        raise MembranekitError("bands: the undisturbed run does not succeed")
    told = {**UNCERTAINTY, **(uncertainty or {})}
    return Bands(
        numbers=tuple(_numbers(found[0], ran, names, steps)),
        states=_shares([each.minimum_pore_layer.state for _, each in ran]),
        sides=_shares(
            [each.support_side["label"] for _, each in ran if each.support_side]
        ),
        uncertainty={name: told[name] for name in UNCERTAINTY},
        samples=samples,
        failed=samples - len(ran),
        cells=cells,
    )


def _spread(
    given: Mapping[str, Any] | None, solution: CastingSolution
) -> dict[str, float]:
    """Return half the width of each input: in K, or the logarithm of its factor."""
    strange = sorted(set(given or {}) - set(UNCERTAINTY))
    if strange:
        raise InputError(
            f"uncertainty: there is no {strange[0]!r}; there are "
            + ", ".join(UNCERTAINTY)
        )
    told = dict(UNCERTAINTY)
    if solution.measured_cloud_point is not None:
        told["solution.cloud_point"] = TITRATED
    told.update(given or {})
    spread = {}
    for name, value in told.items():
        where = f"uncertainty[{name!r}]"
        if name == "support.temperature":
            width = units.si(value, "temperature_difference", where)
            if width < 0.0:
                raise InputError(f"{where}: {width:g} K is negative")
            spread[name] = width
            continue
        factor = units.si(value, "number", where)
        if not 1.0 <= factor <= 10.0:
            raise InputError(f"{where}: {factor:g} is out of range; a factor, 1 to 10")
        spread[name] = math.log(factor)
    return spread


def _cloud_point(solution: CastingSolution) -> tuple[float, Any] | None:
    """Return water's mass fraction at the cloud point, and its temperature."""
    try:
        found = solution.cloud_point(solution.water, extrapolate=True)
    except MembranekitError:
        return None
    return None if found.cloud is None else (found.cloud, found.temperature)


def _varied(
    solution: CastingSolution,
    process: Process,
    shifts: Mapping[str, float],
    cloud: tuple[float, Any] | None,
) -> tuple[CastingSolution, Process, dict[str, float]]:
    """Return the inputs with each shift made; one that is 0 leaves them as they are."""
    warmer = shifts["support.temperature"]
    if warmer:
        kelvin = units.to_si(process.support.temperature, "temperature") + warmer
        support = process.support.replace(temperature=units.make(kelvin, "K"))
        process = process.replace(support=support)
    if shifts["air"]:
        factor = math.exp(shifts["air"])
        steps = tuple(
            _aired(step, factor) if isinstance(step, AirExposure) else step
            for step in process.steps
        )
        process = process.replace(steps=steps)
    if shifts["solution.cloud_point"] and cloud is not None:
        share, temperature = cloud
        percent = 100.0 * share * math.exp(shifts["solution.cloud_point"])
        solution = solution.replace(
            cloud_point={
                "nonsolvent": solution.water,
                "mass_fraction": units.make(min(percent, 99.0), "percent"),
                "temperature": temperature,
            }
        )
    changes = {
        name: CONSTANTS[name].value * math.exp(shift)
        for name, shift in shifts.items()
        if name in CONSTANTS and shift
    }
    return solution, process, changes


def _aired(step: AirExposure, factor: float) -> AirExposure:
    """Return an air step whose transfer coefficient is `factor` times what it was."""
    if step.transfer_coefficient is not None:
        return step.replace(transfer_coefficient=factor * step.transfer_coefficient)
    if step.cover is not None:
        return step.replace(cover=step.cover / factor)
    # of a laminar stream the coefficient goes with the root of the way it has run
    return step.replace(flow_length=step.flow_length / factor**2)


def points(count: int, dimensions: int) -> Floats:
    """Return quasi-random points that fill a unit cube evenly, shape (count, d) [1].

    ``x_n = (1/2 + n a) mod 1`` with ``a_k = g**-k`` and g the root of
    ``g**(d + 1) = g + 1``.

    Examples
    --------
    >>> points(3, 1).ravel().round(3).tolist()
    [0.118, 0.736, 0.354]
    """
    g = 2.0
    for _ in range(64):
        g = (1.0 + g) ** (1.0 / (dimensions + 1.0))
    steps = g ** -np.arange(1.0, dimensions + 1.0)
    n = np.arange(1.0, count + 1.0)
    return np.asarray((0.5 + n[:, None] * steps) % 1.0)


def _shares(labels: Sequence[Any]) -> dict[str, float]:
    return {
        label: sum(each == label for each in labels) / len(labels)
        for label in dict.fromkeys(labels)
    }


def _numbers(
    middle: Membrane,
    ran: Sequence[tuple[int, Membrane]],
    names: Sequence[str],
    steps: Floats,
) -> list[Band]:
    """Return the band of each number that some run gave."""
    base = _values(middle)
    tables = [(k, _values(each)) for k, each in ran]
    found = []
    for name in dict.fromkeys(name for _, table in tables for name in table):
        known = [(k, *table[name]) for k, table in tables if name in table]
        values = np.array([value for _, value, _ in known])
        inputs = steps[[k for k, _, _ in known]]
        found.append(
            Band(
                name=name,
                middle=base[name][0] if name in base else None,
                low=float(np.quantile(values, LOW)),
                high=float(np.quantile(values, HIGH)),
                unit=known[0][2],
                owners=_owners(names, inputs, values),
                given_in=len(known),
            )
        )
    return found


def _values(membrane: Membrane) -> dict[str, tuple[float, str]]:
    """Return each number that a membrane has, with its unit."""
    whole = membrane.to_dict()
    given = {name: whole[name] for name in _NUMBERS}
    layer = whole["minimum_pore_layer"]
    given["minimum_pore_layer.depth"] = layer["depth"]
    given["minimum_pore_layer.pore_diameter"] = layer["pore_diameter"]
    return {
        name: (each["value"], each["unit"])
        for name, each in given.items()
        if each is not None
    }


def _owners(names: Sequence[str], inputs: Floats, values: Floats) -> tuple[str, ...]:
    """Return the inputs that a number goes with most, by rank correlation."""
    if values.size < 3 or np.ptp(values) == 0.0:
        return ()
    ranks = _ranks(values)
    shares = [
        abs(float(np.corrcoef(_ranks(column), ranks)[0, 1])) for column in inputs.T
    ]
    ranked = sorted(zip(shares, names, strict=True), reverse=True)
    return tuple(name for _, name in ranked[:OWNERS])


def _ranks(values: Floats) -> Floats:
    """Return each value's place in their order; equal ones share the mean place."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - 0.5 * (counts - 1))[inverse.ravel()])
