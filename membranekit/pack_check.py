"""Check a pack before others use it: everything that is wrong, at once.

A run reads what it needs and stops at the first fault. Here every file is read to its
end, each value is held against what matter can be, and each name against the names of
all packs that are found. A pack may give its own values of what another gives too: that
is noted, and no fault.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
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

KIND_WINDOWS: Mapping[str, Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "solvent": {
            # ammonia, 17 g/mol; triolein, 885 g/mol, is about the largest
            "molar_mass": (0.01, 1.0),
            # liquefied butane, 570 kg/m3; diiodomethane, 3320
            "density": (400.0, 4000.0),
            # pentane, 0.22 mPa*s; a deep eutectic liquid that still flows
            "viscosity": (5e-5, 1e3),
            # diiodomethane, 0.5 kJ/kg/K; ammonia, 4.7
            "heat_capacity": (300.0, 6000.0),
            # a perfluorinated liquid, 0.06 W/m/K; water, 0.61
            "thermal_conductivity": (0.05, 1.0),
            # perfluorohexane, 12 mN/m; water, 72
            "surface_tension": (0.01, 0.1),
            # a small hydrocarbon, 65 K; a melt of molecules that hold on to each other
            "glass_temperature": (50.0, 300.0),
            # methanol, 37 cm3/mol, and water, 19; triolein, some 1100
            "boiling_molar_volume": (1e-5, 2e-3),
        },
        "polymer": {
            # polymethylpentene, 830 kg/m3; PTFE, 2200
            "density": (700.0, 3000.0),
            # PTFE, 1 kJ/kg/K; polyethylene, 1.9
            "heat_capacity": (500.0, 4000.0),
            # foams do not count, drawn fibers do
            "thermal_conductivity": (0.05, 50.0),
            # fluorinated side chains, 10 mN/m; polyamides, 46
            "surface_tension": (5e-3, 0.1),
            # silicones, 146 K; polyimides, 680 K
            "glass_temperature": (100.0, 900.0),
        },
        "swelling_agent": {
            # ammonia, 17 g/mol; a chain of polyethylene glycol
            "molar_mass": (0.01, 100.0),
            # ice-like hydrates; heavy salts, 5000 kg/m3
            "density": (500.0, 6000.0),
            # heavy salts, 0.4 kJ/kg/K; water, 4.2
            "heat_capacity": (200.0, 6000.0),
            # a liquid; a crystal of a salt
            "thermal_conductivity": (0.05, 50.0),
            # as of a solvent; a molten salt, 0.2 N/m
            "surface_tension": (0.01, 0.5),
            "glass_temperature": (50.0, 900.0),
        },
        "support": {
            # a loose fleece; tungsten, 19 250 kg/m3
            "density": (20.0, 20000.0),
            # tungsten, 130 J/kg/K; polyethylene, 1.9 kJ/kg/K, a wet fleece more
            "heat_capacity": (100.0, 5000.0),
            # a fleece full of air, 0.03 W/m/K; silver, 430
            "thermal_conductivity": (0.02, 500.0),
        },
    }
)
"""The same where those of one kind of substance are narrower: all chosen.

They hold at 25 degC, or at the end of its range that is nearest: a surface tension
falls to nothing at the critical point.
"""

MOLAR_VOLUME_WINDOW = (0.7, 1.8)
"""Ratio of a solvent's molar volume at its boiling point to that at 25 degC: chosen."""

_NOISE = 0.01
"""Share by which the points of a measured viscosity may rise: chosen."""

INTERACTION_WINDOW = (-10.0, 20.0)
"""Where g and chi lie [1]: strong complexes, and pairs that do not mix at all."""
_POINTS = 9
"""Points over a range at which a law is held against its window."""

_SLACK = 1e-6
"""Difference of two temperatures that are the same [K]."""

_BEYOND = 0.25
"""Share of its span by which a law may be used beyond its points or range: chosen."""

_LONGEST_SOURCE = 2000

