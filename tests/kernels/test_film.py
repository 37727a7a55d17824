"""The film kernel: right-hand side, Jacobian, balances and equilibrium.

Films of shipped casting solutions on coarse grids, at random states. A cell's distance
from the phase switch is K of `Film.distances`: the tangent-plane distance per volume,
scaled by V0/(R T), so that 1e-5 is 1.4 kPa.
"""

import math
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from reference.film_twin import GAS_CONSTANT, FilmTwin, pair_index
from reference.flory_huggins_twin import FloryHuggins

from membranekit import film_setup
from membranekit._kernels.film import Film
from membranekit.case import cases
from membranekit.prepared import prepare
from membranekit.process import AirExposure, Immersion
from membranekit.thermo.flory_huggins import Mixture
from membranekit.transport.grid import graded

CELLS = 4
BATH_CELLS = 3
CASES = ["example1", "example2", "example3", "made up", "other laws"]
OUTSIDE = ["air", "bath"]
BOTH = "bath on both sides"
FROM_SWITCH = 1e-5

# ----------------------------------------------------------------- films and states


class Recorder:
    """A film that remembers what it was set up with, for the twin.

    `other_laws`: frictions of other exponents, drags of their own, and free volume.
    """

    other_laws = False

    def __init__(self, polymer, amounts, volumes, **more):
        self.film = Film(polymer, amounts, volumes, **more)
        self.polymer, self.volumes = polymer, volumes
        self.air = self.bath = None
        self.dry = False
        self.demixed = np.zeros(polymer.size)

    def set_mixture(self, table, b, c, **more):
        self.table, self.rational = table, np.column_stack([b, c])
        self.more = more
        self.film.set_mixture(table, b, c, **more)

    def set_friction(self, pairs, polymeric, coil, network, drag, wall, **more):
        if self.other_laws:
            rng = np.random.default_rng(13)
            drag = drag + rng.normal(0.0, [0.5, 50.0], drag.shape)
            more["obstruction"], more["crowding"] = 1.3, 0.8
            more["free_volume"] = rng.uniform(0.1, 0.5, (polymeric.size + 1, 2))
        self.friction = {
            "pairs": pairs,
            "polymeric": polymeric,
            "coil": coil,
            "network": network,
            "drag": drag,
            "wall": wall,
            **more,
        }
        self.film.set_friction(pairs, polymeric, coil, network, drag, wall, **more)

    def begin_air(self, volatile, coefficient, far, saturation, enthalpy, **more):
        if self.dry:
            volatile = np.zeros_like(volatile)
        self.bath, self.air = (
            None,
            {
                "volatile": volatile > 0.0,
                "coefficient": coefficient,
                "far": far,
                "saturation": saturation,
                **more,
            },
        )
        self.enthalpy = enthalpy
        return self.film.begin_air(
            volatile, coefficient, far, saturation, enthalpy, **more
        )

    def begin_bath(self, widths, composition, reference, diffusivity, **more):
        self.air, self.bath = (
            None,
            {
                "widths": widths,
                "composition": composition,
                "reference": reference,
                "diffusivity": diffusivity,
                **more,
            },
        )
        return self.film.begin_bath(widths, composition, reference, diffusivity, **more)

    def mark_demixed(self, cell, total):
        self.demixed[cell] = total
        self.film.mark_demixed(cell, total)

    def __getattr__(self, name):
        return getattr(self.film, name)

    def twin(self, kind=FilmTwin):
        return kind(
            self.polymer,
            self.volumes,
            self.table,
            self.rational,
            self.friction,
            self.temperature,
            demixed=self.demixed,
            air=self.air,
            bath=self.bath,
            **self.more,
        )


def prepared(name):
    """A shipped case; or Example 3's, warmer, with functions g(w), triples, a group."""
    case = cases[{"made up": "example3", "other laws": "example1"}.get(name, name)]
    run = case.runs[-1]
    run = prepare(run.solution, run.process)
    if name != "made up":
        return run
    old = run.model.mixture
    table, rational = old.table.copy(), old.rational.copy()
    rng = np.random.default_rng(11)
    for pair in ((0, 1), (0, 3), (1, 3), (1, 4), (1, 5)):
        table[pair_index(*pair), 1:3, 0] += rng.normal(0.0, 0.01, 2)
        table[pair_index(*pair), 0, 1:] += rng.normal(0.0, 1e-4, 4) ** [1, 2, 3, 1]
    for pair in ((0, 5), (1, 2)):
        rational[pair_index(*pair)] = [0.03, 0.4]
        table[pair_index(*pair), 0, 0] -= 0.03
    triples = np.zeros((20, 5))
    triples[[0, 3, 9, 12], 0] = [-0.05, 0.02, -0.02, 0.01]
    triples[3, 1:] = [1e-4, 1e-6, 1e-8, 1.0]
    # NMP and PEG 200
    groups = np.array([0, 1, 2, 1, 3, 4], dtype=np.intc)
    mixture = Mixture(old.names, old.molar_volumes, table, rational, triples, groups)
    return replace(run, temperature=311.0, model=replace(run.model, mixture=mixture))


