"""Run a casting solution through a process: quantities in, one membrane out."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, limits, trust, units
from membranekit._kernels.film import MESSAGES, TROUBLES, Film
from membranekit.case import lasting_text
from membranekit.equilibria import anchored_mixture
from membranekit.errors import InputError, MembranekitError
from membranekit.filtration import permeance as filtration
from membranekit.membrane import Membrane
from membranekit.mixtures import demixing_liquids, mixture_of
from membranekit.process import AirExposure, Immersion, Process, bath_fractions
from membranekit.solution import CastingSolution
from membranekit.structure import pores
from membranekit.substances import InteractionSet, Substance
from membranekit.transport import air as air_side
from membranekit.transport import model as film_model
from membranekit.transport.grid import film_widths, graded
from membranekit.trust import Constant

Floats = NDArray[np.float64]

TRACE = 1e-4
"""Volume fraction at which a species enters that the solution lacks and the air or a
bath brings [1]; for water the moisture of a dry solvent. Chosen."""

BATH_TRACE = 1e-9
"""Least volume fraction of each species in a fresh bath [1]."""

DEFAULT_CELLS = 400
DEFAULT_RTOL = 1e-3
BATH_CELLS = 70
FIRST_BATH_CELL = 1e-8
MOST_SAVED = 400
GROWTH_REFERENCE = 298.15
LONGEST_AIR = 30.0


CONSTANTS: dict[str, Constant] = {
    "network_modulus": Constant(
        3e5, "Pa", "chosen", "coacervate gel; unmeasured, 1e5 Pa or more"
    ),
    "poor_phase_mobility": Constant(
        1.0, "1", "chosen", "factor on the coil's diffusivity in the polymer-poor phase"
    ),
    "small_molecule_mobility": Constant(
        0.2,
        "1",
        "fitted",
        "factor on small molecules' diffusivities in the solution and rich phase; "
        "tried from 0.03 to 0.5 with Example 1 in view, 10 s too: its depths fix only "
        "a combination of it and of the cloud point",
    ),
    "mesh_prefactor": Constant(
        3e-10,
        "m",
        "fitted",
        "xi = a phi**(-3/4) of a semidilute solution; polystyrene in good solvents, "
        "recalled; tried from 5e-11 to 1e-9 while looking at GB 2 199 786 A",
    ),
    "dissolved_polymer_mobility": Constant(
        1e-15,
        "m**2/s",
        "fitted",
        "PVP along the film: entangled, it moves by reptation; tried from 5e-16 to "
        "5e-13 while looking at all rows of GB 2 199 786 A, predict ones too",
    ),
    "coil_intrinsic_viscosity": Constant(
        24.0,
        "1",
        "estimated",
        "PVP K30 in water, 0.02 m3/kg times its density; recalled, unverified",
    ),
    "martin_constant": Constant(
        0.3,
        "1",
        "estimated",
        "10 % of PVP K30 makes water five to eight times as viscous; recalled",
    ),
    "wall_pore": Constant(
        5e-9,
        "m",
        "chosen",
        "pore for the friction of the poor phase on its walls: nascent, the first "
        "wavelength of demixing",
    ),
    "plasticization": Constant(
        2.0, "1", "estimated", "Kelley-Bueche, ratio of expansion steps; textbook"
    ),
    "bath_heat_coefficient": Constant(
        500.0, "W/(m**2 K)", "chosen", "natural convection of water at a plate", 0.0
    ),
    "viscosity_exponent": Constant(
        14.0 / 3.0,
        "1",
        "estimated",
        "viscosity of an entangled polymer solution against its fraction (Rubinstein & "
        "Colby, Polymer Physics, 2003, eq. 9.45); recalled",
    ),
    "tension_exponent": Constant(
        3.88,
        "1",
        "fitted",
        "with and without it compared on GB 2 199 786 A; interfacial tension against "
        "the difference of the phases, 1.26/0.325 of the "
        "Ising class (Rowlinson & Widom 1982); recalled",
    ),
    "growth_activation": Constant(
        25e3, "J/mol", "estimated", "viscosity of NMP and DMAc solutions"
    ),
    "growth_speed": Constant(
        5.486e-8,
        "m/s",
        "fitted",
        "at a fifth of polymer in the rich phase and 25 degC; to the surface pores of "
        "Example 1, 2 and 6 s, and Example 3, 15 s, and to the labels of those rows",
    ),
    "support_side_pore": Constant(
        9.471e-7,
        "m",
        "fitted",
        "pores at the support without water from the air; empirical, within a factor "
        "3; to Example 1, support side at 0, 2 and 6 s",
        0.0,
    ),
    "support_side_uptake": Constant(
        3.309e-7,
        "m",
        "fitted",
        "volume of water per area, taken up in the air, that doubles the pores at the "
        "support; empirical, within a factor 3; to the same rows",
        0.0,
    ),
}


@dataclass(frozen=True, eq=False)
class Run:
    """One run as floats: what the kernel and the structure need, and what was used."""

    model: film_model.FilmModel
    substances: tuple[Substance, ...]
    polymer: Substance
    amounts: Floats
    wet_thickness: float
    temperature: float
    steps: tuple[Any, ...]
    support: Any
    interactions: InteractionSet
    constants: dict[str, float]
    contact_angle: float
    notes: tuple[str, ...] = field(default=())


def _optional(substance: Substance, name: str) -> film_model.Law | None:
    return substance.get(name).at if substance.has(name) else None


def _species(
    substance: Substance, temperature: float, constants: dict[str, float]
) -> film_model.Species:
    """Return a substance as the transport model sees it."""
    polymeric = substance.has("number_average_molar_mass")
    coil = network = None
    if polymeric:
        reference = substance.get("diffusivity").at(298.15)
        water = library.lookup("water").get("viscosity").at
        along = constants["dissolved_polymer_mobility"]

        def coil(kelvin: float) -> float:
            # Stokes-Einstein: D eta/T is constant
            return reference * kelvin / 298.15 * water(298.15) / water(kelvin)

        def network(kelvin: float) -> float:
            return along

    mass = "number_average_molar_mass" if polymeric else "molar_mass"
    return film_model.Species(
        name=substance.name,
        molar_mass=substance.get(mass).at(298.15),
        molar_volume=substance.molar_volume,
        density=substance.get("density").at(298.15),
        heat_capacity=substance.get("heat_capacity").at(temperature),
        thermal_conductivity=substance.get("thermal_conductivity").at(temperature),
        glass_temperature=substance.get("glass_temperature").at(298.15),
        boiling_volume=(
            0.0 if polymeric else substance.get("boiling_molar_volume").at(298.15)
        ),
        association=0.0 if polymeric else substance.get("association").at(298.15),
        viscosity=_optional(substance, "viscosity"),
        saturation_pressure=_optional(substance, "saturation_pressure"),
        enthalpy_of_vaporization=_optional(substance, "enthalpy_of_vaporization"),
        diffusion_volume=(
            substance.get("diffusion_volume").at(298.15)
            if substance.has("diffusion_volume")
            else 0.0
        ),
        polymeric=polymeric,
        coil=coil,
        network=network,
        is_water=substance.name == "water",
    )


def _matrix(polymer: Substance, temperature: float) -> film_model.Matrix:
    return film_model.Matrix(
        name=polymer.name,
        molar_volume=polymer.molar_volume,
        density=polymer.get("density").at(298.15),
        heat_capacity=polymer.get("heat_capacity").at(temperature),
        thermal_conductivity=polymer.get("thermal_conductivity").at(temperature),
        glass_temperature=polymer.get("glass_temperature").at(298.15),
        gel=(
            polymer.get("gelation_fraction").at(298.15)
            if polymer.has("gelation_fraction")
            else None
        ),
    )


def prepare(
    solution: CastingSolution,
    process: Process,
    changes: dict[str, float] | None = None,
) -> Run:
    """Turn a solution and a process into floats.

    Parameters
    ----------
    solution, process
        The inputs.
    changes : dict, optional
        Values that replace a constant of the model, by its name in `CONSTANTS`.

    Raises
    ------
    InputError, MaterialError
        If they do not go together or a property is missing.
    """
    constants = {name: each.value for name, each in CONSTANTS.items()}
    constants.update(changes or {})
    support = process.support
    start = units.to_si(
        support.temperature if solution.temperature is None else solution.temperature,
        "temperature",
    )
    polymer = solution.polymer
    inside = [each for each in solution.components if each.name != polymer.name]
    brought = limits.brought(process, [each.name for each in solution.components])
    for each in brought:
        if each.kind == "polymer":
            raise InputError(f"immersion.bath: {each.name} is a polymer, not a liquid")
    brought.sort(key=lambda each: each.name != "water")
    substances = tuple(
        [each for each in brought if each.name == "water"]
        + inside
        + [each for each in brought if each.name != "water"]
    )
    if len(substances) > 7:
        raise InputError(
            f"solution: {len(substances) + 1} components with what the air and the "
            "baths bring; at most 8 can be simulated"
        )
    names = [each.name for each in substances] + [polymer.name]
    chosen = library.interaction_set(names, solution.interactions, extra=solution.extra)
    mixture = mixture_of(names, chosen, extra=(*solution.extra, *substances, polymer))
    fractions = solution.volume_fractions
    held = fractions[polymer.name]
    amounts = np.array(
        [max(fractions.get(each.name, 0.0), TRACE) / held for each in substances]
    )
    if solution.measured_cloud_point is not None:
        mixture = anchored_mixture(solution, mixture, chosen, substances, amounts)
    steps = process.resolved_steps
    temperatures = [start, units.to_si(support.temperature, "temperature")]
    for step in steps:
        if isinstance(step, (AirExposure, Immersion)):
            temperatures.append(units.to_si(step.temperature, "temperature"))
    coldest, hottest = min(temperatures) - 10.0, max(temperatures) + 10.0
    liquids = [k for k, each in enumerate(substances) if each.kind == "solvent"]
    main = max(
        liquids,
        key=lambda k: (substances[k].name != "water", amounts[k]),
        default=None,
    )
    if main is None:
        raise InputError("solution.parts: there is no solvent")
    water = library.lookup("water")
    model = film_model.FilmModel(
        species=tuple(_species(each, start, constants) for each in substances),
        matrix=_matrix(polymer, start),
        mixture=mixture,
        laws=film_model.Laws(
            network_modulus=constants["network_modulus"],
            poor_phase_mobility=constants["poor_phase_mobility"],
            small_molecule_mobility=constants["small_molecule_mobility"],
            mesh_prefactor=constants["mesh_prefactor"],
            wall_pore=constants["wall_pore"],
            wall_viscosity=water.get("viscosity").at,
            plasticization=constants["plasticization"],
            growth_exponent=(
                constants["viscosity_exponent"] - constants["tension_exponent"]
            ),
            growth_activation=constants["growth_activation"],
            growth_temperature=GROWTH_REFERENCE,
        ),
        main_solvent=main,
        coldest=coldest,
        hottest=hottest,
    )
    angle = polymer.get("contact_angle").at(298.15)
    for step in steps:
        if step.kind == "hydrophilize":
            angle = units.to_si(step.contact_angle, "angle")
    return Run(
        model=model,
        substances=substances,
        polymer=polymer,
        amounts=amounts,
        wet_thickness=units.to_si(process.wet_thickness, "length"),
        temperature=start,
        steps=steps,
        support=support,
        interactions=chosen,
        constants=constants,
        contact_angle=angle,
        notes=tuple(
            demixing_liquids(
                mixture,
                [each.name for each in substances if each.kind == "solvent"],
                start,
            )
        ),
    )


# ------------------------------------------------------------------------- the run


@dataclass(eq=False)
class _Record:
    """What a run leaves behind while it goes."""

    time: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    amounts: list[Floats] = field(default_factory=list)
    temperature: list[float] = field(default_factory=list)
    uptake: list[float] = field(default_factory=list)
    evaporated: list[float] = field(default_factory=list)


def _film(run: Run, cells: int) -> tuple[Film, Floats]:
    """Make the kernel's film, ready for its first step."""
    model = run.model
    widths = film_widths(run.wet_thickness, cells)
    polymer = widths / (1.0 + run.amounts.sum())
    volumes = np.array(
        [each.molar_volume for each in model.species] + [model.matrix.molar_volume]
    )
    film = Film(
        polymer,
        np.ascontiguousarray(np.tile(run.amounts, (cells, 1))),
        volumes,
        most_bath_cells=BATH_CELLS,
    )
    film.set_mixture(
        model.mixture.table,
        np.ascontiguousarray(model.mixture.rational[:, 0]),
        np.ascontiguousarray(model.mixture.rational[:, 1]),
        triples=model.mixture.triples,
        groups=model.mixture.groups,
    )
    tables = film_model.friction_tables(model)
    film.set_friction(
        tables["pairs"],
        tables["polymeric"],
        tables["coil"],
        tables["network"],
        tables["drag"],
        tables["wall"],
        slowdown=1.0 / model.laws.small_molecule_mobility,
        intrinsic=run.constants["coil_intrinsic_viscosity"],
        martin=run.constants["martin_constant"],
        network_modulus=model.laws.network_modulus,
    )
    film.set_arrest(*film_model.arrest_tables(model))
    support = run.support
    material = support.substance
    parts = [*model.species, model.matrix]
    capacity = np.array([each.density * each.heat_capacity for each in parts])
    share = np.append(run.amounts, 1.0) / (1.0 + run.amounts.sum())
    film.set_support(
        units.to_si(support.thickness, "length"),
        material.get("density").at(298.15) * material.get("heat_capacity").at(298.15),
        material.get("thermal_conductivity").at(298.15),
        units.to_si(support.temperature, "temperature"),
        support.back == "held",
        run.temperature,
        capacity,
        float(share @ [each.thermal_conductivity for each in parts]),
    )
    return film, polymer


