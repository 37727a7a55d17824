"""What a result rests on: which values were assumed, estimated, fitted, extrapolated.

Every entry is a plain record; the effect of an assumption, the shift of the depth to
which the film demixed in the air, is computed by rerunning with that value changed,
through the function `rerun` that the simulation passes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from membranekit import library, limits, units
from membranekit.citations import Use
from membranekit.errors import MembranekitError
from membranekit.membrane import GRADE_NOT_GIVEN
from membranekit.process import Process, step_names
from membranekit.solution import CastingSolution, goes_by, spell
from membranekit.substances import InteractionSet, Substance

Entry = dict[str, Any]
Changed = tuple[CastingSolution, Process, Mapping[str, float]]
Change = Callable[[], Changed]
"""Makes a changed copy of the inputs; called where its effect is computed."""
Rerun = Callable[[CastingSolution, Process, Mapping[str, float]], float]

DEFAULT = "the library's default"


@dataclass(frozen=True)
class Constant:
    """A number of the model that is no property of a substance and no input.

    `other` is the factor by which it is multiplied to compute its effect; 0: the air
    does not know it, so it has none on the front.
    """

    value: float
    unit: str
    basis: str
    source: str
    other: float = 2.0


def entry(
    name: str, value: Any, basis: str, source: str, effect: float | None = None
) -> Entry:
    """Return one line of trust; `effect` in meters becomes micrometers."""
    return {
        "name": name,
        "value": value,
        "basis": basis,
        "source": source,
        "effect": None if effect is None else (1e6 * effect, "um"),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else spell(value)


def _warmer(quantity: Any, by: float) -> Any:
    return units.make(units.to_si(quantity, "temperature") + by, "K")


def _of_model(
    solution: CastingSolution, process: Process, constants: Mapping[str, float]
) -> Changed:
    return solution, process, constants


def _of_support(solution: CastingSolution, process: Process, **changes: Any) -> Changed:
    return solution, process.replace(support=process.support.replace(**changes)), {}


def _of_step(
    solution: CastingSolution, process: Process, number: int, **changes: Any
) -> Changed:
    steps = list(process.steps)
    steps[number] = steps[number].replace(**changes)
    return solution, process.replace(steps=tuple(steps)), {}


def _of_air(
    solution: CastingSolution, process: Process, change: Callable[[Any], Any]
) -> Changed:
    steps = tuple(
        change(step) if step.kind == "air" else step for step in process.steps
    )
    return solution, process.replace(steps=steps), {}


def _warmer_solution(solution: CastingSolution, process: Process) -> Changed:
    given = solution.temperature
    warm = _warmer(process.support.temperature if given is None else given, 5.0)
    return solution.replace(temperature=warm), process, {}


def _changes_of_support(
    solution: CastingSolution, process: Process
) -> dict[str, Change]:
    """Return what makes a changed copy, by the support's field."""
    support, of_support = process.support, partial(_of_support, solution, process)
    return {
        "material": lambda: of_support(
            material="steel" if support.material != "steel" else "glass"
        ),
        "thickness": lambda: of_support(thickness=2 * support.thickness),
        "temperature": lambda: of_support(
            temperature=_warmer(support.temperature, 5.0)
        ),
        "back": lambda: of_support(
            back="held" if support.back == "insulated" else "insulated"
        ),
    }


def _variants(
    solution: CastingSolution, process: Process
) -> Iterable[tuple[str, str, Change | None]]:
    """Yield name, value and what changes a copy of the inputs, of each unstated one."""
    support = process.support
    for name, change in _changes_of_support(solution, process).items():
        if name not in support.given:
            yield f"support.{name}", _text(getattr(support, name)), change
    if solution.temperature is None:
        yield (
            "solution.temperature",
            f"{spell(support.temperature)}, the support's",
            partial(_warmer_solution, solution, process),
        )
    steps = process.complete_steps
    for number, (name, step) in enumerate(zip(step_names(steps), steps, strict=True)):
        for field in step.field_names():
            value = None if field in step.given else getattr(step, field)
            if value is None or (isinstance(value, Mapping) and not value):
                continue
            longer = None
            if field == "flow_length":
                # the added rinse and drying come last, so the numbers agree
                change = partial(_of_step, solution, process, number)
                longer = partial(change, flow_length=2 * value)
            if isinstance(value, Mapping):
                value = ", ".join(value)
            yield f"{name}.{field}", _text(value), longer


