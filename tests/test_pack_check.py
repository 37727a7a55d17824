"""What `check_pack` finds: each fault with its file, line and key, all at once."""

import importlib.resources
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from membranekit import substances
from membranekit.library import Library
from membranekit.material_files import load_file, read_pack
from membranekit.pack_check import KIND_WINDOWS, WINDOWS, Finding, check_pack
from membranekit.pack_index import write_contents
from membranekit.plugins import Found
from membranekit.substances import PROPERTIES
from membranekit.toml_text import LARGEST_FILE, LocatedError
from membranekit.units import KINDS

BUILTIN = Path(str(importlib.resources.files("membranekit.materials")))
GREEN = (
    Path(__file__).parent / "packs" / "green_solvents" / "membranekit_green_solvents"
)
PACK = """name = "mylab"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
SOLVENT = """kind = "solvent"
name = "PolarClean"
aliases = ["Rhodiasolv PolarClean"]
cas = "1174627-68-9"

[molar_mass]
value = "187.24 g/mol"
source = "doi:10.1021/acssuschemeng.0c01000"
basis = "literature"

[density]
value = "1043 kg/m**3"
uncertainty = "1 %"
source = "doi:10.1021/acssuschemeng.0c01000"
basis = "literature"

[viscosity]
correlation = "table"
units = { mu = "mPa*s", T = "degC" }
coefficients = { T = [20.0, 40.0, 60.0], mu = [9.8, 5.2, 3.1] }
valid = { temperature = ["20 degC", "60 degC"] }
source = "A. Writer, J. Solvents 12 (2020) 345"
basis = "measured"
"""
POLYMER = """kind = "polymer"
name = "PES 9000"
grade = "9000"
cas = "25667-42-9"

[density]
value = "1370 kg/m**3"
source = "estimated: mean of grades of other makers"
basis = "estimated"

[number_average_molar_mass]
value = "22 kg/mol"
source = "estimated: from the ratio of the averages of another grade"
basis = "estimated"

[weight_average_molar_mass]
value = "58 kg/mol"
source = "estimated: from the melt viscosity of another grade"
basis = "estimated"
"""
SET = """kind = "interaction_set"
name = "water-PolarClean-PES 9000, estimated"
components = ["water", "PolarClean", "PES 9000"]
convention = "g"
reference_volume = "first"
fitted_to = "estimate"
preferred = true
valid = { temperature = ["20 degC", "60 degC"] }

[[pair]]
between = ["water", "PolarClean"]
form = "polynomial"
temperature = "table"
temperatures = ["20 degC", "60 degC"]
coefficients = { c0 = [0.4, 0.5], c1 = [0.1, 0.1] }
source = "estimated: group contributions"
basis = "estimated"

[[pair]]
between = ["water", "PES 9000"]
form = "constant"
coefficients = { g = 2.6 }
source = "estimated: as of another grade"
basis = "estimated"

[[pair]]
between = ["PolarClean", "PES 9000"]
form = "constant"
coefficients = { g = 0.3 }
source = "chosen: a good solvent"
basis = "chosen"

