"""Citations: the works behind the values that a run used, as BibTeX.

A source is text. `works` reads in it who wrote what, when and where, and `bibtex`
writes one entry for each distinct work, with a note of the values it gave. What has no
work but a method (estimated, chosen, fitted) follows in comments, so that nothing is
lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tomli

from membranekit.sources import (
    DOI,
    JOURNAL_PAGE,
    METHODS,
    PAGE,
    PATENT,
    TABLE,
    YEAR,
    source_form,
)


@dataclass(frozen=True)
class Use:
    """One value that a run used: whose and which it is, its basis and its source.

    Parameters
    ----------
    owner : str
        The substance, the interaction set, or the model.
    name : str
        The value: ``density``, ``g(water, NMP)``, ``growth_speed``.
    basis, source : str
        As the file gives them.
    """

    owner: str
    name: str
    basis: str
    source: str


@dataclass(frozen=True)
class Work:
    """A work that a source names, and the place in it.

    Parameters
    ----------
    kind : str
        The type of its BibTeX entry.
    authors : tuple of str
        As named; ``others`` stands for more.
    title : str
        Of a book; of the journal in an article; the whole source where it is not
        understood.
    volume, year, doi, edition, number : str
        Empty where it has none; `number` is a patent's.
    pages, place : str
        The page of an article or a patent; the table or page in a book.
    """

    kind: str
    authors: tuple[str, ...] = ()
    title: str = ""
    volume: str = ""
    year: str = ""
    doi: str = ""
    edition: str = ""
    number: str = ""
    pages: str = ""
    place: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells it from other works: the place in it does not."""
        if self.doi:
            return ("doi", self.doi.lower())
        if self.number:
            return ("patent", self.number)
        begins = self.pages if self.kind == "article" else ""
        return (*self.authors, self.year, self.title, self.volume, begins)

    @property
    def key(self) -> str:
        """Its citation key, of ASCII letters and digits."""
        if self.number:
            return _plain(self.number).lower()
        if not self.authors:
            return _plain(self.doi or "source").lower()
        name = _plain(self.authors[0].split()[-1])
        initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", self.title))
        return f"{name}{self.year}{_plain(initials)}".lower()


# ------------------------------------------------------------------ reading a source
def works(source: str) -> list[Work]:
    """Return the works that a source names; none where it is a method.

    Parameters
    ----------
    source : str
        Works are parted by semicolons; what follows one and is none is a remark.

    Examples
    --------
    >>> work, = works("Wilke & Chang, AIChE J. 1, 1955, p. 264: for water")
    >>> work.authors, work.title, work.volume, work.year, work.pages
    (('Wilke', 'Chang'), 'AIChE J.', '1', '1955', '264')
    >>> work.key
    'wilke1955aj'
    >>> works("estimated: by group contributions")
    []
    """
    source = " ".join(source.split())
    if source_form(source) in METHODS:
        return []
    pieces = [piece.strip() for piece in source.split(";")]
    found = [
        _work(piece)
        for piece in pieces
        if source_form(piece) in ("doi", "page", "patent")
    ]
    return found or [Work("misc", title=source)]


def patents(source: str) -> list[Work]:
    """Return the patents that a source names, a method's too.

    Examples
    --------
    >>> [work.number for work in patents("fitted: to GB 2 199 786 A, Table 1")]
    ['GB2199786A']
    """
    return [_patent(match, source) for match in PATENT.finditer(source)]


def _patent(match: re.Match[str], source: str) -> Work:
    number = re.sub(r"[ ,/-]", "", match[0])
    known = _own_patent()
    place = PAGE.search(source) or TABLE.search(source)
    if number == known["number"]:
        return Work(
            "misc",
            authors=(known["applicant"],),
            title=known["title"],
            year=known["published"][:4],
            number=number,
            place=place[0] if place else "",
        )
    return Work("misc", number=number, place=place[0] if place else "")


@cache
def _own_patent() -> Mapping[str, str]:
    """Return what the shipped tables say of the patent they are from."""
    place = files("membranekit") / "data" / "examples.toml"
    found = tomli.loads(place.read_text(encoding="utf-8"))["source"]
    return {**found, "number": found["id"].replace(" ", "")}


def _work(piece: str) -> Work:
    """Read ``Author & Author, Journal 1, 1955, p. 264, doi:10...``.

    The older ``Journal 1 (1955) 264`` is read too.
    """
    doi = DOI.search(piece)
    identified = doi[0] if doi else ""
    bare = re.sub(rf"(?:https?://(?:dx\.)?doi\.org/|doi:? ?)?{DOI.pattern}", "", piece)
    patent = PATENT.search(bare)
    if patent and source_form(piece) == "patent":
        return _patent(patent, bare)
    year = YEAR.search(bare)
    if year is None:
        return Work("misc", title=bare.strip(" ,.:"), doi=identified)
    head, tail = bare[: year.start()].strip(" (,"), bare[year.start() :]
    authors, title = _authors(head)
    page, table = PAGE.search(tail), TABLE.search(tail)
    places = [each[0].rstrip(".") for each in (page, table) if each]
    volume = re.search(r"^(.*\D) (\d+)$", title)
    if volume:
        older = JOURNAL_PAGE.search(bare)
        pages = older[0].rpartition(")")[2].strip() if older else ""
        if page:
            pages = re.sub(r"^(?:pp?\.|pages?|record)\s*", "", places.pop(0))
        return Work(
            "article",
            authors,
            volume[1],
            volume[2],
            year[0],
            identified,
            pages=pages,
            place=", ".join(places),
        )
    edition = re.search(r", (\d+)(?:st|nd|rd|th) ed\.$", title)
    return Work(
        "book",
        authors,
        title[: edition.start()] if edition else title,
        year=year[0],
        doi=identified,
        edition=edition[1] if edition else "",
        place=", ".join(places),
    )