class Setup:
    """A case's film in air or on a bath, and random states of it."""

    def __init__(
        self,
        name,
        outside,
        cells=CELLS,
        bath_cells=BATH_CELLS,
        first=2e-6,
        grid="graded",
    ):
        self.run = prepared(name)
        self.outside = outside

        def widths(total, count):
            if grid == "half":
                return graded(total / 2.0, first, count)
            if grid == "mirrored":
                half = graded(total / 2.0, first, count // 2)
                return np.concatenate([half, half[::-1]])
            if grid == "reversed":
                return np.ascontiguousarray(graded(total, first, count)[::-1])
            return graded(total, first, count)

        with mock.patch.multiple(
            film_setup,
            Film=type("_", (Recorder,), {"other_laws": name == "other laws"}),
            BATH_CELLS=bath_cells,
            film_widths=widths,
            two_sided_widths=widths,
            # cells much wider than the film's leave its surface without a solution
            FIRST_BATH_CELL=min(first, 1e-6),
        ):
            self.film, _ = film_setup.make_film(self.run, cells)
            kind = Immersion if outside in ("bath", BOTH) else AirExposure
            step = next(s for s in self.run.steps if isinstance(s, kind))
            if kind is Immersion:
                if outside == BOTH:
                    step = step.replace(sides="both")
                status = film_setup.begin_bath(self.film, self.run, step, 10.0)
            else:
                self.film.dry = outside == "nothing"
                status = film_setup.begin_air(self.film, self.run, step)
        assert status == 0
        self.n, self.cells, self.ends = self.film.n, cells, self.film.ends
        self.start, self.surface = self.film.layout()
        first = self.start[self.surface + 1]
        self.inside = slice(first, first + cells * self.n)
        self.mixture = FloryHuggins(**self.run.model.mixture.at(self.film.temperature))

    def amounts(self, rng, two):
        """Amounts of one cell that is two phases, or one, as it is asked for."""
        for _ in range(200):
            u = self.run.amounts * np.exp(rng.normal(0.0, 0.4, self.n))
            u[0] = 10.0 ** (rng.uniform(-0.5, 0.9) if two else rng.uniform(-2.5, 0.3))
            while 1e-4 < u[0] < 10.0:
                k, _ = self.mixture.distance(u)
                if abs(k) > FROM_SWITCH and (k < 0.0) == two:
                    return u
                u[0] *= 1.3 if two else 0.6
        raise AssertionError("no such composition")

    def state(self, rng, two):
        """A random state: all cells of one phase, or the surface's and others of two.

        Half of the cells that are two phases bear a network.
        """
        of_two = [two and (k == 0 or rng.random() < 0.75) for k in range(self.cells)]
        u = np.array([self.amounts(rng, each) for each in of_two])
        for k in range(self.cells):
            bears = of_two[k] and rng.random() < 0.5
            total = (1.0 + u[k].sum()) * rng.uniform(0.7, 1.3)
            self.film.mark_demixed(k, total if bears else 0.0)
        z = self.film.state()
        z[self.inside] = u.ravel()
        self._fill_outside(rng, z, u[0])
        return z

    def node(self, end, k):
        """Slice of an end's bath cell k (far to near); after the last: its surface."""
        node = k if end == 0 else len(self.start) - 2 - k
        return slice(self.start[node], self.start[node + 1])

    def _fill_outside(self, rng, z, u):
        n, start = self.n, self.start
        if self.outside == "air":
            node = z[start[self.surface] : start[self.surface + 1]]
            found = self.mixture.flash(u)
            rich = np.log(u) if found is None else found[1]
            mu = self.mixture.potentials(np.append(rich, 0.0))[:n]
            node[:] = mu - self.mixture.s[:n] * np.abs(rng.normal(0.0, 1.0, n))
            return
        reference, widths = self.film.bath["reference"], self.film.bath["widths"]
        for end in range(self.ends):
            for k in range(self.film.bath_cells):
                node = z[self.node(end, k)]
                node[:] = rng.dirichlet(np.ones(n))
                node[reference] = rng.normal(0.0, 3e-9) / widths[k]
            node = z[self.node(end, self.film.bath_cells)]
            node[:n] = rng.normal(0.0, 1e-9, n) / widths[-1]
            node[n:] = np.log(rng.dirichlet(np.ones(n)))
            node[n + reference] = node[:n].sum() * rng.uniform(0.5, 1.5)

    def rows(self):
        """Slices of the rows of each kind at each node, the exchanges' last."""
        n, out = self.n, []
        for node in range(len(self.start) - 1):
            first, last = self.start[node], self.start[node + 1]
            out += [slice(at, min(at + n, last)) for at in range(first, last, n)]
        last = self.start[-1]
        exchanges = [last + end * n for end in range(self.ends)]
        return [*out, *(slice(at, at + n) for at in exchanges)]

    def apart(self, got, expected):
        """Largest difference in each block row, over that block row's largest entry."""
        return max(
            np.abs(got[rows] - expected[rows]).max() / np.abs(expected[rows]).max()
            for rows in self.rows()
        )

    def apart_closed(self, got, expected):
        """The same without the exchange, of which a closed film has none."""
        return max(
            np.abs(got[rows] - expected[rows]).max() / np.abs(expected[rows]).max()
            for rows in self.rows()[:-1]
        )


def two_of(twin):
    return np.array([cell.two for cell in twin.cells])


@pytest.fixture(scope="module")
def setups():
    return {(name, out): Setup(name, out) for name in CASES for out in [*OUTSIDE, BOTH]}


# ---------------------------------------------------------------- kernel and twin


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("name", CASES)
def test_kernel_is_the_twin(setups, name, outside):
    setup = setups[name, outside]
    rng = np.random.default_rng([CASES.index(name), OUTSIDE.index(outside)])
    worst = 0.0
    for count in range(18):
        z = setup.state(rng, two=count % 2 == 0)
        got, two = setup.film.rates(z)
        twin = setup.film.twin()
        expected = twin.rates(z)
        np.testing.assert_array_equal(two, two_of(twin))
        assert two[0] == (count % 2 == 0)
        worst = max(worst, setup.apart(got, expected))
    assert worst < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_closed_film_is_the_twin(name):
    setup = Setup(name, "nothing")
    rng = np.random.default_rng(9)
    for count in range(4):
        film = np.array(
            [setup.amounts(rng, (k + count) % 2 == 0) for k in range(CELLS)]
        )
        z = np.concatenate([rng.normal(-1.0, 0.3, setup.n), film.ravel()])
        got, two = setup.film.rates(z)
        twin = setup.film.twin()
        expected = twin.rates(z)
        np.testing.assert_array_equal(two, two_of(twin))
        assert np.all(got[setup.rows()[-1]] == 0.0)
        assert setup.apart_closed(got, expected) < 1e-9


def test_a_film_of_henrys_law_is_the_twin():
    setup = Setup("other laws", "air")
    rng = np.random.default_rng(17)
    film = setup.film
    film.set_mixture(
        film.table, *film.rational.T.copy(), henry=rng.uniform(0.5, 3.0, setup.n)
    )
    worst = 0.0
    for _ in range(5):
        z = setup.state(rng, two=False)
        setup.film.set_state(z)
        got, two = film.rates(z)
        assert not two.any()
        assert setup.apart(got, film.twin().rates(z)) < 1e-12
        worst = max(worst, check_jacobian(setup, z))
    assert worst < 1e-6


# ------------------------------------------- each term, broken once, is seen to fail


def _constant(value):
    return lambda self, *given: value


def _scale(name, factor):
    """A twin whose method of this name gives `factor` times as much."""

    def broken(self, *given, **more):
        return factor * getattr(FilmTwin, name)(self, *given, **more)

    return {name: broken}


def _one_phase_potentials(self, cell, reference):
    whole = np.append(np.log(cell.phi * cell.total), 0.0)
    mu = self.mixture.potentials(whole)[: self.n]
    return mu + self.network_pressure(cell.total, reference)


def _network_before_demixing(self, total, reference):
    return FilmTwin.network_pressure(self, total, reference or 0.5 * total)


def _linear_network(self, total, reference):
    return (
        0.0
        if not reference
        else 2.0
        * FilmTwin.network_pressure(self, total, reference)
        / (1.0 + reference / total)
    )


def _exchanged_limits(self, i, j, phi):
    i, j = min(i, j), max(i, j)
    in_i, in_j = self.dilute[pair_index(i, j)]
    w = phi[j] / (phi[i] + phi[j])
    return in_i**w * in_j ** (1.0 - w)


def _no_pair_of_first_two(self, i, j, phi, polymer, lean):
    if {i, j} == {0, 1}:
        return 0.0
    return FilmTwin.pair_friction(self, i, j, phi, polymer, lean)


def _as_in_the_lean_phase(self, i, j, phi, polymer, lean):
    """Coils among small species in both phases."""
    lean = lean or self.polymeric[i] != self.polymeric[j]
    return FilmTwin.pair_friction(self, i, j, phi, polymer, lean)


def _as_in_the_rich_phase(self, i, j, phi, polymer, lean):
    return FilmTwin.pair_friction(self, i, j, phi, polymer, False)


def _slow_in_both_phases(self, i, j, phi, polymer, lean):
    zeta = FilmTwin.pair_friction(self, i, j, phi, polymer, lean)
    small = not (self.polymeric[i] or self.polymeric[j])
    return zeta * (self.slowdown if lean and small else 1.0)


def _drag_on_all(self, i, polymer, phi, phi_p):
    return self.drag[i] * self.obstruction(polymer) * self.mesh(polymer)


def _conductance_of_membrane_polymer(self, phi, phi_p, lean_share=None):
    """The dissolved polymer does not obstruct."""
    twin = self.__class__.__new__(self.__class__)
    twin.__dict__.update(self.__dict__)
    held = phi[self.polymeric].sum()
    twin.obstruction = lambda polymer: FilmTwin.obstruction(self, polymer - held)
    return FilmTwin.conductance(twin, phi, phi_p, lean_share)


def _in_series(self, cell):
    if not cell.two:
        return FilmTwin.cell_resistance(self, cell)
    rich = self.conductance(cell.rich / cell.rich_total, 1.0 / cell.rich_total)
    liquid = cell.lean / cell.lean_total
    lean = self.conductance(liquid, 0.0, cell.lean_share)
    whole = cell.rich_share * np.linalg.inv(rich)
    whole += cell.lean_share * np.linalg.inv(lean)
    root = np.sqrt(cell.phi)
    return whole * np.outer(root, root)


def _of_the_upper_cell(self, k):
    return (
        FilmTwin.weighed(
            self, self.resistances[k], self.face_fractions(k), self.cells[k].phi
        )
        * 0.5
        * (self.thickness(k) + self.thickness(k + 1))
    )


def _polymer_thickness(self, k):
    return self.dm[k]


def _dry_air(self, m):
    pressures = self.vapor_pressures(m)
    moles = self.transfer() * pressures / (GAS_CONSTANT * self.gas_temperature())
    flux = self.volumes[: self.n] * moles * self.drift(pressures)
    return np.where(self.air["volatile"], flux, 0.0)


def _drift_of_the_surface(self, pressures):
    here = self.air["pressure"] - pressures.sum()
    return self.air["pressure"] / self.log_mean(here, self.air["pressure"])


def _central_flux(self, q, diffusivity, distance, inner, outer):
    return q * 0.5 * (inner + outer) + diffusivity * (inner - outer) / distance


def _upwind_flux(self, q, diffusivity, distance, inner, outer):
    flow = q * (inner if q > 0.0 else outer)
    return flow + diffusivity * (inner - outer) / distance


def _backward_flow(self, q, diffusivity, distance, inner, outer):
    return FilmTwin.bath_flux(self, -q, diffusivity, distance, inner, outer)


def _no_flow(self, q, diffusivity, distance, inner, outer):
    return diffusivity * (inner - outer) / distance


# name: (methods in place of the twin's, attributes multiplied, where it is to be seen)
BROKEN = {
    "no log-mean": ({"log_mean": lambda self, a, b: 0.5 * (a + b)}, {}, "both"),
    "no harmonic mean": ({"harmonic_mean": FilmTwin.log_mean}, {}, "both"),
    "no likeness": (
        {"likeness": lambda self, x: np.ones((x.size, x.size))},
        {},
        "both",
    ),
    "no tie line": ({"cell_potentials": _one_phase_potentials}, {}, "both"),
    "no network": ({"network_pressure": _constant(0.0)}, {}, "both"),
    "network of a dope": (
        {"network_pressure": _network_before_demixing},
        {},
        "both",
    ),
    "linear network": ({"network_pressure": _linear_network}, {}, "both"),
    "no obstruction": ({"obstruction": _constant(1.0)}, {}, "both"),
    "obstruction's root": (
        {"obstruction": lambda self, p: (1.0 + p) / (1.0 - p)},
        {},
        "both",
    ),
    "no mesh": ({"mesh": _constant(1.0)}, {}, "both"),
    "Vignes the other way": ({"liquid_friction": _exchanged_limits}, {}, "both"),
    "no friction of one pair": ({"pair_friction": _no_pair_of_first_two}, {}, "both"),
    "coil in both phases": ({"pair_friction": _as_in_the_lean_phase}, {}, "both"),
    "no lean liquid": ({"pair_friction": _as_in_the_rich_phase}, {}, "both"),
    "lean liquid slow": ({"pair_friction": _slow_in_both_phases}, {}, "both"),
    "no viscosity of the coils": ({"polymer_viscosity": _constant(1.0)}, {}, "both"),
    "no network friction": ({"matrix_friction": _drag_on_all}, {}, "both"),
    "no free volume": ({"free_volume": _constant(1.0)}, {}, "both"),
    "half the polymer's drag": (_scale("matrix_friction", 0.5), {}, "both"),
    "unobstructing polymer": (
        {"conductance": _conductance_of_membrane_polymer},
        {},
        "both",
    ),
    "phases in series": ({"cell_resistance": _in_series}, {}, "both"),
    "straight pores": ({"pore_share": lambda self, share: share}, {}, "both"),
    "half the walls": (_scale("wall_friction", 0.5), {}, "both"),
    "wall of any pore": (
        {"wall_friction": lambda self, share: self.wall},
        {},
        "both",
    ),
    "one side of a face": ({"face_resistance": _of_the_upper_cell}, {}, "both"),
    "cells of polymer alone": ({"thickness": _polymer_thickness}, {}, "both"),
    "faces of whole cells": (_scale("face_resistance", 2.0), {}, "both"),
    "no half cell": ({"half_cell_drop": _constant(0.0)}, {}, "both"),
    "whole first cell": (_scale("half_cell_drop", 2.0), {}, "both"),
    "own fractions in the half cell": (
        {"half_cell_fractions": lambda self, m, liquid: self.cells[0].phi},
        {},
        "both",
    ),
    "closed pores": ({"open_share": _constant(0.0)}, {}, "bath"),
    "pores always open": ({"open_share": _constant(1.0)}, {}, "bath"),
    "no drift": ({"drift": _constant(1.0)}, {}, "air"),
    "drift of the surface alone": ({"drift": _drift_of_the_surface}, {}, "air"),
    "air at the film's temperature": (
        {"gas_temperature": lambda self: self.temperature},
        {},
        "air",
    ),
    "no slope of k": (
        {"transfer": lambda self: np.asarray(self.air["coefficient"])[:, 0]},
        {},
        "warm air",
    ),
    "dry air": ({"gas_flux": _dry_air}, {}, "air"),
    "gas the other way": (_scale("gas_flux", -1.0), {}, "air"),
    "moles for volumes": ({}, {"volumes": 1.001}, "air"),
    "no exponential fit": ({"bath_flux": _central_flux}, {}, "bath"),
    "upwind": ({"bath_flux": _upwind_flux}, {}, "bath"),
    "q the other way": ({"bath_flux": _backward_flow}, {}, "bath"),
    "no flow of the bath": ({"bath_flux": _no_flow}, {}, "bath"),
    "far boundary a cell away": (
        {
            "bath_distance": lambda self, k: (
                FilmTwin.bath_distance(self, k) * (1.0 if k else 2.0)
            )
        },
        {},
        "bath",
    ),
    "interface a cell away": (_scale("surface_distance", 2.0), {}, "bath"),
    "bath cells of one width": (
        {"bath_distance": lambda self, k: self.bath["widths"][k]},
        {},
        "bath",
    ),
    "reference carries all": ({"closed_volume": lambda self, q, flux: q}, {}, "bath"),
    **{
        f"{name} off by 1e-5": ({}, {name: 1.0 + 1e-5}, "both")
        for name in (
            "dilute",
            "coil",
            "network",
            "drag",
            "wall",
            "slowdown",
            "intrinsic",
        )
    },
    "martin off by 1e-5": ({}, {"martin": 1.0 + 1e-5}, "both"),
    "modulus off by 1e-5": ({}, {"modulus": 1.0 + 1e-5}, "both"),
}


@pytest.fixture(scope="module")
def checked(setups):
    """States with what the kernel says of them, and the twin's phase equilibria."""
    out = []
    for (name, outside), setup in setups.items():
        if outside not in OUTSIDE:
            continue
        rng = np.random.default_rng(77)
        for two in (True, True, False):
            z = setup.state(rng, two=two)
            twin = setup.film.twin()
            twin.demixed = twin.demixed.copy()
            got, _ = setup.film.rates(z)
            assert setup.apart(got, twin.rates(z)) < 1e-9
            out.append((name, outside, setup, z, got, twin))
    return out


@pytest.mark.parametrize("term", BROKEN)
def test_a_broken_term_is_seen(checked, term):
    methods, factors, where = BROKEN[term]
    kind = type("Broken", (FilmTwin,), methods)
    seen = dict.fromkeys(OUTSIDE, 0.0)
    for name, outside, setup, z, got, twin in checked:
        if where == "warm air" and name != "made up":
            continue
        broken = kind.__new__(kind)
        broken.__dict__.update(twin.__dict__)
        for attribute, factor in factors.items():
            setattr(broken, attribute, factor * getattr(twin, attribute))
        with np.errstate(all="ignore"):
            apart = setup.apart(got, broken.rates(z))
        seen[outside] = max(seen[outside], apart)
    least = 1e-9 if "1e-5" in term else 1e-4
    for outside in OUTSIDE if where == "both" else [where.split()[-1]]:
        assert seen[outside] > least


# --------------------------------------------------------------------- the Jacobian


def differences(film, z, column):
    """Derivative by one unknown: central differences, extrapolated (Ridders 1982).

    Steps across which a cell would change its number of phases are left out; among the
    rest each entry takes the extrapolation that changes least.
    """
    _, phases = film.rates(z)
    size = max(abs(z[column]), 1e-14)
    rows, best, error = [], None, None
    for power in range(6):
        step = 2e-3 * size * 0.2**power
        sides = []
        for sign in (1.0, -1.0):
            moved = z.copy()
            moved[column] += sign * step
            value, two = film.rates(moved)
            if not np.array_equal(two, phases):
                break
            sides.append((moved[column], value))
        if len(sides) < 2:
            continue
        slope = (sides[0][1] - sides[1][1]) / (sides[0][0] - sides[1][0])
        row = [slope]
        for k, before in enumerate(rows[-1] if rows else []):
            factor = 25.0 ** (k + 1)
            row.append((factor * row[k] - before) / (factor - 1.0))
            apart = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - before))
            if best is None:
                best, error = row[-1].copy(), apart
            else:
                better = apart < error
                best[better], error[better] = row[-1][better], apart[better]
        rows.append(row)
    assert best is not None
    return best


