"""The film's right-hand side in NumPy, all cells at once: what a rival would write.

The same equations as the kernel's (its head and `ext/_film_cell.pxd` state them), for
interactions without triples and groups. Newton's method for the phases and for the
surface starts from the last answer, as the kernel's does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAS_CONSTANT = 8.31446261815324
V0 = 18.07e-6
OPEN_PORES = 0.05


def arrhenius(table: Floats, temperature: float) -> Floats:
    return np.exp(table[..., 0] + table[..., 1] / temperature)


def log_mean(a: Floats, b: Floats) -> Floats:
    z = np.log(b / a)
    near = np.abs(z) < 0.05
    far = np.where(near, 1.0, z)
    series = 1.0 + z * z / 24.0 * (1.0 + z * z / 80.0)
    return np.sqrt(a * b) * np.where(near, series, np.sinh(0.5 * far) * 2.0 / far)


def harmonic_mean(a: Floats, b: Floats) -> Floats:
    return 2.0 * a * b / (a + b)


def likeness(x: Floats) -> Floats:
    one, other = x[..., :, None], x[..., None, :]
    return 2.0 * np.sqrt(one * other) / (one + other)


def solve(a: Floats, b: Floats) -> Floats:
    return np.linalg.solve(a, b[..., None])[..., 0]


@dataclass
class Laws:
    """What the kernel is set up with, at one temperature.

    air, bath: as in `FilmTwin` of the tests, one of them or None.
    """

    polymer: Floats
    volumes: Floats
    interactions: dict[str, Floats]
    friction: dict[str, Floats]
    temperature: float
    network: Floats
    air: dict | None
    bath: dict | None


class NumpyFilm:
    """Rates of the amounts, in the order of `Film.ode_rates`."""

    def __init__(self, laws: Laws, surface: Floats):
        tables, friction, kelvin = laws.interactions, laws.friction, laws.temperature
        self.laws, self.dm = laws, laws.polymer
        self.n, self.cells = laws.volumes.size - 1, laws.polymer.size
        n, count = self.n, self.n + 1
        self.s = V0 / laws.volumes
        pairs = [(i, j) for j in range(count) for i in range(j)]
        self.first, self.second = (np.array(each) for each in zip(*pairs, strict=True))
        self.poly, self.rational = tables["poly"], tables["rational"]
        self.varies = np.flatnonzero(
            self.poly[:, 1:].any(axis=1) | (self.rational[:, 0] != 0.0)
        )
        self.matrix = np.zeros((count, count))
        self.matrix[self.first, self.second] = self.poly[:, 0]
        self.matrix += self.matrix.T
        self.poly = self.poly.copy()
        self.poly[:, 0] = 0.0
        self.polymeric = friction["polymeric"] > 0.0
        small = ~self.polymeric
        self.small = np.outer(small, small) & ~np.eye(n, dtype=bool)
        self.i, self.j = np.nonzero(np.triu(self.small))
        at = self.j * (self.j - 1) // 2 + self.i
        logs = friction["pairs"][..., 0] + friction["pairs"][..., 1] / kelvin
        self.in_i, self.in_j = logs[at, 0], logs[at, 1]
        coil = np.where(self.polymeric, arrhenius(friction["coil"], kelvin), 0.0)
        self.drag = arrhenius(friction["drag"], kelvin)
        both = np.outer(self.polymeric, self.polymeric)
        off = ~self.small & ~np.eye(n, dtype=bool)
        self.coils = np.where(off, coil[:, None] + coil, 0.0)
        self.rich_coils = np.where(off, np.where(both, self.coils, self.drag), 0.0)
        network = arrhenius(friction["network"], kelvin)
        self.along = np.where(self.polymeric, network, self.drag)
        self.wall = arrhenius(friction["wall"], kelvin)
        self.modulus = V0 * friction["network_modulus"] / (GAS_CONSTANT * kelvin)
        self.eye = np.eye(n)
        self.two = np.zeros(self.cells, dtype=bool)
        self.lean = np.full((self.cells, n), 1.0 / n)
        self.liquid = np.full((self.cells, n), 1.0 / n)
        self.distance = np.zeros(self.cells)
        self.surface = surface.copy()
        if laws.bath is not None:
            self.diffusivity = arrhenius(laws.bath["diffusivity"], kelvin)

    # ------------------------------------------------------------- thermodynamics

    def potentials(self, a: Floats, hessian: bool = True) -> tuple[Floats, Floats]:
        """mu (..., c) and, if asked, the Hessian of c components, the first ones."""
        c = a.shape[-1]
        total = a.sum(axis=-1, keepdims=True)
        phi = a / total
        s, matrix = self.s[:c], self.matrix[:c, :c]
        linear = phi @ matrix
        energy = 0.5 * (phi * linear).sum(axis=-1, keepdims=True)
        ideal = (phi * s).sum(axis=-1, keepdims=True)
        mu = s * (np.log(phi) + 1.0) - ideal + linear - energy
        h = phi
        if hessian:
            side = linear + s
            level = (2.0 * energy + ideal)[..., None]
            h = matrix + level - side[..., :, None] - side[..., None, :]
            h[..., range(c), range(c)] += s / phi
        for pair in self.varies:
            i, j = self.first[pair], self.second[pair]
            if j >= c:
                continue
            p, q = phi[..., i], phi[..., j]
            w = q / (p + q)
            value, slope, bend = self.pair(pair, w)
            move = np.zeros_like(phi)
            move[..., i], move[..., j] = -w / (p + q), (1.0 - w) / (p + q)
            part = np.zeros_like(phi)
            part[..., i], part[..., j] = q, p
            part -= (p * q)[..., None]
            mu += value[..., None] * part + (slope * p * q)[..., None] * move
            if hessian:
                unit = np.zeros(c)
                unit[i] = unit[j] = 1.0
                cross = part[..., :, None] * move[..., None, :]
                bent = move[..., :, None] * move[..., None, :]
                h += slope[..., None, None] * (cross + np.swapaxes(cross, -1, -2))
                h += (bend * p * q)[..., None, None] * bent
                # second derivatives of w and of a_i a_j / A
                turn = np.zeros_like(h)
                near = (p + q) ** 2
                turn[..., i, i] = 2.0 * w / near
                turn[..., j, j] = -2.0 * (1.0 - w) / near
                turn[..., i, j] = turn[..., j, i] = (2.0 * w - 1.0) / near
                h += (slope * p * q)[..., None, None] * turn
                twist = -part[..., :, None] - part[..., None, :]
                twist[..., i, j] += 1.0
                twist[..., j, i] += 1.0
                h += value[..., None, None] * twist
        return mu, h / total[..., None] if hessian else h

    def pair(self, pair: int, w: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what varies of b(w) and its first and second derivatives."""
        c, (b, t) = self.poly[pair], self.rational[pair]
        q = 1.0 / (1.0 - t * w)
        value = w * (c[1] + w * (c[2] + w * (c[3] + w * c[4]))) + b * q
        slope = c[1] + w * (2.0 * c[2] + w * (3.0 * c[3] + w * 4.0 * c[4]))
        bend = 2.0 * c[2] + w * (6.0 * c[3] + w * 12.0 * c[4])
        slope = slope + b * t * q * q
        return value, slope, bend + 2.0 * b * t * t * q**3

    def stability(self, mu: Floats, y: Floats, k: Floats) -> tuple[Floats, Floats]:
        """Return the liquid and the tangent-plane distance of each cell."""
        n, count = self.n, len(y)
        y, k = y.copy(), k.copy()
        left = np.arange(count)
        for _ in range(100):
            there, h = self.potentials(y[left])
            m = np.zeros((left.size, n + 1, n + 1))
            m[:, :n, :n] = h * y[left, None, :]
            m[:, :n, n] = -1.0
            m[:, n, :n] = y[left]
            r = np.zeros((left.size, n + 1))
            r[:, :n] = mu[left] + k[left, None] - there
            r = solve(m, r)
            move = r[:, :n]
            move[(y[left] <= 1e-290) & (move < 0.0)] = 0.0
            worst = np.abs(move).max(axis=1)
            trace = y[left] < 1e-6
            move[trace] = np.clip(move[trace], -20.0, 20.0)
            largest = np.abs(np.where(trace, 0.0, move)).max(axis=1)
            step = np.minimum(1.0, 3.0 / np.maximum(largest, 1e-300))
            new = np.maximum(y[left] * np.exp(step[:, None] * move), 1e-290)
            y[left] = new / new.sum(axis=1, keepdims=True)
            k[left] += step * r[:, n]
            left = left[worst >= 1e-9]
            if left.size == 0:
                return y, k
        raise ArithmeticError("no stability test")

    def flash(self, u: Floats, x: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """Return lean and rich amounts, and which cells have two phases."""
        x, r = x.copy(), r.copy()
        n = self.n
        ok = (x > 0.0).all(axis=1) & (r > 0.0).all(axis=1)
        left = np.flatnonzero(ok)
        total = 1.0 + u.sum(axis=1)
        for _ in range(60):
            if left.size == 0:
                break
            xs, rs, us = x[left], r[left], u[left]
            rich = np.concatenate([rs, np.ones((left.size, 1))], axis=1)
            mu_rich, h_rich = self.potentials(rich)
            mu_lean, h_lean = self.potentials(xs)
            size = np.minimum(xs, rs)
            m = size[:, :, None] * (h_rich[:, :n, :n] + h_lean) * size[:, None, :]
            force = (mu_rich[:, :n] - mu_lean) * size
            # inside the spinodal the curvature is negative: shift until it is not
            lowest = np.linalg.eigvalsh(
                m
                / np.sqrt(
                    self.s[:n, None] * size[:, :, None] * self.s[:n] * size[:, None, :]
                )
            )[:, 0]
            shift = np.where(lowest > 0.0, 0.0, 1e-3 - 2.0 * lowest)
            m += shift[:, None, None] * self.eye * (self.s[:n] * size)[:, :, None]
            d = solve(m, force)
            worst = np.abs(d).max(axis=1)
            trace = size < 1e-6 * us
            d[trace] = np.clip(d[trace], -20.0, 20.0)
            largest = np.abs(np.where(trace, 0.0, d)).max(axis=1)
            step = np.minimum(1.0, 2.0 / np.maximum(largest, 1e-300))
            less = xs < rs
            for _ in range(30):
                moved = np.where(less, xs, rs) * np.exp(
                    step[:, None] * np.where(less, d, -d)
                )
                out = ~(moved < us).all(axis=1)
                if not out.any():
                    break
                step[out] *= 0.5
            x[left] = np.where(less, moved, us - moved)
            r[left] = np.where(less, us - moved, moved)
            gone = ~(x[left].sum(axis=1) >= 1e-9 * total[left])
            ok[left[gone]] = False
            done = (worst < 1e-7) & (shift == 0.0)
            left = left[~gone & ~done]
        ok[left] = False
        return x, r, ok

    def phases(self, u: Floats) -> Floats:
        """Set the phases of every cell; return the rich amounts."""
        n, rich = self.n, u.copy()
        total = u.sum(axis=1)
        left = np.flatnonzero(self.two)
        if left.size:
            us = u[left]
            x = np.minimum(self.lean[left], 0.999999 * us)
            x, r, ok = self.flash(us, x, us - x)
            self.lean[left[ok]], rich[left[ok]] = x[ok], r[ok]
            self.two[left[~ok]] = False
        left = np.flatnonzero(~self.two)
        if left.size == 0:
            return rich
        us = u[left]
        whole = np.concatenate([us, np.ones((left.size, 1))], axis=1)
        mu, h = self.potentials(whole)
        y, k = self.stability(mu[:, :n], self.liquid[left], self.distance[left])
        self.liquid[left], self.distance[left] = y, k
        splits = k <= -1e-10
        left, y, k, h = left[splits], y[splits], k[splits], h[splits, :n, :n]
        if left.size == 0:
            return rich
        curvature = np.einsum("ki,kij,kj->k", y, h, y)
        guess = np.where(
            curvature > 0.0, -k / np.where(curvature > 0.0, curvature, 1.0), np.inf
        )
        guess = np.clip(guess, 1e-8 * (1.0 + total[left]), 0.1 * total[left])
        for attempt in range(10):
            us = u[left]
            x = np.minimum(guess[:, None] * y, 0.9 * us)
            x, r, ok = self.flash(us, x, us - x)
            self.lean[left[ok]], rich[left[ok]] = x[ok], r[ok]
            self.two[left[ok]] = True
            left, y, guess = left[~ok], y[~ok], guess[~ok]
            if left.size == 0:
                return rich
            guess = 1e-6 * (1.0 + total[left]) if attempt == 0 else 6.0 * guess
        if (self.distance[left] > -1e-7).all():
            return rich
        raise ArithmeticError("no phase equilibrium")

    # ------------------------------------------------------------------- friction

    def resistance(
        self, phi: Floats, polymer: Floats, wall: Floats | None = None
    ) -> Floats:
        """R sqrt(phi_i phi_j) of one phase; wall: of the polymer-free one."""
        friction, n = self.laws.friction, self.n
        held = polymer + phi[:, self.polymeric].sum(axis=1)
        zeta = np.zeros((len(phi), n, n))
        w = (phi[:, self.j] + 1e-12) / (phi[:, self.i] + phi[:, self.j] + 2e-12)
        zeta[:, self.i, self.j] = np.exp(self.in_i + w * (self.in_j - self.in_i))
        zeta += zeta.transpose(0, 2, 1)
        load = ((1.0 + held) / (1.0 - held)) ** 2
        if wall is None:
            mesh = load * np.sqrt(held)
            zeta *= (friction["slowdown"] * load)[:, None, None]
            zeta += mesh[:, None, None] * self.rich_coils
            b = self.along * (mesh * polymer)[:, None]
        else:
            t = friction["intrinsic"] * held
            thick = 1.0 + t * np.exp(friction["martin"] * t)
            zeta = zeta * load[:, None, None] + self.coils * thick[:, None, None]
            b = wall[:, None]
        b = b + (zeta @ phi[:, :, None])[:, :, 0]
        root = np.sqrt(phi)
        scaled = -zeta * root[:, :, None] * root[:, None, :]
        scaled[:, range(n), range(n)] = b
        return scaled

    def evaluate(self, u: Floats) -> None:
        """Set every cell's fractions, potentials and scaled resistance."""
        if not (u > 0.0).all():
            raise ArithmeticError("an amount is negative")
        n = self.n
        rich = self.phases(u)
        self.total = 1.0 + u.sum(axis=1)
        self.phi = u / self.total[:, None]
        rich_total = 1.0 + rich.sum(axis=1)
        whole = np.concatenate([rich, np.ones((self.cells, 1))], axis=1)
        self.mu = self.potentials(whole, hessian=False)[0][:, :n]
        stretch = self.total / self.laws.network
        self.mu = self.mu + (self.modulus * (stretch - 1.0 / stretch))[:, None]
        phi = rich / rich_total[:, None]
        self.scaled = self.resistance(phi, 1.0 / rich_total)
        two = np.flatnonzero(self.two)
        self.lean_share = np.zeros(self.cells)
        if two.size:
            lean_total = self.lean[two].sum(axis=1)
            share = lean_total / self.total[two]
            self.lean_share[two] = share
            liquid = self.lean[two] / lean_total[:, None]
            roots = np.sqrt(phi[two])
            conduct = (rich_total[two] / self.total[two])[:, None, None] * (
                roots[:, :, None] * np.linalg.inv(self.scaled[two]) * roots[:, None, :]
            )
            pores = np.linalg.inv(
                self.resistance(liquid, 0.0 * share, self.wall / share)
            )
            roots = np.sqrt(liquid)
            conduct += (share**2)[:, None, None] * (
                roots[:, :, None] * pores * roots[:, None, :]
            )
            roots = np.sqrt(self.phi[two])
            self.scaled[two] = np.linalg.inv(
                conduct / (roots[:, :, None] * roots[:, None, :])
            )

    def face_fluxes(self) -> Floats:
        """Fluxes between the cells, (cells - 1, n)."""
        a, b = self.phi[:-1], self.phi[1:]
        mean = np.where(self.polymeric, harmonic_mean(a, b), log_mean(a, b))
        half = 0.5 * self.dm * self.total
        drag = 0.0
        for phi, scaled, h in (
            (a, self.scaled[:-1], half[:-1]),
            (b, self.scaled[1:], half[1:]),
        ):
            drag = drag + h[:, None, None] * scaled * likeness(mean / phi)
        root = np.sqrt(mean)
        return root * solve(drag, root * (self.mu[:-1] - self.mu[1:]))

    # -------------------------------------------------------------------- surface

    def half_cell_drop(self, flux: Floats, m: Floats, liquid: Floats | None) -> Floats:
        """R j over half of cell 0, for several fluxes and surfaces at once."""
        phi = self.phi[0]
        away = np.clip((m - self.mu[0]) / self.s[: self.n], -40.0, 40.0)
        rise = log_mean(np.ones_like(away), np.exp(away))
        held = np.ones_like(rise)
        if liquid is not None and self.two[0]:
            lean, share = self.lean[0], self.lean_share[0]
            open_ = share**2 / (share**2 + OPEN_PORES**2)
            ratio = liquid * lean.sum() / lean
            held = 1.0 + open_ * (harmonic_mean(1.0, ratio) - 1.0)
        rise = np.where(self.polymeric, held, rise)
        root = np.sqrt(phi * rise)
        drag = likeness(rise) * self.scaled[0] / (root[:, :, None] * root[:, None, :])
        return 0.5 * self.dm[0] * self.total[0] * (drag @ flux[:, :, None])[:, :, 0]

    def gas_flux(self, m: Floats) -> Floats:
        air, kelvin = self.laws.air, self.laws.temperature
        a, b, c = air["saturation"].T
        saturated = np.where(
            air["volatile"], np.exp(a + b / kelvin + c * np.log(kelvin)), 0.0
        )
        far = np.where(air["volatile"], air["far"], 0.0)
        p = saturated * np.exp(m / self.s[: self.n])
        here = air["pressure"] - p.sum(axis=-1, keepdims=True)
        drift = air["pressure"] / log_mean(here, air["pressure"] - far.sum())
        k = air["coefficient"][:, 0] + air["coefficient"][:, 1] * (kelvin - 298.15)
        film_kelvin = 0.5 * (kelvin + air["temperature"])
        factor = self.laws.volumes[: self.n] * k / (GAS_CONSTANT * film_kelvin)
        return factor * (p - far) * drift

    def surface_rows(self, s: Floats, outer: Floats | None) -> Floats:
        """Residual of the surface's equations for several sets of unknowns at once."""
        n = self.n
        if outer is None:
            return self.mu[0] - s - self.half_cell_drop(self.gas_flux(s), s, None)
        bath = self.laws.bath
        ref = bath["reference"]
        flux, phi = s[:, :n], np.exp(s[:, n:])
        q = s[:, n + ref]
        others = np.arange(n) != ref
        phi[:, ref] = 1.0 - phi[:, others].sum(axis=1)
        if not (phi[:, ref] > 0.0).all():
            raise ArithmeticError("the surface has no solution")
        m, _ = self.potentials(phi, hessian=False)
        rows = np.empty_like(s)
        rows[:, :n] = self.mu[0] - m - self.half_cell_drop(flux, m, phi)
        rows[:, n:][:, others] = flux[:, others] - self.bath_flux(
            q[:, None], 0.5 * bath["widths"][-1], phi[:, others], outer[others]
        )
        rows[:, n + ref] = flux.sum(axis=1) - q
        return rows

    def bath_flux(
        self, q: Floats, distance: Floats, inner: Floats, outer: Floats
    ) -> Floats:
        others = np.arange(self.n) != self.laws.bath["reference"]
        speed = self.diffusivity[others] / distance
        x = np.minimum(q / speed, 700.0)
        near = np.abs(x) < 1e-2
        safe = np.where(near, 1.0, x)
        series = 1.0 - 0.5 * x + x * x / 12.0 * (1.0 - x * x / 60.0)
        down = np.where(near, series, safe / np.expm1(safe))
        return speed * ((down + x) * inner - down * outer)

    def solve_surface(self, outer: Floats | None) -> None:
        """Newton's method with differences, from the last answer."""
        s = self.surface.copy()
        size = np.full(s.size, 1.0)
        if outer is not None:
            size[: self.n] = np.abs(s[: self.n]).max() + 1e-12
            size[self.n + self.laws.bath["reference"]] = size[0]
        for _ in range(50):
            step = 1e-7 * size
            trials = np.concatenate([s[None], s + np.diag(step)])
            rows = self.surface_rows(trials, outer)
            slopes = ((rows[1:] - rows[0]) / step[:, None]).T
            scale = np.abs(slopes).max(axis=1)
            move = solve(slopes / scale[:, None], -rows[0] / scale)
            worst = np.abs(move / size).max()
            s = s + move * min(1.0, 2.0 / worst)
            if worst < 1e-9:
                self.surface = s
                return
        raise ArithmeticError("the surface has no solution")

    # ---------------------------------------------------------------------- all

    def rates(self, y: Floats, out: Floats) -> None:
        """Rates of the amounts y into out."""
        n, bath = self.n, self.laws.bath
        film = self.cells * n
        self.evaluate(np.array(y[y.size - film :]).reshape(-1, n))
        into = np.zeros((self.cells, n))
        flux = self.face_fluxes()
        into[:-1] -= flux
        into[1:] += flux
        if bath is None:
            self.solve_surface(None)
            into[0] -= self.gas_flux(self.surface)
        else:
            others = np.arange(n) != bath["reference"]
            c = y[: y.size - film].reshape(-1, n - 1)
            outer = np.zeros(n)
            outer[others] = c[-1]
            self.solve_surface(outer)
            through = self.surface[:n]
            into[0] -= through
            q, widths = self.surface[n + bath["reference"]], bath["widths"]
            distance = 0.5 * (widths + np.append(0.0, widths[:-1]))
            beyond = np.concatenate([bath["composition"][None, others], c[:-1]])
            leaves = self.bath_flux(q, distance[:, None], c, beyond)
            gains = np.concatenate([leaves[1:], through[None, others]]) - leaves
            out[: y.size - film] = (gains / widths[:, None]).ravel()
        out[y.size - film :] = (into / self.dm[:, None]).ravel()
