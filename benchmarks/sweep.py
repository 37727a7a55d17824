"""Run quasi-random cases over the window and say how each ended.

``python benchmarks/sweep.py [--cases 2000] [--seed N] [--workers 2] [--only K]
[--fronts CELLS]``

A scrambled Sobol sequence spans what a user may cast: every set of interactions that
holds water, a solvent and a membrane polymer, 2 to 8 components, 5 to 35 wt% of
polymer, 0 to 95 % of humidity, 5 to 80 degC (air, support and bath each for itself),
0.05 to 5 m/s, 0 to 120 s, 50 to 500 um. Water and swelling agents come as a share of
what the dope takes before it clouds. More components than a set holds are made by
splitting: a twin of the solvent or of a swelling agent with the same properties.

A case runs in one of a few processes, which is ended where it takes too long, and
ends as

- done: to its end, and no law is broken (see `broken_laws`),
- stopped: with a message that says what happened and when,
- refused: by name, before it ran,
- or, each of them a fault of the library: broken, hung, crashed.

Every 20th case is run at twice the cells too. What should agree is the coacervation
depth in the dry sheet. Beside it stands the polymer above the front, as a share of all:
where that agrees and the depth does not, the bath left the sheet above it thicker or
thinner. ``--fronts 400`` runs these cases alone, and compares from 400 cells too, which
a user gets by default.

Exit status 0 if the targets hold: 98 % of what was not refused is done, at most 10 % is
refused, nothing is a fault.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import multiprocessing
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

import membranekit as mk
from membranekit import library, units
from membranekit.execution import execute
from membranekit.membrane import Membrane
from membranekit.mixtures import mixture_of
from membranekit.prepared import prepare
from membranekit.substances import InteractionSet, Pair, Substance
from membranekit.thermo.flory_huggins import tangent_plane_distance
from membranekit.thermo.stability import stability

SEED = 2199786
CASES = 2000
CELLS = 100
LIMIT = 60.0
"""Time of the processor after which a case counts as hung [s]."""
PATIENCE = 4.0
"""Wall time over `LIMIT` at which its process is ended: others are at work here too."""
BATH_TIME = 120.0
EVERY = 20
"""Every so many cases the depth is compared at twice the cells."""
DEPTH_TOLERANCE = 0.02
DEPTH_FLOOR = 0.1
"""Depths are compared above this; a front at the surface has no relative error [um]."""
SHARE_FLOOR = 1e-3
"""The same for the share of the polymer that lies above the front [1]."""
CLOSURE = 1e-12
WATER_DENSITY = 997.0
"""[kg/m**3]"""
ADDITIVES = 2.0
"""Mass of water and swelling agents over that of polymer, at most: where a dope takes
more before it clouds, or anything [1]."""
SIDES = ("surface",)
"""Sides of the film that the bath may be drawn to touch."""
TARGETS = {"done": 0.98, "refused": 0.10}
RESULTS = (
    *("thickness", "porosity", "coacervation_depth", "permeance", "bubble_point"),
    *("surface_pore_diameter", "support_side_pore_diameter", "specific_surface_area"),
    *("water_uptake", "solvent_evaporated", "solvent_to_bath"),
)
FAULTS = ("broken", "hung", "crashed")

DRAWS = (
    *("count", "system", "polymer", "share", "water", "agent 1", "agent 2", "agent 3"),
    *("order", "split", "humidity", "air", "support", "bath", "speed", "time"),
    *("thickness", "sides"),
)


@dataclasses.dataclass(frozen=True)
class Drawn:
    """One case: the inputs as the interface takes them, and in words."""

    solution: mk.CastingSolution
    process: mk.Process
    text: str


@cache
def systems() -> tuple[InteractionSet, ...]:
    """Return the shipped sets that a dope can be cast from."""
    matrices = [name for name, each in library.materials.items() if _is_matrix(each)]
    found = []
    for name in library.materials.set_names:
        for polymer in matrices:
            try:
                found.append(library.interaction_set(["water", polymer], name))
            except mk.MaterialError:  # it holds another polymer, or no water
                continue
    return tuple(found)


def _is_matrix(substance: Substance) -> bool:
    return substance.has("start_pore_diameter")


def with_twin(chosen: InteractionSet, name: str, twin: str) -> InteractionSet:
    """Return a set in which a component has a twin that it shares its pairs with."""
    copies = []
    for pair in chosen.pairs:
        if name in pair.between:
            first, second = (twin if each == name else each for each in pair.between)
            copies.append(dataclasses.replace(pair, between=(first, second)))
    none = Pair((name, twin), "constant", (("g", (0.0,) * 5),), name, "twins", "chosen")
    return dataclasses.replace(
        chosen,
        name=f"{chosen.name} with {twin}",
        components=(*chosen.components, twin),
        pairs=(*chosen.pairs, *copies, none),
        classes=(*chosen.classes, (twin, (name, twin))),
    )


def points(cases: int, seed: int) -> np.ndarray:
    """Return the first points of the sequence, (cases, len(DRAWS)), each in 0 to 1."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(len(DRAWS), scramble=True, rng=seed)
    return sequence.random_base2(max(cases - 1, 1).bit_length())[:cases]


