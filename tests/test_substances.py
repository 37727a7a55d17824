"""Values, substances and interaction functions."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit.errors import InputError, MaterialError, UnitError
from membranekit.substances import (
    CORRELATIONS,
    InteractionSet,
    Law,
    Pair,
    Substance,
    Value,
    constant,
    temperature_basis,
    through_points,
)

TEMPERATURES = st.floats(275.0, 370.0)


def example() -> Substance:
    return Substance(
        name="a polymer",
        kind="polymer",
        aliases=("P",),
        values=(
            constant("density", "1.24 g/cm**3", "the label", "measured"),
            constant("number_average_molar_mass", "22 kg/mol", "guess", "estimated"),
            constant("glass_temperature", "185 degC", "a book", "literature"),
        ),
        origin="here.toml",
    )


def test_a_constant_is_converted_once_and_shown_as_it_was_written():
    value = constant("start_pore_diameter", "0.1 um", "a fit", "fitted")
    assert value.at() == value.at(350.0) == pytest.approx(1e-7, rel=1e-12)
    assert str(value.quantity()) == "0.1 micrometer"
    assert isinstance(value.quantity(), pint.Quantity)
    assert value.quantity() is not value.quantity()


def test_a_temperature_is_absolute():
    assert example().get("glass_temperature").at() == pytest.approx(458.15)
    assert str(example().get("glass_temperature").quantity()) == "185.0 degree_Celsius"


def test_an_angle_comes_out_in_radian():
    value = constant("contact_angle", "90 deg", "a book", "estimated")
    assert value.at() == pytest.approx(math.pi / 2)


@pytest.mark.parametrize(
    ("name", "given_value"),
    [("density", 1240), ("density", "1240 Pa"), ("association", "2.6 m")],
)
def test_a_wrong_unit_is_refused_and_named(name, given_value):
    with pytest.raises(UnitError, match=name):
        constant(name, given_value, "a book", "literature")


EQUATIONS = {
    "antoine": ((8.07, 1730.6, -39.7), lambda T, A, B, C: 10 ** (A - B / (T + C))),
    "vogel": ((2.4e-5, 570.0, 140.0), lambda T, A, B, C: A * math.exp(B / (T - C))),
    "arrhenius": ((6.5e-6, 1650.0), lambda T, A, B: A * math.exp(B / T)),
    "dippr101": (
        (73.6, -7258.0, -7.3, 4.2e-6, 2.0),
        lambda T, A, B, C, D, E: math.exp(A + B / T + C * math.log(T) + D * T**E),
    ),
    "polynomial": (
        (1.3, -7e-4, -3e-7, 0.0, 1e-12, 0.0),
        lambda T, *c: sum(c_k * T**k for k, c_k in enumerate(c)),
    ),
}


def test_every_correlation_has_a_twin_here():
    assert {*EQUATIONS, "table"} == set(CORRELATIONS)


@pytest.mark.parametrize("name", EQUATIONS)
@given(T=TEMPERATURES)
def test_correlations_follow_their_equations(name, T):
    coefficients, twin = EQUATIONS[name]
    assert len(coefficients) == len(CORRELATIONS[name].coefficients)
    expected = twin(T, *coefficients)
    assert Law(name, coefficients).at(T) == pytest.approx(expected, rel=1e-12)
    shifted = Law(name, coefficients, scale=1e-3, offset=273.15)
    assert shifted.at(T + 273.15) == pytest.approx(1e-3 * expected, rel=1e-9)


def test_a_table_is_linear_between_its_points_and_beyond():
    law = Law("table", ((20.0, 25.0, 40.0), (1.0, 2.0, 8.0)), 1e-3, 273.15)
    for celsius, expected in (
        (20, 1),
        (22.5, 1.5),
        (25, 2),
        (30, 4),
        (40, 8),
        (45, 10),
    ):
        assert law.at(celsius + 273.15) == pytest.approx(expected * 1e-3)
    assert law.at(288.15) == pytest.approx(0.0, abs=1e-12)


def test_the_range_is_told_but_not_enforced():
    law = Law("arrhenius", (1e-5, 1500.0))
    value = Value(
        "viscosity", law, "Pa*s", "a book", "literature",
        ranges=(("temperature", 290.0, 340.0),),
    )  # fmt: skip
    assert value.in_range(290.0)
    assert value.in_range(340.0)
    assert not value.in_range(340.1)
    assert value.at(400.0) < value.at(340.0)
    assert constant("density", "1 g/cm**3", "s", "chosen").in_range(1000.0)


def test_without_a_temperature_a_law_is_at_25_degc():
    value = Value("viscosity", Law("arrhenius", (1e-5, 1500.0)), "Pa*s", "s", "chosen")
    assert value.at() == value.at(298.15) != value.at(299.15)


def test_a_missing_property_names_substance_property_and_file():
    with pytest.raises(MaterialError, match=r"viscosity .* a polymer .*here\.toml"):
        example().get("viscosity")
    assert not example().has("viscosity")
    assert example().has("density")


def test_molar_volume_of_the_mean_chain():
    assert example().molar_volume == pytest.approx(22 / 1240)


def test_replace_makes_a_copy_marked_chosen():
    before = example()
    after = before.replace(density="1300 kg/m**3", viscosity=pint.Quantity(2, "Pa*s"))
    assert before.get("density").at() == pytest.approx(1240)
    assert after.get("density").at() == pytest.approx(1300)
    assert after.get("density").basis == "chosen"
    assert after.get("viscosity").at() == 2
    assert after.get("glass_temperature") == before.get("glass_temperature")
    assert after != before
    with pytest.raises(MaterialError, match="densty"):
        before.replace(densty="1300 kg/m**3")
    with pytest.raises(UnitError, match="density"):
        before.replace(density=1300)


def test_substances_are_compared_by_content_and_can_be_keys():
    assert example() == example()
    assert {example(): 1}[example()] == 1
    assert dataclasses.replace(example(), origin="elsewhere") == example()
    assert dataclasses.replace(example(), name="another") != example()
    assert pickle.loads(pickle.dumps(example())) == example()
    assert copy.deepcopy(example()) == example()


def test_nothing_can_be_changed_in_place():
    with pytest.raises(AttributeError):
        example().name = "another"
    with pytest.raises(TypeError):
        example().properties["density"] = None


def test_a_data_sheet_holds_value_unit_source_and_basis():
    sheet = example().to_dict()
    assert sheet["properties"]["density"] == {
        "value": 1.24,
        "unit": "g/cm**3",
        "basis": "measured",
        "source": "the label",
    }


def row(*terms: float) -> tuple[float, ...]:
    return (*terms, *(0.0,) * (5 - len(terms)))


def pair(form, **coefficients) -> Pair:
    items = tuple(coefficients.items())
    return Pair(("a", "b"), form, items, "a", "a book", "literature")


@given(T=TEMPERATURES, u=st.floats(0.0, 1.0))
def test_the_kernel_s_form_is_the_written_one(T, u):
    t = T - 298.15
    g = pair("constant", g=(0.4, 0.0, 0.0, 0.0, 20.0))
    assert g.at(u, T) == pytest.approx(0.4 + 20 / T)
    g = pair("polynomial", c0=row(0.3, 1e-3), c1=row(0.1), c4=row(0.5, 0, 1e-5))
    expected = 0.3 + 1e-3 * t + 0.1 * u + (0.5 + 1e-5 * t**2) * u**4
    assert g.at(u, T) == pytest.approx(expected)
    g = pair("rational", a=row(0.661, -1e-3), b=row(0.417), c=row(0.755))
    expected = 0.661 - 1e-3 * t + 0.417 / (1 - 0.755 * u)
    assert g.at(u, T) == pytest.approx(expected)


def test_kernel_coefficients_have_a_fixed_shape():
    table, rational = pair("constant", g=row(0.4)).kernel_coefficients()
    assert table.shape == (5, 5)
    assert table[0, 0] == 0.4
    assert np.count_nonzero(table) == 1
    assert rational == (0.0, 0.0)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_table_of_coefficients_goes_through_its_points(count):
    points = [293.15, 298.15, 313.15, 333.15][:count]
    values = [0.3469, 0.3794, 0.4610, 0.5415][:count]
    terms = through_points(points, values)
    assert terms[count:] == (0.0,) * (5 - count)
    for T, value in zip(points, values, strict=True):
        assert np.dot(terms, temperature_basis(T)) == pytest.approx(value, abs=1e-12)


def small_set() -> InteractionSet:
    pairs = tuple(
        Pair(names, "constant", (("g", row(g)),), names[0], "s", "literature")
        for names, g in ((("a", "b"), 0.5), (("a", "c"), 2.0), (("b", "c"), 0.0))
    )
    return InteractionSet(
        "abc", ("a", "b", "c"), "g", "first", "estimate", True, pairs,
        anchor=("a", "c"), valid_temperature=(288.15, 338.15),
    )  # fmt: skip


def test_a_pair_is_found_in_either_order():
    found = small_set()
    assert found.pair("c", "a") is found.pair("a", "c")
    with pytest.raises(MaterialError, match="a/d"):
        found.pair("a", "d")
    assert found.in_range(300.0)
    assert not found.in_range(280.0)


def test_one_pair_can_be_anchored_in_a_copy():
    before = small_set()
    after = before.with_pair("c", "a", 1.7, source="a cloud point", basis="fitted")
    assert before.pair("a", "c").at(0.5) == 2.0
    assert after.pair("a", "c").at(0.5) == 1.7
    assert after.pair("a", "c").basis == "fitted"
    assert after.pair("a", "b") is before.pair("a", "b")
    with pytest.raises(InputError, match="guessed"):
        before.with_pair("a", "c", 1.7, source="s", basis="guessed")


def test_renaming_reaches_every_place():
    found = small_set().renamed({"a": "water"})
    assert found.components == ("water", "b", "c")
    assert found.anchor == ("water", "c")
    assert found.pair("water", "c").reference_volume == "water"
    assert found.reference_volume == "first"


def test_a_set_survives_pickling():
    assert pickle.loads(pickle.dumps(small_set())) == small_set()
    assert hash(small_set()) == hash(small_set())
