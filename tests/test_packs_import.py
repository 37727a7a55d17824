"""What many packs make a program load and open: nothing until a substance is wanted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import many_packs
import pytest

from membranekit.pack_index import write_contents

WATCHED = """
import json, os, sys
events = []

def note(event, given):
    if event in ("open", "os.listdir", "os.scandir"):
        events.append((event, os.fspath(given[0]) if not isinstance(given[0], int)
                       else given[0]))
    elif event == "import":
        events.append((event, given[0]))

sys.addaudithook(note)
before = set(sys.modules)
import membranekit as mk
imported = list(events)
modules = sorted(set(sys.modules) - before)
events.clear()
{then}
found = list(events)
print(json.dumps([modules, imported, found], default=str))
"""


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    return many_packs.write(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def indexed_packs(tmp_path_factory):
    made = many_packs.write(tmp_path_factory.mktemp("indexed"))
    for each in made:
        write_contents(each)
    return made


def watch(folder, packs, then=""):
    """Run a program with packs; return its modules and the events of its two parts."""
    environment = {
        **os.environ,
        "MEMBRANEKIT_PACKS": os.pathsep.join(map(str, packs)),
        "XDG_DATA_HOME": str(folder / "no_packs_of_the_user"),
    }
    done = subprocess.run(
        # no bytecode is written, which would be an event of the first program alone
        [sys.executable, "-B", "-W", "error", "-c", WATCHED.format(then=then)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of_packs(events, folder):
    """Return the events at files of a folder, as paths in it."""
    paths = [Path(str(path)) for event, path in events if event != "import"]
    return sorted(
        path.relative_to(folder).as_posix()
        for path in paths
        if path.is_relative_to(folder)
    )


def test_an_import_does_the_same_with_many_packs_as_with_none(tmp_path, packs):
    bare = watch(tmp_path, [])
    full = watch(tmp_path, packs)
    assert full[:2] == bare[:2]
    assert "membranekit" in full[0]
    assert any(path.endswith("__init__.py") or ".pyc" in path for _, path in full[1])
    assert of_packs(full[1], packs[0].parent) == []


def test_the_hook_sees_what_a_lookup_opens(tmp_path, packs):
    found = watch(tmp_path, packs, 'mk.materials["PSF"]')[2]
    opened = of_packs(found, packs[0].parent)
    assert len([path for path in opened if path.endswith("pack.toml")]) == 20
    assert len([path for path in opened if path.endswith(".toml")]) == 20 * 51


def test_a_lookup_opens_each_table_of_contents_and_one_file(tmp_path, indexed_packs):
    folder = indexed_packs[0].parent
    tables = {f"pack{p}/pack.toml" for p in range(20)}
    found = watch(tmp_path, indexed_packs, 'mk.materials["PSF"]')[2]
    assert of_packs(found, folder) == sorted(tables)
    found = watch(tmp_path, indexed_packs, 'mk.materials["S7P3"]')[2]
    assert of_packs(found, folder) == sorted({*tables, "pack3/polymers/s7.toml"})
