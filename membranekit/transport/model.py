"""The film as the kernel sees it: every law of temperature as a short table.

Laws are passed to the kernel in forms of two or three coefficients, taken through two
or three temperatures of the range in which a run moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from membranekit.thermo.flory_huggins import WATER_VOLUME, Mixture, pair_index
from membranekit.transport.diffusivity import wilke_chang

Floats = NDArray[np.float64]
Law = Callable[[float], float]

GAS_CONSTANT = 8.31446261815324


@dataclass(frozen=True, eq=False)
class Species:
    """A small species of the film, in SI floats and laws of temperature [K].

    `polymeric`: a dissolved polymer, which moves by `coil` (diffusivity in a lean
    liquid) and `network` (diffusivity along the film) [m2/s] instead of Wilke & Chang.
    """

    name: str
    molar_mass: float
    molar_volume: float
    density: float
    heat_capacity: float
    thermal_conductivity: float
    glass_temperature: float
    boiling_volume: float
    association: float
    viscosity: Law | None = None
    saturation_pressure: Law | None = None
    enthalpy_of_vaporization: Law | None = None
    diffusion_volume: float = 0.0
    polymeric: bool = False
    coil: Law | None = None
    network: Law | None = None
    is_water: bool = False


@dataclass(frozen=True, eq=False)
class Matrix:
    """The membrane polymer.

    `gel`: the volume fraction of polymer at which its rich phase gels [1]; None: it
    turns to glass.
    """

    name: str
    molar_volume: float
    density: float
    heat_capacity: float
    thermal_conductivity: float
    glass_temperature: float
    gel: float | None = None


@dataclass(frozen=True, eq=False)
class Laws:
    """Numbers of the model that belong to no substance."""

    network_modulus: float
    poor_phase_mobility: float
    small_molecule_mobility: float
    mesh_prefactor: float
    wall_pore: float
    wall_viscosity: Law
    plasticization: float
    growth_exponent: float
    growth_activation: float
    growth_temperature: float


@dataclass(frozen=True, eq=False)
class FilmModel:
    """Everything a kernel's film is set up with."""

    species: tuple[Species, ...]
    matrix: Matrix
    mixture: Mixture
    laws: Laws
    main_solvent: int
    coldest: float
    hottest: float

    @property
    def n(self) -> int:
        """Number of small species."""
        return len(self.species)


def arrhenius(law: Law, coldest: float, hottest: float) -> tuple[float, float]:
    """Return a and b of ln y = a + b/T through a law at two temperatures [K].

    Examples
    --------
    >>> a, b = arrhenius(lambda T: math.exp(2 - 300 / T), 280.0, 340.0)
    >>> round(a, 9), round(b, 6)
    (2.0, -300.0)
    """
    low, high = math.log(law(coldest)), math.log(law(hottest))
    b = (high - low) / (1.0 / hottest - 1.0 / coldest)
    return low - b / coldest, b


def vapor_law(law: Law, coldest: float, hottest: float) -> tuple[float, float, float]:
    """Return a, b, c of ln p = a + b/T + c ln T through three temperatures [K]."""
    points = np.array([coldest, 0.5 * (coldest + hottest), hottest])
    rows = np.column_stack([np.ones(3), 1.0 / points, np.log(points)])
    values = np.array([math.log(law(float(point))) for point in points])
    a, b, c = np.linalg.solve(rows, values)
    return float(a), float(b), float(c)


def linear(law: Law, coldest: float, hottest: float) -> tuple[float, float]:
    """Return a and b of y = a + b (T - 298.15 K) through two temperatures [K]."""
    low, high = law(coldest), law(hottest)
    b = (high - low) / (hottest - coldest)
    return low - b * (coldest - 298.15), b


def diffusivity_in(
    solute: Species, liquid: Species, viscous: Species
) -> Callable[[float], float]:
    """Return the law of a solute's diffusivity in a liquid at infinite dilution.

    A liquid whose viscosity is not known (a dissolved salt or oligomer) takes that of
    `viscous`, the main solvent.
    """
    medium = liquid if liquid.viscosity is not None else viscous

    def law(temperature: float) -> float:
        if medium.viscosity is None:
            raise ValueError(f"{medium.name} has no viscosity")
        return wilke_chang(
            temperature,
            medium.molar_mass,
            medium.viscosity(temperature),
            medium.association,
            solute.boiling_volume,
            solute_is_water=solute.is_water,
        )

    return law


