"""What is tracked from release to release: short pieces of Example 1 at three levels.

A name keeps its meaning: what must change gets a new name, or counts of two releases
would be compared that count different things. Only the way to call the library may
follow the library.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

import membranekit as mk
from membranekit import film_setup, library
from membranekit._kernels import coexistence
from membranekit.constants import CONSTANTS
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Immersion

CELLS = 120
RUN_CELLS = 20
STOPPED_AT_MOST = 3  # the film's status after the steps it was allowed


# The physics of release 0.1.0, which first counted these: a film of other constants
# takes other steps, and its counts would tell of the film and not of the code.
MOBILITIES = {"small_molecule_mobility": 0.2, "dissolved_polymer_mobility": 1e-15}
PAIRS = {("water", "PVDF"): 1.6746, ("PVDF", "PVP K30"): -0.6}
GELATION = "60 %"


@dataclass(frozen=True)
class Workload:
    """Something to count and to time.

    Parameters
    ----------
    name : str
        What it is called in the saved runs.
    level : str
        ``"kernel"``, ``"step"`` or ``"run"``.
    calls : int
        How many evaluations, steps or runs one piece of work holds [1].
    make : callable
        Returns one piece of work, ready to go.
    """

    name: str
    level: str
    calls: int
    make: Callable[[], Callable[[], object]]


@functools.cache
def example() -> SimpleNamespace:
    """Return Example 1 at 2 s of air and 5 s in each bath, prepared."""
    changes = {
        "air.time": "2 s",
        "immersion[1].time": "5 s",
        "immersion[2].time": "5 s",
    }
    (run,) = mk.read_case("example1").replace(changes).runs
    solution = as_first_counted(run.solution)
    with of_first_release():
        prepared = prepare(solution, run.process)
    return SimpleNamespace(
        solution=solution,
        process=run.process,
        prepared=prepared,
        air=next(s for s in run.process.steps if isinstance(s, AirExposure)),
        bath=next(s for s in run.process.steps if isinstance(s, Immersion)),
        tables=prepared.model.mixture.at(prepared.temperature),
    )


def as_first_counted(solution: Any) -> Any:
    """Return Example 1's solution with the interactions and the gel of 0.1.0."""
    interactions = library.interaction_set([each.name for each in solution.components])
    for pair, g in PAIRS.items():
        interactions = interactions.with_pair(
            *pair, g, source="fitted: in release 0.1.0", basis="fitted"
        )
    gels = solution.polymer.replace(gelation_fraction=GELATION)
    parts = {
        (gels if each.name == gels.name else each): mass
        for each, mass in solution._masses
    }
    return mk.CastingSolution.from_parts(
        parts,
        temperature=solution.temperature,
        interactions="0.1.0",
        extra=(dataclasses.replace(interactions, name="0.1.0"),),
    )


def of_first_release() -> Any:
    """Return a context in which the mobilities are those of 0.1.0."""
    pinned = {
        name: dataclasses.replace(CONSTANTS[name], value=value)
        for name, value in MOBILITIES.items()
    }
    return mock.patch.dict(CONSTANTS, pinned)


def film_in_air() -> Any:
    """Return a film at the start of its air."""
    film, _ = film_setup.make_film(example().prepared, CELLS)
    _expect(film_setup.begin_air(film, example().prepared, example().air), 0)
    return film


def demixing_film() -> Any:
    """Return a film after 2 s of air, partly demixed."""
    film = film_in_air()
    _expect(film.advance(2.0, 2.0), 0)
    return film


def film_in_bath() -> Any:
    """Return the demixed film a hundredth of a second after its immersion."""
    film = demixing_film()
    _expect(film_setup.begin_bath(film, example().prepared, example().bath, 5.0), 0)
    _expect(film.advance(film.time + 0.01, film.time + 0.01), 0)
    return film


def _expect(status: int, expected: int) -> None:
    if status != expected:
        raise RuntimeError(f"the film answered {status}, not {expected}")


def _repeated(calls: int, work: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(calls):
            work()

    return repeat


def _wet() -> np.ndarray:
    """Return the dope's amounts with so much water that it demixes."""
    wet = example().prepared.amounts.copy()
    wet[0] += 0.5
    return wet


def _potentials() -> Callable[[], object]:
    whole = np.append(example().prepared.amounts, 1.0)
    tables = example().tables
    return lambda: coexistence.potentials(whole, **tables)


def _stability() -> Callable[[], object]:
    amounts, tables = example().prepared.amounts, example().tables
    return lambda: coexistence.stability(amounts, **tables)


def _flash() -> Callable[[], object]:
    wet, tables = _wet(), example().tables
    _, lean = coexistence.stability(wet, **tables)
    start = 0.1 * wet.sum() * lean / lean.sum()
    return lambda: coexistence.flash(wet, start, **tables)


def _rates(stage: Callable[[], Any]) -> Callable[[], object]:
    film = stage()
    state = film.state()
    return lambda: film.rates(state)


def _jacobian(stage: Callable[[], Any]) -> Callable[[], object]:
    film = stage()
    state = film.state()
    return lambda: film.jacobian(state)


def _steps(stage: Callable[[], Any], calls: int) -> Callable[[], None]:
    film = stage()

    def step() -> None:
        _expect(film.advance(film.time + 1e3, 1e9, most=calls), STOPPED_AT_MOST)

    return step


def _short_run() -> None:
    solution, process = example().solution, example().process
    with of_first_release():
        membrane = mk.simulate(solution, process, cells=RUN_CELLS, history=False)
    if not membrane.success:
        raise RuntimeError(membrane.message)


def _kernel(
    name: str, calls: int, make: Callable[[], Callable[[], object]]
) -> Workload:
    return Workload(name, "kernel", calls, lambda: _repeated(calls, make()))


def _step(name: str, calls: int, stage: Callable[[], Any]) -> Workload:
    return Workload(name, "step", calls, lambda: _steps(stage, calls))


WORKLOADS: tuple[Workload, ...] = (
    _kernel("potentials", 2000, _potentials),
    _kernel("stability", 200, _stability),
    _kernel("flash", 200, _flash),
    _kernel("rates_air", 20, lambda: _rates(film_in_air)),
    _kernel("rates_demixing", 10, lambda: _rates(demixing_film)),
    _kernel("jacobian_air", 10, lambda: _jacobian(film_in_air)),
    _kernel("jacobian_demixing", 10, lambda: _jacobian(demixing_film)),
    _step("step_air", 5, film_in_air),
    _step("step_demixing", 5, demixing_film),
    _step("step_bath", 5, film_in_bath),
    Workload("run_example1_short", "run", 1, lambda: _short_run),
)
