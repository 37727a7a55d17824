"""The 18 claims of GB 2 199 786 A, one by one, on a membrane and how it was made.

Design
------
a. A claim is *met*, *not met* or *not decidable*, in the order of Kleene's logic: what
   joins conditions is the worst of them, what offers a choice is the best.
b. A claim that depends on others is met where its own condition and, of the claims it
   names, one at least are met: "any preceding claim" is a choice.
c. Claims on the process look at the recipe and the steps that made the membrane, read
   from its case; roles decide what is good solvent, nonsolvent and swelling agent.
d. No limit stands here: `windows` reads them. What the patent leaves to the reader
   ("substantially as described") is decided only where no judgment is needed.

References
----------
GB 2 199 786 A, claims 1 to 18.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from membranekit import case as cases
from membranekit import units, windows
from membranekit.case import Case, Run
from membranekit.errors import InputError, MembranekitError
from membranekit.membrane import Membrane, figures, to_plain
from membranekit.process import AirExposure, Immersion, bath_fractions
from membranekit.solution import POLYMER_ROLE, canonical
from membranekit.windows import Window, window

__all__ = ["RULES", "Claim", "Claims", "Number", "Rule", "check", "markdown", "run_of"]

MET, NOT_MET, UNDECIDED = "met", "not met", "not decidable"
_ORDER = (NOT_MET, UNDECIDED, MET)
_WIDTH = 88
_EXAMPLES = ("example1", "example2", "example3")


def _all_of(verdicts: list[str]) -> str:
    return min(verdicts, key=_ORDER.index, default=MET)


def _one_of(verdicts: list[str]) -> str:
    return max(verdicts, key=_ORDER.index)


def _verdict(inside: bool | None) -> str:
    return UNDECIDED if inside is None else MET if inside else NOT_MET


# ----------------------------------------------------------------------- results
@dataclass(frozen=True)
class Number:
    """One value that a claim is decided by.

    Parameters
    ----------
    name : str
        What it is.
    amount : float, str or None
        The value in `unit`, or a text where it is no number; None: not known.
    unit : str
        ``1`` for a ratio; empty for a text.
    limit : str
        What the claim asks of it.
    verdict : str
        ``met``, ``not met`` or ``not decidable``.
    """

    name: str
    amount: float | str | None
    unit: str
    limit: str
    verdict: str

    @property
    def value(self) -> Any:
        """The value: a fresh quantity, a text, or None."""
        if isinstance(self.amount, float):
            return units.make(self.amount, self.unit)
        return self.amount

    @property
    def shown(self) -> str:
        """The value as a reader wants it; empty if it is not known."""
        if not isinstance(self.amount, float):
            return self.amount or ""
        unit = {"percent": "%", "1": ""}.get(self.unit, self.unit)
        return f"{figures(self.amount)} {unit}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        value = self.amount
        if isinstance(value, float):
            value = to_plain((value, self.unit))
        return {
            "name": self.name,
            "value": value,
            "limit": self.limit,
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        return f"{self.name}: {self.shown or 'not known'} (asked: {self.limit})"


@dataclass(frozen=True)
class Claim:
    """One claim, and whether it is met.

    Parameters
    ----------
    number : int
        From 1 to 18.
    subject : str
        ``membrane``, ``process`` or ``use``.
    asks : str
        What it asks for.
    verdict : str
        ``met``, ``not met`` or ``not decidable``, with the claims it depends on.
    numbers : tuple of Number
        What decides its own condition.
    why : str
        What the numbers do not say; empty if they say it all.
    """

    number: int
    subject: str
    asks: str
    verdict: str
    numbers: tuple[Number, ...] = ()
    why: str = ""

    @property
    def decided_by(self) -> str:
        """The numbers and the reason, as a reader wants them."""
        return "; ".join([*map(str, self.numbers), *filter(None, [self.why])])

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "claim": self.number,
            "subject": self.subject,
            "asks": self.asks,
            "verdict": self.verdict,
            "numbers": [each.to_dict() for each in self.numbers],
            "why": self.why,
        }

    def __str__(self) -> str:
        return f"claim {self.number}: {self.verdict}; {self.decided_by}"


@dataclass(frozen=True)
class Claims:
    """All claims on one membrane, in their order.

    Parameters
    ----------
    title : str
        Of which membrane.
    claims : tuple of Claim
        The claims.
    """

    title: str
    claims: tuple[Claim, ...]

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def __getitem__(self, number: int) -> Claim:
        """Return the claim of a number, counted from 1 as the patent counts."""
        for claim in self.claims:
            if claim.number == number:
                return claim
        raise InputError(f"claim: {number!r} is none; the patent has 1 to {len(self)}")

    def of(self, verdict: str) -> tuple[int, ...]:
        """Return the numbers of the claims with one verdict."""
        if verdict not in _ORDER:
            raise InputError(
                f"verdict: {verdict!r} is none; give {', '.join(reversed(_ORDER))}"
            )
        return tuple(each.number for each in self.claims if each.verdict == verdict)

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON takes them."""
        return {
            "membrane": self.title,
            "claims": [each.to_dict() for each in self.claims],
        }

    def __str__(self) -> str:
        lines = [f"Claims of GB 2199786 A: {self.title}", "claim  verdict        by"]
        for each in self.claims:
            begin = f"{each.number:>5}  {each.verdict:<13}  "
            lines += textwrap.wrap(
                each.decided_by,
                _WIDTH,
                initial_indent=begin,
                subsequent_indent=" " * len(begin),
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{each.number}</td><td>{escape(each.asks)}</td>"
            f"<td>{each.verdict}</td><td>{escape(each.decided_by)}</td></tr>"
            for each in self.claims
        )
        caption = f"<caption>{escape(self.title)}</caption>"
        return f"<table>{caption}<tbody>{rows}</tbody></table>"


