"""What counts as met, and the null model, on made-up predictions."""

import math

import pytest

from membranekit import comparison
from membranekit.comparison import Gate, Reading, Row, beside, entries, null_predictions
from membranekit.errors import InputError

UM = "um"


def row(measured, predicted, measure="factor", target=2.0, quantity="surface_pore"):
    low, high = measured
    given = predicted if predicted is None else Reading(*predicted, UM)
    return Row(
        *("Table 1", "2 s", quantity, "predict"),
        Reading(low, high, UM),
        Gate(measure, target),
        given,
    )


@pytest.mark.parametrize(
    ("measured", "predicted", "factor"),
    [
        ((2.0, 2.0), (4.0, 4.0), 2.0),
        ((4.0, 4.0), (2.0, 2.0), 2.0),
        ((0.5, 1.0), (0.7, 0.7), 1.0),
        ((0.5, 1.0), (3.0, 3.0), 3.0),
        ((0.5, 1.0), (0.1, 0.1), 5.0),
        ((10.0, 100.0), (10.0, 80.0), 1.0),
        ((1.0, 10.0), (20.0, 80.0), 2.0),
        ((1.0, 1.0), (0.1, 0.2), 5.0),
    ],
)
def test_a_range_counts_by_its_nearer_end(measured, predicted, factor):
    assert row(measured, predicted).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("measure", "measured", "predicted", "factor"),
    [
        ("relative", 100.0, 108.0, 0.08),
        ("relative", 100.0, 92.0, 0.08),
        ("log10", 40.0, 4000.0, 2.0),
        ("log10", 4000.0, 40.0, 2.0),
        ("ratio", 1200.0, 600.0, 2.0),
    ],
)
def test_each_measure_is_what_it_is_called(measure, measured, predicted, factor):
    found = row((measured, measured), (predicted, predicted), measure)
    assert found.factor == pytest.approx(factor)


def test_a_gate_is_met_at_its_end_and_missed_past_it():
    assert row((2.0, 2.0), (4.0, 4.0)).within
    assert not row((2.0, 2.0), (4.01, 4.01)).within
    assert row((2.0, 2.0), None).within is False
    assert row((2.0, 2.0), (4.0, 4.0), "input", None).within is None


def test_a_depth_is_met_within_its_factor_or_a_micrometer():
    def depth(measured, predicted):
        given = (measured, measured), (predicted, predicted)
        return row(*given, target=1.5, quantity="minimum_layer_depth")

    assert depth(2.0, 3.0).within
    assert depth(0.5, 1.5).within
    assert not depth(2.0, 3.1).within
    assert depth(10.0, 15.0).within


def test_depth_0_is_met_by_the_surface_alone():
    gate = Gate("factor", 1.5)
    measured = Reading.number(0.0, UM)
    key = "Table 1", "0 s", "minimum_layer_depth", "calibrate"
    surface = Row(*key, measured, gate, Reading.number(0.0, UM))
    assert surface.factor == 1.0
    assert surface.within
    inside = Row(*key, measured, gate, Reading.number(0.4, UM))
    assert inside.factor is None
    assert inside.within is False
    assert surface.logarithm is None


def test_there_is_an_entry_for_each_number_and_label():
    rows = entries()
    assert len({(*each.key, each.role) for each in rows}) == len(rows)
    labels = [each for each in rows if each.quantity == "minimum_layer"]
    assert len(labels) == 13
    assert sum(each.gate.gated for each in labels) == 11
    numbers = [each for each in rows if each.measure != "label"]
    assert sum(each.role == "calibrate" for each in numbers) == 24
    assert sum(each.role == "predict" for each in numbers) == 14
    assert {each.row for each in rows if each.measure == "input"} == {
        "A: marketed asymmetric PSF, 0.2 um, minimum at surface",
        "B: marketed symmetric PVDF, 0.2 um",
        "comparative example",
    }


def test_the_null_model_is_a_line_through_2_and_6_s():
    rows = entries()
    null = null_predictions(rows)
    assert null["Table 1", "2 s", "minimum_layer_depth"].middle == pytest.approx(2.0)
    assert null["Table 1", "10 s", "minimum_layer_depth"].middle == pytest.approx(18.0)
    assert null["Table 1", "0 s", "minimum_layer"].label == "surface"
    assert null["Table 1", "30 s", "minimum_layer"].label == "not clear"
    assert null["Table 1", "30 s", "thickness"].middle == 108.0
    area = null["Example 3", "0 s", "specific_surface_area"].middle
    assert area == pytest.approx(41.0)
    ratio = null["Example 4", "example3, 15 s", "volume_to_blocking"].middle
    assert ratio == pytest.approx(500.0)
    told = beside(rows, {}, null, {})
    right = [each.null_within for each in told if each.quantity == "minimum_layer"]
    assert sum(right) == 12
    assert set(null) == {each.key for each in rows}


def test_the_null_model_sees_no_predict_row():
    text = comparison.shipped_text()
    changed = text.replace('surface_pore = "0.80 um"', 'surface_pore = "8 um"').replace(
        "particles_passed = 30000", "particles_passed = 9"
    )
    assert null_predictions(entries(text)) == null_predictions(entries(changed))


def test_rms_factors_keep_roles_and_measures_apart():
    def one(role, measured, predicted, measure="factor"):
        given = Reading.number(measured, UM), Gate(measure, 2.0)
        return Row("T", "1", "q", role, *given, Reading.number(predicted, UM))

    rows = [
        one("calibrate", 1.0, 2.0),
        one("calibrate", 2.0, 1.0),
        one("predict", 1.0, 3.0),
        one("predict", 1.0, 100.0, "log10"),
    ]
    assert comparison.rms_factor(rows, "calibrate") == pytest.approx(2.0)
    assert comparison.rms_factor(rows, "predict") == pytest.approx(3.0)
    assert comparison.rms_log10(rows, "predict") == pytest.approx(2.0)
    assert comparison.rms_log10(rows, "calibrate") is None


def test_readings_are_written_as_json_takes_them():
    assert Reading.number(2.0, UM).to_dict() == {"value": 2.0, "unit": UM}
    assert Reading(0.5, 1.0, UM).to_dict() == {"low": 0.5, "high": 1.0, "unit": UM}
    voids = Reading(10.0, 80.0, UM, "macrovoids").to_dict()
    assert voids == {"low": 10.0, "high": 80.0, "unit": UM, "label": "macrovoids"}
    assert Reading(label="inside").to_dict() == "inside"
    assert Reading.number(2.0, UM).value.m_as("m") == pytest.approx(2e-6)
    assert math.isclose(Reading(1.0, 4.0, UM).middle, 2.0)


def test_what_is_no_value_is_named():
    with pytest.raises(InputError, match="surface_pore: 'wide'"):
        comparison.read("wide", "surface_pore")
