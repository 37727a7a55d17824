"""The data sheet: all that is known of a value, as text, in a notebook and as JSON."""

import json
import math

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import membranekit as mk
from membranekit import units
from membranekit.cli import main
from membranekit.data_sheet import sheet_dict, sheet_html, sheet_text
from membranekit.material_files import load_file
from membranekit.substances import PROPERTIES, Law, Substance, Value

EVERY = list(mk.materials)


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def measured(low=293.15, high=333.15):
    """Return a liquid whose viscosity is a function with a range."""
    law = Law("arrhenius", (1e-5, 1500.0))
    value = Value(
        "viscosity", law, "Pa*s", "a bench", "measured", note="twice",
        uncertainty="3 %", ranges=(("temperature", low, high),),
    )  # fmt: skip
    return Substance(name="a liquid", kind="solvent", values=(value,))


@pytest.mark.parametrize("name", EVERY)
def test_a_sheet_tells_all_that_is_known(name):
    substance = mk.materials[name]
    text = str(substance)
    assert text == sheet_text(substance)
    joined = " ".join(text.split())
    assert text.splitlines()[0] == name
    for told in (substance.cas, substance.maker, *substance.aliases, "builtin"):
        assert told in joined
    for value in substance.values:
        words = value.name.replace("_", " ")
        row = next(line for line in text.splitlines() if line.startswith(f"{words}  "))
        assert value.basis in row
        assert value.uncertainty in row
        for kind, low, high in value.ranges:
            assert kind == "temperature"
            assert f"{round(low - 273.15, 2):g} to {round(high - 273.15, 2):g}" in row
        for part in (value.source, value.note):
            assert " ".join(part.split()) in joined
        if not value.is_constant:
            assert f"{words}: " in joined.partition("Functions of temperature")[2]
    assert max(map(len, text.splitlines())) <= 140
    assert str(mk.materials[name].name) in sheet_html(substance)


def test_a_sheet_names_the_sets_that_hold_the_substance():
    listed = str(mk.materials["NMP"]).partition("Sets of interactions\n")[2]
    names = [line.strip() for line in listed.splitlines()]
    assert "water-NMP-PES, Wei 2006" in names
    assert not [name for name in names if "NMP" not in name]
    assert "Sets of interactions" not in str(mk.materials["glass"])


def test_the_law_of_a_sheet_gives_the_value_of_the_sheet():
    """The equation and the coefficients that are printed are those that are used."""
    entry = sheet_dict(mk.materials["water"], "40 degC")["properties"]
    pressure = entry["saturation_pressure"]
    assert pressure["correlation"] == "dippr101"
    c = {"C": 0.0, "D": 0.0, "E": 0.0, **pressure["law"]["coefficients"]}
    T = 313.15
    assert pressure["law"]["units"]["T"] == "K"
    expected = math.exp(
        c["A"] + c["B"] / T + c["C"] * math.log(T) + c["D"] * T ** c["E"]
    )
    assert pressure["value"] == pytest.approx(expected, rel=1e-9)
    assert pressure["law"]["equation"] == "p = exp(A + B/T + C ln T + D T**E)"
    table = sheet_dict(mk.materials["dioxane"])["properties"]["density"]["law"]
    assert table["coefficients"]["T"] == [20, 25, 40, 60]
    assert table["units"] == {"rho": "kg/m**3", "T": "degC"}


def test_the_temperature_moves_functions_and_leaves_constants():
    cold, warm = (sheet_dict(mk.materials["NMP"], t) for t in (None, "60 degC"))
    assert warm["temperature"] == {"value": 60, "unit": "degC"}
    for name, entry in warm["properties"].items():
        before = cold["properties"][name]
        assert (entry["value"] != before["value"]) == ("correlation" in entry)
        assert entry["unit"] == before["unit"]


