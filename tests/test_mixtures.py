"""From interaction sets to the tables of the kernels."""

import dataclasses

import numpy as np
import pytest
from reference.flory_huggins_twin import FloryHuggins

from membranekit import library, mixtures
from membranekit._kernels import coexistence
from membranekit.errors import MaterialError
from membranekit.mixtures import mixture_of
from membranekit.substances import InteractionSet, Pair, Ternary
from membranekit.thermo import flory_huggins
from membranekit.thermo.flory_huggins import WATER_VOLUME, pair_index, triple_index

NAMES = ["water", "NMP", "polysulfone P-3500"]
ROOM = 298.15


def shipped(name=None, names=NAMES):
    return library.interaction_set(names, name)


def with_terms(chosen, *, ternaries=(), classes=()):
    return dataclasses.replace(chosen, ternaries=ternaries, classes=classes)


def ternary(between, *terms, reference="water"):
    return Ternary(
        between, (*terms, *[0.0] * (5 - len(terms))), reference, "x", "chosen"
    )


@pytest.mark.parametrize("name", library.materials.set_names)
def test_the_tables_hold_what_the_pairs_say(name):
    materials = library.materials
    (entry,) = [each for each in materials._contents[1] if each.name == name]
    members = materials._canonical(entry, ()).values()
    chosen = library.interaction_set(list(members), name)
    names = list(chosen.components)
    mixture = mixture_of(names, chosen)
    for kelvin in (ROOM, 313.15):
        twin = FloryHuggins(**mixture.at(kelvin))
        for j in range(len(names)):
            for i in range(j):
                pair = chosen.pair(names[i], names[j])
                volume = library.lookup(pair.reference_volume).molar_volume
                for w in (0.0, 0.3, 1.0):
                    u = w if pair.between[0] == names[i] else 1.0 - w
                    g = pair.at(u, kelvin)
                    got = twin.interaction(np.array([pair_index(i, j)]), w)[0]
                    assert got == pytest.approx(
                        WATER_VOLUME / volume * g, rel=1e-11, abs=1e-13
                    )


def test_volumes_are_those_of_the_given_substances():
    heavy = library.lookup("PSF").replace(number_average_molar_mass="100 kg/mol")
    light = mixture_of(NAMES, shipped())
    mixture = mixture_of(NAMES, shipped(), extra=[heavy])
    assert mixture.molar_volumes[2] == pytest.approx(heavy.molar_volume)
    assert mixture.molar_volumes[2] > 3 * light.molar_volumes[2]
    np.testing.assert_array_equal(mixture.table, light.table)


def test_a_reference_volume_need_not_be_of_a_component():
    names = ["NMP", "polysulfone P-3500"]
    chosen = library.interaction_set(
        [*NAMES, "PVP K30"], "water-NMP-polysulfone-PVP, assembled"
    )
    whole = mixture_of([*NAMES, "PVP K30"], chosen)
    part = mixture_of(["polysulfone P-3500", "PVP K30"], chosen)
    np.testing.assert_allclose(part.table[0], whole.table[pair_index(2, 3)])
    assert mixture_of(names, chosen).triples is None


def test_a_pair_that_the_set_lacks_is_named():
    with pytest.raises(MaterialError, match="no pair water/DMAc"):
        mixture_of(["water", "DMAc", "polysulfone P-3500"], shipped())


def test_without_ternary_terms_and_classes_the_kernels_get_none():
    mixture = mixture_of(NAMES, shipped())
    assert mixture.triples is None
    assert mixture.groups is None
    assert set(mixture.at(ROOM)) == {"s", "poly", "rational"}


def test_ternary_terms_follow_the_order_of_names_and_their_reference_volume():
    names = [*NAMES, "PVP K30"]
    chosen = with_terms(
        library.interaction_set(names),
        ternaries=(
            ternary(
                ("polysulfone P-3500", "water", "NMP"), -0.4, 1e-3, reference="NMP"
            ),
            ternary(("PVP K30", "NMP", "water"), 0.7, 0.0, 0.0, 0.0, 3.0),
        ),
    )
    order = ["PVP K30", "NMP", "water", "polysulfone P-3500"]
    tables = mixture_of(order, chosen).at(308.15)
    expected = np.zeros(4)
    volume = library.lookup("NMP").molar_volume
    expected[triple_index(1, 2, 3)] = (-0.4 + 1e-3 * 10.0) * WATER_VOLUME / volume
    volume = library.lookup("water").molar_volume
    expected[triple_index(0, 1, 2)] = (0.7 + 3.0 / 308.15) * WATER_VOLUME / volume
    np.testing.assert_allclose(tables["triples"], expected, rtol=1e-13)
    # of components that are not there: nothing
    assert mixture_of(["water", "PVP K30", names[2]], chosen).triples is None


def test_the_order_of_names_changes_no_potential():
    names = [*NAMES, "PVP K30"]
    chosen = with_terms(
        library.interaction_set(names),
        ternaries=(ternary(("polysulfone P-3500", "water", "NMP"), -0.4),),
        classes=(("liquids", ("NMP", "water")), ("solids", (NAMES[2], "PVP K30"))),
    )
    amounts = dict(zip(names, (0.3, 2.0, 0.7, 0.2), strict=True))
    mu = {}
    for order in (names, names[::-1], [names[k] for k in (2, 0, 3, 1)]):
        tables = mixture_of(order, chosen).at(303.15)
        found, _ = coexistence.potentials(
            np.array([amounts[n] for n in order]), **tables
        )
        for name, value in zip(order, found, strict=True):
            assert value == pytest.approx(mu.setdefault(name, value), rel=1e-12)


