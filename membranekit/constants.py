"""The constants of the model: each with its unit, basis and source."""

from __future__ import annotations

from membranekit.trust import Constant

CONSTANTS: dict[str, Constant] = {
    "network_modulus": Constant(
        3e5, "Pa", "chosen", "chosen: coacervate gel; unmeasured, 1e5 Pa or more"
    ),
    "poor_phase_mobility": Constant(
        1.0,
        "1",
        "chosen",
        "chosen: factor on the coil's diffusivity in the polymer-poor phase",
    ),
    "small_molecule_mobility": Constant(
        0.07,
        "1",
        "fitted",
        "fitted: factor on small molecules' diffusivities in the solution and rich "
        "phase; to all of GB 2 199 786 A's rows marked calibrate at once, with PVP's "
        "interaction and the fraction at which PVDF gels",
    ),
    "mesh_prefactor": Constant(
        3e-10,
        "m",
        "estimated",
        "estimated: xi = a phi**(-3/4) of a semidilute solution, a of polystyrene in "
        "good solvents, recalled; left as it came, whatever 1e-10 to 6e-10 give with "
        "GB 2 199 786 A",
    ),
    "dissolved_polymer_mobility": Constant(
        1e-16,
        "m**2/s",
        "chosen",
        "chosen: none, within what a run can see: PVP is entangled with the membrane "
        "polymer and stays where it is",
    ),
    "coil_intrinsic_viscosity": Constant(
        24.0,
        "1",
        "estimated",
        "estimated: PVP K30 in water, 0.02 m3/kg times its density; recalled, not "
        "checked against a book",
    ),
    "martin_constant": Constant(
        0.3,
        "1",
        "estimated",
        "estimated: 10 % of PVP K30 makes water five to eight times as viscous; "
        "recalled, not checked against a book",
    ),
    "wall_pore": Constant(
        5e-9,
        "m",
        "chosen",
        "chosen: pore for the friction of the poor phase on its walls: nascent, the "
        "first wavelength of demixing",
    ),
    "plasticization": Constant(
        2.0,
        "1",
        "estimated",
        "estimated: Kelley-Bueche, ratio of expansion steps; recalled of textbooks",
    ),
    "bath_heat_coefficient": Constant(
        500.0,
        "W/(m**2 K)",
        "chosen",
        "chosen: natural convection of water at a plate",
        0.0,
    ),
    "skeleton_poisson_ratio": Constant(
        1.0 / 3.0,
        "1",
        "estimated",
        "estimated: open-cell foams at every density (Gibson & Ashby, Cellular "
        "Solids, 2nd ed., sec. 5.3; recalled); left as it came, whatever 0 and 1/2 "
        "give with GB 2 199 786 A",
        0.0,
    ),
    "viscosity_exponent": Constant(
        3.93,
        "1",
        "estimated",
        "estimated: viscosity of an entangled solution in a good solvent against its "
        "fraction (Rubinstein & Colby, Polymer Physics, 2003, sec. 9.4; recalled); "
        "left as it came, whatever a theta solvent's 14/3 gives with GB 2 199 786 A",
    ),
    "tension_exponent": Constant(
        3.88,
        "1",
        "estimated",
        "estimated: interfacial tension against the difference of the phases, "
        "1.26/0.325 of the Ising class (Rowlinson & Widom 1982; recalled); left as it "
        "came, whatever the mean field's 3 or none gives with GB 2 199 786 A",
    ),
    "growth_activation": Constant(
        25e3, "J/mol", "estimated", "estimated: viscosity of NMP and DMAc solutions"
    ),
    "growth_speed": Constant(
        3.997e-08,
        "m/s",
        "fitted",
        "fitted: at a fifth of polymer in the rich phase and 25 degC; to the surface "
        "pores of GB 2 199 786 A, Example 1, 2 and 6 s, and Example 3, 15 s, and to "
        "the labels of those rows",
    ),
    "roughness": Constant(
        3.0,
        "1",
        "fitted",
        "fitted: surface of rough walls over that of smooth ones; to the specific "
        "surface of GB 2 199 786 A, Example 3, 15 s",
        0.0,
    ),
    "macrovoid_polymer_limit": Constant(
        0.25,
        "1",
        "estimated",
        "estimated: mass share of all polymers above which a casting solution is too "
        "viscous for macrovoids; they vanish above some 25 to 30 % in the literature, "
        "recalled; the lower end, of which GB 2 199 786 A tells only that it lies "
        "between the 20 and 30 % of Examples 3 and 1",
        0.0,
    ),
    "support_side_pore": Constant(
        9.471e-07,
        "m",
        "fitted",
        "fitted: pores at the support without water from the air; empirical, within a "
        "factor 3; to GB 2 199 786 A, Example 1, support side at 0, 2 and 6 s",
        0.0,
    ),
    "support_side_uptake": Constant(
        3.172e-07,
        "m",
        "fitted",
        "fitted: volume of water per area, taken up in the air, that doubles the pores"
        " at the support; empirical, within a factor 3; to GB 2 199 786 A, Example 1, "
        "support side at 0, 2 and 6 s",
        0.0,
    ),
}
