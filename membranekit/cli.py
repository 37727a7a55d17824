"""The command line: every command imports what it needs when it runs.

Tables go to stdout, progress and faults to stderr. With ``--json`` stdout holds one
JSON object and nothing else. Exit status: 0 done, 1 a run did not succeed or a pack is
skipped that ``MEMBRANEKIT_STRICT`` asks for, 2 bad input, 130 stopped by the user.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from membranekit.console import (
    as_json_option,
    drop,
    say,
    say_json,
    say_paragraph,
    say_table,
    wrapped,
)
from membranekit.errors import (
    InputError,
    MaterialError,
    MembranekitError,
    OutputError,
    SkippedPackError,
)
from membranekit.sources import beside

if TYPE_CHECKING:
    from membranekit.case import Case
    from membranekit.claims import Number
    from membranekit.completeness import Missing
    from membranekit.diagram import PhaseDiagram
    from membranekit.membrane import Assumption, Membrane
    from membranekit.substances import InteractionSet, Substance

FAILED, BAD_INPUT, STOPPED = 1, 2, 130

_SAVED = (".json", ".nc")
_NARROWEST = 80
_MOST_TOLD = 12
_BETWEEN_NAMES = re.compile(r",\s+|(?<!\b[0-9NOS]),|,(?![0-9NOS][-,])", re.IGNORECASE)

# The modules of the commands that are not here, imported when they are asked for.
_ELSEWHERE = {"packs": "membranekit.packs_cli", "doctor": "membranekit.packs_cli"}

_GUIDE = """\
# A case file of membranekit, in TOML. Edit it, then
#
#     membranekit check {name}
#     membranekit run {name}
#     membranekit run {name} --set "air.time=2 s, 4 s" --output series.csv
#
# A value with a unit is text in quotes, such as "6 s"; parts by mass are bare numbers
# of any total. What may be added:
#
#   [solution]       temperature = "25 degC", interactions = "name of a set",
#                    cloud_point = {{ nonsolvent = "water", mass_fraction = "4.8 %",
#                                    temperature = "25 degC" }}
#   [process]        line_speed = "0.6 m/min": a step may then say length = "60 mm"
#   air              dew_point or humidity_ratio in place of relative_humidity;
#                    vapor = {{ NMP = "20 %" }}, flow_length = "0.1 m", cover = "5 mm",
#                    transfer_coefficient = "5 mm/s", pressure = "1 atm"
#   immersion        bath = {{ water = 80, DMAc = 20 }}; sides = "both" once the film
#                    was peeled off its support
#   after the baths  steps of the kinds rinse, dry, hydrophilize
#   [series]         several lines are run in every combination

"""


class _Commands(click.Group):
    """A group that turns the package's errors into one message and a status."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*args, **options)
        except BrokenPipeError:
            drop(sys.stdout)
            raise click.exceptions.Exit(0) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _ELSEWHERE:
            return super().get_command(ctx, name)
        command: click.Command = getattr(import_module(_ELSEWHERE[name]), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            drop(sys.stdout)
            ctx.exit(0)
        except MembranekitError as error:
            say(f"membranekit: {error}", err=True)
            ctx.exit(FAILED if _is_skipped_pack(error) else BAD_INPUT)
        except KeyboardInterrupt:
            say("membranekit: stopped by the user", err=True)
            ctx.exit(STOPPED)


def _is_skipped_pack(error: BaseException | None) -> bool:
    """Say whether an error arose, perhaps under others, from a pack left out."""
    while error is not None and not isinstance(error, SkippedPackError):
        error = error.__context__
    return error is not None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="membranekit", message="membranekit %(version)s")
def main() -> None:
    """Simulate phase-inversion membranes: from a recipe and its steps to the pores."""


_settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="ADDRESS=VALUE",
    help='Replace a value: "air.time=4 s"; "air.time=2 s, 4 s" makes a series.',
)

