"""Whatever a file of strangers holds: an error or a value, soon, and nothing is run."""

import ast
import copy
import functools
import json
import math
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from membranekit import units
from membranekit.errors import MembranekitError, UnitError
from membranekit.library import Library
from membranekit.material_files import load_file, read_pack
from membranekit.pack_check import check_pack
from membranekit.plugins import Found
from membranekit.substances import KINDS, InteractionSet, Pair, Ternary
from membranekit.toml_text import LARGEST_FILE

PACKAGE = Path(__file__).parents[1] / "membranekit"
MATERIALS = Path(__file__).parents[1] / "materials"
SOON = settings(
    deadline=None,  # `soon` counts what the processor does, whoever else waits for it
    max_examples=400,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# where files are written: --hypothesis-profile=thorough asks for more
FILES = settings(SOON, max_examples=2 * settings.default.max_examples)


def soon(test: Callable[..., None]) -> Callable[..., None]:
    """Hold what is tried to the promise itself: a second."""

    @functools.wraps(test)
    def timed(*given: Any, **named: Any) -> None:
        began = time.process_time()
        test(*given, **named)
        assert time.process_time() - began < 1.0

    return timed


PACK = """name = "mylab"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
SHIPPED = [
    "polymers/pvdf.toml",
    "solvents/water.toml",
    "solvents/nmp.toml",
    "swelling_agents/licl.toml",
    "supports/glass.toml",
    "interactions/water_nmp_polysulfone_unifac.toml",
    "interactions/acetone_cellulose_acetate_yilmaz1986_rational.toml",
    "interactions/water_nmp_polysulfone_peg_pvp_licl.toml",
]
DOCUMENTS = [
    tomli.loads((MATERIALS / name).read_text(encoding="utf-8")) for name in SHIPPED
]


# --- Hostile values, and a writer of TOML for them -----------------------------------

PIECES = (
    "m kg s K Pa mol degC degF % µm Å ² ³ ⁻¹ ** ^ * / - + ( ) . , 9 99 1e9 1e999 0 inf "
    "nan e lambda __import__('os') () [] m**9**9**9 9**9**9 (9)**9 delta_degC _ = ; : "
    "\N{FULLWIDTH DIGIT NINE} \0 \N{COMBINING CEDILLA}"
)
UNITS = st.lists(st.sampled_from([*PIECES.split(), " ", "\n"]), max_size=12).map(
    "".join
)
QUANTITIES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "1", "-1", "1e300", "1e-320", "0", "9" * 400, "1_0", ".5"]),
    st.sampled_from(["", " "]),
    UNITS | st.sampled_from([kind.unit for kind in units.KINDS.values()]),
)
TEXTS = (
    st.text(max_size=30)
    | QUANTITIES
    | st.sampled_from(
        [
            "",
            "a" * 20_000,
            "a\N{COMBINING CEDILLA}\N{COMBINING ACUTE ACCENT}" * 3000,
            "\u202egnp.exe",
            "\x1b[2J",
            "@",
            "../../etc/passwd",
            "{0.__class__}",
            "%s%n",
            "table",
            "antoine",
            "first",
            "chosen",
        ]
    )
)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 1e308, 5e-324, math.inf, math.nan, 0, -0.0])
)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    return repr(value)


def document_text(document: dict[str, Any]) -> str:
    return "".join(f"{toml(key)} = {toml(item)}\n" for key, item in document.items())


def is_text(value: str) -> bool:
    """Say whether TOML can hold it: no surrogates, which json writes one by one."""
    return all(ord(c) < 0xD800 or 0xDFFF < ord(c) < 0x10000 for c in value)


def is_writable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(is_writable, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(is_writable, value))
    return not isinstance(value, str) or is_text(value)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the path of everything in a document."""
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)
    found = [path] if path else []
    for key, below in inside:
        found += places(below, (*path, key))
    return found


