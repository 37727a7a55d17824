"""The kept logs of installing beside others: whole, and of no machine in particular."""

import re
from pathlib import Path

import install_beside
import pytest

LOGS = sorted(install_beside.RELEASES.glob("install-beside-*.txt"))


def test_there_is_a_log():
    assert LOGS


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_log_names_no_machine_and_nothing_that_went_wrong(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|/home|/tmp|/usr|/opt|[A-Z]:\\", text)
    assert not [word for word in install_beside.WRONG if word in text]
    for name in install_beside.NEIGHBORS:
        assert re.search(rf"^  {name} \d", text, re.M), name
        assert f"  import {name}: ok" in text


def test_what_is_written_down_names_no_machine():
    folder = Path("/somewhere/of/mine")
    said = f"see https://index.example/simple and {folder}/lib"
    assert install_beside.clean(said, folder) == "see ... and .../lib"
