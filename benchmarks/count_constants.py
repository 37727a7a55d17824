"""Count the numbers that nobody measured and that the patent's tables depend on.

``python benchmarks/count_constants.py [--cells 60] [--resume FILE] [--seconds N]``

Changes, one at a time, every number of a run that is neither measured nor from the
literature nor stated in a recipe: the model's constants, the values of substances and
interactions whose basis is estimated, chosen or fitted, the inputs that a shipped case
chose, and the constants that modules of the model hold by name. Each goes up by a
tenth, a temperature by 10 K, a zero to 0.1. Then the shipped cases run again, on few
cells, nothing is fitted again, and what moves a number of the tables by over 2 %, or a
label, is written to ``membranekit/data/constants.toml``, which `membranekit validate`
reads. Example 4 cannot be met on so few cells, so its volumes are not watched.

Minutes. ``--resume FILE`` keeps what is done so far, ``--seconds`` ends early.

Not seen: numbers without a name, and those inside the compiled kernels. Numbers of the
numerical method (`NUMERICAL`) are left to the test of the grid and the tolerance.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import math
import pickle
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

from membranekit import comparison, library, membrane, simulation, trust, units
from membranekit.case import read_case
from membranekit.constants import CONSTANTS
from membranekit.filtration import sheets
from membranekit.library import interaction_set
from membranekit.substances import Substance
from membranekit.validation import EXAMPLES, FIGURE_2, Validation, compared

OUTPUT = Path(__file__).resolve().parents[1] / "membranekit" / "data" / "constants.toml"

TENTH, KELVIN, FROM_ZERO = 1.1, 10.0, 0.1
MOVES = 0.02
UNKNOWN = ("estimated", "chosen", "fitted")
MODULES = (
    *("structure.pores", "sheet", "prepared", "film_setup", "filters"),
    *("transport.air", "transport.diffusivity", "transport.model"),
    *("filtration.capture", "filtration.throughput", "filtration.wetting"),
    *("filtration.permeance", "filtration.sheets", "filtration_fit"),
)
NUMERICAL = frozenset(
    (
        *("AIR_TRACE", "BATH_TRACE", "BATH_CELLS", "FIRST_BATH_CELL"),
        *("MOST_STEPS", "MOST_HALVINGS", "STEP", "GREATEST_FALL", "NEVER", "NOTHING"),
    )
)
"""Numbers of the method, which an exact solution does not know."""

SAID = {
    *("GAS_CONSTANT", "BOLTZMANN", "GRAVITY", "AIR_MOLAR_MASS", "WATER_MOLAR_MASS"),
    *("LONGEST_AIR", "_ATMOSPHERE", "_LENGTH", "_FLUX", "_PRESSURE", "_ROOM"),
    "_WATER_AS_SOLUTE",
}
"""Constants of nature, units, what is only said of a result, and the factor whose
source, Poling, Prausnitz & O'Connell, stands with the function that reads it."""

FITTED = {"PASSAGE", "HETEROGENEITY", "SCATTER"}
"""Fitted to Table 2, which their modules do not say in a word."""

HEAD = """\
# Numbers that are neither measured nor from the literature nor stated in a recipe, and
# that move a number of GB 2 199 786 A by over 2 % or a label when changed by a tenth
# (temperatures by 10 K). Written by `python benchmarks/count_constants.py`: change
# nothing here by hand.
"""

SHEETS = (files("membranekit") / "data" / "sheets.toml").read_text(encoding="utf-8")

Membranes = dict[tuple[str, str], membrane.Membrane]


@dataclass(frozen=True)
class Variation:
    """One number, and how to run with it changed: a context in which it is."""

    name: str
    basis: str
    value: str
    examples: tuple[str, ...]
    changed: Callable[[], Any]


def places() -> list[tuple[str, str]]:
    """Return the examples and air times of all rows."""
    rows = [
        (EXAMPLES[row.table], row.row)
        for row in comparison.entries()
        if row.table in EXAMPLES and row.quantity != "figure2"
    ]
    return [*dict.fromkeys(rows), ("example3", FIGURE_2)]


