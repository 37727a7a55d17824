"""The page ``docs/performance.md`` and its plot, from the saved runs alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "performance.svg"

HEAD = """\
# Performance

Written by `python benchmarks/track.py --page` from the saved runs in
`benchmarks/releases/`: change nothing here by hand.
"""

METHOD = """\
## How it is measured

- **instructions** of one evaluation, step or run: what valgrind's callgrind counts
  between two marks, so neither Python's start nor imports. They repeat on a busy
  machine, and depend on compiler, libraries and processor: a checkout that is built
  elsewhere is compared with the last release built there beside it.
- **ratio**: least wall time over that of a fixed piece of C (`benchmarks/reference.c`),
  the two taking turns.
- **other solvers** get the same right-hand side, and the times are compared at equal
  achieved error (`benchmarks/rivals.py`). Two threads: the time of one over that of
  two. Cells: the exponent of time against their number.
- **peak memory** is that of a run of Example 1 at the default number of cells;
  **import** of the package and **first result** of a short run are the least times of
  fresh interpreters.
"""

EMPTY = "No release is saved yet."

RATIOS = {
    "cvode_rtol_1e-5": "CVODE, same right-hand side, error of rtol 1e-5",
    "cvode_rtol_1e-3": "CVODE, same right-hand side, error of rtol 1e-3",
    "lsoda_rtol_1e-5": "LSODA, same right-hand side, error of rtol 1e-5",
    "cvode_numpy_rtol_1e-5": "CVODE, right-hand side in NumPy, error of rtol 1e-5",
    "two_threads": "two threads, a batch against one thread",
    "cells_exponent": "exponent of time against cells",
}

NONE = "not measured"


def count(value: float | None) -> str:
    """Return a number with three digits and thousands apart."""
    if value is None:
        return NONE
    if value >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def size(value: float | None) -> str:
    """Return bytes as megabytes."""
    return NONE if value is None else f"{value / 1e6:.1f} MB"


def span(value: float | None) -> str:
    """Return seconds as milliseconds."""
    return NONE if value is None else f"{1e3 * value:.1f} ms"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; all but the first column are numbers."""
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ruler, *rows))


def page(runs: list[dict[str, Any]]) -> str:
    """Return the page for the saved runs, oldest first."""
    if not runs:
        return "\n".join([HEAD, EMPTY, "", METHOD])
    last = runs[-1]
    machine = last["machine"]
    newest_first = runs[::-1]
    versions = [run["version"] for run in newest_first]
    told = ", ".join(
        f"{key} {machine[key]}"
        for key in ("compiler", "python", "cython", "numpy", "libc")
    )
    parts = [
        HEAD,
        f"## Release {last['version']}\n",
        f"On {machine['cpu']} ({machine['architecture']}, {machine['system']}); "
        f"{told}.\n",
        table(
            ["benchmark", "level", "instructions", "ratio"],
            [
                [
                    f"`{each['name']}`",
                    each["level"],
                    count(each["instructions"]),
                    count(each["ratio"]),
                ]
                for each in last["benchmarks"]
            ],
        ),
        "## From release to release\n",
        f"![Instructions of each benchmark in multiples of the first release's]"
        f"({PLOT.name})\n",
        "Instructions:\n",
        table(
            ["benchmark", *versions],
            [
                [f"`{name}`", *(count(instructions(run, name)) for run in newest_first)]
                for name in benchmarks(newest_first)
            ],
        ),
        "Times as fast as other solvers, and how time goes with threads and cells:\n",
        table(
            ["", *versions],
            [
                [told, *(count(run["ratios"][name]) for run in newest_first)]
                for name, told in RATIOS.items()
            ],
        ),
        "What a user waits for and keeps:\n",
        table(
            ["", *versions],
            [
                ["peak memory", *(size(run["peak_memory"]) for run in newest_first)],
                ["import", *(span(run["import_time"]) for run in newest_first)],
                [
                    "first result",
                    *(span(run["first_result_time"]) for run in newest_first),
                ],
                ["installed", *(size(run["installed_size"]) for run in newest_first)],
            ],
        ),
        METHOD,
    ]
    return "\n".join(parts)


def benchmarks(runs: list[dict[str, Any]]) -> list[str]:
    """Return the names of all benchmarks of the runs, in the order of their coming."""
    return list(
        dict.fromkeys(each["name"] for run in runs for each in run["benchmarks"])
    )


def instructions(run: dict[str, Any], name: str) -> int | None:
    """Return the instructions of a benchmark in a run, None if it has none."""
    for each in run["benchmarks"]:
        if each["name"] == name:
            return each["instructions"]
    return None


def lines(runs: list[dict[str, Any]]) -> dict[str, list[float | None]]:
    """Return instructions in multiples of the first counted release's, by benchmark."""
    found = {}
    for name in benchmarks(runs):
        counts = [instructions(run, name) for run in runs]
        first = next((each for each in counts if each), None)
        if first:
            found[name] = [each / first if each else None for each in counts]
    return found


def caption(runs: list[dict[str, Any]]) -> str:
    """Return in one text what the plot shows, so that a test can read it there."""
    told = [
        f"{name} {' '.join('-' if each is None else f'{each:.4f}' for each in line)}"
        for name, line in lines(runs).items()
    ]
    versions = " ".join(run["version"] for run in runs)
    return f"releases {versions}; " + "; ".join(told)


def draw(runs: list[dict[str, Any]], path: Path = PLOT) -> None:
    """Draw instructions over releases, in multiples of the first release's."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    levels = {each["name"]: each["level"] for run in runs for each in run["benchmarks"]}
    styles = {"kernel": ":", "step": "--", "run": "-"}
    versions = [run["version"] for run in runs]
    # text as text and a fixed salt: small, and the same file for the same numbers
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "membranekit"}):
        figure, axes = plt.subplots(figsize=(7.0, 3.6), layout="constrained")
        for name, line in lines(runs).items():
            axes.plot(
                range(len(runs)),
                [float("nan") if each is None else each for each in line],
                styles[levels[name]],
                marker="o",
                markersize=3,
                label=name,
            )
        axes.set_xticks(range(len(runs)), versions)
        axes.set_xlim(-0.5, len(runs) - 0.5)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("release")
        axes.set_ylabel("instructions / the first release's")
        figure.legend(loc="outside right upper", fontsize=7, frameon=False)
        figure.savefig(path, metadata={"Date": None, "Description": caption(runs)})
        plt.close(figure)
