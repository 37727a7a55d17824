"""The compiled kernels: float64 arrays in SI units in and out, built from ``ext/``."""

import os
from importlib.machinery import EXTENSION_SUFFIXES

if not any(
    name.endswith(tuple(EXTENSION_SUFFIXES))
    for folder in __path__
    for name in os.listdir(folder)
):
    raise ImportError(
        f"the compiled kernels of membranekit are not built in {', '.join(__path__)}. "
        "In a checkout, with a C compiler at hand, run `pip install -e .`. If "
        "membranekit is installed elsewhere, Python found the checkout first because "
        "it was started there: start it from another folder."
    )
