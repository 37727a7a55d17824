"""Figures: pores against depth, the composition path, profiles, maps, one page of all.

matplotlib is imported when a figure is drawn. Each function takes the axes to draw
on, or makes its own, and returns them; only `save` writes a file.
"""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from membranekit import units
from membranekit.errors import InputError, MembranekitError
from membranekit.membrane import (
    Assumption,
    Membrane,
    check_place,
    gather,
    heading,
    need,
    written_whole,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from membranekit.diagram import PhaseDiagram
    from membranekit.maps import Limit
    from membranekit.validation import Validation

__all__ = [
    "check_output",
    "diagram",
    "exposure_map",
    "path",
    "pores",
    "profiles",
    "save",
    "summary",
    "validation",
]

FORMATS = (".png", ".pdf", ".svg")

_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "savefig.dpi": 200,
    "svg.hashsalt": "membranekit",
}

_CAPTION_WIDTH = 135
_CAPTION_ENTRIES = 8
_TITLE_WIDTH = 78
_LEGEND_WIDTH = 20
_LEGEND_LINES = 16
_LIGHT_ZONE = 0.10
_LABEL_SPACING = 0.14
_TIE_LINES = 8
_STATE_COLORS = {
    "surface": "#f4a582",
    "inside": "#92c5de",
    "not clear": "#d9d9d9",
    "failed": "#ffffff",
    "not run": "#ffffff",
    "not given": "#ffffff",
}
_PATH_COLORS = ("#b2182b", "#2166ac", "#7f7f7f")

# What a series varies, tried in turn when a measured row is matched to its run.
_VARIED = (
    *("time", "length", "temperature", "relative_humidity", "humidity_ratio"),
    *("velocity", "mass_fraction", "number"),
)


def check_output(path: str | os.PathLike[str]) -> None:
    """Raise unless a figure can be written to `path`: call it before a run.

    Raises
    ------
    InputError
        If the suffix is not one of a figure.
    MissingExtraError
        If matplotlib or mpltern is not installed.
    OutputError
        If there is no such folder, or writing there is not allowed.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path}: figures are written as {', '.join(FORMATS)}, by the suffix"
        )
    need("plot", "matplotlib", "mpltern")
    check_place(path)


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure, whole or not at all; the suffix says how."""
    check_output(path)
    with _styled(), written_whole(path) as part:
        figure.savefig(part)


def pores(
    membranes: Membrane | Sequence[Membrane],
    ax: Axes | None = None,
    *,
    measured: Any = None,
) -> Axes:
    """Draw pore diameter against depth in the dry sheet, the air side left.

    The part that demixed in air is shaded, the minimum-pore layer is a filled circle.

    Parameters
    ----------
    membranes
        One membrane or a series.
    ax
        Axes to draw on; new ones if None.
    measured
        The table ``[measured]`` of a case, or its rows: drawn hollow, never computed
        with. A row is matched to its run by the addresses it holds.
    """
    runs = _runs(membranes)
    ax = _axes(ax)
    with _styled():
        handles = []
        for membrane, color, label in zip(
            runs, _colors(len(runs)), _labels(runs), strict=True
        ):
            handles += _draw_pores(ax, membrane, color, label)
        ax.set_yscale("log")
        ax.set_ylim(*_decades(runs, measured))
        for row in _rows(measured):
            match = _match(row, runs)
            if match is not None:
                _draw_measured(ax, row, runs[match], _colors(len(runs))[match])
        ax.set_xlim(left=0)
        ax.set_xlabel("depth in the dry sheet (µm), air side left")
        ax.set_ylabel("pore diameter (µm)")
        _pore_legends(ax, runs, handles, bool(_rows(measured)))
    return ax


def path(membrane: Membrane, ax: Axes | None = None) -> Any:
    """Draw the composition path on the triangle nonsolvents, solvents, polymer.

    The paths of the surface, of the minimum-pore layer and of the middle of the
    sheet are drawn; dots are the clock. Swelling agents count with the solvents.

    Parameters
    ----------
    membrane
        A membrane with a history.
    ax
        Ternary axes of mpltern to draw on; new ones if None.
    """
    history = _history(membrane)
    triangle = _ternary_axes(ax)
    groups = _groups(membrane)
    with _styled():
        places = _places(membrane)
        _draw_paths(triangle, membrane, places, groups)
        start = _corners(places["surface"][:1], groups)
        triangle.plot(*start.T, ls="", marker="s", ms=4, mfc="w", mec="k", label="cast")
        names = history.components
        triangle.set_tlabel(_corner_name(names, groups[0], "polymer"))
        triangle.set_llabel(_corner_name(names, groups[1], "solvents"))
        triangle.set_rlabel(_corner_name(names, groups[2], "nonsolvents"))
        meanings = [
            f"{corner}: {_together(names, group)}"
            for corner, group in (("solvents", groups[1]), ("nonsolvents", groups[2]))
            if len(group) > 1
        ]
        _ruled(triangle)
        triangle.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.13),
            ncols=2,
            handlelength=1.4,
            title="\n".join(meanings) or None,
            title_fontsize=7,
        )
    return triangle


