"""A casting solution at rest: where it clouds, and its vapor.

Nothing moves here. The answers are frozen, hold SI floats, and say which set of
interactions they rest on: the water activity of a solvent differs twofold between
published sets that agree on the cloud points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit.errors import InputError, MaterialError, MembranekitError
from membranekit.mixtures import demixing_liquids, mixture_of
from membranekit.sources import beside
from membranekit.substances import (
    InteractionSet,
    Pair,
    Substance,
    Ternary,
    outside,
    volumes_outside,
)
from membranekit.thermo import stability as phases
from membranekit.thermo import vapor
from membranekit.thermo.flory_huggins import Mixture, anchored
from membranekit.thermo.titration import cloud_fraction, is_stable

if TYPE_CHECKING:
    from membranekit.solution import CastingSolution

Floats = NDArray[np.float64]

CASTING_TEMPERATURE = 298.15
"""Where a solution states none: that of the support, 25 degC; chosen [K]."""

LABORATORY_BANDS = {
    "polysulfone P-3500": (
        0.20,
        "laboratories differ by that: a table of polysulfone in NMP at 38 degC lies "
        "about a fifth below Lau 1991 and the sets fitted to it",
    )
}
"""Relative half width of a polymer's cloud points, and where it comes from [1]."""


# --------------------------------------------------------------------- what it rests on


@dataclass(frozen=True)
class Basis:
    """One value that an answer rests on.

    Parameters
    ----------
    name : str
        Such as ``g(water, NMP)``.
    basis : str
        measured, literature, estimated, fitted or chosen.
    source : str
        Where it was read, or how it was estimated.
    uncertainty : str
        As its file has it; empty where it has none.
    effect : float or None
        What the uncertainty does to the answer, in its unit, to first order.
    """

    name: str
    basis: str
    source: str
    uncertainty: str = ""
    effect: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "name": self.name,
            "basis": self.basis,
            "source": self.source,
            "uncertainty": self.uncertainty,
            "effect": self.effect,
        }


def _percent(value: float | None) -> Any:
    return None if value is None else units.make(100.0 * value, "percent")


def _celsius(kelvin: float) -> float:
    return round(kelvin - 273.15, 6)


def _plain(value: float | None, unit: str) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "unit": unit}


@dataclass(frozen=True)
class Answer:
    """What every answer says beside its numbers.

    Parameters
    ----------
    species : str
        The component that was asked for.
    kelvin : float
        The temperature [K].
    interactions : str
        The set of interactions.
    route : str
        The set's interaction of the species with the solvent, on which its activity
        rests first: basis and source.
    rests_on : tuple of Basis
        Everything it rests on.
    notes : tuple of str
        What was assumed, extrapolated or is worth knowing.
    """

    species: str
    kelvin: float
    interactions: str
    route: str
    rests_on: tuple[Basis, ...]
    notes: tuple[str, ...]

    @property
    def temperature(self) -> Any:
        """Return the temperature."""
        return units.make(_celsius(self.kelvin), "degC")

    def _said(self) -> dict[str, Any]:
        return {
            "temperature": _plain(_celsius(self.kelvin), "degC"),
            "interactions": self.interactions,
            "route": self.route,
            "rests_on": [each.to_dict() for each in self.rests_on],
            "notes": list(self.notes),
        }

    def _lines(self) -> Iterator[str]:
        yield f"  interactions: {self.interactions}"
        yield f"  {self.route}"
        yield from (f"  {note}" for note in self.notes)


