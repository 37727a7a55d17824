"""A stranger's pack as a distribution of its own, and packs that are broken."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from membranekit import library, plugins
from membranekit.cli import main
from membranekit.library import Library
from membranekit.pack_template import write

PACKS = Path(__file__).parent / "packs"
GREEN = PACKS / "green_solvents"
PACKAGE = GREEN / "membranekit_green_solvents"
BROKEN = PACKS / "broken"
PES = Path(__file__).parents[1] / "materials" / "polymers" / "pes.toml"

CASE = """
name = "a film"
[solution.parts]
"Ultrason E 6020 P" = 18
GVL = 82
[process]
wet_thickness = "100 um"
[[process.step]]
kind = "air"
time = "1 s"
temperature = "25 degC"
relative_humidity = "50 %"
air_speed = "0.5 m/s"
[[process.step]]
kind = "immersion"
bath = "water"
temperature = "20 degC"
time = "5 s"
"""

# Prints what comes of films of polymers in NMP: all of it but the time it took.
FILMS = """
import json, sys
import membranekit as mk

def film(polymer):
    membrane = mk.simulate(
        mk.CastingSolution.from_parts({polymer: 18, "NMP": 82}),
        mk.Process(
            wet_thickness="100 um",
            steps=[
                mk.AirExposure(
                    time="1 s", temperature="25 degC", relative_humidity="50 %",
                    air_speed="0.5 m/s",
                ),
                mk.Immersion(bath="water", temperature="20 degC", time="5 s"),
            ],
        ),
        cells=30,
    )
    assert membrane.success, membrane.message
    told = membrane.to_dict()
    del told["wall_time"]
    return told