def humid_air(step: AirExposure) -> float:
    """Return the partial pressure of water in the air of a step [Pa]."""
    water = library.lookup("water").get("saturation_pressure").at
    temperature = units.to_si(step.temperature, "temperature")
    pressure = units.to_si(step.pressure, "pressure")
    kind, given = step.humidity
    if kind == "relative_humidity":
        return float(units.to_si(given, "relative_humidity") * water(temperature))
    if kind == "dew_point":
        return float(water(units.to_si(given, "temperature")))
    ratio = units.to_si(given, "humidity_ratio")
    return float(air_side.vapor_pressure_from_humidity_ratio(ratio, pressure))


def _begin_air(film: Film, run: Run, step: AirExposure) -> int:
    model = run.model
    n = model.n
    temperature = units.to_si(step.temperature, "temperature")
    pressure = units.to_si(step.pressure, "pressure")
    far = np.zeros(n)
    given = {
        each.name: step.vapor[label] for label, each in step.vapor.substances.items()
    }
    for i, each in enumerate(model.species):
        if each.is_water:
            far[i] = humid_air(step)
        elif each.name in given:
            value = given[each.name]
            if value.dimensionless:
                law = each.saturation_pressure
                far[i] = units.to_si(value, "share") * law(temperature)  # type: ignore[misc]
            else:
                far[i] = units.to_si(value, "pressure")
    volatile = [each.saturation_pressure is not None for each in model.species]
    saturation, enthalpy = film_model.vapor_tables(model, volatile)
    which = [i for i in range(n) if volatile[i]]
    gap = 0.0 if step.cover is None else units.to_si(step.cover, "length")
    stream = air_side.Stream(
        temperature=temperature,
        pressure=pressure,
        vapors=tuple(
            air_side.Vapor(
                model.species[i].molar_mass, model.species[i].diffusion_volume
            )
            for i in which
        ),
        partial_pressures=tuple(float(far[i]) for i in which),
        water=next((k for k, i in enumerate(which) if model.species[i].is_water), None),
        air_speed=0.0
        if step.air_speed is None
        else units.to_si(step.air_speed, "velocity"),
        flow_length=units.to_si(step.flow_length, "length"),
        cover_gap=gap or None,
        transfer_coefficient=(
            None
            if step.transfer_coefficient is None
            else units.to_si(step.transfer_coefficient, "mass_transfer_coefficient")
        ),
    )
    share = run.amounts / (1.0 + run.amounts.sum())
    ends = []
    for kelvin in (film.temperature, max(temperature, film.temperature + 1.0)):
        surface = [
            share[i] * model.species[i].saturation_pressure(kelvin)  # type: ignore[misc]
            for i in which
        ]
        ends.append(air_side.transfer_coefficients(stream, kelvin, surface))
    span = max(temperature, film.temperature + 1.0) - film.temperature
    coefficient = np.zeros((n, 2))
    slope = (ends[1][0] - ends[0][0]) / span
    coefficient[which, 1] = slope
    coefficient[which, 0] = ends[0][0] - slope * (film.temperature - 298.15)
    return int(
        film.begin_air(
            np.array([float(each) for each in volatile]),
            coefficient,
            far,
            saturation,
            enthalpy,
            pressure=pressure,
            temperature=temperature,
            heat_coefficient=float(ends[0][1]),
            cover_gap=gap,
        )
    )