_extrapolate = click.option(
    "--extrapolate",
    is_flag=True,
    help="Use values outside the temperatures for which they are given.",
)

_interactions = click.option(
    "--interactions",
    metavar="NAME",
    help="Take this set of interactions in place of the preferred one.",
)


# ------------------------------------------------------------------------ commands
@main.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--from",
    "source",
    default="example1",
    show_default=True,
    metavar="NAME",
    help="The shipped case to begin with.",
)
def new(file: str, source: str) -> None:
    """Write a commented case FILE to edit; an existing file is left alone."""
    from importlib.resources import files

    path = Path(file)
    if path.suffix.lower() != ".toml":
        raise InputError(f"{file}: the name of a case file ends in .toml")
    shipped = {
        entry.name.removesuffix(".toml"): entry
        for entry in files("membranekit").joinpath("cases").iterdir()
        if entry.name.endswith(".toml")
    }
    if source not in shipped:
        raise InputError(f"--from {source}: the cases are {', '.join(sorted(shipped))}")
    text = _GUIDE.format(name=path.name) + shipped[source].read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise OutputError(f"{file} is there already, and is left as it is") from None
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror}") from error
    say(f"{file} is written; membranekit run {file} runs it")


@main.command()
@click.argument("case", metavar="CASE")
@_settings
@_interactions
@_extrapolate
@as_json_option
@click.pass_context
def check(
    ctx: click.Context,
    case: str,
    settings: tuple[str, ...],
    interactions: str | None,
    extrapolate: bool,
    as_json: bool,
) -> None:
    """Tell what can be told of CASE without a run; status 1 if it cannot run."""
    read = _read_case(case, settings, interactions)
    findings = _check_all(read, extrapolate=extrapolate)
    ok = not any(finding.severity == "error" for finding in findings)
    if as_json:
        from membranekit.membrane import to_plain

        listed = [
            {"where": each.where, "what": each.what, "value": to_plain(each.value)}
            for each in findings
        ]
        say_json({"ok": ok, "findings": listed})
    else:
        solution = read.runs[0].solution
        say(f"{read.name}\n\n{solution}")
        tabled = {f"solution.parts.{part}" for part in solution.mass_fractions}
        _say_findings(
            each
            for each in findings
            if each.where not in tabled or each.value is None or not each.ok
        )
        say("\nIt can run." if ok else "\nIt cannot run.")
    ctx.exit(0 if ok else FAILED)


