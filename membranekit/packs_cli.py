"""The commands on material packs, and the installation's health."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from membranekit.console import as_json_option, say, say_json, say_paragraph, say_table
from membranekit.errors import InputError, MaterialError, OutputError

if TYPE_CHECKING:
    from membranekit.material_files import Pack
    from membranekit.plugins import Skipped

FAILED = 1


@click.group(invoke_without_command=True)
@as_json_option
@click.pass_context
def packs(ctx: click.Context, as_json: bool) -> None:
    """List the material packs, where each is from and what it adds."""
    if ctx.invoked_subcommand is not None:
        if as_json:
            raise InputError(
                f"--json: it stands behind the command, as in membranekit packs "
                f"{ctx.invoked_subcommand} --json"
            )
        return
    from membranekit.library import materials
    from membranekit.plugins import is_strict

    skipped = materials.check()
    if as_json:
        say_json(
            {
                "packs": [
                    {
                        "name": pack.name,
                        "version": pack.version,
                        "where": str(pack.location),
                        "adds": materials.adds(pack),
                    }
                    for pack in materials.packs
                ],
                "skipped": [_skipped(each) for each in skipped],
            }
        )
    else:
        rows = []
        for pack in materials.packs:
            adds = f"{len(materials.adds(pack))} substances and sets"
            rows.append([pack.name, pack.version, adds, str(pack.location)])
        say_table(["pack", "version", "adds", "from"], rows)
        _say_skipped(skipped)
    ctx.exit(FAILED if skipped and is_strict() else 0)


@packs.command()
@click.argument("name", metavar="NAME")
@as_json_option
def info(name: str, as_json: bool) -> None:
    """Show the pack NAME: whose it is, and every substance and set in it."""
    from membranekit.material_files import load_file
    from membranekit.plugins import Skipped
    from membranekit.substances import InteractionSet
    from membranekit.toml_text import LocatedError

    pack = _find(name)
    contents = []
    skipped = []
    for file in pack.files():
        try:
            item = load_file(file)
        except LocatedError as error:
            skipped.append(Skipped(pack.name, error.what, error.file, error.line))
            continue
        is_set = isinstance(item, InteractionSet)
        kind = "interaction_set" if is_set else item.kind
        contents.append({"name": item.name, "kind": kind, "file": str(file)})
    about = {
        "name": pack.name,
        "version": pack.version,
        "license": pack.license,
        "author": pack.author,
        "where": str(pack.location),
    }
    if as_json:
        told = [_skipped(each) for each in skipped]
        say_json({**about, "contents": contents, "skipped": told})
        return
    for label, text in about.items():
        say(f"{label:<8} {text}")
    say("")
    say_table(
        ["name", "kind"],
        [[each["name"], each["kind"].replace("_", " ")] for each in contents],
    )
    _say_skipped(skipped)


@packs.command()
@click.argument("folder", metavar="FOLDER")
@as_json_option
def new(folder: str, as_json: bool) -> None:
    """Write a template of a pack into FOLDER, which must not be there yet.

    The folder's name becomes the pack's: small letters of a to z, digits and hyphens.
    """
    from membranekit.pack_template import pack_name, write

    place = Path(folder)
    name, package = pack_name(place), write(place)
    if as_json:
        files = [each for each in place.rglob("*") if each.is_file()]
        listed = sorted(each.relative_to(place).as_posix() for each in files)
        say_json({"pack": name, "folder": folder, "files": listed})
        return
    case = quote(str(place / "case.toml"))
    say(
        f"{folder} is written, the pack {name}: its README.md tells what is in it\n\n"
        f"  membranekit packs check {quote(folder)}\n"
        f"  MEMBRANEKIT_PACKS={quote(str(package))} membranekit run {case}"
    )


@packs.command()
@click.argument("path", metavar="PATH")
@click.option(
    "--write-contents",
    is_flag=True,
    help="First write the table [contents] of pack.toml, or write it anew.",
)
@as_json_option
@click.pass_context
def check(ctx: click.Context, path: str, write_contents: bool, as_json: bool) -> None:
    """Check the pack at PATH, and tell all that is wrong; status 1 if anything is.

    Notes tell what other packs give too, and are no faults.
    PATH is the folder with pack.toml, the folder of the project around it, or one file.
    """
    from membranekit.pack_check import check_pack

    place = Path(path)
    if not place.exists():
        raise InputError(f"{path}: there is no such file or folder")
    if write_contents:
        _write_contents(_pack_in(place))
    findings = check_pack(_pack_in(place))
    errors = sum(each.is_error for each in findings)
    if as_json:
        told = [each.to_dict() for each in findings]
        say_json({"ok": not errors, "findings": told})
    else:
        for each in findings:
            say(str(each))
        number = f"{errors} finding{'s' * (errors > 1)}"
        notes = len(findings) - errors
        noted = f", {notes} note{'s' * (notes > 1)}" if notes else ""
        say(f"{path}: {number if errors else 'nothing is wrong'}{noted}")
    ctx.exit(FAILED if errors else 0)


@click.command()
@as_json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Examine the installation: kernels, versions, units, packs, a tiny simulation."""
    from membranekit.health import examine

    checks = examine()
    ok = all(each.ok for each in checks)
    if as_json:
        listed = [
            {"name": each.name, "ok": each.ok, "message": each.message}
            for each in checks
        ]
        say_json({"ok": ok, "checks": listed})
    else:
        for each in checks:
            say(f"{'ok' if each.ok else 'FAILED':<7} {each.name}")
            for line in each.message.splitlines():
                say_paragraph(line)
    ctx.exit(0 if ok else FAILED)


