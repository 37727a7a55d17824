"""Find plugins and material packs; nothing is looked for until it is needed.

A pack comes from one of four places: a plugin's hook `membranekit_packs` (the built-in
pack uses it too), an entry point of the group ``membranekit.packs`` that names a
package, the paths in ``MEMBRANEKIT_PACKS``, and the user's data folder. What is broken
is named and skipped, and the rest goes on; `is_strict` says whether the user wants an
error instead.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from membranekit import hookspecs
from membranekit.names import suggestion

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PLUGINS = "membranekit"
PACKS = "membranekit.packs"
ENVIRONMENT = "MEMBRANEKIT_PACKS"
STRICT = "MEMBRANEKIT_STRICT"


@dataclass(frozen=True)
class Skipped:
    """A plugin, pack or file that could not be used, and why."""

    name: str
    message: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return f"{self.name}: {f'{self.file}{line}: ' * bool(self.file)}{self.message}"


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


def is_strict() -> bool:
    """Say whether ``MEMBRANEKIT_STRICT`` asks for an error where a pack is skipped."""
    return os.environ.get(STRICT, "").strip().lower() not in ("", "0", "no", "false")


@functools.cache
def _started() -> tuple[pluggy.PluginManager, tuple[Skipped, ...]]:
    made = pluggy.PluginManager(PLUGINS)
    made.add_hookspecs(hookspecs)
    made.register(BuiltinPack(), "builtin")
    skipped = []
    for entry in entry_points(group=PLUGINS):
        if made.has_plugin(entry.name):
            skipped.append(Skipped(entry.name, "another plugin has this name"))
            continue
        # Whatever a stranger's module raises on import, the program goes on.
        try:
            made.register(entry.load(), entry.name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            skipped.append(Skipped(entry.name, _reason(error)))
            if made.has_plugin(entry.name):  # a hook of it was refused
                made.unregister(name=entry.name)
    return made, (*skipped, *_misspelt(made))


def _misspelt(made: pluggy.PluginManager) -> Iterator[Skipped]:
    """Take out every plugin with a hook that there is not, and name it."""
    hooks = [name for name in vars(hookspecs) if name.startswith(f"{PLUGINS}_")]
    while True:
        try:
            made.check_pending()
            return
        except pluggy.PluginValidationError as error:
            name = made.get_name(error.plugin) or repr(error.plugin)
            callers = made.get_hookcallers(error.plugin) or []
            wrong = [each.name for each in callers if not each.has_spec()]
            near = suggestion(wrong[0], hooks) or ", ".join(hooks)
            made.unregister(error.plugin)
            yield Skipped(name, f"there is no hook {wrong[0]!r}; did you mean {near}?")


def manager() -> pluggy.PluginManager:
    """Return the plugin manager, made and filled at its first use."""
    return _started()[0]


def find_packs() -> Found:
    """Return every place a pack was announced at, each once.

    What is broken is named and skipped. A place that two announce, such as an entry
    point and ``MEMBRANEKIT_PACKS``, counts once.
    """
    plugins, broken = _started()
    skipped = list(broken)
    locations: dict[str, Traversable] = {}

    def add(location: Traversable, name: str = "", package: str = "") -> None:
        manifest = location.joinpath("pack.toml")
        if name and not manifest.is_file():
            what = _without_manifest(location, package)
            skipped.append(Skipped(name, what, str(location)))
            return
        locations.setdefault(os.path.realpath(str(manifest)), location)

    for call in plugins.hook.membranekit_packs.get_hookimpls():
        try:
            for location in _folders(call.function()):
                add(location)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            skipped.append(Skipped(call.plugin_name, _reason(error)))
    for entry in entry_points(group=PACKS):
        try:
            add(_package(entry), entry.name, entry.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            skipped.append(Skipped(entry.name, _reason(error)))
    named = os.environ.get(ENVIRONMENT, "").split(os.pathsep)
    own = [Path(text.strip()) for text in named if text.strip()]
    try:
        own += _subfolders(user_folder())
    except OSError as error:
        skipped.append(Skipped("the user's packs", _reason(error), str(user_folder())))
    for folder in own:
        name = folder.name or str(folder)
        try:
            add(folder, name)
        except OSError as error:  # it may not be looked into
            skipped.append(Skipped(name, _reason(error), str(folder)))
    return Found(tuple(locations.values()), tuple(skipped))


def user_folder() -> Path:
    """Return the folder whose subfolders are the user's own packs."""
    import platformdirs

    data: Path = platformdirs.user_data_path("membranekit", appauthor=False)
    return data / "packs"


def _package(entry: EntryPoint) -> Traversable:
    module = importlib.import_module(entry.module)
    places = [Path(place) for place in getattr(module, "__path__", ())]
    if len(places) == 1 and places[0].is_dir():  # one without __init__.py, too
        return places[0]
    return importlib.resources.files(module)


def _without_manifest(location: Traversable, package: str) -> str:
    """Say what is wrong with a folder, perhaps a package's, that is no pack."""
    if not location.is_dir():
        return "this is no folder; a pack is one with a pack.toml in it"
    what = "there is no pack.toml in this folder"
    inside = sorted(
        each.name
        for each in location.iterdir()
        if each.is_dir() and each.joinpath("pack.toml").is_file()
    )
    if inside and package:
        named = " or ".join(f'"{package}.{name}"' for name in inside)
        return f"{what}; the entry point has to name the one in it that has: {named}"
    return f"{what}; it is in {' and in '.join(inside)}" if inside else what


def _folders(given: Any) -> list[Traversable]:
    """Return what a hook gave, if it is a list of folders."""
    is_one = isinstance(given, str | os.PathLike)
    folders = [] if is_one else list(given)
    if is_one or not all(hasattr(each, "joinpath") for each in folders):
        raise TypeError(
            "membranekit_packs must return a list of folders, each a pathlib.Path or "
            f"a Traversable, not {given!r}"
        )
    return folders


def _subfolders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith((".", "_")):
                yield path


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