def _authors(head: str) -> tuple[tuple[str, ...], str]:
    """Part the names, up to the one after the ampersand, from the title."""
    parts = head.split(", ")
    last = 0
    for i, part in enumerate(parts[:-1]):
        if " & " in part or part.endswith(" et al."):
            last = i
            break
    names = ", ".join(parts[: last + 1])
    found = re.split(r", | & ", names.removesuffix(" et al."))
    if names.endswith(" et al."):
        found.append("others")
    return tuple(found), ", ".join(parts[last + 1 :])


# -------------------------------------------------------------------- writing BibTeX
def bibtex(uses: Iterable[Use], version: str) -> str:
    """Return the works behind some values as BibTeX, and below the methods.

    Parameters
    ----------
    uses : iterable of Use
        What was used; the same twice counts once.
    version : str
        Of membranekit, which is cited first.

    Examples
    --------
    >>> use = Use("water", "association", "literature", "doi:10.1002/aic.690010222")
    >>> print(bibtex([use], "1.0"))
    @software{membranekit,
      title = {membranekit},
      version = {1.0}
    }
    @misc{101002aic690010222,
      doi = {10.1002/aic.690010222},
      note = {association of water}
    }
    """
    uses = list(dict.fromkeys(uses))
    found: dict[tuple[str, ...], tuple[Work, dict[str, list[str]]]] = {}
    comments = []
    for use in uses:
        named = works(use.source)
        if source_form(use.source) in METHODS:
            comments.append(f"% {use.owner} {use.name}: {use.source}")
            if use.basis == "fitted":
                named = patents(use.source)[:1]
        for work in named:
            _, given = found.setdefault(work.identity, (work, {}))
            name = f"{use.name} ({work.place})" if work.place else use.name
            names = given.setdefault(use.owner, [])
            if name not in names:
                names.append(name)
    own = {"title": "membranekit", "version": version}
    entries = [_entry("software", "membranekit", own)]
    taken = {"membranekit"}
    for identity in sorted(found, key=lambda each: (found[each][0].key, each)):
        work, given = found[identity]
        note = "; ".join(f"{', '.join(v)} of {owner}" for owner, v in given.items())
        key = _free(work.key, taken)
        entries.append(_entry(work.kind, key, {**_fields(work), "note": note}))
    lines = [_comment(each) for each in dict.fromkeys(comments)]
    return "\n".join([*entries, *lines])


def _free(key: str, taken: set[str]) -> str:
    """Return the key, with a number behind it if another work has it."""
    number = 1
    while (new := key if number == 1 else f"{key}x{number}") in taken:
        number += 1
    taken.add(new)
    return new


def _fields(work: Work) -> dict[str, str]:
    """Return the fields of an entry, in the order in which they are written."""
    names = {"article": "journal"}
    fields = {
        "author": " and ".join(work.authors),
        names.get(work.kind, "title"): work.title,
        "edition": work.edition,
        "howpublished": f"Patent {work.number}" if work.number else "",
        "volume": work.volume,
        "year": work.year,
        "pages": work.pages,
        "doi": work.doi,
    }
    return {name: text for name, text in fields.items() if text}


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"@{kind}{{{key}"]
    for name, text in fields.items():
        # a DOI is read as it stands
        shown = text if name == "doi" else _tex(text)
        if name == "author" and fields.get("howpublished"):
            shown = f"{{{shown}}}"  # an applicant is one name, not first and last
        lines.append(f"  {name} = {{{shown}}}")
    return ",\n".join(lines) + "\n}"


_TEX = {
    "\\": r"\textbackslash ",
    "~": r"\textasciitilde ",
    "^": r"\textasciicircum ",
    **{sign: f"\\{sign}" for sign in "%&_#$"},
    # a brace would count, escaped or not
    "{": "(",
    "}": ")",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u030a": "r",
    "\u030c": "v",
    "\u0327": "c",
}
_LETTERS = {
    "\u00df": "{\\ss}",
    "\u00f8": "{\\o}",
    "\u00d8": "{\\O}",
    "\u0142": "{\\l}",
    "\u2013": "-",
    "\u2014": "-",
    "\u2019": "'",
    "\u00b5": "u",
    "\u03bc": "u",
    "\u00d7": "x",
    "\u00b7": "*",
}


def _tex(text: str) -> str:
    """Return text as TeX in ASCII that may stand between braces."""
    pieces: list[str] = []
    for sign in unicodedata.normalize("NFD", " ".join(text.split())):
        if sign in _ACCENTS and pieces:
            accent, letter = _ACCENTS[sign], pieces.pop()
            pieces.append(f"{{\\{accent}{{{letter}}}}}")
        elif unicodedata.combining(sign):
            continue
        else:
            ascii_sign = sign if sign.isascii() else _LETTERS.get(sign, "?")
            pieces.append(_TEX.get(sign, ascii_sign))
    return "".join(pieces)


def _comment(text: str) -> str:
    """Return one line of ASCII that begins no entry: BibTeX reads comments too."""
    plain = unicodedata.normalize("NFKD", " ".join(text.split()))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    plain = "".join(e if e.isascii() else _LETTERS.get(e, "?") for e in plain)
    return plain.replace("@", " at ")


def _plain(text: str) -> str:
    """Return the ASCII letters and digits of a text, accents left off."""
    return "".join(
        each
        for each in unicodedata.normalize("NFKD", text)
        if each.isascii() and each.isalnum()
    )
