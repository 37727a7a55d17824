"""Every number and label of the patent, predicted beside measured.

Design
------
a. The shipped cases are run once, without histories, and serve all rows.
b. A miss is a finding, not a failure: `validate` tells it and goes on. What it could
   not predict stands there as such.
c. Whatever is fitted is read from what the runs rest on (`Membrane.trust`), never from
   a list kept beside them; only the rows it was fitted to are listed here.
d. The constants that were chosen and matter are counted, not declared: by
   ``benchmarks/count_constants.py``, and what it found is shipped as data.

References
----------
GB 2 199 786 A, Tables 1 and 2, Examples 2 to 4, Figure 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import tomli

from membranekit import comparison, filtration_fit, refitting
from membranekit.calibration import MOST_ROUGH
from membranekit.case import read_case
from membranekit.comparison import CALIBRATE, PREDICT, Key, Reading, Row, seconds
from membranekit.constants import CONSTANTS
from membranekit.errors import MembranekitError
from membranekit.filtration import capture
from membranekit.membrane import Membrane, figures, gather
from membranekit.refitting import Refit
from membranekit.simulation import run_series

__all__ = [
    "Check",
    "ChosenConstant",
    "FittedConstant",
    "Validation",
    "chosen_constants",
    "fitted_constants",
    "run_examples",
    "validate",
]

EXAMPLES = {"Table 1": "example1", "Example 2": "example2", "Example 3": "example3"}
FIGURE_2 = "7.5 s"
"""Air time run beside those of Example 3, for the sense of Figure 2; chosen."""

PATENT = "GB 2 199 786 A"

RUNS = 14
"""Runs behind all rows."""

MOST_FITTED = 11
OVER_FITTED = 1.3

_DEPTHS = ("Table 1, 2 s, minimum_layer_depth", "Table 1, 6 s, minimum_layer_depth")
_BACKS = tuple(f"Table 1, {time}, back_pore" for time in ("0 s", "2 s", "6 s"))
_SURFACES = (
    "Table 1, 2 s, surface_pore",
    "Table 1, 6 s, surface_pore",
    "Example 3, 15 s, surface_pore",
)
_FINEST = ("Example 2, 4 s, minimum_pore", "Example 3, 15 s, minimum_pore")
_THICKNESS = tuple(f"Table 1, {time}, thickness" for time in ("0 s", "2 s", "6 s"))
_SURFACE_AREA = "Example 3, 15 s, specific_surface_area"
_AT_ONCE = (
    *_DEPTHS,
    "Example 2, 4 s, minimum_layer_depth",
    *_THICKNESS,
    *_SURFACES,
    *_FINEST,
    *_BACKS,
    _SURFACE_AREA,
)
"""What the constants are fitted to that move all runs; see `calibration.fit`."""

FITTED_TO: dict[str, tuple[str, ...]] = {
    "g(water, PVDF)": _DEPTHS,
    "PVDF.start_pore_diameter": ("Table 1, 0 s, surface_pore",),
    "polysulfone P-3500.start_pore_diameter": _FINEST,
    "growth_speed": _SURFACES,
    "support_side_pore": _BACKS,
    "support_side_uptake": _BACKS,
    "roughness": (_SURFACE_AREA,),
    "small_molecule_mobility": _AT_ONCE,
    "g(PVDF, PVP K30)": _AT_ONCE,
    "g(polysulfone P-3500, PVP K30)": _AT_ONCE,
    "PVDF.gelation_fraction": _AT_ONCE,
}
"""Rows that each fitted constant was fitted to, by its name in `Membrane.trust`."""

_HEADLINES = {
    "surface_pore": ("surface_pore_diameter", "um"),
    "thickness": ("thickness", "um"),
    "specific_surface_area": ("specific_surface_area", "m**2/g"),
    "water_flux": ("permeance", "ml/(cm**2 min atm)"),
}


@dataclass(frozen=True)
class FittedConstant:
    """A constant fitted to the patent, its value and the rows it was fitted to."""

    name: str
    amount: float
    unit: str
    fitted_to: tuple[str, ...]
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "name": self.name,
            "value": {"value": self.amount, "unit": self.unit},
            "fitted_to": list(self.fitted_to),
            "source": self.source,
        }


@dataclass(frozen=True)
class ChosenConstant:
    """A number nobody measured that moves the tables.

    Parameters
    ----------
    name, basis : str
        As in `Membrane.trust`.
    amount : str
        Its value, as text.
    moves : str
        The row it moves most when changed by a tenth, or by 10 K.
    by : float
        How far: the relative change there [1]; 0 where only a label changes.
    labels : tuple of str
        Rows whose label it changes.
    depth : float, optional
        What it does to the depth of Table 1, 10 s [um].
    """

    name: str
    basis: str
    amount: str
    moves: str
    by: float
    labels: tuple[str, ...] = ()
    depth: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        shift = None if self.depth is None else {"value": self.depth, "unit": "um"}
        return {
            "name": self.name,
            "basis": self.basis,
            "value": self.amount,
            "moves": self.moves,
            "by": self.by,
            "labels": list(self.labels),
            "depth_at_10_s": shift,
        }


@dataclass(frozen=True)
class Check:
    """Something asked of several rows together.

    Parameters
    ----------
    what : str
        What is asked.
    found : str
        What was found.
    ok : bool
        Whether it holds.
    gated : bool
        Whether a miss is one of the gate's.
    """

    what: str
    found: str
    ok: bool
    gated: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "what": self.what,
            "found": self.found,
            "ok": self.ok,
            "gated": self.gated,
        }


@dataclass(frozen=True)
class Validation:
    """The patent's tables, predicted against measured.

    Parameters
    ----------
    rows : tuple of Row
        One for each number and label.
    checks : tuple of Check
        What is asked of several rows together.
    fitted_constants : tuple of FittedConstant
        Fitted to the patent, or different between its examples.
    chosen_constants : tuple of ChosenConstant
        Those that move the tables, as ``benchmarks/count_constants.py`` counted them.
    membranes : dict
        The runs behind the rows, by example and air time.
    refit : Refit, optional
        The constants fitted again, where that was asked for.
    """

    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    fitted_constants: tuple[FittedConstant, ...]
    chosen_constants: tuple[ChosenConstant, ...]
    membranes: Mapping[tuple[str, str], Membrane] = field(compare=False, repr=False)
    refit: Refit | None = None

    @property
    def passed(self) -> bool:
        """Whether no gate is missed."""
        return not self.missed

    @property
    def missed(self) -> list[str]:
        """The gates that are missed, each as the row or the check that tells it."""
        rows = [
            ", ".join(row.key)
            for row in self.rows
            if row.gate.gated and row.within is False
        ]
        return rows + [each.what for each in self.checks if each.gated and not each.ok]

    @property
    def calibrate_values(self) -> int:
        """How many numbers may be fitted to; labels do not count."""
        return sum(
            row.role == CALIBRATE and row.measure != "label" for row in self.rows
        )

    def rms_factor(self, role: str, *, null: bool = False) -> float | None:
        """Return the root mean square of the factors of a role's rows [1]."""
        return comparison.rms_factor(self.rows, role, null=null)

    def rms_log10(self, role: str, *, null: bool = False) -> float | None:
        """Return that of the decimal logarithms of the particles passed [1]."""
        return comparison.rms_log10(self.rows, role, null=null)

    @property
    def over_fitting(self) -> float | None:
        """The rms factor of predict rows over that of calibrate rows [1]."""
        return _over(self.rms_factor(PREDICT), self.rms_factor(CALIBRATE))

    def labels(self, *, gated: bool, null: bool = False) -> tuple[int, int]:
        """Return how many states of the layer are right, and of how many."""
        states = [
            row.null_within if null else row.within
            for row in self.rows
            if row.quantity == "minimum_layer" and row.gate.gated >= gated
        ]
        return sum(map(bool, states)), len(states)

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``membranekit validate --json`` prints."""
        by_role = (CALIBRATE, PREDICT)
        return {
            "rows": [row.to_dict() for row in self.rows],
            "checks": [each.to_dict() for each in self.checks],
            "fitted_constants": [each.to_dict() for each in self.fitted_constants],
            "chosen_constants": [each.to_dict() for each in self.chosen_constants],
            "summary": {
                "passed": self.passed,
                "missed": self.missed,
                "fitted_constants": len(self.fitted_constants),
                "calibrate_values": self.calibrate_values,
                "chosen_constants": len(self.chosen_constants),
                "rms_factor": {role: self.rms_factor(role) for role in by_role},
                "rms_factor_null_model": {
                    role: self.rms_factor(role, null=True) for role in by_role
                },
                "rms_log10": {role: self.rms_log10(role) for role in by_role},
                "rms_log10_null_model": {
                    role: self.rms_log10(role, null=True) for role in by_role
                },
                "over_fitting": self.over_fitting,
            },
            **({} if self.refit is None else {"refit": self.refit.to_dict()}),
        }

    def __str__(self) -> str:
        from membranekit import validation_text

        return validation_text.report(self, OVER_FITTED)


def _over(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one / other


# --------------------------------------------------------------------- computing
def validate(
    *,
    cells: int | None = None,
    workers: int = 2,
    data: str | None = None,
    refit: bool = False,
    report: Callable[[str], None] | None = None,
    finished: Callable[[Membrane], Membrane] | None = None,
) -> Validation:
    """Predict every number and label of the patent's tables.

    Parameters
    ----------
    cells : int, optional
        Cells of the film's grid; default 400. Fewer are quicker and rougher.
    workers : int
        How many runs to compute at once.
    data : str, optional
        The patent's numbers as TOML text; default the shipped file.
    refit : bool
        Fit all constants again too, from the rows marked calibrate, and on one example
        each; that takes minutes, and scipy.
    report : callable, optional
        Receives a line per constant or two of that fit.
    finished : callable, optional
        Called with each membrane in turn, and returns what is kept of it.

    Returns
    -------
    Validation
        Rows, checks and constants; ``str()`` of it is a table.

    Examples
    --------
    >>> result = validate(cells=30)
    >>> row = result.rows[0]
    >>> row.table, row.row, row.quantity, str(row.measured)
    ('Table 1', '0 s', 'surface_pore', '0.05')
    """
    rows = comparison.entries(data)
    again = refitting.refit(data, report) if refit else None
    membranes = run_examples(rows, cells=cells, workers=workers, finished=finished)
    return replace(compared(rows, membranes), refit=again)


def run_examples(
    rows: Iterable[Row],
    *,
    cells: int | None = None,
    workers: int = 2,
    finished: Callable[[Membrane], Membrane] | None = None,
) -> dict[tuple[str, str], Membrane]:
    """Return the membranes of all air times that the rows name, without histories."""
    wanted = list(
        dict.fromkeys(
            (EXAMPLES[row.table], row.row)
            for row in rows
            if row.table in EXAMPLES and row.quantity != "figure2"
        )
    )
    wanted.append(("example3", FIGURE_2))
    cases = {name: read_case(name) for name in EXAMPLES.values()}
    runs = [
        cases[example].replace({"air.time": time}).runs[0] for example, time in wanted
    ]
    found = run_series(
        runs, workers=workers, cells=cells, history=False, finished=finished
    )
    return dict(zip(wanted, found, strict=True))


def compared(
    rows: Sequence[Row], membranes: Mapping[tuple[str, str], Membrane]
) -> Validation:
    """Return what the membranes predict beside what the rows say."""
    filters = _filters(membranes)
    predicted = {**dict(_predictions(rows, membranes)), **_filtered(rows, filters)}
    notes = {
        row.key: f"the run stopped early: {membranes[place].message}"
        for row in rows
        if (place := (EXAMPLES.get(row.table, ""), row.row)) in membranes
        and not membranes[place].success
    }
    notes.update(_filter_notes(rows, filters))
    null = comparison.null_predictions(rows)
    told = tuple(comparison.beside(rows, predicted, null, notes))
    fitted = fitted_constants(membranes.values()) + _filter_constants(filters)
    return Validation(
        rows=told,
        checks=tuple(_checks(told, fitted)),
        fitted_constants=fitted,
        chosen_constants=chosen_constants(),
        membranes=membranes,
    )


def _predictions(
    rows: Sequence[Row], membranes: Mapping[tuple[str, str], Membrane]
) -> Iterable[tuple[Key, Reading]]:
    """Yield what the runs say of each row; nothing where they say nothing."""
    for row in rows:
        if row.quantity == "figure2":
            yield row.key, Reading(label=_figure_2(membranes))
            continue
        membrane = membranes.get((EXAMPLES.get(row.table, ""), row.row))
        if membrane is None or not membrane.success:
            continue
        reading = _reading(membrane, row.quantity)
        if reading is not None:
            yield row.key, reading


def _reading(membrane: Membrane, quantity: str) -> Reading | None:
    """Return what a membrane says of one quantity."""
    layer = membrane.minimum_pore_layer
    if quantity == "minimum_layer":
        return Reading(label=layer.state)
    if quantity == "back_pore":
        return _back(membrane)
    if quantity in ("minimum_layer_depth", "minimum_pore"):
        deep = quantity == "minimum_layer_depth"
        value, unit = (layer.depth if deep else layer.pore_diameter), "um"
    else:
        name, unit = _HEADLINES[quantity]
        value = getattr(membrane, name)
    return None if value is None else Reading.number(float(value.m_as(unit)), unit)


def _back(membrane: Membrane) -> Reading | None:
    """Return the support side: a number, or macrovoids with their range."""
    side = membrane.support_side
    if side is not None and side["label"] == "macrovoids":
        low, high = (float(side[end].m_as("um")) for end in ("low", "high"))
        return Reading(low, high, "um", "macrovoids")
    value = membrane.support_side_pore_diameter
    return None if value is None else Reading.number(float(value.m_as("um")), "um")


def _figure_2(membranes: Mapping[tuple[str, str], Membrane]) -> str:
    """Tell how specific surface goes with the layer's depth in Example 3."""
    found = []
    for (example, _), membrane in membranes.items():
        depth = membrane.minimum_pore_layer.depth
        area = membrane.specific_surface_area
        if example == "example3" and depth is not None and area is not None:
            found.append((float(depth.m_as("um")), float(area.m_as("m**2/g"))))
    areas = [area for _, area in sorted(found)]
    steps = [later - one for one, later in itertools.pairwise(areas)]
    if steps and all(step > 0.0 for step in steps):
        return "rises"
    return "falls" if steps and all(step < 0.0 for step in steps) else "neither"