@main.command()
@click.argument("case", metavar="CASE")
@_settings
@_interactions
@_extrapolate
@as_json_option
@click.option(
    "--mode",
    type=click.Choice(["reference", "fast"]),
    default="reference",
    show_default=True,
    help="fast: the air alone, for screening; see the notes that it prints.",
)
@click.option("--output", metavar="FILE", help="Save the runs: .csv, .json or .nc.")
@click.option("--plot", "figure", metavar="FILE", help="Draw a page: .png, .pdf, .svg.")
@click.option(
    "--claims",
    is_flag=True,
    help="Tell under the table which of the patent's 18 claims each run meets.",
)
@click.option(
    "--cite",
    is_flag=True,
    help="Print the sources of all values used, as BibTeX, in place of the table.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each processor",
    help="How many runs to compute at once.",
)
@click.pass_context
def run(
    ctx: click.Context,
    case: str,
    settings: tuple[str, ...],
    interactions: str | None,
    extrapolate: bool,
    as_json: bool,
    mode: str,
    output: str | None,
    figure: str | None,
    claims: bool,
    cite: bool,
    workers: int,
) -> None:
    """Run CASE: a shipped name, a .toml file, or a saved run.json or run.nc."""
    if claims and as_json:
        raise InputError(
            "--claims: it stands under the table, which --json leaves out; in Python "
            "mk.claims.check(membrane).to_dict() gives it"
        )
    if claims and cite:
        raise InputError(
            "--claims: it stands under the table, in whose place --cite prints; ask "
            "for one at a time"
        )
    if claims and mode == "fast":
        raise InputError("--claims: they are on pores, which --mode fast lacks")
    read = _read_case(case, settings, interactions)
    from membranekit import membrane as results

    if output is not None:
        results.check_output(output)
    if figure is not None:
        if mode == "fast":
            raise InputError("--plot: a page shows pores, which --mode fast lacks")
        from membranekit import maps, plot

        plot.check_output(figure)
    keep = figure is not None or (output or "").lower().endswith(".nc")
    membranes, stopped = _simulate(
        read, workers=workers, mode=mode, keep=keep, extrapolate=extrapolate
    )
    try:
        # Files first: whoever reads what is printed may stop reading.
        if membranes and output is not None:
            results.save(membranes, output, read)
        if membranes and figure is not None:
            page: Any = (
                plot.exposure_map(membranes).figure
                if maps.varies_two(membranes)
                else plot.summary(membranes, measured=read.measured)
            )
            plot.save(page, figure)
    finally:
        if as_json:
            document = results.to_document(membranes, read.from_folder(Path()))
            if cite:
                document["citations"] = _cited(membranes)
            say_json(document)
        elif cite and membranes:
            say(_cited(membranes) or "% no run used a value")
            for each in membranes:
                if not each.success:
                    say(f"membranekit: {each.message}", err=True)
        elif membranes:
            _report(read.name, membranes)
            if claims:
                _say_claims(membranes)
    if stopped:
        say(f"membranekit: stopped by the user; {stopped}", err=True)
        ctx.exit(STOPPED)
    ctx.exit(0 if all(each.success for each in membranes) else FAILED)


@main.command()
@click.argument("substances", nargs=-1, required=True, metavar="SUBSTANCES...")
@click.option("--temperature", default="25 degC", show_default=True, metavar="TEXT")
@click.option(
    "--interactions",
    metavar="NAME|FILE|all",
    help="A set of interactions, by its name or from a file that ends in .toml; all: "
    "a diagram for each set, side by side.",
)
@click.option(
    "--extrapolate", is_flag=True, help="Use a set outside its range, and say so."
)
@click.option("--plot", "figure", metavar="FILE", help="Draw it: .png, .pdf, .svg.")
@as_json_option
def diagram(
    substances: tuple[str, ...],
    temperature: str,
    interactions: str | None,
    extrapolate: bool,
    figure: str | None,
    as_json: bool,
) -> None:
    """Draw the phase diagram of SUBSTANCES: nonsolvent, solvent, polymer."""
    if len(substances) != 3:
        raise InputError(
            "diagram: three substances are wanted, nonsolvent, solvent and polymer, "
            f"such as water NMP PSF; {len(substances)} were given"
        )
    if figure is not None:
        from membranekit import plot

        plot.check_output(figure)
    from membranekit import diagram as diagrams

    every = interactions is not None and interactions.strip().lower() == "all"
    names: Sequence[str | InteractionSet | None]
    names = diagrams.sets_for(substances) if every else [_own_set(interactions)]
    found: list[PhaseDiagram] = []
    failed: dict[str, MembranekitError] = {}
    for name in names:
        try:
            one = diagrams.phase_diagram(
                *substances,
                temperature=temperature,
                interactions=name,
                extrapolate=extrapolate,
            )
        except MembranekitError as error:
            # of several sets one may have no diagram, and the others have
            if not every:
                raise
            failed[str(name)] = error
        else:
            found.append(one)
    if not found:
        raise next(iter(failed.values()))
    if figure is not None:
        plot.save(plot.diagram(found).figure, figure)
    if as_json:
        documents = [each.to_dict() for each in found]
        without = [{"set": name, "message": str(e)} for name, e in failed.items()]
        together = {"diagrams": documents, "failed": without}
        say_json(together if every else documents[0], indent=None)
        return
    if every:
        _say_choice(found)
    for name, why in failed.items():
        say(f"\nNo diagram with {name}: {why}")
    for each in found:
        say("")
        _say_diagram(each)