def draw(point: np.ndarray) -> Drawn:
    """Turn a point of the unit cube into a case."""
    at = dict(zip(DRAWS, map(float, point), strict=True))
    count = 2 + min(int(7 * at["count"]), 6)
    chosen, parts, extra = _dope(at, count)
    support = 5.0 + 75.0 * at["support"]
    additives = [name for name in parts if parts[name] < 0.0]
    most = _most(chosen, parts, extra, 273.15 + support)
    for name in additives:
        parts[name] *= -0.9 * at["share"] * most
    liquid = next(name for name in parts if parts[name] == 0.0)
    parts[liquid] = 1.0 - sum(parts.values())
    for twin, name in _twins(extra):
        parts[twin] = parts[name] * (0.1 + 0.8 * at["split"])
        parts[name] -= parts[twin]
    solution = mk.CastingSolution.from_parts(
        parts, interactions=chosen.name, extra=extra
    )
    seconds = 120.0 * at["time"]
    air, bath = 5.0 + 75.0 * at["air"], 5.0 + 75.0 * at["bath"]
    humidity = 95.0 * at["humidity"]
    speed = 0.05 * 100.0 ** at["speed"]
    thickness = 50.0 * 10.0 ** at["thickness"]
    sides = SIDES[min(int(len(SIDES) * at["sides"]), len(SIDES) - 1)]
    process = mk.Process(
        wet_thickness=f"{thickness} um",
        steps=[
            mk.AirExposure(
                time=f"{seconds} s",
                temperature=f"{air} degC",
                relative_humidity=f"{humidity} %",
                air_speed=f"{speed} m/s",
            ),
            mk.Immersion(
                time=f"{BATH_TIME} s",
                temperature=f"{bath} degC",
                bath="water",
                sides=sides,
            ),
        ],
        support=mk.Support(temperature=f"{support} degC"),
    )
    listed = ", ".join(f"{name} {100 * part:.3g}" for name, part in parts.items())
    text = (
        f"{chosen.name}: {listed} wt%; {thickness:.0f} um on {support:.0f} degC, "
        f"{seconds:.0f} s of air at {air:.0f} degC, {humidity:.0f} %, {speed:.2g} m/s, "
        f"bath at {bath:.0f} degC, {sides}"
    )
    return Drawn(solution, process, text)


