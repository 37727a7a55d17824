"""Substances and their interactions: frozen, every value with its source.

A value is read once, when its file is loaded: units are converted then, and what is
left is a law in SI floats that `Value.at` evaluates at a temperature in kelvin.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import units
from membranekit.errors import InputError, MaterialError

ROOM_TEMPERATURE = 298.15
"""Temperature at which a value is given unless another is asked for [K]."""

SLACK = 1e-6
"""A temperature this far outside a range is still in it: its unit was converted [K]."""

BASES = ("measured", "literature", "estimated", "fitted", "chosen")
KINDS = ("polymer", "solvent", "swelling_agent", "support")
ROLES = ("membrane polymer", "good solvent", "nonsolvent", "swelling agent")
GIVEN = "chosen: given by the user"
"""The source of a value that `Substance.replace` puts in."""


@dataclass(frozen=True)
class PropertyKind:
    """What a property is: its kind of unit and the symbol that correlations use."""

    unit_kind: str
    symbol: str


PROPERTIES: Mapping[str, PropertyKind] = MappingProxyType(
    {
        "molar_mass": PropertyKind("molar_mass", "M"),
        "density": PropertyKind("density", "rho"),
        "viscosity": PropertyKind("viscosity", "mu"),
        "heat_capacity": PropertyKind("heat_capacity", "cp"),
        "thermal_conductivity": PropertyKind("thermal_conductivity", "k"),
        "surface_tension": PropertyKind("surface_tension", "sigma"),
        "glass_temperature": PropertyKind("temperature", "Tg"),
        "saturation_pressure": PropertyKind("pressure", "p"),
        "enthalpy_of_vaporization": PropertyKind("molar_energy", "H"),
        "diffusion_volume": PropertyKind("number", "v"),
        "boiling_molar_volume": PropertyKind("molar_volume", "V"),
        "association": PropertyKind("number", "x"),
        "diffusivity": PropertyKind("diffusivity", "D"),
        "number_average_molar_mass": PropertyKind("molar_mass", "M"),
        "weight_average_molar_mass": PropertyKind("molar_mass", "M"),
        "k_value": PropertyKind("number", "K"),
        "melt_viscosity": PropertyKind("viscosity", "mu"),
        "contact_angle": PropertyKind("angle", "theta"),
        "yield_stress": PropertyKind("stress", "sigma"),
        "start_pore_diameter": PropertyKind("length", "d"),
        "melting_temperature": PropertyKind("temperature", "Tm"),
        "enthalpy_of_fusion": PropertyKind("molar_energy", "H"),
        "repeat_unit_molar_mass": PropertyKind("molar_mass", "M"),
        "gelation_fraction": PropertyKind("volume_fraction", "phi"),
    }
)


# --- Laws of temperature -------------------------------------------------------------


def _constant(x: float, y: float) -> float:
    return y


def _antoine(x: float, a: float, b: float, c: float) -> float:
    return math.pow(10.0, a - b / (x + c))


def _vogel(x: float, a: float, b: float, c: float) -> float:
    return a * math.exp(b / (x - c))


def _arrhenius(x: float, a: float, b: float) -> float:
    return a * math.exp(b / x)


def _dippr101(x: float, a: float, b: float, c: float, d: float, e: float) -> float:
    return math.exp(a + b / x + c * math.log(x) + d * math.pow(x, e))


def _polynomial(x: float, *coefficients: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _table(x: float, knots: tuple[float, ...], values: tuple[float, ...]) -> float:
    last = len(knots) - 2
    i = next((i for i in range(last) if x < knots[i + 1]), last)
    share = (x - knots[i]) / (knots[i + 1] - knots[i])
    return values[i] + share * (values[i + 1] - values[i])


@dataclass(frozen=True)
class Correlation:
    """A named law y(T): what it computes, and which coefficients it takes."""

    function: Callable[..., float]
    equation: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    absolute: bool = False

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of all coefficients, in the order of the function's arguments."""
        return self.required + self.optional