def check_jacobian(setup, z):
    """Worst error of a block row over its largest entry."""
    setup.film.rates(z)
    exact = setup.film.jacobian(z)
    found = np.column_stack(
        [differences(setup.film, z, column) for column in range(z.size)]
    )
    # a flux or q is a few um/s: only amounts of order one compare with nodes far away
    node = np.searchsorted(setup.start, np.arange(z.size), side="right")
    worst = 0.0
    for rows in setup.rows():
        # an exchange depends on the farthest node of its end
        here = 1 if rows.start == z.size else len(setup.start) - 1
        if rows.start < z.size:
            here = node[rows.start]
        near = np.abs(node - here) <= 1
        assert np.all(exact[rows][:, ~near] == 0.0)
        apart = np.abs(exact[rows] - found[rows])
        worst = max(worst, apart[:, near].max() / np.abs(found[rows][:, near]).max())
        apart, size = apart * np.abs(z), np.abs(found[rows] * z)
        worst = max(worst, apart.max() / size.max())
    return worst


@pytest.mark.parametrize("two", [False, True], ids=["one phase", "two phases"])
@pytest.mark.parametrize("outside", [*OUTSIDE, BOTH])
def test_jacobian_is_the_derivative(setups, outside, two):
    worst = 0.0
    for count in range(50 if outside in OUTSIDE else 8):
        setup = setups[CASES[count % len(CASES)], outside]
        z = setup.state(np.random.default_rng([count, two, 3]), two=two)
        setup.film.set_state(z)
        assert np.abs(setup.film.distances()).min() > FROM_SWITCH
        worst = max(worst, check_jacobian(setup, z))
    assert worst < 1e-6