def diagram(
    diagrams: PhaseDiagram | Sequence[PhaseDiagram],
    ax: Axes | None = None,
    *,
    membrane: Membrane | None = None,
    depths: Any | Sequence[Any] | None = None,
) -> Any:
    """Draw phase diagrams on the triangle nonsolvent, solvent, polymer.

    Of one diagram the binodal with a few tie lines, the spinodal, the critical point,
    the line at which it turns to glass or gel, and measured cloud points, hollow; of
    several, of the same components, the binodals and critical points, each under what
    tells it apart, its temperature or its set. A membrane of the same polymer,
    nonsolvent and main solvent adds the paths of its compositions, dots are the clock:
    what stands in the role of a corner is summed there, swelling agents with the
    solvent, and the caption says so.

    Parameters
    ----------
    diagrams
        One phase diagram or several.
    ax
        Ternary axes of mpltern to draw on; new ones if None.
    membrane
        A membrane with a history.
    depths
        Where its paths are drawn: a depth in the dry sheet, ``"5 um"``, or several.
        None: the surface, the minimum-pore layer and the middle of the sheet.

    Raises
    ------
    InputError
        The diagrams are of different components, the membrane has no history or is of
        other components, a depth is not in it, or the axes are not ternary.
    """
    from membranekit.diagram import PhaseDiagram as Diagram

    found = [diagrams] if isinstance(diagrams, Diagram) else list(diagrams)
    if not found:
        raise InputError("there is no phase diagram to draw")
    names = found[0].components
    if any(each.components != names for each in found):
        raise InputError("the phase diagrams are of different components")
    places = {}
    lumped: list[str] = []
    if membrane is not None:
        lumped = _lumped(membrane, names)
        places = _places(membrane) if depths is None else _at_depths(membrane, depths)
    elif depths is not None:
        raise InputError("depths: they belong to a membrane, and none is given")
    triangle = _ternary_axes(ax)
    with _styled():
        if len(found) == 1:
            _draw_diagram(triangle, found[0])
        else:
            told = zip(found, _colors(len(found)), _apart(found), strict=True)
            for each, color, label in told:
                _draw_binodal(triangle, each, color, label)
        _draw_cloud_points(triangle, found)
        if membrane is not None:
            _draw_paths(triangle, membrane, places, _groups(membrane))
        triangle.set_tlabel(names[2])
        triangle.set_llabel(names[1])
        triangle.set_rlabel(names[0])
        _ruled(triangle)
        temperatures = sorted({each.temperature.m for each in found})
        shown = ", ".join(f"{each:g}" for each in temperatures)
        title = [f"{shown} degC, volume fractions"]
        if len({each.interactions for each in found}) == 1:
            title.append(textwrap.fill(found[0].interactions, 60))
        title += [textwrap.fill(each, 60) for each in lumped]
        triangle.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.13),
            ncols=1 if len(found) > 1 else 2,
            handlelength=1.6,
            title="\n".join(title),
            title_fontsize=7,
        )
    return triangle


def profiles(membrane: Membrane, ax: Axes | None = None) -> Axes:
    """Draw polymer and water against depth in the wet film at several times.

    Parameters
    ----------
    membrane
        A membrane with a history.
    ax
        Axes to draw on; new ones if None.
    """
    history = _history(membrane)
    ax = _axes(ax)
    groups = _groups(membrane)
    water = _water(history.components, groups)
    names = history.components
    with _styled():
        from matplotlib import colormaps
        from matplotlib.lines import Line2D

        times = _profile_times(membrane)
        shades = colormaps["plasma"](np.linspace(0.02, 0.85, len(times)))
        for time, color in zip(times, shades, strict=True):
            moment = history.at(units.make(time, "s"))
            depth = moment.depth.m_as("um")
            polymer = moment.volume_fraction[:, groups[0]].sum(axis=1)
            ax.plot(depth, polymer, color=color, label=f"{time:.3g} s")
            ax.plot(depth, moment.volume_fraction[:, water], color=color, ls="--")
        ax.set_xlim(left=0)
        ax.set_ylim(0, 1)
        ax.set_xlabel("depth in the wet film (µm)")
        ax.set_ylabel("volume fraction")
        clocks = ax.legend(
            title="time", loc="upper left", bbox_to_anchor=(1.0, 1.02), handlelength=1.2
        )
        ax.add_artist(clocks)
        ax.legend(
            handles=[
                Line2D([], [], color="k", label=_together(names, groups[0])),
                Line2D([], [], color="k", ls="--", label=names[water]),
            ],
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=2,
            borderaxespad=0.3,
            handlelength=1.8,
            columnspacing=1.0,
        )
    return ax