CORRELATIONS: Mapping[str, Correlation] = MappingProxyType(
    {
        "antoine": Correlation(_antoine, "log10(y) = A - B/(T + C)", ("A", "B", "C")),
        "vogel": Correlation(_vogel, "y = A exp(B/(T - C))", ("A", "B", "C")),
        "arrhenius": Correlation(
            _arrhenius, "y = A exp(B/T)", ("A", "B"), absolute=True
        ),
        "dippr101": Correlation(
            _dippr101,
            "y = exp(A + B/T + C ln T + D T**E)",
            ("A", "B"),
            ("C", "D", "E"),
            absolute=True,
        ),
        "polynomial": Correlation(
            _polynomial,
            "y = c0 + c1 T + c2 T**2 + ...",
            ("c0",),
            ("c1", "c2", "c3", "c4", "c5"),
        ),
        "table": Correlation(
            _table, "straight lines between points, the outer ones continued", ("T",)
        ),
    }
)


@dataclass(frozen=True)
class Law:
    """A value as a function of temperature, with its units already converted.

    ``y(T) = scale f(T - offset)``, f in the units its coefficients belong to.

    Parameters
    ----------
    correlation : str
        ``constant`` or a key of `CORRELATIONS`.
    coefficients : tuple
        The arguments of the correlation after the temperature.
    scale : float
        SI value of the correlation's unit.
    offset : float
        Zero of the correlation's temperature scale [K].
    """

    correlation: str
    coefficients: tuple[Any, ...]
    scale: float = 1.0
    offset: float = 0.0

    def at(self, temperature: float) -> float:
        """Return the SI value at `temperature` [K]."""
        if self.correlation == "constant":
            return float(self.coefficients[0])
        function = CORRELATIONS[self.correlation].function
        return self.scale * function(temperature - self.offset, *self.coefficients)

    def to_dict(self, symbol: str, unit: str) -> dict[str, Any]:
        """Return equation, coefficients and units, as a material file has them.

        Parameters
        ----------
        symbol, unit : str
            Of the value that it gives.
        """
        correlation = CORRELATIONS[self.correlation]
        names, equation = correlation.coefficients, correlation.equation
        if self.correlation == "table":
            names = ("T", symbol)
        else:
            equation = equation.replace("y", symbol, 1)
        return {
            "equation": equation,
            "coefficients": {
                name: list(given) if isinstance(given, tuple) else given
                for name, given in zip(names, self.coefficients, strict=False)
                if given or name in correlation.required
            },
            "units": {symbol: unit, "T": "degC" if self.offset else "K"},
        }