def _begin_bath(film: Film, run: Run, step: Immersion, duration: float) -> int:
    model = run.model
    masses = bath_fractions(step.bath)
    composition = np.array(
        [masses.get(each.name, 0.0) / each.density for each in model.species]
    )
    composition /= composition.sum()
    main = int(np.argmax(composition))
    # whatever the film brings is in the bath as a trace: amounts then fall to a floor
    # above zero, where their logarithms are finite
    composition = np.maximum(composition, BATH_TRACE)
    composition /= composition.sum()
    temperature = units.to_si(step.temperature, "temperature")
    table = film_model.bath_diffusivities(model, main)
    fastest = max(
        math.exp(table[i, 0] + table[i, 1] / temperature)
        for i in range(model.n)
        if i != main
    )
    if step.transfer_coefficient is not None:
        # a stirred bath: the liquid is renewed at the distance D/k
        reach = fastest / units.to_si(
            step.transfer_coefficient, "mass_transfer_coefficient"
        )
    else:
        reach = max(8.0 * math.sqrt(fastest * duration), 1e-5)
    widths = graded(reach, min(FIRST_BATH_CELL, reach / 100.0), BATH_CELLS)
    return int(
        film.begin_bath(
            np.ascontiguousarray(widths[::-1]),
            composition,
            main,
            table,
            temperature=temperature,
            heat_coefficient=run.constants["bath_heat_coefficient"],
        )
    )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave, in SI floats, before it is made a membrane."""

    success: bool
    message: str
    notes: tuple[str, ...]
    history: dict[str, Any] | None
    air_out: Floats
    bath_out: Floats
    closure: float
    steps: int
    coacervation_depth: float | None = None
    layer: pores.Layer | None = None
    edges: Floats | None = None
    depth: Floats | None = None
    pore: Floats | None = None
    porosity: Floats | None = None
    shares: Floats | None = None
    front_share: float | None = None


def _save_times(start: float, end: float, count: int) -> Floats:
    """Return when to save within a step: dense at its start."""
    return np.asarray(start + (end - start) * np.linspace(0.0, 1.0, count + 1)[1:] ** 2)


def execute(
    run: Run,
    *,
    cells: int = DEFAULT_CELLS,
    rtol: float = DEFAULT_RTOL,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
    air_only: bool = False,
) -> Outcome:
    """Take one prepared run through its steps.

    Parameters
    ----------
    run : Run
        From `prepare`.
    cells, rtol
        Of the film's grid and the time step's error.
    history : bool
        Keep the film at saved times.
    callback : callable, optional
        Called with the time [s] and the film's amounts; True stops the run.
    air_only : bool
        Stop before the first bath; what the baths decide is then not given.
    """
    film, polymer = _film(run, cells)
    n = run.model.n
    start = film.film_amounts()
    volume = float(polymer @ (1.0 + start.sum(axis=1)))
    timed = [step for step in run.steps if isinstance(step, (AirExposure, Immersion))]
    durations = [units.to_si(step.time, "time") for step in timed]
    running = [(s, d) for s, d in zip(timed, durations, strict=True) if d > 0.0]
    each = min(60, (MOST_SAVED - 1) // max(len(running), 1) - 1)
    record = _Record()
    air_out, bath_out = np.zeros(n), np.zeros(n)
    water = next((i for i in range(n) if run.model.species[i].is_water), None)
    density = np.array([s.density for s in run.model.species])
    solvents = np.array(
        [
            float(s.saturation_pressure is not None and not s.is_water)
            for s in run.model.species
        ]
    )

    def save(number: int, out: Floats) -> None:
        if not history:
            return
        record.time.append(film.time)
        record.step.append(number)
        record.amounts.append(film.film_amounts())
        record.temperature.append(film.temperature)
        record.uptake.append(0.0 if water is None else -out[water] * density[water])
        record.evaporated.append(float(out * density @ solvents))

    message = ""
    distances: Floats | None = None
    clock_at_bath: Floats | None = None
    time = 0.0
    for number, (step, duration) in enumerate(running, start=1):
        in_air = isinstance(step, AirExposure)
        if not in_air and distances is None:
            if air_only:
                break
            distances = film.distances()
            clock_at_bath = film.clocks()[0][0]
        end = time + duration
        if in_air:
            status = _begin_air(film, run, step)
            before = np.zeros(n)
        else:
            status = _begin_bath(film, run, step, duration)
            before = film.bath_amounts()
        base = np.array(air_out)
        save(number, base)
        for until in _save_times(time, end, each) if status == 0 else ():
            if film.time >= until and until < end:
                continue
            status = film.advance(end, until, rtol=rtol)
            out = base + film.exchanged_amounts() if in_air else base
            save(number, out)
            if callback is not None and callback(film.time, film.film_amounts()):
                message = f"stopped by the caller at {film.time:.4g} s"
                break
            if status > 1:
                break
        if in_air:
            air_out = air_out + film.exchanged_amounts()
        else:
            bath_out = bath_out + (
                film.bath_amounts() + film.exchanged_amounts() - before
            )
        if status > 1:
            place = "air" if in_air else "a bath"
            message = (
                f"{MESSAGES[status]} in {place} at {film.time:.7g} s of "
                f"{sum(durations):.4g} s: {TROUBLES.get(film.trouble, 'no reason')} "
                f"(cell {film.troubled_cell + 1} of {cells} from the surface)"
            )
        if message:
            break
        time = end
    bathed = distances is not None
    if distances is None:
        distances = film.distances()
        clock_at_bath = film.clocks()[0][0]
    final = film.film_amounts()
    gained = polymer @ (final - start) + air_out + bath_out
    moved = float(np.abs(air_out).sum() + np.abs(bath_out).sum())
    closure = float(np.abs(gained).max()) / (
        math.sqrt(max(film.steps, 1)) * (volume + moved)
    )
    common = {
        "notes": (),
        "air_out": air_out,
        "bath_out": bath_out,
        "closure": closure,
        "steps": int(film.steps),
    }
    saved = _history(run, film, polymer, record) if history else None
    if message:
        return Outcome(False, message, history=saved, **common)
    sheet = _sheet(run, film, polymer)
    reached = _front(polymer, distances, np.asarray(clock_at_bath))
    dry = np.concatenate([[0.0], np.cumsum(sheet["cell"])])
    held = np.concatenate([[0.0], np.cumsum(polymer)])
    front = float(np.interp(reached, held, dry))
    if saved is not None:
        saved["dry_depth"] = sheet["depth"]
    layer = None
    pore = sheet["pore"]
    if not air_only:
        if bathed:
            taken = 0.0 if water is None else max(-float(air_out[water]), 0.0)
            back = run.constants["support_side_pore"] * (
                1.0 + taken / run.constants["support_side_uptake"]
            )
            pore = pores.support_side(sheet["depth"], pore, float(dry[-1]), front, back)
        layer = pores.minimum_pore_layer(dry, sheet["depth"], pore)
    in_air = sum(
        d for s, d in zip(timed, durations, strict=True) if isinstance(s, AirExposure)
    )
    common["notes"] = (
        *sheet["notes"],
        *_air_notes(film.clocks()[0][2], sheet["depth"], in_air),
    )
    return Outcome(
        True,
        "",
        history=saved,
        coacervation_depth=front,
        layer=layer,
        edges=dry,
        depth=sheet["depth"],
        pore=pore,
        porosity=sheet["porosity"],
        shares=held / held[-1],
        front_share=reached / float(held[-1]),
        **common,
    )


def _air_notes(arrest: Floats, depth: Floats, in_air: float) -> list[str]:
    """Say what the air did that its time alone does not tell.

    Parameters
    ----------
    arrest : array, shape (cells)
        When each depth was arrested [s]; NaN: not.
    depth : array, shape (cells)
        In the dry sheet [m].
    in_air : float
        Time in the air [s].
    """
    notes = []
    if arrest[0] < in_air:
        still = np.flatnonzero(~(arrest < in_air))
        reach = depth[-1] if still.size == 0 else depth[still[0]]
        notes.append(
            f"the surface was arrested in the air, after {arrest[0]:.3g} s, and so "
            f"down to {1e6 * reach:.3g} um before the bath: those pores stopped growing"
        )
    if in_air > LONGEST_AIR:
        notes.append(
            f"{in_air:.4g} s of air are more than the {LONGEST_AIR:g} s that the "
            "growth of pores was compared with"
        )
    return notes


def _front(polymer: Floats, distances: Floats, binodal: Floats) -> float:
    """Return the polymer volume above the deepest point that demixed in air [m].

    The tangent-plane distance K is smooth across the front and vanishes there.
    """
    demixed = np.flatnonzero(np.isfinite(binodal) | (distances < 0.0))
    if demixed.size == 0:
        return 0.0
    k = int(demixed[-1])
    edges = np.concatenate([[0.0], np.cumsum(polymer)])
    centers = 0.5 * (edges[1:] + edges[:-1])
    if k + 1 == polymer.size:
        return float(edges[-1])
    # K has a kink at the front, so it is continued from the side that is one phase
    if k + 3 < polymer.size:
        x, y = centers[k + 1 : k + 4], distances[k + 1 : k + 4]
        slope = (y[1] - y[0]) / (x[1] - x[0])
        bend = ((y[2] - y[1]) / (x[2] - x[1]) - slope) / (x[2] - x[0])
        slope -= bend * (x[1] - x[0])
        root = slope * slope - 4.0 * bend * y[0]
        if slope > 0.0 and root >= 0.0:
            place = x[0] - 2.0 * y[0] / (slope + math.sqrt(root))
            return float(min(max(place, centers[k]), centers[k + 1]))
    return float(edges[k + 1])


def _dense_layers(demixed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each run of cells that did not demix.

    Empty when no cell demixed.
    """
    if not demixed.any():
        return []
    changes = np.flatnonzero(np.diff(np.concatenate([[1], demixed, [1]])))
    return [(int(a), int(b)) for a, b in changes.reshape(-1, 2)]


