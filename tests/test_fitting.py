"""The fit to cloud points: what it finds, how sure it is, and what it refuses."""

import builtins
import csv
import dataclasses
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

import membranekit as mk
from membranekit import fitting, library
from membranekit.errors import (
    InputError,
    MaterialError,
    MembranekitError,
    MissingExtraError,
    OutputError,
    UnitError,
)
from membranekit.interaction_text import interaction_text
from membranekit.mixtures import mixture_of
from membranekit.substances import Ternary
from membranekit.thermo import titration
from membranekit.thermo.flory_huggins import cloud_point

NAMES = ["water", "NMP", "polysulfone P-3500"]
WEI = "water-NMP-polysulfone, Wei 2006"
G13, G23 = "g(water, PSF)", "g(NMP, PSF)"
ROOM = 298.15


def densities():
    return np.array([library.lookup(name).get("density").at() for name in NAMES])


def cloud_mass(given, polymer, temperature=ROOM):
    """The water at the cloud point of a solution with this mass share of polymer."""
    mixture = mixture_of(NAMES, given)
    rho = densities()
    rest = np.array([0.0, (1 - polymer) / rho[1], polymer / rho[2]])
    added = titration.onset(mixture, rest, 0, temperature).amount * rho[0]
    return added / (1 + added)


def uptake_mass(given):
    """The water in polysulfone that lies in water."""
    phi = titration.swollen(mixture_of([NAMES[0], NAMES[2]], given), ROOM)
    liquid = phi * densities()[0]
    return liquid / (liquid + (1 - phi) * densities()[2])


POLYMER = np.array([0.28, 0.2, 0.15, 0.11, 0.09, 0.02])


@pytest.fixture(scope="module")
def true():
    return library.interaction_set((), WEI)


@pytest.fixture(scope="module")
def water(true):
    return np.array([cloud_mass(true, polymer) for polymer in POLYMER])


def table(water, polymer=POLYMER):
    return {
        "w_water": water,
        "w_NMP": (1 - water) * (1 - polymer),
        "w_PSF": (1 - water) * polymer,
    }


def fit(points, free=(G13,), given=WEI, **more):
    return mk.fit_interactions(
        points, set=given, free=free, **{"temperature": "25 degC", **more}
    )


def off(true, g13=2.5, g23=-0.2):
    """The set to begin with, away from the truth."""
    for name, g in (("water", g13), ("NMP", g23)):
        true = true.with_pair(name, NAMES[2], g, source="a start", basis="chosen")
    return true


# ------------------------------------------------------------------ what it recovers


def test_exact_points_give_their_parameters_back(true, water):
    found = fit(table(water), [G13, G23], off(true))
    assert found[G13].value == pytest.approx(2.33, abs=1e-5)
    assert found[G23].value == pytest.approx(0.02, abs=1e-5)
    assert found.rms < 1e-8


def test_points_below_and_above_the_critical_point_are_both_on_the_true_binodal(true):
    polymer = np.array([0.3, 0.1, 0.05, 0.03, 0.005])
    water = np.array([cloud_mass(true, each) for each in polymer])
    found = fit(table(water, polymer), [G13], off(true, g23=0.02))
    assert found[G13].value == pytest.approx(2.33, abs=1e-6)


def test_a_coefficient_of_a_polynomial_and_a_pair_of_names_can_be_fitted(true, water):
    pairs = tuple(
        dataclasses.replace(pair, coefficients=(("c0", (0.6, 0, 0, 0, 0)), *rest))
        if pair.form == "polynomial" and (rest := pair.coefficients[1:])
        else pair
        for pair in off(true, g23=0.02).pairs
    )
    given = dataclasses.replace(off(true, g23=0.02), pairs=pairs)
    found = fit(table(water), ["c0(NMP, water)", ("PSF", "water")], given)
    assert found["c0(NMP, water)"].value == pytest.approx(0.5483, abs=1e-4)
    assert found["g(PSF, water)"].value == pytest.approx(2.33, abs=1e-4)


def test_a_law_of_temperature_is_kept_and_shifted():
    given = library.interaction_set((), "water-NMP-polysulfone, UNIFAC-DO refit")
    polymer = np.array([0.25, 0.15, 0.1])
    kelvin = np.array([293.15, 303.15, 323.15])
    shifted = fitting._Free("c0", given.pair("water", "NMP"), "c0").shifted(given, 0.1)
    water = np.array(
        [cloud_mass(shifted, p, t) for p, t in zip(polymer, kelvin, strict=True)]
    )
    points = {**table(water, polymer), "T [K]": kelvin}
    found = fit(points, ["c0(water, NMP)"], given)
    (parameter,) = found.parameters
    assert parameter.value == pytest.approx(0.4794, abs=1e-6)
    assert parameter.start == pytest.approx(0.3794, abs=1e-12)
    there = found.interactions.pair("water", "NMP")
    assert there.at(0.0, 333.15) == pytest.approx(0.5415 + 0.1, abs=1e-6)


