"""Turn a casting solution and a process into floats: quantities in, one run out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit.constants import CONSTANTS
from membranekit.equilibria import anchored_mixture
from membranekit.errors import InputError
from membranekit.mixtures import demixing_liquids, mixture_of
from membranekit.process import AirExposure, Immersion, Process
from membranekit.solution import CastingSolution
from membranekit.substances import InteractionSet, Substance
from membranekit.transport import model as film_model

Floats = NDArray[np.float64]

TRACE = 1e-4
"""Volume fraction at which a species enters that the solution lacks and the air or a
bath brings [1]; for water the moisture of a dry solvent. Chosen."""
GROWTH_REFERENCE = 298.15


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
        water = library.builtin("water").get("viscosity").at
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
    brought = process.brought(solution.components)
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
    chosen = library.interaction_set(
        names,
        solution.interactions,
        extra=(*solution.extra, *substances, polymer),
        home=solution.home,
    )
    mixture = mixture_of(names, chosen, extra=(*solution.extra, *substances, polymer))
    fractions = solution.volume_fractions
    held = fractions[polymer.name]
    amounts = np.array(
        [(fractions.get(each.name) or TRACE) / held for each in substances]
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
    water = library.builtin("water")
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