def _sheet(run: Run, film: Film, polymer: Floats) -> dict[str, Any]:
    """Return the dry sheet: cells, depths, pores, porosity, and remarks."""
    times, growth, at_arrest = film.clocks()
    binodal, _, arrest = times
    final, lean = film.film_amounts(), film.lean_amounts()
    frozen = np.isfinite(arrest)
    amounts = np.where(frozen[:, None], at_arrest[0], final)
    lean = np.where(frozen[:, None], at_arrest[1], lean)
    notes = []
    stays = np.array([each.saturation_pressure is None for each in run.model.species])
    solid = 1.0 + ((amounts - lean) * stays).sum(axis=1)
    volume = 1.0 + amounts.sum(axis=1)
    demixed = np.isfinite(binodal) & ~(frozen & (arrest <= binodal))
    start = run.polymer.get("start_pore_diameter").at(298.15)
    pore = start + run.constants["growth_speed"] * growth
    # the walls lose the liquid they held when arrested; the sheet shrinks with them
    porosity = np.where(demixed, lean.sum(axis=1) / volume, 1e-6)
    # a dense layer thinner than a pore is part of a pore's wall, not a skin
    for first, last in _dense_layers(demixed):
        if float((polymer * solid)[first:last].sum()) < start:
            other = last if last < demixed.size else first - 1
            pore[first:last] = pore[other]
            porosity[first:last] = porosity[other]
            demixed[first:last] = True
    water = library.lookup("water")
    porosity = pores.collapsed_porosity(
        porosity,
        pore,
        yield_stress=run.polymer.get("yield_stress").at(298.15),
        surface_tension=water.get("surface_tension").at(298.15),
        contact_angle=run.polymer.get("contact_angle").at(298.15),
    )
    porosity = np.maximum(porosity, 1e-6)
    cell = polymer * solid / (1.0 - porosity)
    edges = np.concatenate([[0.0], np.cumsum(cell)])
    if not demixed.all():
        share = float(cell[~demixed].sum() / edges[-1])
        notes.append(
            f"{100 * share:.3g} % of the sheet did not demix before the last bath "
            "ended: it is dense, its pore diameter only the start value; a longer bath "
            "may demix it (a rinse is not simulated)"
        )
    if not frozen[demixed].all():
        share = float(cell[demixed & ~frozen].sum() / edges[-1])
        notes.append(
            f"{100 * share:.3g} % of the sheet was not arrested when the last bath "
            "ended; its pores count as they were then"
        )
    return {
        "cell": cell,
        "depth": 0.5 * (edges[1:] + edges[:-1]),
        "pore": pore,
        "porosity": porosity,
        "notes": notes,
    }


