"""What the benchmarks share: Example 1 at 6 s of air, prepared."""

from types import SimpleNamespace

import pytest

from membranekit import simulation
from membranekit.case import read_case
from membranekit.process import AirExposure


@pytest.fixture(scope="session")
def example():
    """Return the casting solution, the process and the prepared run."""
    (run,) = read_case("example1").replace({"air.time": "6 s"}).runs
    return SimpleNamespace(
        solution=run.solution,
        process=run.process,
        prepared=simulation.prepare(run.solution, run.process),
    )


@pytest.fixture
def film_in_air(example):
    """Return a function that makes a film of 120 cells at the start of its air."""
    (step,) = [each for each in example.process.steps if isinstance(each, AirExposure)]

    def make():
        film, _ = simulation._film(example.prepared, simulation.DEFAULT_CELLS)
        assert simulation._begin_air(film, example.prepared, step) == 0
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
