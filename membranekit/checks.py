"""What can be told of a casting solution and its process without a run.

The windows are those of GB 2 199 786 A, each named with its claim or page; a value
outside is a ``warning``. A finding of severity ``error`` says that the run would be
refused; ``warning`` and ``note`` do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from membranekit import limits, trust, units, windows
from membranekit.constants import CONSTANTS
from membranekit.equilibria import LABORATORY_BANDS, System, sets_for
from membranekit.errors import InputError, MaterialError, MembranekitError
from membranekit.membrane import to_plain
from membranekit.prepared import Run, prepare
from membranekit.process import AirExposure, Process, humid_air, step_names
from membranekit.solution import POLYMER_ROLE, CastingSolution, spell
from membranekit.windows import Window, window

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    where : str
        The address of an input, a substance, or what it is about.
    what : str
        The finding in words.
    value : quantity, float or None
        Its number.
    severity : str
        ``error``, ``warning`` or ``note``.
    """

    where: str
    what: str
    value: Any = None
    severity: str = "note"

    def __getattribute__(self, name: str) -> Any:
        """Hand a quantity out in the registry of the moment."""
        value = super().__getattribute__(name)
        return units.fresh(value) if name == "value" else value

    @property
    def ok(self) -> bool:
        """Whether a run can go on in spite of it."""
        return self.severity != "error"

    def __str__(self) -> str:
        value = "" if self.value is None else f" ({_text(self.value)})"
        return f"{self.severity}: {self.where}: {self.what}{value}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "where": self.where,
            "what": self.what,
            "value": to_plain(self.value),
        }


@dataclass(frozen=True)
class Findings:
    """All findings, the gravest first."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether it can run."""
        return all(finding.ok for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def of(self, severity: str) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        if severity not in SEVERITIES:
            raise InputError(
                f"severity: {severity!r} is none; give {', '.join(SEVERITIES)}"
            )
        return tuple(each for each in self.findings if each.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """Return them as ``membranekit check --json`` prints them."""
        return {"ok": self.ok, "findings": [each.to_dict() for each in self.findings]}

    def __str__(self) -> str:
        last = "It can run." if self.ok else "It cannot run."
        return "\n".join([*map(str, self.findings), last])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(each.severity)}</td><td>{escape(each.where)}</td>"
            f"<td>{escape(each.what)}</td>"
            f"<td>{'' if each.value is None else escape(_text(each.value))}</td></tr>"
            for each in self.findings
        )
        last = "It can run." if self.ok else "It cannot run."
        return f"<table><caption>{last}</caption><tbody>{rows}</tbody></table>"


def check(
    solution: CastingSolution,
    process: Process | None = None,
    *,
    chosen: Mapping[str, str] | None = None,
    extrapolate: bool = False,
) -> Findings:
    """Tell what can be told without a run.

    Parameters
    ----------
    solution : CastingSolution
        What is cast.
    process : Process
        What happens to it.
    chosen : mapping, optional
        A case's own choices: address to the reason.
    extrapolate : bool
        As for `simulate`: a temperature at which values are not known is a warning.

    Returns
    -------
    Findings
        Errors first. It never raises for an input that cannot run: that is an error
        among the findings.

    Raises
    ------
    InputError
        If it is not given a casting solution and a process.

    Examples
    --------
    >>> from membranekit.case import read_case
    >>> run = read_case("example2").runs[0]
    >>> check(run.solution, run.process).ok
    True
    """
    solution, process = limits.pair(solution, process, "check")
    found: list[Finding] = []
    lacking = limits.missing(solution, process)
    found += [
        Finding(substance, f"{name} is not given", severity="error")
        for substance, name in lacking
    ]
    densities = not any(name == "density" for _, name in lacking)
    found += _parts(solution, densities)
    if not lacking:
        found += _run_findings(solution, process, chosen or {}, extrapolate)
    for name, step in zip(
        step_names(process.complete_steps), process.complete_steps, strict=True
    ):
        if isinstance(step, AirExposure):
            found += _air(name, step, solution, process)
    found += _exposed(process)
    found += _recipe_windows(solution)
    found += _swelling_windows(solution)
    found.sort(key=lambda each: SEVERITIES.index(each.severity))
    return Findings(tuple(found))


