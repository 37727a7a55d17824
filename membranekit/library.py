"""Look substances and sets up by name; nothing is read until it is asked for.

Looking up a name reads only what `pack_index` does: the table of contents of each pack,
or the head of each of its files. The file that holds the name is then read whole and
checked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any

from membranekit import pack_index, plugins
from membranekit.errors import MaterialError, SkippedPackError
from membranekit.material_files import Pack, load_file, read_pack, refuse_outside
from membranekit.names import match_key, nearest, suggestion
from membranekit.pack_index import Entry
from membranekit.plugins import Skipped
from membranekit.substances import InteractionSet, Substance
from membranekit.toml_text import LocatedError

_NAMED_SETS = 8
"""How many sets a message names."""


def _some(names: Sequence[str], separator: str = ", ") -> str:
    """Return the first names joined, and how many more there are."""
    more = len(names) - _NAMED_SETS
    return separator.join(names[:_NAMED_SETS]) + (f" and {more} more" * (more > 0))


class Library(Mapping[str, Substance]):
    """Every known substance by name or alias, read when it is asked for.

    Parameters
    ----------
    find : callable
        Returns the locations of packs, and what was skipped on the way.

    Examples
    --------
    >>> materials["polyvinylidene fluoride"].name
    'PVDF'
    """

    def __init__(self, find: Callable[[], plugins.Found] = plugins.find_packs) -> None:
        self._find = find
        self._read: dict[str, Substance | InteractionSet] = {}

    @cached_property
    def _contents(self) -> tuple[list[Pack], list[Entry], list[Skipped]]:
        found = self._find()
        packs: dict[str, Pack] = {}
        entries: list[Entry] = []
        skipped = list(found.skipped)
        for location in found.locations:
            try:
                pack = read_pack(location)
                held, faults = pack_index.entries_of(pack)
            except (LocatedError, OSError) as error:
                skipped.append(_skipped(location.name, error))
                continue
            first = packs.setdefault(match_key(pack.name), pack)
            if first is not pack:
                what = f"{first.location} holds a pack of this name already"
                skipped.append(Skipped(pack.name, what, str(location)))
                continue
            entries += held
            skipped += [_skipped(pack.name, fault) for fault in faults]
        return list(packs.values()), entries, skipped

    @property
    def _entries(self) -> list[Entry]:
        """What the packs hold; an error where a pack is skipped and none may be."""
        self.refuse_skipped()
        return self._contents[1]

    def refuse_skipped(self) -> None:
        """Refuse to go on without a pack, if ``MEMBRANEKIT_STRICT`` says so.

        Raises
        ------
        SkippedPackError
            A plugin, pack or file is broken; the message names each.
        """
        if self._contents[2] and plugins.is_strict():
            every = "; ".join(map(str, self._contents[2]))
            raise SkippedPackError(f"skipped, which {plugins.STRICT} forbids: {every}")

    @cached_property
    def _by_name(self) -> dict[str, list[Entry]]:
        names: dict[str, list[Entry]] = {}
        for entry in self._contents[1]:
            if entry.kind == "interaction_set":
                continue
            for key in pack_index.keys_of(entry):
                names.setdefault(key, []).append(entry)
        return names

    def _carrying(self, key: str) -> list[Entry]:
        """Return what carries a name, given as its key, perhaps with ``@pack``."""
        name, at, pack = key.partition("@")
        found = self._by_name.get(name, [])
        return [each for each in found if not at or match_key(each.pack) == pack]

    @property
    def packs(self) -> list[Pack]:
        """The packs that can be used."""
        return list(self._contents[0])

    @property
    def skipped(self) -> list[Skipped]:
        """Plugins, packs and files that could not be used, and why."""
        return list(self._contents[2])

    @property
    def set_names(self) -> list[str]:
        """Names of all interaction sets."""
        return [e.name for e in self._entries if e.kind == "interaction_set"]

    def adds(self, pack: Pack) -> list[str]:
        """Return the names of the substances and interaction sets of a pack."""
        return [entry.name for entry in self._contents[1] if entry.pack == pack.name]

    def check(self) -> list[Skipped]:
        """Read every file whole; return what is wrong, a broken pack included."""
        faults = self.skipped
        for entry in self._contents[1]:
            try:
                self._load(entry)
            except LocatedError as error:
                faults.append(_skipped(entry.pack, error))
        return faults

    def __iter__(self) -> Iterator[str]:
        return iter(
            entry.name for entry in self._entries if entry.kind != "interaction_set"
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        self.refuse_skipped()
        return isinstance(name, str) and bool(self._carrying(match_key(name)))

    def __getitem__(self, name: str) -> Substance:
        return self.lookup(name)

    def __repr__(self) -> str:
        return f"<materials: {', '.join(self)}>"

    def lookup(self, name: str, extra: Iterable[Any] = ()) -> Substance:
        """Return the substance that has this name or alias.

        Parameters
        ----------
        name : str
            Compared whole; case, spaces and hyphens do not count. ``name@pack``
            asks for the one of a certain pack.
        extra : iterable of Substance
            What a case brings itself.

        Raises
        ------
        MaterialError
            No substance has the name, or two have it; the message tells which come
            near, or where both are.
        SkippedPackError
            A pack is broken, and ``MEMBRANEKIT_STRICT`` forbids to leave it out.
        """
        self.refuse_skipped()
        key = match_key(name)
        own = [item for item in extra if isinstance(item, Substance)]
        places: dict[str, Substance | Entry] = {}
        for item in own:
            if key in map(match_key, (item.name, *item.aliases)):
                places[item.origin or repr(item)] = item
        for entry in self._carrying(key):
            places.setdefault(str(entry.file), entry)
        if len(places) > 1:
            raise MaterialError(
                f"{name!r} is defined twice: in {' and in '.join(places)}"
            )
        for found in places.values():
            if isinstance(found, Substance):
                return found
            substance = self._load(found)
            assert isinstance(substance, Substance)
            return substance
        raise MaterialError(self._unknown(name, own))

    def _unknown(self, name: str, own: Iterable[Substance]) -> str:
        known = [n for item in own for n in (item.name, *item.aliases)]
        for entry in self._contents[1]:
            if entry.kind != "interaction_set":
                known += (entry.name, *entry.aliases)
        near = suggestion(name, known)
        message = f"{name!r} is no known substance"
        elsewhere = (
            "`membranekit materials` lists what is there; a case may bring its own: "
            'materials = ["my_substance.toml"]'
        )
        message += f"; did you mean {near}?" if near else f"; {elsewhere}"
        if self.skipped:
            names = ", ".join(sorted({item.name for item in self.skipped}))
            message += f" (skipped because broken: {names})"
        return message

    def interaction_set(
        self,
        components: Sequence[str],
        name: str | InteractionSet | None = None,
        extra: Iterable[Any] = (),
    ) -> InteractionSet:
        """Return the interaction set that covers all components.

        Parameters
        ----------
        components : sequence of str
            Canonical names; the set may hold more.
        name : str or InteractionSet, optional
            The set's name, or a set itself. Without one the preferred set is taken:
            of `extra` before all others, and then the smallest.
        extra : iterable of InteractionSet and Substance
            What a case brings itself.

        Raises
        ------
        MaterialError
            None covers them, two do equally well, or no set has the name.
        """
        extra = list(extra)
        own = [item for item in extra if isinstance(item, InteractionSet)]
        known: list[InteractionSet | Entry] = [*own]
        known += [e for e in self._entries if e.kind == "interaction_set"]
        if isinstance(name, InteractionSet):
            candidates, known, name = [name], [*known, name], name.name
        elif name is None:
            candidates = known
        else:
            candidates = self._named(name, known, components, extra)
        wanted = set(components)
        covering = []
        for candidate in candidates:
            names = self._canonical(candidate.components, extra)
            if wanted <= set(names.values()):
                covering.append(candidate)
        if not covering:
            message = self._uncovered(components, name, candidates, extra)
            message += self._pairs_elsewhere(components, candidates, known, extra)
            raise MaterialError(message)
        sets = [
            item if isinstance(item, InteractionSet) else self._load_set(item)
            for item in covering
        ]

        def rank(item: InteractionSet) -> tuple[bool, bool, int]:
            return item not in own, not item.preferred, len(item.components)

        sets.sort(key=rank)
        if len(sets) > 1 and rank(sets[0]) == rank(sets[1]):
            equal = [repr(item.name) for item in sets if rank(item) == rank(sets[0])]
            raise MaterialError(
                f"several interaction sets serve {', '.join(components)}: name one of "
                f"{', '.join(equal)}"
            )
        return sets[0].renamed(self._canonical(sets[0].components, extra))

    def interaction_sets(
        self, components: Sequence[str], extra: Iterable[Any] = ()
    ) -> list[InteractionSet]:
        """Return the sets of just these components, the preferred first.

        Parameters
        ----------
        components : sequence of str
            Canonical names.
        extra : iterable, optional
            As in `interaction_set`.

        Examples
        --------
        >>> [each.name for each in interaction_sets(["water", "DMAc", "PES"])]
        ['water-DMAc-PES, UNIFAC-DO refit', 'water-DMAc-PES, Wei 2006']
        """
        found = []
        for name in self.set_names:
            try:
                candidate = self.interaction_set(components, name, extra=extra)
            except MaterialError:  # it lacks a component
                continue
            if len(candidate.components) == len(components):
                found.append(candidate)
        return sorted(found, key=lambda each: (not each.preferred, each.name))

    def _named(
        self,
        name: str,
        candidates: Iterable[InteractionSet | Entry],
        components: Sequence[str],
        extra: Iterable[Any],
    ) -> list[InteractionSet | Entry]:
        candidates = list(candidates)
        key = match_key(name)
        found = [c for c in candidates if match_key(c.name) == key]
        if not found:
            serving = [
                c.name
                for c in candidates
                if components
                and set(components)
                <= set(self._canonical(c.components, extra).values())
            ]
            # those that serve come first: the list is cut
            every = [*serving, *(c.name for c in candidates if c.name not in serving)]
            within = [each for each in every if key and key in match_key(each)]
            near = within or nearest(name, every)
            message = f"{name!r} is no known interaction set"
            if near:
                message += f"; did you mean {_some(near, ' or ')}?"
            rest = [repr(each) for each in serving if each not in near]
            if rest:
                others = "others" if len(rest) < len(serving) else "sets"
                message += f"; {others} of {', '.join(components)}: {_some(rest)}"
            raise MaterialError(message)
        if len(found) > 1:
            places = [
                c.origin if isinstance(c, InteractionSet) else str(c.file)
                for c in found
            ]
            raise MaterialError(
                f"the interaction set {name!r} is defined twice: in "
                f"{' and in '.join(places)}"
            )
        return found

    def _canonical(
        self, components: Iterable[str], extra: Iterable[Any]
    ) -> dict[str, str]:
        """Return the canonical name of each component of a set."""
        names = {}
        for component in components:
            key = match_key(component)
            entries = self._carrying(key)
            canonical = entries[0].name if entries else component
            for item in extra:
                if isinstance(item, Substance) and key in map(
                    match_key, (item.name, *item.aliases)
                ):
                    canonical = item.name
            names[component] = canonical
        return names

    def _uncovered(
        self,
        components: Sequence[str],
        name: str | None,
        candidates: Iterable[InteractionSet | Entry],
        extra: Iterable[Any],
    ) -> str:
        best: set[str] = set()
        best_name = ""
        for candidate in candidates:
            names = set(self._canonical(candidate.components, extra).values())
            if len(best) < len(names & set(components)):
                best, best_name = names & set(components), candidate.name
        which = (
            "no interaction set covers" if name is None else f"{name!r} lacks some of"
        )
        message = f"{which} {', '.join(components)}"
        if best_name:
            missing = [c for c in components if c not in best]
            message += f"; {best_name!r} comes nearest and lacks {', '.join(missing)}"
        return message

    def _pairs_elsewhere(
        self,
        components: Sequence[str],
        candidates: Iterable[InteractionSet | Entry],
        known: Iterable[InteractionSet | Entry],
        extra: Iterable[Any],
    ) -> str:
        """Name the pairs that are missing, and the sets that have them."""
        sets = [
            (each.name, set(self._canonical(each.components, extra).values()))
            for each in known
        ]
        wanted = set(components)
        names = {each.name for each in candidates}
        best = max((s & wanted for name, s in sets if name in names), key=len)
        told, lost = [], []
        for a, b in combinations(components, 2):
            if {a, b} <= best:
                continue
            having = [repr(name) for name, members in sets if {a, b} <= members]
            if having:
                told.append(f"the pair {a}/{b} is in {_some(having)}")
            else:
                lost.append(f"{a}/{b}")
        if lost:
            told.append(f"no set has {', '.join(lost)}")
        return "".join(f"; {each}" for each in told)

    def _load_set(self, entry: Entry) -> InteractionSet:
        loaded = self._load(entry)
        assert isinstance(loaded, InteractionSet)
        return loaded

    def _load(self, entry: Entry) -> Substance | InteractionSet:
        place = str(entry.file)
        if place not in self._read:
            refuse_outside(entry.file, entry.location)
            loaded = load_file(entry.file)
            if what := pack_index.difference(entry, _head(loaded)):
                raise LocatedError(
                    str(entry.location / "pack.toml"), 0, f"contents.{entry.path}", what
                )
            if isinstance(loaded, Substance):
                loaded = dataclasses.replace(loaded, pack=entry.pack)
            self._read[place] = loaded
        return self._read[place]


def _head(loaded: Substance | InteractionSet) -> tuple[Any, ...]:
    """Return what the head of a file said of what was read from it."""
    is_set = isinstance(loaded, InteractionSet)
    said = {"kind": "interaction_set"} if is_set else {}
    empty = {"aliases": (), "components": (), "generic": False}
    return tuple(
        said.get(key) or getattr(loaded, key, empty.get(key, ""))
        for key in pack_index.HEAD
    )


def _skipped(name: str, error: Exception) -> Skipped:
    if isinstance(error, LocatedError):
        key = f"{error.key}: " if error.key else ""
        return Skipped(name, f"{key}{error.what}", error.file, error.line)
    return Skipped(name, str(error))


materials = Library()
"""The substances of all packs: the built-in one, plugins', and the user's own."""

lookup = materials.lookup
interaction_set = materials.interaction_set
interaction_sets = materials.interaction_sets
