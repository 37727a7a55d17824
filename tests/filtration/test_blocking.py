"""Hermia's laws: the differential equation itself, ends and order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit.errors import InputError
from membranekit.filtration.blocking import LAWS

FLUX = 1e-3
# with these each law has lost a good part of its flux after 10 s
CONSTANTS = {"complete": 0.1, "standard": 200.0, "intermediate": 100.0, "cake": 2e5}


@pytest.mark.parametrize("name", LAWS)
def test_each_law_solves_its_equation(name):
    """``d2t/dV2 = K (dt/dV)**n`` by central differences in V."""
    exponent, law = LAWS[name]
    time = np.linspace(4.9, 5.1, 200_001)
    volume = law(time, FLUX, CONSTANTS[name])
    k = 100_000
    step = 5e-6
    t = np.interp(volume[k] + step * np.array([-1, 0, 1]), volume, time)
    slope = (t[2] - t[0]) / (2 * step)
    bend = (t[2] - 2 * t[1] + t[0]) / step**2
    constant = CONSTANTS[name] * (FLUX**0.5 if name == "standard" else 1.0)
    assert bend == pytest.approx(constant * slope**exponent, rel=1e-3)


@pytest.mark.parametrize("name", LAWS)
@given(st.floats(1e-9, 1e4), st.floats(1e-6, 1e-1))
def test_no_law_filters_more_than_a_clean_sheet(name, time, flux):
    law = LAWS[name][1]
    assert law(time, flux, CONSTANTS[name]) <= flux * time * (1 + 1e-12)
    assert law(time, flux, 0.0) == pytest.approx(flux * time)
    assert law(0.0, flux, CONSTANTS[name]) == 0.0


@pytest.mark.parametrize("name", LAWS)
def test_the_clean_flux_comes_first(name):
    assert LAWS[name][1](1e-6, FLUX, CONSTANTS[name]) == pytest.approx(FLUX * 1e-6)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [((-1.0, 1.0, 1.0), "time"), ((1.0, 0.0, 1.0), "flux"), ((1.0, 1.0, -1.0), "con")],
)
@pytest.mark.parametrize("name", LAWS)
def test_what_is_not_physical_is_refused(name, arguments, what):
    with pytest.raises(InputError, match=what):
        LAWS[name][1](*arguments)