@st.composite
def documents(draw) -> dict[str, Any]:
    """Return a shipped file with up to four things in it changed."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(0, 4))):
        # what stands at the top is rare among all places, and shapes the rest
        every = places(document)
        top = [place for place in every if len(place) == 1]
        *above, last = draw(st.sampled_from(top) | st.sampled_from(every))
        holder = document
        for key in above:
            holder = holder[key]
        how = draw(st.sampled_from(["replace", "replace", "remove", "add", "repeat"]))
        if how == "replace":
            holder[last] = draw(VALUES.filter(is_writable))
        elif how == "remove" and (above or last not in ("kind", "name")):
            del holder[last]
        elif how == "add" and isinstance(holder, dict):
            holder[draw(st.text(max_size=12).filter(is_text))] = draw(
                VALUES.filter(is_writable)
            )
        elif how == "repeat" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
    return document


HEAD = 'kind = "solvent"\nname = "x"\n'
MONSTERS = [
    "a = " + "[" * 5000 + "]" * 5000,
    "a = " + "{a = " * 3000 + "1" + "}" * 3000,
    "[" + "a." * 20_000 + "a]\n",
    "a." * 400_000 + "a = 1\n",
    "[a.a.a.a.a.a.a.a.a.a.a]\n" + "".join(f"b{n} = 1\n" for n in range(60_000)),
    "a = " + "9" * 300_000,
    "a = 0x" + "f" * 900_000,
    "a = 0." + "9" * 900_000,
    "a = [" + "1," * 400_000 + "]",
    "a = " + '\\"' * 9_900,
    "a = " + '\\"' * 400_000,
    'a = """' + '\\"' * 400_000,
    'a = "' + "\\n" * 400_000 + '"',
    'note = "' + "a" * 900_000 + '"',
    "[[pair]]\n" * 90_000,
    "a = 1\n" * 2,
    "'''" * 300_000,
    '"' * 900_000,
    "é" + " " * 900_000,
    "a " * 450_000,
    "#\n" * 450_000,
    "\n" * 900_000,
    f"aliases = [{'x' * 900_000!r}]",
    "a = 1979-99-99",
    f"[density]\nvalue = '1 kg/m**3'\nuncertainty = '{'1' * 9000} %'\n",
]
ENCODINGS = st.sampled_from(["utf-16", "utf-32", "latin-1", "cp1252", "utf-7"])


def encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "replace")


STRANGERS = (
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    | st.builds(encoded, documents().map(document_text), ENCODINGS)
)


@st.composite
def files(draw) -> bytes:
    """Return the bytes of a file; nine of ten are a shipped one, changed."""
    if draw(st.integers(0, 9)):
        return document_text(draw(documents())).encode()
    return draw(STRANGERS)


def has_the_right_shape(data: bytes) -> bool:
    """Say whether it is TOML whose top has a kind and a name, as a material has."""
    try:
        document = tomli.loads(data.decode())
    except (ValueError, RecursionError):
        return False
    kinds = (*KINDS, "interaction_set")
    return document.get("kind") in kinds and "name" in document


def tried(read: Callable[..., Any], *given: Any) -> tuple[Any, str]:
    """Return what was read and no text, or nothing and what is wrong."""
    try:
        return read(*given), ""
    except MembranekitError as error:
        return None, str(error)


def nothing() -> Found:
    return Found((), ())


def is_finite(number: float) -> bool:
    return isinstance(number, float) and math.isfinite(number)


# --- Files ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a pack without files, when units can be read."""
    load_file(MATERIALS / "solvents" / "water.toml")  # the registry takes its time
    folder = tmp_path / "mylab"
    folder.mkdir()
    (folder / "pack.toml").write_text(PACK, encoding="utf-8")
    return folder


def checked(folder: Path) -> list[str]:
    """Return the findings, each as a line."""
    return [str(each) for each in check_pack(folder, nothing)]


def skipped(folder: Path) -> list[str]:
    """Return what a library says of the files that it cannot use."""
    return [each.message for each in Library(lambda: Found((folder,), ())).check()]


READERS = {
    "load": lambda folder: tried(load_file, folder / "x.toml")[1],
    "check": checked,
    "library": skipped,
}


def test_any_file_is_a_value_or_an_error_and_the_check_knows_which(folder):
    """No crash and no hang; half of the inputs are such as a mistaken author writes."""
    path, outside = folder / "x.toml", folder.parent / "outside.toml"
    counts = Counter(all=len(MONSTERS))  # the next test's

    @FILES
    @given(files(), st.sampled_from(["file", "file", "file", "link"]))
    @soon
    def read(data: bytes, how: str) -> None:
        path.unlink(missing_ok=True)
        (path if how == "file" else outside).write_bytes(data)
        if how == "link":
            path.symlink_to(outside)
        counts["all"] += 1
        counts["right"] += has_the_right_shape(data)
        told, left = checked(folder), skipped(folder)
        if how == "link":
            what = "leads out of its pack: put the file itself there"
            assert told == [f"{path}: {what}"]
            assert left == [what]
            return
        found, error = tried(load_file, path)
        counts["refused" if error else "read"] += 1
        if error:
            assert len(error) < 2000
            assert error.isprintable()
            assert error in told
            assert left
        elif isinstance(found, InteractionSet):
            terms = [term for pair in found.terms for _, term in coefficients(pair)]
            assert all(is_finite(x) for term in terms for x in term)
        else:
            assert all(is_finite(value.at()) for value in found.values)
            json.dumps(found.to_dict(), allow_nan=False)

    read()
    assert counts["right"] >= 0.5 * counts["all"]
    assert counts["read"] >= 20
    assert counts["refused"] >= 50


