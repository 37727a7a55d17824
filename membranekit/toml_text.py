"""Read TOML files: errors that say where, hints for beginners, lines of keys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from membranekit.errors import MaterialFileError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LARGEST_FILE = 1_000_000
"""Larger TOML files are refused unread [bytes]."""

# No material or case comes near these, and what keeps to them is read within a second,
# whichever tomli reads it.
_MARKS = "=,.[{\n\\\"'"
_MOST_MARKS = 20_000
_TOO_MUCH = "holds too many lines and values: no material or case file"
_DEEPEST = 16
_LONGEST_WORD = 1000
_LONGEST_HINTED = 300
_USUAL_SIZE = 16_384
"""Room is made for a larger file only where there is one [bytes]."""

Keys = tuple[str | int, ...]


class LocatedError(MaterialFileError):
    """A fault in a file, with the line (0: all of it) and key it stands at."""

    def __init__(
        self, file: str, line: int, key: str, what: str, suggestion: str = ""
    ) -> None:
        key, what = _short(key), _short(what)
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


def _short(text: str) -> str:
    """Return a text of strangers so that it stays one line of a message."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:1000])
    return line if len(line) <= 600 else f"{line[:400]} ... {line[-100:]}"


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
    text = read_text(path)
    return parse(str(path), text), text


def read_text(path: Traversable) -> str:
    """Return the text of a file that is small and in UTF-8."""
    name = str(path)
    try:
        if isinstance(path, Path) and os.stat(path).st_size > LARGEST_FILE:
            raise _too_large(name)
        with open(path, "rb") if isinstance(path, Path) else path.open("rb") as stream:
            data = stream.read(_USUAL_SIZE)
            if len(data) == _USUAL_SIZE:
                data += stream.read(LARGEST_FILE + 1 - len(data))
    except (OSError, ValueError) as error:  # a zero byte in the path is a ValueError
        if isinstance(error, LocatedError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise LocatedError(name, 0, "", f"cannot be read: {reason}") from error
    if len(data) > LARGEST_FILE:
        raise _too_large(name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]:
        raise LocatedError(name, 0, "", "is UTF-16: save it as UTF-8")
    if sum(data.count(mark.encode()) for mark in _MARKS) > _MOST_MARKS:
        raise LocatedError(name, 0, "", _TOO_MUCH)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LocatedError(
            name, line, "", "is not UTF-8 (a Windows code page?): save it as UTF-8"
        ) from error


def _too_large(name: str) -> LocatedError:
    return LocatedError(name, 0, "", "is larger than 1 MB: no material or case file")


def parse(name: str, text: str) -> dict[str, Any]:
    """Return what a TOML text says; `name` is its file in messages."""
    _refuse_monsters(name, text)
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


# Unrolled, so that long strings are run over and not read sign by sign.
_STRINGS = (
    r'"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""(?:"{0,2})'
    r"|'{3}[^']*(?:'(?!'')[^']*)*'{3}(?:'{0,2})"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\n]*'"
)
# A string without an end takes the rest with it, which the parser never comes to.
_NO_SYNTAX = re.compile(rf"{_STRINGS}|#[^\n]*|[\"'][\s\S]*")
_BRACKETS = re.compile(r"[\[{]+|[\]}]+")
_WORD = re.compile(r"[^\s=,.\[\]{}]+")
_DOTTED = re.compile(rf"(?:\.[^=,.\[\]{{}}\n]*){{{_DEEPEST}}}")


def _refuse_monsters(name: str, text: str) -> None:
    """Refuse what would take the parser too long: many values, depth, endless words."""
    if sum(map(text.count, _MARKS)) > _MOST_MARKS:
        raise LocatedError(name, 0, "", _TOO_MUCH)
    bare = _NO_SYNTAX.sub("_", text)
    deepest = depth = 0
    for found in _BRACKETS.findall(bare):
        depth += len(found) if found[0] in "[{" else -len(found)
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or _DOTTED.search(bare):
        raise LocatedError(name, 0, "", "is nested too deeply")
    if any(len(word) > _LONGEST_WORD for word in _WORD.findall(bare)):
        what = f"holds a word or number of more than {_LONGEST_WORD} signs"
        raise LocatedError(name, 0, "", what)


_QUOTED_KEY = re.compile(r"^\s*([\w.@-]+(?:[ \t]+[\w.@-]+)+)\s*=\s*(.*)$")
_ASSIGNMENT = re.compile(
    r"^\s*(\"[^\"]*\"|[\w.-]+)\s*=\s*([^\s\"'\[{#]([^#]*[^\s#])?)\s*(#.*)?$"
)
_BARE_SIGN = re.compile(r"^\s*(\w*[^\w\s=.\"'\[\]{}#-][^=\"'\[\]{}#]*?)\s*=")


def _toml_hint(line: str) -> str:
    """Say what a beginner meant who wrote this line."""
    if len(line) > _LONGEST_HINTED:
        return ""
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


_TOKEN = re.compile(rf"{_STRINGS}|#[^\n]*|[\[\]{{}}\n]")


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
        except tomli.TOMLDecodeError:
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
