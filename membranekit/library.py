"""Find, read and check material files; nothing is read until it is asked for.

Looking up a name reads only the head of each file, the lines above its first table:
names, aliases and, of an interaction set, its components. The file that holds the name
is then read whole and checked.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import tomli

from membranekit import plugins, substances, units
from membranekit.errors import InputError, MaterialError, MaterialFileError
from membranekit.plugins import Skipped
from membranekit.substances import (
    InteractionSet,
    Law,
    Pair,
    Substance,
    Ternary,
    Value,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LARGEST_FILE = 1_000_000
"""Larger TOML files are refused unread [bytes]."""

CONVENTIONS = ("g", "chi")
FITTED_TO = ("cloud points", "vapor-liquid equilibrium", "swelling", "estimate")
CHAIN_LENGTHS = (
    "number_average_molar_mass",
    "weight_average_molar_mass",
    "k_value",
    "melt_viscosity",
)

Keys = tuple[str | int, ...]


class LocatedError(MaterialFileError):
    """A fault in a file, with the line (0: all of it) and key it stands at."""

    def __init__(
        self, file: str, line: int, key: str, what: str, suggestion: str = ""
    ) -> None:
        super().__init__(file, line, key, what, suggestion)
        self.file = file
        self.line = line
        self.key = key
        self.what = what
        self.suggestion = suggestion

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        line = f":{self.line}" if self.line else ""
        return f"{self.file}{line}: {key}{self.what}{hint}"


# --- Names ---------------------------------------------------------------------------

_NAMED_SETS = 8
"""How many sets a message names."""

_IGNORED = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def match_key(name: str) -> str:
    """Return what of a name counts when names are compared.

    Case, spaces and hyphens do not.
    """
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name)).casefold()


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """Return up to three candidates that `word` may have been meant to be."""
    by_key = {match_key(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(match_key(word), by_key, n=3, cutoff=0.6)
    return [by_key[key] for key in close]


def _some(names: Sequence[str], separator: str = ", ") -> str:
    """Return the first names joined, and how many more there are."""
    more = len(names) - _NAMED_SETS
    return separator.join(names[:_NAMED_SETS]) + (f" and {more} more" * (more > 0))


def _suggestion(word: str, candidates: Iterable[str]) -> str:
    return " or ".join(nearest(word, candidates))


# --- Reading TOML --------------------------------------------------------------------


def read_toml(path: str | Path | Traversable) -> tuple[dict[str, Any], str]:
    """Read a TOML file.

    Parameters
    ----------
    path : path or traversable
        A file in UTF-8, with or without a byte-order mark.

    Returns
    -------
    data : dict
        What it says.
    text : str
        Its text, for `key_lines`.

    Raises
    ------
    MaterialFileError
        It is missing, too large, in another encoding, or no TOML.
    """
    if isinstance(path, str):
        path = Path(path)
    text = _read_text(path)
    return _parse(str(path), text), text


def _read_text(path: Traversable) -> str:
    name = str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LocatedError(name, 0, "", f"cannot be read: {reason}") from error
    if len(data) > LARGEST_FILE:
        raise LocatedError(name, 0, "", "is larger than 1 MB: no material or case file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]:
        raise LocatedError(name, 0, "", "is UTF-16: save it as UTF-8")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LocatedError(
            name, line, "", "is not UTF-8 (a Windows code page?): save it as UTF-8"
        ) from error


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        found = re.search(r"\s*\(at line (\d+), column \d+\)", str(error))
        lines = text.splitlines()
        line = int(found.group(1)) if found else len(lines)
        what = str(error)[: found.start()] if found else str(error)
        if what.startswith("Cannot overwrite"):
            what = "this key stands twice"
        hint = _toml_hint(lines[line - 1]) if 0 < line <= len(lines) else ""
        raise LocatedError(name, line, "", what + (hint and f"; {hint}")) from error
    except RecursionError:
        raise LocatedError(name, 0, "", "is nested too deeply") from None


_QUOTED_KEY = re.compile(r"^\s*([\w.@-]+(?:[ \t]+[\w.@-]+)+)\s*=\s*(.*)$")
_ASSIGNMENT = re.compile(
    r"^\s*(\"[^\"]*\"|[\w.-]+)\s*=\s*([^\s\"'\[{#]([^#]*[^\s#])?)\s*(#.*)?$"
)
_BARE_SIGN = re.compile(r"^\s*(\w*[^\w\s=.\"'\[\]{}#-][^=\"'\[\]{}#]*?)\s*=")


def _toml_hint(line: str) -> str:
    """Say what a beginner meant who wrote this line."""
    if found := _QUOTED_KEY.match(line):
        return f'put the name in quotes: "{found.group(1)}" = {found.group(2)}'.strip()
    if found := _BARE_SIGN.match(line):
        return f'put the name in quotes: "{found.group(1)}"'
    found = _ASSIGNMENT.match(line)
    if not found:
        return "write paths with / or in single quotes" if "\\" in line else ""
    key, value = found.group(1), found.group(2)
    if value in ("True", "False"):
        return f"write {key} = {value.lower()}"
    pointed = re.sub(r"(\d),(\d)", r"\1.\2", value)
    pointed = re.sub(r"^\.(?=\d)", "0.", pointed)
    number = re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", pointed)
    right = pointed if number else f'"{pointed}"'
    if pointed != value:
        return f"write a number with a decimal point: {key} = {right}"
    if not number:
        return f"put a value with its unit, or a text, in quotes: {key} = {right}"
    return ""


_TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})'
    r"|'''[\s\S]*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]"
)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement of a TOML text and the line it begins at."""
    start = depth = 0
    line = first = 1
    for token in _TOKEN.finditer(text):
        what = token.group()
        if what == "\n" and depth <= 0:
            yield first, text[start : token.start()]
            start, depth, first = token.end(), 0, line + 1
        depth += (what in "[{") - (what in "]}")
        line += what.count("\n")
    yield first, text[start:]


