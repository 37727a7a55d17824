"""Figures: what they show, that no text lies on another, how they are written."""

import itertools
import os
from unittest import mock

import numpy as np
import pytest
from records import make_record

pytest.importorskip("mpltern")

from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from matplotlib.text import Text

from membranekit import plot
from membranekit.errors import InputError, MissingExtraError, OutputError
from membranekit.membrane import Membrane

MEASURED = {
    "source": "made up",
    "rows": [
        {
            "air.time": "2000 ms",
            "surface_pore": "0.5..1 um",
            "minimum_layer_depth": "2 um",
            "back_pore": "2.5 um",
            "thickness": "114 um",
        },
        {"air.time": "6 s", "minimum_layer_depth": "10 um", "minimum_pore": "0.2 um"},
        {"air.time": "7 s", "surface_pore": "9 um"},
    ],
}


@pytest.fixture(autouse=True)
def _no_figures_left():
    yield
    pyplot.close("all")


@pytest.fixture
def series():
    runs = [Membrane.from_record(make_record(air)) for air in (2.0, 6.0, 10.0)]
    unclear = make_record(30.0, layer={"state": "not clear"}, coacervation_depth=None)
    return [*runs, Membrane.from_record(unclear)]


def hollow(ax):
    return [
        (line.get_marker(), *np.ravel(line.get_xydata()))
        for line in ax.lines
        if same_color(line.get_markerfacecolor(), "w")
    ]


def test_pores_are_drawn_over_depth(series):
    ax = plot.pores(series)
    curves = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert len(curves) == 4
    profile = series[1].pore_profile
    np.testing.assert_allclose(curves[1].get_xdata(), profile.depth.m)
    np.testing.assert_allclose(curves[1].get_ydata(), profile.pore_diameter.m)
    assert ax.get_yscale() == "log"
    assert ax.get_xlim()[0] == 0
    layers = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in layers] == pytest.approx([4, 12, 20])
    assert len(ax.collections) == 3  # shaded as far as each demixed


def test_measured_points_are_hollow_and_beside_their_run(series):
    ax = plot.pores(series, measured=MEASURED)
    points = {mark: (x, y) for mark, x, y in hollow(ax)}
    assert points["s"] == pytest.approx((0, np.sqrt(0.5)))
    assert points["D"] == pytest.approx((114, 2.5))
    assert points["v"] == pytest.approx((10, 0.2))
    # Two layers, a surface and a support side; nothing of the run at 7 s.
    assert len(hollow(ax)) == 4
    assert ax.get_xlim()[1] > 114


def test_measured_points_change_no_curve(series):
    plain, marked = plot.pores(series), plot.pores(series, measured=MEASURED)
    for ax in (plain, marked):
        curve = ax.lines[0].get_ydata()
        np.testing.assert_allclose(curve, series[0].pore_profile.pore_diameter.m)


def test_path_sums_the_components_into_corners(series):
    ax = plot.path(series[1])
    surface = series[1].history.surface_volume_fraction
    corners = plot._corners(surface, plot._groups(series[1]))
    np.testing.assert_allclose(corners, surface[:, [2, 1, 0]])
    labels = [text.get_text().strip() for text in ax.texts]
    assert labels[0] == "1 s"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0] == "surface"
    assert names[1].startswith("layer, ")
    assert names[2].startswith("middle, ")


def test_additives_go_by_their_role():
    record = make_record()
    text = record["case_toml"].replace("NMP = 70", 'NMP = 60\n"PEG 200" = 10')
    roles = '[solution.roles]\n"PEG 200" = "nonsolvent"\n[process]'
    text = text.replace("[process]", roles)
    history = record["history"]
    four = np.insert(history["volume_fraction"], 3, 0.0, axis=2)
    history |= {"components": (*history["components"], "PEG 200")}
    history |= {"volume_fraction": four, "mass_fraction": four}
    history |= {"surface_volume_fraction": four[:, 0]}
    membrane = Membrane.from_record({**record, "case_toml": text})
    assert plot._groups(membrane) == ([2], [1], [0, 3])


