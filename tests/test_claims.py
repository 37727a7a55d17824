"""The patent's claims: each met by one membrane and not by another, or why never."""

import dataclasses
import json
from pathlib import Path

import pytest
from records import make_record

import membranekit as mk
from membranekit import claims, windows
from membranekit.case import lasting_text
from membranekit.claims import RULES, check
from membranekit.errors import InputError
from membranekit.membrane import Membrane

MET, NOT_MET, UNDECIDED = "met", "not met", "not decidable"

# A recipe and a process that meet all that can be met; roles as the patent has them.
PARTS = {"PSF": 15, "NMP": 60, "PEG200": 15, "PVP": 5, "LiCl stock": 3}
STOCKS = {"LiCl stock": {"LiCl": 20, "water": 80}}
ROLES = {"PEG200": "nonsolvent", "PVP": "nonsolvent"}
AIR = {
    "time": "6 s",
    "temperature": "25 degC",
    "relative_humidity": "40 %",
    "air_speed": "0.7 m/s",
}
BATH = {"bath": "water", "temperature": "25 degC", "time": "5 min"}
LAYER = {
    "state": "inside",
    "depth": 12e-6,
    "pore_diameter": 0.15e-6,
    "margins": {
        **{"surface": 4.0, "back": 40.0, "zone": 0.1, "zones": 1.0},
        **{"needed": 1.46, "share": 1 / 3},
    },
}
GOOD = {
    "inputs": {},
    "layer": LAYER,
    "surface_pore_diameter": 0.6e-6,
    "support_side_pore_diameter": 6e-6,
    "specific_surface_area": 12e3,
    "coacervation_depth": 11e-6,
}
EVER = tuple(rule.number for rule in RULES if rule.number not in (8, 18))


def recipe(parts=PARTS, *, stocks=STOCKS, roles=ROLES):
    return mk.CastingSolution.from_parts(parts, stocks=stocks, roles=roles)


def steps(*, air=None, bath=None):
    made = [] if air is False else [mk.AirExposure(**{**AIR, **(air or {})})]
    made.append(mk.Immersion(**{**BATH, **(bath or {})}))
    return mk.Process(wet_thickness="150 um", steps=made)


def membrane(solution=None, process=None, *, layer=None, **changes):
    text, _ = lasting_text(solution or recipe(), process or steps())
    record = {**GOOD, "case_toml": text, **changes}
    if layer is not None:
        record["layer"] = {**LAYER, **layer}
    return Membrane.from_record(make_record(**record))


def example(name, air):
    """A made-up result of a run of a shipped case."""
    (run,) = mk.read_case(name).replace({"air.time": air}).runs
    inputs = {"air.time": air}
    return membrane(case_toml=run.to_toml()).with_inputs(inputs)


SURFACE = {"state": "surface", "depth": 0.0}
UNCLEAR = {"state": "not clear", "depth": None}


# ------------------------------------------------------------------- met, or never
def test_one_membrane_meets_all_claims_that_can_be_met_but_the_examples():
    found = check(membrane())
    assert set(found.of(MET)) == set(EVER) - {7, 16}
    assert set(found.of(UNDECIDED)) == {7, 8, 16, 18}


@pytest.mark.parametrize(
    ("name", "air"), [("example1", "6 s"), ("example2", "4 s"), ("example3", "15 s")]
)
def test_claims_7_and_16_are_met_by_the_examples_themselves(name, air):
    found = check(example(name, air))
    for number in (7, 16):
        assert found[number].verdict == MET
        assert found[number].numbers[0].value.m == 0.0
        assert name[-1] in found[number].numbers[0].name


def test_claim_8_is_never_met_for_it_is_a_photograph():
    for found in (check(membrane()), check(example("example2", "4 s"))):
        assert found[8].verdict == UNDECIDED
        assert "photograph" in found[8].why
    assert check(membrane(layer=SURFACE))[8].verdict == NOT_MET


def test_claim_18_is_never_met_for_it_is_a_use():
    found = check(membrane())
    assert found[18].verdict == UNDECIDED
    assert found[18].subject == "use"
    assert "a use" in found[18].why
    assert check(membrane(layer=SURFACE))[18].verdict == NOT_MET


# ------------------------------------------------------------------------- not met
PLAIN = {"PSF": 15, "NMP": 85}


def plain(parts):
    return recipe(parts, stocks=None, roles=None)


