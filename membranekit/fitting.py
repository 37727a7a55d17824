"""Fit interaction parameters to measured cloud points, and say what they cannot fix.

The residual of a row is the nonsolvent's mass fraction at which the row's solution,
solvent and polymer in the row's ratio, is computed to cloud, less the measured one.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit.errors import (
    InputError,
    MaterialError,
    MembranekitError,
    MissingExtraError,
    OutputError,
)
from membranekit.interaction_text import interaction_text
from membranekit.mixtures import mixture_of
from membranekit.substances import (
    ROOM_TEMPERATURE,
    InteractionSet,
    Pair,
    Substance,
    Ternary,
    temperature_basis,
)
from membranekit.thermo import titration
from membranekit.thermo.flory_huggins import Mixture
from membranekit.titration_table import TitrationTable, read_titrations

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of the intervals [1]."""

INSEPARABLE = 0.98
"""Correlation of two parameters from which on they are called inseparable [1]: the
interval of each is then five times as wide as it were with the other held. Chosen."""

ROUNDS = 5
"""Fits, each begun with the phases found anew, until no other phase turns up."""

MOST_DEVIATIONS = 30.0
"""Standard errors beyond which the end of an interval is not looked for [1]."""

STRAIGHT = 1e-5
"""Standard error below which errors are linear all along an interval [1]."""

LARGE_MISFIT = 0.01
"""Rms error, in mass fraction, from which on a fit without stated uncertainties is
called no description of its points [1]: about what two laboratories differ by. Chosen.
"""

LARGE_RATIO = 2.0
"""The same as a multiple of stated uncertainties [1]. Chosen."""

RESOLUTION = 3e-4
"""What a point without a stated uncertainty is taken to be uncertain by at the least,
in mass fraction [1]: the rounding of percent with one decimal, ``0.001/sqrt(12)``."""

SAME = 1e-9
"""Rows whose fractions, and temperatures [K], differ by less are one point [1]."""

MOST_NAMED = 3
"""Rows that a message names at most."""

LINEAR = ("g", "c0", "c1", "c2", "c3", "c4", "a")
"""Coefficients in which potentials are linear: those that can be fitted."""


@dataclass(frozen=True)
class FittedParameter:
    """One parameter as the points fix it.

    Parameters
    ----------
    name : str
        As given in `free`: ``g(water, PSF)``.
    value : float
        At 25 degC, in the set's own convention and reference volume [1].
    standard_error : float
        [1]
    interval : tuple of (float, float)
        In which it lies with 95 % confidence [1].
    start : float
        Its value in the set that was given [1].
    uncertainty : float
        What the saved set states: the distance to the farther end of the interval, or
        the change that moves the computed points by their rms error, all else held,
        if that is larger [1].
    """

    name: str
    value: float
    standard_error: float
    interval: tuple[float, float]
    start: float
    uncertainty: float


@dataclass(frozen=True)
class FittedRow:
    """One measurement beside what the fitted set gives.

    Parameters
    ----------
    where : str
        Where it stands: ``titration.csv, line 3``.
    kind : str
        ``cloud point`` or ``swelling``.
    temperature : float
        [K]
    measured, computed : float
        Mass fraction of the nonsolvent, in the solution or in the swollen polymer [1].
    """

    where: str
    kind: str
    temperature: float
    measured: float
    computed: float

    @property
    def residual(self) -> float:
        """Computed less measured [1]."""
        return self.computed - self.measured


