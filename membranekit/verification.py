"""Exact cases as functions of their parameters, run through the kernel of `simulate`.

Each case sets the film's kernel to the physics of an exact or cross-checked solution,
by the same parameters that set it to a casting solution's, and shows the kernel's
steps. What a case should give stands in the tests and in ``docs/verification.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit._kernels import coexistence
from membranekit._kernels.film import MESSAGES, TROUBLES, Film
from membranekit.errors import InputError, MembranekitError
from membranekit.thermo.flory_huggins import WATER_VOLUME, pair_index
from membranekit.transport.grid import graded
from membranekit.transport.model import GAS_CONSTANT, linear, vapor_law

Floats = NDArray[np.float64]

CELLS = 200
RTOL = 1e-6
ROOM = 298.15
FIRST_CELL = 0.05
"""First cell over the mean one [1]: the grid of half the cells is its every second."""
LARGE = 1e9
"""A resistance or a store this many times the other counts as none or endless [1]."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a case gives, and the kernel's accepted steps."""

    steps: int

    def __post_init__(self) -> None:
        self._lock()

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickle and deepcopy drop the read-only flag.
        self.__dict__.update(state)
        self._lock()

    def _lock(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, each.name), getattr(other, each.name))
            for each in fields(self)
        )

    def __hash__(self) -> int:
        return hash((type(self), self.steps))


# ------------------------------------------------------------------ setting a film


def _widths(total: float, cells: int) -> Floats:
    if isinstance(cells, bool) or not isinstance(cells, int) or cells < 2:
        raise InputError(f"cells is {cells!r}: a whole number of 2 or more is needed")
    return graded(total, FIRST_CELL * total / cells, cells)


