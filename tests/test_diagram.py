"""Phase diagrams as a user meets them: from Python, as JSON, printed and drawn."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from click.testing import CliRunner
from records import make_record

import membranekit as mk
from membranekit import diagram as diagrams
from membranekit.cli import main
from membranekit.constants import CONSTANTS
from membranekit.thermo.phase_diagram import PLASTICIZATION

SYSTEM = ("water", "NMP", "PSF")
NAMES = ("water", "NMP", "polysulfone P-3500")


@pytest.fixture(scope="module")
def found():
    return mk.phase_diagram(*SYSTEM)


def run(*arguments):
    return CliRunner().invoke(main, ["diagram", *arguments])


# ------------------------------------------------------------------- from Python


def test_a_diagram_of_three_names(found):
    assert found.components == NAMES
    assert found.temperature == mk.Quantity(25.0, "degC")
    assert found.tie_lines.shape == (200, 2, 3)
    assert found.binodal.shape == (401, 3)
    assert (found.binodal[0] == found.tie_lines[0, 0]).all()
    assert (found.binodal[-1] == found.tie_lines[0, 1]).all()
    assert (found.binodal[200] == found.critical_point).all()
    assert found.binodal.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert found.spinodal.sum(axis=1) == pytest.approx(1.0, abs=1e-12)


def test_the_preferred_set_and_its_sources_are_named(found):
    assert found.interactions == mk.materials.interaction_set(NAMES).name
    named = {each.name: each for each in found.sources}
    for pair in ("g(water, NMP)", "g(water, polysulfone P-3500)"):
        assert named[pair].source
    assert named["polysulfone P-3500.number_average_molar_mass"].basis == "estimated"
    assert all(each.basis and each.source for each in found.sources)
    other = mk.phase_diagram(*SYSTEM, interactions="water-NMP-polysulfone, Wei 2006")
    assert other.interactions == "water-NMP-polysulfone, Wei 2006"
    assert other != found


def test_mass_fractions_are_the_same_points(found):
    density = np.array([mk.materials[each].get("density").at() for each in NAMES])
    for name in ("binodal", "tie_lines", "spinodal", "critical_point", "arrest_line"):
        volume, mass = getattr(found, name), found.mass_fractions[name]
        assert mass.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
        back = mass / density
        assert back / back.sum(axis=-1, keepdims=True) == pytest.approx(volume)


def test_the_cloudy_solution_lies_on_the_binodal(found):
    share = found.nonsolvent_at("15 %").m_as("percent") / 100
    solution = np.array([share, 0.85 - share, 0.15])
    by_mass = found.mass_fractions["binodal"]
    rich = by_mass[:200:-1]
    # between the rich points the polymer falls towards the critical point
    water = np.interp(0.15, rich[::-1, 2], rich[::-1, 0])
    assert share == pytest.approx(water, abs=1e-5)
    assert found.nonsolvent_at(mk.Quantity(15.0, "percent")) == found.nonsolvent_at(
        "15 %"
    )
    volume = found.from_mass_fractions(solution)
    assert np.abs(found.binodal - volume).max(axis=1).min() < 0.01
    assert found.nonsolvent_at("99 %") is None


def test_the_glass_line_or_the_gel_s(found):
    assert found.arrest == "glass"
    glass = [mk.materials[each].get("glass_temperature").at() for each in NAMES]
    weights = np.array([PLASTICIZATION, PLASTICIZATION, 1.0])
    for end in found.arrest_line:
        assert (weights * end) @ glass / (weights @ end) == pytest.approx(298.15)
    gel = mk.phase_diagram("water", "DMAc", "PVDF")
    assert gel.arrest == "gel"
    share = mk.materials["PVDF"].get("gelation_fraction").at()
    assert gel.arrest_line[:, 2] == pytest.approx(share)


def test_the_glass_line_ends_where_the_gap_begins(found):
    (part,) = found.arrest_outside
    start, end = found.arrest_line
    assert (part[1] == end).all()
    # the other end lies on the line and on the binodal
    assert np.linalg.det([part[0], start, end]) == pytest.approx(0.0, abs=1e-12)
    rich = found.binodal[:200:-1]
    water = np.interp(part[0][2], rich[::-1, 2], rich[::-1, 0])
    assert part[0][0] == pytest.approx(water, abs=1e-6)
    (label, *cells), (_, *others) = found.table()[-2:]
    assert label == "glass, at the binodal"
    assert float(cells[0]) < 7.0
    assert others[0] == "0"


def test_lines_in_through_and_outside_of_a_gap():
    gap = np.array([[0.9, 0.1, 0.0], [0.3, 0.5, 0.2], [0.2, 0.1, 0.7]])
    cut = np.array([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5]])
    (part,) = diagrams._outside(cut, gap)
    assert part == pytest.approx(np.array([[0.24, 0.26, 0.5], [0.0, 0.5, 0.5]]))
    above = np.array([[0.2, 0.0, 0.8], [0.0, 0.2, 0.8]])
    assert (diagrams._outside(above, gap) == above).all()
    inside = np.array([[0.4, 0.2, 0.4], [0.35, 0.25, 0.4]])
    assert diagrams._outside(inside, gap).shape == (0, 2, 3)


def test_traces_are_not_printed_as_numbers(found):
    cells = [cell for row in found.table() for cell in row[1:]]
    assert "<1e-12" in cells
    assert not any("e-1" in cell for cell in cells if cell != "<1e-12")
    assert "0.0e+00" not in cells


def test_the_arrest_is_that_of_a_run():
    assert CONSTANTS["plasticization"].value == PLASTICIZATION


def test_measured_cloud_points_of_a_near_temperature_are_shown(found):
    names = {table.name for table in found.cloud_points}
    shown = {table.name for table in found.comparable_cloud_points}
    assert "38 degC" in names - shown
    assert any("38 degC are not shown" in note for note in found.notes)
    warm = mk.phase_diagram(*SYSTEM, temperature="40 degC")
    assert "38 degC" in {table.name for table in warm.comparable_cloud_points}


def test_a_substance_stands_for_its_name(found):
    changed = mk.materials["PSF"].replace(number_average_molar_mass="60 kg/mol")
    long = mk.phase_diagram("water", "NMP", changed)
    assert long.critical_point[2] < found.critical_point[2]
    assert mk.phase_diagram("water", "NMP", mk.materials["PSF"]) == found


def test_a_diagram_cannot_be_changed(found):
    with pytest.raises(FrozenInstanceError):
        found.interactions = "mine"
    for name in ("binodal", "tie_lines", "spinodal", "critical_point", "arrest_line"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0] = 0.5
    before = found.temperature
    before.ito("K")
    assert found.temperature == mk.Quantity(25.0, "degC")


def test_copies_are_equal_and_locked(found):
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert twin == found
        assert hash(twin) == hash(found)
        with pytest.raises(ValueError, match="read-only"):
            twin.spinodal[0] = 0.5
    assert b"pint" not in pickle.dumps(found)


def test_the_report_says_what_it_rests_on(found):
    text = str(found)
    assert text.isascii()
    for words in ("critical point", "Rests on", found.interactions, "estimated"):
        assert words in text
    assert found.interactions in repr(found)


@pytest.fixture
def own(tmp_path):
    """A set of one's own in a file, by aliases of the components."""
    pairs = [("water", "NMP", 0.5), ("water", "PSF", 2.9), ("NMP", "PSF", 0.2)]
    lines = [
        'kind = "interaction_set"',
        'name = "mine"',
        'components = ["water", "NMP", "PSF"]',
        'convention = "g"',
        'reference_volume = "first"',
        'fitted_to = "estimate"',
        "preferred = false",
        'valid = { temperature = ["15 degC", "35 degC"] }',
    ]
    for first, second, g in pairs:
        lines += [
            "[[pair]]",
            f'between = ["{first}", "{second}"]',
            'form = "constant"',
            f"coefficients = {{ g = {g} }}",
            'basis = "chosen"',
            'source = "made up"',
        ]
    path = tmp_path / "own.toml"
    path.write_text("\n".join(lines))
    return path


