"""Measured cloud points that come with the library, and how sets of interactions do.

`cloud_points` reads the tables, `compare` puts the binodal of every set of interactions
of a system beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from membranekit import library
from membranekit.errors import InputError, MembranekitError
from membranekit.mixtures import mixture_of
from membranekit.thermo import phase_diagram

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from membranekit.thermo.phase_diagram import Ternary

Floats = NDArray[np.float64]

ROOM_TEMPERATURE = 298.15
"""At which a table without a temperature is compared [K]."""


@dataclass(frozen=True, eq=False)
class CloudPointTable:
    """Compositions at which solutions of one laboratory clouded.

    Parameters
    ----------
    name : str
        Short: who and when.
    components : tuple of str
        Canonical names.
    mass_fractions : array, shape (n_row, n)
        In the order of `components`, read-only; each row sums to 1 [1].
    temperature : float or None
        None: not stated [K].
    uncertainty : array, shape (n_row,), or None
        Of the titrated component, read-only; None: not stated [1].
    source : str
        Where it was published and where it was read.
    basis : str
        ``measured``, as all of them.
    """

    name: str
    components: tuple[str, ...]
    mass_fractions: Floats
    temperature: float | None
    uncertainty: Floats | None
    source: str
    basis: str = "measured"

    def ordered(self, components: Sequence[str]) -> CloudPointTable:
        """Return the table with its components in another order."""
        order = [self.components.index(name) for name in components]
        return CloudPointTable(
            self.name,
            tuple(components),
            _frozen(self.mass_fractions[:, order]),
            self.temperature,
            self.uncertainty,
            self.source,
            self.basis,
        )


@dataclass(frozen=True, eq=False)
class Comparison:
    """A table of cloud points and the binodal of one set of interactions.

    Parameters
    ----------
    set_name : str
        The set.
    preferred : bool
        Whether it is the one that is used unless another is named.
    table : CloudPointTable
        Components in the order nonsolvent, solvent, polymer.
    temperature : float
        Of the binodal: the table's, or 25 degC where it has none [K].
    errors : array, shape (n_row,)
        Mass fraction of the nonsolvent on the binodal at the row's mass fraction of
        polymer, minus the measured one [1].
    """

    set_name: str
    preferred: bool
    table: CloudPointTable
    temperature: float
    errors: Floats

    @property
    def rms(self) -> float:
        """Return the root mean square of the errors [1]."""
        return float(np.sqrt(np.mean(self.errors**2)))

    @property
    def bias(self) -> float:
        """Return the mean of the errors [1]."""
        return float(np.mean(self.errors))


def cloud_points(components: Sequence[str]) -> tuple[CloudPointTable, ...]:
    """Return the measured cloud points of a system.

    Parameters
    ----------
    components : sequence of str
        Any names of all its components; their order is that of the fractions.

    Returns
    -------
    tuple of CloudPointTable
        One for each source; empty if none is known.

    Raises
    ------
    MaterialError
        A component is no known substance.

    Examples
    --------
    >>> tables = cloud_points(["water", "NMP", "PES"])
    >>> [(table.name, len(table.mass_fractions)) for table in tables]
    [('Lau 1991, Fig. 1', 10), ('Wang 1993', 1), ('Lau 1991, Fig. 2', 5)]
    >>> tables[0].mass_fractions[0].tolist()
    [0.1098, 0.7565, 0.1337]
    """
    names = [library.lookup(name, home=library.BUILTIN).name for name in components]
    return tuple(
        table.ordered(names)
        for table in all_cloud_points()
        if set(table.components) == set(names) and len(names) == len(table.components)
    )


@lru_cache(maxsize=1)
def all_cloud_points() -> tuple[CloudPointTable, ...]:
    """Return every table that comes with the library."""
    folder = files("membranekit") / "data" / "cloudpoints"
    tables: list[CloudPointTable] = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".csv"):
            tables += _read(file)
    return tuple(tables)


def _read(file: Traversable) -> list[CloudPointTable]:
    """Return the tables of a file: rows that name the same source.

    Comments say ``# key: where the rows with this key were published``. Columns bear
    canonical names: no other substance has to be read for them.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    comments = [line[1:].strip() for line in lines if line.startswith("#")]
    sources = dict(line.split(": ", 1) for line in comments if ": " in line)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    names = [title.removeprefix("w_") for title in rows[0] if title.startswith("w_")]
    tables = []
    for key in dict.fromkeys(row["source"] for row in rows):
        own = [row for row in rows if row["source"] == key]
        celsius = own[0]["T_C"]
        percent = [row.get("uncertainty [wt%]") for row in own]
        tables.append(
            CloudPointTable(
                name=key,
                components=tuple(names),
                mass_fractions=_frozen(
                    [[float(row[f"w_{name}"]) for name in names] for row in own]
                ),
                temperature=float(celsius) + 273.15 if celsius else None,
                uncertainty=(
                    _frozen([float(each) / 100 for each in percent if each])
                    if all(percent)
                    else None
                ),
                source=sources[key],
            )
        )
    return tables


