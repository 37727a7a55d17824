"""The NumPy right-hand side that a rival is given stays the kernel's."""

import rivals


def test_numpy_rates_are_the_kernels(benchmark):
    problem = rivals.Problem(cells=20)
    film = problem.film()
    in_air = rivals.numpy_rates(problem, film)
    film.advance(rivals.AIR, rivals.AIR, rtol=1e-3)
    problem.immerse(film)
    in_bath = rivals.numpy_rates(problem, film)
    state = film.ode_state()
    benchmark(in_bath, state, state.copy())
    assert in_air is not in_bath