def test_a_set_of_one_s_own(own, found):
    mine = mk.phase_diagram(*SYSTEM, interactions=mk.library.load_file(own))
    assert mine.interactions == "mine"
    assert mine.components == NAMES
    assert {each.source for each in mine.sources if "g(" in each.name} == {"made up"}
    done = run(*SYSTEM, "--interactions", str(own), "--json")
    assert json.loads(done.stdout) == mine.to_dict()
    wei = mk.materials.interaction_set(NAMES, "water-NMP-polysulfone, Wei 2006")
    assert mk.phase_diagram(*SYSTEM, interactions=wei) == mk.phase_diagram(
        *SYSTEM, interactions=wei.name
    )


def test_a_set_that_is_none(tmp_path):
    with pytest.raises(mk.InputError, match=r"interactions: .* not Substance"):
        mk.phase_diagram(*SYSTEM, interactions=mk.materials["PSF"])
    done = run(*SYSTEM, "--interactions", str(tmp_path / "none.toml"))
    assert done.exit_code == 2
    assert "none.toml" in done.stderr
    done = run(*SYSTEM, "--interactions", mk.materials["PSF"].origin)
    assert done.exit_code == 2
    assert "holds a polymer" in done.stderr


def test_the_wrong_order_is_told():
    with pytest.raises(
        mk.MembranekitError, match=r"polymer: water, NMP, polysulfone.*\?$"
    ):
        mk.phase_diagram("NMP", "water", "PSF")


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("substances", "more", "kind", "words"),
    [
        (
            ("water", "NMP", "PSF"),
            {"temperature": "90 degC"},
            mk.InputError,
            "15 to 65",
        ),
        (("water", "NMP", "PSF"), {"temperature": 25}, mk.UnitError, "temperature"),
        (("water", "water", "PSF"), {}, mk.InputError, "three different"),
        (("water", "PSF", "NMP"), {}, mk.InputError, "the order is nonsolvent"),
        (("NMP", "water", "PSF"), {}, mk.MembranekitError, "mix in all proportions"),
        (("water", "NMP", "PVDF"), {}, mk.MaterialError, "NMP/PVDF|NMP and PVDF"),
        (("water", "NPM", "PSF"), {}, mk.MaterialError, "did you mean NMP"),
        (("water", 3, "PSF"), {}, mk.InputError, "solvent: 3 is neither"),
        (
            ("water", "NMP", "PSF"),
            {"interactions": "water-NMP-polysulfone, Wie 2006"},
            mk.MaterialError,
            "did you mean",
        ),
    ],
)
def test_what_is_refused(substances, more, kind, words):
    with pytest.raises(kind, match=words):
        mk.phase_diagram(*substances, **more)


