"""Write many material packs, for what is measured and tested with them.

Their files are copies of shipped ones under other names, so that they are as long and
as hard to read as real ones.
"""

import re
from pathlib import Path

MATERIALS = Path(__file__).resolve().parents[1] / "materials"
KINDS = ("solvents/nmp", "polymers/polysulfone_p3500", "swelling_agents/pvp_k30")
PACK = """\
name = "{name}"
version = "1.0"
license = "CC0-1.0"
author = "a laboratory"
membranekit = ">=0.1"
"""
IDENTITY = re.compile(
    r"^(?:aliases = \[[^\]]*\]|(?:cas|maker|grade|family|generic) = .*)\n", re.M
)


def write(folder: Path, packs: int = 20, substances: int = 50) -> list[Path]:
    """Write packs into a folder, without tables of contents; return their folders."""
    shipped = []
    for path in KINDS:
        text = (MATERIALS / f"{path}.toml").read_text(encoding="utf-8")
        plain = IDENTITY.sub("", text)
        generic = "" if path.startswith("solvents") else "generic = true\n"
        shipped.append((path.partition("/")[0], generic, plain))
    made = []
    for p in range(packs):
        made.append(folder / f"pack{p}")
        for n in range(substances):
            drawer, generic, text = shipped[n % len(shipped)]
            text = re.sub(
                r'^name = ".*"\n',
                f'name = "substance {n} of {p}"\naliases = ["S{n}P{p}"]\n{generic}',
                text,
                count=1,
                flags=re.M,
            )
            path = made[-1] / drawer / f"s{n}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (made[-1] / "pack.toml").write_text(PACK.format(name=f"pack{p}"))
    return made
