"""Phase diagrams of a nonsolvent, a solvent and a polymer: quantities in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit.cloudpoints import CloudPointTable, cloud_points
from membranekit.errors import InputError, MembranekitError
from membranekit.mixtures import mixture_of
from membranekit.sources import beside
from membranekit.substances import (
    InteractionSet,
    Substance,
    Value,
    outside,
    volumes_outside,
)
from membranekit.thermo import phase_diagram as floats

Floats = NDArray[np.float64]

COMPARABLE = 5.0
"""Cloud points are shown in a diagram whose temperature is as near as this [K]."""

SHOWN_LINES = 6
"""How many tie lines a table shows."""

TRACE = 1e-12
"""A table shows no smaller fraction than this [%]."""

DISSOLVED = "swelling_agent"

_PLACES = ("nonsolvent", "solvent", "polymer")


@dataclass(frozen=True)
class Source:
    """A value that a diagram rests on.

    Parameters
    ----------
    name : str
        What it is.
    value : str
        As it was used, or empty.
    basis : str
        measured, literature, estimated, chosen or fitted.
    source : str
        Where it was read, or how it came about.
    """

    name: str
    value: str
    basis: str
    source: str

    def to_dict(self) -> dict[str, str]:
        """Return the entry for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "basis": self.basis,
            "source": self.source,
        }

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        return f"{self.name}{value} ({self.basis}): {beside(self.basis, self.source)}"