@dataclass(frozen=True)
class ComputedCloudPoint(Answer):
    """Where a whole recipe clouds when a nonsolvent is added to it.

    Parameters
    ----------
    cloud : float or None
        Mass fraction of the nonsolvent in the whole at which it clouds; None: no amount
        does it [1].
    held : float
        What it holds today [1].
    one_phase : bool
        Whether it is one phase today.
    activity : float or None
        Activity of the nonsolvent at the cloud point [1].
    half_width : float or None
        Of the cloud point; None: not known [1].
    band_basis : str
        What the half width rests on.
    """

    cloud: float | None
    held: float
    one_phase: bool
    activity: float | None
    half_width: float | None
    band_basis: str

    @property
    def nonsolvent(self) -> str:
        """Return the name of what is added."""
        return self.species

    @property
    def mass_fraction(self) -> Any:
        """Return the nonsolvent in the whole recipe at its cloud point [wt%]."""
        return _percent(self.cloud)

    @property
    def present(self) -> Any:
        """Return the nonsolvent in the recipe today [wt%]."""
        return _percent(self.held)

    @property
    def margin(self) -> Any:
        """Return what lies between today and the cloud point [wt%].

        Negative if the recipe has demixed.
        """
        return None if self.cloud is None else _percent(self.cloud - self.held)

    @property
    def addable(self) -> Any:
        """Return the mass that can still be added to a mass of the recipe.

        Negative: what has to be taken out.
        """
        if self.cloud is None:
            return None
        return units.make(1e3 * self._addable(self.cloud), "g/kg")

    def _addable(self, cloud: float) -> float:
        return (cloud - self.held) / (1.0 - cloud)

    @property
    def band(self) -> tuple[Any, Any] | None:
        """Return the ends between which the cloud point lies [wt%]."""
        ends = self._ends()
        return None if ends is None else (_percent(ends[0]), _percent(ends[1]))

    def _ends(self) -> tuple[float, float] | None:
        if self.cloud is None or self.half_width is None:
            return None
        low, high = self.cloud - self.half_width, self.cloud + self.half_width
        return max(low, 0.0), min(high, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON takes it."""
        ends = self._ends()
        cloud, held = self.cloud, self.held
        return {
            "nonsolvent": self.species,
            "one_phase": self.one_phase,
            "mass_fraction": _plain(_times(100.0, cloud), "percent"),
            "present": _plain(100.0 * held, "percent"),
            "margin": _plain(_times(100.0, cloud, held), "percent"),
            "addable": _plain(
                None if cloud is None else 1e3 * self._addable(cloud), "g/kg"
            ),
            "band": None
            if ends is None
            else {"low": 100.0 * ends[0], "high": 100.0 * ends[1], "unit": "percent"},
            "band_basis": self.band_basis,
            "activity": self.activity,
            **self._said(),
        }

    def __str__(self) -> str:
        at = f"{_celsius(self.kelvin):g} degC"
        held = f"{100 * self.held:.3g} wt%" if self.held > 0.0 else "none"
        if self.cloud is None:
            first = f"No amount of {self.species} clouds it at {at}; it holds {held}"
        elif self.cloud == 0.0:
            first = f"It has demixed at {at} even without any {self.species}"
        else:
            cloud = 100.0 * self.cloud
            first = f"It clouds at {cloud:.3g} wt% {self.species} at {at}"
            ends = self._ends()
            if ends is not None:
                first += f" ({100 * ends[0]:.3g} to {100 * ends[1]:.3g})"
            what = "more" if self.one_phase else "too much: it has demixed"
            gap = abs(cloud - 100.0 * self.held)
            first += f"; it holds {held}, {gap:.3g} wt% {what}"
        lines = [first, *self._lines()]
        if self.band_basis:
            lines.append(f"  band: {self.band_basis}")
        return "\n".join(lines)


def _times(factor: float, value: float | None, less: float = 0.0) -> float | None:
    return None if value is None else factor * (value - less)


@dataclass(frozen=True)
class Activity(Answer):
    """The activity of a component over a casting solution.

    Parameters
    ----------
    value : float
        ``exp((mu - mu_pure)/(R T))``, partial over saturation pressure [1].
    one_phase : bool
        Whether the solution is one phase; the activity of two is that of both.
    """

    value: float
    one_phase: bool

    def __float__(self) -> float:
        return self.value

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON takes it."""
        return {
            "species": self.species,
            "activity": self.value,
            "one_phase": self.one_phase,
            **self._said(),
        }

    def __str__(self) -> str:
        phase = "" if self.one_phase else ", of two phases"
        at = f"{_celsius(self.kelvin):g} degC"
        first = f"Activity of {self.species} at {at}{phase}: {self.value:.4g}"
        return "\n".join([first, *self._lines()])


@dataclass(frozen=True)
class EquilibriumWater(Answer):
    """What a casting solution holds of water when it rests in humid air.

    Parameters
    ----------
    relative_humidity : float
        Of the air, at the temperature of the solution [1].
    content : float
        Mass fraction of water in the whole; the rest neither comes nor goes [1].
    held : float
        What it holds today [1].
    cloud : float or None
        Mass fraction at which it clouds; None: no amount does it [1].
    beyond_cloud_point : bool
        Whether it has demixed before it is at equilibrium.
    """

    relative_humidity: float
    content: float
    held: float
    cloud: float | None
    beyond_cloud_point: bool

    @property
    def mass_fraction(self) -> Any:
        """Return the water in the whole at equilibrium [wt%]."""
        return _percent(self.content)

    @property
    def cloud_point(self) -> Any:
        """Return the water in the whole at the cloud point [wt%]."""
        return _percent(self.cloud)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON takes it."""
        return {
            "relative_humidity": _plain(100.0 * self.relative_humidity, "percent"),
            "mass_fraction": _plain(100.0 * self.content, "percent"),
            "present": _plain(100.0 * self.held, "percent"),
            "cloud_point": _plain(_times(100.0, self.cloud), "percent"),
            "beyond_cloud_point": self.beyond_cloud_point,
            **self._said(),
        }

    def __str__(self) -> str:
        at = f"{100 * self.relative_humidity:g} % and {_celsius(self.kelvin):g} degC"
        first = f"At rest in air of {at} it holds {100 * self.content:.3g} wt% water"
        if self.beyond_cloud_point and self.cloud is not None:
            first += f", in two phases: it clouds at {100 * self.cloud:.3g} wt%"
        return "\n".join([first, *self._lines()])


@dataclass(frozen=True)
class SaturationPressure:
    """The vapor pressure of a pure liquid, and where it is known.

    Parameters
    ----------
    species : str
        The liquid.
    kelvin : float
        The temperature [K].
    pascal : float
        The pressure [Pa].
    valid : tuple of (float, float) or None
        Where the law is known to hold; None: not stated [K].
    basis, source : str
        Of the law.
    extrapolated : bool
        Whether the temperature lies outside.
    """

    species: str
    kelvin: float
    pascal: float
    valid: tuple[float, float] | None
    basis: str
    source: str
    extrapolated: bool

    @property
    def pressure(self) -> Any:
        """Return the pressure."""
        return units.make(self.pascal, "Pa")

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        ends = None
        if self.valid is not None:
            low, high = map(_celsius, self.valid)
            ends = {"low": low, "high": high, "unit": "degC"}
        return {
            "species": self.species,
            "temperature": _plain(_celsius(self.kelvin), "degC"),
            "pressure": _plain(self.pascal, "Pa"),
            "valid": ends,
            "basis": self.basis,
            "source": self.source,
            "extrapolated": self.extrapolated,
        }


@dataclass(frozen=True)
class Vapor(Answer):
    """The vapor at equilibrium with a casting solution.

    Parameters
    ----------
    activities : tuple of float
        Of the volatile components [1].
    saturation : tuple of SaturationPressure
        Of the same.
    """

    activities: tuple[float, ...]
    saturation: tuple[SaturationPressure, ...]

    @property
    def partial_pressures(self) -> dict[str, Any]:
        """Return ``p_i = a_i p_i,sat`` of every volatile component."""
        return {
            each.species: units.make(activity * each.pascal, "Pa")
            for activity, each in zip(self.activities, self.saturation, strict=True)
        }

    @property
    def pressure(self) -> Any:
        """Return the sum of the partial pressures."""
        return units.make(self._total(), "Pa")

    def _total(self) -> float:
        return math.fsum(
            activity * each.pascal
            for activity, each in zip(self.activities, self.saturation, strict=True)
        )

    @property
    def mole_fractions(self) -> dict[str, float]:
        """Return the composition of the vapor without air [1]."""
        total = self._total()
        return {
            each.species: activity * each.pascal / total
            for activity, each in zip(self.activities, self.saturation, strict=True)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON takes it."""
        rows = [
            {
                "activity": activity,
                "partial_pressure": _plain(activity * each.pascal, "Pa"),
                "saturation": each.to_dict(),
            }
            for activity, each in zip(self.activities, self.saturation, strict=True)
        ]
        said = self._said()
        return {"volatile": rows, "pressure": _plain(self._total(), "Pa"), **said}

    def __str__(self) -> str:
        lines = [f"Vapor at {_celsius(self.kelvin):g} degC: {self._total():.4g} Pa"]
        lines += [
            f"  {each.species}: activity {activity:.4g}, {activity * each.pascal:.4g} "
            f"of {each.pascal:.4g} Pa"
            for activity, each in zip(self.activities, self.saturation, strict=True)
        ]
        return "\n".join([*lines, *self._lines()])


# ------------------------------------------------------------------------- the answers


def cloud_point(
    solution: CastingSolution,
    nonsolvent: str | Substance,
    *,
    temperature: Any = None,
    interactions: str | None = None,
    extrapolate: bool = False,
) -> ComputedCloudPoint:
    """Return where a recipe clouds; see `CastingSolution.cloud_point`."""
    name = nonsolvent.name if isinstance(nonsolvent, Substance) else nonsolvent
    if solution.find(name).kind in ("polymer", "support"):
        raise InputError(f'nonsolvent: {name} is no liquid; give one, such as "water"')
    system = System.of(solution, nonsolvent, temperature, interactions, extrapolate)
    return system.cloud_point()


def activity(
    solution: CastingSolution,
    species: str | Substance,
    *,
    temperature: Any = None,
    interactions: str | None = None,
    extrapolate: bool = False,
) -> Activity:
    """Return the activity of a component; see `CastingSolution.activity`."""
    system = System.of(solution, species, temperature, interactions, extrapolate)
    return system.activity()


def equilibrium_water(
    solution: CastingSolution,
    relative_humidity: Any,
    temperature: Any = None,
    *,
    interactions: str | None = None,
    extrapolate: bool = False,
) -> EquilibriumWater:
    """Return the water of humid air; see `CastingSolution.equilibrium_water`."""
    humidity = units.si(relative_humidity, "relative_humidity", "relative_humidity")
    if not humidity < 1.0:
        raise InputError(
            "relative_humidity: at 100 % a solution takes up water without end; give "
            'less, such as "60 %"'
        )
    system = System.of(solution, solution.water, temperature, interactions, extrapolate)
    found = vapor.uptake(
        system.mixture, system.fractions, system.index, humidity, system.kelvin
    )
    notes = ("all but the water neither comes nor goes",)
    return EquilibriumWater(
        **system.said(notes),
        relative_humidity=humidity,
        content=system.mass_fraction(found.fraction),
        held=system.held,
        cloud=_mass(system, found.cloud_fraction),
        beyond_cloud_point=found.demixed,
    )


def saturation_pressure(
    substance: Substance, kelvin: float, *, extrapolate: bool = False
) -> SaturationPressure:
    """Return the vapor pressure of a pure liquid.

    Parameters
    ----------
    substance : Substance
        The liquid.
    kelvin : float
        The temperature [K].
    extrapolate : bool
        Whether its law is continued outside the temperatures it is known for; it is
        recorded then.

    Raises
    ------
    MaterialError
        If the substance has none.
    InputError
        If the temperature lies outside.

    Examples
    --------
    >>> round(saturation_pressure(library.builtin("water"), 298.15).pascal)
    3170
    """
    value = substance.get("saturation_pressure")
    what = f"the saturation pressure of {substance.name}"
    beyond = _beyond(value.valid_temperature, kelvin, what, extrapolate)
    return SaturationPressure(
        substance.name,
        kelvin,
        value.at(kelvin),
        value.valid_temperature,
        value.basis,
        value.source,
        extrapolated=bool(beyond),
    )


def vapor_over(
    solution: CastingSolution,
    *,
    temperature: Any = None,
    interactions: str | None = None,
    extrapolate: bool = False,
) -> Vapor:
    """Return the vapor over a recipe; see `CastingSolution.vapor`."""
    volatile = [each for each in solution.components if each.has("saturation_pressure")]
    if not volatile:
        raise MaterialError("the solution: no component has a saturation pressure")
    main = max(volatile, key=lambda each: solution.mass_fractions[each.name])
    system = System.of(solution, main, temperature, interactions, extrapolate)
    saturation = tuple(
        saturation_pressure(each, system.kelvin, extrapolate=extrapolate)
        for each in volatile
    )
    logs = vapor.log_activities(system.mixture, system.fractions, system.kelvin)
    names = system.mixture.names
    notes = tuple(
        f"extrapolated: the saturation pressure of {each.species}"
        for each in saturation
        if each.extrapolated
    )
    return Vapor(
        **system.said(notes),
        activities=tuple(math.exp(logs[names.index(each.name)]) for each in volatile),
        saturation=saturation,
    )


def sets_for(solution: CastingSolution) -> list[str]:
    """Return the sets that hold just the components of a recipe and water.

    The preferred one comes first; without sets of just these, the one that is used.
    """
    names = _names(solution, [solution.water])
    extra = (*solution.extra, solution.water, *solution.components)
    home = solution.home
    preferred = library.interaction_set(
        names, solution.interactions, extra=extra, home=home
    )
    others = library.interaction_sets(names, extra=extra, home=home)
    return list(dict.fromkeys(map(library.set_address, (preferred, *others))))


# -------------------------------------------------------------------------- the system


@dataclass(frozen=True, eq=False)
class System:
    """A recipe and one species more as floats, with what they rest on."""

    mixture: Mixture
    fractions: Floats
    density: Floats
    index: int
    kelvin: float
    held: float
    chosen: InteractionSet
    substances: tuple[Substance, ...]
    anchored: bool
    own_set: bool
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        solution: CastingSolution,
        species: str | Substance,
        temperature: Any,
        interactions: str | None,
        extrapolate: bool,
    ) -> System:
        """Make the floats of a recipe."""
        added = species if isinstance(species, Substance) else solution.find(species)
        notes = []
        kelvin = CASTING_TEMPERATURE
        if temperature is not None:
            kelvin = units.si(temperature, "temperature", "temperature")
        elif solution.temperature is not None:
            kelvin = units.to_si(solution.temperature, "temperature")
        else:
            notes.append(f"temperature: {_celsius(kelvin):g} degC, assumed")
        members = {each.name: each for each in (added, *solution.components)}
        held = members[added.name]
        if held != added and held.pack != added.pack and held.pack and added.pack:
            raise InputError(
                f"{added.name} is of pack {added.pack}, and the solution's of pack "
                f'{held.pack}; ask for "{added.name}@{held.pack}"'
            )
        if solution.measured_cloud_point is not None:
            measured = solution.measured_cloud_point.substance
            members.setdefault(measured.name, measured)
        # of one name the recipe's own substance counts
        members |= {each.name: each for each in solution.components}
        names = _names(solution, members.values())
        wanted = interactions if interactions is not None else solution.interactions
        extra = (*solution.extra, *members.values())
        chosen = library.interaction_set(names, wanted, extra=extra, home=solution.home)
        what = f"the interactions {chosen.name!r}"
        read = [kelvin]
        if solution.measured_cloud_point is not None:
            titrated = solution.measured_cloud_point.temperature
            read.append(units.to_si(titrated, "temperature"))
        for each in dict.fromkeys(read):
            notes += _beyond(chosen.valid_temperature, each, what, extrapolate)
        substances = tuple(members[name] for name in names)
        notes += _told(volumes_outside(substances), extrapolate)
        mixture = mixture_of(names, chosen, extra=(*solution.extra, *substances))
        by_volume = solution.volume_fractions
        fractions = np.array([by_volume.get(name, 0.0) for name in names])
        is_anchored = solution.measured_cloud_point is not None
        if is_anchored:
            amounts = np.maximum(fractions[:-1], 1e-12) / fractions[-1]
            mixture = anchored_mixture(
                solution, mixture, chosen, substances[:-1], amounts
            )
            notes.append("anchored to the cloud point measured on this solution")
        liquids = [each.name for each in substances if each.kind == "solvent"]
        notes += demixing_liquids(mixture, liquids, kelvin)
        return cls(
            mixture=mixture,
            fractions=fractions / fractions.sum(),
            density=np.array([each.get("density").at() for each in substances]),
            index=names.index(added.name),
            kelvin=kelvin,
            held=solution.mass_fractions.get(added.name, 0.0),
            chosen=chosen,
            substances=substances,
            anchored=is_anchored,
            own_set=chosen.name in {each.name for each in solution.extra},
            notes=tuple(notes),
        )

    @property
    def species(self) -> str:
        """Return the name of the species."""
        return self.mixture.names[self.index]

    def at(self, share: float) -> Floats:
        """Return the volume fractions with another volume fraction of the species."""
        found = self.fractions.copy()
        found[self.index] = 0.0
        found *= (1.0 - share) / found.sum()
        found[self.index] = share
        return found

    def mass_fraction(self, share: float) -> float:
        """Return the mass fraction of the species at a volume fraction [1]."""
        masses = self.at(share) * self.density
        return float(masses[self.index] / masses.sum())

    @cached_property
    def stability(self) -> phases.Stability:
        """Whether the recipe is one phase."""
        return phases.stability(self.mixture, self.fractions, self.kelvin)

    @cached_property
    def cloud(self) -> float | None:
        """Volume fraction of the species at which the recipe clouds [1]."""
        return cloud_fraction(self.mixture, self.fractions, self.index, self.kelvin)

    def activity_at(self, share: float) -> float:
        """Return the activity of the species at a volume fraction, as one phase."""
        z = self.at(share)
        return math.exp(vapor.one_phase(self.mixture, z, self.kelvin)[self.index])

    def activity(self) -> Activity:
        """Return the activity of the species today."""
        notes: tuple[str, ...] = ()
        if self.held == 0.0:
            notes = (f"the recipe holds no {self.species}",)
        logs = vapor.log_activities(self.mixture, self.fractions, self.kelvin)
        return Activity(
            **self.said(notes),
            value=math.exp(logs[self.index]),
            one_phase=self.stability.stable,
        )

    def cloud_point(self) -> ComputedCloudPoint:
        """Return where the recipe clouds."""
        cloud = self.cloud
        notes: list[str] = []
        effects: dict[str, float] = {}
        half_width, band_basis = None, ""
        if cloud == 0.0:
            notes.append(f"it has demixed even without any {self.species}")
        if cloud:
            effects = {} if self.anchored else self._effects(cloud)
            half_width, band_basis = self._band(cloud, effects)
            if self.stability.stable and self.mass_fraction(cloud) < self.held:
                notes.append("today it is beyond the gap, in one phase again")
        return ComputedCloudPoint(
            **self.said(tuple(notes), effects),
            cloud=_mass(self, cloud),
            held=self.held,
            one_phase=self.stability.stable,
            activity=self.activity_at(cloud) if cloud else None,
            half_width=half_width,
            band_basis=band_basis,
        )

    def _band(
        self, cloud: float, effects: dict[str, float]
    ) -> tuple[float | None, str]:
        """Return the half width of the cloud point's mass fraction, and why."""
        if self.anchored:
            return None, "none: the cloud point measured on this solution states none"
        spread = math.hypot(*effects.values())
        polymer = self.mixture.names[-1]
        # what a user fitted has its own uncertainty, not that of other laboratories
        if polymer in LABORATORY_BANDS and self.species == "water" and not self.own_set:
            width, why = LABORATORY_BANDS[polymer]
            text = f"+-{100 * width:g} %: {why}"
            outside = self._of_additives(effects)
            if outside:
                text += (
                    "; and what the set states for the additives' interactions, "
                    f"+-{100 * math.hypot(*outside):.2g} wt%"
                )
            return math.hypot(width * self.mass_fraction(cloud), *outside), text
        if not effects:
            return None, "none: no interaction of the set states its uncertainty"
        return spread, (
            f"the uncertainties of {len(effects)} interactions of the set, taken as "
            "independent and to first order; the largest is that of "
            f"{max(effects, key=lambda name: effects[name])}"
        )

    def _of_additives(self, effects: dict[str, float]) -> list[float]:
        """Return the effects of terms beyond the species, the solvent, the polymer."""
        solvents = [
            (share, each.name)
            for share, each in zip(self.fractions, self.substances, strict=True)
            if each.kind == "solvent" and each.name != self.species
        ]
        core = {self.species, self.mixture.names[-1], max(solvents, default=(0, ""))[1]}
        return [
            effects[_name_of(term)]
            for term in self.chosen.terms
            if _name_of(term) in effects and not set(term.between) <= core
        ]

    def _effects(self, cloud: float) -> dict[str, float]:
        """Return what each uncertainty does to the cloud point's mass fraction [1].

        Of the distance K from the incipient phase y to the solution z both derivatives
        are exact at fixed y, for K is least there: dw = -dK/(dK/dw).
        """
        z = self.at(cloud)
        phase = phases.stability(self.mixture, z, self.kelvin).phase
        if phase is None:
            return {}
        present = z > 0.0
        names = [n for n, held in zip(self.mixture.names, present, strict=True) if held]

        def distance(mixture: Mixture, share: float) -> float:
            return phases.distance(mixture, self.at(share), phase, self.kelvin)

        step = 1e-6 * cloud
        slope = distance(self.mixture, cloud + step)
        slope = (slope - distance(self.mixture, cloud - step)) / (2.0 * step)
        before = distance(self.mixture, cloud)
        to_mass = self.mass_fraction(cloud + step) - self.mass_fraction(cloud - step)
        to_mass /= 2.0 * step
        effects = {}
        for term in self.chosen.terms:
            if term.half_width is None or not set(term.between) <= set(names):
                continue
            moved = mixture_of(
                self.mixture.names, _moved(self.chosen, term), extra=self.substances
            )
            change = distance(moved, cloud) - before
            effects[_name_of(term)] = abs(change / slope * to_mass)
        return effects

    def said(
        self, notes: tuple[str, ...] = (), effects: dict[str, float] | None = None
    ) -> dict[str, Any]:
        """Return what every answer says."""
        return {
            "species": self.species,
            "kelvin": self.kelvin,
            "interactions": library.set_address(self.chosen),
            "route": self.route,
            "rests_on": tuple(self._bases(effects or {})),
            "notes": (*self.notes, *notes),
        }

    @property
    def route(self) -> str:
        """Name the interaction of the species with the solvent there is most of."""
        others = [
            k
            for k, each in enumerate(self.substances)
            if each.kind == "solvent" and k != self.index
        ]
        if not others:
            return "there is no other solvent"
        main = max(others, key=lambda k: float(self.fractions[k]))
        pair = self.chosen.pair(self.species, self.mixture.names[main])
        return f"{_name_of(pair)}: {pair.basis}, {beside(pair.basis, pair.source)}"

    def _bases(self, effects: dict[str, float]) -> Iterator[Basis]:
        present = set(self.mixture.names)
        for term in self.chosen.terms:
            if present.issuperset(term.between):
                name = _name_of(term)
                yield Basis(
                    name, term.basis, term.source, term.uncertainty, effects.get(name)
                )
        for each in self.substances:
            if each.has("number_average_molar_mass"):
                value = each.get("number_average_molar_mass")
                name = f"{each.name}.number_average_molar_mass"
                yield Basis(name, value.basis, value.source, value.uncertainty)


