"""Kernels under bad input through their faces: refused by name, never a crash.

Each function and method of `membranekit._kernels` is called as a shipped example calls
it, with one argument spoiled.
"""

import importlib
import inspect
import pkgutil
from contextlib import suppress
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membranekit import _kernels, film_setup
from membranekit._kernels import coexistence, phase_diagram, titration
from membranekit._kernels.film import Film
from membranekit.case import read_case
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Immersion

CELLS = 6


class Recorder:
    """A film that keeps what it was made of and told."""

    def __init__(self, *arguments, **options):
        self.film = Film(*arguments, **options)
        self.calls = [("Film", arguments, options)]

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.calls.append((name, arguments, options))
            return method(*arguments, **options)

        method = getattr(self.film, name)
        return call if callable(method) else method


def recorded():
    (run,) = read_case("example3").replace({"air.time": "1 s"}).runs
    ready = prepare(run.solution, run.process)
    calls = []
    for kind in (AirExposure, Immersion):
        with mock.patch.multiple(film_setup, Film=Recorder, BATH_CELLS=5):
            film, _ = film_setup.make_film(ready, CELLS)
            step = next(each for each in ready.steps if isinstance(each, kind))
            if kind is AirExposure:
                assert film_setup.begin_air(film, ready, step) == 0
            else:
                assert film_setup.begin_bath(film, ready, step, 1.0) == 0
        assert film.advance(1e-3, 1e-3, rtol=1e-3, longest=1.0, most=50) == 0
        film.watch(np.zeros(1, dtype=np.intc))
        film.keep_one_phase()
        state = film.film.state()
        for name in ("rates", "jacobian", "set_state"):
            getattr(film, name)(state)
        amounts, masses = film.ode_state(), film.masses()
        film.ode_rates(amounts, out=np.zeros(amounts.size))
        film.ode_jacobian(amounts, out=np.zeros((4 * film.film.n - 1, amounts.size)))
        film.dae_residual(state, masses, out=np.zeros(state.size))
        film.dae_jacobian(state, 1.0, out=np.zeros((6 * film.film.n - 1, state.size)))
        film.hold_network(np.full(CELLS, 3.0))
        film.mark_demixed(0, 3.0)
        film.spoil_surface(1e-9)
        film.surface_potentials(0)
        for name in (
            *("film_amounts", "lean_amounts", "exchanged_amounts", "bath_amounts"),
            *("distances", "clocks", "state", "layout"),
        ):
            getattr(film, name)()
        calls.append(film.calls)
    return ready, calls


READY, FILMS = recorded()
MIXTURE = READY.model.mixture.at(298.15)
SHARE = READY.amounts / READY.amounts.sum()
WHOLE = np.append(READY.amounts, 1.0)
TERNARY = {
    "s": np.array([1.0, 0.2, 1e-3]),
    "poly": np.array([[1.0, 0, 0, 0, 0], [1.5, 0, 0, 0, 0], [0.1, 0, 0, 0, 0]]),
    "rational": np.zeros((3, 2)),
    "triples": np.zeros(1),
    "groups": np.arange(3, dtype=np.intc),
}
TIE = np.log([0.9, 0.09, 0.01, 0.1, 0.1, 0.8])
FUNCTIONS = {
    "coexistence.potentials": (coexistence.potentials, (WHOLE,), MIXTURE),
    "coexistence.stability": (coexistence.stability, (READY.amounts,), MIXTURE),
    "coexistence.flash": (
        coexistence.flash,
        (READY.amounts, 0.1 * READY.amounts),
        MIXTURE,
    ),
    "titration.deepest": (titration.deepest, (WHOLE,), MIXTURE),
    "titration.onset": (
        titration.onset,
        (WHOLE, np.append(SHARE, 1e-6)),
        {**MIXTURE, "nonsolvent": 0, "amount": 0.1},
    ),
    "phase_diagram.ternary": (
        phase_diagram.ternary,
        (),
        {
            **TERNARY,
            "lines": np.zeros((5, 6)),
            "spinodal": np.zeros((40, 3)),
            "critical": np.zeros(3),
        },
    ),
    "phase_diagram.tie_line": (
        phase_diagram.tie_line,
        (TIE,),
        {**TERNARY, "weights": np.ones(6), "value": 2.0, "out": np.zeros(6)},
    ),
}
FACES = [
    f"{name}.{call[0]}"
    for name, calls in zip(("air", "bath"), FILMS, strict=True)
    for call in calls
]
EVERY = sorted({*FUNCTIONS, *FACES})


