"""Solutions to test the thermodynamics with: shipped ones and random ones."""

import numpy as np

from membranekit import library
from membranekit.case import cases
from membranekit.mixtures import mixture_of
from membranekit.thermo.flory_huggins import Mixture

ROOM = 298.15
PSF = ["water", "NMP", "polysulfone P-3500"]


def random_mixture(rng, count):
    """Liquids and one or two chains, a quarter of the pairs hostile to each other."""
    volumes = 18.07e-6 * 10.0 ** rng.uniform(0.0, 1.0, count)
    volumes[-1] *= 10.0 ** rng.uniform(1.0, 2.5)
    if rng.random() < 0.4:
        volumes[1] *= 30.0
    table = np.zeros((count * (count - 1) // 2, 5, 5))
    number = 0
    for j in range(count):
        for i in range(j):
            size = 18.07e-6 / min(volumes[i], volumes[j])
            hostile = rng.random() < 0.25
            g = rng.uniform(0.5, 2.5) if hostile else rng.uniform(-0.5, 0.7)
            table[number, 0, 0] = size * g
            if rng.random() < 0.4:
                table[number, 1, 0] = size * rng.normal(0.0, 0.4)
            number += 1
    names = tuple("abcdefgh"[:count])
    return Mixture(names, volumes, table, np.zeros((number, 2)))


def random_solutions(seed, count, how_many):
    rng = np.random.default_rng(seed)
    for _ in range(how_many):
        z = np.maximum(rng.dirichlet(np.full(count, 0.8)), 1e-6)
        yield random_mixture(rng, count), z / z.sum(), rng


def shipped(names, name=None):
    return mixture_of(names, library.interaction_set(names, name))


def dope(name):
    """The mixture and volume fractions of a shipped case, water first."""
    solution = cases[name].runs[0].solution
    polymer = solution.polymer.name
    names = [each.name for each in solution.components if each.name != polymer]
    names = [*([] if "water" in names else ["water"]), *names, polymer]
    fractions = solution.volume_fractions
    return shipped(names), np.array([fractions.get(each, 0.0) for each in names])