@dataclass(frozen=True, eq=False, repr=False)
class PhaseDiagram:
    """The phase diagram of a nonsolvent, a solvent and a polymer.

    `phase_diagram` makes it. Compositions are volume fractions in the order of
    `components`, in arrays that cannot be written to; `mass_fractions` holds the same
    points as mass fractions.

    Parameters
    ----------
    components : tuple of str
        Canonical names: nonsolvent, solvent, polymer.
    interactions : str
        The name of the set of interactions used.
    sources : tuple of Source
        The set's pairs and the substances' values, each with its basis.
    extrapolated : tuple of str
        What was used outside its range.
    notes : tuple of str
        What could not be given, and why.
    arrest : str
        ``glass`` or ``gel``: what `arrest_line` is; empty where there is none.
    """

    components: tuple[str, str, str]
    interactions: str
    sources: tuple[Source, ...]
    extrapolated: tuple[str, ...]
    notes: tuple[str, ...]
    arrest: str
    _found: floats.Ternary
    _density: Floats
    _arrest_line: Floats | None
    _cloud_points: tuple[CloudPointTable, ...]

    def __post_init__(self) -> None:
        self._lock()

    def _lock(self) -> None:
        found = self._found
        for held in (vars(found), vars(found.mixture), vars(self)):
            for value in held.values():
                if isinstance(value, np.ndarray):
                    value.flags.writeable = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickle and deepcopy drop the read-only flag.
        self.__dict__.update(state)
        self._lock()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PhaseDiagram):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.components, self.interactions, self._found.temperature))

    @property
    def temperature(self) -> Any:
        """The temperature [degC]."""
        return units.make(self._celsius, "degC")

    @property
    def _celsius(self) -> float:
        return _celsius(self._found.temperature)

    @property
    def tie_lines(self) -> Floats:
        """Lean and rich phases, shape (n, 2, 3), from the edge without solvent [1]."""
        return _locked(self._found.tie_lines)

    @property
    def lean_polymer_logarithm(self) -> Floats:
        """Ln of the polymer's fraction in the lean phases, shape (n,) [1]."""
        return self._found.logarithms[:, 0, 2]

    @property
    def binodal(self) -> Floats:
        """From the lean end over the critical point to the rich end, (m, 3) [1]."""
        return _locked(self._found.binodal)

    @property
    def spinodal(self) -> Floats:
        """From the lean end to the rich end, shape (m, 3) [1]."""
        return self._found.spinodal.view()

    @property
    def critical_point(self) -> Floats | None:
        """Shape (3,) [1]; None: the gap is open at the solvent's side."""
        point = self._found.critical_point
        return None if point is None else point.view()

    @property
    def arrest_line(self) -> Floats | None:
        """Where the mixture turns to glass or gel, ends of a line, shape (2, 3) [1].

        The first end holds no solvent, the second no nonsolvent. Within the gap no
        such mixture exists: see `arrest_outside`. None: `notes` say why.
        """
        return None if self._arrest_line is None else self._arrest_line.view()

    @property
    def arrest_outside(self) -> Floats:
        """The parts of `arrest_line` outside the gap, shape (n, 2, 3) [1].

        Where a part ends within the triangle, the line crosses the binodal there.
        """
        if self._arrest_line is None:
            return _locked(np.empty((0, 2, 3)))
        return _locked(_outside(self._arrest_line, self.binodal))

    @property
    def cloud_points(self) -> tuple[CloudPointTable, ...]:
        """Measured cloud points of these components, at any temperature."""
        return self._cloud_points

    @property
    def comparable_cloud_points(self) -> tuple[CloudPointTable, ...]:
        """Those measured within 5 K, or at a temperature that is not stated."""
        here = self._found.temperature
        return tuple(
            table
            for table in self._cloud_points
            if table.temperature is None or abs(table.temperature - here) <= COMPARABLE
        )

    @property
    def mass_fractions(self) -> dict[str, Any]:
        """The points as mass fractions: arrays by the names of the attributes [1]."""
        names = ("binodal", "tie_lines", "spinodal", "critical_point", "arrest_line")
        return {name: self._by_mass(getattr(self, name)) for name in names}

    def _by_mass(self, fractions: Floats | None) -> Floats | None:
        if fractions is None:
            return None
        mass = fractions * self._density
        return _locked(mass / mass.sum(axis=-1, keepdims=True))

    def from_mass_fractions(self, mass_fractions: Floats) -> Floats:
        """Return volume fractions for mass fractions, both shape (..., 3) [1]."""
        volume = mass_fractions / self._density
        return _locked(volume / volume.sum(axis=-1, keepdims=True))

    def nonsolvent_at(self, polymer: Any) -> Any:
        """Return the nonsolvent with which a solution of given polymer clouds.

        Parameters
        ----------
        polymer : str or quantity
            Mass fraction of the polymer in the cloudy solution, such as ``"15 %"``.

        Returns
        -------
        quantity or None
            Mass fraction of the nonsolvent [percent]; None: the binodal does not reach
            this much polymer.

        Examples
        --------
        >>> found = phase_diagram("water", "NMP", "PSF")
        >>> round(float(found.nonsolvent_at("15 %").m_as("percent")), 1)
        6.3
        """
        share = self._nonsolvent_at(units.si(polymer, "mass_fraction", "polymer"))
        return None if share is None else units.make(100.0 * share, "percent")

    def _nonsolvent_at(self, polymer: float) -> float | None:
        """Return the nonsolvent's mass fraction at a polymer's; both [1]."""
        weights = self._density * (np.array([0.0, 0.0, 1.0]) - polymer)
        point = self._found.on_binodal(weights)
        if point is None:
            return None
        return float(point[0] * self._density[0] / (point @ self._density))

    def to_dict(self) -> dict[str, Any]:
        """Return the diagram as JSON can hold it: what ``diagram --json`` prints."""
        by_mass = self.mass_fractions
        tables = self.comparable_cloud_points
        measured = [self.from_mass_fractions(table.mass_fractions) for table in tables]
        return {
            "components": list(self.components),
            "temperature": {
                "value": self._celsius,
                "unit": "degC",
            },
            "set": self.interactions,
            "sources": [each.to_dict() for each in self.sources],
            "binodal": self.binodal.tolist(),
            "tie_lines": self.tie_lines.tolist(),
            "spinodal": self.spinodal.tolist(),
            "critical_point": _listed(self.critical_point),
            "cloud_points": [point for table in measured for point in table.tolist()],
            "mass_fractions": {
                **{
                    name: _listed(by_mass[name])
                    for name in ("binodal", "tie_lines", "spinodal", "critical_point")
                },
                "cloud_points": [
                    point for table in tables for point in table.mass_fractions.tolist()
                ],
            },
            "lean_polymer_logarithm": self.lean_polymer_logarithm.tolist(),
            "arrest": self.arrest,
            "arrest_line": _listed(self.arrest_line),
            "arrest_outside": self.arrest_outside.tolist(),
            "extrapolated": list(self.extrapolated),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return (
            f"<PhaseDiagram: {', '.join(self.components)} at {self._celsius:g} degC, "
            f"{self.interactions}>"
        )

    def table(self) -> list[list[str]]:
        """Return rows for a reader: a label, and each volume fraction [%]."""
        rows: list[tuple[str, Floats]] = []
        if self.critical_point is not None:
            rows.append(("critical point", self.critical_point))
        lines = self.tie_lines
        for k in range(SHOWN_LINES):
            # a fraction too small for a float is a trace, not nothing
            line = np.fmax(
                lines[round(k * (len(lines) - 1) / SHOWN_LINES)], np.finfo(float).tiny
            )
            rows += [(f"tie line {k + 1}, lean", line[0]), ("  rich", line[1])]
        for part in self.arrest_outside:
            for label, point in zip((f"{self.arrest}, ", "  "), part, strict=True):
                place = (
                    "no solvent"
                    if point[1] == 0.0
                    else "no nonsolvent"
                    if point[0] == 0.0
                    else "at the binodal"
                )
                rows.append((label + place, point))
        return [[label, *map(_percent, point)] for label, point in rows]

    def __str__(self) -> str:
        rows = [["volume %", *self.components], *self.table()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"{', '.join(self.components)} at {self._celsius:g} degC", ""]
        for label, *cells in rows:
            shown = (f"{x:>{w}}" for x, w in zip(cells, widths[1:], strict=True))
            lines.append("  ".join([f"{label:<{widths[0]}}", *shown]))
        lines += ["", f"Interactions: {self.interactions}"]
        for title, entries in (
            ("Rests on", self.sources),
            ("Extrapolated", self.extrapolated),
            ("Notes", self.notes),
        ):
            if entries:
                lines += ["", title, *(f"  {entry}" for entry in entries)]
        return "\n".join(lines)


def phase_diagram(
    nonsolvent: str | Substance,
    solvent: str | Substance,
    polymer: str | Substance,
    *,
    temperature: Any = "25 degC",
    interactions: str | InteractionSet | None = None,
    extrapolate: bool = False,
) -> PhaseDiagram:
    """Compute the phase diagram of a nonsolvent, a solvent and a polymer.

    Parameters
    ----------
    nonsolvent, solvent, polymer : str or Substance
        Names, aliases or substances.
    temperature : str or quantity
        [degC]
    interactions : str or InteractionSet, optional
        The name of a set of interactions, or a set of one's own, as `fit_interactions`
        and `library.load_file` return it; none: the preferred one.
    extrapolate : bool
        Whether a temperature outside the range of the set or of a value may be used; it
        is then recorded.

    Raises
    ------
    InputError
        The temperature is out of the range of the set or of a value, a component
        stands twice or in a place that is not its own, or `interactions` is something
        else.
    MaterialError
        A substance, a set or a property is not known.
    MembranekitError
        There is no gap, the liquids demix by themselves, or three phases may coexist.

    Examples
    --------
    >>> found = phase_diagram("water", "NMP", "PSF", temperature="40 degC")
    >>> found.interactions
    'water-NMP-polysulfone, UNIFAC-DO refit'
    >>> found.tie_lines.shape
    (200, 2, 3)
    """
    substances = [
        _substance(given, place)
        for given, place in zip((nonsolvent, solvent, polymer), _PLACES, strict=True)
    ]
    names = tuple(each.name for each in substances)
    if len(set(names)) < 3:
        raise InputError(
            f"a phase diagram has three different components, not {', '.join(names)}"
        )
    kelvin = units.si(temperature, "temperature", "temperature")
    if not isinstance(interactions, (str, InteractionSet, type(None))):
        raise InputError(
            "interactions: give the name of a set or an interaction set, such as the "
            f"`interactions` of a fit, not {type(interactions).__name__}"
        )
    used = library.interaction_set(names, interactions, extra=substances)
    extrapolated = _checked_range(used, substances, kelvin, extrapolate)
    mixture = mixture_of(names, used, extra=substances)
    try:
        found = floats.ternary(mixture, kelvin)
    except MembranekitError as error:
        first, second = (each.usual_role for each in substances[:2])
        if not (first in ("solvent", "good solvent") and second == "nonsolvent"):
            raise
        raise MembranekitError(
            f"{error}; the order is nonsolvent, solvent, polymer: "
            f"{names[1]}, {names[0]}, {names[2]}?"
        ) from error
    arrest, line, lacking = _arrest(substances, kelvin)
    measured = cloud_points(names) if _in_library(names) else ()
    return PhaseDiagram(
        components=(names[0], names[1], names[2]),
        interactions=library.set_address(used),
        sources=tuple(_sources(substances, used, kelvin, arrest, measured)),
        extrapolated=extrapolated,
        notes=(*_notes(found, names, kelvin, measured), *lacking),
        arrest=arrest,
        _found=found,
        _density=np.array([each.get("density").at() for each in substances]),
        _arrest_line=line,
        _cloud_points=measured,
    )


def sets_for(names: Sequence[str]) -> list[str]:
    """Return the names of all sets of just these components, the preferred first.

    Raises
    ------
    MaterialError
        There is none.

    Examples
    --------
    >>> sets_for(["water", "DMAc", "PES"])
    ['water-DMAc-PES, UNIFAC-DO refit', 'water-DMAc-PES, Wei 2006']
    """
    substances = [library.lookup(name) for name in names]
    canonical = [each.name for each in substances]
    found = library.interaction_sets(canonical, extra=substances)
    if not found:
        found = [library.interaction_set(canonical, extra=substances)]
    return [library.set_address(each) for each in found]


# ------------------------------------------------------------------ what goes in
def _substance(given: str | Substance, place: str) -> Substance:
    if not isinstance(given, (str, Substance)):
        raise InputError(
            f"{place}: {given!r} is neither a name nor a substance; write it like "
            '"water"'
        )
    found = given if isinstance(given, Substance) else library.lookup(given)
    if found.kind not in ("polymer" if place == "polymer" else "solvent", DISSOLVED):
        raise InputError(
            f"{place}: {found.name} is a {found.kind.replace('_', ' ')}; the order is "
            "nonsolvent, solvent, polymer"
        )
    return found


def _checked_range(
    used: InteractionSet,
    substances: Sequence[Substance],
    kelvin: float,
    extrapolate: bool,
) -> tuple[str, ...]:
    """Return what is extrapolated, or refuse to."""
    told = [outside(used.valid_temperature, kelvin, f"the set {used.name!r}")]
    told += volumes_outside(substances)
    told += [value.outside(kelvin, name) for name, value in _arrest_values(substances)]
    told = [each for each in told if each]
    if told and not extrapolate:
        raise InputError(
            f"temperature: {told[0]}; extrapolate=True (on the "
            "command line --extrapolate) uses it all the same"
        )
    return tuple(told)


def _in_library(names: Sequence[str]) -> bool:
    return all(name in library.materials for name in names)


def _arrest_values(
    substances: Sequence[Substance],
) -> list[tuple[str, Value]]:
    """Return what gel or glass is computed from; nothing where one of them is missing.

    A gel needs the polymer's fraction alone, a glass all three temperatures.
    """
    polymer = substances[2]
    if polymer.has("gelation_fraction"):
        return [(polymer.name, polymer.get("gelation_fraction"))]
    name = "glass_temperature"
    if not all(each.has(name) for each in substances):
        return []
    return [(each.name, each.get(name)) for each in substances]


def _arrest(
    substances: Sequence[Substance], kelvin: float
) -> tuple[str, Floats | None, list[str]]:
    """Return glass or gel, the line's ends, and why there is none."""
    read = _arrest_values(substances)
    if len(read) == 1:
        share = read[0][1].at(kelvin)
        ends = [[1.0 - share, 0.0, share], [0.0, 1.0 - share, share]]
        return "gel", np.array(ends), []
    lacking = [each.name for each in substances if not each.has("glass_temperature")]
    if lacking:
        why = f"no glass line: the glass temperature of {', '.join(lacking)} is missing"
        return "", None, [why]
    chains = [each.has("number_average_molar_mass") for each in substances]
    line = floats.glass_line(
        kelvin,
        np.array([value.at(kelvin) for _, value in read]),
        np.where(chains, 1.0, floats.PLASTICIZATION),
    )
    if line is None:
        return "", None, ["no glass line: no such mixture turns to glass here"]
    return "glass", line, []


def _notes(
    found: floats.Ternary,
    names: Sequence[str],
    kelvin: float,
    measured: Sequence[CloudPointTable],
) -> list[str]:
    notes = []
    if found.critical_point is None:
        notes.append(
            f"no critical point: the gap is open, {names[1]} and {names[2]} demix too"
        )
    for table in measured:
        if table.temperature is None:
            notes.append(
                f"cloud points of {table.name}: their temperature is not stated"
            )
        elif abs(table.temperature - kelvin) > COMPARABLE:
            notes.append(
                f"cloud points of {table.name} are not shown: measured at "
                f"{_celsius(table.temperature):g} degC"
            )
    return notes


def _sources(
    substances: Sequence[Substance],
    used: InteractionSet,
    kelvin: float,
    arrest: str,
    measured: Sequence[CloudPointTable],
) -> list[Source]:
    names = {each.name for each in substances}
    listed = []
    for pair in used.pairs:
        if set(pair.between) <= names:
            listed.append(
                Source(
                    f"g({', '.join(pair.between)})",
                    f"{pair.at(0.5, kelvin):.4g} at equal parts",
                    pair.basis,
                    pair.source,
                )
            )
    for term in used.ternaries:
        if set(term.between) <= names:
            title = f"g({', '.join(term.between)})"
            value = f"{term.at(kelvin):.4g}"
            listed.append(Source(title, value, term.basis, term.source))
    read = ["density", "molar_mass", "number_average_molar_mass"]
    if arrest == "glass":
        read.append("glass_temperature")
    for each in substances:
        for name in (*read, "gelation_fraction") if arrest == "gel" else read:
            if each.has(name):
                found = each.get(name)
                text = units.text(found.quantity(extrapolate=True))
                title = f"{each.name}.{name}"
                listed.append(Source(title, text, found.basis, found.source))
    if arrest == "glass":
        listed.append(
            Source(
                "plasticization",
                f"{floats.PLASTICIZATION:g}",
                "estimated",
                "Kelley-Bueche, ratio of expansion steps; textbook",
            )
        )
    for table in measured:
        count = f"{len(table.mass_fractions)} measured"
        title = f"cloud points, {table.name}"
        listed.append(Source(title, count, table.basis, table.source))
    return listed


# ------------------------------------------------------------------ small things
def _celsius(kelvin: float) -> float:
    return float(f"{kelvin - 273.15:.10g}")


def _locked(array: Floats) -> Floats:
    array.flags.writeable = False
    return array


def _listed(array: Floats | None) -> list[Any]:
    return [] if array is None else array.tolist()


def _percent(fraction: float) -> str:
    percent = 100.0 * fraction
    if percent == 0.0:
        return "0"
    if percent < TRACE:
        return f"<{TRACE:.0e}"
    return f"{percent:.2f}" if percent > 5e-3 else f"{percent:.1e}"


def _outside(line: Floats, binodal: Floats) -> Floats:
    """Return the parts (n, 2, 3) of a straight line (2, 3) outside the gap [1]."""
    # all fractions sum to 1, so the plane through both ends and 0 holds the line
    distance = binodal @ np.cross(line[0], line[1])
    (before,) = np.nonzero(distance[1:] * distance[:-1] < 0.0)
    share = distance[before] / (distance[before] - distance[before + 1])
    crossings = binodal[before] + share[:, None] * (
        binodal[before + 1] - binodal[before]
    )
    along = line[1] - line[0]
    places = (crossings - line[0]) @ along / (along @ along)
    within = np.sort(places[(places > 0.0) & (places < 1.0)])
    ends = [line[0], *(line[0] + place * along for place in within), line[1]]
    parts = [
        np.array(part)
        for part in pairwise(ends)
        if not _encloses(binodal, (part[0] + part[1]) / 2)
    ]
    return np.array(parts).reshape(-1, 2, 3)


def _encloses(outline: Floats, point: Floats) -> bool:
    """Say whether a point lies within an outline, which its last edge closes."""
    x, y = outline[:, 0] - point[0], outline[:, 2] - point[2]
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    # a ray to the right crosses the outline an odd number of times
    crossed = (y > 0.0) != (y2 > 0.0)
    left = x[crossed] * y2[crossed] - x2[crossed] * y[crossed]
    right = (left > 0.0) == (y2[crossed] > y[crossed])
    return bool(right.sum() % 2)
