"""Activities and uptake: identities, two phases, what is refused."""

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins

from membranekit import library
from membranekit.errors import MembranekitError
from membranekit.mixtures import mixture_of
from membranekit.thermo.flory_huggins import Mixture
from membranekit.thermo.stability import flash
from membranekit.thermo.titration import cloud_fraction
from membranekit.thermo.vapor import log_activities, one_phase, uptake

ROOM = 298.15
PSF = ["water", "NMP", "polysulfone P-3500"]


def shipped(names=PSF, name=None):
    return mixture_of(names, library.interaction_set(names, name))


def test_activity_is_the_partial_molar_energy():
    """ln a_i = d(G V)/dn_i, n_i moles: by complex step of the free energy."""
    mixture = shipped([*PSF[:2], "PVP K30", PSF[2]])
    z = np.array([0.02, 0.7, 0.1, 0.18])
    twin = FloryHuggins(**mixture.at(ROOM))
    expected = twin.energy_gradient(np.log(z)) / mixture.scaled
    found = log_activities(mixture, z, ROOM)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_flory_s_athermal_solution():
    """ln a_1 = ln(phi_1) + (1 - V_1/V_2) phi_2 + g phi_2**2 for a constant g."""
    volumes = np.array([18.07e-6, 18.07e-4])
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = 0.4
    mixture = Mixture(("solvent", "chain"), volumes, table, np.zeros((1, 2)))
    for polymer in (0.05, 0.3, 0.8):
        z = np.array([1.0 - polymer, polymer])
        log = np.log(z[0]) + (1.0 - 0.01) * polymer + 0.4 * polymer**2
        assert log_activities(mixture, z, ROOM)[0] == pytest.approx(log, rel=1e-12)


# Of 0.05 to 0.30 water by mass, computed with other code: by modified UNIFAC, by the
# Wilson equation that Wei's polynomial was fitted to, and by Yip & McHugh's g12.
@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [
        ("UNIFAC-DO refit", (0.168, 0.306, 0.514, 0.657), 0.003),
        ("Wei 2006", (0.267, 0.414, 0.597, 0.712), 0.012),
        ("Yip & McHugh 2006", (0.386, 0.613, 0.823, 0.889), 0.003),
    ],
)
def test_water_activity_in_nmp_by_each_set(name, expected, tolerance):
    mixture = shipped(name=f"water-NMP-polysulfone, {name}")
    density = np.array([library.lookup(n).get("density").at() for n in PSF[:2]])
    for mass, activity in zip((0.05, 0.1, 0.2, 0.3), expected, strict=True):
        volume = np.array([mass, 1.0 - mass]) / density
        z = np.append(volume / volume.sum(), 0.0)
        found = np.exp(log_activities(mixture, z, ROOM)[0])
        assert found == pytest.approx(activity, abs=tolerance)


def test_two_phases_have_the_activities_of_both():
    mixture = shipped()
    z = np.array([0.3, 0.6, 0.1])
    split = flash(mixture, z, ROOM)
    logs = log_activities(mixture, z, ROOM)
    for phase in split.fractions:
        there = one_phase(mixture, phase, ROOM)
        np.testing.assert_allclose(there[:2], logs[:2], atol=1e-11)
    assert abs(one_phase(mixture, z, ROOM)[0] - logs[0]) > 1e-3


def test_pure_and_absent():
    mixture = shipped()
    logs = log_activities(mixture, np.array([0.0, 1.0, 0.0]), ROOM)
    assert logs[1] == 0.0
    assert np.isneginf(logs[[0, 2]]).all()
    assert np.isneginf(log_activities(mixture, np.array([0.0, 0.8, 0.2]), ROOM)[0])


# ------------------------------------------------------------------------- uptake


@pytest.mark.parametrize("polymer", [0.1, 0.3])
def test_uptake_is_what_gives_the_activity(polymer):
    mixture = shipped()
    z = np.array([0.0, 1.0 - polymer, polymer])
    cloud = cloud_fraction(mixture, z, 0, ROOM)
    before, kinds = 0.0, set()
    for activity in (0.01, 0.1, 0.2, 0.4, 0.6, 0.9):
        found = uptake(mixture, z, 0, activity, ROOM)
        assert found.cloud_fraction == pytest.approx(cloud, rel=1e-9)
        assert found.demixed == (found.fraction > cloud)
        assert found.fraction > before
        before = found.fraction
        kinds.add(found.demixed)
        wet = np.append(found.fraction, (1.0 - found.fraction) * z[1:])
        logs = log_activities(mixture, wet, ROOM)
        assert np.exp(logs[0]) == pytest.approx(activity, rel=1e-9)
    assert kinds == {True, False}


def test_what_it_holds_already_does_not_count():
    mixture = shipped()
    dry = uptake(mixture, np.array([0.0, 0.8, 0.2]), 0, 0.15, ROOM)
    wet = uptake(mixture, np.array([0.02, 0.98 * 0.8, 0.98 * 0.2]), 0, 0.15, ROOM)
    assert wet.fraction == pytest.approx(dry.fraction, rel=1e-9)


def test_dry_air_takes_all():
    assert uptake(shipped(), np.array([0.1, 0.7, 0.2]), 0, 0.0, ROOM).fraction == 0.0


@pytest.mark.parametrize("activity", [1.0, 1.2, -0.1, np.nan])
def test_an_activity_that_has_no_answer_is_refused(activity):
    with pytest.raises(MembranekitError, match="activity"):
        uptake(shipped(), np.array([0.0, 0.8, 0.2]), 0, activity, ROOM)
