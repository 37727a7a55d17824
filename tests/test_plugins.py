"""Plugins and packs: found late, one hook each; a broken one stops nobody."""

import importlib.metadata
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from membranekit import hookspecs, plugins
from membranekit.library import Library

SOLVENT = """
kind = "solvent"
name = "{name}"
[density]
value = "900 kg/m**3"
source = "the label"
basis = "measured"
[molar_mass]
value = "88 g/mol"
source = "the formula"
basis = "literature"
"""
PACK = """
name = "{name}"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""


def make_pack(folder: Path, name: str, solvent: str) -> Path:
    (folder / "solvents").mkdir(parents=True)
    (folder / "pack.toml").write_text(PACK.format(name=name))
    (folder / "solvents" / "one.toml").write_text(SOLVENT.format(name=solvent))
    return folder


class FakeEntryPoint:
    def __init__(self, name, module, load=None):
        self.name, self.module, self._load = name, module, load

    def load(self):
        return self._load()


@pytest.fixture
def entry_points(monkeypatch):
    """Stand in for installed packages; the plugin manager is made anew."""
    groups: dict[str, list[FakeEntryPoint]] = {}

    def fake(*, group):
        return groups.get(group, [])

    monkeypatch.setattr(plugins, "entry_points", fake)
    plugins._started.cache_clear()
    yield groups
    plugins._started.cache_clear()


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An environment without packs of the user's, whatever the system."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    return {}


def hooks():
    return [
        name
        for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(function, "membranekit_spec")
    ]


def test_every_hook_has_a_test_here():
    source = Path(__file__).read_text()
    assert hooks() == ["membranekit_packs"]
    for name in hooks():
        assert f"def {name}(" in source


def test_the_builtin_pack_comes_through_the_hook(entry_points, nowhere):
    assert plugins.manager().has_plugin("builtin")
    (location,) = plugins.find_packs(nowhere).locations
    assert location.joinpath("pack.toml").is_file()


def test_a_plugin_adds_a_pack(entry_points, nowhere, tmp_path):
    folder = make_pack(tmp_path / "pack", "mylab", "sulfolane")

    class Plugin:
        @staticmethod
        @hookspecs.hookimpl
        def membranekit_packs():
            return [folder]

    entry_points["membranekit"] = [FakeEntryPoint("mylab", "mylab", Plugin)]
    library = Library(lambda: plugins.find_packs(nowhere))
    assert library["Sulfolane"].get("density").at() == 900
    assert "NMP" in library


def test_broken_plugins_are_named_and_skipped(entry_points, nowhere):
    def explode():
        raise RuntimeError("boom")

    class Plugin:
        @staticmethod
        @hookspecs.hookimpl
        def membranekit_packs():
            raise KeyError("bang")

    entry_points["membranekit"] = [
        FakeEntryPoint("first", "first", explode),
        FakeEntryPoint("second", "second", lambda: Plugin),
    ]
    entry_points["membranekit.packs"] = [FakeEntryPoint("third", "no_such_module")]
    library = Library(lambda: plugins.find_packs(nowhere))
    assert library["NMP"].name == "NMP"
    messages = {item.name: item.message for item in library.skipped}
    assert messages.keys() == {"first", "second", "third"}
    assert "boom" in messages["first"]
    assert "bang" in messages["second"]
    assert "no_such_module" in messages["third"]


def test_an_entry_point_may_name_a_package_of_files(
    entry_points, nowhere, tmp_path, monkeypatch
):
    folder = make_pack(tmp_path / "lab_of_tests_pack", "mylab", "sulfolane")
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    entry_points["membranekit.packs"] = [FakeEntryPoint("mylab", folder.name)]
    library = Library(lambda: plugins.find_packs(nowhere))
    assert library["sulfolane"].origin.endswith("one.toml")


def test_packs_of_the_environment_and_of_the_user(entry_points, nowhere, tmp_path):
    named = make_pack(tmp_path / "named", "named", "sulfolane")
    own = make_pack(plugins.user_folder(nowhere) / "own", "own", "cyrene")
    missing = tmp_path / "missing"
    paths = os.pathsep.join([str(named), str(missing)])
    environment = {"MEMBRANEKIT_PACKS": paths}
    library = Library(lambda: plugins.find_packs(environment))
    assert {"sulfolane", "cyrene"} <= set(library)
    assert own in [pack.location for pack in library.packs]
    (skipped,) = library.skipped
    assert skipped.name == "missing"
    assert "pack.toml" in skipped.file


def test_nothing_is_looked_for_on_import():
    program = (
        "import sys, membranekit.library as l, membranekit.plugins as p;"
        "assert p._started.cache_info().currsize == 0;"
        "assert 'pint' not in sys.modules;"
        "assert '_contents' not in vars(l.materials)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_installed_metadata_declares_no_plugin_of_its_own():
    own = importlib.metadata.entry_points(group=plugins.PLUGINS)
    assert "builtin" not in own.names