def test_without_a_case_the_usual_roles_stand_in_the_corners():
    membrane = Membrane.from_record(make_record(case_toml=""))
    assert plot._groups(membrane) == ([2], [1], [0])


def test_profiles_show_polymer_and_water_at_several_times(series):
    ax = plot.profiles(series[1])
    assert len(ax.lines) == 2 * len(plot._profile_times(series[1]))
    first = series[1].history.at("0 s")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), first.fraction_of("PSF"))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), first.fraction_of("water"))


def test_axes_that_are_given_are_drawn_on(series):
    figure, (left, right) = pyplot.subplots(1, 2)
    assert plot.pores(series, ax=left) is left
    assert plot.profiles(series[0], ax=right) is right
    ternary = figure.add_subplot(projection="ternary")
    assert plot.path(series[0], ax=ternary) is ternary
    assert len(pyplot.get_fignums()) == 1


def texts_of(figure):
    """Return what is written where, as boxes in pixels: only what is really drawn."""
    drawn = []
    draw = Text.draw

    def noted(text, renderer, *args, **kwargs):
        drawn.append(text)
        return draw(text, renderer, *args, **kwargs)

    canvas = FigureCanvasAgg(figure)
    with mock.patch.object(Text, "draw", noted):
        canvas.draw()
    renderer = canvas.get_renderer()
    return [
        (text.get_text().strip(), text.get_window_extent(renderer))
        for text in dict.fromkeys(drawn)
        if text.get_visible() and text.get_text().strip()
    ]


ADDRESSES = {
    "air.relative_humidity": [(60.0, "percent"), (35.5, "percent")],
    "process.wet_thickness": [(150.0, "um"), (62.5, "um")],
    "solution.parts.polysulfone P-3500": [(15.0, "1"), (12.25, "1")],
    "air.time": [(10.0, "s"), (2.0, "s"), (7.5, "s")],
    "immersion.temperature": [(20.0, "degC")],
}


def over(count):
    """Return a series over the first `count` addresses, and one that stays."""
    names = [*list(ADDRESSES)[:count], "immersion.temperature"]
    name = "a name that somebody wrote to say all there is to say " * 6
    return [
        Membrane.from_record(
            make_record(
                number + 1.0, name=name, inputs=dict(zip(names, values, strict=True))
            )
        )
        for number, values in enumerate(
            itertools.product(*(ADDRESSES[name] for name in names))
        )
    ]


def test_a_legend_names_the_addresses_once_and_what_varies():
    ax = plot.pores(over(2))
    legend = ax.get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [
        "60 %, 150 um",
        "60 %, 62.5 um",
        "35.5 %, 150 um",
        "35.5 %, 62.5 um",
    ]
    title = legend.get_title().get_text()
    assert title.replace("\n", "") == "air.relative_humidity,process.wet_thickness"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_series_over_several_addresses_stays_on_the_page(count):
    figure = plot.summary(over(count))
    check_texts(figure)


@pytest.mark.parametrize("count", [1, 4])
def test_no_text_lies_on_another_or_outside_the_page(series, count):
    check_texts(plot.summary(series[:count], MEASURED))


def check_texts(figure):
    page = figure.bbox
    texts = texts_of(figure)
    for text, box in texts:
        assert page.x0 <= box.x0, text
        assert box.x1 <= page.x1, text
        assert page.y0 <= box.y0, text
        assert box.y1 <= page.y1, text
    for (one, box), (two, other) in itertools.combinations(texts, 2):
        assert not box.shrunk(0.9, 0.9).overlaps(other.shrunk(0.9, 0.9)), (one, two)


def test_the_caption_says_what_was_assumed(series):
    texts = texts_of(plot.summary(series))
    written = " ".join(" ".join(text for text, _ in texts).split())
    assert written.index("support.temperature 25 degC (effect 3 um)") > 0
    assert "shift of the depth demixed in the air, in the run where it is" in written
    assert "start_pore_diameter" in written
    assert "water-NMP-polysulfone" in written


