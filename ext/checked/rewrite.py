"""Rewrite a kernel that Cython wrote in C++, so that every index into it is checked.

Bounds checks of Cython cover memoryviews; the kernels index pointers and arrays of
their own. In the checked build their C++ names `Checked<T>` where it said ``T *`` and
`CheckedArray<T, N>` where it said ``T[N]``, types of ``checked.hpp`` that know where
they end, and each function that Python calls turns an access outside into IndexError.
The release build never sees any of it.
"""

import re
from pathlib import Path

ITEM = r"(?:double|int|struct __pyx_t_\w+)(?: const)?"
POINTER = re.compile(rf"\b({ITEM}) \*(?!\*)")
ARRAY = re.compile(r"^(\s+)(double|int|struct __pyx_t_\w+) (\w+)((?:\[[^\]]+\])+);")
OURS = re.compile(r"__pyx_(?:v|f|t|vtable)_")
MEMBER = re.compile(rf"^  (?:{ITEM} \*\w+;|\w+ \(\*\w+\)\()")
THEIRS = re.compile(r"__Pyx(?!_memviewslice)|suboffset|__pyx_memoryview_|/\* dim=")
FACE = re.compile(r"^static (PyObject \*|int )\w*__pyx_pw_\w+\(")


def array(item: str, sizes: str) -> str:
    """Return the checked type of an array of items with sizes such as ``[7][3]``."""
    for size in reversed(re.findall(r"\[([^\]]+)\]", sizes)):
        item = f"CheckedArray<{item}, (std::size_t)({size})>"
    return item


def checked(text: str) -> str:
    """Return the text of a module of Cython with checked pointers and arrays."""
    lines = text.split("\n")
    failed = None  # what the function that is being read returns for an error
    head = False
    for number, line in enumerate(lines):
        if line.startswith(" *") or THEIRS.search(line):
            continue
        found = FACE.match(line)
        if found and not line.endswith("/*proto*/") and not line.endswith(";"):
            failed, head = ("NULL" if "*" in found[1] else "-1"), True
        if head and line.endswith("{"):
            line, head = line[:-1] + "try {", False
        elif failed is not None and line == "}":
            line, failed = f"}} RAISE_OUT_OF_RANGE({failed})", None
        line = ARRAY.sub(lambda m: f"{m[1]}{array(m[2], m[4])} {m[3]};", line)
        if OURS.search(line) or MEMBER.match(line):
            line = POINTER.sub(r"Checked<\1 > ", line)
        line = line.replace("PyMem_Calloc(", "checked_calloc(")
        lines[number] = line
    text = "\n".join(lines)
    return text.replace(
        '#include "Python.h"', '#include "Python.h"\n#include "checked.hpp"', 1
    )


def rewrite(path: Path) -> None:
    """Rewrite a file in place, once."""
    text = path.read_text(encoding="utf-8")
    if '#include "checked.hpp"' not in text:
        path.write_text(checked(text), encoding="utf-8")
