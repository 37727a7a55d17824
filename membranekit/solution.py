"""The casting solution: a recipe by mass, checked part by part.

What is shared by all inputs stands here too: `Input`, the frozen base that turns each
field into a quantity and notes which fields were stated, and `Parts`, a recipe by mass.
"""

import math
import numbers
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from membranekit import library, units
from membranekit.errors import (
    InputError,
    MaterialError,
    MembranekitError,
    SkippedPackError,
)
from membranekit.names import match_key, nearest
from membranekit.pack_index import identity, keys_of
from membranekit.substances import InteractionSet, Substance

if TYPE_CHECKING:
    from membranekit.equilibria import (
        Activity,
        ComputedCloudPoint,
        EquilibriumWater,
        Vapor,
    )

ROLES = ("good_solvent", "nonsolvent", "swelling_agent")
POLYMER_ROLE = "membrane_polymer"
REFERENCE_TEMPERATURE = 298.15  # K: partial molar volumes are constant, taken here
SIGNIFICANT_DIGITS = 12  # 0.15 mm and 150 um differ in the 16th digit and are equal

InputType = TypeVar("InputType", bound="Input")
Given: TypeAlias = Any  # text or a quantity when it is given, a quantity when held
Find = Callable[[str], Substance]
Extra: TypeAlias = Substance | InteractionSet | Iterable[Substance | InteractionSet]


class Default(str):
    """The text of a default: told from the same text given by a user by its type."""


@contextmanager
def inside(*where: str | int) -> Iterator[None]:
    """Note on a passing error which field it arose in, for a case file's line."""
    try:
        yield
    except MembranekitError as error:
        inner = getattr(error, "where", ())
        error.where = (*where, *inner)  # type: ignore[attr-defined]
        raise


@dataclass(frozen=True)
class Measure:
    """What a dimensional field must be: its kind and its range in SI units."""

    kind: str
    low: float
    high: float
    span: str  # the range as a user reads it

    def read(self, given: object, name: str) -> Any:
        """Return `given` as a quantity of this kind, inside the range."""
        value = units.quantity(given, self.kind, name)
        si = units.to_si(value, self.kind)
        # A bound written in another unit may miss itself in the last digit.
        slack = 1e-12 * abs(si)
        if not self.low - slack <= si <= self.high + slack:
            message = f"{name}: {spell(value)} is out of range; it must be {self.span}"
            raise InputError(message)
        return value


TEMPERATURE = Measure("temperature", 273.15, 373.15, "from 0 degC to 100 degC")


def spell(value: Any) -> str:
    """Return a quantity as text in ASCII that reads back equal."""
    text = units.text(value).replace(" / ", "/").replace(" ** ", "**")
    # A ratio needs its unit written, though pint calls it dimensionless.
    return text.replace(" * ", "*") if " " in text else f"{text} kg/kg"


def spell_number(value: float) -> str:
    """Return the shortest text of a number that reads back equal."""
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def canonical(value: Any) -> Any:
    """Return what two equal values share: SI, rounded, hashable."""
    if hasattr(value, "to_root_units"):
        base = value.to_root_units()
        number = float(f"{float(base.magnitude):.{SIGNIFICANT_DIGITS}g}")
        return (number, str(base.dimensionality))
    if isinstance(value, Parts):
        return value.key()
    if isinstance(value, Mapping):
        return frozenset((name, canonical(entry)) for name, entry in value.items())
    if isinstance(value, (tuple, list)):
        return tuple(canonical(entry) for entry in value)
    return value


def is_quantity(value: object) -> bool:
    """Return whether `value` is a quantity, of whichever registry."""
    return hasattr(value, "m_as")


