"""Install membranekit beside other programs of the field, and write down what came.

``python benchmarks/install_beside.py WHEEL`` makes one fresh environment, has pip
resolve and install the wheel with the newest pybamm, pycalphad and watertap, imports
each, and runs membranekit beside it. It also lets pip take a release below each lower
bound of membranekit's own requirements, and says whether that bound is needed. The log
is ``benchmarks/releases/install-beside-VERSION.txt``. Takes minutes and some gigabytes
for the time it runs.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import Path as ZipPath

from packaging.requirements import Requirement

RELEASES = Path(__file__).resolve().parent / "releases"
NEIGHBORS = ("pybamm", "pycalphad", "watertap")

WRONG = ("FAILED", "NOT NEEDED", "does not install", "finds no versions")
"""What in the log makes the release stop."""

SELF_TEST = """
import membranekit as mk
changes = {"air.time": "2 s", "immersion[1].time": "5 s", "immersion[2].time": "5 s"}
(run,) = mk.read_case("example1").replace(changes).runs
membrane = mk.simulate(run.solution, run.process, cells=40)
assert membrane.success, membrane.message
assert 10 < membrane.thickness.m_as("um") < 150
"""

MIX = """
import sys
if "pint" not in sys.modules:
    print("it does not load pint: nothing to mix")
    raise SystemExit
import pint
own = pint.get_application_registry().get()
one = own.Quantity(1.0, "um")
for total in (membrane.thickness + one, one + membrane.thickness):
    assert total.m_as("um") > 1
@own.wraps("um", "um")
def double(thickness):
    return 2 * thickness
assert double(membrane.thickness).m_as("um") > membrane.thickness.m_as("um")
air = run.process.steps[0]
assert air.replace(time=own.Quantity(2.0, "s")).time + own.Quantity(1.0, "s") == (
    own.Quantity(3.0, "s"))
print("quantities mix with those of the application registry, in both directions")
"""
PYCALPHAD = """
from pycalphad.property_framework.units import ureg, Q_
assert isinstance(Q_(1.0, "um") + membrane.thickness, Q_), "Q_ + result"
assert isinstance(membrane.thickness + Q_(1.0, "um"), Q_), "result + Q_"
print("the same with pycalphad's own ureg and Q_")
"""


def run(python: Path, program: str, folder: Path) -> tuple[bool, str]:
    """Run a program; return whether it went well, and its output or its last line."""
    done = subprocess.run(
        [python, "-c", program],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == 0:
        return True, "; ".join(done.stdout.strip().splitlines())
    last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    return False, clean(last, folder)


def clean(text: str, folder: Path) -> str:
    """Take out what belongs to this machine: its folders and package indexes."""
    return re.sub(r"\b(?:https?|file)://\S+", "...", text.replace(str(folder), "..."))


def pip(python: Path, *arguments: object) -> str:
    """Call pip; return an empty text, or the lines that say why it did not go."""
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-input", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    said = "; ".join(lines) or f"pip ended with {done.returncode}"
    return clean(said, python.parents[1])


def environment(folder: Path) -> Path:
    """Make a fresh environment; return its Python."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def resolved(report: Path) -> dict[str, tuple[str, list[str]]]:
    """Return version and requirements of everything that pip chose, by name."""
    chosen = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        each["metadata"]["name"].lower(): (
            each["metadata"]["version"],
            each["metadata"].get("requires_dist", []),
        )
        for each in chosen
    }


def beside(wheel: Path, folder: Path) -> list[str]:
    """Install all in one environment; return what is to be written down."""
    python = environment(folder / "beside")
    report = folder / "report.json"
    everything = (wheel, *NEIGHBORS)
    fault = pip(python, "--dry-run", "--report", report, *everything)
    if fault:
        return [f"pip finds no versions that go together: {fault}"]
    found = resolved(report)
    needed = [Requirement(text) for text in found["membranekit"][1]]
    own = [each.name.lower() for each in needed if not each.marker]
    lines = ["Resolved together:"]
    for name in ("membranekit", *NEIGHBORS, *own):
        lines.append(f"  {name} {found[name][0]}" if name in found else f"  {name} ?")
    fault = pip(python, *everything)
    if fault:
        return [*lines, f"It does not install: {fault}"]
    lines += [f"Installed: {len(found)} distributions.", "", "Imported and run:"]
    ok, said = run(python, SELF_TEST, folder)
    lines.append(f"  membranekit alone, a short run: {'ok' if ok else said}")
    for name in NEIGHBORS:
        ok, said = run(python, f"import {name}", folder)
        lines.append(
            f"  import {name}: {'ok' if ok else f'it does not import: {said}'}"
        )
        if not ok:
            continue
        mixes = MIX + (PYCALPHAD if name == "pycalphad" else "")
        for order, program in (
            (f"{name}, then membranekit", f"import {name}\n{SELF_TEST}{mixes}"),
            (f"membranekit, then {name}", f"{SELF_TEST}\nimport {name}\n{mixes}"),
        ):
            ok, said = run(python, program, folder)
            lines.append(f"    {order}: {said if ok else f'FAILED: {said}'}")
    every = "\n".join(f"import {name}" for name in NEIGHBORS)
    ok, said = run(python, f"{every}\n{SELF_TEST}{MIX}{PYCALPHAD}", folder)
    lines.append(f"  all at once: {said if ok else f'FAILED: {said}'}")
    return lines


def bounds(wheel: Path, folder: Path, distribution: Distribution) -> list[str]:
    """Try a release below each lower bound; return what is to be written down."""
    lines = ["", "Requirements of membranekit itself:"]
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker:  # an extra
            continue
        specifiers = list(requirement.specifier)
        if not specifiers:
            lines.append(f"  {requirement.name}: any version")
        for each in specifiers:
            assert each.operator == ">=", f"{text}: only lower bounds are expected"
            python = environment(folder / f"below-{requirement.name}")
            older = f"{requirement.name}<{each.version}"
            fault = pip(python, wheel) or pip(python, older)
            ok, said = (False, fault) if fault else run(python, SELF_TEST, folder)
            verdict = "NOT NEEDED: all went well" if ok else f"needed: {said}"
            lines.append(f"  {text}: with {older} {verdict}")
    python = distribution.metadata["Requires-Python"]
    lines.append(
        f"  Python {python}: needed: zip(strict=True), isinstance(x, int | float)"
    )
    return lines


def main() -> int:
    """Write the log; return 1 if anything in it went wrong."""
    wheel = Path(sys.argv[1]).resolve()
    (info,) = [p for p in ZipPath(wheel).iterdir() if p.name.endswith(".dist-info")]
    distribution = PathDistribution(info)
    version = distribution.version
    with TemporaryDirectory() as folder:
        lines = [
            f"membranekit {version} beside {', '.join(NEIGHBORS)}",
            f"Python {platform.python_version()}, {sys.platform} {platform.machine()}",
            "",
            *beside(wheel, Path(folder)),
            *bounds(wheel, Path(folder), distribution),
        ]
    text = "\n".join(lines) + "\n"
    path = RELEASES / f"install-beside-{version}.txt"
    path.write_text(text, encoding="utf-8", newline="\n")
    print(text)
    return int(any(word in text for word in WRONG))


if __name__ == "__main__":
    sys.exit(main())