"""


class Place:
    """A folder to work in, and the programs of one environment."""

    def __init__(self, folder, python):
        self.folder, self.python = folder, str(python)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MEMBRANEKIT")}
        self.environment = {**kept, "XDG_DATA_HOME": str(folder / "home")}

    def __call__(self, *arguments, status=0, **variables):
        """Run membranekit; return what it printed."""
        program = "from membranekit.cli import main; main()"
        done = subprocess.run(
            [self.python, "-c", program, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **{k: str(v) for k, v in variables.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr + done.stdout
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr * (status != 0)

    def films(self, program, **variables):
        """Run a program that has `film`; return what it printed as JSON."""
        done = subprocess.run(
            [self.python, "-c", FILMS + program],
            cwd=self.folder,
            env={**self.environment, **{k: str(v) for k, v in variables.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def here(tmp_path):
    """The environment of the tests."""
    return Place(tmp_path, sys.executable)


def pip(*arguments):
    """Run pip where there is no network and nothing may be fetched."""
    command = [sys.executable, "-m", "pip", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def fresh(tmp_path):
    """A new environment that sees what this one has installed, and no more."""
    folder = tmp_path / "fresh"
    venv.create(folder, symlinks=os.name != "nt")
    scripts = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    made = Place(tmp_path, folder / scripts)
    # addsitedir, not a bare path: it follows the .pth files of an editable install
    dirs = "; ".join(f"site.addsitedir({each!r})" for each in site.getsitepackages())
    show = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.check_output([made.python, "-c", show], text=True).strip()
    Path(own, "tests.pth").write_text(f"import site; {dirs}")
    return made


def wheel(project, folder):
    """Build a project outside of the checkout; return the wheel."""
    source = shutil.copytree(project, folder / "source")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    pip("wheel", *options, "--wheel-dir", folder / "dist", source)
    (built,) = (folder / "dist").iterdir()
    return built


def names(listing):
    return [pack["name"] for pack in json.loads(listing)["packs"]]


SHIPPED = "print(json.dumps(film('PES')))"


def test_a_pack_is_built_installed_used_and_removed(fresh, tmp_path):
    (tmp_path / "case.toml").write_text(CASE)
    built = wheel(GREEN, tmp_path)
    before = fresh.films(SHIPPED)

    pip("--python", fresh.python, "install", "--no-deps", "--no-index", built)
    listed = json.loads(fresh("packs", "--json", MEMBRANEKIT_STRICT=1))
    assert [pack["name"] for pack in listed["packs"]] == ["builtin", "green-solvents"]
    assert listed["skipped"] == []
    installed = Path(listed["packs"][1]["where"])
    assert installed.is_relative_to(tmp_path / "fresh")
    assert set(listed["packs"][1]["adds"]) == {
        "gamma-valerolactone",
        "Ultrason E 6020 P",
        "water-GVL-Ultrason E 6020 P, estimated",
        "water-NMP-Ultrason E 6020 P, as PES",
    }
    assert fresh("packs", "check", installed).endswith("nothing is wrong\n")
    # a recipe that does not name it: nothing moves, to the last digit
    assert fresh.films(SHIPPED) == before
    (run,) = json.loads(fresh("run", "case.toml", "--json"))["runs"]
    assert run["success"], run["message"]
    assert run["minimum_pore_layer"]["state"] in ("surface", "inside")
    assert run["thickness"]["value"] > 10
    assert run["trust"]["interactions"].startswith("water-GVL-Ultrason E 6020 P")
    assert run["mass_closure"] < 1e-9

    pip("--python", fresh.python, "uninstall", "--yes", "membranekit-green-solvents")
    listed = json.loads(fresh("packs", "--json"))
    assert [pack["name"] for pack in listed["packs"]] == ["builtin"]
    told = fresh("run", "case.toml", status=2)
    assert "'Ultrason E 6020 P' is no known substance" in told


def test_a_new_pack_builds_a_wheel_with_all_of_its_files(tmp_path):
    write(tmp_path / "my-lab")
    built = wheel(tmp_path / "my-lab", tmp_path)
    assert built.name.startswith("membranekit_my_lab-0.1.0-")
    package = tmp_path / "my-lab" / "membranekit_my_lab"
    files = {each for each in package.rglob("*") if each.is_file()}
    with zipfile.ZipFile(built) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entries,) = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
        assert "my-lab = membranekit_my_lab" in archive.read(entries).decode()
    assert held == {each.relative_to(package.parent).as_posix() for each in files}
    assert len(held) == 5


def numbers(film):
    """Return what a film came to, without the words on where it is from."""
    return {key: value for key, value in film.items() if key not in ("trust", "notes")}


def test_a_grade_differs_by_just_the_values_its_pack_changes(here):
    """Its sets are those of PES, so its own values are all that differs."""
    program = """
own, pes = mk.materials["Ultrason E 6020 P"], mk.materials["PES"]
changed = {
    value.name: value.quantity()
    for value in own.values
    if value.at() != pes.get(value.name).at()
}
films = film("Ultrason E 6020 P"), film(pes.replace(**changed)), film("PES")
print(json.dumps([sorted(changed), *films]))
"""
    changed, own, replaced, shipped = here.films(program, MEMBRANEKIT_PACKS=PACKAGE)
    chain = ["number_average_molar_mass", "weight_average_molar_mass"]
    assert changed == ["glass_temperature", *chain]
    assert numbers(own) == numbers(replaced) != numbers(shipped)


def test_a_changed_copy_of_a_substance_acts_as_replace_does(here):
    lab = here.folder / "lab"
    lab.mkdir()
    about = (PACKAGE / "pack.toml").read_text().partition("[contents]")[0]
    (lab / "pack.toml").write_text(about.replace("green-solvents", "lab"))
    text = PES.read_text("utf-8")
    assert text.count("1370 kg/m**3") == 1
    (lab / "pes.toml").write_text(text.replace("1370 kg/m**3", "1400 kg/m**3"), "utf-8")
    program = """
replaced = mk.materials["PES@builtin"].replace(density="1400 kg/m**3")
films = [film(each) for each in ("PES@lab", replaced, "PES@builtin")]
try:
    film("PES")
