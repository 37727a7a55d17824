"""A case file: a casting solution, a process, and the series to run through.

The tables of a case are the fields of the Python classes, word for word. An address
such as ``air.time`` names one value of them, for a series or a setting.
"""

import io
import itertools
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import Any

from membranekit import library, units
from membranekit.errors import (
    InputError,
    MaterialError,
    MaterialFileError,
    MembranekitError,
)
from membranekit.names import nearest
from membranekit.process import ORDER, STEPS, Process, Step, Support, step_names
from membranekit.solution import (
    CastingSolution,
    CloudPoint,
    Find,
    Parts,
    canonical,
    inside,
    is_quantity,
    look_up,
    refuse_unknown,
    spell,
    spell_number,
)
from membranekit.substances import InteractionSet, Substance, constant
from membranekit.toml_text import key_lines, read_toml

TABLES = (
    *("name", "materials", "solution", "process", "series"),
    *("changed", "chosen", "measured"),
)
SOLUTION_TABLE = tuple(
    name for name in CastingSolution.field_names() if name != "extra"
)
PROCESS_TABLE = ("wet_thickness", "line_speed", "support", "step")
CASE_ENDINGS = (".toml", ".json", ".nc")
MOST = 1000  # combinations of other series that a value is tried with

Scalar = Any  # a quantity, or a bare number where parts by mass are meant


# --- Addresses -----------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One value of a case: ``air[1].time``, ``solution.parts.water``.

    Parameters
    ----------
    root : str
        ``solution``, ``process``, ``support``, or a kind of step.
    number : int or None
        Which step of its kind, counted from 1.
    name : str
        The field.
    key : str or None
        The entry of a field that is a table: a substance.
    """

    root: str
    number: int | None
    name: str
    key: str | None = None

    @classmethod
    def read(cls, text: str) -> "Address":
        """Read an address; the errors say what it could have been."""
        shown = str(text).strip()
        found = _ADDRESS.fullmatch(shown)
        if not found:
            raise InputError(
                f'"{shown}" is no address; write one such as air.time, air[1].time, '
                "process.wet_thickness or solution.parts.water"
            )
        root, number, name, key = found.groups()
        roots = ("solution", "process", "support", *STEPS)
        if root not in roots:
            raise InputError(
                f'{shown}: unknown address; nothing is named "{root}"'
                f"{_nearest(root, roots)}"
            )
        if number is not None and root not in STEPS:
            raise InputError(f"{shown}: there is one {root}; write {root}.{name}")
        _check_field(shown, root, name, key)
        counted = int(number) if number is not None else None
        return cls(root, counted, name, _unquoted(key) if key is not None else None)

    def __str__(self) -> str:
        number = "" if self.number is None else f"[{self.number}]"
        key = "" if self.key is None else f".{self.key}"
        return f"{self.root}{number}.{self.name}{key}"

    def step(self, steps: Sequence[Step]) -> int:
        """Return the place of the addressed step."""
        places = [i for i, step in enumerate(steps) if step.kind == self.root]
        if not places:
            raise InputError(f"{self}: the process has no {self.root} step")
        if self.number is None and len(places) > 1:
            names = [f"{self.root}[{i + 1}].{self.name}" for i in range(len(places))]
            raise InputError(
                f"{self} is ambiguous: there are {len(places)} {self.root} steps; "
                f"write {' or '.join(names)}"
            )
        number = self.number or 1 if self.number is None else self.number
        if not 1 <= number <= len(places):
            count = f"{len(places)} {self.root} step{'s' * (len(places) > 1)}"
            raise InputError(f"{self}: there is {count}, counted from 1")
        return places[number - 1]

    def target(self, solution: CastingSolution, process: Process) -> tuple[Any, ...]:
        """Return what two addresses of the same value share."""
        place: str | int = self.root
        if self.root in STEPS:
            place = self.step(process.complete_steps)
        key = self.key
        if (
            key is not None
            and self.name != "cloud_point"
            and key not in solution.stocks
        ):
            key = look_up(key, str(self), solution.find).name
        return (place, self.name, key)

    def get(self, solution: CastingSolution, process: Process) -> Any:
        """Return the value that stands there."""
        if self.root == "solution":
            holder: Any = solution
        elif self.root == "process":
            holder = process
        elif self.root == "support":
            holder = process.support
        else:
            holder = process.complete_steps[self.step(process.complete_steps)]
        value = holder.held(self.name)
        if self.key is None:
            return value
        if self.name == "cloud_point":
            return getattr(value, self.key)
        return value[self.key]

    def put(
        self, value: object, solution: CastingSolution, process: Process
    ) -> tuple[CastingSolution, Process]:
        """Return solution and process with the value in its place."""
        if self.root == "solution":
            return solution.replace(**self._change(solution, value, solution)), process
        if self.root == "process":
            return solution, process.replace(**{self.name: value})
        if self.root == "support":
            change = self._change(process.support, value, solution)
            support = process.support.replace(**change)
            return solution, process.replace(support=support)
        steps = list(process.steps)
        place = self.step(process.complete_steps)
        if self.root not in [step.kind for step in steps]:
            # A rinse or a drying that was left out takes its place now.
            steps = list(process.complete_steps)
        steps[place] = steps[place].replace(
            **self._change(steps[place], value, solution)
        )
        return solution, process.replace(steps=tuple(steps))

    def _change(
        self, holder: Any, value: object, solution: CastingSolution
    ) -> dict[str, Any]:
        if self.key is None:
            if self.name in ("bath", "material") and isinstance(value, str):
                value = look_up(value, str(self), solution.find)
            return {self.name: value}
        old = holder.held(self.name)
        if self.name == "cloud_point":
            if old is None:
                raise InputError(f"{self}: the solution has no cloud point to change")
            return {self.name: old.replace(**{self.key: value})}
        if self.name == "bath" and len(old) == 1:
            raise InputError(
                f"{self}: the bath is pure {next(iter(old))}, not parts by mass; write "
                "its parts in the file first"
            )
        return {self.name: old.with_amount(self.key, value, solution.find)}


_ADDRESS = re.compile(r"\s*(\w+)(?:\[(\d+)\])?\s*\.\s*(\w+)(?:\s*\.\s*(\S.*?))?\s*")
_KEYED = {"solution": ("parts", "cloud_point"), "air": ("vapor",)}
_KEYED |= {"immersion": ("bath",), "rinse": ("bath",)}
_NAMED = ("bath", "material", "back", "sides", "interactions")
_FIELDS = {
    "solution": ("parts", "temperature", "interactions", "cloud_point"),
    "process": ("wet_thickness", "line_speed"),
    "support": Support.field_names(),
    **{kind: each.field_names() for kind, each in STEPS.items()},
}


def _check_field(shown: str, root: str, name: str, key: str | None) -> None:
    known = _FIELDS[root]
    if name not in known:
        raise InputError(
            f'{shown}: unknown address; {root} has no "{name}"{_nearest(name, known)}'
        )
    keyed = name in _KEYED.get(root, ())
    if key is None and keyed and name != "bath":
        example = "mass_fraction" if name == "cloud_point" else "NMP"
        raise InputError(f"{shown}: say which one, such as {root}.{name}.{example}")
    if key is not None and not keyed:
        raise InputError(f"{shown}: unknown address; write {root}.{name}")
    points = CloudPoint.field_names()[1:]
    if name == "cloud_point" and key not in points:
        raise InputError(
            f'{shown}: unknown address; a cloud point has no "{key}"'
            f"{_nearest(str(key), points)}"
        )


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    near = nearest(word, names)
    return f"; did you mean {near[0]}?" if near else f"; it takes {', '.join(names)}"


def _unquoted(text: str) -> str:
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] and stripped[0] in "\"'":
        return stripped[1:-1]
    return stripped


# --- The case ------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run of a case.

    Parameters
    ----------
    inputs : mapping
        Address to quantity, for each address that is varied or set.
    solution : CastingSolution
        The casting solution of this run.
    process : Process
        The process of this run.
    case : Case
        The case it belongs to.
    """

    inputs: Mapping[str, Any]
    solution: CastingSolution
    process: Process
    case: "Case" = field(repr=False, compare=False)

    def to_toml(self) -> str:
        """Return a case file of this run alone, for any folder."""
        # Not from `inputs`: a part by mass is a quantity there, a bare number here.
        kept = {
            address: [Address.read(address).get(self.solution, self.process)]
            for address in self.case.series
        }
        alone = self.case._again(self.solution, self.process, kept)
        return alone.from_folder(None).to_toml()


