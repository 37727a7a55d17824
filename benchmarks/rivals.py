"""The transport core against general solvers, at equal achieved error.

`python benchmarks/rivals.py` prints tables; `measure()` gives the ratios that a
release keeps.

a) The problem: Example 1's dope (four small species and the polymer), 10 s of air and
   120 s of bath, a film of 200 cells and a bath of 70. The film is held at the
   temperature at which it is cast, 25 degC, and each cell's network is unstrained at
   its amount in the cast film: so the right-hand side depends on the state alone, and
   it is the same for all.
b) The rivals: SUNDIALS' CVODE and IDA [Hindmarsh et al. 2005] through scikit-sundae,
   and LSODA [Petzold 1983] through SciPy. CVODE and LSODA step the amounts, the kernel
   solving the surface and the net volume flux in each call; IDA steps all unknowns.
   Each has the kernel's analytic Jacobian in a band, or takes its own differences.
   Relative tolerance on amounts, and a hundredth of it on the total, is what all of
   them are given, the core too. They restart where the bath comes, and nowhere else.
c) The error: the rms of five numbers, each against the core at a relative tolerance of
   1e-8. Three are the rms over cells and species of the amounts' difference over (u +
   0.01 A), at the end of the air, 2 s into the bath and at its end; two are relative
   differences of a depth, that of the demixed layer at the end of the air (the
   coacervation depth, in the wet film) and 2 s into the bath.
d) Each solver runs at a ladder of tolerances; its time at the error that the core has
   at rtol 1e-3 and 1e-5 is interpolated, log against log.
e) Seconds are of the processor, in one thread, the least of several runs. What the
   calls through Python cost, as many calls of a function that does nothing, is taken
   off a rival's time; both are printed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from film_numpy import Laws, NumpyFilm
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import membranekit as mk
from membranekit import film_setup
from membranekit.case import read_case
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Immersion
from membranekit.sheet import coacervation_front
from membranekit.transport.model import friction_tables

Floats = NDArray[np.float64]

CELLS = 200
AIR, IN_BATH, END = 10.0, 12.0, 130.0  # when the state is looked at [s]
FLOOR = 0.01  # of the total, beside which an amount's error is not relative
REFERENCE_RTOL = 1e-8
GRIDS = (50, 100, 200, 400, 800, 1600, 3200)
TARGETS = {
    "cvode_rtol_1e-5": (3.0, 10.0),
    "cvode_rtol_1e-3": (4.0, 12.0),
    "lsoda_rtol_1e-5": (12.0, 40.0),
    "cvode_numpy_rtol_1e-5": (60.0, 200.0),
    "two_threads": (1.8, 1.9),
    "cells_exponent": (1.1, 1.0),
}


class TooManyCallsError(Exception):
    """A rival has had more calls than it was allowed."""


class NoAnswerError(Exception):
    """A rival says that it succeeded, with numbers that are none."""


# -------------------------------------------------------------------------- the problem


class Problem:
    """The film at one temperature, whose right-hand side has no history."""

    def __init__(self, cells: int = CELLS):
        (run,) = read_case("example1").replace({"air.time": f"{AIR} s"}).runs
        self.run = prepare(run.solution, run.process)
        self.cells = cells

    def step(self, kind: type) -> AirExposure | Immersion:
        return next(each for each in self.run.steps if isinstance(each, kind))

    def film(self) -> film_setup.Film:
        """Return a cast film at the beginning of the air."""
        film, self.polymer = film_setup.make_film(self.run, self.cells)
        kelvin, endless = film.temperature, np.full(film.n + 1, 1e40)
        film.set_support(1e-3, 1e6, 1.0, kelvin, False, kelvin, endless, 0.2)
        film.hold_network(1.0 + film.film_amounts().sum(axis=1))
        assert film_setup.begin_air(film, self.run, self.step(AirExposure)) == 0
        return film

    def immerse(self, film: film_setup.Film) -> None:
        bath = self.step(Immersion)
        assert film_setup.begin_bath(film, self.run, bath, END - AIR) == 0

    def depth(self, film: film_setup.Film) -> float:
        """Return how deep the film has demixed [m]."""
        unknown = np.full(self.cells, np.nan)
        polymer = coacervation_front(self.polymer, film.distances(), unknown)
        wet = self.polymer * (1.0 + film.film_amounts().sum(axis=1))
        edges = np.cumsum(np.append(0.0, self.polymer))
        return float(np.interp(polymer, edges, np.cumsum(np.append(0.0, wet))))

    def scales(self, film: film_setup.Film) -> Floats:
        """Return what absolute tolerances are relative to: 1 in the bath, else A."""
        amounts = film.film_amounts()
        scales = np.ones(film.ode_state().size)
        scales[-amounts.size :] = np.repeat(1.0 + amounts.sum(axis=1), film.n)
        return scales


@dataclass
class Trial:
    """What a solver made of the problem, and what it took."""

    solver: str
    rtol: float
    seconds: float = 0.0
    calls_cost: float = 0.0
    steps: int = 0
    rejected: int = 0
    rates: int = 0
    jacobians: int = 0
    amounts: list[Floats] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)
    error: float = float("nan")
    parts: tuple[float, ...] = ()

    @property
    def net(self) -> float:
        """Seconds without the calls through Python."""
        return self.seconds - self.calls_cost

    def look(self, problem: Problem, film: film_setup.Film) -> None:
        self.amounts.append(film.film_amounts())
        if len(self.depths) < 2:
            self.depths.append(problem.depth(film))

    def compare(self, reference: Trial) -> Trial:
        parts = []
        for got, expected in zip(self.amounts, reference.amounts, strict=True):
            scale = expected + FLOOR * (1.0 + expected.sum(axis=1, keepdims=True))
            parts.append(float(np.sqrt(np.mean(((got - expected) / scale) ** 2))))
        for got, expected in zip(self.depths, reference.depths, strict=True):
            parts.append(abs(got / expected - 1.0))
        self.parts = tuple(parts)
        self.error = float(np.sqrt(np.mean(np.square(parts))))
        return self


# -------------------------------------------------------------------------- the solvers


def run_core(problem: Problem, rtol: float) -> Trial:
    film, trial = problem.film(), Trial("core", rtol)
    for end in (AIR, IN_BATH, END):
        if end == IN_BATH:
            problem.immerse(film)
        before = time.thread_time()
        status = film.advance(end, end, rtol=rtol)
        trial.seconds += time.thread_time() - before
        assert status == 0, film.trouble
        trial.look(problem, film)
    trial.steps, trial.rejected = film.steps, film.rejected
    trial.rates, trial.jacobians = film.evaluations, film.steps + film.rejected
    return trial


def stages(problem: Problem, film: film_setup.Film) -> Iterator[list[float]]:
    """Yield the times of the air and, once the film lies in it, of the bath."""
    yield [0.0, AIR]
    problem.immerse(film)
    yield [AIR, IN_BATH, END]


class Banded:
    """Views of a square matrix's diagonals, to fill it from a band."""

    def __init__(self, size: int, width: int):
        self.band = np.empty((2 * width + 1, size))
        self.size, self.width = size, width
        self.views: list[tuple[Floats, Floats]] = []
        self.matrix: Floats | None = None

    def fill(self, matrix: Floats) -> None:
        if self.matrix is not matrix:
            self.matrix, flat, self.views = matrix, matrix.reshape(-1), []
            for offset in range(-self.width, self.width + 1):
                length = self.size - abs(offset)
                first = max(-offset, 0)
                at = max(offset, 0) * self.size + first
                view = flat[at :: self.size + 1][:length]
                row = self.band[offset + self.width]
                self.views.append((view, row[first : first + length]))
        for view, row in self.views:
            view[:] = row


