"""Diffusivity laws: scaling, limits, and values worked out by hand."""

import math

import pytest

from membranekit.errors import InputError
from membranekit.transport.diffusivity import (
    mackie_meares,
    stokes_einstein,
    wilke_chang,
)

WATER_IN_NMP = {
    "temperature": 298.15,
    "solvent_molar_mass": 99.131e-3,
    "solvent_viscosity": 1.65e-3,
    "solvent_association": 1.0,
    "solute_boiling_volume": 18.9e-6,
}


def test_wilke_chang_in_its_published_units():
    """7.4e-8 (x M)^1/2 T/(eta V^0.6), worked in cm2/s, g/mol, cP, cm3/mol."""
    by_hand = 7.4e-8 * math.sqrt(99.131) * 298.15 / (1.65 * 18.9**0.6) * 1e-4
    assert wilke_chang(**WATER_IN_NMP) == pytest.approx(by_hand, rel=1e-12)


def test_wilke_chang_is_near_a_measured_value():
    """Ethylbenzene in water at 293 K is 0.81e-9 m2/s (Witherspoon, Bonoli 1969)."""
    estimate = wilke_chang(293.0, 18.02e-3, 1.0e-3, 2.6, 140.4e-6)
    assert estimate == pytest.approx(0.81e-9, rel=0.10)


def test_water_as_solute_is_slower_by_its_factor():
    slow = wilke_chang(**WATER_IN_NMP, solute_is_water=True)
    assert wilke_chang(**WATER_IN_NMP) / slow == pytest.approx(2.3)


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("temperature", 1.0),
        ("solvent_molar_mass", 0.5),
        ("solvent_viscosity", -1.0),
        ("solvent_association", 0.5),
        ("solute_boiling_volume", -0.6),
    ],
)
def test_wilke_chang_powers(name, power):
    doubled = WATER_IN_NMP | {name: 2.0 * WATER_IN_NMP[name]}
    ratio = wilke_chang(**doubled) / wilke_chang(**WATER_IN_NMP)
    assert ratio == pytest.approx(2.0**power)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", sorted(WATER_IN_NMP))
def test_wilke_chang_names_the_wrong_argument(name, wrong):
    with pytest.raises(InputError, match=name):
        wilke_chang(**WATER_IN_NMP | {name: wrong})


def test_mackie_meares_limits_and_middle():
    assert mackie_meares(0.0) == 1.0
    assert mackie_meares(1.0) == 0.0
    assert mackie_meares(1.0 / 3.0) == pytest.approx(0.25)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan])
def test_mackie_meares_refuses_what_is_no_fraction(wrong):
    with pytest.raises(InputError, match="volume_fraction"):
        mackie_meares(wrong)


def test_stokes_einstein_is_einstein_relation_with_stokes_drag():
    """D times the drag 6 pi eta r is k_B T, and R T per mole."""
    drag = 6.0 * math.pi * 0.89e-3 * 5e-9
    energy = stokes_einstein(298.15, 0.89e-3, 5e-9) * drag
    assert energy * 6.02214076e23 == pytest.approx(8.314462618 * 298.15)


@pytest.mark.parametrize("name", ["temperature", "viscosity", "radius"])
def test_stokes_einstein_names_the_wrong_argument(name):
    given = {"temperature": 298.15, "viscosity": 1e-3, "radius": 5e-9, name: 0.0}
    with pytest.raises(InputError, match=name):
        stokes_einstein(**given)
