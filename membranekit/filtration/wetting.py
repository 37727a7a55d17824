"""Whether water enters a dry sheet by itself, and the pressure that makes it."""

from __future__ import annotations

import math

from membranekit.filtration.permeance import refuse_unwettable

WALL_ANGLE = math.radians(14.0)
"""By how much pore walls diverge behind a constriction [rad]; estimated.

A liquid that has passed a constriction meets walls that turn away from it, and stops
where its angle to the axis passes 90 degrees: water stands before PVDF, on which its
angle is below 90 degrees. The value is that of the water entry pressure of about 2 bar
of commercial PVDF sheets rated 0.22 um (recalled) at a contact angle of 85 degrees.
"""


def entry_pressure(
    pore_diameter: float, contact_angle: float, surface_tension: float
) -> float:
    """Give the pressure at which a liquid passes the finest pores of a dry sheet.

    ``P = -4 gamma cos(theta + psi)/d``, 0 where theta + psi is below 90 degrees:
    the sheet then wets by itself.

    Parameters
    ----------
    pore_diameter : float
        Finest pore diameter d of the sheet [m].
    contact_angle : float
        Contact angle theta of the liquid on the polymer [rad].
    surface_tension : float
        gamma of the liquid [N/m].

    Returns
    -------
    float
        Pressure difference [Pa].

    Raises
    ------
    InputError
        If an argument is not physical.

    References
    ----------
    Purcell's pore of changing width: Kim & Harriott, J. Colloid Interface Sci. 115
    (1987) 1, and the entry pressures above 1 bar found at angles below 91 degrees on
    PVDF membranes (Membranes 11 (2021), PMC8230010).

    Examples
    --------
    PVDF, 0.22 um, and polysulfone, in bar:

    >>> round(entry_pressure(0.22e-6, math.radians(85.0), 0.072) / 1e5, 2)
    2.05
    >>> entry_pressure(0.22e-6, math.radians(70.0), 0.072)
    0.0
    """
    refuse_unwettable(pore_diameter, contact_angle, surface_tension)
    # a wall that diverges by more than the angle leaves to 180 degrees hinders no more
    seen = min(contact_angle + WALL_ANGLE, math.pi)
    return max(-4.0 * surface_tension * math.cos(seen) / pore_diameter, 0.0)
