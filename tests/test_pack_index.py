"""What a pack holds is told by its pack.toml alone, or by its files' heads, alike."""

import builtins
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit.errors import MaterialFileError
from membranekit.library import Library
from membranekit.material_files import read_pack
from membranekit.pack_index import (
    HEAD,
    contents_text,
    entries_of,
    full_head,
    quick_head,
    stale,
    write_contents,
)
from membranekit.plugins import Found
from membranekit.toml_text import parse

MATERIALS = Path(__file__).parents[1] / "materials"
FILES = sorted(MATERIALS.glob("*/*.toml"))
PACK = """\
name = "mylab"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
SOLVENT = """\
kind = "solvent"
name = "sulfolane"
aliases = ["TMS", "a \\"quoted\\" one"]
cas = "126-33-0"

[density]
value = "1261 kg/m**3"
source = "the label"
basis = "measured"
[molar_mass]
value = "120 g/mol"
source = "the formula"
basis = "literature"
"""


@pytest.fixture
def pack(tmp_path):
    (tmp_path / "solvents").mkdir()
    (tmp_path / "pack.toml").write_text(PACK)
    (tmp_path / "solvents" / "one.toml").write_text(SOLVENT)
    (tmp_path / "two.toml").write_text(
        SOLVENT.replace("sulfolane", "cyrene").replace("TMS", "DHLG")
    )
    return tmp_path


def library_of(folder):
    return Library(lambda: Found((folder,), ()))


# --- Heads ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_quick_way_reads_every_shipped_head_as_the_full_one(path):
    text = path.read_text(encoding="utf-8")
    assert quick_head(text) == full_head(str(path), text)


word = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
piece = st.one_of(
    st.sampled_from(
        [
            'name = "x"',
            "name = 'x'",
            'name = ""',
            'name = """x"""',
            '"name" = "x"',
            'a.b = "x"',
            'name = "x" # why',
            'name = "x" "y"',
            'note = "\\u00b5"',
            'valid = { t = ["a", "b"] }',
            'valid = { t = ["a"], u = ["b"] }',
            'valid = { t = ["a"], }',
            'valid = {\nt = ["a"] }',
            "generic = true",
            "generic = True",
            "k = 30",
            "aliases = []",
            'aliases = [ "a", "b", ]',
            'aliases = ["a" "b"]',
            'aliases = [\n  "a",\n\n  "b"\n]',
            'aliases = [\n# why\n"a"]',
            'aliases = ["[a]",\n["b"]]',
            'note = """\n[table]\n"""',
            "[density]",
            "  [density]",
            "[[pair]]",
            "# a comment",
            "",
            " \t",
            "\r",
            "\x00",
            "\x7f",
        ]
    ),
    st.builds('n = "{}"'.format, word),
    st.builds('l = ["{}","{}"]'.format, word, word),
    st.builds("# {}".format, word),
    word,
)
texts = st.one_of(
    st.lists(piece, max_size=6).map("\n".join),
    st.text("ab\"[]=#,\n\t \\'tr.é\x7f", max_size=30),
)


@given(texts)
def test_the_quick_way_gives_what_the_full_one_does_or_nothing(text):
    quick = quick_head(text)
    if quick is not None:
        assert quick == full_head("x.toml", text)


def test_the_quick_way_takes_linear_time_on_hostile_texts():
    # each would not end in a lifetime if the pattern could match in many ways
    for text in (
        "a = [" + " " * 200_000,
        'a = ["b"' + " ," * 50_000 + "x",
        'a = ["b"' + " \n" * 100_000 + "x",
        'a = "' + "b" * 200_000,
        "\t" * 200_000 + "x",
    ):
        assert quick_head(text) is None


# --- The table of contents -----------------------------------------------------------


def test_contents_say_what_the_files_say(pack):
    from_files = entries_of(read_pack(pack))
    write_contents(pack)
    from_index = entries_of(read_pack(pack))
    assert sorted(from_index[0]) == sorted(from_files[0])
    assert len(from_index[0]) == 2
    assert not from_files[1]
    assert not stale(read_pack(pack))
    again = (pack / "pack.toml").read_text()
    write_contents(pack)
    assert (pack / "pack.toml").read_text() == again
    assert again.startswith(PACK)


def test_with_contents_no_file_is_opened_before_it_is_asked_for(pack, monkeypatch):
    write_contents(pack)
    opened = []
    usual = io.open

    def watched(file, *arguments, **options):
        opened.append(Path(file).name)
        return usual(file, *arguments, **options)

    monkeypatch.setattr(io, "open", watched)
    monkeypatch.setattr(builtins, "open", watched)
    library = library_of(pack)
    assert set(library.adds(library.packs[0])) == {"sulfolane", "cyrene"}
    assert set(opened) <= {"pack.toml"}
    library["DHLG"]
    assert "one.toml" not in opened


def test_the_builtin_pack_can_be_listed_too():
    text = contents_text(MATERIALS)
    assert text.count("\n") == len(FILES) + 1
    assert '"solvents/nmp.toml" = { kind = "solvent", name = "NMP"' in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "sulfolane"', 'name = "thiolane"', 'name = "thiolane"'),
        ('"TMS"', '"TMSO2"', "TMSO2"),
        ('cas = "126-33-0"', "", 'cas = ""'),
    ],
)
def test_contents_that_no_longer_fit_are_found(pack, old, new, words):
    write_contents(pack)
    file = pack / "solvents" / "one.toml"
    file.write_text(SOLVENT.replace(old, new))
    ((path, what),) = stale(read_pack(pack)).items()
    assert path == "solvents/one.toml"
    assert words in what
    library = library_of(pack)
    assert library["cyrene"].name == "cyrene"
    with pytest.raises(MaterialFileError, match=r"pack\.toml: contents.*the file says"):
        library["sulfolane"]
    (fault,) = library.check()
    assert fault.file == str(pack / "pack.toml")


def test_files_that_came_or_went_are_found(pack):
    write_contents(pack)
    (pack / "two.toml").rename(pack / "solvents" / "two.toml")
    assert stale(read_pack(pack)) == {
        "two.toml": "there is no such file",
        "solvents/two.toml": "the file is not in [contents]",
    }
    with pytest.raises(MaterialFileError, match=r"two\.toml: cannot be read"):
        library_of(pack)["cyrene"]


@pytest.mark.parametrize(
    ("contents", "key", "words"),
    [
        ('contents = "x"', "contents", "must be a table"),
        ('[contents]\n"one.toml" = "x"', "contents.one.toml", "must be a table"),
        (
            '[contents]\n"one.toml" = { kind = "solvent" }',
            "one.toml",
            "name is missing",
        ),
        ('[contents]\n"a.toml" = { kind = "x", name = 1 }', "name", "must be a text"),
        (
            '[contents]\n"a.toml" = { kind = "x", name = "x", aliases = "y" }',
            "a.toml.aliases",
            "list of texts",
        ),
        ('[contents]\n"../a.toml" = {}', "../a.toml", "no material file of the pack"),
        ('[contents]\n"/a.toml" = {}', "/a.toml", "no material file of the pack"),
        ('[contents]\n"C:/a.toml" = {}', "C:/a.toml", "no material file"),
        ('[contents]\n"a/../../b.toml" = {}', "a/../../b.toml", "no material file"),
        ('[contents]\n".git/a.toml" = {}', ".git/a.toml", "no material file"),
        ('[contents]\n"a.txt" = {}', "a.txt", "no material file"),
        ('[contents]\n"pack.toml" = {}', "pack.toml", "no material file"),
    ],
)
def test_faults_of_contents_are_named(pack, contents, key, words):
    (pack / "pack.toml").write_text(PACK + contents)
    (skipped,) = library_of(pack).skipped
    assert skipped.file == str(pack / "pack.toml")
    assert key in skipped.message
    assert words in skipped.message
    assert skipped.line in (6, 7)


def test_contents_are_not_written_from_a_broken_file(pack):
    (pack / "two.toml").write_text("kind = solvent\n")
    before = (pack / "pack.toml").read_text()
    with pytest.raises(MaterialFileError, match=r"two\.toml:1"):
        write_contents(pack)
    assert (pack / "pack.toml").read_text() == before
    assert {path.name for path in pack.iterdir()} == {
        "pack.toml",
        "two.toml",
        "solvents",
    }


def test_contents_in_an_unusual_form_are_left_alone(pack):
    line = 'contents."two.toml" = { kind = "solvent", name = "cyrene" }\n'
    (pack / "pack.toml").write_text(PACK + line)
    with pytest.raises(MaterialFileError, match="take \\[contents\\] out"):
        write_contents(pack)
    assert (pack / "pack.toml").read_text() == PACK + line


def test_the_keys_of_the_head_are_keys_of_material_files():
    every = [set(full_head(str(path), path.read_text("utf-8"))) for path in FILES]
    assert set(HEAD) - {"family"} <= set().union(*every)


@pytest.mark.parametrize("before", ['a = "x"', 'a = """x"""', 'a = ["x", "y"]', ""])
def test_what_is_swallowed_at_one_go_hides_no_nesting(before):
    text = f"{before}\nb = " + "[" * 5000 + "]" * 5000
    with pytest.raises(MaterialFileError, match="nested too deeply"):
        parse("x.toml", text)