def exposure_map(membranes: Sequence[Membrane], ax: Axes | None = None) -> Axes:
    """Draw where the minimum-pore layer comes over two addresses of a series.

    Each run is a field, colored by the layer's state; a layer inside has its depth.
    The fields are of one size, whatever the values; between two values an axis is
    straight. Where an axis is the air's humidity or speed, the patent's limit is drawn
    on it.

    Parameters
    ----------
    membranes
        The runs of a series over two addresses, each with two values or more: the
        first runs to the right, the second up. A run that failed is shown as failed.
    ax
        Axes to draw on; new ones if None.

    Raises
    ------
    InputError
        If the runs do not vary just two addresses, or two runs are of one field.
    """
    from membranekit import maps

    runs = _runs(membranes)
    found = maps.exposure_map(runs)
    ax = _axes(ax)
    across, up = found.rows, found.columns
    with _styled():
        states = {}
        for i in range(len(across.values)):
            for j in range(len(up.values)):
                state = found.state(i, j)
                states[state] = _draw_field(ax, i, j, state)
                text = found.text(i, j).replace("inside ", "inside\n")
                unit = " um" if state == "inside" else ""
                ax.text(i, j, f"{text}{unit}", ha="center", va="center", size=7)
        ax.set_xlim(-0.5, len(across.values) - 0.5)
        ax.set_ylim(-0.5, len(up.values) - 0.5)
        ax.set_xticks(range(len(across.values)), across.texts)
        ax.set_yticks(range(len(up.values)), up.texts)
        ax.set_xlabel(across.address)
        ax.set_ylabel(up.address)
        handles = [*states.values()]
        for limit, color in zip(found.limits(), ("#762a83", "#1b7837"), strict=False):
            handles.append(_draw_limit(ax, limit, color))
        ax.set_title(_shortened(f"{runs[0].name}: minimum-pore layer", 60, 2), pad=6)
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def summary(membranes: Membrane | Sequence[Membrane], measured: Any = None) -> Figure:
    """Draw a page: pores of the series, one run's path and profiles, what was assumed.

    Parameters
    ----------
    membranes
        One membrane or a series. Path and profiles are of the middle one of those
        whose minimum-pore layer is inside, else of the last that has a history.
    measured
        The table ``[measured]`` of a case, for hollow points beside the curves.
    """
    runs = _runs(membranes)
    need("plot", "matplotlib", "mpltern")
    import mpltern  # noqa: F401  (registers the projection)
    from matplotlib.figure import Figure

    shown = _middle(runs)
    caption = _caption(runs)
    with _styled():
        # Inches from the top: title, pores, then path and profiles, then caption.
        pores_end = 4.0
        rows_end = pores_end + (4.1 if shown else 0.4)
        height = rows_end + 0.145 * len(caption) + 0.25
        figure = Figure(figsize=(7.5, height))
        bold: dict[str, Any] = {"weight": "bold", "va": "top"}

        def place(left: float, right: float, top: float, bottom: float) -> Any:
            return left, 1 - bottom / height, right - left, (bottom - top) / height

        edge = 1 - _legend_room(runs)
        ax = figure.add_axes(place(0.085, edge, 0.8, pores_end - 0.35))
        pores(runs, ax, measured=measured)
        if shown is not None:
            label = _shortened(_labels(runs)[runs.index(shown)], 30, 1)
            titled = f", {label}" if len(runs) > 1 else ""
            top = pores_end + 0.45
            triangle = figure.add_axes(
                place(0.07, 0.4, top + 0.55, rows_end - 0.8), projection="ternary"
            )
            path(shown, triangle)
            ax = figure.add_axes(place(0.58, 0.87, top + 0.5, rows_end - 0.5))
            profiles(shown, ax)
            for left, what in ((0.03, "Composition path"), (0.58, "Profiles")):
                where = left, 1 - top / height
                figure.text(*where, f"{what}{titled}", **bold)
        title = runs[0].title if len(runs) == 1 else runs[0].name
        title = _shortened(title, _TITLE_WIDTH, 2)
        figure.text(0.03, 1 - 0.15 / height, title, size=9.5, **bold)
        figure.text(0.03, 0.12 / height, "\n".join(caption), size=7, va="bottom")
    return figure


