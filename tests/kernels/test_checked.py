"""The checked build: an index out of range in a kernel raises IndexError.

A small kernel that indexes as the real ones do, without the interpreter's lock, is
built the way ``MEMBRANEKIT_CHECKED=1`` builds them.
"""

import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

KERNEL = """
from cpython.mem cimport PyMem_Calloc, PyMem_Free

cdef struct Cell:
    double mu[7]
    double table[2][3]

cdef double total(const double* a, int first, int last) noexcept nogil:
    cdef double value = 0.0
    cdef int i
    for i in range(first, last):
        value += a[i]
    return value

cdef class Film:
    cdef double* z
    cdef Cell* cell
    cdef int* start

    def __cinit__(self, int size):
        self.z = <double*>PyMem_Calloc(size, 8)
        self.start = <int*>PyMem_Calloc(size, sizeof(int))
        self.cell = <Cell*>PyMem_Calloc(size, sizeof(Cell))
        self.start[size - 1] = 1

    def __dealloc__(self):
        PyMem_Free(self.z)
        PyMem_Free(self.start)
        PyMem_Free(self.cell)

    cdef double _inside(self, int i) noexcept nogil:
        return self.z[i] + self.start[i]

    def heap(self, int i):
        cdef double value
        with nogil:
            value = self._inside(i)
        return value

    def moved(self, int offset, int i):
        cdef double* here = self.z + offset
        with nogil:
            here[i] = 1.0
        return here[i]

    def passed(self, int last):
        cdef double value
        with nogil:
            value = total(self.z, 0, last)
        return value

    def structs(self, int k):
        return self.cell[k].mu[0]

    def member(self, int i):
        return self.cell[0].mu[i]

    def table(self, int i, int j):
        cdef Cell* c = &self.cell[0]
        return c.table[i][j]

    def local(self, int first, int last):
        cdef double a[7]
        cdef int i
        for i in range(7):
            a[i] = i
        return total(a, first, last)
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    pytest.importorskip("Cython")
    if not (CHECKOUT / "ext" / "checked").is_dir() or sys.platform == "win32":
        pytest.skip("no sources of the kernels, or a compiler of another command line")
    folder = tmp_path_factory.mktemp("checked")
    (folder / "membranekit").mkdir()
    (folder / "membranekit" / "__init__.py").touch()
    (folder / "membranekit" / "_kernels").mkdir()
    (folder / "membranekit" / "_kernels" / "__init__.py").touch()
    shutil.copytree(CHECKOUT / "ext" / "checked", folder / "ext" / "checked")
    (folder / "ext" / "small.pyx").write_text(KERNEL)
    shutil.copy(CHECKOUT / "setup.py", folder)
    (folder / "materials").mkdir()
    built = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        env={**os.environ, "MEMBRANEKIT_CHECKED": "1", "CFLAGS": "-O0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "command" in built.stderr and "not found" in built.stderr:
        pytest.skip("there is no compiler")
    assert built.returncode == 0, built.stderr
    (path,) = (folder / "membranekit" / "_kernels").glob("small.*.so")
    spec = importlib.util.spec_from_file_location("small", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Film(5)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("heap", [(0,), (4,)], [(5,), (-1,), (1000,)]),
        ("moved", [(3, 1), (3, -3)], [(3, 2), (3, -4)]),
        ("passed", [(5,)], [(6,)]),
        ("structs", [(4,)], [(5,), (-1,)]),
        ("member", [(6,)], [(7,), (-1,)]),
        ("table", [(1, 2)], [(1, 3), (2, 0), (0, -1)]),
        ("local", [(0, 7)], [(0, 8), (-1, 2)]),
    ],
)
def test_an_index_out_of_range_raises(film, name, inside, outside):
    for arguments in inside:
        getattr(film, name)(*arguments)
    for arguments in outside:
        with pytest.raises(IndexError, match="is out of range for"):
            getattr(film, name)(*arguments)
    # the interpreter goes on as before
    assert film.local(0, 7) == 21.0


def test_what_was_not_rewritten_is_left_alone():
    checked = runpy.run_path(str(CHECKOUT / "ext" / "checked" / "rewrite.py"))[
        "checked"
    ]
    kept = ["  int n;", "  __Pyx_memviewslice __pyx_v_a;", " * cdef double a[7]"]
    assert checked("\n".join(kept)) == "\n".join(kept)
    assert checked("  double __pyx_v_a[7];") == (
        "  CheckedArray<double, (std::size_t)(7)> __pyx_v_a;"
    )