def test_a_ternary_term_can_be_fitted(true):
    held = Ternary((*NAMES,), (0.0,) * 5, "water", "none", "chosen")
    given = dataclasses.replace(true, ternaries=(held,))
    wanted = dataclasses.replace(
        given, ternaries=(dataclasses.replace(held, terms=(-0.4, 0, 0, 0, 0)),)
    )
    water = np.array([cloud_mass(wanted, each) for each in POLYMER])
    found = fit(table(water), ["g(water, NMP, PSF)"], given)
    (parameter,) = found.parameters
    assert parameter.value == pytest.approx(-0.4, abs=1e-5)
    (term,) = found.interactions.ternaries
    assert term.basis == "fitted"
    assert term.terms[0] == pytest.approx(-0.4, abs=1e-5)


def shipped(name):
    place = files("membranekit") / "data" / "cloudpoints" / name
    lines = place.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def polymer_free(points, given, polymer):
    """The least-squares g(water, polymer) if the lean phase held no polymer."""
    names = ["water", "NMP", polymer]
    rho = np.array([library.lookup(name).get("density").at() for name in names])
    base = mixture_of(names, given)

    def errors(g):
        mixture = base.with_anchor("water", polymer, g[0])
        computed = []
        for volumes in np.array(list(points.values())).T / rho:
            held = volumes[:2] / volumes[2]
            added = cloud_point(mixture, held, 0, ROOM) * volumes[2] * rho[0]
            computed.append(added / (added + volumes[1:] @ rho[1:]))
        return np.array(computed) - points["w_water"]

    return least_squares(errors, [2.0], diff_step=1e-4, xtol=1e-6).x[0]


@pytest.mark.parametrize(
    ("polymer", "base", "published", "concentrated", "every"),
    [
        ("polysulfone P-3500", "Wei 2006", 2.36, 2.359, 2.354),
        ("polysulfone P-3500", "UNIFAC-DO refit", 2.00, 1.982, 1.974),
        ("PES", "Wei 2006", 1.88, 1.866, 1.855),
        ("PES", "UNIFAC-DO refit", 1.58, 1.558, 1.549),
    ],
)
def test_published_points_give_the_published_parameter(
    polymer, base, published, concentrated, every
):
    """Lau 1991 and Wang 1993, digitized from Fig. 1 of Wei 2006; g(NMP, polymer) = 0.

    The published numbers rest on rows with 4 % of polymer and more and on a lean phase
    without polymer, as the first check shows. What the lean phase does hold, and the
    dilute rows, whose other phase is the rich one, lower them by up to 0.03.
    """
    short = {"PES": "PES", "polysulfone P-3500": "PSF"}[polymer]
    system = {"PES": "PES", "polysulfone P-3500": "polysulfone"}[polymer]
    given = library.interaction_set((), f"water-NMP-{system}, {base}").with_pair(
        "NMP", polymer, 0.0, source="held", basis="chosen"
    )
    columns = ["w_water", "w_NMP", f"w_{polymer}"]
    rows = np.array(
        [
            [float(row[each]) for each in columns]
            for row in shipped(f"water_NMP_{short}.csv")
            if "Fig. 2" not in row["source"]
        ]
    )
    whole = dict(zip(columns, rows.T, strict=True))
    rich = dict(zip(columns, rows[rows[:, 2] >= 0.04].T, strict=True))
    assert polymer_free(rich, given, polymer) == pytest.approx(published, abs=0.01)
    for points, g in ((rich, concentrated), (whole, every)):
        (parameter,) = fit(points, [("water", polymer)], given).parameters
        assert parameter.value == pytest.approx(g, abs=2e-3)
        assert parameter.value == pytest.approx(published, abs=0.035)
        low, high = parameter.interval
        assert low < parameter.value < high < low + 0.15


# ---------------------------------------------------------------- how sure it is


@pytest.mark.parametrize("with_uptake", [False, True])
def test_intervals_hold_the_truth_as_often_as_they_say(true, water, with_uptake):
    """100 noisy titrations: each parameter in 90 to 99 of its intervals."""
    noise, draws = 0.001, 100
    random = np.random.default_rng(20)
    uptake = uptake_mass(true)
    values = np.array([2.33, 0.02])

    def swelling(mass):
        told = {"mass_fraction": f"{100 * mass:.12f} %", "temperature": "25 degC"}
        return told if with_uptake else ()

    inside, widths = [], []
    for _ in range(draws):
        points = table(water + noise * random.standard_normal(water.size))
        noisy = uptake + noise * random.standard_normal()
        found = fit(points, [G13, G23], swelling=swelling(noisy))
        ends = np.array([found[name].interval for name in (G13, G23)])
        inside.append((ends[:, 0] <= values) & (ends[:, 1] >= values))
        widths.append(ends[:, 1] - ends[:, 0])
        assert bool(found.inseparable) is not with_uptake
    counts = np.sum(inside, axis=0)
    assert np.all((counts >= 90) & (counts <= 99)), counts
    # the width from the covariance at the truth, Student's t with 5 or 4 left
    problem = fitting._Problem(
        true, table(water), [G13, G23], "25 degC", swelling(uptake), None, False, ()
    )
    problem.begin(np.zeros(2))
    _, jacobian = problem.errors(np.zeros(2))
    covariance = noise**2 * np.linalg.inv(jacobian.T @ jacobian)
    quantile = 2.5706 if with_uptake else 2.7764
    expected = 2 * quantile * np.sqrt(np.diag(covariance))
    ratio = np.mean(widths, axis=0) / expected
    assert np.all((ratio > 1 / 1.3) & (ratio < 1.3)), ratio


