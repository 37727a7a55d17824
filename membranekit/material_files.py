"""Read and check material files and the head of a pack."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from membranekit import substances, units
from membranekit.errors import InputError
from membranekit.names import LONGEST, match_key, suggestion
from membranekit.substances import (
    InteractionSet,
    Law,
    Pair,
    Substance,
    Ternary,
    Value,
)
from membranekit.toml_text import Keys, LocatedError, key_lines, read_toml

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

P = ParamSpec("P")
T = TypeVar("T")

CONVENTIONS = ("g", "chi")
FITTED_TO = ("cloud points", "vapor-liquid equilibrium", "swelling", "estimate")
CHAIN_LENGTHS = (
    "number_average_molar_mass",
    "weight_average_molar_mass",
    "k_value",
    "melt_viscosity",
)

_MOST_COMPONENTS = 20
_MOST_UNKNOWN = 20
_LONGEST_TEXT = 10_000
_CLOSEST = 0.1
"""Least distance of the points that a polynomial goes through [K]."""
# They would write over the terminal, or turn the direction of a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class MaterialFile:
    """A parsed file that can say where it is wrong.

    Parameters
    ----------
    name : str
        Its path, for messages.
    text : str
        What it holds.
    data : dict
        The same, parsed.
    faults : list of LocatedError, optional
        Where faults are collected while reading goes on. Without it, the first one
        stops the reading.
    """

    name: str
    text: str
    data: dict[str, Any]
    faults: list[LocatedError] | None = None

    @cached_property
    def _lines(self) -> dict[Keys, int]:
        return key_lines(self.text)

    def fault(self, keys: Keys, what: str, suggestion: str = "") -> LocatedError:
        """Return the error that says where and what is wrong."""
        at = next(
            (
                self._lines[keys[:n]]
                for n in range(len(keys), 0, -1)
                if keys[:n] in self._lines
            ),
            1,
        )
        shown = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
        return LocatedError(self.name, at, shown, what, suggestion)

    def fail(self, keys: Keys, what: str, suggestion: str = "") -> NoReturn:
        """Raise the error that says where and what is wrong."""
        raise self.fault(keys, what, suggestion)

    def report(self, keys: Keys, what: str, suggestion: str = "") -> None:
        """Collect a fault that reading can go on after, or raise it as `fail` does."""
        fault = self.fault(keys, what, suggestion)
        if self.faults is None:
            raise fault
        self.faults.append(fault)

    def tried(
        self, default: T, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `read` returns, or `default` after a fault that is collected."""
        try:
            return read(*args, **kwargs)
        except LocatedError as fault:
            if self.faults is None:
                raise
            self.faults.append(fault)
            return default

    def only(
        self, table: Mapping[str, Any], keys: Keys, allowed: Iterable[str]
    ) -> None:
        """Refuse a key that does not belong into the table."""
        names = list(allowed)
        unknown = [key for key in table if key not in names]
        for key in unknown[:_MOST_UNKNOWN]:
            self.report((*keys, key), "unknown key", suggestion(key, names))
        if more := len(unknown[_MOST_UNKNOWN:]):
            self.report(keys, f"{more} more unknown keys")

    def string(
        self, table: Mapping[str, Any], keys: Keys, key: str, default: str | None = None
    ) -> str:
        """Return a text; one without a default is required and not empty."""
        if key not in table and default is not None:
            return default
        if key not in table:
            self.fail(keys, f"{key} is missing")
        value = table[key]
        if not isinstance(value, str) or not (value.strip() or default is not None):
            self.fail((*keys, key), "must be a text")
        if len(value) > _LONGEST_TEXT:
            self.fail((*keys, key), f"is longer than {_LONGEST_TEXT} characters")
        if _CONTROL.search(value):
            self.fail((*keys, key), "holds a control character")
        return value

    def choice(
        self,
        table: Mapping[str, Any],
        keys: Keys,
        key: str,
        choices: Sequence[str],
        default: str | None = None,
    ) -> str:
        """Return a text that is one of the choices."""
        value = self.string(table, keys, key, default)
        if value not in choices and value != default:
            self.fail(
                (*keys, key),
                f"{value!r} is none of {', '.join(choices)}",
                suggestion(value, choices),
            )
        return value

    def flag(
        self, key: str, table: Mapping[str, Any] | None = None, keys: Keys = ()
    ) -> bool:
        """Return true or false; false where the key is missing."""
        value = (self.data if table is None else table).get(key, False)
        if not isinstance(value, bool):
            self.fail((*keys, key), "must be true or false")
        return value

    def strings(
        self, key: str, table: Mapping[str, Any] | None = None, keys: Keys = ()
    ) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is missing."""
        value = (self.data if table is None else table).get(key, [])
        if not isinstance(value, list):
            self.fail((*keys, key), "must be a list of texts")
        for n, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.fail((*keys, key, n), "must be a text")
            own = key == "aliases" and _own_name_fault(item)
            if fault := _name_fault(item) or own:
                self.fail((*keys, key, n), fault)
        return tuple(value)

    def table(self, value: Any, keys: Keys, example: str) -> dict[str, Any]:
        """Return a table."""
        if not isinstance(value, dict):
            self.fail(keys, f"must be a table: {example}")
        return value

    def number(self, value: Any, keys: Keys) -> float:
        """Return a finite bare number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(keys, "must be a bare number")
        try:
            number = float(value)
        except OverflowError:  # a whole number may be of any size
            number = math.inf
        if not math.isfinite(number):
            self.fail(keys, "must be finite")
        return number

    def numbers(self, value: Any, keys: Keys, count: int) -> tuple[float, ...]:
        """Return `count` finite bare numbers."""
        if not isinstance(value, list) or len(value) != count:
            self.fail(keys, f"must be a list of {count} numbers")
        return tuple(self.number(x, (*keys, n)) for n, x in enumerate(value))

    def si(self, given: Any, kind: str, keys: Keys) -> float:
        """Return a quantity given as text, as an SI float."""
        name = str(keys[-1])
        try:
            return units.si(given, kind, name)
        except InputError as error:
            self.fail(keys, str(error).removeprefix(f"{name}: "))

    def ranges(
        self, table: Mapping[str, Any], keys: Keys
    ) -> tuple[tuple[str, float, float], ...]:
        """Return the ranges of the key ``valid``: names with low and high ends."""
        if "valid" not in table:
            return ()
        keys = (*keys, "valid")
        example = 'valid = { temperature = ["20 degC", "60 degC"] }'
        valid = self.table(table["valid"], keys, example)
        kinds = ("temperature", "relative_humidity", "volume_fraction")
        self.only(valid, keys, kinds)
        found = []
        for kind, ends in valid.items():
            if kind not in kinds:
                continue
            if not isinstance(ends, list) or len(ends) != 2:
                self.report((*keys, kind), f"must be two ends: {example}")
                continue
            low, high = (
                self.tried(math.nan, self.si, end, kind, (*keys, kind)) for end in ends
            )
            if low < high:
                found.append((kind, low, high))
            elif low >= high:
                self.report((*keys, kind), "the first end must be the lower one")
        return tuple(found)

    def half_width(
        self, table: Mapping[str, Any], keys: Keys, kind: str
    ) -> tuple[str, float] | None:
        """Return the uncertainty: relative (``"5 %"``), or absolute in SI."""
        text = self.string(table, keys, "uncertainty", "")
        if not text:
            return None
        if text.lstrip().startswith("-"):
            self.fail((*keys, "uncertainty"), "must be positive")
        if re.fullmatch(r"\s*\d{1,20}(\.\d{1,20})?\s*%\s*", text):
            width = float(text.strip().rstrip("%")) / 100
            if not width > 0:
                self.fail((*keys, "uncertainty"), "must be positive")
            return "relative", width
        if kind == "temperature":
            kind = "temperature_difference"
        width = self.si(text, kind, (*keys, "uncertainty"))
        if not width > 0:
            self.fail((*keys, "uncertainty"), "must be positive")
        return "absolute", width

    def sourced(
        self, table: Mapping[str, Any], keys: Keys, kind: str
    ) -> dict[str, Any]:
        """Return source, basis, note and uncertainty of a value."""
        text, tried = self.string, self.tried
        return {
            "source": tried("", text, table, keys, "source"),
            "basis": tried("", self.choice, table, keys, "basis", substances.BASES),
            "note": tried("", text, table, keys, "note", ""),
            "uncertainty": str(table.get("uncertainty", "")),
            "half_width": tried(None, self.half_width, table, keys, kind),
        }


