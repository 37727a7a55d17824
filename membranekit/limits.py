"""What a run cannot do: lack a property, stretch a value, cast what has demixed.

Nothing is simulated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit._kernels import coexistence
from membranekit.case import Case
from membranekit.case import Run as CaseRun
from membranekit.errors import InputError, MaterialError
from membranekit.process import (
    AirExposure,
    Immersion,
    Process,
    humid_air,
    step_names,
)
from membranekit.solution import CastingSolution
from membranekit.substances import (
    ROOM_TEMPERATURE,
    Substance,
    Value,
    range_of,
    within,
)
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
USES = ("phase diagram", "run", "filtration")
"""What a system is completed for; see `reads`."""
_FILTER = ("density", "contact_angle")
_FILTERED_WATER = ("density", "viscosity", "surface_tension")


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
    """A value that is read outside the range in which it is known.

    Parameters
    ----------
    where : str
        The address of what is outside.
    at : float
        The temperature [K], relative humidity or volume fraction [1] there.
    name : str
        The value, such as ``NMP.viscosity``, or the set of interactions.
    what : str
        The same in words.
    low, high : float
        Where it is known, in the unit of `at`.
    basis, source : str
        Of the value.
    kind : str
        ``temperature``, ``relative_humidity`` or ``volume_fraction``.
    """

    where: str
    at: float
    name: str
    what: str
    low: float
    high: float
    basis: str
    source: str
    kind: str = "temperature"

    @property
    def quantity(self) -> Any:
        """Return what is outside."""
        if self.kind == "temperature":
            return units.make(round(self.at - 273.15, 6), "degC")
        return units.make(float(f"{100 * self.at:.6g}"), "percent")

    @property
    def at_text(self) -> str:
        """Return the same as text."""
        return f"{self._number(self.at)} {self._unit}"

    @property
    def range(self) -> str:
        """Return where the value is known."""
        return f"{self._number(self.low)} to {self._number(self.high)} {self._unit}"

    @property
    def _unit(self) -> str:
        return {
            "temperature": "degC",
            "relative_humidity": "% relative humidity",
            "volume_fraction": "vol%",
        }[self.kind]

    def _number(self, value: float) -> str:
        if self.kind == "temperature":
            return _celsius(value)
        return f"{100 * value:.4g}"

    def __str__(self) -> str:
        return f"{self.what} ({self.range})"


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


def needed(substance: Substance, *, membrane_polymer: bool = False) -> tuple[str, ...]:
    """Return the names of the properties that a run reads of a substance."""
    if membrane_polymer:
        gels = substance.has("gelation_fraction")
        return (*_MEMBRANE_POLYMER, *(("gelation_fraction",) if gels else ()))
    if substance.kind == "support":
        return _SUPPORT
    if substance.is_chain:
        return _COIL
    names = list(_MOLECULE)
    if substance.kind == "solvent" or substance.has("viscosity"):
        names.append("viscosity")
    if substance.has("saturation_pressure"):
        names += _VOLATILE
    if substance.name == "water":
        names.append("surface_tension")
    return tuple(names)


def reads(
    substance: Substance, *, membrane_polymer: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return the names of the properties that each of `USES` reads of a substance.

    A filter that was declared reads those of filtration alone; one that was simulated
    has read those of its run too.

    Examples
    --------
    >>> reads(library.lookup("PSF"), membrane_polymer=True)["phase diagram"]
    ('number_average_molar_mass', 'density')
    """
    mass = "number_average_molar_mass" if substance.is_chain else "molar_mass"
    filtering: tuple[str, ...] = _FILTER if membrane_polymer else ()
    if substance.name == "water":
        filtering = _FILTERED_WATER
    by_use = {
        "phase diagram": () if substance.kind == "support" else (mass, "density"),
        "run": needed(substance, membrane_polymer=membrane_polymer),
        "filtration": filtering,
    }
    return {use: by_use[use] for use in USES}


def missing(solution: CastingSolution, process: Process) -> list[tuple[str, str]]:
    """Return substance and property of every value that a run would lack."""
    inside = list(solution.components)
    inside += process.brought(inside)
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


