"""The process: steps, their defaults and order, and what is added to them."""

import copy
import dataclasses
import pickle

import pytest

import membranekit as mk
from membranekit.process import ORDER, STEPS, bath_fractions, step_names

AIR = {
    "time": "6 s",
    "temperature": "60 degC",
    "relative_humidity": "30 %",
    "air_speed": "0.8 m/s",
}
BATH = {"bath": "water", "temperature": "20 degC", "time": "5 min"}


def air(**changes):
    return mk.AirExposure(**{**AIR, **changes})


def bath(**changes):
    return mk.Immersion(**{**BATH, **changes})


def process(*steps, **changes):
    return mk.Process(**{"wet_thickness": "150 um", "steps": steps, **changes})


def test_text_and_quantities_mean_the_same():
    given = air(
        time=mk.Quantity(0.1, "min"),
        temperature=mk.Quantity(333.15, "K"),
        relative_humidity=mk.Quantity(30, "percent"),
        air_speed=mk.Quantity(2880, "m/hour"),
    )
    assert given == air()
    assert hash(given) == hash(air())
    assert given != air(time="6.001 s")


def test_a_step_of_another_kind_is_not_equal():
    assert mk.Rinse() != mk.Dry()
    assert mk.Rinse() != "rinse"


def test_a_default_is_told_from_the_same_value_given():
    assert mk.Rinse().given == frozenset()
    assert mk.Rinse(time="10 min").given == {"time"}
    assert mk.Rinse() == mk.Rinse(time="10 min", bath="water", temperature="293.15 K")
    assert air().given == frozenset(AIR)
    assert mk.Support().given == frozenset()
    assert mk.Support("glass").given == {"material"}


def test_a_copy_with_a_change_keeps_what_was_given():
    changed = mk.Rinse(temperature="30 degC").replace(time="1 min")
    assert changed.given == {"time", "temperature"}
    assert changed == mk.Rinse(time="60 s", temperature="30 degC")
    turned = air().replace(relative_humidity=None, dew_point="20 degC")
    assert turned.humidity[0] == "dew_point"


def test_defaults_are_those_of_the_interface():
    step = air()
    assert step.flow_length == mk.Quantity(0.1, "m")
    assert step.pressure == mk.Quantity(1, "atm")
    assert (step.cover, step.transfer_coefficient, dict(step.vapor)) == (None, None, {})
    assert (bath().transfer_coefficient, bath().sides) == (None, "surface")
    assert mk.Rinse().time == mk.Quantity(10, "min")
    assert mk.Dry().temperature == mk.Quantity(25, "degC")
    support = mk.Support()
    assert (support.material, support.back) == ("glass", "insulated")
    assert support.thickness == mk.Quantity(3, "mm")
    assert process(bath()).support == support


def test_a_film_that_left_its_support_does_not_go_back():
    both = bath(sides="both")
    steps = process(air(), bath(), both, both, mk.Rinse()).steps
    assert [getattr(step, "sides", None) for step in steps[1:4]] == [
        "surface",
        "both",
        "both",
    ]
    with pytest.raises(mk.InputError) as error:
        process(bath(), both, bath())
    for part in ("immersion[3].sides", "immersion[2]", 'give "both"'):
        assert part in str(error.value)
    with pytest.raises(mk.InputError, match="air comes after immersion"):
        process(both, air())


def test_no_time_in_the_air_is_legal():
    assert air(time="0 s").time.magnitude == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("relative_humidity", "30 %RH"),
        ("dew_point", "36 degC"),
        ("humidity_ratio", "40 g/kg"),
    ],
)
def test_each_humidity_can_be_given(name, value):
    step = air(**{"relative_humidity": None, name: value})
    assert step.humidity == (name, getattr(step, name))


def test_the_most_water_air_can_hold_follows_from_its_pressure():
    humid = {"relative_humidity": None, "humidity_ratio": "150 g/kg"}
    assert air(**humid).humidity_ratio.to("g/kg").magnitude == pytest.approx(150)
    with pytest.raises(mk.InputError, match="more than air at 60 degC can hold"):
        air(**humid, pressure="2 atm")


def test_air_under_a_cover_has_no_speed():
    assert air(air_speed=None, cover="5 mm").cover == mk.Quantity(5, "mm")


def test_a_transfer_coefficient_can_stand_alone():
    assert air(air_speed=None, transfer_coefficient="5 mm/s").air_speed is None


