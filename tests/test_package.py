"""The package as a user meets it: what it imports, what it ships, what it promises."""

import ast
import importlib
import importlib.metadata
import importlib.resources
import inspect
import os
import re
import subprocess
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import membranekit as mk
from membranekit.equilibria import ComputedCloudPoint

ROOT = Path(__file__).parents[1]
INSTALLED = os.environ.get("MEMBRANEKIT_TEST_INSTALLED") == "1"
SOURCES = sorted((ROOT / "ext").glob("*.pyx"))
STUBS = sorted((ROOT / "membranekit" / "_kernels").glob("*.pyi"))


def fresh(program: str) -> str:
    """Run a program in a new interpreter, warnings as errors; return its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not INSTALLED, reason="asks for MEMBRANEKIT_TEST_INSTALLED=1")
def test_it_is_the_installed_package_that_is_tested() -> None:
    site = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    kernels = importlib.import_module("membranekit._kernels")
    for module in (mk, kernels):
        assert any(
            Path(module.__file__ or "").is_relative_to(folder) for folder in site
        )
    programs = fresh("import membranekit; print(membranekit.__file__)")
    assert programs == mk.__file__


def test_import_is_light() -> None:
    heavy = {"pint", "matplotlib", "xarray", "scipy", "rich", "numpy", "click"}
    program = "import sys, membranekit; print(sorted(set(sys.modules) & {}))"
    assert fresh(program.format(heavy)) == "[]"


def test_a_look_at_the_names_imports_none_of_them() -> None:
    assert (
        fresh(
            "import sys, membranekit\n"
            "assert 'simulate' in dir(membranekit)\n"
            "print([name for name in sys.modules if name.startswith('membranekit.')])"
        )
        == "[]"
    )


@pytest.mark.parametrize("name", mk.__all__)
def test_each_public_name_is_served(name: str) -> None:
    assert name in dir(mk)
    assert getattr(mk, name) is not None


def test_a_look_at_the_names_shows_the_public_ones_alone() -> None:
    assert set(dir(mk)) == {*mk.__all__, "__version__"}


def test_the_promised_names_are_public() -> None:
    promised = """
        CastingSolution Process AirExposure Immersion Rinse Dry Hydrophilize Support
        plot Case read_case cases Membrane History save simulate simulate_many check
        materials Quantity MembranekitError InputError UnitError MaterialError
        MaterialFileError MissingExtraError OutputError
    """
    assert set(promised.split()) <= set(mk.__all__)


def test_type_checkers_see_the_names_that_are_served() -> None:
    tree = ast.parse(Path(inspect.getfile(mk)).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        (alias.name, (node.module or "").rpartition(".")[2])
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    served = {(name, module) for module, names in mk._NAMES.items() for name in names}
    modules = {(name, "membranekit") for name in mk._MODULES}
    assert seen == served | modules | {("Quantity", "pint")}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'simulte'"):
        _ = mk.simulte


def test_the_data_folder_does_not_hide_the_mapping_of_materials() -> None:
    assert (
        fresh(
            "import importlib, membranekit\n"
            "importlib.import_module('membranekit.materials')\n"
            "print('materials' in vars(membranekit))"
        )
        == "False"
    )


def test_quantity_is_of_the_registry_of_the_moment() -> None:
    assert (
        fresh(
            "import pint, membranekit as mk\n"
            "before = mk.Quantity(6, 's')\n"
            "assert isinstance(before, pint.get_application_registry().Quantity)\n"
            "pint.set_application_registry(pint.UnitRegistry())\n"
            "after = mk.Quantity(6, 's')\n"
            "assert isinstance(after, pint.get_application_registry().Quantity)\n"
            "print('Quantity' in vars(mk))"
        )
        == "False"
    )


def test_the_version_is_the_one_of_the_installation() -> None:
    assert importlib.metadata.version("membranekit") == mk.__version__


def test_the_command_is_installed() -> None:
    (command,) = importlib.metadata.entry_points(
        group="console_scripts", name="membranekit"
    )
    assert command.value == "membranekit.cli:main"


@pytest.mark.parametrize(
    ("package", "folder", "patterns"),
    [
        ("membranekit", "membranekit", ["py.typed", "cases/*.toml", "data/*.toml"]),
        (
            "membranekit",
            "membranekit",
            ["_kernels/*.pyi", "data/cloudpoints/*.csv", "data/pack/**/*.*"],
        ),
        ("membranekit.materials", "materials", ["*.toml", "*/*.toml"]),
    ],
)
def test_the_data_of_the_checkout_is_installed(
    package: str, folder: str, patterns: list[str]
) -> None:
    installed = importlib.resources.files(package)
    for path in (path for glob in patterns for path in (ROOT / folder).glob(glob)):
        name = path.relative_to(ROOT / folder).as_posix()
        assert installed.joinpath(name).read_bytes() == path.read_bytes()


def test_all_data_is_of_a_kind_that_is_installed() -> None:
    """A new folder or ending has to be named in pyproject.toml."""
    known = re.compile(
        r"membranekit/(py\.typed|_kernels/\w+\.pyi|(cases|data)/[^/]+\.toml)"
        r"|membranekit/data/cloudpoints/[^/]+\.csv|materials/([^/]+/)?[^/]+\.toml"
        r"|membranekit/data/pack/([^/]+/){0,2}[^/]+\.(toml|md)"
    )
    for folder in ("membranekit", "materials"):
        for path in (ROOT / folder).rglob("*"):
            compiled = path.name.endswith((".pyc", *EXTENSION_SUFFIXES))
            if path.is_file() and path.suffix != ".py" and not compiled:
                assert known.fullmatch(path.relative_to(ROOT).as_posix())


def python_modules() -> list[str]:
    """Return the dotted names of all modules written in Python."""
    names = []
    for path in sorted((ROOT / "membranekit").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in names if not name.endswith("__main__")]


def test_every_module_imports_without_a_warning() -> None:
    fresh("\n".join(f"import {name}" for name in python_modules()))


@pytest.mark.parametrize("name", python_modules())
def test_examples_in_docstrings_run(name: str) -> None:
    import doctest

    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_each_kernel_has_a_stub() -> None:
    assert [path.stem for path in SOURCES] == [path.stem for path in STUBS]


def shape(arguments: ast.arguments) -> list[tuple[str, str, bool]]:
    """Return name, kind and whether there is a default, of each parameter."""
    positional = [*arguments.posonlyargs, *arguments.args]
    optional = len(positional) - len(arguments.defaults)
    kinds = ["POSITIONAL_ONLY"] * len(arguments.posonlyargs)
    kinds += ["POSITIONAL_OR_KEYWORD"] * len(arguments.args)
    rows = [
        (argument.arg, kind, index >= optional)
        for index, (argument, kind) in enumerate(zip(positional, kinds, strict=True))
    ]
    return rows + [
        (argument.arg, "KEYWORD_ONLY", default is not None)
        for argument, default in zip(
            arguments.kwonlyargs, arguments.kw_defaults, strict=True
        )
    ]


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_each_stub_matches_its_kernel(stub: Path) -> None:
    kernel = importlib.import_module(f"membranekit._kernels.{stub.stem}")
    told = {
        node.name: shape(node.args)
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    found = {
        name: [
            (p.name, p.kind.name, p.default is not p.empty)
            for p in inspect.signature(function).parameters.values()
        ]
        for name, function in vars(kernel).items()
        if callable(function)
        and not inspect.isclass(function)
        and not name.startswith("_")
    }
    assert told == found


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_each_kernel_is_described(stub: Path) -> None:
    kernel = importlib.import_module(f"membranekit._kernels.{stub.stem}")
    assert kernel.__doc__
    for name, function in vars(kernel).items():
        if callable(function) and not name.startswith("_"):
            assert function.__doc__, name


def test_missing_kernels_are_told_with_the_way_to_build_them(tmp_path: Path) -> None:
    source = (ROOT / "membranekit" / "_kernels" / "__init__.py").read_text("utf-8")
    package = tmp_path / "unbuilt"
    package.mkdir()
    (package / "__init__.py").write_text(source, "utf-8")
    told = fresh(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "try: import unbuilt\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install -e ." in told


def test_the_readme_says_how_to_start_and_ci_runs_its_test_command() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    start = 'pip install ".[plot]" && membranekit run example1 --plot example1.png'
    assert start in lines[:40]
    assert lines[:40].count('pip install ".[test]" && pytest') == 1
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    pattern = re.search(
        r"test_command=\$\(sed -n '(.+)' README\.md\)", script.read_text()
    )
    assert pattern is not None
    read = subprocess.run(
        ["sed", "-n", pattern[1], str(ROOT / "README.md")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == 'pip install ".[test]" && pytest\n'


def readme_blocks(language: str) -> str:
    """Return the code blocks of one language in the README, one after the other."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return "\n".join(found)


def test_the_case_in_the_readme_reads(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(readme_blocks("toml"), "utf-8")
    assert len(mk.read_case(path).runs) == 3


def test_the_program_in_the_readme_runs() -> None:
    names: dict[str, object] = {}
    exec(readme_blocks("python"), names)
    membrane = names["membrane"]
    assert isinstance(membrane, mk.Membrane)
    assert membrane.success, membrane.message
    cloud = names["cloud"]
    assert isinstance(cloud, ComputedCloudPoint)
    assert cloud.one_phase