def _frozen(values: object) -> Floats:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


def disagreement(one: CloudPointTable, other: CloudPointTable) -> float | None:
    """Return by how much two laboratories differ in the nonsolvent.

    Parameters
    ----------
    one, other : CloudPointTable
        With the same components: nonsolvent, solvent, polymer.

    Returns
    -------
    float or None
        Root mean square, over the rows of `other` whose polymer mass fraction lies
        within those of `one`, of the difference to straight lines through `one` [1];
        None if no row does.

    Examples
    --------
    >>> lau, wang, _, qin = cloud_points(["water", "DMAc", "PSF"])
    >>> round(disagreement(lau, qin), 4)
    0.0085
    """
    order = np.argsort(one.mass_fractions[:, 2])
    nonsolvent, _, polymer = one.mass_fractions[order].T
    inside = (other.mass_fractions[:, 2] >= polymer[0]) & (
        other.mass_fractions[:, 2] <= polymer[-1]
    )
    if not inside.any():
        return None
    rows = other.mass_fractions[inside]
    difference = rows[:, 0] - np.interp(rows[:, 2], polymer, nonsolvent)
    return float(np.sqrt(np.mean(difference**2)))


def compare(
    components: Sequence[str], interactions: str | None = None
) -> tuple[Comparison, ...]:
    """Return how the sets of interactions of a system do at its cloud points.

    The binodal is that of both phases: below the critical point a row lies on the
    branch that is poor in polymer.

    Parameters
    ----------
    components : sequence of str
        Nonsolvent, solvent and polymer.
    interactions : str, optional
        The name of one set; without it every set of these components and no others.

    Returns
    -------
    tuple of Comparison
        Every table beside every set, the preferred set first.

    Raises
    ------
    InputError
        These are not three components.
    MaterialError
        No set has the name, or it lacks a component.
    MembranekitError
        A set has no binodal that closes at a critical point.

    Examples
    --------
    >>> found = compare(["water", "NMP", "PES"])[0]
    >>> found.set_name, found.table.name, round(found.rms, 4)
    ('water-NMP-PES, UNIFAC-DO refit', 'Lau 1991, Fig. 1', 0.0067)
    """
    names = [library.lookup(name, home=library.BUILTIN).name for name in components]
    if len(set(names)) != 3:
        raise InputError(
            "components: cloud points are compared for three components, nonsolvent, "
            f"solvent and polymer, not for {', '.join(names) or 'none'}"
        )
    density = np.array([library.builtin(name).get("density").at() for name in names])
    tables = cloud_points(names)
    found = []
    sets = (
        library.interaction_sets(names)
        if interactions is None
        else [library.interaction_set(names, interactions)]
    )
    for each in sets:
        diagrams: dict[float, Ternary] = {}
        for table in tables:
            temperature = table.temperature or ROOM_TEMPERATURE
            if temperature not in diagrams:
                mixture = mixture_of(names, each)
                diagrams[temperature] = phase_diagram.ternary(mixture, temperature)
            errors = [
                nonsolvent_on_binodal(diagrams[temperature], density, row[2]) - row[0]
                for row in table.mass_fractions
            ]
            found.append(
                Comparison(
                    each.name, each.preferred, table, temperature, _frozen(errors)
                )
            )
    return tuple(found)


def nonsolvent_on_binodal(diagram: Ternary, density: Floats, polymer: float) -> float:
    """Return the nonsolvent with which a solution of given polymer content clouds.

    On ``sum_i rho_i phi_i (delta_i,polymer - w_polymer) = 0``, both phases solved for.

    Parameters
    ----------
    diagram : Ternary
        Nonsolvent, solvent, polymer.
    density : array, shape (3,)
        [kg/m3]
    polymer : float
        Mass fraction of the polymer at the cloud point [1].

    Returns
    -------
    float
        Mass fraction of the nonsolvent [1].

    Raises
    ------
    MembranekitError
        The binodal does not reach this content.
    """
    point = diagram.on_binodal(density * (np.array([0.0, 0.0, 1.0]) - polymer))
    if point is None:
        raise MembranekitError(
            f"the binodal does not reach a polymer mass fraction of {polymer:g}"
        )
    return float(point[0] * density[0] / (point @ density))


def pooled_rms(comparisons: Sequence[Comparison]) -> float:
    """Return the root mean square over the rows of several tables [1].

    Examples
    --------
    >>> both = [c for c in compare(["water", "NMP", "PES"]) if c.preferred]
    >>> pooled_rms(both) < 0.006
    True
    """
    errors = np.concatenate([each.errors for each in comparisons])
    return float(np.sqrt(np.mean(errors**2)))