NOISE = 0.001 * np.array([1.0, -0.6, 0.3, -1.1, 0.8, -0.2])


def test_an_interval_ends_where_the_sum_of_squares_has_grown_by_t_squared(water):
    found = fit(table(water + NOISE), [G13])
    parameter = found[G13]
    best = float(found.residuals @ found.residuals)
    for end in parameter.interval:
        given = library.interaction_set((), WEI).with_pair(
            "water", NAMES[2], end, source="the end", basis="chosen"
        )
        errors = [
            cloud_mass(given, p) - w
            for p, w in zip(POLYMER, water + NOISE, strict=True)
        ]
        growth = (np.dot(errors, errors) - best) / (best / 5)
        assert growth == pytest.approx(2.5706**2, rel=0.01)


def test_the_standard_error_is_the_one_of_the_linearized_fit(true, water):
    found = fit(table(water + NOISE), [G13])
    ends = [
        np.array(
            [
                cloud_mass(
                    true.with_pair("water", NAMES[2], g, source="x", basis="chosen"), p
                )
                for p in POLYMER
            ]
        )
        for g in found[G13].value + np.array([-1e-4, 1e-4])
    ]
    slope = (ends[1] - ends[0]) / 2e-4
    variance = found.residuals @ found.residuals / (POLYMER.size - 1)
    expected = np.sqrt(variance / (slope @ slope))
    assert found[G13].standard_error == pytest.approx(expected, rel=1e-4)


def test_the_profile_itself_gives_the_ends_that_the_quick_way_gives(true, water):
    problem = fitting._Problem(
        true, table(water + NOISE), [G13, G23], "25 degC", (), None, False, ()
    )
    found = fit(table(water + NOISE), [G13, G23])
    x = np.array([each.value - each.start for each in found.parameters])
    problem.begin(x)
    errors, jacobian = problem.errors(x)
    variance = float(errors @ errors) / 4
    covariance = fitting._covariance(variance, jacobian, problem.titles)
    for k, each in enumerate(found.parameters):
        for side, end in zip((-1.0, 1.0), each.interval, strict=True):
            profile = problem._end_by_profile(x, k, side * 2.7764, covariance, variance)
            assert each.start + profile == pytest.approx(
                end, abs=0.02 * each.standard_error
            )


def test_inseparable_parameters_are_named(water):
    found = fit(table(water + NOISE), [G13, G23])
    assert found.inseparable == ((G13, G23),)
    assert found.correlation[0, 1] < -fitting.INSEPARABLE
    assert "Cloud points alone cannot separate g(water, PSF) from" in found.message
    assert found.message in str(found)
    assert "cannot separate" in found.interactions.note


SWAPPED = {
    "w_water": [0.2345, 0.1873, 0.1401, 0.0931],
    "w_NMP": [0.7038, 0.7491, 0.7940, 0.8381],
    "w_PSF": [0.0617, 0.0636, 0.0659, 0.0688],
}


def test_a_set_that_does_not_describe_the_points_is_said_so():
    found = fit(SWAPPED)
    assert found.rms > 0.05
    assert "does not describe these cloud points" in found.message
    assert f"rms error {found.rms:.2g} in mass fraction" in found.message
    assert "are columns swapped, is it this polymer" in found.message
    order = sorted(found.rows, key=lambda row: -abs(row.residual))
    worst = found.message.split("worst in ")[1]
    assert worst.startswith(f"{order[0].where}, measured {order[0].measured:.4f}")
    assert order[1].where in worst
    assert order[3].where not in worst
    assert "does not describe these cloud points" in found.to_toml()
    assert found.message in str(found)


def test_points_that_never_cloud_may_have_swapped_columns():
    turned = {**GOOD, "w_water": GOOD["w_NMP"], "w_NMP": GOOD["w_water"]}
    with pytest.raises(MembranekitError, match="see that no columns are swapped"):
        fit(turned)


def test_an_uptake_that_the_set_does_not_describe_is_said_so(water):
    uptake = {"mass_fraction": "20 %", "temperature": "25 degC"}
    found = fit(table(water), swelling=[uptake])
    assert "does not describe these uptakes" in found.message
    assert "worst in swelling 1, measured 0.2000" in found.message


