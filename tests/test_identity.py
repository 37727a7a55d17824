"""Which substance a name means when several packs give it; never a guess."""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import membranekit as mk
from membranekit import library, plugins
from membranekit.case import lasting_text
from membranekit.cli import main
from membranekit.equilibria import System
from membranekit.library import Library, lookup, materials
from membranekit.pack_index import identity

MATERIALS = Path(__file__).parents[1] / "materials"
PACK = """\
name = "{name}"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
PSF = MATERIALS / "polymers" / "polysulfone_p3500.toml"
NMP = MATERIALS / "solvents" / "nmp.toml"
WATER = MATERIALS / "solvents" / "water.toml"
SET = MATERIALS / "interactions" / "water_nmp_polysulfone_wei2006.toml"
WEI = "water-NMP-polysulfone, Wei 2006"


def changed(path: Path, **lines: str) -> str:
    """Return a shipped file with some lines of its head in other words."""
    text = path.read_text(encoding="utf-8")
    for key, value in lines.items():
        old = rf"(?ms)^{key} = (?:\[.*?\]|[^\n]*)$"
        text, count = re.subn(old, f"{key} = {value}", text, count=1)
        assert count == 1
    return text


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put packs beside the built-in one, in the library that all use."""
    cached = ("_contents", "_by_name", "_by_identity", "_sets_by_name")

    def forget():
        for name in cached:
            vars(materials).pop(name, None)
        materials._read.clear()
        materials._broken.clear()

    def install(**packs: dict[str, str]) -> Library:
        for name, files in packs.items():
            folder = tmp_path / name
            folder.mkdir()
            (folder / "pack.toml").write_text(PACK.format(name=name))
            for stem, text in files.items():
                (folder / f"{stem}.toml").write_text(text, encoding="utf-8")
        folders = [str(tmp_path / name) for name in packs]
        monkeypatch.setenv(plugins.ENVIRONMENT, os.pathsep.join(folders))
        forget()
        assert not materials.skipped
        return materials

    monkeypatch.setattr(plugins, "user_folder", lambda: tmp_path / "none")
    yield install
    monkeypatch.undo()
    forget()


TWIN = '"NMP"'
OTHER_NMP = changed(NMP, name='"M-Pyrol"', aliases='["pyrol"]').replace(
    'value = "99.13', 'value = "99.14'
)
OWN_PSF = changed(
    PSF, name='"PSF"', aliases='["PSU"]', maker='"Lab"', grade='"L-1"'
).replace('"22 kg/mol"', '"30 kg/mol"')


# --- Small molecules -----------------------------------------------------------------


def test_a_small_molecule_is_found_by_its_cas_number():
    for name in ("NMP", "water", "LiCl", "DMAc"):
        assert materials[materials[name].cas] is materials[name]
    assert "872-50-4" in materials
    solution = mk.CastingSolution.from_parts({"PSF": 15, "872-50-4": 85})
    assert solution.parts["NMP"] == 85
    assert solution.role_of("872-50-4") == "good_solvent"


@pytest.mark.parametrize(
    ("cas", "grades"),
    [("9003-39-8", "PVP K15 or PVP K30 or PVP K90"), ("25322-68-3", "PEG 200")],
)
def test_a_polymer_is_not_known_by_its_cas_number(cas, grades):
    assert cas not in materials
    with pytest.raises(mk.MaterialError, match=grades):
        materials[cas]


def test_two_packs_that_give_one_cas_number_give_one_substance(install):
    install(lab={"nmp": OTHER_NMP})
    assert identity(materials["M-Pyrol"]) == identity(materials["NMP"])
    with pytest.raises(mk.MaterialError, match="872-50-4@builtin"):
        materials["872-50-4"]
    assert materials["872-50-4@lab"].name == "M-Pyrol"
    with pytest.raises(mk.InputError, match='"NMP" and "M-Pyrol" are the same'):
        mk.CastingSolution.from_parts({"PSF": 15, "NMP": 40, "M-Pyrol": 45})
    # so the sets of one serve the other
    names = ["water", "M-Pyrol", "polysulfone P-3500"]
    found = library.interaction_set(names, WEI)
    assert found.components == tuple(names)


