"""Stability and two-phase split of a solution of any number of components.

Volume fractions and SI floats. The polymer may be in both phases, much or a trace of
e^-900: sought from the lean and from the rich side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit._kernels import coexistence
from membranekit.errors import MembranekitError
from membranekit.thermo.flory_huggins import Mixture

Floats = NDArray[np.float64]

FLOOR = 1e-138
"""Least volume fraction that enters the potentials [1]: its square is still a float.
Below it a trace follows from its potential, which is s ln(phi) and a constant."""

_LARGEST_LOGIT = 315.0  # of a component's amounts in two phases: exp is FLOOR
_TRACE = 1e-6
_ITERATIONS = 300
_ALIKE = 1e-6  # phases that differ less in every fraction are one
DEMIXED = -1e-13
"""A solution demixes where its distance is below this [1]."""
RESOLVED = 1e-7
"""Distance past the binodal within which a second phase may be too little to find [1]:
the potentials of one phase are then right to about as much."""


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether a solution is one phase.

    Parameters
    ----------
    distance : float
        Least tangent-plane distance to another phase, per volume and scaled by V0/(RT):
        negative where the solution demixes, zero on the binodal; infinite where no
        other phase has even a least distance [1].
    phase : array, shape (n) or None
        Volume fractions of that phase [1].
    """

    distance: float
    phase: Floats | None

    @property
    def stable(self) -> bool:
        """Whether the solution is one phase, on the binodal too."""
        return self.distance >= DEMIXED


@dataclass(frozen=True, eq=False)
class Split:
    """Two phases at equilibrium.

    Parameters
    ----------
    fractions : array, shape (2, n)
        Volume fractions, of the phase with less of the last component first [1].
    log_fractions : array, shape (2, n)
        Their logarithms, where a fraction is less than a float can be [1].
    shares : array, shape (2)
        Of each phase in the volume [1].
    potentials : array, shape (n)
        ``V0 (mu - mu_pure)/(RT V)``, the same in both [1].
    """

    fractions: Floats
    log_fractions: Floats
    shares: Floats
    potentials: Floats


def stability(mixture: Mixture, fractions: Floats, temperature: float) -> Stability:
    """Test a solution against every phase it may split off.

    The distance of a trial phase y from the tangent plane of the free energy at the
    solution z is ``sum_i y_i (mu_i(y) - mu_i(z))``. It is lowered from starts without
    each polymer, rich in each component and between (Michelsen, Fluid Phase Equilib. 9
    (1982) 1).

    Parameters
    ----------
    mixture : Mixture
        The components.
    fractions : array, shape (n)
        Volume fractions; a component may be absent [1].
    temperature : float
        [K]

    Raises
    ------
    MembranekitError
        If the fractions are negative or do not sum to 1.

    Examples
    --------
    >>> table = np.zeros((1, 5, 5)); table[0, 0, 0] = 0.6  # chi of a long chain
    >>> volumes = np.array([18.07e-6, 18.07e-3])
    >>> chain = Mixture(("solvent", "chain"), volumes, table, np.zeros((1, 2)))
    >>> [stability(chain, np.array([1 - p, p]), 300.0).stable for p in (0.05, 0.4)]
    [False, True]
    """
    problem, z = _problem(mixture, fractions, temperature)
    found = _least(problem, z)
    if found is None:
        return Stability(math.inf, None)
    distance, y = found
    return Stability(distance, problem.whole(y))


def distance(
    mixture: Mixture, fractions: Floats, phase: Floats, temperature: float
) -> float:
    """Return the distance of one trial phase from the tangent plane at a solution.

    ``sum_i y_i (mu_i(y) - mu_i(z))``, scaled by V0/(RT) [1].

    Parameters
    ----------
    mixture, fractions, temperature
        As in `stability`.
    phase : array, shape (n)
        Volume fractions y; what the solution lacks it lacks too [1].

    Examples
    --------
    >>> table = np.zeros((1, 5, 5)); table[0, 0, 0] = 0.6
    >>> volumes = np.array([18.07e-6, 18.07e-3])
    >>> chain = Mixture(("solvent", "chain"), volumes, table, np.zeros((1, 2)))
    >>> distance(chain, np.array([0.9, 0.1]), np.array([0.9, 0.1]), 300.0)
    0.0
    """
    problem, z = _problem(mixture, fractions, temperature)
    y = np.maximum(np.asarray(phase, dtype=float)[problem.present], FLOOR)
    mu, _ = problem.potentials(y)
    plane, _ = problem.potentials(z)
    return float(y @ (mu - plane))


