"""Fit what has to be fitted, from the patent's rows marked ``calibrate``.

Nothing here can see a row marked ``predict``: `targets` is the only reader of the data
and drops them before it returns. The shipped constants are the output of `fit`.

References
----------
GB 2 199 786 A, Table 1, Examples 2 and 3; ``membranekit/data/examples.toml``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
import tomli

from membranekit import library, units
from membranekit.case import read_case
from membranekit.errors import MembranekitError, MissingExtraError
from membranekit.execution import Outcome, execute
from membranekit.filtration import permeance as filtration
from membranekit.prepared import prepare
from membranekit.structure import pores

CELLS = 200
"""Cells of the film's grid while fitting."""

SURE = 1.05
"""By how much a label of a fitted row is to be met [1]: twice the cells or a tenth of
the tolerance move its margins by 1 to 3 %."""

LABEL_WEIGHT = 10.0
"""Weight of a missed label against a diameter's logarithm [1]."""

MOST_ROUGH = 3.0
"""Roughness above which the profile, not the walls, must be wrong [1]; chosen."""

CLOSE = 1e-6
"""Depths closer than this count as met [m]: the patent gives them to a micrometer."""


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
        Factor on small molecules' diffusivities in the solution [1]. Held: the depths
        of one dope fix only a combination of it and of the cloud point.
    water_pvdf, water_psf : float
        Interaction of water with either polymer in the assembled sets, per mole of
        water: each fixes a cloud point [1].
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
    water_pvdf: float
    water_psf: float
    pvdf_start: float
    psf_start: float
    growth: float
    back_pore: float
    back_uptake: float
    roughness: float


