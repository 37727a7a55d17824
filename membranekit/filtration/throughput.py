"""Filtration until a sheet is blocked: where particles stay, and what that costs.

Design
------
a. The sheet is a row of thin layers, the upstream one first, none thinner than what it
   can hold: a particle, or the pore where that is finer. What a layer catches of what
   reaches it follows `capture`, by attachment and by sieving.
b. Walls hold one jammed monolayer: attachment fades with the share of it that is
   there. A wall so covered stands one particle further in, so ``d - 2 h`` is left of
   a pore. The layer's permeability falls with the fourth power, as a tube's, and its
   passages narrow alike, so that they come to sieve what passed them clean: particles
   that adhere make the constrictions that stop the next ones.
c. What is sieved packs the pores of the layer that caught it; a layer that is full
   hands on to the one upstream, the first one to a cake on the sheet.
d. The state moves in steps of filtered volume by the midpoint rule. What enters, stays
   and passes is summed in the same steps, so that the balance closes to rounding.
e. Walls are smooth here, ``kappa porosity/d``: the roughness that a gas measures in a
   specific surface has no room for particles.
f. Not modeled: that deposits come off, and particles of unlike size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from membranekit.errors import InputError
from membranekit.filtration import capture
from membranekit.filtration.permeance import (
    checked_profile,
    permeability_coefficient,
    surface_coefficient,
)

Floats = npt.NDArray[np.float64]

JAMMED = 0.547
"""Share of a wall that spheres cover when no further one finds room [1].

Literature: jamming limit of random sequential adsorption of disks (Feder, J. Theor.
Biol. 87 (1980) 237; Hinrichsen, Feder & Jossang, J. Stat. Phys. 44 (1986) 793).
"""

PACKED = 0.6
"""Solid share of a packed bed of spheres [1]; estimated, loose random packing."""

THINNEST = 1.0
"""Least thickness of a layer over a particle's diameter, or a finer pore's [1]; chosen.

A sieved particle takes up a depth as large as it is, so what a profile says of less has
no meaning for it: one, whatever 0 to 2 give with GB 2 199 786 A, Example 4.
"""

MOST_STEPS = 5000
MOST_HALVINGS = 200
STEP = 0.1
"""Share of a layer's room, or of the resistance by cake, filled in one step [1]."""

GREATEST_FALL = 0.98
"""Least share of the permeance that one step leaves [1]."""

NEVER = 1e-12
"""Share of the particles that counts as none caught at all [1]."""

NOTHING = 1e-4
"""Share of the particles that counts as none caught, where walls fill up [1]."""


@dataclass(frozen=True, eq=False)
class Filtration:
    """A filtration's course, in SI floats.

    Volumes of particles are per area of the sheet [m]; so is the filtered volume.
    `permeance` is the share of the clean permeance at each `volume` and `time`.
    """

    blocked: bool
    message: str
    volume: Floats
    time: Floats
    permeance: Floats
    fed: float
    passed: float
    attached: Floats
    sieved: Floats
    cake: float
    layer_depth: Floats
    added_resistance: Floats
    cake_resistance: float


@dataclass(frozen=True, eq=False)
class _Layers:
    """What does not change: per layer, its size, resistance and capture."""

    depth: Floats
    width: Floats
    pore: Floats
    clean: Floats
    rate: Floats
    sieve: Floats
    wall_room: Floats
    pore_room: Floats
    packed: Floats
    particle: float
    passage: float
    cake: float

    def narrowed(self, held: Floats) -> Floats:
        """Return the share of the pores' diameter that covered walls leave [1]."""
        covered = np.clip(held[0] / self.wall_room, 0.0, 1.0)
        return np.maximum(1.0 - 2.0 * self.particle * covered / self.pore, 0.0)

    def resistances(self, held: Floats) -> tuple[Floats, float]:
        """Return the resistance of each layer and of the cake [1/m]."""
        left = self.narrowed(held)
        full = np.clip(held[1] / self.pore_room, 0.0, 1.0)
        # where the way is narrowed away, what covers it is a bed that leaks
        walled = left**4 / self.clean + (1.0 - left**4) * self.packed
        through = (1.0 - full) * walled + full * self.packed
        return self.width / through, float(held[2, 0]) * self.cake

    def caught(self, held: Floats, flux: float) -> tuple[Floats, Floats, float]:
        """Return what each layer attaches and sieves, and what passes, of one fed."""
        free = np.maximum(1.0 - held[0] / self.wall_room, 0.0)
        wall = self.rate * free * self.width / flux
        fine = self.passage * self.narrowed(held) * self.pore < self.particle
        both = wall + np.where(fine, self.sieve, 0.0)
        reaching = np.exp(-np.concatenate([[0.0], np.cumsum(both)]))
        kept = -np.expm1(-both) * reaching[:-1]
        share = np.divide(wall, both, out=np.zeros_like(wall), where=both > 0.0)
        on_wall = kept * share
        return on_wall, kept - on_wall, float(reaching[-1])