# --- Values and substances -----------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """One sourced value of a substance: a constant or a function of temperature.

    Parameters
    ----------
    name : str
        The property, a key of `PROPERTIES`.
    law : Law
        The value itself, in SI floats.
    unit : str
        The unit it was written in, and in which `quantity` shows it.
    source : str
        Where it was read, or how it was estimated.
    basis : str
        One of `BASES`.
    note : str
        Anything else a reader should know.
    uncertainty : str
        As written: ``"5 %"``, or absolute in the value's unit.
    half_width : tuple of (str, float) or None
        The same, read: ``("relative", 0.05)`` or ``("absolute", <SI float>)``.
    ranges : tuple of (str, float, float)
        Where it holds, by name, in SI: ``("temperature", 293.15, 333.15)``.
    """

    name: str
    law: Law
    unit: str
    source: str
    basis: str
    note: str = ""
    uncertainty: str = ""
    half_width: tuple[str, float] | None = None
    ranges: tuple[tuple[str, float, float], ...] = ()

    @property
    def valid_temperature(self) -> tuple[float, float] | None:
        """Temperatures between which the value holds [K]; None: not stated."""
        return range_of("temperature", self.ranges)

    def at(self, temperature: float | None = None) -> float:
        """Return the SI value at `temperature` [K]; 25 degC where none is given.

        Outside `valid_temperature` the law is simply continued: see `in_range`.
        """
        return self.law.at(ROOM_TEMPERATURE if temperature is None else temperature)

    def quantity(self, temperature: Any = None, *, extrapolate: bool = False) -> Any:
        """Return a fresh quantity, in the unit the value was written in.

        Parameters
        ----------
        temperature : str or quantity, optional
            [degC] without one: 25 degC, where a function of temperature is meant.
        extrapolate : bool
            Whether to go outside the range the value is known for.

        Raises
        ------
        InputError
            The temperature is outside the range, or no temperature.

        Examples
        --------
        >>> from membranekit.library import materials
        >>> viscosity = materials["water"].get("viscosity")
        >>> round(viscosity.quantity("60 degC").m_as("mPa*s"), 2)
        0.46
        """
        kelvin = ROOM_TEMPERATURE
        if temperature is not None:
            kelvin = units.si(temperature, "temperature", "temperature")
        if self.is_stretched(temperature) and not extrapolate:
            what = f"this {self.name.replace('_', ' ')}"
            raise InputError(
                f"temperature: {outside(self.valid_temperature, kelvin, what)}; give "
                "one inside, or extrapolate=True"
            )
        kind = PROPERTIES[self.name].unit_kind
        shown = units.from_si(self.at(kelvin), kind, self.unit)
        # The way to SI and back leaves 0.1 um as 0.09999999999999999 um.
        return units.make(float(f"{shown:.12g}"), self.unit)

    def is_stretched(self, temperature: Any = None) -> bool:
        """Say whether `quantity` has to extrapolate for a temperature."""
        if temperature is None:
            return not (self.is_constant or self.in_range(ROOM_TEMPERATURE))
        return not self.in_range(units.si(temperature, "temperature", "temperature"))

    @property
    def is_constant(self) -> bool:
        """Whether it is one number, and no function of temperature."""
        return self.law.correlation == "constant"

    def in_range(self, temperature: float) -> bool:
        """Say whether the value is known to hold at `temperature` [K]."""
        return within(self.valid_temperature, temperature)

    def outside(self, temperature: float, of: str) -> str:
        """Say that it is not known to hold at `temperature` [K]; empty: it is.

        Parameters
        ----------
        temperature : float
            [K]
        of : str
            Whose value it is.
        """
        what = f"the {self.name.replace('_', ' ')} of {of}"
        return outside(self.valid_temperature, temperature, what)

    def to_dict(self, temperature: Any = None) -> dict[str, Any]:
        """Return the value as JSON can hold it, at 25 degC or another temperature.

        It says so where it is extrapolated; ranges are in SI.
        """
        value = self.quantity(temperature, extrapolate=True)
        entry: dict[str, Any] = {
            "value": float(value.magnitude),
            "unit": self.unit,
            "basis": self.basis,
            "source": self.source,
        }
        if not self.is_constant:
            entry["correlation"] = self.law.correlation
            entry["law"] = self.law.to_dict(PROPERTIES[self.name].symbol, self.unit)
        if self.is_stretched(temperature):
            entry["extrapolated"] = True
        if self.uncertainty:
            entry["uncertainty"] = self.uncertainty
        for name, low, high in self.ranges:
            entry.setdefault("valid", {})[name] = [low, high]
        if self.note:
            entry["note"] = self.note
        return entry


@dataclass(frozen=True)
class Substance:
    """A polymer, solvent, swelling agent or support, and what is known of it.

    Parameters
    ----------
    name : str
        The canonical name.
    kind : str
        One of `KINDS`: the drawer it lies in, not what it does in a recipe.
    values : tuple of Value
        Its properties.
    aliases : tuple of str
        Other whole names.
    usual_role : str
        One of `ROLES`, or empty.
    maker, grade : str
        Who makes it and under which grade.
    generic : bool
        The grade is not known: the chain is an estimate.
    cas : str
        The registry number.
    note : str
        Anything else a reader should know.
    family : str
        The bare name that grades of one polymer share, such as PVP.
    origin : str
        The file it was read from.
    pack : str
        The pack it came from; empty for a case's own.
    stands_for : str
        The family it was taken for, where no grade was said.
    """

    name: str
    kind: str
    values: tuple[Value, ...] = field(repr=False)
    aliases: tuple[str, ...] = ()
    usual_role: str = ""
    maker: str = ""
    grade: str = ""
    generic: bool = False
    cas: str = ""
    note: str = ""
    family: str = ""
    origin: str = field(default="", compare=False)
    pack: str = field(default="", compare=False)
    stands_for: str = field(default="", compare=False)

    @property
    def properties(self) -> Mapping[str, Value]:
        """Property names and their values."""
        return MappingProxyType({value.name: value for value in self.values})

    def has(self, name: str) -> bool:
        """Say whether the property is known."""
        return any(value.name == name for value in self.values)

    def get(self, name: str) -> Value:
        """Return the property `name`.

        Raises
        ------
        MaterialError
            The substance has no such property.
        """
        for value in self.values:
            if value.name == name:
                return value
        what = "is not given for" if name in PROPERTIES else "is no property of"
        place = f" (add it in {self.origin})" if self.origin else ""
        raise MaterialError(f"{name} {what} {self.name}{place}")

    def replace(self, **properties: Any) -> Substance:
        """Return a copy with some properties changed, each marked `chosen`.

        Parameters
        ----------
        **properties : str or quantity
            New values by property name: ``density="1300 kg/m**3"``.
        """
        changed = {value.name: value for value in self.values}
        for name, given in properties.items():
            if name not in PROPERTIES:
                raise MaterialError(
                    f"{name} is no property of {self.name}; "
                    f"the properties are {', '.join(PROPERTIES)}"
                )
            changed[name] = constant(name, given, GIVEN, "chosen")
        return dataclasses.replace(self, values=tuple(changed.values()))

    @property
    def is_chain(self) -> bool:
        """Whether it has a mean chain in place of one molar mass."""
        return self.has("number_average_molar_mass") or not self.has("molar_mass")

    @property
    def molar_volume(self) -> float:
        """Molar volume at 25 degC [m**3/mol]; of the mean chain for a polymer."""
        mass, density = self.molar_values
        return mass.at() / density.at()

    @property
    def molar_values(self) -> tuple[Value, Value]:
        """The molar mass and the density of which `molar_volume` is made."""
        mass = self.get("number_average_molar_mass" if self.is_chain else "molar_mass")
        return mass, self.get("density")

    def __str__(self) -> str:
        from membranekit.data_sheet import sheet_text

        return sheet_text(self)

    def _repr_html_(self) -> str:
        from membranekit.data_sheet import sheet_html

        return sheet_html(self)

    def to_dict(self, temperature: Any = None) -> dict[str, Any]:
        """Return the values as JSON can hold them, at 25 degC or another temperature.

        A value that is read outside its range says so.
        """
        sheet: dict[str, Any] = {"name": self.name, "kind": self.kind}
        sheet["aliases"] = list(self.aliases)
        for name in (
            "usual_role",
            "maker",
            "grade",
            "family",
            "cas",
            "note",
            "origin",
            "pack",
        ):
            if getattr(self, name):
                sheet[name] = getattr(self, name)
        sheet["generic"] = self.generic
        sheet["properties"] = {
            value.name: value.to_dict(temperature) for value in self.values
        }
        return sheet


def constant(name: str, given: Any, source: str, basis: str, **more: Any) -> Value:
    """Return a constant value of the property `name` from text or a quantity.

    A dimensionless property takes a bare number too.
    """
    kind = PROPERTIES[name].unit_kind
    value = units.quantity(given, kind, name)
    unit = units.unit_text(value, kind, name)
    law = Law("constant", (units.to_si(value, kind),))
    return Value(name, law, unit, source, basis, **more)


def range_of(
    name: str, ranges: Iterable[tuple[str, float, float]]
) -> tuple[float, float] | None:
    """Return the ends of the range `name`, in SI; None where it is not given."""
    return next(((low, high) for key, low, high in ranges if key == name), None)


def within(valid: tuple[float, float] | None, temperature: float) -> bool:
    """Say whether a temperature [K] lies in a range; one not stated has no ends.

    Examples
    --------
    >>> within((293.15, 333.15), 293.15), within(None, 500.0)
    (True, True)
    """
    return valid is None or valid[0] - SLACK <= temperature <= valid[1] + SLACK


def outside(valid: tuple[float, float] | None, temperature: float, what: str) -> str:
    """Say that a temperature [K] is outside the range of something; empty: it is not.

    Examples
    --------
    >>> outside((293.15, 333.15), 338.15, "the viscosity of NMP")
    '65 degC is outside the range of the viscosity of NMP, 20 to 60 degC'
    """
    if valid is None or within(valid, temperature):
        return ""
    at, low, high = (f"{round(T - 273.15, 6):g}" for T in (temperature, *valid))
    return f"{at} degC is outside the range of {what}, {low} to {high} degC"


def volumes_outside(members: Iterable[Substance]) -> list[str]:
    """Say which molar volumes, all of 25 degC, are made of values not known there."""
    told = [
        value.outside(ROOM_TEMPERATURE, each.name)
        for each in members
        for value in each.molar_values
    ]
    return [each for each in told if each]


# --- Interactions --------------------------------------------------------------------

T_POWERS = 4
"""Powers of t = (T - 298.15 K)/K in a coefficient: 1, t, t**2, t**3; then 1/T."""

FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "constant": ("g",),
        "polynomial": ("c0", "c1", "c2", "c3", "c4"),
        "rational": ("a", "b", "c"),
    }
)
"""Forms of g(u2), u2 = phi_second/(phi_first + phi_second), and their coefficients."""


def temperature_basis(temperature: float) -> NDArray[np.float64]:
    """Return [1, t, t**2, t**3, 1/T] with t = (T - 298.15 K)/K; `temperature` [K]."""
    t = temperature - ROOM_TEMPERATURE
    return np.array([1.0, t, t * t, t**3, 1.0 / temperature])


def through_points(temperatures: Iterable[float], values: Iterable[float]) -> Terms:
    """Return the terms of the polynomial in t through up to four points.

    Parameters
    ----------
    temperatures : iterable of float
        Where the values are known [K].
    values : iterable of float
        The coefficient there [1].
    """
    t = np.fromiter(temperatures, float) - ROOM_TEMPERATURE
    powers = np.vander(t, increasing=True)
    terms = np.zeros(T_POWERS + 1)
    terms[: t.size] = np.linalg.solve(powers, np.fromiter(values, float))
    return tuple(terms.tolist())


Terms = tuple[float, ...]


@dataclass(frozen=True)
class Pair:
    """The interaction function of two components.

    ``g(u2, T)`` with ``u2 = phi_second/(phi_first + phi_second)``: the energy per
    volume is ``R T g phi_first phi_second / V_reference``.

    Parameters
    ----------
    between : tuple of (str, str)
        The components; their order is that of the argument u2.
    form : str
        A key of `FORMS`.
    coefficients : tuple of (str, terms)
        Each coefficient with its five terms in `temperature_basis`.
    reference_volume : str
        The component whose molar volume the numbers refer to.
    source, basis, note, uncertainty : str
        As in `Value`.
    half_width : tuple of (str, float) or None
        The uncertainty, read, as in `Value`.
    """

    between: tuple[str, str]
    form: str
    coefficients: tuple[tuple[str, Terms], ...]
    reference_volume: str
    source: str
    basis: str
    note: str = ""
    uncertainty: str = ""
    half_width: tuple[str, float] | None = None

    def kernel_coefficients(
        self,
    ) -> tuple[NDArray[np.float64], tuple[float, float]]:
        """Return ``C`` and ``(b, c)`` of the form that the kernels evaluate.

        ``g(u, T) = sum_km C[k, m] basis_m(T) u**k + b/(1 - c u)``

        Returns
        -------
        C : ndarray, shape (5, 5)
            By power of u and term of `temperature_basis` [1].
        rational : tuple of (float, float)
            b and c [1].
        """
        table = np.zeros((5, T_POWERS + 1))
        terms = dict(self.coefficients)
        if self.form == "polynomial":
            for k, name in enumerate(FORMS["polynomial"]):
                table[k] = terms.get(name, 0.0)
            return table, (0.0, 0.0)
        if self.form == "rational":
            table[0] = terms["a"]
            return table, (terms["b"][0], terms["c"][0])
        table[0] = terms["g"]
        return table, (0.0, 0.0)

    def at(self, fraction: float, temperature: float | None = None) -> float:
        """Return g at u2 = `fraction` [1] and `temperature` [K] (25 degC)."""
        table, (b, c) = self.kernel_coefficients()
        T = ROOM_TEMPERATURE if temperature is None else temperature
        powers = fraction ** np.arange(5)
        return float(powers @ table @ temperature_basis(T)) + b / (1 - c * fraction)


@dataclass(frozen=True)
class Ternary:
    """The interaction of three components beyond that of their pairs.

    The energy per volume is ``R T g phi_1 phi_2 phi_3 / V_reference``.

    Parameters
    ----------
    between : tuple of (str, str, str)
        The components, in any order.
    terms : tuple of float
        g by its five terms in `temperature_basis`.
    reference_volume : str
        The component whose molar volume the number refers to.
    source, basis, note, uncertainty : str
        As in `Value`.
    half_width : tuple of (str, float) or None
        The uncertainty, read, as in `Value`.
    """

    between: tuple[str, str, str]
    terms: Terms
    reference_volume: str
    source: str
    basis: str
    note: str = ""
    uncertainty: str = ""
    half_width: tuple[str, float] | None = None

    def at(self, temperature: float | None = None) -> float:
        """Return g at `temperature` [K] (25 degC)."""
        T = ROOM_TEMPERATURE if temperature is None else temperature
        return float(np.array(self.terms) @ temperature_basis(T))


@dataclass(frozen=True)
class InteractionSet:
    """Interaction functions that belong together: one for each pair of components.

    Parameters
    ----------
    name : str
        What `interactions=` of a solution may name.
    components : tuple of str
        Canonical names.
    convention : str
        ``g`` (integral) or ``chi`` (differential; constant pairs only, g = chi).
    reference_volume : str
        As written; each pair holds its own, resolved.
    fitted_to : str
        What the numbers were fitted to.
    preferred : bool
        Used where nothing else is asked for.
    pairs : tuple of Pair
        One for every two components.
    note : str
        Why it is preferred, and what to mind.
    valid_temperature : tuple of (float, float) or None
        Where it may be used [K].
    anchor : tuple of (str, str) or None
        The pair that a measured or fitted cloud point of a whole solution fixes.
    assembled_from : str
        What an assembled set was put together from; empty for a published one.
    ternaries : tuple of Ternary
        Terms of three components, where the set has any.
    classes : tuple of (str, tuple of str)
        Names of classes and their members, which share one u in their pairs with
        components outside: ``u2 = S_second/(S_first + S_second)``, S the volume
        fraction of the whole class. So may a solvent be split into two.
    origin : str
        The file it was read from.
    pack : str
        The pack it came from; empty for a case's own.
    """

    name: str
    components: tuple[str, ...]
    convention: str
    reference_volume: str
    fitted_to: str
    preferred: bool
    pairs: tuple[Pair, ...] = field(repr=False)
    note: str = ""
    valid_temperature: tuple[float, float] | None = None
    anchor: tuple[str, str] | None = None
    assembled_from: str = ""
    ternaries: tuple[Ternary, ...] = ()
    classes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    origin: str = field(default="", compare=False)
    pack: str = field(default="", compare=False)

    @property
    def terms(self) -> tuple[Pair | Ternary, ...]:
        """All its interactions: of pairs, then of three components."""
        return (*self.pairs, *self.ternaries)

    def pair(self, first: str, second: str) -> Pair:
        """Return the pair of two components, whichever stands first in it.

        Raises
        ------
        MaterialError
            The set does not hold both components.
        """
        for pair in self.pairs:
            if {first, second} == set(pair.between):
                return pair
        raise MaterialError(f"the set {self.name!r} has no pair {first}/{second}")

    def with_pair(
        self, first: str, second: str, g: float, *, source: str, basis: str
    ) -> InteractionSet:
        """Return a copy in which one pair is the constant `g` [1].

        The reference volume of the pair stays what it was.
        """
        if basis not in BASES:
            raise InputError(f"basis {basis!r}: one of {', '.join(BASES)}")
        old = self.pair(first, second)
        new = Pair(
            old.between,
            "constant",
            (("g", (float(g), 0.0, 0.0, 0.0, 0.0)),),
            old.reference_volume,
            source,
            basis,
        )
        pairs = tuple(new if pair is old else pair for pair in self.pairs)
        return dataclasses.replace(self, pairs=pairs)

    def renamed(self, names: Mapping[str, str]) -> InteractionSet:
        """Return a copy with components renamed: aliases made canonical."""

        def new(name: str) -> str:
            return names.get(name, name)

        pairs = tuple(
            dataclasses.replace(
                pair,
                between=(new(pair.between[0]), new(pair.between[1])),
                reference_volume=new(pair.reference_volume),
            )
            for pair in self.pairs
        )
        ternaries = tuple(
            dataclasses.replace(
                each,
                between=(
                    new(each.between[0]),
                    new(each.between[1]),
                    new(each.between[2]),
                ),
                reference_volume=new(each.reference_volume),
            )
            for each in self.ternaries
        )
        return dataclasses.replace(
            self,
            components=tuple(new(name) for name in self.components),
            reference_volume=new(self.reference_volume),
            pairs=pairs,
            anchor=self.anchor and (new(self.anchor[0]), new(self.anchor[1])),
            ternaries=ternaries,
            classes=tuple(
                (name, tuple(new(each) for each in members))
                for name, members in self.classes
            ),
        )

    def in_range(self, temperature: float) -> bool:
        """Say whether the set may be used at `temperature` [K]."""
        return within(self.valid_temperature, temperature)

    def to_dict(self) -> dict[str, Any]:
        """Return the set as JSON can hold it."""
        sheet = dataclasses.asdict(self)
        for pair in sheet["pairs"]:
            pair["coefficients"] = dict(pair["coefficients"])
        sheet["classes"] = dict(self.classes)
        return sheet
