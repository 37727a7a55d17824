"""Outside its range a value is refused, or used on request and recorded in trust."""

import dataclasses

import pytest
from solutions import PSF

import membranekit as mk
from membranekit import library, limits, trust
from membranekit.material_files import load_file
from membranekit.substances import range_of

ROOM = (293.15, 303.15)
WARM = (313.15, 343.15)
AIR, BATH = "40 degC", "25 degC"


def process(**air):
    fields = {
        **{"time": "1 s", "temperature": AIR},
        **{"relative_humidity": "30 %", "air_speed": "0.5 m/s"},
        **air,
    }
    return mk.Process(
        wet_thickness="150 um",
        steps=[
            mk.AirExposure(**fields),
            mk.Immersion(bath="water", temperature=BATH, time="1 s"),
        ],
    )


def ranged(name, *properties, **ranges):
    """Return a substance some of whose values have other ranges."""
    rows = tuple(ranges.items())
    substance = mk.materials[name]
    values = tuple(
        dataclasses.replace(value, ranges=tuple((kind, *ends) for kind, ends in rows))
        if value.name in properties
        else value
        for value in substance.values
    )
    assert {value.name for value in values if value.ranges} >= set(properties)
    return dataclasses.replace(substance, values=values)


def dope(polymer="PSF", solvent="NMP"):
    return mk.CastingSolution.from_parts({polymer: 15, solvent: 85})


def held_against(solution, steps):
    """Return the stretches, once they are refused, told by check and recorded."""
    found = limits.stretches(solution, steps)
    told = [
        each for each in mk.check(solution, steps) if "outside the range" in each.what
    ]
    assert bool(found) == bool(told)
    if found:
        assert {each.severity for each in told} == {"error"}
        with pytest.raises(mk.InputError, match="extrapolate=True"):
            mk.simulate(solution, steps, cells=20)
    recorded = trust.extrapolated(found)
    assert {entry["name"] for entry in recorded} == {each.name for each in found}
    return found


# ------------------------------------------------------- each property a run reads
READ = [
    (each.name, name)
    for each in (mk.materials["polysulfone P-3500"], mk.materials["NMP"])
    for name in limits.needed(each, membrane_polymer=each.kind == "polymer")
]


@pytest.mark.parametrize(("name", "read"), READ)
def test_a_range_around_what_is_read_is_inside(name, read):
    own = ranged(name, read, temperature=(293.15, 343.15))
    solution = dope(own) if own.kind == "polymer" else dope("PSF", own)
    assert not limits.stretches(solution, process())


@pytest.mark.parametrize(("name", "read"), READ)
def test_every_property_that_is_read_outside_its_range_is_refused_and_recorded(
    name, read
):
    at_room_only = read in (
        "viscosity",
        "saturation_pressure",
        "enthalpy_of_vaporization",
    )
    own = ranged(name, read, temperature=ROOM if at_room_only else WARM)
    solution = dope(own) if own.kind == "polymer" else dope("PSF", own)
    found = held_against(solution, process())
    assert {each.name for each in found} == {f"{name}.{read}"}
    where = {each.where for each in found}
    if at_room_only:
        assert where == {"air.temperature"}
    elif read in limits.READ_AT:
        assert where == {"support.temperature"}
    else:
        assert where == {name}


def test_the_support_is_held_to_its_ranges():
    own = ranged("glass", "heat_capacity", temperature=WARM)
    steps = process().replace(support=mk.Support(own))
    (found,) = held_against(dope(), steps)
    assert (found.name, found.where) == ("glass.heat_capacity", "support.temperature")