# ------------------------------------------------------------- what is looked at
@dataclass(frozen=True)
class _Own:
    """A claim's own condition: the numbers, the verdict they give, what they omit."""

    numbers: tuple[Number, ...] = ()
    verdict: str = MET
    why: str = ""


def _own(*numbers: Number, why: str = "") -> _Own:
    return _Own(numbers, _all_of([each.verdict for each in numbers]), why)


@dataclass(frozen=True)
class _Made:
    """A membrane and the run that made it; None for a reason."""

    membrane: Membrane
    run: Run | None
    reason: str = ""

    def without_run(self) -> _Own:
        return _Own(verdict=UNDECIDED, why=self.reason)

    @property
    def air(self) -> list[AirExposure]:
        """The steps in air that take time."""
        steps = () if self.run is None else self.run.process.resolved_steps
        return [
            each
            for each in steps
            if isinstance(each, AirExposure) and each.time.magnitude > 0.0
        ]


def run_of(membrane: Membrane) -> tuple[Run | None, str]:
    """Return the run that made a membrane, from its case; or None, and why.

    Examples
    --------
    >>> run_of(Membrane.from_record({"success": True}))
    (None, 'the membrane holds no case, so no recipe')
    """
    if not membrane.case_toml:
        return None, "the membrane holds no case, so no recipe"
    try:
        case = Case.from_toml(membrane.case_toml)
        runs = case.runs
        given = _comparable(_read_inputs(membrane, case))
    except MembranekitError as error:
        return None, f"the membrane's case cannot be read: {error}"
    for run in runs:
        if given == _comparable(run.inputs):
            return run, ""
    if not given and len(runs) == 1:
        return runs[0], ""
    return None, "the membrane's case holds no run with the inputs it names"


def _read_inputs(membrane: Membrane, case: Case) -> dict[str, Any]:
    """Return the inputs of a membrane, what was given as text read by its case."""
    return {
        address: case.replace({address: [value]}).series[address][0]
        if isinstance(value, str)
        else value
        for address, value in membrane.inputs.items()
    }