@main.command()
@as_json_option
@click.option("--plot", "figure", metavar="FILE", help="Draw it: .png, .pdf, .svg.")
@click.option(
    "--refit",
    is_flag=True,
    help="Fit the constants again, from the rows marked calibrate: minutes.",
)
@click.option("--data", metavar="FILE", help="With --refit: other numbers, as TOML.")
@click.option("--strict", is_flag=True, help="End with 1 where a gate is missed.")
@click.pass_context
def validate(
    ctx: click.Context,
    as_json: bool,
    figure: str | None,
    refit: bool,
    data: str | None,
    strict: bool,
) -> None:
    """Predict the tables of GB 2 199 786 A, row by row beside what was measured.

    A miss is a finding: the status is 0, unless --strict asks for more.
    """
    from membranekit import validation

    if data is not None and not refit:
        raise InputError("--data: other numbers go with --refit")
    text = None if data is None else _text_of(data)
    if refit:
        from membranekit.membrane import need

        need("fit", "scipy")
    if figure is not None:
        from membranekit import plot

        plot.check_output(figure)
    with _progress(validation.RUNS) as bar:

        def finished(membrane: Membrane) -> Membrane:
            if bar is not None:
                bar.update(1)
            return membrane

        found = validation.validate(
            data=text,
            refit=refit,
            report=_progress_line if sys.stderr.isatty() else None,
            finished=finished,
        )
    if figure is not None:
        plot.save(plot.validation(found).figure, figure)
    if as_json:
        say_json(found.to_dict())
    else:
        say(str(found))
    ctx.exit(FAILED if strict and not found.passed else 0)


@main.command()
def cases() -> None:
    """List the shipped cases."""
    from membranekit.case import cases as shipped

    rows = [[name, case.name, _count(len(case.runs))] for name, case in shipped.items()]
    say_table(["case", "what it is", "series"], rows)


@main.command()
@click.argument("name", required=False)
@click.option(
    "--for",
    "case",
    metavar="CASE",
    help="Tell which values and pairs a case lacks, and what for; or substances, "
    'such as "water, DMF, PAN".',
)
@click.option(
    "--estimates",
    is_flag=True,
    help="With --for: estimate what can be, marked, as text for a material file.",
)
@click.option(
    "--temperature",
    metavar="TEXT",
    help='With NAME: the values there, such as "60 degC"; without it at 25 degC.',
)
@click.option(
    "--extrapolate",
    is_flag=True,
    help="With --temperature: outside the range of a value too, marked.",
)
@as_json_option
def materials(
    name: str | None,
    case: str | None,
    estimates: bool,
    temperature: str | None,
    extrapolate: bool,
    as_json: bool,
) -> None:
    """List the materials, or show the data sheet of the one called NAME."""
    from membranekit.library import materials as known

    if case is not None:
        if name is not None:
            raise InputError(f"--for: give it, or the name of a substance ({name})")
        if temperature is not None or extrapolate:
            raise InputError("--temperature: it is of a data sheet, not of --for")
        lacking = _missing(case, estimates)
        if as_json:
            say_json(lacking.to_dict())
        else:
            say(str(lacking))
        return
    if estimates:
        raise InputError("--estimates: they are of what a case lacks; give --for too")
    if name is None and (temperature is not None or extrapolate):
        raise InputError("--temperature: it is of a data sheet; give a NAME too")
    if name is not None:
        from membranekit.data_sheet import sheet_dict, sheet_text

        found = known.named(name) or [known[name]]
        _say_skipped()
        at = {"temperature": temperature, "extrapolate": extrapolate}
        if as_json:
            sheets = [sheet_dict(each, **at) for each in found]
            say_json(sheets[0] if len(sheets) == 1 else {"materials": sheets})
        else:
            _say_choices(found, name)
            say("\n\n".join(sheet_text(each, **at) for each in found))
    elif as_json:
        say_json({"materials": [each.to_dict() for each in known.values()]})
        _say_skipped()
    else:
        rows = [
            [each.name, each.kind.replace("_", " "), ", ".join(each.aliases)]
            for each in known.values()
        ]
        say_table(["name", "kind", "also"], rows)
        _say_skipped()


