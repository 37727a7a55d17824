"""What a pack holds, by name: from its ``pack.toml`` alone, or from its files' heads.

The head of a material file is what stands above its first table: kind, name, aliases
and, of an interaction set, its components. A pack may repeat the heads of its files in
``pack.toml``, in the table ``[contents]``; then no other file of it is opened before a
substance is asked for::

    [contents]
    "solvents/gvl.toml" = { kind = "solvent", name = "GVL", cas = "108-29-2" }

A line holds of `HEAD` whatever the file itself says. `contents_text` makes the table,
`write_contents` puts it into ``pack.toml``, and `stale` tells where it no longer fits.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli

from membranekit.material_files import MaterialFile, Pack, read_pack, refuse_outside
from membranekit.names import match_key
from membranekit.substances import Substance
from membranekit.toml_text import Keys, LocatedError, parse, read_text

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

HEAD = (
    "kind",
    "name",
    "aliases",
    "maker",
    "grade",
    "generic",
    "family",
    "cas",
    "components",
)
"""The keys that a line of ``[contents]`` may hold, as in the file itself."""


class Entry(NamedTuple):
    """What the head of a material file says, and where the file is."""

    pack: str
    path: str
    """Where it lies in the pack's folder, with slashes."""
    location: Traversable
    """The pack's folder."""
    kind: str
    name: str
    aliases: tuple[str, ...]
    maker: str
    grade: str
    generic: bool
    family: str
    cas: str
    components: tuple[str, ...]

    @property
    def file(self) -> Traversable:
        """The file itself."""
        return self.location.joinpath(*self.path.split("/"))

    @property
    def head(self) -> tuple[Any, ...]:
        """The values of `HEAD`."""
        return tuple(getattr(self, key) for key in HEAD)


def entries_of(pack: Pack) -> tuple[list[Entry], list[LocatedError]]:
    """Return what a pack holds, and what is wrong with files that had to be read.

    Raises
    ------
    MaterialFileError
        A line of the pack's ``[contents]`` is malformed.
    """
    if pack.contents is not None:
        file = MaterialFile(str(pack.location / "pack.toml"), pack.text, {})
        return [
            _entry(file, head, ("contents", path), pack, path)
            for path, head in pack.contents.items()
        ], []
    return _read(pack)


def _read(pack: Pack) -> tuple[list[Entry], list[LocatedError]]:
    entries, faults = [], []
    for path, file in pack.paths().items():
        try:
            entries.append(_read_entry(file, pack, path))
        except LocatedError as fault:
            faults.append(fault)
    return entries, faults


def _read_entry(path: Traversable, pack: Pack, name: str) -> Entry:
    refuse_outside(path, pack.location)
    text = read_text(path)
    head = quick_head(text)
    if head is None:
        head = full_head(str(path), text)
    return _entry(MaterialFile(str(path), text, head), head, (), pack, name)


def _entry(
    file: MaterialFile, head: Mapping[str, Any], keys: Keys, pack: Pack, path: str
) -> Entry:
    """Return a checked head, which stands in `file` under `keys`."""
    return Entry(
        pack=pack.name,
        path=path,
        location=pack.location,
        kind=file.string(head, keys, "kind"),
        name=file.string(head, keys, "name"),
        aliases=file.strings("aliases", head, keys),
        maker=file.string(head, keys, "maker", ""),
        grade=file.string(head, keys, "grade", ""),
        generic=file.flag("generic", head, keys),
        family=file.string(head, keys, "family", ""),
        cas=file.string(head, keys, "cas", ""),
        components=file.strings("components", head, keys),
    )