Rates = Callable[[Floats, Floats], None]


def counted_rates(trial: Trial, rates: Rates, most: int) -> Callable[..., None]:
    """Return CVODE's right-hand side, counted, at most so often."""

    def rhs(t, y, out):
        trial.rates += 1
        if trial.rates > most:
            raise TooManyCallsError
        try:
            rates(y, out)
        except (ArithmeticError, ValueError):  # the film has no answer, or no number
            out[:] = np.nan  # Newton then does not converge, and the step is cut

    return rhs


def counted_jacobian(
    trial: Trial, film: film_setup.Film, banded: Banded
) -> Callable[..., None]:
    """Return CVODE's Jacobian, counted."""

    def jacobian(t, y, f, out):
        trial.jacobians += 1
        film.ode_jacobian(y, banded.band)
        banded.fill(out)

    return jacobian


def run_cvode(
    problem: Problem,
    rtol: float,
    *,
    analytic: bool = True,
    most: int = 10**9,
    rates_of: Callable[[Problem, film_setup.Film], Rates] | None = None,
) -> Trial:
    from sksundae.cvode import CVODE

    film = problem.film()
    name = "CVODE" if analytic else "CVODE, differences"
    trial = Trial(name if rates_of is None else "CVODE, NumPy", rtol)
    for times in stages(problem, film):
        rates = film.ode_rates if rates_of is None else rates_of(problem, film)
        y, width = film.ode_state(), 2 * film.n - 1
        banded = Banded(y.size, width)
        solver = CVODE(
            counted_rates(trial, rates, most),
            rtol=rtol,
            atol=FLOOR * rtol * problem.scales(film),
            linsolver="band",
            lband=width,
            uband=width,
            jacfn=counted_jacobian(trial, film, banded) if analytic else None,
            max_num_steps=10**6,
        )
        before = time.thread_time()
        found = solver.solve(np.array(times), y)
        trial.seconds += time.thread_time() - before
        assert found.success, found.message
        trial.jacobians += 0 if analytic else found.njev
        for at in found.y[-1:] if times[0] == 0.0 else found.y[1:]:
            film.ode_rates(np.array(at), np.empty_like(y))
            trial.look(problem, film)
    own = trial.jacobians if analytic else 0
    trial.calls_cost = trial.rates * cost_of_call() + own * cost_of_fill(banded)
    return trial


