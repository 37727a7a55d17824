"""The ternary phase diagram against laws, other programs' numbers and 50 digits."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf
from reference.flory_huggins_twin import FloryHuggins
from reference.ternary_mpmath import WaterAcetoneCelluloseAcetate

from membranekit._kernels import coexistence
from membranekit._kernels import phase_diagram as kernel
from membranekit.errors import MembranekitError
from membranekit.thermo.flory_huggins import WATER_VOLUME, Mixture
from membranekit.thermo.phase_diagram import glass_line, ternary

TESTS = Path(__file__).parents[1]
ROOM = 298.15
NAMES = ("nonsolvent", "solvent", "polymer")


def made(volumes, g, rational=None, groups=None, triples=None):
    """A mixture from g_12, g_13, g_23 or their polynomials in w; per first volume."""
    volumes = np.asarray(volumes, dtype=float)
    table = np.zeros((3, 5, 5))
    reference = volumes[[0, 0, 1]]
    for pair, coefficients in enumerate(g):
        given = np.atleast_1d(coefficients)
        table[pair, : given.size, 0] = WATER_VOLUME / reference[pair] * given
    part = np.zeros((3, 2)) if rational is None else np.asarray(rational, dtype=float)
    more = {}
    if groups is not None:
        more["groups"] = np.array(groups, dtype=np.intc)
    if triples is not None:
        more["triples"] = np.array(triples, dtype=float)
    return Mixture(NAMES, volumes, table, part, **more)


def chain(length, g=(0.5, 2.5, 0.1), solvent=96.5e-6):
    return made([18.07e-6, solvent, 18.07e-6 * length], g)


def random_mixtures(seed, how_many):
    """Chains of 5 to 60 000, solvents of many sizes, every other g of composition."""
    rng = np.random.default_rng(seed)
    for number in range(how_many):
        length = np.exp(rng.uniform(np.log(5.0), np.log(60e3)))
        volumes = 1e-6 * np.array([18.0, rng.uniform(18.0, 120.0), 18.0 * length])
        g = [rng.uniform(-0.5, 0.7), rng.uniform(1.0, 5.0), rng.uniform(-0.5, 0.4)]
        if number % 2 == 0:
            yield made(volumes, g), rng
            continue
        g[0] = [g[0], *rng.uniform(-0.2, 0.2, 2)]
        g[2] = [g[2], rng.uniform(-0.1, 0.1)]
        ratio = 18.07 / 18.0 * rng.uniform(0.0, 0.2), rng.uniform(-1.0, 0.7)
        rational = [ratio, (0.0, 0.0), (0.0, 0.0)]
        yield made(volumes, g, rational, groups=[0, 0, 2]), rng


def drawn(seed, how_many, lines=60):
    """Diagrams of the random mixtures that have one."""
    count = 0
    for mixture, rng in random_mixtures(seed, how_many):
        try:
            found = ternary(mixture, ROOM, lines)
        except MembranekitError as error:
            if "could not be followed" in str(error):
                raise
            continue
        count += 1
        yield found, rng
    assert count > 0.8 * how_many


def twin_of(mixture):
    return FloryHuggins(**mixture.at(ROOM))


def distance(twin, trial, at):
    """Tangent-plane distance of trial phases, by logarithms, from a composition."""
    plane = twin.potentials(np.log(at))
    return (np.exp(trial) * (twin.potentials(trial) - plane)).sum(axis=-1)


def trials(found):
    """Logarithms of trial phases: a grid over the triangle, and every phase found."""
    polymer = np.concatenate([[1e-60, 1e-12], np.geomspace(1e-6, 0.97, 45)])
    share = (1.0 - np.cos(np.linspace(0.02, np.pi - 0.02, 45))) / 2.0
    p, u = (each.ravel() for each in np.meshgrid(polymer, share))
    grid = np.log(np.stack([(1.0 - p) * (1.0 - u), (1.0 - p) * u, p], axis=1))
    return np.concatenate([grid, found.logarithms.reshape(-1, 3)])


# ------------------------------------------------------------ equal potentials


def test_potentials_are_equal_on_every_tie_line():
    for found, _ in drawn(1, 60):
        twin = twin_of(found.mixture)
        lean, rich = found.logarithms[:, 0], found.logarithms[:, 1]
        assert np.abs(twin.potentials(lean) - twin.potentials(rich)).max() < 1e-10
        assert np.abs(found.tie_lines.sum(axis=2) - 1.0).max() < 1e-12
        gap = np.diff(found.tie_lines[..., 2], axis=1)
        assert gap.min() > 1e-3


@pytest.mark.parametrize("length", [30, 1500, 15_000, 60_000])
@pytest.mark.parametrize("g", [(0.5, 2.5, 0.1), (1.0, 4.0, 0.0), (0.3, 1.0, 0.45)])
def test_no_tie_line_is_lost_however_long_the_chain(length, g):
    found = ternary(chain(length, g), ROOM)
    assert found.logarithms.shape == (200, 2, 3)
    assert np.isfinite(found.logarithms).all()
    twin = twin_of(found.mixture)
    lean, rich = found.logarithms[:, 0], found.logarithms[:, 1]
    gap = twin.potentials(lean) - twin.potentials(rich)
    assert np.abs(gap).max() < 1e-10
    # the lean phase's polymer rises all the way, by hundreds or by ten thousands
    assert (np.diff(lean[:, 2]) > 0.0).all()
    assert lean[0, 2] < -0.2 * length


def test_a_condition_is_met_to_the_last_digits():
    found = ternary(chain(1500), ROOM)
    point = found.on_binodal(np.array([0.0, 0.0, 1.0]), 0.3)
    assert point[2] == pytest.approx(0.3, abs=1e-14)
    lean = found.on_binodal(np.array([0.0, 0.0, 1.0]), 0.5 * found.critical_point[2])
    assert lean[1] > found.critical_point[1]
    assert found.on_binodal(np.array([0.0, 0.0, 1.0]), 0.9999) is None


# ------------------------------------------------ another program, and 50 digits


def cellulose_acetate():
    sheet = TESTS / "data" / "water_acetone_cellulose_acetate.json"
    given = json.loads(sheet.read_text(encoding="utf-8"))
    mass, density = np.array(given["molar_mass"]), np.array(given["density"])
    volumes = 1e-6 * mass / density
    scale = WATER_VOLUME / volumes[0]
    return made(
        volumes,
        [0.661, given["g13"], [0.535, 0.11]],
        rational=[(0.417 * scale, 0.755), (0.0, 0.0), (0.0, 0.0)],
        # one class of liquids: the polymer's pairs then take u = phi_3
        groups=[0, 0, 2],
    )


@pytest.fixture(scope="module")
def acetate():
    return ternary(cellulose_acetate(), ROOM)


def binodal_rows():
    name = "binodal_water_acetone_cellulose_acetate.csv"
    with (TESTS / "data" / name).open(encoding="utf-8", newline="") as stream:
        return [[float(cell) for cell in row] for row in list(csv.reader(stream))[1:]]


def at_rich(found, polymer):
    """The tie line whose rich phase holds so much polymer, as logarithms (2, 3)."""
    nearest = np.abs(found.tie_lines[:, 1, 2] - polymer).argmin()
    weights = np.zeros((2, 3))
    weights[1, 2] = 1.0
    return found.tie_line(weights, polymer, start=found.logarithms[nearest])


def test_the_published_tie_lines_of_cellulose_acetate(acetate):
    rows = binodal_rows()
    assert len(rows) == 337
    assert rows[0][2] < -888.7
    for row in rows:
        lean, rich = at_rich(acetate, row[5])
        assert np.exp(lean[:2]) == pytest.approx(row[:2], abs=1e-6)
        assert np.exp(rich) == pytest.approx(row[3:], abs=1e-6)
        assert lean[2] == pytest.approx(row[2], rel=1e-6)


def test_the_written_potentials_are_the_energy_s_gradient():
    with mp.workdps(50):
        model = WaterAcetoneCelluloseAcetate()
        a = [mpf("0.31"), mpf("0.59"), mpf("0.1")]
        found = model.potentials([mp.log(x) for x in a])
        for k in range(3):

            def along(x, k=k):
                return model.energy([x if i == k else a[i] for i in range(3)])

            assert abs(mp.diff(along, a[k]) - found[k]) < mpf(10) ** -20


def test_residuals_at_50_digits(acetate):
    rng = np.random.default_rng(8)
    written = np.array([row[5] for row in binodal_rows()])
    polymer = rng.uniform(0.03, 0.83, 20)
    assert np.abs(polymer[:, None] - written).min() > 1e-6
    with mp.workdps(50):
        model = WaterAcetoneCelluloseAcetate()
        for share in polymer:
            start = [mpf(float(x)) for x in at_rich(acetate, share).ravel()]

            def residual(*log, share=share):
                lean, rich = model.potentials(log[:3]), model.potentials(log[3:])
                sums = [sum(map(mp.exp, log[:3])) - 1, sum(map(mp.exp, log[3:])) - 1]
                equal = [x - y for x, y in zip(lean, rich, strict=True)]
                return [*equal, *sums, mp.exp(log[5]) - mpf(float(share))]

            assert max(map(abs, residual(*start))) < 1e-13
            exact = mp.findroot(residual, start, tol=mpf(10) ** -60)
            for one, other in zip(exact, start, strict=True):
                assert abs(mp.exp(one) - mp.exp(other)) < 1e-12
                assert abs(one - other) < 1e-10 * max(1, abs(one))


def test_the_critical_point_at_50_digits(acetate):
    """Singular curvature and no third derivative along it, from the energy alone."""
    with mp.workdps(50):
        model = WaterAcetoneCelluloseAcetate()

        def conditions(water, polymer):
            a = [water, 1 - water - polymer, polymer]

            def energy(t, e):
                moved = [a[0] - e[0] - e[1], a[1] + e[0], a[2] + e[1]]
                moved = [x + t * (y - x) for x, y in zip(a, moved, strict=True)]
                return model.energy(moved)

            def second(e, f):
                both = [x + y for x, y in zip(e, f, strict=True)]
                step = mpf(10) ** -12
                one, two, three = (
                    mp.diff(lambda t, d=d: energy(t, d), 0, 2, h=step)
                    for d in (e, f, both)
                )
                return (three - one - two) / 2

            aa, ab, bb = (second(e, f) for e, f in (((1, 0),) * 2, AB, ((0, 1),) * 2))
            null = (-ab / aa, 1)
            return [
                aa * bb - ab * ab,
                mp.diff(lambda t: energy(t, null), 0, 3, h=mpf(10) ** -10),
            ]

        AB = ((1, 0), (0, 1))
        start = [mpf(float(acetate.critical_point[k])) for k in (0, 2)]
        water, polymer = mp.findroot(conditions, start, tol=mpf(10) ** -24)
        exact = np.array([float(x) for x in (water, 1 - water - polymer, polymer)])
    assert acetate.critical_point == pytest.approx(exact, abs=1e-9)


# ------------------------------------------------------------- the critical point


def test_binodal_and_spinodal_touch_at_the_critical_point():
    for found, _ in drawn(2, 30, lines=200):
        if found.critical_point is None:
            continue
        # the middle of the tie lines runs into it, in even powers of their length
        sizes, middle = np.linspace(0.25, 0.6, 8), []
        for size in sizes:
            weights = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
            start = found.logarithms[-1]
            line = found.tie_line(weights, size * found.critical_point[2], start=start)
            middle.append(np.exp(line).mean(axis=0))
        end = np.linalg.lstsq(np.vander(sizes**2, 5), np.array(middle), rcond=None)[0][
            -1
        ]
        assert end == pytest.approx(found.critical_point, abs=1e-6)
        steps = found.spinodal[1:] - found.spinodal[:-1]
        apart = found.critical_point - found.spinodal[:-1]
        share = (apart * steps).sum(axis=1) / (steps * steps).sum(axis=1)
        foot = found.spinodal[:-1] + np.clip(share, 0.0, 1.0)[:, None] * steps
        # straight lines between its points miss a curve by the square of their length
        assert np.abs(foot - found.critical_point).max(axis=1).min() < 1e-3
        assert abs(curvature(found.mixture, found.critical_point)) < 1e-6


def curvature(mixture, point):
    """Determinant of the Hessian over that of ideal mixing."""
    _, h = coexistence.potentials(np.ascontiguousarray(point), **mixture.at(ROOM))
    k = int(np.argmax(point))
    i, j = [n for n in range(3) if n != k]
    minor = h[i, i] * h[j, j] - h[i, j] ** 2
    s = mixture.scaled
    ideal = (
        s[0] * s[1] * point[2] + s[0] * s[2] * point[1] + s[1] * s[2] * point[0]
    ) / (point.prod())
    return minor / point[k] ** 2 / ideal


def test_the_spinodal_has_no_curvature_and_lies_inside_the_binodal():
    for found, _ in drawn(3, 30):
        twin = twin_of(found.mixture)
        inner = found.spinodal[5:-5:7]
        for point in inner:
            assert abs(curvature(found.mixture, point)) < 1e-6
            if found.critical_point is None or (
                np.abs(point - found.critical_point).max() > 0.05
            ):
                phases = found.logarithms.reshape(-1, 3)
                assert distance(twin, phases, point).min() < 0.0
        for line in found.tie_lines[5:-5:9]:
            for point in np.maximum(line, 1e-200):
                assert curvature(found.mixture, point) > 0.0


# ------------------------------------------------------------------ tangent planes


def test_what_lies_inside_demixes_and_what_lies_outside_does_not():
    inside = outside = 0
    for found, rng in drawn(4, 40):
        twin, every = twin_of(found.mixture), trials(found)
        for line in found.tie_lines[rng.integers(0, 55, 6)]:
            share = rng.uniform(0.01, 0.99)
            point = np.maximum(share * line[0] + (1.0 - share) * line[1], 1e-200)
            assert distance(twin, np.log(np.maximum(line, 1e-300)), point).min() < 0.0
            inside += 1
        polygon = found.binodal
        for point in rng.dirichlet([0.6, 1.2, 0.6], 12):
            point = np.maximum(point, 1e-9)
            least = distance(twin, every, point / point.sum()).min()
            if is_within(polygon, point):
                assert least < 0.0
                inside += 1
            else:
                assert least > -1e-9
                outside += 1
    assert inside > 100
    assert outside > 50


def is_within(polygon, point):
    """Whether a composition lies in the gap: a ray crosses its edge an odd time."""
    x, y = (
        np.append(polygon[:, 1], polygon[0, 1]),
        np.append(polygon[:, 2], polygon[0, 2]),
    )
    crossed = (y[1:] > point[2]) != (y[:-1] > point[2])
    at = x[:-1] + (point[2] - y[:-1]) / np.where(crossed, y[1:] - y[:-1], 1.0) * (
        x[1:] - x[:-1]
    )
    return bool(np.count_nonzero(crossed & (at > point[1])) % 2)


def test_the_stability_kernel_sees_the_same_binodal():
    """Far from the critical point its polymer-free lean phase is exact."""
    for found, _ in drawn(5, 25):
        for logs in found.logarithms[3::8]:
            if logs[0, 2] > -120.0:
                continue
            rich = np.exp(logs[1])
            tables = found.mixture.at(ROOM)
            k, lean = coexistence.stability(rich[:2] / rich[2], **tables)
            assert abs(k) < 1e-9
            assert lean == pytest.approx(np.exp(logs[0, :2]), rel=1e-6, abs=1e-9)


def quaternaries(seed, how_many):
    """A nonsolvent, two solvents and a long chain, and compositions of them."""
    rng = np.random.default_rng(seed)
    for _ in range(how_many):
        s = 1.0 / np.array([1.0, *rng.uniform(1.0, 6.0, 2), rng.uniform(500.0, 5000.0)])
        poly = np.zeros((6, 5))
        poly[:, 0] = [
            *(rng.uniform(-0.3, 0.7), rng.uniform(-0.3, 0.7), rng.uniform(-0.1, 0.1)),
            *(rng.uniform(1.5, 3.5), *rng.uniform(-0.05, 0.05, 2)),
        ]
        poly[0, 1] = rng.uniform(-0.1, 0.1)
        tables = {"s": s, "poly": poly, "rational": np.zeros((6, 2))}
        cell = rng.dirichlet([0.8, 1.0, 1.0, 0.8])
        if cell[3] > 0.08:
            yield tables, np.maximum(cell, 1e-6), rng


def test_quaternaries_from_both_sides():
    split = whole = 0
    for tables, cell, rng in quaternaries(6, 150):
        twin = FloryHuggins(**tables)
        cloud = np.concatenate([rng.dirichlet(np.full(4, a), 400) for a in (0.3, 1.0)])
        lean = np.append(rng.dirichlet(np.ones(3), 400), np.full((400, 1), 1e-90), 1)
        every = np.log(np.maximum(np.concatenate([cloud, lean]), 1e-90))
        amounts = cell[:3] / cell[3]
        k, start = coexistence.stability(amounts, **tables)
        if k > 0.0:
            assert distance(twin, every, cell / cell.sum()).min() > -1e-9
            whole += 1
            continue
        begin = 0.1 * amounts.sum() * start / start.sum()
        found = coexistence.flash(amounts, np.minimum(begin, 0.9 * amounts), **tables)
        if found is None:
            continue
        split += 1
        x = found[0]
        rich = np.append(amounts - x, 1.0)
        k_rich, lean = coexistence.stability(amounts - x, **tables)
        assert abs(k_rich) < 1e-9
        rich, lean = rich / rich.sum(), np.append(lean, 1e-90)
        ends = np.log(np.stack([lean, rich]))
        for share in (0.03, 0.3, 0.7, 0.97):
            assert distance(twin, ends, share * lean + (1 - share) * rich).min() < 0.0
        beyond = rich + 0.02 * (rich - lean)
        if (beyond > 0.0).all():
            assert distance(twin, every, beyond).min() > -1e-9
            assert coexistence.stability(beyond[:3] / beyond[3], **tables)[0] > 0.0
    assert split > 20
    assert whole > 15


# ------------------------------------------------------------------ other programs


GOLDEN = TESTS / "reference" / "flory_golden.json"


@pytest.mark.parametrize("row", json.loads(GOLDEN.read_text(encoding="utf-8")))
def test_phases_of_the_package_flory(row):
    volumes = WATER_VOLUME * np.array(row["sizes"])
    table = np.zeros((3, 5, 5))
    table[:, 0, 0] = row["chi"]
    found = ternary(Mixture(NAMES, volumes, table, np.zeros((3, 2))), ROOM)
    lean, rich = np.exp(at_rich(found, row["rich"][2]))
    assert lean == pytest.approx(row["lean"], abs=5e-5)
    assert rich == pytest.approx(row["rich"], abs=5e-5)
    # the mean composition lies on the tie line
    share = (row["mean"][2] - lean[2]) / (rich[2] - lean[2])
    assert (1 - share) * lean + share * rich == pytest.approx(row["mean"], abs=1e-4)


# ------------------------------------------------------------ what has no diagram


@pytest.mark.parametrize(
    ("length", "g", "words"),
    [
        (1000.0, (0.5, 0.3, 0.1), "nonsolvent and polymer mix in all proportions"),
        (1000.0, (2.5, 2.5, 0.1), "nonsolvent and solvent demix without polymer"),
        (5.7, (1.30, 2.76, 0.47), "three phases may coexist"),
    ],
)
def test_systems_without_a_diagram_say_why(length, g, words):
    with pytest.raises(MembranekitError, match=words):
        ternary(chain(length, g, solvent=43.7e-6), ROOM)


def test_a_gap_that_is_open_at_the_solvent_ends_there():
    found = ternary(chain(1000, (0.4, 2.5, 0.8), solvent=18e-6), ROOM)
    assert found.critical_point is None
    assert found.tie_lines[-1, :, 0].max() < 1e-4
    assert found.spinodal[-1, 0] == 0.0
    twin = twin_of(found.mixture)
    lean, rich = found.logarithms[:, 0], found.logarithms[:, 1]
    assert np.abs(twin.potentials(lean) - twin.potentials(rich)).max() < 1e-10


def test_arrays_that_do_not_fit_are_refused():
    tables = chain(100).at(ROOM)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.ternary(
            lines=np.empty((5, 5)),
            spinodal=np.empty((40, 3)),
            critical=np.empty(3),
            **tables,
        )
    with pytest.raises(MembranekitError, match="a nonsolvent, a solvent and a polymer"):
        ternary(
            Mixture(
                ("a", "b"),
                np.array([1e-5, 1e-2]),
                np.zeros((1, 5, 5)),
                np.zeros((1, 2)),
            ),
            ROOM,
        )


def test_a_condition_that_no_tie_line_meets_is_refused():
    found = ternary(chain(100), ROOM)
    weights = np.zeros((2, 3))
    weights[1, 2] = 1.0
    with pytest.raises(MembranekitError, match="no tie line"):
        found.tie_line(weights, 2.0, start=found.logarithms[50])


def test_the_glass_line_holds_the_mixture_s_glass_temperature():
    glass, weights = np.array([136.0, 148.0, 458.15]), np.array([2.0, 2.0, 1.0])
    for end in glass_line(ROOM, glass, weights):
        assert (weights * end) @ glass / (weights @ end) == pytest.approx(ROOM)
    assert glass_line(500.0, glass, weights) is None
    assert glass_line(140.0, glass, weights) is None
