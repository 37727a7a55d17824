"""The tables of docs/materials.md are those of the pack as it is."""

import re

import materials_page as pages
import pytest
from click.testing import CliRunner

from membranekit.cli import main
from membranekit.library import materials

ENTRIES = pages.named()["named"]
HERE = {name for entry in ENTRIES for name in entry.get("here", ())}


def test_the_page_is_up_to_date():
    text = pages.PAGE.read_text(encoding="utf-8")
    assert pages.page(text) == text, "run python benchmarks/materials_page.py"


def test_a_page_whose_marks_are_lost_is_refused():
    with pytest.raises(ValueError, match="substances are lost"):
        pages.page("# Materials")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["as"])
def test_an_entry_says_where_it_is_named_and_what_is_missing(entry):
    assert set(entry) <= {"as", "where", "here", "missing"}
    assert re.match(r"page [678], lines? \d+|Example \d", entry["where"])
    assert entry.get("here") or entry["missing"]
    for name in entry.get("here", ()):
        assert materials[name].name == name


def test_nothing_is_named_twice_and_nothing_shipped_is_left_out():
    names = [entry["as"] for entry in ENTRIES]
    assert len(set(names)) == len(names)
    substances, _ = pages.shipped()
    shipped = {each.name for each in substances if each.kind != "support"}
    assert shipped == HERE | set(pages.named()["beside"])


def test_the_tables_tell_what_the_library_can():
    polyacrylonitrile = materials["polyacrylonitrile"]
    assert pages.runs(polyacrylonitrile).startswith("no: heat capacity, ")
    _, sets = pages.shipped()
    assert pages.partners(polyacrylonitrile, sets) == "no"
    assert pages.partners(materials["PSF"], sets) == "DMAc; NMP"
    assert pages.partners(materials["PVDF"], sets) == "DMAc, estimated"
    assert pages.partners(materials["DMSO"], sets) == "PES"
    assert f"| `{materials['PSF'].name}` | yes; " in pages.substances_table()
    for name in materials.set_names:
        assert name.partition(", ")[2] in pages.sets_table()


def test_the_commands_of_the_page_work():
    text = pages.PAGE.read_text(encoding="utf-8")
    assert '`membranekit materials --for "PAN, DMF, water"`' in text
    done = CliRunner().invoke(main, ["materials", "--for", "PAN, DMF, water"])
    assert done.exit_code == 0
