"""Records of membranes as a simulation would hand them over, made up."""

import numpy as np

from membranekit.citations import Use

CASE = """name = "made up"
[solution.parts]
"polysulfone P-3500" = 15
NMP = 70
water = 0.8
[process]
wet_thickness = "150 um"
[[process.step]]
kind = "air"
time = "6 s"
temperature = "40 degC"
relative_humidity = "60 %"
air_speed = "2 m/s"
[[process.step]]
kind = "immersion"
bath = "water"
temperature = "20 degC"
time = "30 s"
"""


def make_history(air=6.0, cells=12):
    """A film that takes up water from its surface; times meet where steps do."""
    time = np.concatenate([np.linspace(0, air, 7), air + np.linspace(0, 30, 7)])
    step = np.repeat([1, 2], 7)
    edge = np.linspace(0, 1, cells + 1) ** 2
    center = (edge[1:] + edge[:-1]) / 2
    thickness = 150e-6 * (1 - 0.2 * time / time[-1])
    depth = thickness[:, None] * center
    front = 40e-6 * np.sqrt(time / air + 0.01)[:, None]
    swell = (1 - np.exp(-time / air))[:, None] * np.exp(-((depth / front) ** 2))
    water = 0.01 + 0.55 * swell
    polymer = 0.14 + 0.2 * swell
    volume = np.stack([water, 1 - water - polymer, polymer], axis=2)
    clock = np.where(center < 0.5, 20 * center, np.nan)
    return {
        "time": time,
        "step": step,
        "components": ("water", "NMP", "polysulfone P-3500"),
        "depth": depth,
        "volume_fraction": volume,
        "mass_fraction": volume,
        "surface_volume_fraction": volume[:, 0],
        "temperature": 298.15 + time / 10,
        "thickness": thickness,
        "water_uptake": 1e-3 * time,
        "solvent_evaporated": 2e-3 * time,
        "binodal_time": clock,
        "spinodal_time": clock + 0.5,
        "arrest_time": np.full(cells, 20.0),
        "dry_depth": 108e-6 * center,
    }


def make_record(air=6.0, **changes):
    """A plausible record of one successful run; `changes` replace its keys."""
    depth = np.linspace(0, 108e-6, 40)
    layer_depth = min(2e-6 * air, 80e-6)
    below = 0.15e-6 * np.exp((depth - layer_depth) / 30e-6)
    above = 0.15e-6 * np.exp((layer_depth - depth) / 12e-6)
    pores = np.minimum(np.where(depth > layer_depth, below, above), 20e-6)
    record = {
        "name": "made up",
        "inputs": {"air.time": (air, "s")},
        "success": True,
        "message": "",
        "layer": {
            "state": "inside",
            "depth": layer_depth,
            "pore_diameter": 0.15e-6,
            "why": "The water from the air reached this depth when the bath came.",
            "thickness": 9e-6,
            "margins": {"surface": 2.5, "zone": 0.083},
        },
        "surface_pore_diameter": float(pores[0]),
        "support_side_pore_diameter": float(pores[-1]),
        "coacervation_depth": 1.1 * layer_depth,
        "thickness": 108e-6,
        "porosity": 0.8,
        "specific_surface_area": 12e3,
        "permeance": 1e-7,
        "bubble_point": 2.5e5,
        "water_uptake": 6e-3,
        "solvent_evaporated": 12e-3,
        "solvent_to_bath": 90e-3,
        "profile": {
            "depth": depth,
            "pore_diameter": pores,
            "porosity": np.full(40, 0.8),
        },
        "mass_closure": 1e-13,
        "polymer_closure": 2e-14,
        "notes": ["Separate drops are not modeled."],
        "wall_time": 0.25,
        "trust": {
            "assumed": [
                {
                    "name": "air.flow_length",
                    "value": (0.1, "m"),
                    "basis": "chosen",
                    "source": "default",
                    "effect": (-1.0, "um"),
                },
                {
                    "name": "support.back",
                    "value": "insulated",
                    "basis": "chosen",
                    "source": "default",
                    "effect": None,
                },
                {
                    "name": "support.temperature",
                    "value": (25.0, "degC"),
                    "basis": "chosen",
                    "source": "default",
                    "effect": (3.0, "um"),
                },
            ],
            "estimated": [],
            "fitted": [
                {
                    "name": "start_pore_diameter",
                    "value": (0.076, "um"),
                    "basis": "fitted",
                    "source": "fitted: to Table 1, 0 s",
                    "effect": None,
                }
            ],
            "extrapolated": [],
            "interactions": "water-NMP-polysulfone",
            "grid_error": 0.004,
            "time_error": None,
        },
        "uses": [
            Use("water", "density", "literature", "Ada & Bob, J. Chem. 1, 2001, p. 3"),
            Use("the model", "growth_speed", "fitted", "fitted: to Table 1, 0 s"),
        ],
        "history": make_history(air),
        "case_toml": CASE,
        "schedule": [
            {"kind": "air", "start": 0.0, "end": air},
            {"kind": "immersion", "start": air, "end": air + 30},
        ],
    }
    return {**record, **changes}