def test_outside_its_range_a_value_is_refused_or_marked():
    liquid = measured()
    with pytest.raises(mk.InputError, match=r"viscosity \(20 to 60 degC\) of a liquid"):
        sheet_text(liquid, "70 degC")
    with pytest.raises(mk.InputError, match="70 degC is outside"):
        sheet_dict(liquid, "70 degC")
    text = sheet_text(liquid, "70 degC", extrapolate=True)
    assert "(extrapolated)" in text
    assert "at 70 degC" in text
    entry = sheet_dict(liquid, "70 degC", extrapolate=True)["properties"]["viscosity"]
    assert entry["extrapolated"] is True
    assert (
        "extrapolated" not in sheet_dict(liquid, "60 degC")["properties"]["viscosity"]
    )
    assert "(extrapolated)" in str(measured(310.0, 340.0))  # 25 degC is outside
    assert "(extrapolated)" not in str(liquid)


# --------------------------------------------------------------- one value, in Python
LAWS = [
    (substance.name, value)
    for substance in mk.materials.values()
    for value in substance.values
    if value.valid_temperature is not None
]


@pytest.mark.parametrize(
    ("name", "value"), LAWS, ids=lambda each: getattr(each, "name", each)
)
def test_every_law_with_a_range_is_held_to_it(name, value):
    low, high = value.valid_temperature
    for end in (low, high):
        given = mk.Quantity(end, "K")
        kind = PROPERTIES[value.name].unit_kind
        known = value.quantity(given).m_as(units.KINDS[kind].unit)
        assert known == pytest.approx(value.at(end), rel=1e-9)
    for kelvin in (low - 1.0, high + 1.0):
        given = mk.Quantity(kelvin, "K")
        with pytest.raises(mk.InputError, match="outside the range"):
            value.quantity(given)
        beyond = value.quantity(given, extrapolate=True)
        assert math.isfinite(beyond.magnitude)
        assert value.is_stretched(given)


def test_a_value_is_asked_for_at_a_temperature():
    viscosity = mk.materials["NMP"].get("viscosity")
    assert viscosity.quantity("60 degC") == viscosity.quantity(mk.Quantity(333.15, "K"))
    assert viscosity.quantity("60 degC") < viscosity.quantity()
    for wrong in (60, 333.15, "60", "3 m"):
        with pytest.raises(mk.UnitError, match="temperature"):
            viscosity.quantity(wrong)


def test_without_a_temperature_a_function_is_asked_for_at_25_degc():
    warm = measured(310.0, 340.0).get("viscosity")
    with pytest.raises(mk.InputError, match="25 degC is outside"):
        warm.quantity()
    assert warm.quantity(extrapolate=True).magnitude == pytest.approx(warm.at())
    fixed = Value(
        "density", Law("constant", (900.0,)), "kg/m**3", "a label", "measured",
        ranges=(("temperature", 310.0, 340.0),),
    )  # fmt: skip
    assert fixed.quantity().magnitude == pytest.approx(900.0)  # as it was written
    with pytest.raises(mk.InputError, match="outside"):
        fixed.quantity("25 degC")


# ------------------------------------------------------------------- the command line
def test_the_command_prints_the_sheet():
    done = call("materials", "N-methyl-2-pyrrolidone")
    assert done.exit_code == 0, done.output
    assert done.stdout.rstrip() == str(mk.materials["NMP"])
    assert done.stdout.isascii()
    plain = json.loads(call("materials", "NMP", "--json").stdout)
    assert plain == sheet_dict(mk.materials["NMP"])
    assert plain["pack"] == "builtin"
    assert "water-NMP, UNIFAC-DO" in plain["interaction_sets"]


def test_the_command_takes_a_temperature():
    warm = call("materials", "NMP", "--temperature", "60 degC")
    assert "at 60 degC" in warm.stdout
    refused = call("materials", "NMP", "--temperature", "90 degC")
    assert refused.exit_code == 2
    assert "viscosity (15 to 65 degC)" in refused.stderr
    assert "--extrapolate" in refused.stderr
    assert refused.stdout == ""
    told = call("materials", "NMP", "--temperature", "90 degC", "--extrapolate")
    assert told.exit_code == 0
    assert "(extrapolated)" in told.stdout


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--temperature", "60 degC"), "NAME"),
        (("--extrapolate",), "NAME"),
        (("--for", "example1", "--temperature", "60 degC"), "--for"),
        (("NMP", "--temperature", "60"), "temperature"),
        (("NMP", "--temperature", "60 C"), "degC"),
    ],
)
def test_a_wrong_question_is_refused(given, told):
    done = call("materials", *given)
    assert done.exit_code == 2
    assert told in done.stderr