_CASE = "case"
"""The pack of what a case brings itself, behind an @."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong with a pack, or worth a note.

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
    severity : str
        ``error``, or ``note`` for what others should know and is no fault.
    """

    file: str
    line: int
    key: str
    message: str
    suggestion: str = ""
    severity: str = "error"

    @property
    def is_error(self) -> bool:
        """Whether it is a fault of the pack."""
        return self.severity == "error"

    def __str__(self) -> str:
        """Return it as one line of text."""
        what = self.message if self.is_error else f"{self.severity}: {self.message}"
        return str(LocatedError(self.file, self.line, self.key, what, self.suggestion))

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it."""
        return {
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "message": self.message,
            "suggestion": self.suggestion,
            "severity": self.severity,
        }


def check_pack(
    path: str | Path, find: Callable[[], plugins.Found] = plugins.find_packs
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a pack, or with one material file.

    What other packs give too is among it as notes.

    Parameters
    ----------
    path : path
        A folder with a ``pack.toml``, or a single file.
    find : callable
        Returns the locations of the packs whose substances count as there.

    Returns
    -------
    tuple of Finding
        By file and line; without an error the pack is sound.

    Examples
    --------
    >>> from pathlib import Path
    >>> check_pack("solvent.toml")[0].message
    'cannot be read: No such file or directory'
    """
    place = Path(path)
    pack, files, faults = _contents(place)
    home = _surrounding(place) if pack is None else pack
    own: list[_Own] = []
    for each in files:
        try:
            if pack is not None:
                refuse_outside(each, place)
            file, found = survey_file(each)
        except LocatedError as fault:
            faults.append(fault)
            continue
        name = home.name if home is not None else ""
        own.append(_Own(file, found, _head(each, name, file.data)))
    known = _Known(
        [each.head for each in own],
        _others(home, files, find),
        {str(each.head.file): each.found for each in own},
    )
    for item in own:
        _check_sources(item.file)
        _check_names(item, known)
        if isinstance(item.found, Substance):
            _check_substance(item.file, item.found)
            _check_registry_number(item, known)
            _check_families(item, known)
        if isinstance(item.found, InteractionSet):
            _check_set(item.file, item.found)
            _check_components(item, item.found, known)
            _check_preference(item, known)
        faults += item.file.faults or []
    findings = [_finding(each, "error") for each in faults]
    findings += [_finding(note, "note") for each in own for note in each.notes]
    return tuple(sorted(set(findings)))


def _finding(fault: LocatedError, severity: str) -> Finding:
    return Finding(
        fault.file, fault.line, fault.key, fault.what, fault.suggestion, severity
    )


@dataclass(frozen=True)
class _Head:
    """What of a file counts for others."""

    file: Traversable
    pack: str
    kind: str
    name: str
    aliases: tuple[str, ...]
    components: tuple[str, ...]
    family: str
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
    notes: list[LocatedError] = field(default_factory=list)

    def tell(self, other: _Head, keys: Keys, error: str, note: str) -> None:
        """Report what is wrong within one pack; between two it is noted."""
        if other.pack == self.head.pack:
            self.file.report(keys, error)
        else:
            self.note(keys, note)

    def note(self, keys: Keys, what: str) -> None:
        """Note what is no fault."""
        self.notes.append(self.file.fault(keys, what))


@dataclass(frozen=True)
class _Known:
    """The heads of all files that can be reached; the rest of the pack is first."""

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
    def families(self) -> dict[str, _Head]:
        """A grade of each family, by what counts of the family's name."""
        grades = (*self.own, *self.others)
        return {match_key(head.family): head for head in grades if head.family}

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
        family=text("family"),
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


def _surrounding(place: Path) -> Pack | None:
    """Return the pack that a single file is one of, if it is."""
    for above in place.parents[:2]:
        try:
            return read_pack(above)
        except LocatedError:
            continue
    return None


def _others(
    home: Pack | None, files: Iterable[Path], find: Callable[[], plugins.Found]
) -> list[_Head]:
    """Return the heads of the files of all other packs that are found.

    Another copy of the pack, such as one that is installed, does not count. Beside a
    single file of a pack, the rest of the pack counts as found.
    """
    heads: list[_Head] = []
    seen = {os.path.realpath(str(each)) for each in files}
    if home is not None:
        heads += _heads(home, seen)
    for location in find().locations:
        try:
            other = read_pack(location)
        except (LocatedError, OSError):  # `packs` and `doctor` name it
            continue
        if home is None or match_key(other.name) != match_key(home.name):
            heads += _heads(other, seen)
    return heads


