"""The process: the steps that turn a spread casting solution into a membrane."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from membranekit import library, units
from membranekit.errors import InputError, UnitError
from membranekit.names import nearest
from membranekit.solution import (
    TEMPERATURE,
    Default,
    Find,
    Given,
    Input,
    Measure,
    Parts,
    canonical,
    inside,
    look_up,
    spell,
    text_field,
)
from membranekit.substances import Substance
from membranekit.transport.air import vapor_pressure_from_humidity_ratio

MONTH = 30 * 86400.0
DAY = 86400.0
MASS_RATIO_WATER_AIR = 18.0153 / 28.9647  # molar masses of water and dry air

HUMIDITIES = ("relative_humidity", "dew_point", "humidity_ratio")

STEP_TIME = Measure("time", 0.0, MONTH, "from 0 s to 30 day")
STEP_LENGTH = Measure("length", 0.0, 1e4, "from 0 m to 10 km")
PRESSURE = Measure("pressure", 1e4, 1e6, "from 10 kPa to 1 MPa")
TRANSFER_COEFFICIENT = Measure(
    "mass_transfer_coefficient", 1e-10, 10.0, "from 1e-10 m/s to 10 m/s"
)


@dataclass(frozen=True, eq=False, repr=False)
class Step(Input):
    """Base of all steps."""


def _check_duration(step: Any, *, zero: bool) -> None:
    """Refuse a step with both a time and a length, with neither, or of no time."""
    if step.time is not None and step.length is not None:
        with inside("length"):
            raise InputError(
                f"{step.kind}.length: the time is given too; give either time or length"
            )
    if step.time is None and step.length is None:
        raise InputError(
            f'{step.kind}.time is missing: give it, such as "6 s", or a length with '
            "the process's line_speed"
        )
    name = "time" if step.length is None else "length"
    if not zero and getattr(step, name).magnitude == 0:
        with inside(name):
            raise InputError(
                f"{step.kind}.{name}: {spell(getattr(step, name))} is no step; give a "
                "value above 0, or leave the step out"
            )


def _read_bath(given: object, name: str, find: Find | None = None) -> Parts:
    """Read a bath: a name, a substance, or parts by mass."""
    if isinstance(given, (str, Substance)):
        given = {given: 1.0}
    elif not isinstance(given, Mapping):
        raise InputError(
            f'{name}: {given!r} is no bath; give a name such as "water", or parts by '
            'mass such as {"water": 80, "DMAc": 20}'
        )
    bath = Parts.read(given, name, find=find)
    for label, substance in bath.substances.items():
        if substance.kind not in ("solvent", "swelling_agent"):
            with inside(label):
                raise InputError(
                    f"{name}.{label}: a {substance.kind} cannot be part of a bath; "
                    "give liquids and what dissolves in them"
                )
    if len(bath) == 1:
        ((label, substance),) = bath.substances.items()
        return Parts(((label, substance, 1.0),))
    return bath


def bath_fractions(bath: Parts) -> dict[str, float]:
    """Return the mass fraction [1] of each substance of a bath, by canonical name."""
    total = sum(bath.values())
    names = bath.substances
    return {names[label].name: bath[label] / total for label in bath}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AirExposure(Step):
    """The film stands in air: solvent evaporates, water vapor is taken up.

    Parameters
    ----------
    time : str or Quantity
        How long [s]; zero is allowed. Or `length`.
    length : str or Quantity, optional
        The way through the air [m], with the line speed of the process.
    temperature : str or Quantity
        Temperature of the air [K].
    relative_humidity, dew_point, humidity_ratio : str or Quantity
        One of the three: share of saturation [1], dew point [K], or mass of water to
        mass of dry air [1].
    air_speed : str or Quantity
        Speed of the air over the film [m/s]; zero is natural convection. Or `cover`.
    vapor : mapping, optional
        Other vapors in the air: substance to share of saturation [1] or partial
        pressure [Pa].
    flow_length : str or Quantity, optional
        How far the air has run along the film [m].
    cover : str or Quantity, optional
        Gap of still gas under a cover [m], in place of `air_speed`.
    transfer_coefficient : str or Quantity, optional
        Mass transfer coefficient of water [m/s], in place of the one from `air_speed`.
    pressure : str or Quantity, optional
        Pressure of the air [Pa].

    Raises
    ------
    InputError
        If a field is missing, out of range, or given in two ways.
    """

    kind: ClassVar[str] = "air"
    measures: ClassVar[Mapping[str, Measure]] = {
        "time": STEP_TIME,
        "length": STEP_LENGTH,
        "temperature": TEMPERATURE,
        "relative_humidity": Measure("relative_humidity", 0, 1, "from 0 % to 100 %"),
        "dew_point": Measure("temperature", 173.15, 373.15, "from -100 to 100 degC"),
        "humidity_ratio": Measure("humidity_ratio", 0, 1, "from 0 g/kg to 1000 g/kg"),
        "air_speed": Measure("velocity", 0.0, 100.0, "from 0 m/s to 100 m/s"),
        "flow_length": Measure("length", 1e-4, 100.0, "from 0.1 mm to 100 m"),
        "cover": Measure("length", 1e-5, 1.0, "from 0.01 mm to 1 m"),
        "transfer_coefficient": TRANSFER_COEFFICIENT,
        "pressure": PRESSURE,
    }

    time: Given = None
    length: Given = None
    temperature: Given = None
    relative_humidity: Given = None
    dew_point: Given = None
    humidity_ratio: Given = None
    air_speed: Given = None
    vapor: Any = None
    flow_length: Given = field(default=Default("0.1 m"))
    cover: Given = None
    transfer_coefficient: Given = None
    pressure: Given = field(default=Default("1 atm"))

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_duration(self, zero=True)
        self._require("temperature", example='"40 degC"')
        self._check_humidity()
        self._check_flow()
        with inside("vapor"):
            self._keep("vapor", self._read_vapor())

    def _check_humidity(self) -> None:
        stated = [name for name in HUMIDITIES if getattr(self, name) is not None]
        if not stated:
            raise InputError(
                "air.relative_humidity is missing: give it, such as "
                '"30 %", or a dew_point or a humidity_ratio'
            )
        if len(stated) > 1:
            with inside(stated[1]):
                raise InputError(
                    f"air: {' and '.join(stated)} are both given; the humidity is "
                    "given once"
                )
        (name,) = stated
        given = getattr(self, name)
        with inside(name):
            if name == "dew_point" and given > self.temperature:
                raise InputError(
                    f"air.dew_point: {spell(given)} is above the air's temperature, "
                    f"{spell(self.temperature)}; a dew point is at most that"
                )
            if name == "humidity_ratio":
                self._check_saturation()

    def _check_saturation(self) -> None:
        vapor = library.builtin("water").get("saturation_pressure")
        temperature = units.to_si(self.temperature, "temperature")
        saturation = vapor.at(temperature)
        total = units.to_si(self.pressure, "pressure")
        if saturation >= total:
            return
        most = MASS_RATIO_WATER_AIR * saturation / (total - saturation)
        if units.to_si(self.humidity_ratio, "humidity_ratio") > most:
            raise InputError(
                f"air.humidity_ratio: {spell(self.humidity_ratio)} is more than air at "
                f"{spell(self.temperature)} can hold; it is at most "
                f"{1000 * most:.3g} g/kg"
            )

    def _check_flow(self) -> None:
        if self.cover is not None:
            for name in ("air_speed", "transfer_coefficient"):
                if getattr(self, name) is not None:
                    with inside(name):
                        raise InputError(
                            f"air.{name}: the air under a cover is still; give either "
                            f"{name} or cover"
                        )
        elif self.air_speed is None and self.transfer_coefficient is None:
            raise InputError(
                'air.air_speed is missing: give it, such as "0.8 m/s" ("0 m/s" is '
                'still air), or the gap under a cover, such as cover = "5 mm"'
            )

    def _read_vapor(self) -> Parts:
        if self.vapor is None or (isinstance(self.vapor, Mapping) and not self.vapor):
            return Parts(())
        vapor = Parts.read(self.vapor, "air.vapor", amount=_read_vapor_amount)
        temperature = units.to_si(self.temperature, "temperature")
        for label, substance in vapor.substances.items():
            with inside(label):
                if substance.name == "water":
                    raise InputError(
                        f"air.vapor.{label}: the water in the air is given by "
                        "relative_humidity, dew_point or humidity_ratio"
                    )
                if not substance.has("saturation_pressure"):
                    raise InputError(
                        f"air.vapor.{label}: {substance.name} is not volatile: it has "
                        "no saturation_pressure; give solvents only"
                    )
                if vapor[label].dimensionless:
                    continue
                most = substance.get("saturation_pressure").at(temperature)
                if units.to_si(vapor[label], "pressure") > most:
                    raise InputError(
                        f"air.vapor.{label}: {spell(vapor[label])} is more than air at "
                        f"{spell(self.temperature)} can hold; it is at most "
                        f"{most:.3g} Pa"
                    )
        return vapor

    @property
    def humidity(self) -> tuple[str, Any]:
        """Return which of the three humidities is given, and its value."""
        name = next(name for name in HUMIDITIES if getattr(self, name) is not None)
        return name, getattr(self, name)


def humid_air(step: AirExposure) -> float:
    """Return the partial pressure of water in the air of a step [Pa]."""
    water = library.builtin("water").get("saturation_pressure").at
    temperature = units.to_si(step.temperature, "temperature")
    pressure = units.to_si(step.pressure, "pressure")
    kind, given = step.humidity
    if kind == "relative_humidity":
        return float(units.to_si(given, "relative_humidity") * water(temperature))
    if kind == "dew_point":
        return float(water(units.to_si(given, "temperature")))
    ratio = units.to_si(given, "humidity_ratio")
    return float(vapor_pressure_from_humidity_ratio(ratio, pressure))


def _read_vapor_amount(given: object, name: str) -> Any:
    """Read a share of saturation or a partial pressure, whichever it is."""
    try:
        return units.quantity(given, "share", name)
    except UnitError as not_a_share:
        try:
            return units.quantity(given, "pressure", name)
        except UnitError:
            raise UnitError(f'{not_a_share}, or like "20 Pa"') from None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Immersion(Step):
    """The film is immersed in a coagulation bath.

    Parameters
    ----------
    time : str or Quantity
        How long [s], above zero. Or `length`.
    length : str or Quantity, optional
        The way through the bath [m], with the line speed of the process.
    temperature : str or Quantity
        Temperature of the bath [K].
    bath : str, Substance or mapping
        A name, or parts by mass.
    transfer_coefficient : str or Quantity, optional
        Mass transfer coefficient in the bath [m/s]; none is a still bath.
    sides : str, optional
        ``surface``; or ``both``: the film was peeled off its support before this bath,
        which acts on the support side too. So do then all later baths.

    Raises
    ------
    InputError
        If a field is missing, out of range, or given in two ways.
    """

    kind: ClassVar[str] = "immersion"
    measures: ClassVar[Mapping[str, Measure]] = {
        "time": STEP_TIME,
        "length": STEP_LENGTH,
        "temperature": TEMPERATURE,
        "transfer_coefficient": TRANSFER_COEFFICIENT,
    }

    time: Given = None
    length: Given = None
    temperature: Given = None
    bath: Any = None
    transfer_coefficient: Given = None
    sides: str = field(default=Default("surface"))

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_duration(self, zero=False)
        self._require("temperature", example='"20 degC"')
        self._require("bath", example='"water"')
        with inside("bath"):
            self._keep("bath", _read_bath(self.bath, "immersion.bath"))
        with inside("sides"):
            _one_of(self.sides, ("surface", "both"), "immersion.sides")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rinse(Step):
    """The membrane is rinsed: what the baths left in it leaches.

    Parameters
    ----------
    time : str or Quantity, optional
        How long [s], above zero.
    bath : str, Substance or mapping, optional
        A name, or parts by mass.
    temperature : str or Quantity, optional
        Temperature of the bath [K].
    """

    kind: ClassVar[str] = "rinse"
    measures: ClassVar[Mapping[str, Measure]] = {
        "time": STEP_TIME,
        "temperature": TEMPERATURE,
    }

    time: Given = field(default=Default("10 min"))
    bath: Any = field(default=Default("water"))
    temperature: Given = field(default=Default("20 degC"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.time.magnitude == 0:
            with inside("time"):
                message = "rinse.time: 0 s is no step; give a time above 0 s"
                raise InputError(message)
        own = None if "bath" in self.given else library.builtin
        with inside("bath"):
            self._keep("bath", _read_bath(self.bath, "rinse.bath", own))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Dry(Step):
    """The membrane is dried: capillary pressure closes what is too weak.

    Parameters
    ----------
    temperature : str or Quantity, optional
        Temperature of drying [K].
    """

    kind: ClassVar[str] = "dry"
    measures: ClassVar[Mapping[str, Measure]] = {
        "temperature": Measure("temperature", 273.15, 473.15, "from 0 to 200 degC"),
    }

    temperature: Given = field(default=Default("25 degC"))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Hydrophilize(Step):
    """The dry membrane is treated, so that water wets it.

    Parameters
    ----------
    contact_angle : str or Quantity
        Contact angle of water on the treated polymer [rad].
    """

    kind: ClassVar[str] = "hydrophilize"
    measures: ClassVar[Mapping[str, Measure]] = {
        "contact_angle": Measure("angle", 0.0, 3.14159265359, "from 0 deg to 180 deg"),
    }

    contact_angle: Given = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("contact_angle", example='"30 deg"')


STEPS: dict[str, type[Step]] = {
    each.kind: each for each in (AirExposure, Immersion, Rinse, Dry, Hydrophilize)
}
ORDER = tuple(STEPS)


@dataclass(frozen=True, eq=False, repr=False)
class Support(Input):
    """What the casting solution is spread on.

    Parameters
    ----------
    material : str or Substance, optional
        A substance of kind ``support``.
    thickness : str or Quantity, optional
        Its thickness [m].
    temperature : str or Quantity, optional
        Its temperature at the start [K].
    back : str, optional
        ``insulated``, or ``held`` at its temperature: a tempered plate or roll.
    """

    kind: ClassVar[str] = "support"
    measures: ClassVar[Mapping[str, Measure]] = {
        "thickness": Measure("length", 1e-6, 1.0, "from 1 um to 1 m"),
        "temperature": TEMPERATURE,
    }

    material: Any = field(default=Default("glass"))
    thickness: Given = field(default=Default("3 mm"), kw_only=True)
    temperature: Given = field(default=Default("25 degC"), kw_only=True)
    back: str = field(default=Default("insulated"), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        with inside("material"):
            substance = self.material
            if not isinstance(substance, Substance):
                name = text_field(substance, "support.material", '"glass"')
                own = None if "material" in self.given else library.builtin
                substance = look_up(name, "support.material", own)
            if substance.kind != "support":
                raise InputError(
                    f"support.material: {substance.name} is a {substance.kind}, not a "
                    "support; give one, such as glass or steel"
                )
            self._keep("substance", substance)
            self._keep("material", library.address(substance))
        with inside("back"):
            _one_of(self.back, ("insulated", "held"), "support.back")

    substance: Substance = field(init=False)

    def _stated(self) -> dict[str, Any]:
        stated = super()._stated()
        if "material" in stated:
            stated["material"] = self.substance
        return stated

    def _key(self) -> tuple[Any, ...]:
        return (*super()._key(), self.substance)


def _one_of(given: object, choices: tuple[str, ...], name: str) -> None:
    if given not in choices:
        near = nearest(str(given), choices)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"{name}: {given!r} is not {' or '.join(choices)}{hint}")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Process(Input):
    """A process: a wet film, its support, and the steps in their order.

    Parameters
    ----------
    wet_thickness : str or Quantity
        Thickness of the spread casting solution [m].
    steps : sequence of steps
        Air, then baths, then rinse, dry and hydrophilize; air may be left out, and a
        rinse and a drying that are left out are added with their defaults. After a bath
        on both sides of the film come only baths on both sides.
    support : Support, optional
        What it is spread on.
    line_speed : str or Quantity, optional
        Speed of the line [m/s], for steps that give a length.

    Raises
    ------
    InputError
        If a step is missing, out of order, or has a length without a line speed.
    """

    kind: ClassVar[str] = "process"
    measures: ClassVar[Mapping[str, Measure]] = {
        "wet_thickness": Measure("length", 1e-6, 5e-3, "from 1 um to 5 mm"),
        "line_speed": Measure("velocity", 1e-7, 100.0, "from 1e-7 m/s to 100 m/s"),
    }

    wet_thickness: Given = None
    steps: Any = None
    support: Any = None
    line_speed: Given = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("wet_thickness", example='"150 um"')
        if self.support is None:
            self._keep("support", Support())
        elif not isinstance(self.support, Support):
            with inside("support"):
                raise InputError(
                    f"process.support: {self.support!r} is no support; give "
                    'Support("glass", thickness="3 mm")'
                )
        with inside("step"):
            self._check_steps()

    def _check_steps(self) -> None:
        if isinstance(self.steps, Step) or not isinstance(self.steps, (list, tuple)):
            raise InputError("process.steps: give a list of steps, air before baths")
        steps = tuple(self.steps)
        self._keep("steps", steps)
        names = step_names(steps)
        for number, step in enumerate(steps):
            with inside(number):
                if not isinstance(step, Step) or type(step) is Step:
                    kinds = ", ".join(each.__name__ for each in STEPS.values())
                    message = f"process.steps: {step!r} is no step"
                    raise InputError(f"{message}; give one of {kinds}")
                self._check_order(steps, number, names)
                if (
                    getattr(step, "length", None) is not None
                    and self.line_speed is None
                ):
                    with inside("length"):
                        raise InputError(
                            f"{names[number]}.length needs the process's line_speed, "
                            'such as "0.6 m/min"; or give a time'
                        )
        if "immersion" not in [step.kind for step in steps]:
            raise InputError(
                "process.steps: there is no immersion; a bath ends the casting, such "
                'as Immersion(bath="water", temperature="20 degC", time="5 min")'
            )

    def _check_order(
        self, steps: tuple[Step, ...], number: int, names: list[str]
    ) -> None:
        if number == 0:
            return
        before, step = steps[number - 1], steps[number]
        late = ORDER.index(step.kind) < ORDER.index(before.kind)
        twice = step.kind == before.kind and step.kind in ("dry", "hydrophilize")
        if late:
            raise InputError(
                f"process.steps: {names[number]} comes after {names[number - 1]}; the "
                f"order is {', '.join(ORDER)}"
            )
        if twice:
            raise InputError(f"process.steps: two {step.kind} steps; give one")
        peeled = getattr(before, "sides", None) == "both"
        if peeled and getattr(step, "sides", None) == "surface":
            with inside("sides"):
                raise InputError(
                    f"{names[number]}.sides: the film has left its support, for "
                    f'{names[number - 1]} acts on both sides; give "both" here too'
                )

    @functools.cached_property
    def complete_steps(self) -> tuple[Step, ...]:
        """Return the steps with a rinse and a drying added where there is none."""
        steps = list(self.steps)
        kinds = [step.kind for step in steps]
        for added in (Rinse, Dry):
            if added.kind not in kinds:
                later = ORDER[ORDER.index(added.kind) + 1 :]
                place = sum(kind not in later for kind in kinds)
                steps.insert(place, added())
                kinds.insert(place, added.kind)
        return tuple(steps)

    @functools.cached_property
    def resolved_steps(self) -> tuple[Step, ...]:
        """Return the complete steps, each length turned into a time."""
        return tuple(self._timed(step) for step in self.complete_steps)

    def brought(self, present: Sequence[Substance]) -> list[Substance]:
        """Return what the air and the baths bring beside what is `present`.

        Raises
        ------
        InputError
            A substance is of one pack here and of another there, and differs.
        """
        found = {each.name: each for each in present}
        meets_air = False
        for step in self.resolved_steps:
            if isinstance(step, AirExposure):
                meets_air, given, where = True, step.vapor, "air.vapor"
            elif isinstance(step, Immersion):
                given, where = step.bath, "immersion.bath"
            else:
                continue
            for each in given.substances.values():
                known = found.setdefault(each.name, each)
                if known != each and known.pack != each.pack:
                    packs = [pack or library.CASE for pack in (known.pack, each.pack)]
                    raise InputError(
                        f"{where}: {each.name} is of pack {packs[1]}, and elsewhere of "
                        f'pack {packs[0]}; write "{each.name}@{packs[0]}" or '
                        f'"{each.name}@{packs[1]}" throughout'
                    )
        if meets_air:
            water = library.builtin("water")
            found.setdefault(water.name, water)
        return list(found.values())[len(present) :]

    def _timed(self, step: Any) -> Step:
        if getattr(step, "length", None) is None:
            return step  # type: ignore[no-any-return]
        length = units.to_si(step.length, "length")
        seconds = length / units.to_si(self.line_speed, "velocity")
        timed = step.replace(length=None, time=units.make(seconds, "s"))
        return timed  # type: ignore[no-any-return]

    def _key(self) -> tuple[Any, ...]:
        """Two processes are equal when the same happens in them."""
        return (
            canonical(self.wet_thickness),
            self.support,
            self.complete_steps,
            canonical(self.line_speed),
        )

    def __str__(self) -> str:
        lines = [f"Process: {spell(self.wet_thickness)} wet on {self.support.material}"]
        steps = self.complete_steps
        for name, step in zip(step_names(steps), steps, strict=True):
            lines.append(f"  {name}: {_describe(step)}")
        return "\n".join(lines)


def step_names(steps: tuple[Any, ...]) -> list[str]:
    """Return the address of each step: `air`, or `air[1]` when there are several."""
    kinds = [getattr(step, "kind", "step") for step in steps]
    seen: dict[str, int] = {}
    names = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        names.append(kind if kinds.count(kind) == 1 else f"{kind}[{seen[kind]}]")
    return names


def _describe(step: Step) -> str:
    inner = []
    for name in step.field_names():
        value = getattr(step, name)
        if value is None or (isinstance(value, Mapping) and not value):
            continue
        if name == "bath":
            text = ", ".join(value) if len(value) == 1 else _describe_parts(value)
        elif isinstance(value, Mapping):
            text = ", ".join(f"{key} {spell(value[key])}" for key in value)
        else:
            text = value if isinstance(value, str) else spell(value)
        inner.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(inner)


def _describe_parts(parts: Parts) -> str:
    return ", ".join(f"{parts[name]:g} {name}" for name in parts)
