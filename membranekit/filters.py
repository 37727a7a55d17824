"""What a membrane does as a filter: declared, turned over, stacked, and filtering.

The physics is in ``membranekit.filtration``; here quantities become SI floats, and what
comes back becomes a result. `Membrane`'s methods call these functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from membranekit import library, units
from membranekit.errors import InputError, UnitError
from membranekit.filtration import capture, permeance, throughput, wetting
from membranekit.membrane import Membrane, _amount, _plain, _Result, _seen, figures
from membranekit.structure import pores
from membranekit.substances import Substance

Floats = NDArray[np.float64]

TEMPERATURE = 298.15
MOST_PRESSURE = 100e5
"""At which water filters [K]."""

GIVEN = "the profile was given, not simulated"


def _water(name: str) -> float:
    return float(library.builtin("water").get(name).at(TEMPERATURE))


# ---------------------------------------------------------------------- declared
def from_profile(
    depth: Any,
    pore_diameter: Any,
    porosity: Any,
    *,
    polymer: Any = None,
    density: Any = None,
    contact_angle: Any = None,
    thickness: Any = None,
    name: str = "",
) -> Membrane:
    """Do what `Membrane.from_profile` says."""
    z = np.array(units.si_values(depth, "depth", "depth"))
    d = np.array(units.si_values(pore_diameter, "pore_diameter", "pore_diameter"))
    if isinstance(porosity, str) or np.ndim(getattr(porosity, "magnitude", [0])) == 0:
        eps = np.full(z.size, units.si(porosity, "share", "porosity"))
    else:
        eps = np.array(units.si_values(porosity, "share", "porosity"))
    if not z.size == d.size == eps.size or z.size == 0:
        raise InputError(
            f"depth, pore_diameter and porosity hold {z.size}, {d.size} and {eps.size} "
            "values: the same number is wanted in each"
        )
    whole = float(z[-1])
    if thickness is not None:
        whole = units.si(thickness, "depth", "thickness")
        if whole < z[-1]:
            raise InputError(
                f"thickness: {_amount(whole, 'um')} is less than the last depth, "
                f"{_amount(float(z[-1]), 'um')}"
            )
    if not np.all(np.diff(z) > 0.0) or whole <= 0.0:
        raise InputError(
            "depth: the depths do not increase from each to the next; they are counted "
            "from the surface, 0, to the support side"
        )
    if not np.all((eps > 0.0) & (eps < 1.0)):
        raise InputError(
            f"porosity: it runs from {100 * eps.min():g} to {100 * eps.max():g} %; "
            "more than 0 and less than 100 % is wanted"
        )
    substance = _polymer(polymer)
    rho = angle = None
    if substance is not None:
        rho = float(substance.get("density").at(TEMPERATURE))
        if substance.has("contact_angle"):
            angle = float(substance.get("contact_angle").at(TEMPERATURE))
    if density is not None:
        rho = units.si(density, "density", "density")
    if contact_angle is not None:
        angle = units.si(contact_angle, "angle", "contact_angle")
    nodes = _ends(z, d, eps, whole)
    sheet = {
        "polymer": "" if substance is None else substance.name,
        "density": rho,
        "contact_angle": angle,
        "thickness": whole,
        "finest": float(nodes[1].min()),
    }
    return Membrane.from_record(_record(nodes, [sheet], name, []))


def _polymer(given: Any) -> Substance | None:
    if given is None:
        return None
    if not isinstance(given, (str, Substance)):
        raise InputError(f'polymer: a name such as "PSF" is wanted, not {given!r}')
    found = given if isinstance(given, Substance) else library.lookup(given)
    if found.kind != "polymer":
        raise InputError(f"polymer: {found.name} is no polymer")
    return found


Nodes = tuple[Floats, Floats, Floats]


def _ends(z: Floats, d: Floats, eps: Floats, thickness: float) -> Nodes:
    """Return depth, pore and porosity with both sides of the sheet as points."""
    above = [0.0] if z[0] > 0.0 else []
    below = [thickness] if z[-1] < thickness else []
    return (
        np.concatenate([above, z, below]),
        np.concatenate([d[:1] if above else [], d, d[-1:] if below else []]),
        np.concatenate([eps[:1] if above else [], eps, eps[-1:] if below else []]),
    )


def _record(
    nodes: Nodes,
    sheets: Sequence[Mapping[str, Any]],
    name: str,
    notes: Sequence[str],
    known: Mapping[str, float | None] | None = None,
) -> dict[str, Any]:
    """Return the record of a membrane that a profile describes."""
    z, d, eps = nodes
    layer = pores.minimum_pore_layer(z[[0, -1]], z, d)
    clear = layer.state != "not clear"
    told = list(notes)
    lacking = [key for key in _PROCESS if (known or {}).get(key) is None]
    if lacking:
        words = ", ".join(key.replace("_", " ") for key in lacking)
        told.append(f"{words}: not given ({GIVEN})")
    surface = None
    if all(each["density"] for each in sheets):
        surface = _specific_surface(nodes, sheets)
    else:
        told.append("specific surface area: not given (no polymer, and no density)")
    bubble = None
    if any(each["contact_angle"] is None for each in sheets):
        told.append(
            "bubble point: not given (no polymer, and no contact angle); the sheet "
            "counts as wetted"
        )
    else:
        bubble = _bubble_point(sheets)
        if bubble is None:
            told.append("bubble point: not given (water does not wet the polymer)")
    return {
        "name": name,
        "success": True,
        "layer": {
            "state": layer.state,
            "depth": layer.depth if clear else None,
            "pore_diameter": layer.pore_diameter,
            "why": f"{GIVEN}: its pores are finest there" if clear else GIVEN,
            "thickness": layer.zone,
            "margins": layer.margins,
        },
        "surface_pore_diameter": float(d[0]),
        "support_side_pore_diameter": float(d[-1]),
        "thickness": float(z[-1]),
        "porosity": float(np.sum(0.5 * (eps[1:] + eps[:-1]) * np.diff(z)) / z[-1]),
        "specific_surface_area": surface,
        "permeance": permeance.permeance(z, eps, d, _water("viscosity")),
        "bubble_point": bubble,
        "profile": {"depth": z, "pore_diameter": d, "porosity": eps},
        "notes": told,
        "sheets": [dict(each) for each in sheets],
        **(known or {}),
    }


_PROCESS = (
    "coacervation_depth",
    "water_uptake",
    "solvent_evaporated",
    "solvent_to_bath",
)


def _specific_surface(nodes: Nodes, sheets: Sequence[Mapping[str, Any]]) -> float:
    """Return the surface over the mass of sheets, each of its own polymer."""
    z, d, eps = nodes
    surface = mass = 0.0
    begin, first = 0.0, 0
    for each in sheets:
        end = begin + each["thickness"]
        # a seam's two points are a float apart; the middle of a sheet tells them
        last = int(np.searchsorted(z, end * (1.0 + 1e-12)))
        if each is not sheets[-1]:
            last = _seam(z, end)
        part = slice(first, last)
        own = permeance.specific_surface_area(
            z[part], eps[part], d[part], each["density"]
        )
        solid = 1.0 - eps[part]
        weight = each["density"] * float(
            np.sum(0.5 * (solid[1:] + solid[:-1]) * np.diff(z[part]))
        )
        surface += own * weight
        mass += weight
        begin, first = end, last
    return surface / mass


def _seam(z: Floats, depth: float) -> int:
    """Return the first point of the sheet that begins at a seam's depth."""
    near = np.flatnonzero(np.abs(z - depth) <= 1e-9 * z[-1])
    return int(near[len(near) // 2])


def _bubble_point(sheets: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the highest pressure that gas needs for one of the sheets [Pa]."""
    tension = _water("surface_tension")
    found = [
        permeance.bubble_point(each["finest"], each["contact_angle"], tension)
        for each in sheets
    ]
    wetted = [each for each in found if each is not None]
    return max(wetted) if len(wetted) == len(found) else None


def nodes_of(membrane: Membrane) -> Nodes:
    """Return depth, pore diameter and porosity of a sheet with both its sides [SI].

    Raises
    ------
    InputError
        If the membrane has no profile of pores and porosity.
    """
    profile, thickness = membrane.pore_profile, membrane._si["thickness"]
    if profile is None or profile._si["porosity"] is None or not thickness:
        why = membrane.message or "; ".join(membrane.notes) or "it was not given"
        raise InputError(f"this membrane has no profile of pores: {why}")
    si = profile._si
    return _ends(si["depth"], si["pore_diameter"], si["porosity"], float(thickness))


def _sheets(membrane: Membrane) -> list[dict[str, Any]]:
    given = membrane._si["sheets"]
    if given:
        return [dict(each) for each in given]
    z, d, _ = nodes_of(membrane)
    return [
        {
            "polymer": "",
            "density": None,
            "contact_angle": None,
            "thickness": float(z[-1]),
            "finest": float(d.min()),
        }
    ]


def _increasing(z: Floats) -> Floats:
    """Return depths that increase: two points of a seam become floats next to it."""
    z = np.array(z)
    for k in range(1, z.size):
        if z[k] <= z[k - 1]:
            z[k] = np.nextafter(z[k - 1], math.inf)
    return z


# ------------------------------------------------------------- turned and stacked
def flipped(membrane: Membrane) -> Membrane:
    """Do what `Membrane.flipped` says."""
    z, d, eps = nodes_of(membrane)
    nodes = _increasing(z[-1] - z[::-1]), d[::-1], eps[::-1]
    known = {name: membrane._si[name] for name in _PROCESS[1:]}
    notes = ["turned over: depth counts from what was the support side"]
    name = f"{membrane.name or 'membrane'}, flipped"
    record = _record(nodes, _sheets(membrane)[::-1], name, notes, known)
    return Membrane.from_record({**record, "uses": membrane._si["uses"]})


def stack(*membranes: Membrane) -> Membrane:
    """Lay sheets on each other, the first one upstream, and return them as one.

    Profiles are joined and the layers stand in series; liquid crosses a seam without
    resistance. Nothing else is carried over from the sheets' processes.

    Parameters
    ----------
    *membranes : Membrane
        Sheets, each with a profile: simulated, declared or stacks.

    Returns
    -------
    Membrane
        With the sheets' profiles below each other.

    Raises
    ------
    InputError
        If there is no sheet, or one has no profile.

    Examples
    --------
    >>> one = Membrane.from_profile(["0 um", "50 um"], ["0.2 um", "1 um"], "80 %")
    >>> two = stack(one.flipped(), one)
    >>> print(f"{two.thickness.m:.6g}", two.minimum_pore_layer.state)
    100 inside
    """
    if not membranes:
        raise InputError("stack: there is no membrane; give one or more")
    for number, each in enumerate(membranes, start=1):
        if not isinstance(each, Membrane):
            raise InputError(
                f"stack: number {number} is of type {type(each).__name__}, "
                "not a membrane"
            )
    z: list[Floats] = []
    d: list[Floats] = []
    eps: list[Floats] = []
    below = 0.0
    for each in membranes:
        own = nodes_of(each)
        z.append(below + own[0])
        d.append(own[1])
        eps.append(own[2])
        below += float(own[0][-1])
    nodes = _increasing(np.concatenate(z)), np.concatenate(d), np.concatenate(eps)
    name = " + ".join(each.name or "membrane" for each in membranes)
    sheets = [sheet for each in membranes for sheet in _sheets(each)]
    uses = [use for each in membranes for use in each._si["uses"] or ()]
    return Membrane.from_record({**_record(nodes, sheets, name, []), "uses": uses})


# -------------------------------------------------------------------- diameters
def hydraulic_diameter(membrane: Membrane) -> float | None:
    """Return the even pore diameter with the sheet's permeance [m].

    ``d_h**2 = c_k mu L L_p/porosity`` with the mean porosity.
    """
    if membrane._si["permeance"] is None:
        return None
    eps = membrane._si["porosity"]
    shape = float(permeance.permeability_coefficient(eps)) / eps
    lp, thickness = membrane._si["permeance"], membrane._si["thickness"]
    return math.sqrt(shape * _water("viscosity") * thickness * lp)


def bubble_point_diameter(membrane: Membrane) -> float | None:
    """Return the pore diameter that the bubble point stands for [m]."""
    pressure = membrane._si["bubble_point"]
    if pressure is None:
        return None
    tension = _water("surface_tension")
    angles = [each["contact_angle"] for each in _sheets(membrane)]
    if None in angles:
        return None
    finest = [
        4.0 * tension * math.cos(angle) / pressure
        for angle in angles
        if angle < math.pi / 2.0
    ]
    # of sheets of several polymers, the one that decides is the one that has this pore
    return min(
        zip(finest, _sheets(membrane), strict=True),
        key=lambda pair: abs(math.log(pair[0] / pair[1]["finest"])),
    )[0]


def retention_rating(membrane: Membrane) -> float | None:
    """Return the size above which 99.9 % of all particles stay, at 1 bar [m]."""
    if membrane._si["permeance"] is None or membrane.pore_profile is None:
        return None
    if membrane.pore_profile._si["porosity"] is None:
        return None
    z, d, eps = nodes_of(membrane)
    return capture.retention_rating(
        *(z, eps, d),
        flux=1e5 * membrane._si["permeance"],
        viscosity=_water("viscosity"),
    )


# --------------------------------------------------------------------- filtering
def entry_pressure(membrane: Membrane) -> float | None:
    """Return the pressure that water needs to enter the dry sheet [Pa]."""
    sheets = _sheets(membrane)
    if any(each["contact_angle"] is None for each in sheets):
        return None
    tension = _water("surface_tension")
    return max(
        wetting.entry_pressure(each["finest"], each["contact_angle"], tension)
        for each in sheets
    )


def _flow(membrane: Membrane, pressure: float, prewetted: bool, what: str) -> float:
    """Return the flux of water [m/s], or say why there is none."""
    nodes_of(membrane)
    if not isinstance(prewetted, bool):
        raise InputError(f"prewetted: {prewetted!r} is neither True nor False")
    lp = membrane._si["permeance"]
    if lp is None:
        raise InputError(f"{what}: this membrane has no permeance")
    needed = 0.0 if prewetted else entry_pressure(membrane) or 0.0
    if pressure < needed:
        sheets = max(_sheets(membrane), key=lambda each: each["contact_angle"])
        angle = math.degrees(sheets["contact_angle"])
        raise InputError(
            f"{what}: the dry sheet passes no water at {_amount(pressure, 'bar')}: on "
            f"{sheets['polymer'] or 'its polymer'} water has a contact angle of "
            f"{angle:.0f} deg and enters these pores from {_amount(needed, 'bar')} on; "
            "wet it with alcohol first (prewetted=True), hydrophilize it, or press "
            "harder"
        )
    return float(lp * pressure)


def flux(membrane: Membrane, pressure: Any, *, prewetted: bool = False) -> Any:
    """Do what `Membrane.flux` says."""
    given = units.si(pressure, "filtration_pressure", "pressure")
    return units.make(3.6e6 * _flow(membrane, given, prewetted, "flux"), "L/(m**2 h)")


class Retention(_Result):
    """How many particles of one size a clean sheet lets pass."""

    __slots__ = ()

    particle_diameter = _seen("particle_diameter", "um", "Of the particles [um].")
    pressure = _seen("pressure", "bar", "Pressure difference [bar].")
    passed_fraction = _plain("passed", "Share of the particles that passes [1].")
    log_reduction = _plain("reduction", "Log reduction value, decadic [1].")
    sieved = _plain("sieved", "Mean captures by sieving on a path [1].")
    attached = _plain("attached", "Mean captures by attachment on a path [1].")

    @property
    def flux(self) -> Any:
        """Volume per area and time [L/(m**2 h)]."""
        return units.make(3.6e6 * self._si["flux"], "L/(m**2 h)")

    def __str__(self) -> str:
        return (
            f"LRV {figures(self.log_reduction)} for particles of "
            f"{_amount(self._si['particle_diameter'], 'um')} at "
            f"{_amount(self._si['pressure'], 'bar')}: {figures(self.passed_fraction)} "
            f"pass; captures on a path: {figures(self.sieved)} by sieving, "
            f"{figures(self.attached)} by attachment"
        )

    def __repr__(self) -> str:
        return f"<Retention: {self}>"


def retention(
    membrane: Membrane,
    particle_diameter: Any,
    *,
    pressure: Any = "1 bar",
    attachment: float = 1.0,
    prewetted: bool = False,
) -> Retention:
    """Do what `Membrane.retention` says."""
    particle = units.si(particle_diameter, "particle_diameter", "particle_diameter")
    given = units.si(pressure, "filtration_pressure", "pressure")
    if given == 0.0:
        raise InputError("pressure: 0 moves nothing through the sheet; give more")
    share = _share(attachment, "attachment")
    flow = _flow(membrane, given, prewetted, "retention")
    z, d, eps = nodes_of(membrane)
    caught = capture.path_capture(
        *(z, eps, d, particle),
        flux=flow,
        viscosity=_water("viscosity"),
        attachment=share,
    )
    reduction = capture.log_reduction(caught.mean)
    return Retention(
        {
            "particle_diameter": particle,
            "pressure": given,
            "flux": flow,
            "passed": 10.0**-reduction,
            "reduction": reduction,
            "sieved": caught.sieved,
            "attached": caught.attached,
        }
    )


def _share(given: Any, name: str) -> float:
    """Return a share, which is given as a number or in percent."""
    bare = isinstance(given, (int, float)) and not isinstance(given, bool)
    value = units.si(given, "number" if bare else "share", name)
    if not 0.0 <= value <= 1.0:
        raise InputError(
            f"{name}: {value:g} is out of range; a share, 0 to 1, is meant"
        )
    return value


class Throughput(_Result):
    """A filtration until the sheet is blocked."""

    __slots__ = ()

    blocked = _plain("blocked", "Whether the end point was reached.")
    message = _plain("message", "Why it was not; empty if it was.")
    end = _plain("end", "Share of the clean permeance at the end point [1].")
    relative_permeance = _plain(
        "permeance",
        "J/J0 at constant pressure, p0/p at constant flux, at each volume, (n,) [1].",
    )
    blocked_by = _plain("by", 'What resists most in the end: "walls", "sieve", "cake".')
    blocked_depth = _seen("depth", "um", "Where half of what blocks lies above [um].")

    @property
    def volume(self) -> Any:
        """Volume per area up to the end point [ml/cm**2]; None if not blocked."""
        return self.volumes[-1] if self.blocked else None

    @property
    def time(self) -> Any:
        """Time up to the end point [s]; None if not blocked."""
        return self.times[-1] if self.blocked else None

    @property
    def volumes(self) -> Any:
        """Volume per area along the filtration, (n,) [ml/cm**2]."""
        return units.make(100.0 * self._si["volume"], "ml/cm**2")

    @property
    def times(self) -> Any:
        """Time at each volume, (n,) [s]."""
        return units.make(self._si["time"], "s")

    @property
    def fed(self) -> Any:
        """Particles that came, by mass per area [g/m**2]."""
        return units.make(1e3 * self._si["fed"], "g/m**2")

    @property
    def retained(self) -> Any:
        """Particles that stayed, on walls, sieved and as cake [g/m**2]."""
        return units.make(1e3 * self._si["retained"], "g/m**2")

    @property
    def passed(self) -> Any:
        """Particles that passed [g/m**2]."""
        return units.make(1e3 * self._si["passed"], "g/m**2")

    @property
    def deposit_depth(self) -> Any:
        """Middle of each layer, from the upstream side, (m,) [um]."""
        return units.make(1e6 * self._si["layer_depth"], "um")

    @property
    def deposit(self) -> Any:
        """Particles that each layer holds, without the cake, (m,) [g/m**2]."""
        return units.make(1e3 * self._si["layer_deposit"], "g/m**2")

    def __str__(self) -> str:
        course = (
            f"{figures(100 * self._si['volume'][-1])} ml/cm**2 in "
            f"{figures(self._si['time'][-1])} s"
        )
        amounts = ", ".join(
            f"{name} {figures(1e3 * self._si[name])} g/m**2"
            for name in ("fed", "retained", "passed")
        )
        if not self.blocked:
            return f"not blocked ({self.message}): {amounts}"
        return (
            f"{course} until {figures(self.end)} of the clean permeance is left, "
            f"blocked by {self.blocked_by} at {_amount(self._si['depth'], 'um')}: "
            f"{amounts}"
        )

    def __repr__(self) -> str:
        return f"<Throughput: {self}>"


def run(
    membrane: Membrane,
    particle_diameter: Any,
    concentration: Any,
    *,
    pressure: Any = None,
    flux: Any = None,
    end: float = 0.1,
    particle_density: Any = "1050 kg/m**3",
    capture_efficiency: float = 1.0,
    prewetted: bool = False,
) -> Throughput:
    """Do what `Membrane.throughput` says."""
    particle = units.si(particle_diameter, "particle_diameter", "particle_diameter")
    if (pressure is None) == (flux is None):
        raise InputError(
            'pressure, flux: give one of the two to be held, pressure="1 bar" or '
            'flux="1000 L/(m**2 h)"'
        )
    held = 0.0
    if pressure is not None:
        held = units.si(pressure, "filtration_pressure", "pressure")
    else:
        held = units.si(flux, "filtration_flux", "flux")
    if held == 0.0:
        which = "flux" if pressure is None else "pressure"
        raise InputError(f"{which}: 0 filters nothing; give more")
    finish = _share(end, "end")
    if not 0.0 < finish < 1.0:
        raise InputError(
            f"end: {finish:g} is out of range; a share of the clean permeance between "
            "0 and 1 is meant, such as 0.1"
        )
    share = _share(capture_efficiency, "capture_efficiency")
    density = units.si(particle_density, "density", "particle_density")
    liquid = float(library.builtin("water").get("density").at(TEMPERATURE))
    suspended = _concentration(concentration, density, liquid)
    z, d, eps = nodes_of(membrane)
    lp = membrane._si["permeance"]
    at_start = held if pressure is not None else held / lp
    if flux is not None and at_start > MOST_PRESSURE:
        raise InputError(
            f"flux: this sheet would need {figures(at_start / 1e5)} bar for it from "
            f"the start; give at most {figures(3.6e6 * lp * MOST_PRESSURE)} "
            f"L/(m**2 h), which takes {MOST_PRESSURE / 1e5:g} bar"
        )
    _flow(membrane, at_start, prewetted, "throughput")
    found = throughput.filtrate(
        *(z, eps, d, particle, suspended),
        pressure=None if pressure is None else held,
        flux=None if flux is None else held,
        end=finish,
        viscosity=_water("viscosity"),
        attachment=share,
    )
    on_walls, sieved = found.attached.sum(), found.sieved.sum()
    return Throughput(
        {
            "blocked": found.blocked,
            "message": found.message,
            "end": finish,
            "volume": found.volume,
            "time": found.time,
            "permeance": found.permeance,
            "fed": density * found.fed,
            "retained": density * float(on_walls + sieved + found.cake),
            "passed": density * found.passed,
            "layer_depth": found.layer_depth,
            "layer_deposit": density * (found.attached + found.sieved),
            **_blocking_place(found),
        }
    )


def _concentration(given: Any, density: float, liquid: float) -> float:
    """Return the volume of particles per volume of the suspension [1]."""
    try:
        mass = units.si(given, "suspended_mass", "concentration")
    except UnitError as error:
        if "out of range" in str(error):
            raise
        try:
            share = units.si(given, "suspended_fraction", "concentration")
        except UnitError as other:
            raise UnitError(f'{other} or "10 mg/L"') from None
        solid = share / density
        return solid / (solid + (1.0 - share) / liquid)
    return mass / density


def _blocking_place(found: throughput.Filtration) -> dict[str, Any]:
    """Say what resists most at the end of a filtration, and how deep it lies."""
    added = np.maximum(found.added_resistance, 0.0)
    inside = float(added.sum())
    if not found.blocked:
        return {"by": None, "depth": None}
    if found.cake_resistance >= inside:
        return {"by": "cake", "depth": 0.0}
    half = int(np.searchsorted(np.cumsum(added), 0.5 * inside))
    part = added > 0.01 * inside
    sieved = float(found.sieved[part].sum()) > float(found.attached[part].sum())
    return {
        "by": "sieve" if sieved else "walls",
        "depth": float(found.layer_depth[min(half, added.size - 1)]),
    }
