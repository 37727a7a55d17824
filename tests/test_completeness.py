"""What a system lacks: told before anything runs, and estimated only when asked."""

import dataclasses
import json

import pytest
from click.testing import CliRunner

import membranekit as mk
from membranekit import completeness, limits
from membranekit.cli import main
from membranekit.material_files import load_file
from membranekit.sources import source_form
from membranekit.substances import Substance

PAN = ["polyacrylonitrile", "DMF", "water"]


def without(name, *properties):
    substance = mk.materials[name]
    kept = tuple(each for each in substance.values if each.name not in properties)
    return dataclasses.replace(substance, values=kept)


def named(found):
    return {(each.of, each.name) for each in found}


def test_systems_of_the_shipped_cases_lack_nothing():
    for case in mk.cases.values():
        for run in case.runs[:1]:
            found = mk.missing(run.solution, run.process)
            assert not found.lacks, case.name
            assert set(found.to_dict()["complete"].values()) == {True}


# ----------------------------------------------------------- what is read is asked for
@pytest.fixture
def read(monkeypatch):
    """Record which properties are read of which substance."""
    seen = set()
    get = Substance.get

    def recording(self, name):
        seen.add((self.name, name))
        return get(self, name)

    monkeypatch.setattr(Substance, "get", recording)
    return seen


def tabled(members, use, polymer):
    return {
        (each.name, name)
        for each in members
        for name in limits.reads(each, membrane_polymer=each.name == polymer)[use]
    }


def test_a_run_reads_what_the_table_of_needs_says(read, monkeypatch):
    run = mk.read_case("example1").replace({"air.time": "2 s"}).runs[0]
    members = [*run.solution.components, run.process.support.substance]
    # what is listed for trust is looked at, not read
    monkeypatch.setattr("membranekit.trust.of_basis", lambda *given: [])
    monkeypatch.setattr("membranekit.library.mass_text", lambda substance: "")
    read.clear()
    mk.simulate(run.solution, run.process, cells=40, history=False)
    wanted = tabled(members, "run", "PVDF")
    wanted |= tabled(members, "phase diagram", "PVDF")
    wanted |= tabled(members, "filtration", "PVDF")
    assert read == wanted


def test_a_phase_diagram_reads_what_the_table_of_needs_says(read):
    names = ["water", "NMP", "PSF"]
    members = [mk.materials[name] for name in names]
    mk.phase_diagram(*names)
    wanted = tabled(members, "phase diagram", "polysulfone P-3500")
    # a glass line is drawn where it can be
    assert read - wanted == {(each.name, "glass_temperature") for each in members}
    assert wanted <= read


def test_a_declared_filter_reads_what_the_table_of_needs_says(read):
    members = [mk.materials["water"], mk.materials["PSF"]]
    read.clear()
    sheet = mk.Membrane.from_profile(
        ["0 um", "50 um"], ["0.2 um", "1 um"], "80 %", polymer="PSF"
    )
    sheet.flux("1 bar")
    sheet.throughput("0.1 um", "1 mg/L", pressure="1 bar")
    assert read == tabled(members, "filtration", "polysulfone P-3500")


# ----------------------------------------------------------------------- what is told
def test_a_polymer_without_a_set_is_told_by_pair_and_property():
    found = mk.missing(PAN)
    assert named(found.of("phase diagram")) == {
        (("water", "polyacrylonitrile"), "interaction"),
        (("water", "DMF"), "interaction"),
    }
    lacking = {each.name for each in found.of("run") if len(each.of) == 1}
    assert lacking == {
        *("heat_capacity", "thermal_conductivity"),
        *("contact_angle", "yield_stress", "start_pore_diameter"),
    }
    assert [each.name for each in found.of("filtration")] == ["contact_angle"]
    (pair,) = (each for each in found if each.of == ("water", "DMF"))
    assert "water-DMF-PES" in pair.advice
    with pytest.raises(mk.InputError, match="use"):
        found.of("a swim")


def test_the_same_is_told_of_a_solution_as_of_its_names():
    solution = mk.CastingSolution.from_parts({"PAN": 15, "DMF": 85})
    by_names = mk.missing(PAN)
    assert named(mk.missing(solution)) == named(by_names)
    assert named(mk.missing(["DMF", mk.materials["PAN"]])) == named(by_names)
    process = mk.cases["example1"].process
    assert named(mk.missing(solution, process)) == named(by_names)


