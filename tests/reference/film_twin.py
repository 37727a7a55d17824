"""A slow twin of the film kernel's right-hand side, from its equations alone.

Each term stands in a method of its own, so that a test can break one at a time.
"""

import numpy as np

from reference.flory_huggins_twin import FloryHuggins

GAS_CONSTANT = 8.31446261815324
V0 = 18.07e-6  # a mole of water, to which potentials and frictions are scaled
ROOM = 298.15


def arrhenius(table, temperature):
    """exp(a + b/T) of a table whose last axis is (a, b)."""
    table = np.asarray(table)
    return np.exp(table[..., 0] + table[..., 1] / temperature)


def pair_index(i, j):
    i, j = min(i, j), max(i, j)
    return j * (j - 1) // 2 + i


class Phases:
    """What a cell of amounts u is made of."""

    def __init__(self, u, found):
        u = np.asarray(u, dtype=float)
        self.two = found is not None
        self.total = 1.0 + u.sum()
        self.phi = u / self.total
        self.lean, self.rich = (0.0 * u, u) if found is None else np.exp(found)
        self.log_rich = np.log(u) if found is None else found[1]
        self.rich_total = 1.0 + self.rich.sum()
        self.lean_total = self.lean.sum()
        self.rich_share = self.rich_total / self.total
        self.lean_share = self.lean_total / self.total


