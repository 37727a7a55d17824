"""Read a table of cloud points: what was titrated, row by row.

A CSV file, or named columns. Each title says what its column holds:

==================================  ================================================
``water [wt%]``, ``w_water``        percent by mass; mass fraction
``water [vol%]``, ``phi_water``     percent by volume; volume fraction
``T [degC]``, ``T [K]``, ``T_C``    temperature; an empty cell: not known
``uncertainty [wt%]``               of the nonsolvent's fraction
``source``, ``note``                text, not read
==================================  ================================================

A component goes by any of its names, or by its part: ``nonsolvent``, ``solvent``,
``polymer``. One column may be left out: it holds the rest. Lines that begin with ``#``
are comments.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit.errors import InputError
from membranekit.names import match_key, nearest
from membranekit.substances import Substance

Floats = NDArray[np.float64]

SUM_TOLERANCE = 0.005
"""By how much the fractions of a row may miss 1: rounding and reading [1]."""

LARGEST_FILE = 1_000_000
"""Larger files are refused unread [bytes]."""

_UNITS = {
    "wt%": ("mass", 0.01),
    "mass%": ("mass", 0.01),
    "massfraction": ("mass", 1.0),
    "kg/kg": ("mass", 1.0),
    "g/kg": ("mass", 0.001),
    "vol%": ("volume", 0.01),
    "volumefraction": ("volume", 1.0),
}
_ZERO = {"degc": 273.15, "°c": 273.15, "k": 0.0}
_PREFIXES = {"w_": ("mass", 1.0), "phi_": ("volume", 1.0)}
_EXAMPLES = "title columns like 'water [wt%]' or 'w_water', 'T [degC]', 'source'"


@dataclass(frozen=True, eq=False)
class TitrationTable:
    """Measured cloud points, checked.

    Parameters
    ----------
    label : str
        The file's name, or what stands for it.
    names : tuple of str
        The components, the polymer last.
    nonsolvent : int
        The one that was titrated.
    mass_fractions : array, shape (n_row, n)
        At the cloud point; each row sums to 1 [1].
    temperatures : tuple of float or None
        Of each row; None: not given [K].
    uncertainty : array, shape (n_row,), or None
        Of the nonsolvent's mass fraction [1].
    rows : tuple of str
        Where each row stands, for messages.
    """

    label: str
    names: tuple[str, ...]
    nonsolvent: int
    mass_fractions: Floats
    temperatures: tuple[float | None, ...]
    uncertainty: Floats | None
    rows: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """What a column holds: ``component``, ``temperature``, ``uncertainty``, ``text``.

    `scale` and `zero` make its numbers fractions or kelvin.
    """

    title: str
    holds: str
    name: str = ""
    measure: str = ""
    scale: float = 1.0
    zero: float = 0.0


def read_titrations(
    points: Any, substances: Sequence[Substance], nonsolvent: str | None = None
) -> TitrationTable:
    """Read and check a table of cloud points.

    Parameters
    ----------
    points : path, mapping of str to sequence, or structured array
        A CSV file, or columns titled as those of the file.
    substances : sequence of Substance
        What the columns may name.
    nonsolvent : str, optional
        The canonical name of what was titrated. Default: the column of that title, or
        the only component whose usual role it is.

    Raises
    ------
    InputError
        Anything in it is missing, unknown or impossible; the message names the place.

    Examples
    --------
    >>> from membranekit.library import lookup
    >>> table = {"w_water": [0.06, 0.07], "w_PSF": [0.2, 0.1]}
    >>> parts = [lookup(name) for name in ("water", "NMP", "PSF")]
    >>> read_titrations(table, parts).mass_fractions.round(2).tolist()
    [[0.06, 0.74, 0.2], [0.07, 0.83, 0.1]]
    """
    label, titles, cells, rows = _cells(points)
    columns = [_column(label, k, title) for k, title in enumerate(titles)]
    for holds in ("temperature", "uncertainty"):
        if sum(each.holds == holds for each in columns) > 1:
            raise InputError(f"{label}: there are two columns of {holds}")
    parts = [each for each in columns if each.holds == "component"]
    if not parts:
        raise InputError(f"{label}: there is no column of a component; {_EXAMPLES}")
    measures = {each.measure for each in columns if each.measure}
    if len(measures) > 1:
        raise InputError(
            f"{label}: some columns are by mass, some by volume; give all by one"
        )
    if not rows:
        raise InputError(f"{label}: there is no row of data")
    values = {
        each.title: _numbers(each, rows, cells[k])
        for k, each in enumerate(columns)
        if each.holds != "text"
    }
    named = _components(label, parts, substances)
    fractions = _fractions(label, rows, parts, named, values, substances)
    present = sorted(fractions, key=lambda each: each.kind == "polymer")
    polymers = [each.name for each in present if each.kind == "polymer"]
    if len(polymers) != 1:
        raise InputError(
            f"{label}: the table needs one polymer, and there is "
            f"{' and '.join(polymers) or 'none'}"
        )
    titrated = _titrated(label, parts, named, present, nonsolvent)
    given = np.array([fractions[each] for each in present]).T
    by_mass = given
    if measures == {"volume"}:
        by_mass = given * np.array([each.get("density").at() for each in present])
        by_mass = by_mass / by_mass.sum(axis=1, keepdims=True)
    temperatures: tuple[float | None, ...] = (None,) * len(rows)
    uncertainty = None
    for each in columns:
        if each.holds == "temperature":
            temperatures = tuple(values[each.title])
        elif each.holds == "uncertainty":
            w, x = by_mass[:, titrated], given[:, titrated]
            # dw/dx where everything else keeps its ratio
            share = (w / x) * ((1.0 - w) / (1.0 - x))
            uncertainty = share * _uncertainties(each, rows, values[each.title])
    return TitrationTable(
        label=label,
        names=tuple(each.name for each in present),
        nonsolvent=titrated,
        mass_fractions=by_mass,
        temperatures=temperatures,
        uncertainty=uncertainty,
        rows=tuple(rows),
    )


# ------------------------------------------------------------------------ the cells


def _cells(points: Any) -> tuple[str, list[str], list[list[Any]], list[str]]:
    """Return label, titles, columns of cells, and where each row stands."""
    if isinstance(points, str | os.PathLike):
        return _csv(Path(points))
    if getattr(getattr(points, "dtype", None), "names", None):
        points = {name: points[name] for name in points.dtype.names}
    if not hasattr(points, "items"):
        raise InputError(
            "points: give the path of a CSV file or a mapping of titled columns, not "
            f"{type(points).__name__}"
        )
    titles, columns = [], []
    for title, column in points.items():
        if not isinstance(title, str):
            raise InputError(f"points: the title {title!r} is no text; {_EXAMPLES}")
        if isinstance(column, str | bytes) or not hasattr(column, "__len__"):
            raise InputError(f"points: {title!r} is no column of values")
        titles.append(title)
        columns.append(list(column))
    if len({len(column) for column in columns}) > 1:
        raise InputError("points: the columns differ in length")
    count = len(columns[0]) if columns else 0
    return "points", titles, columns, [f"points, row {k + 1}" for k in range(count)]


def _csv(path: Path) -> tuple[str, list[str], list[list[Any]], list[str]]:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise InputError(f"{path}: is larger than 1 MB: no table of cloud points")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8: save it as CSV UTF-8") from error
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InputError(f"{path.name}: is empty; {_EXAMPLES}")
    header = lines[0][1]
    if "," not in header and (";" in header or "\t" in header):
        raise InputError(
            f"{path.name}: separate the columns with commas, and write numbers with a "
            "decimal point"
        )
    table = list(csv.reader([line for _, line in lines], skipinitialspace=True))
    titles = [title.strip() for title in table[0]]
    rows = [f"{path.name}, line {number}" for number, _ in lines[1:]]
    for row, cells in zip(rows, table[1:], strict=True):
        if len(cells) != len(titles):
            raise InputError(
                f"{row}: {len(cells)} cells under {len(titles)} titles; a number is "
                "written with a decimal point, a text with a comma in quotes"
            )
    columns = [list(column) for column in zip(*table[1:], strict=True)]
    return path.name, titles, columns, rows


def _column(label: str, place: int, title: str) -> _Column:
    """Read the title of a column."""
    if not title.strip():
        raise InputError(f"{label}: column {place + 1} has no title; {_EXAMPLES}")
    if title.casefold() in ("source", "note"):
        return _Column(title, "text")
    found = re.fullmatch(r"(.+?)\s*\[(.*)\]", title.strip())
    if found:
        name = found.group(1)
        unit = re.sub(r"\s", "", found.group(2)).casefold()
    elif title in ("T_C", "T_K"):
        name, unit = "T", "degc" if title == "T_C" else "k"
    else:
        for prefix, (measure, scale) in _PREFIXES.items():
            if title.startswith(prefix) and len(title) > len(prefix):
                name = title.removeprefix(prefix)
                return _Column(title, "component", name, measure, scale)
        raise InputError(
            f"{label}: the title {title!r} does not say what the column holds; "
            f"{_EXAMPLES}"
        )
    if name.casefold() in ("t", "temperature"):
        if unit not in _ZERO:
            raise InputError(f"{label}: {title!r}: a temperature is in degC or K")
        return _Column(title, "temperature", zero=_ZERO[unit])
    if unit not in _UNITS:
        raise InputError(
            f"{label}: {title!r}: say whether it is by mass or by volume: "
            f"{', '.join(_UNITS)}"
        )
    measure, scale = _UNITS[unit]
    if name.casefold() == "uncertainty":
        return _Column(title, "uncertainty", "", measure, scale)
    return _Column(title, "component", name, measure, scale)


def _numbers(column: _Column, rows: Sequence[str], cells: Sequence[Any]) -> list[Any]:
    """Return a column's fractions, or its temperatures [K] with None where empty."""
    found: list[float | None] = []
    for row, cell in zip(rows, cells, strict=True):
        empty = cell is None or (isinstance(cell, str) and not cell.strip())
        try:
            number = math.nan if empty else float(cell)
        except (TypeError, ValueError):
            raise InputError(f"{row}: {column.title}: {cell!r} is no number") from None
        if column.holds == "temperature":
            kelvin = number + column.zero
            if not empty and not math.isnan(number) and not 50.0 <= kelvin <= 1500.0:
                raise InputError(f"{row}: {column.title}: {cell!r} is out of range")
            found.append(None if math.isnan(number) else kelvin)
            continue
        if not math.isfinite(number):
            raise InputError(f"{row}: {column.title}: a number is missing")
        if number < 0.0:
            raise InputError(f"{row}: {column.title}: {number:g} is negative")
        fraction = number * column.scale
        if fraction > 1.0 + SUM_TOLERANCE:
            hint = "; is it percent, as in 'water [wt%]'?" if column.scale == 1 else ""
            raise InputError(f"{row}: {column.title}: {number:g} is above all{hint}")
        found.append(fraction)
    return found


