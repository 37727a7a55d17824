"""Filtration: permeance, surface area, bubble point, retention and blocking."""
