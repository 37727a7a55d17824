"""A broken file of a pack stops nobody who did not ask for it by its name."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import membranekit as mk
from membranekit import library, plugins, trust
from membranekit.cli import main
from membranekit.library import materials
from membranekit.pack_check import check_pack

MATERIALS = Path(__file__).parents[1] / "materials"
MANIFEST = """\
name = "lab"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""


def shipped(path: str) -> str:
    return (MATERIALS / path).read_text(encoding="utf-8")


NMP = shipped("solvents/nmp.toml")
BROKEN_NMP = NMP.replace('"99.131 g/mol"', '"3 kg"')
BROKEN_WATER = shipped("solvents/water.toml") + "\nno TOML\n"
BROKEN_PVP = shipped("swelling_agents/pvp_k90.toml").replace(
    '"1200 kg/m**3"', '"1200 kg/m**2"'
)
SET = shipped("interactions/water_nmp_polysulfone_pvp.toml")
NAMES = ["water", "NMP", "polysulfone P-3500", "PVP K30"]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put one pack beside the built-in one, in the library that all use."""

    def forget():
        for name in ("_contents", "_by_name", "_by_identity", "_sets_by_name"):
            vars(materials).pop(name, None)
        materials._read.clear()
        materials._broken.clear()

    def install(files, more=""):
        folder = tmp_path / "lab"
        folder.mkdir()
        (folder / "pack.toml").write_text(MANIFEST + more)
        for stem, text in files.items():
            (folder / f"{stem}.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv(plugins.ENVIRONMENT, str(folder))
        forget()
        return folder

    monkeypatch.setattr(plugins, "user_folder", lambda: tmp_path / "none")
    yield install
    monkeypatch.undo()
    forget()


def call(*arguments, status=0):
    ran = CliRunner().invoke(main, list(arguments))
    assert ran.exit_code == status, ran.output
    return ran


def broken_set(how: str) -> str:
    """Return a set of the shipped system that is not preferred, broken below."""
    text = SET.replace('name = "', 'name = "B ', 1).replace("preferred = true", "")
    if how == "TOML":
        return text + "\nno TOML\n"
    return re.sub("(?m)^form = .*$", 'form = "nonsense"', text, count=1)


@pytest.mark.parametrize(
    ("files", "more", "told"),
    [
        ({"b": BROKEN_NMP}, "", r"b\.toml:15: molar_mass\.value: "),
        ({"b": BROKEN_WATER}, "", r"b\.toml:\d+: "),
        (
            {},
            '[contents]\n"b.toml" = { kind = "solvent", name = "gone" }\n',
            r"b\.toml: cannot be read",
        ),
    ],
    ids=["unit", "TOML", "contents"],
)
def test_the_list_leaves_out_and_names_it(install, monkeypatch, files, more, told):
    install({**files, "sound": NMP.replace('"NMP"', '"our NMP"')}, more)
    every = dict(materials)
    assert {"water", "NMP", "PVDF"} <= {each.name for each in every.values()}
    assert "gone" not in every
    assert "NMP@lab" not in every
    assert list(materials.values()) == list(every.values())
    assert len(materials) == len(every) == len(materials.items())
    listed = call("materials")
    assert "PVP K90" in listed.stdout
    assert re.search(told, listed.stderr)
    plain = call("materials", "--json")
    names = [each["name"] for each in json.loads(plain.stdout)["materials"]]
    assert names == [each.name for each in every.values()]
    monkeypatch.setenv(plugins.STRICT, "1")
    assert re.search(told, call("materials", status=1).stderr)


def test_a_name_that_a_pack_gives_twice_stops_no_list(install):
    twin = NMP.replace('"NMP"', '"twin"').replace('"872-50-4"', '""')
    install({"one": twin, "two": twin})
    assert "twin" not in dict(materials)
    call("materials")


def test_what_is_asked_for_by_name_is_an_error_with_its_place(install):
    install({"nmp": BROKEN_NMP, "set": broken_set("form")})
    with pytest.raises(mk.MembranekitError, match=r"nmp\.toml:15: molar_mass"):
        materials["NMP@lab"]
    name = next(each for each in materials.set_names if each.startswith("B "))
    with pytest.raises(mk.MembranekitError, match=r"set\.toml:\d+: pair.1.form"):
        materials.interaction_set(NAMES, name)


def test_a_broken_twin_is_not_compared_with(install):
    install({"nmp": BROKEN_NMP, "water": BROKEN_WATER})
    assert materials.others(materials["NMP@builtin"]) == []
    solution = mk.CastingSolution.from_parts({"PES": 18, "NMP@builtin": 82})
    bath = mk.Immersion(bath="water@builtin", temperature="25 degC", time="1 min")
    process = mk.Process(wet_thickness="150 um", steps=[bath])
    told = trust.assumed(solution, process, {}, {}, None)
    assert not [each for each in told if "of pack" in str(each["value"])]
    assert [Path(each.file).stem for each in materials.skipped] == ["nmp", "water"]


def test_a_broken_grade_leaves_the_others_of_its_family(install):
    install({"k90": BROKEN_PVP.replace('"PVP K90"', '"PVP K91"')})
    found = [each.name for each in materials.named("PVP")]
    assert found == ["PVP K30", "PVP K15", "PVP K90"]
    ran = call("materials", "PVP")
    assert "PVP K15" in ran.stdout
    assert "k90.toml" in ran.stderr
    assert "k90.toml:" in call("materials", "PVP K91", status=2).stderr


@pytest.mark.parametrize("how", ["form", "TOML"])
def test_a_broken_set_is_not_taken(install, monkeypatch, how):
    usual = library.interaction_set(NAMES)
    others = [each.name for each in library.interaction_sets(NAMES)]
    case = mk.read_case("example2")
    before = mk.check(case.solution, case.process)
    install({"set": broken_set(how)})
    assert library.interaction_set(NAMES) == usual
    assert [each.name for each in library.interaction_sets(NAMES)] == others
    case = mk.read_case("example2")
    assert mk.check(case.solution, case.process) == before
    parts = {"PSF": 15, "NMP": 70, "PVP": 15, "water": 0.8}
    assert mk.CastingSolution.from_parts(parts).cloud_point("water").mass_fraction
    monkeypatch.setenv(plugins.STRICT, "1")
    with pytest.raises(mk.MembranekitError, match=r"STRICT forbids: lab: .*set\.toml"):
        library.interaction_set(NAMES)


def test_where_every_set_is_broken_it_is_said(install):
    text = broken_set("form").replace('"NMP"', '"DMF"').replace("PVP K30", "PVP K90")
    install({"set": text})
    names = [{"NMP": "DMF", "PVP K30": "PVP K90"}.get(each, each) for each in NAMES]
    with pytest.raises(mk.MembranekitError, match=r"set\.toml:\d+: pair.1.form"):
        library.interaction_set(names)


def test_a_diagram_goes_on_beside_a_broken_set(install):
    name = "interactions/water_nmp_polysulfone_wei2006.toml"
    text = shipped(name).replace('name = "', 'name = "B ', 1)
    install({"set": text.replace("preferred = true", "") + "\nno TOML\n"})
    ran = call("diagram", "water", "NMP", "P-3500", "--json")
    assert json.loads(ran.stdout)["set"] == "water-NMP-polysulfone, UNIFAC-DO refit"


# --- Folders that may not be looked into ---------------------------------------------


@pytest.fixture
def shut(monkeypatch):
    """Let no one list a folder; its mode would not keep an administrator out."""
    usual = Path.iterdir

    def shut(folder):
        def iterdir(path):
            if path == folder:
                raise PermissionError(13, "Permission denied", str(path))
            return usual(path)

        monkeypatch.setattr(Path, "iterdir", iterdir)

    return shut


def test_a_user_s_folder_that_may_not_be_read_is_skipped(tmp_path, monkeypatch, shut):
    monkeypatch.delenv(plugins.ENVIRONMENT, raising=False)
    monkeypatch.setattr(plugins, "user_folder", lambda: tmp_path)
    shut(tmp_path)
    (skipped,) = plugins.find_packs().skipped
    assert skipped.file == str(tmp_path)
    assert "Permission denied" in skipped.message


def test_a_pack_that_may_not_be_looked_into_is_skipped(install, monkeypatch):
    folder = install({})
    usual = Path.is_file

    def is_file(path):
        if path.parent == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    (skipped,) = materials.skipped
    assert (skipped.name, skipped.file) == ("lab", str(folder))


def test_a_drawer_that_may_not_be_read_is_one_finding(install, shut):
    folder = install({"sound": NMP})
    (folder / "solvents").mkdir()
    shut(folder / "solvents")
    (skipped,) = materials.skipped
    assert (skipped.name, skipped.file) == ("lab", str(folder / "solvents"))
    assert materials["NMP"].pack == "builtin"
    found = check_pack(folder)
    told = [each for each in found if "Permission denied" in each.message]
    assert [each.file for each in told] == [str(folder / "solvents")]
    ran = call("packs", "check", str(folder), status=1)
    assert isinstance(ran.exception, SystemExit)