def conserved(setup):
    """Weights of the rows, (n, size + n): what is in film, bath and exchange."""
    n, last = setup.n, setup.start[-1]
    weights = np.zeros((n, last + setup.ends * n))
    for i in range(n):
        weights[i, setup.inside][i::n] = 1.0
        weights[i, last + i :: n] = 1.0
    if setup.outside == "air":
        return weights
    reference = setup.film.bath["reference"]
    for end in range(setup.ends):
        for k in range(setup.film.bath_cells):
            at = setup.node(end, k).start
            for i in range(n):
                if i != reference:
                    weights[i, at + i] = 1.0
                    weights[reference, at + i] = -1.0
            # the volume's rows are algebraic: q in, q out
            weights[reference, at + reference] = 1.0
        at = setup.node(end, setup.film.bath_cells).start
        weights[reference, at + n + reference] = 1.0
    return weights


@pytest.mark.parametrize("two", [False, True], ids=["one phase", "two phases"])
@pytest.mark.parametrize("outside", [*OUTSIDE, BOTH])
@pytest.mark.parametrize("name", CASES)
def test_columns_of_the_jacobian_conserve(setups, name, outside, two):
    setup = setups[name, outside]
    weights = conserved(setup)
    rng = np.random.default_rng(21)
    for _ in range(10):
        z = setup.state(rng, two=two)
        setup.film.rates(z)
        jacobian = setup.film.jacobian(z)
        sums = np.abs(weights @ jacobian).max(axis=0)
        entries = np.abs(weights).max(axis=0)[:, None] * np.abs(jacobian)
        assert np.all(sums <= 1e-13 * entries.max(axis=0))
        rates, _ = setup.film.rates(z)
        terms = np.abs(weights * rates).max()
        assert np.abs(weights @ rates).max() <= 1e-13 * terms