def friction_tables(model: FilmModel) -> dict[str, Floats]:
    """Return the kernel's friction tables, ln zeta = a + b/T [s/m2].

    For the pair (i, j) the two dilute limits are ``zeta = V0/(V_j D_j in i)`` and
    ``V0/(V_i D_i in j)``; a dissolved polymer's are ``V0/(V D)`` of its coil and of its
    motion along the film; the polymer's ``V0 eta/(R T a^2)`` of its mesh (de Gennes
    1979, sec. V.2); the wall's is Darcy's, ``V0 eta/(R T k)`` with the permeability of
    a sponge of porosity 0.8, k = 0.8 d^2/24.
    """
    n, species = model.n, model.species
    viscous = species[model.main_solvent]

    def friction(
        volume: float, diffusivity: Law, factor: float = 1.0
    ) -> tuple[float, float]:
        def law(temperature: float) -> float:
            return WATER_VOLUME / (volume * factor * diffusivity(temperature))

        return arrhenius(law, model.coldest, model.hottest)

    pairs = np.zeros((n * (n - 1) // 2, 2, 2))
    coil, network = np.zeros((n, 2)), np.zeros((n, 2))
    polymeric = np.array([float(each.polymeric) for each in species])
    for j in range(n):
        one = species[j]
        if one.polymeric and one.coil and one.network:
            coil[j] = friction(
                one.molar_volume, one.coil, model.laws.poor_phase_mobility
            )
            network[j] = friction(one.molar_volume, one.network)
            continue
        for i in range(j):
            other = species[i]
            if other.polymeric:
                continue
            pairs[pair_index(i, j)] = (
                friction(one.molar_volume, diffusivity_in(one, other, viscous)),
                friction(other.molar_volume, diffusivity_in(other, one, viscous)),
            )
    if viscous.viscosity is None:
        raise ValueError(f"{viscous.name} has no viscosity")
    viscosity_of = viscous.viscosity

    def mesh(temperature: float) -> float:
        area = model.laws.mesh_prefactor**2
        viscosity = viscosity_of(temperature)
        return WATER_VOLUME * viscosity / (GAS_CONSTANT * temperature * area)

    permeability = 0.8 * model.laws.wall_pore**2 / 24.0

    def wall(temperature: float) -> float:
        viscosity = model.laws.wall_viscosity(temperature)
        return WATER_VOLUME * viscosity / (GAS_CONSTANT * temperature * permeability)

    return {
        "pairs": pairs,
        "polymeric": polymeric,
        "coil": coil,
        "network": network,
        "drag": np.tile(arrhenius(mesh, model.coldest, model.hottest), (n, 1)),
        "wall": np.array(arrhenius(wall, model.coldest, model.hottest)),
    }


def arrest_tables(model: FilmModel) -> tuple[int, Floats, Floats, float, Floats]:
    """Return the kernel's arrest tables: Kelley-Bueche for a glass, or a gel's."""
    weight = np.array(
        [1.0 if each.polymeric else model.laws.plasticization for each in model.species]
        + [1.0]
    )
    glass = np.array(
        [each.glass_temperature for each in model.species]
        + [model.matrix.glass_temperature]
    )
    growth = np.array(
        [
            model.laws.growth_exponent,
            model.laws.growth_activation / GAS_CONSTANT,
            model.laws.growth_temperature,
        ]
    )
    gel = model.matrix.gel
    return (1 if gel is None else 2), weight, glass, gel or 0.0, growth


def bath_diffusivities(model: FilmModel, main: int) -> Floats:
    """Return ln D = a + b/T of each species in a bath, dilute in its main liquid."""
    table = np.zeros((model.n, 2))
    liquid = model.species[main]
    for i, each in enumerate(model.species):
        if i == main:
            continue
        law = each.coil if each.polymeric else diffusivity_in(each, liquid, liquid)
        if law is None:
            raise ValueError(f"{each.name} has no diffusivity in a bath")
        table[i] = arrhenius(law, model.coldest, model.hottest)
    return table


def vapor_tables(model: FilmModel, volatile: Sequence[bool]) -> tuple[Floats, Floats]:
    """Return saturation pressures (n, 3) and enthalpies of vaporization (n, 2)."""
    saturation, enthalpy = np.zeros((model.n, 3)), np.zeros((model.n, 2))
    for i, each in enumerate(model.species):
        if not volatile[i]:
            continue
        if each.saturation_pressure is None or each.enthalpy_of_vaporization is None:
            raise ValueError(f"{each.name} has no saturation pressure")
        saturation[i] = vapor_law(
            each.saturation_pressure, model.coldest, model.hottest
        )
        enthalpy[i] = linear(
            each.enthalpy_of_vaporization, model.coldest, model.hottest
        )
    return saturation, enthalpy
