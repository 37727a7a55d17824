"""What the fit may see, and that the shipped constants are in the files."""

import math
import re
from dataclasses import fields, replace
from functools import lru_cache
from importlib.resources import files

import pytest

from membranekit import calibration, library
from membranekit.case import read_case
from membranekit.constants import CONSTANTS

DATA = (files("membranekit") / "data" / "examples.toml").read_text(encoding="utf-8")


EXAMPLES = ("example1", "example2", "example3")
PSF = "polysulfone P-3500"


def shipped_set(example):
    """Return the interactions that a shipped case runs with."""
    names = [each.name for each in read_case(example).runs[0].solution.components]
    return library.interaction_set(list(dict.fromkeys(["water", *names])))


def threefold(text):
    """Multiply every number of every row marked predict by three."""
    lines = []
    for line in text.splitlines():
        if '"predict"' in line:
            line = re.sub(r"\d+(\.\d+)?", lambda m: str(3 * float(m[0])), line)
        lines.append(line)
    return "\n".join(lines)


def test_no_predict_row_is_read():
    changed = threefold(DATA)
    assert changed != DATA
    assert calibration.targets(changed) == calibration.targets(DATA)
    assert calibration.labels(changed) == calibration.labels(DATA)


def test_a_calibrate_row_is_read():
    changed = DATA.replace(
        'minimum_layer_depth = "2 um"', 'minimum_layer_depth = "3 um"'
    )
    assert calibration.targets(changed) != calibration.targets(DATA)


def test_a_range_counts_by_its_geometric_mean():
    row = next(
        each
        for each in calibration.targets()
        if each.example == "example3" and each.quantity == "surface_pore"
    )
    assert row.value == pytest.approx((0.5e-6 * 1e-6) ** 0.5)


def test_the_shipped_constants_are_where_the_fit_starts_from():
    """Each fitted constant stands once, in the file of what it belongs to."""
    start = calibration.START

    def g(first, second):
        """Return a pair's value, which is one in the sets of all examples."""
        (found,) = {
            each.pair(first, second).at(0.5)
            for each in map(shipped_set, EXAMPLES)
            if {first, second} <= set(each.components)
        }
        return found

    shipped = {
        "mobility": CONSTANTS["small_molecule_mobility"].value,
        "pvp": g("PVDF", "PVP K30"),
        "gelation": library.lookup("PVDF").get("gelation_fraction").at(),
        "water_pvdf": g("water", "PVDF"),
        "growth": CONSTANTS["growth_speed"].value,
        "pvdf_start": library.lookup("PVDF").get("start_pore_diameter").at(),
        "psf_start": library.lookup("PSF").get("start_pore_diameter").at(),
        "back_pore": CONSTANTS["support_side_pore"].value,
        "back_uptake": CONSTANTS["support_side_uptake"].value,
        "roughness": CONSTANTS["roughness"].value,
    }
    for name, value in shipped.items():
        assert getattr(start, name) == pytest.approx(value, rel=1e-3), name


def test_pvp_meets_either_membrane_polymer_alike():
    """One number of one source counts as one constant."""
    pairs = [
        shipped_set(example).pair(polymer, "PVP K30")
        for example, polymer in zip(EXAMPLES, ("PVDF", *[PSF] * 2), strict=True)
    ]
    assert len({(pair.at(0.5), pair.source) for pair in pairs}) == 1


def test_one_run_uses_the_constants_it_is_given():
    start = calibration.START
    slow = replace(start, growth=1e-12, back_pore=1e-12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "CELLS", 40)
        usual = calibration.run("example1", "4 s", start)
        flat = calibration.run("example1", "4 s", slow)
    assert flat.pore.max() == pytest.approx(start.pvdf_start, rel=1e-2)
    assert usual.pore[0] > 1.5 * flat.pore[0]
    assert flat.coacervation_depth == pytest.approx(usual.coacervation_depth, rel=1e-6)
    # the support side follows the water taken up in the air; water is first
    law = start.back_pore * (1.0 - usual.air_out[0] / start.back_uptake)
    assert usual.pore[-1] == pytest.approx(law, rel=0.1)