def counted_residual(
    trial: Trial, film: film_setup.Film, most: int
) -> Callable[..., None]:
    """Return IDA's residual, counted, at most so often."""

    def residual(t, z, slope, out):
        trial.rates += 1
        if trial.rates > most:
            raise TooManyCallsError
        try:
            film.dae_residual(z, slope, out)
        except (ArithmeticError, ValueError):  # the film has no answer, or no number
            out[:] = np.nan

    return residual


def counted_dae_jacobian(
    trial: Trial, film: film_setup.Film, banded: Banded
) -> Callable[..., None]:
    """Return IDA's Jacobian, counted."""

    def jacobian(t, z, slope, residual, factor, out):
        trial.jacobians += 1
        film.dae_jacobian(z, factor, banded.band)
        banded.fill(out)

    return jacobian


def run_ida(
    problem: Problem, rtol: float, *, analytic: bool = True, most: int = 10**9
) -> Trial:
    from sksundae.ida import IDA

    film = problem.film()
    trial = Trial("IDA" if analytic else "IDA, differences", rtol)
    for times in stages(problem, film):
        z, mass, width = film.state(), film.masses(), 3 * film.n - 1
        moving = mass > 0.0
        slope = np.zeros_like(z)
        rates = np.empty(np.count_nonzero(moving))
        film.ode_rates(film.ode_state(), rates)
        z, slope[moving] = film.state(), rates
        # potentials and logarithms at the surface are of order 1; fluxes follow
        atol = np.full(z.size, FLOOR * rtol)
        atol[moving] *= problem.scales(film)
        start, surface = film.layout()
        if surface > 0:
            reference = int(np.flatnonzero(~moving)[0])
            atol[start[: surface + 1] + reference] = 1e30
            atol[start[surface] : start[surface] + film.n] = 1e30
            atol[start[surface] + film.n + reference] = 1e30
        banded = Banded(z.size, width)

        solver = IDA(
            counted_residual(trial, film, most),
            rtol=rtol,
            atol=atol,
            linsolver="band",
            lband=width,
            uband=width,
            jacfn=counted_dae_jacobian(trial, film, banded) if analytic else None,
            algebraic_idx=np.flatnonzero(~moving),
            max_num_steps=10**6,
        )
        before = time.thread_time()
        found = solver.solve(np.array(times), z, slope)
        trial.seconds += time.thread_time() - before
        assert found.success, found.message
        trial.jacobians += 0 if analytic else found.njev
        for at in found.y[-1:] if times[0] == 0.0 else found.y[1:]:
            film.set_state(np.array(at))
            trial.look(problem, film)
    own = trial.jacobians if analytic else 0
    trial.calls_cost = trial.rates * cost_of_call() + own * cost_of_fill(banded)
    return trial