def _history(run: Run, film: Film, polymer: Floats, record: _Record) -> dict[str, Any]:
    """Return the history as plain arrays; the last axis is the component."""
    amounts = np.array(record.amounts)
    whole = np.concatenate([amounts, np.ones((*amounts.shape[:2], 1))], axis=2)
    names = [each.name for each in run.model.species] + [run.model.matrix.name]
    order = _component_order(run, names)
    total = whole.sum(axis=2)
    volume = whole / total[:, :, None]
    density = np.array(
        [each.density for each in run.model.species] + [run.model.matrix.density]
    )
    mass = volume * density
    mass /= mass.sum(axis=2)[:, :, None]
    widths = total * polymer
    edges = np.cumsum(widths, axis=1)
    times = film.clocks()[0]
    return {
        "time": np.array(record.time),
        "step": np.array(record.step),
        "components": tuple(names[k] for k in order),
        "depth": edges - 0.5 * widths,
        "volume_fraction": volume[:, :, order],
        "mass_fraction": mass[:, :, order],
        "surface_volume_fraction": volume[:, 0, order],
        "temperature": np.array(record.temperature),
        "thickness": edges[:, -1],
        "water_uptake": np.array(record.uptake),
        "solvent_evaporated": np.array(record.evaporated),
        "binodal_time": times[0],
        "spinodal_time": times[1],
        "arrest_time": times[2],
        "dry_depth": np.full(polymer.size, np.nan),
    }