# --- Names of two packs --------------------------------------------------------------


def test_an_ambiguous_name_is_refused_with_the_choices(install):
    install(lab={"psf": OWN_PSF}, other={"nmp": changed(NMP, aliases='["pyrol"]')})
    with pytest.raises(mk.MaterialError) as caught:
        materials["PSU"]
    message = str(caught.value)
    assert "polysulfone P-3500 (Union Carbide P-3500, " in message
    assert re.search(r"PSF \(Lab L-1, [\d.]+ kg/mol\) of pack lab, ", message)
    assert message.endswith('write "PSU@builtin" or "PSU@lab"')
    assert PSF.name in message
    for way in ("PSU@builtin", "psu @ LAB", "PSF@lab"):
        assert materials[way].name in ("polysulfone P-3500", "PSF")
    with pytest.raises(mk.MaterialError, match='write "PSF@builtin" or "PSF@lab"'):
        materials["PSF@labb"]
    # the mapping's own names lead back
    assert {"NMP@builtin", "NMP@other", "PSF@lab"} <= set(materials)
    assert all(materials[name].name == name.split("@")[0] for name in materials)
    assert len(list(materials.values())) == len(materials)
    assert [each.pack for each in materials.named("psf")] == ["builtin", "lab"]


def test_one_pack_that_gives_a_name_twice_is_told_so(install):
    install(lab={"a": OTHER_NMP, "b": OTHER_NMP})
    with pytest.raises(mk.MaterialError, match="one pack must not") as caught:
        materials["pyrol"]
    assert "a.toml" in str(caught.value)
    assert "b.toml" in str(caught.value)


def test_the_shipped_cases_and_defaults_mean_the_builtin_pack(install):
    before = {name: mk.read_case(name).to_toml() for name in mk.cases}
    install(
        lab={
            "psf": OWN_PSF,
            "nmp": changed(NMP, aliases='["pyrol"]'),
            "water": changed(WATER, aliases="[]"),
            "glass": (MATERIALS / "supports" / "glass.toml").read_text(),
        }
    )
    for name in mk.cases:
        case = mk.read_case(name)
        assert {each.pack for each in case.solution.components} == {"builtin"}
        text = case.to_toml()
        again = mk.Case.from_toml(text)
        assert again.solution == case.solution
        assert (
            text.replace("@builtin", "").replace('"water"', "water")
            == before[name].replace('"water"', "water")
            or "@builtin" in text
        )
    assert library.builtin("water").pack == "builtin"
    assert mk.Rinse().bath.substances["water"].pack == "builtin"
    assert mk.Support().substance.pack == "builtin"
    with pytest.raises(mk.MaterialError, match="water@lab"):
        mk.Rinse(bath="water")


CASE = """\
name = "a case"
[solution.parts]
"PSF@lab" = 15
"NMP@lab" = 82
"water@builtin" = 3
[solution.roles]
"NMP@lab" = "good_solvent"
[solution.cloud_point]
nonsolvent = "water@builtin"
mass_fraction = "4.8 %"
temperature = "25 degC"
[process]
wet_thickness = "150 um"
[[process.step]]
kind = "immersion"
bath = "water@builtin"
temperature = "25 degC"
time = "1 min"
"""