# ---------------------------------------------------------------------- as filters
@dataclass(frozen=True)
class _Filters:
    """What the membranes do as filters.

    Particles passed per cm2 by membrane of Table 2, fluxes of the marketed sheets
    [ml/(cm2 min atm)], and Example 4 at several end points; `failed` says why not.
    """

    passed: Mapping[str, float]
    fluxes: Mapping[str, float]
    blocking: Sequence[filtration_fit.Example4]
    failed: Mapping[str, str]


def _filters(membranes: Mapping[tuple[str, str], Membrane]) -> _Filters:
    """Filter with the runs of Table 2 and Example 4."""
    failed: dict[str, str] = {}
    passed: dict[str, float] = {}
    blocking: list[filtration_fit.Example4] = []
    try:
        passed = filtration_fit.table2(membranes["example2", "4 s"])
    except MembranekitError as error:
        failed["Table 2"] = str(error)
    try:
        blocking = filtration_fit.example4(
            membranes["example3", "0 s"], membranes["example3", "15 s"]
        )
    except MembranekitError as error:
        failed["Example 4"] = str(error)
    fluxes = {
        name: float(filtration_fit.marketed(name).permeance.m_as("ml/(cm**2 min atm)"))
        for name in ("A", "B")
    }
    return _Filters(passed, fluxes, blocking, failed)