def test_a_temperature_out_of_range_is_recorded_when_it_is_wanted(found):
    hot = mk.phase_diagram(*SYSTEM, temperature="90 degC", extrapolate=True)
    assert "90 degC is outside" in hot.extrapolated[0]
    assert found.extrapolated == ()


# ----------------------------------------------------------------- the command line


def test_json_is_the_diagram(found):
    done = run(*SYSTEM, "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document == found.to_dict()
    assert document["components"] == list(NAMES)
    assert document["temperature"] == {"value": 25.0, "unit": "degC"}
    assert document["set"] == found.interactions
    assert np.shape(document["tie_lines"]) == (200, 2, 3)
    assert np.shape(document["mass_fractions"]["tie_lines"]) == (200, 2, 3)
    assert len(document["critical_point"]) == 3
    assert np.shape(document["cloud_points"])[1] == 3
    for name in ("binodal", "spinodal"):
        assert np.array(document[name]).sum(axis=1) == pytest.approx(1.0)
    polymer = np.array(document["binodal"])[:, 2]
    assert polymer[0] < document["critical_point"][2] < polymer[-1]


def test_the_table_says_what_it_rests_on():
    done = run(*SYSTEM, "--temperature", "40 degC")
    assert done.exit_code == 0
    assert done.stdout.isascii()
    for words in ("40 degC", "critical point", "Clouds with water", "Rests on"):
        assert words in done.stdout


def test_all_sets_side_by_side():
    names = diagrams.sets_for(SYSTEM)
    assert len(names) > 1
    done = run(*SYSTEM, "--interactions", "all")
    assert done.exit_code == 0
    head = done.stdout.split("\n\n")[1]
    for name in names:
        assert name in head
    assert "largest over smallest" in head
    document = json.loads(run(*SYSTEM, "--interactions", "all", "--json").stdout)
    assert [each["set"] for each in document["diagrams"]] == names


def test_a_set_without_a_diagram_does_not_hide_the_others(monkeypatch):
    whole = diagrams.phase_diagram

    def without_wei(*substances, interactions, **more):
        if "Wei" in interactions:
            raise mk.MembranekitError("there is no gap")
        return whole(*substances, interactions=interactions, **more)

    monkeypatch.setattr(diagrams, "phase_diagram", without_wei)
    names = diagrams.sets_for(SYSTEM)
    document = json.loads(run(*SYSTEM, "--interactions", "all", "--json").stdout)
    assert document["failed"] == [
        {"set": name, "message": "there is no gap"} for name in names if "Wei" in name
    ]
    assert len(document["diagrams"]) + len(document["failed"]) == len(names)
    printed = run(*SYSTEM, "--interactions", "all")
    assert printed.exit_code == 0
    assert "No diagram with water-NMP-polysulfone, Wei 2006" in printed.stdout


def test_a_set_by_name():
    done = run(*SYSTEM, "--interactions", "water-NMP-polysulfone, Wei 2006", "--json")
    assert json.loads(done.stdout)["set"] == "water-NMP-polysulfone, Wei 2006"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("water", "NMP"), "three substances are wanted"),
        (
            (*SYSTEM, "--temperature", "90 degC"),
            "extrapolate=True (on the command line --extrapolate)",
        ),
        ((*SYSTEM, "--plot", "d.txt"), "by the suffix"),
        (("NMP", "water", "PSF"), "there is no gap"),
        (("water", "NMP", "PVDF", "--interactions", "all"), "no interaction set"),
    ],
)
def test_bad_input_ends_with_2(arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert words in done.stderr


def test_extrapolation_is_said():
    done = run(*SYSTEM, "--temperature", "90 degC", "--extrapolate")
    assert done.exit_code == 0
    assert "Extrapolated" in done.stdout


# -------------------------------------------------------------------------- figures


@pytest.fixture
def triangle():
    pytest.importorskip("mpltern")
    from matplotlib.figure import Figure

    return Figure().add_subplot(projection="ternary")


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_figure_of_one_diagram(found, triangle):
    assert mk.plot.diagram(found, triangle) is triangle
    shown = labels(triangle)
    for words in ("binodal", "spinodal", "tie lines", "critical point", "glass"):
        assert words in shown
    measured = [line for line in triangle.lines if "measured" in str(line.get_label())]
    assert measured
    assert all(line.get_markerfacecolor() == "w" for line in measured)
    tables = found.comparable_cloud_points
    assert [len(line.get_xdata()) for line in measured] == [
        len(table.mass_fractions) for table in tables
    ]


def test_a_figure_of_every_set(triangle):
    every = [
        mk.phase_diagram(*SYSTEM, interactions=name)
        for name in diagrams.sets_for(SYSTEM)
    ]
    mk.plot.diagram(every, triangle)
    assert set(diagrams.sets_for(SYSTEM)) <= set(labels(triangle))
    other = mk.phase_diagram("water", "DMAc", "PSF")
    with pytest.raises(mk.InputError, match="different components"):
        mk.plot.diagram([every[0], other], triangle)
    with pytest.raises(mk.InputError, match="no phase diagram"):
        mk.plot.diagram([], triangle)


def test_temperatures_are_told_apart(found, triangle):
    wei = "water-NMP-polysulfone, Wei 2006"
    warm = mk.phase_diagram(*SYSTEM, temperature="40 degC")
    mk.plot.diagram([found, warm], triangle)
    shown = labels(triangle)
    assert shown[:2] == ["25 degC", "40 degC"]
    # of both temperatures, and each table once
    assert "measured, 38 degC" in shown
    assert len(set(shown)) == len(shown)
    title = triangle.get_legend().get_title().get_text()
    assert title == f"25, 40 degC, volume fractions\n{found.interactions}"
    other = mk.phase_diagram(*SYSTEM, temperature="40 degC", interactions=wei)
    mk.plot.diagram([found, warm, other, other], triangle.figure.axes[0])
    assert {f"{found.interactions}, 25 degC", f"{wei}, 40 degC (2)"} <= set(
        labels(triangle)
    )


@pytest.mark.parametrize(
    ("system", "words"),
    [
        (("water", "NMP", "PES"), "polymer is .* that is polysulfone P-3500"),
        (("water", "DMAc", "PSF"), "solvent is DMAc, .* that is NMP"),
    ],
)
def test_a_membrane_of_other_components_is_refused(system, words, triangle, membrane):
    other = mk.phase_diagram(*system)
    with pytest.raises(mk.InputError, match=words):
        mk.plot.diagram(other, triangle, membrane=membrane)


def test_what_is_summed_in_a_corner_is_said(found, triangle):
    record = make_record()
    history = record["history"]
    volume = history["volume_fraction"]
    volume = np.concatenate([volume * 0.9, np.full((*volume.shape[:2], 1), 0.1)], 2)
    history.update(
        components=(*NAMES, "PVP K30"),
        volume_fraction=volume,
        mass_fraction=volume,
        surface_volume_fraction=volume[:, 0],
    )
    mk.plot.diagram(found, triangle, membrane=mk.Membrane.from_record(record))
    title = triangle.get_legend().get_title().get_text()
    assert "PVP K30 with NMP counted together" in title
    assert "clouds elsewhere" in title.replace("\n", " ")


def test_no_membrane_and_wrong_axes(found, triangle, membrane):
    case = next(iter(mk.cases.values()))
    with pytest.raises(mk.InputError, match=r"membrane: give one .* not Case"):
        mk.plot.diagram(found, triangle, membrane=case)
    with pytest.raises(mk.InputError, match="projection="):
        mk.plot.diagram(found, triangle.figure.add_subplot())
    for depths in ("2 um", mk.Quantity(2.0, "um")):
        triangle.clear()
        mk.plot.diagram(found, triangle, membrane=membrane, depths=depths)
        assert sum(label.endswith("µm") for label in labels(triangle)) == 1


def test_paths_of_a_membrane_at_chosen_depths(found, triangle, membrane):
    mk.plot.diagram(found, triangle, membrane=membrane, depths=["2 um", "30 um"])
    paths = [label for label in labels(triangle) if label.endswith("µm")]
    assert len(paths) == 2
    texts = [text.get_text().strip() for text in triangle.texts]
    assert "1 s" in texts  # the clock
    with pytest.raises(mk.InputError, match="deeper than the dry sheet"):
        mk.plot.diagram(found, triangle, membrane=membrane, depths=["1 mm"])
    with pytest.raises(mk.InputError, match="belong to a membrane"):
        mk.plot.diagram(found, triangle, depths=["2 um"])


def test_the_usual_paths_of_a_membrane(found, triangle, membrane):
    mk.plot.diagram(found, triangle, membrane=membrane)
    assert "surface" in labels(triangle)


def test_a_membrane_that_came_of_no_case_has_paths(found, triangle):
    bare = mk.Membrane.from_record({**make_record(), "case_toml": ""})
    mk.plot.diagram(found, triangle, membrane=bare)
    path = next(line for line in triangle.lines if line.get_label() == "surface")
    assert len(path.get_xdata()) == len(bare.history.time)


@pytest.fixture
def membrane():

    return mk.Membrane.from_record(make_record())


def test_the_command_writes_a_figure(tmp_path):
    pytest.importorskip("mpltern")
    place = tmp_path / "d.png"
    assert run(*SYSTEM, "--plot", str(place)).exit_code == 0
    assert place.stat().st_size > 10_000