[[ternary]]
between = ["water", "PolarClean", "PES 9000"]
coefficients = { g = -0.2 }
source = "chosen: a small trial"
basis = "chosen"
"""
FILES = {
    "pack.toml": PACK,
    "solvents/polarclean.toml": SOLVENT,
    "polymers/pes.toml": POLYMER,
    "interactions/set.toml": SET,
}


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    """Return what finds a pack that is a part of the one that is built in."""
    folder = tmp_path_factory.mktemp("found")
    for name in (
        "pack.toml",
        "solvents/water.toml",
        "solvents/nmp.toml",
        "polymers/pes.toml",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(BUILTIN / name, folder / name)
    return lambda: Found((folder,), ())


@pytest.fixture
def mylab(tmp_path, builtin):
    """Return what makes the pack, some of its files changed, and checks it."""

    def make(**changed: str | bytes) -> list[Finding]:
        folder = tmp_path / "mylab"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in (FILES | changed).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(check_pack(folder, builtin))

    return make


def nothing() -> Found:
    return Found((), ())


def edited(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new, 1)}


def test_a_sound_pack_has_no_findings(mylab):
    assert mylab() == []


def test_every_property_has_a_window_within_its_unit_s():
    assert set(WINDOWS) == set(PROPERTIES)
    for name, (low, high) in WINDOWS.items():
        assert low < high, name
        assert KINDS[PROPERTIES[name].unit_kind].unit
    assert set(KIND_WINDOWS) == set(substances.KINDS)
    for windows in KIND_WINDOWS.values():
        for name, (low, high) in windows.items():
            assert low < high, name
            assert high - low < WINDOWS[name][1] - WINDOWS[name][0], name


@pytest.mark.parametrize("place", [BUILTIN, GREEN])
def test_the_packs_that_are_here_have_no_findings(place):
    assert check_pack(place, lambda: Found((BUILTIN,), ())) == ()


FAULTS = [
    # the file itself
    ("solvents/polarclean.toml", "[density]", "[densty]", 11, "densty", "unknown key"),
    (
        "solvents/polarclean.toml",
        "[density]",
        "[densty]",
        1,
        "",
        "[density] is missing",
    ),
    ("solvents/polarclean.toml", "kg/m**3", "kg/m**2", 12, "density.value", "density"),
    ("solvents/polarclean.toml", "68-9", "68-8", 4, "cas", "check digit"),
    ("solvents/polarclean.toml", "1 %", "140 %", 13, "density.uncertainty", "larger"),
    ("solvents/polarclean.toml", "1 %", "2 g/cm**3", 13, "density.uncertainty", "larg"),
    ("solvents/polarclean.toml", "1 %", "0 %", 13, "density.uncertainty", "positive"),
    ("solvents/polarclean.toml", 'basis = "measured"', "", 17, "viscosity", "basis is"),
    ("solvents/polarclean.toml", "1 %", "-5 %", 13, "density.unc", "must be positive"),
    ("solvents/polarclean.toml", "mPa*s", "mPas", 19, "viscosity.units.mu", "'mPas'"),
    ("solvents/polarclean.toml", "mPa*s", "m**2/s", 19, "viscosity.units.mu", "is not"),
    # what matter can be
    ("solvents/polarclean.toml", "1043 kg", "10.43 kg", 12, "density.value", "200 to"),
    (
        "solvents/polarclean.toml",
        " g/mol",
        " kg/mol",
        7,
        "molar_mass.value",
        "wrong un",
    ),
    (
        "solvents/polarclean.toml",
        "5.2",
        "5.2e15",
        20,
        "viscosity.coefficients",
        "outside",
    ),
    ("polymers/pes.toml", "58 kg", "5.8 kg", 16, "weight_average", "below the number"),
    ("interactions/set.toml", "g = 2.6", "g = 26", 22, "pair.2.coeff", "-10 to 20"),
    ("interactions/set.toml", "g = -0.2", "g = -20", 35, "ternary.1.co", "-10 to 20"),
    # ranges
    ("solvents/polarclean.toml", '"60 d', '"70 d', 21, "viscosity.valid", "beyond"),
    ("solvents/polarclean.toml", '"60 d', '"50 d', 21, "viscosity.valid", "leaves out"),
    ("interactions/set.toml", '"60 d', '"90 d', 14, "pair.1.temperatures", "beyond"),
    ("interactions/set.toml", "valid =", "# =", 1, "", "the set's range is missing"),
    # sources
    (
        "solvents/polarclean.toml",
        "A. Writer, J. Solvents 12 (2020) 345",
        "ours",
        22,
        "viscosity.source",
        "vag",
    ),
    ("interactions/set.toml", '"chosen"', '"fitted"', 30, "pair.3.source", "go with"),
    (
        "interactions/set.toml",
        "chosen: a small trial",
        "ours",
        36,
        "ternary.1.so",
        "vague",
    ),
    # whole sets and known names
    ("interactions/set.toml", '"PES 9000"]\nform', '"PES"]\nform', 20, "pair.2", "PES"),
    (
        "interactions/set.toml",
        '"PES 9000"]\nform',
        '"polyethersulfone"]\nform',
        20,
        "pair.2.between",
        "they are water, PolarClean, PES 9000",
    ),
    ("interactions/set.toml", '["PolarClean", "P', '["water", "P', 27, "", "twice"),
    ("interactions/set.toml", '["PolarClean", "P', '["water", "P', 3, "", "is missing"),
    # the pack
    ("pack.toml", '"mylab"', '"my lab"', 1, "name", "short word"),
    ("pack.toml", '"mylab"', '"my@lab"', 1, "name", "short word"),
    ("pack.toml", '"mylab"', '"builtin"', 1, "name", "comes with membranekit"),
    ("pack.toml", '"1.0"', '"one"', 2, "version", "no version"),
    ("pack.toml", '"1.0"', "1.0", 2, "version", "must be a text"),
    ("pack.toml", "license", "licence", 3, "licence", "unknown key"),
    ("pack.toml", '"a laboratory"', '""', 4, "author", "must be a text"),
    ("pack.toml", ">=0.1", ">=99", 5, "membranekit", "needs membranekit >=99"),
    ("pack.toml", ">=0.1", ">=99", 5, "membranekit", version("membranekit")),
    ("pack.toml", ">=0.1", ">=99", 5, "membranekit", "the pack mylab needs"),
    ("pack.toml", ">=0.1", ">=99", 5, "membranekit", "pip install --upgrade"),
    ("pack.toml", ">=0.1", "0.1", 5, "membranekit", "is not like"),
]


@pytest.mark.parametrize(("name", "old", "new", "line", "key", "words"), FAULTS)
def test_a_fault_is_found(mylab, name, old, new, line, key, words):
    findings = mylab(**edited(name, old, new))
    found = [
        each
        for each in findings
        if each.line == line and key in each.key and words in each.message
    ]
    assert len(found) == 1, [str(each) for each in findings]
    assert Path(found[0].file).as_posix().endswith(f"mylab/{name}")


def test_all_faults_of_all_files_are_told_at_once(mylab):
    solvent = SOLVENT.replace("kg/m**3", "kg/m**2").replace("g/mol", "furlong")
    polymer = POLYMER.replace('basis = "estimated"', 'basis = "guessed"')
    findings = mylab(
        **{
            "pack.toml": 'nam = "x"\n',
            "solvents/polarclean.toml": solvent.replace("[viscosity]", "[viscosty]"),
            "polymers/pes.toml": polymer,
            "polymers/broken.toml": "kind = \n",
        }
    )
    places = [(Path(each.file).name, each.line, each.key) for each in findings]
    assert findings == sorted(findings)
    assert [each for each in places if each[0] == "pack.toml"] == [
        ("pack.toml", 1, ""),
        ("pack.toml", 1, ""),
        ("pack.toml", 1, ""),
        ("pack.toml", 1, ""),
        ("pack.toml", 1, ""),
        ("pack.toml", 1, "nam"),
    ]
    assert ("polarclean.toml", 7, "molar_mass.value") in places
    assert ("polarclean.toml", 12, "density.value") in places
    assert ("polarclean.toml", 17, "viscosty") in places
    assert [each[1:] for each in places if each[0] == "pes.toml"] == [
        (9, "density.basis"),
        (14, "number_average_molar_mass.basis"),
        (19, "weight_average_molar_mass.basis"),
    ]
    assert ("broken.toml", 1, "") in places


VALUE = """
[{name}]
value = "{value}"
source = "chosen: a round number"
basis = "chosen"
"""


@pytest.mark.parametrize(
    ("file", "name", "value", "words"),
    [
        ("solvents/polarclean.toml", "thermal_conductivity", "16 W/m/K", "a solvent"),
        ("solvents/polarclean.toml", "glass_temperature", "25 degC", ""),
        ("solvents/polarclean.toml", "glass_temperature", "178 degC", "50 to 300 K"),
        ("solvents/polarclean.toml", "surface_tension", "0.4 N/m", "0.01 to 0.1 N/m"),
        ("solvents/polarclean.toml", "surface_tension", "40 mN/m", ""),
        ("solvents/polarclean.toml", "boiling_molar_volume", "220 cm**3/mol", ""),
        ("solvents/polarclean.toml", "boiling_molar_volume", "22 cm**3/mol", "0.7 to"),
        ("solvents/polarclean.toml", "boiling_molar_volume", "400 cm**3/mol", "0.7 to"),
        ("polymers/pes.toml", "glass_temperature", "60 K", "what a polymer has, 100"),
        ("polymers/pes.toml", "glass_temperature", "220 degC", ""),
        ("polymers/pes.toml", "heat_capacity", "112 J/kg/K", "500 to 4000 J/kg/K"),
    ],
)
def test_a_value_that_its_kind_of_substance_never_has(mylab, file, name, value, words):
    found = mylab(**{file: FILES[file] + VALUE.format(name=name, value=value)})
    assert [(each.key, words in each.message) for each in found] == (
        [(f"{name}.value", True)] if words else []
    )


def test_a_surface_tension_may_vanish_far_from_room_temperature(mylab):
    law = """
