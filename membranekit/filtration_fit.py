"""Fit what the filtration model has to have fitted, from rows marked ``calibrate``.

Two numbers of `filtration.capture`, PASSAGE and HETEROGENEITY, go to the particles that
sheet A and two of it face to face let pass; `latex_share` is fitted to the one volume
of Example 4 that is marked so. `rows` is the only reader of the data and drops the rows
marked ``predict``; `table2` and `example4` say what follows for all.

References
----------
GB 2 199 786 A, Table 2 and Example 4; ``membranekit/data/examples.toml``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import tomli

from membranekit import units
from membranekit.errors import InputError, MembranekitError
from membranekit.filters import stack
from membranekit.filtration import capture, sheets
from membranekit.filtration.permeance import permeance
from membranekit.membrane import Membrane

TEST_PRESSURE = "1 atm"
"""Pressure of the particle test, which the patent does not give; chosen."""

_PRESSURE = 101325.0


@dataclass(frozen=True)
class CaptureConstants:
    """What is fitted: PASSAGE and HETEROGENEITY of `filtration.capture` [1]."""

    passage: float
    heterogeneity: float


@dataclass(frozen=True)
class Example4:
    """Volumes to the end point [m] of both membranes, and the share of latex used [1].

    `share` is fitted to the comparative membrane's volume at J/J0 = 0.1.
    """

    share: float
    end: float
    comparative: float | None
    example3: float | None

    @property
    def ratio(self) -> float | None:
        """Volume of Example 3's membrane over the comparative one's [1]."""
        if self.comparative is None or self.example3 is None:
            return None
        return self.example3 / self.comparative


def _data(text: str | None) -> dict[str, Any]:
    if text is None:
        place = files("membranekit") / "data" / "examples.toml"
        text = place.read_text(encoding="utf-8")
    return tomli.loads(text)


def rows(table: str, text: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the rows of ``table2`` or ``example4`` that may be fitted to, by membrane.

    Examples
    --------
    >>> sorted(rows("example4"))
    ['comparative example']
    """
    return {
        row["membrane"]: row
        for row in _data(text)[table]["rows"]
        if row.get("role") == "calibrate"
    }


def _passed(letter: str, text: str | None) -> float:
    """Return the share of the particles that a sheet of Table 2 passed."""
    fed = float(str(_data(text)["table2"]["particles_fed"]).partition(" ")[0])
    for name, row in rows("table2", text).items():
        if name.partition(":")[0] == letter and "particles_passed" in row:
            return float(row["particles_passed"]) / fed
    raise InputError(f"Table 2 has no particles of {letter} to fit to")


def _particle(table: dict[str, Any]) -> float:
    return 1e-6 * float(str(table["particle_diameter"]).removesuffix(" um"))


