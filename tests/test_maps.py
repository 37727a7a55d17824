"""Maps over two addresses: fields, their order, failed runs, the patent's limits."""

import itertools

import pytest
from records import CASE, make_record

from membranekit import maps, windows
from membranekit.case import Case
from membranekit.errors import InputError
from membranekit.membrane import Membrane
from membranekit.transport.air import humidity_ratio

TIMES, HUMIDITIES = (10.0, 2.0, 6.0), (0.4, 60.0)


def a_run(time, percent, name="air.relative_humidity", unit="percent", **changes):
    inputs = {"air.time": (time, "s"), name: (percent, unit)}
    record = make_record(time, inputs=inputs, history=None, **changes)
    return Membrane.from_record(record)


def a_series(**changes):
    return [a_run(*pair, **changes) for pair in itertools.product(TIMES, HUMIDITIES)]


def with_case(address, values):
    """Return made-up runs that know their case, over the time and one address."""
    text = CASE + f'[series]\n"air.time" = ["2 s", "6 s"]\n"{address}" = {values}\n'
    case = Case.from_toml(text)
    return [
        Membrane.from_record(make_record(6.0, history=None)).with_inputs(
            each.inputs, case
        )
        for each in case.runs
    ]


def test_rows_and_columns_are_sorted_and_have_units():
    found = maps.exposure_map(a_series())
    assert found.rows.address == "air.time"
    assert found.rows.texts == ("2 s", "6 s", "10 s")
    assert found.columns.texts == ("0.4 %", "60 %")
    assert [found.text(row, 1) for row in range(3)] == [
        "inside 4",
        "inside 12",
        "inside 20",
    ]


def test_values_in_other_units_are_sorted_by_what_they_are():
    runs = [
        *(a_run(2.0, each) for each in HUMIDITIES),
        *(
            a_run(2.0, each).with_inputs(
                {
                    "air.time": (500.0, "ms"),
                    "air.relative_humidity": (each, "percent"),
                }
            )
            for each in HUMIDITIES
        ),
    ]
    assert maps.exposure_map(runs).rows.texts == ("500 ms", "2 s")


def test_failed_unclear_and_missing_runs_have_their_fields():
    rest = a_series()[4:]
    failed = a_run(10.0, 0.4, success=False, message="no step", layer={})
    unclear = a_run(10.0, 60.0, layer={"state": "not clear"})
    surface = a_run(2.0, 0.4, layer={"state": "surface", "depth": 0.0})
    found = maps.exposure_map([failed, unclear, surface, *rest])
    assert found.text(2, 0) == "failed"
    assert found.text(2, 1) == "not clear"
    assert found.text(0, 0) == "surface"
    assert found.text(0, 1) == "not run"


def test_values_that_look_alike_are_told_apart():
    runs = [a_run(time, each) for time in (1.001, 1.0012) for each in HUMIDITIES]
    assert maps.exposure_map(runs).rows.texts == ("1.001 s", "1.0012 s")


@pytest.mark.parametrize(
    ("runs", "what"),
    [
        (a_series()[:2], "these vary air.relative_humidity"),
        (a_series()[:1], "these vary none"),
        (
            [
                each.with_inputs({**each.inputs, "air.air_speed": (number, "m/s")})
                for number, each in enumerate(a_series())
            ],
            "these vary air.time and air.relative_humidity and air.air_speed",
        ),
        ([*a_series(), a_series()[0]], "two runs are of air.time 10 s and"),
        (
            [
                each.with_inputs({"air.time": text, "air.air_speed": (speed, "m/s")})
                for each, (text, speed) in zip(
                    a_series(),
                    itertools.product(("2 s", "6 s"), (1.0, 2.0)),
                    strict=False,
                )
            ],
            "not given as a quantity",
        ),
    ],
)
def test_runs_that_make_no_map_are_refused_with_what_is_needed(runs, what):
    with pytest.raises(InputError, match=what):
        maps.exposure_map(runs)
    assert not maps.varies_two(runs)


def test_without_a_state_there_is_no_map_to_print():
    runs = a_series(layer={})
    assert not maps.varies_two(runs)
    assert maps.varies_two([*runs[1:], a_series()[0]])


# ---------------------------------------------------------------------- the limits
def test_the_air_speeds_limit_lies_between_its_neighbors():
    (limit,) = maps.exposure_map(
        [a_run(t, v, "air.air_speed", "m/s") for t in TIMES for v in (0.1, 0.5)]
    ).limits()
    assert limit.axis == "columns"
    assert limit.places == pytest.approx([0.25] * 3)
    assert limit.text == "claim 11: more than 0.2 m/s"


def test_the_humidity_limit_is_2_g_per_kg_at_the_airs_temperature():
    runs = with_case("air.relative_humidity", ["1 %", "11 %"])
    (limit,) = maps.exposure_map(runs).limits()
    (place,) = set(limit.places)
    # 40 degC: water's saturation pressure is 7384 Pa (NIST), of 101325 Pa in all
    share = 0.01 + 0.10 * place
    ratio = humidity_ratio(share * 7384.0, 101325.0)
    assert ratio == pytest.approx(2e-3, rel=5e-3)
    assert limit.text == "claim 11: more than 2 g/kg"


def test_the_humidity_limit_follows_the_airs_temperature():
    text = CASE.replace('relative_humidity = "60 %"', 'relative_humidity = "30 %"')
    text += '[series]\n"air.temperature" = ["25 degC", "60 degC"]\n'
    case = Case.from_toml(text + '"air.relative_humidity" = ["1 %", "11 %"]\n')
    runs = [
        Membrane.from_record(make_record(6.0, history=None)).with_inputs(
            each.inputs, case
        )
        for each in case.runs
    ]
    (limit,) = maps.exposure_map(runs).limits()
    cool, hot = limit.places
    assert cool == pytest.approx((0.102 - 0.01) / 0.10, abs=0.01)
    assert hot < 0.2 * cool


@pytest.mark.parametrize(
    ("address", "values", "place"),
    [
        ("air.humidity_ratio", ["1 g/kg", "3 g/kg"], 0.5),
        ("air.dew_point", ["-20 degC", "0 degC"], None),
    ],
)
def test_other_humidities_have_their_limit_too(address, values, place):
    text = CASE.replace('relative_humidity = "60 %"', f'{address[4:]} = "{values[0]}"')
    case = Case.from_toml(
        f'{text}[series]\n"air.time" = ["2 s", "6 s"]\n"{address}" = {values}\n'
    )
    runs = [
        Membrane.from_record(make_record(6.0, history=None)).with_inputs(
            each.inputs, case
        )
        for each in case.runs
    ]
    (limit,) = maps.exposure_map(runs).limits()
    if place is None:
        # over water at 1 atm 2 g/kg is a dew point near -8 degC
        place = (windows.dew_point(324.7) + 20) / 20
        assert 0.5 < place < 0.65
    assert limit.places == pytest.approx([place] * 2, abs=2e-3)


def test_without_a_case_the_temperature_and_so_the_limit_are_not_known():
    (limit,) = maps.exposure_map(a_series(case_toml="")).limits()
    assert limit.places == (None, None, None)


def test_other_addresses_have_no_limit():
    runs = [
        a_run(t, d, "process.wet_thickness", "um") for t in TIMES for d in (90, 150)
    ]
    assert maps.exposure_map(runs).limits() == []