# ----------------------------------------------------------------------- drawing
def validation(found: Validation, ax: Axes | None = None) -> Axes:
    """Draw predicted over measured, a line for each number of the patent's tables.

    A dot is the prediction, a hollow one the null model; the shaded stretch is what the
    gate allows. Labels and inputs are left to the table.

    Parameters
    ----------
    found
        From `membranekit.validation.validate`.
    ax
        Axes to draw on; new ones, as high as there are rows, if None.
    """
    rows = [row for row in found.rows if row.logarithm is not None]
    if ax is None:
        need("plot", "matplotlib")
        from matplotlib import pyplot

        with _styled():
            size = (6.5, 1.0 + 0.17 * len(rows))
            ax = pyplot.figure(figsize=size, layout="constrained").add_subplot()
    colors = {"calibrate": "#2166ac", "predict": "#b2182b"}
    with _styled():
        for y, row in enumerate(rows):
            allowed = _allowed(row)
            ax.plot(allowed, (y, y), color="0.88", linewidth=7.0, zorder=1)
            if row.null_logarithm is not None:
                ax.plot(
                    *(math.exp(row.null_logarithm), y, "o"),
                    markerfacecolor="white",
                    markeredgecolor="0.55",
                    markersize=4.0,
                )
            color, off = colors[row.role], math.exp(row.logarithm or 0.0)
            ax.plot(off, y, "o", color=color, markersize=4.0)
        for role, color in colors.items():
            ax.plot([], [], "o", color=color, markersize=4.0, label=role)
        ax.plot(
            *([], [], "o"),
            markerfacecolor="white",
            markeredgecolor="0.55",
            markersize=4.0,
            label="null model",
        )
        ax.plot([], [], color="0.88", linewidth=7.0, label="gate")
        ax.axvline(1.0, color="0.6", linewidth=0.6, zorder=0)
        ax.set_xscale("log")
        ax.set_ylim(len(rows) - 0.5, -0.5)
        names = [
            f"{row.table}, {row.row.split(':')[0]}: {row.quantity.replace('_', ' ')}"
            for row in rows
        ]
        ax.set_yticks(range(len(rows)), names)
        ax.set_xlabel("predicted / measured")
        ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.07), ncols=4)
    return ax


def _allowed(row: Any) -> tuple[float, float]:
    """Return the least and the greatest predicted over measured of a gate [1]."""
    if row.measure == "relative":
        return 1.0 - row.target, 1.0 + row.target
    most = 10.0**row.target if row.measure == "log10" else row.target
    return 1.0 / most, most


def _draw_field(ax: Axes, column: int, row: int, state: str) -> Any:
    """Draw one field of a map, and return the sign that explains it."""
    from matplotlib.patches import Patch, Rectangle

    look: dict[str, Any] = {"facecolor": _STATE_COLORS[state], "edgecolor": "w"}
    if state == "failed":
        look |= {"hatch": "////", "edgecolor": "0.6"}
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, lw=1, **look))
    return Patch(label=state, **look)


def _draw_limit(ax: Axes, limit: Limit, color: str) -> Any:
    """Draw a limit of the patent over a map, and return the sign that explains it."""
    from matplotlib.lines import Line2D

    rightward = limit.axis == "rows"
    low, high = ax.get_xlim() if rightward else ax.get_ylim()
    known = [each for each in limit.places if each is not None]
    line: dict[str, Any] = {"color": color, "lw": 1.6, "solid_capstyle": "butt"}
    for index, place in enumerate(limit.places):
        if place is not None and low <= place <= high:
            along, across = [place, place], [index - 0.5, index + 0.5]
            ax.plot(*((along, across) if rightward else (across, along)), **line)
    text = limit.text
    if not known:
        text += "\n(not drawn: the runs do not\ntell their air's temperature)"
    elif max(known) < low:
        text += "\n(all of the map)"
    elif min(known) > high:
        text += "\n(nothing of the map)"
    return Line2D([], [], label=text, **line)


def _draw_pores(ax: Axes, membrane: Membrane, color: Any, label: str) -> list[Any]:
    profile = membrane.pore_profile
    if profile is None:
        return []
    depth = profile.depth.m_as("um")
    diameter = profile.pore_diameter.m_as("um")
    (line,) = ax.plot(depth, diameter, color=color, label=label)
    demixed = _um(membrane.coacervation_depth)
    if demixed > 0:
        edge = np.append(depth[depth < demixed], demixed)
        upper = np.interp(edge, depth, diameter)
        # From far below: the lower limit of a logarithmic axis cuts it.
        ax.fill_between(edge, 1e-6, upper, color=color, alpha=_LIGHT_ZONE, lw=0)
    layer = membrane.minimum_pore_layer
    if layer.depth is not None and layer.pore_diameter is not None:
        ax.plot(
            _um(layer.depth),
            _um(layer.pore_diameter),
            **{"ls": "", "marker": "o", "ms": 6, "mfc": color, "mec": "w"},
            clip_on=False,
            zorder=5,
        )
    return [line]


def _draw_measured(
    ax: Axes, row: Mapping[str, Any], membrane: Membrane, color: Any
) -> None:
    hollow: dict[str, Any] = {
        "ls": "",
        "mfc": "w",
        "mec": color,
        "ms": 5.5,
        "clip_on": False,
    }
    hollow |= {"zorder": 6, "mew": 1.1}
    sheet = _range(row.get("thickness")) or (_um(membrane.thickness),) * 2
    for name, x in (("surface_pore", 0.0), ("back_pore", math.sqrt(math.prod(sheet)))):
        found = _range(row.get(name))
        if found and math.isfinite(x):
            middle = math.sqrt(math.prod(found))
            if found[1] > found[0]:
                ax.plot([x, x], found, color=color, lw=1, clip_on=False, zorder=5)
            ax.plot(x, middle, marker="D" if name == "back_pore" else "s", **hollow)
    depth = _range(row.get("minimum_layer_depth"))
    if depth:
        pore = _range(row.get("minimum_pore"))
        x = (depth[0] + depth[1]) / 2
        if pore:
            ax.plot(x, math.sqrt(math.prod(pore)), marker="v", **hollow)
        else:
            # Its depth alone was measured: it stands on the axis.
            ax.plot(x, 0.02, marker="v", transform=ax.get_xaxis_transform(), **hollow)


