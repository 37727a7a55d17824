"""Check a pack before others use it: everything that is wrong, at once.

A run reads what it needs and stops at the first fault. Here every file is read to its
end, each value is held against what matter can be, and each name against the names of
all packs that are found.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from membranekit import plugins, substances, units
from membranekit.material_files import (
    NO_MATERIALS,
    MaterialFile,
    Pack,
    read_pack,
    refuse_outside,
    survey_file,
    survey_pack,
)
from membranekit.names import LONGEST, match_key, suggestion
from membranekit.pack_index import stale
from membranekit.sources import source_fault
from membranekit.substances import InteractionSet, Substance, Value
from membranekit.toml_text import (
    Keys,
    LocatedError,
    key_lines,
    read_text,
    read_toml,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# All windows are chosen, and wide: they are to find a wrong unit or a lost decimal
# point, and never to doubt a real substance. Named is what lies just inside.
WINDOWS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        # hydrogen; the longest chains that are sold, ultra-high molar mass PE
        "molar_mass": (2e-3, 100.0),
        "number_average_molar_mass": (0.1, 2e4),
        "weight_average_molar_mass": (0.1, 2e4),
        # a CH2 group; a repeat unit with long side chains
        "repeat_unit_molar_mass": (0.014, 5.0),
        # fleece and foams; osmium, 22.6 g/cm3
        "density": (200.0, 25000.0),
        # liquid hydrogen, 0.013 mPa*s; a glass at its transition, 1e12 Pa*s
        "viscosity": (1e-5, 1e12),
        "melt_viscosity": (1e-4, 1e12),
        # gold, 129 J/kg/K; liquid ammonia, 4.7, and hydrogen, 14 kJ/kg/K
        "heat_capacity": (100.0, 15000.0),
        # an aerogel, 0.013 W/m/K; diamond, 2.2 kW/m/K
        "thermal_conductivity": (0.01, 2500.0),
        # a liquid near its critical point; liquid iron, 1.9 N/m
        "surface_tension": (1e-4, 2.5),
        # small molecules vitrify below 100 K; ladder polymers decompose before they do
        "glass_temperature": (50.0, 1000.0),
        "melting_temperature": (50.0, 1500.0),
        # a hardly volatile ester; water at its critical point, 22.1 MPa
        "saturation_pressure": (1e-15, 2.5e7),
        # neon, 1.7 kJ/mol; the heaviest liquids that can be distilled
        "enthalpy_of_vaporization": (1e3, 4e5),
        # a repeat unit of a rubber; a chain with long crystalline side groups
        "enthalpy_of_fusion": (50.0, 3e5),
        # Fuller's sums: helium, 2.67; a molecule of some fifty carbon atoms
        "diffusion_volume": (1.0, 2000.0),
        # Le Bas' sums: hydrogen, 14.3 cm3/mol; an oligomer
        "boiling_molar_volume": (5e-6, 1e-2),
        # Wilke and Chang: 1 to 2.6; below 1 nothing associates
        "association": (0.5, 5.0),
        # through a glass; of a gas near its condensation in another
        "diffusivity": (1e-22, 1e-3),
        # Fikentscher's K: 12 to 120 for PVP
        "k_value": (5.0, 400.0),
        "contact_angle": (0.0, np.pi),
        # a weak gel; drawn fibers, 3.6 GPa
        "yield_stress": (1e3, 5e9),
        # a molecule; a hole one can see
        "start_pore_diameter": (3e-10, 1e-4),
        # gels of long chains set at some percent
        "gelation_fraction": (0.01, 1.0),
    }
)
"""Where each property of matter lies, in SI."""

SOLVENT_WINDOWS: Mapping[str, tuple[float, float]] = MappingProxyType(
    # triolein, 885 g/mol, is about the largest molecule that is used as a solvent
    {"molar_mass": (2e-3, 1.0)}
)
"""The same where a solvent's is narrower."""

