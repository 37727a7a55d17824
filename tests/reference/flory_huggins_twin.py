"""A slow twin of the Flory-Huggins kernels, from the free energy alone.

G = sum_i s_i a_i ln(a_i/A) + sum_(i<j) b_ij(w_ij) a_i a_j/A, A = sum a,
w_ij = a_j/(a_i + a_j), per volume and scaled by V0/(R T); s_i = V0/V_i. Everything is a
function of ln a, so that a trace of e^-2000 is a number like any other.

With triples, + sum_(i<j<k) b_ijk a_i a_j a_k/A**2; with groups, w_ij of two groups is
S_j/(S_i + S_j), S the sum over the whole group.
"""

import numpy as np

STEP = 1e-30  # of the complex-step derivative: its error is the square of this


class FloryHuggins:
    """One mixture at one temperature; the membrane polymer is the last component.

    poly (pairs, 5): coefficients of the powers of w; rational (pairs, 2): b and c of
    b/(1 - c w). The pair (i, j), i < j, stands at j (j - 1)/2 + i. triples: b_ijk in
    the order k, j, i; groups (n): a number each.
    """

    def __init__(self, s, poly, rational, triples=None, groups=None):
        self.s = np.array(s, dtype=float)
        self.poly = np.array(poly, dtype=float)
        self.rational = np.array(rational, dtype=float)
        self.count = self.s.size
        pairs = [(i, j) for j in range(self.count) for i in range(j)]
        self.first = np.array([i for i, _ in pairs], dtype=int)
        self.second = np.array([j for _, j in pairs], dtype=int)
        places = [
            (i, j, k) for k in range(self.count) for j in range(k) for i in range(j)
        ]
        found = zip(places, () if triples is None else triples, strict=False)
        self.triples = [(place, b) for place, b in found if b != 0.0]
        groups = np.arange(self.count) if groups is None else np.asarray(groups)
        self.groups = groups
        alone = [np.sum(groups == group) == 1 for group in groups]
        self.shared = [
            pair
            for pair, (i, j) in enumerate(pairs)
            if groups[i] != groups[j] and not (alone[i] and alone[j])
        ]
        self.found = {}

    # ---------------------------------------------------------- the free energy

    def interaction(self, pair, w):
        """b_ij(w) of the given pairs."""
        c = self.poly[pair]
        b = sum(c[:, k] * w**k for k in range(5))
        return b + self.rational[pair, 0] / (1.0 - self.rational[pair, 1] * w)

    def interaction_slope(self, pair, w):
        """Derivative of b_ij by w."""
        c = self.poly[pair]
        b = sum(k * c[:, k] * w ** (k - 1) for k in range(1, 5))
        p, q = self.rational[pair].T
        return b + p * q / (1.0 - q * w) ** 2

    def _pairs(self, log):
        """Places, members and w of the pairs of the components that are there."""
        n = log.shape[-1]
        here = np.flatnonzero(self.second < n)
        i, j = self.first[here], self.second[here]
        apart = log[..., i] - log[..., j]
        for pair in self.shared:
            if self.second[pair] < n:
                one, other = self._sides(log, pair)
                apart[..., pair] = log_sum(log[..., one]) - log_sum(log[..., other])
        apart = np.where(apart.real > 690.0, 690.0, apart)
        apart = np.where(apart.real < -690.0, -690.0, apart)
        return here, i, j, 1.0 / (1.0 + np.exp(apart))

    def _sides(self, log, pair):
        """Members of the two groups of a pair."""
        groups = self.groups[: log.shape[-1]]
        of_i, of_j = groups[self.first[pair]], groups[self.second[pair]]
        return np.flatnonzero(groups == of_i), np.flatnonzero(groups == of_j)

    def energy(self, log):
        """G of the amounts exp(log)."""
        log = np.asarray(log)
        a = np.exp(log)
        total = a.sum()
        pair, i, j, w = self._pairs(log)
        mixing = (self.s[: log.size] * a * (log - np.log(total))).sum()
        energy = mixing + (self.interaction(pair, w) * a[i] * a[j]).sum() / total
        for (i, j, k), b in self.triples:
            if k < log.size:
                energy = energy + b * a[i] * a[j] * a[k] / total**2
        return energy

    def potentials(self, log):
        """Gradient of G by the amounts, its own formula; log (..., n)."""
        log = np.asarray(log)
        n = log.shape[-1]
        shift = log.real.max()
        total = np.log(np.exp(log - shift).sum(axis=-1, keepdims=True)) + shift
        phi = np.exp(log - total)
        s = self.s[:n]
        mu = s * (log - total + 1.0) - (s * phi).sum(axis=-1, keepdims=True)
        pair, i, j, w = self._pairs(log)
        b, slope = self.interaction(pair, w), self.interaction_slope(pair, w)
        # of a_i a_j/A by a_i, and of w by a_i: -w/(a_i + a_j)
        pull = slope * w * (1.0 - w)
        self._add_shared(mu, log, total[..., 0], slope, w)
        self._add_triples(mu, phi)
        pull[..., [p for p in self.shared if self.second[p] < n]] = 0.0
        member = np.eye(n)
        mu = mu + ((b - pull) * phi[..., j]) @ member[i]
        mu = mu + ((b + pull) * phi[..., i]) @ member[j]
        return mu - (b * phi[..., i] * phi[..., j]).sum(axis=-1, keepdims=True)

    def _add_shared(self, mu, log, total, slope, w):
        """Slopes of shared fractions, by any member of their groups."""
        for p in self.shared:
            if self.second[p] >= log.shape[-1]:
                continue
            one, other = self._sides(log, p)
            # a_i a_j/(A S), S the sum of both groups
            size = log[..., self.first[p]] + log[..., self.second[p]] - total
            size = np.exp(size - log_sum(log[..., np.append(one, other)]))
            push = slope[..., p] * size
            mu[..., one] -= (push * w[..., p])[..., None]
            mu[..., other] += (push * (1.0 - w[..., p]))[..., None]

    def _add_triples(self, mu, phi):
        for (i, j, k), b in self.triples:
            if k >= phi.shape[-1]:
                continue
            mu[..., i] += b * phi[..., j] * phi[..., k]
            mu[..., j] += b * phi[..., i] * phi[..., k]
            mu[..., k] += b * phi[..., i] * phi[..., j]
            mu -= 2.0 * b * (phi[..., i] * phi[..., j] * phi[..., k])[..., None]

    def energy_gradient(self, log):
        """The same gradient as the complex-step derivative of the energy."""
        log = np.asarray(log, dtype=complex)
        out = np.empty(log.size)
        for k in range(log.size):
            moved = log.copy()
            moved[k] += 1j * STEP
            out[k] = self.energy(moved).imag / STEP / np.exp(log[k].real)
        return out

    def slopes(self, log):
        """Derivatives of the potentials (rows) by ln a (columns)."""
        moved = np.asarray(log) + 1j * STEP * np.eye(np.size(log))
        return self.potentials(moved).imag.T / STEP

    def hessian(self, log):
        """Second derivatives of G by the amounts."""
        return self.slopes(log) / np.exp(np.asarray(log))

    # --------------------------------------------------------- phase equilibrium

    def distance(self, u, start=None):
        """Least tangent-plane distance K to a liquid without polymer, and ln of it.

        The liquid y has mu_lean(y) = mu(u) + K: where it is least, the distance of the
        free energy of y from the tangent plane at u is the same for every species.
        """
        u = np.asarray(u, dtype=float)
        n = u.size
        mu = self.potentials(np.append(np.log(u), 0.0))[:n]
        log = np.log(u if start is None else start)
        log -= np.log(np.exp(log).sum())
        for _ in range(2000):
            gap = self.potentials(log) - mu
            matrix = np.zeros((n + 1, n + 1))
            matrix[:n, :n] = self.slopes(log)
            matrix[:n, n] = -1.0
            matrix[n, :n] = np.exp(log)
            move = np.linalg.solve(matrix, np.append(-gap, 0.0))
            k = move[n]
            size = np.abs(move[:n]).max()
            log = log + move[:n] * min(1.0, 2.0 / max(size, 1e-300))
            shift = log.max()
            log -= np.log(np.exp(log - shift).sum()) + shift
            if size < 1e-9:
                return k, log
        raise ArithmeticError("no lean liquid")

    def flash(self, u):
        """Lean and rich amounts, (ln x, ln r); None: one phase."""
        u = np.array(u, dtype=float)
        key = u.tobytes()
        if key not in self.found:
            self.found[key] = next(self.flashes(u), None)
            if self.found[key] is None and self.distance(u)[0] < 0.0:
                raise ArithmeticError("no second phase, though K < 0")
        return self.found[key]

    def flashes(self, u):
        """Every answer, one after the other, of starts from little to much liquid."""
        k, y = self.distance(u)
        if k >= 0.0:
            return
        for share in (0.03, 0.2, 1e-3, 1e-5, 0.5, 0.8, 1e-6, 1e-7):
            x = np.log(share * u.sum()) + y
            x = np.where(x < np.log(0.9 * u), x, np.log(0.9 * u))
            answer = self._settle(u, x - np.log(u - np.exp(x)))
            if answer is None:
                continue
            if np.exp(answer[0]).sum() > 1e-9 * (1.0 + u.sum()):
                yield answer

    def _settle(self, u, t):
        """Newton's method in t = ln(x/r), down the free energy."""
        n = u.size
        scale = np.log(u)

        def split(t):
            return scale - np.logaddexp(0.0, -t), scale - np.logaddexp(0.0, t)

        def energy(t):
            x, r = split(t)
            return self.energy(x) + self.energy(np.append(r, 0.0))

        last = energy(t)
        for _ in range(300):
            x, r = split(t)
            rich = np.append(r, 0.0)
            gap = self.potentials(x) - self.potentials(rich)[:n]
            # of x by t; scaled so that the ideal part of the curvature is 1
            weight = np.exp(x + r - scale)
            root = np.sqrt(weight / self.s[:n])
            lean = root[:, None] * self.slopes(x) * (root * np.exp(-x))
            full = root[:, None] * self.slopes(rich)[:n, :n] * (root * np.exp(-r))
            curvature, way = np.linalg.eigh(0.5 * (lean + lean.T + full + full.T))
            # where the energy curves down, away from its top and not towards it
            curvature = np.maximum(np.abs(curvature), 1e-8)
            move = -(way / curvature @ (way.T @ (root * gap))) * root / weight
            size = np.abs(move).max()
            if size < 1e-8:
                return split(t + move)
            step = min(1.0, 1.5 / size)
            while energy(t + step * move) > last + 1e-13 * abs(last):
                step *= 0.5
                if step < 1e-10:
                    return None
            t = t + step * move
            last = energy(t)
        return None


def log_sum(log):
    """ln of the sum of exp(log) over the last axis."""
    shift = log.real.max(axis=-1, keepdims=True)
    return np.log(np.exp(log - shift).sum(axis=-1)) + shift[..., 0]