def call(face, spoil=None):
    """Call a face; `spoil` changes its arguments, a dict of place or name to value."""
    if face in FUNCTIONS:
        function, arguments, options = FUNCTIONS[face]
        told = {**dict(enumerate(arguments)), **options}
        told = {
            k: v.copy() if isinstance(v, np.ndarray) else v for k, v in told.items()
        }
        told = spoil(told) if spoil else told
        return function(*_placed(told), **_named(told))
    kind, _, name = face.partition(".")
    result = film = None
    for each, arguments, options in FILMS[("air", "bath").index(kind)]:
        told = {**dict(enumerate(arguments)), **options}
        if each == name and spoil:
            told = spoil(told)
        if each == "Film":
            result = film = Film(*_placed(told), **_named(told))
        else:
            result = getattr(film, each)(*_placed(told), **_named(told))
        if each == name:
            # what comes after it still works, or says why not
            if each not in ("Film", "set_mixture", "set_friction"):
                film.film_amounts()
            return result
    raise AssertionError(face)


def _placed(told):
    return [told[k] for k in sorted(k for k in told if isinstance(k, int))]


def _named(told):
    return {k: v for k, v in told.items() if isinstance(k, str)}


def arrays(face):
    seen = []
    call(face, lambda told: seen.append(told) or told)
    return [k for k, v in seen[0].items() if isinstance(v, np.ndarray)]


def numbers(face):
    seen = []
    call(face, lambda told: seen.append(told) or told)
    return [
        k
        for k, v in seen[0].items()
        if isinstance(v, (int, float)) and not isinstance(v, bool)
    ]


WITH_ARRAYS = [face for face in EVERY if arrays(face)]
WITH_NUMBERS = [face for face in EVERY if numbers(face)]
REFUSED = (ValueError, TypeError)
OUTPUTS = ("lines", "spinodal", "critical", "out")


def test_every_face_is_called():
    found = set()
    for info in pkgutil.iter_modules(_kernels.__path__):
        module = importlib.import_module(f"membranekit._kernels.{info.name}")
        for name, each in vars(module).items():
            if name.startswith("_") or isinstance(each, dict) or inspect.ismodule(each):
                continue
            if inspect.isclass(each):
                found |= {
                    f"{kind}.{method}"
                    for kind in ("air", "bath")
                    for method, what in vars(each).items()
                    if not method.startswith("_") and callable(what)
                }
            elif callable(each):
                found.add(f"{info.name}.{name}")
    found -= {"bath.begin_air", "air.begin_bath"}
    assert found <= set(EVERY)


@pytest.mark.parametrize("face", EVERY)
def test_the_faces_work_before_they_are_spoiled(face):
    call(face)


@pytest.mark.parametrize("face", WITH_ARRAYS)
def test_arrays_of_the_wrong_shape_type_or_layout_are_refused(face):
    for key in arrays(face):
        for change in (
            lambda a: a[:-1],
            lambda a: np.concatenate([a, a]),
            lambda a: a[None],
            lambda a: a.ravel() if a.ndim > 1 else a[:, None],
            lambda a: np.zeros((0,) * a.ndim, a.dtype),
            lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
            lambda a: np.asfortranarray(a) if a.ndim > 1 else a[::-1],
            lambda a: a.astype(np.float32),
            lambda a: a.astype(np.int64),
            lambda a: a.astype(object),
            lambda a: a.astype(complex),
            lambda a: a.astype(a.dtype.newbyteorder()),
            lambda a: a.tolist(),
            lambda a: None,
            lambda a: "text",
        ):

            def spoil(told, key=key, change=change):
                return {**told, key: change(told[key])}

            spoiled = spoil({key: np.asarray(_given(face, key))})[key]
            if spoiled is None and key in ("triples", "groups"):
                continue
            if _is_right(face, key, spoiled):
                continue
            with pytest.raises(REFUSED):
                call(face, spoil)


