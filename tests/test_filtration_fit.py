"""The fit of the filtration constants: what it reads, what it gives, what follows."""

import math
import re
from importlib.resources import files

import pytest

import membranekit as mk
from membranekit import filtration_fit as fit
from membranekit.filtration import capture

DATA = (files("membranekit") / "data" / "examples.toml").read_text(encoding="utf-8")


def predict_rows_changed():
    """Return the data with the numbers of rows marked ``predict`` threefold."""
    lines = []
    for line in DATA.splitlines():
        if 'role = "predict"' in line:
            line = re.sub(
                r"(particles_passed = |volume_to_blocking = \")([0-9]+)",
                lambda found: found[1] + str(3 * int(found[2])),
                line,
            )
        lines.append(line)
    return "\n".join(lines)


def test_no_row_marked_predict_is_read():
    for table in ("table2", "example4"):
        found = fit.rows(table)
        assert found
        assert all(row["role"] == "calibrate" for row in found.values())
    assert not any("example2" in name for name in fit.rows("table2"))


def test_shipped_constants_are_the_output_of_the_fit():
    found = fit.fit_capture()
    assert capture.PASSAGE / found.passage == pytest.approx(1.0, abs=1e-3)
    assert capture.HETEROGENEITY / found.heterogeneity == pytest.approx(1.0, abs=1e-3)


def test_predict_rows_do_not_move_the_fit():
    changed = predict_rows_changed()
    assert changed.count("90000") == 1
    assert fit.fit_capture(changed) == fit.fit_capture()
    assert fit.rows("example4", changed) == fit.rows("example4")


def test_the_fit_meets_its_two_rows():
    for name, passed in (("A", 2000.0), ("A'", 40.0)):
        found = fit.marketed(name).retention("0.236 um", pressure="1 atm")
        assert math.log10(1e6 * found.passed_fraction / passed) == pytest.approx(
            0.0, abs=0.01
        )


def test_another_count_gives_other_constants():
    other = DATA.replace("particles_passed = 40 ", "particles_passed = 80 ")
    assert other != DATA
    found, usual = fit.fit_capture(other), fit.fit_capture()
    assert found.heterogeneity < 0.9 * usual.heterogeneity


def test_rows_that_no_constants_meet_are_told():
    with pytest.raises(mk.MembranekitError, match="no constant"):
        fit.fit_capture(
            DATA.replace("particles_passed = 40 ", "particles_passed = 3000 ")
        )


def test_example4_is_fitted_to_one_volume_at_one_end_point():
    """With any two sheets: the share of latex gives the comparative one its volume."""
    make = mk.Membrane.from_profile
    tight = make(["0 um", "99 um"], ["0.18 um", "2 um"], "80 %", polymer="PSF")
    found = fit.example4(tight, tight.flipped(), ends=(0.1, 0.3))
    assert found[0].comparative == pytest.approx(5.0, rel=1e-4)
    assert found[0].share == found[1].share
    assert found[1].comparative < found[0].comparative
    assert found[0].ratio == pytest.approx(found[0].example3 / 5.0, rel=1e-4)
    assert fit.latex_share(tight) == found[0].share


def test_a_sheet_that_never_blocks_or_too_late_has_no_share_of_latex():
    coarse = mk.Membrane.from_profile(["0 um", "9 um"], ["9 um", "9 um"], "80 %")
    with pytest.raises(mk.MembranekitError, match="no share of the latex"):
        fit.latex_share(coarse)
    tight = mk.Membrane.from_profile(["0 um", "99 um"], ["0.18 um", "2 um"], "80 %")
    less = DATA.replace('"500 ml/cm**2"', '"0.5 ml/cm**2"')
    assert less != DATA
    with pytest.raises(mk.MembranekitError, match="no share of the latex"):
        fit.latex_share(tight, less)