INTERACTION_WINDOW = (-10.0, 20.0)
"""Where g and chi lie [1]: strong complexes, and pairs that do not mix at all."""
_POINTS = 9
"""Points over a range at which a law is held against its window."""

_SLACK = 1e-6
"""Difference of two temperatures that are the same [K]."""

_BEYOND = 0.25
"""Share of their span by which a polynomial may be used beyond its points: chosen."""

_LONGEST_SOURCE = 2000


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong with a pack.

    Parameters
    ----------
    file : str
        The file it is in.
    line : int
        The line, from 1; 0: all of the file.
    key : str
        The key it stands at, such as ``density.source``.
    message : str
        What is wrong.
    suggestion : str
        What was meant, or what would be right; may be empty.
    """

    file: str
    line: int
    key: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        """Return it as one line of text."""
        error = LocatedError(
            self.file, self.line, self.key, self.message, self.suggestion
        )
        return str(error)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it."""
        return {
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "message": self.message,
            "suggestion": self.suggestion,
        }


def check_pack(
    path: str | Path, find: Callable[[], plugins.Found] = plugins.find_packs
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a pack, or with one material file.

    Parameters
    ----------
    path : path
        A folder with a ``pack.toml``, or a single file.
    find : callable
        Returns the locations of the packs whose substances count as there.

    Returns
    -------
    tuple of Finding
        By file and line; empty: the pack is sound.

    Examples
    --------
    >>> from pathlib import Path
    >>> check_pack("solvent.toml")[0].message
    'cannot be read: No such file or directory'
    """
    place = Path(path)
    pack, files, faults = _contents(place)
    own: list[_Own] = []
    for each in files:
        try:
            if pack is not None:
                refuse_outside(each, place)
            file, found = survey_file(each)
        except LocatedError as fault:
            faults.append(fault)
            continue
        name = pack.name if pack is not None else ""
        own.append(_Own(file, found, _head(each, name, file.data)))
    known = _Known(
        [each.head for each in own],
        _others(place, pack, files, find),
        {str(each.head.file): each.found for each in own},
    )
    for item in own:
        _check_sources(item.file)
        _check_names(item, known)
        if isinstance(item.found, Substance):
            _check_substance(item.file, item.found)
            _check_registry_number(item, known)
        if isinstance(item.found, InteractionSet):
            _check_set(item.file, item.found)
            _check_components(item.file, item.found, known)
            _check_preference(item, known)
        faults += item.file.faults or []
    findings = {
        Finding(each.file, each.line, each.key, each.what, each.suggestion)
        for each in faults
    }
    return tuple(sorted(findings))


@dataclass(frozen=True)
class _Head:
    """What of a file counts for others."""

    file: Traversable
    pack: str
    kind: str
    name: str
    aliases: tuple[str, ...]
    components: tuple[str, ...]
    cas: str
    is_graded: bool
    is_preferred: bool

    @property
    def every(self) -> tuple[str, ...]:
        """Name and aliases of a substance, to suggest."""
        return (self.name, *self.aliases) if self.kind in substances.KINDS else ()

    def line(self, key: str) -> int:
        """Return the line at which a name stands, given what counts of it."""
        return key_lines(read_text(self.file)).get(self.keys[key], 1)

    @property
    def keys(self) -> dict[str, Keys]:
        """Where each of its names stands, by what counts of the name."""
        names: dict[str, Keys] = {match_key(self.name): ("name",)}
        if not self.name:
            names = {}
        for n, alias in enumerate(self.aliases):
            names.setdefault(match_key(alias), ("aliases", n))
        return names


@dataclass(frozen=True)
class _Own:
    """A file of the pack that is checked."""

    file: MaterialFile
    found: Substance | InteractionSet | None
    head: _Head


@dataclass(frozen=True)
class _Known:
    """The heads of all files that can be reached."""

    own: list[_Head]
    others: list[_Head]
    read: dict[str, Substance | InteractionSet | None]

    def substance(self, head: _Head) -> Substance | None:
        """Return a substance, read once; what is wrong in it is not told here."""
        place = str(head.file)
        if place not in self.read:
            try:
                self.read[place] = survey_file(head.file)[1]
            except LocatedError:
                self.read[place] = None
        found = self.read[place]
        return found if isinstance(found, Substance) else None

    @cached_property
    def substances(self) -> dict[str, list[_Head]]:
        """Substances by what counts of a name, those of this pack first."""
        names: dict[str, list[_Head]] = {}
        for head in (*self.own, *self.others):
            if head.kind in substances.KINDS:
                for key in head.keys:
                    names.setdefault(key, []).append(head)
                    names.setdefault(f"{key}@{match_key(head.pack)}", []).append(head)
        return names

    @cached_property
    def sets(self) -> dict[str, list[_Head]]:
        """Interaction sets in the same way."""
        names: dict[str, list[_Head]] = {}
        for head in (*self.own, *self.others):
            if head.kind == "interaction_set":
                names.setdefault(match_key(head.name), []).append(head)
        return names

    def canonical(self, components: Iterable[str]) -> frozenset[str]:
        """Return one text a component, whatever it is called."""
        keys = map(match_key, components)
        return frozenset(
            str(self.substances[key][0].file) if key in self.substances else key
            for key in keys
        )


def _head(file: Traversable, pack: str, data: Mapping[str, Any]) -> _Head:
    """Return the head of a file, of which nothing is sure."""

    def text(key: str) -> str:
        value = data.get(key)
        return value if isinstance(value, str) and len(value) <= LONGEST else ""

    def texts(key: str) -> tuple[str, ...]:
        value = data.get(key)
        given = value if isinstance(value, list) else []
        return tuple(x for x in given if isinstance(x, str) and len(x) <= LONGEST)

    kind = text("kind")
    return _Head(
        file=file,
        pack=pack,
        kind=kind,
        name=text("name"),
        aliases=texts("aliases"),
        components=texts("components"),
        cas=text("cas"),
        is_graded=kind == "polymer" or "grade" in data or data.get("generic") is True,
        is_preferred=data.get("preferred") is True,
    )


# --- The folder ----------------------------------------------------------------------

_WITHOUT_MATERIALS = (".md", ".rst", ".txt", ".py", ".html")
_KIND = re.compile(rb"^[ \t]*[\"']?kind[\"']?[ \t]*[=:]", re.MULTILINE)
_FIRST = 10_000
"""How much of a file is looked through for a kind [bytes]."""


def _contents(place: Path) -> tuple[Pack | None, list[Path], list[LocatedError]]:
    """Return the pack, its material files, and what is wrong with the folder."""
    if not place.is_dir():
        return None, [place], []
    try:
        file, pack = survey_pack(place)
    except LocatedError as fault:
        near = [each.parent.name for each in sorted(place.glob("*/pack.toml"))]
        error = LocatedError(
            fault.file, fault.line, fault.key, fault.what, " or ".join(near[:3])
        )
        pack = Pack("", "", "", "", place)
        return pack, [Path(str(each)) for each in pack.files()], [error]
    files = [Path(str(each)) for each in file.tried([], pack.files)]
    _check_reserved_name(file, pack)
    for path, what in file.tried({}, stale, pack).items():
        file.report(
            ("contents", path),
            f"{what}; `packs check --write-contents` writes the table anew",
        )
    return pack, files, [*(file.faults or []), *_lost(place, files)]


def _check_reserved_name(file: MaterialFile, pack: Pack) -> None:
    (builtin,) = plugins.BuiltinPack.membranekit_packs()
    own = os.path.realpath(str(pack.location))
    is_builtin = own == os.path.realpath(str(builtin))
    if match_key(pack.name) == "builtin" and not is_builtin:
        file.report(("name",), "is the name of the pack that comes with membranekit")


def _lost(place: Path, files: Iterable[Path]) -> Iterator[LocatedError]:
    """Yield the material files below the folder that nothing will find."""
    found = set(files)
    for here, folders, names in os.walk(place):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name != "__pycache__"
            if not (Path(here) / name / "pack.toml").exists()
        )
        for name in sorted(names):
            path = Path(here) / name
            if path in found or name in NO_MATERIALS or not _is_material(path):
                continue
            if not name.endswith(".toml"):
                what = "is never found: its name must end in .toml"
            else:
                what = (
                    "is never found: a material file lies beside pack.toml or in a "
                    "folder there whose name begins with a letter"
                )
            yield LocatedError(str(path), 0, "", what)


def _is_material(path: Path) -> bool:
    if ".toml" in path.name.lower():
        return True
    if path.suffix in _WITHOUT_MATERIALS or path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return _KIND.search(stream.read(_FIRST)) is not None
    except OSError:
        return False


def _others(
    place: Path,
    pack: Pack | None,
    files: Iterable[Path],
    find: Callable[[], plugins.Found],
) -> list[_Head]:
    """Return the heads of the files of all other packs that are found.

    Another copy of the pack, such as one that is installed, does not count. Beside a
    single file of a pack, the rest of the pack counts as found.
    """
    locations: list[Traversable] = list(find().locations)
    if pack is None:
        locations += [
            above for above in place.parents[:2] if (above / "pack.toml").is_file()
        ]
    seen = {os.path.realpath(str(each)) for each in files}
    heads = []
    for location in locations:
        try:
            other = read_pack(location)
            theirs = other.files()
        except (LocatedError, OSError):  # `packs` and `doctor` name it
            continue
        if pack is not None and match_key(other.name) == match_key(pack.name):
            continue
        for file in theirs:
            where = os.path.realpath(str(file))
            if where in seen:
                continue
            seen.add(where)
            try:
                refuse_outside(file, location)
                heads.append(_head(file, other.name, read_toml(file)[0]))
            except (LocatedError, OSError):
                continue
    return heads


# --- One file ------------------------------------------------------------------------


def _check_sources(file: MaterialFile) -> None:
    """Hold each source against the forms that there are, and its basis."""
    data = file.data
    tables: list[tuple[Keys, Any]] = [((key,), data.get(key)) for key in data]
    for array in ("pair", "ternary"):
        given = data.get(array)
        if isinstance(given, list):
            tables += [((array, n), each) for n, each in enumerate(given)]
    for keys, table in tables:
        if not isinstance(table, dict):
            continue
        source, basis = table.get("source"), table.get("basis")
        if isinstance(source, str) and source.strip() and basis in substances.BASES:
            if len(source) > _LONGEST_SOURCE:
                fault = f"is longer than {_LONGEST_SOURCE} characters: use the note"
            else:
                fault = source_fault(source, basis)
            if fault:
                file.report((*keys, "source"), fault)


def _check_substance(file: MaterialFile, substance: Substance) -> None:
    windows = dict(WINDOWS)
    if substance.kind == "solvent":
        windows.update(SOLVENT_WINDOWS)
    for value in substance.values:
        _check_range(file, value)
        _check_window(file, value, windows[value.name])
        if value.half_width is not None:
            kind, width = value.half_width
            most = 1.0 if kind == "relative" else abs(_at(value, None))
            if width > most:
                keys = (value.name, "uncertainty")
                file.report(keys, "is larger than the value itself")
    chain = {
        value.name: _at(value, None)
        for value in substance.values
        if value.name in ("number_average_molar_mass", "weight_average_molar_mass")
    }
    if len(chain) == 2 and chain["weight_average_molar_mass"] < (
        chain["number_average_molar_mass"] * (1 - 1e-9)
    ):
        file.report(
            ("weight_average_molar_mass",),
            "lies below the number average, which it never does",
        )


def _at(value: Value, temperature: float | None) -> float:
    """Return the value at a temperature [K]; nan where its law has none."""
    try:
        found = value.at(temperature)
    except (ArithmeticError, ValueError, TypeError):
        return math.nan
    return found if isinstance(found, float) else math.nan


def _knots(value: Value) -> list[float]:
    """Return the temperatures of a table [K]; of another law none."""
    if value.law.correlation != "table":
        return []
    return [knot + value.law.offset for knot in value.law.coefficients[0]]


def _check_range(file: MaterialFile, value: Value) -> None:
    """Hold the range of a law against the points it is made of."""
    valid, knots = value.valid_temperature, _knots(value)
    if value.law.correlation == "constant":
        return
    if valid is None:
        example = 'valid = { temperature = ["20 degC", "60 degC"] }'
        file.report((value.name,), f"its range is missing: {example}")
        return
    keys: Keys = (value.name, "valid", "temperature")
    if not knots:
        return
    low, high = valid[0] + _SLACK, valid[1] - _SLACK
    if low < knots[0] or knots[-1] < high:
        span = f"{knots[0]:g} to {knots[-1]:g} K"
        file.report(keys, f"reaches beyond the points of the table, {span}")
    outside = [
        knot for knot in knots if not low - 2 * _SLACK <= knot <= high + 2 * _SLACK
    ]
    if outside:
        named = ", ".join(f"{knot:g}" for knot in outside[:3])
        file.report(keys, f"leaves out points of the table: {named} K")


def _check_window(
    file: MaterialFile, value: Value, window: tuple[float, float]
) -> None:
    """Hold a value against what matter can be, all over its range."""
    low, high = window
    unit = units.KINDS[substances.PROPERTIES[value.name].unit_kind].unit
    unit = "" if unit == "dimensionless" else f" {unit}"
    is_law = value.law.correlation != "constant"
    ends = (value.valid_temperature or ()) if is_law else ()
    temperatures = {substances.ROOM_TEMPERATURE, *_knots(value)}
    if ends:
        temperatures = {*_knots(value), *np.linspace(*ends, _POINTS).tolist()}
    for T in sorted(temperatures):
        y = _at(value, T)
        if not low * (1 - 1e-9) <= y <= high * (1 + 1e-9):
            at = f" at {T:g} K" if is_law else ""
            file.report(
                (value.name, "coefficients" if is_law else "value"),
                f"{y:.6g}{unit}{at} is outside of what matter has, {low:g} to "
                f"{high:g}{unit}: a wrong unit or number",
            )
            return


def _check_set(file: MaterialFile, found: InteractionSet) -> None:
    """Hold the interactions against what matter has, all over the set's range."""
    valid = found.valid_temperature
    if valid is None and "valid" not in file.data:
        example = 'valid = { temperature = ["20 degC", "60 degC"] }'
        file.report((), f"the set's range is missing: {example}")
    temperatures = valid or (substances.ROOM_TEMPERATURE,)
    for keys, pair in _placed(file, "pair", found.pairs):
        with np.errstate(all="ignore"):
            fractions = np.linspace(0.0, 1.0, _POINTS)
            g = [pair.at(u, T) for T in temperatures for u in fractions]
        _check_interaction(file, keys, g, pair.half_width)
        _check_points(file, keys, valid)
    for keys, ternary in _placed(file, "ternary", found.ternaries):
        with np.errstate(all="ignore"):
            g = [ternary.at(T) for T in temperatures]
        _check_interaction(file, keys, g, ternary.half_width)


Term = TypeVar("Term", substances.Pair, substances.Ternary)


def _placed(
    file: MaterialFile, array: str, terms: Iterable[Term]
) -> Iterator[tuple[Keys, Term]]:
    """Yield each interaction and where in the file it stands."""
    by_components = {frozenset(term.between): term for term in terms}
    given = file.data.get(array)
    for n, table in enumerate(given if isinstance(given, list) else ()):
        between = table.get("between") if isinstance(table, dict) else None
        if isinstance(between, list) and all(isinstance(x, str) for x in between):
            term = by_components.get(frozenset(between))
            if term is not None:
                yield (array, n), term


def _check_interaction(
    file: MaterialFile,
    keys: Keys,
    g: Iterable[float],
    half_width: tuple[str, float] | None,
) -> None:
    low, high = INTERACTION_WINDOW
    wrong = [each for each in g if not low <= each <= high]
    if wrong:
        file.report(
            (*keys, "coefficients"),
            f"{wrong[0]:.6g} is outside of what interactions are, {low:g} to {high:g}",
        )
    if half_width is not None:
        kind, width = half_width
        if width > (1.0 if kind == "relative" else high):
            file.report((*keys, "uncertainty"), "is larger than what it belongs to")


def _check_points(
    file: MaterialFile, keys: Keys, valid: tuple[float, float] | None
) -> None:
    """Hold the set's range against the temperatures of a pair's polynomial."""
    _, n = keys
    given = file.data["pair"][int(n)].get("temperatures")
    if valid is None or not isinstance(given, list):
        return
    points = [units.si(each, "temperature", "temperatures") for each in given]
    beyond = _BEYOND * (points[-1] - points[0])
    if valid[0] < points[0] - beyond or points[-1] + beyond < valid[1]:
        span = f"{points[0]:g} to {points[-1]:g} K"
        file.report(
            (*keys, "temperatures"), f"the set's range reaches beyond these, {span}"
        )


# --- Names ---------------------------------------------------------------------------


def _check_names(item: _Own, known: _Known) -> None:
    """Name every other file that has one of the names too."""
    is_set = item.head.kind == "interaction_set"
    for key, keys in item.head.keys.items():
        for other in (known.sets if is_set else known.substances).get(key, ()):
            if other.file == item.head.file:
                continue
            what = f"stands also in {other.file}:{other.line(key)}"
            if other.pack != item.head.pack and not is_set:
                packs = [pack for pack in (item.head.pack, other.pack) if pack]
                told = " or ".join(f'"{item.head.name}@{pack}"' for pack in packs)
                what += f", of another pack: a case then has to say {told}"
            item.file.report(keys, what)


def _check_registry_number(item: _Own, known: _Known) -> None:
    """Name every other small molecule of the same registry number."""
    head = item.head
    if not head.cas or head.is_graded:
        return
    for other in (*known.own, *known.others):
        if other.cas != head.cas or other.is_graded or other.file == head.file:
            continue
        if set(other.keys) & set(head.keys):
            continue  # the name is reported
        what = f"is that of {other.name!r} in {other.file} too"
        item.file.report(("cas",), f"{what}: one molecule, one name")


def _check_components(file: MaterialFile, found: InteractionSet, known: _Known) -> None:
    """Find each component, and hold the set's range against what is known of it."""
    names = [name for head in (*known.own, *known.others) for name in head.every]
    for n, component in enumerate(found.components):
        heads = known.substances.get(match_key(component))
        if not heads:
            what = f"{component!r} is in no pack that is found"
            file.report(("components", n), what, suggestion(component, names))
        elif found.valid_temperature is not None:
            substance = known.substance(heads[0])
            _check_overlap(file, found.valid_temperature, component, substance)


def _check_overlap(
    file: MaterialFile,
    valid: tuple[float, float],
    component: str,
    substance: Substance | None,
) -> None:
    for value in substance.values if substance is not None else ():
        ends = value.valid_temperature
        if ends is not None and (valid[1] < ends[0] or ends[1] < valid[0]):
            what = f"leaves no temperature at which the {value.name} of {component}"
            span = f"{ends[0]:g} to {ends[1]:g} K"
            file.report(("valid", "temperature"), f"{what} holds, {span}")


def _check_preference(item: _Own, known: _Known) -> None:
    """Name every other set that is preferred for the same components."""
    if not item.head.is_preferred:
        return
    components = known.canonical(item.head.components)
    for other in (*known.own, *known.others):
        if other.file == item.head.file or not other.is_preferred:
            continue
        if known.canonical(other.components) == components:
            item.file.report(
                ("preferred",),
                f"{other.name!r} in {other.file} is preferred for these components "
                "too: one of them must not be",
            )
