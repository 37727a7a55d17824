"""The commands on packs, and the doctor: what they print and their statuses."""

import json
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import tomli
from click.testing import CliRunner

from membranekit import library, pack_template, simulation
from membranekit.cli import main
from membranekit.library import Library

PACK = """
name = "mylab"
version = "1.2"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
SOLVENT = """
kind = "solvent"
name = "sulfolane"
cas = "126-33-0"
[density]
value = "1261 kg/m**3"
source = "estimated: a round number"
basis = "estimated"
[molar_mass]
value = "120.17 g/mol"
source = "estimated: a round number"
basis = "estimated"
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """A working folder, and a library that is read anew from its environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MEMBRANEKIT_STRICT", raising=False)
    monkeypatch.setenv("MEMBRANEKIT_PACKS", "")
    monkeypatch.setattr(library, "materials", Library())
    return tmp_path


def make_pack(folder: Path) -> Path:
    (folder / "solvents").mkdir(parents=True)
    (folder / "pack.toml").write_text(PACK)
    (folder / "solvents" / "sulfolane.toml").write_text(SOLVENT)
    return folder


@pytest.fixture
def mylab(found, monkeypatch):
    monkeypatch.setenv("MEMBRANEKIT_PACKS", "mylab")
    return make_pack(found / "mylab")


@pytest.fixture
def broken(mylab):
    """The same pack, with a second file that cannot be read."""
    bad = mylab / "solvents" / "bad.toml"
    bad.write_text(SOLVENT.replace("sulfolane", "cyrene").replace("1261 kg", "1261 kn"))
    return bad


def call(*arguments):
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


# ---------------------------------------------------------------------------- packs
def test_packs_are_listed_with_what_each_adds(mylab):
    result = call("packs", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert set(document) == {"packs", "skipped"}
    builtin, own = document["packs"]
    assert own == {
        "name": "mylab",
        "version": "1.2",
        "where": "mylab",
        "adds": ["sulfolane"],
    }
    assert builtin["name"] == "builtin"
    assert {"NMP", "PES", "water-NMP-PES, Wei 2006"} <= set(builtin["adds"])
    assert document["skipped"] == []


def test_packs_as_a_table(mylab):
    result = call("packs")
    assert result.exit_code == 0
    _, builtin, own = result.stdout.splitlines()
    assert builtin.startswith("builtin")
    assert own.split() == ["mylab", "1.2", "1", "substances", "and", "sets", "mylab"]


def test_what_is_skipped_is_named_with_file_and_line(broken):
    result = call("packs", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert [pack["name"] for pack in document["packs"]] == ["builtin", "mylab"]
    (skipped,) = document["skipped"]
    assert set(skipped) == {"name", "file", "line", "message"}
    assert skipped["name"] == "mylab"
    assert skipped["file"] == str(Path("mylab", "solvents", "bad.toml"))
    assert skipped["line"] == 6
    assert "kn/m**3" in skipped["message"]
    told = call("packs")
    assert told.exit_code == 0
    assert f"mylab: {skipped['file']}:6: " in told.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_strict_makes_a_skipped_file_an_error(broken, monkeypatch, options):
    monkeypatch.setenv("MEMBRANEKIT_STRICT", "1")
    result = call("packs", *options)
    assert result.exit_code == 1
    assert "bad.toml" in result.stdout


def test_strict_without_a_fault_is_no_error(mylab, monkeypatch):
    monkeypatch.setenv("MEMBRANEKIT_STRICT", "1")
    assert call("packs").exit_code == 0


def test_json_before_the_command_is_not_passed_over(found):
    result = call("packs", "--json", "info", "builtin")
    assert result.exit_code == 2
    assert "membranekit packs info --json" in result.stderr


# ----------------------------------------------------------------------------- info
def test_info_shows_every_substance_and_set(broken):
    result = call("packs", "info", "MyLab", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    (skipped,) = document.pop("skipped")
    assert (skipped["line"], skipped["file"]) == (
        6,
        str(broken.relative_to(Path.cwd())),
    )
    assert document == {
        "name": "mylab",
        "version": "1.2",
        "license": "CC0-1.0",
        "author": "a laboratory",
        "where": "mylab",
        "contents": [
            {
                "name": "sulfolane",
                "kind": "solvent",
                "file": str(Path("mylab", "solvents", "sulfolane.toml")),
            }
        ],
    }
    told = call("packs", "info", "mylab").stdout
    assert "a laboratory" in told
    assert "sulfolane  solvent" in told
    assert "bad.toml:6" in told


def test_info_on_the_builtin_pack_tells_the_kinds():
    document = json.loads(call("packs", "info", "builtin", "--json").stdout)
    kinds = {each["name"]: each["kind"] for each in document["contents"]}
    assert kinds["PES"] == "polymer"
    assert kinds["LiCl"] == "swelling_agent"
    assert kinds["water-NMP-PES, Wei 2006"] == "interaction_set"
    assert document["skipped"] == []


@pytest.mark.parametrize(
    ("name", "hint"), [("bultin", "did you mean builtin?"), ("x", "membranekit packs")]
)
def test_info_on_an_unknown_pack(found, name, hint):
    result = call("packs", "info", name, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


def test_info_on_a_pack_that_was_skipped_says_why(mylab, monkeypatch):
    (mylab / "pack.toml").write_text(PACK.replace(">=0.1", ">=99"))
    result = call("packs", "info", "mylab")
    assert result.exit_code == 2
    assert "membranekit >=99" in result.stderr
    assert "pack.toml:6" in result.stderr
    assert f"{version('membranekit')} is installed" in result.stderr
    mylab.rename("folder")
    monkeypatch.setenv("MEMBRANEKIT_PACKS", "folder")
    monkeypatch.setattr(library, "materials", Library())
    assert "mylab" not in [each.name for each in library.materials.skipped]
    by_name = call("packs", "info", "MyLab")
    assert (by_name.exit_code, by_name.stdout) == (2, "")
    assert "membranekit >=99" in by_name.stderr


# ------------------------------------------------------------------------------ new
def test_a_new_pack_is_a_project_that_is_found_and_runs(found, monkeypatch):
    result = call("packs", "new", "My Lab")
    assert result.exit_code == 0, result.stderr
    project = tomli.loads(Path("My Lab", "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "membranekit-my-lab"
    entries = project["project"]["entry-points"]["membranekit.packs"]
    assert entries == {"my-lab": "membranekit_my_lab"}
    package = Path("My Lab", "membranekit_my_lab")
    assert (package / "__init__.py").is_file()
    texts = [each.read_text("utf-8") for each in Path("My Lab").rglob("*.*")]
    assert not any("$" in text for text in texts)

    monkeypatch.setenv("MEMBRANEKIT_PACKS", str(package))
    document = json.loads(call("packs", "--json").stdout)
    assert document["skipped"] == []
    assert document["packs"][1]["adds"] == [
        "water-my-lab solvent-my-lab polymer, example",
        "my-lab polymer",
        "my-lab solvent",
    ]
    program = "from membranekit.cli import main; main()"  # in a process of its own
    ran = subprocess.run(
        [sys.executable, "-c", program, "run", "My Lab/case.toml", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (run,) = json.loads(ran.stdout)["runs"]
    assert run["success"]
    assert run["porosity"]["value"] > 0


def test_new_tells_the_name_and_what_to_type(found):
    result = call("packs", "new", "My Lab")
    assert "My Lab is written, the pack my-lab: " in result.stdout
    commands = [line.strip() for line in result.stdout.splitlines()[2:]]
    check, run = (shlex.split(each) for each in commands)
    assert check == ["membranekit", "packs", "check", "My Lab"]
    case = str(Path("My Lab", "case.toml"))
    assert run[1:] == ["membranekit", "run", case]
    assert Path(run[0].partition("=")[2], "pack.toml").is_file()
    told = call("packs", "new", "\u00dcnlab")
    assert "the pack nlab: " in told.stdout


def test_new_as_json(found):
    result = call("packs", "new", "My Lab", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert list(document) == ["pack", "folder", "files"]
    assert (document["pack"], document["folder"]) == ("my-lab", "My Lab")
    assert document["files"] == sorted(document["files"])
    assert "membranekit_my_lab/pack.toml" in document["files"]
    assert len(document["files"]) == 8
    assert all(Path("My Lab", each).is_file() for each in document["files"])


@pytest.mark.parametrize("name", ["builtin", "Builtin", "membranekit-builtin", "case"])
def test_new_refuses_a_name_that_is_taken(found, name):
    result = call("packs", "new", name)
    assert result.exit_code == 2
    assert "take another" in result.stderr
    assert not list(found.iterdir())


def test_new_leaves_alone_what_is_there(found):
    for place in (Path("folder"), Path("file")):
        place.mkdir() if place.name == "folder" else place.write_text("mine")
        result = call("packs", "new", str(place))
        assert result.exit_code == 2
        assert "is there already" in result.stderr
    assert Path("file").read_text() == "mine"
    assert not list(Path("folder").iterdir())


@pytest.mark.parametrize("name", ["9lives", "...x/..", "\u6f22", "--"])
def test_new_asks_for_a_name_that_a_pack_can_have(found, name):
    result = call("packs", "new", "--", name)
    assert result.exit_code == 2
    assert not [each for each in Path().iterdir() if each.name != "home"]


def test_new_in_a_folder_that_is_not_there(found):
    result = call("packs", "new", "no/where")
    assert result.exit_code == 2
    assert "no" in result.stderr
    assert not Path("no").exists()


def test_a_pack_that_cannot_be_written_whole_is_not_written(found, monkeypatch):
    texts = [*pack_template._texts()]

    def full():
        yield from texts[:3]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pack_template, "_texts", full)
    result = call("packs", "new", "lab")
    assert result.exit_code == 2
    assert "lab: No space left on device" in result.stderr
    assert not list(found.iterdir())


# ---------------------------------------------------------------------------- check
def test_check_passes_a_sound_pack(mylab):
    result = call("packs", "check", "mylab")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "mylab: nothing is wrong\n"
    result = call("packs", "check", "mylab", "--json")
    assert json.loads(result.stdout) == {"ok": True, "findings": []}


def test_check_tells_all_that_is_wrong(broken):
    (broken.parent / "sulfolane.toml").write_text(SOLVENT.replace("126-33-0", "1-2-3"))
    result = call("packs", "check", "mylab", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    document = json.loads(result.stdout)
    assert document["ok"] is False
    for finding in document["findings"]:
        assert list(finding) == [
            *("file", "line", "key", "message", "suggestion", "severity")
        ]
        assert finding["severity"] == "error"
    found = {(Path(f["file"]).name, f["line"]): f for f in document["findings"]}
    assert found["bad.toml", 6]["key"] == "density.value"
    assert found["sulfolane.toml", 4]["key"] == "cas"
    told = call("packs", "check", "mylab")
    assert told.exit_code == 1
    assert "bad.toml:6: density.value: " in told.stdout
    assert told.stdout.endswith(f"mylab: {len(document['findings'])} findings\n")


def test_own_values_of_a_shared_substance_are_noted_and_pass(mylab):
    (mylab / "nmp.toml").write_text(
        SOLVENT.replace("sulfolane", "NMP").replace("126-33-0", "872-50-4")
    )
    result = call("packs", "check", "mylab", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"]) == (0, True)
    (note,) = document["findings"]
    assert (note["line"], note["key"], note["severity"]) == (3, "name", "note")
    told = call("packs", "check", "mylab")
    assert told.exit_code == 0
    assert "nmp.toml:3: name: note: stands also in " in told.stdout
    assert 'users then say "NMP@mylab" or "NMP@builtin"' in told.stdout
    assert told.stdout.endswith("mylab: nothing is wrong, 1 note\n")
    assert library.Library()["NMP@mylab"].pack == "mylab"


def test_check_finds_the_pack_in_a_project(found):
    assert call("packs", "new", "lab").exit_code == 0
    result = call("packs", "check", "lab")
    assert result.exit_code == 0, result.stdout
    make_pack(found / "lab" / "src" / "other")
    result = call("packs", "check", "lab")
    assert result.exit_code == 2
    assert str(Path("lab", "src", "other")) in result.stderr


def test_check_writes_the_table_of_contents(mylab):
    pack = mylab / "pack.toml"
    result = call("packs", "check", "mylab", "--write-contents")
    assert (result.exit_code, result.stdout) == (0, "mylab: nothing is wrong\n")
    assert tomli.loads(pack.read_text())["contents"] == {
        "solvents/sulfolane.toml": {
            "kind": "solvent",
            "name": "sulfolane",
            "cas": "126-33-0",
        }
    }
    assert pack.read_text().startswith(PACK.rstrip())
    file = mylab / "solvents" / "sulfolane.toml"
    file.rename(mylab / "other.toml")
    result = call("packs", "check", "mylab")
    assert result.exit_code == 1
    assert "not in [contents]; `packs check --write-contents` writes" in result.stdout
    assert call("packs", "check", "mylab", "--write-contents").exit_code == 0
    assert list(tomli.loads(pack.read_text())["contents"]) == ["other.toml"]


def test_contents_are_not_written_where_a_file_is_broken(broken):
    folder = broken.parents[1]
    before = (folder / "pack.toml").read_bytes()
    (folder / "worse.toml").write_text("kind = \n")
    result = call("packs", "check", "mylab", "--write-contents")
    assert result.exit_code == 1
    assert "worse.toml:1: " in result.stdout
    assert (folder / "pack.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("mylab/solvents/sulfolane.toml", "--write-contents: it is of a pack"),
        ("mylab", "pack.toml: Is a directory"),
    ],
)
def test_contents_that_cannot_be_written(mylab, path, words):
    (mylab / "pack.toml.new").mkdir()  # where the new text is to lie for a moment
    result = call("packs", "check", path, "--write-contents")
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_new_pack_has_its_table_of_contents_already(found):
    call("packs", "new", "lab")
    path = found / "lab" / "membranekit_lab" / "pack.toml"
    before = path.read_text()
    assert len(tomli.loads(before)["contents"]) == 3
    assert call("packs", "check", "lab", "--write-contents").exit_code == 0
    assert path.read_text() == before


def test_check_of_one_file(mylab):
    result = call("packs", "check", "mylab/solvents/sulfolane.toml")
    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_check_of_a_path_that_is_not_there(found, options):
    result = call("packs", "check", "nowhere", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nowhere" in result.stderr


def test_check_of_a_folder_without_a_pack(found):
    result = call("packs", "check", str(found))
    assert result.exit_code == 1
    assert "pack.toml" in result.stdout


# --------------------------------------------------------------------------- doctor
def test_the_doctor_finds_this_installation_well(found):
    result = call("doctor", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["ok"] is True
    assert all(set(check) == {"name", "ok", "message"} for check in document["checks"])
    said = {check["name"]: check["message"] for check in document["checks"]}
    assert list(said) == ["versions", "kernels", "units", "packs", "self test"]
    for program in ("membranekit", "python", "numpy", "pint"):
        assert f"{program} " in said["versions"]
    assert "builtin" in said["packs"]
    told = call("doctor")
    assert told.exit_code == 0
    assert told.stdout.count("ok  ") == 5


def sick(result):
    """Return what the doctor found wrong, by name."""
    document = json.loads(result.stdout)
    assert result.exit_code == (not document["ok"]) == 1
    return {
        each["name"]: each["message"] for each in document["checks"] if not each["ok"]
    }


def test_the_doctor_names_a_pack_that_cannot_be_read(broken):
    wrong = sick(call("doctor", "--json"))
    assert list(wrong) == ["packs"]
    assert "bad.toml:6" in wrong["packs"]
    assert "FAILED  packs" in call("doctor").stdout


def test_the_doctor_names_a_kernel_that_cannot_be_imported(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "membranekit._kernels.film", None)
    wrong = sick(call("doctor", "--json"))
    assert "membranekit._kernels.film" in wrong["kernels"]


@pytest.mark.parametrize(
    ("closure", "success", "words"),
    [
        (1e-3, True, "mass does not close: 0.001"),
        (float("nan"), True, "mass does not close: nan"),
        (0.0, False, "a tiny simulation stopped: too stiff"),
    ],
)
def test_the_doctor_names_a_simulation_that_fails(
    found, monkeypatch, closure, success, words
):
    class Result:
        mass_closure = closure
        message = "too stiff"

    Result.success = success
    monkeypatch.setattr(simulation, "simulate", lambda *_, **__: Result)
    assert sick(call("doctor", "--json")) == {"self test": words}


@pytest.mark.parametrize(
    ("registry", "words"),
    [
        ("pint.UnitRegistry(None)", "um"),
        ("pint.UnitRegistry(); made.define('bar = 2e5 * pascal')", "1 bar as 200000"),
    ],
)
def test_the_doctor_names_a_registry_that_reads_units_wrong(found, registry, words):
    program = (
        f"import pint; made = {registry}\n"
        "pint.set_application_registry(made)\n"
        "from membranekit.cli import main; main(['doctor', '--json'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert checks["units"]["ok"] is False
    assert words in checks["units"]["message"]
    assert checks["kernels"]["ok"]
    assert "Traceback" not in done.stderr