@pytest.mark.parametrize(
    ("number", "missing"),
    [
        (1, membrane(layer=SURFACE)),
        (2, membrane(layer={"depth": 40e-6})),
        (2, membrane(layer={"depth": 0.9e-6})),
        (3, membrane(plain({"PVDF": 20, "DMAc": 80}))),
        (4, membrane(support_side_pore_diameter=5.9e-6)),
        (4, membrane(support_side_pore_diameter=601e-6)),
        (5, membrane(specific_surface_area=8e3)),
        (6, membrane(specific_surface_area=81e3)),
        (7, membrane(plain({"PES": 15, "NMP": 85}))),
        (9, membrane(plain(PLAIN), coacervation_depth=0.0)),
        (9, membrane(recipe(PLAIN, stocks=None, roles={"NMP": "nonsolvent"}))),
        (10, membrane(process=steps(bath={"bath": "methanol"}))),
        (11, membrane(process=steps(air={"air_speed": "0.2 m/s"}))),
        (11, membrane(process=steps(air={"relative_humidity": "10 %"}))),
        (11, membrane(process=steps(air={"air_speed": None, "cover": "5 mm"}))),
        (11, membrane(process=steps(air={"time": "0 s"}))),
        (11, membrane(process=steps(air=False))),
        (12, membrane(recipe(roles=None))),
        (12, membrane(plain(PLAIN))),
        (12, membrane(plain({"PSF": 15, "NMP": 42, "water": 43}))),
        (13, membrane(plain({"PSF": 36, "NMP": 64}))),
        (13, membrane(plain({"PSF": 4.9, "NMP": 95.1}))),
        (14, membrane(plain(PLAIN))),
        (15, membrane(recipe({**PARTS, "LiCl stock": 9}))),
        (15, membrane(recipe({**PARTS, "LiCl stock": 0.2}))),
        (15, membrane(recipe(stocks={"LiCl stock": {"LiCl": 61, "water": 39}}))),
        (15, membrane(plain({"PSF": 15, "NMP": 80, "LiCl": 5}))),
        (16, membrane(plain({"PES": 15, "NMP": 85}))),
        (17, membrane(layer=SURFACE)),
    ],
)
def test_a_membrane_that_does_not_meet_a_claim(number, missing):
    claim = check(missing)[number]
    assert claim.verdict == NOT_MET
    if number != 17:  # which has no number of its own
        assert NOT_MET in [each.verdict for each in claim.numbers]


def test_each_claim_is_met_by_some_membrane_and_not_by_another():
    missed = {
        each.args[0] for each in marks(test_a_membrane_that_does_not_meet_a_claim)
    }
    assert missed >= set(EVER)


def marks(test):
    (mark,) = [each for each in test.pytestmark if each.name == "parametrize"]
    return [dataclasses.make_dataclass("Row", ["args"])(row) for row in mark.args[1]]


def test_claim_11_takes_the_one_step_that_meets_both_limits():
    slow = mk.AirExposure(**{**AIR, "air_speed": "0.1 m/s"})
    dry = mk.AirExposure(**{**AIR, "relative_humidity": "5 %"})
    both = mk.AirExposure(**AIR)
    bath = mk.Immersion(**BATH)
    for given, verdict in (([slow, dry], NOT_MET), ([slow, dry, both], MET)):
        process = mk.Process(wet_thickness="150 um", steps=[*given, bath])
        assert check(membrane(process=process))[11].verdict == verdict


# ------------------------------------------------------------------- not decidable
@pytest.mark.parametrize(
    ("number", "unclear", "why"),
    [
        (1, membrane(layer=UNCLEAR), "clear"),
        (2, membrane(layer=UNCLEAR), "claim 1"),
        (4, membrane(support_side_pore_diameter=None), "notes"),
        (5, membrane(specific_surface_area=None), "notes"),
        (9, membrane(layer=UNCLEAR), ""),
        (9, membrane(case_toml=""), "no case"),
        (9, membrane(coacervation_depth=None), ""),
        (10, membrane(process=steps(bath={"bath": {"water": 80, "NMP": 20}})), "mix"),
        (10, membrane(plain({"PSF": 15, "dichloroethane": 85})), "page 7"),
        (
            11,
            membrane(
                process=steps(air={"air_speed": None, "transfer_coefficient": "5 mm/s"})
            ),
            "transfer coefficient",
        ),
        (15, membrane(case_toml=""), "no case"),
        (16, membrane(), "LiCl 0.612 wt%, not 5; "),
    ],
)
def test_what_cannot_be_decided_says_why(number, unclear, why):
    claim = check(unclear)[number]
    assert claim.verdict == UNDECIDED
    assert why in claim.why