def _say_skipped() -> None:
    """Name on stderr what of the packs could not be used."""
    from membranekit.library import materials

    for each in materials.skipped:
        say(f"membranekit: skipped {each}", err=True)


def _missing(given: str, estimates: bool) -> Missing:
    """Return what a case lacks, or substances named with commas between them."""
    from membranekit.completeness import missing, together

    if names := _listed(given):
        return missing(names, estimates=estimates)
    runs = _read_case(given, ()).runs
    return together(
        [missing(run.solution, run.process, estimates=estimates) for run in runs]
    )


def _listed(given: str) -> list[str]:
    """Return the names of substances with commas between them; empty: it is a case.

    The commas of a name, as in 1,4-dioxane and N,N-dimethylformamide, part none.
    """
    if given.lower().endswith(".toml") or Path(given).is_file():
        return []
    names = [each.strip() for each in _BETWEEN_NAMES.split(given)]
    return names if len(names) > 1 else []


def _text_of(path: str) -> str:
    """Return the text of a file of the patent's numbers."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"--data {path} cannot be read: {error}") from error
    from membranekit.comparison import check_text

    check_text(text, f"--data {path}")
    return text


def _progress_line(text: str) -> None:
    say(text, err=True)


# ----------------------------------------------------------------------- computing
def _read_case(
    name: str, settings: Iterable[str], interactions: str | None = None
) -> Case:
    """Read a shipped case, a case file, or the case inside a saved run."""
    from membranekit.case import Case, read_case

    path = Path(name)
    if path.suffix.lower() in _SAVED:
        from membranekit.membrane import saved_case_text

        text = saved_case_text(path)
        case = Case.from_toml(text, folder=path.parent, label=name)
    else:
        case = read_case(name)
    case = case.with_settings(settings)
    if interactions is None:
        return case
    from membranekit.equilibria import sets_for

    try:
        chosen = case.replace({"solution.interactions": interactions})
        sets_for(chosen.solution)
    except (InputError, MaterialError) as error:
        message = f"--interactions {interactions}: {error}"
        with suppress(MaterialError):  # the sets may not be told apart either
            known = [f'"{each}"' for each in sets_for(case.solution)]
            message += f"; for this recipe there are {', '.join(known)}"
        raise InputError(message) from None
    return chosen


def _check_all(case: Case, *, extrapolate: bool) -> list[Any]:
    """Return the findings of all runs, each once."""
    from membranekit.checks import check as find

    found: dict[tuple[str, str, str], Any] = {}
    for each in case.runs:
        for finding in find(
            each.solution, each.process, chosen=case.chosen, extrapolate=extrapolate
        ):
            key = finding.where, finding.what, str(finding.value)
            found.setdefault(key, finding)
    return list(found.values())


def _simulate(
    case: Case, *, workers: int, mode: str, keep: bool, extrapolate: bool
) -> tuple[list[Membrane], str]:
    """Run the case; return what was begun and, after a stop, how far that got.

    The effects of what was assumed are computed with the histories, which are kept
    only where they are wanted: a long series would fill the memory.
    """
    from membranekit.simulation import NOT_RUN, run_series
    from membranekit.stopping import CTRL_C

    runs = case.runs
    given = iter(runs)
    with _progress(len(runs)) as bar:

        def finished(membrane: Membrane) -> Membrane:
            if bar is not None:
                bar.update(1)
            named = membrane.with_inputs(next(given).inputs, case)
            return named if keep else named.without_history()

        membranes = run_series(
            runs,
            workers=workers,
            mode=mode,
            history=True,
            extrapolate=extrapolate,
            finished=finished,
        )
    begun = [each for each in membranes if each.message != NOT_RUN]
    ended = [each for each in begun if not each.message.startswith(CTRL_C)]
    if len(ended) == len(runs):
        return begun, ""
    told = f"{len(ended)} of {len(runs)} runs are finished"
    if len(begun) > len(ended):
        told += f", {len(begun) - len(ended)} stopped on the way"
    return begun, told


def _progress(length: int) -> Any:
    """Return a progress bar on a terminal's stderr, elsewhere nothing."""
    if not sys.stderr.isatty():
        return nullcontext()
    return click.progressbar(length=length, label="running", file=sys.stderr)