[surface_tension]
correlation = "table"
units = { sigma = "mN/m", T = "degC" }
coefficients = { T = [20, 300], sigma = [40, 4] }
valid = { temperature = ["20 degC", "300 degC"] }
source = "chosen: a round number"
basis = "chosen"
"""
    assert mylab(**{"solvents/polarclean.toml": SOLVENT + law}) == []


LAW = """
[{name}]
correlation = "{correlation}"
units = {{ {unit}, T = "K" }}
coefficients = {{ {coefficients} }}
valid = {{ temperature = ["290 K", "340 K"] }}
source = "chosen: a round number"
basis = "chosen"
"""
MU, P = 'mu = "mPa*s"', 'p = "Pa"'
TABLE = "T = [290, 310, 340]"


@pytest.mark.parametrize(
    ("name", "correlation", "unit", "coefficients", "words"),
    [
        ("viscosity", "arrhenius", MU, "A = 0.02, B = 1400", ""),
        ("viscosity", "arrhenius", MU, "A = 200, B = -1400", "rises from"),
        ("viscosity", "vogel", MU, "A = 0.03, B = 500, C = 140", ""),
        ("viscosity", "vogel", MU, "A = 100, B = -500, C = 140", "rises from"),
        ("viscosity", "table", MU, f"{TABLE}, mu = [3.0, 3.01, 2.0]", ""),
        ("viscosity", "table", MU, f"{TABLE}, mu = [3.0, 2.0, 2.5]", "at 310 K"),
        ("saturation_pressure", "antoine", P, "A = 10, B = 2000, C = -50", ""),
        ("saturation_pressure", "antoine", P, "A = 1, B = -500, C = -50", "not rise"),
        ("saturation_pressure", "table", P, f"{TABLE}, p = [10, 30, 90]", ""),
        ("saturation_pressure", "table", P, f"{TABLE}, p = [10, 30, 30]", "to 3"),
    ],
)
def test_a_law_that_runs_the_wrong_way(
    mylab, name, correlation, unit, coefficients, words
):
    text = LAW.format(
        name=name, correlation=correlation, unit=unit, coefficients=coefficients
    )
    solvent = SOLVENT.partition("[viscosity]")[0] + text
    found = mylab(**{"solvents/polarclean.toml": solvent})
    assert [(each.key, words in each.message) for each in found] == (
        [(f"{name}.coefficients", True)] if words else []
    )


def test_a_saturation_pressure_that_is_one_number_over_a_range(mylab):
    text = VALUE.format(name="saturation_pressure", value="45 Pa")
    assert mylab(**{"solvents/polarclean.toml": SOLVENT + text}) == []
    text += 'valid = { temperature = ["20 degC", "60 degC"] }\n'
    (found,) = mylab(**{"solvents/polarclean.toml": SOLVENT + text})
    assert found.key == "saturation_pressure.value"
    assert "rises with the temperature: give a law" in found.message


def test_a_fault_hides_no_other_of_the_same_file(mylab):
    law = """