@dataclass(frozen=True, eq=False, repr=False)
class Input:
    """Base of all inputs: frozen, compared by value across units.

    Attributes
    ----------
    given : frozenset of str
        The fields that the user stated; every other one is a default.
    """

    kind: ClassVar[str] = ""
    measures: ClassVar[Mapping[str, Measure]] = {}
    kept_as: ClassVar[Mapping[str, str]] = {}
    """Attributes that have another name than the keyword that gives them."""

    given: frozenset[str] = field(init=False)

    def __getattribute__(self, name: str) -> Any:
        """Hand a quantity out in the registry of the moment."""
        value = super().__getattribute__(name)
        return units.fresh(value) if name in type(self).measures else value

    def __post_init__(self) -> None:
        stated = set()
        for name in self.field_names():
            value = vars(self)[self.kept_as.get(name, name)]  # as it was given
            empty = isinstance(value, (Mapping, tuple)) and not value
            if value is not None and not empty and not isinstance(value, Default):
                stated.add(name)
            if value is not None and name in self.measures:
                with inside(name):
                    self._keep(name, self.measures[name].read(value, self._name(name)))
            elif isinstance(value, Default):
                self._keep(name, str(value))
        self._keep("given", frozenset(stated))

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the fields a user may give."""
        return tuple(entry.name for entry in fields(cls) if entry.init)

    def held(self, name: str) -> Any:
        """Return what was given by the keyword `name`, as it is held."""
        return getattr(self, self.kept_as.get(name, name))

    def replace(self: InputType, **changes: Any) -> InputType:
        """Return a copy with some fields changed; `None` takes a field away."""
        return type(self)(**{**self._stated(), **changes})

    def _stated(self) -> dict[str, Any]:
        return {name: self.held(name) for name in self.given}

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _name(self, name: str) -> str:
        return f"{self.kind}.{name}"

    def _require(self, *names: str, example: str) -> None:
        for name in names:
            if getattr(self, name) is None:
                message = f"{self._name(name)} is missing: give it, such as {example}"
                raise InputError(message)

    def _key(self) -> tuple[Any, ...]:
        return tuple(canonical(self.held(name)) for name in self.field_names())

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        stated = (name for name in self.field_names() if name in self.given)
        inner = ", ".join(f"{name}={_show(self.held(name))}" for name in stated)
        return f"{type(self).__name__}({inner})"


def _show(value: Any) -> str:
    if is_quantity(value):
        return repr(spell(value))
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name!r}: {_show(value[name])}" for name in value)
        return "{" + inner + "}"
    if isinstance(value, float):
        return spell_number(value)
    return repr(value)


class Parts(Mapping[str, Any]):
    """A frozen mapping of substances, by the names a user gave them, to amounts.

    An entry is found by the given name, by any alias of it, or by the substance.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: tuple[tuple[str, Substance | None, Any], ...]) -> None:
        self._rows = rows

    @classmethod
    def read(
        cls,
        given: object,
        name: str,
        *,
        find: Find | None = None,
        amount: Callable[[object, str], Any] | None = None,
        stocks: Mapping[str, Any] | None = None,
    ) -> "Parts":
        """Read a mapping of names or substances to amounts.

        Parameters
        ----------
        given : mapping
            Names or substances, each with its amount.
        name : str
            How errors name the argument.
        find : callable, optional
            Gives the substance of a name.
        amount : callable, optional
            Reads one amount, given its name; default a bare positive number.
        stocks : mapping, optional
            Names that are mixtures and no substances.

        Raises
        ------
        InputError
            If it is no mapping, is empty, an amount is wrong, or one substance
            stands there twice.
        MaterialError
            If a substance is not known.
        """
        if not isinstance(given, Mapping):
            message = f'{name}: give names with parts by mass, such as {{"water": 80}}'
            raise InputError(f"{message}, not {given!r}")
        if not given:
            raise InputError(f"{name} is empty: give at least one substance")
        known = given.substances if isinstance(given, Parts) else {}
        rows: list[tuple[str, Substance | None, Any]] = []
        for key, value in given.items():
            label = library.address(key) if isinstance(key, Substance) else key
            if not isinstance(label, str):
                message = f"{name}: {label!r} is neither a name nor a substance"
                raise InputError(message)
            with inside(label):
                if stocks and label in stocks:
                    substance = None
                elif isinstance(key, Substance):
                    substance = key
                else:
                    substance = known.get(label) or look_up(label, name, find)
                canonical_name = substance.name if substance else label
                for before, other, _ in rows:
                    if before == label or _are_same(other, substance):
                        raise InputError(
                            f'{name}: "{before}" and "{label}" are the same '
                            f"substance ({canonical_name}); give it once"
                        )
                row_name = f"{name}.{label}"
                read = amount or positive
                rows.append((label, substance, read(value, row_name)))
        return cls(tuple(rows))

    @property
    def substances(self) -> dict[str, Substance]:
        """Return the substance of each given name; stocks have none."""
        return {name: substance for name, substance, _ in self._rows if substance}

    def key(self) -> frozenset[tuple[Any, Any]]:
        """Return what two equal recipes share."""
        return frozenset(
            (substance or name, canonical(amount))
            for name, substance, amount in self._rows
        )

    def with_amount(self, name: str, amount: object, find: Find) -> "Parts":
        """Return a copy with one amount changed or added, not yet read."""
        row = self._find(name)
        if row is None:
            return Parts((*self._rows, (name, find(name), amount)))
        return Parts(
            tuple((*old[:2], amount) if old is row else old for old in self._rows)
        )

    def _find(self, name: object) -> tuple[str, Substance | None, Any] | None:
        if isinstance(name, Substance):
            return next((row for row in self._rows if row[1] == name), None)
        for row in self._rows:
            if row[0] == name:
                return row
        for row in self._rows:
            if row[1] and goes_by(row[1], str(name)):
                return row
        return None

    def __getitem__(self, name: object) -> Any:
        row = self._find(name)
        if row is None:
            raise KeyError(name)
        return units.fresh(row[2])

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Parts):
            return self.key() == other.key()
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self.key())

    def __repr__(self) -> str:
        return _show(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Parts, (self._rows,))


