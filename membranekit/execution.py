"""Take a prepared run through its steps, and keep what it leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from membranekit import film_setup, units
from membranekit._kernels.film import MESSAGES, TROUBLES, Film
from membranekit.prepared import Floats, Run
from membranekit.process import AirExposure, Immersion
from membranekit.sheet import (
    air_notes,
    coacervation_front,
    dry_sheet,
    peeling_notes,
)
from membranekit.structure import pores

DEFAULT_CELLS = 400
DEFAULT_RTOL = 1e-3
MOST_SAVED = 400


@dataclass(eq=False)
class _Record:
    """What a run leaves behind while it goes."""

    time: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    amounts: list[Floats] = field(default_factory=list)
    temperature: list[float] = field(default_factory=list)
    uptake: list[float] = field(default_factory=list)
    evaporated: list[float] = field(default_factory=list)


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
    edges: Floats | None = None
    depth: Floats | None = None
    pore: Floats | None = None
    porosity: Floats | None = None
    shares: Floats | None = None
    front_share: float | None = None


def _save_times(start: float, end: float, count: int) -> Floats:
    """Return when to save within a step: dense at its start."""
    return np.asarray(start + (end - start) * np.linspace(0.0, 1.0, count + 1)[1:] ** 2)


def execute(
    run: Run,
    *,
    cells: int = DEFAULT_CELLS,
    rtol: float = DEFAULT_RTOL,
    history: bool = True,
    callback: Callable[[float, Any], bool] | None = None,
    air_only: bool = False,
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
        Called with the time [s] and the film's amounts; True stops the run.
    air_only : bool
        Stop before the first bath; what the baths decide is then not given.
    """
    film, polymer = film_setup.make_film(run, cells)
    n = run.model.n
    start = film.film_amounts()
    volume = float(polymer @ (1.0 + start.sum(axis=1)))
    timed = [step for step in run.steps if isinstance(step, (AirExposure, Immersion))]
    durations = [units.to_si(step.time, "time") for step in timed]
    running = [(s, d) for s, d in zip(timed, durations, strict=True) if d > 0.0]
    each = min(60, (MOST_SAVED - 1) // max(len(running), 1) - 1)
    record = _Record()
    air_out, bath_out = np.zeros(n), np.zeros(n)
    water = next((i for i in range(n) if run.model.species[i].is_water), None)
    density = np.array([s.density for s in run.model.species])
    solvents = np.array(
        [
            float(s.saturation_pressure is not None and not s.is_water)
            for s in run.model.species
        ]
    )

    def save(number: int, out: Floats) -> None:
        if not history:
            return
        record.time.append(film.time)
        record.step.append(number)
        record.amounts.append(film.film_amounts())
        record.temperature.append(film.temperature)
        record.uptake.append(0.0 if water is None else -out[water] * density[water])
        record.evaporated.append(float(out * density @ solvents))

    message = ""
    distances: Floats | None = None
    clock_at_bath: Floats | None = None
    peeled = math.inf
    time = 0.0
    for number, (step, duration) in enumerate(running, start=1):
        in_air = isinstance(step, AirExposure)
        if not in_air and distances is None:
            if air_only:
                break
            distances = film.distances()
            clock_at_bath = film.clocks()[0][0]
        end = time + duration
        if in_air:
            status = film_setup.begin_air(film, run, step)
            before = np.zeros(n)
        else:
            if step.sides == "both":
                peeled = min(peeled, time)
            status = film_setup.begin_bath(film, run, step, duration)
            before = film.bath_amounts()
        base = np.array(air_out)
        save(number, base)
        for until in _save_times(time, end, each) if status == 0 else ():
            if film.time >= until and until < end:
                continue
            status = film.advance(end, until, rtol=rtol)
            out = base + film.exchanged_amounts() if in_air else base
            save(number, out)
            if callback is not None and callback(film.time, film.film_amounts()):
                message = f"stopped by the caller at {film.time:.4g} s"
                break
            if status > 1:
                break
        if in_air:
            air_out = air_out + film.exchanged_amounts()
        else:
            bath_out = bath_out + (
                film.bath_amounts() + film.exchanged_amounts() - before
            )
        if status > 1:
            place = "air" if in_air else "a bath"
            message = (
                f"{MESSAGES[status]} in {place} at {film.time:.7g} s of "
                f"{sum(durations):.4g} s: {TROUBLES.get(film.trouble, 'no reason')} "
                f"(cell {film.troubled_cell + 1} of {cells} from the surface)"
            )
        if message:
            break
        time = end
    bathed = distances is not None
    if distances is None:
        distances = film.distances()
        clock_at_bath = film.clocks()[0][0]
    final = film.film_amounts()
    gained = polymer @ (final - start) + air_out + bath_out
    moved = float(np.abs(air_out).sum() + np.abs(bath_out).sum())
    closure = float(np.abs(gained).max()) / (
        math.sqrt(max(film.steps, 1)) * (volume + moved)
    )
    common = {
        "notes": (),
        "air_out": air_out,
        "bath_out": bath_out,
        "closure": closure,
        "steps": int(film.steps),
    }
    saved = _history(run, film, polymer, record) if history else None
    if message:
        return Outcome(False, message, history=saved, **common)
    sheet = dry_sheet(run, film, polymer)
    reached = coacervation_front(polymer, distances, np.asarray(clock_at_bath))
    dry = np.concatenate([[0.0], np.cumsum(sheet["cell"])])
    held = np.concatenate([[0.0], np.cumsum(polymer)])
    front = float(np.interp(reached, held, dry))
    if saved is not None:
        saved["dry_depth"] = sheet["depth"]
    layer = None
    pore = sheet["pore"]
    on_support = None if peeled == math.inf else film.clocks()[0][2] < peeled
    if not air_only:
        if bathed:
            taken = 0.0 if water is None else max(-float(air_out[water]), 0.0)
            back = run.constants["support_side_pore"] * (
                1.0 + taken / run.constants["support_side_uptake"]
            )
            pore = pores.support_side(
                sheet["depth"], pore, float(dry[-1]), front, back, on_support
            )
        layer = pores.minimum_pore_layer(dry, sheet["depth"], pore)
    in_air = sum(
        d for s, d in zip(timed, durations, strict=True) if isinstance(s, AirExposure)
    )
    common["notes"] = (
        *sheet["notes"],
        *air_notes(film.clocks()[0][2], sheet["depth"], in_air),
        *peeling_notes(on_support, sheet["cell"], peeled),
    )
    return Outcome(
        True,
        "",
        history=saved,
        coacervation_depth=front,
        layer=layer,
        edges=dry,
        depth=sheet["depth"],
        pore=pore,
        porosity=sheet["porosity"],
        shares=held / held[-1],
        front_share=reached / float(held[-1]),
        **common,
    )


def _history(run: Run, film: Film, polymer: Floats, record: _Record) -> dict[str, Any]:
    """Return the history as plain arrays; the last axis is the component."""
    amounts = np.array(record.amounts)
    whole = np.concatenate([amounts, np.ones((*amounts.shape[:2], 1))], axis=2)
    names = [each.name for each in run.model.species] + [run.model.matrix.name]
    order = _component_order(run, names)
    total = whole.sum(axis=2)
    volume = whole / total[:, :, None]
    density = np.array(
        [each.density for each in run.model.species] + [run.model.matrix.density]
    )
    mass = volume * density
    mass /= mass.sum(axis=2)[:, :, None]
    widths = total * polymer
    edges = np.cumsum(widths, axis=1)
    times = film.clocks()[0]
    return {
        "time": np.array(record.time),
        "step": np.array(record.step),
        "components": tuple(names[k] for k in order),
        "depth": edges - 0.5 * widths,
        "volume_fraction": volume[:, :, order],
        "mass_fraction": mass[:, :, order],
        "surface_volume_fraction": volume[:, 0, order],
        "temperature": np.array(record.temperature),
        "thickness": edges[:, -1],
        "water_uptake": np.array(record.uptake),
        "solvent_evaporated": np.array(record.evaporated),
        "binodal_time": times[0],
        "spinodal_time": times[1],
        "arrest_time": times[2],
        "dry_depth": np.full(polymer.size, np.nan),
    }


def _component_order(run: Run, names: list[str]) -> list[int]:
    """Nonsolvent, solvent, polymer, others: water and liquids first."""
    kinds = [each.kind for each in run.substances] + ["polymer"]
    rank = {"solvent": 0, "polymer": 1}
    return sorted(range(len(names)), key=lambda k: (rank.get(kinds[k], 2), k))