def filtrate(
    depth: npt.ArrayLike,
    porosity: npt.ArrayLike,
    pore_diameter: npt.ArrayLike,
    particle_diameter: float,
    concentration: float,
    *,
    pressure: float | None = None,
    flux: float | None = None,
    end: float = 0.1,
    viscosity: float,
    temperature: float = 298.15,
    attachment: float = 1.0,
    passage: float | None = None,
    layers: int = 200,
) -> Filtration:
    """Filter a suspension of spheres until the permeance has fallen to a share of it.

    Per layer and filtered volume: ``dq/dV = c a (1 - q/q_max)/J`` on the walls,
    ``q_max = (kappa porosity/d) 0.547 (2/3) d_p``; ``ds/dV = c/(2 d)`` by sieving where
    ``passage (d - 2 h) < d_p``; ``k = k_0 (1 - 2 h/d)**4``, ``h = d_p q/q_max``.

    Parameters
    ----------
    depth : array_like, shape (n,)
        Depths z, increasing; the first is the upstream side [m].
    porosity : array_like, shape (n,)
        Porosity at each depth [1].
    pore_diameter : array_like, shape (n,)
        Mean local thickness d of the pores; linear between depths [m].
    particle_diameter : float
        d_p [m].
    concentration : float
        Volume of particles per volume of the suspension c [1].
    pressure, flux : float, optional
        Pressure difference [Pa] or volume per area and time J [m/s], held constant;
        one of the two.
    end : float
        Share of the clean permeance at which the sheet counts as blocked: J/J0 at
        constant pressure [1].
    viscosity : float
        Of the liquid [Pa*s].
    temperature : float
        Of the liquid [K].
    attachment : float
        Share of the touches of a wall that hold [1].
    passage : float, optional
        Widest passage through a plane over d [1].
    layers : int
        Least number of layers, where that does not make them too thin for a particle.

    Returns
    -------
    Filtration
        The course up to the end point; up to where it changes no more if that is not
        reached.

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Monolayers: Langmuir; jamming: Feder (1980). Packed bed: Kozeny-Carman,
    ``k = d_p**2 e**3/(180 (1 - e)**2)``. Adhesion that narrows a pore until it stops
    particles (recalled): Griffiths, Kumar & Stewart, J. Colloid Interface Sci.
    432 (2014) 10.

    Examples
    --------
    >>> sheet = [0.0, 100e-6], [0.8, 0.8], [0.3e-6, 0.3e-6]
    >>> course = filtrate(*sheet, 0.1e-6, 1e-4, pressure=1e4, viscosity=0.89e-3)
    >>> course.blocked, round(float(course.permeance[-1]), 9)
    (True, 0.1)
    """
    z, eps, d = checked_profile(depth, porosity, pore_diameter)
    for name, value in {
        "particle_diameter": particle_diameter,
        "viscosity": viscosity,
        "temperature": temperature,
    }.items():
        if not 0.0 < value < math.inf:
            raise InputError(f"{name} is {value!r}: a positive number is needed")
    if not 0.0 <= concentration < PACKED:
        raise InputError(
            f"concentration is {concentration!r}: 0 to {PACKED} of the volume"
        )
    if not 0.0 < end < 1.0:
        raise InputError(
            f"end is {end!r}: a share of the clean permeance between 0 and 1 is needed"
        )
    if not 0.0 <= attachment <= 1.0:
        raise InputError(f"attachment is {attachment!r}: 0 to 1 is needed")
    if (pressure is None) == (flux is None):
        raise InputError(
            "pressure or flux: one of the two is held, and has to be given"
        )
    held_value = pressure if flux is None else flux
    assert held_value is not None
    if not 0.0 < held_value < math.inf:
        name = "pressure" if flux is None else "flux"
        raise InputError(f"{name} is {held_value!r}: a positive number is needed")
    sheet = _layers(
        z,
        eps,
        d,
        particle_diameter,
        viscosity,
        temperature,
        attachment,
        passage,
        layers,
    )
    return _run(sheet, concentration, pressure, flux, end, viscosity)