# ------------------------------------------------------------------------ printing
def _report(name: str, membranes: Sequence[Membrane]) -> None:
    """Print the table or the map of a series, and under it what it rests on."""
    from membranekit.maps import varies_two
    from membranekit.membrane import gather, heading

    say(f"{name}\n")
    if varies_two(membranes):
        _say_map(membranes)
    else:
        _say_columns([_column(membrane) for membrane in membranes])
    for each in membranes:
        if not each.success:
            say(f"\n{_which(each, membranes)}stopped early: {each.message}")
    for listed in ("assumed", "estimated", "fitted", "extrapolated"):
        entries = gather(membranes, listed)
        if entries:
            say(f"\n{wrapped(heading(listed, entries, len(membranes)))}")
            for entry in entries:
                say_paragraph(_trust_text(entry))
    sets = dict.fromkeys(each.trust.interactions for each in membranes)
    say(f"\nInteractions: {'; '.join(filter(None, sets)) or 'none'}")
    notes: dict[str, list[Membrane]] = {}
    for each in membranes:
        for note in dict.fromkeys([*_why(each), *each.notes]):
            notes.setdefault(note, []).append(each)
    if notes:
        say("\nNotes")
    for note, of in notes.items():
        said_of_all = len(of) == len(membranes)
        where = "" if said_of_all else "".join(_which(each, membranes) for each in of)
        say_paragraph(f"{where}{note}")


def _why(membrane: Membrane) -> list[str]:
    why = membrane.minimum_pore_layer.why
    return [f"minimum-pore layer: {why}"] if why else []


def _which(membrane: Membrane, membranes: Sequence[Membrane]) -> str:
    """Return which run of a series this is, for the beginning of a line."""
    if len(membranes) == 1:
        return ""
    given = ", ".join(f"{key} {text}" for key, text in membrane.inputs_text.items())
    return f"[{given}] "


def _say_claims(membranes: Sequence[Membrane]) -> None:
    """Print which of the patent's claims each run that succeeded meets, and by what."""
    from membranekit.claims import check as decide

    ended = [each for each in membranes if each.success]
    found = [decide(each) for each in ended]
    if not found:
        say("\nClaims of GB 2199786 A: no run succeeded")
        return
    if len(found) == 1:
        say(f"\n{found[0]}")
        return
    say("\nClaims of GB 2199786 A\n")
    _say_columns(
        [
            {**each.inputs_text, **{f"claim {one.number}": one.verdict for one in of}}
            for each, of in zip(ended, found, strict=True)
        ]
    )
    say("\nBy, in the order of the runs")
    numbers: dict[tuple[int, str, str], dict[int, Number]] = {}
    reasons: dict[int, dict[str, None]] = {}
    for run, of in enumerate(found):
        for claim in of:
            for each in claim.numbers:
                key = claim.number, each.name, each.limit
                numbers.setdefault(key, {})[run] = each
            if claim.verdict == "not decidable":
                reasons.setdefault(claim.number, {})[claim.why] = None
    for key in sorted(numbers, key=lambda key: key[0]):
        number, name, limit = key
        told = _together([numbers[key].get(run) for run in range(len(found))])
        say_paragraph(f"claim {number}, {name}: {told} (asked: {limit})")
    if reasons:
        say("\nNot decidable")
    for number, whys in sorted(reasons.items()):
        several = "for several reasons; each run alone tells its own"
        say_paragraph(
            f"claim {number}: {next(iter(whys)) if len(whys) == 1 else several}"
        )