def _stated_variants(
    addresses: Iterable[str], solution: CastingSolution, process: Process
) -> dict[str, Change | None]:
    """Return what changes a copy of inputs that a case chose in its user's place."""
    found: dict[str, Change | None] = {}
    of_support = _changes_of_support(solution, process)
    for address in addresses:
        change: Change | None = None
        if address == "solution.temperature":
            change = partial(_warmer_solution, solution, process)
        elif address in ("support.temperature", "support.thickness"):
            change = of_support[address.removeprefix("support.")]
        elif address.endswith(".flow_length"):
            change = partial(_of_air, solution, process, _longer_flow)
        elif address == "process.transfer_time":
            change = partial(_of_air, solution, process, _longer_time)
        elif address.startswith("solution.parts."):
            part = address.removeprefix("solution.parts.")
            change = _other_grade(solution, process, part)
        found[address] = change
    return found


def _longer_flow(step: Any) -> Any:
    return step.replace(flow_length=2 * step.flow_length)


def _longer_time(step: Any) -> Any:
    if step.time is None:
        return step
    return step.replace(time=units.make(units.to_si(step.time, "time") + 0.5, "s"))


def _other_grade(
    solution: CastingSolution, process: Process, part: str
) -> Change | None:
    """Return what puts a chain of twice the length in place of a polymer."""
    given = solution.parts.substances
    name = next((name for name in given if goes_by(given[name], part)), None)
    if name is None:  # in a stock only
        return None
    substance = given[name]
    if not substance.has("number_average_molar_mass"):
        return None

    def change() -> Changed:
        mass = substance.get("number_average_molar_mass").at(298.15)
        longer = substance.replace(
            number_average_molar_mass=units.make(2.0 * mass, "kg/mol")
        )
        parts: dict[Any, float] = {
            (longer if each == name else given.get(each, each)): amount
            for each, amount in solution.parts.items()
        }
        return solution.replace(parts=parts), process, {}

    return change


_WHAT = {
    "support.temperature": "effect of 5 K more",
    "support.thickness": "effect of twice as thick",
    "support.material": "effect of the other",
    "support.back": "effect of the other",
    "process.transfer_time": "effect of 0.5 s more air",
    "solution.temperature": "effect of 5 K more",
}


def _what(address: str) -> str:
    """Return which change of a value its effect is of."""
    if address.startswith("solution.parts."):
        return "effect of chains twice as long"
    return _WHAT.get(address, "effect of twice as much")


def assumed(
    solution: CastingSolution,
    process: Process,
    chosen: Mapping[str, str],
    constants: Mapping[str, Constant],
    rerun: Rerun | None,
) -> list[Entry]:
    """Return what the user did not say and the library or the case chose.

    Parameters
    ----------
    solution, process
        The inputs.
    chosen : mapping
        A case's own choices: address to sentence.
    constants : mapping
        The model's constants by name.
    rerun : callable or None
        Returns the shift of the depth demixed in air [m] for changed inputs; None:
        no effects are computed.
    """
    entries: list[Entry] = []
    change: Change | None

    def add(
        name: str,
        value: Any,
        source: str,
        change: Change | None,
        what: str,
        basis: str = "chosen",
    ) -> None:
        effect = None
        if change is not None and rerun is not None:
            try:
                effect = rerun(*change())
            except MembranekitError:
                effect = None
        told = source if effect is None else f"{source} ({what})"
        entries.append(entry(name, value, basis, told, effect))

    if solution.measured_cloud_point is None and rerun is not None:
        unmeasured = _unmeasured_cloud_point(solution)
        if unmeasured is not None:
            shown, source, wetter = unmeasured
            what = "effect of a fifth more"
            change = partial(_of_model, wetter, process, {})
            add("solution.cloud_point", shown, source, change, what, "estimated")
    seen = set()
    for address, change in _stated_variants(chosen, solution, process).items():
        seen.add(address)
        value = _value_at(address, solution, process)
        source = chosen[address]
        part = address.removeprefix("solution.parts.")
        for substance in solution.components:
            if part != address and goes_by(substance, part) and _of_no_grade(substance):
                value, source = _grade(substance, source)
        add(address, value, source, change, _what(address))
    for name, value, change in _variants(solution, process):
        if name not in seen:
            add(name, value, DEFAULT, change, _what(name))
    parts = [each.removeprefix("solution.parts.") for each in seen]
    for substance in solution.components:
        if _of_no_grade(substance) and not any(
            goes_by(substance, each) for each in parts
        ):
            name = f"solution.parts.{library.address(substance)}"
            change = _other_grade(solution, process, substance.name)
            value, source = _grade(substance, substance.note)
            add(name, value, source, change, _what(name))
    for name, value, source in _of_two_packs(solution, process):
        add(name, value, source, None, "")
    for name, constant in constants.items():
        if constant.basis == "chosen":
            change = None
            if constant.other:
                other = {name: constant.value * constant.other}
                change = partial(_of_model, solution, process, other)
            shown = (constant.value, constant.unit)
            what = f"effect of {constant.other:g} times"
            add(name, shown, constant.source, change, what)

    def rank(each: Entry) -> tuple[bool, float]:
        is_grade = GRADE_NOT_GIVEN in str(each["value"])
        return not is_grade, -abs(each["effect"][0]) if each["effect"] else 0.0

    entries.sort(key=rank)
    return entries


