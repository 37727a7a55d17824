"""Read and check material files and the head of a pack."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from membranekit import substances, units
from membranekit.errors import InputError
from membranekit.names import suggestion
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

CONVENTIONS = ("g", "chi")
FITTED_TO = ("cloud points", "vapor-liquid equilibrium", "swelling", "estimate")
CHAIN_LENGTHS = (
    "number_average_molar_mass",
    "weight_average_molar_mass",
    "k_value",
    "melt_viscosity",
)


@dataclass(frozen=True)
class MaterialFile:
    """A parsed file that can say where it is wrong."""

    name: str
    text: str
    data: dict[str, Any]

    def fail(self, keys: Keys, what: str, suggestion: str = "") -> NoReturn:
        """Raise the error that says where and what is wrong."""
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
                self.fail((*keys, key), "unknown key", suggestion(key, names))

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
    file = MaterialFile(str(path), text, data)
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


def _substance(file: MaterialFile) -> Substance:
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
        family=file.string(data, (), "family", ""),
        cas=cas,
        note=file.string(data, (), "note", ""),
        origin=file.name,
    )


def _checked_name(file: MaterialFile) -> str:
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


def _value(file: MaterialFile, name: str) -> Value:
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
    file: MaterialFile, name: str, table: Mapping[str, Any], ranges: Iterable[Any]
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


def _interaction_set(file: MaterialFile) -> InteractionSet:
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
    file: MaterialFile,
    n: int,
    components: tuple[str, ...],
    convention: str,
    reference: str,
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
            file.fail((*keys, "between"), f"{name!r} is no component", near)
    if len(set(between)) < count:
        file.fail((*keys, "between"), f"must be {number} components, each once")
    return between


def _ternaries(
    file: MaterialFile, components: tuple[str, ...], reference: str
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
    file: MaterialFile, components: tuple[str, ...]
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
                near = suggestion(str(member), components)
                file.fail(keys, f"{member!r} is no component", near)
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


def _temperatures(
    file: MaterialFile, keys: Keys, table: Mapping[str, Any]
) -> list[float]:
    given = table.get("temperatures")
    keys = (*keys, "temperatures")
    if not isinstance(given, list) or not 2 <= len(given) <= substances.T_POWERS:
        file.fail(keys, 'must be two to four: ["20 degC", "40 degC"]')
    points = [file.si(text, "temperature", (*keys, n)) for n, text in enumerate(given)]
    if any(a >= b for a, b in pairwise(points)):
        file.fail(keys, "must rise")
    return points


# --- Packs ---------------------------------------------------------------------------

PACK_KEYS = ("name", "version", "license", "author", "membranekit", "contents")
"""The keys of a ``pack.toml``."""


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
        """Return the material files: those beside ``pack.toml``, then the drawers'."""
        return list(self.paths().values())

    def paths(self) -> dict[str, Traversable]:
        """Return the material files by their path in the folder, with slashes."""
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
    return name.endswith(".toml") and name != "pack.toml"


def read_pack(location: Traversable) -> Pack:
    """Read and check the ``pack.toml`` of a folder.

    Raises
    ------
    MaterialFileError
        There is none, it is malformed, or it asks for a newer membranekit.
    """
    path = location / "pack.toml"
    data, text = read_toml(path)
    file = MaterialFile(str(path), text, data)
    file.only(data, (), PACK_KEYS)
    needed = file.string(data, (), "membranekit")
    if not re.fullmatch(r">=\s*\d{1,6}(\.\d{1,6}){0,5}", needed):
        file.fail(("membranekit",), f'{needed!r} is not like ">=0.1"')
    if not _is_recent(needed):
        file.fail(("membranekit",), f"needs membranekit {needed}")
    return Pack(
        name=_checked_name(file),
        version=file.string(data, (), "version"),
        license=file.string(data, (), "license"),
        author=file.string(data, (), "author"),
        location=location,
        text=text,
        contents=_contents(file),
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


@functools.cache
def _own_version() -> list[int] | None:
    """Return the numbers of the installed version; None: it is not installed."""
    try:
        own = metadata.version("membranekit")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return None
    return [int(n) for n in re.findall(r"\d+", own)]