def for_lsoda(
    trial: Trial, film: film_setup.Film, size: int
) -> tuple[Callable[..., Floats], Callable[..., Floats]]:
    """Return LSODA's right-hand side and banded Jacobian, counted."""
    out, band = np.empty(size), np.empty((4 * film.n - 1, size))

    def rates(t, y):
        trial.rates += 1
        try:
            film.ode_rates(y, out)
        except (ArithmeticError, ValueError):  # the film has no answer, or no number
            out[:] = np.nan
        return out

    def jacobian(t, y):
        trial.jacobians += 1
        film.ode_jacobian(y, band)
        return band

    return rates, jacobian


def run_lsoda(problem: Problem, rtol: float, *, analytic: bool = True) -> Trial:
    from scipy.integrate import odeint

    film = problem.film()
    trial = Trial("LSODA" if analytic else "LSODA, differences", rtol)
    for times in stages(problem, film):
        y, width = film.ode_state(), 2 * film.n - 1
        rates, jacobian = for_lsoda(trial, film, y.size)
        before = time.thread_time()
        found, info = odeint(
            rates,
            y,
            times,
            Dfun=jacobian if analytic else None,
            ml=width,
            mu=width,
            rtol=rtol,
            atol=FLOOR * rtol * problem.scales(film),
            tfirst=True,
            full_output=True,
            mxstep=10**6,
        )
        trial.seconds += time.thread_time() - before
        trial.steps += int(info["nst"][-1])
        assert info["message"] == "Integration successful.", info["message"]
        if not np.isfinite(found).all():
            raise NoAnswerError
        for at in found[1:]:
            film.ode_rates(np.array(at), np.empty_like(y))
            trial.look(problem, film)
    trial.calls_cost = (trial.rates + trial.jacobians) * cost_of_call()
    return trial


class Listener:
    """A film that remembers what its surroundings are made of."""

    def __init__(self, film: film_setup.Film):
        self.film, self.air, self.bath = film, None, None

    def begin_air(self, volatile, coefficient, far, saturation, enthalpy, **more):
        self.air = {"volatile": volatile > 0.0, "coefficient": coefficient, "far": far}
        self.air |= {"saturation": saturation, **more}
        return self.film.begin_air(
            volatile, coefficient, far, saturation, enthalpy, **more
        )

    def begin_bath(self, widths, composition, reference, diffusivity, **more):
        self.bath = {"widths": widths, "composition": composition}
        self.bath |= {"reference": reference, "diffusivity": diffusivity}
        return self.film.begin_bath(widths, composition, reference, diffusivity, **more)

    def __getattr__(self, name):
        return getattr(self.film, name)