def load_file(path: str | Path | Traversable) -> Substance | InteractionSet:
    """Read and check one material file.

    Raises
    ------
    MaterialFileError
        Anything in it is missing, unknown, misspelt, of a wrong dimension or
        impossible; the message holds file, line and key.
    """
    data, text = read_toml(path)
    found = _read(MaterialFile(str(path), text, data))
    assert found is not None  # a fault that is not collected is raised
    return found


def survey_file(
    path: str | Path | Traversable,
) -> tuple[MaterialFile, Substance | InteractionSet | None]:
    """Read one material file to its end, whatever is wrong in it.

    Returns
    -------
    file : MaterialFile
        Its `faults` are all that `load_file` would stop at, one after the other.
    found : Substance or InteractionSet or None
        What could be read; None where the kind is not known.

    Raises
    ------
    MaterialFileError
        It cannot be read at all, or is no TOML.
    """
    data, text = read_toml(path)
    file = MaterialFile(str(path), text, data, [])
    return file, file.tried(None, _read, file)


def _read(file: MaterialFile) -> Substance | InteractionSet | None:
    """Return what a file holds; None: it seems to be no material file at all.

    Where faults are collected, a file of an unknown kind is read on nevertheless.
    """
    kinds = (*substances.KINDS, "interaction_set")
    kind = file.tried("", file.choice, file.data, (), "kind", kinds)
    if not kind and not {"name", "kind"} & set(file.data):
        return None
    is_set = kind == "interaction_set" or (not kind and "components" in file.data)
    return _interaction_set(file) if is_set else _substance(file, kind)


