"""Take a prepared run through its steps, and keep what it leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from membranekit import film_setup, units
from membranekit._kernels.film import MESSAGES, TROUBLES, Film
from membranekit.membrane import Moment
from membranekit.prepared import Floats, Run
from membranekit.process import AirExposure, Immersion
from membranekit.sheet import (
    air_notes,
    coacervation_front,
    dry_sheet,
    liquid_on_film,
    peeling_notes,
)
from membranekit.stopping import CTRL_C, Stop
from membranekit.structure import pores

DEFAULT_CELLS = 400
DEFAULT_RTOL = 1e-3
MOST_SAVED = 400


Callback = Callable[[float, Moment], bool]


@dataclass(eq=False)
class _Course:
    """A run on its way: the film, what left it, what was saved of it, why it ended."""

    run: Run
    film: Film
    polymer: Floats
    duration: float
    air_out: Floats
    bath_out: Floats
    saved: list[dict[str, Any]] = field(default_factory=list)
    # tangent-plane distances and binodal times when the air ended
    after_air: tuple[Floats, Floats] | None = None
    # what held next to no membrane polymer then [m]
    liquid: float = 0.0
    # when a bath first met the support side [s]
    peeled: float = math.inf
    message: str = ""
    # when the film was last colder than the dew point [s]
    condensed: float = 0.0
    # the film's own, in the air [K]
    coldest: float = math.inf
    hottest: float = -math.inf
    error: Exception | None = None

    def seen(self, number: int, out: Floats) -> dict[str, Any]:
        """Return the film as it is now, in step `number`, after `out` left by air."""
        species = self.run.model.species
        lost = out * [each.density for each in species]
        return {
            "time": self.film.time,
            "step": number,
            "amounts": self.film.film_amounts(),
            "temperature": self.film.temperature,
            "water_uptake": -sum(
                each for each, one in zip(lost, species, strict=True) if one.is_water
            ),
            "solvent_evaporated": float(lost @ _evaporating(self.run)),
        }

    def note_end_of_air(self) -> None:
        if self.after_air is None:
            self.after_air = self.film.distances(), self.film.clocks()[0][0]
            self.liquid = liquid_on_film(self.polymer, self.film.film_amounts())


def _evaporating(run: Run) -> Floats:
    """Return 1 for each small species that counts as solvent to the air, else 0."""
    return np.array(
        [
            float(each.saturation_pressure is not None and not each.is_water)
            for each in run.model.species
        ]
    )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave, in SI floats, before it is made a membrane."""

    success: bool
    message: str
    notes: tuple[str, ...]
    history: dict[str, Any] | None
    air_out: Floats
    bath_out: Floats
    closure: float
    steps: int
    coacervation_depth: float | None = None
    layer: pores.Layer | None = None
    side: pores.SupportSide | None = None
    edges: Floats | None = None
    depth: Floats | None = None
    pore: Floats | None = None
    # before the support side's are widened
    clock_pore: Floats | None = None
    porosity: Floats | None = None
    shares: Floats | None = None
    front_share: float | None = None
    error: Exception | None = None
    one_phase: bool = False
    # how cold and how hot the film became in the air [K]
    in_air: tuple[float, float] | None = None


def _save_times(start: float, end: float, count: int) -> Floats:
    """Return when to save within a step: dense at its start."""
    return np.asarray(start + (end - start) * np.linspace(0.0, 1.0, count + 1)[1:] ** 2)


