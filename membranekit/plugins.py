"""Find plugins and material packs; nothing is looked for until it is needed.

A pack comes from one of four places: a plugin's hook `membranekit_packs` (the built-in
pack uses it too), an entry point of the group ``membranekit.packs`` that names a
package, the paths in ``MEMBRANEKIT_PACKS``, and the user's data folder.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

import pluggy

from membranekit import hookspecs

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PLUGINS = "membranekit"
PACKS = "membranekit.packs"
ENVIRONMENT = "MEMBRANEKIT_PACKS"


@dataclass(frozen=True)
class Skipped:
    """A plugin, pack or file that could not be used, and why."""

    name: str
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Found:
    """Where packs were found, and what had to be skipped."""

    locations: tuple[Traversable, ...]
    skipped: tuple[Skipped, ...]


class BuiltinPack:
    """The plugin that offers the materials shipped with membranekit."""

    @staticmethod
    @hookspecs.hookimpl
    def membranekit_packs() -> list[Traversable]:
        """Return the folder of the built-in pack."""
        try:
            return [importlib.resources.files("membranekit.materials")]
        except ModuleNotFoundError:  # a checkout that is not installed
            return [Path(__file__).resolve().parents[1] / "materials"]


@functools.cache
def _started() -> tuple[pluggy.PluginManager, tuple[Skipped, ...]]:
    made = pluggy.PluginManager(PLUGINS)
    made.add_hookspecs(hookspecs)
    made.register(BuiltinPack(), "builtin")
    skipped = []
    for entry in entry_points(group=PLUGINS):
        # Whatever a stranger's module raises on import, the program goes on.
        try:
            made.register(entry.load(), entry.name)
        except Exception as error:
            skipped.append(Skipped(entry.name, _reason(error)))
    return made, tuple(skipped)


def manager() -> pluggy.PluginManager:
    """Return the plugin manager, made and filled at its first use."""
    return _started()[0]


def find_packs(environment: Mapping[str, str] = os.environ) -> Found:
    """Return every place a pack was announced at; a broken one is named and skipped.

    Parameters
    ----------
    environment : Mapping[str, str]
        Where ``MEMBRANEKIT_PACKS`` and the user's data folder are looked up.
    """
    plugins, broken = _started()
    locations: list[Traversable] = []
    skipped = list(broken)
    for call in plugins.hook.membranekit_packs.get_hookimpls():
        try:
            locations.extend(cast("Sequence[Traversable]", call.function()))
        except Exception as error:
            skipped.append(Skipped(call.plugin_name, _reason(error)))
    for entry in entry_points(group=PACKS):
        try:
            locations.append(importlib.resources.files(_package(entry)))
        except Exception as error:
            skipped.append(Skipped(entry.name, _reason(error)))
    for text in environment.get(ENVIRONMENT, "").split(os.pathsep):
        if text.strip():
            locations.append(Path(text.strip()))
    locations.extend(_subfolders(user_folder(environment)))
    return Found(tuple(locations), tuple(skipped))


def user_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder whose subfolders are the user's own packs."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "membranekit" / "packs"


def _package(entry: EntryPoint) -> ModuleType:
    return importlib.import_module(entry.module)


def _subfolders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_dir())


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
