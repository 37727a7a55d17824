"""A whole run: Example 1 at 6 s of air, its two baths, the dry sheet."""

from membranekit.execution import execute
from membranekit.prepared import prepare


def test_example1(benchmark, example):
    def run():
        prepared = prepare(example.solution, example.process)
        return execute(prepared)

    outcome = benchmark(run)
    assert outcome.success, outcome.message
    assert outcome.closure < 1e-12


def test_prepare(benchmark, example):
    benchmark(prepare, example.solution, example.process)