def test_a_part_of_a_mixture_is_the_mixture_of_the_part():
    names = [*NAMES, "PVP K30"]
    chosen = with_terms(
        library.interaction_set(names),
        ternaries=(
            ternary(("polysulfone P-3500", "water", "NMP"), -0.4, 1e-3),
            ternary(("PVP K30", "NMP", "water"), 0.7),
        ),
        classes=(("liquids", ("NMP", "water")),),
    )
    whole = mixture_of(names, chosen)
    assert whole.only(names) is whole
    for order in (names[::-1], [names[k] for k in (3, 1, 0)], [NAMES[2], NAMES[0]]):
        part, direct = (
            whole.only(order).at(303.15),
            mixture_of(order, chosen).at(303.15),
        )
        for name in ("s", "poly", "rational"):
            np.testing.assert_allclose(part[name], direct[name], rtol=1e-13, atol=1e-15)
        amounts = np.linspace(0.2, 1.0, len(order))
        mine, _ = coexistence.potentials(amounts, **part)
        other, _ = coexistence.potentials(amounts, **direct)
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-13)


def test_a_class_with_one_member_present_is_no_class():
    chosen = with_terms(shipped(), classes=(("liquids", ("NMP", "DMAc")),))
    assert mixture_of(NAMES, chosen).groups is None


def _split_set(shared):
    """Water/NMP/polysulfone with NMP written twice, once as "solvent B"."""
    base = shipped("water-NMP-polysulfone, Wei 2006")
    twice = []
    for pair in base.pairs:
        twice.append(pair)
        if "NMP" in pair.between:
            between = tuple("DMAc" if n == "NMP" else n for n in pair.between)
            twice.append(
                dataclasses.replace(
                    pair,
                    between=between,
                    reference_volume=pair.reference_volume.replace("NMP", "DMAc"),
                )
            )
    zero = (("g", (0.0,) * 5),)
    twice.append(Pair(("NMP", "DMAc"), "constant", zero, "NMP", "x", "chosen"))
    return InteractionSet(
        name="split",
        components=("water", "NMP", "DMAc", NAMES[2]),
        convention="g",
        reference_volume="first",
        fitted_to="estimate",
        preferred=False,
        pairs=tuple(twice),
        classes=(("solvents", ("NMP", "DMAc")),) if shared else (),
    )


@pytest.mark.parametrize("shared", [True, False])
def test_a_solvent_counted_as_two_is_one_inside_a_class_only(shared):
    nmp = library.lookup("NMP")
    same = dataclasses.replace(library.lookup("DMAc"), values=nmp.values)
    whole = mixture_of(NAMES, shipped("water-NMP-polysulfone, Wei 2006"))
    split = mixture_of(
        ["water", "NMP", "DMAc", NAMES[2]], _split_set(shared), extra=[same]
    )
    mu, _ = coexistence.potentials(np.array([0.5, 4.0, 1.0]), **whole.at(ROOM))
    halves, _ = coexistence.potentials(np.array([0.5, 1.0, 3.0, 1.0]), **split.at(ROOM))
    ideal = split.scaled[1] * np.log([0.25, 0.75])
    apart = halves - np.array([mu[0], mu[1] + ideal[0], mu[1] + ideal[1], mu[2]])
    assert (np.abs(apart).max() < 1e-13) == shared
    if not shared:
        assert np.abs(apart).max() > 1e-3


def test_liquids_that_a_set_lets_demix_are_told():
    """Altena & Smolders' water/dioxane is too coarse near equal volumes."""
    names = ["water", "dioxane", "cellulose acetate"]
    (note,) = mixtures.demixing_liquids(
        mixture_of(names, library.interaction_set(names)), names[:2], 298.15
    )
    assert "water and dioxane demix" in note
    names = ["water", "acetone", "cellulose acetate"]
    mixture = mixture_of(names, library.interaction_set(names))
    assert mixtures.demixing_liquids(mixture, names[:2], 298.15) == []


def test_two_liquids_demix_where_the_curve_bends_down():
    """With equal volumes and constant g: phi (1 - phi) = 1/(2 g)."""
    table = np.zeros((1, 5, 5))
    table[0, 0, 0] = 2.5
    volumes = np.full(2, flory_huggins.WATER_VOLUME)
    two = flory_huggins.Mixture(("a", "b"), volumes, table, np.zeros((1, 2)))
    low, high = flory_huggins.unstable_shares(two, "a", "b", 298.15)
    edge = 0.5 * (1.0 - (1.0 - 4.0 / 5.0) ** 0.5)
    assert low == pytest.approx(edge, abs=0.005)
    assert high == pytest.approx(1.0 - edge, abs=0.005)
    table[0, 0, 0] = 1.99
    assert flory_huggins.unstable_shares(two, "a", "b", 298.15) is None
