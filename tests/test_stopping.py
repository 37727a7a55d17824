"""A run is watched and stopped, and what was reached by then is kept."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import membranekit as mk
from membranekit import simulation
from membranekit.stopping import Stop, stopped_by_ctrl_c

CELLS = 40


@pytest.fixture
def case():
    return mk.read_case("example1").replace({"air.time": ["1 s", "2 s", "3 s"]})


@pytest.fixture
def python_handler():
    """Ctrl-C as in a script, whatever started these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ctrl_c(times=1):
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


def simulate(run, **options):
    return mk.simulate(run.solution, run.process, cells=CELLS, **options)


def test_a_callback_sees_the_film_that_the_history_keeps(case):
    seen = []

    def look(now, film):
        seen.append((now, film))
        return now > 0.5

    membrane = simulate(case.runs[0], callback=look)
    assert not membrane.success
    assert membrane.message.startswith("stopped by the caller at 0.")
    times = membrane.history.time.m_as("s")
    assert list(times[1:]) == [now for now, _ in seen]
    for now, film in seen:
        assert film.time.m_as("s") == now
        kept = membrane.history.at(film.time)
        assert film == kept
    assert seen[-1][1].fraction_of("water")[0] > seen[0][1].fraction_of("water")[0]
    assert seen[-1][1].thickness.check("[length]")
    assert membrane.mass_closure < 1e-12


def test_a_callback_that_watches_changes_nothing(case):
    watched = simulate(case.runs[0], history=False, callback=lambda now, film: False)
    assert watched == simulate(case.runs[0], history=False)


def test_what_a_callback_raises_is_raised(case):
    def fail(now, film):
        raise LookupError("a slip")

    with pytest.raises(LookupError, match="a slip"):
        simulate(case.runs[0], callback=fail)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_callback_raises_ends_its_own_run_alone(case, workers):
    def fail(now, film):
        if film.step == 1 and now > 2.5:
            raise LookupError("a slip")

    options = {"cells": CELLS, "history": True, "workers": workers, "callback": fail}
    first, second, third = mk.simulate_many(case, **options)
    assert first.success
    assert second.success
    assert not third.success
    assert re_match(third.message, "stopped at 2.", "LookupError: a slip")
    assert third.history.time[-1].m_as("s") > 2.5


def re_match(text, start, end):
    return text.startswith(start) and text.endswith(end)


def test_an_unexpected_exception_loses_no_other_run(case, monkeypatch):
    whole = simulation.execute

    def failing(run, **options):
        if run.steps[0].time.m_as("s") == 2:
            raise ArithmeticError("no stability test in cell 3")
        return whole(run, **options)

    monkeypatch.setattr(simulation, "execute", failing)
    found = mk.simulate_many(case, cells=CELLS, history=False)
    assert [each.success for each in found] == [True, False, True]
    failed = found[1]
    assert "ArithmeticError: no stability test in cell 3" in failed.message
    assert "test_stopping.py, line" in failed.message
    assert failed.thickness is None
    assert failed.inputs == found[1].inputs
    assert [each.inputs["air.time"].m_as("s") for each in found] == [1, 2, 3]


def test_ctrl_c_stops_a_run_and_keeps_its_history(case, python_handler):
    def press(now, film):
        if now > 0.3:
            ctrl_c()

    membrane = simulate(case.runs[0], callback=press)
    assert not membrane.success
    assert membrane.message.startswith("stopped by Ctrl-C at 0.")
    assert membrane.history.time[-1].m_as("s") > 0.3
    assert membrane.mass_closure < 1e-12
    assert membrane.thickness is None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_is_heard_while_the_kernel_computes(case, python_handler):
    """Not only where it returns: here one call would last for many times the limit."""
    run = mk.read_case("example1").replace({"air.time": "10 s"}).runs[0]
    began = []

    def press():
        began.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(1.0, press).start()
    membrane = mk.simulate(
        run.solution, run.process, cells=5000, rtol=1e-7, history=False
    )
    assert time.perf_counter() - began[0] < 30.0
    assert membrane.message.startswith("stopped by Ctrl-C at ")


def test_a_second_ctrl_c_interrupts(case, python_handler):
    with pytest.raises(KeyboardInterrupt):
        simulate(case.runs[0], callback=lambda now, film: ctrl_c(2))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_handler_is_left_alone(case):
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with stopped_by_ctrl_c() as stop:
            ctrl_c()
        assert heard == [signal.SIGINT]
        assert not stop
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_raises_in_the_kernel_stops_the_run(case):
    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        found = simulate(case.runs[0], callback=lambda now, film: ctrl_c())
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.message.startswith("stopped by Ctrl-C at ")
    assert len(found.history) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished_of_a_series(case, python_handler, workers):
    main = threading.main_thread().ident

    def press(now, film):
        if film.step == 1 and now > 3.05:
            if threading.get_ident() == main:
                ctrl_c()
            else:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1.0)  # the main thread's turn

    series = case.with_settings(["air.time=1 s, 3 s, 3.1 s, 3.2 s, 3.3 s"])
    found = mk.simulate_many(
        series, cells=CELLS, history=True, workers=workers, callback=press
    )
    assert len(found) == 5
    finished = [each for each in found if each.success]
    assert finished
    assert all(each.thickness is not None for each in finished)
    stopped = [each for each in found if "stopped by Ctrl-C at" in each.message]
    assert 1 <= len(stopped) <= workers
    assert all(len(each.history) > 0 for each in stopped)
    rest = found[len(finished) + len(stopped) :]
    assert {each.message for each in rest} == {"not run: stopped by Ctrl-C"}
    assert all(each.history is None for each in rest)
    assert [each.inputs["air.time"].m_as("s") for each in found] == [
        *(1, 3, 3.1, 3.2, 3.3)
    ]


def test_ctrl_c_after_the_run_leaves_out_the_effects(case, python_handler, monkeypatch):
    whole = simulation.execute

    def pressing(run, *, air_only=False, **options):
        if air_only:
            ctrl_c()
        return whole(run, air_only=air_only, **options)

    monkeypatch.setattr(simulation, "execute", pressing)
    monkeypatch.setattr(simulation, "_grid_error", lambda *arguments: None)
    membrane = simulate(case.runs[0])
    assert membrane.success
    assert all(entry.effect is None for entry in membrane.trust.assumed)
    assert any("stopped by Ctrl-C after the run" in note for note in membrane.notes)


def test_the_flag_is_an_array_that_kernels_read():
    stop = Stop()
    assert not stop
    assert stop.flag.dtype == np.intc
    stop.set()
    assert stop
