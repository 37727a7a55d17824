"""Look substances and sets up by name; nothing is read until it is asked for.

Looking up a name reads only what `pack_index` does: the table of contents of each pack,
or the head of each of its files. The file that holds the name is then read whole and
checked.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

from membranekit import pack_index, plugins
from membranekit.errors import MaterialError, SkippedPackError
from membranekit.material_files import Pack, load_file, read_pack, refuse_outside
from membranekit.names import match_key, nearest, suggestion
from membranekit.pack_index import Entry
from membranekit.plugins import Skipped
from membranekit.substances import InteractionSet, Substance
from membranekit.toml_text import LocatedError

BUILTIN = "builtin"
"""The pack that comes with membranekit; no other can have its name."""
CASE = "case"
"""What stands after the ``@`` for a substance that a case brings itself."""

_NAMED_SETS = 8
"""How many sets a message names."""


def _some(names: Sequence[str], separator: str = ", ") -> str:
    """Return the first names joined, and how many more there are."""
    more = len(names) - _NAMED_SETS
    return separator.join(names[:_NAMED_SETS]) + (f" and {more} more" * (more > 0))


class _Reading(NamedTuple):
    """What the components of a set are to those who want some of them."""

    names: dict[str, str]
    strangers: int
    """How many are the same substance, but as another pack gives it."""
    gives_some: bool
    """Whether the set's pack, unless it is the built-in one, gives a wanted one."""


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
        self._broken: dict[str, Skipped] = {}

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
        if self.skipped and plugins.is_strict():
            every = "; ".join(map(str, self.skipped))
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

    def _carrying(self, name: str) -> list[Entry]:
        """Return what carries a name, perhaps with ``@pack``, of whichever pack."""
        key, at, pack = match_key(name).partition("@")
        found = self._by_name.get(key, [])
        return [each for each in found if not at or match_key(each.pack) == pack]

    @cached_property
    def _by_identity(self) -> dict[tuple[str, ...], list[Entry]]:
        found: dict[tuple[str, ...], list[Entry]] = {}
        for entry in self._contents[1]:
            if entry.kind != "interaction_set":
                found.setdefault(pack_index.identity(entry), []).append(entry)
        return found

    @property
    def packs(self) -> list[Pack]:
        """The packs that can be used."""
        return list(self._contents[0])

    @property
    def skipped(self) -> list[Skipped]:
        """Plugins, packs and files that could not be used, and why.

        What is wrong below the head of a file stands here once it was read.
        """
        return [*self._contents[2], *self._broken.values()]

    @property
    def set_names(self) -> list[str]:
        """Names of all interaction sets."""
        sets = [e for e in self._entries if e.kind == "interaction_set"]
        return [self.set_address(each) for each in sets]

    def set_address(self, item: InteractionSet | Entry) -> str:
        """Return a name that leads back to a set, with ``@pack`` if need be."""
        alike = self._sets_by_name[match_key(item.name)]
        return f"{item.name}@{item.pack}" if item.pack and alike > 1 else item.name

    @cached_property
    def _sets_by_name(self) -> Counter[str]:
        sets = [e for e in self._contents[1] if e.kind == "interaction_set"]
        return Counter(match_key(each.name) for each in sets)

    def adds(self, pack: Pack) -> list[str]:
        """Return the names of the substances and interaction sets of a pack."""
        return [entry.name for entry in self._contents[1] if entry.pack == pack.name]

    def check(self) -> list[Skipped]:
        """Read every file whole; return what is wrong, a broken pack included."""
        for entry in self._contents[1]:
            self._is_sound(entry)
        return self.skipped

    def sets_with(self, substance: Substance) -> list[str]:
        """Return the names of the interaction sets that hold a substance."""
        own = {match_key(name) for name in (substance.name, *substance.aliases)}
        return [
            self.set_address(entry)
            for entry in self._entries
            if entry.kind == "interaction_set"
            and not own.isdisjoint(map(match_key, entry.components))
        ]

    def __iter__(self) -> Iterator[str]:
        for entry in self._entries:
            if entry.kind == "interaction_set":
                continue
            name = self._address(entry)
            # a broken file or a name that a pack gives twice stops nobody else
            if len(self._meant(name)) == 1 and self._is_usable(entry):
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        self.refuse_skipped()
        return isinstance(name, str) and bool(self._carrying(name))

    def __getitem__(self, name: str) -> Substance:
        return self.lookup(name)

    def __repr__(self) -> str:
        return f"<materials: {', '.join(self)}>"

    def lookup(self, name: str, extra: Iterable[Any] = (), home: str = "") -> Substance:
        """Return the substance that has this name or alias.

        Parameters
        ----------
        name : str
            Compared whole; case, spaces and hyphens do not count. The CAS number of a
            small molecule is a name. ``name@pack`` asks for the one of a certain pack,
            ``name@case`` for the one that a case brings itself.
        extra : iterable of Substance
            What a case brings itself.
        home : str
            The pack whose own substances a bare name means first: that of the file
            which the name stands in.

        Raises
        ------
        MaterialError
            No substance has the name, or two have it; the message tells which come
            near, or which there are and how to say which.
        SkippedPackError
            A pack is broken, and ``MEMBRANEKIT_STRICT`` forbids to leave it out.

        Examples
        --------
        >>> lookup("872-50-4").name, lookup("NMP@builtin").name
        ('NMP', 'NMP')
        """
        self.refuse_skipped()
        if not isinstance(name, str):
            raise MaterialError(f'{name!r} is no name; give a text such as "NMP"')
        own = [item for item in extra if isinstance(item, Substance)]
        found = self._meant(name, own, home)
        if not found:
            raise MaterialError(self._unknown(name, own))
        if len(found) > 1:
            raise MaterialError(self._ambiguous(name, found))
        return self._taken(found[0], name)

    def named(self, name: str) -> list[Substance]:
        """Return every substance that a name may mean: of all packs, of a family.

        Those whose file is broken are left out.

        Examples
        --------
        >>> [each.name for each in materials.named("NMP")]
        ['NMP']
        """
        self.refuse_skipped()
        key, at, pack = match_key(name).partition("@")
        every = self._carrying(name)
        for entry in self._entries:
            of_pack = not at or match_key(entry.pack) == pack
            if of_pack and entry.family and match_key(entry.family) == key:
                every += [entry] * (entry not in every)
        return [self._load_substance(each) for each in every if self._is_usable(each)]

    def family(self, name: str) -> list[str]:
        """Return the names of all grades of a family.

        Examples
        --------
        >>> materials.family("PVP")
        ['PVP K15', 'PVP K30', 'PVP K90']
        """
        key = match_key(name)
        return [
            self._address(entry)
            for entry in self._entries
            if entry.kind != "interaction_set" and match_key(entry.family) == key
        ]

    def address(self, substance: Substance) -> str:
        """Return a name that leads back to a substance, with ``@pack`` if need be."""
        name = substance.stands_for or substance.name
        if not substance.pack or not self.is_ambiguous(name):
            return name
        return f"{name}@{substance.pack}"

    def is_ambiguous(self, name: str) -> bool:
        """Say whether more than one substance carries a name."""
        return len(self._meant(name)) > 1

    def others(self, substance: Substance) -> list[Substance]:
        """Return what other packs give for the same substance.

        The same is a small molecule of the same CAS number, a polymer of the same maker
        and grade, and whatever has the same canonical name. What is broken is left out.
        """
        key = match_key(substance.name)
        found = [e for e in self._carrying(key) if match_key(e.name) == key]
        found += self._by_identity.get(pack_index.identity(substance), [])
        return [
            self._load_substance(entry)
            for entry in dict.fromkeys(found)
            if entry.pack != substance.pack and self._is_usable(entry)
        ]

    def _meant(
        self, name: str, own: Iterable[Substance] = (), home: str = ""
    ) -> list[Substance | Entry]:
        """Return what a name means; more than one: it is ambiguous."""
        key, at, pack = match_key(name).partition("@")
        places: dict[str, Substance | Entry] = {}
        for item in own:
            of_pack = not at or pack == (match_key(item.pack) or CASE)
            if of_pack and key in pack_index.keys_of(item):
                places.setdefault(item.origin or repr(item), item)
        found: list[Substance | Entry] = [*self._carrying(name)]
        if places:
            for entry in self._carrying(name):
                places.setdefault(str(entry.file), entry)
            found = list(places.values())
        at_home = [each for each in found if home and each.pack == home]
        if at_home:
            found = at_home
        chains = all(each.kind in ("polymer", "swelling_agent") for each in found)
        generic = [each for each in found if each.generic]
        return generic if chains and generic else found

    def _taken(self, found: Substance | Entry, name: str) -> Substance:
        """Return what was meant; noting a family's name, where that was said."""
        taken = found if isinstance(found, Substance) else self._load_substance(found)
        key = match_key(name).partition("@")[0]
        if taken.generic and taken.grade and match_key(taken.grade) not in key:
            family = taken.family or taken.name
            taken = dataclasses.replace(taken, stands_for=family)
        return taken

    def _address(self, entry: Entry) -> str:
        alone = len(self._meant(entry.name)) < 2
        return entry.name if alone else f"{entry.name}@{entry.pack}"

    def _ambiguous(self, name: str, found: Sequence[Substance | Entry]) -> str:
        """Say which substances carry a name, and how to say which."""
        bare = name.partition("@")[0].strip()
        told = [self._described(each) for each in found]
        often = Counter(each.pack for each in found)
        ways = [
            f'"{bare if often[each.pack] == 1 else each.name}@{each.pack or CASE}"'
            for each in found
        ]
        how = f"write {' or '.join(ways)}"
        if len(set(ways)) < len(found):
            how = "one pack must not give a name twice: rename one"
        return f"{name!r} is ambiguous: it is {' and it is '.join(told)}; {how}"

    def _described(self, item: Substance | Entry) -> str:
        """Say what a substance is: its grade and mass, its pack and file."""
        file = item.origin if isinstance(item, Substance) else str(item.file)
        grade = " ".join(filter(None, (item.maker, item.grade)))
        facts = [grade, item.cas if pack_index.is_small_molecule(item) else ""]
        if item.kind in ("polymer", "swelling_agent"):
            facts[1:1] = ["grade not given"] if item.generic and not item.grade else []
            try:
                known = (
                    item if isinstance(item, Substance) else self._load_substance(item)
                )
                facts.append(mass_text(known))
            except LocatedError:
                facts.append("a broken file")
        said = ", ".join(filter(None, facts))
        place = f"of pack {item.pack}" if item.pack else "of the case itself"
        place += f", {file}" if file else ""
        return f"{item.name}{f' ({said})' * bool(said)} {place}"

    def _unknown(self, name: str, own: Iterable[Substance]) -> str:
        key, at, pack = match_key(name).partition("@")
        if at and (bare := self._carrying(key)):
            said = name.partition("@")[0].strip()
            ways = dict.fromkeys(f'"{said}@{each.pack}"' for each in bare)
            return f"no pack {pack!r} has {name!r}; write {' or '.join(ways)}"
        substances = [e for e in self._contents[1] if e.kind != "interaction_set"]
        grades = [
            e for e in substances if key in (match_key(e.family), match_key(e.cas))
        ]
        if key and grades:
            listed = " or ".join(self._address(each) for each in grades)
            return (
                f"{name!r} alone does not say which one, and none stands for all: "
                f"write {listed}"
            )
        known = [n for item in own for n in (item.name, *item.aliases)]
        for entry in substances:
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
        home: str = "",
    ) -> InteractionSet:
        """Return the interaction set that covers all components.

        Without a name it is one of the case itself; or else one of the pack `home` or,
        without that, of a pack that gives one of the substances, where the built-in
        ones are everybody's and do not count; then the preferred; then the smallest.

        Parameters
        ----------
        components : sequence of str
            Canonical names; the set may hold more.
        name : str or InteractionSet, optional
            The set's name, or a set itself.
        extra : iterable of InteractionSet and Substance
            What a case brings itself.
        home : str
            The pack that is meant first, as in `lookup`.

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
            candidates = self._named(name, known, components, extra, home)
        wanted = set(components)
        covering = []
        for candidate in candidates:
            if len(candidate.components) < len(wanted):
                continue
            reading = self._reading(candidate, extra, components)
            if wanted <= set(reading.names.values()):
                covering.append((candidate, reading))
        if not covering:
            message = self._uncovered(components, name, candidates, extra)
            message += self._pairs_elsewhere(components, candidates, known, extra)
            raise MaterialError(message)
        usable = [
            (item, reading)
            for item, reading in covering
            if isinstance(item, InteractionSet) or name or self._is_usable(item)
        ]
        ranked = []
        for candidate, reading in usable or covering:  # if all are broken, say how
            loaded = self._load_set(candidate)
            at_home = candidate.pack == home if home else reading.gives_some
            rank = (
                candidate not in own,
                reading.strangers,
                not at_home,
                not loaded.preferred,
                len(loaded.components),
            )
            ranked.append((rank, loaded, reading.names))
        ranked.sort(key=lambda each: each[0])
        best = ranked[0][0]
        equal = [item for rank, item, _ in ranked if rank == best]
        if len(equal) > 1:
            raise MaterialError(self._equally_good(components, equal))
        return ranked[0][1].renamed(ranked[0][2])

    def _equally_good(
        self, components: Sequence[str], sets: Sequence[InteractionSet]
    ) -> str:
        """Say which sets serve equally well, of which packs, and how to say which."""
        packs = {each.pack for each in sets}
        named = [repr(self.set_address(each)) for each in sets]
        told = [
            f"{name} of pack {each.pack or CASE}" if len(packs) > 1 else name
            for name, each in zip(named, sets, strict=True)
        ]
        return (
            f"several interaction sets serve {', '.join(components)} equally well: "
            f"{_some(told)}; name one of them, such as interactions = {named[0]}"
        )

    def interaction_sets(
        self, components: Sequence[str], extra: Iterable[Any] = (), home: str = ""
    ) -> list[InteractionSet]:
        """Return the sets of just these components, the preferred first.

        Parameters
        ----------
        components : sequence of str
            Canonical names.
        extra, home
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
            except LocatedError:  # it is broken, and was not asked for
                self.refuse_skipped()
                continue
            if len(candidate.components) == len(components):
                found.append(candidate)
        return sorted(
            found,
            key=lambda each: (each.pack != home, not each.preferred, each.name),
        )

    def set_members(self, extra: Iterable[Any] = ()) -> list[tuple[str, set[str]]]:
        """Return the name and the components of every set, those of `extra` first.

        Parameters
        ----------
        extra : iterable, optional
            As in `interaction_set`.
        """
        extra = list(extra)
        known: list[InteractionSet | Entry] = [
            item for item in extra if isinstance(item, InteractionSet)
        ]
        known += [e for e in self._entries if e.kind == "interaction_set"]
        return [
            (self.set_address(item), set(self._canonical(item, extra).values()))
            for item in known
        ]

    def _named(
        self,
        name: str,
        candidates: Iterable[InteractionSet | Entry],
        components: Sequence[str],
        extra: Iterable[Any],
        home: str,
    ) -> list[InteractionSet | Entry]:
        candidates = list(candidates)
        key = match_key(name)
        found = [c for c in candidates if match_key(c.name) == key]
        found = [c for c in found if home and c.pack == home] or found
        if not found and "@" in name:
            bare, _, pack = map(match_key, name.rpartition("@"))
            found = [
                c
                for c in candidates
                if match_key(c.name) == bare and match_key(c.pack) == pack
            ]
        if not found:
            serving = [
                c.name
                for c in candidates
                if components
                and set(components)
                <= set(self._canonical(c, extra, components).values())
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
            ways = {f'"{name}@{each.pack}"': None for each in found if each.pack}
            how = f"; write {' or '.join(ways)}" if len(ways) > 1 else ""
            raise MaterialError(
                f"the interaction set {name!r} is defined twice: in "
                f"{' and in '.join(places)}{how}"
            )
        return found

    def _canonical(
        self,
        item: InteractionSet | Entry,
        extra: Iterable[Any],
        wanted: Sequence[str] = (),
    ) -> dict[str, str]:
        """Return the canonical name of each component of a set."""
        return self._reading(item, extra, wanted).names

    def _reading(
        self,
        item: InteractionSet | Entry,
        extra: Iterable[Any],
        wanted: Sequence[str],
    ) -> _Reading:
        """Return what a set's components are to those who want some.

        A component that is one of the `wanted`, though under another name, has the
        wanted name.
        """
        own = [each for each in extra if isinstance(each, Substance)]
        known = {each.name: each for each in own}
        names: dict[str, str] = {}
        strangers, gives_some = 0, False
        for component in item.components:
            meant = self._component(component, own, item.pack)
            names[component] = name = meant.name if meant else component
            if meant is None:
                continue
            is_own = meant.pack == item.pack != BUILTIN
            same = known.get(name)
            if same is None and name not in wanted:
                same = self._same(meant, wanted, known)
            if same is None:
                gives_some |= is_own and name in wanted
                continue
            names[component] = same.name
            gives_some |= is_own and same.pack == item.pack and same.name in wanted
            if meant.pack and same.pack and meant.pack != same.pack:
                strangers += 1
                if pack_index.identity(meant) != pack_index.identity(same):
                    names[component] = f"{name}@{meant.pack}"
        return _Reading(names, strangers, gives_some)

    def _component(
        self, component: str, own: Sequence[Substance], home: str
    ) -> Substance | Entry | None:
        """Return what a component of a set is; None: unknown or ambiguous.

        It is the set's own pack's, or else what a case brings, or else any pack's.
        """
        found = self._meant(component, home=home)
        alone = found[0] if len(found) == 1 else None
        if alone is not None and home and alone.pack == home:
            return alone
        key = match_key(component)
        for item in reversed(own):
            if key in pack_index.keys_of(item):
                return item
        return alone

    def _same(
        self,
        meant: Substance | Entry,
        wanted: Sequence[str],
        known: Mapping[str, Substance],
    ) -> Substance | Entry | None:
        """Return which of the wanted a component is, though under another name."""
        identity = pack_index.identity(meant)
        for name in wanted:
            found = [known[name]] if name in known else self._meant(name)
            if len(found) == 1 and pack_index.identity(found[0]) == identity:
                return found[0]
        return None

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
            names = set(self._canonical(candidate, extra, components).values())
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
            (each.name, set(self._canonical(each, extra, components).values()))
            for each in known
        ]
        names = {each.name for each in candidates}
        told, lost = [], []
        for a, b, having in pairs_outside(components, sets, names):
            if having:
                shown = [repr(name) for name in having]
                told.append(f"the pair {a}/{b} is in {_some(shown)}")
            else:
                lost.append(f"{a}/{b}")
        if lost:
            told.append(f"no set has {', '.join(lost)}")
        return "".join(f"; {each}" for each in told)

    def _load_set(self, item: InteractionSet | Entry) -> InteractionSet:
        loaded = item if isinstance(item, InteractionSet) else self._load(item)
        assert isinstance(loaded, InteractionSet)
        return loaded

    def _load_substance(self, entry: Entry) -> Substance:
        loaded = self._load(entry)
        assert isinstance(loaded, Substance)
        return loaded

    def _is_usable(self, entry: Entry) -> bool:
        """Say whether a file that was not asked for by name can be read.

        If not, it is among what is skipped, which the user may have forbidden.
        """
        if self._is_sound(entry):
            return True
        self.refuse_skipped()
        return False

    def _is_sound(self, entry: Entry) -> bool:
        try:
            self._load(entry)
        except LocatedError:
            return False
        return True

    def _load(self, entry: Entry) -> Substance | InteractionSet:
        place = str(entry.file)
        if place not in self._read:
            try:
                loaded = self._checked(entry)
            except LocatedError as error:
                self._broken[place] = _skipped(entry.pack, error)
                raise
            self._read[place] = dataclasses.replace(loaded, pack=entry.pack)
            self._broken.pop(place, None)
        return self._read[place]

    @staticmethod
    def _checked(entry: Entry) -> Substance | InteractionSet:
        refuse_outside(entry.file, entry.location)
        loaded = load_file(entry.file)
        if what := pack_index.difference(entry, _head(loaded)):
            raise LocatedError(
                str(entry.location / "pack.toml"), 0, f"contents.{entry.path}", what
            )
        return loaded