def flash(mixture: Mixture, fractions: Floats, temperature: float) -> Split | None:
    """Split a solution into the two phases of least free energy.

    Parameters
    ----------
    mixture, fractions, temperature
        As in `stability`.

    Returns
    -------
    Split or None
        None: it is one phase, or past its binodal by less than a split resolves.

    Raises
    ------
    MembranekitError
        If the fractions are wrong, no split is found though one phase is not stable,
        or two phases are not enough.

    Examples
    --------
    >>> table = np.zeros((1, 5, 5)); table[0, 0, 0] = 0.6
    >>> volumes = np.array([18.07e-6, 18.07e-3])
    >>> chain = Mixture(("solvent", "chain"), volumes, table, np.zeros((1, 2)))
    >>> flash(chain, np.array([0.95, 0.05]), 300.0).fractions[:, 1].round(4).tolist()
    [0.0, 0.2358]
    """
    problem, z = _problem(mixture, fractions, temperature)
    found = _least(problem, z)
    if found is None or found[0] >= DEMIXED:
        return None
    best = _best_split(problem, z, [found[1]])
    if best is None and found[0] > -RESOLVED:
        return None
    for _ in range(4):
        if best is None:
            raise MembranekitError("the solution demixes, but no two phases were found")
        # the tangent plane of both phases: is there a third below it?
        third = _least(problem, best.fractions[1], best.fractions[0])
        if third is None or third[0] >= -1e-10:
            return problem.restored(best)
        again = _best_split(problem, z, [third[1]])
        if again is None or _energy(problem, again) >= _energy(problem, best) - 1e-13:
            break
        best = again
    raise MembranekitError("the solution demixes into more than two phases")


# ------------------------------------------------------------------ what is solved


@dataclass(frozen=True, eq=False)
class _Problem:
    """The components that are present, as the kernel takes them."""

    tables: dict[str, Any]
    present: NDArray[np.intp]
    count: int

    @property
    def s(self) -> Floats:
        scaled: Floats = self.tables["s"]
        return scaled

    def potentials(self, amounts: Floats) -> tuple[Floats, Floats]:
        return coexistence.potentials(amounts, **self.tables)

    def whole(self, y: Floats) -> Floats:
        found = np.zeros(self.count)
        found[self.present] = y
        return found

    def restored(self, split: Split) -> Split:
        """Return the split with the absent components."""
        logs = np.full((2, self.count), -math.inf)
        logs[:, self.present] = split.log_fractions
        potentials = np.full(self.count, -math.inf)
        potentials[self.present] = split.potentials
        # the traces, below FLOOR too
        fractions = np.exp(logs)
        for k in range(2):
            held = self.whole(split.fractions[k])
            fractions[k] = np.where(held < 1e-12, fractions[k], held)
        return Split(fractions, logs, split.shares, potentials)


def _problem(
    mixture: Mixture, fractions: Floats, temperature: float
) -> tuple[_Problem, Floats]:
    z = checked(mixture, fractions, temperature)
    present = np.flatnonzero(z > 0.0)
    if present.size < 2:
        raise MembranekitError("fractions: one component alone does not demix")
    part = mixture.only([mixture.names[k] for k in present])
    return _Problem(part.at(temperature), present, z.size), z[present]


def checked(mixture: Mixture, fractions: Floats, temperature: float) -> Floats:
    """Return volume fractions that sum to 1, checked.

    Raises
    ------
    MembranekitError
        If there are not as many as components, one is negative or no number, they do
        not sum to 1, or the temperature is not above 0 K.
    """
    z = np.array(fractions, dtype=float)
    names = ", ".join(mixture.names)
    if z.shape != (len(mixture.names),):
        raise MembranekitError(
            f"fractions: give {len(mixture.names)} numbers, one for each of {names}"
        )
    wrong = [
        f"{name} {value:g}"
        for name, value in zip(mixture.names, z, strict=True)
        if not 0.0 <= value < math.inf
    ]
    if wrong:
        raise MembranekitError(f"fractions: {', '.join(wrong)}: give 0 to 1")
    if not abs(z.sum() - 1.0) <= 1e-9:
        raise MembranekitError(f"fractions: they sum to {z.sum():.10g}, not to 1")
    if not 0.0 < temperature < math.inf:
        raise MembranekitError(f"temperature: {temperature:g} K; give it above 0 K")
    whole: Floats = z / z.sum()
    return whole