def _constants(count: int, g: Mapping[tuple[int, int], float]) -> Floats:
    """Return the table of constant interactions V0 g_ij/V_ref by pair i < j."""
    table = np.zeros((count * (count - 1) // 2, 5, 5))
    for (i, j), value in g.items():
        table[pair_index(i, j), 0, 0] = value
    return table


def _film(
    polymer: Floats,
    amounts: Floats,
    volumes: Floats,
    drag: Floats,
    *,
    temperature: float = ROOM,
    table: Floats | None = None,
    rational: Floats | None = None,
    groups: NDArray[np.intc] | None = None,
    henry: Floats | None = None,
    pairs: Floats | None = None,
    obstruction: float = 0.0,
    crowding: float = 0.0,
    free_volume: Floats | None = None,
    heat_capacity: float = 1.0,
    bath_cells: int = 0,
) -> Film:
    """Return a film of frictions drag (n) and pairs (n (n - 1)/2, 2) [s/m2].

    Without interactions it is ideal; it neither arrests nor bears a network.
    """
    n = amounts.size
    count = n * (n + 1) // 2
    film = Film(
        polymer,
        np.tile(amounts, (polymer.size, 1)),
        volumes,
        most_bath_cells=bath_cells,
        support_nodes=2,
    )
    rational = np.zeros((count, 2)) if rational is None else rational
    film.set_mixture(
        np.zeros((count, 5, 5)) if table is None else table,
        np.ascontiguousarray(rational[:, 0]),
        np.ascontiguousarray(rational[:, 1]),
        groups=groups,
        henry=henry,
    )
    small = np.zeros((n * (n - 1) // 2, 2, 2))
    small[:, :, 0] = 0.0 if pairs is None else np.log(pairs)
    none = np.zeros((n, 2))
    film.set_friction(
        small,
        np.zeros(n),
        none,
        none,
        np.column_stack([np.log(drag), np.zeros(n)]),
        np.zeros(2),
        slowdown=1.0,
        intrinsic=0.0,
        martin=0.0,
        network_modulus=0.0,
        obstruction=obstruction,
        crowding=crowding,
        free_volume=free_volume,
    )
    film.set_arrest(0, np.ones(n + 1), np.ones(n + 1), 0.0, np.zeros(3))
    # a support that is as warm as the film and takes next to no heat
    film.set_support(
        1e-6,
        1e-3 * heat_capacity,
        1.0,
        temperature,
        False,
        temperature,
        np.full(n + 1, heat_capacity),
        1.0,
    )
    return film


def _begin_air(
    film: Film,
    speed: Floats,
    far: Floats,
    *,
    saturation: Floats | None = None,
    enthalpy: Floats | None = None,
    pressure: float = math.inf,
    temperature: float = ROOM,
    heat_coefficient: float = 0.0,
) -> None:
    """Start air: gas coefficients [m/s], far pressures and ln p = a + b/T + c ln T.

    Without saturation pressures these are 1 Pa; an infinite pressure: no drift.
    """
    n = film.n
    status = film.begin_air(
        np.ones(n),
        np.column_stack([speed, np.zeros(n)]),
        far,
        np.zeros((n, 3)) if saturation is None else saturation,
        np.zeros((n, 2)) if enthalpy is None else enthalpy,
        pressure=min(pressure, 1e30),
        temperature=temperature,
        heat_coefficient=heat_coefficient,
        cover_gap=0.0,
    )
    _require(film, status)


def _require(film: Film, status: int) -> None:
    if status != 0:
        why = TROUBLES.get(film.trouble, "")
        raise MembranekitError(
            f"the kernel stopped at {film.time:g} s: {MESSAGES[status]}; {why}"
        )


def _advance(film: Film, time: float, rtol: float) -> None:
    if time > film.time:
        _require(film, film.advance(time, time, rtol=rtol))


def _at_base(values: Floats, widths: Floats) -> float:
    """Return a value at the sealed base, where it has no slope, from two cells."""
    near, far = 0.5 * widths[-1], widths[-1] + 0.5 * widths[-2]
    curvature = (values[-2] - values[-1]) / (far**2 - near**2)
    return float(values[-1] - curvature * near**2)


# --------------------------------------------------------------------- reading input


def _times(given: Any) -> list[float]:
    """Return times [s], rising, of one text, a list, or a quantity of either."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = [given]
    found = [units.si(each, "time", "times") for each in given]
    if not found or any(b <= a for a, b in zip([0.0, *found], found, strict=False)):
        raise InputError("times: must rise from above 0 s")
    return found


def _tolerance(rtol: float) -> float:
    if not 1e-12 <= rtol <= 0.1:
        raise InputError(f"rtol is {rtol!r}: a number from 1e-12 to 0.1 is needed")
    return rtol


def _positive(given: Any, kind: str, name: str) -> float:
    value = units.si(given, kind, name)
    if not value > 0.0:
        raise InputError(f"{name} is {given}: it must be above zero")
    return value


def _below_all(given: Any, name: str) -> float:
    value = units.si(given, "volume_fraction", name)
    if not value < 1.0:
        raise InputError(f"{name} is {given}: less than 100 % is needed")
    return value


def _fractions(given: Mapping[str, float], names: tuple[str, ...], what: str) -> Floats:
    """Return bare fractions that add up to 1, by name; what is not named is 0."""
    for name, value in given.items():
        if name not in names:
            raise InputError(f"{what}: {name!r} is not in this case, {names} are")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{what}.{name}: {value!r} must be a number from 0 to 1")
    parts = np.array([float(given.get(name, 0.0)) for name in names])
    if not (np.all(parts >= 0.0) and abs(parts.sum() - 1.0) < 1e-6):
        raise InputError(f"{what}: fractions from 0 to 1 must add up to 1, {parts}")
    return np.asarray(parts / parts.sum())


# ------------------------------------------------------------- one solvent, one film


@dataclass(frozen=True, eq=False)
class FilmEvaporation(Result):
    """A film that loses or takes up one solvent; arrays by time.

    An amount is the volume of solvent per volume of polymer.

    Parameters
    ----------
    surface_amount, base_amount, mean_amount : array, shape (times)
        At the surface, at the support and on average [1].
    exchanged : array, shape (times)
        Share of the way from the first to the last amount, M_t/M_inf [1].
    coordinate : array, shape (cells)
        Polymer above each cell's center over all polymer [1].
    amount : array, shape (times, cells)
        In the cells [1].
    """

    surface_amount: Floats
    base_amount: Floats
    mean_amount: Floats
    exchanged: Floats
    coordinate: Floats
    amount: Floats
    _time: Floats
    _polymer: float

    @property
    def time(self) -> Any:
        """The times [s]."""
        return units.make(self._time, "s")

    @property
    def thickness(self) -> Any:
        """Thickness of the film at these times [um]."""
        return units.make(1e6 * self._polymer * (1.0 + self.mean_amount), "um")

    @property
    def surface_polymer(self) -> Floats:
        """Volume fraction of polymer at the surface, shape (times) [1]."""
        return 1.0 / (1.0 + self.surface_amount)

    @property
    def base_polymer(self) -> Floats:
        """Volume fraction of polymer at the support, shape (times) [1]."""
        return 1.0 / (1.0 + self.base_amount)


def film_evaporation(
    *,
    wet_thickness: Any = "150 um",
    solvent: Any = "80 %",
    surrounding: Any = "0 %",
    diffusivity: Any = "1e-11 m**2/s",
    transfer_coefficient: Any = "3.33333e-7 m/s",
    times: Any = ("1 s", "10 s", "100 s"),
    cells: int = CELLS,
    rtol: float = RTOL,
) -> FilmEvaporation:
    """Dry, or wet, a film of one solvent whose diffusion is linear.

    In polymer-fixed coordinates, u the volume of solvent per volume of polymer,
    ``du/dt = K d2u/dm2``, sealed at the support, with the flux ``k (u - u_inf)`` out of
    the surface: Crank's plane sheet with surface resistance, Bi = k M/K for M of
    polymer, however much the film shrinks. Henry's law and a drag of the polymer that
    grows with its fraction make the kernel's film such a film.

    Parameters
    ----------
    wet_thickness : text or quantity
        At the start [um].
    solvent, surrounding : text or quantity
        Volume fraction of solvent at the start, and of a film at equilibrium with the
        air [percent].
    diffusivity : text or quantity
        K; that of the volume-fixed frame times the square of the polymer's fraction
        [m**2/s].
    transfer_coefficient : text, quantity or None
        k on u [m/s]; None: the surface is at equilibrium at once.
    times : text or quantity, or a sequence of them
        When to look [s].
    cells : int
        Cells of the film [1].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.

    References
    ----------
    Crank, The Mathematics of Diffusion, 2nd ed., 1975, sec. 4.3.2 (constant surface)
    and 4.3.6 (surface resistance, eq. 4.50 to 4.53), sec. 10.6.4 (polymer-fixed frame).

    Examples
    --------
    >>> dry = film_evaporation(times=["100 s"], cells=40)
    >>> print(f"{dry.thickness[0]:.1f}", dry.steps > 20)
    82.0 micrometer True
    """
    thickness = _positive(wet_thickness, "film_thickness", "wet_thickness")
    start, end = (
        value / (1.0 - value)
        for value in (
            _below_all(solvent, "solvent"),
            _below_all(surrounding, "surrounding"),
        )
    )
    if start == end:
        raise InputError("solvent: equals surrounding, so that nothing would happen")
    slope = _positive(diffusivity, "diffusivity", "diffusivity")
    polymer = thickness / (1.0 + start)
    speed = LARGE * slope / polymer
    if transfer_coefficient is not None:
        speed = _positive(
            transfer_coefficient, "mass_transfer_coefficient", "transfer_coefficient"
        )
    found_times = _times(times)
    widths = _widths(polymer, cells)
    volumes = np.array([WATER_VOLUME, 1.0])
    film = _film(
        widths,
        np.array([max(start, 1e-9 * end)]),
        volumes,
        np.array([1.0 / slope]),
        henry=np.ones(1),
        crowding=1.0,
    )
    # k u = V k_gas p/(R T) with p = u Pa
    gas = np.array([speed * GAS_CONSTANT * ROOM / WATER_VOLUME])
    _begin_air(film, gas, np.array([end]))
    surface, base, mean, amount = [], [], [], []
    for time in found_times:
        _advance(film, time, _tolerance(rtol))
        u = film.film_amounts()[:, 0]
        amount.append(u)
        mean.append(float(widths @ u / polymer))
        surface.append(float(np.exp(film.surface_potentials()[0])))
        base.append(_at_base(u, widths))
    return FilmEvaporation(
        steps=film.steps,
        surface_amount=np.array(surface),
        base_amount=np.array(base),
        mean_amount=np.array(mean),
        exchanged=(np.array(mean) - start) / (end - start),
        coordinate=(np.cumsum(widths) - 0.5 * widths) / polymer,
        amount=np.array(amount),
        _time=np.array(found_times),
        _polymer=polymer,
    )


# -------------------------------------------------------------- self-similar immersion

ACETATE = ("water", "acetone", "CA")
"""Components of the immersion case."""

_DENSITY = np.array([1000.0, 785.7, 1310.0])
_MOLAR_MASS = np.array([0.018, 0.05808, 40.0])
_FUJITA = (7.70133e-21, 0.0335087, 0.00337608)
_D12 = 5.03e-9
REFERENCE_DIFFUSIVITY = 1e-9
"""To which the immersion's fluxes and places are scaled [m2/s]."""


@dataclass(frozen=True, eq=False)
class SelfSimilarImmersion(Result):
    """The interface and the film of a semi-infinite immersion.

    Parameters
    ----------
    surface, bath_side : dict
        Volume fractions at the interface, in the film and in the bath [1].
    flux : dict
        ``j sqrt(t/D)`` into the film, relative to the polymer, D = 1e-9 m2/s [1].
    demixed : bool
        Whether any cell of the film demixed: then there is no similarity solution.
    place : array, shape (cells)
        ``m/sqrt(D t)`` of the cells, m the polymer's volume per area above [1].
    volume_fraction : array, shape (cells, 3)
        In the cells [1].
    """

    surface: dict[str, float]
    bath_side: dict[str, float]
    flux: dict[str, float]
    demixed: bool
    place: Floats
    volume_fraction: Floats


def self_similar_immersion(
    *,
    casting: Mapping[str, float],
    bath: Mapping[str, float],
    friction_ratio: float = 1.0,
    bath_diffusivity: Any = "1.2e-9 m**2/s",
    time: Any = "0.1 s",
    wet_thickness: Any = "500 um",
    cells: int = CELLS,
    rtol: float = RTOL,
) -> SelfSimilarImmersion:
    """Immerse a deep film of cellulose acetate in acetone in a deep bath of water.

    Ternary Flory-Huggins thermodynamics with ``g12 = 0.661 + 0.417/(1 - 0.755 u2)``,
    ``g23 = 0.535 + 0.11 phi3``, ``g13 = 1.4`` and Bearman friction, with
    ``D23 = 7.70133e-21 exp(phi2/(0.0335087 phi2 + 0.00337608 (1 - phi1)))`` m2/s,
    ``D13 = D23 V2/(C V1)``, D12 = 5.03e-9 m2/s; in the bath Fick's law and the net
    volume flux; equal potentials at the interface. Everything depends on
    ``m/sqrt(t)`` as long as film and bath are deep.

    Parameters
    ----------
    casting : mapping
        Mass fractions of water, acetone and CA in the casting solution [1].
    bath : mapping
        Volume fractions of water and acetone in the bath [1].
    friction_ratio : float
        C [1].
    bath_diffusivity : text or quantity
        [m**2/s]
    time : text or quantity
        When to look [s].
    wet_thickness : text or quantity
        Depth of the film; the bath is half as deep. Both must reach beyond what moves
        until `time` [um].
    cells : int
        Cells of the film; half as many of the bath [1].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.
    MembranekitError
        If the kernel finds no solution.

    References
    ----------
    Similarity: Reuvers, Smolders, J. Membr. Sci. 34 (1987) 67. Free-volume drag:
    Fujita, Fortschr. Hochpolym.-Forsch. 3 (1961) 1. Constants: the code behind "On the
    search of rigorous thermo-kinetic model", J. Membr. Sci. 2017; C and the bath's
    diffusivity are chosen.

    Examples
    --------
    >>> found = self_similar_immersion(
    ...     casting={"water": 0.02, "acetone": 0.83, "CA": 0.15},
    ...     bath={"water": 1.0},
    ...     cells=60,
    ...     rtol=1e-4,
    ... )
    >>> round(found.bath_side["water"], 2), found.demixed
    (0.54, False)
    """
    mass = _fractions(casting, ACETATE, "casting")
    if not mass[2] > 0.0:
        raise InputError("casting.CA: must be above zero")
    liquid = _fractions(bath, ACETATE[:2], "bath")
    if not friction_ratio > 0.0:
        raise InputError(f"friction_ratio is {friction_ratio!r}: it must be above zero")
    depth = _positive(wet_thickness, "film_thickness", "wet_thickness")
    end = _positive(time, "time", "time")
    spread = _positive(bath_diffusivity, "diffusivity", "bath_diffusivity")
    phi = np.maximum(mass / _DENSITY, 1e-9)
    phi /= phi.sum()
    volumes = _MOLAR_MASS / _DENSITY
    scaled = WATER_VOLUME / volumes
    table = _constants(3, {(0, 1): 0.661 * scaled[0], (0, 2): 1.4 * scaled[0]})
    # water and acetone as one group: the argument of g23 is then phi3 of them all
    table[pair_index(1, 2), :2, 0] = np.array([0.535, 0.11]) * scaled[1]
    rational = np.zeros((3, 2))
    rational[pair_index(0, 1)] = 0.417 * scaled[0], 0.755
    groups = np.array([0, 0, 1], dtype=np.intc)
    before, slope, rest = _FUJITA
    # zeta_iP = V0/(V_i D_i3) = zeta_2P (C for water), D23 with 1 - phi1 = phi2 + phi3
    drag = scaled[1] / before * np.array([friction_ratio, 1.0])
    free_volume = np.array([[0.0, 0.0], [1.0, slope + rest], [0.0, rest]])
    polymer = _widths(depth * phi[2], cells)
    film = _film(
        polymer,
        phi[:2] / phi[2],
        volumes,
        drag,
        table=table,
        rational=rational,
        groups=groups,
        pairs=np.full((1, 2), scaled[0] / _D12),
        free_volume=free_volume,
        bath_cells=max(cells // 2, 2),
    )
    widths = _widths(0.5 * depth, max(cells // 2, 2))
    status = film.begin_bath(
        np.ascontiguousarray(widths[::-1]),
        np.maximum(liquid, 1e-9),
        0,
        np.array([[0.0, 0.0], [math.log(spread), 0.0]]),
        temperature=ROOM,
        heat_coefficient=0.0,
    )
    _require(film, status)
    _advance(film, end, _tolerance(rtol))
    start, node = film.layout()
    interface = film.state()[start[node] : start[node + 1]]
    water = 1.0 - math.exp(interface[3])
    laws = {
        "s": scaled,
        "poly": np.ascontiguousarray(table[:, :, 0]),
        "rational": rational,
        "groups": groups,
    }
    amounts = film.film_amounts()
    surface = _in_equilibrium(film.surface_potentials(), amounts[0], laws)
    whole = np.column_stack([amounts, np.ones(cells)])
    unit = math.sqrt(REFERENCE_DIFFUSIVITY * end)
    flux = -interface[:2] * end / unit
    return SelfSimilarImmersion(
        steps=film.steps,
        surface=dict(zip(ACETATE, surface.tolist(), strict=True)),
        bath_side={"water": water, "acetone": 1.0 - water},
        flux={"water": float(flux[0]), "acetone": float(flux[1])},
        demixed=bool(np.isfinite(film.clocks()[0][0]).any()),
        place=(np.cumsum(polymer) - 0.5 * polymer) / unit,
        volume_fraction=whole / whole.sum(axis=1, keepdims=True),
    )


def _in_equilibrium(potentials: Floats, start: Floats, laws: dict[str, Any]) -> Floats:
    """Return the volume fractions of a film of these potentials, near a start."""
    u = np.append(start, 1.0)
    for _ in range(50):
        mu, hessian = coexistence.potentials(u, **laws)
        n = start.size
        step = np.linalg.solve(hessian[:n, :n] * u[:n], potentials - mu[:n])
        u[:n] *= np.exp(np.clip(step, -0.5, 0.5))
        if np.abs(step).max() < 1e-12:
            break
    else:
        raise MembranekitError("the film beside the interface was not found")
    return np.asarray(u / u.sum())


# ------------------------------------------------------------ coupled ternary diffusion


@dataclass(frozen=True, eq=False)
class TernaryDiffusion(Result):
    """Two coupled components that diffuse from a surface into depth.

    Parameters
    ----------
    volume_fraction : array, shape (cells, 2)
        In the cells [1].
    """

    volume_fraction: Floats
    _place: Floats
    _flux: Floats

    @property
    def place(self) -> Any:
        """``x/sqrt(t)`` of the cells, shape (cells) [m/s**0.5]."""
        return units.make(self._place, "m/s**0.5")

    @property
    def flux(self) -> Any:
        """``J sqrt(t)`` at the surface, into depth, shape (2) [m/s**0.5]."""
        return units.make(self._flux, "m/s**0.5")


def ternary_diffusion(
    *,
    diffusivity: Any,
    initial: Any,
    surface: Any,
    time: Any = "1 s",
    depth: Any = "300 um",
    cells: int = CELLS,
    rtol: float = RTOL,
) -> TernaryDiffusion:
    """Diffuse two components of a ternary film, coupled, from a held surface.

    ``dphi/dt = D d2phi/dx2`` in the volume-fixed frame for the two fractions phi, with
    a constant matrix D. The kernel's film takes D = L H, H the Hessian of a
    Flory-Huggins mixture, L the mobility of its frictions, chosen at the mean of both
    compositions so that D is the wanted matrix there. It is disturbed by a share of
    1e-3 of the wanted difference to either side, and half the difference of the two
    runs is scaled back, which leaves a share of 1e-6 of nonlinearity.

    Parameters
    ----------
    diffusivity : 2 by 2 texts or quantities, or an array quantity
        D; its eigenvalues must be real and positive [m**2/s].
    initial, surface : pair of float
        Volume fractions of both at the start and held at the surface [1].
    time : text or quantity
        When to look [s].
    depth : text or quantity
        Of the film; beyond what moves until `time` [um].
    cells : int
        Cells of the film [1].
    rtol : float
        Relative tolerance of the steps, of the disturbance [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none, or no stable mixture with positive frictions has these
        diffusivities at the mean composition.

    References
    ----------
    Crank, The Mathematics of Diffusion, 2nd ed., 1975, eq. 3.13, in the eigenvectors
    of D (Toor, AIChE J. 10 (1964) 448).

    Examples
    --------
    >>> found = ternary_diffusion(
    ...     diffusivity=[
    ...         ["3e-10 m**2/s", "-1.5e-10 m**2/s"],
    ...         ["-2e-10 m**2/s", "5e-10 m**2/s"],
    ...     ],
    ...     initial=(0.0, 0.8),
    ...     surface=(0.35, 0.3),
    ...     cells=40,
    ... )
    >>> print(f"{found.flux[0].to('um/s**0.5'):.1f}")
    4.4 micrometer / second ** 0.5
    """
    matrix = np.array(
        [
            [units.si(one, "matrix_diffusivity", "diffusivity") for one in row]
            for row in diffusivity
        ]
    )
    if matrix.shape != (2, 2):
        raise InputError("diffusivity: 2 rows of 2 are needed")
    ends = np.array([_pair(initial, "initial"), _pair(surface, "surface")])
    end, reach = _positive(time, "time", "time"), _positive(depth, "length", "depth")
    mean = ends.mean(axis=0)
    if not (np.all(mean > 0.0) and mean.sum() < 1.0):
        raise InputError("initial, surface: their mean must hold all three components")
    model = _mixture_of_diffusivities(matrix, mean)
    share = 1e-3
    polymer = _widths(reach * (1.0 - mean.sum()), cells)
    fields, fluxes, steps = [], [], 0
    for sign in (share, -share):
        start, held = mean + sign * (ends - mean)
        film = _film(
            polymer,
            start / (1.0 - start.sum()),
            model.volumes,
            model.drag,
            table=_constants(3, dict(zip(_PAIRS, model.g, strict=True))),
            pairs=np.full((1, 2), model.friction),
        )
        mu, _ = model.potentials(np.append(held, 1.0 - held.sum()))
        far = np.exp(mu[:2] * model.volumes[:2] / WATER_VOLUME)
        # as fast as the digits of the flux, a difference of two pressures, allow
        speed = 1e-3 * LARGE * math.sqrt(matrix[0, 0] / end) / far
        _begin_air(film, speed * GAS_CONSTANT * ROOM / WATER_VOLUME, far)
        _advance(film, end, share * _tolerance(rtol))
        u = film.film_amounts()
        fields.append(u / (1.0 + u.sum(axis=1, keepdims=True)))
        rates, _ = film.rates(film.state())
        into = -rates[-2:]
        fluxes.append(into - held * into.sum())
        steps += film.steps
    widths = polymer / (1.0 - mean.sum())
    return TernaryDiffusion(
        steps=steps,
        volume_fraction=mean + (fields[0] - fields[1]) / (2.0 * share),
        _place=(np.cumsum(widths) - 0.5 * widths) / math.sqrt(end),
        _flux=(fluxes[0] - fluxes[1]) / (2.0 * share) * math.sqrt(end),
    )


_PAIRS = ((0, 1), (0, 2), (1, 2))


def _pair(given: Any, name: str) -> list[float]:
    values = [float(each) for each in given]
    if len(values) != 2 or min(values) < 0.0 or sum(values) >= 1.0:
        raise InputError(f"{name}: two volume fractions are needed, together below 1")
    return values


@dataclass(frozen=True, eq=False)
class _TernaryModel:
    """A mixture and its frictions with given diffusivities at one composition."""

    volumes: Floats
    g: Floats
    friction: float
    drag: Floats

    def potentials(self, amounts: Floats) -> tuple[Floats, Floats]:
        return coexistence.potentials(amounts, **self._laws())

    def distance(self, amounts: Floats) -> float:
        found = coexistence.stability(amounts[:-1], **self._laws())
        return -math.inf if found is None else found[0]

    def _laws(self) -> dict[str, Any]:
        poly = np.zeros((3, 5))
        for pair, value in zip(_PAIRS, self.g, strict=True):
            poly[pair_index(*pair), 0] = value
        return {
            "s": WATER_VOLUME / self.volumes,
            "poly": poly,
            "rational": np.zeros((3, 2)),
        }


def _mixture_of_diffusivities(matrix: Floats, phi: Floats) -> _TernaryModel:
    """Return a mixture whose volume-fixed diffusivities at phi (2) are a matrix.

    With amounts u, A = 1 + sum u: dphi = Q du, Q = (1 - phi 1')/A, dm = dx/A, so that
    D_u = Q^-1 D Q/A^2 = V E V^-1 is to be L H. Any positive diagonal W gives one pair
    of symmetric positive matrices, H = V^-T W V^-1 and L = V E W^-1 V^T; H then fixes
    the three g, R = (A L)^-1 the three frictions.
    """
    u = phi / (1.0 - phi.sum())
    whole = 1.0 + u.sum()
    forward, back = np.eye(2) - phi[:, None], np.eye(2) + u[:, None]
    values, vectors = np.linalg.eig(back @ matrix @ forward / whole**2)
    if np.iscomplexobj(values) or not np.all(values > 0.0):
        raise InputError("diffusivity: its eigenvalues must be real and positive")
    volumes = np.array([1.0, 1.0, 1000.0]) * WATER_VOLUME
    amounts = np.append(u, 1.0)

    def hessian(g: Floats) -> Floats:
        trial = _TernaryModel(volumes, g, 0.0, np.zeros(2))
        return trial.potentials(amounts)[1][:2, :2]

    bare = hessian(np.zeros(3))
    upper = np.triu_indices(2)
    slopes = np.column_stack([(hessian(one) - bare)[upper] for one in np.eye(3)])
    inverse = np.linalg.inv(vectors)
    for exponents in sorted(
        np.ndindex(13, 13), key=lambda e: abs(e[0] - 6) + abs(e[1] - 6)
    ):
        weights = 10.0 ** ((np.array(exponents) - 6) / 3.0)
        wanted = inverse.T @ np.diag(weights) @ inverse
        resistance = np.linalg.inv(vectors @ np.diag(values / weights) @ vectors.T)
        resistance /= whole
        friction = -resistance[0, 1]
        drag = (np.diag(resistance) * phi - friction * phi[::-1]) * whole
        if not (friction > 0.0 and np.all(drag > 0.0)):
            continue
        g = np.linalg.solve(slopes, (wanted - bare)[upper])
        model = _TernaryModel(volumes, np.asarray(g), friction, drag)
        if model.distance(amounts) > 0.01:
            return model
    raise InputError(
        "diffusivity: no stable mixture with positive frictions has this matrix at the "
        f"mean composition {phi}"
    )


# ------------------------------------------------------------------ gas at the surface


@dataclass(frozen=True, eq=False)
class Arnold(Result):
    """Evaporation into a deep still gas.

    Parameters
    ----------
    flux_ratio : float
        Flux over that of Fick's law without drift, ``y sqrt(D/(pi t))`` [1].
    """

    flux_ratio: float


def arnold(
    *,
    mole_fraction: Any,
    diffusivity: Any = "1e-5 m**2/s",
    time: Any = "1 s",
    depth: Any = "50 mm",
    cells: int = CELLS,
    rtol: float = RTOL,
) -> Arnold:
    """Evaporate a liquid into a deep column of a gas that does not dissolve in it.

    ``dy/dt + v dy/dx = D d2y/dx2``, y held at the surface, v the volume that leaves
    it. The gas is the kernel's bath: volume fractions are mole fractions, and its
    reference component finds no way into the film, whose store of vapor is endless.

    Parameters
    ----------
    mole_fraction : text or quantity
        y of the vapor at the surface [percent].
    diffusivity : text or quantity
        D of the vapor in the gas [m**2/s].
    time : text or quantity
        When to look [s].
    depth : text or quantity
        Of the gas; beyond what moves until `time` [mm].
    cells : int
        Cells of the gas [1].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.

    References
    ----------
    Arnold, Trans. AIChE 40 (1944) 361; Bird, Stewart, Lightfoot, Transport Phenomena,
    2nd ed., eq. 20.1-10 to 20.1-21.

    Examples
    --------
    >>> round(arnold(mole_fraction="50 %", cells=100).flux_ratio, 2)
    1.27
    """
    y = units.si(mole_fraction, "share", "mole_fraction")
    if not 0.0 < y < 1.0:
        raise InputError(f"mole_fraction is {mole_fraction}: between 0 and 100 %")
    spread = _positive(diffusivity, "diffusivity", "diffusivity")
    end, reach = _positive(time, "time", "time"), _positive(depth, "length", "depth")
    length = math.sqrt(spread * end)
    # half a store of vapor; the gas is as dense in the film as at the surface
    film = _film(
        np.full(2, LARGE * length),
        np.ones(2),
        np.full(3, WATER_VOLUME),
        np.array([1.0, LARGE**3]) / (LARGE**2 * spread),
        henry=1.0 / np.array([y, 1.0 - y]),
        pairs=np.full((1, 2), 1.0 / (LARGE**2 * spread)),
        bath_cells=cells,
    )
    status = film.begin_bath(
        np.ascontiguousarray(_widths(reach, cells)[::-1]),
        np.array([1e-12, 1.0]),
        1,
        np.array([[math.log(spread), 0.0], [0.0, 0.0]]),
        temperature=ROOM,
        heat_coefficient=0.0,
    )
    _require(film, status)
    _advance(film, end, _tolerance(rtol))
    start, node = film.layout()
    flux = film.state()[start[node]]
    return Arnold(
        steps=film.steps,
        flux_ratio=float(flux * math.sqrt(math.pi * end / spread) / y),
    )


def _liquid(
    heat_capacity: float = 1.0, temperature: float = ROOM, volume: float = WATER_VOLUME
) -> Film:
    """Return an endless store of one liquid of activity 1."""
    return _film(
        np.full(2, LARGE),
        np.ones(1),
        np.array([volume, 1.0]),
        np.array([1.0 / LARGE]) ** 2,
        henry=np.ones(1),
        heat_capacity=heat_capacity,
        temperature=temperature,
    )


@dataclass(frozen=True, eq=False)
class Stefan(Result):
    """A liquid that recedes in a tube; arrays by time."""

    _time: Floats
    _evaporated: Floats

    @property
    def time(self) -> Any:
        """The times [s]."""
        return units.make(self._time, "s")

    @property
    def evaporated(self) -> Any:
        """How far the liquid's surface has receded [um]."""
        return units.make(1e6 * self._evaporated, "um")


def stefan(
    *,
    gap: Any,
    vapor_pressure: Any,
    far_pressure: Any = "0 Pa",
    pressure: Any = "1 atm",
    diffusivity: Any = "2.5e-5 m**2/s",
    molar_volume: Any = "18.07 cm**3/mol",
    temperature: Any = "25 degC",
    times: Any = ("100 s",),
    segments: int = 100,
    rtol: float = RTOL,
) -> Stefan:
    """Evaporate a liquid through the still gas of a tube, which grows as it recedes.

    ``N = D P/(R T l) ln((P - p_inf)/(P - p_s))`` over a path l that grows by
    ``N V dt``, so that l**2 grows linearly in time. The kernel's air has the
    coefficient D/l; its path is renewed in segments, by its value in their middle.

    Parameters
    ----------
    gap : text or quantity
        Path of the gas at the start [mm].
    vapor_pressure, far_pressure : text or quantity
        p_s at the liquid and p_inf at the tube's end [Pa].
    pressure : text or quantity
        P [atm].
    diffusivity : text or quantity
        D of the vapor in the gas [m**2/s].
    molar_volume : text or quantity
        V of the liquid [m**3/mol].
    temperature : text or quantity
        T [degC].
    times : text or quantity, or a sequence of them
        When to look [s].
    segments : int
        Of equal time, between two `times` [1].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.

    References
    ----------
    Bird, Stewart, Lightfoot, Transport Phenomena, 2nd ed., sec. 18.2, eq. 18.2-14 and
    problem 18B.6.

    Examples
    --------
    >>> gone = stefan(gap="3 mm", vapor_pressure="3.17 kPa", times="10 min")
    >>> print(f"{gone.evaporated[0]:.0f}")
    115 micrometer
    """
    path = _positive(gap, "length", "gap")
    whole = _positive(pressure, "pressure", "pressure")
    here = units.si(vapor_pressure, "pressure", "vapor_pressure")
    far = units.si(far_pressure, "pressure", "far_pressure")
    if not max(here, far) < whole:
        raise InputError("vapor_pressure, far_pressure: must be below the pressure")
    if not here > 0.0:
        raise InputError("vapor_pressure: must be above zero")
    spread = _positive(diffusivity, "diffusivity", "diffusivity")
    volume = _positive(molar_volume, "molar_volume", "molar_volume")
    kelvin = _positive(temperature, "temperature", "temperature")
    if isinstance(segments, bool) or not isinstance(segments, int) or segments < 1:
        raise InputError(f"segments is {segments!r}: a whole number above 0 is needed")
    found_times = _times(times)
    film = _liquid(temperature=kelvin, volume=volume)
    laws = np.array([[math.log(here), 0.0, 0.0]])
    gone, evaporated = 0.0, []
    for before, end in zip([0.0, *found_times], found_times, strict=False):
        length = (end - before) / segments
        for k in range(segments):
            middle = path + gone
            for _ in range(3):
                # the path in the middle of the segment, by the kernel's own flux
                _begin_air(
                    film,
                    np.array([spread / middle]),
                    np.array([far]),
                    saturation=laws,
                    pressure=whole,
                    temperature=kelvin,
                )
                rate = film.rates(film.state())[0][-1]
                middle = path + gone + 0.5 * length * rate
            _advance(film, before + (k + 1) * length, _tolerance(rtol))
            gone += float(film.exchanged_amounts()[0])
        evaporated.append(gone)
    return Stefan(
        steps=film.steps,
        _time=np.array(found_times),
        _evaporated=np.array(evaporated),
    )


@dataclass(frozen=True, eq=False)
class WetBulb(Result):
    """A wet surface in a stream of humid air, at rest."""

    _temperature: float
    _flux: float

    @property
    def temperature(self) -> Any:
        """Of the surface [degC]."""
        return units.make(self._temperature - 273.15, "degC")

    @property
    def flux(self) -> Any:
        """Water that evaporates [mol/(m**2 s)]."""
        return units.make(self._flux, "mol/m**2/s")


def wet_bulb(
    *,
    temperature: Any = "60 degC",
    relative_humidity: Any = "30 %",
    transfer_coefficient: Any = "11 mm/s",
    heat_transfer_coefficient: Any = "11 W/(m**2 K)",
    pressure: Any = "1 atm",
    rtol: float = RTOL,
) -> WetBulb:
    """Let water take its temperature between warm air and its own evaporation.

    ``h (T_air - T) = N H_vap(T)``, ``N = k P/(R T_f) ln((P - p_inf)/(P - p(T)))`` with
    the gas at the mean temperature T_f, p and H_vap the library's for water.

    Parameters
    ----------
    temperature : text or quantity
        Of the air [degC].
    relative_humidity : text or quantity
        Of the air [percent].
    transfer_coefficient : text or quantity
        k of water vapor [m/s].
    heat_transfer_coefficient : text or quantity
        h [W/(m**2 K)].
    pressure : text or quantity
        P [atm].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.

    References
    ----------
    Bird, Stewart, Lightfoot, Transport Phenomena, 2nd ed., sec. 19.5 and eq. 22.3-33.

    Examples
    --------
    >>> print(f"{wet_bulb(temperature='40 degC').temperature.m:.1f} degC")
    24.5 degC
    """
    air = _positive(temperature, "temperature", "temperature")
    whole = _positive(pressure, "pressure", "pressure")
    speed = _positive(
        transfer_coefficient, "mass_transfer_coefficient", "transfer_coefficient"
    )
    heat = _positive(
        heat_transfer_coefficient,
        "heat_transfer_coefficient",
        "heat_transfer_coefficient",
    )
    water = library.builtin("water")
    saturated = water.get("saturation_pressure").at
    latent = water.get("enthalpy_of_vaporization").at
    far = units.si(relative_humidity, "relative_humidity", "relative_humidity")
    far *= saturated(air)
    if not saturated(air) < whole:
        raise InputError(f"temperature is {temperature}: water boils at this pressure")
    settled, spread = 0.5 * (air + max(air - 60.0, 273.15)), 30.0
    steps = 0
    # once for where it settles, once more with the laws taken close by
    for _ in range(2):
        low, high = settled - spread, settled + spread
        # a store that is large, and takes up heat within seconds
        film = _liquid(heat / LARGE, settled, water.molar_volume)
        _begin_air(
            film,
            np.array([speed]),
            np.array([far]),
            saturation=np.array([vapor_law(saturated, low, high)]),
            enthalpy=np.array([linear(latent, low, high)]),
            pressure=whole,
            temperature=air,
            heat_coefficient=heat,
        )
        _advance(film, 1000.0, _tolerance(rtol))
        settled, spread = film.temperature, 1.0
        steps += film.steps
    flux = film.rates(film.state())[0][-1] / water.molar_volume
    return WetBulb(steps=steps, _temperature=settled, _flux=float(flux))


# -------------------------------------------------------------- a film that mixes well


@dataclass(frozen=True, eq=False)
class LumpedFilm(Result):
    """A well-mixed film that dries; arrays by time.

    Parameters
    ----------
    components : tuple of str
        The solvents, in the order of `volume_fraction`, and the polymer.
    volume_fraction : array, shape (times, components)
        [1]
    """

    components: tuple[str, ...]
    volume_fraction: Floats
    _time: Floats
    _thickness: Floats

    @property
    def time(self) -> Any:
        """The times [s]."""
        return units.make(self._time, "s")

    @property
    def thickness(self) -> Any:
        """Thickness of the film at these times [um]."""
        return units.make(1e6 * self._thickness, "um")


def lumped_film(
    *,
    casting: Mapping[str, float],
    transfer_coefficients: Mapping[str, Any],
    interactions: Mapping[tuple[str, str], float] | None = None,
    wet_thickness: Any = "150 um",
    temperature: Any = "25 degC",
    pressure: Any = "1 atm",
    times: Any = ("1 s", "10 s"),
    cells: int = 20,
    rtol: float = RTOL,
) -> LumpedFilm:
    """Dry a film of several solvents in which nothing holds diffusion up.

    ``M du_i/dt = -V_i k_i (p_i - 0)/(R T) P/p_air,lm`` with ``p_i = a_i(u) p_sat,i`` by
    Flory & Huggins with constant g: ordinary differential equations in time, at one
    temperature, into air without vapors.

    Parameters
    ----------
    casting : mapping
        Mass fractions of substances of the library, one of them a polymer [1].
    transfer_coefficients : mapping
        k of each solvent [m/s].
    interactions : mapping, optional
        g of pairs of names, by the volume of the first; others are 0 [1].
    wet_thickness : text or quantity
        [um]
    temperature : text or quantity
        [degC]
    pressure : text or quantity
        P [atm].
    times : text or quantity, or a sequence of them
        When to look [s].
    cells : int
        Cells of the film [1].
    rtol : float
        Relative tolerance of the steps [1].

    Raises
    ------
    InputError, UnitError
        If an argument is none.

    References
    ----------
    Flory, Principles of Polymer Chemistry, 1953, ch. XII; Bird, Stewart, Lightfoot,
    Transport Phenomena, 2nd ed., eq. 18.2-14 (the log mean of the air's pressures).

    Examples
    --------
    >>> dry = lumped_film(
    ...     casting={"acetone": 0.6, "DMF": 0.2, "CA": 0.2},
    ...     transfer_coefficients={"acetone": "5 mm/s", "DMF": "5 mm/s"},
    ... )
    >>> print(f"{dry.thickness[0]:.0f}", dry.components[-1])
    146 micrometer CA
    """
    names = tuple(casting)
    found = {name: library.lookup(name) for name in names}
    polymers = [name for name in names if found[name].kind == "polymer"]
    if len(polymers) != 1 or not 2 <= len(names) <= 8:
        raise InputError("casting: one polymer and 1 to 7 solvents are needed")
    order = (*(name for name in names if name not in polymers), polymers[0])
    mass = _fractions(casting, order, "casting")
    if not np.all(mass > 0.0):
        raise InputError("casting: leave out what the solution does not hold")
    kelvin = _positive(temperature, "temperature", "temperature")
    depth = _positive(wet_thickness, "film_thickness", "wet_thickness")
    whole = _positive(pressure, "pressure", "pressure")
    phi = mass / [found[name].get("density").at(ROOM) for name in order]
    phi /= phi.sum()
    n = len(order) - 1
    volumes = np.array([found[name].molar_volume for name in order])
    if set(transfer_coefficients) != set(order[:-1]):
        raise InputError(f"transfer_coefficients: one each for {order[:-1]} is needed")
    speed = np.array(
        [
            _positive(
                transfer_coefficients[name],
                "mass_transfer_coefficient",
                f"transfer_coefficients.{name}",
            )
            for name in order[:-1]
        ]
    )
    saturated = np.array(
        [found[name].get("saturation_pressure").at(kelvin) for name in order[:-1]]
    )
    g = {}
    for (first, second), value in (interactions or {}).items():
        if first == second or not {first, second} <= set(order):
            raise InputError(f"interactions: {first!r} and {second!r} are no pair here")
        i, j = sorted((order.index(first), order.index(second)))
        g[i, j] = value * WATER_VOLUME / found[first].molar_volume
    polymer = _widths(depth * phi[-1], cells)
    fastest = (volumes[:-1] * speed * saturated).max() / (GAS_CONSTANT * kelvin)
    friction = 1.0 / (LARGE * fastest * depth)
    film = _film(
        polymer,
        phi[:-1] / phi[-1],
        volumes,
        np.full(n, friction),
        table=_constants(n + 1, g),
        pairs=np.full((n * (n - 1) // 2, 2), friction),
        temperature=kelvin,
    )
    laws = np.column_stack([np.log(saturated), np.zeros((n, 2))])
    _begin_air(
        film,
        speed,
        np.zeros(n),
        saturation=laws,
        pressure=whole,
        temperature=kelvin,
    )
    found_times = _times(times)
    mean = []
    for time in found_times:
        _advance(film, time, _tolerance(rtol))
        mean.append(polymer @ film.film_amounts() / polymer.sum())
    amounts = np.column_stack([np.array(mean), np.ones(len(mean))])
    total = amounts.sum(axis=1)
    return LumpedFilm(
        steps=film.steps,
        components=order,
        volume_fraction=amounts / total[:, None],
        _time=np.array(found_times),
        _thickness=float(polymer.sum()) * total,
    )
