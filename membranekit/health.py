"""Examine an installation: each check says what it saw, and none stops the others."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, whether it is well, and what was seen."""

    name: str
    ok: bool
    message: str


class _UnwellError(Exception):
    """What a check found wrong."""


def examine() -> tuple[Check, ...]:
    """Look at kernels, versions, units and packs, and run a tiny simulation.

    Examples
    --------
    >>> [check.name for check in examine()]
    ['versions', 'kernels', 'units', 'packs', 'self test']
    """
    found = []
    for name, look in _LOOKS.items():
        # Whatever is broken, and however it shows, the other checks are made too.
        try:
            found.append(Check(name, True, look()))
        except _UnwellError as error:
            found.append(Check(name, False, str(error)))
        except Exception as error:
            found.append(Check(name, False, f"{type(error).__name__}: {error}"))
    return tuple(found)


def _versions() -> str:
    told = [f"python {platform.python_version()} ({sys.executable})"]
    lost = []
    for name in ("membranekit", "numpy", "pint"):
        try:
            told.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lost.append(name)
    if lost:
        raise _UnwellError(
            f"{', '.join(told)}; not installed: {', '.join(lost)}. "
            "`pip install membranekit` brings them"
        )
    return ", ".join(told)


def _kernels() -> str:
    """Import every kernel that has a stub."""
    kernels = import_module("membranekit._kernels")
    folder = Path(kernels.__path__[0])
    names = sorted(path.stem for path in folder.glob("*.pyi"))
    files = []
    for name in names:
        module = import_module(f"membranekit._kernels.{name}")
        files.append(Path(str(module.__file__)).name)
    builds = {file.partition(".")[2] for file in files}
    return f"{len(names)} kernels in {folder}, built as {', '.join(sorted(builds))}"


# What the library reads daily, with its value in SI units.
_KNOWN = (
    ("150 um", "length", 150e-6),
    ("25 degC", "temperature", 298.15),
    ("2 min", "time", 120.0),
    ("0.8 m/s", "velocity", 0.8),
    ("1 bar", "pressure", 1e5),
    ("1.65 mPa*s", "viscosity", 1.65e-3),
    ("1030 kg/m**3", "density", 1030.0),
    ("9 g/kg", "humidity_ratio", 0.009),
    ("36 L/(m**2 h)", "filtration_flux", 1e-5),
    ("30 %", "relative_humidity", 0.3),
)


def _units() -> str:
    """Read texts with the application registry, and write one back."""
    from membranekit import units

    for text, kind, expected in _KNOWN:
        value = units.si(text, kind, text)
        if abs(value - expected) > 1e-9 * expected:
            raise _UnwellError(
                f"the application registry of pint reads {text} as {value:g} in SI "
                f"units, not {expected:g}: another library has put one in place "
                "that defines units of its own"
            )
    back = units.make(2.5e-6, "m").to("um").magnitude
    if abs(back - 2.5) > 1e-9:
        raise _UnwellError(f"pint's application registry writes 2.5e-6 m as {back} um")
    return f"the application registry of pint reads all of {len(_KNOWN)} texts right"


def _packs() -> str:
    """Read every file of every pack."""
    from membranekit.library import materials

    faults = materials.check()
    if faults:
        raise _UnwellError("\n".join(map(str, faults)))
    files = sum(len(pack.files()) for pack in materials.packs)
    names = ", ".join(f"{pack.name} {pack.version}" for pack in materials.packs)
    return f"{names}; {files} files, all of them readable"


_CLOSED = 1e-9
"""Largest relative error of a mass balance that closes [1]."""


def _self_test() -> str:
    """Simulate a film for two seconds, on few cells, by what is shipped alone."""
    from membranekit.process import AirExposure, Immersion, Process
    from membranekit.simulation import simulate
    from membranekit.solution import CastingSolution

    solution = CastingSolution.from_parts(
        {"PES@builtin": 18, "NMP@builtin": 82},
        interactions="water-NMP-PES, UNIFAC-DO refit",
    )
    air = AirExposure(
        time="1 s",
        temperature="25 degC",
        relative_humidity="50 %",
        air_speed="0.5 m/s",
    )
    bath = Immersion(bath="water", temperature="20 degC", time="1 s")
    process = Process(wet_thickness="100 um", steps=[air, bath])
    membrane = simulate(solution, process, cells=20, history=False)
    if not membrane.success:
        raise _UnwellError(f"a tiny simulation stopped: {membrane.message}")
    if not membrane.mass_closure <= _CLOSED:
        raise _UnwellError(f"mass does not close: {membrane.mass_closure:.2g}")
    return f"a tiny simulation ran, its mass closes to {membrane.mass_closure:.0e}"


_LOOKS: dict[str, Callable[[], str]] = {
    "versions": _versions,
    "kernels": _kernels,
    "units": _units,
    "packs": _packs,
    "self test": _self_test,
}