# ----------------------------------------------------------------------- stability


def _starts(problem: _Problem, z: Floats) -> Iterator[Floats]:
    """Yield trial phases: lean, rich in a component, and beside the solution."""
    s = problem.s
    chains = s < 0.1 * s.max()
    if chains.any() and not chains.all():
        yield np.where(chains, 1e-12 * z, z)
    for k in range(z.size):
        pure = np.zeros(z.size)
        pure[k] = 1.0
        yield 0.7 * pure + 0.3 * z
        yield 0.98 * pure + 0.02 * z
        if chains[k]:
            yield 0.3 * pure + 0.7 * z
            yield np.where(np.arange(z.size) == k, 1e-12 * z, z)
            yield np.where(np.arange(z.size) == k, 0.3 * z, z)


def _least(
    problem: _Problem, z: Floats, other: Floats | None = None
) -> tuple[float, Floats] | None:
    """Return the least distance to a phase that is neither z nor `other`, and it."""
    target, hessian = problem.potentials(z)
    starts = list(_starts(problem, z))
    root = np.sqrt(z / problem.s)
    curvature, way = np.linalg.eigh(
        _projected(_unit(root), root[:, None] * hessian * root)
    )
    if curvature[0] < 0.0:
        # unstable where it stands: both ways along the direction it falls
        move = root * way[:, 0] / z
        move *= 0.3 / np.abs(move).max()
        starts[:0] = [z * np.exp(move), z * np.exp(-move)]
    best: tuple[float, Floats] | None = None
    for start in starts:
        found = _lowered(problem, target, start)
        if found is None:
            continue
        distance, y = found
        if np.abs(y - z).max() < _ALIKE:
            continue
        if other is not None and np.abs(y - other).max() < _ALIKE:
            continue
        if best is None or distance < best[0]:
            best = found
    return best


def _projected(across: Floats, matrix: Floats) -> Floats:
    """Return a scaled Hessian on the changes that keep the sum of the fractions.

    `across` is the unit vector across them; there it is 1.
    """
    column = across[:, None]
    turned = matrix.dot(across)
    mixed = column * turned
    alone = (across.dot(turned) + 1.0) * (column * across)
    projected: Floats = matrix - mixed - mixed.T + alone
    return projected


def _unit(vector: Floats) -> Floats:
    return vector / math.sqrt(vector.dot(vector))


def _lowered(
    problem: _Problem, target: Floats, start: Floats
) -> tuple[float, Floats] | None:
    """Lower the distance of a trial phase from the tangent plane to a minimum.

    Newton's method with the absolute curvature, in relative changes.
    """
    s = problem.s
    y = np.maximum(start, FLOOR)
    y /= y.sum()
    mu, hessian = problem.potentials(y)
    gap = mu - target
    distance = y.dot(gap)
    for _ in range(_ITERATIONS):
        root = np.sqrt(y / s)
        across = _unit(root)
        force = root * (gap - distance)
        force -= across * across.dot(force)
        curvature, way = np.linalg.eigh(
            _projected(across, root[:, None] * hessian * root)
        )
        curvature = np.maximum(np.abs(curvature), 1e-7)
        move = way.dot(way.T.dot(force) / curvature)
        move /= -np.sqrt(y * s)
        if min(y.tolist()) > _TRACE:
            largest = longest = max(map(abs, move.tolist()))
        else:
            traces = y <= _TRACE
            move[(y <= FLOOR) & (move < 0.0)] = 0.0
            largest = np.abs(move[~traces]).max()
            move[traces] = np.clip(move[traces], -300.0, 20.0)
            longest = np.abs(move).max()
        step = min(1.0, 1.5 / largest) if largest > 0.0 else 1.0
        settled = longest < 1e-9
        while True:
            trial = np.maximum(y * np.exp(step * move), FLOOR)
            trial /= trial.sum()
            mu, hessian = problem.potentials(trial)
            gap = mu - target
            lower = trial.dot(gap)
            if settled or lower <= distance + 1e-15 * (1.0 + abs(distance)):
                break
            step *= 0.3
            if step < 1e-9:
                return None
        y, distance = trial, lower
        if settled:
            return float(distance), y
    return None