def test_other_vapors_are_a_share_of_saturation_or_a_pressure():
    step = air(vapor={"NMP": "20 %", "DMAc": "0.1 kPa"})
    assert step.vapor["NMP"].to("percent").magnitude == pytest.approx(20)
    assert step.vapor["dimethylacetamide"].to("Pa").magnitude == pytest.approx(100)
    assert step == air(vapor={"DMAc": "100 Pa", "NMP": "20 percent"})


def test_a_bath_is_a_name_or_parts():
    assert bath(bath="water") == bath(bath={"H2O": 80}) == bath(bath={"water": 1.0})
    assert bath(bath=mk.materials["water"]) == bath()
    mixed = bath(bath={"water": 80, "DMAc": 20})
    assert bath_fractions(mixed.bath) == pytest.approx({"water": 0.8, "DMAc": 0.2})
    assert mixed.replace(time="1 min").bath == mixed.bath


def test_a_rinse_and_a_drying_are_added():
    short = process(air(), bath())
    assert [step.kind for step in short.steps] == ["air", "immersion"]
    kinds = [step.kind for step in short.complete_steps]
    assert kinds == ["air", "immersion", "rinse", "dry"]
    full = process(air(), bath(), mk.Rinse(), mk.Dry())
    assert short == full
    assert hash(short) == hash(full)
    assert short != process(air(), bath(), mk.Dry(temperature="30 degC"))


def test_what_is_added_takes_its_place():
    treated = process(bath(), mk.Hydrophilize(contact_angle="20 deg"))
    kinds = [step.kind for step in treated.complete_steps]
    assert kinds == ["immersion", "rinse", "dry", "hydrophilize"]
    dried = process(bath(), mk.Dry())
    kinds = [step.kind for step in dried.complete_steps]
    assert kinds == ["immersion", "rinse", "dry"]


def test_a_length_becomes_a_time_by_the_line_speed():
    moving = process(
        air(time=None, length="60 mm"),
        bath(time=None, length="3 m"),
        line_speed="0.6 m/min",
    )
    seconds = [step.time.to("s").magnitude for step in moving.resolved_steps[:2]]
    assert seconds == pytest.approx([6, 300])
    assert moving.steps[0].time is None


def test_steps_are_named_by_kind_and_number():
    steps = (air(), bath(), bath(), mk.Rinse())
    assert step_names(steps) == ["air", "immersion[1]", "immersion[2]", "rinse"]


def test_a_support_is_looked_up():
    support = mk.Support("stainless steel", back="held")
    assert support.substance is mk.materials["steel"]
    assert support.material == "steel"
    assert mk.Support(mk.materials["steel"], back="held") == support


def test_a_changed_support_stays_changed():
    warm = mk.materials["glass"].replace(thermal_conductivity="2 W/m/K")
    support = mk.Support(warm)
    assert support != mk.Support()
    assert support.replace(temperature="30 degC").substance == warm


@pytest.mark.parametrize("step", [air(), bath(), mk.Rinse(), mk.Dry()])
def test_steps_are_frozen(step):
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.temperature = "30 degC"


def test_a_given_quantity_is_copied():
    time = mk.Quantity(6.0, "s")
    step = air(time=time)
    time.ito("min")
    assert str(step.time.units) == "second"


def test_pickle_and_deepcopy_keep_everything():
    whole = process(
        air(vapor={"NMP": "20 %"}),
        bath(bath={"water": 80, "NMP": 20}),
        mk.Hydrophilize(contact_angle="20 deg"),
        support=mk.Support("steel"),
    )
    for copied in (pickle.loads(pickle.dumps(whole)), copy.deepcopy(whole)):
        assert copied == whole
        assert [step.given for step in copied.steps] == [
            step.given for step in whole.steps
        ]


def test_the_repr_makes_it_again():
    whole = process(air(), bath(bath={"water": 80, "NMP": 20}), mk.Dry())
    names = {cls.__name__: cls for cls in (*STEPS.values(), mk.Process, mk.Support)}
    assert eval(repr(whole), names) == whole


def test_the_report_has_a_line_for_each_step():
    lines = str(process(air(), bath())).splitlines()
    assert lines[0] == "Process: 150 um wet on glass"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "air",
        "immersion",
        "rinse",
        "dry",
    ]
    assert "relative humidity 30 %" in lines[1]


def test_every_kind_of_step_has_a_place_in_the_order():
    assert ORDER == ("air", "immersion", "rinse", "dry", "hydrophilize")
