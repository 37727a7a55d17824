"""The least tangent-plane distance of a solution, sought everywhere: slow.

A cloud of trial phases over the whole simplex, its best points lowered one by one.
"""

import numpy as np
from scipy.optimize import minimize

from reference.flory_huggins_twin import FloryHuggins


class Everywhere:
    """One mixture at one temperature."""

    def __init__(self, tables):
        self.twin = FloryHuggins(**tables)

    def distances(self, log, plane):
        """Distances of trial phases from the plane, and their gradients by ln y."""
        shift = log.max(axis=-1, keepdims=True)
        log = log - shift - np.log(np.exp(log - shift).sum(axis=-1, keepdims=True))
        y = np.exp(log)
        gap = y * (self.twin.potentials(log) - plane)
        total = gap.sum(axis=-1, keepdims=True)
        return total[..., 0], gap - y * total

    def least(self, z, rng, *, points=3000, lowered=8, alike=1e-6):
        """Least distance to a phase other than z, and that phase."""
        n = z.size
        plane = self.twin.potentials(np.log(z))
        clouds = [rng.dirichlet(np.full(n, a), points // 3) for a in (0.15, 0.5, 1.0)]
        corners = 0.999 * np.eye(n) + 1e-4
        without = np.where(np.eye(n) > 0.0, 1e-9, z)
        log = np.log(np.maximum(np.concatenate([*clouds, corners, without]), 1e-200))
        found, _ = self.distances(log, plane)
        best, phase = np.inf, z
        for k in np.argsort(found)[:lowered]:
            answer = minimize(
                self.distances,
                log[k],
                args=(plane,),
                jac=True,
                method="BFGS",
                options={"gtol": 1e-10, "maxiter": 300},
            )
            y = np.exp(answer.x - answer.x.max())
            y /= y.sum()
            if answer.fun < best and np.abs(y - z).max() > alike:
                best, phase = float(answer.fun), y
        return best, phase