def pairs_outside(
    components: Sequence[str],
    sets: Iterable[tuple[str, set[str]]],
    candidates: Iterable[str],
) -> list[tuple[str, str, list[str]]]:
    """Return the pairs that the best set for some components does not hold.

    Parameters
    ----------
    components : sequence of str
        Canonical names.
    sets : iterable of (str, set of str)
        All sets, as `Library.set_members` gives them.
    candidates : iterable of str
        The names of the sets that may serve.

    Returns
    -------
    list of (str, str, list of str)
        Both components, and the names of the sets that hold them.

    Examples
    --------
    >>> sets = [("one", {"a", "b"}), ("two", {"b", "c"})]
    >>> pairs_outside(["a", "b", "c"], sets, ["one"])
    [('a', 'c', []), ('b', 'c', ['two'])]
    """
    sets, wanted, serving = list(sets), set(components), set(candidates)
    parts = [members & wanted for name, members in sets if name in serving]
    best = max(parts, key=len, default=set())
    return [
        (a, b, [name for name, members in sets if {a, b} <= members])
        for a, b in combinations(components, 2)
        if not {a, b} <= best
    ]


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
address = materials.address
set_address = materials.set_address
interaction_set = materials.interaction_set
interaction_sets = materials.interaction_sets
set_members = materials.set_members
sets_with = materials.sets_with


def builtin(name: str) -> Substance:
    """Return a substance of the built-in pack, whatever others give this name.

    Examples
    --------
    >>> builtin("water").pack
    'builtin'
    """
    return lookup(f"{name}@{BUILTIN}")


def mass_text(substance: Substance) -> str:
    """Return the molar mass of a chain as text, by weight where that is given.

    Examples
    --------
    >>> mass_text(lookup("PVP K30"))
    '40 kg/mol'
    """
    for name in ("weight_average_molar_mass", "number_average_molar_mass"):
        if substance.has(name):
            return f"{substance.get(name).at():.3g} kg/mol"
    return ""