class FilmTwin:
    """The film, and the air or bath on it, at one temperature.

    Parameters
    ----------
    polymer_volumes : array (cells)
        Polymer per area of each cell, the surface's first [m].
    molar_volumes : array (n + 1)
        The polymer's last [m3/mol].
    table, rational : array (pairs, 5, 5), (pairs, 2)
        V0 g_ij/V_ref by power of w and term of T (1, t, t^2, t^3, 1/T).
    friction : dict
        pairs, polymeric, coil, network, drag, wall, slowdown, intrinsic, martin,
        network_modulus; if wanted obstruction, crowding, free_volume.
    temperature : float
        [K]
    demixed : array (cells)
        A when the cell demixed; 0: it did not.
    air, bath : dict
        One of them, or neither: a closed film.
    henry : array (n)
        u/a of a film of Henry's law in place of Flory & Huggins.
    """

    def __init__(
        self,
        polymer_volumes,
        molar_volumes,
        table,
        rational,
        friction,
        temperature,
        *,
        demixed=None,
        air=None,
        bath=None,
        triples=None,
        groups=None,
        henry=None,
    ):
        self.dm = np.asarray(polymer_volumes)
        self.volumes = np.asarray(molar_volumes)
        self.s = V0 / self.volumes
        self.n = self.volumes.size - 1
        self.temperature = temperature
        t = temperature - ROOM
        basis = np.array([1.0, t, t**2, t**3, 1.0 / temperature])
        triples = None if triples is None else np.asarray(triples) @ basis
        self.mixture = FloryHuggins(
            self.s, np.asarray(table) @ basis, rational, triples, groups
        )
        self.polymeric = np.asarray(friction["polymeric"]) > 0.0
        self.dilute = arrhenius(friction["pairs"], temperature)
        self.coil = arrhenius(friction["coil"], temperature)
        self.network = arrhenius(friction["network"], temperature)
        self.drag = arrhenius(friction["drag"], temperature)
        self.exponents = friction.get("obstruction", 2.0), friction.get("crowding", 0.5)
        self.free_volume_law = friction.get("free_volume")
        self.henry = henry
        self.wall = arrhenius(friction["wall"], temperature)
        self.slowdown = friction["slowdown"]
        self.intrinsic, self.martin = friction["intrinsic"], friction["martin"]
        self.modulus = friction["network_modulus"]
        self.demixed = np.zeros(self.dm.size) if demixed is None else demixed
        self.air, self.bath = air, bath

    # ------------------------------------------------- potentials of a film cell

    def flash(self, u):
        if self.henry is not None:
            return None
        return self.mixture.flash(u)

    def network_pressure(self, total, reference):
        """V0 Pi/(R T), Pi = G (lambda - 1/lambda), once the cell has demixed."""
        if not reference > 0.0:
            return 0.0
        stretch = total / reference
        pressure = self.modulus * (stretch - 1.0 / stretch)
        return V0 * pressure / (GAS_CONSTANT * self.temperature)

    def cell_potentials(self, cell, reference):
        """The tie line's potentials, or the one phase's, and the network's."""
        if self.henry is not None:
            return self.s[: self.n] * np.log(cell.rich / self.henry)
        mu = self.mixture.potentials(np.append(cell.log_rich, 0.0))[: self.n]
        return mu + self.network_pressure(cell.total, reference)

    # ----------------------------------------------------------------- friction

    def obstruction(self, polymer):
        return ((1.0 + polymer) / (1.0 - polymer)) ** self.exponents[0]

    def mesh(self, polymer):
        """The drag of polymer beyond its obstruction, per volume of polymer."""
        return polymer ** self.exponents[1]

    def free_volume(self, phi, phi_p):
        """exp(-sum n phi/sum d phi) of the membrane polymer's drag."""
        if self.free_volume_law is None:
            return 1.0
        top, bottom = np.append(phi, phi_p) @ self.free_volume_law
        return np.exp(-top / bottom)

    def liquid_friction(self, i, j, phi):
        """Of two small molecules: between the dilute limits of i-rich and of j-rich.

        The traces 1e-12 give two absent species a composition of their own.
        """
        i, j = min(i, j), max(i, j)
        in_i, in_j = self.dilute[pair_index(i, j)]
        w = (phi[j] + 1e-12) / (phi[i] + phi[j] + 2e-12)
        return in_i ** (1.0 - w) * in_j**w

    def polymer_viscosity(self, polymer):
        """How much a dissolved polymer thickens a lean liquid for its coils."""
        x = self.intrinsic * polymer
        return 1.0 + x * np.exp(self.martin * x)

    def pair_friction(self, i, j, phi, polymer, lean):
        of_polymers = int(self.polymeric[i]) + int(self.polymeric[j])
        coils = np.where(self.polymeric, self.coil, 0.0)
        if not of_polymers:
            zeta = self.liquid_friction(i, j, phi) * self.obstruction(polymer)
            return zeta if lean else self.slowdown * zeta
        if lean:
            return (coils[i] + coils[j]) * self.polymer_viscosity(polymer)
        small = j if self.polymeric[i] else i
        zeta = coils[i] + coils[j] if of_polymers == 2 else self.drag[small]
        return zeta * self.obstruction(polymer) * self.mesh(polymer)

    def matrix_friction(self, i, polymer, phi, phi_p):
        """Of a species with the membrane polymer of the rich phase."""
        zeta = self.drag[i] * self.free_volume(phi, phi_p)
        if self.polymeric[i]:
            zeta = self.network[i]
        return zeta * self.obstruction(polymer) * self.mesh(polymer)

    def wall_friction(self, lean_share):
        """Darcy's, per volume of the liquid between the walls."""
        return self.wall / lean_share

    def conductance(self, phi, phi_p, lean_share=None):
        """L = R^-1 of one phase; lean_share: of the cell, of the polymer-free one.

        R_ii = b_i/phi_i, b_i = sum zeta_ij phi_j + zeta_iP phi_P (and the wall's),
        R_ij = -zeta_ij; turned in the scale of sqrt(phi), where a trace is harmless.
        """
        n, lean = self.n, lean_share is not None
        polymer = phi_p + phi[self.polymeric].sum()
        scaled = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                if j != i:
                    zeta = self.pair_friction(i, j, phi, polymer, lean)
                    scaled[i, i] += zeta * phi[j]
                    scaled[i, j] -= zeta * np.sqrt(phi[i]) * np.sqrt(phi[j])
            if lean:
                scaled[i, i] += self.wall_friction(lean_share)
            else:
                scaled[i, i] += self.matrix_friction(i, polymer, phi, phi_p) * phi_p
        root = np.sqrt(phi)
        return root[:, None] * np.linalg.inv(scaled) * root

    def pore_share(self, share):
        """Share of the poor phase in conduction: Archie's law of a sponge."""
        return share**2

    def cell_resistance(self, cell):
        """S_ij = R_ij sqrt(phi_i phi_j) of the cell's phases side by side."""
        whole = cell.rich_share * self.conductance(
            cell.rich / cell.rich_total, 1.0 / cell.rich_total
        )
        if cell.two:
            liquid = cell.lean / cell.lean_total
            pores = self.conductance(liquid, 0.0, cell.lean_share)
            whole = whole + self.pore_share(cell.lean_share) * pores
        root = np.sqrt(cell.phi)
        return np.linalg.inv(whole / np.outer(root, root))

    # -------------------------------------------------------------------- faces

    def log_mean(self, a, b):
        ratio = np.log(b / a)
        near = np.abs(ratio) < 1e-3
        safe = np.where(near, 1.0, ratio)
        series = np.sqrt(a * b) * (1.0 + ratio**2 / 24.0 + ratio**4 / 1920.0)
        return np.where(near, series, np.expm1(safe) * a / safe)

    def harmonic_mean(self, a, b):
        return 2.0 * a * b / (a + b)

    def mean(self, a, b):
        """Fractions of a face: log-means, harmonic ones of dissolved polymers."""
        return np.where(self.polymeric, self.harmonic_mean(a, b), self.log_mean(a, b))

    def likeness(self, x):
        """Geometric over arithmetic mean of each two ratios."""
        return 2.0 * np.sqrt(np.outer(x, x)) / np.add.outer(x, x)

    def weighed(self, scaled, fractions, phi):
        """S of a cell whose flux is counted by these fractions instead of its own."""
        return scaled * self.likeness(fractions / phi)

    def thickness(self, k):
        return self.dm[k] * self.cells[k].total

    def face_fractions(self, k):
        return self.mean(self.cells[k].phi, self.cells[k + 1].phi)

    def face_resistance(self, k):
        """T of the face from cell k to k + 1: the half cells in a row."""
        fractions = self.face_fractions(k)
        return sum(
            0.5
            * self.thickness(c)
            * self.weighed(self.resistances[c], fractions, self.cells[c].phi)
            for c in (k, k + 1)
        )

    def face_flux(self, k):
        """j = sqrt(l) T^-1 sqrt(l) (mu_k - mu_(k+1))."""
        root = np.sqrt(self.face_fractions(k))
        force = root * (self.potentials[k] - self.potentials[k + 1])
        return root * np.linalg.solve(self.face_resistance(k), force)

    def open_share(self, cell):
        """How far a cell's pores count as open: half, at 5 % of lean phase."""
        return cell.lean_share**2 / (cell.lean_share**2 + 0.05**2)

    def half_cell_fractions(self, m, liquid):
        """Means of cell 0's fractions and of what they would be at the surface.

        Small species: as their potentials there say. A dissolved polymer: as its share
        of the liquid beside open pores says, of which it fills the lean phase.
        """
        cell = self.cells[0]
        ratio = np.exp(
            np.clip((m - self.potentials[0]) / self.s[: self.n], -40.0, 40.0)
        )
        rise = self.log_mean(1.0, ratio)
        held = np.ones(self.n)
        if liquid is not None and cell.two:
            ratio = liquid * cell.lean_total / cell.lean
            held += self.open_share(cell) * (self.harmonic_mean(1.0, ratio) - 1.0)
        return cell.phi * np.where(self.polymeric, held, rise)

    def half_cell_drop(self, flux, m, liquid):
        """R j of half of cell 0."""
        phi = self.cells[0].phi
        fractions = self.half_cell_fractions(m, liquid)
        root = np.sqrt(fractions)
        resistance = self.weighed(self.resistances[0], fractions, phi)
        resistance = resistance / np.outer(root, root)
        return 0.5 * self.thickness(0) * resistance @ flux

    # ---------------------------------------------------------------------- air

    def vapor_pressures(self, m):
        """a_i p_sat,i(T), ln p_sat = a + b/T + c ln T; a_i = exp(mu_i/(R T))."""
        a, b, c = np.asarray(self.air["saturation"]).T
        saturated = np.exp(a + b / self.temperature + c * np.log(self.temperature))
        pressures = saturated * np.exp(m / self.s[: self.n])
        return np.where(self.air["volatile"], pressures, 0.0)

    def drift(self, pressures):
        """P over the log mean of the air's pressures at the surface and far away."""
        far = np.where(self.air["volatile"], self.air["far"], 0.0)
        here, there = self.air["pressure"] - np.array([pressures.sum(), far.sum()])
        return self.air["pressure"] / self.log_mean(here, there)

    def gas_temperature(self):
        return 0.5 * (self.temperature + self.air["temperature"])

    def transfer(self):
        a, b = np.asarray(self.air["coefficient"]).T
        return a + b * (self.temperature - ROOM)

    def gas_flux(self, m):
        """Volumes V_i k_i (p_i,s - p_i,far)/(R T_f), with drift."""
        pressures = self.vapor_pressures(m)
        moles = self.transfer() * (pressures - self.air["far"])
        moles = moles / (GAS_CONSTANT * self.gas_temperature()) * self.drift(pressures)
        return np.where(self.air["volatile"], self.volumes[: self.n] * moles, 0.0)

    # --------------------------------------------------------------------- bath

    def bath_flux(self, q, diffusivity, distance, inner, outer):
        """The constant j = q c - D dc/dx between two fractions a distance apart."""
        if q == 0.0:
            return diffusivity * (inner - outer) / distance
        peclet = q * distance / diffusivity
        with np.errstate(over="ignore"):
            return q * inner + q * (inner - outer) / np.expm1(peclet)

    def bath_distance(self, k):
        """From the center of bath cell k outwards, to the next or the far boundary."""
        widths = self.bath["widths"]
        return 0.5 * (widths[k] + widths[k - 1]) if k > 0 else 0.5 * widths[0]

    def surface_distance(self):
        return 0.5 * self.bath["widths"][-1]

    def closed_volume(self, q, fluxes):
        """Flux of the reference component: the rest of the total."""
        return q - fluxes.sum()

    # ------------------------------------------------------------- the whole of it

    def evaluate(self, amounts):
        self.cells = [Phases(u, self.flash(u)) for u in amounts]
        self.resistances = [self.cell_resistance(cell) for cell in self.cells]
        self.potentials = [
            self.cell_potentials(cell, reference)
            for cell, reference in zip(self.cells, self.demixed, strict=True)
        ]

    def rates(self, z):
        """f(z) followed by the rates of exchange; the unknowns' order is the kernel's:
        bath (far to near), surface, film."""
        z, n = np.asarray(z), self.n
        count = self.dm.size
        amounts = z[z.size - count * n :].reshape(count, n)
        outside = z[: z.size - count * n]
        self.evaluate(amounts)
        film = np.zeros((count, n))
        for k in range(count - 1):
            flux = self.face_flux(k)
            film[k] -= flux
            film[k + 1] += flux
        if self.air is not None:
            surface, into, exchange = self.air_rows(outside)
        elif self.bath is not None:
            surface, into, exchange = self.bath_rows(outside)
        else:
            surface, into, exchange = self.potentials[0] - outside, 0.0, np.zeros(n)
        film[0] -= into
        return np.concatenate([surface, film.ravel(), exchange])

    def air_rows(self, m):
        """The surface's rows, the flux that leaves cell 0, and the exchange."""
        flux = self.gas_flux(m)
        return self.potentials[0] - m - self.half_cell_drop(flux, m, None), flux, flux

    def bath_rows(self, outside):
        n, ref = self.n, self.bath["reference"]
        others = np.arange(n) != ref
        diffusivity = arrhenius(self.bath["diffusivity"], self.temperature)
        count = len(self.bath["widths"])
        cells = outside[: count * n].reshape(count, n)
        flux, node = outside[count * n :][:n], outside[count * n :][n:]
        phi = np.exp(node)
        phi[ref] = 1.0 - phi[others].sum()
        q = node[ref]

        def between(q, distance, inner, outer):
            return np.array(
                [
                    self.bath_flux(q, diffusivity[i], distance, inner[i], outer[i])
                    for i in np.flatnonzero(others)
                ]
            )

        m = self.mixture.potentials(np.log(phi))
        rows = self.potentials[0] - m - self.half_cell_drop(flux, m, phi)
        balance = np.empty(n)
        balance[others] = flux[others] - between(
            q, self.surface_distance(), phi, cells[-1]
        )
        balance[ref] = flux.sum() - q
        bath = np.zeros((count, n))
        bath[-1, others] += flux[others]
        inner_q = q
        for k in range(count - 1, -1, -1):
            bath[k, ref] = inner_q - cells[k, ref]
            inner_q = cells[k, ref]
            beyond = cells[k - 1] if k > 0 else self.bath["composition"]
            leaves = between(inner_q, self.bath_distance(k), cells[k], beyond)
            bath[k, others] -= leaves
            if k > 0:
                bath[k - 1, others] += leaves
        exchange = np.empty(n)
        exchange[others] = leaves
        exchange[ref] = self.closed_volume(inner_q, leaves)
        return np.concatenate([bath.ravel(), rows, balance]), flux, exchange