[heat_capacity]
correlation = "polynomial"
units = { cp = "kJ", T = "F" }
coefficients = { c0 = "1" }
valid = { temperature = ["20 furlong", "60 acre"], relative_humidity = "dry" }
source = "ours"
basis = "guessed"
"""
    solvent = SOLVENT.replace('"solvent"', '"slovent"').replace("kg/m**3", "kg")
    found = mylab(**{"solvents/polarclean.toml": solvent + law})
    assert {
        (1, "kind"),
        (12, "density.value"),
        (27, "heat_capacity.units.cp"),
        (27, "heat_capacity.units.T"),
        (28, "heat_capacity.coefficients.c0"),
        (29, "heat_capacity.valid.temperature"),
        (29, "heat_capacity.valid.relative_humidity"),
        (31, "heat_capacity.basis"),
    } <= {(each.line, each.key) for each in found}
    ends = [
        each.message for each in found if each.key == "heat_capacity.valid.temperature"
    ]
    assert len(ends) == 2
    assert "20 furlong" in ends[0]
    assert "60 acre" in ends[1]


def test_a_wrong_pair_hides_no_other_fault_of_it(mylab):
    text = SET.replace('"PES 9000"]\nform', '"PES"]\nform').replace("g = 2.6", "h = 1")
    found = mylab(**{"interactions/set.toml": text})
    keys = {(each.line, each.key) for each in found}
    assert {(20, "pair.2.between"), (22, "pair.2.coefficients.h")} <= keys


def test_a_file_that_is_no_material_at_all_is_one_finding(mylab):
    (found,) = mylab(**{"tool.toml": "[tool]\nx = 1\n[other]\ny = 2\n"})
    assert "kind is missing" in found.message


def test_a_finding_reads_as_a_line_and_as_json(mylab):
    (found,) = mylab(**edited("solvents/polarclean.toml", "[viscosity]", "[viscosty]"))
    near = "viscosity or melt_viscosity"
    assert str(found) == f"{found.file}:17: viscosty: unknown key; did you mean {near}?"
    assert found.to_dict() == {
        "file": found.file,
        "line": 17,
        "key": "viscosty",
        "message": "unknown key",
        "suggestion": near,
        "severity": "error",
    }


# --- Names ---------------------------------------------------------------------------


def test_two_files_of_one_name_are_told_with_both_places(mylab):
    other = SOLVENT.replace('"PolarClean"', '"x"').replace("cas =", "# ")
    other = other.replace("Rhodiasolv PolarClean", "polar clean")
    first, second = mylab(**{"solvents/other.toml": other})
    assert (first.line, first.key) == (3, "aliases.1")
    assert first.message == f"stands also in {second.file}:2"
    assert (second.line, second.key) == (2, "name")
    assert second.message == f"stands also in {first.file}:3"


def test_a_name_of_another_pack_is_noted_with_how_to_ask(mylab, builtin, tmp_path):
    more = '"9000"\naliases=["PES"]\nfamily = "PES"'
    (found,) = mylab(**edited("polymers/pes.toml", '"9000"', more))
    assert (found.line, found.severity) == (4, "note")
    (folder,) = builtin().locations
    where = folder / "polymers" / "pes.toml"
    assert found.message == (
        f"stands also in {where}:2, of pack builtin: users then say "
        '"PES@mylab" or "PES@builtin"'
    )
    assert str(found).startswith(f"{found.file}:4: aliases.1: note: stands also")
    file = tmp_path / "mylab" / "polymers" / "pes.toml"
    assert check_pack(file, builtin) == (found,)
    alone = shutil.copy(file, tmp_path)
    (found,) = check_pack(alone, builtin)
    assert found.severity == "note"
    assert '"PES@case" or "PES@builtin"' in found.message


def test_a_preferred_set_of_another_pack_is_noted(mylab, tmp_path, builtin):
    mylab()
    shutil.copytree(tmp_path / "mylab", tmp_path / "yours")
    other = tmp_path / "yours" / "pack.toml"
    other.write_text(PACK.replace("mylab", "yours"))
    packs = Found((*builtin().locations, other.parent), ())
    found = check_pack(tmp_path / "mylab", lambda: packs)
    assert {each.severity for each in found} == {"note"}
    assert len(found) == 5  # three of a solvent's and a polymer's names, two of a set
    (told,) = (each for each in found if each.key == "preferred")
    assert f'"{SET.splitlines()[1][8:-1]}@yours"' in told.message


def test_what_stands_twice_in_a_pack_is_an_error_of_one_file_too(mylab, tmp_path):
    mylab(**{"solvents/other.toml": SOLVENT})
    found = check_pack(tmp_path / "mylab" / "solvents" / "other.toml", nothing)
    assert [(each.key, each.severity) for each in found] == [
        ("name", "error"),
        ("aliases.1", "error"),
    ]


def test_two_sets_of_one_name_or_preference(mylab):
    again = SET.replace("PolarClean-PES", "polarclean PES")
    found = mylab(**{"interactions/again.toml": again})
    assert [(each.key, each.line) for each in found] == [
        ("name", 2),
        ("preferred", 7),
        ("name", 2),
        ("preferred", 7),
    ]


def test_one_molecule_under_two_names(mylab):
    text = edited("solvents/polarclean.toml", "1174627-68-9", "872-50-4")
    (found,) = mylab(**text)
    assert (found.line, found.key, found.severity) == (4, "cas", "note")
    assert "'NMP'" in found.message
    assert '"PolarClean" or "NMP"' in found.message
    alike = SOLVENT.replace("PolarClean", "Other")
    found = mylab(**{"solvents/other.toml": alike})
    assert [(each.key, each.severity) for each in found] == [("cas", "error")] * 2


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        ("PES", "is the family name of 'PES' in "),
        ("p-e s", 'only its grades have it, and say family = "PES"'),
        ("108-29-2", "reads as a CAS number"),
        ("108-29-3", "reads as a CAS number"),
        ("108292", "reads as a CAS number"),
    ],
)
def test_an_alias_that_means_something_else(mylab, tmp_path, alias, words):
    found = mylab(**edited("solvents/polarclean.toml", "Rhodiasolv PolarClean", alias))
    (error,) = (each for each in found if each.is_error)
    assert (error.line, error.key) == (3, "aliases.1")
    assert words in error.message
    library = Library(lambda: Found((tmp_path / "mylab",), ()))
    assert (alias in library) == ("PES" in error.message)


def test_a_name_that_means_something_else(mylab):
    for name, words in (("PES", "family name"), ("108-29-2", "reads as a CAS number")):
        found = mylab(**edited("solvents/polarclean.toml", '"PolarClean"', f'"{name}"'))
        told = [each for each in found if (each.line, each.is_error) == (2, True)]
        assert [words in each.message for each in told] == [True]


@pytest.mark.parametrize("name", ["6010", "9000 1", "2-propanol", "1,2-ethanediol"])
def test_a_name_with_digits_is_a_name(mylab, name):
    text = edited("solvents/polarclean.toml", "Rhodiasolv PolarClean", name)
    assert mylab(**text) == []


def test_grades_share_a_registry_number(mylab):
    other = POLYMER.replace('name = "PES 9000"', 'name = "PES 9001"')
    assert mylab(**{"polymers/other.toml": other}) == []


def test_a_component_that_is_nowhere(mylab):
    (found,) = mylab(
        **{"interactions/set.toml": SET.replace("PolarClean", "PolarCleen")}
    )
    assert (found.line, found.key) == (3, "components.2")
    assert found.suggestion == "PolarClean or Rhodiasolv PolarClean"


def test_a_component_may_be_asked_of_a_pack(mylab, builtin):
    text = SET.replace('"water"', '"water@builtin"')
    assert mylab(**{"interactions/set.toml": text}) == []


def test_a_set_whose_components_are_unknown_at_its_temperatures(mylab):
    text = SET.replace('"20 degC"', '"80 degC"').replace('"60 degC"', '"90 degC"')
    found = mylab(**{"interactions/set.toml": text})
    (mine,) = (each for each in found if "PolarClean" in each.message)
    assert (mine.line, mine.key) == (8, "valid.temperature")
    assert "viscosity of PolarClean holds, 293.15 to 333.15 K" in mine.message


@pytest.mark.parametrize(("end", "notes"), [("70 degC", 0), ("71 degC", 1)])
def test_a_set_far_beyond_what_is_known_of_a_component_is_noted(mylab, end, notes):
    set_ = SET.replace('"60 degC"', f'"{end}"')
    found = mylab(**{"interactions/set.toml": set_})
    mine = [each for each in found if "PolarClean" in each.message]
    assert len(mine) == notes
    for note in mine:
        assert (note.line, note.key, note.severity) == (8, "valid.temperature", "note")
        what = "reaches far beyond where the viscosity of PolarClean holds"
        assert note.message.startswith(f"{what}, 293.15 to 333.15 K")


# --- Files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("solvents/more/x.toml", "beside pack.toml or in a folder there"),
        ("_solvents/x.toml", "beside pack.toml or in a folder there"),
        ("solvents/x.toml.txt", "must end in .toml"),
        ("solvents/x.TOML", "must end in .toml"),
        ("solvents/x.yaml", "must end in .toml"),
        ("x", "must end in .toml"),
    ],
)
def test_a_file_that_is_never_found(mylab, name, words):
    (found,) = mylab(**{name: SOLVENT})
    assert Path(found.file).as_posix().endswith(name)
    assert words in found.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", SOLVENT),
        ("__init__.py", ""),
        ("LICENSE", "as is, of any kind = none"),
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        (".git/x.toml", SOLVENT),
        ("build/lib/pack.toml", PACK),
    ],
)
def test_what_else_lies_in_a_folder(mylab, name, text):
    assert not [each for each in mylab(**{name: text}) if "never" in each.message]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b" " * (LARGEST_FILE + 1), "larger than 1 MB"),
        (SOLVENT.encode("utf-16"), "is UTF-16"),
        (b'kind = "\xe9"', "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding(mylab, data, words):
    (found,) = mylab(**{"solvents/x.toml": data})
    assert words in found.message


def test_a_link_out_of_the_pack_is_told_and_not_followed(mylab, tmp_path, builtin):
    mylab()
    (tmp_path / "secret.toml").write_text('name = "secret"')
    drawer = tmp_path / "drawer"
    drawer.mkdir()
    (drawer / "x.toml").write_text('name = "secret"')
    folder = tmp_path / "mylab"
    (folder / "solvents" / "link.toml").symlink_to(tmp_path / "secret.toml")
    (folder / "linked").symlink_to(drawer)
    (folder / "loop.toml").symlink_to(folder / "loop.toml")
    (folder / "inside.toml").symlink_to(folder / "solvents" / "polarclean.toml")
    found = check_pack(folder, builtin)
    out = [each for each in found if "leads out of its pack" in each.message]
    assert [Path(each.file).relative_to(folder).as_posix() for each in out] == [
        "linked/x.toml",
        "solvents/link.toml",
    ]
    assert not [each for each in found if "secret" in each.message]

    library = Library(lambda: Found((folder,), ()))
    assert len([s for s in library.skipped if "leads out" in s.message]) == 2
    (loop,) = (each for each in found if each.file.endswith("loop.toml"))
    assert loop.file in [each.file for each in library.skipped]
    assert "PES 9000" in library


def test_a_pack_whose_pack_toml_leads_out_is_refused(mylab, tmp_path):
    mylab()
    folder = tmp_path / "mylab"
    shutil.move(folder / "pack.toml", tmp_path / "pack.toml")
    (folder / "pack.toml").symlink_to(tmp_path / "pack.toml")
    with pytest.raises(LocatedError, match="leads out of its pack"):
        read_pack(folder)


def test_a_pack_may_itself_be_a_link(mylab, tmp_path, builtin):
    mylab()
    (tmp_path / "link").symlink_to(tmp_path / "mylab")
    assert check_pack(tmp_path / "link", builtin) == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(mylab, tmp_path, builtin):
    mylab()
    os.mkfifo(tmp_path / "mylab" / "x.toml")
    (found,) = check_pack(tmp_path / "mylab", builtin)
    assert found.message == "is no file"
    library = Library(lambda: Found((tmp_path / "mylab",), ()))
    assert [each.message for each in library.skipped] == ["is no file"]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("GVL", "gVL", 8, "solvents/polarclean.toml", 'says name = "gVL"'),
        ("polarclean.toml", "x.toml", 8, "solvents/x.toml", "there is no such file"),
        ("polarclean.toml", "x.toml", 7, "clean.toml", "is not in [contents]"),
        ('"GVL"', "1", 8, "contents.solvents/polarclean.toml.name", "must be a text"),
        ("solvents/p", "../p", 8, "../polarclean.toml", "is no material file"),
    ],
)
def test_contents_that_do_not_fit_the_files(
    mylab, tmp_path, old, new, line, key, words
):
    mylab(**edited("solvents/polarclean.toml", "PolarClean", "GVL"))
    folder = tmp_path / "mylab"
    shutil.rmtree(folder / "polymers")
    shutil.rmtree(folder / "interactions")
    write_contents(folder)
    assert check_pack(folder, nothing) == ()
    path = folder / "pack.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [
        each
        for each in check_pack(folder, nothing)
        if (each.line, words in each.message) == (line, True)
    ]
    assert [key in each.key for each in found] == [True], check_pack(folder, nothing)


def test_a_folder_without_pack_toml_is_told_the_nearest(mylab, tmp_path, builtin):
    mylab()
    (found,) = check_pack(tmp_path, builtin)
    assert "cannot be read" in found.message
    assert found.suggestion == "mylab"


def test_a_single_file(mylab, tmp_path, builtin):
    mylab()
    folder = tmp_path / "mylab"
    assert check_pack(folder / "interactions" / "set.toml", builtin) == ()
    alone = shutil.copy(folder / "interactions" / "set.toml", tmp_path)
    found = check_pack(alone, builtin)
    assert [each.key for each in found] == ["components.2", "components.3"]
    (found,) = check_pack(tmp_path / "nowhere.toml", builtin)
    assert "cannot be read" in found.message


def test_an_installed_copy_of_the_pack_is_no_other_pack(mylab, tmp_path, builtin):
    mylab()
    shutil.copytree(tmp_path / "mylab", tmp_path / "site")
    found = Found((*builtin().locations, tmp_path / "site"), ())
    assert check_pack(tmp_path / "mylab", lambda: found) == ()


def test_broken_packs_of_others_do_not_matter(mylab, tmp_path, builtin):
    mylab()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pack.toml").write_text("name =")
    found = Found((*builtin().locations, tmp_path / "broken", tmp_path / "nowhere"), ())
    assert check_pack(tmp_path / "mylab", lambda: found) == ()


@pytest.mark.parametrize(("name", "old", "new"), [fault[:3] for fault in FAULTS])
def test_where_a_run_stops_is_among_the_findings(mylab, tmp_path, name, old, new):
    told = [str(each) for each in mylab(**edited(name, old, new))]
    assert stop(tmp_path / "mylab" / name) in {*told, ""}


def stop(path: Path) -> str:
    """Return the fault that a run stops at; empty where it does not."""
    try:
        _ = read_pack(path.parent) if path.name == "pack.toml" else load_file(path)
    except LocatedError as error:
        return str(error)
    return ""