def _component_order(run: Run, names: list[str]) -> list[int]:
    """Nonsolvent, solvent, polymer, others: water and liquids first."""
    kinds = [each.kind for each in run.substances] + ["polymer"]
    rank = {"solvent": 0, "polymer": 1}
    return sorted(range(len(names)), key=lambda k: (rank.get(kinds[k], 2), k))


# ----------------------------------------------------------------- one membrane out


def simulate(
    solution: CastingSolution,
    process: Process | None = None,
    *,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
) -> Membrane:
    """Run a casting solution through a process and return the membrane.

    Parameters
    ----------
    solution : CastingSolution
        What is cast.
    process : Process
        What happens to it.
    mode : str
        ``"reference"``: two phases at equilibrium in each depth.
    cells : int, optional
        Cells of the film's grid; default 320.
    rtol : float, optional
        Tolerance of a time step; default 1e-3.
    extrapolate : bool
        Use values outside the temperatures for which they are given.
    history : bool
        Keep the film at saved times, and compute the effects of what was assumed;
        False keeps the headline numbers and the profile, for thousands of runs.
    callback : callable, optional
        Called as the run goes with the time [s] and the film's amounts; True stops it.

    Returns
    -------
    Membrane
        With ``success == False``, a message and the history so far if it stopped early.

    Raises
    ------
    InputError, MaterialError
        If the inputs do not go together, before anything is computed.

    Examples
    --------
    >>> from membranekit.case import read_case
    >>> run = read_case("example1").replace({"air.time": "1 s"}).runs[0]
    >>> membrane = simulate(run.solution, run.process, cells=40, history=False)
    >>> membrane.success
    True
    """
    solution, process = limits.pair(solution, process, "simulate")
    prepared = _ready(solution, process, mode, cells, rtol, extrapolate)
    return _one(solution, process, prepared, None, cells, rtol, history, callback)