def test_a_pack_can_be_said_everywhere(install):
    install(
        lab={
            "psf": OWN_PSF,
            "nmp": changed(NMP, aliases='["pyrol"]'),
            "water": changed(WATER, aliases="[]"),
        }
    )
    case = mk.Case.from_toml(CASE)
    assert case.solution.polymer.pack == "lab"
    assert case.solution.role_of("NMP@lab") == "good_solvent"
    assert case.solution.role_of("NMP") == "good_solvent"
    with pytest.raises(mk.InputError, match="is not in the solution"):
        case.solution.role_of("NMP@builtin")
    for address in ("solution.parts.PSF@lab", "solution.parts.PSF"):
        assert case.replace({address: 16}).solution.parts["PSF@lab"] == 16
    wet = case.replace({"immersion.bath": "water@lab"})
    assert wet.process.steps[0].bath.substances["water@lab"].pack == "lab"
    text = case.to_toml()
    assert '"PSF@lab" = 15' in text
    again = mk.Case.from_toml(text)
    assert (again.solution, again.process) == (case.solution, case.process)
    assert again.solution.polymer.pack == "lab"
    # made in Python, of substances, it reads back too
    parts = {materials[name]: case.solution.parts[name] for name in case.solution.parts}
    made = mk.CastingSolution.from_parts(parts)
    assert '"PSF@lab" = 15' in mk.Case(made, case.process, name="made").to_toml()


# --- Interaction sets ----------------------------------------------------------------


OWN_SET = (
    SET.read_text(encoding="utf-8")
    .replace('"polysulfone P-3500"', '"PSU"')
    .replace(f'name = "{WEI}"', 'name = "mine"')
)


def test_a_pack_s_set_means_the_pack_s_own_substances(install):
    install(lab={"psf": OWN_PSF, "set": OWN_SET})
    own, builtin = materials["PSU@lab"], materials["PSU@builtin"]
    others = [materials["water"], materials["NMP"]]
    names = ["water", "NMP", "PSF"]
    assert library.interaction_set(names, extra=[own, *others]).name == "mine"
    assert library.interaction_set(names, "mine").components == tuple(names)
    names[2] = builtin.name
    with pytest.raises(mk.MaterialError, match="'mine' lacks some"):
        library.interaction_set(names, "mine", extra=[builtin, *others])


def test_a_set_may_say_the_pack_of_a_component(install):
    text = OWN_SET.replace('"PSU"', '"PSU@builtin"')
    install(lab={"psf": OWN_PSF, "set": text})
    names = ["water", "NMP", "polysulfone P-3500"]
    assert library.interaction_set(names, "mine").components == tuple(names)


def test_the_set_of_the_pack_that_a_polymer_is_from_comes_first(install):
    same = PSF.read_text(encoding="utf-8")
    refit = SET.with_name("water_nmp_polysulfone_unifac.toml").read_text("utf-8")
    install(lab={"psf": same, "set": refit.replace("UNIFAC-DO refit", "of the lab")})
    names = ["water", "NMP", "polysulfone P-3500"]
    for pack, wanted in (("builtin", "UNIFAC-DO refit"), ("lab", "of the lab")):
        polymer = materials[f"PSF@{pack}"]
        found = library.interaction_set(names, extra=[polymer])
        assert found.name == f"water-NMP-polysulfone, {wanted}"


LAB_SET = (
    SET.with_name("water_nmp_polysulfone_unifac.toml")
    .read_text(encoding="utf-8")
    .replace("UNIFAC-DO refit", "of the lab")
)
SYSTEM = ["water", "NMP", "polysulfone P-3500"]
REFIT = "water-NMP-polysulfone, UNIFAC-DO refit"


def test_two_packs_that_prefer_a_set_for_one_system_are_refused(install):
    assert library.interaction_set(SYSTEM).name == REFIT
    install(lab={"set": LAB_SET})
    with pytest.raises(mk.MaterialError) as caught:
        library.interaction_set(SYSTEM)
    for told in (
        f"'{REFIT}' of pack builtin",
        "'water-NMP-polysulfone, of the lab' of pack lab",
        "interactions = '",
    ):
        assert told in str(caught.value)
    solution = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    with pytest.raises(mk.MaterialError, match="several interaction sets"):
        solution.cloud_point("water")
    for name, pack in ((REFIT, "builtin"), (f"{REFIT[:22]} of the lab", "lab")):
        chosen = solution.replace(interactions=name)
        assert chosen.cloud_point("water").mass_fraction
        assert library.interaction_set(SYSTEM, name).pack == pack


