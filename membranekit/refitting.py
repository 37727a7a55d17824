"""The constants fitted again, and fitted on one example to predict the others.

Design
------
a. What is fitted to is read by `calibration.targets` and `calibration.labels`, which
   drop the rows marked predict before they return.
b. A cloud point belongs to a dope, and each keeps its own. So the clocks of all runs
   stay what they are whichever example the rest is fitted on, and one run of each row
   serves every fit.
c. What an example does not fix is not taken from another: both polymers then start
   from one length, walls are smooth, and the support side does not know the air.

References
----------
GB 2 199 786 A, Table 1, Examples 2 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from membranekit import calibration, comparison
from membranekit.calibration import Constants, Label, Place, Shape, Target
from membranekit.comparison import Reading, Row
from membranekit.structure import pores

__all__ = ["Refit", "Transfer", "fitted_on", "refit", "transfers"]

EXAMPLES = ("example1", "example2", "example3")
TABLES = {comparison.TABLES[name]: name for name in EXAMPLES}
VOIDS = "Example 3", "0 s", "back_pore"
"""The row whose support side has macrovoids."""

AGREES = 1e-3
"""How closely the shipped constants are the fit's output, relative [1]."""

_UNITS = {
    "mobility": "1",
    "pvp": "1",
    "gelation": "1",
    "water_pvdf": "1",
    "pvdf_start": "m",
    "psf_start": "m",
    "growth": "m/s",
    "back_pore": "m",
    "back_uptake": "m",
    "roughness": "1",
}
_SI = {"um": 1e-6, "m**2/g": 1e3}
_BEGIN = {"growth": 1e-8, "psf_start": 1e-7, "back_pore": 1e-6, "back_uptake": 1e-6}
"""Where every fit on one example begins: round numbers, not the shipped ones."""


@dataclass(frozen=True)
class Transfer:
    """Constants fitted on one example alone, and how they predict.

    Parameters
    ----------
    example : str
        What was fitted on; its rows marked calibrate.
    constants : dict
        Values in SI; None: these rows do not fix it.
    own, others : float or None
        Root mean square factor of the pores' diameters in the rows that were fitted
        to, and in all rows of the other examples [1].
    states : (int, int)
        How many states of the layer in the other examples are right, and of how many.
    """

    example: str
    constants: Mapping[str, float | None]
    own: float | None
    others: float | None
    states: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "fitted_on": self.example,
            "constants": {
                name: None if value is None else {"value": value, "unit": _UNITS[name]}
                for name, value in self.constants.items()
            },
            "rms_factor": {"own": self.own, "others": self.others},
            "states_of_others": {"right": self.states[0], "of": self.states[1]},
        }


@dataclass(frozen=True)
class Refit:
    """The constants that the fit gives beside the shipped ones.

    Parameters
    ----------
    shipped, found : Constants
        In SI.
    transfers : tuple of Transfer
        Fits on one example each.
    """

    shipped: Constants
    found: Constants
    transfers: tuple[Transfer, ...]

    @property
    def agrees(self) -> bool:
        """Whether each shipped constant is the fit's output to 1e-3."""
        return all(abs(each) <= AGREES for each in self.shifts.values())

    @property
    def shifts(self) -> dict[str, float]:
        """What the fit gives over what is shipped, less one [1]."""
        return {
            name: getattr(self.found, name) / getattr(self.shipped, name) - 1.0
            for name in _UNITS
        }

    @property
    def spread(self) -> dict[str, float | None]:
        """Largest over smallest value of each constant in the fits on one example.

        None where fewer than two examples fix it.
        """
        spread: dict[str, float | None] = {}
        for name in _UNITS:
            values = [
                value
                for each in self.transfers
                if (value := each.constants.get(name)) is not None
            ]
            many = len(values) > 1
            spread[name] = max(values) / min(values) if many else None
        return spread

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        shifts, spread = self.shifts, self.spread
        return {
            "agrees": self.agrees,
            "constants": [
                {
                    "name": name,
                    "shipped": {"value": getattr(self.shipped, name), "unit": unit},
                    "refitted": {"value": getattr(self.found, name), "unit": unit},
                    "shift": shifts[name],
                    "spread": spread[name],
                }
                for name, unit in _UNITS.items()
            ],
            "leave_one_out": [each.to_dict() for each in self.transfers],
        }


def refit(
    data: str | None = None, report: Callable[[str], None] | None = None
) -> Refit:
    """Fit all constants again from the rows marked calibrate, then on one example each.

    Minutes, for the cloud points need a run at every trial.

    Parameters
    ----------
    data : str, optional
        The patent's numbers as TOML text; default the shipped file.
    report : callable, optional
        Receives a line per constant or two.

    Raises
    ------
    MissingExtraError
        Without scipy.
    """
    found = calibration.fit(data, report=report)
    rows = pore_rows(data)
    shapes = calibration.shapes([_place(row) for row in rows], found)
    return Refit(
        shipped=calibration.START,
        found=found,
        transfers=transfers(rows, shapes, found, data),
    )


def pore_rows(data: str | None = None) -> list[Row]:
    """Return the rows, both roles, that the structure's constants decide.

    Macrovoids are a state of the front and the dope, which no fitted diameter decides.

    Examples
    --------
    >>> sorted({row.quantity for row in pore_rows()})
    ['back_pore', 'minimum_layer', 'minimum_pore', 'surface_pore']
    """
    decided = ("surface_pore", "minimum_pore", "back_pore", "minimum_layer")
    return [
        row
        for row in comparison.entries(data)
        if row.table in TABLES and row.quantity in decided and row.key != VOIDS
    ]