except mk.MembranekitError as error:
    print(json.dumps([str(error), *films]))
"""
    told, copy, replaced, shipped = here.films(program, MEMBRANEKIT_PACKS=lab)
    assert numbers(copy) == numbers(replaced) != numbers(shipped)
    # which of the two is meant is not guessed
    assert str(lab / "pes.toml") in told
    # a value that was not changed says where it is from, wherever it stands
    sources = [
        {each["name"]: each["source"] for each in film["trust"]["estimated"]}
        for film in (copy, shipped)
    ]
    assert sources[0]["PES.yield_stress"] == sources[1]["PES.yield_stress"]


# --------------------------------------------------------------------------- broken
FAULTS = {
    # the folder: its name where it is skipped, the file and line, what is said
    "bad_toml": ("bad-toml", "bad_toml/solvent.toml", 5, "in quotes"),
    "wrong_unit": ("wrong-unit", "wrong_unit/solvent.toml", 10, "kg/m**2"),
    "name_collides": ("builtin", "name_collides", 0, "of this name already"),
    "too_new": ("too_new", "too_new/pack.toml", 5, "needs membranekit >=99"),
    "raises_on_import": ("raises-on-import", "", 0, "a_module_that_nobody_has"),
    "misspelt_hook": ("misspelt-hook", "", 0, "did you mean membranekit_packs"),
}


def test_each_broken_pack_has_its_test():
    assert {path.name for path in BROKEN.iterdir() if path.is_dir()} == set(FAULTS)


@pytest.fixture
def library_of(tmp_path, monkeypatch):
    """Let packs be found anew, some of them broken."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def find(*folders):
        for folder in folders:
            monkeypatch.syspath_prepend(folder)  # as if it were installed
        packs = [PACKAGE, *(each for each in folders if (each / "pack.toml").exists())]
        monkeypatch.setenv("MEMBRANEKIT_PACKS", os.pathsep.join(map(str, packs)))
        plugins._started.cache_clear()
        monkeypatch.setattr(library, "materials", Library())

    yield find
    plugins._started.cache_clear()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_pack_is_named_and_skipped(fault, library_of, monkeypatch):
    name, file, line, words = FAULTS[fault]
    library_of(BROKEN / fault)
    result = CliRunner().invoke(main, ["packs", "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    (skipped,) = document["skipped"]
    assert (skipped["name"], skipped["line"]) == (name, line)
    assert skipped["file"] == (str(BROKEN / file) if file else "")
    assert words in skipped["message"]
    adds = {pack["name"]: pack["adds"] for pack in document["packs"]}
    assert "NMP" in adds["builtin"]
    assert "gamma-valerolactone" in adds["green-solvents"]
    assert library.materials["GVL"].name == "gamma-valerolactone"

    monkeypatch.setenv("MEMBRANEKIT_STRICT", "1")
    strict = CliRunner().invoke(main, ["packs", "--json"], catch_exceptions=False)
    assert strict.exit_code == 1
    assert json.loads(strict.stdout) == document


def test_with_all_that_is_broken_a_run_goes_on(here):
    (here.folder / "case.toml").write_text(CASE)
    folders = [BROKEN / fault for fault in FAULTS]
    packs = [each for each in folders if (each / "pack.toml").exists()]
    found = {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "MEMBRANEKIT_PACKS": os.pathsep.join(map(str, [PACKAGE, *packs])),
    }
    (run,) = json.loads(here("run", "case.toml", "--json", **found))["runs"]
    assert run["success"], run["message"]
    told = here("run", "case.toml", status=1, MEMBRANEKIT_STRICT=1, **found)
    # a run reads only what it needs: these two are in tables that it leaves alone
    for fault in set(FAULTS) - {"bad_toml", "wrong_unit"}:
        assert FAULTS[fault][0] in told
