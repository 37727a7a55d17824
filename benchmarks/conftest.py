"""What the benchmarks share: Example 1 at 6 s of air, prepared."""

from types import SimpleNamespace

import pytest

from membranekit import execution, film_setup
from membranekit.case import read_case
from membranekit.prepared import prepare
from membranekit.process import AirExposure


@pytest.fixture(scope="session")
def example():
    """Return the casting solution, the process and the prepared run."""
    (run,) = read_case("example1").replace({"air.time": "6 s"}).runs
    return SimpleNamespace(
        solution=run.solution,
        process=run.process,
        prepared=prepare(run.solution, run.process),
    )


@pytest.fixture
def film_in_air(example):
    """Return a function that makes a film of 120 cells at the start of its air."""
    (step,) = [each for each in example.process.steps if isinstance(each, AirExposure)]

    def make():
        film, _ = film_setup.make_film(example.prepared, execution.DEFAULT_CELLS)
        assert film_setup.begin_air(film, example.prepared, step) == 0
        return film

    return make


@pytest.fixture
def demixing_film(film_in_air):
    """Return a function that makes the same film after 2 s, partly demixed."""

    def make():
        film = film_in_air()
        assert film.advance(2.0, 2.0) == 0
        return film

    return make
