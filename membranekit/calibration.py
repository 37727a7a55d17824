"""Fit what has to be fitted, from the patent's rows marked ``calibrate``.

Nothing here can see a row marked ``predict``: `targets` is the only reader of the data
and drops them before it returns. The shipped constants are the output of `fit`.

References
----------
GB 2 199 786 A, Table 1, Examples 2 and 3; ``membranekit/data/examples.toml``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
import tomli

from membranekit import comparison, library, units
from membranekit.case import read_case
from membranekit.errors import InputError, MembranekitError, MissingExtraError
from membranekit.execution import Outcome, execute
from membranekit.filtration import permeance as filtration
from membranekit.prepared import prepare
from membranekit.structure import pores

CELLS = 200
"""Cells of the film's grid while fitting."""

RTOL = 1e-5
"""Tolerance of the integrator while fitting, whose error is to be in no constant: at
1e-3 it moves them by up to half a percent."""

SURE = 1.05
"""By how much a label of a fitted row is to be met [1]: twice the cells or a tenth of
the tolerance move its margins by 1 to 3 %."""

DECIDED = (
    "minimum_layer_depth",
    "thickness",
    "surface_pore",
    "minimum_pore",
    "back_pore",
    "specific_surface_area",
)
"""What `predicted` gives."""

STEPS = {"mobility": 0.01, "pvp": 0.02, "gelation": 0.01}
"""Grid on which the constants lie that move clocks and thickness together [1]."""

LABEL_WEIGHT = 10.0
"""Weight of a missed label against a diameter's logarithm [1]."""

MOST_ROUGH = 3.0
"""Roughness above which the profile, not the walls, must be wrong [1]; chosen."""

PVP = "PVP K30"

CLOSE = 1e-6
"""Depths closer than this count as met [m]: the patent gives them to a micrometer."""


Place = tuple[str, str]
"""An example and an air time."""


@dataclass(frozen=True)
class Target:
    """One value of a row marked ``calibrate``, in SI; a range by its geometric mean."""

    example: str
    air_time: str
    quantity: str
    value: float


@dataclass(frozen=True)
class Label:
    """The state of the minimum-pore layer in a row marked ``calibrate``."""

    example: str
    air_time: str
    state: str


@dataclass(frozen=True)
class Constants:
    """What is fitted.

    Parameters
    ----------
    mobility : float
        Factor on small molecules' diffusivities in the solution [1].
    pvp : float
        Interaction of either membrane polymer with PVP, per mole of solvent [1].
    gelation : float
        Fraction of PVDF in the polymer-rich phase at which it gels [1].
    water_pvdf : float
        Interaction of water with PVDF in Example 1's set, per mole of water: it fixes
        the cloud point [1]. That of polysulfone is known from cloud points elsewhere.
    pvdf_start, psf_start : float
        Pore diameter at the start [m].
    growth : float
        Speed of pore growth in the reference state [m/s].
    back_pore : float
        Pores at the support without water from the air [m].
    back_uptake : float
        Water taken up in the air that doubles them, volume per area [m].
    roughness : float
        Surface of the walls over that of smooth ones [1].
    """

    mobility: float
    pvp: float
    gelation: float
    water_pvdf: float
    pvdf_start: float
    psf_start: float
    growth: float
    back_pore: float
    back_uptake: float
    roughness: float


START = Constants(
    mobility=0.07,
    pvp=-0.5,
    gelation=0.59,
    water_pvdf=1.5236,
    pvdf_start=5e-8,
    psf_start=1.7052e-07,
    growth=3.997e-08,
    back_pore=9.471e-07,
    back_uptake=3.172e-07,
    roughness=3.0,
)


