"""Simulate phase-inversion membranes: from a recipe and its steps to the pores."""

__version__ = "0.1.0.dev0"