def _filtered(rows: Iterable[Row], filters: _Filters) -> dict[Key, Reading]:
    """Return what the filters give for the rows of Table 2 and Example 4."""
    found = {}
    at_end = filters.blocking[0] if filters.blocking else None
    for row in rows:
        name = row.row.partition(":")[0]
        unit = row.measured.unit
        value = None
        if row.quantity == "particles_passed":
            value = filters.passed.get(name)
        elif row.table == "Table 2" and row.quantity == "water_flux":
            value = filters.fluxes[name]
        elif row.quantity == "volume_to_blocking" and at_end is not None:
            # volumes in m3 per m2; the comparative one is what the share fits
            first = row.role == CALIBRATE
            volume = at_end.comparative if first else at_end.example3
            value = None if volume is None else 100.0 * volume
        if value is not None:
            found[row.key] = Reading.number(value, unit)
    return found


def _filter_notes(rows: Iterable[Row], filters: _Filters) -> dict[Key, str]:
    """Return why a row has no prediction, and the ratio at other end points."""
    notes = {
        row.key: filters.failed[row.table]
        for row in rows
        if row.table in filters.failed and row.quantity != "water_flux"
    }
    ratios = [
        f"{each.ratio:.3g} at J/J0 = {each.end:g}"
        for each in filters.blocking
        if each.ratio is not None
    ]
    for row in rows:
        if row.measure == "ratio" and ratios:
            notes[row.key] = "ratio of volumes: " + ", ".join(ratios)
    return notes