def test_without_a_case_what_the_sheet_refuses_is_refused():
    found = check(membrane(case_toml="", layer=SURFACE, coacervation_depth=0.0))
    assert set(found.of(NOT_MET)) == set(range(1, 19))
    found = check(membrane(case_toml=""))
    assert found.of(MET) == (1, 2, 4, 5, 6)
    assert found[3].verdict == UNDECIDED
    assert found.of(NOT_MET) == ()


def test_the_case_of_a_whole_series_is_read_at_the_inputs_of_the_run():
    case = mk.read_case("example1")
    bare = membrane(case_toml="")
    for time, blown in (("0 s", False), ("6 s", True)):
        found = check(bare.with_inputs({"air.time": time}, case))
        assert (found[11].verdict == MET) is blown
        assert (found[7].verdict == MET) is blown
    for inputs in ({"air.time": "7 s"}, {}):
        found = check(bare.with_inputs(inputs, case))
        assert found[11].verdict == UNDECIDED
        assert "no run with the inputs" in found[11].why


# --------------------------------------------------------------------- dependence
def test_a_dependent_claim_falls_with_what_it_depends_on():
    found = check(membrane(layer=SURFACE))
    assert set(found.of(NOT_MET)) == set(range(1, 19))
    assert found[5].numbers[0].verdict == MET
    assert "it needs one of claims 1 to 4: not met" in found[5].why


def test_any_preceding_claim_is_a_choice():
    """A PVDF sheet misses claim 3 and may meet claims 4 to 6 through claim 1."""
    found = check(example("example1", "6 s"))
    assert found[3].verdict == NOT_MET
    assert found.of(MET)[:5] == (1, 2, 4, 5, 6)


def test_claim_6_needs_claim_5():
    found = check(membrane(specific_surface_area=8e3))
    assert found[6].numbers[0].verdict == MET
    assert found[6].verdict == NOT_MET


def test_a_process_that_makes_a_membrane_outside_claim_2_still_meets_17():
    found = check(membrane(layer={"depth": 40e-6}))
    assert found[2].verdict == NOT_MET
    assert found[17].verdict == MET


def test_roles_decide_claims_12_and_15():
    parts = {"PSF": 15, "NMP": 70, "PEG200": 10, "PVP stock": 5}
    stocks = {"PVP stock": {"PVP": 30, "water": 70}}
    roles = {"PEG200": "nonsolvent"}
    one = check(membrane(recipe(parts, stocks=stocks, roles=roles)))
    assert one[12].verdict == one[15].verdict == MET
    other = check(membrane(recipe(parts, stocks=stocks, roles={"PVP": "nonsolvent"})))
    # PEG 200 in its usual role is a swelling agent, and no stock holds one
    assert (other[14].verdict, other[15].verdict) == (MET, NOT_MET)
    less = check(
        membrane(recipe(parts, stocks=stocks, roles={"water": "good_solvent"}))
    )
    assert less[12].verdict == NOT_MET


# ------------------------------------------------------------------------- limits
def test_limits_come_from_the_data(monkeypatch):
    facts = json.loads(json.dumps(windows._facts()))
    facts["windows"]["minimum_layer_depth"]["claim"] = "20..30 um"
    facts["windows"]["absolute_humidity"]["claim"] = "> 12 g H2O/kg air"
    facts["windows"]["polymer_concentration"]["claim"] = "16..35 wt%"
    before = check(membrane())
    monkeypatch.setattr(windows, "_facts", lambda: facts)
    after = check(membrane())
    for number in (2, 11, 13):
        assert before[number].verdict == MET
        assert after[number].verdict == NOT_MET
    assert "20 to 30 um" in after[2].asks