def _layers(
    z: Floats,
    eps: Floats,
    d: Floats,
    particle: float,
    viscosity: float,
    temperature: float,
    attachment: float,
    passage: float | None,
    count: int,
) -> _Layers:
    """Cut a profile into layers, each with the resistance of its stretch."""
    pieces = np.ceil(np.diff(z) * count / (z[-1] - z[0])).astype(int)
    steps = [np.arange(n) / n for n in np.maximum(pieces, 1)]
    place = np.concatenate([k + each for k, each in enumerate(steps)])
    nodes = np.append(place, z.size - 1.0)
    index = np.arange(z.size)
    cut, pore, void = (np.interp(nodes, index, each) for each in (z, d, eps))
    # thinner than a float can tell is the seam between two sheets
    keep = np.diff(cut) > 1e-12 * z[-1]
    thin = np.diff(cut)[keep]
    fine = np.sqrt(pore[1:] * pore[:-1])[keep]
    open_share = (0.5 * (void[1:] + void[:-1]))[keep]
    first = _starts(thin, THINNEST * np.minimum(particle, fine))
    width = np.add.reduceat(thin, first)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values * thin, first) / width)

    # of stretches in series the resistances add, and one diameter stands for them
    across = 1.0 / np.sqrt(mean(1.0 / fine**2))
    voids = mean(open_share)
    wall = mean(surface_coefficient(open_share) * open_share / fine)
    diffusing = capture.diffusivity(particle, viscosity, temperature)
    bed = (1.0 - PACKED) ** 3 / (180.0 * PACKED**2)
    return _Layers(
        depth=mean((0.5 * (cut[1:] + cut[:-1]))[keep]),
        width=width,
        pore=across,
        clean=mean(permeability_coefficient(open_share) / (open_share * fine**2)),
        rate=mean(capture.attachment_rate(open_share, fine, diffusing, attachment)),
        sieve=attachment * width / (capture.SPACING * across),
        wall_room=wall * JAMMED * (2.0 / 3.0) * particle * width,
        pore_room=voids * PACKED * width,
        # what does not fit a pore plugs it as grains of the pore's size would
        packed=voids * bed * np.minimum(particle, across) ** 2,
        particle=particle,
        passage=capture.PASSAGE if passage is None else passage,
        cake=1.0 / (PACKED * bed * particle**2),
    )


def _starts(width: Floats, least: Floats) -> npt.NDArray[np.intp]:
    """Return where layers begin that are each as thick as their first piece asks.

    What is left over at the end goes to the last layer.
    """
    starts, wanted, reached = [0], float(least[0]), 0.0
    for k, piece in enumerate(width):
        if reached >= wanted * (1.0 - 1e-9):
            starts.append(k)
            wanted, reached = float(least[k]), 0.0
        reached += float(piece)
    if len(starts) > 1 and reached < wanted * (1.0 - 1e-9):
        starts.pop()
    return np.array(starts)