def _of_no_grade(substance: Substance) -> bool:
    """Say whether a chain's length was assumed for the want of a grade."""
    return bool(substance.stands_for) or (substance.generic and not substance.grade)


def _grade(substance: Substance, more: str) -> tuple[str, str]:
    """Return the chain length that stands for a family, and where its grades are."""
    family = substance.stands_for or substance.family or substance.name
    mass = library.mass_text(substance)
    grades = ", ".join(library.materials.family(family)) or substance.name
    value = f"{GRADE_NOT_GIVEN}, {mass or 'a common chain'} assumed"
    listed = f"`membranekit materials {family}` lists {grades}"
    return value, "; ".join(filter(None, (listed, more)))


def _of_two_packs(
    solution: CastingSolution, process: Process
) -> Iterable[tuple[str, str, str]]:
    """Yield name, value and source of substances that two packs give differently."""
    used = {f"solution.parts.{each.name}": each for each in solution.components}
    for name, step in zip(
        step_names(process.complete_steps), process.complete_steps, strict=True
    ):
        for field in ("bath", "vapor"):
            for each in getattr(step, field, None) or ():
                substance = getattr(step, field).substances[each]
                if substance not in used.values():
                    used[f"{name}.{field}.{substance.name}"] = substance
    for name, substance in used.items():
        for other in library.materials.others(substance):
            differences = list(_differences(substance, other))
            if differences:
                where = f"pack {substance.pack}" if substance.pack else "the case"
                told = f"pack {other.pack} gives {', '.join(differences)}"
                yield name, f"{substance.name} of {where}", told


def _differences(used: Substance, other: Substance) -> Iterable[str]:
    """Yield each property in which two packs differ, as the other has it."""
    for name, value in other.properties.items():
        if not used.has(name):
            yield f"{name}, which this one lacks"
            continue
        own, its = used.get(name).at(), value.at()
        if abs(its - own) > 1e-9 * abs(own):
            shown = spell(value.quantity())
            by = f" ({100 * (its / own - 1):+.2g} %)" if own else ""
            yield f"{name} {shown}{by}"
    lacking = [name for name in used.properties if not other.has(name)]
    if lacking:
        yield f"no {', '.join(lacking)}"


@lru_cache(maxsize=32)
def _unmeasured_cloud_point(
    solution: CastingSolution,
) -> tuple[str, str, CastingSolution] | None:
    """Return the computed cloud point as text, its band's basis, and a copy.

    The copy clouds at a fifth more water: laboratories disagree by as much. None: no
    water clouds it.
    """
    try:
        found = solution.cloud_point(solution.water, extrapolate=True)
    except MembranekitError:
        return None
    if found.cloud is None:
        return None
    percent = 100.0 * found.cloud
    wetter = solution.replace(
        cloud_point={
            "nonsolvent": solution.water,
            "mass_fraction": units.make(1.2 * percent, "percent"),
            "temperature": found.temperature,
        }
    )
    source = "computed, not measured on this solution"
    return f"{percent:.3g} wt% water", f"{source}; {found.band_basis}", wetter