def _uncertainties(column: _Column, rows: Sequence[str], values: list[float]) -> Floats:
    for row, value in zip(rows, values, strict=True):
        if not value > 0.0:
            raise InputError(f"{row}: {column.title}: must be above zero")
    return np.array(values)


# ------------------------------------------------------------------- the components


def _components(
    label: str, parts: Sequence[_Column], substances: Sequence[Substance]
) -> dict[str, Substance]:
    """Return the substance that each title means."""
    polymers = [each for each in substances if each.kind == "polymer"]
    nonsolvents = [each for each in substances if each.usual_role == "nonsolvent"]
    others = [each for each in substances if each not in [*polymers, *nonsolvents]]
    roles = {"polymer": polymers, "nonsolvent": nonsolvents, "solvent": others}
    known = {
        match_key(written): each
        for each in substances
        for name in (each.name, *each.aliases)
        for written in (name, f"{name}@{each.pack}")
    }
    found: dict[str, Substance] = {}
    for column in parts:
        key = match_key(column.name)
        if key in known:
            substance = known[key]
        elif key in roles:
            if len(roles[key]) != 1:
                meant = " and ".join(each.name for each in roles[key]) or "nothing"
                raise InputError(
                    f"{label}: {column.title!r}: the set's {key} is {meant}; name the "
                    "component"
                )
            substance = roles[key][0]
        else:
            names = [each.name for each in substances]
            aliases = [alias for each in substances for alias in each.aliases]
            near = " or ".join(nearest(column.name, [*names, *aliases]))
            hint = f"; did you mean {near}?" if near else ""
            raise InputError(
                f"{label}: {column.title!r}: {column.name!r} is no component of the "
                f"set, which holds {', '.join(names)}{hint}"
            )
        if substance in found.values():
            raise InputError(f"{label}: {substance.name} has two columns")
        found[column.title] = substance
    return found