def _dope(
    at: dict[str, float], count: int
) -> tuple[InteractionSet, dict[str, float], tuple[Any, ...]]:
    """Return the set, the parts (polymer; solvent 0; additives as minus their weight)
    and what is not in the library."""
    able = [e for e in systems() if len(_all(e)) + len(_twinned(e)) >= count]
    chosen = able[min(int(len(able) * at["system"]), len(able) - 1)]
    polymer, liquid, *rest = _all(chosen)
    weights = [at["water"], at["agent 1"], at["agent 2"], at["agent 3"]]
    start = int(at["order"] * len(rest)) % len(rest)
    taken = [*rest[start:], *rest[:start]][: count - 2]
    parts = {polymer: 0.05 + 0.30 * at["polymer"], liquid: 0.0}
    logs = [-math.log(max(weights[rest.index(name)], 1e-6)) for name in taken]
    for name, value in zip(taken, logs, strict=True):
        parts[name] = -value / sum(logs)
    extra: list[Any] = []
    for name in _twinned(chosen):
        if len(parts) + len(extra) < count and name in parts:
            twin = f"{name} twin"
            chosen = with_twin(chosen, name, twin)
            substance = library.lookup(name)
            extra.append(dataclasses.replace(substance, name=twin, aliases=()))
    return chosen, parts, (*extra, chosen) if extra else ()


def _all(chosen: InteractionSet) -> list[str]:
    """Return the components of a set: polymer, solvent, then all others."""
    found = [library.lookup(name) for name in chosen.components]
    (polymer,) = (each.name for each in found if _is_matrix(each))
    liquid = next(e.name for e in found if e.kind == "solvent" and e.name != "water")
    others = [e.name for e in found if e.name not in (polymer, liquid)]
    return [polymer, liquid, *others]


def _twinned(chosen: InteractionSet) -> list[str]:
    """Return what may be split: the solvent, and all but the polymer and water."""
    polymer, *others = _all(chosen)
    return [name for name in others if name not in ("water", polymer)]


