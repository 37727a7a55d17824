"""From clocks to a dry sheet: pore profile, minimum-pore layer, thickness.

A pore starts when its depth demixes and grows until the polymer-rich phase around it is
arrested. Everything here is in the dry sheet, counted from its surface.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SCATTER = math.exp(0.38)
"""Scatter of pores in one plane: what a layer must exceed to be finer [1].

From two sheets of one membrane, single and face to face (GB 2 199 786 A, Table 2,
A and A'): log-normal path capture with sigma 0.38, which is the scatter that
`filtration.capture.HETEROGENEITY` says in its own way, 1/sqrt(k).
"""

SHARE = 1.0 / 3.0
"""Largest share of the sheet that a distinct fine layer may take [1]; chosen."""


THIN_FRONT = 2e-6
"""Demixed layer under which macrovoids may start when a bath comes [m]; chosen."""

MACROVOIDS = (10e-6, 80e-6)
"""Width of macrovoids in sheets of 100 um [m]: all that is known of it; chosen."""


@dataclass(frozen=True)
class SupportSide:
    """The pores at the support, in SI floats.

    ``label`` is ``sponge``, where `diameter` is the law's and `low` and `high` are a
    factor 3 from it, or ``macrovoids``, where `low` to `high` is all that is known and
    `diameter`, their geometric mean, serves the profile alone. `power` is that of the
    depth below the front with which pores widen.
    """

    label: str
    diameter: float
    low: float
    high: float
    power: float


@dataclass(frozen=True)
class Layer:
    """The minimum-pore layer, in SI floats.

    ``state`` is ``surface``, ``inside`` or ``not clear``; `margins` holds the numbers
    that decide: the surface's and the back's pore over the finest, and the fine zone's
    share of the sheet.
    """

    state: str
    depth: float
    pore_diameter: float
    zone: float
    margins: dict[str, float]


def minimum(position: Floats, value: Floats) -> tuple[float, float]:
    """Return place and value of the smallest value, between the points.

    Beside a kink the two outer straight lines through each side's points are continued
    to where they meet; where they do not meet between the neighbors of the smallest
    point, that point is taken.

    Parameters
    ----------
    position, value : array, shape (n)

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    >>> place, least = minimum(x, 0.1 + np.abs(x - 1.7))
    >>> round(place, 9), round(least, 9)
    (1.7, 0.1)
    """
    k = int(np.argmin(value))
    if k < 2 or k > value.size - 3:
        return float(position[k]), float(value[k])
    found = float(position[k]), float(value[k])
    # the kink lies left or right of the smallest point
    for a, b in ((k - 1, k), (k, k + 1)):
        left = (value[a] - value[a - 1]) / (position[a] - position[a - 1])
        right = (value[b + 1] - value[b]) / (position[b + 1] - position[b])
        if not left < 0.0 < right:
            continue
        x = (value[b] - value[a] + left * position[a] - right * position[b]) / (
            left - right
        )
        y = value[a] + left * (x - position[a])
        if position[a] <= x <= position[b] and 0.0 < y <= found[1]:
            found = float(x), float(y)
    return found


def fine_zones(
    edges: Floats, depth: Floats, pore: Floats, limit: float
) -> list[tuple[float, float]]:
    """Return the stretches of depth in which pores are finer than `limit` [m].

    Pores are interpolated between the cells' centers and constant beyond them.

    Examples
    --------
    >>> edges, depth = np.linspace(0, 4, 5), np.array([0.5, 1.5, 2.5, 3.5])
    >>> fine_zones(edges, depth, np.array([1.0, 3.0, 3.0, 1.0]), 2.0)
    [(0.0, 1.0), (3.0, 4.0)]
    """
    x = np.concatenate([[edges[0]], depth, [edges[-1]]])
    y = np.concatenate([[pore[0]], pore, [pore[-1]]])
    found: list[tuple[float, float]] = []
    begin = float(x[0]) if y[0] < limit else None
    for x0, x1, y0, y1 in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
        if (y0 < limit) == (y1 < limit):
            continue
        crossing = float(x0 + (x1 - x0) * (limit - y0) / (y1 - y0))
        if begin is None:
            begin = crossing
        else:
            found.append((begin, crossing))
            begin = None
    if begin is not None:
        found.append((begin, float(x[-1])))
    return found


def support_side(
    depth: Floats,
    pore: Floats,
    thickness: float,
    front: float,
    back: float,
    on_support: NDArray[np.bool_] | None = None,
    power: float = 2.0,
) -> Floats:
    """Return the pores with those below the front widened towards the support.

    ``d = d_clock + (d_back - d_clock(L)) ((z - z_f)/(L - z_f))**p`` for z > z_f: no
    clock gives the support side's pores, so their diameter is given. In a sponge p = 2,
    as the time goes in which the bath's liquid gets there; macrovoids are cones, p = 1.
    Nothing is made finer. A depth that was arrested after the film had been peeled
    keeps the clock's pores, since the bath came to it from the support side too; the
    deepest one arrested before stands for L in d_clock(L).

    Parameters
    ----------
    depth, pore : array, shape (cells)
        In the dry sheet [m].
    thickness : float
        Of the sheet [m].
    front : float
        Depth to which it had demixed when the bath came [m].
    back : float
        Pore diameter at the support [m].
    on_support : array, shape (cells), optional
        Whether a depth was arrested while the film lay on its support; none: all were.
    power : float
        p [1].

    Examples
    --------
    >>> depth = np.array([0.5e-6, 1.5e-6])
    >>> wide = support_side(depth, np.full(2, 1e-7), 2e-6, 1e-6, 1e-6)
    >>> (1e6 * wide).round(6).tolist()
    [0.1, 0.325]
    """
    if on_support is None:
        on_support = np.full(pore.size, True)
    if not front < thickness or not on_support.any():
        return pore
    deepest = float(pore[on_support][-1])
    share = np.maximum(depth - front, 0.0) / (thickness - front)
    wide = pore + max(back - deepest, 0.0) * share**power
    return np.where(on_support, wide, pore)


def fluid_behind(depth: Floats, binodal: Floats, arrest: Floats) -> float:
    """Return the thickest layer that was demixed and not arrested behind the front [m].

    Zero where every depth was arrested before the next one demixed.

    Parameters
    ----------
    depth, binodal, arrest : array, shape (cells)
        In the dry sheet [m]; when it demixed and when it was arrested [s], NaN: not.

    Examples
    --------
    >>> depth = np.array([1e-6, 2e-6, 3e-6])
    >>> when = np.array([0.0, 1.0, 2.0])
    >>> [round(1e6 * fluid_behind(depth, when, when + lag), 9) for lag in (0.5, 1.5)]
    [0.0, 1.0]
    """
    until = np.where(np.isnan(arrest), np.inf, arrest)
    fluid = (binodal[:, None] >= binodal) & (binodal[:, None] < until)
    behind = np.where(fluid, depth[:, None] - depth, 0.0)
    return float(behind.max(initial=0.0))


def support_side_state(
    front: float,
    thickness: float,
    fluid: float,
    dissolved: float,
    *,
    limit: float,
    diameter: float,
) -> SupportSide:
    """Say whether the support side is a sponge or has macrovoids.

    A macrovoid is a droplet of the poor phase that grows ahead of the front, fed by
    solvent from a dope that stays stable below it [1]_. So it needs a front that is
    thin when the bath comes (`THIN_FRONT`: a thick one is a wall that it cannot cross),
    a dope below that flows (less than `limit` of polymers: more polymer, also more
    PVP, does away with macrovoids [1]_ [2]_), and walls still fluid behind the front.

    Parameters
    ----------
    front : float
        Depth demixed when the bath came [m].
    thickness : float
        Of the sheet [m].
    fluid : float
        Thickest demixed layer not arrested behind the front, `fluid_behind` [m].
    dissolved : float
        Mass share of all polymers in the casting solution [1].
    limit : float
        Share above which it is too viscous for macrovoids [1].
    diameter : float
        Of a sponge's pores at the support [m].

    References
    ----------
    .. [1] Smolders, Reuvers, Boom, Wienk, J. Membrane Sci. 73 (1992) 259-275.
    .. [2] Boom, Wienk, van den Boomgaard, Smolders, J. Membrane Sci. 73 (1992) 277-292.

    Examples
    --------
    >>> known = dict(thickness=1e-4, fluid=5e-6, limit=0.25, diameter=1e-6)
    >>> support_side_state(0.0, dissolved=0.2, **known).label
    'macrovoids'
    >>> support_side_state(2e-5, dissolved=0.2, **known).label
    'sponge'
    """
    if front < THIN_FRONT < fluid and dissolved < limit:
        low, high = (min(end, thickness) for end in MACROVOIDS)
        return SupportSide("macrovoids", math.sqrt(low * high), low, high, 1.0)
    return SupportSide("sponge", diameter, diameter / 3.0, 3.0 * diameter, 2.0)


def minimum_pore_layer(
    edges: Floats, depth: Floats, pore: Floats, share: float = SHARE
) -> Layer:
    """Return the layer of the finest pores and its state.

    Pores less than `SCATTER` times the finest are fine. ``surface``: they lie at the
    surface and nowhere else. ``inside``: pores exceed that on both sides, and the zone
    that does not is thinner than `share` of the sheet. ``not clear``: otherwise, also
    where the surface and a depth apart from it are both fine.

    Parameters
    ----------
    edges : array, shape (cells + 1)
        Edges of the cells in the dry sheet [m].
    depth : array, shape (cells)
        Their centers [m].
    pore : array, shape (cells)
        Pore diameter [m].

    Examples
    --------
    >>> edges = np.linspace(0, 100e-6, 51)
    >>> depth = (edges[1:] + edges[:-1]) / 2
    >>> pore = 1e-7 + 0.05 * np.abs(depth - 10e-6)
    >>> layer = minimum_pore_layer(edges, depth, pore)
    >>> layer.state, round(layer.depth * 1e6, 6)
    ('inside', 10.0)
    """
    place, finest = minimum(depth, pore)
    limit = SCATTER * finest
    zones = fine_zones(edges, depth, pore, limit)
    zone = sum(end - begin for begin, end in zones)
    part = zone / float(edges[-1] - edges[0])
    margins = {
        "surface": float(pore[0]) / finest,
        "back": float(pore[-1]) / finest,
        "zone": part,
        "zones": float(len(zones)),
        "needed": SCATTER,
        "share": share,
    }
    if pore[0] < limit and len(zones) == 1:
        return Layer("surface", 0.0, finest, zone, margins)
    if pore[0] >= limit and pore[-1] >= limit and part < share:
        return Layer("inside", place, finest, zone, margins)
    return Layer("not clear", place, finest, zone, margins)


def shrinkage(walls: Floats, poisson_ratio: float) -> Floats:
    """Return by what a depth grows thinner as its walls lose their liquid.

    Walls that lose liquid want to shrink alike in all directions, by the cube root r
    of what is left of their volume. The sheet keeps its area: its arrested depths hold
    each other, and the support holds them all. An isotropic elastic skeleton that may
    move in its thickness alone then shrinks by the free strain and by what it is
    stretched in its plane,

    ``ln(h/h_0) = (1 + nu)/(1 - nu) ln r``.

    Poisson's ratio nu = 0 gives r, as if its planes did not know of each other;
    1/3 r^2; 1/2 the whole loss of volume, r^3, at constant porosity.

    Parameters
    ----------
    walls : array, shape (cells)
        What is left of the walls' volume when dense [1].
    poisson_ratio : float
        Of the skeleton [1].

    References
    ----------
    Hooke's law of a plate held in its plane, in logarithmic strains since they are
    large. Open-cell foams have nu near 1/3 at every density: Gibson & Ashby, Cellular
    Solids, 2nd ed., sec. 5.3 (recalled).

    Examples
    --------
    >>> shrinkage(np.array([0.6]), 1 / 3).round(4).tolist()
    [0.7114]
    """
    return np.asarray(walls ** ((1.0 + poisson_ratio) / (1.0 - poisson_ratio) / 3.0))


def collapsed_porosity(
    porosity: Floats,
    pore: Floats,
    *,
    yield_stress: float,
    surface_tension: float,
    contact_angle: float,
) -> Floats:
    """Return the porosity that drying leaves.

    A depth shrinks until its skeleton bears the capillary pressure,
    ``0.3 sigma_y (1 - porosity)**1.5 >= 4 gamma cos(theta)/d`` (collapse strength of an
    open-cell foam: Gibson & Ashby, Cellular Solids, 2nd ed., sec. 5.3, with the yield
    stress for a plastic skeleton).

    Parameters
    ----------
    porosity, pore : array, shape (cells)
        Before drying [1], [m].
    yield_stress : float
        Of the polymer [Pa].
    surface_tension : float
        Of the drying liquid [N/m].
    contact_angle : float
        Of the liquid on the polymer [rad].

    Examples
    --------
    >>> strong = dict(yield_stress=7e7, surface_tension=0.072, contact_angle=1.2)
    >>> collapsed_porosity(np.array([0.8]), np.array([1e-6]), **strong).tolist()
    [0.8]
    """
    pressure = np.maximum(4.0 * surface_tension * math.cos(contact_angle) / pore, 0.0)
    solid = np.minimum((pressure / (0.3 * yield_stress)) ** (2.0 / 3.0), 1.0)
    return np.asarray(np.minimum(porosity, 1.0 - solid))