_SOURCED = ("source", "basis", "note", "uncertainty")
_SUBSTANCE_KEYS = (
    "kind",
    "name",
    "aliases",
    "usual_role",
    "maker",
    "grade",
    "generic",
    "family",
    "cas",
    "note",
)
_REQUIRED = {
    "polymer": (("density",), CHAIN_LENGTHS),
    "solvent": (("density",), ("molar_mass",)),
    "swelling_agent": (("density",), ("molar_mass", *CHAIN_LENGTHS)),
    "support": (("density",), ("heat_capacity",), ("thermal_conductivity",)),
}


def _substance(file: MaterialFile, kind: str) -> Substance:
    data = file.data
    known = (*_SUBSTANCE_KEYS, *substances.PROPERTIES)
    if kind == "polymer" and "molar_mass" in data:
        file.report(
            ("molar_mass",),
            "a polymer has no single molar mass: say which average",
            " or ".join(CHAIN_LENGTHS[:2]),
        )
    file.only(data, (), known)
    text, tried = file.string, file.tried
    name = tried("", _checked_name, file)
    grade = tried("", text, data, (), "grade", "")
    generic = tried(False, file.flag, "generic")
    family = tried("", text, data, (), "family", "")
    if kind == "polymer" and not (grade or generic):
        file.report(("grade",), "give the grade, or generic = true")
    elif kind == "polymer" and grade and generic and not family:
        what = "is missing: generic = true lets the grade stand for it"
        file.report(("family",), what)
    cas = tried("", text, data, (), "cas", "")
    if cas and not is_cas(cas):
        file.report(("cas",), f"{cas!r} is no CAS number: its check digit does not fit")
    values = [
        tried(None, _value, file, key) for key in data if key in substances.PROPERTIES
    ]
    for wanted in _REQUIRED.get(kind, ()):
        if not set(wanted) & set(data):
            file.report((), f"[{'] or ['.join(wanted)}] is missing")
    return Substance(
        name=name,
        kind=kind,
        values=tuple(value for value in values if value is not None),
        aliases=tried((), file.strings, "aliases"),
        usual_role=tried("", file.choice, data, (), "usual_role", substances.ROLES, ""),
        maker=tried("", text, data, (), "maker", ""),
        grade=grade,
        generic=generic,
        family=family,
        cas=cas,
        note=tried("", text, data, (), "note", ""),
        origin=file.name,
    )


def _checked_name(file: MaterialFile) -> str:
    name = file.string(file.data, (), "name")
    if fault := _name_fault(name) or _own_name_fault(name):
        file.fail(("name",), fault)
    return name


def _own_name_fault(name: str) -> str:
    """Return what else a name would read as; empty where it is a name and no more."""
    if "@" in name:
        return "must hold no @: a pack's name follows it"
    if _reads_as_cas(name):
        return f"{name!r} reads as a CAS number, which stands at cas and is no name"
    return ""


def _reads_as_cas(name: str) -> bool:
    """Say whether a name looks like a CAS number, or counts as one when compared."""
    digits = match_key(name)
    if not digits.isdecimal():
        return False
    looks = re.fullmatch(r"\d{2,7}-\d\d-\d", name) is not None
    return looks or is_cas(f"{digits[:-3]}-{digits[-3:-1]}-{digits[-1]}")


def _name_fault(name: str) -> str:
    """Return what keeps a text from being a name; empty where nothing does."""
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if name != name.strip() or not name.isprintable():
        return "must be one line without spaces around it"
    if not any(c.isalnum() for c in name):
        return "must hold a letter or a digit"
    return ""


