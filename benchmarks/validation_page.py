"""The page ``docs/validation.md`` and its plots: the patent's tables and what they say.

``python benchmarks/validation_page.py [--cells 400] [--refit]``

Runs the shipped cases, a map over air time and humidity, the bands of three runs, and
the fits on one example each: a few minutes. ``--refit`` fits the constants again too,
which takes some more, and tells on the page whether the shipped ones are its output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from membranekit import calibration, comparison, plot, refitting, simulation
from membranekit.case import read_case
from membranekit.comparison import CALIBRATE, PREDICT, Row
from membranekit.ensemble import MEASUREMENTS, UNCERTAINTY, Bands, bands
from membranekit.membrane import Membrane, figures
from membranekit.refitting import Transfer
from membranekit.validation import Validation, validate

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "validation.md"
PLOTS = {
    "rows": "validation.svg",
    "table1": "validation-table1.svg",
    "pores": "validation-pores.svg",
    "table2": "validation-table2.svg",
    "map": "validation-map.svg",
}
MAP = {
    "air.relative_humidity": ["10 %", "20 %", "30 %", "45 %", "60 %"],
    "air.time": ["1 s", "2 s", "6 s", "10 s", "20 s"],
}
MAP_CELLS = 100
BANDS = (("example1", "6 s"), ("example2", "4 s"), ("example3", "15 s"))
HEADLINES = (
    *("coacervation_depth", "surface_pore_diameter", "minimum_pore_layer.depth"),
    *("minimum_pore_layer.pore_diameter", "support_side_pore_diameter"),
    *("specific_surface_area", "water_uptake"),
)

HEAD = """\
# Validation

Written by `python benchmarks/validation_page.py`: change nothing here by hand.
`membranekit validate` prints the same rows, `--json` for a program, `--strict` to end
with 1 where a gate is missed; from Python it is `mk.validate()`.

Every number and label of GB 2 199 786 A stands beside its prediction. Rows marked
*calibrate* were fitted to; rows marked *predict* are only compared. A range counts as
met inside, and by its nearer end outside; a depth is met within its factor or 1 um; a
layer at the surface is depth 0. *Off* is the larger over the smaller (x), the
difference over the measured (%), or the difference of decimal logarithms (dec), and so
is the *gate*. The **null model** knows no physics: a depth v (t - t_on) through Table
1's 2 and 6 s in every example, inside where that is 1 to 35 um, 108 um thick, and else
one constant, the geometric mean of the rows marked calibrate.
"""

MISSES = """\
What the misses say, what was tried against them and what physics is missing stands in
[structure.md](structure.md), and for the filters in [filtration.md](filtration.md).
"""

COUNTED = """\
`python benchmarks/count_constants.py` changes each number that is neither measured nor
from the literature nor stated in a recipe by a tenth (a temperature by 10 K, a zero to
0.1), one at a time, runs the shipped cases again on few cells without fitting anything
again, and lists what moves a number of the tables by over 2 % or a label. It does not
see numbers without a name, nor those inside the compiled kernels; Example 4 cannot be
met on so few cells. The chosen ones:
"""

ONE_OUT = """\
The structure's constants fitted on the calibrate rows of one example alone; each dope
keeps its own cloud point, so the clocks of the runs stay. What an example does not fix
is not taken from another: both polymers then start from one length and the support side
does not know the air. Factors are root mean squares over pore diameters, both roles.
"""

MEASURE = """\
`mk.bands(solution, process)` runs a process again on {cells} cells with the inputs that
own the answer varied ({varied}), {samples} quasi-random runs on two threads, and gives
the tenth and the ninetieth percentile. What is certain leaves no band.
`membrane.trust.owners` names the three that own the depth in a single run.

Three cheap measurements replace the three inputs that own most:

{measurements}
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    ruler = ["---"] * len(head)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ruler, *rows))


def off(value: float | None, measure: str) -> str:
    """Return how far something is off, as its measure has it."""
    if value is None:
        return ""
    if measure == "relative":
        return f"{100 * value:.0f} %"
    return f"{value:.2f} dec" if measure == "log10" else f"x {value:.2f}"


def cells_of(row: Row) -> list[str]:
    """Return one row of the page's tables."""
    unit = row.measured.unit if row.measured.low is not None else ""
    predicted = "-" if row.predicted is None else str(row.predicted)
    if row.predicted is not None and row.predicted.low is not None:
        predicted = f"{predicted} {row.predicted.label}".strip()
    missed = row.within is False
    mark = ("**missed**" if row.gate.gated else "not so") if missed else ""
    measured = row.measure == "input"
    return [
        row.row.partition(":")[0],
        f"{row.quantity.replace('_', ' ')}{f', {unit}' if unit else ''}",
        "input" if measured else row.role,
        str(row.measured),
        predicted,
        off(row.factor, row.measure),
        off(row.target, row.measure),
        mark,
        "" if measured or row.null_model is None else str(row.null_model),
        off(row.null_factor, row.measure),
    ]


