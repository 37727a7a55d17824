"""What a system lacks for a phase diagram, for a run and for filtration.

What each of them reads stands in `limits.reads`; here it is held against what the
substances and the sets of interactions give. A missing value may be estimated where the
library has a method for it, and only on request: a rough value that nobody asked for
would pass for a known one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from types import MappingProxyType
from typing import Any

from membranekit import library, limits, units
from membranekit.errors import InputError
from membranekit.process import Process
from membranekit.solution import CastingSolution
from membranekit.substances import ROOM_TEMPERATURE, Substance, Value, constant
from membranekit.transport.model import GAS_CONSTANT

PAIR = "interaction"
"""What is missing of a pair, in the place of a property."""

_WIDTH, _TOLD = 88, 60


# --------------------------------------------------------------------------- estimates


@dataclass(frozen=True)
class Estimate:
    """A value that a method gives, ready to be written into a material file.

    Parameters
    ----------
    value : Value
        With its source, ``estimated: <method>``.
    text : str
        The value as a material file has it.
    """

    value: Value
    text: str

    @property
    def toml(self) -> str:
        """Return the table of a material file."""
        quoted = self.text if self.value.unit == "" else f'"{self.text}"'
        return (
            f"[{self.value.name}]\n"
            f"value = {quoted}\n"
            f'uncertainty = "{self.value.uncertainty}"\n'
            f'source = "{self.value.source}"\n'
            f'basis = "{self.value.basis}"\n'
        )


Found = tuple[str, str, str]
"""Value, uncertainty and method, as texts."""


def _number_average(substance: Substance) -> Found | None:
    if not substance.has("weight_average_molar_mass"):
        return None
    mass = 1e3 * substance.get("weight_average_molar_mass").at()
    method = (
        "half the molar mass by weight, as of the most probable distribution of chain "
        "lengths"
    )
    return f"{mass / 2e3:.3g} kg/mol", "50 %", method


def _glass_temperature(substance: Substance) -> Found | None:
    if not substance.has("melting_temperature"):
        return None
    melting = substance.get("melting_temperature").at()
    method = f"two thirds of the melting temperature, {melting:.4g} K (a rule of thumb)"
    return f"{2 * melting / 3:.3g} K", "30 K", method


def _heat_capacity(substance: Substance) -> Found | None:
    if not substance.is_chain:
        return None
    method = "analogy with other glassy polymers (1.0 to 1.5 J/g/K)"
    return "1300 J/kg/K", "15 %", method


def _thermal_conductivity(substance: Substance) -> Found | None:
    if not substance.is_chain:
        return None
    method = "analogy with other glassy polymers (0.18 to 0.26 W/m/K)"
    return "0.2 W/m/K", "25 %", method


def _association(substance: Substance) -> Found | None:
    method = (
        "1 for unassociated liquids (Wilke & Chang, AIChE J. 1 (1955) 264); alcohols "
        "have 1.5 to 1.9"
    )
    return "1.0", "50 %", method


def _enthalpy_of_vaporization(substance: Substance) -> Found | None:
    if not substance.has("saturation_pressure"):
        return None
    pressure, step = substance.get("saturation_pressure"), 1.0
    low, high = ROOM_TEMPERATURE - step, ROOM_TEMPERATURE + step
    if not (pressure.in_range(low) and pressure.in_range(high)):
        return None
    rise = math.log(pressure.at(high) / pressure.at(low))
    heat = GAS_CONSTANT * rise / (1.0 / low - 1.0 / high)
    method = (
        "Clausius and Clapeyron, H = -R d ln p/d(1/T), from the saturation pressure "
        "at 25 degC"
    )
    return f"{heat / 1e3:.3g} kJ/mol", "10 %", method


def _start_pore_diameter(substance: Substance) -> Found | None:
    start = library.builtin("PSF").get("start_pore_diameter")
    method = (
        "taken as polysulfone's, which is fitted to GB 2 199 786 A, Examples 2 and 3; "
        "PVDF's, fitted to Example 1, is a third of it"
    )
    return f"{1e6 * start.at():.3g} um", "70 %", method


METHODS: Mapping[str, Callable[[Substance], Found | None]] = MappingProxyType(
    {
        "number_average_molar_mass": _number_average,
        "glass_temperature": _glass_temperature,
        "heat_capacity": _heat_capacity,
        "thermal_conductivity": _thermal_conductivity,
        "association": _association,
        "enthalpy_of_vaporization": _enthalpy_of_vaporization,
        "start_pore_diameter": _start_pore_diameter,
    }
)
"""How a missing property can be estimated; a method gives None where it cannot."""

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "glass_temperature": "two thirds of a melting_temperature, if given",
        "enthalpy_of_vaporization": "follows from a saturation_pressure around 25 degC",
        "boiling_molar_volume": "Le Bas increments, from the formula",
        "diffusion_volume": "Fuller increments, from the formula",
        "contact_angle": "measure it: water on a dense film",
        "yield_stress": "the data sheet of the grade",
        "viscosity": "a handbook, as a function of temperature",
    }
)
"""Where a value comes from that no method here gives."""

_FIT = "measure cloud points; mk.fit_interactions fits a set to them"


def estimate(substance: Substance, name: str) -> Estimate | None:
    """Estimate a property; None where no method of the library does.

    Parameters
    ----------
    substance : Substance
        What lacks it.
    name : str
        The property.

    Examples
    --------
    >>> print(estimate(library.lookup("polyacrylonitrile"), "heat_capacity").toml)
    [heat_capacity]
    value = "1300 J/kg/K"
    uncertainty = "15 %"
    source = "estimated: analogy with other glassy polymers (1.0 to 1.5 J/g/K)"
    basis = "estimated"
    <BLANKLINE>
    """
    found = METHODS[name](substance) if name in METHODS else None
    if found is None:
        return None
    text, uncertainty, method = found
    if uncertainty.endswith("%"):
        half_width = "relative", float(uncertainty.rstrip(" %")) / 100.0
    else:  # of a temperature
        half_width = (
            "absolute",
            units.si(uncertainty, "temperature_difference", "uncertainty"),
        )
    value = constant(
        name,
        text,
        f"estimated: {method}",
        "estimated",
        uncertainty=uncertainty,
        half_width=half_width,
    )
    return Estimate(value, text)


# ----------------------------------------------------------------------------- results


@dataclass(frozen=True)
class Lack:
    """A property or a pair of interactions that is not given.

    Parameters
    ----------
    of : tuple of str
        The substance, or both of a pair.
    name : str
        The property; `PAIR` for a pair.
    needed_for : tuple of str
        Which of `limits.USES` read it.
    method : str
        How the library can estimate it; empty: it cannot.
    advice : str
        What helps where no method does.
    estimate : Estimate or None
        The value by the method, where estimates were asked for.
    """

    of: tuple[str, ...]
    name: str
    needed_for: tuple[str, ...]
    method: str = ""
    advice: str = ""
    estimate: Estimate | None = None

    @property
    def what(self) -> str:
        """Return what is missing in words."""
        return f"{self.name.replace('_', ' ')} of {' and '.join(self.of)}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        entry: dict[str, Any] = {
            "of": list(self.of),
            "property": self.name,
            "needed_for": list(self.needed_for),
            "method": self.method,
            "advice": self.advice,
            "estimate": None,
        }
        if self.estimate is not None:
            shown = self.estimate.value.to_dict()
            entry["estimate"] = {**shown, "toml": self.estimate.toml}
        return entry


@dataclass(frozen=True)
class Missing:
    """What a system lacks, and for what.

    Parameters
    ----------
    components : tuple of str
        What the system holds, with what the air and the baths bring.
    lacks : tuple of Lack
        What is not given.
    notes : tuple of str
        What can be left out, and what that means.
    """

    components: tuple[str, ...]
    lacks: tuple[Lack, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Lack]:
        return iter(self.lacks)

    def __len__(self) -> int:
        return len(self.lacks)

    def of(self, use: str) -> tuple[Lack, ...]:
        """Return what one of `limits.USES` lacks: ``"run"``, for one.

        Raises
        ------
        InputError
            For any other word.
        """
        if use not in limits.USES:
            raise InputError(f"use: {use!r} is none; give {', '.join(limits.USES)}")
        return tuple(each for each in self.lacks if use in each.needed_for)

    def to_toml(self) -> str:
        """Return the estimates that were asked for, as tables of material files."""
        tables: dict[str, list[str]] = {}
        for each in self.lacks:
            if each.estimate is not None:
                tables.setdefault(each.of[0], []).append(each.estimate.toml)
        return "\n".join(f"# {name}\n" + "\n".join(of) for name, of in tables.items())

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``membranekit materials --for CASE --json`` prints it."""
        return {
            "components": list(self.components),
            "complete": {use: not self.of(use) for use in limits.USES},
            "missing": [each.to_dict() for each in self.lacks],
            "notes": list(self.notes),
        }

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = [("missing", "needed for", "estimate")]
        for each in self.lacks:
            told = f"possible: {each.method}" if each.method else "none"
            if each.estimate is not None:
                told = f"{each.estimate.text} ({each.method})"
            elif each.advice:
                told += f"; {each.advice}"
            rows.append((each.what, ", ".join(each.needed_for), told))
        return rows

    def _summary(self) -> list[str]:
        lines = []
        for use in limits.USES:
            count = len(self.of(use))
            lines.append(f"{use}: {f'{count} missing' if count else 'complete'}")
        return lines

    def __str__(self) -> str:
        lines = wrap(", ".join(self.components), _WIDTH)
        lines += ["", *(f"  {line}" for line in self._summary())]
        if self.lacks:
            rows = self._rows()
            wide, middle = (max(len(row[k]) for row in rows) + 2 for k in (0, 1))
            lines.append("")
            for what, uses, told in rows:
                first, *rest = wrap(told, _TOLD)
                lines.append(f"{what:<{wide}}{uses:<{middle}}{first}")
                lines += [" " * (wide + middle) + line for line in rest]
        lines += [f"\n{note}" for note in self.notes]
        if toml := self.to_toml():
            lines += [
                "",
                "For the material files, if nothing better is known:",
                "",
                toml,
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        title = escape(", ".join(self.components))
        summary = "<br>".join(map(escape, (*self._summary(), *self.notes)))
        table = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        heads = "".join(f"<th>{cell}</th>" for cell in head)
        return (
            f"<table><caption>{title}<br>{summary}</caption><thead><tr>{heads}</tr>"
            f"</thead><tbody>{table}</tbody></table>"
        )


# ------------------------------------------------------------------------ the question


def missing(
    solution: CastingSolution | Iterable[str | Substance],
    process: Process | None = None,
    *,
    estimates: bool = False,
) -> Missing:
    """Tell which properties and pairs a system lacks, and what for.

    Parameters
    ----------
    solution : CastingSolution or iterable of str or Substance
        The system: a casting solution, or the names of its substances where they make
        none, such as a polymer for which there is no set. Water is added, for every air
        brings it.
    process : Process, optional
        What the air and the baths of a process bring is added, and its support.
    estimates : bool
        Estimate each missing value for which the library has a method, as text for a
        material file.

    Returns
    -------
    Missing
        Nothing in it: all is there. Nothing is changed by asking.

    Raises
    ------
    InputError
        If it is given no system.
    MaterialError
        If a substance is not known at all.

    Examples
    --------
    >>> found = missing(["polyacrylonitrile", "DMF", "water"])
    >>> [each.what for each in found.of("phase diagram")]
    ['interaction of water and polyacrylonitrile', 'interaction of water and DMF']
    >>> len(missing(["water", "NMP", "PSF"]))
    0
    """
    extra: tuple[Any, ...] = ()
    named = None
    if isinstance(solution, CastingSolution):
        members = list(solution.components)
        extra = solution.extra
        if solution.interactions is not None:
            names = [each.name for each in members]
            named = library.set_address(
                library.interaction_set(
                    names, solution.interactions, (*extra, *members), solution.home
                )
            )
    else:
        members = _members(solution)
    if process is not None:
        if not isinstance(process, Process):
            raise InputError(f"process: {process!r} is no Process")
        members += process.brought(members)
    if "water" not in {each.name for each in members}:
        members.append(library.builtin("water"))
    members.sort(key=lambda each: each.name != "water")
    lacks = [lack for each in members for lack in _lacks(each, estimates)]
    if process is not None:
        lacks += _lacks(process.support.substance, estimates)
    lacks += _pairs([each.name for each in members], named, (*extra, *members))
    notes = tuple(
        f"{each.name} has no saturation_pressure: it counts as not volatile"
        for each in members
        if each.kind == "solvent" and not each.has("saturation_pressure")
    )
    return Missing(tuple(each.name for each in members), tuple(lacks), notes)


def together(found: Sequence[Missing]) -> Missing:
    """Return what several systems lack, each thing once.

    Examples
    --------
    >>> one, other = missing(["PSF", "NMP"]), missing(["PSF", "DMAc"])
    >>> together([one, other]).components
    ('water', 'polysulfone P-3500', 'NMP', 'DMAc')
    """
    return Missing(
        *(
            tuple(dict.fromkeys(each for one in found for each in getattr(one, field)))
            for field in ("components", "lacks", "notes")
        )
    )


def _members(given: object) -> list[Substance]:
    example = 'give a casting solution, or names such as ["water", "NMP", "PSF"]'
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"solution: {given!r} is no system; {example}")
    members: dict[str, Substance] = {}
    for each in given:
        if not isinstance(each, str | Substance):
            raise InputError(f"solution: {each!r} is no substance; {example}")
        found = library.lookup(each) if isinstance(each, str) else each
        if found.kind == "support":
            raise InputError(f"solution: {found.name} is a support; {example}")
        members.setdefault(found.name, found)
    if not members:
        raise InputError(f"solution: it holds nothing; {example}")
    return list(members.values())