def _filter_constants(filters: _Filters) -> tuple[FittedConstant, ...]:
    """Return what the filters rest on that was fitted; each free number counts."""
    table = "Table 2, {}: marketed {}"
    a = table.format("A", "asymmetric PSF, 0.2 um, minimum at surface")
    b = table.format("B", "symmetric PVDF, 0.2 um")
    two = "Table 2, A': two A, minimum layers face to face"
    both = (f"{a}, particles_passed", f"{two}, particles_passed")
    sheets = {name: filtration_fit.marketed(name) for name in ("A", "B")}
    sides = {
        name: float(each.support_side_pore_diameter.m_as("um"))
        for name, each in sheets.items()
    }
    given: list[tuple[str, float, str, tuple[str, ...], str]] = [
        ("filtration.capture.PASSAGE", capture.PASSAGE, "1", both, "over a pore"),
        ("filtration.capture.HETEROGENEITY", capture.HETEROGENEITY, "1", both, "paths"),
        ("sheet A, far side", sides["A"], "um", (f"{a}, water_flux",), "declared"),
        ("sheet B, pores", sides["B"], "um", (f"{b}, water_flux",), "declared"),
    ]
    if filters.blocking:
        rows = ("Example 4, comparative example, volume_to_blocking",)
        share = filters.blocking[0].share
        given.append(("latex_share", share, "1", rows, "of Example 4's printed latex"))
    return tuple(FittedConstant(*each) for each in given)


