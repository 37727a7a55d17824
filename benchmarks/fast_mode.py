"""How far the fast mode's coacervation depth lies from the reference mode's.

96 cases of a scrambled Sobol sequence, a third of them each of the three examples'
recipes, over the window below. The depths are compared as shares of the polymer above
the front, which no drying and no thickness enters. Needs the extra ``bench``:

    python benchmarks/fast_mode.py
"""

import time

import numpy as np
from scipy.stats import qmc

from membranekit.case import read_case
from membranekit.errors import MembranekitError
from membranekit.execution import execute
from membranekit.prepared import prepare

SEED, CASES, CELLS = 20240601, 96, 200
POLYMER = {
    "example1": "PVDF",
    "example2": "polysulfone P-3500",
    "example3": "polysulfone P-3500",
}
WINDOW = {
    "relative humidity, %": (10.0, 90.0),
    "temperature of the air, degC": (15.0, 60.0),
    "air speed, m/s": (0.05, 5.0),
    "time, s": (1.0, 60.0),
    "polymer, times the example's": (0.7, 1.3),
}
LOGARITHMIC = ("air speed, m/s", "time, s")


def points() -> np.ndarray:
    low, high = np.array(list(WINDOW.values())).T
    share = qmc.Sobol(len(WINDOW), seed=SEED).random(CASES)
    straight = low + share * (high - low)
    curved = low * (high / low) ** share
    return np.where([name in LOGARITHMIC for name in WINDOW], curved, straight)


def prepared(example: str, point: np.ndarray):
    humidity, temperature, speed, seconds, polymer = point
    case = read_case(example)
    part = next(p for p in case.solution.parts if p.startswith(POLYMER[example]))
    changed = case.replace(
        {
            "air.time": f"{seconds} s",
            "air.relative_humidity": f"{humidity} %",
            "air.temperature": f"{temperature} degC",
            "air.air_speed": f"{speed} m/s",
            f"solution.parts.{part}": polymer * case.solution.parts[part],
        }
    )
    run = changed.runs[0]
    return prepare(run.solution, run.process)


def main() -> None:
    ratios, seconds, refused, differ = [], np.zeros(2), 0, 0
    for number, point in enumerate(points()):
        example = sorted(POLYMER)[number % 3]
        try:
            run = prepared(example, point)
        except MembranekitError as error:
            refused += 1
            print(f"{number:3} {example} refused: {error}")
            continue
        shares = []
        for k, one_phase in enumerate((False, True)):
            began = time.process_time()
            found = execute(
                run, cells=CELLS, history=False, air_only=True, one_phase=one_phase
            )
            seconds[k] += time.process_time() - began
            shares.append(found.front_share)
            if found.message:
                print(f"{number:3} {example} {found.message}")
        if None in shares:
            refused += 1
        elif 0.0 in shares or 1.0 in shares:
            differ += shares[0] != shares[1]
        else:
            ratios.append(shares[1] / shares[0])
            print(f"{number:3} {example} {shares[0]:.4f} {shares[1]:.4f}", flush=True)
    ratios = np.array(ratios)
    quantiles = np.quantile(ratios, [0.0, 0.05, 0.5, 0.95, 1.0])
    within = [np.mean(np.abs(ratios - 1.0) <= each) for each in (0.1, 0.2, 0.3)]
    print(f"{CASES} cases, {refused} refused or failed, {ratios.size} with both fronts")
    print("none or all demixed in one mode alone:", differ)
    print("fast over reference, least, 5 %, median, 95 %, most:", quantiles.round(3))
    print("share within 10, 20, 30 %:", np.round(within, 3))
    print("processor time, reference over fast:", round(seconds[0] / seconds[1], 2))


if __name__ == "__main__":
    main()