def test_the_shipped_cases_take_the_built_in_sets(install):
    def taken(case):
        return System.of(case.solution, "water", None, None, False).chosen

    def found(case):
        return list(map(str, mk.check(case.solution, case.process)))

    before = {name: taken(mk.read_case(name)) for name in mk.cases}
    told = found(mk.read_case("example3"))
    sets = MATERIALS / "interactions"
    files = {
        path.stem: path.read_text(encoding="utf-8").replace('name = "', 'name = "L ', 1)
        for path in sets.glob("*.toml")
        if "preferred = true" in path.read_text(encoding="utf-8")
    }
    # of the same name, too, and with every name that the cases use
    files |= {f"same_{path.stem}": path.read_text("utf-8") for path in sets.glob("*")}
    install(lab=files | {"psf": OWN_PSF})
    for name in mk.cases:
        case = mk.read_case(name)
        assert taken(case) == before[name]
        assert taken(case.replace({"air.time": "3 s"})) == before[name]
        stated = before[name].name
        assert taken(case.replace({"solution.interactions": stated})) == before[name]
        # what is saved means the same without its home, and with the pack gone
        text = case.runs[-1].to_toml()
        again = mk.Case.from_toml(text)
        assert taken(again) == before[name]
        assert again.runs[0].to_toml() == text
        text, why = lasting_text(case.solution, case.process)
        assert not why
        assert taken(mk.Case.from_toml(text)) == before[name]
    # which tells sets of one name by their pack, too
    now = [each.replace("@builtin", "") for each in found(mk.read_case("example3"))]
    assert set(told) <= set(now)


def test_a_pack_s_set_for_its_own_substance_comes_before_others(install):
    mine = OWN_PSF.replace('"PSF"', '"PSF L-1"').replace('["PSU"]', "[]")
    theirs = LAB_SET.replace('"polysulfone P-3500"', '"PSF L-1"')
    plain = theirs.replace("preferred = true", "preferred = false")
    install(
        other={"set": theirs.replace("of the lab", "of another")},
        lab={"psf": mine, "set": plain},
    )
    names = ["water", "NMP", "PSF L-1"]
    for extra in ([], [materials[name] for name in names]):
        found = library.interaction_set(names, extra=extra)
        assert (found.name, found.pack) == ("water-NMP-polysulfone, of the lab", "lab")


def test_sets_of_one_name_are_told_apart_by_pack(install):
    install(lab={"set": SET.read_text(encoding="utf-8")})
    names = ["water", "NMP", "polysulfone P-3500"]
    with pytest.raises(mk.MaterialError, match=f'"{WEI}@builtin" or "{WEI}@lab"'):
        library.interaction_set(names, WEI)
    assert library.interaction_set(names, f"{WEI}@lab").pack == "lab"
    assert {f"{WEI}@lab", f"{WEI}@builtin"} <= set(materials.set_names)
    assert len(library.interaction_sets(names)) >= 2


def test_a_run_s_history_knows_its_components_by_any_name(install):
    from membranekit.membrane import _Fractions

    class Film(_Fractions):
        components = ("PSF", "M-Pyrol")

    install(lab={"psf": OWN_PSF, "nmp": OTHER_NMP})
    film = Film.__new__(Film)
    for name in ("PSF", "PSU", "PSF@lab"):
        assert film._index(name) == 0
    assert film._index("872-50-4") == 1
    with pytest.raises(mk.MaterialError, match="not in this film"):
        film._index("PSF@builtin")


