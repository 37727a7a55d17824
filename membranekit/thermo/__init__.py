"""Thermodynamics: Flory-Huggins potentials, phase diagrams and vapor pressures."""
