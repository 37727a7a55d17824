"""Filtration to blocking: balance, order, limits, and steps that do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membranekit.errors import InputError
from membranekit.filtration import capture, throughput
from membranekit.filtration.permeance import permeance

TIGHT_UP = [0.0, 100e-6], [0.8, 0.8], [0.2e-6, 1e-6]
OPEN_UP = [0.0, 100e-6], [0.8, 0.8], [1e-6, 0.2e-6]
PRESSURE = 1e4


def filtrate(profile, particle=0.17e-6, concentration=1e-4, **more):
    if "flux" not in more:
        more.setdefault("pressure", PRESSURE)
    return throughput.filtrate(
        *profile, particle, concentration, viscosity=0.89e-3, **more
    )


def held(course):
    return float(course.attached.sum() + course.sieved.sum() + course.cake)


def clean(profile=TIGHT_UP):
    return permeance(*profile, 0.89e-3)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.03e-6, 3e-6),
    st.floats(1e-6, 1e-3),
    st.floats(1e-4, 1.0),
    st.booleans(),
    st.booleans(),
)
def test_what_comes_stays_or_passes(particle, concentration, share, turned, held_flux):
    profile = OPEN_UP if turned else TIGHT_UP
    hold = {"flux": 1e-4} if held_flux else {"pressure": PRESSURE}
    course = filtrate(profile, particle, concentration, attachment=share, **hold)
    assert course.fed == pytest.approx(held(course) + course.passed, rel=1e-12)
    assert course.fed == pytest.approx(concentration * course.volume[-1], rel=1e-12)
    assert min(course.passed, course.cake, course.attached.min()) >= 0.0
    assert course.sieved.min() >= 0.0
    assert np.all(np.diff(course.volume) > 0.0)
    assert np.all(np.diff(course.time) > 0.0)
    assert np.all(np.diff(course.permeance) <= 0.0)


@pytest.mark.parametrize("hold", [{"flux": 1e-4}, {"pressure": 1e4}])
def test_no_particles_in_none_out(hold):
    course = filtrate(TIGHT_UP, concentration=0.0, **hold)
    assert not course.blocked
    assert "no particles" in course.message
    assert (course.fed, course.passed, held(course)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("particle", [0.1e-6, 0.17e-6, 0.2e-6])
@pytest.mark.parametrize("share", [1.0, 0.01])
def test_open_side_upstream_lasts_longer(particle, share):
    """For particles that adhere: what the finest pores let pass."""
    tight = filtrate(TIGHT_UP, particle, attachment=share)
    wide = filtrate(OPEN_UP, particle, attachment=share)
    assert tight.blocked
    assert wide.blocked
    assert wide.volume[-1] > tight.volume[-1]


def test_twice_as_dilute_lasts_twice_the_volume():
    thick, thin = (filtrate(TIGHT_UP, concentration=c) for c in (2e-4, 1e-4))
    assert thin.volume[-1] == pytest.approx(2 * thick.volume[-1], rel=1e-9)


def test_a_lower_end_comes_later():
    volumes = [filtrate(TIGHT_UP, end=end).volume[-1] for end in (0.5, 0.3, 0.1)]
    assert volumes[0] < volumes[1] < volumes[2]


def test_particles_too_large_for_the_sheet_make_a_cake():
    """In the end resistance grows with volume as a packed bed on the sheet."""
    course = filtrate(TIGHT_UP, 5e-6, end=0.02)
    bed = (5e-6) ** 2 * 0.4**3 / (180.0 * 0.6**2)
    expected = 1e-4 / (0.6 * bed) * 0.89e-3 * clean()
    slope = np.diff(1.0 / course.permeance)[-2] / np.diff(course.volume)[-2]
    assert course.passed == pytest.approx(0.0, abs=1e-12 * course.fed)
    assert course.cake > 0.9 * held(course)
    assert slope == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("share", [1.0, 1e-3])
def test_smaller_steps_and_thinner_layers_change_little(share, monkeypatch):
    usual = filtrate(OPEN_UP, attachment=share)
    monkeypatch.setattr(throughput, "STEP", 0.02)
    monkeypatch.setattr(throughput, "GREATEST_FALL", 0.99)
    fine = filtrate(OPEN_UP, attachment=share, layers=800)
    assert usual.volume[-1] == pytest.approx(fine.volume[-1], rel=5e-3)
    assert usual.time[-1] == pytest.approx(fine.time[-1], rel=2e-2)


def test_the_first_particles_pass_as_the_clean_sheet_lets_them():
    """Alike paths here: what passes at first is exp(-m) of them."""
    profile = [0.0, 20e-6], [0.8, 0.8], [0.5e-6, 0.5e-6]
    course = filtrate(profile, 0.1e-6, 1e-4, flux=1e-3, end=0.999)
    found = capture.path_capture(*profile, 0.1e-6, flux=1e-3, viscosity=0.89e-3)
    assert course.passed / course.fed == pytest.approx(np.exp(-found.mean), rel=0.05)


def test_particles_that_adhere_make_the_constrictions_that_sieve():
    """Clean pores pass all of them; half a monolayer leaves one particle's width."""
    even = [0.0, 20e-6], [0.8, 0.8], [0.2e-6, 0.2e-6]
    course = filtrate(even, 0.1e-6, passage=1.0)
    assert course.sieved.sum() > 0.0
    first = filtrate(even, 0.1e-6, passage=1.0, end=0.9)
    assert first.sieved.sum() == 0.0
    # d - 2 h = d_p when half of the first layers' monolayer is there
    closed = np.flatnonzero(course.sieved)
    room = 1.92 * 0.8 / 0.2e-6 * 0.547 * (2 / 3) * 0.1e-6
    width = 2.0 * course.layer_depth[0]
    assert np.all(course.attached[closed] >= 0.45 * room * width)