# ------------------------------------------------------------------- what is asked
def _checks(rows: Sequence[Row], fitted: Sequence[FittedConstant]) -> Iterable[Check]:
    """Yield what is asked of several rows together."""
    states = [row for row in rows if row.quantity == "minimum_layer"]
    for what, asked, gated in (
        ("states of the layer, without the two at 30 s", _gated(states), True),
        ("states of the layer, all", states, False),
    ):
        right = sum(bool(row.within) for row in asked)
        found = f"{right} of {len(asked)}"
        yield Check(what, found, right == len(asked), gated)
    backs = [
        (seconds(row.row), row.predicted.middle)
        for row in rows
        if row.table == "Table 1" and row.quantity == "back_pore" and row.predicted
    ]
    sizes = [size for _, size in sorted(backs)]
    yield Check(
        "Table 1: support-side pores do not fall with air time",
        ", ".join(figures(size) for size in sizes) + " um",
        len(sizes) > 1 and sizes == sorted(sizes),
    )
    for place, what, wanted in (
        ("0 s", "the comparative example has macrovoids", True),
        ("15 s", "Example 3 has none", False),
    ):
        back = next(
            (
                row.predicted
                for row in rows
                if row.key == ("Example 3", place, "back_pore")
            ),
            None,
        )
        found = "not known" if back is None else back.label or "sponge"
        yield Check(what, found, back is not None and bool(back.label) == wanted)
    yield _order(rows)
    rough = CONSTANTS["roughness"].value
    what = f"roughness of the walls is at most {MOST_ROUGH:g}"
    yield Check(what, figures(rough), rough <= MOST_ROUGH)
    yield _thickness(rows)
    yield Check(
        f"at most {MOST_FITTED} constants are fitted or differ between examples",
        str(len(fitted)),
        len(fitted) <= MOST_FITTED,
    )


