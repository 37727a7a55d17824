"""The kernel's equations in the hands of another integrator, CVODE.

The film is held at one temperature, and each cell's network is unstrained at its amount
in the cast film, so that the right-hand side depends on the state alone.
"""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from sksundae.cvode import CVODE

from membranekit import film_setup
from membranekit.case import read_case
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Immersion

CELLS = 40
AIR, BATH = 4.0, 3.0  # how long [s]


@pytest.fixture(scope="module")
def case():
    (run,) = read_case("example1").replace({"air.time": "10 s"}).runs
    return prepare(run.solution, run.process)


def steady_film(case, cells=CELLS):
    """A film at one temperature, whose network refers to the film as it was cast."""
    film, _ = film_setup.make_film(case, cells)
    kelvin, endless = film.temperature, np.full(film.n + 1, 1e40)
    film.set_support(1e-3, 1e6, 1.0, kelvin, False, kelvin, endless, 0.2)
    film.hold_network(1.0 + film.film_amounts().sum(axis=1))
    return film


def begin(film, case, outside):
    kind = AirExposure if outside == "air" else Immersion
    step = next(each for each in case.steps if isinstance(each, kind))
    if outside == "air":
        assert film_setup.begin_air(film, case, step) == 0
    else:
        assert film_setup.begin_bath(film, case, step, BATH) == 0


def film_at(case, outside):
    """A film part of the way through the air or the bath, some cells two phases."""
    film = steady_film(case)
    begin(film, case, "air")
    assert film.advance(AIR, AIR) == 0
    if outside == "bath":
        begin(film, case, "bath")
        assert film.advance(AIR + 0.5, AIR + 0.5) == 0
    assert 0 < np.count_nonzero(film.lean_amounts().sum(axis=1)) < film.cells
    return film


def rates_of(film, y):
    out = np.empty_like(y)
    film.ode_rates(y, out)
    return out


def cvode(film, start, end, rtol):
    """Take the film from start to end by BDF with the kernel's banded Jacobian."""
    y0 = film.ode_state()
    width, size = 2 * film.n - 1, y0.size
    band = np.empty((2 * width + 1, size))

    def rates(t, y, out):
        try:
            film.ode_rates(y, out)
        except (ArithmeticError, ValueError):
            out[:] = np.nan  # a step too far: CVODE takes a shorter one

    def jacobian(t, y, f, out):
        film.ode_jacobian(y, band)
        for offset in range(-width, width + 1):
            rows = np.arange(max(offset, 0), min(size, size + offset))
            out[rows, rows - offset] = band[offset + width, rows - offset]

    film_part = film.cells * film.n
    scale = np.ones(size)
    held = 1.0 + y0[-film_part:].reshape(-1, film.n).sum(axis=1)
    scale[-film_part:] = np.repeat(held, film.n)
    solver = CVODE(
        rates,
        jacfn=jacobian,
        linsolver="band",
        lband=width,
        uband=width,
        rtol=rtol,
        atol=0.01 * rtol * scale,
        max_num_steps=100_000,
    )
    found = solver.solve(np.array([start, end]), y0)
    assert found.success, found.message
    rates_of(film, found.y[-1])


def by_cvode(case, rtol):
    """The film after the air and after the bath, by CVODE."""
    film = steady_film(case)
    begin(film, case, "air")
    cvode(film, 0.0, AIR, rtol)
    after_air = film.film_amounts()
    begin(film, case, "bath")
    cvode(film, AIR, AIR + BATH, rtol)
    return SimpleNamespace(air=after_air, bath=film.film_amounts())


@pytest.fixture(scope="module")
def independent(case):
    return by_cvode(case, 1e-8)


def apart(got, expected):
    """Rms difference of the amounts, relative to them and a hundredth of all."""
    total = 1.0 + expected.sum(axis=1, keepdims=True)
    return np.sqrt(np.mean(((got - expected) / (expected + 0.01 * total)) ** 2))


@pytest.mark.parametrize("rtol", [1e-3, 1e-4, 1e-5, 1e-6])
def test_cvode_agrees_to_the_tolerance(case, independent, rtol):
    """In the bath, whose front magnifies errors, as well as CVODE agrees with itself.

    After 1, 2.5 and 3.5 s of bath, at 1e-4 to 1e-6, it is off by 4 to 22 times the
    tolerance, the core by 1 to 20.
    """
    film = steady_film(case)
    begin(film, case, "air")
    assert film.advance(AIR, AIR, rtol=rtol) == 0
    # of all steps, of each of which rtol is the error
    assert apart(film.film_amounts(), independent.air) < 3.0 * rtol
    begin(film, case, "bath")
    assert film.advance(AIR + BATH, AIR + BATH, rtol=rtol) == 0
    rival = apart(by_cvode(case, rtol).bath, independent.bath)
    assert apart(film.film_amounts(), independent.bath) < 2.0 * rival < 100.0 * rtol


def test_the_case_demixes_and_exchanges(case, independent):
    film = steady_film(case)
    begin(film, case, "air")
    start = film.film_amounts()
    assert apart(independent.air, start) > 0.1
    assert apart(independent.bath, independent.air) > 0.1


# -------------------------------------------------------- what the integrator is given


