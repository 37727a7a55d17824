"""What a plugin may add to membranekit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

hookspec = pluggy.HookspecMarker("membranekit")
hookimpl = pluggy.HookimplMarker("membranekit")


@hookspec
def membranekit_packs() -> Sequence[Traversable]:  # type: ignore[empty-body]
    """Return the material packs of this plugin.

    Returns
    -------
    sequence of pathlib.Path or Traversable
        Folders that hold a ``pack.toml``, such as
        ``[importlib.resources.files("my_package") / "materials"]``.
    """
