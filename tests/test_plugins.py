"""Plugins and packs: found late, one hook each; a broken one stops nobody."""

import importlib.metadata
import inspect
import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from membranekit import hookspecs, plugins
from membranekit.errors import SkippedPackError
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
    """No packs of the user's, whatever the system."""
    monkeypatch.setattr(plugins, "user_folder", lambda: tmp_path / "user" / "packs")
    monkeypatch.delenv("MEMBRANEKIT_PACKS", raising=False)
    monkeypatch.delenv("MEMBRANEKIT_STRICT", raising=False)


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
    (location,) = plugins.find_packs().locations
    assert location.joinpath("pack.toml").is_file()


def test_a_plugin_adds_a_pack(entry_points, nowhere, tmp_path):
    folder = make_pack(tmp_path / "pack", "mylab", "sulfolane")

    class Plugin:
        @staticmethod
        @hookspecs.hookimpl
        def membranekit_packs():
            return [folder]

    entry_points["membranekit"] = [FakeEntryPoint("mylab", "mylab", Plugin)]
    library = Library(plugins.find_packs)
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
    library = Library(plugins.find_packs)
    assert library["NMP"].name == "NMP"
    messages = {item.name: item.message for item in library.skipped}
    assert messages.keys() == {"first", "second", "third"}
    assert "boom" in messages["first"]
    assert "bang" in messages["second"]
    assert "no_such_module" in messages["third"]


class Fine:
    @staticmethod
    @hookspecs.hookimpl
    def membranekit_packs():
        return []


class Misspelt:
    @staticmethod
    @hookspecs.hookimpl
    def membranekit_pack():
        return []


class Crooked:
    @staticmethod
    @hookspecs.hookimpl
    def membranekit_packs(folder):
        return []


