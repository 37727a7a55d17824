"""What a source may look like: a work one can find, or a method one can judge.

A source is a DOI; or author, year and page (table, record of a database); or a patent
and the place in it; or ``estimated:``, ``chosen:`` or ``fitted:`` and the method.
Nothing vaguer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

METHODS = ("estimated", "chosen", "fitted")
"""Words that begin a source which is a method and no work."""

BASES_OF_FORM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "doi": ("measured", "literature"),
        "page": ("measured", "literature"),
        "patent": ("measured", "literature"),
        **{method: (method,) for method in METHODS},
    }
)
"""The bases that go with each form of a source."""

RIGHT = (
    "a DOI (`doi:10.1002/aic.690010222`); or author, year and page, table or record of "
    "a database (`Wilke & Chang, AIChE J. 1, 1955, p. 264`); or a patent and its page "
    "(`GB 2199786 A, p. 8`); or `estimated:`, `chosen:` or `fitted:` and the method"
)
"""What a source is, in words for a message."""

DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}]*[^\s\"<>{}.,;:)]")
PATENT = re.compile(
    r"\b(?:AT|AU|BE|CA|CH|CN|DD|DE|DK|EP|ES|FI|FR|GB|IT|JP|KR|NL|RU|SE|SU|US|WO)"
    r"[ -]?[A-Z]{0,2}\d[\d ,/]{3,14}\d(?:[ -]?[A-Z]\d?\b)?"
)
YEAR = re.compile(r"(?<![\d.-])(?:1[6-9]|20)\d\d(?![\d-])")
PAGE = re.compile(r"\b(?:pp?\.|pages?|record)\s*[A-Za-z]{0,2}\d[\w.-]*")
TABLE = re.compile(r"\bTables?\s+(?:\d[\w.-]*|[A-Z][\d.-]*\b|[IVXLC]+\b)")
JOURNAL_PAGE = re.compile(r"\((?:1[6-9]|20)\d\d\)\s*[A-Za-z]{0,2}\d+")
PLACE_IN_PATENT = re.compile(r"\b(?:Examples?|[Cc]laims?|[Ff]ig(?:ures?|s?\.))\s*\d")

_METHOD = re.compile(rf"\s*({'|'.join(METHODS)}):(.*)", re.DOTALL)
_NOT_READ = re.compile(r"\b(?:recalled|unverified|from memory)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_NO_AUTHOR = ("Table", "Tables", "Fig", "Figure", "Page")


def source_form(text: str) -> str | None:
    """Return the form of a source; None: it is too vague to be checked.

    Parameters
    ----------
    text : str
        The source as a file gives it.

    Returns
    -------
    str or None
        ``doi``, ``page``, ``patent``, ``estimated``, ``chosen`` or ``fitted``.

    Examples
    --------
    >>> source_form("Wilke & Chang, AIChE J. 1, 1955, p. 264")
    'page'
    >>> source_form("estimated: group contributions of Le Bas")
    'estimated'
    >>> source_form("the maker's data sheet")
    """
    method = _METHOD.fullmatch(text)
    if method:
        return method[1] if len(_WORD.findall(method[2])) >= 2 else None
    if _NOT_READ.search(text):
        return None
    if DOI.search(text):
        return "doi"
    place = PAGE.search(text) or TABLE.search(text)
    if PATENT.search(text) and (place or PLACE_IN_PATENT.search(text)):
        return "patent"
    year = YEAR.search(text)
    if year and _author_in(text) and (place or JOURNAL_PAGE.search(text)):
        return "page"
    return None


def beside(basis: str, source: str) -> str:
    """Return a source to print beside its basis, whose word it need not say again.

    Examples
    --------
    >>> beside("estimated", "estimated: analogy with NMP")
    'analogy with NMP'
    """
    return source.removeprefix(f"{basis}:").lstrip()


def source_fault(text: str, basis: str) -> str:
    """Return what is wrong with a source beside its basis; empty: nothing.

    Examples
    --------
    >>> source_fault("Wilke & Chang, AIChE J. 1, 1955, p. 264", "estimated")
    'a source of the form "page" does not go with the basis "estimated": measured or \
literature'
    """
    form = source_form(text)
    if form is None:
        return f"the source {text!r} is too vague; it must be {RIGHT}"
    if basis not in BASES_OF_FORM[form]:
        right = " or ".join(BASES_OF_FORM[form])
        return (
            f'a source of the form "{form}" does not go with the basis "{basis}": '
            f"{right}"
        )
    return ""


def _author_in(text: str) -> bool:
    """Say whether a name, a word with a capital, is in the text."""
    return any(
        word[0].isupper() and word not in _NO_AUTHOR for word in _WORD.findall(text)
    )
