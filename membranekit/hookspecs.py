"""What a plugin may add to membranekit: where its material packs lie.

There is no hook for a pack's metadata: its name, version, license, author and the
membranekit it needs stand in its ``pack.toml``, and nowhere else.
"""

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