def _lacks(substance: Substance, estimates: bool) -> list[Lack]:
    """Return the properties that a substance lacks."""
    is_polymer = substance.kind == "polymer"
    by_use = limits.reads(substance, membrane_polymer=is_polymer)
    needed_for: dict[str, list[str]] = {}
    for use, names in by_use.items():
        for name in names:
            if not substance.has(name):
                needed_for.setdefault(name, []).append(use)
    found = []
    for name, uses in needed_for.items():
        guess = estimate(substance, name)
        method = guess.value.source.removeprefix("estimated: ") if guess else ""
        found.append(
            Lack(
                of=(substance.name,),
                name=name,
                needed_for=tuple(uses),
                method=method,
                advice="" if method else ADVICE.get(name, ""),
                estimate=guess if estimates else None,
            )
        )
    return found


def _pairs(
    names: Sequence[str], named: str | None, extra: Sequence[Any]
) -> Iterator[Lack]:
    """Yield the pairs that the set lacks which comes nearest, or the one named."""
    sets = library.set_members(extra)
    serving = [name for name, _ in sets]
    if named is not None:
        serving = [named]
    for a, b, having in library.pairs_outside(names, sets, serving):
        advice = _FIT
        if having:
            shown = ", ".join(map(repr, having[:2]))
            more = f" and {len(having) - 2} more" if len(having) > 2 else ""
            advice = f"it is in {shown}{more}; pairs of two sets do not go together"
        yield Lack((a, b), PAIR, ("phase diagram", "run"), advice=advice)