def _together(numbers: Sequence[Number | None]) -> str:
    """Return one number of several runs: each, or from where to where if many."""
    shown = ["-" if each is None else each.shown or "not known" for each in numbers]
    if len(set(shown)) == 1:
        return shown[0]
    amounts = [each for each in numbers if each and isinstance(each.amount, float)]
    if len(shown) <= _MOST_TOLD or len(amounts) < len(shown):
        return ", ".join(shown if len(shown) <= _MOST_TOLD else dict.fromkeys(shown))
    ends = min(amounts, key=_amount), max(amounts, key=_amount)
    return " to ".join(each.shown for each in ends)


def _amount(number: Number) -> float:
    return float(number.amount or 0.0)


def _say_map(membranes: Sequence[Membrane]) -> None:
    """Print the state of the layer and its depth over the two addresses of a series."""
    from membranekit.maps import exposure_map

    found = exposure_map(membranes)
    rows, columns = found.rows, found.columns
    say("Minimum-pore layer, and how deep it lies inside, um")
    say(f"down: {rows.address}; across: {columns.address}\n")
    _say_columns(
        [
            {"": head, **{of: found.text(i, j) for i, of in enumerate(rows.texts)}}
            for j, head in enumerate(columns.texts)
        ]
    )
    say("\nAll numbers of each run: --output runs.csv, or --json")


def _say_columns(columns: Sequence[dict[str, str]]) -> None:
    """Print labeled columns in as many blocks as the terminal's width asks for."""
    import shutil

    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    longest_first = sorted(columns, key=len, reverse=True)  # a failed run lacks rows
    labels = list(dict.fromkeys(label for column in longest_first for label in column))
    room = width - max(map(len, labels))
    block: list[dict[str, str]] = []
    used = 0
    for column in columns:
        needed = 2 + max(map(len, column.values()))
        if block and used + needed > room:
            _say_block(labels, block)
            say("")
            block, used = [], 0
        block.append(column)
        used += needed
    _say_block(labels, block)


def _say_block(labels: Sequence[str], block: Sequence[dict[str, str]]) -> None:
    rows = [[label, *(column.get(label, "") for column in block)] for label in labels]
    say_table(rows[0], rows[1:], numbers=True)


def _column(membrane: Membrane) -> dict[str, str]:
    """Return the rows of one run: label with unit to number."""
    layer = membrane.minimum_pore_layer
    state = layer.state or ("failed" if not membrane.success else "-")
    permeance = membrane.permeance
    return {
        **membrane.inputs_text,
        "surface pores, um": _number(membrane.surface_pore_diameter, "um"),
        "minimum-pore layer": state,
        "  depth, um": _number(layer.depth, "um"),
        "  pores, um": _number(layer.pore_diameter, "um"),
        **{f"  margin: {name}": text for name, text in layer.margins_text.items()},
        "support-side pores, um": _number(membrane.support_side_pore_diameter, "um"),
        "demixed in air to, um": _number(membrane.coacervation_depth, "um"),
        "thickness, um": _number(membrane.thickness, "um"),
        "porosity, %": _number(membrane.porosity, "percent"),
        "specific surface, m**2/g": _number(membrane.specific_surface_area, "m**2/g"),
        "permeance, L/(m**2 h bar)": _number(permeance, "L/(m**2 h bar)"),
        "  ml/(cm**2 min atm)": _number(permeance, "ml/(cm**2 min atm)"),
    }


