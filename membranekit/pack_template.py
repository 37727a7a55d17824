"""Write the template of a material pack: a project that pip can build."""

from __future__ import annotations

import importlib.resources
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from membranekit.errors import InputError, OutputError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = "package"
"""The folder of the template that becomes the package."""

_TAKEN = {"builtin": "comes with membranekit", "case": "a case brings itself"}
"""Names behind an @ that no pack can have, and whose they are."""


def write(folder: Path) -> Path:
    """Write the template of a pack; the folder's name becomes the pack's.

    Parameters
    ----------
    folder : Path
        It must not be there yet; whatever goes wrong, nothing is left of it.

    Returns
    -------
    Path
        The folder in it that holds ``pack.toml``.

    Raises
    ------
    InputError
        No name of a pack can be made of the folder's.
    OutputError
        The folder is there already, or cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     package = write(Path(place) / "my-lab")
    ...     print(package.name, len(list(package.glob("*/*.toml"))), "materials")
    membranekit_my_lab 3 materials
    """
    name = pack_name(folder)
    package = f"membranekit_{name.replace('-', '_')}"
    if folder.exists() or folder.is_symlink():
        raise OutputError(f"{folder} is there already, and is left as it is")
    try:
        # Beside it, so that it is there at once, and whole, when it is renamed.
        with tempfile.TemporaryDirectory(dir=folder.resolve().parent) as place:
            project = Path(place) / package
            project.mkdir()
            for parts, text in _texts():
                own = [package if part == _PACKAGE else part for part in parts]
                file = project.joinpath(*own)
                file.parent.mkdir(parents=True, exist_ok=True)
                filled = Template(text).substitute(name=name, package=package)
                file.write_text(filled, encoding="utf-8", newline="\n")
            about = f'"""The material pack {name}: data alone, nothing to run."""\n'
            (project / package / "__init__.py").write_text(about, encoding="utf-8")
            project.rename(folder)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return folder / package


def pack_name(folder: Path) -> str:
    """Return the name of a pack, and of a distribution, that a folder's name gives.

    Raises
    ------
    InputError
        It gives none, or one that is taken.

    Examples
    --------
    >>> pack_name(Path("My Lab"))
    'my-lab'
    """
    given = folder.resolve().name
    name = re.sub(r"[^a-z0-9]+", "-", given.casefold()).strip("-")
    name = name.removeprefix("membranekit-")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise InputError(
            f"{given!r}: the folder's name becomes the pack's: it begins with a "
            'letter of a to z, and letters, digits and hyphens follow, as in "my-lab"'
        )
    if name in _TAKEN:
        raise InputError(
            f"{given!r}: the folder's name becomes the pack's, and {name!r} is the "
            f'name of what {_TAKEN[name]}: take another, such as "my-lab"'
        )
    return name


def _texts() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path, by its parts, and the text of each file of the template."""
    waiting: list[tuple[tuple[str, ...], Traversable]]
    start = importlib.resources.files("membranekit").joinpath("data", "pack")
    waiting = [((), start)]
    while waiting:
        parts, entry = waiting.pop()
        if entry.is_dir():
            waiting += [((*parts, each.name), each) for each in entry.iterdir()]
        else:
            yield parts, entry.read_text(encoding="utf-8")