def fit_capture(text: str | None = None) -> CaptureConstants:
    """Fit passage and heterogeneity to the particles that A and A' pass.

    Two numbers, two constants: for each passage the heterogeneity is the one that
    gives A, and the passage is the one with which A' follows.

    Parameters
    ----------
    text : str, optional
        The data as TOML; default the shipped file.

    Returns
    -------
    CaptureConstants
        The shipped ones, to 1e-3.

    Raises
    ------
    MembranekitError
        If no pair of constants meets both.

    Examples
    --------
    >>> found = fit_capture()
    >>> abs(found.passage / capture.PASSAGE - 1.0) < 1e-3
    True
    """
    sheet = sheets.marketed("A")
    profile = sheet.depth, sheet.porosity, sheet.pore_diameter
    particle = _particle(_data(text)["table2"])
    one, two = (-math.log10(_passed(letter, text)) for letter in ("A", "A'"))
    flux = _PRESSURE * permeance(*profile, sheets.WATER_VISCOSITY)

    def captures(passage: float, number: int) -> float:
        found = capture.path_capture(
            *profile,
            particle,
            flux=flux / number,
            viscosity=sheets.WATER_VISCOSITY,
            passage=passage,
        )
        return number * found.mean

    def heterogeneity(passage: float) -> float | None:
        mean = captures(passage, 1)
        if mean <= one * math.log(10.0) * (1.0 + 1e-9):
            return None

        def short(log_k: float) -> float:
            return capture.log_reduction(mean, math.exp(log_k)) - one

        return math.exp(_bisect(short, math.log(1e-2), math.log(1e9)))

    def error(passage: float) -> float:
        k = heterogeneity(passage)
        # all paths alike: the two sheets' reductions add, which is too much
        reduction = (
            2.0 * one if k is None else capture.log_reduction(captures(passage, 2), k)
        )
        return reduction - two

    widest = particle / float(sheet.pore_diameter.min())
    passage = _bisect(error, 0.5, widest)
    found = heterogeneity(passage)
    if found is None or abs(error(passage)) > 1e-6:
        raise MembranekitError("no passage and heterogeneity meet both A and A'")
    return CaptureConstants(passage, found)


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function changes its sign between two ends."""
    begin = function(low)
    if begin * function(high) > 0.0:
        raise MembranekitError("the fit found no constant that meets its rows")
    for _ in range(100):
        middle = 0.5 * (low + high)
        if function(middle) * begin > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def marketed(name: str) -> Membrane:
    """Return sheet A or B of Table 2, or A' (two A face to face), as a membrane.

    Parameters
    ----------
    name : str
        ``"A"``, ``"B"`` or ``"A'"``. One sheet A has its finest pores at depth 0.

    Examples
    --------
    >>> print(round(marketed("B").permeance.m_as("ml/(cm**2 min atm)"), 1))
    15.0
    """
    if name == "A'":
        one = marketed("A")
        return stack(one.flipped(), one)
    sheet = sheets.marketed(name)
    return Membrane.from_profile(
        units.make(sheet.depth, "m"),
        units.make(sheet.pore_diameter, "m"),
        units.make(100.0 * sheet.porosity, "percent"),
        polymer=sheet.polymer,
        name=f"marketed sheet {name}",
    )


def table2(example2: Membrane) -> dict[str, float]:
    """Return how many of 1e6 particles each membrane of Table 2 passes.

    Parameters
    ----------
    example2 : Membrane
        The simulated membrane of Example 2, 4 s.

    Returns
    -------
    dict
        Numbers by ``"example2, 4 s"``, ``"A"``, ``"B"`` and ``"A'"``.
    """
    data = _data(None)["table2"]
    fed = float(str(data["particles_fed"]).partition(" ")[0])
    tested = {"example2, 4 s": example2}
    tested.update((name, marketed(name)) for name in ("A", "B", "A'"))
    return {
        name: fed
        * membrane.retention(
            data["particle_diameter"], pressure=TEST_PRESSURE, prewetted=True
        ).passed_fraction
        for name, membrane in tested.items()
    }


def _filtered(membrane: Membrane, end: float) -> float | None:
    """Return the volume [m] that a membrane filters of Example 4's suspension."""
    example = _data(None)["example4"]
    found = membrane.throughput(
        example["suspension"]["particle_diameter"],
        example["suspension"]["concentration"],
        pressure=example["pressure_difference"],
        end=end,
        prewetted=True,
    )
    return None if found.volume is None else float(found.volume.m_as("m"))


def latex_share(
    comparative: Membrane, text: str | None = None, end: float = 0.1
) -> float:
    """Fit Example 4's one constant to the volume that blocked the comparative sheet.

    The share of the printed latex that a sheet in which every contact holds, as those
    of Table 2 have it, can have met: taken literally the latex is many monolayers of
    all its walls. A volume goes with the inverse of the concentration, so this needs no
    search, and no ratio of volumes depends on it.

    Parameters
    ----------
    comparative : Membrane
        The simulated membrane of the comparative example.
    text : str, optional
        The data as TOML; default the shipped file.
    end : float
        Share of the clean flux that counts as blocked [1].

    Returns
    -------
    float
        Between 0 and 1 [1].

    Raises
    ------
    MembranekitError
        If the sheet is not blocked, or by more latex than was printed.
    """
    (row,) = rows("example4", text).values()
    wanted = 1e-2 * float(str(row["volume_to_blocking"]).removesuffix(" ml/cm**2"))
    found = _filtered(comparative, end)
    if found is None or found > wanted:
        raise MembranekitError(
            "no share of the latex between 0 and 1 makes the comparative membrane "
            f"filter {100 * wanted:g} ml/cm**2"
        )
    return found / wanted


def example4(
    comparative: Membrane,
    example3: Membrane,
    ends: tuple[float, ...] = (0.1, 0.05, 0.3),
) -> list[Example4]:
    """Return the volumes of Example 4 at several end points, with one share of latex.

    Parameters
    ----------
    comparative, example3 : Membrane
        The simulated membranes of the comparative example and of Example 3, 15 s.
    ends : tuple of float
        Shares of the clean flux that count as blocked [1]. The share of the latex is
        fitted at 0.1 alone.
    """
    share = latex_share(comparative)

    def thinned(membrane: Membrane, end: float) -> float | None:
        found = _filtered(membrane, end)
        return None if found is None else found / share

    return [
        Example4(share, end, thinned(comparative, end), thinned(example3, end))
        for end in ends
    ]