def is_cas(number: str) -> bool:
    """Say whether the check digit of a CAS registry number fits."""
    found = re.fullmatch(r"([1-9]\d{1,6})-(\d\d)-(\d)", number, re.ASCII)
    if not found:
        return False
    digits = (found.group(1) + found.group(2))[::-1]
    return sum(n * int(digit) for n, digit in enumerate(digits, 1)) % 10 == int(
        found.group(3)
    )


def _value(file: MaterialFile, name: str) -> Value | None:
    """Return a value; None: it has a fault, which was collected."""
    keys: Keys = (name,)
    example = f"[{name}] with value, source and basis below it"
    table = file.table(file.data[name], keys, example)
    is_law = "correlation" in table
    own = ("correlation", "units", "coefficients") if is_law else ("value",)
    file.only(table, keys, (*own, *_SOURCED, "valid"))
    kind = substances.PROPERTIES[name].unit_kind
    more = file.sourced(table, keys, kind)
    more["ranges"] = file.tried((), file.ranges, table, keys)
    if is_law:
        read = _law(file, name, table, more["ranges"])
        return Value(name, *read, **more) if read else None
    if "value" not in table:
        file.fail(keys, "value is missing")
    try:
        value = substances.constant(name, table["value"], **more)
    except InputError as error:
        file.fail((*keys, "value"), str(error).removeprefix(f"{name}: "))
    if value.at() < 0 or (value.at() == 0 and name != "contact_angle"):
        file.fail((*keys, "value"), "must be positive")
    return value


_ZERO = {"K": 0.0, "degC": 273.15}


def _law(
    file: MaterialFile, name: str, table: Mapping[str, Any], ranges: Iterable[Any]
) -> tuple[Law, str] | None:
    """Return a law and its unit; None: it has a fault, which was collected."""
    keys: Keys = (name,)
    chosen = file.choice(table, keys, "correlation", tuple(substances.CORRELATIONS))
    correlation = substances.CORRELATIONS[chosen]
    symbol = substances.PROPERTIES[name].symbol
    unit, scale = file.tried(("", ""), _law_units, file, name, table, correlation)
    coefficients = _coefficients(file, name, table, correlation, symbol)
    if not unit or not scale:
        return None
    law = Law(chosen, coefficients, offset=_ZERO[scale])
    ends = next((ends[1:] for ends in ranges if ends[0] == "temperature"), ())
    kind = substances.PROPERTIES[name].unit_kind
    for T in (substances.ROOM_TEMPERATURE, *ends):
        try:
            y = law.at(T)
        except (ArithmeticError, ValueError, TypeError):
            y = math.nan
        if not (isinstance(y, float) and 0 < y < math.inf):
            file.fail((*keys, "coefficients"), f"no positive value at {T:g} K: {y}")
        factor = file.si(f"{y!r} {unit}", kind, (*keys, "coefficients")) / y
        unit = units.unit_text(f"{y!r} {unit}", kind, symbol)
    return dataclasses.replace(law, scale=factor), unit


def _law_units(
    file: MaterialFile,
    name: str,
    table: Mapping[str, Any],
    correlation: substances.Correlation,
) -> tuple[str, str]:
    """Return the units of a law's value and of its temperature."""
    keys: Keys = (name, "units")
    symbol = substances.PROPERTIES[name].symbol
    example = f'units = {{ {symbol} = "...", T = "K" }}'
    given = file.table(table.get("units"), keys, example)
    file.only(given, keys, (symbol, "T"))
    scale = file.tried("", file.choice, given, keys, "T", tuple(_ZERO))
    if correlation.absolute and scale == "degC":
        file.report((*keys, "T"), f"{table['correlation']} needs the temperature in K")
        scale = ""
    unit = file.string(given, keys, symbol)
    kind = substances.PROPERTIES[name].unit_kind
    try:
        units.check_unit(unit, kind, symbol)
    except InputError as error:
        file.fail((*keys, symbol), str(error).removeprefix(f"{symbol}: "))
    if kind == "temperature" and units.make(0.0, unit).m_as("K") != 0:
        file.fail((*keys, symbol), "a law of a temperature needs K")
    return unit, scale


def _coefficients(
    file: MaterialFile,
    name: str,
    table: Mapping[str, Any],
    correlation: substances.Correlation,
    symbol: str,
) -> tuple[Any, ...]:
    keys: Keys = (name, "coefficients")
    example = "coefficients = { ... } for " + correlation.equation
    given = file.table(table.get("coefficients"), keys, example)
    if table["correlation"] == "table":
        file.only(given, keys, ("T", symbol))
        for key in ("T", symbol):
            if not isinstance(given.get(key), list) or len(given[key]) < 2:
                file.fail(keys, f"{key} must be a list of two or more numbers")
        count = len(given["T"])
        knots = file.numbers(given["T"], (*keys, "T"), count)
        if any(a >= b for a, b in pairwise(knots)):
            file.fail((*keys, "T"), "must rise")
        return knots, file.numbers(given[symbol], (*keys, symbol), count)
    file.only(given, keys, correlation.coefficients)
    for key in correlation.required:
        if key not in given:
            file.fail(keys, f"{key} is missing: {correlation.equation}")
    return tuple(
        file.number(given.get(key, 0.0), (*keys, key))
        for key in correlation.coefficients
    )