def simulate_many(
    runs: Iterable[Any],
    *,
    workers: int | None = None,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
) -> list[Membrane]:
    """Simulate several runs and return the membranes in the order of the runs.

    Parameters
    ----------
    runs : Case, or iterable of runs of a case or of pairs of solution and process
        What to simulate. Bad input raises before the first run; a run that fails
        stands in its place with ``success == False``.
    workers : int, optional
        Threads; the kernel runs without the interpreter's lock. Default 1.
    mode, cells, rtol, extrapolate, history, callback
        As in `simulate`.
    """
    listed = list(getattr(runs, "runs", runs))
    pairs = []
    for number, run in enumerate(listed):
        if hasattr(run, "solution"):
            pairs.append((run.solution, run.process, run))
        elif isinstance(run, tuple) and len(run) == 2:
            pairs.append((*limits.pair(*run, "simulate"), None))
        else:
            raise InputError(
                f"runs[{number}]: {run!r} is neither a run of a case nor a pair of a "
                "casting solution and a process"
            )
    prepared = [
        _ready(solution, process, mode, cells, rtol, extrapolate)
        for solution, process, _ in pairs
    ]

    def one(number: int) -> Membrane:
        solution, process, run = pairs[number]
        return _one(
            solution, process, prepared[number], run, cells, rtol, history, callback
        )

    if workers is None or workers <= 1:
        return [one(number) for number in range(len(pairs))]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, range(len(pairs))))


def _ready(
    solution: CastingSolution,
    process: Process,
    mode: str,
    cells: int | None,
    rtol: float | None,
    extrapolate: bool,
) -> Run:
    """Check everything that can be checked before a run, and prepare it."""
    if mode != "reference":
        raise InputError(f'mode: {mode!r} is not known; it is "reference"')
    if cells is not None and not 20 <= cells <= 5000:
        raise InputError(f"cells: {cells} is out of range; give 20 to 5000")
    if rtol is not None and not 1e-10 <= rtol <= 0.1:
        raise InputError(f"rtol: {rtol} is out of range; give 1e-10 to 0.1")
    for step in process.steps:
        if step.kind == "immersion" and step.sides != "surface":
            raise InputError(
                f'immersion.sides: {step.sides!r} is not simulated yet; give "surface"'
            )
    limits.refuse_missing(solution, process)
    run = prepare(solution, process)
    limits.refuse(solution, process, run, extrapolate=extrapolate)
    return run


def _one(
    solution: CastingSolution,
    process: Process,
    run: Run,
    case_run: Any,
    cells: int | None,
    rtol: float | None,
    history: bool,
    callback: Callable[[float, Any], bool] | None,
) -> Membrane:
    """Execute one prepared run and make the membrane's record."""
    began = clock.perf_counter()
    count = cells or DEFAULT_CELLS
    outcome = execute(
        run,
        cells=count,
        rtol=rtol or DEFAULT_RTOL,
        history=history,
        callback=callback,
    )
    complete = history and outcome.success
    rerun = _rerun(run, outcome) if complete else None
    grid_error = _grid_error(run, outcome, count) if complete else None
    used = (*run.substances, run.polymer, run.support.substance)
    chosen = {} if case_run is None else dict(case_run.case.chosen)
    record = _record(run, outcome)
    record["trust"] = {
        "assumed": [
            *trust.assumed(solution, process, chosen, CONSTANTS, rerun),
            *trust.of_basis("chosen", used, run.interactions, {}),
        ],
        "estimated": trust.of_basis("estimated", used, run.interactions, CONSTANTS),
        "fitted": trust.of_basis("fitted", used, run.interactions, CONSTANTS),
        "extrapolated": trust.extrapolated(
            (*run.substances, run.polymer), run.interactions, _span(run)
        ),
        "interactions": run.interactions.name,
        "grid_error": grid_error,
        "time_error": None,
    }
    if case_run is not None:
        record["name"] = case_run.case.name
        record["inputs"] = {
            address: (float(value.magnitude), f"{value.units:~}")
            for address, value in case_run.inputs.items()
        }
        record["case_toml"] = case_run.to_toml()
    else:
        record["case_toml"], why = lasting_text(solution, process)
        if why:
            record["notes"].append(f"a file of this run cannot be run again: {why}")
    record["wall_time"] = clock.perf_counter() - began
    return Membrane.from_record(record)


def _span(run: Run) -> tuple[float, float]:
    """Return the coldest and the hottest temperature of a run [K]."""
    return run.model.coldest + 10.0, run.model.hottest - 10.0


EFFECT_CELLS = 60


