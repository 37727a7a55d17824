"""What a run cannot do: lack a property, stretch a value, cast what has demixed.

Nothing is simulated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit._kernels import coexistence
from membranekit.case import Case
from membranekit.case import Run as CaseRun
from membranekit.errors import InputError, MaterialError
from membranekit.process import AirExposure, Immersion, Process, step_names
from membranekit.solution import CastingSolution
from membranekit.substances import Substance
from membranekit.thermo.flory_huggins import Mixture
from membranekit.thermo.stability import DEMIXED, Stability, stability
from membranekit.thermo.titration import cloud_fraction

_MOLECULE = (
    "molar_mass",
    "density",
    "heat_capacity",
    "thermal_conductivity",
    "glass_temperature",
    "boiling_molar_volume",
    "association",
)
_COIL = (
    "number_average_molar_mass",
    "density",
    "heat_capacity",
    "thermal_conductivity",
    "glass_temperature",
    "diffusivity",
)
_VOLATILE = ("saturation_pressure", "enthalpy_of_vaporization", "diffusion_volume")
_MEMBRANE_POLYMER = (
    "number_average_molar_mass",
    "density",
    "heat_capacity",
    "thermal_conductivity",
    "glass_temperature",
    "contact_angle",
    "yield_stress",
    "start_pore_diameter",
)
_SUPPORT = ("density", "heat_capacity", "thermal_conductivity")
READ_AT = (
    *("viscosity", "saturation_pressure", "enthalpy_of_vaporization"),
    *("heat_capacity", "thermal_conductivity"),
)
"""Properties that a run reads at its own temperatures; all others at 25 degC."""
_SMALLEST_STRETCH = 1e-6
"""A temperature this far outside a range is still in it: its unit was converted [K]."""


class _Model(Protocol):
    """The part of a film's model that is looked at here."""

    @property
    def mixture(self) -> Mixture:
        """Return its tables, the membrane polymer last."""


class Prepared(Protocol):
    """A run as floats, as far as it is looked at here."""

    @property
    def model(self) -> _Model:
        """Return what the kernel is set up with."""

    @property
    def substances(self) -> tuple[Substance, ...]:
        """Return all but the membrane polymer."""

    @property
    def polymer(self) -> Substance:
        """Return the membrane polymer."""

    @property
    def amounts(self) -> NDArray[np.float64]:
        """Return the volume of each substance per volume of polymer [1]."""

    @property
    def temperature(self) -> float:
        """Return the temperature at which it is cast [K]."""


@dataclass(frozen=True)
class Stretch:
    """A value that is read outside the temperatures for which it is known.

    Parameters
    ----------
    where : str
        The address of the temperature.
    temperature : float
        The temperature [K].
    what : str
        The value, in words.
    low, high : float
        Where it is known [K].
    basis, source : str
        Of the value.
    """

    where: str
    temperature: float
    what: str
    low: float
    high: float
    basis: str
    source: str

    def __str__(self) -> str:
        return f"{self.what} ({_celsius(self.low)} to {_degrees(self.high)})"


@dataclass(frozen=True)
class Phase:
    """Whether a casting solution is one phase, and how far it is from two.

    Parameters
    ----------
    distance : float
        Tangent-plane distance, negative if the solution demixes [1].
    water : float or None
        Mass fraction of water in it [1]; None: water never comes near it.
    cloud_point : float or None
        The same at which it just demixes, all else being held [1]; None: at none.
    """

    distance: float
    water: float | None
    cloud_point: float | None

    @property
    def one(self) -> bool:
        """Whether it is one phase."""
        return self.distance >= DEMIXED


def brought(process: Process, present: Iterable[str]) -> list[Substance]:
    """Return what the air and the baths bring beside the substances `present`."""
    found: dict[str, Substance] = {}
    for step in process.resolved_steps:
        if isinstance(step, AirExposure):
            for each in (library.builtin("water"), *step.vapor.substances.values()):
                found.setdefault(each.name, each)
        elif isinstance(step, Immersion):
            for each in step.bath.substances.values():
                found.setdefault(each.name, each)
    return [each for name, each in found.items() if name not in set(present)]


def needed(substance: Substance, *, membrane_polymer: bool = False) -> tuple[str, ...]:
    """Return the names of the properties that a run reads of a substance."""
    if membrane_polymer:
        gels = substance.has("gelation_fraction")
        return (*_MEMBRANE_POLYMER, *(("gelation_fraction",) if gels else ()))
    if substance.kind == "support":
        return _SUPPORT
    if substance.has("number_average_molar_mass"):
        return _COIL
    names = list(_MOLECULE)
    if substance.kind == "solvent" or substance.has("viscosity"):
        names.append("viscosity")
    if substance.has("saturation_pressure"):
        names += _VOLATILE
    if substance.name == "water":
        names.append("surface_tension")
    return tuple(names)


