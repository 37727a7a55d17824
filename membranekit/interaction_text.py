"""Write an interaction set as the material file that reads back as it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from membranekit.errors import InputError
from membranekit.substances import (
    T_POWERS,
    InteractionSet,
    Pair,
    Terms,
    Ternary,
    temperature_basis,
)

_POINTS = (20.0, 25.0, 40.0, 60.0)  # of a law that is written as a table [degC]


def interaction_text(given: InteractionSet) -> str:
    """Return the text of a material file.

    Raises
    ------
    InputError
        A coefficient has powers of T and 1/T, which no file can hold together.

    Examples
    --------
    >>> from membranekit.library import interaction_set
    >>> names = ["water", "NMP", "polysulfone P-3500"]
    >>> print(interaction_text(interaction_set(names)).splitlines()[2])
    components = ["water", "NMP", "polysulfone P-3500"]
    """
    lines = ['kind = "interaction_set"']
    for key in (
        "name",
        "components",
        "convention",
        "reference_volume",
        "fitted_to",
        "preferred",
        "note",
        "anchor",
        "assembled_from",
    ):
        value = getattr(given, key)
        if value or key == "preferred":
            lines.append(f"{key} = {_toml(value)}")
    if given.valid_temperature:
        ends = [f"{end - 273.15:.13g} degC" for end in given.valid_temperature]
        lines.append(f"valid = {{ temperature = {_toml(ends)} }}")
    for pair in given.pairs:
        lines += ["", "[[pair]]", f"between = {_toml(pair.between)}"]
        lines.append(f"form = {_toml(pair.form)}")
        fixed = ("b", "c") if pair.form == "rational" else ()
        lines += _law(pair.between, pair.coefficients, fixed) + _sourced(pair)
    for ternary in given.ternaries:
        lines += ["", "[[ternary]]", f"between = {_toml(ternary.between)}"]
        lines += _law(ternary.between, [("g", ternary.terms)], ()) + _sourced(ternary)
    if given.classes:
        lines += ["", "[class]"]
        lines += [f"{_toml(name)} = {_toml(each)}" for name, each in given.classes]
    return "\n".join(lines) + "\n"


def _law(
    between: Iterable[str],
    coefficients: Iterable[tuple[str, Terms]],
    fixed: Iterable[str],
) -> list[str]:
    """Return the lines of coefficients; those that are `fixed` know no temperature."""
    laws = {name: np.array(terms) for name, terms in coefficients}
    inverse = any(terms[T_POWERS] != 0.0 for terms in laws.values())
    powers = max(
        max(np.flatnonzero(terms[:T_POWERS]), default=0) for terms in laws.values()
    )
    if inverse and powers:
        raise InputError(
            f"{'/'.join(between)}: a material file cannot hold a coefficient with "
            "powers of T and 1/T"
        )
    points = _POINTS[: powers + 1]
    lines = []
    if inverse:
        lines.append('temperature = "inverse"')
    elif powers:
        lines.append('temperature = "table"')
        lines.append(f"temperatures = {_toml([f'{each:g} degC' for each in points])}")
    entries = []
    for name, terms in laws.items():
        if name in fixed or not (inverse or powers):
            shown = _number(terms[0])
        elif inverse:
            shown = f"[{_number(terms[0])}, {_number(terms[T_POWERS])}]"
        else:
            values = [
                float(terms @ temperature_basis(each + 273.15)) for each in points
            ]
            shown = f"[{', '.join(map(_number, values))}]"
        entries.append(f"{name} = {shown}")
    return [*lines, f"coefficients = {{ {', '.join(entries)} }}"]


def _sourced(given: Pair | Ternary) -> list[str]:
    lines = [f"reference_volume = {_toml(given.reference_volume)}"]
    for key in ("source", "basis", "note", "uncertainty"):
        if getattr(given, key):
            lines.append(f"{key} = {_toml(getattr(given, key))}")
    return lines


def _number(value: float) -> str:
    """Write a float; its last digits are lost on the way through a law of T."""
    return repr(float(f"{float(value):.13g}"))


def _toml(value: Any) -> str:
    """Write a text, a flag or a list of texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(_toml, value))}]"
