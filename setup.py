"""Say what setuptools cannot read from pyproject.toml: packages and kernels.

Set ``MEMBRANEKIT_CHECKED=1`` to build the kernels so that each index is checked, in
memoryviews by Cython and in pointers and arrays by ``ext/checked``; much slower.
"""

import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

SOURCES = Path("ext")
CHECKED = os.environ.get("MEMBRANEKIT_CHECKED") == "1"
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": CHECKED,
    "wraparound": False,
    "cdivision": True,
    "embedsignature": True,
    "autotestdict": False,
}

# Neither -ffast-math nor -march=native: results must not depend on the machine that
# built a wheel. Without errno a square root is one instruction. Python's own -fwrapv
# lets an index overflow, so that the compiler cannot tell which numbers stand side by
# side: a twentieth of the instructions. Python's own -g makes a wheel four times as
# large; a checked build keeps it, to name the line at fault.
FLAGS = ["-O3", "-fno-math-errno", "-fno-wrapv", *([] if CHECKED else ["-g0"])]
if sys.platform == "win32":
    FLAGS = []


# The kernels' loops run over a few species. GCC makes a copy of a function for each
# number of them that it is called with, but only few such copies by itself; these let
# it make all: a tenth of the instructions less. The last lets it write out loops over
# such small matrices: some hundredths. Results are the same with and without.
COPIES = [
    "--param=ipa-cp-eval-threshold=50",
    "--param=ipa-cp-unit-growth=300",
    "--param=max-completely-peeled-insns=400",
]


class Build(build_ext):
    """Ask for copies of functions where the compiler knows how."""

    def build_extensions(self) -> None:
        """Compile the kernels."""
        if self.compiler.compiler_type == "unix" and self._takes(COPIES):
            for extension in self.extensions:
                extension.extra_compile_args += COPIES
        super().build_extensions()

    def _takes(self, flags: list[str]) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "nothing.c"
            source.write_text("int nothing;\n")
            command = [*self.compiler.compiler_so, "-Werror", *flags, "-c", str(source)]
            command += ["-o", f"{folder}/nothing.o"]
            return subprocess.run(command, capture_output=True).returncode == 0


class CheckedBuild(build_ext):
    """Rewrite what Cython wrote before it is compiled."""

    def swig_sources(self, sources: list[str], extension: Extension) -> list[str]:
        """Return the sources: the last hook between Cython and the compiler."""
        sources = super().swig_sources(sources, extension)
        rewrite = runpy.run_path(str(SOURCES / "checked" / "rewrite.py"))["rewrite"]
        for source in sources:
            rewrite(Path(source))
        return sources


def kernels() -> list[Extension]:
    """Return one extension for each ``ext/*.pyx``; any header may be in each."""
    headers = sorted(path.as_posix() for path in SOURCES.glob("*.pxd"))
    extensions = []
    for source in sorted(SOURCES.glob("*.pyx")):
        extension = Extension(
            f"membranekit._kernels.{source.stem}",
            [source.as_posix()],
            depends=headers,
            extra_compile_args=FLAGS,
        )
        if CHECKED:
            extension.extra_compile_args = []
            extension.language = "c++"
            extension.include_dirs.append((SOURCES / "checked").as_posix())
            extension.depends += sorted(map(str, (SOURCES / "checked").iterdir()))
        extension.cython_directives = DIRECTIVES
        extension.cython_include_dirs = [SOURCES.as_posix()]
        extensions.append(extension)
    return extensions


setup(
    packages=[*find_packages(include=["membranekit*"]), "membranekit.materials"],
    ext_modules=kernels(),
    options={"build_ext": {"cython_c_in_temp": True}},
    cmdclass={"build_ext": CheckedBuild if CHECKED else Build},
)