def numpy_rates(problem: Problem, film: film_setup.Film) -> Rates:
    """Return the NumPy right-hand side of a film that has just begun its air or bath.

    Raises
    ------
    AssertionError
        If it is not the kernel's to 1e-9 of the largest flux.
    """
    listener, run, model = Listener(film), problem.run, problem.run.model
    if film.bath_cells == 0:
        film_setup.begin_air(listener, run, problem.step(AirExposure))
    else:
        film_setup.begin_bath(listener, run, problem.step(Immersion), END - AIR)
    friction = friction_tables(model) | {
        "slowdown": 1.0 / model.laws.small_molecule_mobility,
        "intrinsic": run.constants["coil_intrinsic_viscosity"],
        "martin": run.constants["martin_constant"],
        "network_modulus": model.laws.network_modulus,
    }
    volumes = [each.molar_volume for each in model.species]
    start, surface = film.layout()
    rival = NumpyFilm(
        Laws(
            polymer=problem.polymer,
            volumes=np.array([*volumes, model.matrix.molar_volume]),
            interactions=model.mixture.at(film.temperature),
            friction=friction,
            temperature=film.temperature,
            network=np.full(problem.cells, 1.0 + run.amounts.sum()),
            air=listener.air,
            bath=listener.bath,
        ),
        film.state()[start[surface] : start[surface + 1]],
    )
    y, mass = film.ode_state(), film.masses()
    moving = mass > 0.0
    # the film is left with the amounts it came with
    for each in (y * np.random.default_rng(7).uniform(0.999, 1.001, y.size), y):
        expected, got = np.empty_like(y), np.empty_like(y)
        film.ode_rates(each, expected)
        rival.rates(each, got)
        apart = np.abs(mass[moving] * (got - expected)).max()
        assert apart < 1e-9 * np.abs(mass[moving] * expected).max(), apart
    return rival.rates


# ------------------------------------------------------------------ the cost of calls

_costs: dict[str, float] = {}


def cost_of_call(calls: int = 20_000) -> float:
    """Return the seconds of one call of an empty right-hand side by CVODE.

    Each of CVODE's steps of y' = 0 makes one; what CVODE itself does for two unknowns
    is counted as if it were Python's, to the rivals' advantage.
    """
    if "call" not in _costs:
        from sksundae.cvode import CVODE

        count = [0]

        def rhs(t, y, out):
            count[0] += 1
            try:
                out[:] = 0.0
            except (ArithmeticError, ValueError):  # no answer, or no number
                out[:] = np.nan

        solver = CVODE(rhs, max_step=1.0 / calls, max_num_steps=2 * calls)
        before = time.thread_time()
        solver.solve(np.array([0.0, 0.5, 1.0]), np.ones(2))
        _costs["call"] = (time.thread_time() - before) / count[0]
    return _costs["call"]


def cost_of_fill(banded: Banded, fills: int = 50) -> float:
    """Return the seconds of handing over one empty Jacobian of this size.

    CVODE asks for one at each restart; all else that a restart costs, its factors and
    first step, is counted as if it were Python's, to the rivals' advantage.
    """
    key = f"fill {banded.band.shape}"
    if key not in _costs:
        from sksundae.cvode import CVODE

        count = [0]
        banded.band[:] = 0.0
        y = np.ones(banded.size)

        def rhs(t, y, out):
            out[:] = 0.0

        def jacobian(t, y, f, out):
            count[0] += 1
            banded.fill(out)

        width = banded.width
        solver = CVODE(rhs, jacfn=jacobian, linsolver="band", lband=width, uband=width)
        solver.init_step(0.0, y)
        before = time.thread_time()
        for _ in range(fills):
            solver.init_step(0.0, y)
            solver.step(1e-9, method="onestep")
        _costs[key] = (time.thread_time() - before) / max(count[0], 1)
    return _costs[key]


# ------------------------------------------------------------------------- the measures


def repeated(run: Callable[[], Trial], times: int) -> Trial:
    """Return the fastest of several equal runs."""
    return min((run() for _ in range(times)), key=lambda trial: trial.net)


def seconds_at(error: float, trials: list[Trial]) -> float:
    """Return a solver's seconds at an error, from a line, log against log, through its
    runs of at most ten times more or less error, three at least."""
    order = sorted(trials, key=lambda trial: abs(np.log(trial.error / error)))
    near = [t for t in order if 0.1 < t.error / error < 10.0]
    near = near if len(near) > 2 else order[:3]
    line = np.polyfit([np.log(t.error) for t in near], [np.log(t.net) for t in near], 1)
    return float(np.exp(np.polyval(line, np.log(error))))


