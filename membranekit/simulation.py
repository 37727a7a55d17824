"""Run a casting solution through a process: quantities in, one membrane out."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from membranekit import limits, trust
from membranekit.case import lasting_text
from membranekit.constants import CONSTANTS
from membranekit.errors import InputError, MembranekitError
from membranekit.execution import DEFAULT_CELLS, DEFAULT_RTOL, Outcome, execute
from membranekit.membrane import Membrane
from membranekit.prepared import Run, prepare
from membranekit.process import Process
from membranekit.record import membrane_record
from membranekit.solution import CastingSolution

EFFECT_CELLS = 60


def simulate(
    solution: CastingSolution,
    process: Process | None = None,
    *,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
) -> Membrane:
    """Run a casting solution through a process and return the membrane.

    Parameters
    ----------
    solution : CastingSolution
        What is cast.
    process : Process
        What happens to it.
    mode : str
        ``"reference"``: two phases at equilibrium in each depth.
    cells : int, optional
        Cells of the film's grid; default 320.
    rtol : float, optional
        Tolerance of a time step; default 1e-3.
    extrapolate : bool
        Use values outside the temperatures for which they are given.
    history : bool
        Keep the film at saved times, and compute the effects of what was assumed;
        False keeps the headline numbers and the profile, for thousands of runs.
    callback : callable, optional
        Called as the run goes with the time [s] and the film's amounts; True stops it.

    Returns
    -------
    Membrane
        With ``success == False``, a message and the history so far if it stopped early.

    Raises
    ------
    InputError, MaterialError
        If the inputs do not go together, before anything is computed.

    Examples
    --------
    >>> from membranekit.case import read_case
    >>> run = read_case("example1").replace({"air.time": "1 s"}).runs[0]
    >>> membrane = simulate(run.solution, run.process, cells=40, history=False)
    >>> membrane.success
    True
    """
    solution, process = limits.pair(solution, process, "simulate")
    prepared = _ready(solution, process, mode, cells, rtol, extrapolate)
    return _one(solution, process, prepared, None, cells, rtol, history, callback)


def simulate_many(
    runs: Iterable[Any],
    *,
    workers: int | None = None,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
) -> list[Membrane]:
    """Simulate several runs and return the membranes in the order of the runs.

    Parameters
    ----------
    runs : Case, or iterable of runs of a case or of pairs of solution and process
        What to simulate. Bad input raises before the first run; a run that fails
        stands in its place with ``success == False``.
    workers : int, optional
        Threads; the kernel runs without the interpreter's lock. Default 1.
    mode, cells, rtol, extrapolate, history, callback
        As in `simulate`.
    """
    listed = list(getattr(runs, "runs", runs))
    pairs = []
    for number, run in enumerate(listed):
        if hasattr(run, "solution"):
            pairs.append((run.solution, run.process, run))
        elif isinstance(run, tuple) and len(run) == 2:
            pairs.append((*limits.pair(*run, "simulate"), None))
        else:
            raise InputError(
                f"runs[{number}]: {run!r} is neither a run of a case nor a pair of a "
                "casting solution and a process"
            )
    prepared = [
        _ready(solution, process, mode, cells, rtol, extrapolate)
        for solution, process, _ in pairs
    ]

    def one(number: int) -> Membrane:
        solution, process, run = pairs[number]
        return _one(
            solution, process, prepared[number], run, cells, rtol, history, callback
        )

    if workers is None or workers <= 1:
        return [one(number) for number in range(len(pairs))]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, range(len(pairs))))


def _ready(
    solution: CastingSolution,
    process: Process,
    mode: str,
    cells: int | None,
    rtol: float | None,
    extrapolate: bool,
) -> Run:
    """Check everything that can be checked before a run, and prepare it."""
    if mode != "reference":
        raise InputError(f'mode: {mode!r} is not known; it is "reference"')
    if cells is not None and not 20 <= cells <= 5000:
        raise InputError(f"cells: {cells} is out of range; give 20 to 5000")
    if rtol is not None and not 1e-10 <= rtol <= 0.1:
        raise InputError(f"rtol: {rtol} is out of range; give 1e-10 to 0.1")
    limits.refuse_missing(solution, process)
    run = prepare(solution, process)
    limits.refuse(solution, process, run, extrapolate=extrapolate)
    return run


def _one(
    solution: CastingSolution,
    process: Process,
    run: Run,
    case_run: Any,
    cells: int | None,
    rtol: float | None,
    history: bool,
    callback: Callable[[float, Any], bool] | None,
) -> Membrane:
    """Execute one prepared run and make the membrane's record."""
    began = clock.perf_counter()
    count = cells or DEFAULT_CELLS
    outcome = execute(
        run,
        cells=count,
        rtol=rtol or DEFAULT_RTOL,
        history=history,
        callback=callback,
    )
    complete = history and outcome.success
    rerun = _rerun(run, outcome) if complete else None
    grid_error = _grid_error(run, outcome, count) if complete else None
    used = (*run.substances, run.polymer, run.support.substance)
    chosen = {} if case_run is None else dict(case_run.case.chosen)
    record = membrane_record(run, outcome)
    record["trust"] = {
        "assumed": [
            *trust.assumed(solution, process, chosen, CONSTANTS, rerun),
            *trust.of_basis("chosen", used, run.interactions, {}),
        ],
        "estimated": trust.of_basis("estimated", used, run.interactions, CONSTANTS),
        "fitted": trust.of_basis("fitted", used, run.interactions, CONSTANTS),
        "extrapolated": trust.extrapolated(
            (*run.substances, run.polymer), run.interactions, _span(run)
        ),
        "interactions": run.interactions.name,
        "grid_error": grid_error,
        "time_error": None,
    }
    if case_run is not None:
        record["name"] = case_run.case.name
        record["inputs"] = {
            address: (float(value.magnitude), f"{value.units:~}")
            for address, value in case_run.inputs.items()
        }
        record["case_toml"] = case_run.to_toml()
    else:
        record["case_toml"], why = lasting_text(solution, process)
        if why:
            record["notes"].append(f"a file of this run cannot be run again: {why}")
    record["wall_time"] = clock.perf_counter() - began
    return Membrane.from_record(record)


