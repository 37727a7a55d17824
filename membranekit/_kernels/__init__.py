"""The compiled kernels: float64 arrays in SI units in and out, built from ``ext/``.

A module of this package is served by name. When it is missing, the error says how
to build it, which a bare ``ImportError`` from deep inside would not.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """Import a kernel at first use; say how to build it when it is not there."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"the compiled module {__name__}.{name} is not built. In the checkout, "
            "with a C compiler at hand, run: pip install -e . (an editable install "
            "must be repeated when a file in ext/ changes). Python started in the "
            "checkout also finds this folder before an installed membranekit: "
            "start it from another folder then."
        ) from error