# -------------------------------------------------- symmetry, entropy, equilibrium


@pytest.mark.parametrize("two", [False, True], ids=["one phase", "two phases"])
@pytest.mark.parametrize("name", CASES)
def test_resistances_are_symmetric_and_positive(setups, name, two):
    setup = setups[name, "air"]
    rng = np.random.default_rng(31)
    for _ in range(8):
        z = setup.state(rng, two=two)
        twin = setup.film.twin()
        twin.rates(z)
        matrices = [*twin.resistances]
        matrices += [twin.face_resistance(k) for k in range(CELLS - 1)]
        for matrix in matrices:
            assert np.abs(matrix - matrix.T).max() <= 1e-9 * np.abs(matrix).max()
            scale = np.sqrt(np.diag(matrix))
            assert np.linalg.eigvalsh(matrix / np.outer(scale, scale)).min() > 0.0
        # what the kernel lets through a face produces entropy
        got, _ = setup.film.rates(z)
        film = got[setup.start[setup.surface + 1] : -setup.n].reshape(CELLS, setup.n)
        through = -np.cumsum(film[::-1], axis=0)[::-1][1:]
        for k in range(CELLS - 1):
            apart = twin.potentials[k] - twin.potentials[k + 1]
            assert -through[k] @ apart > 0.0


