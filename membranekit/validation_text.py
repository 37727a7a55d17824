"""The comparison with the patent as text: a table, and under it what it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from membranekit.comparison import CALIBRATE, PREDICT, Reading, Row
from membranekit.membrane import figures

if TYPE_CHECKING:
    from membranekit.refitting import Refit
    from membranekit.validation import Validation

_WIDTH = 88
_HEAD = (
    *("quantity", "role", "measured", "predicted", "off", "gate", ""),
    *("null", "off"),
)
_MARKS = {True: "", False: "missed", None: ""}


def report(found: Validation, limit: float) -> str:
    """Return the whole comparison as text.

    ``off`` and ``gate`` are a factor (x), a relative difference (%) or a difference of
    decimal logarithms (dec).
    """
    groups = list(_grouped(found.rows))
    header, *body = table(_HEAD, [_cells(row) for _, rows in groups for row in rows])
    lines = [header]
    for title, rows in groups:
        lines += ["", title, *body[: len(rows)]]
        del body[: len(rows)]
    notes = dict.fromkeys(
        f"{row.table}, {row.row}: {row.note}" for row in found.rows if row.note
    )
    if notes:
        lines += ["", "Notes"]
        for note in notes:
            lines += _paragraph(note)
    lines += ["", "Asked of several rows together"]
    for each in found.checks:
        mark = "" if each.ok else ("; missed" if each.gated else "; not so")
        lines += _paragraph(f"{each.what}: {each.found}{mark}")
    lines += ["", *_summary(found, limit)]
    lines += ["", "Fitted, or different between examples"]
    for constant in found.fitted_constants:
        unit = "" if constant.unit == "1" else f" {constant.unit}"
        rows_told = "; ".join(constant.fitted_to) or "see its source"
        value = f"{constant.name} = {figures(constant.amount, 4)}{unit}"
        lines += _paragraph(f"{value}: {rows_told}")
    lines += ["", "Chosen, and moving a number by over 2 % or a label"]
    for choice in found.chosen_constants:
        told = f"{choice.name} = {choice.amount}: {choice.moves}"
        told += f" by {100 * choice.by:.2g} %" if choice.by else ""
        if choice.depth is not None:
            told += f"; depth at 10 s of Table 1 by {choice.depth:.2g} um"
        if choice.labels:
            told += f"; label of {', '.join(choice.labels)}"
        lines += _paragraph(told)
    if found.refit is not None:
        lines += ["", *_refitted(found.refit)]
    return "\n".join(lines)


def _refitted(again: Refit) -> list[str]:
    """Return the constants fitted again, and what one example says of the others."""

    def value(given: float | None) -> str:
        return "-" if given is None else figures(given, 4)

    shifts, spread = again.shifts, again.spread
    rows = [
        [
            name,
            value(getattr(again.shipped, name)),
            value(getattr(again.found, name)),
            f"{100.0 * shifts[name]:+.2g} %",
            *(value(each.constants[name]) for each in again.transfers),
            "-" if spread[name] is None else f"x {spread[name]:.2f}",
        ]
        for name in shifts
    ]
    on = [f"on {each.example}" for each in again.transfers]
    verdict = "is" if again.agrees else "is not"
    lines = [
        f"Fitted again (SI units); what is shipped {verdict} the fit's output to 1e-3",
        *table(["", "shipped", "fitted", "shift", *on, "spread"], rows),
        "",
        "Fitted on one example alone, each dope with its own cloud point",
    ]
    for each in again.transfers:
        own, others = (value(factor) for factor in (each.own, each.others))
        right, of = each.states
        lines += _paragraph(
            f"{each.example}: rms factor of pores {own} on its own rows, {others} on "
            f"the others'; states of the others' layers {right} of {of}"
        )
    return lines


def _summary(found: Validation, limit: float) -> list[str]:
    """Return what it all comes to."""

    def pair(name: str, null: bool, digits: int) -> str:
        values = [
            getattr(found, name)(role, null=null) for role in (CALIBRATE, PREDICT)
        ]
        told = ["-" if each is None else figures(each, digits) for each in values]
        return " / ".join(told)

    known = [row for row in found.rows if row.measure not in ("label", "input")]
    missing = [row for row in known if row.factor is None]
    right, of = found.labels(gated=False)
    null_right, _ = found.labels(gated=False, null=True)
    lines = [
        f"{len(found.fitted_constants)} constants fitted or different between "
        f"examples, to {found.calibrate_values} numbers marked calibrate; "
        f"{len(found.chosen_constants)} chosen ones that matter",
        "rms factor, calibrate / predict: "
        f"{pair('rms_factor', False, 3)}; null model {pair('rms_factor', True, 3)}",
        "rms decimal logarithm of particles passed, calibrate / predict: "
        f"{pair('rms_log10', False, 2)}; null model {pair('rms_log10', True, 2)}",
        f"states of the layer: {right} of {of}; null model {null_right}",
    ]
    if missing:
        lines.append(
            f"without a number, and so in no mean: {len(missing)} of {len(known)}: "
            + "; ".join(", ".join(row.key) for row in missing)
        )
    over = found.over_fitting
    if over is not None:
        verdict = "over-fitting" if over > limit else "no sign of it"
        lines.append(
            f"over-fitting: predict over calibrate is {figures(over)}, {verdict} "
            f"(limit {limit:g})"
        )
    far = [row for row in known if row.logarithm]
    far.sort(key=lambda row: -abs(row.logarithm or 0.0))
    told = [f"{', '.join(r.key)} ({_off(r.factor, r.measure)})" for r in far[:3]]
    if told:
        lines.append(f"farthest off: {'; '.join(told)}")
    missed = found.missed
    lines.append(f"gates missed: {len(missed)}")
    return [
        *(line for each in lines for line in textwrap.wrap(each, _WIDTH)),
        *(f"  {each}" for each in missed),
    ]


def _grouped(rows: Sequence[Row]) -> Iterable[tuple[str, list[Row]]]:
    """Yield the rows of each line of the patent's tables, with its title."""
    titles = dict.fromkeys((row.table, row.row) for row in rows)
    for title in titles:
        yield ", ".join(title), [row for row in rows if (row.table, row.row) == title]


def _cells(row: Row) -> list[str]:
    unit = "" if row.measured.low is None else row.measured.unit
    quantity = row.quantity.replace("_", " ")
    return [
        f"  {quantity}{', ' if unit else ''}{unit}",
        row.role if row.measure != "input" else "input",
        str(row.measured),
        _told(row.predicted),
        _off(row.factor, row.measure),
        _off(row.target, row.measure),
        _MARKS[row.within] if row.gate.gated or row.within else "not so",
        _told(row.null_model) if row.measure != "input" else "",
        _off(row.null_factor, row.measure),
    ]


def _told(reading: Reading | None) -> str:
    if reading is None:
        return "-"
    word = f" {reading.label}" if reading.label and reading.low is not None else ""
    return f"{reading}{word}"


def _off(value: float | None, measure: str) -> str:
    if value is None:
        return ""
    if measure == "relative":
        return f"{100 * value:.0f} %"
    return f"{value:.2f} dec" if measure == "log10" else f"x {value:.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table without rules, columns aligned to the left.

    Examples
    --------
    >>> table(["a", "b"], [["1", "22"], ["333", "4"]])
    ['a    b', '1    22', '333  4']
    """
    listed = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in listed
    ]


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH - 2, initial_indent="  ", subsequent_indent="    "
    )
