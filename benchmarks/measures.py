"""How a checkout is measured: instructions, times beside a yardstick, memory, size.

Everything that can change with the machine's load is the least of several tries: other
work on the machine only adds.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.metadata
import importlib.resources
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""What must not differ between two counts of one program."""

RATIOS = (
    "cvode_rtol_1e-5",
    "cvode_rtol_1e-3",
    "lsoda_rtol_1e-5",
    "cvode_numpy_rtol_1e-5",
    "two_threads",
    "cells_exponent",
)

GAIN = 0.01
"""By how much a try must beat the least so far to count as a gain [1]."""

IMPORT = """
import time
start = time.perf_counter()
import membranekit
print(time.perf_counter() - start)
"""

SHORT = """
import membranekit as mk
changes = {"air.time": "2 s", "immersion[1].time": "5 s", "immersion[2].time": "5 s"}
(run,) = mk.read_case("example1").replace(changes).runs
membrane = mk.simulate(run.solution, run.process, cells=40, history=False)
assert membrane.success, membrane.message
print(membrane.thickness)
"""

PEAK = """
import sys
import membranekit as mk
(run,) = mk.read_case("example1").replace({"air.time": "6 s"}).runs
membrane = mk.simulate(run.solution, run.process)
assert membrane.success, membrane.message
try:
    # the peak of this program alone: ru_maxrss holds its parent's as well
    with open("/proc/self/status") as file:
        (line,) = [line for line in file if line.startswith("VmHWM:")]
    print(1024 * int(line.split()[1]))
except FileNotFoundError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if sys.platform == "darwin" else 1024 * peak)
"""


class NotMeasuredError(Exception):
    """A figure that this machine cannot give; the message says why."""


def environment() -> dict[str, str]:
    """Return the environment of a program that is measured."""
    return {**os.environ, **ENVIRONMENT}


# ------------------------------------------------------------------ the yardstick


