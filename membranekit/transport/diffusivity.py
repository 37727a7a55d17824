"""Diffusivities in liquids, in swollen polymer, and of coils and spheres.

Each law is one function of plain SI floats; none knows which substance it is for.
"""

import math

from membranekit.errors import InputError

BOLTZMANN = 1.380649e-23  # [J/K], exact (SI 2019)
_WATER_AS_SOLUTE = 2.3


def wilke_chang(
    temperature: float,
    solvent_molar_mass: float,
    solvent_viscosity: float,
    solvent_association: float,
    solute_boiling_volume: float,
    *,
    solute_is_water: bool = False,
) -> float:
    """Estimate the diffusivity of a dilute solute in a liquid.

    ``D = 7.4e-8 (x M)^(1/2) T / (eta V^0.6)`` in cm2/s, with M in g/mol, eta in
    mPa s and V in cm3/mol. Water that is itself the solute in an organic liquid
    comes out about 2.3 times too fast, as if it moved in clusters;
    `solute_is_water` divides by that factor.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    solvent_molar_mass : float
        Molar mass M of the solvent [kg/mol].
    solvent_viscosity : float
        Viscosity eta of the solvent at `temperature` [Pa*s].
    solvent_association : float
        Association factor x of the solvent: 2.6 for water, 1 if unassociated [1].
    solute_boiling_volume : float
        Molar volume V of the liquid solute at its normal boiling point [m**3/mol].
    solute_is_water : bool
        Whether to divide by 2.3 because water is the solute.

    Returns
    -------
    float
        Diffusivity at infinite dilution [m**2/s].

    Raises
    ------
    InputError
        If an argument is not a positive number.

    References
    ----------
    Wilke, Chang, AIChE J. 1 (1955) 264. Water as solute: Poling, Prausnitz,
    O'Connell, The Properties of Gases and Liquids, 5th ed., sec. 11-9.

    Examples
    --------
    Ethylbenzene in water at 20 degC (measured: 0.81e-9 m2/s):

    >>> d = wilke_chang(293.0, 18.02e-3, 1.0e-3, 2.6, 140.4e-6)
    >>> round(d * 1e9, 2)
    0.76
    """
    _require_positive(
        temperature=temperature,
        solvent_molar_mass=solvent_molar_mass,
        solvent_viscosity=solvent_viscosity,
        solvent_association=solvent_association,
        solute_boiling_volume=solute_boiling_volume,
    )
    gram_per_mole = solvent_molar_mass * 1e3
    centipoise = solvent_viscosity * 1e3
    cubic_centimeter = solute_boiling_volume * 1e6
    square_centimeter: float = (
        7.4e-8
        * math.sqrt(solvent_association * gram_per_mole)
        * temperature
        / (centipoise * cubic_centimeter**0.6)
    )
    diffusivity = square_centimeter * 1e-4
    return diffusivity / _WATER_AS_SOLUTE if solute_is_water else diffusivity


def mackie_meares(volume_fraction: float) -> float:
    """Give the share of a diffusivity that obstruction by polymer leaves.

    ``D/D_0 = ((1 - phi)/(1 + phi))^2``: polymer segments block sites of a lattice
    and lengthen the path round them. It knows nothing of free volume, so it is an
    upper bound close to the glass.

    Parameters
    ----------
    volume_fraction : float
        Volume fraction phi of polymer, 0 to 1 [1].

    Returns
    -------
    float
        Ratio of diffusivities, 1 without polymer, 0 in polymer alone [1].

    Raises
    ------
    InputError
        If `volume_fraction` lies outside 0 to 1.

    References
    ----------
    Mackie, Meares, Proc. R. Soc. Lond. A 232 (1955) 498.

    Examples
    --------
    >>> round(mackie_meares(0.2), 4)
    0.4444
    """
    if not 0.0 <= volume_fraction <= 1.0:
        raise InputError(
            f"volume_fraction is {volume_fraction!r}: a number from 0 to 1 is needed"
        )
    return ((1.0 - volume_fraction) / (1.0 + volume_fraction)) ** 2


def stokes_einstein(temperature: float, viscosity: float, radius: float) -> float:
    """Give the diffusivity of a sphere, or of a coil of that hydrodynamic radius.

    ``D = k_B T / (6 pi eta r)``

    Parameters
    ----------
    temperature : float
        Temperature [K].
    viscosity : float
        Viscosity eta of the liquid [Pa*s].
    radius : float
        Hydrodynamic radius r [m].

    Returns
    -------
    float
        Diffusivity [m**2/s].

    Raises
    ------
    InputError
        If an argument is not a positive number.

    References
    ----------
    Einstein, Ann. Phys. 322 (1905) 549, last equation of sec. 3.

    Examples
    --------
    A sphere of 5 nm radius in water at 25 degC:

    >>> round(stokes_einstein(298.15, 0.89e-3, 5e-9) * 1e11, 2)
    4.91
    """
    _require_positive(temperature=temperature, viscosity=viscosity, radius=radius)
    return BOLTZMANN * temperature / (6.0 * math.pi * viscosity * radius)


def _require_positive(**arguments: float) -> None:
    for name, value in arguments.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")