# --- Families ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "canonical", "stands_for"),
    [
        ("PVP", "PVP K30", "PVP"),
        ("polyvinylpyrrolidone", "PVP K30", "PVP"),
        ("PVP@builtin", "PVP K30", "PVP"),
        ("PVP K30", "PVP K30", ""),
        ("PVP K90", "PVP K90", ""),
        ("PVDF", "PVDF", ""),
        ("PSF", "polysulfone P-3500", "PSF"),
        ("psu", "polysulfone P-3500", "PSF"),
        ("polysulfone", "polysulfone P-3500", "PSF"),
        ("polysulfone P-3500", "polysulfone P-3500", ""),
        ("P-3500", "polysulfone P-3500", ""),
    ],
)
def test_a_bare_family_name_means_what_stands_for_it(name, canonical, stands_for):
    found = materials[name]
    assert (found.name, found.stands_for) == (canonical, stands_for)
    assert found == materials[canonical]


@pytest.mark.parametrize("given", [5, None, ("NMP",)])
def test_what_is_no_name_is_told_so(given):
    with pytest.raises(mk.MaterialError, match="is no name; give a text such as"):
        materials[given]


def test_a_family_that_nothing_stands_for_is_refused_with_its_grades():
    assert "PEG" not in materials
    with pytest.raises(mk.MaterialError, match=r"'PEG' alone .*: write PEG 200"):
        materials["PEG"]
    assert [each.name for each in materials.named("PEG")] == ["PEG 200"]


GRADED = changed(
    PSF, name='"PVDF 761"', aliases='["PVDF"]', family='"PVDF"', generic="false"
)
GENERIC = changed(
    PSF, name='"any PVDF"', aliases='["PVDF"]', grade='""', family='"PVDF"'
)
OTHER = changed(PSF, name='"x"', aliases='["PVP"]', generic="false")


def test_graded_substances_of_a_family_leave_its_bare_name_alone(install):
    install(lab={"a": GRADED, "b": OTHER})
    assert materials["PVDF"].name == "PVDF"
    assert materials["PVP"].name == "PVP K30"
    assert materials.family("pvdf") == ["PVDF", "PVDF 761"]
    names = [each.name for each in materials.named("PVDF")]
    assert names == ["PVDF", "PVDF 761"]


def test_two_that_stand_for_a_family_are_refused(install):
    install(lab={"a": GENERIC, "b": GRADED})
    with pytest.raises(mk.MaterialError, match="grade not given") as caught:
        materials["PVDF"]
    assert '"PVDF@builtin" or "PVDF@lab"' in str(caught.value)
    assert materials["PVDF@lab"].name == "any PVDF"


def test_a_family_asked_for_in_python_reads_back_as_the_family():
    parts = {materials["PSF"]: 15, materials["NMP"]: 70, materials["PVP"]: 15}
    solution = mk.CastingSolution.from_parts(parts)
    assert list(solution.parts) == ["PSF", "NMP", "PVP"]
    assert solution.parts["PVP K30"] == 15


def process():
    bath = mk.Immersion(bath="water", temperature="25 degC", time="1 min")
    return mk.Process(wet_thickness="150 um", steps=[bath])


def assumed(solution, rerun=None):
    from membranekit import trust

    return trust.assumed(solution, process(), {}, {}, rerun)


def test_a_grade_that_nobody_gave_stands_first_with_its_effect():
    parts = {"P-3500": 15, "NMP": 70, "PVP": 15}
    solution = mk.CastingSolution.from_parts(parts)
    seen = []

    def rerun(changed, process, constants):
        seen.append(changed)
        return 1e-6 if changed == solution else 1e-8

    first = assumed(solution, rerun)[0]
    assert first["name"] == "solution.parts.PVP"
    assert first["value"] == "grade not given, 40 kg/mol assumed"
    listed = "`membranekit materials PVP` lists PVP K15, PVP K30, PVP K90"
    assert first["source"].startswith(listed)
    assert first["effect"] is not None
    lengths = {
        each.get("number_average_molar_mass").at()
        for changed in seen
        for each in changed.components
        if each.name == "PVP K30"
    }
    assert lengths == {12.0, 24.0}
    known = mk.CastingSolution.from_parts({"P-3500": 15, "NMP": 70, "PVP K30": 15})
    assert not [each for each in assumed(known) if "grade" in str(each["value"])]