def page(
    found: Validation,
    transfers: Sequence[Transfer],
    widths: Mapping[tuple[str, str], Bands],
) -> str:
    """Return the page."""
    parts = [HEAD, *summary(found), "## Row by row\n"]
    parts.append(f"![Predicted over measured, row by row]({PLOTS['rows']})\n")
    head = ("row", "quantity", "role", "measured", "predicted", "off", "gate", "")
    head += ("null model", "off")
    for title in dict.fromkeys(row.table for row in found.rows):
        rows = [cells_of(row) for row in found.rows if row.table == title]
        parts += [f"### {title}\n", table(head, rows)]
        if title == "Table 1":
            text = "Table 1 against prediction and null model"
            parts.append(f"![{text}]({PLOTS['table1']})\n")
        if title == "Table 2":
            parts.append(f"![Particles passed, Table 2]({PLOTS['table2']})\n")
    notes = dict.fromkeys(row.note for row in found.rows if row.note)
    parts += [f"{note}.\n" for note in notes]
    parts += [
        "## Pore profiles of the three examples\n",
        f"![Pore diameter against depth in the three examples]({PLOTS['pores']})\n",
        "## Exposure map of Example 1\n",
        f"The layer's state and depth over air time and humidity; {MAP_CELLS} cells.\n",
        f"![State of the layer over air time and humidity]({PLOTS['map']})\n",
        "## Constants that were fitted, or differ between examples\n",
        fitted_table(found),
        "## Constants that were chosen, and matter\n",
        COUNTED,
        chosen_table(found),
        "## One example predicts the others\n",
        ONE_OUT,
        transfer_table(transfers),
        *refit_part(found),
        "## Bands, and the three measurements\n",
        MEASURE.format(
            cells=next(iter(widths.values())).cells,
            samples=next(iter(widths.values())).samples,
            varied=", ".join(
                f"{name} {value if isinstance(value, str) else f'x {value:g}'}"
                for name, value in UNCERTAINTY.items()
            ),
            measurements="\n".join(
                f"- {name}: {text}." for name, text in MEASUREMENTS.items()
            ),
        ),
    ]
    for (example, air_time), each in widths.items():
        parts += [f"### {example}, {air_time}\n", bands_table(each)]
    return "\n".join(parts)


def summary(found: Validation) -> list[str]:
    """Return what it comes to."""
    right, of = found.labels(gated=True)
    every, of_all = found.labels(gated=False)
    null, _ = found.labels(gated=False, null=True)

    def number(value: float | None) -> str:
        return "-" if value is None else figures(value)

    rows = []
    for name, told in (
        ("rms_factor", "rms factor"),
        ("rms_log10", "rms log10 of particles passed"),
    ):
        rows += [
            [
                told + (", null model" if of_null else ""),
                *(
                    number(getattr(found, name)(role, null=of_null))
                    for role in (CALIBRATE, PREDICT)
                ),
            ]
            for of_null in (False, True)
        ]
    over = found.over_fitting
    verdict = ""
    if over is not None:
        word = "over-fitting" if over > 1.3 else "no sign of over-fitting"
        verdict = f"Predict over calibrate is {figures(over)}: {word} (limit 1.3).\n"
    missed = [f"- {each}" for each in found.missed]
    return [
        "## In short\n",
        f"{len(found.fitted_constants)} constants are fitted or differ between "
        f"examples, to {found.calibrate_values} numbers; "
        f"{len(found.chosen_constants)} chosen ones matter. States of the layer: "
        f"{right} of {of}, {every} of {of_all} with the two at 30 s; the null model "
        f"{null} of {of_all}.\n",
        table(["", "calibrate", "predict"], rows),
        verdict,
        f"Farthest off: {'; '.join(farthest(found))}.\n",
        table(
            ["asked of several rows together", "found", ""],
            [
                [
                    each.what,
                    each.found,
                    "" if each.ok else ("**missed**" if each.gated else "not so"),
                ]
                for each in found.checks
            ],
        ),
        "Gates missed:\n" if missed else "No gate is missed.\n",
        *(["\n".join(missed) + "\n", MISSES] if missed else []),
    ]


