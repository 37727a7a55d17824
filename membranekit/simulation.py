"""Run a casting solution through a process: quantities in, one membrane out."""

from __future__ import annotations

import time as clock
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from membranekit import library, limits, trust
from membranekit.case import lasting_text
from membranekit.citations import Use
from membranekit.constants import CONSTANTS
from membranekit.errors import InputError, MembranekitError
from membranekit.execution import (
    DEFAULT_CELLS,
    DEFAULT_RTOL,
    Callback,
    Outcome,
    execute,
)
from membranekit.membrane import Membrane
from membranekit.prepared import Run, prepare
from membranekit.process import Process
from membranekit.record import membrane_record
from membranekit.solution import CastingSolution
from membranekit.stopping import CTRL_C, Stop, stopped_by_ctrl_c

EFFECT_CELLS = 60
ANCHORED = "fitted: to the cloud point that was given with the casting solution"


def simulate(
    solution: CastingSolution,
    process: Process | None = None,
    *,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callback | None = None,
) -> Membrane:
    """Run a casting solution through a process and return the membrane.

    Ctrl-C stops the run at its next time step: the membrane then has ``success ==
    False``, a message that says so, and the history so far. A second Ctrl-C raises
    KeyboardInterrupt.

    Parameters
    ----------
    solution : CastingSolution
        What is cast.
    process : Process
        What happens to it.
    mode : str
        ``"reference"``: two phases at equilibrium in each depth. ``"fast"``, to screen
        what the air does: one phase, past the spinodal with the stress of a network,
        and the air alone. Of the sheet it gives the coacervation depth, in the film
        as cast, and None with a note for all else. In a Sobol sweep of 96 cases its
        front had 0.36 to 1.05 times the reference's polymer above it in nine of ten,
        0.76 in the median, and within 30 % in 58 %; 5 cases demixed in one mode alone
        (``benchmarks/fast_mode.py``). It ranks cases of one recipe roughly, replaces
        no reference run, and no longer takes less time than its air.
    cells : int, optional
        Cells of the film's grid; default 400.
    rtol : float, optional
        Tolerance of a time step; default 1e-3.
    extrapolate : bool
        Use values outside the temperatures for which they are given.
    history : bool
        Keep the film at saved times, and compute the effects of what was assumed;
        False keeps the headline numbers and the profile, for thousands of runs.
    callback : callable, optional
        Called as the run goes, up to 60 times a step, with the time since casting as
        a float [s] and the film then: a `Moment`, as ``membrane.history.at`` gives,
        with its ``temperature``, ``thickness``, ``fraction_of("water")`` ... What it
        returns stops the run if true. What it raises, `simulate` raises; to stop and
        keep the history, return True.

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

    Watch the surface, and stop when it has taken up enough:

    >>> def wet(time, film):
    ...     return film.surface_volume_fraction[0] > 0.1
    >>> membrane = simulate(run.solution, run.process, cells=40, callback=wet)
    >>> membrane.message.startswith("stopped by the caller at ")
    True
    """
    solution, process = limits.pair(solution, process, "simulate")
    prepared = _ready(solution, process, mode, cells, rtol, extrapolate)
    with stopped_by_ctrl_c() as stop:
        membrane, error = _one(
            solution,
            process,
            prepared,
            None,
            mode,
            cells,
            rtol,
            history,
            callback,
            stop,
        )
    if error is not None:
        raise error
    return membrane


def simulate_many(
    runs: Iterable[Any],
    *,
    workers: int | None = None,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callback | None = None,
) -> list[Membrane]:
    """Simulate several runs and return the membranes in the order of the runs.

    Ctrl-C stops the runs that are under way: each membrane then has the history so
    far and says so, those that are finished are whole, and those that were not begun
    stand in their places with ``success == False`` and the message "not run: stopped
    by Ctrl-C". A second Ctrl-C raises KeyboardInterrupt.

    Parameters
    ----------
    runs : Case, or iterable of runs of a case or of pairs of solution and process
        What to simulate. Bad input raises before the first run; a run that fails, also
        by an exception, stands in its place with ``success == False``.
    workers : int, optional
        Threads; the kernel runs without the interpreter's lock. Default 1.
    mode, cells, rtol, extrapolate, history, callback
        As in `simulate`; a callback stops its own run alone, also with what it raises,
        and is called from several threads where there are.
    """
    return run_series(
        runs,
        workers=workers,
        mode=mode,
        cells=cells,
        rtol=rtol,
        extrapolate=extrapolate,
        history=history,
        callback=callback,
    )


NOT_RUN = f"not run: {CTRL_C}"
LISTEN = 0.2  # s
MODES = ("reference", "fast")