# --------------------------------------------------------------------------- flash


def _energy(problem: _Problem, split: Split) -> float:
    return math.fsum(
        share * float(fractions @ problem.potentials(fractions)[0])
        for share, fractions in zip(split.shares, split.fractions, strict=True)
    )


def _best_split(problem: _Problem, z: Floats, trials: list[Floats]) -> Split | None:
    """Return the split of least energy that is found from some trial phases."""
    best: Split | None = None
    for y in trials:
        for share in (0.1, 0.5, 0.01, 1e-4, 0.9):
            x = np.minimum(share * y, 0.98 * z)
            found = _settled(problem, z, np.log(x) - np.log(z - x))
            if found is None:
                continue
            split = _as_split(problem, z, found)
            if np.abs(split.fractions[0] - split.fractions[1]).max() < _ALIKE:
                continue
            if best is None or _energy(problem, split) < _energy(problem, best):
                best = split
            break
    return best


def _parts(z: Floats, logit: Floats) -> tuple[Floats, Floats]:
    return z / (1.0 + np.exp(-logit)), z / (1.0 + np.exp(logit))


def _held(logit: Floats) -> Floats:
    return np.clip(logit, -_LARGEST_LOGIT, _LARGEST_LOGIT)


def _settled(problem: _Problem, z: Floats, logit: Floats) -> Floats | None:
    """Lower the energy of two phases; the logarithm of the ratio of their amounts."""
    s = problem.s
    last = math.inf
    best = logit
    move = np.zeros_like(logit)
    step = 1.0
    for _ in range(_ITERATIONS):
        first, second = _parts(z, logit)
        mu_1, h_1 = problem.potentials(first)
        mu_2, h_2 = problem.potentials(second)
        energy = float(first @ mu_1 + second @ mu_2)
        if energy > last + 1e-13 * max(1.0, abs(last)):
            step *= 0.3
            if step < 1e-10:
                return None
            logit = _held(best + step * move)
            continue
        last, best = energy, logit
        weight = first * second / z
        root = np.sqrt(weight / s)
        force = root * (mu_1 - mu_2)
        curvature, way = np.linalg.eigh(root[:, None] * (h_1 + h_2) * root)
        curvature = np.maximum(np.abs(curvature), 1e-9)
        move = -(way @ ((way.T @ force) / curvature)) * root / weight
        end = (np.abs(logit) >= _LARGEST_LOGIT) & (move * logit > 0.0)
        move[end] = 0.0
        traces = np.minimum(first, second) < _TRACE * z
        largest = np.abs(move[~traces]).max(initial=0.0)
        move[traces] = np.clip(move[traces], -300.0, 300.0)
        if np.abs(move).max() < 1e-9:
            done: Floats = best + move
            return done
        step = min(1.0, 1.5 / largest) if largest > 0.0 else 1.0
        logit = _held(best + step * move)
    return None


def _as_split(problem: _Problem, z: Floats, logit: Floats) -> Split:
    """Return the two phases, the one with less of the last component first."""
    parts = _parts(z, logit)
    if parts[0][-1] / parts[0].sum() > parts[1][-1] / parts[1].sum():
        parts = parts[::-1]
    shares = np.array([each.sum() for each in parts])
    fractions = np.stack([each / each.sum() for each in parts])
    mu = [problem.potentials(each)[0] for each in fractions]
    # of each component the potential in the phase that holds more of it is the sharper
    more = (parts[1] > parts[0]).astype(int)
    potentials = np.where(more == 1, mu[1], mu[0])
    logs = np.log(fractions)
    for k in range(2):
        # a trace: mu = s ln(phi) + what does not depend on it
        trace = fractions[k] < 1e-12
        logs[k, trace] += ((potentials - mu[k]) / problem.s)[trace]
    return Split(fractions, logs, shares, potentials)