def _place(outcome: Outcome, share: float | None) -> float:
    """Return the depth in the dry sheet of a share of the polymer [m]."""
    if share is None or outcome.edges is None or outcome.shares is None:
        raise MembranekitError("the run gave no front")
    return float(np.interp(share, outcome.shares, outcome.edges))


def _grid_error(run: Run, outcome: Outcome, cells: int) -> tuple[float, str] | None:
    """Return how far the front moves on half the cells: its error is of this size."""
    coarse = execute(run, cells=max(cells // 2, 2), history=False, air_only=True)
    if coarse.front_share is None:
        return None
    moved = _place(outcome, coarse.front_share) - _place(outcome, outcome.front_share)
    return 1e6 * abs(moved), "um"


def _rerun(run: Run, outcome: Outcome) -> trust.Rerun:
    """Return how far the coacervation depth moves when inputs change.

    The front is found as a share of the polymer on a coarse grid, with and without the
    change, and both are placed in this run's dry sheet.
    """
    base = execute(run, cells=EFFECT_CELLS, history=False, air_only=True)

    def rerun(solution: CastingSolution, process: Process, changes: Any) -> float:
        other = prepare(solution, process, dict(changes))
        found = execute(other, cells=EFFECT_CELLS, history=False, air_only=True)
        return _place(outcome, found.front_share) - _place(outcome, base.front_share)

    return rerun


def _record(run: Run, outcome: Outcome) -> dict[str, Any]:
    """Return the membrane's record of SI floats, arrays and text."""
    density = np.array([each.density for each in run.model.species])
    species = run.model.species
    water = next((i for i, each in enumerate(species) if each.is_water), None)
    solvent = np.array(
        [
            float(each.saturation_pressure is not None and not each.is_water)
            for each in species
        ]
    )
    record: dict[str, Any] = {
        "name": "",
        "inputs": {},
        "success": outcome.success,
        "message": outcome.message,
        "layer": {},
        "profile": None,
        "notes": [*run.notes, *outcome.notes],
        "mass_closure": outcome.closure,
        "polymer_closure": 0.0,
        "history": outcome.history,
        "case_toml": "",
        "schedule": _schedule(run),
        "water_uptake": (
            None if water is None else float(-outcome.air_out[water] * density[water])
        ),
        "solvent_evaporated": float(outcome.air_out * density @ solvent),
        "solvent_to_bath": float(outcome.bath_out * density @ solvent),
    }
    if not outcome.success or outcome.layer is None or outcome.edges is None:
        return record
    edges, depth = outcome.edges, np.asarray(outcome.depth)
    pore, porosity = np.asarray(outcome.pore), np.asarray(outcome.porosity)
    layer = outcome.layer
    clear = layer.state != "not clear"
    record["layer"] = {
        "state": layer.state,
        "depth": layer.depth if clear else None,
        "pore_diameter": layer.pore_diameter,
        "why": _why(layer, outcome),
        "thickness": layer.zone,
        "margins": layer.margins,
    }
    widths = np.diff(edges)
    water_liquid = library.lookup("water")
    whole = np.concatenate([[edges[0]], depth, [edges[-1]]])
    open_share = np.concatenate([[porosity[0]], porosity, [porosity[-1]]])
    through = np.concatenate([[pore[0]], pore, [pore[-1]]])
    record.update(
        surface_pore_diameter=float(pore[0]),
        support_side_pore_diameter=float(pore[-1]),
        coacervation_depth=outcome.coacervation_depth,
        thickness=float(edges[-1]),
        porosity=float(porosity @ widths / edges[-1]),
        specific_surface_area=filtration.specific_surface_area(
            whole, open_share, through, run.model.matrix.density
        ),
        permeance=filtration.permeance(
            whole, open_share, through, water_liquid.get("viscosity").at(298.15)
        ),
        bubble_point=filtration.bubble_point(
            float(pore.min()),
            run.contact_angle,
            water_liquid.get("surface_tension").at(298.15),
        ),
        profile={"depth": depth, "pore_diameter": pore, "porosity": porosity},
    )
    return record


def _why(layer: pores.Layer, outcome: Outcome) -> str:
    """Say in one sentence what put the layer where it is."""
    front = outcome.coacervation_depth or 0.0
    if layer.state == "surface":
        if front == 0.0:
            return (
                "nothing demixed in the air, so the bath arrests the surface first and "
                "pores grow with depth"
            )
        return (
            f"the air demixed the film to {1e6 * front:.3g} um, but the pores of the "
            f"surface are only {layer.margins['surface']:.2f} times the finest"
        )
    if layer.state == "inside":
        return (
            f"the air demixed the film to {1e6 * front:.3g} um: there pores were "
            "youngest when the bath arrested them, above they had grown in the air, "
            "below the bath came later"
        )
    if layer.margins["zones"] > 1.0:
        return (
            f"fine pores lie at {layer.margins['zones']:.0f} depths apart from each "
            f"other; the surface's are {layer.margins['surface']:.2f} times the finest"
        )
    return (
        f"the zone of fine pores takes {100 * layer.margins['zone']:.0f} % of the "
        f"sheet and the support side's are {layer.margins['back']:.2f} times the finest"
    )


def _schedule(run: Run) -> list[dict[str, Any]]:
    schedule, time = [], 0.0
    for step in run.steps:
        if isinstance(step, (AirExposure, Immersion)):
            end = time + units.to_si(step.time, "time")
            schedule.append({"kind": step.kind, "start": time, "end": end})
            time = end
    return schedule