def transfers(
    rows: Sequence[Row],
    shapes: Mapping[Place, Shape],
    now: Constants,
    data: str | None = None,
) -> tuple[Transfer, ...]:
    """Return what the constants of each example alone say of the others.

    Parameters
    ----------
    rows : sequence of Row
        From `pore_rows`.
    shapes : mapping
        Of all their runs, at the cloud points of `now`.
    now : Constants
        The constants that move the runs, which are not fitted here.
    data : str, optional
        The patent's numbers as TOML text; default the shipped file.
    """
    known, states = calibration.targets(data), calibration.labels(data)
    found = []
    for example in EXAMPLES:
        constants, fixed = fitted_on(example, known, states, shapes, now)
        told = predicted(rows, shapes, constants, fixed)
        own = [row for row in told if TABLES[row.table] == example]
        others = [row for row in told if TABLES[row.table] != example]
        layers = [row for row in others if row.quantity == "minimum_layer"]
        # the rows of both roles count as one: none of them was fitted to
        alike = [replace(row, role="predict") for row in others]
        found.append(
            Transfer(
                example=example,
                constants={
                    each.name: getattr(constants, each.name)
                    if each.name in fixed
                    else None
                    for each in fields(Constants)
                },
                own=comparison.rms_factor(own, "calibrate"),
                others=comparison.rms_factor(alike, "predict"),
                states=(sum(bool(row.within) for row in layers), len(layers)),
            )
        )
    return tuple(found)


def fitted_on(
    example: str,
    known: Iterable[Target],
    states: Iterable[Label],
    shapes: Mapping[Place, Shape],
    now: Constants,
) -> tuple[Constants, set[str]]:
    """Return the constants of one example's rows marked calibrate, and which they fix.

    Parameters
    ----------
    example : str
        ``example1``, ``example2`` or ``example3``.
    known, states : iterable of Target, Label
        From `calibration.targets` and `calibration.labels`; others' are dropped.
    shapes : mapping
        Of the runs of these rows.
    now : Constants
        The constants that move the runs, which stay.
    """
    from scipy.optimize import least_squares

    mine = [each for each in known if each.example == example]
    inside = [e for e in states if e.example == example and e.state == "inside"]
    fine = [e for e in mine if e.quantity in ("surface_pore", "minimum_pore")]
    backs = [e for e in mine if e.quantity == "back_pore"]
    first = next((e for e in fine if e.air_time == "0 s"), None)
    start = "psf_start" if first is None else "pvdf_start"
    fixed = {"growth", start}
    begin = replace(now, **_BEGIN, pvdf_start=_BEGIN["psf_start"], roughness=1.0)
    if first is not None:
        begin = replace(begin, pvdf_start=first.value, psf_start=first.value)
        fine.remove(first)

    def trial(x: Any) -> Constants:
        given = {"growth": math.exp(x[0])}
        if first is None:
            given.update(psf_start=math.exp(x[1]), pvdf_start=math.exp(x[1]))
        return replace(begin, **given)

    def errors(x: Any) -> list[float]:
        off = [
            math.log(calibration.predicted(e, shapes, trial(x)) / e.value) for e in fine
        ]
        for each in inside:
            off += calibration.label_errors(each, shapes, trial(x))
        return off

    free = [math.log(begin.growth)]
    free += [] if first is not None else [math.log(begin.psf_start)]
    # the support side waits for its own law: it must not hide the finest pores
    wide = replace(begin, back_pore=1e-9)
    begin = wide if not backs else _back_fitted(backs, shapes, begin, fixed)
    constants = trial(least_squares(errors, free).x)
    area = [e for e in mine if e.quantity == "specific_surface_area"]
    if area:
        smooth = calibration.predicted(area[0], shapes, constants)
        rough = min(area[0].value / smooth, calibration.MOST_ROUGH)
        constants = replace(constants, roughness=rough)
        fixed.add("roughness")
    return constants, fixed


def _back_fitted(
    backs: Sequence[Target],
    shapes: Mapping[Place, Shape],
    begin: Constants,
    fixed: set[str],
) -> Constants:
    """Return the constants with the support side's law; one row fixes no slope."""
    from scipy.optimize import least_squares

    fixed.add("back_pore")
    if len(backs) == 1:
        return replace(begin, back_pore=backs[0].value, back_uptake=math.inf)
    fixed.add("back_uptake")

    def trial(x: Any) -> Constants:
        return replace(begin, back_pore=math.exp(x[0]), back_uptake=math.exp(x[1]))

    def errors(x: Any) -> list[float]:
        return [
            math.log(calibration.predicted(e, shapes, trial(x)) / e.value)
            for e in backs
        ]

    free = [math.log(begin.back_pore), math.log(begin.back_uptake)]
    return trial(least_squares(errors, free).x)


def predicted(
    rows: Iterable[Row],
    shapes: Mapping[Place, Shape],
    constants: Constants,
    fixed: Container[str],
) -> list[Row]:
    """Return the rows with what these constants give; the back where they fix it."""
    found = []
    for row in rows:
        place = _place(row)
        reading: Reading | None
        if row.quantity == "minimum_layer":
            layer = pores.minimum_pore_layer(
                *calibration.profile(place, shapes, constants)
            )
            reading = Reading(label=layer.state)
        elif row.quantity == "back_pore" and "back_pore" not in fixed:
            reading = None
        else:
            target = Target(*place, row.quantity, 0.0)
            value = calibration.predicted(target, shapes, constants)
            unit = row.measured.unit
            reading = Reading.number(value / _SI[unit], unit)
        found.append(replace(row, predicted=reading))
    return found


def _place(row: Row) -> Place:
    return TABLES[row.table], row.row