def _text(value: Any) -> str:
    if not hasattr(value, "magnitude"):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    shown = units.make(float(f"{value.magnitude:.4g}"), str(value.units))
    return units.text(shown)


def _percent(value: float) -> Any:
    return units.make(float(f"{value:.6g}"), "percent")


# ----------------------------------------------------------------------- the recipe


def _parts(solution: CastingSolution, densities: bool) -> Iterator[Finding]:
    """Tell mass fraction, volume fraction and role of each substance."""
    by_volume = solution.volume_fractions if densities else {}
    for name, share in solution.mass_fractions.items():
        role = solution.role_of(name).replace("_", " ")
        volume = f", {100 * by_volume[name]:.3g} vol%" if densities else ""
        what = f"{role}, {100 * share:.3g} wt%{volume}"
        yield Finding(f"solution.parts.{name}", what, _percent(100 * share))


def _run_findings(
    solution: CastingSolution,
    process: Process,
    chosen: Mapping[str, str],
    extrapolate: bool,
) -> Iterator[Finding]:
    """Tell what needs the model: the phase, temperatures, and what it rests on."""
    try:
        stretches = limits.stretches(solution, process)
        run = prepare(solution, process)
    except MaterialError as error:
        yield Finding("solution.interactions", str(error), severity="error")
        return
    except MembranekitError as error:
        where, colon, what = str(error).partition(": ")
        if not colon:
            where, what = "solution", where
        yield Finding(where, what, severity="error")
        return
    for first, what in limits.stretched(stretches):
        where, value = first.where, first.quantity
        if extrapolate:
            yield Finding(where, f"{what}: extrapolated", value, "warning")
            continue
        what += ": extrapolated, and refused unless extrapolate=True (--extrapolate on "
        what += "the command line)"
        yield Finding(where, what, value, "error")
    yield _phase(solution, run)
    yield _interactions(run)
    yield from _routes(solution, run)
    for entry in trust.assumed(solution, process, chosen, {}, None):
        shown = f": {entry['value']}" if entry["value"] else ""
        yield Finding(entry["name"], f"assumed{shown}; {entry['source']}")
    yield from _by_basis(run, "chosen")
    yield from _by_basis(run, "estimated")
    yield from _by_basis(run, "fitted")


def _phase(solution: CastingSolution, run: Run) -> Finding:
    """Tell whether the solution is one phase, and the water to its cloud point."""
    where = "solution.parts"
    try:
        found = limits.phase(solution, run)
    except MembranekitError as error:
        return Finding(where, f"one phase or not: {error}", severity="error")
    if not found.one:
        excess = None
        if found.water is not None and found.cloud_point is not None:
            excess = _percent(100 * (found.water - found.cloud_point))
        text = limits.demixed(found, run.temperature)
        return Finding(where, text, excess, "error")
    at = f"at {run.temperature - 273.15:.4g} degC"
    if found.water is None:
        return Finding(where, f"one phase {at}; neither air nor bath brings water")
    if found.cloud_point is None:
        return Finding(where, f"one phase {at}; no amount of water demixes it")
    held, cloud = 100 * found.water, 100 * found.cloud_point
    holds = f"{held:.3g} wt%" if held > 0.0 else "no"
    what = (
        f"one phase {at}: it holds {holds} water and demixes at {cloud:.3g} wt%; the "
        "difference is the water to the cloud point"
    )
    return Finding(where, what, _percent(cloud - held))