def _number(quantity: Any, unit: str) -> str:
    return "-" if quantity is None else _figures(quantity.m_as(unit))


def _figures(value: float) -> str:
    from membranekit.membrane import figures

    return figures(value)


def _trust_text(entry: Assumption) -> str:
    told = beside(entry.basis, entry.source)
    source = f": {told}" if told else ""
    return f"{entry}{source}"


def _cited(membranes: Sequence[Membrane]) -> str | None:
    """Return the sources of all runs as BibTeX; None if every run failed at once."""
    from membranekit import membrane as results

    try:
        return results.cite(membranes)
    except InputError:
        return None


def _say_choice(found: Sequence[PhaseDiagram]) -> None:
    """Print how far the answer depends on the set of interactions."""
    shares = ("10 %", "15 %", "20 %")
    nonsolvent, _, polymer = found[0].components
    say(f"{nonsolvent} at which a solution clouds, in mass %, by its {polymer}\n")
    table = [[each.nonsolvent_at(share) for share in shares] for each in found]
    rows = [
        [each.interactions, *(_number(cell, "percent") for cell in row)]
        for each, row in zip(found, table, strict=True)
    ]
    spread = ["largest over smallest"]
    for column in zip(*table, strict=True):
        known = [cell.m_as("percent") for cell in column if cell is not None]
        spread.append(_figures(max(known) / min(known)) if known else "-")
    say_table(["set", *shares], [*rows, spread], numbers=True)


def _own_set(given: str | None) -> str | InteractionSet | None:
    """Return the set of a file, where a file was named, or what was given."""
    if given is None or not given.strip().lower().endswith(".toml"):
        return given
    from membranekit import library, substances

    found = library.load_file(given.strip())
    if not isinstance(found, substances.InteractionSet):
        kind = found.kind.replace("_", " ")
        raise InputError(
            f"--interactions {given}: this file holds a {kind}, not an interaction "
            'set, kind = "interaction_set"'
        )
    return found


def _say_diagram(found: PhaseDiagram) -> None:
    """Print a phase diagram, and under it what it rests on."""
    say(f"{', '.join(found.components)} at {found.temperature.m:g} degC\n")
    say_table(["volume %", *found.components], found.table(), numbers=True)
    nonsolvent, _, polymer = found.components
    clouds = [
        f"{_number(found.nonsolvent_at(share), 'percent')} % at {share} {polymer}"
        for share in ("10 %", "15 %", "20 %")
    ]
    say(f"\nClouds with {nonsolvent}, by mass: {', '.join(clouds)}")
    say(f"\nInteractions: {found.interactions}")
    for title, entries in (
        ("Rests on", found.sources),
        ("Extrapolated", found.extrapolated),
        ("Notes", found.notes),
    ):
        if entries:
            say(f"\n{title}")
            for entry in entries:
                say_paragraph(str(entry))


def _say_findings(findings: Iterable[Any]) -> None:
    """Print findings under their severity, the gravest first."""
    told: dict[str, list[str]] = {}
    for finding in findings:
        severity, _, text = str(finding).partition(": ")
        told.setdefault(severity, []).append(text)
    for severity, texts in told.items():
        say(f"\n{severity.capitalize()}{'s' * (len(texts) > 1)}")
        for text in texts:
            say_paragraph(text)


def _say_choices(found: Sequence[Substance], name: str) -> None:
    """Print what a name may mean, if that is several."""
    from membranekit.library import mass_text, materials

    if len(found) == 1:
        return
    say(f'"{name}" may mean\n')
    rows = [
        [
            f"{each.name}@{each.pack}"
            if materials.is_ambiguous(each.name)
            else each.name,
            " ".join(filter(None, (each.maker, each.grade))) or "not given",
            mass_text(each),
            each.pack,
        ]
        for each in found
    ]
    say_table(["name", "grade", "molar mass", "pack"], rows)
    say("")


def _count(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}"