def test_an_error_is_measured_against_stated_uncertainties(water):
    bent = water + 5 * NOISE
    assert fit(table(bent)).message == ""
    fine = fit({**table(bent), "uncertainty [wt%]": [0.1] * 6})
    assert "times the stated uncertainty, limit 2" in fine.message
    assert "the stated uncertainty is too small, or the model" in fine.message
    wide = fit({**table(bent), "uncertainty [wt%]": [0.3] * 6})
    assert wide.message == ""
    swapped = fit({**SWAPPED, "uncertainty [wt%]": [6.0] * 4})
    assert "does not describe" not in swapped.message


def test_the_saved_uncertainty_covers_the_error_of_the_points(true):
    # 40 points: the interval of their mean is far shorter than their scatter
    polymer = np.linspace(0.05, 0.25, 40)
    exact = np.array([cloud_mass(true, each) for each in polymer])
    found = fit(table(exact + 0.006 * (-1.0) ** np.arange(40), polymer))
    parameter = found[G13]
    reach = np.abs(np.array(parameter.interval) - parameter.value).max()
    assert parameter.uncertainty > 2.0 * reach
    ends = [
        true.with_pair(
            "water", NAMES[2], parameter.value + by, source="x", basis="chosen"
        )
        for by in (-1e-3, 1e-3)
    ]
    low, high = (np.array([cloud_mass(end, p) for p in polymer]) for end in ends)
    slope = np.sqrt(np.mean(((high - low) / 2e-3) ** 2))
    assert parameter.uncertainty == pytest.approx(found.rms / slope, rel=0.02)
    pair = found.interactions.pair("water", NAMES[2])
    assert float(pair.uncertainty) == pytest.approx(parameter.uncertainty, rel=0.06)
    assert "rms error if that is larger" in found.interactions.note


def test_points_without_scatter_are_as_uncertain_as_points_can_be(true, water):
    found = fit(table(water), given=off(true, g23=0.02))
    assert found.rms < 1e-8
    assert 1e-4 < found[G13].standard_error < 1e-2
    assert "closer to the fitted curve" in found.message
    assert "rest on 0.0003 in mass fraction" in found.message
    stated = fit({**table(water), "uncertainty [wt%]": [0.3] * 6})
    assert stated[G13].standard_error == pytest.approx(
        10 * found[G13].standard_error, rel=1e-3
    )
    assert "rest on the stated uncertainties" in stated.message


def test_a_repeated_row_is_no_further_point():
    row = {key: column[:1] * 4 for key, column in GOOD.items()}
    with pytest.raises(InputError, match=r"1 point cannot .*row 2 repeats points, row"):
        fit(row)
    twice = {key: [*column, *column] for key, column in GOOD.items()}
    once, found = fit(GOOD), fit(twice)
    assert found.parameters == once.parameters
    assert len(found.rows) == 4
    (note,) = found.notes
    assert "row 5 repeats points, row 1;" in note
    assert note.endswith("and 1 more; each counts once")
    assert note in found.interactions.note
    warm = {**twice, "T [degC]": [25] * 4 + [30] * 4}
    assert len(fit(warm).rows) == 8
    uptake = {"mass_fraction": "3.6 %", "temperature": "25 degC"}
    assert len(fit(GOOD, swelling=[uptake, uptake]).rows) == 5


def test_nothing_is_inseparable_when_one_is_held(water):
    found = fit(table(water + NOISE), [G13])
    assert found.inseparable == ()
    assert found.message == ""
    assert "cannot separate" not in found.to_toml()


def test_nothing_is_inseparable_when_an_uptake_is_added(true, water):
    uptake = f"{100 * uptake_mass(true):.4f} %"
    alone = fit(table(water + NOISE), [G13, G23])
    found = fit(
        table(water + NOISE),
        [G13, G23],
        swelling=[{"mass_fraction": uptake, "temperature": "25 degC"}],
    )
    assert found.inseparable == ()
    assert found.message == ""
    width = [np.diff(each[G23].interval)[0] for each in (alone, found)]
    assert width[1] < 0.5 * width[0]
    assert [row.kind for row in found.rows].count("swelling") == 1
    assert "1 uptake of water by the polymer" in found.interactions.pairs[1].source


def test_an_uptake_by_volume_is_that_by_mass(true, water):
    mass = uptake_mass(true)
    rho = densities()
    volume = (mass / rho[0]) / (mass / rho[0] + (1 - mass) / rho[2])
    values = [
        fit(
            table(water + NOISE),
            swelling={key: f"{100 * value:.10f} %", "temperature": "25 degC"},
        )[G13].value
        for key, value in (("mass_fraction", mass), ("volume_fraction", volume))
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-8)