def simulated(examples: Sequence[str], cells: int, address: str = "") -> Membranes:
    """Return the membranes of some examples, with the input at `address` changed."""
    wanted = [place for place in places() if place[0] in examples]
    runs = []
    for example, air_time in wanted:
        case = read_case(example).replace({"air.time": air_time})
        runs.append(case.replace(more(case, address)).runs[0])
    found = simulation.simulate_many(runs, workers=2, cells=cells, history=False)
    return dict(zip(wanted, found, strict=True))


def more(case: Any, address: str) -> dict[str, Any]:
    """Return an input a tenth, or 10 K, larger, for `Case.replace`."""
    if not address:
        return {}
    run = case.runs[0]
    head, _, field = address.partition(".")
    if head == "support":
        given = getattr(run.process.support, field)
    else:
        steps = run.process.complete_steps
        names = trust.step_names(steps)
        step = steps[names.index(head)] if head in names else None
        if step is None:
            return {}
        given = getattr(step, field)
    if field == "temperature":
        kelvin = units.to_si(given, "temperature") + KELVIN
        return {address: units.make(kelvin - 273.15, "degC")}
    return {address: TENTH * given}


# ---------------------------------------------------------------------- what varies
def variations() -> Iterator[Variation]:
    """Yield every number that is to be varied."""
    every = tuple(EXAMPLES.values())
    for name, constant in CONSTANTS.items():
        if constant.basis in UNKNOWN:
            larger = replace(constant, value=scaled(constant.value, constant.unit))
            text = f"{membrane.figures(constant.value)} {constant.unit}".strip()
            yield Variation(
                *(name, constant.basis, text.removesuffix(" 1"), every),
                lambda n=name, c=larger: mock.patch.dict(CONSTANTS, {n: c}),
            )
    yield from of_inputs()
    yield from of_substances()
    yield from of_pairs()
    for name in MODULES:
        yield from of_module(f"membranekit.{name}")
    for name in ("thickness", "porosity"):
        value = re.search(rf'\[{name}\]\nvalue = "(.*)"', SHEETS)[1]
        yield Variation(
            *(f"sheets.{name}", "chosen", value, ()), lambda n=name: sheet_changed(n)
        )


def scaled(value: float, unit: str = "") -> float:
    """Return a number changed as this script changes numbers."""
    if unit in ("K", "degC"):
        return value + KELVIN
    return value * TENTH if value else FROM_ZERO


def of_inputs() -> Iterator[Variation]:
    """Yield the inputs that the shipped cases chose, each in all cases that did."""
    found: dict[str, list[str]] = {}
    for example in EXAMPLES.values():
        case = read_case(example)
        for address in case.chosen:
            if can_grow(case, address):
                found.setdefault(address, []).append(example)
    for address, examples in found.items():
        case = read_case(examples[0])
        yield Variation(
            address,
            "chosen",
            told(case, address),
            tuple(examples),
            lambda a=address: mock.patch.object(sys.modules[__name__], "ADDRESS", a),
        )


def can_grow(case: Any, address: str) -> bool:
    """Tell whether an address is a number of a step or the support."""
    head, _, field = address.partition(".")
    if head == "support":
        return field != "material"
    names = trust.step_names(case.runs[0].process.complete_steps)
    return head in names and field != "bath"


ADDRESS = ""
"""The input that is changed now."""


def told(case: Any, address: str) -> str:
    """Return an input as the case has it, as text."""
    run = case.runs[0]
    head, _, field = address.partition(".")
    if head == "support":
        return units.text(getattr(run.process.support, field))
    steps = run.process.complete_steps
    return units.text(getattr(steps[trust.step_names(steps).index(head)], field))