def test_water_in_the_walls_is_held_to_its_range_in_any_bath(monkeypatch):
    water = mk.materials["water"]
    own = ranged("water", "viscosity", temperature=WARM)
    builtin = library.builtin
    monkeypatch.setattr(
        library, "builtin", lambda name: own if name == "water" else builtin(name)
    )
    steps = mk.Process(
        wet_thickness="150 um",
        steps=[mk.Immersion(bath="DMAc", temperature=BATH, time="1 s")],
    )
    solution = mk.CastingSolution.from_parts({"PSF": 15, "DMAc": 85})
    assert water.get("viscosity").in_range(298.15)
    found = {each.name for each in limits.stretches(solution, steps)}
    assert found == {"water.viscosity"}


# ----------------------------------------------------------------- interaction sets
SETS = [library.interaction_set((), name) for name in library.materials.set_names]


@pytest.mark.parametrize("found", SETS, ids=lambda each: each.name)
def test_a_set_is_refused_outside_its_range(found):
    low, high = found.valid_temperature
    assert found.in_range(low)
    assert found.in_range(high)
    assert not found.in_range(low - 0.1)
    assert not found.in_range(high + 0.1)


def test_a_set_outside_its_range_is_recorded():
    names = [
        each.where for each in held_against(dope(), process(temperature="70 degC"))
    ]
    assert "air.temperature" in names
    (first, *_) = trust.extrapolated(
        limits.stretches(dope(), process(temperature="70 degC"))
    )
    assert first["name"] == "water-NMP-polysulfone, UNIFAC-DO refit"
    assert (
        first["value"] == "read at 70 degC (air.temperature); valid from 15 to 65 degC"
    )


def test_the_temperature_of_a_titration_is_held_against_the_set():
    point = {"nonsolvent": "water", "mass_fraction": "5 %", "temperature": "5 degC"}
    solution = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85}, cloud_point=point)
    found = limits.stretches(solution, process())
    assert [each.where for each in found] == ["solution.cloud_point.temperature"]
    with pytest.raises(mk.InputError, match="5 degC is outside the range"):
        solution.cloud_point("water")
    notes = " ".join(solution.cloud_point("water", extrapolate=True).notes)
    assert "extrapolated: 5 degC is outside the range of the interactions" in notes


def test_a_set_takes_no_range_that_nothing_holds_it_to(tmp_path):
    path = tmp_path / "set.toml"
    path.write_text(
        'kind = "interaction_set"\nname = "x"\ncomponents = ["water", "NMP"]\n'
        'convention = "g"\nreference_volume = "water"\nfitted_to = "estimate"\n'
        'valid = { volume_fraction = ["0 %", "20 %"] }\n'
        '[[pair]]\nbetween = ["water", "NMP"]\nform = "constant"\n'
        'coefficients = { g = 0.5 }\nsource = "estimated: a guess"\n'
        'basis = "estimated"\n'
    )
    with pytest.raises(mk.MaterialFileError, match=r"volume_fraction: a set is held"):
        load_file(path)


# ------------------------------------------------- ranges that are not of temperature
@pytest.mark.parametrize(
    "humidity",
    [
        {"relative_humidity": "60 %"},
        {"relative_humidity": None, "dew_point": "30 degC"},
        {"relative_humidity": None, "humidity_ratio": "30 g/kg"},
    ],
)
def test_a_range_of_relative_humidity_is_held_against_the_air(humidity):
    own = ranged("PSF", "contact_angle", relative_humidity=(0.0, 0.5))
    assert not limits.stretches(dope(own), process())
    (found,) = held_against(dope(own), process(**humidity))
    kind = next(key for key, given in humidity.items() if given)
    assert found.where == f"air.{kind}"
    assert found.kind == "relative_humidity"
    assert 0.5 < found.at < 0.7
    assert "(0 to 50 % relative humidity)" in str(found)


def test_a_range_of_volume_fraction_is_held_against_the_solution_as_cast():
    own = ranged("PSF", "contact_angle", volume_fraction=(0.2, 0.6))
    (found,) = held_against(dope(own), process())
    assert found.where == "solution.parts.polysulfone P-3500"
    assert found.quantity.m_as("percent") == pytest.approx(
        100 * dope().volume_fractions["polysulfone P-3500"], rel=1e-4
    )
    wide = ranged("PSF", "contact_angle", volume_fraction=(0.1, 0.6))
    assert range_of("volume_fraction", wide.get("contact_angle").ranges) == (0.1, 0.6)
    assert not limits.stretches(dope(wide), process())


