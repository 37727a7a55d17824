"""What the fit may see, and that the shipped constants are in the files."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from membranekit import calibration, library
from membranekit.constants import CONSTANTS

DATA = (files("membranekit") / "data" / "examples.toml").read_text(encoding="utf-8")


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
    shipped = {
        "mobility": CONSTANTS["small_molecule_mobility"].value,
        "growth": CONSTANTS["growth_speed"].value,
        "pvdf_start": library.lookup("PVDF").get("start_pore_diameter").at(),
        "psf_start": library.lookup("PSF").get("start_pore_diameter").at(),
        "back_pore": CONSTANTS["support_side_pore"].value,
        "back_uptake": CONSTANTS["support_side_uptake"].value,
        "roughness": CONSTANTS["roughness"].value,
    }
    for name, value in shipped.items():
        assert getattr(start, name) == pytest.approx(value, rel=1e-3), name


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


def test_the_specific_surface_is_read_in_si():
    found = [e for e in calibration.targets() if e.quantity == "specific_surface_area"]
    assert [(e.example, e.air_time, e.value) for e in found] == [
        ("example3", "15 s", pytest.approx(41e3))
    ]
