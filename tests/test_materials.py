"""Every shipped material file loads and is complete; its numbers are the field's."""

import itertools
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import tomli

from membranekit import library, limits, units
from membranekit.case import read_case
from membranekit.constants import CONSTANTS
from membranekit.library import load_file, materials
from membranekit.names import match_key
from membranekit.sources import source_fault
from membranekit.substances import (
    BASES,
    KINDS,
    PROPERTIES,
    ROOM_TEMPERATURE,
    InteractionSet,
    Substance,
)

FOLDER = Path(__file__).parents[1] / "materials"
FILES = sorted(FOLDER.glob("*/*.toml"))
LOADED = {path: load_file(path) for path in FILES}
SUBSTANCES = {p: s for p, s in LOADED.items() if isinstance(s, Substance)}
SETS = [s for s in LOADED.values() if isinstance(s, InteractionSet)]
VALUES = [(s, v) for s in SUBSTANCES.values() for v in s.values]

MOLECULE = {
    "molar_mass",
    "density",
    "viscosity",
    "heat_capacity",
    "thermal_conductivity",
    "surface_tension",
    "glass_temperature",
    "boiling_molar_volume",
    "association",
}
CHAIN = {
    "density",
    "number_average_molar_mass",
    "glass_temperature",
    "heat_capacity",
    "thermal_conductivity",
}
MEMBRANE = CHAIN | {"contact_angle", "yield_stress", "start_pore_diameter"}
CRYSTAL = {
    "melting_temperature",
    "enthalpy_of_fusion",
    "repeat_unit_molar_mass",
    "gelation_fraction",
}
SUPPORT = {"density", "heat_capacity", "thermal_conductivity"}
WITH_TEMPERATURE = {
    *("density", "viscosity", "heat_capacity", "thermal_conductivity"),
    *("surface_tension", "saturation_pressure", "enthalpy_of_vaporization"),
    *("diffusivity", "contact_angle", "yield_stress"),
}
"""Properties that a temperature changes."""
# Known well enough for an interaction, not for a run.
LACKS = {
    "polyacrylonitrile": MEMBRANE
    - {"density", "number_average_molar_mass", "glass_temperature"}
}
VOLATILE = [
    s.name for s in SUBSTANCES.values() if "saturation_pressure" in s.properties
]


def by_name(item):
    return item.name if hasattr(item, "name") else None


def test_the_pack_is_sound():
    assert not materials.check()
    assert [pack.name for pack in materials.packs][:1] == ["builtin"]


def test_there_is_one_of_each_shipped_file():
    assert len(FILES) == len(SUBSTANCES) + len(SETS) > 20


@pytest.mark.parametrize(("path", "substance"), SUBSTANCES.items(), ids=by_name)
def test_a_substance_lies_in_its_drawer(path, substance):
    drawers = dict(
        zip(KINDS, ("polymers", "solvents", "swelling_agents", "supports"), strict=True)
    )
    assert path.parent.name == drawers[substance.kind]


@pytest.mark.parametrize("substance", SUBSTANCES.values(), ids=by_name)
def test_a_substance_has_what_simulation_needs(substance):
    if substance.kind == "support":
        wanted = SUPPORT
    elif substance.kind == "polymer":
        wanted = MEMBRANE | (CRYSTAL if substance.name == "PVDF" else set())
    elif substance.has("number_average_molar_mass"):
        wanted = CHAIN | {"diffusivity"}
    else:
        wanted = MOLECULE
    if substance.has("saturation_pressure"):
        wanted = wanted | {"enthalpy_of_vaporization", "diffusion_volume"}
    assert wanted - set(substance.properties) == LACKS.get(substance.name, set())


@pytest.mark.parametrize(("substance", "value"), VALUES, ids=by_name)
def test_a_value_has_source_basis_and_unit(substance, value):
    assert source_fault(value.source, value.basis) == ""
    assert value.basis in BASES
    quantity = value.quantity()
    kind = PROPERTIES[value.name].unit_kind
    assert quantity.m_as(units.KINDS[kind].unit) == pytest.approx(value.at(), rel=1e-9)