def test_what_a_run_refuses_is_what_is_told():
    solution = mk.CastingSolution.from_parts(
        {without("PSF", "yield_stress"): 15, without("NMP", "viscosity"): 85}
    )
    process = mk.cases["example2"].process
    found = mk.missing(solution, process)
    told = [(each.of[0], each.name) for each in found.of("run")]
    assert sorted(told) == sorted(limits.missing(solution, process))
    with pytest.raises(mk.MaterialError) as refusal:
        mk.simulate(solution, process)
    assert all(f"{name} of {of}" in str(refusal.value) for of, name in told)


def test_the_bath_and_the_support_count_with_a_process():
    process = mk.Process(
        wet_thickness="150 um",
        steps=[mk.Immersion(bath="ethanol", temperature="25 degC", time="1 min")],
    )
    solution = mk.CastingSolution.from_parts({"PSF": 15, "NMP": 85})
    assert not mk.missing(solution)
    found = mk.missing(solution, process)
    assert (("polysulfone P-3500", "ethanol"), "interaction") in named(found)


def test_a_named_set_is_held_to():
    name = "water-NMP, UNIFAC-DO"
    both = {"PSF": 15, "NMP": 85}
    with pytest.raises(mk.MaterialError):
        mk.CastingSolution.from_parts(both, interactions=name)
    solution = mk.CastingSolution.from_parts(
        both, interactions="water-NMP-polysulfone, Wei 2006"
    )
    assert not mk.missing(solution)


def test_a_liquid_without_a_vapor_pressure_is_told_to_stay():
    gone = ("saturation_pressure", "enthalpy_of_vaporization", "diffusion_volume")
    found = mk.missing([without("NMP", *gone), "PSF"])
    assert not found.lacks
    assert found.notes == ("NMP has no saturation_pressure: it counts as not volatile",)


def test_a_swelling_agent_of_one_average_lacks_the_other_as_a_chain():
    found = mk.missing([without("PVP K30", "number_average_molar_mass")])
    assert [each.name for each in found] == ["number_average_molar_mass"]
    assert found.lacks[0].needed_for == ("phase diagram", "run")


@pytest.mark.parametrize("given", ["PSF", 3, [], [3], ["glass"]])
def test_what_is_no_system_is_refused(given):
    with pytest.raises(mk.InputError, match="solution"):
        mk.missing(given)
    with pytest.raises(mk.InputError, match="process"):
        mk.missing(["PSF"], 3)


def test_an_unknown_substance_is_an_error_with_its_nearest_name():
    with pytest.raises(mk.MaterialError, match="did you mean"):
        mk.missing(["polysulfon", "water"])


# -------------------------------------------------------------------------- estimates
def test_estimates_are_made_on_request_only():
    assert {each.estimate for each in mk.missing(PAN)} == {None}
    assert mk.missing(PAN).to_toml() == ""
    with_method = {each.name for each in mk.missing(PAN) if each.method}
    found = mk.missing(PAN, estimates=True)
    estimated = {each.name for each in found if each.estimate}
    assert estimated == with_method
    assert estimated == {"heat_capacity", "thermal_conductivity", "start_pore_diameter"}


def emptied(name):
    """Return a substance that has kept what its kind requires, and no more."""
    kept = {
        *("density", "molar_mass", "saturation_pressure", "melting_temperature"),
        "weight_average_molar_mass",
    }
    return without(name, *set(mk.materials[name].properties) - kept)


@pytest.mark.parametrize("name", ["NMP", "PVDF", "PVP K30"])
def test_an_estimate_is_marked_and_near_what_the_file_says(name):
    bare = emptied(name)
    if name == "NMP":
        bare = bare.replace(melting_temperature="249 K")  # freezes at -24 degC
    found = mk.missing([bare], estimates=True)
    checked = 0
    for each in found:
        if each.estimate is None:
            continue
        value = each.estimate.value
        assert value.basis == "estimated"
        assert value.source == f"estimated: {each.method}"
        assert source_form(value.source) == "estimated"
        known = mk.materials[name].get(each.name)
        assert known.at() == pytest.approx(value.at(), rel=0.75)
        checked += 1
    assert checked >= 3


