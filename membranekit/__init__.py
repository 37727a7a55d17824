"""Simulate phase-inversion membranes: from a recipe and its steps to the pores.

The public names are imported when they are first used, so that ``import membranekit``
is quick and needs none of the optional dependencies.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from pint import Quantity as Quantity

    from membranekit import claims as claims
    from membranekit import plot as plot
    from membranekit import verification as verification
    from membranekit.case import Case as Case
    from membranekit.case import cases as cases
    from membranekit.case import read_case as read_case
    from membranekit.checks import check as check
    from membranekit.completeness import Missing as Missing
    from membranekit.completeness import missing as missing
    from membranekit.diagram import PhaseDiagram as PhaseDiagram
    from membranekit.diagram import phase_diagram as phase_diagram
    from membranekit.ensemble import Bands as Bands
    from membranekit.ensemble import bands as bands
    from membranekit.errors import InputError as InputError
    from membranekit.errors import MaterialError as MaterialError
    from membranekit.errors import MaterialFileError as MaterialFileError
    from membranekit.errors import MembranekitError as MembranekitError
    from membranekit.errors import MissingExtraError as MissingExtraError
    from membranekit.errors import OutputError as OutputError
    from membranekit.errors import UnitError as UnitError
    from membranekit.filters import stack as stack
    from membranekit.fitting import InteractionFit as InteractionFit
    from membranekit.fitting import fit_interactions as fit_interactions
    from membranekit.library import materials as materials
    from membranekit.membrane import History as History
    from membranekit.membrane import Membrane as Membrane
    from membranekit.membrane import save as save
    from membranekit.process import AirExposure as AirExposure
    from membranekit.process import Dry as Dry
    from membranekit.process import Hydrophilize as Hydrophilize
    from membranekit.process import Immersion as Immersion
    from membranekit.process import Process as Process
    from membranekit.process import Rinse as Rinse
    from membranekit.process import Support as Support
    from membranekit.simulation import simulate as simulate
    from membranekit.simulation import simulate_many as simulate_many
    from membranekit.solution import CastingSolution as CastingSolution
    from membranekit.validation import Validation as Validation
    from membranekit.validation import validate as validate

_NAMES = {
    "ensemble": ("Bands", "bands"),
    "case": ("Case", "cases", "read_case"),
    "checks": ("check",),
    "completeness": ("Missing", "missing"),
    "diagram": ("PhaseDiagram", "phase_diagram"),
    "errors": (
        "InputError",
        "MaterialError",
        "MaterialFileError",
        "MembranekitError",
        "MissingExtraError",
        "OutputError",
        "UnitError",
    ),
    "filters": ("stack",),
    "fitting": ("InteractionFit", "fit_interactions"),
    "library": ("materials",),
    "membrane": ("History", "Membrane", "save"),
    "process": (
        "AirExposure",
        "Dry",
        "Hydrophilize",
        "Immersion",
        "Process",
        "Rinse",
        "Support",
    ),
    "simulation": ("simulate", "simulate_many"),
    "solution": ("CastingSolution",),
    "validation": ("Validation", "validate"),
}
_SOURCES = {name: module for module, names in _NAMES.items() for name in names}

_MODULES = ("claims", "plot", "verification")

__all__ = ["Quantity", *_MODULES, *_SOURCES]


def __getattr__(name: str) -> Any:
    """Import a public name at its use."""
    if name == "Quantity":
        # Never stored: another library may replace the application registry.
        return import_module("membranekit.units").registry().Quantity
    if name in _SOURCES:
        return getattr(import_module(f"membranekit.{_SOURCES[name]}"), name)
    if name in _MODULES:
        return import_module(f"membranekit.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({"__version__", *__all__})


class _Package(ModuleType):
    """A package in which no subpackage hides a public name.

    Reading the built-in materials imports the data folder ``membranekit.materials``,
    and Python then sets it as an attribute, where users look for the mapping.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _SOURCES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
