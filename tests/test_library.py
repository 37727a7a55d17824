"""Reading material files, and finding what they hold."""

import json
import threading
import time
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from membranekit.errors import MaterialError, MaterialFileError
from membranekit.library import Library, load_file, lookup, materials
from membranekit.material_files import is_cas, read_pack
from membranekit.names import match_key, nearest
from membranekit.plugins import Found
from membranekit.toml_text import LocatedError, key_lines, read_toml

SUBSTANCE = """
kind = "polymer"
name = "cellulose acetate"
aliases = ["CA"]
grade = "398"
cas = "9004-35-7"

[density]
value = "1310 kg/m**3"
uncertainty = "1 %"
valid = { temperature = ["20 degC", "60 degC"] }
source = "the maker's sheet"
basis = "literature"

[number_average_molar_mass]
value = "40 kg/mol"
source = "a guess"
basis = "estimated"

[viscosity]
correlation = "arrhenius"
units = { mu = "mPa*s", T = "K" }
coefficients = { A = 6.5e-3, B = 1650.0 }
source = "a fit"
basis = "fitted"

[glass_temperature]
value = "181 degC"
uncertainty = "2 K"
source = "the maker's sheet"
basis = "literature"
"""
SET = """
kind = "interaction_set"
name = "water-acetone-CA"
components = ["water", "acetone", "CA"]
convention = "g"
reference_volume = "first"
fitted_to = "swelling"
preferred = true
valid = { temperature = ["15 degC", "35 degC"] }

[[pair]]
between = ["water", "acetone"]
form = "rational"
coefficients = { a = 0.661, b = 0.417, c = 0.755 }
source = "Yilmaz and McHugh 1986"
basis = "literature"

[[pair]]
between = ["water", "CA"]
form = "constant"
temperature = "inverse"
coefficients = { g = [0.4, 298.15] }
source = "a book"
basis = "literature"

[[pair]]
between = ["acetone", "CA"]
form = "polynomial"
temperature = "table"
temperatures = ["25 degC", "35 degC"]
coefficients = { c0 = [0.4, 0.5], c1 = [0.1, 0.1] }
reference_volume = "water"
source = "a book"
basis = "literature"
uncertainty = "0.1"
"""
MORE = """
[[ternary]]
between = ["CA", "water", "acetone"]
temperature = "inverse"
coefficients = { g = [-1.5, 298.15] }
source = "a book"
basis = "estimated"
uncertainty = "20 %"

[class]
liquids = ["acetone", "water"]
"""
LIQUIDS = 'liquids = ["acetone", "water"]'
PACK = """
name = "{name}"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "x.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def library_of(*folders: Path) -> Library:
    return Library(lambda: Found(folders, ()))


# --- One file ------------------------------------------------------------------------


def test_a_substance_file_is_read(write):
    substance = load_file(write(SUBSTANCE))
    assert substance.name == "cellulose acetate"
    assert substance.aliases == ("CA",)
    density = substance.get("density")
    assert density.at() == 1310
    assert density.half_width == ("relative", 0.01)
    assert density.valid_temperature == pytest.approx((293.15, 333.15))
    assert substance.get("viscosity").at() == pytest.approx(1.645e-3, rel=1e-2)
    assert substance.get("glass_temperature").half_width == ("absolute", 2.0)
    assert substance.origin.endswith("x.toml")


def test_an_interaction_file_is_read(write):
    found = load_file(write(SET))
    assert found.valid_temperature == pytest.approx((288.15, 308.15))
    assert found.pair("CA", "acetone").reference_volume == "water"
    assert found.pair("water", "CA").reference_volume == "water"
    assert found.pair("water", "acetone").at(0.5) == pytest.approx(1.331, abs=1e-3)
    assert found.pair("water", "CA").at(0.5, 298.15) == pytest.approx(1.4)
    assert found.pair("acetone", "CA").at(0.5, 308.15) == pytest.approx(0.55)
    assert found.pair("acetone", "CA").half_width == ("absolute", 0.1)


def test_ternary_terms_and_classes_are_read(write):
    found = load_file(write(SET + MORE))
    (ternary,) = found.ternaries
    assert ternary.at(298.15) == pytest.approx(-0.5)
    assert ternary.reference_volume == "CA"
    assert ternary.half_width == ("relative", 0.2)
    assert found.classes == (("liquids", ("acetone", "water")),)
    sheet = json.loads(json.dumps(found.to_dict()))
    assert sheet["classes"] == {"liquids": ["acetone", "water"]}
    assert sheet["ternaries"][0]["terms"] == [-1.5, 0.0, 0.0, 0.0, 298.15]
    new = found.renamed({"CA": "cellulose acetate", "water": "H2O"})
    assert new.ternaries[0].between == ("cellulose acetate", "H2O", "acetone")
    assert new.ternaries[0].reference_volume == "cellulose acetate"
    assert new.classes == (("liquids", ("acetone", "H2O")),)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("[[ternary]]", "[ternary]", 37, "ternary", "must be tables"),
        ('"CA", "water", "acetone"]', '"CA", "water"]', 38, "between", "three compon"),
        ('"CA", "water"', '"CA", "CA"', 38, "between", "each once"),
        ('["CA", "water"', '["CA", "watr"', 38, "between", "did you mean water"),
        ("= { g =", "= { h =", 40, "coefficients.h", "unknown key"),
        ("[-1.5, 298.15]", "[-1.5]", 40, "coefficients.g", "list of 2 numbers"),
        ("[-1.5, 298.15]", "-1.5", 40, "coefficients.g", "list of 2 numbers"),
        ('basis = "estimated"', "", 37, "ternary.1", "basis is missing"),
        ('basis = "estimated"', 'form = "constant"', 42, "form", "unknown key"),
        ("[class]", MORE.split("[class]")[0] + "[class]", 47, "between", "stand twice"),
        ("[class]", "[clas]", 45, "clas", "did you mean class"),
        (LIQUIDS, 'liquids = ["acetone"]', 46, "class.liquids", "two or more"),
        (LIQUIDS, 'liquids = "acetone"', 46, "class.liquids", "two or more"),
        (LIQUIDS, 'liquids = ["x", "CA"]', 46, "liquids", "'x' is no component"),
        (LIQUIDS, LIQUIDS + '\nmore = ["CA", "water"]', 47, "class.more", "twice"),
        (LIQUIDS, 'liquids = ["CA", "CA"]', 46, "class.liquids", "twice"),
    ],
)
def test_faults_of_ternary_terms_and_classes(write, old, new, line, key, words):
    assert old in MORE
    with pytest.raises(MaterialFileError) as caught:
        load_file(write(SET + MORE.replace(old, new)))
    assert caught.value.line == line
    assert key in caught.value.key
    assert words in str(caught.value)


# What is changed in the file above, then the line, the key and the words of the error.
FAULTS = [
    ('kind = "polymer"', 'kind = "polymr"', 2, "kind", "did you mean polymer"),
    ('grade = "398"', 'grad = "398"', 5, "grad", "did you mean grade"),
    ('grade = "398"', "", 1, "grade", "generic = true"),
    ('grade = "398"', "generic = 1", 5, "generic", "true or false"),
    ("9004-35-7", "9004-35-8", 6, "cas", "check digit"),
    ("[density]", "[densty]", 8, "densty", "did you mean density"),
    ("1310 kg/m**3", "1310", 9, "density.value", "has no unit"),
    ('"1310 kg/m**3"', "1310", 9, "density.value", "has no unit"),
    ("1310 kg/m**3", "1310 Pa", 9, "density.value", "not a density"),
    ("1310 kg/m**3", "1310000 kg/m**3", 9, "density.value", "out of range"),
    ("1310 kg/m**3", "-1310 kg/m**3", 9, "density.value", "out of range"),
    ('"1 %"', '"much"', 10, "density.uncertainty", "number"),
    ('"2 K"', '"2 degC"', 29, "glass_temperature.uncertainty", "delta_degC"),
    ('["20 degC", "60 degC"]', '["60 degC", "20 degC"]', 11, "density.valid", "lower"),
    ("temperature = [", "temprature = [", 11, "density.valid", "did you mean temp"),
    ('source = "the maker\'s sheet"', "", 8, "density", "source is missing"),
    ('basis = "literature"', 'basis = "read"', 13, "density.basis", "none of measured"),
    ("[number_average_", "[", 15, "molar_mass", "number_average_molar_mass"),
    ('"arrhenius"', '"arhenius"', 21, "viscosity.correlation", "mean arrhenius"),
    ('mu = "mPa*s"', 'eta = "mPa*s"', 22, "viscosity.units.eta", "unknown key"),
    ('mu = "mPa*s"', 'mu = "mPa"', 22, "viscosity.units.mu", "not a viscosity"),
    ('T = "K"', 'T = "degC"', 22, "viscosity.units.T", "temperature in K"),
    (", B = 1650.0", "", 23, "viscosity.coefficients", "B is missing"),
    ("B = 1650.0", 'B = "1650"', 23, "viscosity.coefficients.B", "bare number"),
    ("B = 1650.0", "B = nan", 23, "viscosity.coefficients.B", "finite"),
    ("B = 1650.0", "B = 1e9", 23, "viscosity.coefficients", "no positive value"),
    ('name = "cellulose acetate"', 'name = ""', 3, "name", "text"),
    ('["CA"]', '"CA"', 4, "aliases", "list"),
]
SET_FAULTS = [
    ('convention = "g"', "", 1, "", "convention is missing"),
    ('convention = "g"', 'convention = "chi"', 13, "pair.1.form", "integrate"),
    ('= "first"', '= "V1"', 6, "reference_volume", "none of first"),
    ('["acetone", "CA"]', '["acetone", "CAA"]', 27, "between", "did you mean CA"),
    ('["acetone", "CA"]', '["water", "CA"]', 27, "pair.3.between", "twice"),
    ('"acetone", "CA"]\nconv', '"acetone", "CA", "PEG"]\nconv', 4, "comp", "water/PEG"),
    ('form = "rational"', 'form = "ratio"', 13, "pair.1.form", "mean rational"),
    ("c = 0.755", "c = 1.5", 14, "coefficients.c", "pole"),
    ("c = 0.755", "d = 0.755", 14, "coefficients.d", "unknown key"),
    ("[0.4, 0.5]", "[0.4]", 31, "pair.3.coefficients.c0", "list of 2"),
    ("[0.4, 298.15]", "0.4", 22, "pair.2.coefficients.g", "list of 2"),
    ('["25 degC", "35 degC"]', '["25 degC", "25 degC"]', 30, "temperatures", "rise"),
    ('"inverse"', '"linear"', 21, "pair.2.temperature", "none of table"),
    ('fitted_to = "swelling"', 'fitted_to = "data"', 7, "fitted_to", "none of"),
]


@pytest.mark.parametrize(
    ("text", "fault"),
    [(SUBSTANCE, fault) for fault in FAULTS] + [(SET, fault) for fault in SET_FAULTS],
    ids=lambda item: item[1] if isinstance(item, tuple) else "",
)
def test_a_fault_is_named_with_file_line_and_key(write, text, fault):
    old, new, line, key, words = fault
    assert old in text
    path = write(text.replace(old, new, 1))
    with pytest.raises(MaterialFileError) as caught:
        load_file(path)
    error = caught.value
    assert str(error).startswith(f"{path}:{line}: ")
    assert key in error.key
    assert words in str(error)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(MaterialFileError, match=r"none\.toml: cannot be read"):
        load_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = 1\ntime = 6 s\n", 2, 'quotes: time = "6 s"'),
        ("x = 0,7\n", 1, "decimal point: x = 0.7"),
        ("time = 6,5 s\n", 1, 'time = "6.5 s"'),
        ("x = .5\n", 1, "x = 0.5"),
        ("PEG 200 = 10\n", 1, '"PEG 200" = 10'),
        ("[a]\nN,N-dimethylacetamide = 60\n", 2, '"N,N-dimethylacetamide"'),
        ("PSF@mylab = 3\n", 1, '"PSF@mylab"'),
        ("bath = water\n", 1, 'bath = "water"'),
        ("preferred = True\n", 1, "preferred = true"),
        ('path = "C:\\users"\n', 1, "single quotes"),
        ("a = 1\na = 2\nb = 3\n", 2, "twice"),
    ],
)
def test_a_beginner_s_toml_gets_a_hint(write, text, line, words):
    with pytest.raises(LocatedError) as caught:
        read_toml(write(text))
    assert caught.value.line == line
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a = 1".encode("utf-16"), "UTF-16"),
        ("a = 1".encode("utf-16-be"), "UTF-16"),
        ("a = 1\nb = 'µ'".encode("latin-1"), ":2: is not UTF-8"),
        (b"#" * 1_000_001, "1 MB"),
        (b"a = " + b"[" * 9000 + b"]" * 9000, "nested too deeply"),
    ],
    ids=["utf-16", "utf-16-be", "latin-1", "large", "deep"],
)
def test_what_is_no_small_utf8_text_is_refused(write, data, words):
    with pytest.raises(LocatedError, match=words):
        read_toml(write(data))


def test_a_byte_order_mark_and_windows_lines_do_not_matter(write):
    data, text = read_toml(write(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n"))
    assert data == {"a": 1, "b": 2}
    assert key_lines(text) == {("a",): 1, ("b",): 2}


# --- Lines ---------------------------------------------------------------------------


def test_key_lines_finds_every_key():
    text = (
        '# a comment with a [\nkind = "x"\naliases = [\n  "a", # ]\n  "b",\n]\n'
        'note = """\n[not a header]\nline"""\n[density]\nvalid = { t = ["1", "2"] }\n'
        '[[pair]]\nform = "a"\n[pair.law]\nc = 1\n[[pair]]\n[pair.law]\nc = 2\n'
        '[a."b c".d]\nx.y = 3\n'
    )
    lines = key_lines(text)
    expected = {
        ("kind",): 2,
        ("aliases",): 3,
        ("note",): 7,
        ("density",): 10,
        ("density", "valid", "t", 1): 11,
        ("pair", 0): 12,
        ("pair", 0, "form"): 13,
        ("pair", 0, "law", "c"): 15,
        ("pair", 1): 16,
        ("pair", 1, "law"): 17,
        ("pair", 1, "law", "c"): 18,
        ("a", "b c", "d"): 19,
        ("a", "b c", "d", "x", "y"): 20,
    }
    assert {keys: lines.get(keys) for keys in expected} == expected


def paths(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in items:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from paths(below, (*path, key))


@pytest.mark.parametrize("text", [SUBSTANCE, SET])
def test_key_lines_knows_exactly_the_keys_of_the_data(text):
    assert set(key_lines(text)) == set(paths(tomli.loads(text)))


@given(
    st.lists(
        st.sampled_from(
            ["[{}]", "[[{}]]", "{} = 1", '{} = [\n"a"\n]', '{} = """\n\n"""', "#", ""]
        ),
        max_size=12,
    )
)
def test_key_lines_points_at_lines_that_hold_the_key(forms):
    text = "\n".join(form.format(f"k{n}") for n, form in enumerate(forms))
    lines = text.split("\n")
    found = key_lines(text)
    assert set(found) == set(paths(tomli.loads(text)))
    for keys, line in found.items():
        name = [key for key in keys if isinstance(key, str)][-1]
        assert name in lines[line - 1]


def test_key_lines_takes_linear_time():
    def seconds(count):
        text = "x = [\n" + '"a",\n' * count + "]\ny = 1\n"
        start = time.perf_counter()
        assert key_lines(text)["y",] == count + 3
        return time.perf_counter() - start

    few = min(seconds(10_000) for _ in range(3))
    many = min(seconds(40_000) for _ in range(3))
    assert many < 12 * few


def test_key_lines_passes_over_what_it_cannot_read():
    assert key_lines("a = 1\nb = oops\nc = 3\n") == {("a",): 1, ("c",): 3}


# --- Names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("PEG 200", "peg200"), ("P-3500", "p3500"), ("PVP K30", "pvp\u2010k 30")],
)
def test_case_spaces_and_hyphens_do_not_count(one, other):
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize("name", ["", "N-methyl", "PE", "PVP K60", "NMPx", "PEG 400"])
def test_a_name_is_matched_whole_or_refused(name):
    assert name not in materials
    with pytest.raises(MaterialError, match="no known substance"):
        materials[name]


def test_an_unknown_name_gets_its_neighbors():
    assert nearest("polysulfon", materials) == ["polysulfone P-3500"]
    with pytest.raises(MaterialError, match="did you mean DMAc"):
        lookup("DMAcc")


def test_a_name_without_neighbors_is_told_where_to_look():
    with pytest.raises(MaterialError, match="`membranekit materials` lists") as caught:
        lookup("toluene")
    assert 'materials = ["my_substance.toml"]' in str(caught.value)


@pytest.mark.parametrize("number", ["7732-18-5", "872-50-4", "127-19-5"])
def test_cas_numbers(number):
    assert is_cas(number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not is_cas(wrong)
    assert not is_cas(number.replace("-", ""))


# --- The library ---------------------------------------------------------------------


def pack(write, name="mylab", **files: str) -> Path:
    manifest = write(PACK.format(name=name), f"{name}/pack.toml")
    for stem, text in files.items():
        write(text, f"{name}/polymers/{stem}.toml")
    return manifest.parent


def test_only_what_is_asked_for_is_read_whole(write):
    broken = SUBSTANCE.replace('"40 kg/mol"', "40").replace("CA", "CAX")
    broken = broken.replace("cellulose acetate", "another")
    library = library_of(pack(write, good=SUBSTANCE, broken=broken))
    assert library.adds(library.packs[0]) == ["another", "cellulose acetate"]
    assert library["ca"].name == "cellulose acetate"
    assert library["CA"] is library["cellulose acetate"]
    assert not library.skipped
    with pytest.raises(MaterialFileError, match=r"broken\.toml:16"):
        library["another"]
    (fault,) = library.check()
    assert library.skipped == [fault]
    assert (fault.line, Path(fault.file).name) == (16, "broken.toml")


def test_a_broken_head_is_named_and_skipped(write):
    folder = pack(write, good=SUBSTANCE, broken="kind = polymer\n[density]\n")
    library = library_of(folder)
    assert list(library) == ["cellulose acetate"]
    (skipped,) = library.skipped
    assert skipped.line == 1
    with pytest.raises(MaterialError, match="skipped because broken: mylab"):
        library["something else"]


def test_a_head_may_hold_lists_over_several_lines(write):
    text = SUBSTANCE.replace('["CA"]', '[\n"CA",\n"[CA]",\n]')
    text = text.replace("cas =", 'note = """\n[no table]\n"""\ncas =')
    library = library_of(pack(write, good=text))
    assert library["[CA]"].name == "cellulose acetate"


def test_a_name_defined_twice_gives_both_places(write):
    library = library_of(
        pack(write, "one", a=SUBSTANCE), pack(write, "two", b=SUBSTANCE)
    )
    with pytest.raises(MaterialError) as caught:
        library["CA"]
    assert "a.toml" in str(caught.value)
    assert "b.toml" in str(caught.value)
    assert library["CA@two"].origin.endswith("b.toml")
    with pytest.raises(MaterialError):
        library["CA@three"]


def test_a_case_brings_its_own_and_may_not_redefine(write):
    own = load_file(write(SUBSTANCE.replace('"CA"', '"Ca-1"')))
    assert lookup("ca1", extra=[own]) is own
    clash = load_file(write(SUBSTANCE.replace('"CA"', '"nmp"')))
    with pytest.raises(MaterialError, match=r"x\.toml and it is .*nmp\.toml"):
        lookup("NMP", extra=[clash])
    assert lookup("NMP@case", extra=[clash]) is clash
    assert lookup("NMP@builtin", extra=[clash]).name == "NMP"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('">=0.1"', '">=99"', "needs membranekit >=99"),
        ('">=0.1"', '"0.1"', "not like"),
        ("license", "licence", "did you mean license"),
        ('version = "1.0"', "", "version is missing"),
    ],
)
def test_a_faulty_pack_is_refused(write, old, new, words):
    path = write(PACK.format(name="mylab").replace(old, new), "mylab/pack.toml")
    with pytest.raises(LocatedError, match=words):
        read_pack(path.parent)
    library = library_of(path.parent)
    assert [item.name for item in library.skipped] == ["mylab"]


def test_a_pack_tells_what_it_adds(write):
    library = library_of(pack(write, a=SUBSTANCE, b=SET))
    assert library.adds(library.packs[0]) == ["cellulose acetate", "water-acetone-CA"]
    assert library.set_names == ["water-acetone-CA"]


def test_threads_may_look_up_at_once():
    library, found = Library(), []

    def look():
        found.append(library["NMP"].get("saturation_pressure").at())

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


# --- Interaction sets ----------------------------------------------------------------


def test_the_smallest_preferred_set_that_covers_is_taken():
    find = materials.interaction_set
    ternary = find(["water", "NMP", "polysulfone P-3500"])
    assert ternary.name == "water-NMP-polysulfone, UNIFAC-DO refit"
    assert len(find(["water", "NMP", "polysulfone P-3500", "PVP K30"]).components) == 4
    assert len(find(["water", "NMP", "polysulfone P-3500", "LiCl"]).components) == 6


def test_a_set_can_be_asked_for_by_name():
    components = ["water", "NMP", "polysulfone P-3500"]
    name = "water-NMP-polysulfone, Wei 2006"
    assert materials.interaction_set(components, name).name == name
    with pytest.raises(MaterialError, match="did you mean"):
        materials.interaction_set(components, "water-NMP-polysulfone, Wei 2007")
    with pytest.raises(MaterialError, match="lacks LiCl"):
        materials.interaction_set([*components, "LiCl"], name)


def test_part_of_a_name_leads_to_the_sets_that_have_it():
    components = ["water", "NMP", "polysulfone P-3500"]
    with pytest.raises(MaterialError) as caught:
        materials.interaction_set(components, "wei")
    near, others = str(caught.value).split("; ")[1:]
    # those of the system stand first, and no more than eight are named
    assert near.startswith("did you mean water-NMP-polysulfone")
    assert "water-NMP-polysulfone, Wei 2006 or " in near
    assert near.count(" or ") == 7
    assert "more" in near
    assert others.startswith(f"others of {', '.join(components)}: ")
    assert "'water-NMP-polysulfone, UNIFAC-DO refit'" in others
    with pytest.raises(MaterialError) as caught:
        materials.interaction_set(components, "")
    message = str(caught.value)
    assert "did you mean" not in message
    assert "; sets of water, NMP" in message
    assert "DMAc" not in message


def test_pairs_of_many_sets_do_not_fill_the_screen():
    with pytest.raises(MaterialError) as caught:
        materials.interaction_set(["water", "acetone", "PVDF"])
    each = str(caught.value).split("; ")
    assert all(part.count("', '") < 8 for part in each)


def test_a_set_itself_serves_for_its_name(write):
    own = load_file(write(SET.replace("acetone", "NMP").replace('"CA"', '"psu"')))
    components = ["water", "NMP", "polysulfone P-3500"]
    found = materials.interaction_set(components, own)
    assert (found.name, found.components) == (own.name, tuple(components))
    with pytest.raises(MaterialError, match=r"'water-NMP-CA' lacks some of .*LiCl"):
        materials.interaction_set([*components, "LiCl"], own)
    # a set of the library that was changed keeps its name
    wei = materials.interaction_set(components, "water-NMP-polysulfone, Wei 2006")
    new = wei.with_pair(*components[::2], 2.5, source="mine", basis="chosen")
    assert materials.interaction_set(components, new) == new


def test_a_system_without_a_set_is_refused_with_the_nearest():
    with pytest.raises(MaterialError, match="comes nearest and lacks LiCl") as caught:
        materials.interaction_set(["water", "DMAc", "PVDF", "LiCl"])
    message = str(caught.value)
    assert (
        "the pair water/LiCl is in 'water-NMP-polysulfone-PEG 200-PVP-LiCl" in message
    )
    assert message.endswith("no set has DMAc/LiCl, PVDF/LiCl")
    # of a set that was asked for too: what others hold beside it
    with pytest.raises(MaterialError, match="the pair NMP/LiCl is in 'water-NMP-poly"):
        materials.interaction_set(
            ["water", "NMP", "LiCl"], "water-NMP-polysulfone, Wei 2006"
        )


def test_two_equal_sets_are_refused():
    with pytest.raises(MaterialError, match=r"several .* name one of"):
        materials.interaction_set(["water", "PES"])


def test_a_case_s_own_set_comes_first_and_aliases_become_canonical(write):
    text = SET.replace("acetone", "N-methyl-2-pyrrolidone").replace('"CA"', '"psu"')
    own = load_file(write(text.replace("-CA", "-psu")))
    components = ["water", "NMP", "polysulfone P-3500"]
    found = materials.interaction_set(components, extra=[own])
    assert found.name == own.name
    assert found.components == tuple(components)
    assert found.pair("NMP", "polysulfone P-3500").reference_volume == "water"


def test_a_case_s_own_substance_can_be_a_component(write):
    own = load_file(write(SUBSTANCE, "ca.toml"))
    found = load_file(write(SET.replace("acetone", "NMP"), "set.toml"))
    components = ["water", "NMP", "cellulose acetate"]
    chosen = materials.interaction_set(components, extra=[own, found])
    assert chosen.components == tuple(components)