def _value_at(address: str, solution: CastingSolution, process: Process) -> str:
    """Return an input as text; what is no field is described by its sentence alone."""
    head, _, field = address.partition(".")
    if head == "support":
        return _text(getattr(process.support, field))
    if address.startswith("solution.parts."):
        part = address.removeprefix("solution.parts.")
        found = [each.name for each in solution.components if goes_by(each, part)]
        return found[0] if found else part
    if address == "solution.temperature":
        return _text(
            process.support.temperature
            if solution.temperature is None
            else solution.temperature
        )
    if address == "process.transfer_time":
        return "0 s"
    steps = process.complete_steps
    for name, step in zip(step_names(steps), steps, strict=True):
        if name == head and getattr(step, field, None) is not None:
            return _text(getattr(step, field))
    return ""


def of_basis(
    basis: str,
    substances: Sequence[Substance],
    interactions: InteractionSet,
    constants: Mapping[str, Constant],
) -> list[Entry]:
    """Return the values of one basis that a run reads."""
    entries = [
        entry(name, (constant.value, constant.unit), basis, constant.source)
        for name, constant in constants.items()
        if constant.basis == basis
    ]
    names = {each.name for each in substances}
    for pair in interactions.pairs:
        if pair.basis == basis and set(pair.between) <= names:
            g = pair.at(0.5)
            entries.append(
                entry(f"g({', '.join(pair.between)})", (g, "1"), basis, pair.source)
            )
    for ternary in interactions.ternaries:
        if ternary.basis == basis and set(ternary.between) <= names:
            title = f"g({', '.join(ternary.between)})"
            entries.append(entry(title, (ternary.at(), "1"), basis, ternary.source))
    for substance in substances:
        for name in _read_of(substance):
            value = substance.get(name)
            if value.basis == basis:
                shown = (
                    float(value.quantity(extrapolate=True).magnitude),
                    value.unit or "1",
                )
                entries.append(
                    entry(f"{substance.name}.{name}", shown, basis, value.source)
                )
    return entries


def uses(
    substances: Sequence[Substance],
    interactions: InteractionSet,
    constants: Mapping[str, Constant],
    anchored: str = "",
) -> list[Use]:
    """Return every value that a run reads, with its source.

    Parameters
    ----------
    substances : sequence of Substance
        In the solution, the air, the baths and the support.
    interactions : InteractionSet
        Of it, the terms among the substances.
    constants : mapping
        The model's constants by name.
    anchored : str
        The source of the set's anchor pair where a measured cloud point fixes it.
    """
    found = {
        (each.name, name): each.get(name)
        for each in substances
        for name in _read_of(each)
    }
    listed = [
        Use(owner, name, value.basis, value.source)
        for (owner, name), value in found.items()
    ]
    names = {each.name for each in substances}
    for term in interactions.terms:
        if set(term.between) <= names:
            basis, source = term.basis, term.source
            if anchored and set(term.between) == set(interactions.anchor or ()):
                basis, source = "fitted", anchored
            title = f"g({', '.join(term.between)})"
            listed.append(Use(f"the set {interactions.name}", title, basis, source))
    listed += [
        Use("the model", name, constant.basis, constant.source)
        for name, constant in constants.items()
    ]
    return listed


def _read_of(substance: Substance) -> list[str]:
    """Return the properties that a run reads of a substance that has them all."""
    names = limits.needed(substance, membrane_polymer=substance.kind == "polymer")
    return [name for name in names if substance.has(name)]


def extrapolated(found: Iterable[limits.Stretch]) -> list[Entry]:
    """Return the values that a run read outside the ranges for which they are given.

    A value that is read in several places stands there once, with all of them.
    """
    together: dict[tuple[str, str], list[limits.Stretch]] = {}
    for each in found:
        together.setdefault((each.name, each.kind), []).append(each)
    entries = []
    for (name, _), here in together.items():
        read = ", ".join(f"{each.at_text} ({each.where})" for each in here)
        told = f"read at {read}; valid from {here[0].range}"
        entries.append(entry(name, told, here[0].basis, here[0].source))
    return entries