def key_lines(text: str) -> dict[Keys, int]:
    """Return the line at which each key of a TOML text stands.

    Parameters
    ----------
    text : str
        A TOML text; statements that cannot be read are passed over.

    Returns
    -------
    dict
        From the path of a key, such as ``("pair", 0, "form")``, to its line from 1.
    """
    lines: dict[Keys, int] = {}
    header: Keys = ()
    counts: dict[Keys, int] = {}
    for line, statement in _statements(text):
        try:
            parsed = tomli.loads(statement)
        except (tomli.TOMLDecodeError, RecursionError):
            continue
        if not parsed:
            continue
        stripped = statement.lstrip()
        if stripped.startswith("["):
            header = _header_path(parsed, counts, stripped.startswith("[["))
            for end in range(1, len(header) + 1):
                lines.setdefault(header[:end], line)
        else:
            _walk(parsed, header, line, lines)
    return lines


def _header_path(
    parsed: dict[str, Any], counts: dict[Keys, int], is_array: bool
) -> Keys:
    """Return the path of a header: the last item of each array of tables in it."""
    path: Keys = ()
    level: Any = parsed
    while level:
        if isinstance(level, list):
            level = level[0]
            continue
        (key,) = level
        path = (*path, key)
        level = level[key]
        is_last = not level or level == [{}]
        if is_last and is_array:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _walk(value: Any, path: Keys, line: int, lines: dict[Keys, int]) -> None:
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, below in items:
        lines.setdefault((*path, key), line)
        _walk(below, (*path, key), line, lines)