def _span(run: Run) -> tuple[float, float]:
    """Return the coldest and the hottest temperature of a run [K]."""
    return run.model.coldest + 10.0, run.model.hottest - 10.0


def _place(outcome: Outcome, share: float | None) -> float:
    """Return the depth in the dry sheet of a share of the polymer [m]."""
    if share is None or outcome.edges is None or outcome.shares is None:
        raise MembranekitError("the run gave no front")
    return float(np.interp(share, outcome.shares, outcome.edges))


def _grid_error(run: Run, outcome: Outcome, cells: int) -> tuple[float, str] | None:
    """Return how far the front moves on half the cells: its error is of this size."""
    coarse = execute(run, cells=max(cells // 2, 2), history=False, air_only=True)
    if coarse.front_share is None:
        return None
    moved = _place(outcome, coarse.front_share) - _place(outcome, outcome.front_share)
    return 1e6 * abs(moved), "um"


def _rerun(run: Run, outcome: Outcome) -> trust.Rerun:
    """Return how far the coacervation depth moves when inputs change.

    The front is found as a share of the polymer on a coarse grid, with and without the
    change, and both are placed in this run's dry sheet.
    """
    base = execute(run, cells=EFFECT_CELLS, history=False, air_only=True)

    def rerun(solution: CastingSolution, process: Process, changes: Any) -> float:
        other = prepare(solution, process, dict(changes))
        found = execute(other, cells=EFFECT_CELLS, history=False, air_only=True)
        return _place(outcome, found.front_share) - _place(outcome, base.front_share)

    return rerun