@pytest.mark.parametrize(("substance", "value"), VALUES, ids=by_name)
def test_a_value_says_where_it_holds(substance, value):
    """A law its temperatures, a constant them or how far off it may be."""
    if value.law.correlation != "constant":
        assert value.valid_temperature is not None
    elif value.name in WITH_TEMPERATURE:
        assert value.valid_temperature is not None or value.half_width is not None


@pytest.mark.parametrize("example", ["example1", "example2", "example3"])
def test_the_shipped_cases_read_no_value_outside_its_range(example):
    for run in read_case(example).runs:
        assert not limits.stretches(run.solution, run.process)
        used = [*run.solution.components, run.process.support.substance]
        used += run.process.brought(used)
        assert len(used) > 4
        for substance in used:
            is_polymer = substance.name == run.solution.polymer.name
            for name in limits.needed(substance, membrane_polymer=is_polymer):
                # what a run reads at no temperature of its own it reads at 25 degC
                assert substance.get(name).in_range(ROOM_TEMPERATURE)


@pytest.mark.parametrize(("name", "constant"), CONSTANTS.items())
def test_a_constant_of_the_model_has_a_source(name, constant):
    assert source_fault(constant.source, constant.basis) == ""


def test_the_marketed_sheets_have_sources():
    place = files("membranekit") / "data" / "sheets.toml"
    data = tomli.loads(place.read_text(encoding="utf-8"))
    found = [data["rule"], data["thickness"], data["porosity"]]
    found += data["sheets"].values()
    assert [source_fault(each["source"], each["basis"]) for each in found] == [""] * 5


def test_a_user_s_own_value_has_a_source():
    own = materials["NMP"].replace(density="1000 kg/m**3").get("density")
    assert source_fault(own.source, own.basis) == ""


@pytest.mark.parametrize("substance", SUBSTANCES.values(), ids=by_name)
def test_registry_numbers_have_their_check_digit(substance):
    if substance.kind != "support":
        assert substance.cas
    if substance.cas:
        body, check = substance.cas.replace("-", "")[:-1], int(substance.cas[-1])
        assert sum(n * int(d) for n, d in enumerate(body[::-1], 1)) % 10 == check


def test_every_name_and_alias_is_unique():
    names = [
        match_key(name)
        for s in SUBSTANCES.values()
        for name in {match_key(n) for n in (s.name, *s.aliases)}
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("PSF", "polysulfone P-3500"),
        ("psu", "polysulfone P-3500"),
        ("p3500", "polysulfone P-3500"),
        ("PVDF Kynar", "PVDF"),
        ("polyethersulfone", "PES"),
        ("N-methyl-2-pyrrolidone", "NMP"),
        ("dimethylacetamide", "DMAc"),
        ("PEG200", "PEG 200"),
        ("PVP", "PVP K30"),
        ("lithium chloride", "LiCl"),
        ("PET film", "PET film"),
        ("dimethylformamide", "DMF"),
        ("dimethylsulfoxide", "DMSO"),
        ("tetrahydrofuran", "THF"),
        ("1,4-dioxane", "dioxane"),
        ("glycerin", "glycerol"),
        ("2-propanol", "isopropanol"),
        ("CA", "cellulose acetate"),
        ("PAN", "polyacrylonitrile"),
        ("PVP K90", "PVP K90"),
        ("PVP K15", "PVP K15"),
    ],
)
def test_the_field_s_names_are_known(name, canonical):
    assert materials[name].name == canonical


