"""How names are compared, and what a misspelt one may have been meant to be."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200
"""A longer text is no name, and is not compared: it would take too long."""

_IGNORED = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def match_key(name: str) -> str:
    """Return what of a name counts when names are compared.

    Case, spaces and hyphens do not.
    """
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name)).casefold()


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """Return up to three candidates that `word` may have been meant to be."""
    if len(word) > LONGEST:
        return []
    by_key = {match_key(each): each for each in candidates if len(each) <= LONGEST}
    close = difflib.get_close_matches(match_key(word), by_key, n=3, cutoff=0.6)
    return [by_key[key] for key in close]


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """Return the nearest candidates as a phrase; empty where none is near."""
    return " or ".join(nearest(word, candidates))
