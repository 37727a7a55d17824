"""The tables of ``docs/materials.md`` that follow from the built-in pack.

``python benchmarks/materials_page.py``

What the patent names stands in ``patent_materials.toml``, with the reasons written by
hand; all else is read from the pack. The tables stand between comments, and the text
around them is left alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import tomli

from membranekit import library, limits
from membranekit.substances import InteractionSet, Substance

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "materials.md"
NAMED = Path(__file__).with_name("patent_materials.toml")
PACK = "builtin"
ESTIMATE = ("estimated", "chosen", "fitted")


def named() -> dict[str, Any]:
    """Return what the patent names, and what the pack has beside it."""
    return tomli.loads(NAMED.read_text(encoding="utf-8"))


def shipped() -> tuple[list[Substance], list[InteractionSet]]:
    """Return the substances and the sets of the built-in pack alone."""
    (pack,) = (each for each in library.materials.packs if each.name == PACK)
    names = library.materials.adds(pack)
    sets = [name for name in library.materials.set_names if name in names]
    substances = [name for name in names if name not in sets]
    return (
        [library.lookup(f"{name}@{PACK}") for name in substances],
        [library.interaction_set((), name) for name in sets],
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    ruler = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ruler, *rows))


# ------------------------------------------------------------------------ substances
def lacking(substance: Substance) -> list[str]:
    """Return the properties that a run lacks of a substance."""
    return [name for name in _read(substance) if not substance.has(name)]


def _read(substance: Substance) -> tuple[str, ...]:
    is_polymer = substance.kind == "polymer"
    return limits.reads(substance, membrane_polymer=is_polymer)["run"]


def runs(substance: Substance) -> str:
    """Say whether a run has all it reads of a substance, and how much is estimated."""
    missing = lacking(substance)
    if missing:
        return f"no: {', '.join(name.replace('_', ' ') for name in missing)}"
    bases = [substance.get(name).basis for name in _read(substance)]
    return f"yes; {sum(b in ESTIMATE for b in bases)} of {len(bases)} estimated"


def partners(substance: Substance, sets: Sequence[InteractionSet]) -> str:
    """Say with what, beside water, a substance has a phase diagram with a polymer."""
    found: dict[str, list[InteractionSet]] = {}
    for each in sets:
        if not {"water", substance.name} <= set(each.components):
            continue
        polymers = [n for n in each.components if library.lookup(n).kind == "polymer"]
        others = polymers
        if substance.kind == "polymer":
            others = [
                name
                for name in each.components
                if library.lookup(name).kind == "solvent" and name != "water"
            ]
        for name in others if polymers else ():
            found.setdefault(name, []).append(each)
    told = []
    for name, having in found.items():
        guessed = all(each.fitted_to == "estimate" for each in having)
        told.append(f"{name}, estimated" if guessed else name)
    return "; ".join(sorted(told)) or "no"


def substances_table() -> str:
    """Return what the patent names and the pack has."""
    _, sets = shipped()
    rows = []
    for entry in named()["named"]:
        here = [library.lookup(f"{name}@{PACK}") for name in entry.get("here", ())]
        if here:
            rows.append(
                (
                    entry["as"],
                    entry["where"],
                    ", ".join(f"`{each.name}`" for each in here),
                    _told(here, runs),
                    _told(here, lambda each: partners(each, sets)),
                    entry.get("missing", ""),
                )
            )
    head = ("named as", "where", "here", "run", "diagram with water", "missing")
    beside = "; ".join(f"`{name}`, {why}" for name, why in named()["beside"].items())
    return f"{_counted()}\n\n{table(head, rows)}\n\nHere, and not named: {beside}."


def _told(here: Sequence[Substance], tell: Callable[[Substance], str]) -> str:
    if len(here) == 1:
        return tell(here[0])
    return "; ".join(f"{each.name}: {tell(each)}" for each in here)


def _counted() -> str:
    entries = named()["named"]
    _, sets = shipped()
    here = [
        [library.lookup(f"{name}@{PACK}") for name in entry["here"]]
        for entry in entries
        if entry.get("here")
    ]
    run = sum(any(not lacking(each) for each in one) for one in here)
    drawn = sum(any(partners(each, sets) != "no" for each in one) for one in here)
    text = (
        f"Of {len(entries)} materials that the patent names {len(here)} are here; a "
        f"run has all it reads of {run} of them, and {drawn} are in a phase diagram of "
        "water and a polymer."
    )
    return "\n".join(wrap(text, 88))


def absent_table() -> str:
    """Return what the patent names and the pack lacks, with the reasons."""
    together: dict[str, list[dict[str, Any]]] = {}
    for entry in named()["named"]:
        if not entry.get("here"):
            together.setdefault(entry["missing"], []).append(entry)
    rows = [
        (
            ", ".join(entry["as"] for entry in entries),
            "; ".join(dict.fromkeys(entry["where"] for entry in entries)),
            why,
        )
        for why, entries in together.items()
    ]
    return table(("named as", "where", "missing"), rows)


# ------------------------------------------------------------------------------ sets
def sets_table() -> str:
    """Return the sets of each system, the preferred first."""
    _, sets = shipped()
    systems: dict[tuple[str, ...], list[InteractionSet]] = {}
    for each in sorted(sets, key=lambda one: (len(one.components), one.name)):
        systems.setdefault(each.components, []).append(each)
    rows = []
    for components, own in systems.items():
        own.sort(key=lambda each: not each.preferred)
        labels = [each.name.partition(", ")[2] or each.name for each in own]
        labels[0] = f"**{labels[0]}**" if own[0].preferred else labels[0]
        fitted = dict.fromkeys(each.fitted_to for each in own)
        rows.append((", ".join(components), "; ".join(labels), "; ".join(fitted)))
    return table(
        ("system", "sets, the preferred one first and bold", "fitted to"), rows
    )


# ------------------------------------------------------------------------------ page
TABLES = {
    "substances": substances_table,
    "absent": absent_table,
    "sets": sets_table,
}


def page(text: str) -> str:
    """Return the page with its tables as the pack has them now."""
    for name, make in TABLES.items():
        begin = f"<!-- {name}: written by benchmarks/materials_page.py -->"
        end = f"<!-- end of {name} -->"
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if len(between.findall(text)) != 1:
            raise ValueError(f"{PAGE.name}: the comments of the table {name} are lost")
        made = f"{begin}\n{make()}\n{end}"
        text = between.sub(lambda _, made=made: made, text)
    return text


def main() -> int:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