def _run(
    sheet: _Layers,
    concentration: float,
    pressure: float | None,
    flux: float | None,
    end: float,
    viscosity: float,
) -> Filtration:
    # rows: on walls, sieved, and in the first place of the third the cake
    held = np.zeros((3, sheet.width.size))
    clean = _total(sheet, held)
    start = flux
    if start is None:
        assert pressure is not None
        start = pressure / (viscosity * clean)
    passed = fed = 0.0
    course = [(0.0, 0.0, 1.0)]
    blocked = False
    message = "there are no particles in it, so nothing blocks"

    def flux_at(share: float) -> float:
        return start * share if flux is None else start

    for _ in range(MOST_STEPS if concentration > 0.0 else 0):
        volume, time, share = course[-1]
        wall, sieved, through = sheet.caught(held, flux_at(share))
        if _settled(sheet, held, end, clean, wall, sieved):
            message = (
                f"{100 * through:.3g} % of the particles pass and the rest finds no "
                f"room: the permeance stays at {share:.3g} of the clean sheet's"
            )
            break
        amount = _longest(sheet, held, wall, sieved, clean / share)
        for _ in range(MOST_HALVINGS):
            middle = _added(sheet, held, 0.5 * amount, wall, sieved)
            at_middle = clean / _total(sheet, middle)
            mean = sheet.caught(middle, flux_at(at_middle)) if at_middle > 0.0 else None
            if mean is not None:
                after = _added(sheet, held, amount, *mean[:2])
                left = clean / _total(sheet, after)
                room = np.all(after[0] <= sheet.wall_room * (1.0 + 1e-12))
                if room and left > GREATEST_FALL * share:
                    break
            amount *= 0.5
        else:
            message = "the step of volume became too small to go on"
            break
        if left <= end:
            # 1/share is the resistance, which a step changes nearly evenly
            amount *= (1.0 / end - 1.0 / share) / (1.0 / left - 1.0 / share)
            after, left, blocked = _added(sheet, held, amount, *mean[:2]), end, True
        held = after
        fed += amount
        passed += amount * mean[2]
        step = amount / concentration
        # the mean of 1/J over the step's ends
        pace = 0.5 * (1.0 / flux_at(share) + 1.0 / flux_at(left))
        course.append((volume + step, time + step * pace, left))
        if blocked:
            message = ""
            break
    else:
        if concentration > 0.0:
            message = f"the end point was not reached in {MOST_STEPS} steps"
    layers, cake = sheet.resistances(held)
    volumes, times, shares = np.array(course).T
    return Filtration(
        blocked=blocked,
        message=message,
        volume=volumes,
        time=times,
        permeance=shares,
        fed=fed,
        passed=passed,
        attached=held[0],
        sieved=held[1],
        cake=float(held[2, 0]),
        layer_depth=sheet.depth,
        added_resistance=layers - sheet.width * sheet.clean,
        cake_resistance=cake,
    )


def _total(sheet: _Layers, held: Floats) -> float:
    """Return the resistance of the sheet and its cake [1/m]."""
    layers, cake = sheet.resistances(held)
    return float(np.sum(layers)) + cake


def _added(
    sheet: _Layers, held: Floats, amount: float, wall: Floats, sieved: Floats
) -> Floats:
    """Return the state after `amount` of particles came, of which shares are caught.

    What a layer cannot hold of the sieved goes to the one upstream, and from the first
    one to the cake.
    """
    after = held.copy()
    after[0] += amount * wall
    after[1] += amount * sieved
    for k in np.flatnonzero(after[1] > sheet.pore_room)[::-1]:
        for j in range(k, -1, -1):
            over = after[1, j] - sheet.pore_room[j]
            if over <= 0.0:
                break
            after[1, j] = sheet.pore_room[j]
            if j:
                after[1, j - 1] += over
            else:
                after[2, 0] += over
    return after


def _longest(
    sheet: _Layers, held: Floats, wall: Floats, sieved: Floats, resistance: float
) -> float:
    """Return the amount that changes no layer, nor the whole by its cake, by much."""
    free = np.maximum(sheet.wall_room - held[0], 0.0)
    open_pores = held[1] < sheet.pore_room
    rates = [
        float(np.max(wall / sheet.wall_room)),
        # and not past the time in which a nearly full wall fades, for stability
        STEP * float(np.max(np.divide(wall, free, out=free * 0.0, where=free > 0.0))),
        float(np.max(np.where(open_pores, sieved / sheet.pore_room, 0.0))),
        float(np.sum(sieved)) * sheet.cake / resistance,
    ]
    return STEP / max(rates)


def _settled(
    sheet: _Layers,
    held: Floats,
    end: float,
    clean: float,
    wall: Floats,
    sieved: Floats,
) -> bool:
    """Tell whether nothing more will come: no sieving, and full walls do not block."""
    still = float(np.sum(sieved))
    if still > NEVER or float(np.sum(wall)) >= NOTHING:
        return False
    full = held.copy()
    full[0] = sheet.wall_room
    return float(np.sum(wall)) <= NEVER or clean / _total(sheet, full) > end