@dataclass(frozen=True)
class InteractionFit:
    """Fitted interactions: parameters, how sure they are, and a set to go on with.

    Parameters
    ----------
    interactions : InteractionSet
        The set that was given, with the fitted parameters and their sources.
    parameters : tuple of FittedParameter
        In the order of `free`.
    correlations : tuple of tuple of float
        Of each parameter with each [1].
    rows : tuple of FittedRow
        Cloud points in their order, then swelling points.
    rms : float
        Root mean square of the cloud points' residuals, in mass fraction [1].
    inseparable : tuple of (str, str)
        Parameters whose correlation passes `INSEPARABLE`.
    message : str
        What is wrong with the fit and what the points cannot tell, in plain words;
        empty where there is nothing.
    notes : tuple of str
        What was assumed.
    """

    interactions: InteractionSet
    parameters: tuple[FittedParameter, ...]
    correlations: tuple[tuple[float, ...], ...] = field(repr=False)
    rows: tuple[FittedRow, ...] = field(repr=False)
    rms: float
    inseparable: tuple[tuple[str, str], ...]
    message: str
    notes: tuple[str, ...] = ()

    @property
    def correlation(self) -> Floats:
        """The matrix of correlations, shape (n_parameter, n_parameter) [1]."""
        return np.array(self.correlations)

    @property
    def residuals(self) -> Floats:
        """Computed less measured mass fraction of each row [1]."""
        return np.array([row.residual for row in self.rows])

    def __getitem__(self, name: str) -> FittedParameter:
        """Return the parameter of a name, as given in `free`.

        Raises
        ------
        KeyError
            It was not fitted.
        """
        for each in self.parameters:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in self.parameters)
        raise KeyError(f"{name}: the fitted parameters are {names}")

    def __str__(self) -> str:
        width = max(len(each.name) for each in self.parameters)
        lines = [f"{self.interactions.name}"]
        for each in self.parameters:
            low, high = each.interval
            lines.append(
                f"  {each.name:{width}} = {each.value:.4g} +- {each.standard_error:.2g}"
                f" (95 %: {low:.4g} to {high:.4g}; was {each.start:.4g})"
            )
        for k, row in enumerate(self.correlations):
            for j in range(k):
                names = f"{self.parameters[j].name} and {self.parameters[k].name}"
                lines.append(f"  correlation of {names}: {row[j]:.3f}")
        count = sum(row.kind == "cloud point" for row in self.rows)
        lines.append(f"  rms error of {count} cloud points: {self.rms:.4f} in mass")
        lines += [f"  {row.where}: {_compared(row)}" for row in self.rows]
        lines += [f"  {note}" for note in (*self.notes, self.message) if note]
        return "\n".join(lines)

    def to_toml(self) -> str:
        """Return a material file of the fitted set, with where each number is from."""
        return interaction_text(self.interactions)

    def save(self, path: str | Path) -> None:
        """Write the material file; a file that is there is left alone.

        Parameters
        ----------
        path : path
            With the ending ``.toml``.

        Raises
        ------
        OutputError
            It is there already, or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".toml":
            raise InputError(f"{path}: the name of a material file ends in .toml")
        text = self.to_toml()
        try:
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except FileExistsError:
            message = f"{path} is there already, and is left as it is"
            raise OutputError(message) from None
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from error


def _compared(row: FittedRow) -> str:
    return (
        f"{row.kind}, measured {row.measured:.4f}, computed {row.computed:.4f} "
        f"({row.residual:+.4f})"
    )


def fit_interactions(
    points: Any,
    *,
    set: str | InteractionSet,
    free: Sequence[str | Sequence[str]],
    temperature: Any = None,
    swelling: Iterable[Mapping[str, Any]] | Mapping[str, Any] = (),
    nonsolvent: str | None = None,
    name: str | None = None,
    extrapolate: bool = False,
    extra: Iterable[Any] = (),
) -> InteractionFit:
    """Fit parameters of an interaction set to measured cloud points.

    Least squares of the error in the nonsolvent's mass fraction; equal weights unless
    uncertainties are given. With S the sum of squares, J the derivatives of the errors
    and ``s2 = S/(n_point - n_free)``, the covariance is ``s2 inv(J' J)``. An interval
    ends where S, least in all other parameters, has grown by ``t**2 s2``, t Student's
    for the points that remain (profile likelihood): cloud points bend, and the interval
    from the covariance alone is too short where two parameters are hard to separate.
    s2 is not taken below what the stated uncertainties say, or `RESOLUTION` without
    them: points on the curve by chance, or made up, are not known without error. A row
    that stands again is no further point and counts once.

    Parameters
    ----------
    points : path or mapping
        Cloud points: a CSV file or titled columns, see `membranekit.titration_table`.
    set : str or InteractionSet
        The set to begin with, or its name; what is not free is held at its values.
    free : sequence of str or pairs
        ``"g(water, PSF)"`` or ``("water", "PSF")`` for a constant pair;
        ``"c1(water, NMP)"`` for a coefficient of another form. The value is the
        coefficient's at 25 degC; a law of temperature is kept and shifted.
    temperature : str or quantity, optional
        Of the rows that give none [K]. Default 25 degC, which is then noted.
    swelling : mappings, optional
        Measured uptakes of the pure nonsolvent by the polymer, each like
        ``{"mass_fraction": "1.2 %", "temperature": "25 degC"}``: its share in the
        swollen polymer. Also ``volume_fraction``, and ``uncertainty``.
    nonsolvent : str, optional
        What was titrated; default what the table says, or the usual one.
    name : str, optional
        Of the fitted set.
    extrapolate : bool
        Take rows outside the set's range of temperature too.
    extra : iterable of Substance, optional
        Substances that stand for those of the same name in the library.

    Returns
    -------
    InteractionFit
        With `to_toml` and `save`.

    Raises
    ------
    InputError
        The points, `free` or a temperature cannot be used; the message says why.
    MaterialError
        A set, a pair or a substance is not known.
    MembranekitError
        The points do not determine the parameters.
    MissingExtraError
        Without scipy.

    References
    ----------
    Bates & Watts, Nonlinear Regression Analysis and Its Applications (1988), ch. 6.

    Examples
    --------
    >>> points = {
    ...     "water [wt%]": [5.8, 6.0, 7.0, 7.3],
    ...     "NMP [wt%]": [70.5, 74.5, 83.2, 87.2],
    ...     "PSF [wt%]": [23.7, 19.5, 9.8, 5.5],
    ... }
    >>> fit = fit_interactions(
    ...     points,
    ...     set="water-NMP-polysulfone, UNIFAC-DO refit",
    ...     free=["g(water, PSF)"],
    ... )
    >>> fit["g(water, PSF)"].value > 1.9
    True
    """
    try:
        from scipy.optimize import least_squares
        from scipy.special import stdtrit
    except ImportError as error:
        raise MissingExtraError(
            'fitting needs scipy: pip install "membranekit[fit]"'
        ) from error
    extra = tuple(extra)
    start = _given_set(set, extra)
    problem = _Problem(
        start, points, free, temperature, swelling, nonsolvent, extrapolate, extra
    )
    count, size = len(problem.rows), len(problem.free)
    if count <= size:
        repeats = f" ({problem.repeated})" if problem.repeated else ""
        raise InputError(
            f"points: {_counted(count, 'point')} cannot fix "
            f"{_counted(size, 'parameter')} and say how well{repeats}: give {size + 1} "
            "or more that differ, or fit fewer"
        )
    x = np.zeros(size)
    for _ in range(ROUNDS):
        problem.begin(x)
        solved = least_squares(
            lambda trial: problem.errors(trial)[0],
            x,
            jac=lambda trial: problem.errors(trial)[1],
            x_scale="jac",
            xtol=1e-9,
            ftol=1e-12,
            gtol=1e-14,
            max_nfev=200,
        )
        x = solved.x
        if problem.is_settled(x):
            problem.settled = list(problem.near)
            break
    else:
        raise MembranekitError(
            f"points: the fit of {', '.join(problem.titles)} does not settle; fit "
            "fewer parameters or begin from another set"
        )
    computed = problem.computed(x)
    problem.refuse_outside(computed)
    errors, jacobian = problem.errors(x)
    variance = problem.variance(errors, size)
    covariance = _covariance(variance, jacobian, problem.titles)
    deviation = np.sqrt(np.diag(covariance))
    quantile = float(stdtrit(count - size, 0.5 + 0.5 * CONFIDENCE))
    intervals = [
        tuple(problem.end(x, k, side * quantile, covariance) for side in (-1.0, 1.0))
        for k in range(size)
    ]
    correlation = covariance / np.outer(deviation, deviation)
    np.fill_diagonal(correlation, 1.0)
    overall = problem.scale * errors  # errors of the fractions, without weights
    slopes = problem.scale[:, None] * jacobian
    moving = np.sqrt(overall @ overall / (slopes**2).sum(axis=0))
    parameters = tuple(
        FittedParameter(
            name=title,
            value=float(begin + x[k]),
            standard_error=float(deviation[k]),
            interval=(begin + intervals[k][0], begin + intervals[k][1]),
            start=begin,
            uncertainty=float(max(*np.abs(intervals[k] - x[k]), moving[k])),
        )
        for k, (title, begin) in enumerate(
            zip(problem.titles, problem.starts, strict=True)
        )
    )
    rows = tuple(
        dataclasses.replace(row, computed=float(value))
        for row, value in zip(problem.rows, computed, strict=True)
    )
    clouds = [row.residual for row in rows if row.kind == "cloud point"]
    rms = math.sqrt(sum(each * each for each in clouds) / len(clouds))
    inseparable = tuple(
        (problem.titles[j], problem.titles[k])
        for k in range(size)
        for j in range(k)
        if abs(correlation[j, k]) > INSEPARABLE
    )
    message = " ".join(
        [
            *_misfits(rows, problem.scale if problem.stated else None),
            *_closeness(errors, variance, size, rms, problem.stated),
            *_inseparable(
                inseparable, problem.titles, correlation, len(clouds) < count
            ),
        ]
    )
    fit = InteractionFit(
        interactions=start,
        parameters=parameters,
        correlations=tuple(map(tuple, correlation.tolist())),
        rows=rows,
        rms=rms,
        inseparable=inseparable,
        message=message,
        notes=tuple(problem.notes),
    )
    fitted = _fitted_set(fit, problem, name)
    return dataclasses.replace(fit, interactions=fitted)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _misfits(rows: Sequence[FittedRow], stated: Floats | None) -> list[str]:
    """Say of which rows the error is too large for the set to describe them."""
    sentences = []
    residuals = np.array([row.residual for row in rows])
    for kind in ("cloud point", "swelling"):
        of_kind = np.array([row.kind == kind for row in rows])
        if not of_kind.any():
            continue
        rms = float(np.sqrt(np.mean(residuals[of_kind] ** 2)))
        limit, size = LARGE_MISFIT, rms
        against = f"limit {LARGE_MISFIT:g}"
        weighed = np.abs(residuals)
        if stated is not None:
            weighed = weighed / stated
            limit = LARGE_RATIO
            size = float(np.sqrt(np.mean(weighed[of_kind] ** 2)))
            against = f"{size:.1f} times the stated uncertainty, limit {limit:g}"
        if size <= limit:
            continue
        order = np.argsort(-np.where(of_kind, weighed, -1.0), kind="stable")
        worst = order[: min(MOST_NAMED, int(of_kind.sum()))]
        named = "; ".join(
            f"{rows[k].where}, measured {rows[k].measured:.4f}, computed "
            f"{rows[k].computed:.4f}"
            for k in worst
        )
        what = "these cloud points" if kind == "cloud point" else "these uptakes"
        advice = "do not use the fitted values before the cause is known: are columns "
        advice += "swapped, is it this polymer and this set?"
        if rms <= LARGE_MISFIT:
            advice = "the stated uncertainty is too small, or the model too simple."
        sentences.append(
            f"The fitted set does not describe {what}: rms error {rms:.2g} in mass "
            f"fraction ({against}), worst in {named}; {advice}"
        )
    return sentences


def _closeness(
    errors: Floats, variance: float, size: int, rms: float, stated: bool
) -> list[str]:
    """Say where the scatter is too small to be what the points are uncertain by."""
    if errors @ errors / (errors.size - size) > 1e-2 * variance:
        return []
    what = "the stated uncertainties"
    if not stated:
        what = f"{RESOLUTION:g} in mass fraction, the rounding of 0.1 %"
    return [
        f"The points lie closer to the fitted curve (rms error {rms:.1g}) than they "
        f"can be measured: standard errors and intervals rest on {what}, not on the "
        "scatter."
    ]


def _inseparable(
    inseparable: Sequence[tuple[str, str]],
    titles: Sequence[str],
    correlation: Floats,
    with_swelling: bool,
) -> list[str]:
    """Say in plain words which parameters the points fix only together."""
    sentences = []
    for first, second in inseparable:
        value = correlation[titles.index(first), titles.index(second)]
        what = "these points" if with_swelling else "cloud points alone"
        sentences.append(
            f"{what[0].upper()}{what[1:]} cannot separate {first} from {second} "
            f"(correlation {value:.3f}, limit {INSEPARABLE:g}): hold one of them, or "
            "add a measurement of another kind, such as the uptake of the pure "
            "nonsolvent by the polymer."
        )
    return sentences


def _covariance(variance: float, jacobian: Floats, titles: Sequence[str]) -> Floats:
    """Return ``s2 inv(J' J)``, or refuse where the points say nothing.

    Raises
    ------
    MembranekitError
        Parameters, or combinations of them, have no effect on the points.
    """
    norms = np.sqrt((jacobian**2).sum(axis=0))
    for title, norm in zip(titles, norms, strict=True):
        if not norm > 0.0:
            raise MembranekitError(f"free: {title} has no effect on these points")
    _, singular, directions = np.linalg.svd(jacobian / norms, full_matrices=False)
    if singular[-1] < 1e-7 * singular[0]:
        involved = [
            title
            for title, share in zip(titles, directions[-1], strict=True)
            if abs(share) > 0.1
        ]
        raise MembranekitError(
            f"free: the points fix only a combination of {' and '.join(involved)}; "
            "hold one of them"
        )
    inverse: Floats = (directions.T / singular**2) @ directions
    inverse *= variance / np.outer(norms, norms)
    return inverse


# ---------------------------------------------------------------------- what is given


def _given_set(given: str | InteractionSet, extra: Sequence[Any]) -> InteractionSet:
    """Return the set to begin with, its components by their canonical names."""
    if isinstance(given, InteractionSet):
        found = given
    elif isinstance(given, str):
        found = library.interaction_set((), given, extra=extra)
    else:
        raise InputError(
            f"set: give an interaction set or its name, not {type(given).__name__}"
        )
    return found.renamed(
        {
            each: library.lookup(each, extra=extra, home=found.pack).name
            for each in found.components
        }
    )


_FREE = re.compile(r"\s*(\w+)\s*\((.*)\)\s*")


@dataclass(frozen=True)
class _Free:
    """A free coefficient: its title, its pair or three, and what the form calls it."""

    title: str
    term: Pair | Ternary
    coefficient: str

    @property
    def value(self) -> float:
        """The coefficient at 25 degC [1]."""
        terms = np.array(dict(_laws(self.term))[self.coefficient])
        return float(terms @ temperature_basis(ROOM_TEMPERATURE))

    def shifted(
        self, interactions: InteractionSet, by: float, **changes: Any
    ) -> InteractionSet:
        """Return the set with the coefficient changed by a constant."""

        def new(term: Any) -> Any:
            if term.between != self.term.between:
                return term
            laws = tuple(
                (name, (law[0] + by, *law[1:]) if name == self.coefficient else law)
                for name, law in _laws(term)
            )
            if isinstance(term, Ternary):
                return dataclasses.replace(term, terms=laws[0][1], **changes)
            return dataclasses.replace(term, coefficients=laws, **changes)

        return dataclasses.replace(
            interactions,
            pairs=tuple(map(new, interactions.pairs)),
            ternaries=tuple(map(new, interactions.ternaries)),
        )

    def within(self, interactions: InteractionSet) -> Pair | Ternary:
        """Return what stands in a set for the pair or three."""
        return next(
            each for each in _terms(interactions) if each.between == self.term.between
        )


def _terms(interactions: InteractionSet) -> list[Pair | Ternary]:
    return [*interactions.pairs, *interactions.ternaries]


def _laws(term: Pair | Ternary) -> tuple[tuple[str, tuple[float, ...]], ...]:
    if isinstance(term, Ternary):
        return (("g", term.terms),)
    return term.coefficients


def _free(
    given: Any, interactions: InteractionSet, present: Sequence[str], extra: Any
) -> list[_Free]:
    """Read the names of what is free.

    Raises
    ------
    InputError
        One cannot be read, stands twice, or belongs to what the points do not hold.
    MaterialError
        The set lacks it.
    """
    if isinstance(given, str):
        given = [given]
    found: list[_Free] = []
    for item in given:
        if isinstance(item, str):
            match = _FREE.fullmatch(item)
            names = (
                [name.strip() for name in match.group(2).split(",")] if match else []
            )
            title, coefficient = item.strip(), match.group(1) if match else ""
        else:
            names = [str(each) for each in item]
            title, coefficient = f"g({', '.join(names)})", "g"
        if len(names) not in (2, 3):
            raise InputError(
                f'free: {item!r} cannot be read; write it like "g(water, PSF)"'
            )
        canonical = [_component(title, name, interactions, extra) for name in names]
        if len({*canonical}) < len(canonical):
            raise InputError(f"free: {title} names a component twice")
        for name in canonical:
            if name not in present:
                raise InputError(
                    f"free: {title}: the points hold no {name}, and say nothing of it"
                )
        terms = [
            each for each in _terms(interactions) if {*each.between} == {*canonical}
        ]
        if not terms:
            raise MaterialError(
                f"free: {title}: the set {interactions.name!r} has no "
                f"{'/'.join(canonical)}; it can be written as a "
                f"[[{_KINDS[len(names)]}]] of the set"
            )
        term = terms[0]
        possible = [name for name, _ in _laws(term) if name in LINEAR]
        if coefficient not in possible:
            choice = " ".join(f"{each}({', '.join(term.between)})" for each in possible)
            raise InputError(
                f"free: {title}: what can be fitted of {'/'.join(canonical)} in "
                f"{interactions.name!r} is {choice}"
            )
        if any(each.term is term and each.coefficient == coefficient for each in found):
            raise InputError(f"free: {title} stands twice")
        found.append(_Free(title, term, coefficient))
    if not found:
        raise InputError('free: name what is to be fitted, like "g(water, PSF)"')
    return found


_KINDS = {2: "pair", 3: "ternary"}


def _component(
    title: str, name: str, interactions: InteractionSet, extra: Sequence[Any]
) -> str:
    """Return the canonical name of a component of the set."""
    try:
        canonical = library.lookup(name, extra=extra, home=interactions.pack).name
    except MaterialError as error:
        raise MaterialError(f"free: {title}: {error}") from None
    if canonical not in interactions.components:
        raise MaterialError(
            f"free: {title}: the set {interactions.name!r} has no pair with "
            f"{canonical}; its components are {', '.join(interactions.components)}"
        )
    return canonical


_SWELLING = (
    "mass_fraction",
    "volume_fraction",
    "temperature",
    "uncertainty",
    "nonsolvent",
)


class _Problem:
    """The points, the free parameters, and errors with their derivatives."""

    def __init__(
        self,
        start: InteractionSet,
        points: Any,
        free: Any,
        temperature: Any,
        swelling: Any,
        nonsolvent: str | None,
        extrapolate: bool,
        extra: tuple[Any, ...],
    ) -> None:
        self.start = start
        self.extra = extra
        self.notes: list[str] = []
        substances = [
            library.lookup(each, extra=extra, home=start.pack)
            for each in start.components
        ]
        if nonsolvent is not None:
            nonsolvent = self._name_of(nonsolvent)
        self.table: TitrationTable = read_titrations(points, substances, nonsolvent)
        self.names = self.table.names
        self.free = _free(free, start, self.names, extra)
        self.titles = [each.title for each in self.free]
        self.starts = [each.value for each in self.free]
        by_name: dict[str, Substance] = {each.name: each for each in substances}
        self.density = np.array(
            [by_name[each].get("density").at() for each in self.names]
        )
        self.nonsolvent = self.table.nonsolvent
        self.rest = self.table.mass_fractions / self.density
        self.rest[:, self.nonsolvent] = 0.0
        temperatures = self._temperatures(temperature)
        self.rows = [
            FittedRow(where, "cloud point", kelvin, float(mass), math.nan)
            for where, kelvin, mass in zip(
                self.table.rows,
                temperatures,
                self.table.mass_fractions[:, self.nonsolvent],
                strict=True,
            )
        ]
        weights = self.table.uncertainty
        uncertain: list[float | None] = (
            [None] * len(self.rows) if weights is None else list(weights.tolist())
        )
        if isinstance(swelling, Mapping):
            swelling = [swelling]
        for k, each in enumerate(swelling):
            row, half = self._swelling(f"swelling {k + 1}", each)
            self.rows.append(row)
            uncertain.append(half)
        self.repeated = ""
        uncertain = self._once(uncertain)
        self._refuse_temperatures(extrapolate)
        if len({each is None for each in uncertain}) > 1:
            raise InputError(
                "swelling: uncertainties belong to all points and uptakes or to none; "
                "they are the weights of the fit"
            )
        self.stated = uncertain[0] is not None
        self.scale = np.array([1.0 if each is None else each for each in uncertain])
        self.mixtures = self._mixtures(self.names)
        binary = (self.names[self.nonsolvent], self.names[-1])
        self.binary = self._mixtures(binary)
        self.near: list[titration.Onset | None] = [None] * len(self.rest)
        self.settled = list(self.near)
        self.known: tuple[bytes, Floats, Floats] | None = None

    def _name_of(self, substance: str) -> str:
        """Return the canonical name of a substance, as the set's pack means it."""
        home = self.start.pack
        return library.lookup(substance, extra=self.extra, home=home).name

    def _temperatures(self, given: Any) -> list[float]:
        """Return each cloud point's temperature [K]."""
        missing = sum(each is None for each in self.table.temperatures)
        other = ROOM_TEMPERATURE
        if given is not None:
            other = units.si(given, "temperature", "temperature")
        elif missing:
            self.notes.append(
                f"{_counted(missing, 'row')} of {self.table.label} without a "
                "temperature: taken as 25 degC"
            )
        return [other if each is None else each for each in self.table.temperatures]

    def _swelling(self, where: str, given: Any) -> tuple[FittedRow, float | None]:
        """Read one uptake of the nonsolvent by the polymer."""
        example = '{"mass_fraction": "1.2 %", "temperature": "25 degC"}'
        if not isinstance(given, Mapping):
            raise InputError(f"{where}: give it like {example}")
        for key in given:
            if key not in _SWELLING:
                raise InputError(
                    f"{where}: unknown key {key!r}; the keys are {', '.join(_SWELLING)}"
                )
        own = self.names[self.nonsolvent]
        if self._name_of(given.get("nonsolvent", own)) != own:
            raise InputError(
                f"{where}: nonsolvent: {given['nonsolvent']} is not what was titrated, "
                f"{own}"
            )
        measures = [key for key in _SWELLING[:2] if key in given]
        if len(measures) != 1:
            raise InputError(
                f"{where}: give either mass_fraction or volume_fraction: {example}"
            )
        if "temperature" not in given:
            raise InputError(f"{where}: temperature is missing: {example}")
        measure = measures[0]
        fraction = units.si(given[measure], measure, f"{where}: {measure}")
        if not 0.0 < fraction < 1.0:
            raise InputError(f"{where}: {measure}: must lie between 0 % and 100 %")
        kelvin = units.si(given["temperature"], "temperature", f"{where}: temperature")
        half = None
        if "uncertainty" in given:
            half = units.si(given["uncertainty"], measure, f"{where}: uncertainty")
            if not half > 0.0:
                raise InputError(f"{where}: uncertainty: must be above zero")
        if measure == "volume_fraction":
            mass = self._swollen_mass(fraction)
            if half is not None:
                half *= mass / fraction * (1.0 - mass) / (1.0 - fraction)
            fraction = mass
        return FittedRow(where, "swelling", kelvin, fraction, math.nan), half

    def _swollen_mass(self, volume_fraction: float) -> float:
        """Return the nonsolvent's mass fraction in the swollen polymer [1]."""
        liquid = volume_fraction * self.density[self.nonsolvent]
        return float(liquid / (liquid + (1.0 - volume_fraction) * self.density[-1]))

    def _once(self, uncertain: list[float | None]) -> list[float | None]:
        """Leave out rows that stand again; return the uncertainties of those kept."""
        kept: list[int] = []
        again: list[str] = []
        for k, row in enumerate(self.rows):
            for j in kept:
                other = self.rows[j]
                if row.kind != other.kind or uncertain[k] != uncertain[j]:
                    continue
                apart = abs(row.measured - other.measured)
                apart = max(apart, abs(row.temperature - other.temperature))
                if row.kind == "cloud point":
                    shares = self.table.mass_fractions
                    apart = max(apart, float(np.abs(shares[k] - shares[j]).max()))
                if apart < SAME:
                    again.append(f"{row.where} repeats {other.where}")
                    break
            else:
                kept.append(k)
        if again:
            more = len(again) - MOST_NAMED
            named = "; ".join(again[:MOST_NAMED])
            named += f"; and {more} more" if more > 0 else ""
            self.repeated = f"a repeated row is no further point: {named}"
            self.notes.append(f"{self.repeated}; each counts once")
        clouds = [k for k in kept if self.rows[k].kind == "cloud point"]
        self.rest = self.rest[clouds]
        self.rows = [self.rows[k] for k in kept]
        return [uncertain[k] for k in kept]

    def _refuse_temperatures(self, extrapolate: bool) -> None:
        valid = self.start.valid_temperature
        for row in self.rows:
            if self.start.in_range(row.temperature):
                continue
            assert valid is not None
            message = (
                f"{row.where}: {row.temperature - 273.15:g} degC is outside the range "
                f"of {self.start.name!r}, {valid[0] - 273.15:g} to "
                f"{valid[1] - 273.15:g} degC"
            )
            if not extrapolate:
                raise InputError(f"{message}; extrapolate=True takes it all the same")
            self.notes.append(message)

    def _mixtures(self, names: Sequence[str]) -> tuple[Mixture, list[Mixture]]:
        """Return the set's mixture, and those with each parameter larger by one."""
        base = mixture_of(names, self.start, extra=self.extra)
        changed = [each.shifted(self.start, 1.0) for each in self.free]
        return base, [mixture_of(names, each, extra=self.extra) for each in changed]

    # -------------------------------------------------------------------- errors

    def begin(self, x: Floats) -> None:
        """Find the phases of every cloud point anew."""
        mixture, _ = _shifted(self.mixtures, x)
        self.near = [self._onset(mixture, k, None) for k in range(len(self.near))]
        self.known = None

    def _onset(
        self, mixture: Mixture, k: int, near: titration.Onset | None
    ) -> titration.Onset | None:
        """Return the computed cloud point of a row."""
        row = self.rows[k]
        try:
            return titration.onset(
                mixture, self.rest[k], self.nonsolvent, row.temperature, near=near
            )
        except MembranekitError as error:
            raise MembranekitError(f"{row.where}: {error}") from error

    def is_settled(self, x: Floats) -> bool:
        """Say whether there is no other phase than those that the fit has followed."""
        computed = self.computed(x)
        mixture, _ = _shifted(self.mixtures, x)
        return all(
            not 0.0 < value < 1.0
            or found is None
            or titration.is_stable(found.solution, mixture, row.temperature)
            for value, found, row in zip(computed, self.near, self.rows, strict=False)
        )

    def computed(self, x: Floats) -> Floats:
        """Return the nonsolvent's mass fraction of each row [1]."""
        return self._evaluate(x)[0]

    def errors(self, x: Floats) -> tuple[Floats, Floats]:
        """Return weighted errors (n_row,) and their derivatives (n_row, n_free) [1]."""
        computed, slopes = self._evaluate(x)
        measured = np.array([row.measured for row in self.rows])
        return (computed - measured) / self.scale, slopes / self.scale[:, None]

    def variance(self, errors: Floats, size: int) -> float:
        """Return s2, not below what is stated or `RESOLUTION` (weighted errors) [1]."""
        least = 1.0 if self.stated else RESOLUTION**2
        return max(float(errors @ errors) / (errors.size - size), least)

    def _evaluate(self, x: Floats) -> tuple[Floats, Floats]:
        if self.known is not None and self.known[0] == x.tobytes():
            return self.known[1:]
        computed = np.empty(len(self.rows))
        slopes = np.zeros((len(self.rows), len(self.free)))
        mixture, moved = _shifted(self.mixtures, x)
        binary, binary_moved = _shifted(self.binary, x)
        for k, row in enumerate(self.rows):
            if row.kind == "swelling":
                fraction = titration.swollen(binary, row.temperature)
                computed[k] = self._swollen_mass(fraction)
                if fraction < 1.0:
                    share = computed[k] / fraction * (1.0 - computed[k])
                    share /= 1.0 - fraction
                    slopes[k] = [
                        share
                        * titration.swollen_slope(
                            fraction, binary, each, row.temperature
                        )
                        for each in binary_moved
                    ]
                continue
            found = self._onset(mixture, k, self.near[k])
            # No solution: all of it clouds without nonsolvent, or none ever does.
            if found is None:
                computed[k] = 1.0
                continue
            if found.amount == 0.0:
                computed[k] = 0.0
                continue
            self.near[k] = found
            added = found.amount * self.density[self.nonsolvent]
            rest = float(self.rest[k] @ self.density)
            computed[k] = added / (added + rest)
            share = self.density[self.nonsolvent] * rest / (added + rest) ** 2
            slopes[k] = [
                share
                * titration.slope(
                    found, self.nonsolvent, mixture, each, row.temperature
                )
                for each in moved
            ]
        self.known = x.tobytes(), computed, slopes
        return computed, slopes

    def end(self, x: Floats, k: int, quantile: float, covariance: Floats) -> float:
        """Return the end of a parameter's interval, as a change from the start.

        There the least sum of squares has grown by ``quantile**2 s2``; the sign of
        `quantile` is the side. The errors are linearized along the way: the parameter
        that goes farthest at a given sum of squares is then known in closed form.
        """
        self.near = list(self.settled)
        errors, _ = self.errors(x)
        variance = self.variance(errors, x.size)
        growth = quantile**2 * variance
        allowed = float(errors @ errors) + growth
        deviation = math.sqrt(covariance[k, k])
        trial = x + quantile * covariance[k] / deviation
        if deviation < STRAIGHT:
            return float(trial[k])
        for _ in range(8):
            errors, jacobian = self.errors(trial)
            if not np.all(np.any(jacobian, axis=1)):
                break
            inverse = np.linalg.pinv(jacobian.T @ jacobian, hermitian=True)
            step = -inverse @ (jacobian.T @ errors)
            left = errors + jacobian @ step
            room = math.sqrt(max(allowed - float(left @ left), 0.0) / inverse[k, k])
            step += math.copysign(room, quantile) * inverse[k]
            trial = trial + step
            if abs(step[k]) < 1e-3 * deviation:
                if abs(float(errors @ errors) - allowed) > 0.02 * growth:
                    break
                if not self.is_settled(trial):
                    break
                return float(trial[k])
        return self._end_by_profile(x, k, quantile, covariance, variance)

    def _end_by_profile(
        self, x: Floats, k: int, quantile: float, covariance: Floats, variance: float
    ) -> float:
        """Return the same where the errors bend too much: by the profile itself."""
        from scipy.optimize import least_squares

        others = np.delete(np.arange(x.size), k)
        errors, _ = self.errors(x)
        least = float(errors @ errors)
        deviation = math.sqrt(covariance[k, k])
        ridge = math.copysign(1.0, quantile) * covariance[k] / covariance[k, k]
        known = [(0.0, -abs(quantile), x)]

        def height(distance: float) -> float:
            """Return by how much the profile is above what is allowed, at most 1 s."""
            near, _, start = min(known, key=lambda each: abs(each[0] - distance))
            trial = start + (distance - near) * ridge
            self.begin(trial)

            def at(values: Floats) -> tuple[Floats, Floats]:
                trial[others] = values
                errors, jacobian = self.errors(trial)
                return errors, jacobian[:, others]

            if others.size:
                solved = least_squares(
                    lambda values: at(values)[0],
                    trial[others],
                    jac=lambda values: at(values)[1],
                    x_scale="jac",
                    xtol=1e-6,
                    ftol=1e-6,
                    max_nfev=50,
                )
                trial[others] = solved.x
            self.begin(trial)
            errors, _ = self.errors(trial)
            growth = max(float(errors @ errors) - least, 0.0)
            above = min(math.sqrt(growth / variance) - abs(quantile), 1.0)
            known.append((distance, above, trial))
            return above

        low, high = 0.0, 0.5 * abs(quantile) * deviation
        below, above = -abs(quantile), height(high)
        while above < 0.0:
            low, below, high = high, above, 1.5 * high
            if high > MOST_DEVIATIONS * deviation:
                side = "upper" if quantile > 0.0 else "lower"
                self.notes.append(
                    f"the points fix no {side} end of {self.titles[k]}: it is given as "
                    f"{MOST_DEVIATIONS:g} standard errors away"
                )
                return float(x[k] + math.copysign(high, quantile))
            above = height(high)
        while high - low > 1e-2 * deviation:
            share = below / (below - above)
            middle = low + (high - low) * min(max(share, 0.1), 0.9)
            here = height(middle)
            if here < 0.0:
                low, below = middle, here
            else:
                high, above = middle, here
        return float(x[k] + math.copysign(0.5 * (low + high), quantile))

    def refuse_outside(self, computed: Floats) -> None:
        """Refuse a fit in which a row has no cloud point or no end of its swelling."""
        for row, value in zip(self.rows, computed, strict=True):
            if 0.0 < value < 1.0:
                continue
            if row.kind == "swelling":
                what = "the polymer takes up nonsolvent without end"
            elif value == 0.0:
                what = "the solution demixes without nonsolvent"
            else:
                what = "the solution never demixes"
            raise MembranekitError(
                f"{row.where}: with what the fit has found, {what}; begin from a set "
                "nearer to the points (InteractionSet.with_pair), and see that no "
                "columns are swapped"
            )


def _shifted(
    mixtures: tuple[Mixture, list[Mixture]], x: Floats
) -> tuple[Mixture, list[Mixture]]:
    """Return the mixture with parameters changed by x, and those with one more each."""
    base, moved = mixtures

    def changed(by: Floats) -> Mixture:
        fields: dict[str, Any] = {}
        for key in ("table", "rational", "triples"):
            start = getattr(base, key)
            if start is None:
                continue
            fields[key] = start + sum(
                share * (getattr(each, key) - start)
                for share, each in zip(by, moved, strict=True)
            )
        return dataclasses.replace(base, **fields)

    return changed(x), [changed(x + unit) for unit in np.eye(x.size)]


# ----------------------------------------------------------------- the set that results


def _fitted_set(
    fit: InteractionFit, problem: _Problem, name: str | None
) -> InteractionSet:
    """Return the set with fitted parameters, each saying what it was fitted to."""
    table = problem.table
    clouds = [row for row in fit.rows if row.kind == "cloud point"]
    uptakes = len(fit.rows) - len(clouds)
    nonsolvent = table.names[table.nonsolvent]
    source = f"fitted: to {table.label}, {_counted(len(clouds), 'cloud point')}"
    source += f" of {', '.join(table.names)} at {_span(clouds)}"
    if uptakes:
        source += f", and {_counted(uptakes, 'uptake')} of {nonsolvent} by the polymer"
    source += f"; rms error {fit.rms:.2g} in the mass fraction of {nonsolvent}"
    fitted = problem.start
    for k, (each, parameter) in enumerate(
        zip(problem.free, fit.parameters, strict=True)
    ):
        low, high = parameter.interval
        note = f"{parameter.name}: 95 % interval {low:.4g} to {high:.4g}"
        for j, other in enumerate(fit.parameters):
            if j != k:
                value = fit.correlations[k][j]
                note += f"; correlation with {other.name} {value:.3f}"
        half = f"{parameter.uncertainty:.2g}"
        before = each.within(fitted)
        if before is not each.term:  # another coefficient of it was fitted already
            note = f"{before.note}; {note}"
            half = max(before.uncertainty, half, key=float)
        fitted = each.shifted(
            fitted,
            float(f"{parameter.value:.6g}") - parameter.start,
            source=source,
            basis="fitted",
            note=note,
            uncertainty=half,
            half_width=("absolute", float(half)),
        )
    titles = " and ".join(each.name for each in fit.parameters)
    note = f"{problem.start.name!r} with {titles} fitted, all else as there"
    note += "; an uncertainty of a fitted value reaches to the farther end of its 95 % "
    note += "interval, or is the change that moves the computed points by their rms "
    note += "error if that is larger"
    for more_to_say in (*fit.notes, fit.message.rstrip(".")):
        note += f"; {more_to_say}" if more_to_say else ""
    return dataclasses.replace(
        fitted,
        name=name or f"{problem.start.name}, fitted to {table.label}",
        fitted_to="cloud points",
        preferred=False,
        note=note,
        origin="",
    )


def _span(rows: Sequence[FittedRow]) -> str:
    ends = sorted({round(row.temperature - 273.15, 6) for row in rows})
    if len(ends) == 1:
        return f"{ends[0]:g} degC"
    return f"{ends[0]:g} to {ends[-1]:g} degC"