def of_substances() -> Iterator[Variation]:
    """Yield the values of substances that a run reads and nobody measured."""
    found: dict[tuple[str, str], list[str]] = {}
    values: dict[tuple[str, str], Any] = {}
    for example in EXAMPLES.values():
        run = read_case(example).runs[0]
        used = [*run.solution.components, library.lookup("water")]
        used.append(run.process.support.substance)
        for substance in used:
            for name in trust._read_of(substance):
                value = substance.get(name)
                if value.basis in UNKNOWN:
                    key = substance.name, name
                    values[key] = value
                    if example not in found.setdefault(key, []):
                        found[key].append(example)
    for (substance, name), examples in found.items():
        value = values[substance, name]
        yield Variation(
            f"{substance}.{name}",
            value.basis,
            units.text(value.quantity(extrapolate=True)),
            tuple(examples),
            lambda s=substance, n=name, u=value.unit: substance_changed(s, n, u),
        )


class ScaledLaw:
    """A law whose every value is a tenth larger, or 10 K."""

    def __init__(self, law: Any, unit: str) -> None:
        self.law, self.unit = law, unit
        self.correlation = law.correlation

    def at(self, temperature: float) -> float:
        return scaled(self.law.at(temperature), self.unit)


@contextmanager
def substance_changed(substance: str, name: str, unit: str) -> Iterator[None]:
    """Change one property of one substance wherever it is read."""
    usual = Substance.get

    def get(self: Substance, asked: str) -> Any:
        value = usual(self, asked)
        if self.name == substance and asked == name:
            return replace(value, law=ScaledLaw(value.law, unit))
        return value

    with mock.patch.object(Substance, "get", get):
        yield


def of_pairs() -> Iterator[Variation]:
    """Yield the interactions that nobody measured."""
    found: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for example in EXAMPLES.values():
        solution = read_case(example).runs[0].solution
        names = [each.name for each in solution.components]
        names += [] if "water" in names else ["water"]
        for pair in interaction_set(names, solution.interactions).pairs:
            if pair.basis in UNKNOWN and set(pair.between) <= set(names):
                value = membrane.figures(pair.at(0.5))
                key = pair.between, pair.basis, value
                found.setdefault(key, []).append(example)
    for (between, basis, value), examples in found.items():
        yield Variation(
            f"g({', '.join(between)})",
            basis,
            value,
            tuple(examples),
            lambda b=between: pair_changed(b),
        )


@contextmanager
def pair_changed(between: tuple[str, ...]) -> Iterator[None]:
    """Change one pair's interaction at every composition."""
    usual = library.interaction_set

    def found(*given: Any, **options: Any) -> Any:
        chosen = usual(*given, **options)
        pairs = tuple(
            larger_pair(pair) if set(pair.between) == set(between) else pair
            for pair in chosen.pairs
        )
        return replace(chosen, pairs=pairs)

    with mock.patch.object(library, "interaction_set", found):
        yield


def larger_pair(pair: Any) -> Any:
    """Return a pair whose g is a tenth larger everywhere, or 0.1 where it is 0."""
    if pair.at(0.5) == 0.0 and pair.form == "constant":
        terms = (("g", (FROM_ZERO, 0.0, 0.0, 0.0, 0.0)),)
        return replace(pair, coefficients=terms)
    # c of a rational form is no factor of g
    return replace(
        pair,
        coefficients=tuple(
            (name, terms if name == "c" else tuple(TENTH * each for each in terms))
            for name, terms in pair.coefficients
        ),
    )


def of_module(name: str) -> Iterator[Variation]:
    """Yield the numbers that a module holds by name."""
    module = importlib.import_module(name)
    bases = said_bases(inspect.getsource(module))
    for constant, value in vars(module).items():
        if not constant.isupper() or constant in NUMERICAL | SAID:
            continue
        if constant not in bases or not isinstance(value, (float, tuple)):
            continue
        if isinstance(value, tuple) and not all(isinstance(x, float) for x in value):
            continue
        basis = "fitted" if constant in FITTED else bases[constant]
        if basis not in UNKNOWN:
            continue
        kelvin = isinstance(value, float) and 250.0 < value < 400.0
        if isinstance(value, tuple):
            larger: Any = tuple(TENTH * each for each in value)
        else:
            larger = scaled(value, "K" if kelvin else "")
        short = name.removeprefix("membranekit.")
        text = str(value) if isinstance(value, tuple) else membrane.figures(value)
        runs = () if short.startswith("filt") else tuple(EXAMPLES.values())
        # the surface's and the permeance's laws are part of every run's record
        runs = tuple(EXAMPLES.values()) if short == "filtration.permeance" else runs
        yield Variation(
            *(f"{short}.{constant}", basis, text, runs),
            lambda c=constant, old=value, new=larger: module_changed(c, old, new),
        )


