"""Track speed, memory and size from release to release.

``--save`` measures the release that is checked out and installed, and writes
``releases/VERSION.json`` and the page ``docs/performance.md``; ``--compare`` measures
the checkout and ends with 1 if it is past a budget against the last saved release.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import measures
import performance_page

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "benchmarks" / "releases"

COUNTED_BY = (
    "system",
    "architecture",
    "cpu",
    "compiler",
    "cython",
    "python",
    "libc",
    "numpy",
)
"""Where one of these differs, two instruction counts cannot be compared."""

INSTRUCTIONS = 0.05
MEMORY = 0.10
TIMES = 0.15
RATIO = 0.50
"""Budgets: how much more than the last release is too much [1]. That of the ratios
counts only where there are no instructions, and is as wide as noise makes it."""


def text(value: float, unit: str = "") -> str:
    """Return a number as the table shows it."""
    shown = f"{value:,.0f}" if value >= 1e4 or value == int(value) else f"{value:.4g}"
    return f"{shown} {unit}".strip()


@dataclass(frozen=True)
class Row:
    """One figure before and now.

    Parameters
    ----------
    name : str
        The benchmark, or what is measured.
    unit : str
        Of both values.
    before, now : float or None
        The values; None where there is none.
    budget : float or None
        How much more is too much [1]; None where nothing is asked.
    """

    name: str
    unit: str
    before: float | None
    now: float | None
    budget: float | None

    @property
    def change(self) -> float | None:
        """Return by how much it grew [1]."""
        if self.before is None or self.now is None:
            return None
        return self.now / self.before - 1.0

    @property
    def verdict(self) -> str:
        """Return what is to be said about it."""
        if self.now is None:
            return "gone"
        if self.before is None:
            return "new"
        if self.budget is None:
            return ""
        assert self.change is not None
        return "past its budget" if self.change > self.budget else "within"

    @property
    def failed(self) -> bool:
        """Return whether a comparison fails for it."""
        return self.verdict == "past its budget" or (
            self.verdict == "gone" and self.budget is not None
        )


def compared(
    before: dict[str, Any],
    now: dict[str, Any],
    *,
    instructions_only: bool,
    same_machine: bool = True,
) -> list[Row]:
    """Return what is to be compared of two runs.

    Instructions and seconds are set side by side for one machine alone. Seconds are
    taken in multiples of the reference kernel's, which sees the same load.
    """
    old = {each["name"]: each for each in before["benchmarks"]}
    new = {each["name"]: each for each in now["benchmarks"]}
    names = [*old, *(name for name in new if name not in old)]
    counted = same_machine and any(each["instructions"] for each in new.values())
    rows = []

    def add(name: str, key: str, unit: str, budget: float | None) -> None:
        values = [run.get(name, {}).get(key) for run in (old, new)]
        if values != [None, None]:
            rows.append(Row(name, unit, *values, budget))

    for name in names:
        if counted:
            add(name, "instructions", "instructions", INSTRUCTIONS)
    for name in names:
        if not (instructions_only and counted):
            budget = RATIO if same_machine and not counted else None
            add(name, "ratio", "reference kernels", budget)
    if instructions_only:
        return rows
    own = same_machine or None
    rows.append(
        Row(
            "peak memory",
            "bytes",
            before["peak_memory"],
            now["peak_memory"],
            own and MEMORY,
        )
    )
    for key in ("import_time", "first_result_time"):
        values = [
            run[key] / run["machine"]["reference_time"]
            if run["machine"].get("reference_time")
            else None
            for run in (before, now)
        ]
        rows.append(
            Row(key.replace("_", " "), "reference kernels", *values, own and TIMES)
        )
    rows.append(
        Row(
            "installed size",
            "bytes",
            before["installed_size"],
            now["installed_size"],
            None,
        )
    )
    return rows


def show(rows: list[Row], before: str, now: str) -> None:
    """Print the comparison as a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for heading in (before, now, "change", "budget"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("")
    for row in rows:
        table.add_row(
            row.name,
            *("" if each is None else text(each) for each in (row.before, row.now)),
            "" if row.change is None else f"{row.change:+.1%}",
            "" if row.budget is None else f"{row.budget:+.0%}",
            row.unit,
            row.verdict,
            style="bold red" if row.failed else None,
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)


# ------------------------------------------------------------------- saved releases


def number(version: str) -> tuple[int, ...]:
    """Return a release's version as numbers to order by."""
    return tuple(int(part) for part in version.split("."))


def saved(folder: Path = RELEASES) -> list[dict[str, Any]]:
    """Return the saved runs, oldest release first."""
    runs = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    return sorted(runs, key=lambda run: number(run["version"]))


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8", newline="\n")
    part.replace(path)


def save() -> int:
    """Measure this release and write its run and the page."""
    import membranekit

    version = membranekit.__version__
    if not version.replace(".", "").isdigit():
        print(f"{version} is no release: set the version first (see CONTRIBUTING.md)")
        return 1
    why = measures.no_valgrind()
    if why is not None:
        print(f"a release is saved with its instruction counts, but {why}")
        return 1
    run = measures.measure()
    run["ratios"] = measures.against_rivals()
    order = (
        "version machine benchmarks ratios peak_memory import_time first_result_time "
        "installed_size"
    )
    ordered = {key: run[key] for key in order.split()}
    path = RELEASES / f"{version}.json"
    write(path, json.dumps(ordered, indent=2) + "\n")
    print(f"wrote {path.relative_to(ROOT)}")
    return page()


def page() -> int:
    """Write the page and its plot from the saved runs."""
    runs = saved()
    write(performance_page.PAGE, performance_page.page(runs))
    print(f"wrote {performance_page.PAGE.relative_to(ROOT)}")
    if runs:
        performance_page.draw(runs)
        print(f"wrote {performance_page.PLOT.relative_to(ROOT)}")
    return 0


# ------------------------------------------------------------- the last release again


def measured_again(version: str, *, instructions_only: bool) -> dict[str, Any]:
    """Build a release's tag in a folder of its own and return what it measures there.

    Raises
    ------
    NotMeasuredError
        If there is no such tag, or it cannot be built or measured here.
    """
    tag = f"v{version}"
    with TemporaryDirectory() as folder:
        source, site = Path(folder) / "source", Path(folder) / "site"
        archive, result = Path(folder) / "source.tar", Path(folder) / "run.json"
        source.mkdir()
        # With the Cython at hand if there is one: what built the checkout, as a rule.
        own = ["--no-build-isolation"] if find_spec("Cython") else []
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", *own]
        script = str(source / "benchmarks" / "track.py")
        measure = [sys.executable, script, "--measure", str(result)]
        if instructions_only:
            measure.append("--instructions-only")
        environment = {**os.environ, "PYTHONPATH": str(site)}
        for command, where in (
            (["git", "archive", "--format=tar", f"--output={archive}", tag], ROOT),
            (["tar", "-xf", str(archive), "-C", str(source)], folder),
            ([*pip, "--target", str(site), str(source)], folder),
            (measure, folder),
        ):
            done = subprocess.run(
                command,
                cwd=where,
                env=environment if command is measure else None,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
                raise measures.NotMeasuredError(
                    f"{' '.join(command[:3])} ... {tag}: {' '.join(last)}"
                )
        return dict(json.loads(result.read_text("utf-8")))


def differing(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return in what the machines of two runs differ, as sentences."""
    pairs = [
        (key, before["machine"].get(key), now["machine"].get(key)) for key in COUNTED_BY
    ]
    return [f"{key}: {old}, here {new}" for key, old, new in pairs if old != new]


def compare(
    *,
    instructions_only: bool,
    runs: list[dict[str, Any]] | None = None,
    measure: Callable[..., dict[str, Any]] = measures.measure,
    again: Callable[..., dict[str, Any]] = measured_again,
) -> int:
    """Compare the checkout with the last release; return 1 past a budget, 0 if not.

    Parameters
    ----------
    instructions_only : bool
        Leave out memory and times.
    runs : list, optional
        The saved runs; those of the checkout by default.
    measure, again : callable
        What measures the checkout and the last release's tag.
    """
    runs = saved() if runs is None else runs
    if not runs:
        print("no release is saved yet: nothing to compare with")
        return 0
    before = runs[-1]
    version = before["version"]
    now = measure(instructions_only=instructions_only)
    reasons = differing(before, now)
    same_machine = not reasons
    if reasons:
        print(f"release {version} was measured elsewhere ({'; '.join(reasons)})")
        print(f"building v{version} beside the checkout to measure it here")
        try:
            before = again(version, instructions_only=instructions_only)
        except measures.NotMeasuredError as error:
            print(f"instructions: not measured ({error})")
            if not any(each["ratio"] for each in now["benchmarks"]):
                ratios, now["machine"]["reference_time"] = (
                    measures.beside_the_yardstick()
                )
                for each in now["benchmarks"]:
                    each["ratio"] = ratios[each["name"]]
        else:
            still = differing(before, now)
            if still:
                print(f"v{version} was built otherwise ({'; '.join(still)})")
                print("install the checkout again: counts of two builds do not compare")
                return 1
            same_machine = True
    rows = compared(
        before, now, instructions_only=instructions_only, same_machine=same_machine
    )
    show(rows, version, now["version"])
    failed = [row for row in rows if row.failed]
    for row in failed:
        print(f"{row.name}: {row.verdict}")
    return 1 if failed else 0


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--save", action="store_true", help="measure and save a release")
    what.add_argument(
        "--compare", action="store_true", help="compare with the last saved release"
    )
    what.add_argument("--page", action="store_true", help="write docs/performance.md")
    what.add_argument(
        "--measure", metavar="FILE", help="measure, and write the run to FILE"
    )
    what.add_argument(
        "--workload",
        metavar="NAME",
        action="append",
        help="do one piece of work between marks for callgrind; all: every one",
    )
    parser.add_argument(
        "--instructions-only",
        action="store_true",
        help="with --compare or --measure: no memory, no times",
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    asked = arguments(given)
    os.environ.update(measures.ENVIRONMENT)  # before NumPy starts its threads
    if asked.save:
        return save()
    if asked.page:
        return page()
    if asked.compare:
        return compare(instructions_only=asked.instructions_only)
    if asked.measure:
        run = measures.measure(instructions_only=asked.instructions_only)
        write(Path(asked.measure), json.dumps(run, indent=2) + "\n")
        return 0
    try:
        measures.run_between_marks([n for n in asked.workload if n != "all"])
    except measures.NotMeasuredError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