def _fractions(
    label: str,
    rows: Sequence[str],
    parts: Sequence[_Column],
    named: Mapping[str, Substance],
    values: Mapping[str, Sequence[float]],
    substances: Sequence[Substance],
) -> dict[Substance, Floats]:
    """Return the fractions of each component, the one left out too; rows sum to 1."""
    fractions = {named[each.title]: np.array(values[each.title]) for each in parts}
    sums = sum(fractions.values(), np.zeros(len(rows)))
    left = [each for each in substances if each not in fractions]
    if len(left) == 1 and bool(np.all(sums < 1.0 - SUM_TOLERANCE)):
        fractions[left[0]] = 1.0 - sums
        sums = np.ones(len(rows))
    for row, total in zip(rows, sums, strict=True):
        if abs(total - 1.0) > SUM_TOLERANCE:
            percent = all(each.scale == 0.01 for each in parts) and total < 0.02
            hint = "; are these fractions, not percent?" if percent else ""
            raise InputError(
                f"{row}: the fractions sum to {100 * total:.4g} %, not to 100 %{hint}"
            )
    fractions = {each: column / sums for each, column in fractions.items()}
    for substance, column in fractions.items():
        for row, value in zip(rows, column, strict=True):
            if not value > 0.0:
                raise InputError(
                    f"{row}: there is no {substance.name}; leave out rows and "
                    "components without it"
                )
    return fractions


def _titrated(
    label: str,
    parts: Sequence[_Column],
    named: Mapping[str, Substance],
    present: Sequence[Substance],
    nonsolvent: str | None,
) -> int:
    """Return the place of the component that was titrated."""
    names = [each.name for each in present]
    if nonsolvent is not None:
        if nonsolvent not in names[:-1]:
            raise InputError(
                f"nonsolvent: {nonsolvent} is no liquid of {label}, which holds "
                f"{', '.join(names[:-1])}"
            )
        return names.index(nonsolvent)
    for each in parts:
        if each.name.casefold() == "nonsolvent":
            return names.index(named[each.title].name)
    usual = [each.name for each in present if each.usual_role == "nonsolvent"]
    if len(usual) != 1:
        raise InputError(
            f"{label}: {' and '.join(usual) or 'nothing'} is usually a nonsolvent; say "
            "what was titrated with nonsolvent="
        )
    return names.index(usual[0])