def execute(
    run: Run,
    *,
    cells: int = DEFAULT_CELLS,
    rtol: float = DEFAULT_RTOL,
    history: bool = True,
    callback: Callback | None = None,
    stop: Stop | None = None,
    air_only: bool = False,
    one_phase: bool = False,
) -> Outcome:
    """Take one prepared run through its steps.

    Parameters
    ----------
    run : Run
        From `prepare`.
    cells, rtol
        Of the film's grid and the time step's error.
    history : bool
        Keep the film at saved times.
    callback : callable, optional
        Called at the times that a history saves, with the time [s] and the film as a
        `Moment`; True stops the run. What it raises stands in the outcome's `error`.
    stop : Stop, optional
        Ends the run at the kernel's next time step once it is set; a
        KeyboardInterrupt sets it.
    air_only : bool
        Stop before the first bath; what the baths decide is then not given.
    one_phase : bool
        Keep every depth one phase, whose network bears stress past the spinodal, and
        stop before the first bath. There is no sheet then: of what an outcome has
        beyond its exchange with the air, `front_share` alone is given.
    """
    stop = Stop() if stop is None else stop
    film, polymer = film_setup.make_film(run, cells)
    film.watch(stop.flag)
    if one_phase:
        film.keep_one_phase()
    start = film.film_amounts()
    timed = [step for step in run.steps if isinstance(step, (AirExposure, Immersion))]
    durations = [units.to_si(step.time, "time") for step in timed]
    running = [(s, d) for s, d in zip(timed, durations, strict=True) if d > 0.0]
    nothing = np.zeros(run.model.n)
    course = _Course(run, film, polymer, sum(durations), nothing, nothing)
    count = min(60, (MOST_SAVED - 1) // max(len(running), 1) - 1)
    time = 0.0
    for number, (step, duration) in enumerate(running, start=1):
        if (air_only or one_phase) and isinstance(step, Immersion):
            break
        saves = _save_times(time, time + duration, count)
        try:
            _take(course, number, step, saves, rtol, history, callback, stop)
        except KeyboardInterrupt:
            if stop:
                raise
            stop.set()
        if stop and not course.message:
            course.message = f"{CTRL_C} at {film.time:.4g} s"
        if course.message:
            break
        time += duration
    final = film.film_amounts()
    gained = polymer @ (final - start) + course.air_out + course.bath_out
    moved = float(np.abs(course.air_out).sum() + np.abs(course.bath_out).sum())
    volume = float(polymer @ (1.0 + start.sum(axis=1)))
    closure = float(np.abs(gained).max()) / (
        math.sqrt(max(film.steps, 1)) * (volume + moved)
    )
    outcome = Outcome(
        success=not course.message,
        message=course.message,
        notes=(),
        history=_history(course) if history and course.saved else None,
        air_out=course.air_out,
        bath_out=course.bath_out,
        closure=closure,
        steps=int(film.steps),
        error=course.error,
        one_phase=one_phase,
        in_air=(course.coldest, course.hottest) if course.hottest > 0.0 else None,
    )
    if course.message:
        return outcome
    bathed = course.after_air is not None
    course.note_end_of_air()
    if one_phase:
        return replace(outcome, front_share=_front(course) / float(polymer.sum()))
    in_air = sum(
        d for s, d in zip(timed, durations, strict=True) if isinstance(s, AirExposure)
    )
    return _with_sheet(outcome, course, bathed, air_only, in_air)


def _take(
    course: _Course,
    number: int,
    step: AirExposure | Immersion,
    saves: Floats,
    rtol: float,
    history: bool,
    callback: Callback | None,
    stop: Stop,
) -> None:
    """Take a course through one step; its message says why that ended early."""
    film, run = course.film, course.run
    in_air = isinstance(step, AirExposure)
    begun, end = film.time, float(saves[-1])
    base = course.air_out
    if isinstance(step, AirExposure):
        status = film_setup.begin_air(film, run, step)
    else:
        course.note_end_of_air()
        if step.sides == "both":
            course.peeled = min(course.peeled, begun)
        status = film_setup.begin_bath(film, run, step, end - begun)
    before = film.bath_amounts()
    condenses = film_setup.dew_point_test(step)
    try:
        if history:
            course.saved.append(course.seen(number, base))
        for until in saves if status == 0 else ():
            if film.time >= until and until < end:
                continue
            status = film.advance(end, until, rtol=rtol)
            out = base + film.exchanged_amounts() if in_air else base
            if in_air:
                course.coldest = min(course.coldest, film.temperature)
                course.hottest = max(course.hottest, film.temperature)
            if condenses(film.temperature):
                course.condensed = film.time
            if history or callback is not None:
                seen = course.seen(number, out)
                if history:
                    course.saved.append(seen)
                if (
                    callback is not None
                    and not stop
                    and _called(course, callback, seen)
                ):
                    break
            if stop or status > 1:
                break
    finally:
        if in_air:
            course.air_out = base + film.exchanged_amounts()
        else:
            course.bath_out = course.bath_out + (
                film.bath_amounts() + film.exchanged_amounts() - before
            )
    if status > 1 and not stop and not course.message:
        place = "air" if in_air else "a bath"
        course.message = (
            f"{MESSAGES[status]} in {place} at {film.time:.7g} s of "
            f"{course.duration:.4g} s: {TROUBLES.get(film.trouble, 'no reason')} "
            f"({_trouble_spot(film)})"
        )


def _trouble_spot(film: Film) -> str:
    """Say in which cell of the film, or that outside of it, a step failed."""
    if 0 <= film.troubled_cell < film.cells:
        return f"cell {film.troubled_cell + 1} of {film.cells} from the surface"
    return "in the liquid beside the film"


def _called(course: _Course, callback: Callback, seen: dict[str, Any]) -> bool:
    """Show a film to the callback; True: the run ends, for the reason in `message`."""
    time = seen["time"]
    try:
        if callback(time, Moment(_readable(course, seen))):
            course.message = f"stopped by the caller at {time:.4g} s"
    except Exception as error:
        course.error = error
        course.message = (
            f"stopped at {time:.4g} s: the callback raised "
            f"{type(error).__name__}: {error}"
        )
    return bool(course.message)


def _front(course: _Course) -> float:
    """Return the polymer volume above the deepest point that demixed in air [m]."""
    distances, binodal = course.after_air  # type: ignore[misc]
    return coacervation_front(course.polymer, distances, binodal)


def _support_side(
    course: _Course, depth: Floats, thickness: float, front: float, sponge: float
) -> pores.SupportSide:
    """Return the state of the support side of a bathed film."""
    binodal, _, arrest = course.film.clocks()[0]
    fluid = pores.fluid_behind(depth, binodal, arrest)
    if course.peeled < math.inf:
        fluid = 0.0  # the bath comes from below too: no dope feeds voids there
    return pores.support_side_state(
        *(front, thickness, fluid, _dissolved(course.run)),
        limit=course.run.constants["macrovoid_polymer_limit"],
        diameter=sponge,
    )


def _dissolved(run: Run) -> float:
    """Return the mass share of all polymers in the casting solution [1]."""
    density = np.array([each.get("density").at(298.15) for each in run.substances])
    mass = run.amounts * density
    polymeric = np.array([each.polymeric for each in run.model.species])
    matrix = run.model.matrix.density
    return float((matrix + mass[polymeric].sum()) / (matrix + mass.sum()))


def _with_sheet(
    outcome: Outcome, course: _Course, bathed: bool, air_only: bool, in_air: float
) -> Outcome:
    """Return the outcome of a whole course with the dry sheet that it left."""
    run, film, polymer = course.run, course.film, course.polymer
    sheet = dry_sheet(run, film, polymer)
    reached = _front(course)
    dry = np.concatenate([[0.0], np.cumsum(sheet["cell"])])
    held = np.concatenate([[0.0], np.cumsum(polymer)])
    front = float(np.interp(reached, held, dry))
    if outcome.history is not None:
        outcome.history["dry_depth"] = sheet["depth"]
    layer = side = None
    pore = sheet["pore"]
    arrest = film.clocks()[0][2]
    on_support = None if course.peeled == math.inf else arrest < course.peeled
    if not air_only:
        if bathed:
            taken = -sum(
                float(each)
                for each, one in zip(course.air_out, run.model.species, strict=True)
                if one.is_water
            )
            back = run.constants["support_side_pore"] * (
                1.0 + max(taken, 0.0) / run.constants["support_side_uptake"]
            )
            side = _support_side(course, sheet["depth"], float(dry[-1]), front, back)
            pore = pores.support_side(
                *(sheet["depth"], pore, float(dry[-1]), front, side.diameter),
                on_support,
                side.power,
            )
        layer = pores.minimum_pore_layer(dry, sheet["depth"], pore)
    return replace(
        outcome,
        notes=(
            *sheet["notes"],
            *air_notes(
                *(arrest, sheet["depth"], in_air, course.condensed, course.liquid)
            ),
            *peeling_notes(on_support, sheet["cell"], course.peeled),
        ),
        coacervation_depth=front,
        layer=layer,
        side=side,
        edges=dry,
        depth=sheet["depth"],
        pore=pore,
        clock_pore=sheet["pore"],
        porosity=sheet["porosity"],
        shares=held / held[-1],
        front_share=reached / float(held[-1]),
    )


def _readable(course: _Course, seen: dict[str, Any]) -> dict[str, Any]:
    """Return a film, or films along a first axis, with fractions, depths, thickness.

    The last axis is the component.
    """
    run, polymer = course.run, course.polymer
    seen = dict(seen)
    amounts = seen.pop("amounts")
    whole = np.concatenate([amounts, np.ones((*amounts.shape[:-1], 1))], axis=-1)
    names = [each.name for each in run.model.species] + [run.model.matrix.name]
    order = _component_order(run, names)
    total = whole.sum(axis=-1)
    volume = whole / total[..., None]
    density = np.array(
        [each.density for each in run.model.species] + [run.model.matrix.density]
    )
    mass = volume * density
    mass /= mass.sum(axis=-1)[..., None]
    widths = total * polymer
    edges = np.cumsum(widths, axis=-1)
    return {
        **seen,
        "components": tuple(names[k] for k in order),
        "depth": edges - 0.5 * widths,
        "volume_fraction": volume[..., order],
        "mass_fraction": mass[..., order],
        "surface_volume_fraction": volume[..., 0, order],
        "thickness": np.take(edges, -1, axis=-1),
    }


def _history(course: _Course) -> dict[str, Any]:
    """Return the history as plain arrays."""
    names = course.saved[0]
    saved = {name: np.array([one[name] for one in course.saved]) for name in names}
    times = course.film.clocks()[0]
    return {
        **_readable(course, saved),
        "binodal_time": times[0],
        "spinodal_time": times[1],
        "arrest_time": times[2],
        "dry_depth": np.full(course.polymer.size, np.nan),
    }


def _component_order(run: Run, names: list[str]) -> list[int]:
    """Nonsolvent, solvent, polymer, others: water and liquids first."""
    kinds = [each.kind for each in run.substances] + ["polymer"]
    rank = {"solvent": 0, "polymer": 1}
    return sorted(range(len(names)), key=lambda k: (rank.get(kinds[k], 2), k))