def stretches(
    solution: CastingSolution,
    process: Process,
    film: tuple[float, float] | None = None,
) -> list[Stretch]:
    """Return every value that a run reads outside the range it is known for.

    Interactions and viscosities are read wherever the film is led, vapor pressures and
    enthalpies of vaporization in air only, heat capacities and conductivities at the
    casting temperature, all else at 25 degC. A range of relative humidity is held
    against that of each air, one of volume fraction against the solution as cast.

    Parameters
    ----------
    solution, process
        The inputs.
    film : tuple of (float, float), optional
        How cold and how hot the film itself became in the air [K], after a run: it
        cools as its solvent evaporates.
    """
    places = _Places.of(solution, process, film)
    substances = [*solution.components]
    substances += process.brought(substances)
    chosen = library.interaction_set(
        [each.name for each in substances],
        solution.interactions,
        extra=(*solution.extra, *substances),
        home=solution.home,
    )
    found: list[Stretch] = []
    if chosen.valid_temperature is not None:
        read = dict(places.everywhere)
        if solution.measured_cloud_point is not None:
            read["solution.cloud_point.temperature"] = units.to_si(
                solution.measured_cloud_point.temperature, "temperature"
            )
        low, high = chosen.valid_temperature
        basis = "fitted" if chosen.fitted_to == "cloud points" else "estimated"
        told = (chosen.name, f"the interactions {chosen.name!r}", low, high, basis)
        source = chosen.assembled_from or chosen.note
        found += _outside(read, *told, source)
    for substance in substances:
        is_polymer = substance.name == solution.polymer.name
        for name in needed(substance, membrane_polymer=is_polymer):
            found += places.held_against(substance, name)
    for name in _SUPPORT:
        found += places.held_against(process.support.substance, name)
    water = library.builtin("water")
    if "water" not in {each.name for each in substances}:
        # in the walls of pores there is water, whatever the bath holds
        found += places.held_against(water, "viscosity")
    pressure = water.get("saturation_pressure")
    for name, step in _timed(process):
        if isinstance(step, AirExposure) and step.dew_point is not None:
            point = {f"{name}.dew_point": units.to_si(step.dew_point, "temperature")}
            what = "the saturation pressure of water (over liquid)"
            found += _beyond_of(pressure, "water", point, what=what)
    return found


@dataclass(frozen=True)
class _Places:
    """Where a run reads values: temperatures [K], humidities and shares, by address."""

    everywhere: Mapping[str, float]
    in_air: Mapping[str, float]
    at_start: Mapping[str, float]
    humidities: Mapping[str, float]
    shares: Mapping[str, float]

    @classmethod
    def of(
        cls,
        solution: CastingSolution,
        process: Process,
        film: tuple[float, float] | None,
    ) -> _Places:
        everywhere = temperatures(solution, process)
        start = "solution.temperature"
        if start not in everywhere:
            start = "support.temperature"
        at_start = {start: everywhere[start]}
        if film is not None:
            everywhere |= dict(
                zip(("film, coldest", "film, hottest"), film, strict=True)
            )
        airs = [
            (name, step)
            for name, step in _timed(process)
            if isinstance(step, AirExposure)
        ]
        in_air: dict[str, float] = {}
        if airs:
            in_air = {
                where: value
                for where, value in everywhere.items()
                if not where.startswith("immersion")
            }
        saturated = library.builtin("water").get("saturation_pressure").at
        humidities = {
            f"{name}.{step.humidity[0]}": humid_air(step)
            / saturated(units.to_si(step.temperature, "temperature"))
            for name, step in airs
        }
        return cls(everywhere, in_air, at_start, humidities, solution.volume_fractions)

    def held_against(self, substance: Substance, name: str) -> Iterator[Stretch]:
        """Yield how a property is read outside its ranges."""
        if not substance.has(name):
            return
        value = substance.get(name)
        if name in ("viscosity",):
            read = self.everywhere
        elif name in ("saturation_pressure", "enthalpy_of_vaporization"):
            read = self.in_air
        elif name in READ_AT:
            read = self.at_start
        else:
            read = {substance.name: ROOM_TEMPERATURE}
        yield from _beyond_of(value, substance.name, read)
        yield from _beyond_of(
            value, substance.name, self.humidities, kind="relative_humidity"
        )
        if substance.name in self.shares:
            share = {f"solution.parts.{substance.name}": self.shares[substance.name]}
            yield from _beyond_of(value, substance.name, share, kind="volume_fraction")


def _beyond_of(
    value: Value,
    of: str,
    read: Mapping[str, float],
    *,
    kind: str = "temperature",
    what: str = "",
) -> Iterator[Stretch]:
    """Yield where a value of a substance is read outside its range of a kind."""
    ends = range_of(kind, value.ranges)
    if ends is None:
        return
    name = f"{of}.{value.name}"
    what = what or f"the {value.name.replace('_', ' ')} of {of}"
    yield from _outside(read, name, what, *ends, value.basis, value.source, kind)


def _outside(
    read: Mapping[str, float],
    name: str,
    what: str,
    low: float,
    high: float,
    basis: str,
    source: str,
    kind: str = "temperature",
) -> Iterator[Stretch]:
    for where, at in read.items():
        if not within((low, high), at):
            yield Stretch(where, at, name, what, low, high, basis, source, kind)


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
        for first, text in stretched(stretches(solution, process)):
            raise InputError(
                f"{first.where}: {text}; give one inside, or extrapolate=True "
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


def stretched(found: Sequence[Stretch]) -> list[tuple[Stretch, str]]:
    """Return each place and kind once, by its first stretch, and all of it in words."""
    together: dict[tuple[str, str], list[Stretch]] = {}
    for each in found:
        together.setdefault((each.where, each.kind), []).append(each)
    return [
        (
            here[0],
            f"{here[0].at_text} is outside the range of {', '.join(map(str, here))}",
        )
        for here in together.values()
    ]


def _celsius(temperature: float) -> str:
    return f"{round(temperature - 273.15, 2):g}"


def _degrees(temperature: float) -> str:
    return f"{_celsius(temperature)} degC"