def _interactions(run: Run) -> Finding:
    """Tell what the cloud point rests on."""
    chosen = run.interactions
    texts = [f"the cloud point rests on the set {chosen.name!r}"]
    if chosen.fitted_to == "cloud points":
        texts.append("fitted to measured cloud points of polymer, solvent and water")
        if run.polymer.name in LABORATORY_BANDS:
            width, _ = LABORATORY_BANDS[run.polymer.name]
            texts.append(f"laboratories differ by {100 * width:g} % in its water")
    else:
        texts.append(
            f"its basis: {chosen.fitted_to}; no measured cloud point stands behind it"
        )
    if chosen.assembled_from:
        texts.append("what the additives do to it is assembled pair by pair")
    return Finding("solution.interactions", "; ".join(texts))


def _routes(solution: CastingSolution, run: Run) -> Iterator[Finding]:
    """Tell cloud point and water activity by each set of just these components.

    Sets that agree on the cloud point differ by half in the activity.
    """
    try:
        names = sets_for(solution)
    except MaterialError:  # without water there is neither
        return
    kelvin = units.make(run.temperature, "K")
    for name in names:
        try:
            system = System.of(solution, solution.water, kelvin, name, extrapolate=True)
            texts = [f"activity {float(system.activity()):.3g} as mixed"]
            if system.cloud:
                texts.append(f"{system.activity_at(system.cloud):.3g} where it clouds")
        except MembranekitError as error:
            yield Finding("water", f"with {name!r}: {error}")
            continue
        value = None
        if system.cloud is not None:
            value = _percent(100 * system.mass_fraction(system.cloud))
            texts.append(f"at {value.magnitude:.3g} wt%")
        yield Finding(
            "water", f"with {name!r}: {', '.join(texts)}; {system.route}", value
        )


def _by_basis(run: Run, basis: str) -> Iterator[Finding]:
    """Name the values of one basis that the run reads, a line for each substance."""
    constants = [name for name, each in CONSTANTS.items() if each.basis == basis]
    if constants:
        yield Finding("model", f"{basis}: {', '.join(constants)}")
    members = [(each, False) for each in run.substances]
    members += [(run.polymer, True), (run.support.substance, False)]
    for substance, is_polymer in members:
        names = [
            name.replace("_", " ")
            for name in limits.needed(substance, membrane_polymer=is_polymer)
            if substance.get(name).basis == basis
        ]
        if names:
            yield Finding(substance.name, f"{basis}: {', '.join(names)}")
    present = {substance.name for substance, _ in members}
    pairs = [
        "/".join(each.between)
        for each in run.interactions.terms
        if each.basis == basis and present.issuperset(each.between)
    ]
    if pairs:
        what = f"{basis}: {', '.join(pairs)}"
        yield Finding("solution.interactions", what)


# -------------------------------------------------------------------------- windows


def _against(name: str, value: float, limit: Window) -> tuple[str, bool]:
    """Say whether a value lies in a window, in words and as a truth value."""
    inside = limit.holds(value)
    side = "inside" if inside else "outside"
    return f"{name}: {side} the patent's {limit.text} ({limit.source})", inside


def _within(where: str, name: str, percent: float, limit: Window) -> Finding:
    """Say whether a value in percent lies in a window of the patent."""
    what, inside = _against(name, percent, limit)
    return Finding(where, what, _percent(percent), "note" if inside else "warning")


def _above(where: str, name: str, value: Any, limit: Window) -> Finding:
    """Say whether a quantity lies above what the patent asks for."""
    what, inside = _against(name, value.m_as(limit.unit), limit)
    return Finding(where, what, value, "note" if inside else "warning")