@pytest.mark.parametrize("two", [False, True], ids=["one phase", "two phases"])
@pytest.mark.parametrize("name", CASES)
def test_fluxes_near_equilibrium_are_reciprocal(name, two):
    """Onsager: with j = L (mu_a - mu_b) at equal cells, dj/du = L dmu/du."""
    setup = Setup(name, "nothing", cells=2)
    n = setup.n
    rng = np.random.default_rng(41)
    for _ in range(5):
        u = setup.amounts(rng, two)
        z = np.concatenate([np.zeros(n), u, u])
        # without a network a tie line's potentials do not change along it
        for k in range(2):
            setup.film.mark_demixed(k, 1.0 + u.sum() if two else 0.0)
        setup.film.rates(z)
        jacobian = setup.film.jacobian(z)
        potentials = jacobian[:n, n : 2 * n]
        fluxes = jacobian[2 * n : 3 * n, n : 2 * n]
        root = np.sqrt(u)
        scaled = (fluxes @ np.linalg.inv(potentials)) / np.outer(root, root)
        assert np.abs(scaled - scaled.T).max() < 1e-7 * np.abs(scaled).max()
        scale = np.sqrt(np.diag(scaled))
        assert np.linalg.eigvalsh(scaled / np.outer(scale, scale)).min() > 0.0


@pytest.mark.parametrize("name", CASES)
def test_nothing_flows_at_equilibrium(name):
    """Cells on one tie line, of different share of the lean phase, and what is in
    equilibrium with them outside."""
    for outside in ("nothing", "air", "bath"):
        setup = Setup(name, outside)
        n, start, surface = setup.n, setup.start, setup.surface
        rng = np.random.default_rng(51)
        lean, rich = np.exp(setup.mixture.flash(setup.amounts(rng, True)))
        mu = setup.mixture.potentials(np.log(lean))
        share = np.array([1.0, 0.3, 1.7, 0.6])
        z = setup.film.state()
        z[start[surface + 1] :] = (rich + share[:, None] * lean).ravel()
        film = setup.film
        if outside == "air":
            twin = film.twin()
            far = twin.vapor_pressures(mu)
            given = dict(film.air)
            for used in ("far", "volatile"):
                del given[used]
            begun = film.film.begin_air(
                film.air["volatile"].astype(float),
                given.pop("coefficient"),
                far,
                given.pop("saturation"),
                film.enthalpy,
                **given,
            )
            assert begun == 0
            film.air["far"] = far
            z[start[surface] : start[surface + 1]] = mu
        elif outside == "bath":
            liquid = lean / lean.sum()
            begun = film.film.begin_bath(
                film.bath["widths"],
                liquid,
                film.bath["reference"],
                film.bath["diffusivity"],
                temperature=film.bath["temperature"],
                heat_coefficient=film.bath["heat_coefficient"],
            )
            assert begun == 0
            reference = film.bath["reference"]
            for k in range(surface):
                z[start[k] : start[k + 1]] = liquid
                z[start[k] + reference] = 0.0
            node = z[start[surface] : start[surface + 1]]
            node[:n] = 0.0
            node[n:] = np.log(liquid)
            node[n + reference] = 0.0
        else:
            z[start[surface] : start[surface + 1]] = mu
        got, two = film.rates(z)
        assert two.all()
        # against what flows when the potentials of one cell are off by one
        twin = film.twin()
        twin.rates(z)
        conductance = 0.0
        for k in range(CELLS - 1):
            root = np.sqrt(twin.face_fractions(k))
            full = np.linalg.inv(twin.face_resistance(k)) * np.outer(root, root)
            conductance = max(conductance, np.abs(full).max())
        scale = np.full(got.size, conductance)
        if outside != "nothing":
            scale[start[surface] : start[surface] + n] = 1.0
        else:
            scale[:n] = 1.0
        assert np.abs(got / scale).max() < 1e-12


@pytest.mark.parametrize("name", CASES)
def test_a_cell_has_no_memory(name):
    """Phases and rates at a state do not depend on the state before it."""
    setup = Setup(name, "nothing", cells=2)
    n = setup.n
    rng = np.random.default_rng(61)
    for count in range(40):
        here = setup.amounts(rng, count % 2 == 0)
        beside = setup.run.amounts
        z = np.concatenate([np.zeros(n), here, beside])
        answers = []
        for two in (True, False, True):
            before = setup.amounts(rng, two)
            setup.film.rates(np.concatenate([np.zeros(n), before, beside]))
            answers.append(setup.film.rates(z))
        assert answers[0][1][0] == (count % 2 == 0)
        for rates, phases in answers[1:]:
            np.testing.assert_array_equal(phases, answers[0][1])
            assert setup.apart_closed(rates, answers[0][0]) < 1e-9


def test_lean_and_rich_add_up(setups):
    for setup in setups.values():
        rng = np.random.default_rng(71)
        z = setup.state(rng, two=True)
        setup.film.set_state(z)
        _, two = setup.film.rates(z)
        lean, whole = setup.film.lean_amounts(), setup.film.film_amounts()
        assert np.all(lean[~two.astype(bool)] == 0.0)
        for k in np.flatnonzero(two):
            x, r = np.exp(setup.mixture.flash(whole[k]))
            np.testing.assert_allclose(lean[k], x, rtol=1e-9)
            np.testing.assert_allclose(x + r, whole[k], rtol=1e-13)


# ------------------------------------------------------------------------- in time


def closure(name, outside, spoiled, rtol=1e-3):
    """What a short run loses, over the volume there is, and its steps."""
    setup = Setup(name, outside, cells=40, bath_cells=30, first=2e-8)
    film, polymer = setup.film, setup.film.polymer
    film.spoil_surface(spoiled)
    before = polymer @ film.film_amounts() + film.bath_amounts()
    end = 2.0 if outside == "air" else 0.2
    assert film.advance(end, end, rtol=rtol) == 0
    after = polymer @ film.film_amounts() + film.bath_amounts()
    out = film.exchanged_amounts()
    volume = polymer.sum() + before.sum() + np.abs(out).sum()
    return np.abs(after + out - before).max() / volume, film.steps