def test_the_numbers_are_those_of_the_membrane():
    found = check(membrane())
    assert found[2].numbers[0].value == mk.Quantity(12, "um")
    assert found[4].numbers[0].value.m == pytest.approx(10)
    assert found[5].numbers[0].value.m_as("m**2/g") == pytest.approx(12)
    humidity, speed = found[11].numbers
    assert humidity.value.m_as("g/kg") == pytest.approx(7.88, rel=1e-2)
    assert speed.value == mk.Quantity(0.7, "m/s")
    liquids = 60 + 15 + 5 + 2.4
    share = found[12].numbers[0].value.m_as("percent")
    assert share == pytest.approx(100 * 22.4 / liquids)
    assert found[13].numbers[0].value.m_as("percent") == pytest.approx(1500 / 98)
    concentration, amount = found[15].numbers
    assert concentration.value.m_as("percent") == pytest.approx(20)
    assert 1 < amount.value.m_as("percent") < 5


# -------------------------------------------------------------------- what it gives
def test_the_result_is_frozen_readable_and_json():
    found = check(membrane())
    assert len(found) == 18
    assert [each.number for each in found] == list(range(1, 19))
    text = str(found)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 88
    assert "absolute humidity: 7.88 g/kg (asked: more than 2 g/kg)" in " ".join(
        text.split()
    )
    assert found._repr_html_().endswith("</table>")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found[1].verdict = MET
    found[2].numbers[0].value.ito("m")
    assert found[2].numbers[0].value == mk.Quantity(12, "um")
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(document["claims"]) == 18
    second = document["claims"][1]
    assert second["claim"] == 2
    assert second["numbers"] == [
        {
            "name": "depth of the layer",
            "value": {"value": 12.0, "unit": "um"},
            "limit": "1 to 30 um",
            "verdict": MET,
        }
    ]
    assert mk.claims is claims


def test_bad_input_is_a_clear_error():
    with pytest.raises(InputError, match="str is no membrane; give what simulate"):
        check("example1")
    with pytest.raises(InputError, match="a list: check one at a time"):
        check([membrane()])
    failed = membrane(success=False, message="The step became too small.", layer={})
    with pytest.raises(InputError, match=r"did not succeed .*step became too small"):
        check(failed)
    found = check(membrane())
    for number in (0, 19, "1"):
        with pytest.raises(InputError, match="1 to 18"):
            found[number]
    with pytest.raises(InputError, match="meet"):
        found.of("meet")


def test_a_screening_run_has_no_pores_to_decide_by():
    run = mk.read_case("example2").replace({"air.time": "4 s"}).runs[0]
    fast = mk.simulate(run.solution, run.process, mode="fast", cells=40)
    found = check(fast)
    assert found[1].verdict == UNDECIDED
    assert found[9].verdict == UNDECIDED


def test_a_simulated_example_is_read_back_with_its_recipe():
    run = mk.read_case("example2").replace({"air.time": "4 s"}).runs[0]
    (made,) = mk.simulate_many([run], cells=40, history=False)
    found = check(made)
    assert found[3].numbers[0].value == "polysulfone P-3500"
    assert found[16].numbers[0].value.m == 0.0
    assert found[12].verdict == NOT_MET
    named = check(mk.simulate(run.solution, run.process, cells=40, history=False))
    assert [each.verdict for each in named] == [each.verdict for each in found]


# ------------------------------------------------------------------------- the page
def test_the_page_of_the_claims_is_what_the_code_does():
    page = (Path(__file__).parents[1] / "docs" / "claims.md").read_text("utf-8")
    assert claims.markdown() in page


def test_the_windows_on_the_page_are_those_of_the_data():
    page = (Path(__file__).parents[1] / "docs" / "claims.md").read_text("utf-8")
    table = page[page.index("| what | window | from |") :]
    polymer, preferred = (
        windows.window("polymer_concentration", which)
        for which in ("claim", "preferred")
    )
    rows = [
        (f"{polymer.text}, preferred {preferred.text}", polymer, preferred.source),
        *(
            (f"{lead}{limit.text}", limit, "")
            for lead, limit in (
                ("preferred ", windows.window("nonsolvent_in_dope", "preferred")),
                ("", windows.window("good_solvent_to_nonsolvent")),
                ("", windows.window("swelling_agent_solution", "concentration")),
                ("", windows.window("swelling_agent_solution", "amount")),
                ("", windows.window("absolute_humidity")),
                ("", windows.window("air_speed")),
            )
        ),
    ]
    for text, limit, more in rows:
        source = ", ".join(filter(None, [limit.source, more]))
        assert f" | {text} | {source} |" in table
    assert table.count("\n| ") == len(rows)
