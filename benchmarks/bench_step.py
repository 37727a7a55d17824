"""One time step of a film: Jacobian, factors, four stages, heat, records."""

import pytest

STOPPED_AT_MOST = 3  # the kernel's status after the steps it was allowed


@pytest.mark.parametrize("stage", ["film_in_air", "demixing_film"])
def test_step(benchmark, stage, request):
    make = request.getfixturevalue(stage)

    def setup():
        film = make()
        return (film, film.steps), {}

    def step(film, before):
        assert film.advance(1e3, 1e3, most=1) == STOPPED_AT_MOST
        assert film.steps == before + 1

    benchmark.pedantic(step, setup=setup, rounds=20)