@pytest.mark.parametrize("outside", [*OUTSIDE, BOTH])
@pytest.mark.parametrize("name", CASES[:3])
def test_what_leaves_the_film_arrives(name, outside):
    lost, steps = closure(name, outside, 0.0)
    assert steps > 20
    assert lost < 1e-12 * math.sqrt(steps)


@pytest.mark.parametrize("rtol", [1e-1, 1e-2, 1e-4, 1e-5])
@pytest.mark.parametrize("outside", OUTSIDE)
def test_what_leaves_arrives_at_every_tolerance(outside, rtol):
    lost, steps = closure("other laws", outside, 0.0, rtol)
    assert lost < 1e-12 * math.sqrt(steps)


@pytest.mark.parametrize("outside", [*OUTSIDE, BOTH])
def test_a_spoiled_flux_is_seen_in_the_balance(outside):
    lost, steps = closure("example2", outside, 1e-6)
    assert lost > 100.0 * 1e-12 * math.sqrt(steps)


# ---------------------------------------------------------- a bath on both sides


@pytest.mark.parametrize("name", CASES)
def test_a_side_does_not_know_of_the_other(setups, name):
    """Its rows are those of a film with a bath on this side alone, turned over for the
    support side; the two films' sum counts the flow between the cells twice."""
    setup, closed = setups[name, BOTH], Setup(name, "nothing")
    upper, lower = setups[name, "bath"], Setup(name, "bath", grid="reversed")
    n, baths = setup.n, setup.inside.start
    rng = np.random.default_rng(91)
    for count in range(4):
        z = setup.state(rng, two=count % 2 == 0)
        amounts = z[setup.inside].reshape(CELLS, n)
        for k, total in enumerate(setup.film.demixed):
            upper.film.mark_demixed(k, total)
            closed.film.mark_demixed(k, total)
            lower.film.mark_demixed(CELLS - 1 - k, total)
        beyond = np.concatenate(
            [z[setup.node(1, k)] for k in range(BATH_CELLS + 1)],
        )
        got, _ = setup.film.rates(z)
        one, _ = upper.film.rates(z[: setup.inside.stop])
        other, _ = lower.film.rates(np.concatenate([beyond, amounts[::-1].ravel()]))
        inner, _ = closed.film.rates(np.concatenate([np.zeros(n), amounts.ravel()]))
        one, other = np.split(one, [baths, -n]), np.split(other, [baths, -n])
        turned = other[1].reshape(CELLS, n)[::-1].ravel()
        expected = np.zeros_like(got)
        expected[:baths] = one[0]
        expected[setup.inside] = one[1] + turned - inner[n:-n]
        for k in range(BATH_CELLS + 1):
            expected[setup.node(1, k)] = other[0][upper.start[k] : upper.start[k + 1]]
        expected[-2 * n :] = np.concatenate([one[2], other[2]])
        assert np.abs(expected[-n:]).min() > 0.0
        assert setup.apart(got, expected) < 1e-12


def after_a_bath(name, outside, **grid):
    """A warm film on a support that takes no heat, after a millisecond in a bath."""
    setup = Setup(name, outside, bath_cells=30, first=2e-8, **grid)
    heat = np.full(setup.n + 1, 2e6)
    setup.film.set_support(1e-2, 4e6, 0.0, 300.0, True, 330.0, heat, 0.2)
    assert begin_again(setup.film) == 0
    assert setup.film.advance(1e-3, 1e-3, rtol=1e-4) == 0
    assert setup.film.steps > 20
    return setup


def test_a_symmetric_film_stays_symmetric_and_is_two_halves():
    """Nothing crosses the middle of a film that is alike from both sides, so its half
    is a film whose support lets nothing through.

    Example 2 for a while: with time, and in Example 1, rounding decides in which step
    a cell changes its phases, and the two part as far as the tolerance lets them.
    """
    whole = after_a_bath("example2", BOTH, cells=40, grid="mirrored")
    half = after_a_bath("example2", "bath", cells=20, grid="half")
    np.testing.assert_array_equal(whole.film.polymer[:20], half.film.polymer)
    u, upper = whole.film.film_amounts(), half.film.film_amounts()
    assert np.abs(u / whole.run.amounts - 1.0).max() > 0.5
    np.testing.assert_allclose(u[::-1], u, rtol=1e-9)
    np.testing.assert_allclose(u[:20], upper, rtol=1e-9)
    ends = [whole.film.surface_potentials(end) for end in (0, 1)]
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-9)
    np.testing.assert_allclose(ends[0], half.film.surface_potentials(), rtol=1e-9)
    baths = 2.0 * half.film.bath_amounts(), 2.0 * half.film.exchanged_amounts()
    np.testing.assert_allclose(whole.film.bath_amounts(), baths[0], rtol=1e-9)
    np.testing.assert_allclose(whole.film.exchanged_amounts(), baths[1], rtol=1e-7)
    assert whole.film.temperature == pytest.approx(half.film.temperature, rel=1e-12)
    assert abs(half.film.temperature - 330.0) > 0.1


def begin_again(film, **more):
    """Start the bath that the recorder saw once more."""
    given = {**film.bath, **more}
    names = ("widths", "composition", "reference", "diffusivity")
    arrays = [given.pop(each) for each in names]
    return film.film.begin_bath(*arrays, **given)


def test_a_bath_on_one_side_has_forgotten_the_other_side():
    films = []
    for before in (False, True):
        film = Setup("example1", "bath", cells=20, bath_cells=30, first=2e-8).film
        assert begin_again(film, both=before) == 0
        assert film.ends == 1 + before
        assert begin_again(film, both=False) == 0
        assert film.advance(0.02, 0.02, rtol=1e-3) == 0
        films.append(film)
    np.testing.assert_array_equal(films[0].state(), films[1].state())
    for film in films:
        with pytest.raises(IndexError, match="that end"):
            film.surface_potentials(1)