# ------------------------------------------------------- units as they are written
LAWFUL = """\
kind = "solvent"
name = "a liquid"
[molar_mass]
value = "100 g/mol"
source = "chosen: a round number"
basis = "chosen"
[density]
value = "1 {density}"
source = "chosen: a round number"
basis = "chosen"
[{name}]
correlation = "polynomial"
units = {{ {symbol} = "{unit}", T = "degC" }}
coefficients = {{ c0 = {number}, c1 = 1e-5 }}
source = "chosen: a round number"
basis = "chosen"
"""
TIMES = st.sampled_from([" ", "*", " * ", ".", "\u00b7"])
POWERS = {
    "**": "{unit}**{power}",
    "^": "{unit}^{power}",
    "glued": "{unit}{power}",
    "raised": "{unit}{raised}",
}
RAISED = str.maketrans("-123", "\u207b\u00b9\u00b2\u00b3")


def written(parts, times, style, is_quotient):
    """Return a unit as a laboratory may write it."""
    words = {True: [], False: []}
    for unit, power in parts:
        below = is_quotient and power < 0
        power = -power if below else power
        raised = str(power).translate(RAISED)
        form = "{unit}" if power == 1 else POWERS[style]
        words[below].append(form.format(unit=unit, power=power, raised=raised))
    return "/".join([times.join(words[False]), *words[True]])


@pytest.mark.parametrize(
    "degree", ["g/cm3", "kg/m3", "g cm-3", "g\u00b7cm\u207b\u00b3"]
)
def test_a_density_is_shown_however_its_unit_is_written(tmp_path, degree):
    path = tmp_path / "x.toml"
    text = LAWFUL.format(
        density="g/cm3", name="viscosity", symbol="mu", unit="kg m-1 s-1", number=0.5
    )
    law = text.partition("[viscosity]")[2].replace("kg m-1 s-1", degree)
    law = law.replace("mu =", "rho =").replace("c0 = 0.5", "c0 = 1")
    head = text.partition("[density]")[0]
    path.write_text(f"{head}[density]{law}", encoding="utf-8")
    found = load_file(path)
    shown = found.get("density").quantity()
    assert shown.m_as("kg/m**3") == pytest.approx(found.get("density").at())
    assert found.get("density").unit in str(found)


@given(
    mass=st.sampled_from(["kg", "g", "mg", "lb"]),
    length=st.sampled_from(["m", "cm", "mm", "\u00b5m"]),
    time=st.sampled_from(["s", "min", "h"]),
    number=st.floats(0.01, 100.0),
    times=TIMES,
    style=st.sampled_from(list(POWERS)),
    is_quotient=st.booleans(),
)
def test_every_unit_that_is_read_can_be_shown(
    tmp_path_factory, mass, length, time, number, times, style, is_quotient
):
    ways = (times, style, is_quotient)
    unit = written([(mass, 1), (length, -1), (time, -1)], *ways)
    density = written([(mass, 1), (length, -3)], *ways)
    path = tmp_path_factory.getbasetemp() / "unit.toml"
    text = LAWFUL.format(
        density=density, name="viscosity", symbol="mu", unit=unit, number=number
    )
    path.write_text(text, encoding="utf-8")
    try:
        found = load_file(path)
    except mk.MembranekitError as error:
        assert "out of range" in str(error)  # noqa: PT017
        return
    for value, raw in zip(found.values[1:], (density, unit), strict=True):
        shown = value.quantity()
        assert shown.m_as(units.KINDS[value.name].unit) == pytest.approx(value.at())
        # in the unit that was written: it is what the coefficients of a law are in
        one = units.si(f"1.0 {raw}", value.name, "raw")
        assert units.si(f"1.0 {value.unit}", value.name, "kept") == pytest.approx(one)
        assert f" {value.unit} " in str(found)
    assert found.to_dict()["properties"]["viscosity"]["law"]
    assert sheet_html(found)