def test_clausius_and_clapeyron_give_the_heat_of_vaporization():
    for name in ("water", "acetone", "DMF"):
        guess = completeness.estimate(mk.materials[name], "enthalpy_of_vaporization")
        known = mk.materials[name].get("enthalpy_of_vaporization").at()
        assert guess.value.at() == pytest.approx(known, rel=0.1)
    assert completeness.estimate(emptied("PVDF"), "enthalpy_of_vaporization") is None


def test_every_method_estimates_a_property_that_something_reads():
    read = {
        name
        for each in (*mk.materials.values(), without("NMP", "molar_mass"))
        for names in limits.reads(
            each, membrane_polymer=each.kind == "polymer"
        ).values()
        for name in names
    }
    assert {*completeness.METHODS, *completeness.ADVICE} <= read


def test_estimates_are_ready_for_a_material_file(tmp_path):
    found = mk.missing([emptied("PVP K30"), emptied("NMP")], estimates=True)
    for name, kind in (("PVP K30", "swelling_agent"), ("NMP", "solvent")):
        tables = [
            each.estimate.toml for each in found if each.of == (name,) and each.estimate
        ]
        have = "weight_average_molar_mass" if name != "NMP" else "molar_mass"
        path = tmp_path / "own.toml"
        path.write_text(
            f'kind = "{kind}"\nname = "{name}"\n'
            '[density]\nvalue = "1 g/cm**3"\nsource = "label"\nbasis = "measured"\n'
            f'[{have}]\nvalue = "50 kg/mol"\nsource = "label"\nbasis = "measured"\n'
            + "\n".join(tables)
        )  # fmt: skip
        own = load_file(path)
        for each in found:
            if each.of == (name,) and each.estimate:
                assert own.get(each.name) == each.estimate.value


# -------------------------------------------------------------------- told and printed
def test_it_is_printed_shown_and_made_plain():
    found = mk.missing(PAN, estimates=True)
    text = str(found)
    assert text.isascii()
    assert "phase diagram: 2 missing" in text
    assert "interaction of water and DMF" in text
    assert 'source = "estimated: ' in text
    assert max(map(len, text.partition("For the material")[0].splitlines())) < 140
    assert "<td>interaction of water and DMF</td>" in found._repr_html_()
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["complete"] == dict.fromkeys(limits.USES, False)
    assert len(plain["missing"]) == len(found)
    assert hash(found)


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_the_command_tells_it_of_a_case_and_of_names(tmp_path):
    done = call("materials", "--for", "example3")
    assert done.exit_code == 0, done.output
    assert "run: complete" in done.stdout
    listed = call("materials", "--for", ", ".join(PAN), "--json")
    assert json.loads(listed.stdout) == mk.missing(PAN).to_dict()
    tight = call("materials", "--for", ",".join(PAN), "--json")
    assert tight.stdout == listed.stdout
    text = mk.cases["example2"].to_toml()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('"polysulfone P-3500" = 15', "PAN = 15"))
    found = json.loads(call("materials", "--for", str(path), "--json").stdout)
    assert {
        "of": ["water", "polyacrylonitrile"],
        "property": "interaction",
    }.items() <= (next(e for e in found["missing"] if e["of"][0] == "water").items())
    marked = call("materials", "--for", str(path), "--estimates").stdout
    assert 'basis = "estimated"' in marked


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--for", "example9"), "example9"),
        (("--for", "example1", "NMP"), "--for"),
        (("--estimates",), "--for"),
        (("--for", "water, watr"), "watr"),
    ],
)
def test_a_wrong_question_is_refused(given, told):
    done = call("materials", *given)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize("comma", [",", ", "])
def test_a_comma_inside_a_name_parts_nothing(comma):
    names = comma.join(["1,4-dioxane", "cellulose acetate", "water"])
    done = call("materials", "--for", names, "--json")
    assert json.loads(done.stdout)["missing"] == []
    names = comma.join(["water", "N,N-dimethylformamide", "1,2,3-propanetriol"])
    done = call("materials", "--for", names, "--json")
    assert json.loads(done.stdout)["components"] == ["water", "DMF", "glycerol"]
