"""A plugin whose hook is called otherwise: pluggy alone would pass over it."""

from pathlib import Path

from membranekit.hookspecs import hookimpl


@hookimpl
def membranekit_pack():
    return [Path(__file__).parent]