def full_head(name: str, text: str) -> dict[str, Any]:
    """Return the keys above the first table of a file called `name`."""
    head = re.split(r"^[ \t]*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    try:
        return parse(name, head)
    except LocatedError:  # a line of a list may begin with a bracket
        return parse(name, text)


_TEXT = r'"[^"\\\x00-\x08\x0a-\x1f\x7f]*"'
_SPACE = r"[ \t\n]*"
_LIST = rf"{_SPACE}(?:{_TEXT}(?:{_SPACE},{_SPACE}{_TEXT})*{_SPACE}(?:,{_SPACE})?)?"
_KEY = "([A-Za-z0-9_-]+)[ \t]*=[ \t]*"
_LINE = re.compile(
    rf"[ \t]*(?:{_KEY}"
    rf"(?:({_TEXT})|(true|false)|\[({_LIST})\]|\{{[ \t]*{_KEY}\[({_LIST})\][ \t]*\}})"
    r"[ \t]*)?(?:#[^\x00-\x08\x0a-\x1f\x7f]*)?(?:\n|\Z)"
)
_TABLE = re.compile(r"[ \t]*\[")


def quick_head(text: str) -> dict[str, Any] | None:
    """Return the keys above the first table, if all are written in the usual way.

    That is one plain text, list of texts, true or false each, or one list of texts in
    braces; a pattern reads it ten times faster than TOML is parsed. None: `full_head`
    has to read it.
    """
    head: dict[str, Any] = {}
    at = 0
    while at < len(text):
        line = _LINE.match(text, at)
        if line is None:
            return head if _TABLE.match(text, at) else None
        key, word, flag, items, inner, inner_items = line.groups()
        if key in head:
            return None
        if word is not None:
            head[key] = word[1:-1]
        elif flag is not None:
            head[key] = flag == "true"
        elif items is not None:
            head[key] = items.split('"')[1::2]
        elif inner is not None:
            head[key] = {inner: inner_items.split('"')[1::2]}
        at = line.end()
    return head


def contents_text(folder: str | Path | Traversable) -> str:
    """Return the table ``[contents]`` of a pack as its files are now.

    Raises
    ------
    MaterialFileError
        The pack's ``pack.toml`` or the head of a file is broken.
    """
    pack = read_pack(Path(folder) if isinstance(folder, str) else folder)
    entries, faults = _read(pack)
    if faults:
        raise faults[0]
    lines = ["[contents]"]
    for entry in entries:
        said = [
            f"{key} = {_toml(value)}"
            for key, value in zip(HEAD, entry.head, strict=True)
            if value
        ]
        lines.append(f"{_toml(entry.path)} = {{ {', '.join(said)} }}")
    return "\n".join(lines) + "\n"


def write_contents(folder: str | Path) -> None:
    """Write the table ``[contents]`` of a pack into its ``pack.toml``, at the end.

    Raises
    ------
    MaterialFileError
        The pack or the head of a file in it is broken; nothing is written.
    """
    contents = contents_text(folder)
    path = Path(folder) / "pack.toml"
    text = read_text(path)
    head = re.split(r"^[ \t]*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    # no other table may stand in the file, so what follows the head is contents
    keys = {key: value for key, value in tomli.loads(text).items() if key != "contents"}
    if parse(str(path), head) != keys:
        what = "is not in the usual form: take [contents] out and write it again"
        raise LocatedError(str(path), 0, "contents", what)
    beside = path.with_name("pack.toml.new")
    beside.write_text(f"{head.rstrip()}\n\n{contents}", encoding="utf-8", newline="\n")
    os.replace(beside, path)


def stale(pack: Pack) -> dict[str, str]:
    """Return where ``[contents]`` does not fit the files: path to what is wrong.

    A pack without the table has nothing stale.
    """
    if pack.contents is None:
        return {}
    told = {each.path: each for each in entries_of(pack)[0]}
    found = {each.path: each for each in _read(pack)[0]}
    here = pack.paths()
    wrong = {}
    for path in {**told, **here}:
        if path not in told:
            wrong[path] = "the file is not in [contents]"
        elif path not in here:
            wrong[path] = "there is no such file"
        elif path in found and (what := difference(told[path], found[path].head)):
            wrong[path] = what
    return wrong


def difference(entry: Entry, head: tuple[Any, ...]) -> str:
    """Say what of an entry a file's own head contradicts; empty if it fits."""
    for key, told, found in zip(HEAD, entry.head, head, strict=True):
        if told != found:
            return f"says {key} = {_toml(told)}, the file says {key} = {_toml(found)}"
    return ""


def keys_of(item: Entry | Substance) -> set[str]:
    """Return what the names of a substance are matched by; see `names.match_key`.

    A small molecule goes by its CAS number too, and one that stands for its family by
    the family's name.
    """
    names = [item.name, *item.aliases]
    if item.generic and item.family:
        names.append(item.family)
    if is_small_molecule(item):
        names.append(item.cas)
    return {match_key(name) for name in names}


def is_small_molecule(item: Entry | Substance) -> bool:
    """Say whether the CAS number tells what it is: grades of a polymer share theirs."""
    if item.kind == "swelling_agent":
        return bool(item.cas) and not (item.generic or item.grade or item.family)
    return bool(item.cas) and item.kind == "solvent"


def identity(item: Entry | Substance) -> tuple[str, ...]:
    """Return what two packs that give one substance agree in.

    A small molecule is its CAS number, a polymer its maker and grade, whose lots may
    differ in molar mass; anything else its name.
    """
    if is_small_molecule(item):
        return ("cas", item.cas)
    if item.maker and item.grade:
        return ("grade", match_key(item.maker), match_key(item.grade))
    return ("name", match_key(item.name))


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