_SET_KEYS = (
    "kind",
    "name",
    "components",
    "convention",
    "reference_volume",
    "fitted_to",
    "preferred",
    "valid",
    "note",
    "anchor",
    "assembled_from",
    "pair",
    "ternary",
    "class",
)
_PAIR_KEYS = (
    "between",
    "form",
    "coefficients",
    "temperature",
    "temperatures",
    "reference_volume",
    *_SOURCED,
)
_TERNARY_KEYS = tuple(key for key in _PAIR_KEYS if key != "form")


def _set_ranges(file: MaterialFile) -> tuple[tuple[str, float, float], ...]:
    ranges = file.ranges(file.data, ())
    for name, _, _ in ranges:
        if name != "temperature":
            file.fail(("valid", name), "a set is held to a range of temperature only")
    return ranges


def _interaction_set(file: MaterialFile) -> InteractionSet:
    data = file.data
    file.only(data, (), _SET_KEYS)
    tried = file.tried
    name = tried("", _checked_name, file)
    components = _components(file)
    convention = tried("", file.choice, data, (), "convention", CONVENTIONS)
    reference = tried(
        "", file.choice, data, (), "reference_volume", ("first", *components)
    )
    fitted_to = tried("", file.choice, data, (), "fitted_to", FITTED_TO)
    pairs = _pairs(file, components, convention, reference)
    anchor = tried((), _anchor, file, pairs)
    ranges = tried((), _set_ranges, file)
    return InteractionSet(
        name=name,
        components=components,
        convention=convention,
        reference_volume=reference,
        fitted_to=fitted_to,
        preferred=tried(False, file.flag, "preferred"),
        pairs=pairs,
        note=tried("", file.string, data, (), "note", ""),
        valid_temperature=substances.range_of("temperature", ranges),
        anchor=(anchor[0], anchor[1]) if anchor else None,
        assembled_from=tried("", file.string, data, (), "assembled_from", ""),
        ternaries=_ternaries(file, components, reference),
        classes=tried((), _classes, file, components),
        origin=file.name,
    )


def _components(file: MaterialFile) -> tuple[str, ...]:
    """Return the components; nothing else can be read without them."""
    components = file.strings("components")
    if len(components) < 2 or len(set(components)) < len(components):
        file.fail(("components",), "must be two or more different names")
    if len(components) > _MOST_COMPONENTS:
        file.fail(("components",), f"must be {_MOST_COMPONENTS} names at most")
    return components


def _tables(file: MaterialFile, key: str, most: int) -> list[Any]:
    """Return an array of tables that are at most so many."""
    tables = file.data.get(key, [])
    if not isinstance(tables, list):
        file.fail((key,), f"must be tables: [[{key}]]")
    if len(tables) > most:
        file.fail((key,), f"are {len(tables)}, and the components make {most} at most")
    return tables


def _anchor(file: MaterialFile, pairs: Iterable[Pair]) -> tuple[str, ...]:
    anchor = file.strings("anchor")
    if anchor and not any(
        len(anchor) == 2 and set(anchor) == set(pair.between) for pair in pairs
    ):
        file.fail(("anchor",), "must name one of the pairs")
    return anchor


def _pairs(
    file: MaterialFile, components: tuple[str, ...], convention: str, reference: str
) -> tuple[Pair, ...]:
    """Return the pairs: each two of the components, once."""
    every = list(combinations(components, 2))
    tables = file.tried([], _tables, file, "pair", 2 * len(every))
    if not tables and isinstance(file.data.get("pair", []), list):
        file.report(("pair",), "must be tables: [[pair]]")
    found: list[Pair] = []
    # What stands there counts as there, even where the rest of it cannot be read.
    there: set[frozenset[str]] = set()
    for n, given in enumerate(tables):
        pair = file.tried(None, _pair, file, n, components, convention, reference)
        between = given.get("between") if isinstance(given, dict) else None
        if pair is not None:
            between = list(pair.between)
            found.append(pair)
        if not isinstance(between, list) or not set(map(type, between)) <= {str}:
            continue
        if pair is not None and frozenset(between) in there:
            file.report(("pair", n, "between"), "this pair stands twice")
        there.add(frozenset(between))
    for a, b in every if tables else ():
        if frozenset((a, b)) not in there:
            file.report(("components",), f"the pair {a}/{b} is missing")
    return tuple(found)