def _heads(pack: Pack, seen: set[str]) -> Iterator[_Head]:
    """Yield the heads of the files of a pack that were not seen yet."""
    with suppress(LocatedError, OSError):  # told once, where the pack is checked
        for file in pack.files():
            where = os.path.realpath(str(file))
            if where in seen:
                continue
            seen.add(where)
            with suppress(LocatedError, OSError):
                refuse_outside(file, pack.location)
                yield _head(file, pack.name, read_toml(file)[0])


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
    windows = KIND_WINDOWS.get(substance.kind, {})
    for value in substance.values:
        _check_range(file, value)
        temperatures = _temperatures(value)
        if _check_window(file, value, temperatures, WINDOWS[value.name], "matter"):
            kind = f"a {substance.kind.replace('_', ' ')}"
            narrow = windows.get(value.name, WINDOWS[value.name])
            at = min(temperatures, key=_from_room)
            _check_window(file, value, [at], narrow, kind)
            _check_slope(file, value, temperatures)
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
    if substance.kind == "solvent":
        _check_molar_volume(file, substance)


def _check_molar_volume(file: MaterialFile, solvent: Substance) -> None:
    """Hold the molar volume at the boiling point against molar mass and density."""
    names = ("boiling_molar_volume", "molar_mass", "density")
    if not all(map(solvent.has, names)):
        return
    boiling, mass, density = (
        _at(value, min(_temperatures(value), key=_from_room))
        for value in map(solvent.get, names)
    )
    low, high = MOLAR_VOLUME_WINDOW
    share = boiling * density / mass
    if not low <= share <= high:
        file.report(
            (names[0], "value"),
            f"is {share:.3g} of the molar mass by the density, {mass / density:.3g} "
            f"m**3/mol, and of a liquid {low:g} to {high:g}: a wrong unit or number",
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


def _temperatures(value: Value) -> list[float]:
    """Return the temperatures at which a value is held against its windows [K]."""
    if value.is_constant:
        return [substances.ROOM_TEMPERATURE]
    ends = value.valid_temperature
    within = np.linspace(*ends, _POINTS) if ends else (substances.ROOM_TEMPERATURE,)
    return sorted({*_knots(value), *map(float, within)})


def _from_room(temperature: float) -> float:
    return abs(temperature - substances.ROOM_TEMPERATURE)


def _check_window(
    file: MaterialFile,
    value: Value,
    temperatures: Iterable[float],
    window: tuple[float, float],
    what: str,
) -> bool:
    """Hold a value against what there is; say whether it is within that."""
    low, high = window
    unit = units.KINDS[substances.PROPERTIES[value.name].unit_kind].unit
    unit = "" if unit == "dimensionless" else f" {unit}"
    for T in temperatures:
        y = _at(value, T)
        if not low * (1 - 1e-9) <= y <= high * (1 + 1e-9):
            at = "" if value.is_constant else f" at {T:g} K"
            file.report(
                (value.name, "value" if value.is_constant else "coefficients"),
                f"{y:.6g}{unit}{at} is outside of what {what} has, {low:g} to "
                f"{high:g}{unit}: a wrong unit or number",
            )
            return False
    return True


def _check_slope(
    file: MaterialFile, value: Value, temperatures: Iterable[float]
) -> None:
    """Hold a law against what falls with temperature, and what rises."""
    points = [(T, _at(value, T)) for T in temperatures]
    if value.name in ("viscosity", "melt_viscosity"):
        lowest = points[0]
        for T, y in points:
            if y > lowest[1] * (1 + _NOISE):
                low, high = (
                    f"{at[1]:.6g} Pa*s at {at[0]:g} K" for at in (lowest, (T, y))
                )
                what = f"rises from {low} to {high}, and a viscosity falls with the"
                keys = (value.name, "coefficients")
                file.report(keys, f"{what} temperature: a wrong sign, unit or order")
                return
            lowest = min(lowest, (T, y), key=lambda point: point[1])
    if value.name == "saturation_pressure":
        if value.is_constant and value.valid_temperature is not None:
            what = "is the same all over its range, and a saturation pressure rises"
            file.report(
                (value.name, "value"), f"{what} with the temperature: give a law"
            )
        for (T, p), (next_T, q) in pairwise(points):
            if not q > p:
                what = f"does not rise from {T:g} to {next_T:g} K, as a saturation"
                keys = (value.name, "coefficients")
                file.report(keys, f"{what} pressure does: a wrong sign, unit or order")
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


def _spoken(pack: str) -> str:
    """Return what stands behind the @ of a substance of a pack, or of a case's own."""
    return pack or _CASE


def _check_names(item: _Own, known: _Known) -> None:
    """Name every other file that has one of the names too."""
    head = item.head
    is_set = head.kind == "interaction_set"
    for key, keys in head.keys.items():
        said = head.name if keys == ("name",) else head.aliases[int(keys[1])]
        for other in (known.sets if is_set else known.substances).get(key, ()):
            if other.file == head.file:
                continue
            what = f"stands also in {other.file}:{other.line(key)}"
            ways = " or ".join(
                f'"{said}@{_spoken(each)}"' for each in (head.pack, other.pack)
            )
            note = f"{what}, of pack {_spoken(other.pack)}: users then say {ways}"
            item.tell(other, keys, what, note)


def _check_families(item: _Own, known: _Known) -> None:
    """Refuse the name of a family that the substance is no grade of."""
    family = match_key(item.head.family)
    for key, keys in item.head.keys.items():
        grade = known.families.get(key)
        if grade is not None and key != family:
            item.file.report(
                keys,
                f"is the family name of {grade.name!r} in {grade.file}: only its "
                f'grades have it, and say family = "{grade.family}"',
            )


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
        note = (
            f"{what}: they count as one substance, whose values a run takes from the "
            f'one that is named, "{head.name}" or "{other.name}"'
        )
        item.tell(other, ("cas",), f"{what}: one molecule, one name", note)


def _check_components(item: _Own, found: InteractionSet, known: _Known) -> None:
    """Find each component, and hold the set's range against what is known of it."""
    names = [name for head in (*known.own, *known.others) for name in head.every]
    for n, component in enumerate(found.components):
        heads = known.substances.get(match_key(component))
        if not heads:
            what = f"{component!r} is in no pack that is found"
            item.file.report(("components", n), what, suggestion(component, names))
        elif found.valid_temperature is not None:
            substance = known.substance(heads[0])
            _check_overlap(item, found.valid_temperature, component, substance)


def _check_overlap(
    item: _Own,
    valid: tuple[float, float],
    component: str,
    substance: Substance | None,
) -> None:
    keys = ("valid", "temperature")
    for value in substance.values if substance is not None else ():
        ends = value.valid_temperature
        if ends is None:
            continue
        beyond = _BEYOND * (ends[1] - ends[0])
        span = f"{ends[0]:g} to {ends[1]:g} K"
        if valid[1] < ends[0] or ends[1] < valid[0]:
            what = f"leaves no temperature at which the {value.name} of {component}"
            item.file.report(keys, f"{what} holds, {span}")
        elif valid[0] < ends[0] - beyond or ends[1] + beyond < valid[1]:
            what = f"reaches far beyond where the {value.name} of {component}"
            item.note(keys, f"{what} holds, {span}: a run there extrapolates it")


def _check_preference(item: _Own, known: _Known) -> None:
    """Name every other set that is preferred for the same components."""
    if not item.head.is_preferred:
        return
    components = known.canonical(item.head.components)
    for other in (*known.own, *known.others):
        if other.file == item.head.file or not other.is_preferred:
            continue
        if known.canonical(other.components) == components:
            what = f"{other.name!r} in {other.file} is preferred for these components"
            ways = " or ".join(
                f'"{each.name}@{_spoken(each.pack)}"' for each in (item.head, other)
            )
            item.tell(
                other,
                ("preferred",),
                f"{what} too: one of them must not be",
                f"{what} too: where neither pack is meant, users say {ways}",
            )