def farthest(found: Validation) -> list[str]:
    """Return the three rows that are farthest off: what the means are made of."""
    known = [row for row in found.rows if row.logarithm]
    known.sort(key=lambda row: -abs(row.logarithm or 0.0))
    return [
        f"{row.table}, {row.row}, {row.quantity} ({off(row.factor, row.measure)})"
        for row in known[:3]
    ] or ["nothing"]


def fitted_table(found: Validation) -> str:
    """Return the fitted constants with the rows they were fitted to."""
    return table(
        ["constant", "value", "fitted to"],
        [
            [
                f"`{each.name}`",
                f"{figures(each.amount, 4)} {'' if each.unit == '1' else each.unit}",
                "; ".join(each.fitted_to),
            ]
            for each in found.fitted_constants
        ],
    )


def chosen_table(found: Validation) -> str:
    """Return the chosen constants with what they move."""
    return table(
        ["constant", "value", "moves most", "by", "depth at 10 s, um", "labels"],
        [
            [
                f"`{each.name}`",
                each.amount,
                each.moves,
                f"{100 * each.by:.2g} %",
                "" if each.depth is None else f"{each.depth:+.2g}",
                "; ".join(each.labels),
            ]
            for each in found.chosen_constants
        ],
    )


def transfer_table(transfers: Sequence[Transfer]) -> str:
    """Return the constants of each example alone, and how they do."""

    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.3g}"

    names = [
        name
        for name in transfers[0].constants
        if any(each.constants[name] is not None for each in transfers)
    ]
    rows = [
        [f"`{name}` (SI)", *(number(each.constants[name]) for each in transfers)]
        for name in names
    ]
    rows += [
        ["factor on its own rows", *(number(each.own) for each in transfers)],
        ["factor on the others'", *(number(each.others) for each in transfers)],
        [
            "states of the others'",
            *(f"{each.states[0]} of {each.states[1]}" for each in transfers),
        ],
    ]
    spread = []
    for row, name in zip(rows, names, strict=False):
        known = [v for each in transfers if (v := each.constants[name]) is not None]
        spread.append(f"x {max(known) / min(known):.2f}" if len(known) > 1 else "-")
        row.append(spread[-1])
    for row in rows[len(names) :]:
        row.append("")
    head = ["", *(f"on {each.example}" for each in transfers), "spread"]
    return table(head, rows)


def refit_part(found: Validation) -> list[str]:
    """Return what the fit gives beside what is shipped, if it ran."""
    if found.refit is None:
        return [
            "`membranekit validate --refit` fits all constants again; `pytest -m refit`"
            " holds the shipped ones to its output within 1e-3.\n"
        ]
    rows = [
        [
            f"`{name}` (SI)",
            figures(getattr(found.refit.shipped, name), 5),
            figures(getattr(found.refit.found, name), 5),
            f"{100 * shift:+.2g} %",
        ]
        for name, shift in found.refit.shifts.items()
    ]
    verdict = "are" if found.refit.agrees else "are **not**"
    return [
        f"Fitted again: the shipped constants {verdict} the fit's output to 1e-3.\n",
        table(["constant", "shipped", "fitted again", "shift"], rows),
    ]


def bands_table(found: Bands) -> str:
    """Return the bands of the headline numbers."""
    rows = [
        [
            each.name.replace("_", " ").replace("minimum pore layer.", "layer's "),
            "-" if each.middle is None else figures(each.middle),
            f"{figures(each.low)} to {figures(each.high)}",
            each.unit,
            ", ".join(each.owners),
        ]
        for name in HEADLINES
        for each in found.numbers
        if each.name == name
    ]
    states = "; ".join(f"{name}, {100 * x:.0f} %" for name, x in found.states.items())
    return f"Layer: {states}.\n\n" + table(
        ["", "middle", "band", "unit", "owned by"], rows
    )


# ------------------------------------------------------------------------- figures
def draw_table1(found: Validation, path: Path) -> None:
    """Draw Table 1 against prediction and null model, over air time."""
    quantities = {
        "minimum_layer_depth": "depth of the layer (µm)",
        "surface_pore": "surface pores (µm)",
        "back_pore": "support-side pores (µm)",
        "thickness": "thickness (µm)",
    }

    def draw(figure: Any) -> None:
        for ax, (quantity, label) in zip(
            figure.subplots(2, 2).flat, quantities.items(), strict=True
        ):
            rows = [
                row
                for row in found.rows
                if row.table == "Table 1" and row.quantity == quantity
            ]
            rows.sort(key=lambda row: comparison.seconds(row.row))
            for name, style in (
                ("measured", {"marker": "o", "linestyle": "", "color": "k"}),
                ("predicted", {"marker": ".", "color": "#2166ac"}),
                ("null_model", {"linestyle": ":", "color": "0.5"}),
            ):
                known = [
                    (comparison.seconds(row.row), reading.middle)
                    for row in rows
                    if (reading := getattr(row, name)) is not None
                ]
                ax.plot(
                    *zip(*known, strict=True), **style, label=name.replace("_", " ")
                )
            if quantity in ("surface_pore", "back_pore"):
                ax.set_yscale("log")
            else:
                ax.set_ylim(0.0, 1.1 * ax.get_ylim()[1])
            ax.set_xlabel("air time (s)")
            ax.set_ylabel(label)
        figure.axes[0].legend()

    save(draw, path, (6.4, 4.6))