def test_uncertainties_are_weights(water):
    bent = water.copy()
    bent[0] += 0.01
    doubt = np.array([1e3, 1, 1, 1, 1, 1]) * 0.1
    trusted = fit({**table(bent), "uncertainty [wt%]": doubt})
    assert trusted[G13].value == pytest.approx(2.33, abs=1e-3)
    assert abs(fit(table(bent))[G13].value - 2.33) > 1e-2


# --------------------------------------------------------------- how points are given


def test_the_same_points_by_any_title_give_the_same(water, tmp_path):
    mass = np.array(list(table(water + NOISE).values())).T
    volume = mass / densities()
    volume /= volume.sum(axis=1, keepdims=True)
    files_ = {
        "percent.csv": ("water [wt%],N-MP [wt%],PSU [wt%]", 100 * mass),
        "volume.csv": ("phi_polymer,phi_solvent,phi_nonsolvent", volume[:, ::-1]),
        "left.csv": ("water [vol%], PSF [vol%]", 100 * volume[:, ::2]),
        "grams.csv": ("# by weight\nPSF [g/kg],water [g/kg]", 1000 * mass[:, [2, 0]]),
    }
    values = [fit(table(water + NOISE))[G13].value]
    for name, (header, numbers) in files_.items():
        path = tmp_path / name
        lines = [",".join(f"{each:.12f}" for each in row) for row in numbers]
        path.write_text("\ufeff" + "\n".join([header, *lines, ""]), encoding="utf-8")
        values.append(fit(path)[G13].value)
    np.testing.assert_allclose(values, values[0], atol=1e-7)


def test_a_shipped_table_is_read_as_it_is():
    place = files("membranekit") / "data" / "cloudpoints" / "water_NMP_PSF_38C.csv"
    found = mk.fit_interactions(str(place), set=WEI, free=[G13])
    assert len(found.rows) > 10
    assert {row.temperature for row in found.rows} == {311.15}
    assert found.notes == ()


def test_temperatures_that_are_not_given_are_noted(water, tmp_path):
    path = tmp_path / "mine.csv"
    rows = np.array(list(table(water).values())).T
    lines = ["w_water,w_NMP,w_PSF,T_C,note"]
    lines += [f"{a},{b},{c},,x" for a, b, c in rows[:3]]
    lines += [f"{a},{b},{c},30,x" for a, b, c in rows[3:]]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = mk.fit_interactions(path, set=WEI, free=[G13])
    assert found.notes == (
        "3 rows of mine.csv without a temperature: taken as 25 degC",
    )
    assert [row.temperature for row in found.rows] == [298.15] * 3 + [303.15] * 3
    assert "3 rows of mine.csv" in found.interactions.note
    told = mk.fit_interactions(path, set=WEI, free=[G13], temperature="40 degC")
    assert told.notes == ()
    assert told.rows[0].temperature == pytest.approx(313.15)


def test_a_structured_array_is_read(water):
    columns = table(water)
    points = np.rec.fromarrays(list(columns.values()), names=",".join(columns))
    assert fit(points)[G13].value == pytest.approx(2.33, abs=1e-5)


# ------------------------------------------------------------------- the file it makes


@pytest.fixture(scope="module")
def found(water):
    return fit(table(water + NOISE), [G13, G23])


def test_the_material_file_reads_back_and_says_where_it_is_from(found, tmp_path):
    path = tmp_path / "fitted.toml"
    found.save(path)
    assert path.read_text(encoding="utf-8") == found.to_toml()
    back = library.load_file(path)
    assert dataclasses.replace(back, valid_temperature=None) == dataclasses.replace(
        found.interactions, valid_temperature=None
    )
    assert back.valid_temperature == pytest.approx(found.interactions.valid_temperature)
    pair = back.pair("water", NAMES[2])
    assert pair.basis == "fitted"
    assert pair.source.startswith("fitted: to points, 6 cloud points of water, NMP")
    assert f"rms error {found.rms:.2g}" in pair.source
    assert f"correlation with {G23} -0.99" in pair.note
    low, high = found[G13].interval
    reach = max(high - found[G13].value, found[G13].value - low)
    assert float(pair.uncertainty) == pytest.approx(reach, rel=0.06)
    assert not back.preferred
    assert back.fitted_to == "cloud points"


def test_only_what_was_free_has_changed(found, true):
    assert found.interactions.pair("water", "NMP") == true.pair("water", "NMP")
    assert found.interactions.pair("water", NAMES[2]) != true.pair("water", NAMES[2])
    held = fit({name: list(each) for name, each in table(POLYMER * 0 + 0.06).items()})
    assert held.interactions.pair("NMP", NAMES[2]) == true.pair("NMP", NAMES[2])


def test_the_file_serves_a_case(found, tmp_path):
    found.save(tmp_path / "fitted.toml")
    back = library.load_file(tmp_path / "fitted.toml")
    solution = mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 85},
        temperature="25 degC",
        extra=back,
        interactions=back.name,
    )
    assert solution.interactions == back.name