def said_bases(source: str) -> dict[str, str]:
    """Return what the text after, or beside, each constant of a module says it is."""
    lines = source.splitlines()
    found = {}
    said = ""
    # backwards: one text may stand under several constants
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said = str(node.value.value)
            continue
        if not isinstance(node, ast.Assign) or not isinstance(
            node.targets[0], ast.Name
        ):
            said = ""
            continue
        text = said + lines[node.lineno - 1].partition("#")[2]
        words = re.findall("chosen|fitted|estimated|literature|measured", text.lower())
        # a source is named: Author, year
        named = re.search(r"\(?[A-Z][a-z]+.*\b(19|20)\d\d\b|[Ee]xact", text)
        found[node.targets[0].id] = (
            words[0] if words else "literature" if named else "chosen"
        )
    return found


@contextmanager
def module_changed(name: str, old: Any, new: Any) -> Iterator[None]:
    """Change a module's number wherever it was imported or is a default."""
    with ExitStack() as stack:
        for module in list(sys.modules.values()):
            if not getattr(module, "__name__", "").startswith("membranekit"):
                continue
            if vars(module).get(name) is old:
                stack.enter_context(mock.patch.object(module, name, new))
            for function in list(vars(module).values()):
                defaults = getattr(function, "__defaults__", None)
                if inspect.isfunction(function) and any(
                    each is old for each in defaults or ()
                ):
                    changed = tuple(new if each is old else each for each in defaults)
                    stack.enter_context(
                        mock.patch.object(function, "__defaults__", changed)
                    )
        yield


@contextmanager
def sheet_changed(name: str) -> Iterator[None]:
    """Change what was chosen for the marketed sheets of Table 2."""
    usual = sheets.marketed

    def larger(match: re.Match[str]) -> str:
        return f"{match[1]}{TENTH * float(match[2]):g}"

    changed = re.sub(rf'(\[{name}\]\nvalue = ")([\d.]+)', larger, SHEETS)
    with mock.patch.object(sheets, "marketed", lambda n, t=None: usual(n, changed)):
        yield


# --------------------------------------------------------------------- what it does
def values(found: Validation) -> dict[str, float | str | None]:
    """Return each number and label of the tables as predicted, by its row."""
    told: dict[str, float | str | None] = {}
    for row in found.rows:
        name = ", ".join(row.key)
        if row.predicted is None:
            told[name] = None
        elif row.predicted.low is None or row.predicted.label:
            told[name] = row.predicted.label
        else:
            told[name] = row.predicted.middle
    return told


def effect(
    before: dict[str, float | str | None],
    after: dict[str, float | str | None],
    noise: Mapping[str, float],
) -> dict[str, Any]:
    """Return the row that moves most, by how much, and the labels that change.

    A row that moves by less than three times its noise counts as not moved.
    """
    moved: dict[str, float] = {}
    labels = []
    for name, old in before.items():
        new = after[name]
        if isinstance(old, float) and isinstance(new, float) and old > 0.0 < new:
            by = abs(new / old - 1.0)
            moved[name] = by if by > 3.0 * noise.get(name, 0.0) else 0.0
        elif new != old:
            labels.append(name)
    name = max(moved, key=lambda each: moved[each])
    at_10 = "Table 1, 10 s, minimum_layer_depth"
    old, new = before[at_10], after[at_10]
    shift = new - old if isinstance(old, float) and isinstance(new, float) else None
    return {"moves": name, "by": moved[name], "labels": labels, "depth_at_10_s": shift}


