"""The floors of the house: a module imports from lower floors or its own folder."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "membranekit"

# What a part may import, itself and its own folder aside: all that stands before its
# floor. Parts of one floor do not see each other, unless `TOGETHER` says so.
FLOORS = (
    ("errors", "console"),
    ("_kernels",),
    ("thermo",),
    ("transport", "structure", "filtration", "units"),
    ("names", "sources", "pack_template"),
    ("citations",),
    ("substances", "hookspecs", "toml_text"),
    ("plugins", "material_files"),
    ("pack_index",),
    ("library", "pack_check"),
    ("data_sheet", "mixtures"),
    ("cloudpoints", "titration_table", "interaction_text"),
    ("solution", "process", "case", "equilibria"),
    ("membrane", "filters", "limits"),
    ("trust", "completeness"),
    ("constants",),
    ("prepared",),
    ("film_setup", "sheet", "stopping"),
    ("execution",),
    ("record",),
    ("simulation", "diagram"),
    ("windows",),
    ("checks",),
    ("comparison",),
    ("claims", "calibration", "filtration_fit", "fitting", "verification"),
    ("refitting", "maps"),
    ("ensemble", "validation", "validation_text"),
    ("health",),
    ("plot", "cli", "packs_cli"),
    ("__init__", "__main__"),
)
TOGETHER = (
    {"substances", "hookspecs"},
    # a substance prints its data sheet, which names the sets that the library has
    {"substances", "data_sheet"},
    {"solution", "process", "case", "equilibria"},
    {"membrane", "filters"},
    {"claims", "calibration", "filtration_fit", "verification"},
    {"validation", "validation_text"},
    {"plot", "cli", "packs_cli"},
    {"__init__", "__main__"},
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
MODULES = sorted(PACKAGE.rglob("*.py")) + sorted(PACKAGE.rglob("*.pyi"))


def part_of(path: Path) -> str:
    """Return the module, or the folder, that stands directly in the package."""
    return path.relative_to(PACKAGE).parts[0].split(".")[0]


def imports(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and absolute dotted name of everything that is imported.

    ``from x import y`` yields ``x.y``, for y may be a module; so do the calls
    ``import_module("x")`` and ``__import__("x")`` with the name in the open.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            origin = [*base, *([node.module] if node.module else [])]
            for alias in node.names:
                yield node.lineno, ".".join([*origin, alias.name])
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            argument = node.args[0]
            if called in ("import_module", "__import__") and isinstance(
                argument, ast.Constant
            ):
                yield node.lineno, str(argument.value)


def imports_of(path: Path) -> list[tuple[int, str]]:
    package = ("membranekit", *path.relative_to(PACKAGE).parent.parts)
    return list(imports(ast.parse(path.read_text(encoding="utf-8")), package))


def type_checking_lines(tree: ast.AST) -> set[int]:
    """Return the lines that only a type checker reads."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for line in range(statement.lineno, (statement.end_lineno or 0) + 1)
    }


def allowed(part: str, other: str) -> bool:
    if part == other:
        return True
    if any({part, other} <= group for group in TOGETHER):
        return True
    return FLOOR_OF[other] < FLOOR_OF[part]


def breaches(part: str, found: list[tuple[int, str]]) -> list[str]:
    messages = []
    for line, name in found:
        root, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if root != "membranekit":
            continue
        if other not in FLOOR_OF:
            # The package itself: `import membranekit`, `from membranekit import Case`.
            # Its version is a literal on the ground floor, for everyone to read.
            other = part if other == "__version__" else "__init__"
        if not allowed(part, other):
            messages.append(f"line {line}: {part} must not import {name}")
    return messages


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_import_from_lower_floors_or_their_own_folder(path: Path) -> None:
    assert part_of(path) in FLOOR_OF, f"say in FLOORS where {path.name} stands"
    assert breaches(part_of(path), imports_of(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_units_imports_pint(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pint = {line for line, name in imports_of(path) if name.split(".")[0] == "pint"}
    at_run_time = pint - type_checking_lines(tree)
    assert not at_run_time or path == PACKAGE / "units.py"


def test_units_imports_pint_inside_functions_only() -> None:
    tree = ast.parse((PACKAGE / "units.py").read_text(encoding="utf-8"))
    top = ast.Module([node for node in tree.body if not isinstance(node, ast.If)], [])
    top.body = [node for node in top.body if not isinstance(node, ast.FunctionDef)]
    assert not [name for _, name in imports(top, ()) if name.startswith("pint")]


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("thermo", "import membranekit.transport"),
        ("transport", "from membranekit.structure import pores"),
        ("transport", "from membranekit import structure"),
        ("transport", "from .. import structure"),
        ("transport", "from ..structure.pores import profile"),
        ("structure", "from membranekit.units import make"),
        ("library", "def late():\n    from membranekit.case import Case"),
        ("substances", "import importlib\nimportlib.import_module('membranekit.case')"),
        ("simulation", "from membranekit.checks import check"),
        ("membrane", "import membranekit"),
        ("cli", "from membranekit import simulate"),
    ],
)
def test_an_import_from_above_is_found(part: str, statement: str) -> None:
    found = list(imports(ast.parse(statement), ("membranekit", part)))
    assert len(breaches(part, found)) == 1


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("transport", "from membranekit._kernels import film"),
        ("transport", "from . import air"),
        ("transport", "from ..thermo.flory_huggins import potentials"),
        ("case", "from membranekit.solution import CastingSolution"),
        ("checks", "from membranekit.film_setup import make_film"),
        ("cli", "from membranekit import __version__, simulation"),
        ("errors", "import numpy"),
    ],
)
def test_an_import_from_below_is_free(part: str, statement: str) -> None:
    found = list(imports(ast.parse(statement), ("membranekit", part)))
    assert breaches(part, found) == []
