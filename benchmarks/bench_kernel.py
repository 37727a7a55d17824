"""The kernel's parts: one composition, and the equations of a whole film."""

import numpy as np
import pytest

from membranekit._kernels import coexistence


@pytest.fixture
def dope(example):
    mixture = example.prepared.model.mixture
    return example.prepared.amounts, mixture.at(example.prepared.temperature)


def test_potentials(benchmark, dope):
    amounts, tables = dope
    whole = np.append(amounts, 1.0)
    mu, _ = benchmark(coexistence.potentials, whole, **tables)
    assert np.isfinite(mu).all()


def test_stability(benchmark, dope):
    amounts, tables = dope
    distance, _ = benchmark(coexistence.stability, amounts, **tables)
    assert distance > 0.0


def test_flash(benchmark, dope):
    amounts, tables = dope
    wet = amounts.copy()
    wet[0] += 0.5
    distance, lean = coexistence.stability(wet, **tables)
    assert distance < 0.0
    start = 0.1 * wet.sum() * lean / lean.sum()
    found = benchmark(coexistence.flash, wet, start, **tables)
    assert found is not None


@pytest.mark.parametrize("stage", ["film_in_air", "demixing_film"])
def test_rates(benchmark, stage, request):
    film = request.getfixturevalue(stage)()
    rates, _ = benchmark(film.rates, film.state())
    assert np.isfinite(rates).all()


@pytest.mark.parametrize("stage", ["film_in_air", "demixing_film"])
def test_jacobian(benchmark, stage, request):
    film = request.getfixturevalue(stage)()
    jacobian = benchmark(film.jacobian, film.state())
    assert np.isfinite(jacobian).all()
