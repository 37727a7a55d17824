"""docs/packs.md: its tutorial runs as it stands, its reference is whole and true."""

import inspect
import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest

from membranekit import (
    hookspecs,
    material_files,
    names,
    pack_check,
    pack_index,
    substances,
    toml_text,
    units,
)
from membranekit.cli import main
from membranekit.material_files import PACK_KEYS

PAGE = (Path(__file__).parents[1] / "docs" / "packs.md").read_text(encoding="utf-8")
TUTORIAL, _, REFERENCE = PAGE.partition("\n## Where packs are found\n")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", TUTORIAL, re.M | re.S)


def section(title: str) -> str:
    """Return what stands under a heading, to the next of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", PAGE, re.M | re.S)
    assert found, title
    return found[1]


def tables(title: str) -> list[dict[str, list[str]]]:
    """Return the tables of a section: the first cell of each row, and all cells."""
    found: list[dict[str, list[str]]] = []
    previous = ""
    for line in section(title).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|---"):
            found.append({})
        elif line.startswith("|") and found and previous.startswith("|"):
            found[-1][cells[0]] = cells
        previous = line
    return found


def keys(table: dict[str, list[str]]) -> list[str]:
    """Return the names in the first cells; a cell may hold several."""
    return [name for cell in table for name in re.findall(r"`([^`]+)`", cell)]


# ------------------------------------------------------------------ the tutorial


def run(command: str, folder: Path, site: Path) -> None:
    """Run a line of the tutorial as a shell would, where there is no network."""
    words = shlex.split(command)
    variables = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    programs = {
        "membranekit": ["-c", "from membranekit.cli import main; main()"],
        "pip": ["-m", "pip", "-q"],
    }
    if words[0] == "rm":
        for each in words[1:]:
            (folder / each).unlink()
        return
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MEMBRANEKIT")}
    done = subprocess.run(
        [sys.executable, *programs[words[0]], *words[1:]],
        cwd=folder,
        env={
            **kept,
            **variables,
            "XDG_DATA_HOME": str(folder / "home"),
            # what is installed goes beside the tutorial, with what is there already
            "PYTHONPATH": str(site),
            "PIP_TARGET": str(site),
            "PIP_NO_DEPS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells: none
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    print(f"$ {command}\n{done.stdout}")


def needs_setuptools() -> None:
    """Skip where the wheel cannot be built: nothing is fetched, so it must be here."""
    try:
        found = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        found = "0"
    if int(found.partition(".")[0]) < 77:
        pytest.skip(f"the pack asks for setuptools >= 77, and {found} is installed")


def test_the_tutorial_runs_as_it_stands(tmp_path, capsys):
    needs_setuptools()
    folder, site = tmp_path / "here", tmp_path / "site"
    folder.mkdir()
    site.mkdir()
    for language, path, text in BLOCKS:
        if language == "sh":
            for line in text.splitlines():
                run(line, folder, site)
        else:
            assert path, f"a block of {language} says no file"
            (folder / path).write_text(text, encoding="utf-8")
    said = capsys.readouterr().out
    assert said.count("nothing is wrong") == 2
    assert "minimum" in said.partition("$ membranekit run")[2]
    assert "my-lab" in said.partition("$ pip install")[2].partition("$ ")[2]


def test_every_block_of_the_tutorial_is_a_command_or_a_file():
    assert {language for language, *_ in BLOCKS} == {"sh", "toml"}
    assert PAGE.count("```") == 2 * len(BLOCKS)
    for program in ("packs new", "packs check", "check", "run", "packs info"):
        assert f"membranekit {program} " in TUTORIAL


# ----------------------------------------------------------------- the reference


def test_every_hook_is_there_and_no_other():
    hooks = [
        name
        for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(function, "membranekit_spec")
    ]
    assert re.findall(r"^`(membranekit_\w+)`$", section("Hooks"), re.M) == hooks


def commands() -> dict[str, click.Command]:
    found = {"doctor": main.get_command(click.Context(main), "doctor")}
    packs = main.get_command(click.Context(main), "packs")
    found["packs"] = packs
    found |= {f"packs {name}": each for name, each in packs.commands.items()}
    return found


def test_every_command_is_there_with_its_arguments_and_options_and_no_other():
    (table,) = tables("Commands")
    told = {cell.strip("`") for cell in table}
    expected = set()
    for name, command in commands().items():
        words = [
            each.metavar
            for each in command.params
            if each.param_type_name == "argument"
        ]
        expected.add(" ".join(["membranekit", name, *words]))
    assert told == expected


def test_every_option_is_told_of_every_command_that_takes_it():
    text = section("Commands")
    options = {
        name: {
            option
            for each in command.params
            if each.param_type_name == "option"
            for option in each.opts
        }
        for name, command in commands().items()
    }
    every = set().union(*options.values())
    assert set(re.findall(r"`(--?[a-z-]+)`", text)) == every | {"--help", "-h"}
    (sentence,) = re.findall(r"^(`packs`.*?) take `--json`", text, re.M | re.S)
    told = re.findall(r"`([^`]+)`", sentence)
    assert sorted(told) == sorted(n for n, o in options.items() if "--json" in o)


def test_every_key_of_a_pack_is_there_and_no_other():
    (table,) = tables("pack.toml")
    assert keys(table) == list(PACK_KEYS)
    head = section("pack.toml").partition("holds what the head of the")[2]
    assert re.findall(r"`(\w+)`", head.partition(":\n")[0]) == list(pack_index.HEAD)


def test_the_limits_are_those_that_are_held_to():
    (table,) = tables("Limits")
    told = {cell: cells[1].replace(" ", "") for cell, cells in table.items()}
    for what, limit in {
        "a file": f"{toml_text.LARGEST_FILE // 1_000_000}MB,",
        "its lines and values": f"{toml_text._MOST_MARKS}ofthecharacters`=,.[{{\\\"'`",
        "tables and lists in each other": f"{toml_text._DEEPEST}deep",
        "a number, or a word without quotes": f"{toml_text._LONGEST_WORD}char",
        "a name or alias": f"{names.LONGEST}characters",
        "any other text": (
            f"{material_files._LONGEST_TEXT}characters;a"
            f"source{pack_check._LONGEST_SOURCE}"
        ),
        "components of a set": f"{material_files._MOST_COMPONENTS}",
    }.items():
        assert told[what].startswith(limit), what
    marks = "=,.[{\\\"'\n"
    assert sorted(marks) == sorted(toml_text._MARKS)


@pytest.mark.parametrize(
    "words",
    [
        "mk.missing(",
        "membranekit materials --for",
        "membranekit run CASE --cite",
        "membrane.cite()",
        "MEMBRANEKIT_STRICT=1",
        '"PSF@case"',
        "trust.assumed",
    ],
)
def test_what_packs_are_good_for_is_told(words):
    assert words in REFERENCE


def test_every_key_of_a_substance_is_there_and_no_other():
    (table,) = tables("A substance")
    assert sorted(keys(table)) == sorted(material_files._SUBSTANCE_KEYS)
    told = section("A substance")
    for word in (*substances.KINDS, *substances.ROLES, *material_files.CHAIN_LENGTHS):
        assert f"`{word}`" in told


def test_every_key_of_a_value_is_there_and_no_other():
    (table,) = tables("A value")
    expected = {
        "value",
        "valid",
        *material_files._SOURCED,
        *("correlation", "units", "coefficients"),
    }
    assert sorted(keys(table)) == sorted(expected)
    for word in substances.BASES:
        assert f"`{word}`" in table["`basis`"][1]


READ = """
kind = "solvent"
name = "x"
[density]
value = "900 kg/m**3"
valid = { temperature = ["0 degC", "9 degC"] }
source = "chosen: a test's number"
basis = "chosen"
note = "n"
uncertainty = "5 %"
#
[molar_mass]
value = "90 g/mol"
source = "chosen: a test's number"
basis = "chosen"
"""


@pytest.mark.parametrize("key", ["nonsense", "coefficients"])
def test_the_reader_takes_the_keys_of_a_value_and_refuses_others(tmp_path, key):
    # so that the list above is the reader's own
    path = tmp_path / "one.toml"
    path.write_text(READ.replace("#", ""), encoding="utf-8")
    assert material_files.load_file(path).name == "x"
    path.write_text(READ.replace("#", f"{key} = 1"), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{key}"):
        material_files.load_file(path)


def test_every_correlation_is_there_with_its_equation_and_no_other():
    (table,) = tables("Correlations")
    assert keys(table) == list(substances.CORRELATIONS)
    for name, correlation in substances.CORRELATIONS.items():
        _, equation, told = table[f"`{name}`"]
        assert equation == correlation.equation + ", T in K" * correlation.absolute
        required, _, optional = told.partition("optional")
        assert re.findall(r"`(\w+)`", required) == list(correlation.required)
        assert re.findall(r"`(\w+)`", optional) == list(correlation.optional)


def test_every_property_is_there_with_symbol_and_unit_and_no_other():
    (table,) = tables("Properties")
    assert keys(table) == list(substances.PROPERTIES)
    for name, each in substances.PROPERTIES.items():
        _, symbol, kind, example, readers = table[f"`{name}`"]
        assert symbol == f"`{each.symbol}`"
        assert kind == each.unit_kind.replace("_", " ")
        sort = units.KINDS[each.unit_kind]
        bare = each.unit_kind == "number"
        assert example == ("a bare number" if bare else f"`{sort.example}`")
        assert readers


def test_every_property_that_nothing_reads_is_said_to_be_so():
    package = Path(material_files.__file__).parent
    describing = ("substances.py", "material_files.py", "pack_check.py")
    read = "\n".join(
        path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
        if path.name not in describing
    )
    (table,) = tables("Properties")
    for name in substances.PROPERTIES:
        idle = table[f"`{name}`"][4].startswith("nothing yet")
        assert idle == (f'"{name}"' not in read), name


def test_every_key_of_a_set_and_of_its_pairs_is_there_and_no_other():
    of_set, of_pair, forms = tables("A set of interactions")
    assert sorted(keys(of_set)) == sorted(material_files._SET_KEYS)
    assert sorted(keys(of_pair)) == sorted(material_files._PAIR_KEYS)
    assert set(material_files._PAIR_KEYS) - set(material_files._TERNARY_KEYS) == {
        "form"
    }
    for word in (*material_files.CONVENTIONS, *material_files.FITTED_TO):
        assert f"`{word}`" in section("A set of interactions")
    assert keys(forms) == list(substances.FORMS)
    for name, coefficients in substances.FORMS.items():
        assert re.findall(r"`(\w+)`", forms[f"`{name}`"][2]) == list(coefficients)
