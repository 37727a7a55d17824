"""Hand a prepared run to the kernel: its film, its air, its baths."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from membranekit import library, units
from membranekit._kernels.film import Film
from membranekit.prepared import Floats, Run
from membranekit.process import AirExposure, Immersion, bath_fractions, humid_air
from membranekit.transport import air as air_side
from membranekit.transport import model as film_model
from membranekit.transport.grid import film_widths, graded, two_sided_widths

AIR_TRACE = 1e-9
"""Least share of its saturation of each vapor in the air [1]."""

BATH_TRACE = 1e-9
"""Least volume fraction of each species in a fresh bath [1]."""
BATH_CELLS = 70
FIRST_BATH_CELL = 1e-8


def make_film(run: Run, cells: int) -> tuple[Film, Floats]:
    """Make the kernel's film, ready for its first step."""
    model = run.model
    both = any(isinstance(s, Immersion) and s.sides == "both" for s in run.steps)
    widths = (two_sided_widths if both else film_widths)(run.wet_thickness, cells)
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


def dew_point_test(step: AirExposure | Immersion) -> Callable[[float], bool]:
    """Return whether water condenses from open air on a film of a temperature [K]."""
    if not isinstance(step, AirExposure) or step.cover is not None:
        return lambda temperature: False
    humid = humid_air(step)
    saturated = library.builtin("water").get("saturation_pressure").at
    return lambda temperature: humid > saturated(temperature)


def begin_air(film: Film, run: Run, step: AirExposure) -> int:
    """Put the film under the air of a step; the kernel's status."""
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
    for i, each in enumerate(model.species):
        if each.saturation_pressure is not None:
            # what is not in the air leaves the film for ever: a floor above zero
            far[i] = max(far[i], AIR_TRACE * each.saturation_pressure(temperature))
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

    def surface(kelvin: float) -> list[float]:
        pressures = [
            share[i] * model.species[i].saturation_pressure(kelvin)  # type: ignore[misc]
            for i in which
        ]
        # evaporation keeps a film from boiling in air that is hotter
        scale = min(1.0, 0.8 * pressure / max(sum(pressures), 1e-300))
        return [scale * each for each in pressures]

    span = max(temperature - film.temperature, 1.0)
    ends = [
        air_side.transfer_coefficients(stream, kelvin, surface(kelvin))
        for kelvin in (film.temperature, film.temperature + span)
    ]
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


def begin_bath(film: Film, run: Run, step: Immersion, duration: float) -> int:
    """Put the film into the bath of a step of this duration [s]; the status."""
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
            both=step.sides == "both",
        )
    )