def missing(solution: CastingSolution, process: Process) -> list[tuple[str, str]]:
    """Return substance and property of every value that a run would lack."""
    inside = list(solution.components)
    inside += brought(process, [each.name for each in inside])
    inside.append(process.support.substance)
    return [
        (each.name, name)
        for each in inside
        for name in needed(each, membrane_polymer=each.name == solution.polymer.name)
        if not each.has(name)
    ]


# --------------------------------------------------------------------- temperatures


def temperatures(solution: CastingSolution, process: Process) -> dict[str, float]:
    """Return the temperatures a film is led through, by address [K].

    A step of no time leads it nowhere.
    """
    support = units.to_si(process.support.temperature, "temperature")
    found = {"support.temperature": support}
    if solution.temperature is not None:
        found["solution.temperature"] = units.to_si(solution.temperature, "temperature")
    for name, step in _timed(process):
        found[f"{name}.temperature"] = units.to_si(step.temperature, "temperature")
    return found


def _timed(process: Process) -> list[tuple[str, Any]]:
    steps = process.resolved_steps
    return [
        (name, step)
        for name, step in zip(step_names(steps), steps, strict=True)
        if isinstance(step, (AirExposure, Immersion)) and step.time.magnitude > 0
    ]


def stretches(solution: CastingSolution, process: Process) -> list[Stretch]:
    """Return every value that a run reads outside the temperatures it is known for.

    Interactions and viscosities are read wherever the film is led, vapor pressures and
    enthalpies of vaporization in air only, heat capacities and conductivities at the
    casting temperature.
    """
    everywhere = temperatures(solution, process)
    start = "solution.temperature"
    if start not in everywhere:
        start = "support.temperature"
    at_start = {start: everywhere[start]}
    airs = [name for name, step in _timed(process) if isinstance(step, AirExposure)]
    in_air: dict[str, float] = {}
    if airs:
        in_air = {
            where: value
            for where, value in everywhere.items()
            if not where.startswith("immersion")
        }
    places = (everywhere, in_air, in_air, at_start, at_start)
    read_at = dict(zip(READ_AT, places, strict=True))
    substances = [*solution.components]
    substances += brought(process, [each.name for each in substances])
    chosen = library.interaction_set(
        [each.name for each in substances],
        solution.interactions,
        extra=(*solution.extra, *substances),
    )
    found = list(
        _outside(
            chosen.valid_temperature,
            everywhere,
            f"the interactions {chosen.name!r}",
            "fitted" if chosen.fitted_to == "cloud points" else "estimated",
            chosen.assembled_from or chosen.note,
        )
    )
    for substance in substances:
        is_polymer = substance.name == solution.polymer.name
        for name in needed(substance, membrane_polymer=is_polymer):
            if name in read_at and substance.has(name):
                value = substance.get(name)
                what = f"the {name.replace('_', ' ')} of {substance.name}"
                valid = value.valid_temperature
                found += _outside(valid, read_at[name], what, value.basis, value.source)
    water = library.builtin("water").get("saturation_pressure")
    for name, step in _timed(process):
        if isinstance(step, AirExposure) and step.dew_point is not None:
            point = {f"{name}.dew_point": units.to_si(step.dew_point, "temperature")}
            what = "the saturation pressure of water (over liquid)"
            valid = water.valid_temperature
            found += _outside(valid, point, what, water.basis, water.source)
    return found


def _outside(
    valid: tuple[float, float] | None,
    at: Mapping[str, float],
    what: str,
    basis: str,
    source: str,
) -> Iterator[Stretch]:
    if valid is None:
        return
    low, high = valid
    for where, temperature in at.items():
        if not low - _SMALLEST_STRETCH <= temperature <= high + _SMALLEST_STRETCH:
            yield Stretch(where, temperature, what, low, high, basis, source)


# ---------------------------------------------------------------------------- phases


def phase(solution: CastingSolution, run: Prepared) -> Phase:
    """Tell whether a casting solution is one phase, and where its cloud point is.

    A run enters what only the air or a bath brings as a trace; the numbers returned
    are those of the recipe, which does not hold it.

    Parameters
    ----------
    solution : CastingSolution
        The recipe.
    run : Prepared
        The same as floats.

    Raises
    ------
    MembranekitError
        If the stability test fails.
    """
    names = [each.name for each in run.substances]
    mixture = run.model.mixture
    found = _tested(run)
    if "water" not in names:
        return Phase(found.distance, None, None)
    water = names.index("water")
    held = solution.mass_fractions
    present = np.where([name in held for name in names], run.amounts, 0.0)
    volumes = np.append(present, 1.0)
    density = np.array([each.get("density").at() for each in run.substances])
    density = np.append(density, run.polymer.get("density").at())
    share = cloud_fraction(mixture, volumes / volumes.sum(), water, run.temperature)
    if share is None:
        return Phase(found.distance, held.get("water", 0.0), None)
    volumes[water] = 0.0
    volumes *= (1.0 - share) / volumes.sum()
    volumes[water] = share
    masses = volumes * density
    cloud = float(masses[water] / masses.sum())
    return Phase(found.distance, held.get("water", 0.0), cloud)