def run_series(
    runs: Iterable[Any],
    *,
    workers: int | None = None,
    mode: str = "reference",
    cells: int | None = None,
    rtol: float | None = None,
    extrapolate: bool = False,
    history: bool = True,
    callback: Callback | None = None,
    finished: Callable[[Membrane], Membrane] | None = None,
) -> list[Membrane]:
    """Do what `simulate_many` does, and pass each membrane through `finished`.

    Parameters
    ----------
    finished : callable, optional
        Called in the caller's thread with each membrane in turn; what it returns is
        kept in its place.
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
    with stopped_by_ctrl_c() as stop:

        def one(number: int) -> Membrane:
            solution, process, run = pairs[number]
            if stop:
                return _failed(solution, process, run, NOT_RUN)
            try:
                return _one(
                    *(solution, process, prepared[number], run),
                    *(mode, cells, rtol, history, callback, stop),
                )[0]
            except Exception as error:
                return _failed(solution, process, run, _told(error))

        numbers = range(len(pairs))
        several = workers is not None and workers > 1
        found = _in_threads(one, numbers, workers) if several else map(one, numbers)
        return [each if finished is None else finished(each) for each in found]


def _in_threads(
    one: Callable[[int], Membrane], numbers: Iterable[int], workers: int | None
) -> Iterator[Membrane]:
    """Yield what `one` returns for each number, in their order."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for future in [pool.submit(one, number) for number in numbers]:
            # a wait without an end is deaf to Ctrl-C on Windows
            while not wait([future], timeout=LISTEN).done:
                pass
            yield future.result()


def _told(error: Exception) -> str:
    """Return what an exception says, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    return f"{type(error).__name__}: {error}{place if frames else ''}"


def _failed(
    solution: CastingSolution, process: Process, case_run: Any, message: str
) -> Membrane:
    """Return the membrane of a run that gave nothing, not even a history."""
    record: dict[str, Any] = {"success": False, "message": message, "notes": []}
    _identify(record, solution, process, case_run)
    return Membrane.from_record(record)


def _ready(
    solution: CastingSolution,
    process: Process,
    mode: str,
    cells: int | None,
    rtol: float | None,
    extrapolate: bool,
) -> Run:
    """Check everything that can be checked before a run, and prepare it."""
    if mode not in MODES:
        raise InputError(f'mode: {mode!r} is not known; give "reference" or "fast"')
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
    mode: str,
    cells: int | None,
    rtol: float | None,
    history: bool,
    callback: Callback | None,
    stop: Stop,
) -> tuple[Membrane, Exception | None]:
    """Execute one prepared run; return its membrane and what the callback raised."""
    began = clock.perf_counter()
    count = cells or DEFAULT_CELLS
    outcome = execute(
        run,
        cells=count,
        rtol=rtol or DEFAULT_RTOL,
        history=history,
        callback=callback,
        stop=stop,
        one_phase=mode == "fast",
    )
    complete = history and outcome.success and mode == "reference"
    rerun = _rerun(run, outcome, stop) if complete else None
    grid_error = _grid_error(run, outcome, count, stop) if complete else None
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
            limits.stretches(solution, process, outcome.in_air)
        ),
        "interactions": library.set_address(run.interactions),
        "grid_error": grid_error,
        "time_error": None,
    }
    anchored = "" if solution.measured_cloud_point is None else ANCHORED
    record["uses"] = trust.uses(used, run.interactions, CONSTANTS, anchored)
    if all(each.name != "water" for each in used):
        # of coils, walls and pores: whatever the baths are
        water = library.builtin("water")
        for name in ("viscosity", "surface_tension"):
            value = water.get(name)
            record["uses"].append(Use("water", name, value.basis, value.source))
    if complete and stop:
        record["notes"].append(
            f"{CTRL_C} after the run: effects and the grid's error that are "
            "not given were not computed"
        )
    _identify(record, solution, process, case_run)
    record["wall_time"] = clock.perf_counter() - began
    return Membrane.from_record(record), outcome.error


def _identify(
    record: dict[str, Any], solution: CastingSolution, process: Process, case_run: Any
) -> None:
    """Write into a record what was run: name, inputs, and the case as text."""
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


def _place(outcome: Outcome, share: float | None) -> float:
    """Return the depth in the dry sheet of a share of the polymer [m]."""
    if share is None or outcome.edges is None or outcome.shares is None:
        raise MembranekitError("the run gave no front")
    return float(np.interp(share, outcome.shares, outcome.edges))


def _grid_error(
    run: Run, outcome: Outcome, cells: int, stop: Stop
) -> tuple[float, str] | None:
    """Return how far the front moves on half the cells: its error is of this size."""
    coarse = execute(
        run, cells=max(cells // 2, 2), history=False, air_only=True, stop=stop
    )
    if coarse.front_share is None:
        return None
    moved = _place(outcome, coarse.front_share) - _place(outcome, outcome.front_share)
    return 1e6 * abs(moved), "um"


def _rerun(run: Run, outcome: Outcome, stop: Stop) -> trust.Rerun:
    """Return how far the coacervation depth moves when inputs change.

    The front is found as a share of the polymer on a coarse grid, with and without the
    change, and both are placed in this run's dry sheet.
    """

    def front(changed: Run) -> float | None:
        found = execute(
            changed, cells=EFFECT_CELLS, history=False, air_only=True, stop=stop
        )
        return found.front_share

    base = front(run)

    def rerun(solution: CastingSolution, process: Process, changes: Any) -> float:
        if stop:
            raise MembranekitError(NOT_RUN)
        moved = front(prepare(solution, process, dict(changes)))
        return _place(outcome, moved) - _place(outcome, base)

    return rerun