START = Constants(
    0.2, 1.6746, 2.2830, 5e-8, 1.6016e-7, 4.973e-8, 9.470e-7, 3.3093e-7, 3.0
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
    changed = polymer.replace(
        start_pore_diameter=units.make(
            constants.pvdf_start if pvdf else constants.psf_start, "m"
        )
    )
    parts = {
        (changed if each.name == polymer.name else each): mass
        for each, mass in found.solution._masses
    }
    names = [each.name for each in found.solution.components]
    names += [] if "water" in names else ["water"]
    interactions = library.interaction_set(names).with_pair(
        "water",
        polymer.name,
        constants.water_pvdf if pvdf else constants.water_psf,
        source="calibration",
        basis="fitted",
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
    outcome = execute(prepared, cells=CELLS, history=False)
    if not outcome.success:
        raise MembranekitError(f"{example}, {air_time}: {outcome.message}")
    return outcome


def fit(
    data: str | None = None,
    start: Constants = START,
    report: Callable[[str], None] | None = None,
) -> Constants:
    """Fit all constants and return them.

    Depths fix the water/PVDF interaction (two rows of Example 1) and the
    water/polysulfone interaction (Example 2, 4 s); the surface at 0 s the start of
    PVDF's pores; the finest pores of Examples 2 and 3 that of polysulfone's; the
    surface pores the growth; and start and growth must also keep the labels of the rows
    that say "inside". The support side's pores of Example 1 fix their own law, and
    Example 3's specific surface the roughness, 3 at most. Each in turn: none that comes
    later moves what was fitted before.

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
    try:
        from scipy.optimize import brentq, least_squares
    except ImportError as error:
        raise MissingExtraError(
            'fitting needs scipy: pip install "membranekit[fit]"'
        ) from error
    known_rows = targets(data)
    inside = [each for each in labels(data) if each.state == "inside"]

    def of(example: str, quantity: str) -> list[Target]:
        return [
            each
            for each in known_rows
            if each.example == example and each.quantity == quantity
        ]

    depths = [each for each in of("example1", "minimum_layer_depth") if each.value]
    other = of("example2", "minimum_layer_depth")[0]
    finest = of("example2", "minimum_pore") + of("example3", "minimum_pore")
    start_row = next(e for e in of("example1", "surface_pore") if e.air_time == "0 s")
    surface = [e for e in of("example1", "surface_pore") if e is not start_row]
    surface += of("example3", "surface_pore")
    backs = of("example1", "back_pore")
    area = next(e for e in known_rows if e.quantity == "specific_surface_area")
    now = replace(start, pvdf_start=start_row.value)

    def tell(what: str) -> None:
        if report is not None:
            report(f"{what}: {now}")

    def off(each: Target, trial: Constants) -> float:
        found = run(each.example, each.air_time, trial).coacervation_depth or 0.0
        return math.log((found + CLOSE) / (each.value + CLOSE))

    solved = least_squares(
        lambda x: [off(e, replace(now, water_pvdf=float(x[0]))) for e in depths],
        [now.water_pvdf],
        bounds=([1.0], [2.2]),
        diff_step=3e-3,
        x_scale=[0.05],
        xtol=1e-4,
        ftol=1e-5,
        max_nfev=12,
    )
    now = replace(now, water_pvdf=float(solved.x[0]))
    tell("depths of Example 1")
    psf = _root(
        brentq, lambda g: off(other, replace(now, water_psf=g)), now.water_psf, 0.02
    )
    now = replace(now, water_psf=psf)
    tell("depth of Example 2")
    # Pores are start + growth times an integral, widened towards the support by a law
    # of the water taken up: one run of each row serves all that is left.
    shapes = {
        (each.example, each.air_time): _shape(each, now)
        for each in [*surface, *finest, *inside, *backs, area]
    }

    def back_errors(x: Any) -> Any:
        return [
            math.log(
                math.exp(x[0])
                * (1.0 + shapes[e.example, e.air_time].uptake / math.exp(x[1]))
                / e.value
            )
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
    tell("support side")

    def profile(each: Target | Label, trial: Constants) -> tuple[Any, Any, Any]:
        shape = shapes[each.example, each.air_time]
        begin = trial.pvdf_start if each.example == "example1" else trial.psf_start
        pore = pores.support_side(
            shape.depth,
            begin + trial.growth * shape.integral,
            float(shape.edges[-1]),
            shape.front,
            trial.back_pore * (1.0 + shape.uptake / trial.back_uptake),
        )
        return shape.edges, shape.depth, pore

    def pore_errors(x: Any) -> Any:
        trial = replace(now, growth=math.exp(x[0]), psf_start=math.exp(x[1]))
        errors = [math.log(profile(e, trial)[2][0] / e.value) for e in surface]
        errors += [math.log(_finest(*profile(e, trial)) / e.value) for e in finest]
        for each in inside:
            layer = pores.minimum_pore_layer(*profile(each, trial))
            short = SURE * pores.SCATTER / layer.margins["surface"]
            errors.append(LABEL_WEIGHT * max(math.log(short), 0.0))
            wide = layer.margins["zone"] * SURE / pores.SHARE
            errors.append(LABEL_WEIGHT * max(math.log(wide), 0.0))
        return errors

    solved = least_squares(pore_errors, [math.log(now.growth), math.log(now.psf_start)])
    now = replace(
        now,
        growth=float(math.exp(solved.x[0])),
        psf_start=float(math.exp(solved.x[1])),
    )
    tell("pores")
    smooth = _smooth_surface(shapes[area.example, area.air_time], profile(area, now)[2])
    now = replace(now, roughness=min(area.value / smooth, MOST_ROUGH))
    tell("surface")
    return now


@dataclass(frozen=True)
class _Shape:
    """What one run gives to the pore fits: the growth integral [s] and its place."""

    edges: Any
    depth: Any
    integral: Any
    front: float
    uptake: float
    porosity: Any


def _shape(each: Target | Label, constants: Constants) -> _Shape:
    """Return the growth integral of one run, and the water it took up [m]."""
    # with pores of no width at the support nothing is widened
    unit = replace(constants, growth=1e-12, back_pore=1e-12)
    found = run(each.example, each.air_time, unit)
    begin = constants.pvdf_start if each.example == "example1" else constants.psf_start
    # the first species is water: `prepare` puts it there
    return _Shape(
        found.edges,
        found.depth,
        (np.asarray(found.pore) - begin) / 1e-12,
        found.coacervation_depth or 0.0,
        max(-float(found.air_out[0]), 0.0),
        found.porosity,
    )


def _smooth_surface(shape: _Shape, pore: Any) -> float:
    """Return the specific surface of smooth walls of polysulfone [m2/kg]."""
    edges, depth, porosity = shape.edges, shape.depth, shape.porosity
    return filtration.specific_surface_area(
        np.concatenate([[edges[0]], depth, [edges[-1]]]),
        np.concatenate([[porosity[0]], porosity, [porosity[-1]]]),
        np.concatenate([[pore[0]], pore, [pore[-1]]]),
        library.lookup("PSF").get("density").at(298.15),
    )


def _finest(edges: Any, depth: Any, pore: Any) -> float:
    """Return the finest pore of the upper two thirds: not the support side's."""
    upper = depth < 2.0 / 3.0 * edges[-1]
    return float(pore[upper].min())


def _root(
    solver: Callable[..., Any],
    function: Callable[[float], float],
    x: float,
    step: float,
) -> float:
    """Return a root near x, bracketed by steps of growing width."""
    low, high = x, x
    f_low = f_high = function(x)
    for _ in range(12):
        if f_low * f_high <= 0.0 and low != high:
            return float(solver(function, low, high, xtol=1e-4))
        low, high, step = low - step, high + step, 1.5 * step
        f_low, f_high = function(low), function(high)
    raise MembranekitError("the fit found no constant that meets its rows")