def _given(face, key):
    seen = []
    call(face, lambda told: seen.append(told[key]) or told)
    return seen[0]


def _is_right(face, key, spoiled):
    """Whether a change leaves an array that the face may well take."""
    given = _given(face, key)
    if not isinstance(spoiled, np.ndarray) or spoiled.dtype != given.dtype:
        return False
    if not spoiled.flags.c_contiguous or spoiled.ndim != given.ndim:
        return False
    # lengths that are the caller's choice: flags, grids, what is written into
    chosen = {
        "air.watch": (0,),
        "bath.watch": (0,),
        "bath.begin_bath": (0,),
        "phase_diagram.ternary": ("lines", "spinodal"),
        "coexistence.potentials": (0,),
        "titration.onset": (1,),
    }
    return (
        spoiled.shape == given.shape
        or (key in chosen.get(face, ()) and 0 < len(spoiled) < 2 * len(given))
        or (
            key in chosen.get(face, ())
            and face.endswith(("watch", "ternary"))
            and len(spoiled) > 0
        )
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("face", WITH_ARRAYS)
def test_numbers_in_arrays_that_are_not_finite_are_refused(face, bad):
    for key in arrays(face):
        if key in OUTPUTS or _given(face, key).dtype != np.float64:
            continue
        places = range(_given(face, key).size)
        if face.startswith("titration.onset") and key == 0:
            places = places[1:]  # the nonsolvent's place is not read

        for place in {places[0], places[-1], places[len(places) // 2]}:

            def spoil(told, key=key, place=place):
                array = told[key].copy()
                array.flat[place] = bad
                return {**told, key: array}

            with pytest.raises(ValueError):  # noqa: PT011 - many messages
                call(face, spoil)


@pytest.mark.parametrize("face", WITH_NUMBERS)
def test_numbers_of_another_kind_are_refused(face):
    for key in numbers(face):
        for bad in ("1", None, [1.0], 1j, np.zeros(2)):

            def spoil(told, key=key, bad=bad):
                return {**told, key: bad}

            with pytest.raises(REFUSED):
                call(face, spoil)


def _reals(largest):
    return st.one_of(
        st.floats(allow_nan=True, allow_infinity=True),
        st.floats(-largest, largest),
        st.sampled_from([0.0, -0.0, 5e-324, -1.0, 1e308, -1e308]),
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_any_numbers_are_answered_or_refused(data):
    """Negative, huge, tiny, not finite: an answer, a status, or an exception."""
    face = data.draw(st.sampled_from(EVERY))
    keys = [k for k in arrays(face) if k not in OUTPUTS] + numbers(face)
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))

    def spoil(told):
        value = told[key]
        if isinstance(value, np.ndarray):
            value = value.copy()
            place = data.draw(st.integers(0, value.size - 1))
            if value.dtype == np.float64:
                value.flat[place] = data.draw(_reals(10.0))
            else:
                value.flat[place] = data.draw(st.integers(-(2**31), 2**31 - 1))
        elif isinstance(value, int):
            value = data.draw(st.integers(-3, 10))
        else:
            value = data.draw(_reals(10.0))
        return {**told, key: value}

    with suppress(ValueError, TypeError, ArithmeticError, IndexError, MemoryError):
        call(face, spoil)


@pytest.mark.parametrize("key", ["most_bath_cells", 4])
@pytest.mark.parametrize("count", [-1, 1, 100_001, 2_000_000_000, 2**31, 2**63])
def test_a_film_of_a_senseless_size_is_refused(key, count):
    def spoil(told):
        told = {**told, "most_bath_cells": 5}
        if key == "most_bath_cells":
            return {**told, key: count}
        return {**told, "support_nodes": count}

    if key == "most_bath_cells" and count == 1:
        return
    with pytest.raises((ValueError, OverflowError)):
        call("air.Film", spoil)


def test_a_film_without_its_laws_does_not_crash():
    film = Film(np.ones(3), np.ones((3, 2)), np.full(3, 1e-5))
    with pytest.raises(ValueError, match="comes first"):
        film.advance(1.0, 1.0)
    for name in ("rates", "jacobian"):
        with suppress(ArithmeticError):
            getattr(film, name)(film.state())
