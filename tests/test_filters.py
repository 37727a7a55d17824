"""Membranes as filters: declared, turned, stacked; flux, retention, throughput."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import make_record

import membranekit as mk
from membranekit.errors import InputError, UnitError
from membranekit.filters import nodes_of


def sheet(pores=("0.2 um", "1 um"), depth=("0 um", "125 um"), **more):
    more.setdefault("polymer", "PSF")
    return mk.Membrane.from_profile(
        list(depth), list(pores), more.pop("porosity", "72 %"), **more
    )


# ---------------------------------------------------------------------- declared
def test_a_declared_sheet_has_what_follows_from_its_profile():
    found = sheet()
    assert found.success
    assert found.thickness.m_as("um") == pytest.approx(125.0)
    assert found.porosity.m_as("percent") == pytest.approx(72.0)
    assert found.minimum_pore_layer.state == "surface"
    assert found.minimum_pore_layer.margins["back"] == pytest.approx(5.0)
    assert found.surface_pore_diameter.m_as("um") == pytest.approx(0.2)
    assert found.support_side_pore_diameter.m_as("um") == pytest.approx(1.0)
    exact = 0.72 * 0.2e-6 * 1e-6 / (27.2 * 0.89e-3 * 125e-6)
    assert found.permeance.m_as("m/s/Pa") == pytest.approx(exact, rel=2e-3)
    pressure = 4 * 0.072 * math.cos(math.radians(70)) / 0.2e-6
    assert found.bubble_point.m_as("Pa") == pytest.approx(pressure, rel=1e-2)
    inverse = math.log(5.0) / 0.8e-6
    surface = 2.224 * 0.72 / (0.28 * 1240) * inverse
    assert found.specific_surface_area.m_as("m**2/kg") == pytest.approx(surface)


def test_what_a_profile_does_not_tell_is_none_with_its_reason():
    found = mk.Membrane.from_profile(["0 um", "9 um"], ["1 um", "2 um"], "80 %")
    told = " ".join(found.notes)
    for name in (
        *("coacervation_depth", "water_uptake", "solvent_evaporated"),
        *("solvent_to_bath", "specific_surface_area", "bubble_point"),
    ):
        assert getattr(found, name) is None
        assert name.replace("_", " ") in told
    assert found.entry_pressure is None
    assert found.bubble_point_diameter is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_json_has_the_keys_of_a_simulated_membrane():
    simulated = mk.Membrane.from_record(make_record())
    assert sheet().to_dict().keys() == simulated.to_dict().keys()


def test_quantities_and_texts_give_the_same_sheet():
    arrays = mk.Membrane.from_profile(
        mk.Quantity(np.array([0.0, 0.125]), "mm"),
        mk.Quantity(np.array([200.0, 1000.0]), "nm"),
        mk.Quantity(np.array([72.0, 72.0]), "percent"),
        polymer=mk.materials["PSF"],
    )
    assert np.allclose(nodes_of(arrays), nodes_of(sheet()), rtol=1e-12)


def test_a_density_and_an_angle_of_ones_own_take_the_place_of_the_polymers():
    own = sheet(density="620 kg/m**3", contact_angle="0 deg")
    twice = sheet().specific_surface_area.m * 2
    assert own.specific_surface_area.m == pytest.approx(twice)
    alone = sheet(polymer=None, density="1240 kg/m**3", contact_angle="70 deg")
    assert alone.bubble_point == sheet().bubble_point


def test_pores_reach_to_both_sides_of_the_sheet():
    inner = sheet(depth=("10 um", "90 um"), thickness="100 um")
    z, d, _ = nodes_of(inner)
    assert z == pytest.approx([0.0, 1e-5, 9e-5, 1e-4])
    assert d == pytest.approx([2e-7, 2e-7, 1e-6, 1e-6])


def test_results_are_saved_and_pickled(tmp_path):
    found = sheet()
    assert pickle.loads(pickle.dumps(found)) == found
    assert copy.deepcopy(found) == found
    for ending in ("json", "csv"):
        found.save(tmp_path / f"sheet.{ending}")
    assert "125" in (tmp_path / "sheet.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((["0 um", "0 um"], ["1 um", "1 um"], "80 %"), "do not increase"),
        ((["5 um", "2 um"], ["1 um", "1 um"], "80 %"), "do not increase"),
        ((["0 um"], ["1 um"], "80 %"), "do not increase"),
        (([], [], "80 %"), "0, 0"),
        ((["-1 um", "2 um"], ["1 um", "1 um"], "80 %"), r"depth\[0\]"),
        ((["0 um", "2 um"], ["0 um", "1 um"], "80 %"), r"pore_diameter\[0\]"),
        ((["0 um", "2 um"], ["1 um", "-1 um"], "80 %"), r"pore_diameter\[1\]"),
        ((["0 um", "2 um"], ["1 um", "2 mm"], "80 %"), r"pore_diameter\[1\]"),
        ((["0 um", "2 um"], ["1 um"], "80 %"), "the same number"),
        ((["0 um", "2 um"], ["1 um", "1 um"], "0 %"), "porosity"),
        ((["0 um", "2 um"], ["1 um", "1 um"], "100 %"), "porosity"),
        ((["0 um", "2 um"], ["1 um", "1 um"], 0.8), "porosity"),
        (([0.0, 2.0], ["1 um", "1 um"], "80 %"), r"depth\[0\].*has no unit"),
        ((np.array([0.0, 2.0]), ["1 um", "1 um"], "80 %"), "depth.*not a list"),
        (("2 um", ["1 um"], "80 %"), "depth.*not a list"),
        ((["0 um", "2 s"], ["1 um", "1 um"], "80 %"), r"depth\[1\]"),
    ],
)
def test_a_profile_that_is_none_is_refused(arguments, what):
    with pytest.raises(mk.InputError, match=what):
        mk.Membrane.from_profile(*arguments)


def test_a_thickness_within_the_depths_and_a_liquid_for_polymer_are_refused():
    with pytest.raises(mk.InputError, match="less than the last depth"):
        sheet(thickness="20 um")
    with pytest.raises(mk.InputError, match="is no polymer"):
        sheet(polymer="water")
    with pytest.raises(mk.MembranekitError, match="unobtainium"):
        sheet(polymer="unobtainium")


# ------------------------------------------------------------- turned and stacked
def test_a_sheet_turned_twice_is_as_it_was():
    inner = sheet(("0.9 um", "0.2 um", "3 um"), ("0 um", "10 um", "99 um"))
    back = inner.flipped().flipped()
    assert np.allclose(nodes_of(back), nodes_of(inner), rtol=1e-12, atol=1e-18)
    assert inner.flipped().minimum_pore_layer.depth.m == pytest.approx(89.0)


@pytest.mark.parametrize(
    "name", ["permeance", "bubble_point", "specific_surface_area", "porosity"]
)
def test_turning_over_changes_no_number_of_the_whole(name):
    one = sheet()
    turned = getattr(one.flipped(), name).m
    assert turned == pytest.approx(getattr(one, name).m, rel=1e-12)


def test_a_simulated_membrane_turned_over_keeps_what_its_process_took():
    simulated = mk.Membrane.from_record(make_record())
    turned = simulated.flipped()
    assert turned.water_uptake == simulated.water_uptake
    assert turned.coacervation_depth is None
    assert "coacervation depth" in " ".join(turned.notes)
    assert turned.surface_pore_diameter == simulated.support_side_pore_diameter


def test_sheets_on_each_other_stand_in_series():
    one, other = sheet(), sheet(("0.5 um", "0.6 um"), polymer="PVDF")
    both = mk.stack(one, other)
    parts = [1 / each.permeance.m for each in (one, other)]
    assert 1 / both.permeance.m == pytest.approx(sum(parts), rel=1e-12)
    assert both.thickness.m == pytest.approx(250.0)
    mass = {"PSF": 1240.0, "PVDF": 1760.0}
    area = sum(
        mass[name] * each.specific_surface_area.m
        for name, each in (("PSF", one), ("PVDF", other))
    )
    assert both.specific_surface_area.m == pytest.approx(area / sum(mass.values()))
    assert both.bubble_point == max(one.bubble_point, other.bubble_point)
    assert both.entry_pressure == other.entry_pressure


def test_a_stack_of_stacks_is_a_stack():
    one, other = sheet(), sheet(("1 um", "0.3 um"))
    nested = mk.stack(mk.stack(one, other), mk.stack(one))
    flat = mk.stack(one, other, one)
    assert nested.permeance.m == pytest.approx(flat.permeance.m, rel=1e-12)
    assert nested.pore_profile.depth.m == pytest.approx(flat.pore_profile.depth.m)
    area = nested.specific_surface_area.m
    assert area == pytest.approx(flat.specific_surface_area.m, rel=1e-9)


def test_two_sheets_face_to_face_have_their_finest_pores_inside():
    layer = mk.stack(sheet().flipped(), sheet()).minimum_pore_layer
    assert layer.state == "inside"
    assert layer.depth.m == pytest.approx(125.0)
    assert layer.pore_diameter.m == pytest.approx(0.2)


def test_a_stack_of_nothing_and_of_what_is_no_membrane_is_refused():
    with pytest.raises(mk.InputError, match="there is no membrane"):
        mk.stack()
    with pytest.raises(mk.InputError, match="number 2 is of type str"):
        mk.stack(sheet(), "sheet")


def test_a_run_that_gave_no_pores_filters_nothing():
    failed = mk.Membrane.from_record({"success": False, "message": "stopped early"})
    for what in (
        failed.flipped,
        lambda: mk.stack(failed),
        lambda: failed.flux("1 bar"),
        lambda: failed.retention("1 um"),
        lambda: failed.throughput("1 um", "1 wt%", pressure="1 bar"),
    ):
        with pytest.raises(mk.InputError, match="no profile of pores: stopped early"):
            what()
    assert failed.hydraulic_diameter is None
    assert failed.retention_rating is None


# --------------------------------------------------------------------------- flux
def test_flux_is_permeance_times_pressure():
    one = sheet()
    assert one.flux("2 bar").m_as("L/(m**2 h)") == pytest.approx(2 * one.permeance.m)
    assert one.flux("0 bar").m == 0.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.05, 20.0), min_size=2, max_size=5),
    st.integers(0, 4),
    st.floats(0.1, 0.99),
)
def test_finer_pores_never_raise_the_flux(pores, place, factor):
    depth = [f"{20 * k} um" for k in range(len(pores))]
    finer = list(pores)
    finer[place % len(pores)] *= factor
    fluxes = [
        sheet([f"{d} um" for d in each], depth).flux("1 bar").m
        for each in (pores, finer)
    ]
    assert fluxes[1] <= fluxes[0]


def test_doubling_the_thickness_of_an_even_sheet_halves_its_permeance():
    one, two = (sheet(("1 um", "1 um"), ("0 um", z)) for z in ("50 um", "100 um"))
    assert one.permeance.m / two.permeance.m == pytest.approx(2.0, rel=1e-12)


def test_dry_pvdf_passes_no_water_until_it_is_wetted():
    dry = sheet(polymer="PVDF")
    with pytest.raises(mk.InputError, match=r"PVDF.*prewetted=True\), hydro") as no:
        dry.flux("1 atm")
    assert "85 deg" in str(no.value)
    needed = dry.entry_pressure
    assert 1.0 < needed.m_as("atm") < 10.0
    assert dry.flux(1.001 * needed).m > 0.0
    wetted = dry.flux("1 atm", prewetted=True)
    assert wetted == sheet(polymer="PVDF", contact_angle="20 deg").flux("1 atm")
    for what in (
        lambda: dry.retention("1 um"),
        lambda: dry.throughput("1 um", "1 wt%", pressure="0.1 bar"),
        lambda: dry.throughput("1 um", "1 wt%", flux="1 L/(m**2 h)"),
    ):
        with pytest.raises(mk.InputError, match="passes no water"):
            what()


def test_the_process_decides_whether_a_simulated_sheet_wets():
    run = mk.read_case("example1").replace({"air.time": "1 s"}).runs[0]
    dry = mk.simulate(run.solution, run.process, cells=40, history=False)
    steps = [*run.process.steps, mk.Hydrophilize(contact_angle="20 deg")]
    treated = mk.simulate(
        run.solution, run.process.replace(steps=steps), cells=40, history=False
    )
    with pytest.raises(mk.InputError, match="passes no water"):
        dry.flux("1 atm")
    assert treated.entry_pressure.m == 0.0
    assert treated.flux("1 atm") == dry.flux("1 atm", prewetted=True)


# ---------------------------------------------------------------------- diameters
def test_three_diameters_are_kept_apart():
    found = sheet()
    even = found.hydraulic_diameter.m
    same = sheet((f"{even} um", f"{even} um"))
    assert same.permeance.m == pytest.approx(found.permeance.m, rel=1e-9)
    assert found.bubble_point_diameter.m == pytest.approx(0.2)
    rating = found.retention_rating
    at_rating = found.retention(1.0001 * rating).log_reduction
    assert at_rating == pytest.approx(3.0, abs=0.01)
    diameters = {even, found.bubble_point_diameter.m, rating.m}
    assert len({round(each, 3) for each in diameters}) == 3
    report = str(found)
    for label in ("hydraulic diameter", "bubble-point diameter", "retention rating"):
        assert label in report


# ---------------------------------------------------------------------- retention
@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 5.0), st.floats(0.1, 10.0), st.floats(0.0, 1.0))
def test_two_sheets_retain_at_least_as_much_as_one(particle, pressure, attachment):
    one = sheet()
    given = {"pressure": f"{pressure} bar", "attachment": attachment}
    single = one.retention(f"{particle} um", **given).log_reduction
    for both in (mk.stack(one, one), mk.stack(one.flipped(), one)):
        assert both.retention(f"{particle} um", **given).log_reduction >= single


def test_a_retention_says_what_it_is():
    found = sheet().retention("0.236 um", pressure="1 atm")
    assert found.passed_fraction == pytest.approx(10**-found.log_reduction)
    assert found.flux.m == pytest.approx(sheet().flux("1 atm").m)
    assert found.particle_diameter.m == pytest.approx(0.236)
    assert "LRV 2.79 for particles of 0.236 um" in str(found)
    with pytest.raises(AttributeError, match="cannot be changed"):
        found.passed_fraction = 0
    assert pickle.loads(pickle.dumps(found)) == found


# --------------------------------------------------------------------- throughput
def test_masses_close_to_rounding():
    found = sheet().throughput("0.17 um", "0.01 wt%", pressure="0.1 bar")
    fed = found.fed.m
    assert fed == pytest.approx(found.retained.m + found.passed.m, rel=1e-12)
    # 0.01 wt% of so much suspension, nearly all of it water
    assert fed == pytest.approx(found.volume.m_as("m") * 1e-4 * 997e3, rel=1e-3)
    assert found.relative_permeance[0] == 1.0
    assert found.relative_permeance[-1] == pytest.approx(0.1)
    assert found.volumes.m[-1] == found.volume.m
    assert found.deposit.m.sum() <= found.retained.m * (1 + 1e-12)
    # what adheres to the finest pores, upstream here, narrows them until they sieve
    assert found.blocked_by == "cake"
    assert found.blocked_depth.m == 0.0


def test_a_concentration_by_volume_is_the_same_suspension():
    by_mass = sheet().throughput("0.17 um", "0.01 wt%", pressure="0.1 bar")
    by_volume = sheet().throughput("0.17 um", "99.7 mg/L", pressure="0.1 bar")
    assert by_volume.volume.m == pytest.approx(by_mass.volume.m, rel=1e-3)


def test_no_particles_filter_for_ever():
    found = sheet().throughput("0.17 um", "0 wt%", pressure="0.1 bar")
    assert not found.blocked
    assert found.volume is None
    assert found.time is None
    assert (found.fed.m, found.retained.m, found.passed.m) == (0.0, 0.0, 0.0)
    assert "no particles" in str(found)


def test_open_side_upstream_lasts_longer_than_tight_side_upstream():
    given = {"concentration": "0.01 wt%", "pressure": "0.1 bar"}
    tight = sheet().throughput("0.17 um", **given)
    wide = sheet().flipped().throughput("0.17 um", **given)
    assert wide.volume > tight.volume
    assert wide.blocked_depth.m > 50.0


def test_constant_flux_is_held():
    found = sheet().throughput("0.17 um", "0.01 wt%", flux="500 L/(m**2 h)")
    assert found.time.m == pytest.approx(found.volume.m_as("L/m**2") / 500 * 3600)


# ----------------------------------------------------------------------- bad input
@pytest.mark.parametrize("wrong", ["-1 bar", "200 bar", "1", 1.0, "1 um", "nan bar"])
def test_a_pressure_that_is_none_is_refused(wrong):
    one = sheet()
    for what in (
        lambda: one.flux(wrong),
        lambda: one.retention("0.2 um", pressure=wrong),
        lambda: one.throughput("0.2 um", "1 wt%", pressure=wrong),
    ):
        with pytest.raises(mk.UnitError, match="pressure"):
            what()


@pytest.mark.parametrize("wrong", ["-1 um", "0 um", "2 mm", "1", 0.2, "1 s"])
def test_a_particle_that_is_none_is_refused(wrong):
    for what in (
        lambda: sheet().retention(wrong),
        lambda: sheet().throughput(wrong, "1 wt%", pressure="1 bar"),
    ):
        with pytest.raises(mk.UnitError, match="particle_diameter"):
            what()


@pytest.mark.parametrize(
    "wrong", ["-1 wt%", "-1 mg/L", "50 wt%", "1", 0.01, "1 um", "1 kg/L"]
)
def test_a_concentration_that_is_none_is_refused(wrong):
    with pytest.raises(mk.UnitError, match="concentration"):
        sheet().throughput("0.2 um", wrong, pressure="1 bar")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({}, "give one of the two"),
        ({"pressure": "1 bar", "flux": "1 m/s"}, "give one of the two"),
        ({"pressure": "0 bar"}, "pressure: 0 filters nothing"),
        ({"flux": "0 m/s"}, "flux: 0 filters nothing"),
        ({"flux": "-1 m/s"}, "flux"),
        ({"pressure": "1 bar", "end": 0.0}, "end"),
        ({"pressure": "1 bar", "end": 1.2}, "end"),
        ({"pressure": "1 bar", "capture_efficiency": 2.0}, "capture_efficiency"),
        ({"pressure": "1 bar", "particle_density": 1050}, "particle_density"),
    ],
)
def test_a_filtration_that_is_none_is_refused(more, what):
    with pytest.raises(mk.InputError, match=what):
        sheet().throughput("0.2 um", "1 wt%", **more)


def test_no_pressure_retains_nothing():
    with pytest.raises(mk.InputError, match="moves nothing"):
        sheet().retention("0.2 um", pressure="0 bar")
    with pytest.raises(mk.InputError, match="attachment"):
        sheet().retention("0.2 um", attachment=-1.0)


# ------------------------------------------------------------- from a newcomer's hand
def test_a_flux_that_needs_more_than_100_bar_is_refused():
    with pytest.raises(mk.InputError, match="flux: this sheet would need"):
        sheet().throughput("0.2 um", "5 mg/L", flux="1 m/s", prewetted=True)


def test_a_polymer_that_is_no_name_is_refused():
    with pytest.raises(mk.InputError, match="polymer: a name such as"):
        mk.Membrane.from_profile(["0 um", "9 um"], ["1 um", "1 um"], "72 %", polymer=3)


def test_a_share_may_be_a_number_or_in_percent():
    sheet = mk.Membrane.from_profile(
        depth=["0 um", "100 um"], pore_diameter=["1 um", "0.2 um"], porosity="70 %"
    )
    given = {"prewetted": True, "pressure": "1 bar"}
    half = sheet.retention("0.15 um", attachment=0.5, **given)
    assert sheet.retention("0.15 um", attachment="50 %", **given) == half
    one, other = (
        sheet.throughput("0.3 um", "10 mg/L", end=end, **given) for end in (0.1, "10 %")
    )
    assert str(one) == str(other)
    with pytest.raises(InputError, match=r"end: 1\.2 is out of range"):
        sheet.throughput("0.3 um", "10 mg/L", end=1.2, **given)
    with pytest.raises(InputError, match=r"prewetted: 'no' is neither True nor False"):
        sheet.flux("1 bar", prewetted="no")
    with pytest.raises(UnitError, match=r'like "0\.01 wt%" or "10 mg/L"'):
        sheet.throughput("0.3 um", 5, **given)