@pytest.fixture
def coarse():
    """Count cells coarsely, take few steps, and run no inputs twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "CELLS", 20)
        patch.setattr(calibration, "STEPS", {"gelation": 0.2})
        patch.setattr(calibration, "run", lru_cache(maxsize=None)(calibration.run))
        yield calibration.fit(DATA)


def test_the_fit_does_not_know_what_it_is_to_predict(coarse):
    assert calibration.fit(threefold(DATA)) == coarse


@pytest.fixture(scope="module")
def shapes():
    """Return the runs at the shipped cloud points, finer: labels need it."""
    known, states = calibration.targets(DATA), calibration.labels(DATA)
    places = [(each.example, each.air_time) for each in (*known, *states)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "CELLS", 100)
        return calibration.shapes(places, calibration.START)


def is_fine(target):
    return target.quantity in ("surface_pore", "minimum_pore")


def rms(known, shapes, constants):
    """Return the root mean square logarithm of the six fine diameters."""
    off = [
        math.log(calibration.predicted(each, shapes, constants) / each.value)
        for each in known
        if is_fine(each)
    ]
    assert len(off) == 6
    return math.sqrt(sum(each**2 for each in off) / len(off))


def test_where_no_front_forms_nothing_fits(shapes):
    known, states = calibration.targets(), calibration.labels()
    start = calibration.START
    assert calibration.misfit(known, states, shapes, start) < 0.5
    place = "example1", "2 s"
    without = {**shapes, place: replace(shapes[place], front=0.0)}
    assert calibration.misfit(known, states, without, start) == math.inf


def test_a_calibrate_diameter_moves_its_constants(shapes):
    changed = DATA.replace('surface_pore = "0.15 um", m', 'surface_pore = "0.45 um", m')
    assert changed != DATA
    known, states = calibration.targets(changed), calibration.labels(changed)
    start = calibration.START
    moved = calibration.fit_structure(known, states, shapes, start)
    same = calibration.fit_structure(calibration.targets(), states, shapes, start)
    assert moved.growth > 1.05 * same.growth


def test_diameters_in_another_order_than_the_patents_cannot_be_fitted(shapes):
    """With the six diameters shifted among their rows the fit has little to hold."""
    known, states = calibration.targets(), calibration.labels()
    fine, others = (
        [e for e in known if is_fine(e)],
        [e for e in known if not is_fine(e)],
    )
    start = calibration.START
    true = rms(known, shapes, calibration.fit_structure(known, states, shapes, start))
    for shift in range(1, 6):
        values = [each.value for each in fine[shift:] + fine[:shift]]
        shifted = [replace(e, value=v) for e, v in zip(fine, values, strict=True)]
        wrong = [*others, *shifted]
        constants = calibration.fit_structure(wrong, states, shapes, start)
        assert rms(wrong, shapes, constants) > 2.0 * true
        factors = [
            calibration.predicted(each, shapes, constants) / each.value
            for each in shifted
        ]
        assert max(abs(math.log(each)) for each in factors) > math.log(2.0)


@pytest.mark.refit
def test_the_shipped_constants_are_what_the_fit_gives():
    """At the cells of the fit: a minute or two."""
    start = calibration.START
    found = calibration.fit(DATA)
    for each in fields(start):
        shipped = getattr(start, each.name)
        assert getattr(found, each.name) == pytest.approx(shipped, rel=1e-3), each.name


def test_the_specific_surface_is_read_in_si():
    found = [e for e in calibration.targets() if e.quantity == "specific_surface_area"]
    assert [(e.example, e.air_time, e.value) for e in found] == [
        ("example3", "15 s", pytest.approx(41e3))
    ]
