"""What 20 packs of 50 substances cost: the import, and the first substance.

Each is timed in new processes, with no packs, with packs that have a table of contents
and with packs that have none. ``python benchmarks/bench_packs.py`` prints by how much
the packs slow both down.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import many_packs
import pytest

from membranekit.pack_index import write_contents

PROGRAM = """
import time
clocks = time.perf_counter, time.process_time
start = [clock() for clock in clocks]
import membranekit as mk
imported = [clock() for clock in clocks]
mk.materials["PSF"]
found = [clock() for clock in clocks]
for a, b, c in zip(start, imported, found):
    print(b - a, c - b)
"""
SORTS = ("none", "contents", "heads")


def make(folder: Path, sort: str) -> dict[str, str]:
    """Write the packs of a sort; return an environment that names them."""
    made = many_packs.write(folder) if sort != "none" else []
    if sort == "contents":
        for each in made:
            write_contents(each)
    return {
        **os.environ,
        "MEMBRANEKIT_PACKS": os.pathsep.join(map(str, made)),
        "XDG_DATA_HOME": str(folder / "nothing"),
    }


def times(environment: dict[str, str]) -> list[float]:
    """Return the times of the import and of the first substance [ms].

    By the wall's clock, and then the processor's own, which other work slows less.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [1e3 * float(each) for each in done.stdout.split()]


@pytest.mark.parametrize("sort", SORTS)
def test_first_substance(benchmark, tmp_path, sort):
    environment = make(tmp_path, sort)
    every = []
    benchmark.pedantic(lambda: every.append(times(environment)), rounds=7)
    names = ("import_ms", "first_ms", "import_cpu_ms", "first_cpu_ms")
    least = map(min, zip(*every, strict=True))
    benchmark.extra_info.update(zip(names, least, strict=True))


def main(rounds: int = 15) -> None:
    """Print what the packs cost: the least of several tries, taken in turn."""
    with TemporaryDirectory() as folder:
        environments = {sort: make(Path(folder, sort), sort) for sort in SORTS}
        every = {sort: [] for sort in SORTS}
        for _ in range(rounds):
            for sort in SORTS:
                every[sort].append(times(environments[sort]))
    columns = ("import", "first", "import, CPU", "first, CPU")
    print("[ms]    " + "".join(f"{each:>14}{'more':>8}" for each in columns))
    bare = None
    for sort, tries in every.items():
        least = [min(column) for column in zip(*tries, strict=True)]
        bare = bare or least
        cells = zip(least, bare, strict=True)
        print(f"{sort:8}" + "".join(f"{a:14.1f}{a - b:8.1f}" for a, b in cells))
    print('20 packs of 50 may make the first `mk.materials["PSF"]` 50 ms slower')


if __name__ == "__main__":
    main()