def _pore_legends(
    ax: Axes, runs: Sequence[Membrane], lines: list[Any], measured: bool
) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def marker(shape: str, label: str, *, hollow: bool = True) -> Line2D:
        face = "w" if hollow else "0.4"
        edge = "0.4" if hollow else "w"
        style: dict[str, Any] = {
            "ls": "",
            "marker": shape,
            "mfc": face,
            "mec": edge,
            "ms": 5.5,
        }
        return Line2D([], [], label=label, **style)

    signs: list[Any] = [
        marker("o", "minimum-pore layer", hollow=False),
        Patch(fc="0.4", alpha=2 * _LIGHT_ZONE, label="demixed in air"),
    ]
    if measured:
        signs += [
            marker("s", "measured surface"),
            marker("v", "measured layer"),
            marker("D", "measured support side"),
        ]
    above: dict[str, Any] = {
        "loc": "lower left",
        "borderaxespad": 0,
        "columnspacing": 1.2,
    }
    above |= {"handletextpad": 0.4, "handlelength": 1.4}
    first = ax.legend(handles=signs, ncols=5, bbox_to_anchor=(0, 1.03), **above)
    if lines and len(runs) > 1:
        ax.add_artist(first)
        title = _legend_title(runs)
        room = max(_LEGEND_LINES - title.count("\n"), 4)
        ax.legend(
            handles=lines[:: math.ceil(len(lines) / room)],
            title=title,
            title_fontsize=7,
            alignment="left",
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
            borderaxespad=0,
            handlelength=1.2,
        )


def _triangle(points: np.ndarray) -> np.ndarray:
    """Return compositions (n, 3) in the order top, left, right, one row each."""
    return np.atleast_2d(points)[:, [2, 1, 0]].T


def _apart(diagrams: Sequence[PhaseDiagram]) -> list[str]:
    """Return what tells each diagram apart: its set, its temperature, or a number."""
    sets = [each.interactions for each in diagrams]
    warmth = [f"{each.temperature.m:g} degC" for each in diagrams]
    differ = [column for column in (sets, warmth) if len(set(column)) > 1] or [sets]
    labels = [", ".join(row) for row in zip(*differ, strict=True)]
    return [
        label
        if labels.count(label) == 1
        else f"{label} ({labels[: index + 1].count(label)})"
        for index, label in enumerate(labels)
    ]


def _lumped(membrane: Membrane, names: Sequence[str]) -> list[str]:
    """Check that a membrane is of a diagram's components, and say what is summed.

    Parameters
    ----------
    membrane
        A membrane with a history.
    names
        Nonsolvent, solvent and polymer of the diagram.
    """
    if not isinstance(membrane, Membrane):
        raise InputError(
            f"membrane: give one that was simulated, not {type(membrane).__name__}; "
            "a case becomes one with simulate(history=True)"
        )
    history = _history(membrane)
    own = history.components
    most = history.volume_fraction.max(axis=(0, 1))
    cast = history.volume_fraction[0].mean(axis=0)
    polymers, solvents, nonsolvents = _groups(membrane)
    wanted = zip(
        ("nonsolvent", "solvent", "polymer"),
        names,
        ((nonsolvents, most), (solvents, cast), (polymers, cast)),
        strict=True,
    )
    added = []
    for place, name, (group, amount) in wanted:
        main = max(group, key=lambda index: amount[index], default=None)
        if main is None or own[main] != name:
            has = "there is none" if main is None else f"that is {own[main]}"
            raise InputError(
                f"membrane: the diagram's {place} is {name}, and in the membrane "
                f"{has}; draw a diagram of the membrane's own components"
            )
        rest = [own[i] for i in group if i != main and most[i] > 0.0]
        if rest:
            added.append(f"{', '.join(rest)} with {name}")
    if not added:
        return []
    return [
        f"Path: {'; '.join(added)} counted together. The solution of all components "
        "clouds elsewhere than the binodal of three."
    ]


def _draw_binodal(ax: Any, found: PhaseDiagram, color: Any, label: str) -> None:
    ax.plot(*_triangle(found.binodal), color=color, label=label)
    if found.critical_point is not None:
        ax.plot(*_triangle(found.critical_point), "o", ms=4, color=color)