def _pair(
    file: MaterialFile,
    n: int,
    components: tuple[str, ...],
    convention: str,
    reference: str,
) -> Pair | None:
    """Return a pair; None: it has a fault, which was collected."""
    keys: Keys = ("pair", n)
    table = file.table(file.data["pair"][n], keys, "[[pair]]")
    file.only(table, keys, _PAIR_KEYS)
    between = file.tried([], _between, file, keys, table, components, 2)
    sourced = file.sourced(table, keys, "number")
    form = file.choice(table, keys, "form", tuple(substances.FORMS))
    if convention == "chi" and form != "constant":
        file.report(
            (*keys, "form"),
            "a chi that depends on composition is not the g of the free energy: "
            'integrate it and write convention = "g"',
        )
    volume = file.choice(
        table, keys, "reference_volume", ("first", *components), reference
    )
    terms = _terms(file, keys, table, form)
    if not between:
        return None
    return Pair(
        between=(between[0], between[1]),
        form=form,
        coefficients=terms,
        reference_volume=between[0] if volume == "first" else volume,
        **sourced,
    )


def _between(
    file: MaterialFile,
    keys: Keys,
    table: Mapping[str, Any],
    components: tuple[str, ...],
    count: int,
) -> list[str]:
    """Return the different components that an interaction is between."""
    between = table.get("between")
    number = {2: "two", 3: "three"}[count]
    if not isinstance(between, list) or len(between) != count:
        file.fail((*keys, "between"), f"must be {number} components")
    for name in between:
        if name not in components:
            near = suggestion(str(name), components)
            file.fail((*keys, "between"), _no_component(name, components), near)
    if len(set(between)) < count:
        file.fail((*keys, "between"), f"must be {number} components, each once")
    return between


def _no_component(name: Any, components: Iterable[str]) -> str:
    listed = ", ".join(components)
    return f"{name!r} is no component: written as in components, they are {listed}"


def _ternaries(
    file: MaterialFile, components: tuple[str, ...], reference: str
) -> tuple[Ternary, ...]:
    most = 2 * len(list(combinations(components, 3)))
    found: dict[frozenset[str], Ternary] = {}
    for n, given in enumerate(file.tried([], _tables, file, "ternary", most)):
        ternary = file.tried(None, _ternary, file, n, given, components, reference)
        if ternary is None:
            continue
        if frozenset(ternary.between) in found:
            file.report(("ternary", n, "between"), "these three stand twice")
        found[frozenset(ternary.between)] = ternary
    return tuple(found.values())


def _ternary(
    file: MaterialFile, n: int, given: Any, components: tuple[str, ...], reference: str
) -> Ternary:
    keys: Keys = ("ternary", n)
    table = file.table(given, keys, "[[ternary]]")
    file.only(table, keys, _TERNARY_KEYS)
    first, second, third = _between(file, keys, table, components, 3)
    sourced = file.sourced(table, keys, "number")
    volume = file.choice(
        table, keys, "reference_volume", ("first", *components), reference
    )
    ((_, terms),) = _terms(file, keys, table, "constant")
    return Ternary(
        between=(first, second, third),
        terms=terms,
        reference_volume=first if volume == "first" else volume,
        **sourced,
    )


