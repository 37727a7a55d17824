"""Write flory_golden.json: coexisting phases of short chains by the package flory.

flory finds them by self-consistent iteration of many compartments, from random starts:
no part of it is shared with membranekit, which does not depend on it. To write the file
again, in an environment of its own:

    pip install flory==0.3.2
    python tests/reference/make_flory_golden.py

The package is by Y. Qiang, MIT license. Its free energy is
f = sum_i phi_i ln(phi_i)/l_i + 1/2 sum_ij chi_ij phi_i phi_j.
"""

import json
from pathlib import Path

import flory
import numpy as np

CASES = [
    # volumes of nonsolvent, solvent and polymer; chi_12, chi_13, chi_23
    ([1.0, 1.0, 30.0], [0.8, 1.6, 0.3]),
    ([1.0, 1.0, 60.0], [0.8, 1.6, 0.3]),
    ([1.0, 2.0, 30.0], [0.2, 1.3, 0.1]),
    ([1.0, 2.0, 60.0], [0.2, 1.3, 0.1]),
]
MEANS = [(0.60, 0.20, 0.20), (0.50, 0.34, 0.16), (0.44, 0.42, 0.14), (0.30, 0.35, 0.35)]


def coexisting(sizes, chi, mean):
    matrix = np.zeros((3, 3))
    matrix[0, 1], matrix[0, 2], matrix[1, 2] = chi
    finder = flory.CoexistingPhasesFinder(
        flory.FloryHugginsInteraction(3, matrix + matrix.T),
        flory.IdealGasEntropy(3, np.array(sizes)),
        flory.CanonicalEnsemble(3, np.array(mean)),
        num_part=64,
        rng=np.random.default_rng(7),
        tolerance=1e-10,
        max_steps=3_000_000,
        progress=False,
    )
    return finder.run().get_clusters()


def main():
    rows = []
    for sizes, chi in CASES:
        for mean in MEANS:
            phases = coexisting(sizes, chi, mean)
            if len(phases.volumes) != 2:
                continue
            order = np.argsort(phases.fractions[:, 2])
            lean, rich = phases.fractions[order].tolist()
            rows.append(
                {"sizes": sizes, "chi": chi, "mean": mean, "lean": lean, "rich": rich}
            )
            print(rows[-1])
    path = Path(__file__).with_name("flory_golden.json")
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