def draw_table2(found: Validation, path: Path) -> None:
    """Draw the particles that Table 2's membranes pass."""
    rows = [row for row in found.rows if row.quantity == "particles_passed"]

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        for name, style in (
            ("measured", {"marker": "o", "linestyle": "", "color": "k"}),
            ("predicted", {"marker": "x", "linestyle": "", "color": "#2166ac"}),
            ("null_model", {"marker": "_", "linestyle": "", "color": "0.5"}),
        ):
            known = [
                (k, reading.middle)
                for k, row in enumerate(rows)
                if (reading := getattr(row, name)) is not None
            ]
            ax.plot(*zip(*known, strict=True), **style, label=name.replace("_", " "))
        ax.set_yscale("log")
        names = [f"{row.row.partition(':')[0]}\n{row.role}" for row in rows]
        ax.set_xticks(range(len(rows)), names)
        ax.set_xlim(-0.5, len(rows) - 0.5)
        ax.set_ylabel("passed of 1e6 per cm²")
        ax.legend()

    save(draw, path, (5.2, 3.0))


def draw_pores(found: Validation, path: Path) -> None:
    """Draw the pore profiles of the three examples."""

    def draw(figure: Any) -> None:
        axes = figure.subplots(3, 1)
        for ax, example in zip(axes, refitting.EXAMPLES, strict=True):
            runs = [
                membrane
                for (name, _), membrane in found.membranes.items()
                if name == example
            ]
            runs.sort(key=lambda each: each.inputs["air.time"].m_as("s"))
            plot.pores(runs, ax=ax, measured=read_case(example).measured)
            name = read_case(example).name
            ax.text(0.99, 0.03, name, transform=ax.transAxes, ha="right")

    save(draw, path, (7.0, 9.0))


def draw_rows(found: Validation, path: Path) -> None:
    """Draw predicted over measured, row by row."""
    count = sum(row.logarithm is not None for row in found.rows)
    save(
        lambda figure: plot.validation(found, ax=figure.subplots()),
        path,
        (6.5, 1.0 + 0.17 * count),
    )


def draw_map(runs: Sequence[Membrane], path: Path) -> None:
    """Draw the exposure map."""
    save(lambda figure: plot.exposure_map(runs, ax=figure.subplots()), path, (7.0, 4.0))


def save(draw: Callable[[Any], object], path: Path, size: tuple[float, float]) -> None:
    """Write a figure: text as text and a fixed salt, the same file for the same run."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    style = {
        "svg.fonttype": "none",
        "svg.hashsalt": "membranekit",
        "path.simplify_threshold": 0.5,
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
    }
    with mpl.rc_context(style):
        figure = plt.figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int)
    parser.add_argument("--refit", action="store_true")
    given = parser.parse_args()

    def tell(text: str) -> None:
        print(text, flush=True)

    found = validate(cells=given.cells, refit=given.refit, report=tell)
    tell(str(found))
    if found.refit is None:
        rows = refitting.pore_rows()
        places = [(refitting.TABLES[row.table], row.row) for row in rows]
        start = calibration.START
        shapes = calibration.shapes(places, start)
        transfers = refitting.transfers(rows, shapes, start)
    else:
        transfers = found.refit.transfers
    widths = {}
    for example, air_time in BANDS:
        run = read_case(example).replace({"air.time": air_time}).runs[0]
        widths[example, air_time] = bands(run.solution, run.process)
        tell(f"{example}, {air_time}: {widths[example, air_time].state}")
    mapped = simulation.simulate_many(
        read_case("example1").replace(MAP), workers=2, cells=MAP_CELLS, history=False
    )
    PAGE.write_text(page(found, transfers, widths), encoding="utf-8")
    draw_rows(found, DOCS / PLOTS["rows"])
    draw_table1(found, DOCS / PLOTS["table1"])
    draw_table2(found, DOCS / PLOTS["table2"])
    draw_pores(found, DOCS / PLOTS["pores"])
    draw_map(mapped, DOCS / PLOTS["map"])
    tell(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