def _are_same(one: Substance | None, other: Substance | None) -> bool:
    """Say whether two parts are one substance, perhaps as two packs give it."""
    if one is None or other is None:
        return False
    from_two_packs = one.pack != other.pack
    return one.name == other.name or (
        from_two_packs and identity(one) == identity(other)
    )


def look_up(given: str, name: str, find: Find | None = None) -> Substance:
    """Return a substance by its name; an error says which argument `name` it was."""
    try:
        return (find or library.lookup)(given)
    except SkippedPackError:
        raise
    except MaterialError as error:
        raise MaterialError(f"{name}: {error}") from None


def goes_by(substance: Substance, name: str) -> bool:
    """Return whether a substance has this name or alias, perhaps with ``@pack``."""
    key, at, pack = match_key(name).partition("@")
    of_pack = not at or pack == (match_key(substance.pack) or library.CASE)
    return of_pack and key in keys_of(substance)


def positive(given: object, name: str) -> float:
    """Read a part by mass: a bare number above zero."""
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        shown = spell(given) if is_quantity(given) else repr(given)
        raise InputError(
            f"{name}: {shown} is not a part by mass; give a bare number without "
            "quotes or unit, such as 20"
        )
    number = float(given)
    if not math.isfinite(number) or number <= 0:
        raise InputError(
            f"{name}: {spell_number(number) if math.isfinite(number) else number} is "
            "not a part by mass; give a finite number above 0, or leave the part out"
        )
    return number