@dataclass
class Comparison:
    """All runs at `CELLS` cells and what follows from them."""

    reference: Trial
    core: dict[float, Trial]
    ladders: dict[str, list[Trial]]
    numpy: Trial
    given_up: list[str]

    def at(self, solver: str, rtol: float) -> float:
        """Seconds of a solver at the error of the core at its rtol."""
        return seconds_at(self.core[rtol].error, self.ladders[solver])

    def rival(self, rtol: float) -> str:
        """Return which of CVODE and IDA is the better there."""
        return min(("CVODE", "IDA"), key=lambda solver: self.at(solver, rtol))

    def ratio(self, solver: str, rtol: float) -> float:
        return self.at(solver, rtol) / self.core[rtol].net

    def numpy_ratio(self, rtol: float) -> float:
        """Of CVODE on NumPy: it steps as CVODE does on the kernel, only slower."""
        (same,) = (t for t in self.ladders["CVODE"] if t.rtol == self.numpy.rtol)
        return self.ratio("CVODE", rtol) * self.numpy.net / same.net


def compare(repeats: int = 3) -> Comparison:
    """Run the core and its rivals over their tolerances."""
    problem = Problem()
    reference = run_core(problem, REFERENCE_RTOL)

    def tried(run: Callable[..., Trial], rtol: float, **more: bool | int) -> Trial:
        found = repeated(lambda: run(problem, rtol, **more), repeats)
        return found.compare(reference)

    core = {rtol: tried(run_core, rtol) for rtol in (1e-3, 1e-4, 1e-5, 1e-6)}
    # at 1e-2 CVODE and IDA find no answer
    ladder = (3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)
    ladders: dict[str, list[Trial]] = {
        "CVODE": [tried(run_cvode, rtol) for rtol in ladder],
        "IDA": [tried(run_ida, rtol) for rtol in ladder],
        "LSODA": [],
    }
    given_up = []
    for rtol in ladder[:-1]:
        try:
            ladders["LSODA"].append(tried(run_lsoda, rtol))
        except NoAnswerError:
            given_up.append(f"LSODA {rtol:g}: not a number")
    for run in (run_cvode, run_ida):
        for rtol in (1e-4, 1e-5):
            most = 15_000
            try:
                found = run(problem, rtol, analytic=False, most=most).compare(reference)
            except TooManyCallsError:
                name = f"{run.__name__[4:].upper()}, own differences"
                given_up.append(f"{name}, {rtol:g}: {most} calls")
            else:
                ladders.setdefault(found.solver, []).append(found)
    slow = run_cvode(problem, 1e-5, rates_of=numpy_rates).compare(reference)
    return Comparison(reference, core, ladders, slow, given_up)


def seconds_of_grids(rtol: float = 1e-3) -> dict[int, Trial]:
    """Return the core's runs on coarse to fine grids."""

    def of(cells: int) -> Trial:
        problem = Problem(cells)
        return repeated(lambda: run_core(problem, rtol), 3 if cells < 1000 else 1)

    return {cells: of(cells) for cells in GRIDS}


def exponent(grids: dict[int, Trial], per: Callable[[Trial], float]) -> float:
    cells = np.log(list(grids))
    return float(np.polyfit(cells, np.log([per(t) for t in grids.values()]), 1)[0])


def speedup_of_two_threads(repeats: int = 3, cells: int = 200) -> float:
    """Return the wall time of a loop over `mk.simulate` by that of two threads.

    A batch as one screens many: without history, which would take Python at each saved
    time, and long enough that the last run's thread is not alone for long.
    """
    times = [f"{1.0 + 0.25 * k} s" for k in range(24)]
    runs = [read_case("example1").replace({"air.time": t}).runs[0] for t in times]
    options: dict[str, Any] = {"cells": cells, "history": False}
    mk.simulate(runs[0].solution, runs[0].process, **options)
    ratios = []
    for _ in range(repeats):
        start = time.perf_counter()
        for run in runs:
            mk.simulate(run.solution, run.process, **options)
        middle = time.perf_counter()
        mk.simulate_many(runs, workers=2, **options)
        ratios.append((middle - start) / (time.perf_counter() - middle))
    return statistics.median(ratios)