def test_a_file_is_not_written_over(found, tmp_path):
    path = tmp_path / "fitted.toml"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is there already, and is left as it is"):
        found.save(path)
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(InputError, match=r"ends in \.toml"):
        found.save(tmp_path / "fitted.txt")
    with pytest.raises(OutputError, match="No such file"):
        found.save(tmp_path / "nowhere" / "fitted.toml")


@pytest.mark.parametrize("name", library.materials.set_names)
def test_every_shipped_set_is_written_as_it_reads(name, tmp_path):
    given = library.interaction_set((), name)
    path = tmp_path / "set.toml"
    path.write_text(interaction_text(given), encoding="utf-8")
    back = library.load_file(path)
    assert interaction_text(back) == interaction_text(given)
    for a, b in zip(given.pairs, back.pairs, strict=True):
        assert dataclasses.replace(a, coefficients=()) == dataclasses.replace(
            b, coefficients=()
        )
        for kelvin in (288.15, 298.15, 330.0):
            for u in (0.1, 0.7):
                assert a.at(u, kelvin) == pytest.approx(b.at(u, kelvin), abs=1e-12)
    assert (given.classes, len(given.ternaries)) == (back.classes, len(back.ternaries))
    mixture_of(list(back.components), back)


def test_laws_ternaries_and_classes_are_written(true, tmp_path):
    (first, *others) = true.pairs
    law = (("c0", (0.1, 0.0, 0.0, 0.0, 200.0)), ("c1", (0.2, 0.0, 0.0, 0.0, 0.0)))
    three = Ternary((*NAMES,), (-0.3, 1e-3, 0.0, 0.0, 0.0), "NMP", "x", "chosen")
    given = dataclasses.replace(
        true,
        pairs=(dataclasses.replace(first, coefficients=law), *others),
        ternaries=(three,),
        classes=(("liquids", ("water", "NMP")),),
    )
    path = tmp_path / "set.toml"
    path.write_text(interaction_text(given), encoding="utf-8")
    back = library.load_file(path)
    assert back.pairs == given.pairs
    assert back.classes == given.classes
    assert back.ternaries[0].at(320.0) == pytest.approx(three.at(320.0), abs=1e-12)
    both = dataclasses.replace(first, coefficients=(("c0", (0.1, 1.0, 0, 0, 9.0)),))
    with pytest.raises(InputError, match="cannot hold"):
        interaction_text(dataclasses.replace(true, pairs=(both, *others)))


def test_the_report_shows_every_row_and_an_unknown_name_is_told(found):
    text = str(found)
    assert text.count("cloud point, measured") == 6
    assert "95 %:" in text
    assert "points, row 6" in text
    with pytest.raises(KeyError, match="the fitted parameters are"):
        found["g(water, NMP)"]


# --------------------------------------------------------------------- bad input

GOOD = {
    "w_water": [0.0617, 0.0636, 0.0659, 0.0688],
    "w_NMP": [0.7038, 0.7491, 0.7940, 0.8381],
    "w_PSF": [0.2345, 0.1873, 0.1401, 0.0931],
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w_water": [0.08, 0.06, 0.06, 0.06]}, "row 1: the fractions sum to 101.8 %"),
        ({"w_water": [0.0617, -0.06, 0.06, 0.06]}, "row 2: w_water: -0.06 is negative"),
        ({"w_water": [6.17, 6.36, 6.59, 6.88]}, "above all; is it percent"),
        ({"w_water": [0.0617, "x", 0.06, 0.06]}, "row 2: w_water: 'x' is no number"),
        ({"w_water": [0.0617, None, 0.06, 0.06]}, "row 2: w_water: a number is miss"),
        ({"w_water": [0.06, 0.06]}, "the columns differ in length"),
        ({"T [degC]": [25, 25, 70, 25]}, "row 3: 70 degC is outside the range of"),
        ({"T [degC]": [25, 25, 9000, 25]}, "row 3: .* is out of range"),
        ({"T [min]": [25, 25, 25, 25]}, "a temperature is in degC or K"),
        ({"amount": [1, 1, 1, 1]}, "'amount' does not say what the column holds"),
        ({"water": [1, 1, 1, 1]}, "'water' does not say what the column holds"),
        ({"": [1, 1, 1, 1]}, "column 4 has no title"),
        ({7: [1, 1, 1, 1]}, "the title 7 is no text"),
        ({"DMAc [wt%]": [1, 1, 1, 1]}, "'DMAc' is no component of the set"),
        ({"watr [wt%]": [1, 1, 1, 1]}, "did you mean water"),
        ({"w_H2O": [0.1, 0.1, 0.1, 0.1]}, "water has two columns"),
        ({"water [%]": [1, 1, 1, 1]}, "by mass or by volume"),
        ({"phi_H2O": [0.1, 0.1, 0.1, 0.1]}, "some columns are by mass, some by volume"),
        ({"uncertainty [vol%]": [1, 1, 1, 1]}, "some columns are by mass"),
        ({"uncertainty [wt%]": [0.1, 0.0, 1, 1]}, "row 2: .*must be above zero"),
        ({"w_PSF": None, "w_NMP": None}, "row 1: the fractions sum to 6.17 %"),
        ({"w_PSF": None, "w_NMP": [0.9383, 0.9364, 0.9341, 0.9312]}, "one polymer"),
        ({"w_water": [0.0, 0.06, 0.06, 0.06]}, "sum to"),
        ({each: [] for each in GOOD}, "there is no row of data"),
        (dict.fromkeys(GOOD), "no column of a component"),
    ],
)
def test_bad_points_are_refused_with_the_place(changes, message):
    points = {**GOOD, **changes}
    points = {key: column for key, column in points.items() if column is not None}
    with pytest.raises(InputError, match=message):
        fit(points)