ANCHOR_STEP = 0.02
"""Share of an anchor's g in which the end of one phase is bracketed [1]."""


def anchored_mixture(
    solution: CastingSolution,
    mixture: Mixture,
    chosen: InteractionSet,
    substances: Sequence[Substance],
    amounts: Floats,
) -> Mixture:
    """Fix the set's anchor pair by the cloud point measured on this solution.

    Parameters
    ----------
    solution : CastingSolution
        It has a measured cloud point.
    mixture : Mixture
        `substances` and, last, the membrane polymer.
    chosen : InteractionSet
        Names the pair.
    substances : sequence of Substance
        All but the membrane polymer.
    amounts : array, shape (n)
        Their volumes per volume of polymer [1].

    Raises
    ------
    InputError
        If the nonsolvent that was titrated is not among them.
    MembranekitError
        If no value of the pair gives this cloud point.
    """
    point = solution.measured_cloud_point
    pair = chosen.anchor or (substances[0].name, solution.polymer.name)
    mass = units.to_si(point.mass_fraction, "mass_fraction")
    names = [each.name for each in substances]
    if point.substance.name not in names:
        raise InputError(
            f"solution.cloud_point.nonsolvent: {point.nonsolvent} is neither in the "
            "solution nor in the air or a bath"
        )
    index = names.index(point.substance.name)
    density = np.array([each.get("density").at(298.15) for each in substances])
    polymer_density = solution.polymer.get("density").at(298.15)
    others = float(amounts @ density) - amounts[index] * density[index]
    others += polymer_density
    trial = np.array(amounts)
    trial[index] = mass / (1.0 - mass) * others / density[index]
    kelvin = units.to_si(point.temperature, "temperature")
    high = anchored(mixture, *pair, trial, kelvin)
    fractions = np.append(trial, 1.0) / (1.0 + trial.sum())

    def is_one_phase(g: float) -> bool:
        return is_stable(fractions, mixture.with_anchor(*pair, g), kelvin)

    # That took the poor phase as free of polymer. One that may hold some clouds sooner.
    step = ANCHOR_STEP * max(abs(high), 1.0)
    low = high
    while not is_one_phase(low):
        low -= step
        if high - low > 0.5 * max(abs(high), 1.0):
            raise MembranekitError(
                f"no interaction of {pair[0]} with {pair[1]} makes this cloud point "
                "the end of one phase"
            )
    high = min(high, low + step)
    while high - low > 1e-5 * step:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if is_one_phase(middle) else (low, middle)
    return mixture.with_anchor(*pair, 0.5 * (low + high))