def _draw_diagram(ax: Any, found: PhaseDiagram) -> None:
    lines = found.tie_lines
    for k in range(1, _TIE_LINES + 1):
        line = lines[round(k * (len(lines) - 1) / (_TIE_LINES + 1))]
        ax.plot(
            *_triangle(line), color="0.6", lw=0.5, label="tie lines" if k == 1 else None
        )
    ax.plot(
        *_triangle(found.spinodal), color="#2166ac", lw=0.9, ls="--", label="spinodal"
    )
    for index, line in enumerate(found.arrest_outside):
        style = {"color": "#7f7f7f", "lw": 0.9, "ls": ":"}
        label = found.arrest if index == 0 else None
        ax.plot(*_triangle(line), **style, label=label)
    _draw_binodal(ax, found, "k", "binodal")
    if found.critical_point is not None:
        point = _triangle(found.critical_point)
        ax.plot(*point, "o", ms=4, color="k", label="critical point")


def _draw_cloud_points(ax: Any, diagrams: Sequence[PhaseDiagram]) -> None:
    """Draw measured cloud points hollow and once, one sign a laboratory."""
    tables = {
        (table.name, table.source): table
        for each in diagrams
        for table in each.comparable_cloud_points
    }
    signs = "sD^vP*X<>" * len(tables)
    for table, sign in zip(tables.values(), signs, strict=False):
        points = diagrams[0].from_mass_fractions(table.mass_fractions)
        ax.plot(
            *_triangle(points),
            **{"ls": "", "marker": sign, "ms": 4, "mfc": "w", "mec": "#b2182b"},
            **{"mew": 0.8, "label": f"measured, {table.name}"},
        )


def _draw_paths(
    ax: Any,
    membrane: Membrane,
    places: Mapping[str, np.ndarray],
    groups: Sequence[Sequence[int]],
) -> None:
    """Draw composition paths with the clock's dots; the first one is labeled."""
    time = membrane.history.time.m_as("s")
    marks = _clock(membrane)
    few = len(places) <= len(_PATH_COLORS)
    colors = _PATH_COLORS if few else _colors(len(places))
    for index, (label, fractions) in enumerate(places.items()):
        color = colors[index]
        corners = _corners(fractions, groups)
        ax.plot(*corners.T, color=color, lw=1.1, label=label)
        points = _interpolated(marks, time, corners)
        ax.plot(*points.T, ls="", marker="o", ms=2.4, color=color)
        if index == 0:
            _label_clock(ax, marks, points)


def _ruled(ax: Any) -> None:
    """Put the names into the corners and a light grid behind."""
    for axis in (ax.taxis, ax.laxis, ax.raxis):
        axis.set_label_position("corner")
        axis.set_label_rotation_mode("horizontal")
        axis.set_ticks([0.2, 0.4, 0.6, 0.8])
    ax.grid(lw=0.3, color="0.85")


def _label_clock(ax: Any, marks: Sequence[float], points: np.ndarray) -> None:
    """Write the time beside each dot that is far enough from the last labeled one."""
    from matplotlib.patheffects import withStroke

    last = None
    for time, point in zip(marks, points, strict=True):
        if last is None or np.abs(point - last).max() > _LABEL_SPACING:
            last = point
            label = ax.text(*point, f"{time:g} s ", size=6.5, ha="right", va="bottom")
            label.set_path_effects([withStroke(linewidth=2, foreground="w")])


# ------------------------------------------------------------------------ choosing
def _runs(membranes: Membrane | Sequence[Membrane]) -> list[Membrane]:
    runs = [membranes] if isinstance(membranes, Membrane) else list(membranes)
    if not runs:
        raise InputError("there is no membrane to draw")
    return runs


def _history(membrane: Membrane) -> Any:
    if membrane.history is None:
        raise InputError("this membrane has no history: simulate with history=True")
    return membrane.history