def coefficients(term: Pair | Ternary) -> tuple[tuple[str, tuple[float, ...]], ...]:
    return term.coefficients if isinstance(term, Pair) else (("g", term.terms),)


def test_monsters_are_refused_or_read_soon(folder):
    path = folder / "x.toml"

    @SOON
    @given(st.sampled_from(range(len(MONSTERS))), st.sampled_from(sorted(READERS)))
    @soon
    def read(number: int, reader: str) -> None:
        path.write_text(HEAD + MONSTERS[number], encoding="utf-8", newline="")
        assert READERS[reader](folder)  # each of them is wrong

    read()


@pytest.mark.parametrize("reader", sorted(READERS))
def test_a_large_file_is_refused_unread(folder, reader, monkeypatch):
    path = folder / "x.toml"
    path.write_text(HEAD + "#" * LARGEST_FILE, encoding="utf-8")
    opened = open

    def refuse(file, *args, **kwargs):
        assert Path(file) != path
        return opened(file, *args, **kwargs)

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    assert "larger than 1 MB" in str(READERS[reader](folder))


@FILES
@given(
    st.dictionaries(
        st.sampled_from(["name", "version", "license", "author", "membranekit"]),
        TEXTS | NUMBERS | st.sampled_from([">=0.1", ">=9.9", ">=" + "9" * 5000, "1.0"]),
    )
    | VALUES.map(lambda value: {"contents": value})
)
@soon
def test_any_pack_toml_is_a_pack_or_an_error(tmp_path_factory, changed):
    document = tomli.loads(PACK) | changed
    if not is_writable(document):
        return
    folder = tmp_path_factory.mktemp("pack")
    (folder / "pack.toml").write_text(document_text(document), encoding="utf-8")
    findings = check_pack(folder, nothing)
    pack, error = tried(read_pack, folder)
    if error:
        assert error in [str(each) for each in findings]
    else:
        assert "@" not in pack.name
        assert pack.name.isprintable()


# --- Units ---------------------------------------------------------------------------


@SOON
@given(
    st.text(max_size=80) | QUANTITIES | UNITS | TEXTS,
    st.sampled_from(sorted(units.KINDS)),
)
@soon
def test_any_text_is_a_quantity_or_an_error(text, kind):
    units.registry()
    value, error = tried(units.quantity, text, kind, "x")
    assert error.startswith("x: ") or math.isfinite(units.to_si(value, kind))


@pytest.mark.parametrize(
    "text",
    [
        "1 m**9**9**9",
        "9**9**9 m",
        "1 (m**99)**99",
        "1 m**9999999999",
        "1 " + "(" * 32 + "m" + ")" * 31,
        "1 " + "m" * 10_000,
        "1" * 100_000 + " m",
        "1 __import__('os').system('true')",
        "1 m.__class__",
        "1 m\N{SUPERSCRIPT THREE}" * 100,
    ],
)
def test_towers_of_powers_and_code_are_no_units(text):
    with pytest.raises(UnitError):
        units.si(text, "length", "x")


# --- No code in data -----------------------------------------------------------------

ALLOWED = {
    ("__init__.py", "import_module"),  # its own modules, by the names in its list
    ("cli.py", "import_module"),  # commands of its own, by the names in its list
    ("health.py", "import_module"),  # its own kernels, by their stubs
    ("plugins.py", "import_module"),  # a package that an installed entry point names
}
RUNS_CODE = {"eval", "exec", "compile", "__import__", "import_module", "run_path"}
KEEPS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "runpy"}


def code_runners(tree: ast.AST) -> set[str]:
    """Return what of a module could run data as code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in RUNS_CODE:
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in RUNS_CODE - {"compile"}:
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            found.add("pickle")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names]
            modules += [getattr(node, "module", None) or ""]
            found |= {name.split(".")[0] for name in modules} & KEEPS_CODE
    return found


def test_nothing_in_the_package_runs_data():
    found = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in PACKAGE.rglob("*.py")
        for name in code_runners(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "run = exec",
        "compile(text, '', 'exec')",
        "importlib.import_module(name)",
        "import pickle",
        "from pickle import loads",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_what_runs_data_is_found(code):
    assert len(code_runners(ast.parse(code))) == 1