@pytest.mark.parametrize(("outside", "sides"), [("bath", 1), (BOTH, 2)])
def test_heat_crosses_the_sides_that_a_bath_meets(outside, sides):
    """T - T_bath falls with exp(-sides h t/C), so fast that no liquid gets far, where
    no support conducts: one that does not, or one that the film has left."""
    setup = Setup("example1", outside, cells=20, first=2e-6)
    film, heat = setup.film, np.full(setup.n + 1, 2e6)
    # a support that would swallow all of the heat, were it in touch with the film
    conductivity = 5e3 if sides == 2 else 0.0
    film.set_support(1e-2, 4e6, conductivity, 320.0, True, 320.0, heat, 1e4)
    assert begin_again(film, temperature=300.0, heat_coefficient=1e6) == 0
    capacity = 2e6 * film.polymer @ (1.0 + film.film_amounts().sum(axis=1))
    rate = sides * 1e6 / capacity
    assert film.advance(1.0 / rate, 1.0 / rate, rtol=1e-3) == 0
    assert film.temperature - 300.0 == pytest.approx(20.0 * math.exp(-1.0), rel=2e-3)


# ------------------------------------------------------------------ what is refused


def shapes(film, n):
    """Calls with one array of a wrong shape each."""
    pairs, small = n * (n + 1) // 2, n * (n - 1) // 2
    mixture = [np.zeros((pairs, 5, 5)), np.zeros(pairs), np.zeros(pairs)]
    friction = [
        np.zeros((small, 2, 2)),
        np.zeros(n),
        np.zeros((n, 2)),
        np.zeros((n, 2)),
        np.zeros((n, 2)),
        np.zeros(2),
    ]
    air = [
        np.ones(n),
        np.zeros((n, 2)),
        np.zeros(n),
        np.zeros((n, 3)),
        np.zeros((n, 2)),
    ]
    arrest = [np.ones(n + 1), np.ones(n + 1)]
    laws = {"slowdown": 2.0, "intrinsic": 24.0, "martin": 0.3, "network_modulus": 3e5}
    weather = {
        "pressure": 1e5,
        "temperature": 300.0,
        "heat_coefficient": 10.0,
        "cover_gap": 0.0,
    }
    bath = {"temperature": 300.0, "heat_coefficient": 10.0}
    for wrong in range(3):
        yield film.set_mixture, _longer(mixture, wrong), {}
    all_triples = pairs * (n - 1) // 3
    for more in (
        {"triples": np.zeros((all_triples + 1, 5))},
        {"triples": np.zeros((all_triples, 4))},
        {"groups": np.zeros(n, dtype=np.intc)},
        {"henry": np.ones(n + 1)},
        {"henry": np.zeros(n)},
    ):
        yield film.set_mixture, mixture, more
    for wrong in range(6):
        yield film.set_friction, _longer(friction, wrong), laws
    for wrong in (np.zeros((n, 2)), np.zeros((n + 1, 3))):
        yield film.set_friction, friction, {**laws, "free_volume": wrong}
    for wrong in range(5):
        yield film.begin_air, _longer(air, wrong), weather
    for wrong in range(2):
        first, second = _longer(arrest, wrong)
        yield film.set_arrest, [1, first, second, 0.0, np.zeros(3)], {}
    yield film.set_arrest, [1, *arrest, 0.0, np.zeros(2)], {}
    support = [1e-3, 2e6, 1.0, 300.0, False, 300.0, np.ones(n), 0.2]
    yield film.set_support, support, {}
    widths, liquid, table = np.full(2, 1e-5), np.full(n, 1.0 / n), np.zeros((n, 2))
    yield film.begin_bath, [widths, np.ones(n + 1), 0, table], bath
    yield film.begin_bath, [widths, liquid, 0, np.zeros((n + 1, 2))], bath
    yield film.begin_bath, [widths, liquid, 0, np.zeros((n, 3))], bath
    yield film.begin_bath, [np.zeros(0), liquid, 0, table], bath
    yield film.begin_bath, [widths, liquid, n, table], bath
    yield film.begin_bath, [widths, liquid, -1, table], bath
    yield film.begin_bath, [np.full(9, 1e-5), liquid, 0, table], bath
    yield film.rates, [np.ones(5)], {}
    yield film.jacobian, [np.ones(5)], {}
    yield film.set_state, [np.ones(5)], {}
    yield film.advance, [1.0, 1.0], {}


def _longer(arrays, wrong):
    out = [array.copy() for array in arrays]
    shape = (out[wrong].shape[0] + 1, *out[wrong].shape[1:])
    out[wrong] = np.zeros(shape)
    return out


def test_arrays_that_do_not_fit_are_refused():
    n = 3
    film = Film(np.full(4, 1e-6), np.ones((4, n)), np.ones(n + 1), most_bath_cells=8)
    count = 0
    for method, given, more in shapes(film, n):
        with pytest.raises(ValueError, match=r"fit|unknowns|comes first|fewer"):
            method(*given, **more)
        count += 1
    assert count == 36
    with pytest.raises(IndexError):
        film.mark_demixed(4, 1.0)


@pytest.mark.parametrize(
    ("polymer", "amounts", "volumes", "more"),
    [
        (np.ones(3), np.ones((4, 2)), np.ones(3), {}),
        (np.ones(4), np.ones((4, 2)), np.ones(2), {}),
        (np.ones(1), np.ones((1, 2)), np.ones(3), {}),
        (np.ones(4), np.ones((4, 8)), np.ones(9), {}),
        (np.ones(4), np.zeros((4, 2)), np.ones(3), {}),
        (np.ones(4), np.ones((4, 2)), np.zeros(3), {}),
        (np.ones(4), np.full((4, 2), np.nan), np.ones(3), {}),
        (np.ones(4), np.ones((4, 2)), np.ones(3), {"most_bath_cells": -1}),
        (np.ones(4), np.ones((4, 2)), np.ones(3), {"support_nodes": 1}),
    ],
)
def test_a_film_of_no_shape_is_refused(polymer, amounts, volumes, more):
    with pytest.raises(ValueError, match=r"fit|has|positive|finite"):
        Film(polymer, amounts, volumes, **more)