def _recipe_windows(solution: CastingSolution) -> Iterator[Finding]:
    """Compare the recipe with the patent, by the roles of its parts."""
    shares = windows.shares_by_role(solution)
    polymer, good, bad = (
        shares.get(role, 0.0) for role in (POLYMER_ROLE, "good_solvent", "nonsolvent")
    )
    where = "solution.parts"
    found = _within(where, "polymer", 100 * polymer, window("polymer_concentration"))
    preferred = window("polymer_concentration", "preferred")
    side = "inside" if preferred.holds(100 * polymer) else "outside"
    what = f"{found.what}, {side} the preferred {preferred.text} ({preferred.source})"
    yield replace(found, what=what)
    if good == 0.0:
        what = "no part has the role good_solvent, which the patent asks for (claim 9)"
        yield Finding(where, what, severity="warning")
    limit = window("good_solvent_to_nonsolvent")
    if bad == 0.0:
        what = "no part has the role nonsolvent, which the patent leaves open (claim 9)"
        yield Finding(where, f"{what}; {limit.text} is asked by {limit.source} alone")
        return
    share = window("nonsolvent_in_dope", "preferred")
    yield _within(where, "nonsolvent", 100 * bad, share)
    if good == 0.0:
        return
    percent = 100 * bad / (good + bad)
    ratio = f"good solvent to nonsolvent {100 - percent:.3g}:{percent:.3g}"
    what, inside = _against(ratio, bad / good, limit)
    yield Finding(where, what, _percent(percent), "note" if inside else "warning")


def _swelling_windows(solution: CastingSolution) -> Iterator[Finding]:
    """Compare each swelling agent that is added as a solution with the patent."""
    concentration = window("swelling_agent_solution", "concentration")
    amount = window("swelling_agent_solution", "amount")
    stocks = windows.swelling_stocks(solution)
    for stock in stocks:
        where = f"solution.stocks.{stock.name}"
        share = 100 * stock.concentration
        yield _within(where, "swelling agent in it", share, concentration)
        if stock.amount is not None:
            yield _within(where, "amount", 100 * stock.amount, amount)
    names = [
        name
        for name in solution.mass_fractions
        if solution.role_of(name) == "swelling_agent"
    ]
    if names and not stocks:
        what = (
            f"{' and '.join(names)}: added without a solvent; the patent gives a "
            f"swelling agent as a solution of {concentration.text}, "
            f"{amount.text} ({amount.source})"
        )
        yield Finding("solution.stocks", what)


# ------------------------------------------------------------------------------- air


def _exposed(process: Process) -> Iterator[Finding]:
    """Say so where no air touches the film before the bath."""
    timed = [step for step in process.resolved_steps if isinstance(step, AirExposure)]
    if any(step.time.magnitude > 0.0 for step in timed):
        return
    humidity, speed = window("absolute_humidity"), window("air_speed")
    what = (
        f"no time in the air: the patent blows air of {humidity.text} at {speed.text} "
        f"over the film ({humidity.source})"
    )
    yield Finding("process.steps", what, severity="warning")


def _air(
    name: str, step: AirExposure, solution: CastingSolution, process: Process
) -> Iterator[Finding]:
    """Tell the humidity of the air, its dew point, and what that does to the film."""
    kind, given = step.humidity
    where = f"{name}.{kind}"
    try:
        vapor = humid_air(step)
        ratio = units.make(1e3 * windows.air_humidity(step), "g/kg")
    except InputError as error:
        what = f"{spell(given)} makes no air at {spell(step.temperature)}: {error}"
        yield Finding(where, what, severity="error")
        return
    yield _above(where, "humidity ratio", ratio, window("absolute_humidity"))
    limit = window("air_speed")
    if step.air_speed is not None:
        yield _above(f"{name}.air_speed", "air speed", step.air_speed, limit)
    else:
        source = "cover" if step.cover is not None else "transfer_coefficient"
        what = (
            f"no air speed: the patent's {limit.text} ({limit.source}) says nothing "
            "of it"
        )
        yield Finding(f"{name}.{source}", what)
    if vapor <= 0.0:
        yield Finding(where, "dry air: it has no dew point")
        return
    dew = given if kind == "dew_point" else units.make(windows.dew_point(vapor), "degC")
    yield Finding(where, "dew point", dew)
    film = process.support.temperature
    if solution.temperature is not None:
        film = min(film, solution.temperature, key=lambda each: each.m_as("K"))
    if film.m_as("K") < dew.m_as("K"):
        what = (
            f"water condenses at first: the film or its support starts at "
            f"{spell(film)}, below the dew point; separate drops are not simulated"
        )
        yield Finding(where, what, dew, "warning")
