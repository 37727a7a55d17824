"""The data sheet of a substance: every value with its law, range, basis and source.

Which substances are shown is the business of who asks; here one is written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from membranekit import library, units
from membranekit.errors import InputError
from membranekit.substances import PROPERTIES, Substance, Value

_WIDTH = 88
_COLUMNS = ("property", "", "+-", "known", "basis")


@dataclass(frozen=True)
class _Sheet:
    """The parts of a data sheet, before they are laid out."""

    title: str
    heads: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    paragraphs: tuple[tuple[str, tuple[str, ...]], ...]


def sheet_text(
    substance: Substance, temperature: Any = None, *, extrapolate: bool = False
) -> str:
    """Return a data sheet as text.

    Parameters
    ----------
    substance : Substance
        What it is of.
    temperature : str or quantity, optional
        At which functions are evaluated [degC]; 25 degC.
    extrapolate : bool
        Whether to go outside the range of a value; it is marked then.

    Raises
    ------
    InputError
        The temperature is outside the range of a value; all of these are named.

    Examples
    --------
    >>> text = sheet_text(library.lookup("NMP"), "40 degC")
    >>> print(text.splitlines()[0])
    NMP
    >>> "at 40 degC" in text
    True
    """
    sheet = _sheet(substance, temperature, extrapolate)
    label = max(len(head) for head, _ in sheet.heads) + 2
    lines = [sheet.title, ""]
    for head, text in sheet.heads:
        lines += _wrapped(text, f"{head:<{label}}", " " * label)
    table = (sheet.columns, *sheet.rows)
    widths = [max(len(row[k]) for row in table) for k in range(len(sheet.columns))]
    lines.append("")
    for row in table:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    for title, texts in sheet.paragraphs:
        lines += ["", title]
        for text in texts:
            lines += _wrapped(text, "  ", "    ")
    return "\n".join(lines)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    """Return a text in lines; a hyphen, as of a name or a DOI, ends none."""
    return wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def sheet_html(substance: Substance) -> str:
    """Return a data sheet for a notebook."""
    sheet = _sheet(substance, None, True)
    heads = "".join(
        f"<tr><th>{escape(head)}</th><td>{escape(text)}</td></tr>"
        for head, text in sheet.heads
    )
    columns = "".join(f"<th>{escape(column)}</th>" for column in sheet.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in sheet.rows
    )
    paragraphs = "".join(
        f"<h4>{escape(title)}</h4><ul>"
        + "".join(f"<li>{escape(text)}</li>" for text in texts)
        + "</ul>"
        for title, texts in sheet.paragraphs
    )
    return (
        f"<table><caption>{escape(sheet.title)}</caption><tbody>{heads}</tbody></table>"
        f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
        f"{paragraphs}"
    )


def sheet_dict(
    substance: Substance, temperature: Any = None, *, extrapolate: bool = False
) -> dict[str, Any]:
    """Return a data sheet as ``membranekit materials NAME --json`` prints it.

    The parameters and errors are those of `sheet_text`.
    """
    _refuse(substance, temperature, extrapolate)
    plain = substance.to_dict(temperature)
    if temperature is not None:
        kelvin = units.si(temperature, "temperature", "temperature")
        celsius = round(kelvin - 273.15, 6)
        plain["temperature"] = {"value": celsius, "unit": "degC"}
    plain["pack"] = substance.pack
    plain["interaction_sets"] = library.sets_with(substance)
    return plain


def _refuse(substance: Substance, temperature: Any, extrapolate: bool) -> None:
    if temperature is None or extrapolate:
        return
    kelvin = units.si(temperature, "temperature", "temperature")
    ranges = [
        f"{_words(value.name)} ({_range('temperature', *value.valid_temperature)})"
        for value in substance.values
        if value.valid_temperature is not None and not value.in_range(kelvin)
    ]
    if ranges:
        raise InputError(
            f"temperature: {round(kelvin - 273.15, 6):g} degC is outside the range of "
            f"{', '.join(ranges)} of {substance.name}; extrapolate=True (on the "
            "command line --extrapolate) shows them all the same, marked"
        )


def _sheet(substance: Substance, temperature: Any, extrapolate: bool) -> _Sheet:
    _refuse(substance, temperature, extrapolate)
    at = "25 degC"
    if temperature is not None:
        kelvin = units.si(temperature, "temperature", "temperature")
        at = f"{round(kelvin - 273.15, 6):g} degC"
    columns = list(_COLUMNS)
    columns[1] = f"at {at}"
    rows = tuple(_row(value, temperature) for value in substance.values)
    laws = tuple(
        f"{_words(value.name)}: {_law(value)}"
        for value in substance.values
        if not value.is_constant
    )
    sources = tuple(
        f"{_words(value.name)}: {value.source}"
        + (f" ({value.note})" if value.note else "")
        for value in substance.values
    )
    paragraphs = [
        ("Functions of temperature", laws),
        ("Sources", sources),
        ("Sets of interactions", tuple(library.sets_with(substance))),
    ]
    return _Sheet(
        title=substance.name,
        heads=_heads(substance),
        columns=tuple(columns),
        rows=rows,
        paragraphs=tuple(each for each in paragraphs if each[1]),
    )


def _heads(substance: Substance) -> tuple[tuple[str, str], ...]:
    grade = substance.grade
    if substance.generic and substance.kind == "polymer" and not grade:
        grade = "not known: the chain is an estimate"
    heads = (
        ("kind", substance.kind.replace("_", " ")),
        ("also", ", ".join(substance.aliases)),
        ("CAS", substance.cas),
        ("usual role", substance.usual_role),
        ("maker", substance.maker),
        ("grade", grade),
        ("note", substance.note),
        ("pack", substance.pack),
        ("file", substance.origin),
    )
    return tuple((head, text) for head, text in heads if text)


def _row(value: Value, temperature: Any) -> tuple[str, ...]:
    shown = _figures(value.quantity(temperature, extrapolate=True).magnitude)
    stretched = value.is_stretched(temperature)
    known = ", ".join(_range(*each) for each in value.ranges)
    return (
        _words(value.name),
        f"{shown} {value.unit}".rstrip() + (" (extrapolated)" if stretched else ""),
        value.uncertainty,
        known or ("constant" if value.is_constant else "range not stated"),
        value.basis,
    )


def _range(kind: str, low: float, high: float) -> str:
    if kind == "temperature":
        ends = [f"{round(end - 273.15, 2):g}" for end in (low, high)]
        return f"{' to '.join(ends)} degC"
    ends = [f"{100 * end:.4g}" for end in (low, high)]
    return f"{' to '.join(ends)} % {_words(kind)}"


def _law(value: Value) -> str:
    law = value.law.to_dict(PROPERTIES[value.name].symbol, value.unit)
    coefficients = ", ".join(
        f"{name} = {_listed(given)}" for name, given in law["coefficients"].items()
    )
    given = ", ".join(f"{name} in {unit or '1'}" for name, unit in law["units"].items())
    return f"{law['equation']}; {given}; {coefficients}"


def _listed(given: float | Sequence[float]) -> str:
    if isinstance(given, list):
        return f"[{', '.join(f'{each:.9g}' for each in given)}]"
    return f"{given:.9g}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figures(value: float) -> str:
    return f"{float(value):.4g}"