@contextlib.contextmanager
def yardstick() -> Iterator[ctypes.CDLL]:
    """Compile and load ``reference.c``, whose compiler options may never change.

    Raises
    ------
    NotMeasuredError
        If there is no C compiler.
    """
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    with TemporaryDirectory() as folder:
        library = Path(folder) / "reference.so"
        options = ["-O2", "-ffp-contract=off", "-shared", "-fPIC"]
        source = str(HERE / "reference.c")
        try:
            subprocess.run(
                [*compiler, *options, source, "-o", str(library)],
                check=True,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError:
            raise NotMeasuredError(f"there is no C compiler {compiler[0]!r}") from None
        except subprocess.CalledProcessError as error:
            raise NotMeasuredError(
                f"{compiler[0]} cannot compile {source}: {error.stderr.strip()}"
            ) from None
        loaded = ctypes.CDLL(str(library))
        loaded.track_reference.restype = ctypes.c_double
        loaded.track_stop.argtypes = [ctypes.c_char_p]
        yield loaded


def timed(work: Callable[[], object]) -> float:
    """Return the wall time of one piece of work [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least(tries: Callable[[], tuple[float, ...]], patience: int) -> tuple[float, ...]:
    """Return the least of each figure, after `patience` tries that gain nothing.

    A busy machine takes more tries, and gets closer to what an idle one gives.
    """
    best: tuple[float, ...] = tries()
    idle = 0
    while idle < patience:
        found = tries()
        gained = any(
            new < (1.0 - GAIN) * old for new, old in zip(found, best, strict=True)
        )
        idle = 0 if gained else idle + 1
        best = tuple(map(min, best, found))
    return best


def beside_the_yardstick() -> tuple[dict[str, float], float]:
    """Return each workload's time in yardsticks [1], and the yardstick's time [s].

    All take turns again and again, so that each finds the machine's quiet moments.
    """
    from workloads import WORKLOADS

    with yardstick() as library:

        def turn() -> tuple[float, ...]:
            pieces = [timed(workload.make()) for workload in WORKLOADS]
            return (*pieces, timed(library.track_reference))

        turn()  # what is read or imported late
        *pieces, reference = least(turn, 12)
    return {
        workload.name: piece / workload.calls / reference
        for workload, piece in zip(WORKLOADS, pieces, strict=True)
    }, reference


# ------------------------------------------------------------------- instructions


def run_between_marks(names: list[str]) -> None:
    """Do each workload once to warm up and once between two marks for callgrind."""
    from workloads import WORKLOADS

    known = {workload.name: workload for workload in WORKLOADS}
    for name in names:
        if name not in known:
            raise NotMeasuredError(
                f"there is no workload {name!r}; there are {', '.join(known)}"
            )
    with yardstick() as library:
        if not library.track_can_count():
            raise NotMeasuredError("valgrind's header valgrind/callgrind.h is missing")
        for name in names or list(known):
            known[name].make()()
            work = known[name].make()
            mark = name.encode()
            gc.collect()
            gc.disable()
            library.track_start()
            work()
            library.track_stop(mark)
            gc.enable()


def no_valgrind() -> str | None:
    """Return why instructions cannot be counted here, or None."""
    return None if shutil.which("valgrind") else "valgrind is not installed"


def instructions(names: list[str] | None = None) -> dict[str, int]:
    """Return the instructions of one evaluation, step or run of each workload.

    Only what lies between the marks is counted: neither Python's start nor imports.

    Raises
    ------
    NotMeasuredError
        If valgrind, its header or a C compiler is missing.
    """
    from workloads import WORKLOADS

    why = no_valgrind()
    if why is not None:
        raise NotMeasuredError(why)
    calls = {workload.name: workload.calls for workload in WORKLOADS}
    with TemporaryDirectory() as folder:
        chosen = [text for name in names or [] for text in ("--workload", name)]
        done = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                "--instr-atstart=no",
                f"--callgrind-out-file={folder}/out",
                sys.executable,
                str(HERE / "track.py"),
                *(chosen or ["--workload", "all"]),
            ],
            env=environment(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        counts = {
            name: round(total / calls[name]) for name, total in dumped(Path(folder))
        }
    expected = set(names or calls)
    if done.returncode != 0 or set(counts) != expected:
        told = [line for line in done.stderr.splitlines() if "==" not in line[:12]]
        raise NotMeasuredError("valgrind: " + " ".join(told[-3:] or ["no counts"]))
    return counts


def dumped(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield name and total of each dump that a mark has left in a folder."""
    for path in folder.glob("out*"):
        text = path.read_text(encoding="utf-8")
        mark = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        if mark and total:
            yield mark[1].strip(), int(total[1])


# ------------------------------------------------------- a user's time, memory, disk


def program(text: str) -> str:
    """Run a program in a new interpreter, away from any checkout; return its output."""
    with TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [sys.executable, "-c", text],
            env=environment(),
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def import_time() -> float:
    """Return the time of ``import membranekit`` in a fresh interpreter [s]."""
    return least(lambda: (float(program(IMPORT)),), 15)[0]


def first_result_time() -> float:
    """Return the time from the command to the result of a short run [s]."""
    return least(lambda: (timed(lambda: program(SHORT)),), 5)[0]


def peak_memory() -> int | None:
    """Return the most memory that a run of Example 1 held [bytes]."""
    return None if sys.platform == "win32" else int(program(PEAK))


def installed_size() -> int:
    """Return what the installed package takes on the disk [bytes]."""
    import membranekit

    package = Path(membranekit.__file__).parent
    folders = [package]
    materials = Path(str(importlib.resources.files("membranekit.materials")))
    if not materials.is_relative_to(package):  # an editable install
        folders.append(materials)
    return sum(
        path.stat().st_size
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


# ------------------------------------------------------------------- the machine


def cpu() -> str:
    """Return the model of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or "unknown"


def built_with(kernel: Path) -> tuple[str, str]:
    """Return compiler and Cython of a compiled kernel, as the file itself tells."""
    content = kernel.read_bytes()
    compilers = re.findall(rb"(?:GCC: \(|(?:Apple )?clang version )[^\0\n]+", content)
    cython = re.search(rb"_cython_(\d+)_(\d+)_(\w+?)\b", content)
    return (
        "; ".join(sorted({each.decode() for each in compilers})) or "unknown",
        ".".join(part.decode() for part in cython.groups()) if cython else "unknown",
    )


def machine() -> dict[str, Any]:
    """Return what instruction counts and times depend on, besides the checkout."""
    import numpy as np

    from membranekit._kernels import film

    compiler, cython = built_with(Path(film.__file__))
    libc = " ".join(platform.libc_ver()).strip() or platform.version()
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpu": cpu(),
        "compiler": compiler,
        "cython": cython,
        "python": platform.python_version(),
        "libc": libc,
        "numpy": np.__version__,
    }


# ------------------------------------------------------------------ all of it


def measure(
    *, instructions_only: bool = False, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Return a run of all measures but the comparison with other solvers.

    A figure that cannot be had is None, and `say` is told why. With
    `instructions_only` the others are left out; without valgrind the ratios to the
    yardstick stand in for the instructions.
    """
    from workloads import WORKLOADS

    import membranekit

    counts: dict[str, int] = {}
    ratios: dict[str, float] = {}
    found: dict[str, Any] = {"version": membranekit.__version__, "machine": machine()}
    try:
        counts = instructions()
    except NotMeasuredError as error:
        say(f"instructions: not measured ({error})")
    if not (instructions_only and counts):
        try:
            ratios, found["machine"]["reference_time"] = beside_the_yardstick()
        except NotMeasuredError as error:
            say(f"ratios to the reference kernel: not measured ({error})")
    found["benchmarks"] = [
        {
            "name": workload.name,
            "level": workload.level,
            "instructions": counts.get(workload.name),
            "ratio": ratios.get(workload.name),
        }
        for workload in WORKLOADS
    ]
    if not instructions_only:
        found |= {
            "peak_memory": peak_memory(),
            "import_time": import_time(),
            "first_result_time": first_result_time(),
            "installed_size": installed_size(),
        }
    return found


def against_rivals(say: Callable[[str], None] = print) -> dict[str, float | None]:
    """Return the speed beside other solvers, and how time goes with cores and cells."""
    nothing: dict[str, float | None] = dict.fromkeys(RATIOS)
    try:
        import rivals
    except ImportError as error:
        say(f"ratios to other solvers: not measured ({error})")
        return nothing
    try:
        found = rivals.measure()
    except ImportError as error:  # it imports the other solvers when it needs them
        say(f"ratios to other solvers: not measured ({error})")
        return nothing
    if set(found) != set(RATIOS):
        raise RuntimeError(
            f"rivals.measure() gives {json.dumps(sorted(found))}; "
            f"expected are {json.dumps(sorted(RATIOS))}"
        )
    return {name: float(found[name]) for name in RATIOS}