# --------------------------------------------------------------------- what is computed
def test_a_run_records_what_it_extrapolates_and_is_refused_without_leave():
    own = ranged("NMP", "viscosity", temperature=ROOM)
    solution = dope("PSF", own)
    with pytest.raises(mk.InputError, match=r"air\.temperature: 40 degC is outside"):
        mk.simulate(solution, process())
    made = mk.simulate(solution, process(), cells=20, history=False, extrapolate=True)
    (found,) = made.trust.extrapolated
    assert found.name == "NMP.viscosity"
    assert found.value == "read at 40 degC (air.temperature); valid from 20 to 30 degC"
    assert found.basis == own.get("viscosity").basis


def test_a_film_that_cools_in_the_air_records_where_it_went():
    """Nothing that was given is outside; the film is, as its acetone evaporates."""
    solution = mk.CastingSolution.from_parts({"cellulose acetate": 20, "acetone": 80})
    steps = process(
        temperature="25 degC", relative_humidity="5 %", time="10 s", air_speed="5 m/s"
    ).replace(support=mk.Support("PET film", thickness="50 um"))
    assert not limits.stretches(solution, steps)
    made = mk.simulate(solution, steps, cells=20)
    coldest = made.history.temperature.m_as("degC").min()
    assert coldest < 0
    found = {each.name: each.value for each in made.trust.extrapolated}
    where = f"read at {coldest:.2f} degC (film, coldest)"
    name = "water-acetone-cellulose acetate, Altena & Smolders 1982"
    assert found[name] == f"{where}; valid from 15 to 65 degC"
    assert found["acetone.enthalpy_of_vaporization"].startswith(where)


def test_a_diagram_and_a_cloud_point_read_densities_at_25_degc():
    own = ranged("NMP", "density", temperature=WARM)
    what = "25 degC is outside the range of the density of NMP, 40 to 70 degC"
    with pytest.raises(mk.InputError, match=what):
        mk.phase_diagram("water", own, "PSF")
    found = mk.phase_diagram("water", own, "PSF", extrapolate=True)
    assert found.extrapolated == (what,)
    solution = dope("PSF", own)
    with pytest.raises(mk.InputError, match=what):
        solution.cloud_point("water")
    told = solution.cloud_point("water", extrapolate=True).notes
    assert f"extrapolated: {what}" in told


@pytest.mark.parametrize(
    ("polymer", "name", "solvent"),
    [("PSF", "glass_temperature", "NMP"), ("PVDF", "gelation_fraction", "DMAc")],
)
def test_a_diagram_holds_its_arrest_line_to_the_range(polymer, name, solvent):
    own = ranged(polymer, name, temperature=WARM)
    with pytest.raises(mk.InputError, match=name.replace("_", " ")):
        mk.phase_diagram("water", solvent, own)
    told = mk.phase_diagram("water", solvent, own, extrapolate=True).extrapolated
    assert name.replace("_", " ") in told[0]
    assert mk.phase_diagram(*PSF).extrapolated == ()


def test_an_effect_that_would_lead_out_of_range_is_left_out():
    # 5 K more than what was assumed would be above the 100 degC an input may have
    run = mk.read_case("example1").runs[0]
    hot = run.solution.replace(temperature="97 degC")
    chosen = {"solution.temperature": "as warm as it goes"}
    for rerun, some in ((None, False), (lambda *changed: 1e-6, True)):
        found = trust.assumed(hot, run.process, chosen, {}, rerun)
        effects = {each["name"]: each["effect"] for each in found}
        assert effects["solution.temperature"] is None
        assert (effects["support.back"] is not None) == some