def noise_of(cells: int, before: dict[str, float | str | None]) -> dict[str, float]:
    """Return how far each row moves where nothing but the steps' course changes [1].

    The few cells leave some rows at the mercy of when a cell demixes: a constant moved
    by 1e-4, up and down, shows which.
    """
    noise: dict[str, float] = {}
    constant = CONSTANTS["poor_phase_mobility"]
    for factor in (1.0 - 1e-4, 1.0 + 1e-4):
        nearly = replace(constant, value=factor * constant.value)
        with mock.patch.dict(CONSTANTS, {"poor_phase_mobility": nearly}):
            membranes = simulated(tuple(EXAMPLES.values()), cells)
            after = values(compared(comparison.entries(), membranes))
        for name, old in before.items():
            new = after[name]
            if isinstance(old, float) and isinstance(new, float) and old > 0.0:
                noise[name] = max(noise.get(name, 0.0), abs(new / old - 1.0))
    return noise


def count(
    cells: int,
    done: dict[str, Any],
    seconds: float,
    keep: Callable[[], None],
    beginning: Path | None,
) -> bool:
    """Fill in what is not done yet; True once all is."""
    began = time.monotonic()
    rows = comparison.entries()
    if beginning is not None and beginning.exists():
        base, noise = pickle.loads(beginning.read_bytes())
        before = values(compared(rows, base))
    else:
        base = simulated(tuple(EXAMPLES.values()), cells)
        before = values(compared(rows, base))
        noise = noise_of(cells, before)
        if beginning is not None:
            beginning.write_bytes(pickle.dumps((base, noise)))
    for each in variations():
        if each.name in done:
            done[each.name].update(basis=each.basis, value=each.value)
            continue
        if time.monotonic() - began > seconds:
            return False
        with each.changed():
            membranes = {**base, **simulated(each.examples, cells, ADDRESS)}
            after = values(compared(rows, membranes))
        done[each.name] = {
            "name": each.name,
            "basis": each.basis,
            "value": each.value,
            **effect(before, after, noise),
        }
        keep()
        print(f"{each.name}: {done[each.name]['by']:.3g}", flush=True)
    return True


def document(done: dict[str, Any], cells: int) -> str:
    """Return the file of those that move a number by over 2 %, or a label."""
    lines = [HEAD, f"cells = {cells}", f"varied = {len(done)}"]
    moving = [each for each in done.values() if each["by"] > MOVES or each["labels"]]
    moving.sort(key=lambda each: -each["by"])
    for each in moving:
        lines.append("\n[[constants]]")
        for key in ("name", "basis", "value", "moves"):
            lines.append(f"{key} = {json.dumps(each[key])}")
        by = float(f"{each['by']:.3g}")
        lines.append(f"by = {by!r}")
        if each["labels"]:
            lines.append(f"labels = {json.dumps(each['labels'])}")
        if each["depth_at_10_s"] is not None:
            shift = float(f"{each['depth_at_10_s']:.3g}")
            lines.append(
                f"depth_at_10_s = {0.0 if math.isclose(shift, 0.0) else shift}"
            )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--resume", type=Path, help="keep what is done in this file")
    parser.add_argument("--seconds", type=float, default=math.inf)
    given = parser.parse_args()
    done: dict[str, Any] = {}
    if given.resume is not None and given.resume.exists():
        done = json.loads(given.resume.read_text(encoding="utf-8"))

    def keep() -> None:
        if given.resume is not None:
            given.resume.write_text(json.dumps(done), encoding="utf-8")

    beginning = given.resume and given.resume.with_suffix(".base")
    if not count(given.cells, done, given.seconds, keep, beginning):
        print(f"{len(done)} done; run it again to go on")
        return 1
    OUTPUT.write_text(document(done, given.cells), encoding="utf-8")
    print(f"wrote {OUTPUT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
