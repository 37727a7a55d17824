"""The phase diagram: the kernel alone, with quantities, and from a cold start."""

import subprocess
import sys

import numpy as np
import pytest

import membranekit as mk
from membranekit._kernels import phase_diagram as kernel
from membranekit.thermo.flory_huggins import WATER_VOLUME, Mixture

LINES = 200


@pytest.mark.parametrize("length", [1500, 60_000])
def test_kernel(benchmark, length):
    """Tie lines, spinodal and critical point; 3 ms are allowed at length 1500."""
    volumes = WATER_VOLUME * np.array([1.0, 5.34, length])
    table = np.zeros((3, 5, 5))
    table[:, 0, 0] = 0.5, 2.5, 0.02
    table[0, 1, 0] = 0.1
    names = ("nonsolvent", "solvent", "polymer")
    tables = Mixture(names, volumes, table, np.zeros((3, 2))).at(298.15)
    out = {
        "lines": np.empty((LINES, 6)),
        "spinodal": np.empty((8 * LINES, 3)),
        "critical": np.empty(3),
    }
    status, _ = benchmark(kernel.ternary, **out, **tables)
    assert status == 0


def test_with_quantities(benchmark):
    """As a user calls it, the materials read before; 25 ms are allowed."""

    def draw():
        found = mk.phase_diagram("water", "NMP", "PSF", temperature="25 degC")
        return found.tie_lines, found.temperature, found.nonsolvent_at("15 %")

    lines, _, _ = benchmark(draw)
    assert lines.shape == (LINES, 2, 3)


START = [sys.executable, "-c", "import numpy, pint"]
DIAGRAM = [
    sys.executable,
    "-c",
    "import sys; from membranekit.cli import main;"
    "main(['diagram', 'water', 'NMP', 'PSF', '--json'])",
]


@pytest.mark.parametrize("program", [START, DIAGRAM], ids=["numpy and pint", "diagram"])
def test_cold_start(benchmark, program):
    """The diagram may take 2.5 times as long as importing numpy and pint."""
    done = benchmark.pedantic(
        subprocess.run,
        args=(program,),
        kwargs={"check": True, "capture_output": True},
        rounds=5,
    )
    assert done.returncode == 0