def rows(text: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that may be fitted to, each with its example, and no others.

    Parameters
    ----------
    text : str, optional
        The data as TOML; default the shipped file.
    """
    if text is None:
        place = files("membranekit") / "data" / "examples.toml"
        text = place.read_text(encoding="utf-8")
    return [
        (example, row)
        for example, table in tomli.loads(text).items()
        if example.startswith("example")
        for row in table.get("rows", ())
        if row.get("role") == "calibrate" and "air_time" in row
    ]


def targets(text: str | None = None) -> list[Target]:
    """Return the lengths, and the specific surface, that may be fitted to.

    Examples
    --------
    >>> sorted({(each.example, each.air_time) for each in targets()})[:2]
    [('example1', '0 s'), ('example1', '2 s')]
    """
    found = []
    for example, row in rows(text):
        for quantity, given in row.items():
            value = _length(given)
            if quantity == "specific_surface_area":
                value = 1e3 * float(given.removesuffix(" m**2/g"))
            if value is not None:
                found.append(Target(example, row["air_time"], quantity, value))
    return found


def labels(text: str | None = None) -> list[Label]:
    """Return the states that may be fitted to.

    Examples
    --------
    >>> [each.state for each in labels()]
    ['surface', 'inside', 'inside', 'inside', 'inside']
    """
    return [
        Label(example, row["air_time"], row["minimum_layer"])
        for example, row in rows(text)
        if "minimum_layer" in row
    ]


def _length(given: Any) -> float | None:
    """Return a length or the geometric mean of a range of lengths; None: no length."""
    if not isinstance(given, str) or not given.endswith(" um"):
        return None
    ends = [float(end) for end in given.removesuffix(" um").split("..")]
    return 1e-6 * math.sqrt(ends[0] * ends[-1])


def run(example: str, air_time: str, constants: Constants) -> Outcome:
    """Return the outcome of one run of a shipped case with these constants.

    Raises
    ------
    MembranekitError
        If the run does not succeed.
    """
    found = read_case(example).replace({"air.time": air_time}).runs[0]
    polymer = found.solution.polymer
    pvdf = polymer.has("gelation_fraction")
    start = constants.pvdf_start if pvdf else constants.psf_start
    changed = polymer.replace(start_pore_diameter=units.make(start, "m"))
    if pvdf:
        gels = units.make(100.0 * constants.gelation, "percent")
        changed = changed.replace(gelation_fraction=gels)
    parts = {
        (changed if each.name == polymer.name else each): mass
        for each, mass in found.solution._masses
    }
    names = [each.name for each in found.solution.components]
    names += [] if "water" in names else ["water"]
    interactions = library.interaction_set(names, home=library.BUILTIN)
    changes = {("water", polymer.name): constants.water_pvdf} if pvdf else {}
    if PVP in names:
        changes[polymer.name, PVP] = constants.pvp
    for pair, value in changes.items():
        interactions = interactions.with_pair(
            *pair, value, source="fitted: by the calibration", basis="fitted"
        )
    solution = type(found.solution).from_parts(
        parts,
        temperature=found.solution.temperature,
        extra=(replace(interactions, preferred=True, name="calibration"),),
        interactions="calibration",
    )
    prepared = prepare(
        solution,
        found.process,
        {
            "small_molecule_mobility": constants.mobility,
            "growth_speed": constants.growth,
            "support_side_pore": constants.back_pore,
            "support_side_uptake": constants.back_uptake,
        },
    )
    outcome = execute(prepared, cells=CELLS, rtol=RTOL, history=False)
    if not outcome.success:
        raise MembranekitError(f"{example}, {air_time}: {outcome.message}")
    return outcome


def fit(
    data: str | None = None,
    start: Constants = START,
    report: Callable[[str], None] | None = None,
) -> Constants:
    """Fit all constants and return them.

    Mobility, the interaction of PVP with the membrane polymers and the fraction at
    which PVDF gels lie on the grid of `STEPS`: each point is fitted by `fit_at`, and
    the search ends where no neighbor has a smaller `misfit`.

    Parameters
    ----------
    data : str, optional
        The data as TOML text; default the shipped file.
    start : Constants
        Where to begin.
    report : callable, optional
        Receives a line per constant or two.

    Raises
    ------
    MissingExtraError
        Without scipy.
    """
    known, states = targets(data), labels(data)
    best, least = fit_at(known, states, start, report)
    tried = {_grid(best)}
    moved = True
    while moved:
        moved = False
        for name, step in STEPS.items():
            for way in (-step, step):
                value = round(getattr(best, name) + way, 6)
                trial = replace(best, **{name: value})
                if _grid(trial) in tried:
                    continue
                tried.add(_grid(trial))
                trial, off = fit_at(known, states, trial, report)
                if off < least:
                    best, least, moved = trial, off, True
    return best


def _grid(constants: Constants) -> tuple[float, ...]:
    return tuple(getattr(constants, name) for name in STEPS)


def fit_at(
    known: Sequence[Target],
    states: Sequence[Label],
    start: Constants,
    report: Callable[[str], None] | None = None,
) -> tuple[Constants, float]:
    """Fit all constants but those of `STEPS`; return them and their `misfit`.

    Two depths of Example 1 fix the water/PVDF interaction; the surface at 0 s the start
    of PVDF's pores; the finest pores of Examples 2 and 3 that of polysulfone's; the
    surface pores the growth; and start and growth must also keep the labels of the rows
    that say "inside". The support side's pores of Example 1 fix their own law, and
    Example 3's specific surface the roughness, 3 at most. Each in turn: none that comes
    later moves what was fitted before. A point at which a run fails has an infinite
    misfit.

    Parameters
    ----------
    known, states : sequence of Target, Label
        From `targets` and `labels`.
    start : Constants
        Where to begin.
    report : callable, optional
        Receives a line per constant or two.

    Raises
    ------
    MissingExtraError
        Without scipy.
    """
    places = [(each.example, each.air_time) for each in (*known, *states)]
    try:
        now = fit_cloud_point(known, start, report)
        found = shapes(places, now)
    except (InputError, MissingExtraError):
        raise
    except MembranekitError as error:
        if report is not None:
            report(f"no fit: {error}")
        return start, math.inf
    now = fit_structure(known, states, found, now, report)
    off = misfit(known, states, found, now)
    if report is not None:
        report(f"misfit {off:.4f}")
    return now, off


def misfit(
    known: Iterable[Target],
    states: Iterable[Label],
    found: Mapping[Place, Shape],
    constants: Constants,
) -> float:
    """Return the root mean square error, each logarithm over that of its gate [1].

    Gates are those of `comparison.gate_of`; labels count as in `label_errors`. Where no
    front forms that should, it is infinite.
    """
    errors = []
    for each in known:
        if each.quantity in DECIDED:
            value = predicted(each, found, constants) + CLOSE * (not each.value)
            if not value > 0.0:
                return math.inf
            table = comparison.TABLES[each.example]
            gate = comparison.gate_of(
                (table, each.air_time, each.quantity), "calibrate"
            )
            widest = 1.0 + gate.target if gate.measure == "relative" else gate.target
            off = math.log(value / (each.value or CLOSE))
            errors.append(off / math.log(widest))
    for state in states:
        if state.state == "inside":
            errors += label_errors(state, found, constants)
    return math.sqrt(sum(each**2 for each in errors) / len(errors))


def fit_cloud_point(
    known: Sequence[Target],
    start: Constants = START,
    report: Callable[[str], None] | None = None,
) -> Constants:
    """Fit the interaction of water with PVDF to depths, and nothing else.

    Parameters
    ----------
    known : sequence of Target
        From `targets`.
    start : Constants
        Where to begin; all but the one interaction stays.
    report : callable, optional
        Receives a line.

    Raises
    ------
    MissingExtraError
        Without scipy.
    """
    (least_squares,) = _scipy("least_squares")
    every = _of(known, "example1", "minimum_layer_depth")
    depths = [each for each in every if each.value]
    now = start

    def off(each: Target, trial: Constants) -> float:
        found = run(each.example, each.air_time, trial).coacervation_depth or 0.0
        return math.log((found + CLOSE) / (each.value + CLOSE))

    def depth_errors(x: Any) -> list[float]:
        trial = replace(now, water_pvdf=float(x[0]))
        return _in_threads(lambda each: off(each, trial), depths)

    solved = least_squares(
        depth_errors,
        [now.water_pvdf],
        bounds=([1.0], [2.2]),
        diff_step=3e-3,
        x_scale=[0.05],
        xtol=1e-4,
        ftol=1e-5,
        max_nfev=12,
    )
    now = replace(now, water_pvdf=float(solved.x[0]))
    _tell(report, "depths of Example 1", now)
    return now


def fit_structure(
    known: Sequence[Target],
    states: Sequence[Label],
    found: Mapping[Place, Shape],
    now: Constants,
    report: Callable[[str], None] | None = None,
) -> Constants:
    """Fit pores, support side and roughness to runs that are already there.

    Pores are a start plus growth times an integral, widened towards the support by a
    law of the water taken up: one run of each row serves all, and the fit itself takes
    milliseconds.

    Parameters
    ----------
    known, states : sequence of Target, Label
        From `targets` and `labels`.
    found : mapping
        From `shapes`, at the cloud points of `now`.
    now : Constants
        Where to begin.
    report : callable, optional
        Receives a line per constant or two.

    Raises
    ------
    MissingExtraError
        Without scipy.
    """
    (least_squares,) = _scipy("least_squares")
    inside = [each for each in states if each.state == "inside"]
    finest = _of(known, "example2", "minimum_pore")
    finest += _of(known, "example3", "minimum_pore")
    every = _of(known, "example1", "surface_pore")
    start_row = next(each for each in every if each.air_time == "0 s")
    surface = [each for each in every if each is not start_row]
    surface += _of(known, "example3", "surface_pore")
    backs = _of(known, "example1", "back_pore")
    area = next(each for each in known if each.quantity == "specific_surface_area")
    now = replace(now, pvdf_start=start_row.value)

    def back_errors(x: Any) -> list[float]:
        trial = replace(now, back_pore=math.exp(x[0]), back_uptake=math.exp(x[1]))
        return [
            math.log(support_side(found[e.example, e.air_time], trial) / e.value)
            for e in backs
        ]

    solved = least_squares(
        back_errors, [math.log(now.back_pore), math.log(now.back_uptake)]
    )
    now = replace(
        now,
        back_pore=float(math.exp(solved.x[0])),
        back_uptake=float(math.exp(solved.x[1])),
    )
    _tell(report, "support side", now)

    def pore_errors(x: Any) -> list[float]:
        trial = replace(now, growth=math.exp(x[0]), psf_start=math.exp(x[1]))
        errors = [math.log(predicted(e, found, trial) / e.value) for e in surface]
        errors += [math.log(predicted(e, found, trial) / e.value) for e in finest]
        for each in inside:
            errors += label_errors(each, found, trial)
        return errors

    solved = least_squares(pore_errors, [math.log(now.growth), math.log(now.psf_start)])
    now = replace(
        now,
        growth=float(math.exp(solved.x[0])),
        psf_start=float(math.exp(solved.x[1])),
    )
    _tell(report, "pores", now)
    smooth = predicted(area, found, replace(now, roughness=1.0))
    now = replace(now, roughness=min(area.value / smooth, MOST_ROUGH))
    _tell(report, "surface", now)
    return now


@dataclass(frozen=True)
class Shape:
    """What one run gives to the pore fits: the growth integral [s] and its place."""

    edges: Any
    depth: Any
    integral: Any
    front: float
    uptake: float
    porosity: Any


def shapes(
    places: Iterable[Place], constants: Constants, *, workers: int = 2
) -> dict[Place, Shape]:
    """Return the shape of each place's run, once each.

    Parameters
    ----------
    places : iterable of (str, str)
        Examples and air times.
    constants : Constants
        Their cloud points and mobility count, and no more.
    workers : int
        How many runs to compute at once.
    """
    once = list(dict.fromkeys(places))
    found = _in_threads(lambda place: _shape(place, constants), once, workers)
    return dict(zip(once, found, strict=True))


def _shape(place: Place, constants: Constants) -> Shape:
    """Return the growth integral of one run, and the water it took up [m]."""
    found = run(*place, constants)
    begin = constants.pvdf_start if place[0] == "example1" else constants.psf_start
    # the first species is water: `prepare` puts it there
    return Shape(
        found.edges,
        found.depth,
        (np.asarray(found.clock_pore) - begin) / constants.growth,
        found.coacervation_depth or 0.0,
        max(-float(found.air_out[0]), 0.0),
        found.porosity,
    )


def support_side(shape: Shape, constants: Constants) -> float:
    """Return the pores at the support of a sponge [m]."""
    return constants.back_pore * (1.0 + shape.uptake / constants.back_uptake)


def profile(
    place: Place, found: Mapping[Place, Shape], constants: Constants
) -> tuple[Any, Any, Any]:
    """Return edges, depths and pores of a run's dry sheet with these constants [m]."""
    shape = found[place]
    begin = constants.pvdf_start if place[0] == "example1" else constants.psf_start
    pore = pores.support_side(
        shape.depth,
        begin + constants.growth * shape.integral,
        float(shape.edges[-1]),
        shape.front,
        support_side(shape, constants),
    )
    return shape.edges, shape.depth, pore


def predicted(
    each: Target, found: Mapping[Place, Shape], constants: Constants
) -> float:
    """Return what these constants give for one value, in SI.

    Raises
    ------
    InputError
        If it is not one that the structure gives.
    """
    place = each.example, each.air_time
    if each.quantity == "back_pore":
        return support_side(found[place], constants)
    if each.quantity == "minimum_layer_depth":
        return found[place].front
    edges, depth, pore = profile(place, found, constants)
    if each.quantity == "thickness":
        return float(edges[-1])
    if each.quantity == "surface_pore":
        return float(pore[0])
    if each.quantity == "minimum_pore":
        # of the upper two thirds: not the support side's
        return float(pore[depth < 2.0 / 3.0 * edges[-1]].min())
    if each.quantity == "specific_surface_area":
        smooth = _smooth_surface(found[place], pore)
        return constants.roughness * smooth
    raise InputError(f"{each.quantity}: the structure does not give it")


def label_errors(
    each: Label, found: Mapping[Place, Shape], constants: Constants
) -> list[float]:
    """Return by how much a layer misses being inside, in two logarithms, weighted."""
    layer = pores.minimum_pore_layer(
        *profile((each.example, each.air_time), found, constants)
    )
    short = SURE * pores.SCATTER / layer.margins["surface"]
    wide = layer.margins["zone"] * SURE / pores.SHARE
    return [LABEL_WEIGHT * math.log(max(part, 1.0)) for part in (short, wide)]


def _smooth_surface(shape: Shape, pore: Any) -> float:
    """Return the specific surface of smooth walls of polysulfone [m2/kg]."""
    edges, depth, porosity = shape.edges, shape.depth, shape.porosity
    return filtration.specific_surface_area(
        np.concatenate([[edges[0]], depth, [edges[-1]]]),
        np.concatenate([[porosity[0]], porosity, [porosity[-1]]]),
        np.concatenate([[pore[0]], pore, [pore[-1]]]),
        library.builtin("PSF").get("density").at(298.15),
    )


def _of(known: Iterable[Target], example: str, quantity: str) -> list[Target]:
    return [
        each for each in known if each.example == example and each.quantity == quantity
    ]


def _scipy(*names: str) -> list[Any]:
    try:
        from scipy import optimize
    except ImportError as error:
        raise MissingExtraError(
            'fitting needs scipy: pip install "membranekit[fit]"'
        ) from error
    return [getattr(optimize, name) for name in names]


def _tell(report: Callable[[str], None] | None, what: str, now: Constants) -> None:
    if report is not None:
        report(f"{what}: {now}")


def _in_threads(
    one: Callable[[Any], Any], items: Sequence[Any], workers: int = 2
) -> list[Any]:
    """Return what `one` gives for each item; the kernel runs without the lock."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, items))