def test_a_page_of_runs_without_history_or_profile_is_drawn():
    bare = make_record(6.0, history=None, profile=None, success=False, layer={})
    written = " ".join(
        text for text, _ in texts_of(plot.summary(Membrane.from_record(bare)))
    )
    assert "1 of 1 runs stopped early" in written


def two_addresses(speeds=(0.1, 0.5), **changes):
    return [
        Membrane.from_record(
            make_record(
                air,
                inputs={"air.time": (air, "s"), "air.air_speed": (speed, "m/s")},
                **changes,
            )
        )
        for air in (2.0, 6.0, 10.0)
        for speed in speeds
    ]


def test_a_map_has_a_field_for_each_run_and_the_patents_limit():
    runs = two_addresses()
    failed = make_record(success=False, message="no step", layer={}, profile=None)
    runs[1] = Membrane.from_record(failed).with_inputs(runs[1].inputs)
    ax = plot.exposure_map(runs)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts[0, 0] == "inside\n4 um"
    assert texts[0, 1] == "failed"
    assert texts[2, 1] == "inside\n20 um"
    assert len(texts) == len(ax.patches) == 6
    assert [each.get_text() for each in ax.get_xticklabels()] == ["2 s", "6 s", "10 s"]
    assert ax.get_xlabel() == "air.time"
    assert ax.get_ylabel() == "air.air_speed"
    assert len(ax.lines) == 3
    for line in ax.lines:
        assert line.get_ydata() == pytest.approx([0.25, 0.25])
    legend = [each.get_text() for each in ax.get_legend().get_texts()]
    assert legend == ["inside", "failed", "claim 11: more than 0.2 m/s"]


@pytest.mark.parametrize(
    ("speeds", "told"), [((2.0, 2.5), "all of"), ((0.01, 0.05), "nothing of")]
)
def test_a_limit_beside_the_map_is_told_and_not_drawn(speeds, told):
    ax = plot.exposure_map(two_addresses(speeds))
    assert len(ax.lines) == 0
    assert told in ax.get_legend().get_texts()[-1].get_text()


def test_a_map_is_drawn_on_the_axes_that_are_given_and_nothing_overlaps():
    _, (left, right) = pyplot.subplots(1, 2)
    assert plot.exposure_map(two_addresses(), ax=left) is left
    assert not right.texts
    check_texts(plot.exposure_map(two_addresses()).figure)


def test_a_map_of_one_address_says_what_is_needed(series):
    for runs in (series[:3], series[0]):
        with pytest.raises(InputError, match="a map needs runs over two addresses"):
            plot.exposure_map(runs)


def test_histories_are_wanted_where_they_are_drawn():
    bare = Membrane.from_record(make_record(6.0, history=None))
    for draw in (plot.path, plot.profiles):
        with pytest.raises(InputError, match="history=True"):
            draw(bare)
    with pytest.raises(InputError, match="no membrane"):
        plot.summary([])


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_figures_are_written_whole(series, tmp_path, suffix):
    plot.save(plot.summary(series[0]), tmp_path / f"page{suffix}")
    assert os.listdir(tmp_path) == [f"page{suffix}"]
    assert (tmp_path / f"page{suffix}").stat().st_size > 1000


def test_a_failed_write_leaves_the_old_figure(series, tmp_path, monkeypatch):
    path = tmp_path / "page.png"
    path.write_bytes(b"old")
    figure = plot.summary(series[0])

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OutputError, match="No space left"):
        plot.save(figure, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["page.png"]


def test_places_for_figures_are_checked(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"\.png"):
        plot.check_output(tmp_path / "page.nc")
    with pytest.raises(OutputError, match="folder"):
        plot.check_output(tmp_path / "nowhere" / "page.png")
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"membranekit\[plot\]"):
        plot.check_output(tmp_path / "page.png")


def test_style_is_not_left_behind(series):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot.summary(series)
    assert dict(matplotlib.rcParams) == before