def _gated(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.gate.gated]


def _order(rows: Sequence[Row]) -> Check:
    """Check the order in which Table 2's sheets pass particles."""
    passed = [row for row in rows if row.quantity == "particles_passed"]
    passed.sort(key=lambda row: row.measured.middle)
    known = [row.predicted.middle for row in passed if row.predicted]
    rising = all(one < other for one, other in itertools.pairwise(known))
    measured = " < ".join(str(row.measured) for row in passed)
    return Check(
        f"Table 2: particles passed in the order {measured}",
        " < ".join(figures(each) for each in known) if rising else "another order",
        rising and len(known) == len(passed),
    )


def _thickness(rows: Sequence[Row]) -> Check:
    """Check the thickness against one constant for all sheets."""
    logs = [
        (row.logarithm, row.null_logarithm)
        for row in rows
        if row.quantity == "thickness"
    ]
    known = [(own or 0.0, null or 0.0) for own, null in logs if own is not None]
    own, null = (
        math.exp(math.sqrt(sum(each[k] ** 2 for each in known) / max(len(known), 1)))
        for k in (0, 1)
    )
    return Check(
        "thickness is nearer than one constant, 108 um",
        f"rms factor {own:.3f} against {null:.3f}",
        bool(known) and own < null,
        gated=False,
    )


# ----------------------------------------------------------------------- constants
def fitted_constants(membranes: Iterable[Membrane]) -> tuple[FittedConstant, ...]:
    """Return what the runs rest on that was fitted to the patent, each once.

    Examples
    --------
    >>> from membranekit.simulation import simulate_many
    >>> run = read_case("example1").replace({"air.time": "0 s"}).runs[0]
    >>> membranes = simulate_many([run], cells=20, history=False)
    >>> "growth_speed" in [each.name for each in fitted_constants(membranes)]
    True
    """
    found: dict[tuple[str, str], FittedConstant] = {}
    for entry in gather(list(membranes), "fitted"):
        if PATENT not in entry.source:
            continue  # fitted to what others measured
        value = entry.value
        # one number of one source is one constant, in however many sets it stands
        key = entry.source, entry.value_text
        known = found.get(key)
        if known is None:
            found[key] = FittedConstant(
                name=entry.name,
                amount=float(value.magnitude),
                unit=entry.to_dict()["value"]["unit"],
                fitted_to=FITTED_TO.get(entry.name, ()),
                source=entry.source,
            )
        elif entry.name not in known.name.split(" = "):
            found[key] = replace(known, name=f"{known.name} = {entry.name}")
    return tuple(found.values())


def chosen_constants() -> tuple[ChosenConstant, ...]:
    """Return the chosen numbers that move the tables, as they were counted last.

    ``benchmarks/count_constants.py`` counts them and writes the file.

    Examples
    --------
    >>> all(each.basis == "chosen" for each in chosen_constants())
    True
    """
    place = files("membranekit") / "data" / "constants.toml"
    counted = tomli.loads(place.read_text(encoding="utf-8"))["constants"]
    return tuple(
        ChosenConstant(
            name=each["name"],
            basis=each["basis"],
            amount=each["value"],
            moves=each["moves"],
            by=each["by"],
            labels=tuple(each.get("labels", ())),
            depth=each.get("depth_at_10_s"),
        )
        for each in counted
        if each["basis"] == "chosen"
    )