def test_layers_thinner_than_a_particle_change_nothing():
    """A profile's grid is not the filter's: a skin cut into 1 nm steps, and not."""
    coarse = [0.0, 100e-6], [0.8, 0.8], [0.16e-6, 2e-6]
    z = np.concatenate([np.linspace(0.0, 0.5e-6, 500, endpoint=False), [0.5e-6, 1e-4]])
    pore = np.interp(z, coarse[0], coarse[2])
    cut = filtrate([z, np.full(z.size, 0.8), pore])
    assert np.diff(cut.layer_depth).min() > 0.16e-6
    assert cut.volume[-1] == pytest.approx(filtrate(coarse).volume[-1], rel=0.1)
    assert clean(coarse) == pytest.approx(clean([z, np.full(z.size, 0.8), pore]))


def test_walls_that_fill_up_without_blocking_end_the_course():
    coarse = [0.0, 20e-6], [0.8, 0.8], [2e-6, 2e-6]
    course = filtrate(coarse, 0.05e-6)
    assert not course.blocked
    assert "finds no room" in course.message
    room = 1.92 * 0.8 / 2e-6 * 0.547 * (2 / 3) * 0.05e-6 * 20e-6
    assert course.attached.sum() == pytest.approx(room, rel=0.05)


def test_nothing_that_holds_holds_nothing():
    course = filtrate(TIGHT_UP, 0.1e-6, attachment=0.0)
    assert not course.blocked
    assert held(course) == 0.0


def test_at_constant_flux_time_goes_with_volume():
    course = filtrate(TIGHT_UP, flux=2e-4)
    assert course.time == pytest.approx(course.volume / 2e-4, rel=1e-12)


def test_at_constant_pressure_flux_falls_with_permeance():
    course = filtrate(OPEN_UP)
    flux = np.diff(course.volume) / np.diff(course.time)
    start = clean(OPEN_UP) * PRESSURE
    assert np.all(flux <= start * course.permeance[:-1] * (1 + 1e-12))
    assert np.all(flux >= start * course.permeance[1:] * (1 - 1e-12))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"particle": 0.0}, "particle_diameter"),
        ({"concentration": -1e-4}, "concentration"),
        ({"concentration": 0.7}, "concentration"),
        ({"end": 1.0}, "end"),
        ({"attachment": 1.5}, "attachment"),
        ({"pressure": -1.0}, "pressure"),
        ({"pressure": 1.0, "flux": 1.0}, "one of the two"),
        ({"flux": 0.0}, "flux"),
    ],
)
def test_what_is_not_physical_is_refused(more, what):
    with pytest.raises(InputError, match=what):
        filtrate(TIGHT_UP, **more)