# Handbook values that were not read from the files' own sources.
@pytest.mark.parametrize(
    ("name", "prop", "celsius", "expected", "tolerance"),
    [
        ("water", "saturation_pressure", 25, 3169.9, 1e-3),  # IAPWS-95
        ("water", "saturation_pressure", 60, 19946, 2e-3),
        ("water", "viscosity", 20, 1.0016e-3, 1e-2),
        ("water", "viscosity", 60, 0.4660e-3, 1e-2),
        ("water", "density", 25, 997.05, 1e-4),
        ("NMP", "saturation_pressure", 23.2, 44.0, 1e-2),
        ("NMP", "saturation_pressure", 65, 667.0, 1e-2),
        ("NMP", "density", 25, 1027.0, 2e-3),
        ("NMP", "viscosity", 25, 1.65e-3, 1e-3),
        ("DMAc", "saturation_pressure", 20, 195.0, 1e-3),
        ("DMAc", "saturation_pressure", 60, 2036.0, 1e-3),
        ("DMAc", "viscosity", 40, 0.765e-3, 1e-3),
        ("PEG 200", "viscosity", 60, 10.8e-3, 5e-3),
        # Normal boiling points and viscosities of the CRC Handbook.
        ("acetone", "saturation_pressure", 56.08, 101325, 1e-2),
        ("methanol", "saturation_pressure", 64.6, 101325, 1e-2),
        ("ethanol", "saturation_pressure", 78.29, 101325, 1e-2),
        ("isopropanol", "saturation_pressure", 82.3, 101325, 3e-2),
        ("THF", "saturation_pressure", 65.97, 101325, 2e-2),
        ("dioxane", "saturation_pressure", 101.3, 101325, 2e-2),
        ("1,2-dichloroethane", "saturation_pressure", 83.5, 101325, 2e-2),
        ("DMF", "saturation_pressure", 152.8, 101325, 3e-2),
        ("DMSO", "saturation_pressure", 189.0, 101325, 8e-2),
        ("acetone", "viscosity", 25, 0.306e-3, 2e-2),
        ("methanol", "viscosity", 25, 0.544e-3, 2e-2),
        ("isopropanol", "viscosity", 25, 2.04e-3, 2e-2),
        ("DMF", "viscosity", 25, 0.794e-3, 3e-2),
        ("DMSO", "viscosity", 25, 1.987e-3, 1e-2),
        ("glycerol", "viscosity", 25, 0.934, 2e-2),
    ],
)
def test_laws_reproduce_known_points(name, prop, celsius, expected, tolerance):
    value = materials[name].get(prop)
    assert value.at(celsius + 273.15) == pytest.approx(expected, rel=tolerance)
    assert value.in_range(celsius + 273.15)


@pytest.mark.parametrize("name", VOLATILE)
def test_vapor_pressure_and_heat_of_vaporization_agree(name):
    """Clausius and Clapeyron: H = -R d ln p/d(1/T), for a vapor that is ideal."""
    p = materials[name].get("saturation_pressure")
    low, high = 293.15, 333.15
    slope = np.log(p.at(high) / p.at(low)) / (1 / low - 1 / high)
    heat = materials[name].get("enthalpy_of_vaporization").at((low + high) / 2)
    assert 8.31446 * slope == pytest.approx(heat, rel=0.06)


@pytest.mark.parametrize("substance", SUBSTANCES.values(), ids=by_name)
def test_density_falls_and_volatility_rises_with_temperature(substance):
    if substance.has("saturation_pressure"):
        p = substance.get("saturation_pressure")
        assert p.at(300) < p.at(320)
        assert substance.get("density").at(300) > substance.get("density").at(320)
        assert substance.get("viscosity").at(300) > substance.get("viscosity").at(320)


@pytest.mark.parametrize("found", SETS, ids=by_name)
def test_a_set_is_whole(found):
    assert all(materials[name].name == name for name in found.components)
    pairs = {frozenset(pair.between) for pair in found.pairs}
    assert pairs == set(map(frozenset, itertools.combinations(found.components, 2)))
    for term in found.terms:
        assert source_fault(term.source, term.basis) == ""
        assert term.basis in BASES
    assert found.note
    assert found.valid_temperature == pytest.approx((288.15, 338.15))


@pytest.mark.parametrize("found", SETS, ids=by_name)
def test_a_set_names_a_preference_an_anchor_and_its_parts(found):
    if len(found.components) > 3:
        assert found.assembled_from
    if found.preferred:
        if len(found.components) > 2:
            assert found.anchor[0] == "water"
            assert materials[found.anchor[1]].kind == "polymer"
        assert library.interaction_set(found.components).name == found.name