def ratios_of(
    found: Comparison, grids: dict[int, Trial], threads: float
) -> dict[str, float]:
    return {
        "cvode_rtol_1e-5": found.ratio(found.rival(1e-5), 1e-5),
        "cvode_rtol_1e-3": found.ratio(found.rival(1e-3), 1e-3),
        "lsoda_rtol_1e-5": found.ratio("LSODA", 1e-5),
        "cvode_numpy_rtol_1e-5": found.numpy_ratio(1e-5),
        "two_threads": threads,
        "cells_exponent": exponent(grids, lambda trial: trial.net),
    }


def measure() -> dict[str, float]:
    """Return the ratios a release keeps: how often slower each rival is, at equal
    achieved error, the gain of two threads, and the exponent of time against cells."""
    return ratios_of(compare(), seconds_of_grids(), speedup_of_two_threads())


# --------------------------------------------------------------------------- the tables


def trials_table(found: Comparison) -> Table:
    table = Table(title=f"{CELLS} cells, {AIR:g} s of air and {END - AIR:g} s of bath")
    for name in ("solver", "rtol", "error", "s", "s with calls"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    for name in ("steps", "rejected", "rates", "Jacobians"):
        table.add_column(name, justify="right")
    table.add_column("amounts: air, 2 s, end; depths: air, 2 s")
    ladders = chain.from_iterable(found.ladders.values())
    for t in (*found.core.values(), *ladders, found.numpy):
        table.add_row(
            t.solver,
            f"{t.rtol:.0e}",
            f"{t.error:.1e}",
            f"{t.net:.3f}",
            f"{t.seconds:.3f}",
            str(t.steps or ""),
            str(t.rejected) if t.solver == "core" else "",
            str(t.rates),
            str(t.jacobians),
            " ".join(f"{part:.0e}" for part in t.parts),
        )
    return table


def grids_table(grids: dict[int, Trial]) -> Table:
    table = Table(title="The core at rtol 1e-3 against cells")
    for name in ("cells", "s", "steps", "rejected", "ms a step tried"):
        table.add_column(name, justify="right")
    for cells, t in grids.items():
        each = 1e3 * t.net / t.jacobians
        table.add_row(
            str(cells), f"{t.net:.3f}", str(t.steps), str(t.rejected), f"{each:.3f}"
        )
    return table


def main() -> None:
    console = Console()
    found = compare()
    console.print(trials_table(found))
    for each in found.given_up:
        console.print(f"given up: {each}")
    console.print(
        f"A call through Python costs {1e6 * cost_of_call():.1f} us and is taken off."
    )
    for rtol in (1e-3, 1e-5):
        # LSODA is never as far off as the core at 1e-3
        rivals = ("CVODE", "IDA", "LSODA") if rtol < 1e-4 else ("CVODE", "IDA")
        times = ", ".join(f"{name} {found.at(name, rtol):.3f} s" for name in rivals)
        error = found.core[rtol].error
        console.print(
            f"At the core's error of rtol {rtol:g} ({error:.1e}): core "
            f"{found.core[rtol].net:.3f} s, {times}."
        )
    grids = seconds_of_grids()
    console.print(grids_table(grids))
    a_step = exponent(grids, lambda trial: trial.net / trial.jacobians)
    console.print(f"Exponent of the time of a step tried: {a_step:.2f}.")
    table = Table(title="Ratios")
    for name in ("", "measured", "must", "aim"):
        table.add_column(name, justify="right" if name else "left")
    measured = ratios_of(found, grids, speedup_of_two_threads())
    for name, value in measured.items():
        must, aim = TARGETS[name]
        table.add_row(name, f"{value:.2f}", f"{must:g}", f"{aim:g}")
    console.print(table)


if __name__ == "__main__":
    main()