@pytest.mark.parametrize("name", ["PSF", "PSU", "polysulfone"])
def test_a_bare_polysulfone_tells_the_grade_that_it_was_taken_for(name):
    solution = mk.CastingSolution.from_parts({name: 15, "NMP": 85})
    lengths = []

    def rerun(changed, process, constants):
        (polymer,) = (each for each in changed.components if each.kind == "polymer")
        lengths.append(polymer.get("number_average_molar_mass").at())
        return 1e-6 if len(set(lengths)) > 1 else 0.0

    first = assumed(solution, rerun)[0]
    assert first["name"] == "solution.parts.PSF"
    assert first["value"] == "grade not given, 78 kg/mol assumed"
    listed = "`membranekit materials PSF` lists polysulfone P-3500"
    assert first["source"].startswith(listed)
    assert first["effect"] is not None
    assert {lengths[0], 2 * lengths[0]} == set(lengths)


def test_the_shipped_cases_name_the_grade_of_polysulfone():
    for name in ("example2", "example3"):
        case = mk.read_case(name)
        found = case.solution.polymer
        assert (found.grade, found.stands_for) == ("P-3500", "")
        told = [
            each["name"]
            for each in assumed(case.solution)
            if "grade not given" in str(each["value"])
        ]
        assert told == ["solution.parts.PVP"]


def test_grades_stand_first_in_what_is_read_back():
    from membranekit.membrane import Trust

    def entry(value, effect):
        effect = (effect, "um")
        return {
            "name": "x",
            "value": value,
            "basis": "",
            "source": "",
            "effect": effect,
        }

    given = [entry("2", 3.0), entry("grade not given, 1 kg/mol assumed", 0.1)]
    record = {name: [] for name in ("estimated", "fitted", "extrapolated")}
    record |= dict.fromkeys(("interactions", "grid_error", "time_error"))
    trust = Trust._of({**record, "assumed": given}, None)
    assert [each.value_text for each in trust.assumed][1] == "2"


def test_a_run_says_which_pack_it_used_where_two_differ(install):
    dense = OWN_PSF.replace('"1240 kg/m**3"', '"1250 kg/m**3"')
    same = PSF.read_text(encoding="utf-8")
    heavy = same.replace('"1240 kg/m**3"', '"1302 kg/m**3"')
    install(lab={"psf": dense}, twin={"psf": same}, other={"psf": heavy})
    solution = mk.CastingSolution.from_parts({"PSF@builtin": 15, "NMP": 85})
    (told,) = [each for each in assumed(solution) if "of pack" in str(each["value"])]
    assert told["name"] == "solution.parts.polysulfone P-3500"
    assert told["value"] == "polysulfone P-3500 of pack builtin"
    assert told["source"] == "pack other gives density 1302 kg/m**3 (+5 %)"
    solution = mk.CastingSolution.from_parts({"PSF@lab": 15, "NMP": 85})
    assert not [each for each in assumed(solution) if "of pack" in str(each["value"])]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PVP", ["PVP K15", "PVP K90", "360 kg/mol"]),
        ("PSF", ["polysulfone P-3500@builtin", "polysulfone P-3500@lab", "lab"]),
        ("NMP", ["872-50-4"]),
    ],
)
def test_the_command_shows_all_that_a_name_may_mean(install, name, words):
    from click.testing import CliRunner

    from membranekit.cli import main

    same = PSF.read_text(encoding="utf-8")
    install(lab={"psf": same.replace('"1240 kg/m**3"', '"1302 kg/m**3"')})
    ran = CliRunner().invoke(main, ["materials", name])
    assert ran.exit_code == 0
    assert all(word in ran.stdout for word in words)
    ran = CliRunner().invoke(main, ["materials", name, "--json"])
    assert ran.exit_code == 0
    assert ("materials" in json.loads(ran.stdout)) == (name != "NMP")