# ------------------------------------------------------------------------ small things


def _names(solution: CastingSolution, members: Any) -> list[str]:
    """Return names with the membrane polymer last, each once."""
    polymer = solution.polymer.name
    names = [each.name for each in (*members, *solution.components)]
    return [name for name in dict.fromkeys(names) if name != polymer] + [polymer]


def _mass(system: System, share: float | None) -> float | None:
    return None if share is None else system.mass_fraction(share)


def _name_of(term: Pair | Ternary) -> str:
    return f"g({', '.join(term.between)})"


_CONSTANT_PART = {"constant": "g", "polynomial": "c0", "rational": "a"}


def _moved(chosen: InteractionSet, term: Pair | Ternary) -> InteractionSet:
    """Return a set with one interaction moved by its half width."""
    assert term.half_width is not None
    sort, width = term.half_width

    def moved(terms: tuple[float, ...], constant: bool) -> tuple[float, ...]:
        if sort == "relative":
            return tuple((1.0 + width) * each for each in terms)
        return (terms[0] + width, *terms[1:]) if constant else terms

    if isinstance(term, Ternary):
        new = replace(term, terms=moved(term.terms, True))
        ternaries = tuple(new if each is term else each for each in chosen.ternaries)
        return replace(chosen, ternaries=ternaries)
    coefficients = tuple(
        (name, terms)
        if name == "c" and term.form == "rational"
        else (name, moved(terms, name == _CONSTANT_PART[term.form]))
        for name, terms in term.coefficients
    )
    changed = replace(term, coefficients=coefficients)
    pairs = tuple(changed if each is term else each for each in chosen.pairs)
    return replace(chosen, pairs=pairs)


def _beyond(
    valid: tuple[float, float] | None, kelvin: float, what: str, extrapolate: bool
) -> list[str]:
    """Return a note on what is extrapolated, if anything, or refuse to."""
    text = outside(valid, kelvin, what)
    return _told([text] if text else [], extrapolate)


def _told(texts: Sequence[str], extrapolate: bool) -> list[str]:
    for text in () if extrapolate else texts:
        raise InputError(f"temperature: {text}; extrapolate=True uses it all the same")
    return [f"extrapolated: {text}" for text in texts]