def _comparable(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {address: canonical(value) for address, value in inputs.items()}


def _measured(name: str, value: Any, limit: Window, unit: str = "") -> Number:
    """Compare a quantity that may be None with a window of the patent."""
    unit = unit or limit.unit
    amount = None if value is None else float(value.m_as(unit))
    inside = None if amount is None else limit.holds(amount)
    return Number(name, amount, unit, limit.text, _verdict(inside))


def _share(name: str, share: float, limit: Window | None = None) -> Number:
    """Compare a fraction with a window in percent, or with nothing at all."""
    percent = 100.0 * share
    if limit is None:
        return Number(name, percent, "percent", "more than 0 %", _verdict(share > 0.0))
    return Number(name, percent, "percent", limit.text, _verdict(limit.holds(percent)))


def _of_sheet(number: Number) -> _Own:
    """Decide by one number of the sheet, which a run may not have given."""
    given = number.amount is not None
    why = "" if given else "the run gives none: see the layer's state and the notes"
    return _own(number, why=why)


# ------------------------------------------------------------------ the membrane
def _layer_inside(made: _Made) -> _Own:
    layer = made.membrane.minimum_pore_layer
    if layer.state is None:
        return _Own(
            (Number("minimum-pore layer", None, "", "inside", UNDECIDED),),
            UNDECIDED,
            "the run gave no pores",
        )
    verdict = {"inside": MET, "surface": NOT_MET}.get(layer.state, UNDECIDED)
    numbers = [Number("minimum-pore layer", layer.state, "", "inside", verdict)]
    if layer.depth is not None:
        depth = float(layer.depth.m_as("um"))
        numbers.append(Number("its depth", depth, "um", "below the surface", verdict))
    given = layer.margins
    if "needed" in given:
        limit = f"at least {figures(given['needed'])}"
        sides = {"surface": "surface pores", "back": "support-side pores"}
        for name, label in sides.items():
            enough = _verdict(given[name] >= given["needed"])
            label = f"{label} over the finest"
            numbers.append(Number(label, float(given[name]), "1", limit, enough))
        percent, most = 100.0 * given["zone"], 100.0 * given["share"]
        numbers.append(
            Number(
                "share of the sheet in fine pores",
                percent,
                "percent",
                f"less than {figures(most)} %",
                _verdict(percent < most),
            )
        )
    why = "" if verdict != UNDECIDED else "no layer stands out clearly from the rest"
    return _Own(tuple(numbers), verdict, why)


def _depth(made: _Made) -> _Own:
    value = made.membrane.minimum_pore_layer.depth
    limit = window("minimum_layer_depth")
    return _of_sheet(_measured("depth of the layer", value, limit))


def _polymer(made: _Made) -> _Own:
    limit = "a polysulfone or polyether sulfone"
    if made.run is None:
        number = Number("polymer", None, "", limit, UNDECIDED)
        return _Own((number,), UNDECIDED, made.reason)
    polymer = made.run.solution.polymer
    names = (polymer.name, *polymer.aliases)
    found = any("sulfone" in name.casefold() for name in names)
    return _own(Number("polymer", polymer.name, "", limit, _verdict(found)))


def _ratio(made: _Made) -> _Own:
    top = made.membrane.surface_pore_diameter
    other = made.membrane.support_side_pore_diameter
    limit = window("top_to_back_pore_ratio")
    ratio = None if top is None or other is None else other / top
    number = _measured("support-side pores over surface pores", ratio, limit, "1")
    asked = f"{limit.low:g} to {limit.high:g}, that is {limit.text}"
    return _of_sheet(replace(number, limit=asked))


def _surface_area(which: str) -> Callable[[_Made], _Own]:
    def decide(made: _Made) -> _Own:
        value = made.membrane.specific_surface_area
        limit = window("specific_surface_area", which)
        return _of_sheet(_measured("specific surface area", value, limit))

    return decide


def _as_figure(made: _Made) -> _Own:
    return _Own(
        verdict=UNDECIDED,
        why="the figure is a photograph of a section, which no number of a sheet "
        "can be held against",
    )


# ------------------------------------------------------------------- the process
def _process(made: _Made) -> _Own:
    layer = _layer_inside(made).numbers[0]
    reached = made.membrane.coacervation_depth
    amount = None if reached is None else float(reached.m_as("um"))
    demixed = Number(
        "demixed in the air to",
        amount,
        "um",
        "more than 0 um",
        _verdict(None if amount is None else amount > 0.0),
    )
    if made.run is None:
        verdict = _all_of([demixed.verdict, layer.verdict, UNDECIDED])
        return _Own((demixed, layer), verdict, made.reason)
    good = windows.shares_by_role(made.run.solution).get("good_solvent", 0.0)
    baths = [
        each for each in made.run.process.resolved_steps if isinstance(each, Immersion)
    ]
    bath = " and ".join(baths[0].bath)
    return _own(
        _share("good solvent in the solution", good),
        demixed,
        layer,
        Number("first bath", bath, "", "a solidifying liquid", MET),
    )


def _water_bath(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    solution = made.run.solution
    first = next(
        each for each in made.run.process.resolved_steps if isinstance(each, Immersion)
    )
    water = bath_fractions(first.bath).get("water", 0.0)
    pure = None if 0.0 < water < 1.0 else water == 1.0
    bath = Number(
        "water in the first bath", 100.0 * water, "percent", "water", _verdict(pure)
    )
    known, source = windows.polar_solvents()
    used = [
        each.name
        for each in solution.components
        if solution.role_of(each.name) == "good_solvent"
    ]
    polar = True if set(used) & set(known) else None if used else False
    asked = f"polar and compatible with water ({source})"
    solvent = Number(
        "good solvent", ", ".join(used) or None, "", asked, _verdict(polar)
    )
    reasons = []
    if pure is None:
        reasons.append("whether a mixture counts as water, the claim does not say")
    if polar is None:
        reasons.append(f"{source} does not name this solvent")
    return _own(bath, solvent, why="; ".join(reasons))


def _humid_air(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    steps = [_in_air(step) for step in made.air]
    if steps:
        return max(steps, key=lambda own: _ORDER.index(own.verdict))
    limit = f"{window('absolute_humidity').text} at {window('air_speed').text}"
    return _own(Number("time in the air", 0.0, "s", limit, NOT_MET))


def _in_air(step: AirExposure) -> _Own:
    ratio = units.make(1e3 * windows.air_humidity(step), "g/kg")
    humidity = _measured("absolute humidity", ratio, window("absolute_humidity"))
    still = None if step.cover is None else units.make(0.0, "m/s")
    speed = step.air_speed if step.air_speed is not None else still
    number = _measured("air speed", speed, window("air_speed"))
    why = ""
    if speed is None:
        why = "a transfer coefficient stands in place of the air's speed"
    return _own(humidity, number, why=why)


def _solvents(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    shares = windows.shares_by_role(made.run.solution)
    good, bad = (shares.get(role, 0.0) for role in ("good_solvent", "nonsolvent"))
    limit = window("good_solvent_to_nonsolvent")
    inside = good > 0.0 and limit.holds(bad / good)
    name = "nonsolvent's share of it and good solvent, by mass"
    percent = 100.0 * bad / (good + bad) if good + bad else None
    ends = [figures(100.0 * each / (1.0 + each)) for each in (limit.low, limit.high)]
    asked = f"{ends[0]} to {ends[1]} %, that is {limit.text}"
    return _own(Number(name, percent, "percent", asked, _verdict(inside)))


def _concentration(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    share = windows.shares_by_role(made.run.solution)[POLYMER_ROLE]
    limit = window("polymer_concentration")
    return _own(_share("polymer in the solution", share, limit))


def _swelling_agent(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    shares = windows.shares_by_role(made.run.solution)
    share = shares.get("swelling_agent", 0.0)
    return _own(_share("swelling agent in the solution", share))


def _swelling_solution(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    concentration = window("swelling_agent_solution", "concentration")
    amount = window("swelling_agent_solution", "amount")
    found = []
    for stock in windows.swelling_stocks(made.run.solution):
        held = f"swelling agent in {stock.name}"
        name = f"amount of {stock.name}"
        volume = Number(name, None, "percent", amount.text, UNDECIDED)
        if stock.amount is not None:
            volume = _share(name, stock.amount, amount)
        found.append(_own(_share(held, stock.concentration, concentration), volume))
    if found:
        return max(found, key=lambda own: _ORDER.index(own.verdict))
    limit = f"a solution of {concentration.text}, {amount.text}"
    name = "stock that holds a swelling agent"
    return _own(Number(name, "none", "", limit, NOT_MET))


# ------------------------------------------------------- as the examples describe
def _as_examples(made: _Made) -> _Own:
    if made.run is None:
        return made.without_run()
    polymer = made.run.solution.polymer.name
    found: dict[str, list[str]] = {}
    for name in _EXAMPLES:
        example = cases.read_case(name)
        if example.solution.polymer.name == polymer:
            found[f"Example {name[-1]}"] = _departures(made.run, example)
    if not found:
        limit = "a polymer of the examples"
        return _own(Number("polymer", polymer, "", limit, NOT_MET))
    nearest = min(found, key=lambda name: len(found[name]))
    apart = found[nearest]
    name = f"departures from {nearest}, to three digits"
    number = Number(
        name, float(len(apart)), "1", "none", MET if not apart else UNDECIDED
    )
    why = ""
    if apart:
        why = f'"substantially" has no limit; {"; ".join(apart)}'
    return _own(number, why=why)


def _departures(run: Run, example: Case) -> list[str]:
    """Say in what a run differs from an example, in what the patent states of it."""
    apart = []
    ours, theirs = run.solution.mass_fractions, example.solution.mass_fractions
    for name in dict.fromkeys([*theirs, *ours]):
        pair = ours.get(name, 0.0), theirs.get(name, 0.0)
        apart += _differ(name, 100 * pair[0], 100 * pair[1], "wt%")
    process, stated = run.process, example.process
    pair = process.wet_thickness.m_as("um"), stated.wet_thickness.m_as("um")
    apart += _differ("wet thickness", *pair, "um")
    if process.support.material != stated.support.material:
        apart.append(
            f"support {process.support.material}, not {stated.support.material}"
        )
    air = [each for each in process.resolved_steps if isinstance(each, AirExposure)]
    (blown,) = [each for each in stated.steps if isinstance(each, AirExposure)]
    if len(air) == 1:
        apart += _air_departures(air[0], blown, example)
    else:
        apart.append(f"{len(air)} steps in air, not 1")
    baths = [each for each in process.resolved_steps if isinstance(each, Immersion)]
    used = [each for each in stated.resolved_steps if isinstance(each, Immersion)]
    if len(baths) != len(used):
        apart.append(f"{len(baths)} baths, not {len(used)}")
    for bath, other in zip(baths, used, strict=False):
        if bath_fractions(bath.bath) != bath_fractions(other.bath):
            apart.append(f"bath of {' and '.join(bath.bath)}, not of water")
        pair = bath.temperature.m_as("degC"), other.temperature.m_as("degC")
        apart += _differ("bath", *pair, "degC")
    return apart


def _air_departures(air: AirExposure, stated: AirExposure, example: Case) -> list[str]:
    pair = air.temperature.m_as("degC"), stated.temperature.m_as("degC")
    apart = _differ("air", *pair, "degC")
    pair = 1e3 * windows.air_humidity(air), 1e3 * windows.air_humidity(stated)
    apart += _differ("humidity", *pair, "g/kg")
    if air.air_speed is None:
        apart.append("no air speed")
    else:
        pair = air.air_speed.m_as("m/s"), stated.air_speed.m_as("m/s")
        apart += _differ("air speed", *pair, "m/s")
    rows = (example.measured or {}).get("rows", ())
    times = [
        units.si(row["air.time"], "time", "air.time")
        for row in rows
        if row["minimum_layer"] == "inside"
    ]
    first, last, time = min(times), max(times), float(air.time.m_as("s"))
    if not first <= time <= last:
        ends = " to ".join(dict.fromkeys([figures(first), figures(last)]))
        apart.append(f"{figures(time)} s of air, not {ends} s")
    return apart


def _differ(name: str, ours: float, theirs: float, unit: str) -> list[str]:
    one, other = figures(float(ours)), figures(float(theirs))
    return [] if one == other else [f"{name} {one} {unit}, not {other}"]


# ----------------------------------------------------------------------- the use
def _use(made: _Made) -> _Own:
    return _Own(
        verdict=UNDECIDED,
        why="a use: what is done with a membrane is no property of it",
    )


def _nothing_more(made: _Made) -> _Own:
    return _Own()


# --------------------------------------------------------------------- the rules
@dataclass(frozen=True)
class Rule:
    """A claim as it is decided.

    Parameters
    ----------
    number : int
        From 1 to 18.
    subject : str
        ``membrane``, ``process`` or ``use``.
    asks : str
        What it asks for beside the claims it depends on.
    decided : str
        By what that is decided.
    depends : tuple of tuple of int
        Groups of claims; of each group one at least must be met.
    own : callable
        Decides the claim's own condition.
    """

    number: int
    subject: str
    asks: str
    decided: str
    depends: tuple[tuple[int, ...], ...] = ()
    own: Callable[[_Made], _Own] = field(default=_nothing_more, repr=False)


def _to(last: int, first: int = 1) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


RULES = (
    Rule(
        1,
        "membrane",
        "a layer of minimum pores inside the membrane",
        "the state of the minimum-pore layer: `inside` is met, `surface` is not; "
        "`not clear` is not decidable",
        (),
        _layer_inside,
    ),
    Rule(
        2,
        "membrane",
        "that layer {minimum_layer_depth.claim} below the surface",
        "its depth in the dry sheet; none is given where the layer is not clear",
        ((1,),),
        _depth,
    ),
    Rule(
        3,
        "membrane",
        "made of a polysulfone or polyether sulfone",
        'the membrane polymer: a name or alias of it holds "sulfone"',
        ((1, 2),),
        _polymer,
    ),
    Rule(
        4,
        "membrane",
        "pores of the top to those of the other side {top_to_back_pore_ratio.claim}",
        "surface and support-side pore diameter",
        (_to(3),),
        _ratio,
    ),
    Rule(
        5,
        "membrane",
        "specific surface area of {specific_surface_area.claim5}",
        "the computed specific surface area",
        (_to(4),),
        _surface_area("claim5"),
    ),
    Rule(
        6,
        "membrane",
        "specific surface area of {specific_surface_area.claim6}",
        "the computed specific surface area",
        ((5,),),
        _surface_area("claim6"),
    ),
    Rule(
        7,
        "membrane",
        "substantially as described with reference to Example 1, 2 or 3",
        "recipe and process beside each example's of the same polymer, to three "
        "digits: met without a departure, not met with another polymer, else not "
        'decidable, for "substantially" has no limit',
        ((1,),),
        _as_examples,
    ),
    Rule(
        8,
        "membrane",
        "a structure substantially as shown in Figure 1",
        "nothing: the figure is a photograph, so it is never met here; not met "
        "without claim 1",
        ((1,),),
        _as_figure,
    ),
    Rule(
        9,
        "process",
        "polymer dissolved in a good solvent, spread on a support, demixed at the "
        "surface so that the layer of minimum pores comes inside, immersed in a "
        "solidifying liquid",
        "good solvent in the recipe, the depth demixed in the air, the state of the "
        "layer; support and bath are there in every process that runs",
        (),
        _process,
    ),
    Rule(
        10,
        "process",
        "water as the solidifying liquid, and a polar good solvent compatible with it",
        "the first bath: all water is met, none is not, a mixture is not decidable; a "
        "good solvent that page 7 names (dichloroethane left out), any other is not "
        "decidable",
        ((9,),),
        _water_bath,
    ),
    Rule(
        11,
        "process",
        "air of {absolute_humidity.claim} of water blown on at {air_speed.claim}",
        "humidity ratio and air speed of one step in air that takes time; a cover is "
        "still air; a transfer coefficient without a speed is not decidable",
        ((10,),),
        _humid_air,
    ),
    Rule(
        12,
        "process",
        "good solvent to nonsolvent {good_solvent_to_nonsolvent.claim}",
        "masses of the parts with these roles, stocks taken apart; without a "
        "nonsolvent the ratio is 100:0",
        (_to(11, 9),),
        _solvents,
    ),
    Rule(
        13,
        "process",
        "a polymer solution of {polymer_concentration.claim}",
        "mass fraction of the membrane polymer",
        (_to(12, 9),),
        _concentration,
    ),
    Rule(
        14,
        "process",
        "a swelling agent in the polymer solution",
        "mass fraction of the parts with this role",
        (_to(13, 9),),
        _swelling_agent,
    ),
    Rule(
        15,
        "process",
        "the swelling agent added as a solution of "
        "{swelling_agent_solution.concentration} in "
        "{swelling_agent_solution.amount}",
        "one stock that holds a swelling agent: its mass fraction there, and the "
        "volume of the stock over that of the good solvent and nonsolvent outside of "
        "such stocks",
        ((14,),),
        _swelling_solution,
    ),
    Rule(
        16,
        "process",
        "substantially as described with reference to Example 1, 2 or 3",
        "as claim 7",
        ((9,),),
        _as_examples,
    ),
    Rule(
        17,
        "process",
        "a process of claims 9 to 16 that makes a membrane of claims 1 to 6",
        "those claims alone",
        (_to(16, 9), _to(6)),
    ),
    Rule(
        18,
        "use",
        "a membrane of claims 1 to 8 or made by claims 9 to 16, when it filters small "
        "particles",
        "nothing more: a use is no property of a membrane, so it is never met here; "
        "not met where none of those claims is",
        (_to(16),),
        _use,
    ),
)


def _asks(rule: Rule) -> str:
    """Return what a claim asks, the patent's limits put in their places."""
    parts = []
    for number, piece in enumerate(rule.asks.replace("}", "{").split("{")):
        name, _, which = piece.partition(".")
        parts.append(window(name, which).text if number % 2 else piece)
    return "".join(parts)


def _names(numbers: tuple[int, ...]) -> str:
    """Return claims by their numbers: ``claim 9``, ``claims 9 to 13``."""
    if len(numbers) == 1:
        return f"claim {numbers[0]}"
    return f"claims {numbers[0]} {'or' if len(numbers) == 2 else 'to'} {numbers[-1]}"


def _parents(rule: Rule, verdicts: Mapping[int, str]) -> tuple[list[str], list[str]]:
    """Return the verdict of each group a claim depends on, and what to say of it."""
    found, told = [], []
    for group in rule.depends:
        found.append(_one_of([verdicts[each] for each in group]))
        if found[-1] != MET:
            one = "" if len(group) == 1 else "one of "
            told.append(f"it needs {one}{_names(group)}: {found[-1]}")
    return found, told


def check(membrane: Membrane) -> Claims:
    """Tell of each of the patent's 18 claims whether a membrane meets it.

    Parameters
    ----------
    membrane : Membrane
        What `simulate` returned, of a run that reached its end. Claims on the process
        need the case that it holds.

    Returns
    -------
    Claims
        ``claims[11]`` is the eleventh; ``str()`` a table; each has its verdict, the
        numbers that decide and the limits they are held against.

    Raises
    ------
    InputError
        If it is no membrane, or of a run that did not succeed.

    Examples
    --------
    >>> from membranekit.simulation import simulate
    >>> run = cases.read_case("example2").replace({"air.time": "4 s"}).runs[0]
    >>> found = check(simulate(run.solution, run.process, cells=40, history=False))
    >>> found[11].verdict
    'met'
    >>> print(found[11].numbers[1])
    air speed: 2 m/s (asked: more than 0.2 m/s)
    >>> found[12].verdict, found[12].numbers[0].shown
    ('not met', '1.13 %')

    References
    ----------
    GB 2 199 786 A, claims 1 to 18.
    """
    if not isinstance(membrane, Membrane):
        several = isinstance(membrane, (list, tuple))
        what = "a list: check one at a time" if several else "no membrane"
        raise InputError(
            f"membrane: {type(membrane).__name__} is {what}; give what simulate returns"
        )
    if not membrane.success:
        why = membrane.message or "no reason is given"
        raise InputError(
            f"membrane: its run did not succeed ({why}); the claims are of a finished "
            "membrane, so mend the run first"
        )
    made = _Made(membrane, *run_of(membrane))
    verdicts: dict[int, str] = {}
    found = []
    for rule in RULES:
        own = rule.own(made)
        above, told = _parents(rule, verdicts)
        verdicts[rule.number] = verdict = _all_of([own.verdict, *above])
        why = "; ".join(filter(None, [own.why, *told]))
        if not why and not own.numbers:
            why = "; ".join(
                f"{'' if len(group) == 1 else 'one of '}{_names(group)}: met"
                for group in rule.depends
            )
        found.append(
            Claim(rule.number, rule.subject, _asks(rule), verdict, own.numbers, why)
        )
    return Claims(membrane.title, tuple(found))


def markdown() -> str:
    """Return the table of ``docs/claims.md``: what each claim asks, what decides it.

    Examples
    --------
    >>> markdown().splitlines()[2].startswith("| 1 | membrane | ")
    True
    """
    lines = [
        "| claim | of the | asks for | with | decided by |",
        "|--:|---|---|---|---|",
    ]
    for rule in RULES:
        depends = " and ".join(_names(group) for group in rule.depends) or "-"
        cells = (str(rule.number), rule.subject, _asks(rule), depends, rule.decided)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