def _twins(extra: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for each in extra:
        if isinstance(each, Substance):
            yield each.name, each.name.removesuffix(" twin")


def _most(
    chosen: InteractionSet, parts: dict[str, float], extra: Any, temperature: float
) -> float:
    """Return the mass fraction of additives at which the dope clouds, solvent given
    away for them, or the most that is drawn where it does not."""
    additives = {name: -part for name, part in parts.items() if part < 0.0}
    (polymer, held), (liquid, _) = list(parts.items())[:2]
    names = [*additives, liquid, polymer]
    density = np.array([library.lookup(name).get("density").at() for name in names])
    mixture = mixture_of(names, chosen, extra=extra)

    def volumes(share: float) -> np.ndarray:
        mass = np.array(
            [*(share * part for part in additives.values()), 1 - held - share, held]
        )
        return mass / density

    def clouds(share: float) -> bool:
        """Whether a liquid without polymer splits off: most do so first."""
        whole = volumes(share)
        try:
            amounts = whole[:-1] / whole[-1]
            return tangent_plane_distance(mixture, amounts, temperature) < 0.0
        except mk.MembranekitError:  # its liquids demix among themselves
            return demixes(share)

    def demixes(share: float) -> bool:
        whole = volumes(share)
        return not stability(mixture, whole / whole.sum(), temperature).stable

    end = min(0.9 * (1.0 - held), ADDITIVES * held)
    if not additives or clouds(1e-9):
        return 0.0
    high = next((x for x in end * np.linspace(0.05, 1.0, 40) ** 2 if clouds(x)), end)
    most = _last_without(clouds, high, 30) if clouds(high) else end
    # a dilute dope may split off a phase that is richer in polymer, and sooner
    return _last_without(demixes, most, 8) if demixes(most * (1.0 - 1e-6)) else most


def _last_without(
    happens: Callable[[float], bool], high: float, halvings: int
) -> float:
    """Return the largest amount at which something does not happen, from below."""
    low = 0.0
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if happens(middle) else (middle, high)
    return low


# ------------------------------------------------------------------------------ laws


class Watched:
    """A callback that looks at the film at each saved time."""

    def __init__(self) -> None:
        self.seen = 0
        self.worst = ""

    def __call__(self, seconds: float, film: Any) -> bool:
        self.seen += 1
        fractions = film.volume_fraction
        inside = (fractions >= 0.0) & (fractions <= 1.0)
        whole = np.abs(fractions.sum(axis=1) - 1.0) < 1e-12
        if not (inside.all() and whole.all()) and not self.worst:
            self.worst = f"a fraction left 0 to 1 at {seconds:.4g} s"
        return False


def broken_laws(membrane: Membrane, process: mk.Process, watched: Watched) -> list[str]:
    """Return the laws that a finished run breaks, in words."""
    broken = [watched.worst] if watched.worst else []
    if not watched.seen:
        broken.append("the film was never looked at")
    if not membrane.mass_closure < CLOSURE:
        broken.append(f"mass closes to {membrane.mass_closure:.1e} only")
    broken += [f"{name} is not a number" for name in not_finite(membrane)]
    wet = units.to_si(process.wet_thickness, "length")
    if any("dew point" in note for note in membrane.notes):
        # what condenses is liquid, and the wet film is thicker by it than it was cast
        wet += float(membrane.water_uptake.m_as("kg/m**2")) / WATER_DENSITY
    dry = float(membrane.thickness.m_as("m"))
    if not 0.0 < dry < wet:
        broken.append(f"the dry sheet is {1e6 * dry:.4g} um of {1e6 * wet:.4g} um")
    depth = membrane.pore_profile.depth.m_as("m")
    if not (depth[0] >= 0.0 and (np.diff(depth) > 0.0).all() and depth[-1] <= dry):
        broken.append("the profile leaves the dry sheet")
    front = float(membrane.coacervation_depth.m_as("m"))
    if not 0.0 <= front <= dry * (1.0 + 1e-12):
        broken.append("the coacervation depth leaves the dry sheet")
    porosity = float(membrane.porosity.m_as("dimensionless"))
    if not 0.0 <= porosity < 1.0:
        broken.append(f"the porosity is {porosity:.4g}")
    if not (membrane.pore_profile.pore_diameter.m_as("m") > 0.0).all():
        broken.append("a pore has no width")
    return broken


def not_finite(membrane: Membrane) -> Iterator[str]:
    """Yield the name of each result of a finished run that is missing or not finite."""
    results = {name: getattr(membrane, name) for name in RESULTS}
    results["depth"] = membrane.pore_profile.depth
    results["pore_diameter"] = membrane.pore_profile.pore_diameter
    if membrane.support_side and membrane.support_side["label"] == "macrovoids":
        # of those a range is given, and no diameter
        results["support_side_pore_diameter"] = membrane.support_side["low"]
    for name, value in results.items():
        if value is None or not np.isfinite(value.magnitude).all():
            yield name


@dataclasses.dataclass(frozen=True)
class Front:
    """How deep a case demixed in air."""

    depth: float
    """In the dry sheet [um]."""
    share: float
    """Of the polymer, above the front [1]."""
    liquid: bool
    """Whether a layer next to free of polymer lay on the film."""


def front(case: Drawn, cells: int) -> Front | str:
    """Run one case for its front; the message where it stopped early."""
    found = execute(prepare(case.solution, case.process), cells=cells, history=False)
    if not found.success:
        return found.message
    liquid = any("were liquid" in note for note in found.notes)
    return Front(1e6 * found.coacervation_depth, found.front_share, liquid)


def run(
    point: np.ndarray, *, cells: int = CELLS, compare: tuple[int, ...] = ()
) -> dict:
    """Run one case and return how it ended: `end`, `reason`, `text`, `fronts`.

    `fronts` has a pair, at as many cells and at twice as many, for each number of cells
    in `compare`.
    """
    case = draw(point)
    ended: dict[str, Any] = {"text": case.text, "reason": "", "fronts": {}}
    began = time.process_time()
    watched = Watched()
    try:
        membrane = mk.simulate(
            case.solution,
            case.process,
            cells=cells,
            extrapolate=True,
            history=False,
            callback=watched,
        )
    except (mk.InputError, mk.MaterialError) as error:
        return {**ended, "end": "refused", "reason": str(error)}
    ended["seconds"] = time.process_time() - began
    if ended["seconds"] > LIMIT:
        return {**ended, "end": "hung", "reason": "ended past the limit"}
    if not membrane.success:
        timed = re.search(r"at [\d.e+-]+ s", membrane.message) is not None
        end = "stopped" if timed else "broken"
        return {**ended, "end": end, "reason": membrane.message or "no message"}
    broken = broken_laws(membrane, case.process, watched)
    if broken:
        return {**ended, "end": "broken", "reason": "; ".join(broken)}
    ended["end"] = "done"
    stopped = []
    for count in compare:
        pair = [front(case, count), front(case, 2 * count)]
        if all(isinstance(each, Front) for each in pair):
            ended["fronts"][count] = pair
        for many, each in zip((count, 2 * count), pair, strict=True):
            if isinstance(each, str):
                stopped.append(f"at {many} cells: {each}")
    ended["reason"] = "; ".join(stopped)
    return ended


def depth_agrees(pair: list[Front]) -> bool:
    """Say whether a depth and that at twice the cells agree."""
    coarse, fine = (each.depth for each in pair)
    return abs(coarse - fine) <= DEPTH_TOLERANCE * max(fine, DEPTH_FLOOR)


def share_agrees(pair: list[Front]) -> bool:
    """Say whether the polymer above a front and that at twice the cells agree."""
    coarse, fine = (each.share for each in pair)
    return abs(coarse - fine) <= DEPTH_TOLERANCE * max(fine, SHARE_FLOOR)


# ------------------------------------------------------------------------- processes


def _compared(number: int, compare: tuple[int, ...]) -> tuple[int, ...]:
    """Return from which cells the front of this case is compared with twice as many."""
    return compare if number % EVERY == 0 else ()


def serve(
    link: Connection, cases: int, seed: int, cells: int, compare: tuple[int, ...]
) -> None:
    """Run the cases whose numbers come in, and send back how they ended."""
    drawn = points(cases, seed)
    while (number := link.recv()) is not None:
        try:
            ended = run(drawn[number], cells=cells, compare=_compared(number, compare))
        except Exception:
            last = traceback.format_exc(limit=-2).replace("\n", " ")
            ended = {"end": "crashed", "reason": last, "text": "", "fronts": {}}
        link.send(ended)


class Worker:
    """A process that runs one case at a time, and is replaced where it dies."""

    def __init__(self, *settings: Any) -> None:
        self.settings = settings
        self.number: int | None = None
        self.began = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.link, theirs = context.Pipe()
        self.process = context.Process(
            target=serve, args=(theirs, *self.settings), daemon=True
        )
        self.process.start()
        theirs.close()

    def give(self, number: int) -> None:
        self.number, self.began = number, time.monotonic()
        self.link.send(number)

    def take(self) -> dict | None:
        """Return how the case ended, once it has."""
        spent = time.monotonic() - self.began
        # its front is found in runs of their own
        most = PATIENCE * LIMIT * (4.0 if self.number % EVERY == 0 else 1.0)
        if self.link.poll():
            try:
                return {"seconds": spent, **self.link.recv()}
            except (EOFError, ConnectionError):
                self.process.join()
                code = self.process.exitcode
                ended = {"end": "crashed", "reason": f"the process ended with {code}"}
        elif spent > most:
            ended = {"end": "hung", "reason": f"after {spent:.0f} s"}
        else:
            return None
        self.process.kill()
        self.process.join()
        self._start()
        return {**ended, "text": "", "fronts": {}, "seconds": spent}

    def end(self) -> None:
        self.link.send(None)
        self.process.join()


def sweep(
    numbers: list[int],
    cases: int,
    seed: int,
    cells: int,
    workers: int,
    compare: tuple[int, ...] = (),
) -> dict[int, dict]:
    """Run the cases of these numbers and return how each ended."""
    queue = list(reversed(numbers))
    ended: dict[int, dict] = {}
    settings = (cases, seed, cells, compare)
    pool = [Worker(*settings) for _ in range(min(workers, len(numbers)))]
    while len(ended) < len(numbers):
        for each in pool:
            if each.number is not None and (found := each.take()) is not None:
                ended[each.number] = found
                if found["end"] not in ("done", "refused"):
                    print(
                        f"case {each.number}: {found['end']}: {found['reason']}",
                        flush=True,
                    )
                if len(ended) % 100 == 0:
                    print(f"{len(ended)} of {len(numbers)}", flush=True)
                each.number = None
            if each.number is None and queue:
                each.give(queue.pop())
        wait([each.link for each in pool if each.number is not None], timeout=0.5)
    for each in pool:
        each.end()
    return ended


# ------------------------------------------------------------------------ the report


def _kind(reason: str) -> str:
    """Return a reason without its numbers, so that equal ones are counted together."""
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", reason)[:110]


def _report_fronts(cells: int, pairs: dict[int, list[Front]]) -> None:
    """Print how many fronts agree at twice the cells, and those that do not."""
    missed = {k: pair for k, pair in pairs.items() if not depth_agrees(pair)}
    shares = sum(map(share_agrees, pairs.values()))
    none = sum(each.depth == other.depth == 0.0 for each, other in pairs.values())
    print(
        f"coacervation depth, {cells} and {2 * cells} cells: "
        f"{len(pairs) - len(missed)} of {len(pairs)} within "
        f"{100 * DEPTH_TOLERANCE:g} %, {none} of them 0; "
        f"the polymer above it: {shares} of {len(pairs)}"
    )
    for number, pair in missed.items():
        depths = ", ".join(f"{each.depth:.4g} um" for each in pair)
        shares_text = ", ".join(f"{100 * each.share:.4g} %" for each in pair)
        liquid = "; liquid on the film" if any(each.liquid for each in pair) else ""
        print(f"  case {number}: {depths}; polymer above {shares_text}{liquid}")


def report(ended: dict[int, dict], cases: int, seed: int) -> bool:
    """Print the counts, the slowest and the reasons; say whether the targets hold."""
    total = len(ended)
    counts = Counter(each["end"] for each in ended.values())
    print(f"\n{total} cases of {cases}, seed {seed}, {CELLS} cells")
    for end in ("done", "stopped", "refused", *FAULTS):
        print(f"  {end:8} {counts[end]:5}  {100 * counts[end] / total:5.1f} %")
    tried = total - counts["refused"]
    share = counts["done"] / tried if tried else 0.0
    print(f"  done of what was not refused: {100 * share:.2f} %")
    print("reasons")
    reasons = Counter(
        (each["end"], _kind(each["reason"]))
        for each in ended.values()
        if each["end"] != "done"
    )
    for (end, reason), count in reasons.most_common():
        print(f"  {count:5}  {end}: {reason}")
    times = sorted(each["seconds"] for each in ended.values())
    print(
        f"seconds of processor: median {times[total // 2]:.2g}, 99 % below "
        f"{times[int(0.99 * (total - 1))]:.3g}, sum {sum(times):.0f}; slowest"
    )
    slowest = sorted(ended, key=lambda number: -ended[number]["seconds"])[:8]
    for number in slowest:
        each = ended[number]
        print(f"  {each['seconds']:6.1f}  case {number}: {each['text']}")
    for cells in sorted({cells for each in ended.values() for cells in each["fronts"]}):
        pairs = {
            k: e["fronts"][cells] for k, e in ended.items() if cells in e["fronts"]
        }
        _report_fronts(cells, pairs)
    for number, each in ended.items():
        if each["end"] == "done" and each["reason"]:
            print(f"  case {number}: {each['reason']}")
    return (
        share >= TARGETS["done"]
        and counts["refused"] <= TARGETS["refused"] * total
        and not any(counts[end] for end in FAULTS)
    )


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument(
        "--fronts",
        type=int,
        metavar="CELLS",
        help="run only the cases whose fronts are compared, from so many cells too",
    )
    asked = parser.parse_args(given)
    compare = tuple(sorted({CELLS, asked.fronts or CELLS}))
    if asked.only is not None:
        point = points(max(asked.cases, asked.only + 1), asked.seed)[asked.only]
        began = time.perf_counter()
        print(draw(point).text, flush=True)
        ended = run(point, compare=_compared(asked.only, compare))
        print({**ended, "seconds": time.perf_counter() - began})
        return 0
    numbers = list(range(0, asked.cases, EVERY if asked.fronts else 1))
    ended = sweep(numbers, asked.cases, asked.seed, CELLS, asked.workers, compare)
    return 0 if report(ended, asked.cases, asked.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
