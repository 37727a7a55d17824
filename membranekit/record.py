"""Make a membrane's record out of what a run gave."""

from __future__ import annotations

from typing import Any

import numpy as np

from membranekit import library, units
from membranekit.execution import Outcome
from membranekit.filtration import permeance as filtration
from membranekit.prepared import Run
from membranekit.process import AirExposure, Immersion
from membranekit.structure import pores

FAST = (
    'mode "fast", for screening: one phase and a network instead of two phases; over '
    "the window of its tests (docs/model.md) the polymer above the front was 0.52 to "
    "1.32 times the reference's in nine cases of ten"
)
FAST_GIVES = (
    "coacervation depth in the film as cast, the share of the polymer above the front "
    "times the wet thickness; surface pore diameter, support side pore diameter, "
    "thickness, porosity, specific surface area, permeance, bubble point, solvent to "
    'bath, profile: not given (mode "fast" ends with the air)'
)


def membrane_record(run: Run, outcome: Outcome) -> dict[str, Any]:
    """Return the membrane's record of SI floats, arrays and text."""
    density = np.array([each.density for each in run.model.species])
    species = run.model.species
    water = next((i for i, each in enumerate(species) if each.is_water), None)
    solvent = np.array(
        [
            float(each.saturation_pressure is not None and not each.is_water)
            for each in species
        ]
    )
    record: dict[str, Any] = {
        "name": "",
        "inputs": {},
        "success": outcome.success,
        "message": outcome.message,
        "layer": {},
        "profile": None,
        "notes": [*run.notes, *outcome.notes],
        "mass_closure": outcome.closure,
        "polymer_closure": 0.0,
        "history": outcome.history,
        "case_toml": "",
        "schedule": _schedule(run),
        "water_uptake": (
            None if water is None else float(-outcome.air_out[water] * density[water])
        ),
        "solvent_evaporated": float(outcome.air_out * density @ solvent),
        "solvent_to_bath": float(outcome.bath_out * density @ solvent),
    }
    if outcome.one_phase:
        record["solvent_to_bath"] = None
        if outcome.front_share is not None:
            record["coacervation_depth"] = outcome.front_share * run.wet_thickness
        record["notes"] += [FAST, FAST_GIVES]
    if not outcome.success or outcome.layer is None or outcome.edges is None:
        return record
    edges, depth = outcome.edges, np.asarray(outcome.depth)
    pore, porosity = np.asarray(outcome.pore), np.asarray(outcome.porosity)
    layer = outcome.layer
    clear = layer.state != "not clear"
    record["layer"] = {
        "state": layer.state,
        "depth": layer.depth if clear else None,
        "pore_diameter": layer.pore_diameter,
        "why": _why(layer, outcome),
        "thickness": layer.zone,
        "margins": layer.margins,
    }
    side = outcome.side
    voids = side is not None and side.label == "macrovoids"
    if side is not None and voids:
        record["notes"].append(
            "support side pore diameter: none, for there are macrovoids, "
            f"{1e6 * side.low:.3g} to {1e6 * side.high:.3g} um wide: the front was thin"
            " when the bath came, and drew liquid out of the dope below; surface area "
            "and permeance count them as cones of their geometric mean"
        )
    record["support_side"] = (
        None
        if side is None
        else {"label": side.label, "low": side.low, "high": side.high}
    )
    widths = np.diff(edges)
    water_liquid = library.builtin("water")
    whole = np.concatenate([[edges[0]], depth, [edges[-1]]])
    open_share = np.concatenate([[porosity[0]], porosity, [porosity[-1]]])
    through = np.concatenate([[pore[0]], pore, [pore[-1]]])
    record.update(
        surface_pore_diameter=float(pore[0]),
        support_side_pore_diameter=None if voids else float(pore[-1]),
        coacervation_depth=outcome.coacervation_depth,
        thickness=float(edges[-1]),
        porosity=float(porosity @ widths / edges[-1]),
        specific_surface_area=filtration.specific_surface_area(
            *(whole, open_share, through, run.model.matrix.density),
            roughness=run.constants["roughness"],
        ),
        permeance=filtration.permeance(
            whole, open_share, through, water_liquid.get("viscosity").at(298.15)
        ),
        bubble_point=filtration.bubble_point(
            float(pore.min()),
            run.contact_angle,
            water_liquid.get("surface_tension").at(298.15),
        ),
        profile={"depth": depth, "pore_diameter": pore, "porosity": porosity},
        sheets=[
            {
                "polymer": run.polymer.name,
                "density": run.model.matrix.density,
                "contact_angle": run.contact_angle,
                "thickness": float(edges[-1]),
                "finest": float(pore.min()),
            }
        ],
    )
    return record


def _why(layer: pores.Layer, outcome: Outcome) -> str:
    """Say in one sentence what put the layer where it is."""
    front = outcome.coacervation_depth or 0.0
    if layer.state == "surface":
        if front == 0.0:
            return (
                "nothing demixed in the air, so the bath arrests the surface first and "
                "pores grow with depth"
            )
        return (
            f"the air demixed the film to {1e6 * front:.3g} um, but the pores of the "
            f"surface are only {layer.margins['surface']:.2f} times the finest"
        )
    if layer.state == "inside":
        return (
            f"the air demixed the film to {1e6 * front:.3g} um: there pores were "
            "youngest when the bath arrested them, above they had grown in the air, "
            "below the bath came later"
        )
    if layer.margins["zones"] > 1.0:
        return (
            f"fine pores lie at {layer.margins['zones']:.0f} depths apart from each "
            f"other; the surface's are {layer.margins['surface']:.2f} times the finest"
        )
    return (
        f"the zone of fine pores takes {100 * layer.margins['zone']:.0f} % of the "
        f"sheet and the support side's are {layer.margins['back']:.2f} times the finest"
    )


def _schedule(run: Run) -> list[dict[str, Any]]:
    schedule, time = [], 0.0
    for step in run.steps:
        if isinstance(step, (AirExposure, Immersion)):
            end = time + units.to_si(step.time, "time")
            schedule.append({"kind": step.kind, "start": time, "end": end})
            time = end
    return schedule