def _find(name: str) -> Pack:
    """Return the one pack of a name."""
    from membranekit.library import materials
    from membranekit.names import match_key, suggestion

    materials.refuse_skipped()
    key = match_key(name)
    for pack in materials.packs:
        if match_key(pack.name) == key:
            return pack
    for each in materials.skipped:
        if key in (match_key(each.name), match_key(_name_within(each))):
            raise MaterialError(f"a pack was skipped, for it is broken: {each}")
    near = suggestion(name, [pack.name for pack in materials.packs])
    hint = f"did you mean {near}?" if near else "`membranekit packs` lists them"
    raise MaterialError(f"{name!r} is no known pack; {hint}")


def _name_within(skipped: Skipped) -> str:
    """Return the name that a skipped ``pack.toml`` says; empty where it says none."""
    from membranekit.material_files import survey_pack
    from membranekit.toml_text import LocatedError

    file = Path(skipped.file)
    if file.name == "pack.toml":
        with suppress(LocatedError):
            return survey_pack(file.parent)[1].name
    return ""


def _pack_in(place: Path) -> Path:
    """Return the folder of the one pack in a project's folder, or what was given."""
    if not place.is_dir() or (place / "pack.toml").exists():
        return place
    inside = [each.parent for each in sorted(place.glob("*/pack.toml"))]
    inside += [each.parent for each in sorted(place.glob("src/*/pack.toml"))]
    if len(inside) > 1:
        raise InputError(
            f"{place} holds several packs: name one of {', '.join(map(str, inside))}"
        )
    return inside[0] if inside else place


def _write_contents(pack: Path) -> None:
    """Write the table of contents of a pack, unless a file of it is broken."""
    from membranekit import pack_index
    from membranekit.toml_text import LocatedError

    if not pack.is_dir():
        raise InputError(f"--write-contents: it is of a pack, and {pack} is one file")
    # The check tells what is broken, and all else; then nothing is written.
    with suppress(LocatedError):
        try:
            pack_index.write_contents(pack)
        except OSError as error:
            raise OutputError(f"{pack / 'pack.toml'}: {error.strerror}") from error


def _skipped(each: Skipped) -> dict[str, Any]:
    return {
        "name": each.name,
        "file": each.file,
        "line": each.line,
        "message": each.message,
    }


def _say_skipped(skipped: list[Skipped]) -> None:
    if skipped:
        say("\nSkipped, for they are broken")
    for each in skipped:
        say(f"  {each}")