def leave():
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (
            lambda: Misspelt,
            "no hook 'membranekit_pack'; did you mean membranekit_packs",
        ),
        (lambda: Crooked, "folder"),
        (leave, "SystemExit: 3"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_taken_out(entry_points, nowhere, load, words):
    entry_points["membranekit"] = [
        FakeEntryPoint("wrong", "wrong", load),
        FakeEntryPoint("fine", "fine", lambda: Fine),
    ]
    (skipped,) = plugins.find_packs().skipped
    assert skipped.name == "wrong"
    assert words in skipped.message
    assert not plugins.manager().has_plugin("wrong")
    assert plugins.manager().has_plugin("fine")


def test_two_plugins_of_one_name(entry_points, nowhere):
    entry_points["membranekit"] = [
        FakeEntryPoint("fine", "one", lambda: Fine),
        FakeEntryPoint("fine", "two", lambda: Misspelt),
        FakeEntryPoint("builtin", "three", lambda: Misspelt),
    ]
    found = plugins.find_packs()
    assert [item.name for item in found.skipped] == ["fine", "builtin"]
    assert plugins.manager().get_plugin("fine") is Fine
    assert len(found.locations) == 1


@pytest.mark.parametrize("given", ["folder", Path("folder"), ["folder"], None, 3])
def test_a_hook_that_gives_no_folders_is_named(entry_points, nowhere, given):
    class Plugin:
        @staticmethod
        @hookspecs.hookimpl
        def membranekit_packs():
            return given

    entry_points["membranekit"] = [FakeEntryPoint("odd", "odd", lambda: Plugin)]
    found = plugins.find_packs()
    assert [item.name for item in found.skipped] == ["odd"]
    assert "TypeError" in found.skipped[0].message
    assert len(found.locations) == 1


def test_the_user_may_stop_an_import(entry_points, nowhere):
    def stop():
        raise KeyboardInterrupt

    entry_points["membranekit"] = [FakeEntryPoint("slow", "slow", stop)]
    with pytest.raises(KeyboardInterrupt):
        plugins.find_packs()


def test_an_entry_point_may_name_a_package_of_files(
    entry_points, nowhere, tmp_path, monkeypatch
):
    folder = make_pack(tmp_path / "lab_of_tests_pack", "mylab", "sulfolane")
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    entry_points["membranekit.packs"] = [FakeEntryPoint("mylab", folder.name)]
    library = Library(plugins.find_packs)
    assert library["sulfolane"].origin.endswith("one.toml")


def test_an_entry_point_names_the_package_with_the_manifest_itself(
    entry_points, nowhere, tmp_path, monkeypatch
):
    outer = tmp_path / "membranekit_nested_pack"
    inner = make_pack(outer / "materials", "nested", "sulfolane")
    (outer / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    entry_points["membranekit.packs"] = [FakeEntryPoint("nested", outer.name)]
    (skipped,) = Library().skipped
    assert (skipped.name, skipped.file) == ("nested", str(outer))
    assert f'name the one in it that has: "{outer.name}.materials"' in skipped.message
    # which needs no __init__.py
    entry_points["membranekit.packs"] = [
        FakeEntryPoint("nested", f"{outer.name}.materials")
    ]
    library = Library()
    assert not library.skipped
    assert library["sulfolane"].pack == "nested"
    assert library.packs[-1].location == inner
    # a folder of the environment says so too
    entry_points.clear()
    monkeypatch.setenv("MEMBRANEKIT_PACKS", str(outer))
    (skipped,) = Library().skipped
    assert skipped.message == (
        "there is no pack.toml in this folder; it is in materials"
    )


def test_packs_of_the_environment_and_of_the_user(
    entry_points, nowhere, tmp_path, monkeypatch
):
    named = make_pack(tmp_path / "named", "named", "sulfolane")
    own = make_pack(plugins.user_folder() / "own", "own", "cyrene")
    (plugins.user_folder() / "empty").mkdir()
    (plugins.user_folder() / ".hidden").mkdir()
    missing = tmp_path / "missing"
    paths = os.pathsep.join([str(named), str(missing), " "])
    monkeypatch.setenv("MEMBRANEKIT_PACKS", paths)
    library = Library(plugins.find_packs)
    assert {"sulfolane", "cyrene"} <= set(library)
    assert own in [pack.location for pack in library.packs]
    assert [(item.name, item.file) for item in library.skipped] == [
        ("missing", str(missing)),
        ("empty", str(plugins.user_folder() / "empty")),
    ]
    assert "pack.toml" in library.skipped[0].message


def test_the_user_s_folder_is_where_the_system_keeps_data(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # of Linux; others have none
    expected = platformdirs.user_data_path("membranekit", appauthor=False)
    assert plugins.user_folder() == expected / "packs"
    if sys.platform == "linux":
        assert plugins.user_folder() == tmp_path / "membranekit" / "packs"


def test_a_folder_announced_twice_counts_once(
    entry_points, nowhere, tmp_path, monkeypatch
):
    folder = make_pack(tmp_path / "lab_of_tests_twice", "mylab", "sulfolane")
    (folder / "__init__.py").write_text("")
    link = tmp_path / "link"
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:  # not every system lets everyone make links
        link = folder / ".." / folder.name
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MEMBRANEKIT_PACKS", os.pathsep.join([str(folder), str(link)]))
    entry_points["membranekit.packs"] = [FakeEntryPoint("mylab", folder.name)]
    library = Library(plugins.find_packs)
    assert [pack.name for pack in library.packs] == ["builtin", "mylab"]
    assert not library.skipped
    assert library["sulfolane"].name == "sulfolane"


def test_the_second_pack_of_a_name_is_named_and_skipped(
    entry_points, nowhere, tmp_path, monkeypatch
):
    folders = [
        make_pack(tmp_path / "a", "mylab", "sulfolane"),
        make_pack(tmp_path / "b", "My-Lab", "cyrene"),
        make_pack(tmp_path / "c", "builtin", "limonene"),
    ]
    monkeypatch.setenv("MEMBRANEKIT_PACKS", os.pathsep.join(map(str, folders)))
    library = Library(plugins.find_packs)
    assert [pack.name for pack in library.packs] == ["builtin", "mylab"]
    second, third = library.skipped
    assert (second.name, second.file) == ("My-Lab", str(folders[1]))
    assert str(folders[0]) in second.message
    assert third.name == "builtin"
    assert "cyrene" not in library
    assert "sulfolane" in library


@pytest.mark.parametrize("value", ["1", "yes", "true"])
def test_strict_makes_every_lookup_that_meets_a_skipped_pack_an_error(
    entry_points, nowhere, tmp_path, monkeypatch, value
):
    monkeypatch.setenv("MEMBRANEKIT_STRICT", value)
    library = Library(plugins.find_packs)
    assert library["NMP"].name == "NMP"
    monkeypatch.setenv("MEMBRANEKIT_PACKS", str(tmp_path / "gone"))
    library = Library(plugins.find_packs)
    meets = [
        lambda: library["NMP"],
        lambda: "NMP" in library,
        lambda: list(library),
        lambda: library.set_names,
        lambda: library.interaction_set(["water", "NMP"]),
        lambda: library.interaction_sets(["water", "NMP"]),
    ]
    for meet in meets:
        with pytest.raises(SkippedPackError, match=r"gone.*no folder"):
            meet()
    # what was found can be told all the same
    assert [pack.name for pack in library.packs] == ["builtin"]
    assert [item.name for item in library.skipped] == ["gone"]
    monkeypatch.setenv("MEMBRANEKIT_STRICT", "0")
    assert library["NMP"].name == "NMP"


@pytest.mark.parametrize("command", [["materials"], ["check", "example1"]])
def test_strict_ends_a_command_with_1_and_the_name(tmp_path, command):
    environment = {
        **os.environ,
        "MEMBRANEKIT_PACKS": str(tmp_path / "gone"),
        "MEMBRANEKIT_STRICT": "1",
    }
    program = "from membranekit.cli import main; main()"
    run = [sys.executable, "-c", program, *command]
    ended = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "gone" in ended.stderr
    assert "Traceback" not in ended.stderr


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