@pytest.mark.parametrize(
    "found", [s for s in SETS if s.assembled_from], ids=lambda s: s.name
)
def test_the_core_of_an_assembled_set_is_the_published_ternary_unedited(found):
    name = re.search(r"the ternary core '([^']+)' whole", found.assembled_from)[1]
    core = library.interaction_set(found.components[:3], name)
    for pair in core.pairs:
        own = found.pair(*pair.between)
        if set(pair.between) == set(found.anchor) and own != pair:
            # the anchor alone may differ, and says what fixed it
            assert own.basis == "fitted"
            assert "GB 2 199 786 A" in own.source
        else:
            assert own == pair


# Table 1b of modified UNIFAC: g12 at u2 = 0.1, 0.5, 0.9 and 25 degC.
@pytest.mark.parametrize(
    ("solvent", "polymer", "expected"),
    [("NMP", "PES", (0.39, 0.42, 0.46)), ("DMAc", "PVDF", (0.26, 0.23, 0.12))],
)
def test_g12_in_the_preferred_sets(solvent, polymer, expected):
    pair = library.interaction_set(["water", solvent, polymer]).pair("water", solvent)
    for u, g in zip((0.1, 0.5, 0.9), expected, strict=True):
        assert pair.at(u, 298.15) == pytest.approx(g, abs=0.008)
    assert pair.at(0.5, 333.15) > pair.at(0.5, 298.15)


def cloud_point(found, polymer_mass_fraction):
    """Return the water mass fraction at the binodal, by hulls of the free energy.

    The poor phase holds no polymer: its tangent plane must touch the mixture's.
    """
    names = found.components
    volumes = np.array([materials[n].molar_volume for n in names])
    densities = np.array([materials[n].get("density").at() for n in names])

    def energy(phi):
        phi = np.maximum(phi, 1e-300)
        total = np.sum(phi / volumes * np.log(phi))
        for pair in found.pairs:
            i, j = (names.index(name) for name in pair.between)
            reference = materials[pair.reference_volume].molar_volume
            u = phi[j] / (phi[i] + phi[j])
            total += pair.at(u) * phi[i] * phi[j] / reference
        return total

    def plane(phi):
        steps = np.eye(3) * phi * 1e-6
        slopes = [(energy(phi + s) - energy(phi - s)) / (2 * s.max()) for s in steps]
        return energy(phi) + slopes - phi @ slopes

    lean = [np.array([x, 1 - x, 1e-300]) for x in np.linspace(0.05, 0.995, 120)]
    lean_energy = np.array([energy(phi) for phi in lean])

    def splits(water):
        mass = np.array(
            [water, 1 - water - polymer_mass_fraction, polymer_mass_fraction]
        )
        phi = mass / densities
        tangent = plane(phi / phi.sum())
        return (lean_energy - np.array(lean) @ tangent).min() < 0

    low, high = 1e-4, 0.3
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if splits(middle) else (middle, high)
    return low


@pytest.mark.parametrize(
    ("solvent", "polymer", "version", "measured", "tolerance"),
    [
        ("NMP", "polysulfone P-3500", "UNIFAC-DO refit", 0.065, 0.004),
        ("NMP", "polysulfone P-3500", "Wei 2006", 0.065, 0.003),
        ("NMP", "PES", "UNIFAC-DO refit", 0.107, 0.005),
        ("NMP", "PES", "Wei 2006", 0.113, 0.003),
        ("DMAc", "polysulfone P-3500", "Wei 2006", 0.036, 0.003),
        ("DMAc", "polysulfone P-3500", "UNIFAC-DO refit", 0.025, 0.008),
        # Lau's laboratory has 0.025, Qin's 0.037
        ("DMAc", "polysulfone P-3500", "(three laboratories)", 0.031, 0.006),
    ],
)
def test_the_ternaries_reproduce_their_cloud_points(
    solvent, polymer, version, measured, tolerance
):
    """At 15 wt% polymer: a slip of reference volume or sign would miss by far."""
    components = ["water", solvent, polymer]
    names = [n for n in materials.set_names if n.endswith(version)]
    name = next(n for n in names if set(components) == set(_components(n)))
    found = library.interaction_set(components, name)
    assert cloud_point(found, 0.15) == pytest.approx(measured, abs=tolerance)


def _components(name):
    return next(s.components for s in SETS if s.name == name)