# --- What packs say ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["P@S", "PSF@lab"])
def test_a_name_holds_no_sign_of_a_pack(tmp_path, name):
    path = tmp_path / "x.toml"
    path.write_text(changed(PSF, name=f'"{name}"'), encoding="utf-8")
    with pytest.raises(mk.MembranekitError, match="must hold no @"):
        library.load_file(path)


@pytest.mark.parametrize(
    ("name", "words"), [("case", "is taken"), ("Ca-se", "taken"), ("a@b", "one short")]
)
def test_a_pack_s_name_can_stand_after_the_sign(tmp_path, name, words):
    (tmp_path / "pack.toml").write_text(PACK.format(name=name))
    (skipped,) = Library(lambda: plugins.Found((tmp_path,), ())).skipped
    assert words in skipped.message


def test_others_are_the_same_substance_of_other_packs(install):
    install(lab={"nmp": OTHER_NMP, "psf": OWN_PSF}, more={"same": PSF.read_text()})
    assert [each.pack for each in materials.others(lookup("NMP"))] == ["lab"]
    psf = materials.others(lookup("PSF@builtin"))
    assert [each.pack for each in psf] == ["more"]
    assert not materials.others(lookup("DMAc"))


# --- A pack said in every place ------------------------------------------------------

PES = MATERIALS / "polymers" / "pes.toml"
PES_SET = SET.with_name("water_nmp_pes_unifac.toml")
PES_REFIT = "water-NMP-PES, UNIFAC-DO refit"
LAB = """\
name = "all of it from the lab"
[solution.parts]
"PES@lab" = 18
"NMP@lab" = 72
stock = 10
[solution.stocks.stock]
"NMP@lab" = 95
"water@lab" = 5
[solution.roles]
"NMP@lab" = "good_solvent"
[solution.cloud_point]
nonsolvent = "water@lab"
mass_fraction = "9 %"
temperature = "25 degC"
[process]
wet_thickness = "150 um"
support = { material = "glass@lab" }
[[process.step]]
kind = "air"
time = "1 s"
temperature = "25 degC"
relative_humidity = "50 %"
air_speed = "0.5 m/s"
vapor = { "NMP@lab" = "1 %" }
[[process.step]]
kind = "immersion"
bath = { "water@lab" = 90, "NMP@lab" = 10 }
temperature = "20 degC"
time = "1 s"
[series]
"solution.parts.PES@lab" = [17, 18]
"""


@pytest.fixture
def laboratory(install):
    """A pack that gives all of a case, with the built-in names and other values."""
    glass = MATERIALS / "supports" / "glass.toml"
    return install(
        lab={
            "pes": changed(PES).replace('"1370 kg/m**3"', '"1400 kg/m**3"'),
            "nmp": changed(NMP).replace('"99.13', '"99.14'),
            "water": changed(WATER).replace('"18.015', '"18.016'),
            "glass": glass.read_text("utf-8"),
            "set": PES_SET.read_text("utf-8"),
        }
    )


def test_a_case_of_a_pack_is_written_and_read_back(laboratory):
    case = mk.Case.from_toml(LAB)
    solution = case.solution
    members = (*solution.components, *case.process.brought(solution.components))
    assert {each.pack for each in members} == {"lab"}
    assert solution.water.pack == solution.find("NMP").pack == "lab"
    assert mk.Case.from_toml(case.to_toml()) == case
    assert mk.Case.from_toml(case.runs[0].to_toml()).runs[0].solution.polymer.pack
    for answer in (
        solution.activity(),
        solution.activity("NMP"),
        solution.equilibrium_water("50 %", "25 degC"),
        solution.vapor(),
        solution.cloud_point("water"),
    ):
        assert answer.to_dict()["interactions"] == f"{PES_REFIT}@lab"
    assert any("water" in str(each) for each in mk.check(solution, case.process))
    assert len(mk.missing(solution, case.process)) == 0
    dry = mk.CastingSolution.from_parts({"PES@lab": 18, "NMP@lab": 82})
    told = " ".join(map(str, mk.check(dry, case.process)))
    assert f"with '{PES_REFIT}@builtin'" in told