@dataclass(frozen=True, eq=False)
class Case:
    """A casting solution and a process, with the series to run through.

    Parameters
    ----------
    solution : CastingSolution
        The casting solution.
    process : Process
        The process.
    name : str, optional
        How results are labeled; it changes nothing else.
    series : mapping, optional
        Address to the values it takes.
    chosen : mapping, optional
        Address to a sentence: what no source says, and this case chose.
    measured : mapping, optional
        ``source`` and ``rows`` of measured numbers, for plots; never simulated.
    materials : sequence of str, optional
        Substance files or folders that the case brings, relative to `folder`.
    folder : path, optional
        Where the case lies.

    Raises
    ------
    InputError
        If a series is empty, or holds an unknown, ambiguous or repeated address.

    Examples
    --------
    >>> case = read_case("example1")
    >>> [float(run.inputs["air.time"].m_as("s")) for run in case.runs]
    [0.0, 2.0, 6.0, 10.0, 30.0]
    """

    solution: CastingSolution
    process: Process
    name: str = "unnamed"
    series: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Any] | None = None
    materials: tuple[str, ...] = ()
    folder: Path | None = None
    source_text: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "series", _Frozen(self._read_series()))
        object.__setattr__(self, "chosen", _Frozen(self.chosen))
        object.__setattr__(self, "materials", tuple(self.materials))
        if self.measured is not None:
            object.__setattr__(self, "measured", _Frozen(self.measured))

    def _read_series(self) -> dict[str, tuple[Scalar, ...]]:
        if not isinstance(self.series, Mapping):
            raise InputError(
                'series: give addresses with lists of values, such as {"air.time": '
                f'["2 s", "4 s"]}}, not {self.series!r}'
            )
        series: dict[str, tuple[Scalar, ...]] = {}
        seen: dict[tuple[Any, ...], str] = {}
        for text, values in self.series.items():
            shown = str(text).strip()
            with inside("series", text):
                address = Address.read(text)
                target = address.target(self.solution, self.process)
                if target in seen:
                    raise InputError(
                        f"series: {seen[target]} and {shown} are the same value; give "
                        "it once"
                    )
                seen[target] = shown
                series[shown] = self._read_values(address, values)
        return series

    def _read_values(self, address: Address, values: object) -> tuple[Scalar, ...]:
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise InputError(
                f"series: {address} needs a list of values in brackets, such as "
                '["2 s", "4 s"]'
            )
        if not values:
            raise InputError(f"series: {address} has no values; give at least one")
        if address.key is None and address.name in _NAMED:
            raise InputError(_no_series(address))
        return tuple(self._read_value(address, value) for value in values)

    def _read_value(self, address: Address, given: object) -> Scalar:
        """Read one value of a series by putting it in its place."""
        placed = self._place(address, given)
        value = address.get(*placed)
        if not is_quantity(value) and not isinstance(value, float):
            raise InputError(
                f"series: {address} is no number; only numbers can be varied, so set "
                "it in the file"
            )
        return value

    def _place(
        self, address: Address, given: object
    ) -> tuple[CastingSolution, Process]:
        """Put one value in its place, where it fits alone or with the other series."""
        try:
            return address.put(given, self.solution, self.process)
        except InputError:
            others = [text for text in self.series if text.strip() != str(address)]
            values = [self.series[text] for text in others]
            for combination in itertools.islice(itertools.product(*values), 1, MOST):
                try:
                    solution, process = self.solution, self.process
                    for text, value in zip(others, combination, strict=True):
                        other = Address.read(text)
                        solution, process = other.put(value, solution, process)
                    return address.put(given, solution, process)
                except MembranekitError:
                    continue
            raise

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Return the runs: every combination of the series, the last one fastest."""
        if not self.series:
            inputs = _default_inputs(self.process)
            return (Run(_Frozen(inputs), self.solution, self.process, self),)
        return tuple(
            self._run(dict(zip(self.series, values, strict=True)))
            for values in itertools.product(*self.series.values())
        )

    def _run(self, values: Mapping[str, Scalar]) -> Run:
        solution, process = self.solution, self.process
        for text, value in values.items():
            solution, process = Address.read(text).put(value, solution, process)
        inputs = {
            text: value if is_quantity(value) else units.make(value, "dimensionless")
            for text, value in values.items()
        }
        return Run(_Frozen(inputs), solution, process, self)

    def replace(self, changes: Mapping[str, Any]) -> "Case":
        """Return a new case with some values changed.

        Parameters
        ----------
        changes : mapping
            Address to a value, or to a list of values that makes a series. Either
            takes the place of a series of the same address.

        Raises
        ------
        InputError
            If an address is unknown or ambiguous, or a value does not fit.
        """
        solution, process = self.solution, self.process
        series = dict(self.series)
        for text, value in changes.items():
            address = Address.read(text)
            listed = isinstance(value, Sequence) and not isinstance(value, str)
            target = address.target(solution, process)
            place = next(
                (
                    old
                    for old in series
                    if Address.read(old).target(solution, process) == target
                ),
                None,
            )
            if not listed:
                solution, process = address.put(value, solution, process)
                value = [address.get(solution, process)]
                if not is_quantity(value[0]) and not isinstance(value[0], float):
                    value = None
            renamed = {}
            for old, values in series.items():
                if old == place and value is not None:
                    renamed[text] = value
                elif old != place:
                    renamed[old] = values
            if place is None and value is not None:
                renamed[text] = value
            series = renamed
        return self._again(solution, process, series)

    def with_settings(self, settings: Iterable[str]) -> "Case":
        """Return a new case with settings as the command line gives them.

        Parameters
        ----------
        settings : iterable of str
            Each ``"air.time=2 s"``, or ``"air.time=2 s, 4 s"`` for a series.

        Raises
        ------
        InputError
            If a setting cannot be read or does not fit.
        """
        case = self
        seen: set[tuple[Any, ...]] = set()
        for setting in settings:
            with _labeled(f'--set "{setting}"'):
                text, values = _split_setting(setting)
                address = Address.read(text)
                target = address.target(case.solution, case.process)
                if target in seen:
                    raise InputError(f"{address} is set twice; set it once")
                seen.add(target)
                read: list[Any] = [_setting_value(address, each) for each in values]
                case = case.replace({text: read if len(read) > 1 else read[0]})
        return case

    def _again(
        self, solution: CastingSolution, process: Process, series: Mapping[str, Any]
    ) -> "Case":
        return Case(
            solution,
            process,
            name=self.name,
            series=series,
            chosen=self.chosen,
            measured=self.measured,
            materials=self.materials,
            folder=self.folder,
        )

    @property
    def text(self) -> str:
        """Return the text of the file it was read from, or of one that reads equal."""
        return self.to_toml() if self.source_text is None else self.source_text

    def from_folder(self, folder: str | os.PathLike[str] | None) -> "Case":
        """Return the case as a file of it in that folder must read.

        Parameters
        ----------
        folder : path or None
            Where the file will lie; None: anywhere. In another folder than the case's
            own, the files that it brings are named by their absolute paths.
        """
        own = (self.folder or Path()).resolve()
        if not self.materials or (folder and Path(folder).resolve() == own):
            return self
        return replace(
            self,
            materials=tuple(str(own / each) for each in self.materials),
            source_text=None,
        )

    def to_toml(self) -> str:
        """Return a case file that reads back equal, from the same folder."""
        return _write_document(_document(self))

    @classmethod
    def from_toml(
        cls,
        text: str,
        *,
        folder: str | os.PathLike[str] | None = None,
        label: str = "case",
    ) -> "Case":
        """Read the text of a case file.

        Parameters
        ----------
        text : str
            The text.
        folder : path, optional
            Where substance files that it names lie.
        label : str, optional
            How errors name the text.
        """
        document, _ = read_toml(_Text(label, text))  # type: ignore[arg-type]
        return _build(document, _Source(label, text), Path(folder or "."))

    def _key(self) -> tuple[Any, ...]:
        series = tuple((name, canonical(self.series[name])) for name in self.series)
        plain = (self.name, dict(self.chosen), self.measured and _thaw(self.measured))
        return (self.solution, self.process, series, plain)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Case):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.name, self.solution, self.process))

    def __str__(self) -> str:
        lines = [self.name, "", str(self.solution), "", str(self.process)]
        for address, values in self.series.items():
            lines += ["", f"Series: {address} = {', '.join(map(_spell, values))}"]
        return "\n".join(lines)


def _no_series(address: Address) -> str:
    message = f"series: {address} is a name; only numbers can be varied"
    if address.name != "bath":
        return f"{message}, so give one name"
    return (
        f"{message}, so give one name, such as water; a mixture stands in the file by "
        "mass, bath = { water = 80, DMAc = 20 }, and then the address of one part, "
        f"{address}.DMAc, takes numbers"
    )


def _default_inputs(process: Process) -> dict[str, Any]:
    steps = process.resolved_steps
    inputs = {
        f"{name}.time": step.time  # type: ignore[attr-defined]
        for name, step in zip(step_names(steps), steps, strict=True)
        if step.kind == "air"
    }
    return inputs or {"air.time": units.make(0.0, "s")}


class _Frozen(Mapping[str, Any]):
    """A mapping that cannot be changed, but pickled and compared."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Any:
        return _handed_out(self._items[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


def _handed_out(value: Any) -> Any:
    """Return quantities, and those of a series, in the registry of the moment."""
    if isinstance(value, tuple):
        return tuple(_handed_out(each) for each in value)
    return units.fresh(value)


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _thaw(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_thaw(entry) for entry in value]
    return value


# --- Settings ------------------------------------------------------------------------


def _split_setting(setting: str) -> tuple[str, list[str]]:
    address, equals, given = setting.partition("=")
    if not equals or not given.strip():
        raise InputError('write an address and a value, such as "air.time=4 s"')
    value = _unquoted(given)
    if re.search(r"\d,\d", value):
        raise InputError(
            f"{value!r} has a comma between digits; a number has a decimal point "
            "(0.8 m/s), a list a space after the comma (2 s, 4 s)"
        )
    pieces = [_unquoted(piece) for piece in value.split(",")]
    if "" in pieces:
        raise InputError(f"{value!r} has an empty value; write a list as 2 s, 4 s")
    return address, pieces


def _setting_value(address: Address, text: str) -> object:
    """Return a bare number where parts by mass are meant, text elsewhere."""
    if address.key is None or address.name not in ("parts", "bath"):
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{address}: {text!r} is not a part by mass; give a bare number, such as 20"
        ) from None


@contextmanager
def _labeled(label: str) -> Iterator[None]:
    try:
        yield
    except MembranekitError as error:
        raise _relabel(error, f"{label}: {error}") from None


def _relabel(error: MembranekitError, message: str) -> MembranekitError:
    """Return an error of the same kind with another message, located for good."""
    located = type(error)(message)
    located.located = True  # type: ignore[attr-defined]
    return located


# --- Reading -------------------------------------------------------------------------


class _Text:
    """A text that is read like a file."""

    def __init__(self, label: str, text: str) -> None:
        self._label = label
        self._text = text

    def open(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._text.encode())

    def __str__(self) -> str:
        return self._label


class _Source:
    """The text of a case, which tells where a key stands."""

    def __init__(self, label: str, text: str) -> None:
        self.label = label
        self._text = text

    def line(self, *path: str | int) -> int:
        lines = key_lines(self._text)
        for length in range(len(path), 0, -1):
            if path[:length] in lines:
                return lines[path[:length]]
            # An unquoted address was read as tables in tables.
            joined = (path[0], ".".join(map(str, path[1:length])))
            for keys, line in lines.items():
                if (keys[0], ".".join(map(str, keys[1:]))) == joined:
                    return line
        return 1

    @contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """Give an error that passes its file and line, once."""
        try:
            yield
        except MembranekitError as error:
            if getattr(error, "located", False) or isinstance(error, MaterialFileError):
                raise
            line = self.line(*path, *getattr(error, "where", ()))
            message = f"{self.label}:{line}: {error}"
            raise _relabel(error, message) from None


def read_case(path_or_name: str | os.PathLike[str]) -> Case:
    """Read a case file, or a shipped case by its name.

    Parameters
    ----------
    path_or_name : str or path
        A path has an ending ``.toml`` or a separator; ``example1`` is a shipped case.

    Returns
    -------
    Case
        The case.

    Raises
    ------
    InputError
        If the file cannot be read or is malformed; the message starts with its name
        and line.
    """
    text = os.fspath(path_or_name)
    if isinstance(path_or_name, str) and _is_name(text):
        if text not in cases:
            _refuse_what_is_no_case(Path(text))
            raise InputError(
                f'no shipped case is named "{text}"; they are {", ".join(cases)}, and '
                "a path has the ending .toml or a separator"
            )
        return cases[text]
    path = Path(text)
    _refuse_what_is_no_case(path)
    document, source_text = read_toml(path)
    return _build(document, _Source(str(path), source_text), path.parent, path.stem)


def _refuse_what_is_no_case(path: Path) -> None:
    can = "a case file (.toml) or a saved run (.json, .nc) can be run"
    if path.suffix.lower() == ".csv":
        raise InputError(
            f"{path} cannot be run again: a .csv holds numbers without their case; "
            f"{can}"
        )
    if path.is_dir():
        raise InputError(f"{path} cannot be read: it is a folder; {can}")


def _is_name(text: str) -> bool:
    separators = [each for each in (os.sep, os.altsep, "/") if each]
    return not any(each in text for each in separators) and not text.lower().endswith(
        CASE_ENDINGS
    )


class _ShippedCases(Mapping[str, Case]):
    """The cases that come with the library, read when they are asked for."""

    def __getitem__(self, name: str) -> Case:
        if name not in list(self):
            raise KeyError(name)
        file = resources.files("membranekit") / "cases" / f"{name}.toml"
        document, text = read_toml(file)
        source = _Source(f"{name}.toml", text)
        return _build(document, source, None, name, home=library.BUILTIN)

    def __iter__(self) -> Iterator[str]:
        folder = resources.files("membranekit") / "cases"
        files = [entry.name for entry in folder.iterdir()]
        return iter(sorted(name[:-5] for name in files if name.endswith(".toml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<shipped cases: {', '.join(self)}>"


cases: Mapping[str, Case] = _ShippedCases()


def _build(
    document: Mapping[str, Any],
    source: _Source,
    folder: Path | None,
    stem: str = "unnamed",
    home: str = "",
) -> Case:
    with source.at():
        refuse_unknown(document, TABLES, "case")
    for name in ("solution", "process"):
        with source.at(name):
            _table(document.get(name), name)
    name = document.get("name", stem)
    with source.at("name"):
        if not isinstance(name, str):
            raise InputError(f"name: {name!r} is not text; put it in quotes")
    with source.at("series"):
        series = _flat(document.get("series", {}), "series")
    document = _with_first_values(document, series)
    with source.at("materials"):
        materials = _read_materials(document.get("materials", []))
        extra = _load_materials(materials, folder)
    known = partial(library.lookup, extra=extra, home=home)
    with source.at("changed"):
        changed = _read_changed(document.get("changed", {}), known)

    def find(name: str) -> Substance:
        substance = known(name)
        return changed.get(substance.name, substance)

    with source.at("solution"):
        solution = _build_solution(document["solution"], extra, find, home)
    with source.at("process"):
        process = _build_process(document["process"], find)
    with source.at("chosen"):
        chosen = _read_chosen(document.get("chosen", {}))
    with source.at("measured"):
        measured = _read_measured(document.get("measured"))
    with source.at():
        return Case(
            solution,
            process,
            name=name,
            series=series,
            chosen=chosen,
            measured=measured,
            materials=materials,
            folder=folder,
            source_text=source._text,
        )


def _table(value: object, name: str) -> Mapping[str, Any]:
    if value is None:
        raise InputError(f"the table [{name}] is missing; a case needs it")
    if not isinstance(value, Mapping):
        raise InputError(
            f"{name}: {value!r} is no table; write [{name}] above its keys"
        )
    return value


def _flat(table: object, name: str, prefix: str = "") -> dict[str, Any]:
    """Return addresses to values: unquoted addresses were read as tables in tables."""
    flat: dict[str, Any] = {}
    for key, value in _table(table, name).items():
        if isinstance(value, Mapping):
            inner = _flat(value, name, f"{prefix}{key}.")
        else:
            inner = {f"{prefix}{key}": value}
        for address, entry in inner.items():
            if address in flat:
                raise InputError(f"{name}: {address} stands there twice; give it once")
            flat[address] = entry
    return flat


def _with_first_values(
    document: Mapping[str, Any], series: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the document with what only a series gives filled in."""
    filled: dict[str, Any] = _thaw(document)
    process = filled["process"]
    steps = process.get("step")
    steps = [each for each in steps if isinstance(each, dict)] if steps else []
    for text, values in series.items():
        try:
            address = Address.read(text)
        except InputError:
            continue  # reported with its line when the series is read
        tables = {"solution": filled["solution"], "process": process}
        table = tables.get(address.root)
        if address.root in STEPS:
            alike = [each for each in steps if each.get("kind") == address.root]
            number = address.number or 1
            table = alike[number - 1] if 0 < number <= len(alike) else None
        if table is None or address.key is not None:
            continue
        if not isinstance(values, list) or not values:
            continue
        if address.name not in ("time", "length") or not _timed(table):
            table.setdefault(address.name, values[0])
    return filled


def _timed(table: Mapping[str, Any]) -> bool:
    return "time" in table or "length" in table


def _read_materials(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise InputError(
            "materials: give a list of files or folders beside the case, such as "
            f'["my_solvent.toml"], not {given!r}'
        )
    return tuple(given)


def _load_materials(
    materials: tuple[str, ...], folder: Path | None
) -> tuple[Substance | InteractionSet, ...]:
    loaded: list[Substance | InteractionSet] = []
    for entry in materials:
        path = (folder or Path()) / entry
        if path.is_dir():
            files = [each for each in path.rglob("*.toml") if each.name != "pack.toml"]
        elif path.is_file():
            files = [path]
        else:
            raise InputError(
                f'materials: there is no file or folder "{entry}" in '
                f"{folder or Path()}; paths start from the case's folder"
            )
        loaded += [library.load_file(each) for each in sorted(files)]
    return tuple(loaded)


def _read_changed(table: object, find: Find) -> dict[str, Substance]:
    """Return substances with properties changed, by canonical name."""
    changed = {}
    for name, properties in _table(table, "changed").items():
        with inside(name):
            substance = look_up(name, "changed", find)
            values = _table(properties, f"changed.{name}")
            changed[substance.name] = substance.replace(**values)
    return changed


def _build_solution(
    table: Mapping[str, Any], extra: tuple[Any, ...], find: Find, home: str
) -> CastingSolution:
    refuse_unknown(table, SOLUTION_TABLE, "solution")
    if "parts" not in table:
        raise InputError("the table [solution.parts] is missing; a case needs it")
    given = {name: table[name] for name in SOLUTION_TABLE if name in table}
    parts = given.pop("parts")
    if isinstance(parts, Mapping) and parts:
        stocks = given.get("stocks")
        stocks = stocks if isinstance(stocks, Mapping) else {}
        with inside("parts"):
            parts = _with_substances(parts, "solution.parts", find, stocks)
    return CastingSolution(parts, **given, extra=extra, home=home)


def _build_process(table: Mapping[str, Any], find: Find) -> Process:
    refuse_unknown(table, PROCESS_TABLE, "process")
    given = dict(table)
    entries = given.pop("step", [])
    with inside("step"):
        if not isinstance(entries, list):
            raise InputError(
                "process.step: write [[process.step]] in double brackets above each "
                "step"
            )
        steps = []
        for number, entry in enumerate(entries):
            with inside(number):
                steps.append(_build_step(_table(entry, "process.step"), find))
    if "support" in given:
        with inside("support"):
            support = given["support"]
            if not isinstance(support, Mapping):
                raise InputError(
                    f"process.support: {support!r} is no table; write "
                    'support = { material = "glass", thickness = "3 mm" }'
                )
            refuse_unknown(support, Support.field_names(), "process.support")
            fields = dict(support)
            if isinstance(fields.get("material"), str):
                with inside("material"):
                    fields["material"] = look_up(
                        fields["material"], "support.material", find
                    )
            given["support"] = Support(**fields)
    return Process(steps=tuple(steps), **given)


def _build_step(entry: Mapping[str, Any], find: Find) -> Step:
    fields = dict(entry)
    kind = fields.pop("kind", None)
    if kind is None:
        message = "process.step: the kind is missing"
        others = ", ".join(ORDER[1:])
        raise InputError(f'{message}; write kind = "air" (or {others})')
    if kind not in STEPS:
        with inside("kind"):
            message = f"process.step: {kind!r} is no kind of step"
            raise InputError(f"{message}{_nearest(str(kind), STEPS)}")
    cls = STEPS[kind]
    refuse_unknown(entry, ("kind", *cls.field_names()), kind)
    for name in ("bath", "vapor"):
        with inside(name):
            if isinstance(fields.get(name), str) and name == "bath":
                fields[name] = look_up(fields[name], f"{kind}.{name}", find)
            elif isinstance(fields.get(name), Mapping) and fields[name]:
                fields[name] = _with_substances(fields[name], f"{kind}.{name}", find)
    return cls(**fields)


def _with_substances(
    table: Mapping[str, Any],
    name: str,
    find: Find,
    stocks: Mapping[str, Any] | None = None,
) -> Parts:
    """Return the table with its substances found, its amounts not yet read."""
    return Parts.read(
        table, name, find=find, amount=lambda given, _: given, stocks=stocks
    )


def _read_chosen(table: object) -> dict[str, str]:
    chosen = _flat(table, "chosen")
    for address, sentence in chosen.items():
        with inside(address):
            if not isinstance(sentence, str) or not sentence.strip():
                raise InputError(f"chosen: say in a sentence why {address} was chosen")
            root = re.split(r"[.\[]", address)[0]
            roots = ("solution", "process", "support", *STEPS)
            if root not in roots:
                raise InputError(
                    f'chosen: "{address}" is no address{_nearest(root, roots)}'
                )
    return chosen


def _read_measured(table: object) -> dict[str, Any] | None:
    if table is None:
        return None
    measured = dict(_table(table, "measured"))
    refuse_unknown(measured, ("source", "rows"), "measured")
    if not isinstance(measured.get("source"), str):
        raise InputError("measured.source: say in a text where the rows were read")
    rows = measured.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        with inside("rows"):
            message = "measured.rows: give a list of rows in braces, such as"
            raise InputError(f'{message} [{{ "air.time" = "2 s" }}]')
    return measured


# --- Writing -------------------------------------------------------------------------


def _document(case: Case) -> dict[str, Any]:
    """Return the tables of a case file as plain text, numbers and lists."""
    document: dict[str, Any] = {"name": case.name}
    changed, files = _own_substances(case)
    materials = [*case.materials, *files]
    if materials:
        document["materials"] = materials
    document["solution"] = _solution_table(
        with_lasting_set(case.solution, case.process)
    )
    document["process"] = _process_table(case.process)
    if changed:
        document["changed"] = changed
    if case.series:
        document["series"] = {
            address: [_plain_value(value) for value in values]
            for address, values in case.series.items()
        }
    if case.chosen:
        document["chosen"] = dict(case.chosen)
    if case.measured is not None:
        document["measured"] = _thaw(case.measured)
    return document


def joined_text(texts: Sequence[str]) -> str | None:
    """Return the text of one case whose series runs through the cases of `texts`.

    Parameters
    ----------
    texts : sequence of str
        Cases of one run each, as `Run.to_toml` writes them.

    Returns
    -------
    str or None
        None: they are not the runs of one case, all and in their order.
    """
    if len(set(texts)) == 1:
        return texts[0]
    try:
        cases = [Case.from_toml(text) for text in texts]
    except MembranekitError:
        return None
    first = cases[0]
    if any(
        len(each.runs) != 1 or set(each.series) != set(first.series) for each in cases
    ):
        return None
    # by their text: a quantity of an array has no hash
    series = {
        address: list(
            {
                str(_plain_value(each.series[address][0])): each.series[address][0]
                for each in cases
            }.values()
        )
        for address in first.series
    }
    if not series:
        return None
    joined = first.replace(series)
    same = [run.to_toml() for run in joined.runs] == [
        each.runs[0].to_toml() for each in cases
    ]
    return joined.to_toml() if same else None


def with_lasting_set(solution: CastingSolution, process: Process) -> CastingSolution:
    """Return a solution that states its interactions where its home tells them.

    A text has no home: it states the set that is taken there, if without it another is
    taken now, or none can be told from others.
    """
    if not solution.home:
        return solution
    members = [*solution.components, *process.brought(solution.components)]
    names = [each.name for each in members]
    extra = (*solution.extra, *members)

    def taken(home: str) -> InteractionSet | None:
        try:
            return library.interaction_set(names, solution.interactions, extra, home)
        except MaterialError:
            return None

    at_home = taken(solution.home)
    if at_home is None or taken("") == at_home:
        return solution
    return solution.replace(interactions=library.set_address(at_home))


def lasting_text(solution: CastingSolution, process: Process) -> tuple[str, str]:
    """Return the text of a case that reads back equal, or why there is none.

    Parameters
    ----------
    solution : CastingSolution
        The casting solution.
    process : Process
        The process.

    Returns
    -------
    text, why : str
        One of them is empty. What a text cannot carry is a substance or an
        interaction set that was made in Python and stands in no file.
    """
    solution = with_lasting_set(solution, process)
    case = Case(solution, process, name="membrane")
    text = case.to_toml()
    try:
        again = Case.from_toml(text)
    except MembranekitError as error:
        return "", str(error)
    if (again.solution, again.process) == (solution, process):
        return text, ""
    read = list(_substances(again))
    strange = [each.name for each in _substances(case) if each not in read]
    listed = ", ".join(dict.fromkeys(strange)) or "an interaction set"
    return "", f"{listed}: made in Python, in no file as it is here"


def _solution_table(solution: CastingSolution) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name in ("temperature", "interactions"):
        if name in solution.given:
            table[name] = _plain_value(getattr(solution, name))
    if solution.measured_cloud_point is not None:
        point = solution.measured_cloud_point
        table["cloud_point"] = {
            name: _plain_value(getattr(point, name)) for name in point.field_names()
        }
    for name in ("parts", "roles", "stocks"):
        if getattr(solution, name):
            table[name] = _plain_value(getattr(solution, name))
    return table


def _own_substances(case: Case) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return properties that differ from the library's, and files it does not know."""
    changed: dict[str, dict[str, str]] = {}
    origins: list[str] = []
    if not case.materials:  # else it is they that brought what is extra
        origins += [each.origin for each in case.solution.extra]
    for substance in _substances(case):
        try:
            name = library.address(substance)
            known = library.lookup(name, extra=case.solution.extra)
        except LookupError:
            origins.append(substance.origin)
            continue
        if known != substance:
            changed.setdefault(name, _changed_properties(substance, known))
    files = [os.path.abspath(each) for each in dict.fromkeys(origins) if each]
    return changed, files


def _substances(case: Case) -> Iterator[Substance]:
    yield from case.solution.components
    yield case.process.support.substance
    for step in case.process.steps:
        for name in ("bath", "vapor"):
            yield from getattr(step, name, Parts(())).substances.values()


def _changed_properties(substance: Substance, known: Substance) -> dict[str, str]:
    changed = {}
    for value in substance.values:
        if not known.has(value.name) or known.get(value.name) != value:
            shown = value.quantity(extrapolate=True)
            text = spell(shown)
            for digits in (12, 15):
                number = f"{shown.magnitude:.{digits}g}"
                short = f"{number} {value.unit}".strip()
                if constant(value.name, short, value.source, value.basis) == value:
                    text = short
                    break
            changed[value.name] = text
    return changed


def _process_table(process: Process) -> dict[str, Any]:
    table: dict[str, Any] = {"wet_thickness": spell(process.wet_thickness)}
    if process.line_speed is not None:
        table["line_speed"] = spell(process.line_speed)
    if process.support.given:
        table["support"] = _stated(process.support)
    table["step"] = [{"kind": step.kind, **_stated(step)} for step in process.steps]
    return table


def _stated(given: Any) -> dict[str, Any]:
    table = {}
    for name in given.field_names():
        if name in given.given:
            value = getattr(given, name)
            if name == "bath" and len(value) == 1:
                (value,) = _plain_value(value)
            table[name] = _plain_value(value)
    return table


def _plain_value(value: Any) -> Any:
    if is_quantity(value):
        return spell(value)
    if isinstance(value, Parts):
        of = value.substances
        return {
            _lasting_name(name, of.get(name)): _plain_value(value[name])
            for name in value
        }
    if isinstance(value, Mapping):
        return {name: _plain_value(value[name]) for name in value}
    return value


def _lasting_name(name: str, substance: Substance | None) -> str:
    """Return a name as given, unless two packs have it now: then with its pack."""
    if substance is None or "@" in name or not substance.pack:
        return name
    full = f"{name}@{substance.pack}"
    return full if library.materials.is_ambiguous(name) else name


def _spell(value: Any) -> str:
    return spell(value) if is_quantity(value) else spell_number(value)


def _write_document(document: Mapping[str, Any]) -> str:
    """Return a document as TOML, tables in the order of a case file."""
    blocks: list[str] = []
    _write_table((), document, blocks)
    return "\n\n".join(blocks) + "\n"


_INLINE = ("support", "cloud_point")


def _write_table(
    path: tuple[str, ...],
    table: Mapping[str, Any],
    blocks: list[str],
    brackets: str = "[]",
) -> None:
    lines = []
    inner = []
    for name, value in table.items():
        if isinstance(value, Mapping) and name not in _INLINE and brackets == "[]":
            inner.append((name, value, "[]"))
        elif name == "step" and isinstance(value, list):
            inner += [(name, step, "[[]]") for step in value]
        else:
            lines.append(f"{_write_key(name)} = {_write_value(value)}")
    if path and (lines or not inner):
        head = ".".join(map(_write_key, path))
        opening, closing = (
            brackets[: len(brackets) // 2],
            brackets[len(brackets) // 2 :],
        )
        lines.insert(0, f"{opening}{head}{closing}")
    if lines:
        blocks.append("\n".join(lines))
    for name, value, kind in inner:
        _write_table((*path, name), value, blocks, kind)


def _write_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _write_value(key)


def _write_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return spell_number(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{_write_key(name)} = {_write_value(entry)}"
            for name, entry in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(entry, Mapping) for entry in value):
            return "[\n" + "".join(f"    {_write_value(row)},\n" for row in value) + "]"
        return f"[{', '.join(map(_write_value, value))}]"
    return value.isoformat()  # type: ignore[no-any-return]  # TOML's dates