def _classes(
    file: MaterialFile, components: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the classes whose members share one u, by name."""
    example = 'solvents = ["NMP", "DMAc"]'
    given = file.table(file.data.get("class", {}), ("class",), example)
    seen: set[str] = set()
    if len(given) > len(components):
        file.fail(("class",), "are more classes than components")
    for name, members in given.items():
        keys: Keys = ("class", name)
        if not isinstance(members, list) or len(members) < 2:
            file.fail(keys, f"must be two or more components: {example}")
        for member in members:
            if member not in components:
                near = suggestion(str(member), components)
                file.fail(keys, _no_component(member, components), near)
            if member in seen:
                file.fail(keys, f"{member} stands in a class twice")
            seen.add(member)
    return tuple((name, tuple(members)) for name, members in given.items())


def _terms(
    file: MaterialFile, keys: Keys, table: Mapping[str, Any], form: str
) -> tuple[tuple[str, substances.Terms], ...]:
    """Return the coefficients of a pair as terms in the basis of temperature."""
    names = substances.FORMS[form]
    here: Keys = (*keys, "coefficients")
    example = f"coefficients = {{ {', '.join(names)} }}"
    given = file.table(table.get("coefficients"), here, example)
    file.only(given, here, names)
    needed = names[:1] if form == "polynomial" else names
    for name in needed:
        if name not in given:
            file.fail(here, f"{name} is missing: {example}")
    laws: dict[str, Callable[[Any, Keys], substances.Terms]] = {
        "none": lambda value, at: (file.number(value, at), 0.0, 0.0, 0.0, 0.0),
        "inverse": lambda value, at: _inverse(file.numbers(value, at, 2)),
    }
    law = file.choice(table, keys, "temperature", ("table", "inverse"), "none")
    if law == "table":
        points = _temperatures(file, keys, table)
        laws["table"] = lambda value, at: _through(file, points, value, at)
    elif "temperatures" in table:
        file.fail((*keys, "temperatures"), 'belongs to temperature = "table"')
    terms = []
    for name in (name for name in names if name in given):
        value = given[name]
        # The kernels hold b and c of a rational form as plain numbers.
        fixed = form == "rational" and name != "a"
        terms.append((name, laws["none" if fixed else law](value, (*here, name))))
    if form == "rational" and dict(terms)["c"][0] >= 1:
        file.fail((*here, "c"), "must be below 1: the form has a pole at u2 = 1/c")
    return tuple(terms)


def _through(
    file: MaterialFile, points: Sequence[float], value: Any, at: Keys
) -> substances.Terms:
    terms = substances.through_points(points, file.numbers(value, at, len(points)))
    if not all(map(math.isfinite, terms)):
        file.fail(at, "no polynomial goes through these points")
    return terms


def _inverse(coefficients: tuple[float, ...]) -> substances.Terms:
    return (coefficients[0], 0.0, 0.0, 0.0, coefficients[1])


def _temperatures(
    file: MaterialFile, keys: Keys, table: Mapping[str, Any]
) -> list[float]:
    given = table.get("temperatures")
    keys = (*keys, "temperatures")
    if not isinstance(given, list) or not 2 <= len(given) <= substances.T_POWERS:
        file.fail(keys, 'must be two to four: ["20 degC", "40 degC"]')
    points = [file.si(text, "temperature", (*keys, n)) for n, text in enumerate(given)]
    if any(b - a < _CLOSEST for a, b in pairwise(points)):
        file.fail(keys, f"must rise, by {_CLOSEST:g} K or more")
    return points


# --- Packs ---------------------------------------------------------------------------

PACK_KEYS = ("name", "version", "license", "author", "membranekit", "contents")
"""The keys of a ``pack.toml``."""
NO_MATERIALS = ("pack.toml", "pyproject.toml")
"""TOML files of a pack that are no material files."""


@dataclass(frozen=True)
class Pack:
    """A folder of material files with a ``pack.toml``."""

    name: str
    version: str
    license: str
    author: str
    location: Traversable

    text: str = ""
    """What its ``pack.toml`` says."""
    contents: Mapping[str, Mapping[str, Any]] | None = None
    """The heads of its files by path, if its ``pack.toml`` has them."""

    def files(self) -> list[Traversable]:
        """Return the material files: those beside ``pack.toml``, then the drawers'.

        A drawer is a folder whose name begins with neither a dot nor an underscore.
        """
        return list(self.paths().values())

    def paths(self) -> dict[str, Traversable]:
        """Return the material files by their path in the folder, with slashes.

        Raises
        ------
        MaterialFileError
            The folder or a drawer cannot be looked into.
        """
        try:
            return self._paths()
        except OSError as error:
            where = str(error.filename or self.location)
            what = f"cannot be read: {error.strerror or error}"
            raise LocatedError(where, 0, "", what) from error

    def _paths(self) -> dict[str, Traversable]:
        entries = sorted(self.location.iterdir(), key=lambda entry: entry.name)
        found = {entry.name: entry for entry in entries if _is_material(entry.name)}
        for drawer in entries:
            if drawer.name.startswith((".", "_")) or not drawer.is_dir():
                continue
            for entry in sorted(drawer.iterdir(), key=lambda entry: entry.name):
                if _is_material(entry.name):
                    found[f"{drawer.name}/{entry.name}"] = entry
        return found


def _is_material(name: str) -> bool:
    return name.endswith(".toml") and name not in NO_MATERIALS


def refuse_outside(path: Traversable, location: Traversable) -> None:
    """Refuse what is no file of its pack: behind a link that leads out, or a pipe.

    Raises
    ------
    MaterialFileError
        It is none; it is not opened.
    """
    if not isinstance(path, Path) or not isinstance(location, Path):
        return  # inside an archive there is neither
    what = ""
    try:
        plain = stat.S_ISREG(os.lstat(path).st_mode)
        if plain and not os.path.islink(os.path.dirname(path)):
            return
        if path.is_symlink() or path.parent.is_symlink():
            inside = path.resolve().is_relative_to(location.resolve())
            what = "" if inside else "leads out of its pack: put the file itself there"
        if not what and path.exists() and not path.is_file():
            what = "is no file"
    except FileNotFoundError:  # said where it is opened
        return
    except (OSError, RuntimeError):  # a link that leads to itself
        what = "leads nowhere: put the file itself there"
    if what:
        raise LocatedError(str(path), 0, "", what)


def read_pack(location: Traversable) -> Pack:
    """Read and check the ``pack.toml`` of a folder.

    Raises
    ------
    MaterialFileError
        There is none, it is malformed, or it asks for a newer membranekit.
    """
    return _pack(_pack_file(location, None), location)


def survey_pack(location: Traversable) -> tuple[MaterialFile, Pack]:
    """Read the ``pack.toml`` of a folder to its end, whatever is wrong in it.

    Returns
    -------
    file : MaterialFile
        Its `faults` are all that `read_pack` would stop at, one after the other.
    pack : Pack
        What could be read.

    Raises
    ------
    MaterialFileError
        There is none, or it is no TOML.
    """
    file = _pack_file(location, [])
    return file, _pack(file, location)


def _pack_file(
    location: Traversable, faults: list[LocatedError] | None
) -> MaterialFile:
    path = location / "pack.toml"
    refuse_outside(path, location)
    data, text = read_toml(path)
    return MaterialFile(str(path), text, data, faults)


_PACK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# As PEP 440 writes it, without the spellings that it only tolerates.
_VERSION = re.compile(
    r"(\d{1,9}!)?\d{1,9}(\.\d{1,9}){0,9}((a|b|rc)\d{1,9})?(\.post\d{1,9})?"
    r"(\.dev\d{1,9})?(\+[a-z0-9]{1,40}(\.[a-z0-9]{1,40}){0,9})?",
    re.ASCII,
)
_NEEDED = re.compile(r">=\s*\d{1,9}(\.\d{1,9}){0,9}", re.ASCII)


def _pack(file: MaterialFile, location: Traversable) -> Pack:
    data, tried = file.data, file.tried
    file.only(data, (), PACK_KEYS)
    needed = tried("", file.string, data, (), "membranekit")
    name = tried("", file.string, data, (), "name")
    if needed and not _NEEDED.fullmatch(needed):
        file.report(("membranekit",), f'{needed!r} is not like ">=0.1"')
    elif needed and not _is_recent(needed):
        file.report(
            ("membranekit",),
            f"the pack {name or 'in this folder'} needs membranekit {needed}, and "
            f"{metadata.version('membranekit')} is installed: install a newer one "
            "(pip install --upgrade membranekit), or an older version of the pack",
        )
    if name and not _PACK_NAME.fullmatch(name):
        what = "must be one short word of letters, digits, dots, hyphens, underscores"
        file.report(("name",), what)
    elif match_key(name) == "case":
        file.report(("name",), "is taken: name@case is what a case brings itself")
    version = tried("", file.string, data, (), "version")
    if version and not _VERSION.fullmatch(version):
        file.report(("version",), f'{version!r} is no version such as "1.0"')
    return Pack(
        name=name,
        version=version,
        license=tried("", file.string, data, (), "license"),
        author=tried("", file.string, data, (), "author"),
        location=location,
        text=file.text,
        contents=tried(None, _contents, file),
    )


_LISTED = re.compile(r"(?:[^._/\\:][^/\\:]*/)?[^/\\:]+")
"""A file that `Pack.paths` could find; nothing outside the pack's folder."""


def _contents(file: MaterialFile) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the heads that a ``pack.toml`` repeats of its files."""
    if "contents" not in file.data:
        return None
    here: Keys = ("contents",)
    example = '"solvents/gvl.toml" = { kind = "solvent", name = "GVL" }'
    contents = file.table(file.data["contents"], here, example)
    for path, head in contents.items():
        if not isinstance(head, dict):
            file.table(head, (*here, path), example)
        if not _LISTED.fullmatch(path) or not _is_material(path.rpartition("/")[2]):
            what = "is no material file of the pack: write folder/name.toml"
            file.fail((*here, path), what)
    return contents


def _is_recent(needed: str) -> bool:
    own = _own_version()
    wanted = [int(n) for n in re.findall(r"\d+", needed)]
    return own is None or own[: len(wanted)] >= wanted


@cache
def _own_version() -> list[int] | None:
    """Return the numbers of the installed version; None: it is not installed."""
    try:
        own = metadata.version("membranekit")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return None
    return [int(n) for n in re.findall(r"\d+", own)]