# --- Checking a file -----------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A parsed file that can say where it is wrong."""

    name: str
    text: str
    data: dict[str, Any]

    def fail(self, keys: Keys, what: str, suggestion: str = "") -> NoReturn:
        lines = key_lines(self.text)
        at = next(
            (lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in lines), 1
        )
        shown = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
        raise LocatedError(self.name, at, shown, what, suggestion)

    def only(
        self, table: Mapping[str, Any], keys: Keys, allowed: Iterable[str]
    ) -> None:
        """Refuse a key that does not belong into the table."""
        names = list(allowed)
        for key in table:
            if key not in names:
                self.fail((*keys, key), "unknown key", _suggestion(key, names))

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
                _suggestion(value, choices),
            )
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is missing."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.fail((key,), "must be true or false")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is missing."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.fail((key,), "must be a list of texts")
        for n, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.fail((key, n), "must be a text")
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
        if not math.isfinite(value):
            self.fail(keys, "must be finite")
        return float(value)

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
            if not isinstance(ends, list) or len(ends) != 2:
                self.fail((*keys, kind), f"must be two ends: {example}")
            low, high = (self.si(end, kind, (*keys, kind)) for end in ends)
            if not low < high:
                self.fail((*keys, kind), "the first end must be the lower one")
            found.append((kind, low, high))
        return tuple(found)

    def half_width(
        self, table: Mapping[str, Any], keys: Keys, kind: str
    ) -> tuple[str, float] | None:
        """Return the uncertainty: relative (``"5 %"``), or absolute in SI."""
        text = self.string(table, keys, "uncertainty", "")
        if not text:
            return None
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*%\s*", text):
            return "relative", float(text.strip().rstrip("%")) / 100
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
        return {
            "source": self.string(table, keys, "source"),
            "basis": self.choice(table, keys, "basis", substances.BASES),
            "note": self.string(table, keys, "note", ""),
            "uncertainty": self.string(table, keys, "uncertainty", ""),
            "half_width": self.half_width(table, keys, kind),
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
    file = _File(str(path), text, data)
    kinds = (*substances.KINDS, "interaction_set")
    kind = file.choice(data, (), "kind", kinds)
    return _interaction_set(file) if kind == "interaction_set" else _substance(file)


_SOURCED = ("source", "basis", "note", "uncertainty")
_SUBSTANCE_KEYS = (
    "kind",
    "name",
    "aliases",
    "usual_role",
    "maker",
    "grade",
    "generic",
    "cas",
    "note",
)
_REQUIRED = {
    "polymer": (("density",), CHAIN_LENGTHS),
    "solvent": (("density",), ("molar_mass",)),
    "swelling_agent": (("density",), ("molar_mass", *CHAIN_LENGTHS)),
    "support": (("density",), ("heat_capacity",), ("thermal_conductivity",)),
}


def _substance(file: _File) -> Substance:
    data = file.data
    kind = data["kind"]
    if kind == "polymer" and "molar_mass" in data:
        file.fail(
            ("molar_mass",),
            "a polymer has no single molar mass: say which average",
            " or ".join(CHAIN_LENGTHS[:2]),
        )
    file.only(data, (), (*_SUBSTANCE_KEYS, *substances.PROPERTIES))
    name = _checked_name(file)
    grade = file.string(data, (), "grade", "")
    generic = file.flag("generic")
    if kind == "polymer" and bool(grade) == generic:
        file.fail(("grade",), "give either the grade or generic = true")
    cas = file.string(data, (), "cas", "")
    if cas and not is_cas(cas):
        file.fail(("cas",), f"{cas!r} is no CAS number: its check digit does not fit")
    values = tuple(_value(file, key) for key in data if key in substances.PROPERTIES)
    present = {value.name for value in values}
    for wanted in _REQUIRED[kind]:
        if not present.intersection(wanted):
            file.fail((), f"[{'] or ['.join(wanted)}] is missing")
    return Substance(
        name=name,
        kind=kind,
        values=values,
        aliases=file.strings("aliases"),
        usual_role=file.choice(data, (), "usual_role", substances.ROLES, ""),
        maker=file.string(data, (), "maker", ""),
        grade=grade,
        generic=generic,
        cas=cas,
        note=file.string(data, (), "note", ""),
        origin=file.name,
    )


def _checked_name(file: _File) -> str:
    name = file.string(file.data, (), "name")
    if name != name.strip() or not name.isprintable():
        file.fail(("name",), "must be one line without spaces around it")
    return name


def is_cas(number: str) -> bool:
    """Say whether the check digit of a CAS registry number fits."""
    found = re.fullmatch(r"([1-9]\d{1,6})-(\d\d)-(\d)", number, re.ASCII)
    if not found:
        return False
    digits = (found.group(1) + found.group(2))[::-1]
    return sum(n * int(digit) for n, digit in enumerate(digits, 1)) % 10 == int(
        found.group(3)
    )


def _value(file: _File, name: str) -> Value:
    keys: Keys = (name,)
    example = f"[{name}] with value, source and basis below it"
    table = file.table(file.data[name], keys, example)
    is_law = "correlation" in table
    own = ("correlation", "units", "coefficients") if is_law else ("value",)
    file.only(table, keys, (*own, *_SOURCED, "valid"))
    kind = substances.PROPERTIES[name].unit_kind
    more = file.sourced(table, keys, kind) | {"ranges": file.ranges(table, keys)}
    if is_law:
        law, unit = _law(file, name, table, more["ranges"])
        return Value(name, law, unit, **more)
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
    file: _File, name: str, table: Mapping[str, Any], ranges: Iterable[Any]
) -> tuple[Law, str]:
    keys: Keys = (name,)
    chosen = file.choice(table, keys, "correlation", tuple(substances.CORRELATIONS))
    correlation = substances.CORRELATIONS[chosen]
    symbol = substances.PROPERTIES[name].symbol
    example = f'units = {{ {symbol} = "...", T = "K" }}'
    given = file.table(table.get("units"), (*keys, "units"), example)
    file.only(given, (*keys, "units"), (symbol, "T"))
    unit = file.string(given, (*keys, "units"), symbol)
    scale = file.choice(given, (*keys, "units"), "T", tuple(_ZERO))
    if correlation.absolute and scale != "K":
        file.fail((*keys, "units", "T"), f"{chosen} needs the temperature in K")
    law = Law(chosen, _coefficients(file, name, table, correlation, symbol))
    law = dataclasses.replace(law, offset=_ZERO[scale])
    ends = next((ends[1:] for ends in ranges if ends[0] == "temperature"), ())
    kind = substances.PROPERTIES[name].unit_kind
    for T in (substances.ROOM_TEMPERATURE, *ends):
        try:
            y = law.at(T)
        except (ArithmeticError, ValueError, TypeError):
            y = math.nan
        if not (isinstance(y, float) and 0 < y < math.inf):
            file.fail((*keys, "coefficients"), f"no positive value at {T:g} K: {y}")
        factor = file.si(f"{y!r} {unit}", kind, keys) / y
    return dataclasses.replace(law, scale=factor), unit