def test_a_part_may_not_be_of_two_packs(laboratory):
    case = mk.Case.from_toml(LAB)
    process = case.replace({"immersion.bath": "NMP@builtin"}).process
    with pytest.raises(mk.InputError, match=r'bath: NMP .* "NMP@lab" or "NMP@builtin"'):
        process.brought(case.solution.components)
    with pytest.raises(mk.InputError, match='ask for "NMP@lab"'):
        case.solution.activity("NMP@builtin")
    with pytest.raises(mk.InputError, match="NMP@builtin is not among the parts"):
        case.solution.replace(roles={"NMP@builtin": "nonsolvent"})
    with pytest.raises(mk.InputError, match="two different substances"):
        case.solution.replace(stocks={"stock": {"NMP@builtin": 1}})


def test_the_command_line_takes_packs_everywhere(laboratory, tmp_path, monkeypatch):
    def call(*arguments):
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    monkeypatch.chdir(tmp_path)
    Path("case.toml").write_text(LAB)
    assert "It can run" in call(
        "check", "case.toml", "--interactions", f"{PES_REFIT}@builtin"
    )
    call("run", "case.toml", "--output", "saved.json", "--mode", "fast")
    for setting in (
        'solution.parts."PES@lab"=19',
        "solution.parts.PES=19",
        "solution.parts.PES@lab=19, 20",
        "immersion.bath.NMP@lab=12",
        "immersion.bath=water@lab",
        "air.vapor.NMP@lab=2 %",
    ):
        told = call("check", "saved.json", "--set", setting)
        assert "It can run" in told
    told = call("diagram", "water@lab", "NMP@lab", "PES@lab")
    assert f"Interactions: {PES_REFIT}@lab" in told
    every = call("diagram", "water@lab", "NMP@lab", "PES@lab", "--interactions", "all")
    assert f"Interactions: {PES_REFIT}@builtin" in every
    assert "1400 kg/m**3" in call("materials", "PES@lab")
    assert f"{PES_REFIT}@lab" in call("materials", "PES@lab")
    assert "complete" in call("materials", "--for", "water@lab, NMP@lab, PES@lab")


def test_a_fit_takes_packs_in_its_columns_and_parameters(laboratory):
    points = {
        "water@lab [wt%]": [11, 12, 13],
        "NMP@lab [wt%]": [75.6, 78, 80],
        "PES@lab [wt%]": [13.4, 10, 7],
        "T [degC]": [25, 25, 25],
    }
    swollen = {
        "mass_fraction": "3.6 %",
        "temperature": "25 degC",
        "nonsolvent": "water@lab",
    }
    given = {
        "set": f"{PES_REFIT}@lab",
        "free": ["g(water@lab, PES@lab)"],
        "nonsolvent": "water@lab",
        "swelling": swollen,
    }
    fit = mk.fit_interactions(points, **given)
    bare = {name.replace("@lab", ""): values for name, values in points.items()}
    again = mk.fit_interactions(
        bare, **given | {"swelling": swollen | {"nonsolvent": "water"}}
    )
    name = "g(water@lab, PES@lab)"
    assert fit[name].value == again[name].value
    with pytest.raises(mk.InputError, match="'water@lab' is no component of the set"):
        mk.fit_interactions(points, **given | {"set": f"{PES_REFIT}@builtin"})