def text_field(given: object, name: str, example: str) -> str:
    """Read a field that is a plain name."""
    if not isinstance(given, str) or not given.strip():
        raise InputError(f"{name}: {given!r} is no name; give one, such as {example}")
    return given


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CloudPoint(Input):
    """A cloud point measured on the dope itself.

    Parameters
    ----------
    nonsolvent : str or Substance
        What was titrated.
    mass_fraction : str or Quantity
        Its mass fraction in the whole dope at the cloud point [1].
    temperature : str or Quantity
        The temperature of the titration [K].
    """

    kind: ClassVar[str] = "cloud_point"
    measures: ClassVar[Mapping[str, Measure]] = {
        "mass_fraction": Measure("mass_fraction", 0.0, 1.0, "from 0 % to 100 %"),
        "temperature": TEMPERATURE,
    }

    nonsolvent: Any = None
    mass_fraction: Given = None
    temperature: Given = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("nonsolvent", example='"water"')
        self._require("mass_fraction", example='"4.8 %"')
        self._require("temperature", example='"25 degC"')
        given = self.nonsolvent
        if not isinstance(given, Substance):
            with inside("nonsolvent"):
                name = text_field(given, "cloud_point.nonsolvent", '"water"')
                given = look_up(name, "cloud_point.nonsolvent")
        if given.kind != "solvent":
            with inside("nonsolvent"):
                message = f"cloud_point.nonsolvent: {given.name} is no liquid"
                raise InputError(f'{message}; give one, such as "water"')
        self._keep("nonsolvent", library.address(given))
        self._keep("substance", given)

    def _stated(self) -> dict[str, Any]:
        return {**super()._stated(), "nonsolvent": self.substance}

    substance: Substance = field(init=False)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class CastingSolution(Input):
    """A casting solution: one membrane polymer with solvents and additives.

    Parameters
    ----------
    parts : mapping of str or Substance to float
        Parts by mass, of any total.
    roles : mapping of str to str, optional
        ``good_solvent``, ``nonsolvent`` or ``swelling_agent``, where it is not the
        usual one. Claims, windows and labels look at roles; the physics never does.
    stocks : mapping of str to mapping, optional
        Parts that are mixtures themselves, each with its own parts by mass.
    temperature : str or Quantity, optional
        Temperature when it is cast [K]; default the support's.
    interactions : str, optional
        Name of an interaction set; default the one the library prefers.
    cloud_point : CloudPoint or mapping, optional
        A cloud point measured on this dope, which anchors one pair; kept as
        `measured_cloud_point`, for the method `cloud_point` computes one.
    extra : Substance, InteractionSet or sequence of them, optional
        What is not in the library, such as what `library.load_file` returns; kept as
        a tuple.
    home : str, optional
        The pack whose substances and interaction sets a bare name means first, and
        whose set is taken where none is named; that of a shipped case is ``builtin``.

    Raises
    ------
    InputError
        If a part, a role or a stock is wrong, or there is not exactly one polymer.
    MaterialError
        If a substance is not known.

    Examples
    --------
    >>> solution = CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    >>> round(solution.mass_fractions[solution.polymer.name], 2)
    0.15
    """

    kind: ClassVar[str] = "solution"
    measures: ClassVar[Mapping[str, Measure]] = {"temperature": TEMPERATURE}

    kept_as: ClassVar[Mapping[str, str]] = {"cloud_point": "measured_cloud_point"}

    parts: Any
    roles: Any
    stocks: Any
    temperature: Given
    interactions: str | None
    measured_cloud_point: Any
    extra: tuple[Any, ...]
    home: str = field(init=False)

    _masses: tuple[tuple[Substance, float], ...] = field(init=False)
    _own: tuple[Substance, ...] = field(init=False)

    def __init__(
        self,
        parts: Any,
        *,
        roles: Any = None,
        stocks: Any = None,
        temperature: Given = None,
        interactions: str | None = None,
        cloud_point: Any = None,
        extra: Extra = (),
        home: str = "",
    ) -> None:
        self._keep("home", home)
        self._keep("parts", parts)
        self._keep("roles", roles)
        self._keep("stocks", stocks)
        self._keep("temperature", temperature)
        self._keep("interactions", interactions)
        self._keep("measured_cloud_point", cloud_point)
        self._keep("extra", extra)
        self.__post_init__()

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the keywords a user may give."""
        keywords = {kept: name for name, kept in cls.kept_as.items()}
        return tuple(keywords.get(name, name) for name in super().field_names())

    @classmethod
    def from_parts(
        cls,
        parts: Mapping[Any, float],
        *,
        roles: Mapping[str, str] | None = None,
        stocks: Mapping[str, Mapping[Any, float]] | None = None,
        temperature: Given = None,
        interactions: str | None = None,
        cloud_point: Any = None,
        extra: Extra = (),
    ) -> "CastingSolution":
        """Make a casting solution from parts by mass; see the class."""
        return cls(
            parts,
            roles=roles,
            stocks=stocks,
            temperature=temperature,
            interactions=interactions,
            cloud_point=cloud_point,
            extra=extra,
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        with inside("extra"):
            self._keep("extra", _read_extra(self.extra))
        self._keep("_own", _given_substances(self.parts))
        with inside("stocks"):
            self._keep("stocks", self._read_stocks())
        with inside("parts"):
            parts = Parts.read(
                self.parts, "solution.parts", find=self.find, stocks=self.stocks
            )
            self._keep("parts", parts)
        self._check_stocks_used()
        self._keep("_masses", self._resolve())
        self._keep("_own", self.components)
        with inside("parts"):
            self._check_kinds()
        with inside("roles"):
            self._keep("roles", self._read_roles())
        with inside("interactions"):
            self._check_interactions()
        with inside("cloud_point"):
            self._keep("measured_cloud_point", self._read_cloud_point())

    def find(self, name: str) -> Substance:
        """Return the substance of a name: a given one, or one of the library."""
        for substance in self._own:
            if goes_by(substance, name):
                return substance
        return library.lookup(name, extra=self.extra, home=self.home)

    def _stated(self) -> dict[str, Any]:
        return {**super()._stated(), "home": self.home}

    def _read_stocks(self) -> Parts:
        if self.stocks is None:
            return Parts(())
        if isinstance(self.stocks, Parts):
            return self.stocks
        if not isinstance(self.stocks, Mapping):
            raise InputError(
                "solution.stocks: give each stock's name with its own parts by mass, "
                f'such as {{"LiCl stock": {{"LiCl": 20, "water": 80}}}}, not '
                f"{self.stocks!r}"
            )
        rows = []
        for name, recipe in self.stocks.items():
            with inside(name):
                where = f"solution.stocks.{name}"
                nested = [part for part in _names(recipe) if part in self.stocks]
                if nested:
                    raise InputError(
                        f'{where}: "{nested[0]}" is a stock itself; a stock holds '
                        "substances only, so write out what is in it"
                    )
                rows.append((name, None, Parts.read(recipe, where, find=self.find)))
        return Parts(tuple(rows))

    def _check_stocks_used(self) -> None:
        for name in self.stocks:
            if name not in set(self.parts):
                with inside("stocks", name):
                    raise InputError(
                        f'solution.stocks.{name}: no part is named "{name}"; add it '
                        "to the parts or take the stock away"
                    )

    def _resolve(self) -> tuple[tuple[Substance, float], ...]:
        """Return each substance with its mass, stocks taken apart, in order."""
        masses: dict[str, float] = {}
        substances: dict[str, Substance] = {}

        def add(recipe: Parts, scale: float) -> None:
            for name, substance in recipe.substances.items():
                known = substances.setdefault(substance.name, substance)
                if known != substance:
                    raise InputError(
                        f"solution.parts: two different substances are named "
                        f"{substance.name}; use one of them throughout"
                    )
                amount = scale * recipe[name]
                masses[substance.name] = masses.get(substance.name, 0.0) + amount

        add(self.parts, 1.0)
        for name, recipe in self.stocks.items():
            add(recipe, self.parts[name] / sum(recipe.values()))
        ordered = sorted(substances.values(), key=_component_order)
        return tuple((substance, masses[substance.name]) for substance in ordered)

    def _check_kinds(self) -> None:
        for substance in self.components:
            if substance.kind == "support":
                raise InputError(
                    f"solution.parts: {substance.name} is a support and dissolves in "
                    "nothing; name it as the support's material"
                )
        polymers = [each.name for each in self.components if each.kind == "polymer"]
        if not polymers:
            raise InputError(
                "solution.parts: there is no membrane polymer among "
                f"{', '.join(self.parts)}; add one, such as PSF or PVDF"
            )
        if len(polymers) > 1:
            raise InputError(
                f"solution.parts: {' and '.join(polymers)} are both membrane polymers;"
                " keep one"
            )

    def _read_roles(self) -> "Roles":
        if self.roles is None:
            return Roles(())
        if not isinstance(self.roles, Mapping):
            raise InputError(
                'solution.roles: give names with roles, such as {"PEG200": '
                f'"nonsolvent"}}, not {self.roles!r}'
            )
        present = {substance.name: substance for substance in self.components}
        roles: dict[str, tuple[str, str]] = {}
        for name, role in self.roles.items():
            with inside(name):
                where = f"solution.roles.{name}"
                substance = look_up(name, "solution.roles", self.find)
                held = present.get(substance.name)
                if held is None or held.pack != substance.pack:
                    raise InputError(
                        f"{where}: {name} is not among the parts; they are "
                        f"{', '.join(self.parts)}"
                    )
                if substance.kind == "polymer":
                    message = f"{where}: {name} is the membrane polymer"
                    raise InputError(f"{message}; leave its role out")
                if role not in ROLES:
                    raise InputError(
                        f"{where}: {role!r} is no role; give {', '.join(ROLES[:-1])} "
                        f"or {ROLES[-1]}"
                    )
                if substance.name in roles:
                    raise InputError(
                        f'{where}: "{roles[substance.name][0]}" is the same substance;'
                        " give its role once"
                    )
                roles[substance.name] = (name, role)
        rows = [(name, present[key], role) for key, (name, role) in roles.items()]
        return Roles(tuple(rows))

    def _check_interactions(self) -> None:
        """Refuse the name of a set that is unknown or lacks a component."""
        if self.interactions is None:
            return
        name = "solution.interactions"
        text_field(self.interactions, name, "a set's, as its file has it")
        components = [substance.name for substance in self.components]
        extra = (*self.extra, *self.components)
        try:
            library.interaction_set(
                components, self.interactions, extra=extra, home=self.home
            )
        except MaterialError as error:
            raise MaterialError(f"{name}: {error}") from None

    def _read_cloud_point(self) -> CloudPoint | None:
        given = self.measured_cloud_point
        if given is None or isinstance(given, CloudPoint):
            return given
        if not isinstance(given, Mapping):
            raise InputError(
                'solution.cloud_point: give {"nonsolvent": "water", "mass_fraction": '
                f'"4.8 %", "temperature": "25 degC"}}, not {given!r}'
            )
        refuse_unknown(given, CloudPoint.field_names(), "solution.cloud_point")
        known = dict(given)
        if isinstance(known.get("nonsolvent"), str):
            with inside("nonsolvent"):
                known["nonsolvent"] = look_up(
                    known["nonsolvent"], "cloud_point.nonsolvent", self.find
                )
        return CloudPoint(**known)

    @property
    def components(self) -> tuple[Substance, ...]:
        """Return the substances: nonsolvents, solvents, the polymer, others."""
        return tuple(substance for substance, _ in self._masses)

    @property
    def mass_fractions(self) -> dict[str, float]:
        """Return the mass fraction of each component [1], stocks taken apart.

        Rounded, so that the same recipe in grams or in percent gives the same bits: the
        steps of a run amplify what differs in the last digit.
        """
        total = math.fsum(mass for _, mass in self._masses)
        rounded = {
            substance.name: float(f"{mass / total:.{SIGNIFICANT_DIGITS}g}")
            for substance, mass in self._masses
        }
        total = math.fsum(rounded.values())
        return {name: share / total for name, share in rounded.items()}

    @property
    def volume_fractions(self) -> dict[str, float]:
        """Return the volume fraction of each component [1], volumes being additive."""
        masses = self.mass_fractions
        volumes = {
            each.name: masses[each.name] / each.get("density").at(REFERENCE_TEMPERATURE)
            for each in self.components
        }
        total = math.fsum(volumes.values())
        return {name: volume / total for name, volume in volumes.items()}

    @property
    def polymer(self) -> Substance:
        """Return the membrane polymer."""
        return next(each for each in self.components if each.kind == "polymer")

    @property
    def water(self) -> Substance:
        """Return water as the recipe holds it, or else the built-in one."""
        held = (each for each in self.components if goes_by(each, "water"))
        return next(held, None) or library.builtin("water")

    def cloud_point(
        self,
        nonsolvent: str | Substance,
        *,
        temperature: Given = None,
        interactions: str | None = None,
        extrapolate: bool = False,
    ) -> "ComputedCloudPoint":
        """Return how much nonsolvent the whole recipe takes before it clouds.

        The nonsolvent is added to all the rest, whose ratios stay. It clouds where any
        second phase, poor or rich in polymer, is in equilibrium with it.

        Parameters
        ----------
        nonsolvent : str or Substance
            What is added, in the recipe already or not.
        temperature : str or Quantity, optional
            Default the solution's, or 25 degC where it states none [K].
        interactions : str, optional
            Name of an interaction set; default the solution's, or the preferred one.
        extrapolate : bool
            Whether the set may be used outside its temperatures; it is noted then.

        Returns
        -------
        ComputedCloudPoint
            ``.mass_fraction`` of the whole at the cloud point, ``.margin`` from today,
            ``.band``, and what it ``.rests_on``.

        Raises
        ------
        InputError
            If the nonsolvent is no liquid or the temperature is out of range.
        MaterialError
            If a substance, a set or a pair of it is not known.

        Examples
        --------
        >>> dope = CastingSolution.from_parts({"PSF": 15, "NMP": 85})
        >>> found = dope.cloud_point("water")
        >>> round(float(found.mass_fraction.m_as("percent")), 1)
        6.4
        """
        from membranekit import equilibria

        return equilibria.cloud_point(
            self,
            nonsolvent,
            temperature=temperature,
            interactions=interactions,
            extrapolate=extrapolate,
        )

    def activity(
        self,
        species: str | Substance = Default("water"),  # noqa: B008
        *,
        temperature: Given = None,
        interactions: str | None = None,
        extrapolate: bool = False,
    ) -> "Activity":
        """Return the activity of a component over the recipe as it is.

        ``a = exp((mu - mu_pure)/(R T))``, its partial over its saturation pressure.

        Parameters
        ----------
        species : str or Substance
            The component; of one that the recipe lacks the activity is 0.
        temperature, interactions, extrapolate
            As in `cloud_point`.

        Examples
        --------
        >>> dope = CastingSolution.from_parts({"PSF": 15, "NMP": 82, "water": 3})
        >>> round(float(dope.activity("water")), 2)
        0.13
        """
        from membranekit import equilibria

        return equilibria.activity(
            self,
            self.water if isinstance(species, Default) else species,
            temperature=temperature,
            interactions=interactions,
            extrapolate=extrapolate,
        )

    def water_activity(
        self,
        *,
        temperature: Given = None,
        interactions: str | None = None,
        extrapolate: bool = False,
    ) -> "Activity":
        """Return the activity of water over the recipe as it is; see `activity`."""
        return self.activity(
            self.water,
            temperature=temperature,
            interactions=interactions,
            extrapolate=extrapolate,
        )

    def equilibrium_water(
        self,
        relative_humidity: Given,
        temperature: Given = None,
        *,
        interactions: str | None = None,
        extrapolate: bool = False,
    ) -> "EquilibriumWater":
        """Return what the recipe holds of water when it rests in humid air.

        All but the water neither comes nor goes. Where the recipe clouds before, the
        answer is that of two phases and says so.

        Parameters
        ----------
        relative_humidity : str or Quantity
            Of the air at the temperature of the solution, less than 100 % [1].
        temperature, interactions, extrapolate
            As in `cloud_point`.

        Examples
        --------
        >>> dope = CastingSolution.from_parts({"PSF": 15, "NMP": 85})
        >>> dope.equilibrium_water("60 %", "25 degC").beyond_cloud_point
        True
        """
        from membranekit import equilibria

        return equilibria.equilibrium_water(
            self,
            relative_humidity,
            temperature,
            interactions=interactions,
            extrapolate=extrapolate,
        )

    def vapor(
        self,
        *,
        temperature: Given = None,
        interactions: str | None = None,
        extrapolate: bool = False,
    ) -> "Vapor":
        """Return the vapor at equilibrium with the recipe.

        ``p_i = a_i p_i,sat(T)`` of each component that has a saturation pressure.

        Parameters
        ----------
        temperature, interactions, extrapolate
            As in `cloud_point`; the range of every saturation pressure counts too.

        Examples
        --------
        >>> dope = CastingSolution.from_parts({"PSF": 15, "NMP": 82, "water": 3})
        >>> dope.vapor().mole_fractions["water"] > 0.8
        True
        """
        from membranekit import equilibria

        return equilibria.vapor_over(
            self,
            temperature=temperature,
            interactions=interactions,
            extrapolate=extrapolate,
        )

    def role_of(self, name: str) -> str:
        """Return what a part does in this recipe.

        Parameters
        ----------
        name : str
            A name or an alias of one of the components.

        Raises
        ------
        InputError
            If it is not among the components.
        """
        for substance in self.components:
            if goes_by(substance, name):
                if substance.kind == "polymer":
                    return POLYMER_ROLE
                usual = substance.usual_role.replace(" ", "_")
                return str(self.roles.get(substance.name, usual))
        present = ", ".join(substance.name for substance in self.components)
        raise InputError(f"{name} is not in the solution; it holds {present}")

    def _key(self) -> tuple[Any, ...]:
        """Of what is extra only interaction sets count: substances count as parts."""
        names = [name for name in self.field_names() if name != "extra"]
        sets = [each for each in self.extra if not isinstance(each, Substance)]
        return (*(canonical(self.held(name)) for name in names), *sets)

    def _table(self) -> list[tuple[str, str, str, str]]:
        by_mass, by_volume = self.mass_fractions, self.volume_fractions
        return [
            (
                substance.name,
                f"{100 * by_mass[substance.name]:.2f}",
                f"{100 * by_volume[substance.name]:.2f}",
                self.role_of(substance.name).replace("_", " "),
            )
            for substance in self.components
        ]

    def _remarks(self) -> list[str]:
        remarks = []
        if self.temperature is None:
            remarks.append("temperature: the support's")
        else:
            remarks.append(f"temperature: {spell(self.temperature)}")
        if self.interactions:
            remarks.append(f"interactions: {self.interactions}")
        if self.measured_cloud_point:
            point = self.measured_cloud_point
            remarks.append(
                f"cloud point: {spell(point.mass_fraction)} {point.nonsolvent} at "
                f"{spell(point.temperature)}, measured on this dope"
            )
        remarks += [
            f"{name}: {', '.join(f'{recipe[part]:g} {part}' for part in recipe)}"
            for name, recipe in self.stocks.items()
        ]
        return remarks

    def __str__(self) -> str:
        table = self._table()
        width = max(len("substance"), *(len(row[0]) for row in table))
        lines = ["Casting solution"]
        lines.append(f"  {'substance':<{width}}  {'wt %':>6}  {'vol %':>6}  role")
        lines += [
            f"  {name:<{width}}  {mass:>6}  {volume:>6}  {role}"
            for name, mass, volume, role in table
        ]
        return "\n".join([*lines, *(f"  {remark}" for remark in self._remarks())])

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th>{each}</th>" for each in ("substance", "wt %", "vol %", "role")
        )
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._table()
        )
        remarks = "".join(f"<br>{escape(remark)}" for remark in self._remarks())
        return (
            f"<table><caption>Casting solution{remarks}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


class Roles(Parts):
    """The roles that a recipe states, found by any alias."""

    __slots__ = ()


def _read_extra(given: object) -> tuple[Any, ...]:
    """Return what is not in the library, one or several, as a tuple."""
    known = (Substance, InteractionSet)
    if given is None:  # `replace` takes it away so
        return ()
    if isinstance(given, known):
        return (given,)
    several = isinstance(given, Iterable) and not isinstance(given, (str, Mapping))
    items = tuple(given) if several else (given,)  # type: ignore[arg-type]
    for each in items:
        if not isinstance(each, known):
            raise InputError(
                "solution.extra: give substances and interaction sets, such as what "
                f"library.load_file returns, not {each!r}"
            )
    return items


def _given_substances(parts: object) -> tuple[Substance, ...]:
    if isinstance(parts, Parts):
        return tuple(parts.substances.values())
    if isinstance(parts, Mapping):
        return tuple(key for key in parts if isinstance(key, Substance))
    return ()


def _names(recipe: object) -> list[str]:
    if not isinstance(recipe, Mapping):
        return []
    return [
        library.address(key) if isinstance(key, Substance) else key for key in recipe
    ]


def _component_order(substance: Substance) -> tuple[int, bool, str]:
    """Sort nonsolvent, solvent, polymer, others; roles of a recipe do not count."""
    if substance.kind == "polymer":
        rank = 2
    elif substance.kind != "solvent":
        rank = 3
    else:
        rank = 0 if substance.usual_role == "nonsolvent" else 1
    return (rank, not goes_by(substance, "water"), substance.name.casefold())


def refuse_unknown(
    given: Mapping[str, Any], known: tuple[str, ...], where: str
) -> None:
    """Refuse a key that is not among the known ones, with the nearest."""
    for key in given:
        if key not in known:
            near = nearest(str(key), known)
            hint = (
                f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"
            )
            with inside(key):
                raise InputError(f'{where}: unknown key "{key}"; {hint}')