def _coefficients(
    file: _File,
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


def _interaction_set(file: _File) -> InteractionSet:
    data = file.data
    file.only(data, (), _SET_KEYS)
    components = file.strings("components")
    if len(components) < 2 or len(set(components)) < len(components):
        file.fail(("components",), "must be two or more different names")
    convention = file.choice(data, (), "convention", CONVENTIONS)
    reference = file.choice(data, (), "reference_volume", ("first", *components))
    fitted_to = file.choice(data, (), "fitted_to", FITTED_TO)
    tables = data.get("pair")
    if not isinstance(tables, list) or not tables:
        file.fail(("pair",), "must be tables: [[pair]]")
    pairs = tuple(
        _pair(file, n, components, convention, reference) for n in range(len(tables))
    )
    seen: set[frozenset[str]] = set()
    for n, pair in enumerate(pairs):
        if frozenset(pair.between) in seen:
            file.fail(("pair", n, "between"), "this pair stands twice")
        seen.add(frozenset(pair.between))
    anchor = file.strings("anchor")
    if anchor and frozenset(anchor) not in seen:
        file.fail(("anchor",), "must name one of the pairs")
    for a in components:
        for b in components[components.index(a) + 1 :]:
            if frozenset((a, b)) not in seen:
                file.fail(("components",), f"the pair {a}/{b} is missing")
    ternaries = _ternaries(file, components, reference)
    ranges = file.ranges(data, ())
    return InteractionSet(
        name=_checked_name(file),
        components=components,
        convention=convention,
        reference_volume=reference,
        fitted_to=fitted_to,
        preferred=file.flag("preferred"),
        pairs=pairs,
        note=file.string(data, (), "note", ""),
        valid_temperature=substances.range_of("temperature", ranges),
        anchor=(anchor[0], anchor[1]) if anchor else None,
        assembled_from=file.string(data, (), "assembled_from", ""),
        ternaries=ternaries,
        classes=_classes(file, components),
        origin=file.name,
    )


def _pair(
    file: _File, n: int, components: tuple[str, ...], convention: str, reference: str
) -> Pair:
    keys: Keys = ("pair", n)
    table = file.table(file.data["pair"][n], keys, "[[pair]]")
    file.only(table, keys, _PAIR_KEYS)
    between = _between(file, keys, table, components, 2)
    form = file.choice(table, keys, "form", tuple(substances.FORMS))
    if convention == "chi" and form != "constant":
        file.fail(
            (*keys, "form"),
            "a chi that depends on composition is not the g of the free energy: "
            'integrate it and write convention = "g"',
        )
    volume = file.choice(
        table, keys, "reference_volume", ("first", *components), reference
    )
    return Pair(
        between=(between[0], between[1]),
        form=form,
        coefficients=_terms(file, keys, table, form),
        reference_volume=between[0] if volume == "first" else volume,
        **file.sourced(table, keys, "number"),
    )


def _between(
    file: _File,
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
            near = _suggestion(str(name), components)
            file.fail((*keys, "between"), f"{name!r} is no component", near)
    if len(set(between)) < count:
        file.fail((*keys, "between"), f"must be {number} components, each once")
    return between


def _ternaries(
    file: _File, components: tuple[str, ...], reference: str
) -> tuple[Ternary, ...]:
    tables = file.data.get("ternary", [])
    if not isinstance(tables, list):
        file.fail(("ternary",), "must be tables: [[ternary]]")
    found: list[Ternary] = []
    for n, given in enumerate(tables):
        keys: Keys = ("ternary", n)
        table = file.table(given, keys, "[[ternary]]")
        file.only(table, keys, _TERNARY_KEYS)
        first, second, third = _between(file, keys, table, components, 3)
        if any({first, second, third} == set(each.between) for each in found):
            file.fail((*keys, "between"), "these three stand twice")
        volume = file.choice(
            table, keys, "reference_volume", ("first", *components), reference
        )
        ((_, terms),) = _terms(file, keys, table, "constant")
        ternary = Ternary(
            between=(first, second, third),
            terms=terms,
            reference_volume=first if volume == "first" else volume,
            **file.sourced(table, keys, "number"),
        )
        found.append(ternary)
    return tuple(found)


def _classes(
    file: _File, components: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the classes whose members share one u, by name."""
    example = 'solvents = ["NMP", "DMAc"]'
    given = file.table(file.data.get("class", {}), ("class",), example)
    seen: set[str] = set()
    for name, members in given.items():
        keys: Keys = ("class", name)
        if not isinstance(members, list) or len(members) < 2:
            file.fail(keys, f"must be two or more components: {example}")
        for member in members:
            if member not in components:
                near = _suggestion(str(member), components)
                file.fail(keys, f"{member!r} is no component", near)
            if member in seen:
                file.fail(keys, f"{member} stands in a class twice")
            seen.add(member)
    return tuple((name, tuple(members)) for name, members in given.items())


def _terms(
    file: _File, keys: Keys, table: Mapping[str, Any], form: str
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
        laws["table"] = lambda value, at: substances.through_points(
            points, file.numbers(value, at, len(points))
        )
    elif "temperatures" in table:
        file.fail((*keys, "temperatures"), 'belongs to temperature = "table"')
    terms = []
    for name, value in given.items():
        # The kernels hold b and c of a rational form as plain numbers.
        fixed = form == "rational" and name != "a"
        terms.append((name, laws["none" if fixed else law](value, (*here, name))))
    if form == "rational" and dict(terms)["c"][0] >= 1:
        file.fail((*here, "c"), "must be below 1: the form has a pole at u2 = 1/c")
    return tuple(terms)


def _inverse(coefficients: tuple[float, ...]) -> substances.Terms:
    return (coefficients[0], 0.0, 0.0, 0.0, coefficients[1])


def _temperatures(file: _File, keys: Keys, table: Mapping[str, Any]) -> list[float]:
    given = table.get("temperatures")
    keys = (*keys, "temperatures")
    if not isinstance(given, list) or not 2 <= len(given) <= substances.T_POWERS:
        file.fail(keys, 'must be two to four: ["20 degC", "40 degC"]')
    points = [file.si(text, "temperature", (*keys, n)) for n, text in enumerate(given)]
    if any(a >= b for a, b in pairwise(points)):
        file.fail(keys, "must rise")
    return points


# --- Packs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Pack:
    """A folder of material files with a ``pack.toml``."""

    name: str
    version: str
    license: str
    author: str
    location: Traversable

    def files(self) -> list[Traversable]:
        """Return the material files: those beside ``pack.toml``, then the drawers'."""
        entries = sorted(self.location.iterdir(), key=lambda entry: entry.name)
        drawers = [
            entry
            for entry in entries
            if entry.is_dir() and not entry.name.startswith((".", "_"))
        ]
        for drawer in drawers:
            entries += sorted(drawer.iterdir(), key=lambda entry: entry.name)
        return [
            entry
            for entry in entries
            if entry.name.endswith(".toml") and entry.name != "pack.toml"
        ]


def read_pack(location: Traversable) -> Pack:
    """Read and check the ``pack.toml`` of a folder.

    Raises
    ------
    MaterialFileError
        There is none, it is malformed, or it asks for a newer membranekit.
    """
    path = location / "pack.toml"
    data, text = read_toml(path)
    file = _File(str(path), text, data)
    file.only(data, (), ("name", "version", "license", "author", "membranekit"))
    needed = file.string(data, (), "membranekit")
    if not re.fullmatch(r">=\s*\d+(\.\d+)*", needed):
        file.fail(("membranekit",), f'{needed!r} is not like ">=0.1"')
    if not _is_recent(needed):
        file.fail(("membranekit",), f"needs membranekit {needed}")
    return Pack(
        name=_checked_name(file),
        version=file.string(data, (), "version"),
        license=file.string(data, (), "license"),
        author=file.string(data, (), "author"),
        location=location,
    )


def _is_recent(needed: str) -> bool:
    try:
        own = metadata.version("membranekit")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return True
    numbers = [[int(n) for n in re.findall(r"\d+", text)] for text in (own, needed)]
    return numbers[0][: len(numbers[1])] >= numbers[1]


# --- The library ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """What the head of a file says, and where the file is."""

    file: Traversable
    pack: str
    kind: str
    name: str
    aliases: tuple[str, ...]
    components: tuple[str, ...]


def _read_head(file: Traversable, pack: str) -> _Entry:
    text = _read_text(file)
    head = re.split(r"^[ \t]*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    try:
        data = tomli.loads(head)
    except tomli.TOMLDecodeError:  # a line of a list may begin with a bracket
        data = _parse(str(file), text)
    checked = _File(str(file), text, data)
    return _Entry(
        file=file,
        pack=pack,
        kind=checked.string(data, (), "kind"),
        name=checked.string(data, (), "name"),
        aliases=checked.strings("aliases"),
        components=checked.strings("components"),
    )


class Library(Mapping[str, Substance]):
    """Every known substance by name or alias, read when it is asked for.

    Parameters
    ----------
    find : callable
        Returns the locations of packs, and what was skipped on the way.

    Examples
    --------
    >>> materials["polyvinylidene fluoride"].name
    'PVDF'
    """

    def __init__(self, find: Callable[[], plugins.Found] = plugins.find_packs) -> None:
        self._find = find
        self._read: dict[str, Substance | InteractionSet] = {}

    @cached_property
    def _contents(self) -> tuple[list[Pack], list[_Entry], list[Skipped]]:
        found = self._find()
        packs: list[Pack] = []
        entries: list[_Entry] = []
        skipped = list(found.skipped)
        for location in found.locations:
            try:
                packs.append(read_pack(location))
                files = packs[-1].files()
            except (LocatedError, OSError) as error:
                skipped.append(_skipped(location.name, error))
                continue
            for file in files:
                try:
                    entries.append(_read_head(file, packs[-1].name))
                except LocatedError as error:
                    skipped.append(_skipped(packs[-1].name, error))
        return packs, entries, skipped

    @cached_property
    def _by_name(self) -> dict[str, list[_Entry]]:
        names: dict[str, list[_Entry]] = {}
        for entry in self._contents[1]:
            if entry.kind == "interaction_set":
                continue
            for key in {match_key(name) for name in (entry.name, *entry.aliases)}:
                names.setdefault(key, []).append(entry)
                names.setdefault(f"{key}@{match_key(entry.pack)}", []).append(entry)
        return names

    @property
    def packs(self) -> list[Pack]:
        """The packs that can be used."""
        return list(self._contents[0])

    @property
    def skipped(self) -> list[Skipped]:
        """Plugins, packs and files that could not be used, and why."""
        return list(self._contents[2])

    @property
    def set_names(self) -> list[str]:
        """Names of all interaction sets."""
        return [e.name for e in self._contents[1] if e.kind == "interaction_set"]

    def adds(self, pack: Pack) -> list[str]:
        """Return the names of the substances and interaction sets of a pack."""
        return [entry.name for entry in self._contents[1] if entry.pack == pack.name]

    def check(self) -> list[Skipped]:
        """Read every file whole; return what is wrong, a broken pack included."""
        faults = self.skipped
        for entry in self._contents[1]:
            try:
                self._load(entry)
            except LocatedError as error:
                faults.append(_skipped(entry.pack, error))
        return faults

    def __iter__(self) -> Iterator[str]:
        return iter(
            entry.name for entry in self._contents[1] if entry.kind != "interaction_set"
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and match_key(name) in self._by_name

    def __getitem__(self, name: str) -> Substance:
        return self.lookup(name)

    def __repr__(self) -> str:
        return f"<materials: {', '.join(self)}>"

    def lookup(self, name: str, extra: Iterable[Any] = ()) -> Substance:
        """Return the substance that has this name or alias.

        Parameters
        ----------
        name : str
            Compared whole; case, spaces and hyphens do not count. ``name@pack``
            asks for the one of a certain pack.
        extra : iterable of Substance
            What a case brings itself.

        Raises
        ------
        MaterialError
            No substance has the name, or two have it; the message tells which come
            near, or where both are.
        """
        key = match_key(name)
        own = [item for item in extra if isinstance(item, Substance)]
        places: dict[str, Substance | _Entry] = {}
        for item in own:
            if key in map(match_key, (item.name, *item.aliases)):
                places[item.origin or repr(item)] = item
        for entry in self._by_name.get(key, ()):
            places.setdefault(str(entry.file), entry)
        if len(places) > 1:
            raise MaterialError(
                f"{name!r} is defined twice: in {' and in '.join(places)}"
            )
        for found in places.values():
            if isinstance(found, Substance):
                return found
            substance = self._load(found)
            assert isinstance(substance, Substance)
            return substance
        raise MaterialError(self._unknown(name, own))

    def _unknown(self, name: str, own: Iterable[Substance]) -> str:
        known = [n for item in own for n in (item.name, *item.aliases)]
        for entry in self._contents[1]:
            if entry.kind != "interaction_set":
                known += (entry.name, *entry.aliases)
        near = _suggestion(name, known)
        message = f"{name!r} is no known substance"
        elsewhere = (
            "`membranekit materials` lists what is there; a case may bring its own: "
            'materials = ["my_substance.toml"]'
        )
        message += f"; did you mean {near}?" if near else f"; {elsewhere}"
        if self.skipped:
            names = ", ".join(sorted({item.name for item in self.skipped}))
            message += f" (skipped because broken: {names})"
        return message

    def interaction_set(
        self,
        components: Sequence[str],
        name: str | InteractionSet | None = None,
        extra: Iterable[Any] = (),
    ) -> InteractionSet:
        """Return the interaction set that covers all components.

        Parameters
        ----------
        components : sequence of str
            Canonical names; the set may hold more.
        name : str or InteractionSet, optional
            The set's name, or a set itself. Without one the preferred set is taken:
            of `extra` before all others, and then the smallest.
        extra : iterable of InteractionSet and Substance
            What a case brings itself.

        Raises
        ------
        MaterialError
            None covers them, two do equally well, or no set has the name.
        """
        extra = list(extra)
        own = [item for item in extra if isinstance(item, InteractionSet)]
        known: list[InteractionSet | _Entry] = [*own]
        known += [e for e in self._contents[1] if e.kind == "interaction_set"]
        if isinstance(name, InteractionSet):
            candidates, known, name = [name], [*known, name], name.name
        elif name is None:
            candidates = known
        else:
            candidates = self._named(name, known, components, extra)
        wanted = set(components)
        covering = []
        for candidate in candidates:
            names = self._canonical(candidate.components, extra)
            if wanted <= set(names.values()):
                covering.append(candidate)
        if not covering:
            message = self._uncovered(components, name, candidates, extra)
            message += self._pairs_elsewhere(components, candidates, known, extra)
            raise MaterialError(message)
        sets = [
            item if isinstance(item, InteractionSet) else self._load_set(item)
            for item in covering
        ]

        def rank(item: InteractionSet) -> tuple[bool, bool, int]:
            return item not in own, not item.preferred, len(item.components)

        sets.sort(key=rank)
        if len(sets) > 1 and rank(sets[0]) == rank(sets[1]):
            equal = [repr(item.name) for item in sets if rank(item) == rank(sets[0])]
            raise MaterialError(
                f"several interaction sets serve {', '.join(components)}: name one of "
                f"{', '.join(equal)}"
            )
        return sets[0].renamed(self._canonical(sets[0].components, extra))

    def interaction_sets(
        self, components: Sequence[str], extra: Iterable[Any] = ()
    ) -> list[InteractionSet]:
        """Return the sets of just these components, the preferred first.

        Parameters
        ----------
        components : sequence of str
            Canonical names.
        extra : iterable, optional
            As in `interaction_set`.

        Examples
        --------
        >>> [each.name for each in interaction_sets(["water", "DMAc", "PES"])]
        ['water-DMAc-PES, UNIFAC-DO refit', 'water-DMAc-PES, Wei 2006']
        """
        found = []
        for name in self.set_names:
            try:
                candidate = self.interaction_set(components, name, extra=extra)
            except MaterialError:  # it lacks a component
                continue
            if len(candidate.components) == len(components):
                found.append(candidate)
        return sorted(found, key=lambda each: (not each.preferred, each.name))

    def _named(
        self,
        name: str,
        candidates: Iterable[InteractionSet | _Entry],
        components: Sequence[str],
        extra: Iterable[Any],
    ) -> list[InteractionSet | _Entry]:
        candidates = list(candidates)
        key = match_key(name)
        found = [c for c in candidates if match_key(c.name) == key]
        if not found:
            serving = [
                c.name
                for c in candidates
                if components
                and set(components)
                <= set(self._canonical(c.components, extra).values())
            ]
            # those that serve come first: the list is cut
            every = [*serving, *(c.name for c in candidates if c.name not in serving)]
            within = [each for each in every if key and key in match_key(each)]
            near = within or nearest(name, every)
            message = f"{name!r} is no known interaction set"
            if near:
                message += f"; did you mean {_some(near, ' or ')}?"
            rest = [repr(each) for each in serving if each not in near]
            if rest:
                others = "others" if len(rest) < len(serving) else "sets"
                message += f"; {others} of {', '.join(components)}: {_some(rest)}"
            raise MaterialError(message)
        if len(found) > 1:
            places = [
                c.origin if isinstance(c, InteractionSet) else str(c.file)
                for c in found
            ]
            raise MaterialError(
                f"the interaction set {name!r} is defined twice: in "
                f"{' and in '.join(places)}"
            )
        return found

    def _canonical(
        self, components: Iterable[str], extra: Iterable[Any]
    ) -> dict[str, str]:
        """Return the canonical name of each component of a set."""
        names = {}
        for component in components:
            key = match_key(component)
            entries = self._by_name.get(key, ())
            canonical = entries[0].name if entries else component
            for item in extra:
                if isinstance(item, Substance) and key in map(
                    match_key, (item.name, *item.aliases)
                ):
                    canonical = item.name
            names[component] = canonical
        return names

    def _uncovered(
        self,
        components: Sequence[str],
        name: str | None,
        candidates: Iterable[InteractionSet | _Entry],
        extra: Iterable[Any],
    ) -> str:
        best: set[str] = set()
        best_name = ""
        for candidate in candidates:
            names = set(self._canonical(candidate.components, extra).values())
            if len(best) < len(names & set(components)):
                best, best_name = names & set(components), candidate.name
        which = (
            "no interaction set covers" if name is None else f"{name!r} lacks some of"
        )
        message = f"{which} {', '.join(components)}"
        if best_name:
            missing = [c for c in components if c not in best]
            message += f"; {best_name!r} comes nearest and lacks {', '.join(missing)}"
        return message

    def _pairs_elsewhere(
        self,
        components: Sequence[str],
        candidates: Iterable[InteractionSet | _Entry],
        known: Iterable[InteractionSet | _Entry],
        extra: Iterable[Any],
    ) -> str:
        """Name the pairs that are missing, and the sets that have them."""
        sets = [
            (each.name, set(self._canonical(each.components, extra).values()))
            for each in known
        ]
        wanted = set(components)
        names = {each.name for each in candidates}
        best = max((s & wanted for name, s in sets if name in names), key=len)
        told, lost = [], []
        for a, b in combinations(components, 2):
            if {a, b} <= best:
                continue
            having = [repr(name) for name, members in sets if {a, b} <= members]
            if having:
                told.append(f"the pair {a}/{b} is in {_some(having)}")
            else:
                lost.append(f"{a}/{b}")
        if lost:
            told.append(f"no set has {', '.join(lost)}")
        return "".join(f"; {each}" for each in told)

    def _load_set(self, entry: _Entry) -> InteractionSet:
        loaded = self._load(entry)
        assert isinstance(loaded, InteractionSet)
        return loaded

    def _load(self, entry: _Entry) -> Substance | InteractionSet:
        place = str(entry.file)
        if place not in self._read:
            self._read[place] = load_file(entry.file)
        return self._read[place]


def _skipped(name: str, error: Exception) -> Skipped:
    if isinstance(error, LocatedError):
        key = f"{error.key}: " if error.key else ""
        return Skipped(name, f"{key}{error.what}", error.file, error.line)
    return Skipped(name, str(error))


materials = Library()
"""The substances of all packs: the built-in one, plugins', and the user's own."""

lookup = materials.lookup
interaction_set = materials.interaction_set
interaction_sets = materials.interaction_sets