def _middle(runs: Sequence[Membrane]) -> Membrane | None:
    """Return the run whose path and profiles stand for the series."""
    kept = [run for run in runs if run.history is not None]
    inside = [run for run in kept if run.minimum_pore_layer.state == "inside"]
    if inside:
        return inside[(len(inside) - 1) // 2]
    return kept[-1] if kept else None


def _varied_addresses(runs: Sequence[Membrane]) -> list[str]:
    """Return the addresses that tell the runs of a series apart, or all of them."""
    given = [run.inputs_text for run in runs]
    addresses = list(dict.fromkeys(address for each in given for address in each))
    varied = [a for a in addresses if len({each.get(a) for each in given}) > 1]
    return varied or addresses


def _labels(runs: Sequence[Membrane]) -> list[str]:
    """Return the values of each run, in the order of `_varied_addresses`."""
    addresses = _varied_addresses(runs)
    return [", ".join(run.inputs_text.get(a, "-") for a in addresses) for run in runs]


def _legend_title(runs: Sequence[Membrane]) -> str:
    """Return the varied addresses, broken to the width of a legend."""
    lines = []
    for address in _varied_addresses(runs):
        spaced = address.replace(".", ". ")
        wrapped = textwrap.wrap(f"{spaced},", _LEGEND_WIDTH)
        lines += [line.replace(". ", ".") for line in wrapped]
    return "\n".join(lines).rstrip(",")


def _legend_room(runs: Sequence[Membrane]) -> float:
    """Return the width of a page that the legend of a series takes [1]."""
    if len(runs) < 2:
        return 0.13
    lines = [*_labels(runs), *_legend_title(runs).splitlines()]
    return min(max(0.13, 0.055 + 0.0085 * max(map(len, lines))), 0.4)


def _groups(membrane: Membrane) -> tuple[list[int], list[int], list[int]]:
    """Return which components stand in the corners: polymer, solvent, nonsolvent.

    Roles are those of the recipe; a component outside it has the usual one, and all
    have of a membrane that came of no case.
    """
    from membranekit.case import Case

    corners: tuple[list[int], list[int], list[int]] = ([], [], [])
    solution = None
    with suppress(MembranekitError):  # no text can carry a substance made in Python
        solution = Case.from_toml(membrane.case_toml).solution
    recipe = {part.name for part in solution.components} if solution else ()
    for index, name in enumerate(membrane.history.components):
        if solution is not None and name in recipe:
            role = solution.role_of(name)
        else:
            role = _usual_role(name)
        corners[{"membrane_polymer": 0, "nonsolvent": 2}.get(role, 1)].append(index)
    return corners


def _usual_role(name: str) -> str:
    from membranekit import library

    try:
        substance = library.lookup(name)
    except MembranekitError:
        return ""
    if substance.kind == "polymer":
        return "membrane_polymer"
    return substance.usual_role.replace(" ", "_")


def _places(membrane: Membrane) -> dict[str, np.ndarray]:
    """Return the volume fractions (n_time, n_component) at three depths."""
    history = membrane.history
    fractions = history.volume_fraction
    surface = history.surface_volume_fraction
    places = {"surface": fractions[:, 0] if surface is None else surface}
    dry = history.dry_depth
    depth = np.arange(fractions.shape[1]) if dry is None else dry.m_as("um")
    layer = membrane.minimum_pore_layer
    cells = {}
    if layer.depth is not None and dry is not None:
        cells["layer"] = int(np.abs(depth - _um(layer.depth)).argmin())
    cells["middle"] = int(np.abs(depth - depth[-1] / 2).argmin())
    for name, cell in cells.items():
        if cell > 0:
            at = "" if dry is None else f", {depth[cell]:.2g} µm"
            places[f"{name}{at}"] = fractions[:, cell]
    return places


def _at_depths(
    membrane: Membrane, depths: Any | Sequence[Any]
) -> dict[str, np.ndarray]:
    """Return the volume fractions (n_time, n_component) at depths in the dry sheet."""
    history = membrane.history
    if history.dry_depth is None:
        raise InputError("depths: this history does not say where its cells end up")
    dry = history.dry_depth.m_as("m")
    places = {}
    single = isinstance(depths, str) or np.ndim(getattr(depths, "m", depths)) == 0
    for given in [depths] if single else depths:
        depth = units.si(given, "length", "depths")
        if depth > dry[-1]:
            raise InputError(
                f"depths: {1e6 * depth:.4g} um is deeper than the dry sheet, "
                f"{1e6 * dry[-1]:.4g} um"
            )
        cell = int(np.abs(dry - depth).argmin())
        places[f"{1e6 * dry[cell]:.2g} µm"] = history.volume_fraction[:, cell]
    return places


def _clock(membrane: Membrane) -> list[float]:
    """Return the times of the dots: 1, 2, 5, 10 ... s within the history."""
    end = float(membrane.history.time.m_as("s")[-1])
    return [
        factor * 10.0**power
        for power in range(0, 6)
        for factor in (1, 2, 5)
        if factor * 10.0**power <= end
    ]


def _profile_times(membrane: Membrane) -> list[float]:
    """Return up to seven times: three of the air, four of the first bath."""
    end = float(membrane.history.time.m_as("s")[-1])
    steps = [
        (step["kind"], step["start"].m_as("s"), step["end"].m_as("s"))
        for step in membrane.schedule
    ]
    air = next((stop for kind, _, stop in steps if kind == "air"), 0.0)
    bath = next((stop for kind, _, stop in steps if kind == "immersion"), end)
    times = [0.0, air / 3, air]
    times += [air + (bath - air) * share for share in (0.01, 0.05, 0.2, 1.0)]
    return sorted({float(f"{time:.3g}") for time in times if time <= end})


def _water(names: Sequence[str], groups: Sequence[Sequence[int]]) -> int:
    if "water" in names:
        return list(names).index("water")
    return (list(groups[2]) or list(groups[1]) or [0])[0]


# --------------------------------------------------------------------- small sums
def _um(quantity: Any) -> float:
    return math.nan if quantity is None else float(quantity.m_as("um"))


def _corners(fractions: np.ndarray, groups: Iterable[Sequence[int]]) -> np.ndarray:
    """Sum fractions (n, component) into the three corners of the triangle."""
    return np.stack([fractions[:, group].sum(axis=1) for group in groups], axis=1)


def _interpolated(
    wanted: Sequence[float], time: np.ndarray, values: np.ndarray
) -> np.ndarray:
    columns = [np.interp(wanted, time, column) for column in values.T]
    return np.stack(columns, axis=1)


def _together(names: Sequence[str], group: Sequence[int]) -> str:
    return " + ".join(names[index] for index in group) or "nothing"


def _corner_name(names: Sequence[str], group: Sequence[int], several: str) -> str:
    return several if len(group) > 1 else _together(names, group)


def _rows(measured: Any) -> list[Mapping[str, Any]]:
    if measured is None:
        return []
    return list(measured["rows"] if isinstance(measured, Mapping) else measured)


def _match(row: Mapping[str, Any], runs: Sequence[Membrane]) -> int | None:
    """Return which run a measured row belongs to, by the addresses in both."""
    wanted = {key: value for key, value in row.items() if "." in key}
    for index, run in enumerate(runs):
        given = run.inputs
        if wanted and all(
            key in given and _equal(value, given[key]) for key, value in wanted.items()
        ):
            return index
    return None


def _equal(one: Any, other: Any) -> bool:
    """Tell whether a value of a row and an input of a run are the same."""
    for kind in _VARIED:
        try:
            two = units.si(one, kind, "measured"), units.si(other, kind, "input")
        except MembranekitError:
            continue
        return math.isclose(*two)
    return bool(one == other)


def _range(given: Any) -> tuple[float, float] | None:
    """Return the ends [um] of a measured length: ``"2 um"`` or ``"0.5..1 um"``."""
    if given is None:
        return None
    ends = [given, given]
    if isinstance(given, str) and ".." in given:
        first, last = given.split("..", 1)
        ends = [f"{first} {last.strip().partition(' ')[2]}", last]
    low, high = (units.si(end, "length", "measured") for end in ends)
    return 1e6 * low, 1e6 * high


def _shortened(text: str, width: int, lines: int) -> str:
    return textwrap.fill(text, width, max_lines=lines, placeholder=" ...")


def _caption(runs: Sequence[Membrane]) -> list[str]:
    """Return lines that say what the page rests on."""
    lines: list[str] = []
    for name in ("assumed", "fitted", "extrapolated"):
        entries = gather(runs, name)
        if entries:
            texts = [_entry(entry) for entry in entries[:_CAPTION_ENTRIES]]
            if len(entries) > _CAPTION_ENTRIES:
                texts.append(f"and {len(entries) - _CAPTION_ENTRIES} more")
            text = f"{heading(name, entries, len(runs))}: {'; '.join(texts)}."
            lines += textwrap.wrap(text, _CAPTION_WIDTH)
    sets = sorted({run.trust.interactions for run in runs if run.trust.interactions})
    if sets:
        lines += textwrap.wrap(f"Interactions: {'; '.join(sets)}.", _CAPTION_WIDTH)
    stopped = sum(not run.success for run in runs)
    if stopped:
        lines.append(f"{stopped} of {len(runs)} runs stopped early.")
    return lines


def _entry(entry: Assumption) -> str:
    value = f" {entry.value_text}" if entry.value_text else ""
    effect = f" (effect {entry.effect_text})" if entry.effect_text else ""
    return f"{entry.name}{value}{effect}"


# --------------------------------------------------------------------- matplotlib
def _styled() -> Any:
    need("plot", "matplotlib")
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def _axes(ax: Axes | None, **subplot: str) -> Any:
    if ax is not None:
        return ax
    need("plot", "matplotlib")
    from matplotlib import pyplot

    with _styled():
        return pyplot.figure(layout="constrained").add_subplot(**subplot)


def _ternary_axes(ax: Axes | None) -> Any:
    need("plot", "matplotlib", "mpltern")
    import mpltern  # noqa: F401  (registers the projection)

    if ax is not None and getattr(ax, "name", "") != "ternary":
        raise InputError(
            f"ax: ternary axes are wanted, not {type(ax).__name__}: "
            'import mpltern; figure.add_subplot(projection="ternary")'
        )
    return _axes(ax, projection="ternary")


def _colors(count: int) -> list[Any]:
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0.0, 0.88, max(count, 2))))[:count]


def _decades(runs: Sequence[Membrane], measured: Any) -> tuple[float, float]:
    """Return the limits that hold all pores [um], with room for markers."""
    profiles = [run.pore_profile for run in runs if run.pore_profile is not None]
    diameters = [d for p in profiles for d in p.pore_diameter.m_as("um") if d > 0]
    for row in _rows(measured):
        for name in ("surface_pore", "back_pore", "minimum_pore"):
            diameters += _range(row.get(name)) or ()
    if not diameters:
        return 0.01, 100.0
    return 0.5 * min(diameters), 1.6 * max(diameters)