@pytest.mark.parametrize("outside", ["air", "bath"])
def test_ode_rates_are_those_of_the_film(case, outside):
    film = film_at(case, outside)
    y = film.ode_state() * np.random.default_rng(3).uniform(0.999, 1.001)
    got = rates_of(film, y)
    rates, _ = film.rates(film.state())
    mass = film.masses()
    rates = rates[: mass.size]
    moving = mass > 0.0
    # a phase equilibrium is repeated to 1e-13 or so, and rates are differences of it
    error = got * mass[moving] - rates[moving]
    assert np.abs(error).max() < 1e-8 * np.abs(rates[moving]).max()
    # potentials are of order 1, fluxes small
    assert np.abs(rates[~moving]).max() < 1e-12
    np.testing.assert_array_equal(film.ode_state(), y)


@pytest.mark.parametrize("outside", ["air", "bath"])
def test_ode_jacobian_is_what_elimination_leaves(case, outside):
    film = film_at(case, outside)
    y = film.ode_state()
    width = 2 * film.n - 1
    got = np.empty((2 * width + 1, y.size))
    film.ode_jacobian(y, got)
    mass = film.masses()
    moving = mass > 0.0
    whole = film.jacobian(film.state())[: mass.size]
    follow = np.linalg.solve(whole[np.ix_(~moving, ~moving)], whole[~moving][:, moving])
    expected = whole[np.ix_(moving, moving)] - whole[np.ix_(moving, ~moving)] @ follow
    expected /= mass[moving][:, None]
    row, column = np.indices(expected.shape)
    inside = np.abs(row - column) <= width
    scale = np.abs(expected).max(axis=1)
    error = np.abs(
        got[(row - column + width)[inside], column[inside]] - expected[inside]
    )
    assert (error / scale[row[inside]]).max() < 1e-9
    # outside the band: only what the net volume flux carries into the bath
    left = np.abs(np.where(inside, 0.0, expected)) > 1e-9 * scale[:, None]
    in_bath = film.bath_cells * (film.n - 1)
    near = np.arange(y.size)
    near = (near >= in_bath - film.n + 1) & (near < in_bath + film.n)
    assert not left[in_bath:].any()
    assert not left[:, ~near].any()
    assert left.any() == (outside == "bath")


@pytest.mark.parametrize("outside", ["air", "bath"])
def test_dae_residual_and_jacobian(case, outside):
    film = film_at(case, outside)
    z, mass = film.state(), film.masses()
    slope = np.random.default_rng(5).normal(size=z.size)
    residual, width = np.empty_like(z), 3 * film.n - 1
    film.dae_residual(z, slope, residual)
    expected = film.rates(z)[0][: z.size] - mass * slope
    assert np.abs(residual - expected).max() < 1e-8 * np.abs(expected).max()
    band = np.empty((2 * width + 1, z.size))
    film.dae_jacobian(z, 7.0, band)
    expected = film.jacobian(z)[: z.size] - 7.0 * np.diag(mass)
    got = np.zeros_like(expected)
    for row, column in itertools.product(range(z.size), repeat=2):
        if abs(row - column) <= width:
            got[row, column] = band[row - column + width, column]
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(got - expected) / scale).max() < 1e-9


def test_a_held_network_has_no_history(case):
    """Rates at one state are the same however the film came there."""
    film = film_at(case, "air")
    y = film.ode_state()
    fresh = steady_film(case)
    begin(fresh, case, "air")
    np.testing.assert_allclose(rates_of(fresh, y), rates_of(film, y), rtol=1e-6)


def test_amounts_that_do_not_fit_are_refused(case):
    film = film_at(case, "bath")
    y, z = film.ode_state(), film.state()
    band = np.empty((4 * film.n - 1, y.size))
    with pytest.raises(ValueError, match=f"{y.size} amounts"):
        film.ode_rates(y[1:], y.copy())
    with pytest.raises(ValueError, match=f"{y.size} amounts"):
        film.ode_rates(y, y[1:].copy())
    with pytest.raises(ValueError, match=f"{y.size} amounts"):
        film.ode_jacobian(y, band[1:])
    with pytest.raises(ValueError, match=f"{z.size} unknowns"):
        film.dae_residual(z, z[1:], z.copy())
    with pytest.raises(ValueError, match=f"{z.size} unknowns"):
        film.dae_jacobian(z, 1.0, band)
    with pytest.raises(ValueError, match=f"{CELLS} cells"):
        film.hold_network(np.ones(CELLS - 1))
    with pytest.raises(ValueError, match="positive"):
        film.hold_network(np.zeros(CELLS))


class BetweenBaths:
    """A film whose bath will meet both its sides."""

    def __init__(self, film):
        self.film = film

    def begin_bath(self, *tables, **more):
        return self.film.begin_bath(*tables, **{**more, "both": True})

    def __getattr__(self, name):
        return getattr(self.film, name)


def test_a_film_between_two_baths_is_refused(case):
    film = film_at(case, "air")
    begin(BetweenBaths(film), case, "bath")
    y = film.ode_state()
    with pytest.raises(ValueError, match="two baths"):
        film.ode_rates(y, y.copy())


def test_a_state_without_an_answer_is_said(case):
    film = film_at(case, "bath")
    y = film.ode_state()
    bad = y.copy()
    bad[-1] = -1.0
    with pytest.raises(ArithmeticError, match="phase equilibrium"):
        film.ode_rates(bad, np.empty_like(y))
    assert np.isfinite(rates_of(film, y)).all()