def test_a_row_without_a_component_is_refused():
    with pytest.raises(InputError, match="row 1: there is no water"):
        fit(
            {
                **GOOD,
                "w_water": [0.0, *GOOD["w_water"][1:]],
                "w_NMP": [0.7655, 0.7491, 0.794, 0.8381],
            }
        )


def test_percent_that_are_fractions_are_seen():
    points = {f"{key[2:]} [wt%]": column for key, column in GOOD.items()}
    with pytest.raises(InputError, match="are these fractions, not percent"):
        fit(points)


@pytest.mark.parametrize("points", [3, [1, 2], {"w_water": "0.1"}, {"w_water": 0.1}])
def test_what_is_no_table_is_refused(points):
    with pytest.raises(InputError, match=r"CSV file or a mapping|no column of values"):
        fit(points)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "mine.csv: is empty"),
        (b"w_water;w_PSF\n0,06;0,2\n", "separate the columns with commas"),
        (b"w_water,w_PSF\n0,06,0,2\n", "line 2: 4 cells under 2 titles"),
        (b"w_water,w_PSF,\n0.06,0.2,1\n", "mine.csv: column 3 has no title"),
        (b"w_water,w_PSF\n", "no row of data"),
        (b"# x\n\nw_water,w_PSF\n0.06,-0.2\n", "mine.csv, line 4: w_PSF: -0.2 is neg"),
        (b"w_water,w_PSF\n0.06,0.2\n\xff", "is not UTF-8"),
        (b"\0" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_bad_file_is_refused_with_the_line(data, message, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        fit(path)
    with pytest.raises(InputError, match="cannot be read"):
        fit(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("free", "kind", "message"),
    [
        ([], InputError, "name what is to be fitted"),
        (["water/PSF"], InputError, "cannot be read; write it like"),
        (["g(water)"], InputError, "cannot be read"),
        ([("water",)], InputError, "cannot be read"),
        (["g(water, PSF)", "g(PSF, water)"], InputError, "stands twice"),
        (["g(water, H2O)"], InputError, "names a component twice"),
        (["h(water, PSF)"], InputError, r"is g\(water, polysulfone P-3500\)"),
        (["g(water, NMP)"], InputError, r"c0\(water, NMP\) c1\(water, NMP\)"),
        (["g(water, DMAc)"], MaterialError, "has no pair with DMAc; its components"),
        (["g(water, watr)"], MaterialError, "did you mean water"),
        (["g(water, NMP, PSF)"], MaterialError, r"\[\[ternary\]\] of the set"),
    ],
)
def test_what_cannot_be_free_is_refused(free, kind, message):
    with pytest.raises(kind, match=message):
        fit(GOOD, free)


def test_too_few_points_are_refused():
    few = {key: column[:2] for key, column in GOOD.items()}
    with pytest.raises(InputError, match=r"2 points .* 2 parameters.*3 or more"):
        fit(few, [G13, G23])
    with pytest.raises(InputError, match="1 point cannot fix 1 parameter and"):
        fit({key: column[:1] for key, column in GOOD.items()})


def test_what_the_points_do_not_hold_cannot_be_free():
    names = [each for each in library.materials.set_names if "PVP" in each]
    given = next(each for each in names if "polysulfone" in each and "LiCl" not in each)
    pvp = next(
        each
        for each in library.interaction_set((), given).components
        if each.startswith("PVP")
    )
    with pytest.raises(InputError, match="the points hold no PVP"):
        fit(GOOD, [("water", pvp)], given)


def test_a_set_must_be_known():
    with pytest.raises(MaterialError, match="did you mean water-NMP-polysulfone, Wei"):
        fit(GOOD, given="water-NMP-polysulfone, Wei 2007")
    with pytest.raises(InputError, match="give an interaction set or its name"):
        fit(GOOD, given=3)


def test_a_range_of_temperature_is_kept_unless_asked():
    hot = {**GOOD, "T [degC]": [25, 25, 70, 25]}
    found = fit(hot, extrapolate=True)
    assert "70 degC is outside the range" in found.notes[0]
    assert "outside the range" in found.to_toml()
    with pytest.raises(InputError, match="extrapolate=True"):
        fit(GOOD, temperature="70 degC")


def test_a_bare_temperature_is_refused():
    with pytest.raises(UnitError, match="temperature"):
        fit(GOOD, temperature=25)


@pytest.mark.parametrize(
    ("swelling", "message"),
    [
        ([3], "swelling 1: give it like"),
        ({"mass_fraction": "2 %"}, "temperature is missing"),
        ({"temperature": "25 degC"}, "either mass_fraction or volume_fraction"),
        ({"mass_fraction": "2 %", "volume_fraction": "2 %"}, "either mass_fraction"),
        ({"mass_fraction": 0.02, "temperature": "25 degC"}, "swelling 1: mass_fr"),
        ({"mass_fraction": "0 %", "temperature": "25 degC"}, "between 0 % and 100 %"),
        ({"mass_fraction": "2 %", "temperature": "90 degC"}, "outside the range"),
        ({"mass_fraction": "2 %", "uptake": "x"}, "unknown key 'uptake'"),
        (
            {"mass_fraction": "2 %", "temperature": "25 degC", "nonsolvent": "NMP"},
            "NMP is not what was titrated, water",
        ),
        (
            {"mass_fraction": "2 %", "temperature": "25 degC", "uncertainty": "0 %"},
            "uncertainty: must be above zero",
        ),
        (
            {"mass_fraction": "2 %", "temperature": "25 degC", "uncertainty": "1 %"},
            "uncertainties belong to all points and uptakes or to none",
        ),
    ],
)
def test_a_bad_uptake_is_refused(swelling, message):
    with pytest.raises(InputError, match=message):
        fit(GOOD, swelling=swelling)


def test_a_nonsolvent_must_be_in_the_table():
    with pytest.raises(InputError, match="nonsolvent: DMAc is no liquid of points"):
        fit(GOOD, nonsolvent="DMAc")
    assert fit(GOOD, nonsolvent="H2O")[G13].value > 2.0


def test_points_that_no_parameter_reaches_are_said_so(true):
    # with this start no solution demixes, and no small change makes one
    given = off(true, g13=0.1, g23=0.0)
    given = dataclasses.replace(
        given,
        pairs=tuple(
            dataclasses.replace(
                pair, form="constant", coefficients=(("g", (0.2, 0, 0, 0, 0)),)
            )
            if set(pair.between) == {"water", "NMP"}
            else pair
            for pair in given.pairs
        ),
    )
    with pytest.raises(MembranekitError, match="the solution never demixes; begin"):
        fit(GOOD, given=given)


def test_a_set_whose_liquids_demix_is_refused_with_the_row(true):
    (first, *others) = off(true, g13=1.0, g23=0.0).pairs
    law = (("c0", (1.4, 0, 0, 0, 0)), ("c1", (0.6, 0, 0, 0, 0)))
    changed = dataclasses.replace(first, coefficients=law)
    given = dataclasses.replace(true, pairs=(changed, *others))
    points = {"w_water": [0.2, 0.21, 0.22], "w_PSF": [0.008] * 3}
    with pytest.raises(MembranekitError, match="row 1: no cloud point can be found"):
        fit(points, given=given)


def test_an_end_that_is_nowhere_near_is_given_up_and_said(true, water, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_DEVIATIONS", 2.0)
    problem = fitting._Problem(
        true, table(water + NOISE), [G13], "25 degC", (), None, False, ()
    )
    x = np.array([fit(table(water + NOISE))[G13].value - 2.33])
    covariance = np.array([[1e-4]])
    end = problem._end_by_profile(x, 0, 4.0, covariance, 1.0)
    assert end > x[0] + 2.0 * 1e-2
    assert problem.notes == [
        f"the points fix no upper end of {G13}: it is given as 2 standard errors away"
    ]


def test_an_interval_ends_where_the_solvent_would_no_longer_dissolve(true):
    # above 0.55 NMP and polysulfone demix by themselves, whatever a dilute row says
    polymer = np.array([0.25, 0.2, 0.15, 0.12, 0.1, 0.07, 0.03, 0.015])
    water = np.array([cloud_mass(true, each) for each in polymer])
    noise = np.random.default_rng(3).standard_normal((8, 8))[7]
    found = fit(table(water + 0.006 * noise, polymer), [G13, G23])
    assert 0.4 < found[G23].interval[1] < 0.6


def test_the_examples_of_the_documentation_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = Path(__file__).parents[1] / "docs" / "fitting.md"
    text = place.read_text(encoding="utf-8")
    names = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(example, names)
    assert names["solution"].interactions == names["three"].interactions.name
    shown = capsys.readouterr().out
    assert "Cloud points alone cannot separate" in shown
    assert "\n()\n" in shown
    assert 'basis = "fitted"' in shown


def test_scipy_is_needed_and_only_here(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "scipy":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r'pip install "membranekit\[fit\]"'):
        fit(GOOD)