def _tested(run: Prepared) -> Stability:
    """Test a run's solution with the traces that it enters."""
    volumes = np.append(run.amounts, 1.0)
    return stability(run.model.mixture, volumes / volumes.sum(), run.temperature)


def vapor_pressure(run: Prepared) -> float:
    """Return the pressure of all vapors over a casting solution [Pa].

    ``p = sum_i a_i p_sat,i(T)`` at the temperature at which it is cast.
    """
    kelvin = run.temperature
    volumes = np.append(run.amounts, 1.0)
    settings = run.model.mixture.at(kelvin)
    potentials, _ = coexistence.potentials(volumes, **settings)
    activity = np.exp(potentials[:-1] / settings["s"][:-1])
    return sum(
        float(a) * each.get("saturation_pressure").at(kelvin)
        for a, each in zip(activity, run.substances, strict=True)
        if each.has("saturation_pressure")
    )


def demixed(found: Phase, temperature: float) -> str:
    """Say that a casting solution has demixed before it is cast, by how much water."""
    at = f"at {_degrees(temperature)}"
    if found.water is None or found.cloud_point is None:
        return f"it has demixed before it is cast, {at}"
    if found.cloud_point == 0.0:
        return (
            f"it has demixed before it is cast, {at}, even without any water; it needs "
            "less polymer or additive, or another solvent"
        )
    if found.cloud_point > found.water:
        return f"it has demixed before it is cast, {at}"
    held, most = 100 * found.water, 100 * found.cloud_point
    return (
        f"it has demixed before it is cast: it holds {held:.3g} wt% water and demixes "
        f"{at} at {most:.3g} wt%; give {held - most:.2g} wt% less"
    )


# --------------------------------------------------------------------------- refusal


def pair(
    solution: object, process: object, caller: str
) -> tuple[CastingSolution, Process]:
    """Return a casting solution and a process, or say what stands in their place.

    Parameters
    ----------
    solution, process : object
        What was given.
    caller : str
        The function that takes them.

    Raises
    ------
    InputError
        If they are swapped, a case, or something else.
    """
    right = f"{caller}(solution, process)"
    if isinstance(solution, Process) and isinstance(process, CastingSolution):
        raise InputError(f"solution and process are swapped; write {right}")
    if isinstance(solution, Case | CaseRun):
        many = "case" if isinstance(solution, Case) else "[run]"
        raise InputError(
            f"solution: {type(solution).__name__} holds both; simulate_many({many}) "
            f"simulates it, and {right} takes run.solution and run.process of one run "
            "of case.runs"
        )
    if not isinstance(solution, CastingSolution):
        raise InputError(f"solution: {solution!r} is no CastingSolution; write {right}")
    if not isinstance(process, Process):
        raise InputError(f"process: {process!r} is no Process; write {right}")
    return solution, process


def refuse_missing(solution: CastingSolution, process: Process) -> None:
    """Refuse a run that lacks properties, naming all of them at once.

    Raises
    ------
    MaterialError
        With every substance and property that is missing.
    """
    lacking = missing(solution, process)
    if lacking:
        listed = ", ".join(f"{name} of {substance}" for substance, name in lacking)
        raise MaterialError(f"these properties are not given: {listed}")


def refuse(
    solution: CastingSolution,
    process: Process,
    run: Prepared,
    *,
    extrapolate: bool = False,
) -> None:
    """Refuse a run that cannot be simulated, or only by extrapolation.

    Parameters
    ----------
    run : Prepared
        The same solution and process as floats.
    extrapolate : bool
        Let it go to temperatures at which values it reads are not known.

    Raises
    ------
    InputError
        If a temperature lies outside the range of a property or of the interactions,
        or the casting solution has demixed before it is cast, by how much water.
    """
    if not extrapolate:
        for where, text in stretched(stretches(solution, process)):
            raise InputError(
                f"{where}: {text}; give a temperature inside, or extrapolate=True "
                "(--extrapolate on the command line)"
            )
    for name, step in _timed(process):
        if isinstance(step, AirExposure):
            total = vapor_pressure(run)
            pressure = units.to_si(step.pressure, "pressure")
            if total >= pressure:
                raise InputError(
                    f"{name}: at {_degrees(run.temperature)}, where it is cast, the "
                    f"solution boils: its vapors reach {total / 1e5:.3g} bar, the air "
                    f"has {pressure / 1e5:.3g} bar; give a colder support"
                )
    if not _tested(run).stable:
        found = phase(solution, run)
        raise InputError(f"solution.parts: {demixed(found, run.temperature)}")


def stretched(found: Sequence[Stretch]) -> list[tuple[str, str]]:
    """Return where and what in words, one entry for each temperature."""
    texts = []
    for where in dict.fromkeys(each.where for each in found):
        here = [each for each in found if each.where == where]
        listed = ", ".join(map(str, here))
        at = _degrees(here[0].temperature)
        texts.append((where, f"{at} is outside the range of {listed}"))
    return texts


def _celsius(temperature: float) -> str:
    return f"{round(temperature - 273.15, 2):g}"


def _degrees(temperature: float) -> str:
    return f"{_celsius(temperature)} degC"
