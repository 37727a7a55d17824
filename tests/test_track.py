"""Budgets from release to release: what fails, what is compared, what the page says."""

import copy
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import measures
import performance_page
import pytest
import track
from workloads import WORKLOADS

from membranekit._kernels import film

ROOT = Path(__file__).parents[1]

Run = dict[str, Any]


@pytest.fixture
def run() -> Run:
    """A run of a release 1.2.0 with round numbers."""
    return {
        "version": "1.2.0",
        "machine": {**dict.fromkeys(track.COUNTED_BY, "this"), "reference_time": 0.01},
        "benchmarks": [
            {"name": "flash", "level": "kernel", "instructions": 50_000, "ratio": 0.1},
            {"name": "step", "level": "step", "instructions": 10**7, "ratio": 2.0},
        ],
        "ratios": dict.fromkeys(measures.RATIOS, 10.0),
        "peak_memory": 10**8,
        "import_time": 0.002,
        "first_result_time": 0.5,
        "installed_size": 10**7,
    }


def compare(
    before: Run, now: Run, instructions_only: bool = False, again: Run | None = None
) -> int:
    def tag(version: str, *, instructions_only: bool) -> Run:
        assert version == before["version"]
        if again is None:
            raise measures.NotMeasuredError("there is no tag")
        return again

    return track.compare(
        instructions_only=instructions_only,
        runs=[before],
        measure=lambda *, instructions_only: now,
        again=tag,
    )


def scaled(run: Run, key: str, factor: float, name: str = "flash") -> Run:
    """The run with one figure changed, of a benchmark or of the whole."""
    changed = copy.deepcopy(run)
    (benchmark,) = [each for each in changed["benchmarks"] if each["name"] == name]
    record = benchmark if key in benchmark else changed
    record[key] *= factor
    return changed


@pytest.mark.parametrize("only", [False, True])
def test_a_saved_count_lowered_by_six_per_cent_fails(
    run: Run, only: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(run, run, only) == 0
    assert compare(scaled(run, "instructions", 0.94), run, only) == 1
    told = capsys.readouterr().out
    assert "flash: past its budget" in told
    assert "step: past" not in told
    assert compare(scaled(run, "instructions", 0.96), run, only) == 0


@pytest.mark.parametrize(
    ("key", "within", "past"),
    [
        ("peak_memory", 1.09, 1.11),
        ("import_time", 1.14, 1.16),
        ("first_result_time", 1.14, 1.16),
    ],
)
def test_memory_and_times_have_budgets(
    run: Run, key: str, within: float, past: float
) -> None:
    assert compare(run, scaled(run, key, within)) == 0
    assert compare(run, scaled(run, key, past)) == 1
    assert compare(run, scaled(run, key, past), instructions_only=True) == 0


def test_times_are_taken_in_multiples_of_the_reference_kernel(run: Run) -> None:
    slow = scaled(scaled(run, "import_time", 2.0), "first_result_time", 2.0)
    assert compare(run, slow) == 1
    slow["machine"]["reference_time"] *= 2.0
    assert compare(run, slow) == 0


def test_size_and_ratios_are_shown_and_free_where_instructions_are_counted(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(run, scaled(scaled(run, "installed_size", 2.0), "ratio", 2.0)) == 0
    assert capsys.readouterr().out.count("+100.0%") == 2


def test_a_benchmark_that_is_gone_fails_and_a_new_one_does_not(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = copy.deepcopy(run)
    del fewer["benchmarks"][0]
    assert compare(run, fewer) == 1
    assert "flash: gone" in capsys.readouterr().out
    assert compare(fewer, run) == 0
    assert re.search(r"flash .* new", capsys.readouterr().out)


def test_without_valgrind_the_ratios_are_compared(run: Run) -> None:
    now = copy.deepcopy(run)
    for each in now["benchmarks"]:
        each["instructions"] = None
    assert compare(run, now, instructions_only=True) == 0
    assert compare(run, scaled(now, "ratio", 1.45), instructions_only=True) == 0
    assert compare(run, scaled(now, "ratio", 1.55), instructions_only=True) == 1


@pytest.mark.parametrize("key", track.COUNTED_BY)
def test_on_another_machine_the_tag_is_measured_beside_the_checkout(
    run: Run, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = scaled(run, "instructions", 1.5)
    here["machine"][key] = "another"
    assert compare(run, here, again=here) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"{key}: this, here another" in told
    assert "building v1.2.0 beside the checkout" in told
    assert compare(run, here, again=scaled(here, "instructions", 0.94)) == 1


def test_a_tag_that_was_built_otherwise_is_no_measure(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    here, tag = copy.deepcopy(run), copy.deepcopy(run)
    here["machine"]["cpu"] = "another"
    tag["machine"] |= {"cpu": "another", "cython": "old"}
    assert compare(run, here, again=tag) == 1
    assert "cython: old, here this" in capsys.readouterr().out


def test_without_the_tag_nothing_of_another_machine_fails(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    here = scaled(scaled(run, "instructions", 2.0), "ratio", 2.0)
    here["machine"]["cpu"] = "another"
    assert compare(run, here, instructions_only=True) == 0
    told = capsys.readouterr().out
    assert "instructions: not measured (there is no tag)" in told
    assert "reference kernels" in told
    assert "100,000" not in told


def test_without_a_release_there_is_nothing_to_compare(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert track.compare(instructions_only=True, runs=[]) == 0
    assert "no release is saved yet" in capsys.readouterr().out


def test_releases_are_ordered_by_number(tmp_path: Path, run: Run) -> None:
    for version in ("0.10.0", "0.9.1", "0.9.0"):
        run["version"] = version
        (tmp_path / f"{version}.json").write_text(json.dumps(run), "utf-8")
    found = [each["version"] for each in track.saved(tmp_path)]
    assert found == ["0.9.0", "0.9.1", "0.10.0"]


def test_a_version_under_development_is_not_saved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("membranekit.__version__", "1.2.0.dev0")
    assert track.save() == 1
    assert "1.2.0.dev0 is no release" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is missing")
def test_counted_instructions_a_saved_count_too_low_fails() -> None:
    names = ["potentials", "flash"]
    counts = measures.instructions(names)
    assert set(counts) == set(names)
    assert all(1_000 < each < 1_000_000 for each in counts.values())
    now = {
        "version": "now",
        "machine": measures.machine(),
        "benchmarks": [
            {"name": n, "level": "kernel", "instructions": counts[n], "ratio": None}
            for n in names
        ],
    }
    assert compare(now, now, instructions_only=True) == 0
    assert compare(scaled(now, "instructions", 0.94), now, instructions_only=True) == 1


def test_the_least_of_tries_is_found_however_late_it_comes() -> None:
    tries = iter([9.0, 8.0, 8.5, 8.6, 5.0, 6.0, 4.999, 5.2, 3.0])
    assert measures.least(lambda: (next(tries),), 3) == (4.999,)
    assert next(tries) == 3.0


def test_an_unknown_workload_is_named() -> None:
    with pytest.raises(measures.NotMeasuredError, match="no workload 'flush'; there"):
        measures.run_between_marks(["flush"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each.name)
def test_each_workload_can_be_done_twice(workload: Any) -> None:
    assert workload.level in ("kernel", "step", "run")
    assert workload.calls >= 1
    for _ in range(2):
        workload.make()()


@pytest.mark.skipif(sys.platform != "linux", reason="reads what GCC or clang leaves")
def test_a_kernel_tells_what_built_it() -> None:
    compiler, cython = measures.built_with(Path(film.__file__))
    assert re.search(r"GCC|clang", compiler)
    assert re.fullmatch(r"3(\.\w+)+", cython)


def test_the_reference_kernel_gives_the_number_it_always_gave() -> None:
    try:
        with measures.yardstick() as library:
            assert library.track_reference() == pytest.approx(REFERENCE, rel=1e-12)
    except measures.NotMeasuredError as error:
        pytest.skip(str(error))


REFERENCE = 0.2918686830298969


def rivals(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    module = ModuleType("rivals")
    module.measure = answer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rivals", module)


def test_ratios_to_other_solvers_are_taken_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {name: float(k) for k, name in enumerate(measures.RATIOS)}
    rivals(monkeypatch, lambda: told)
    assert measures.against_rivals() == told
    rivals(monkeypatch, lambda: {**told, "vode": 1.0})
    with pytest.raises(RuntimeError, match="vode"):
        measures.against_rivals()


def test_without_another_solver_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer() -> None:
        raise ModuleNotFoundError("No module named 'sksundae'")

    rivals(monkeypatch, answer)
    assert measures.against_rivals() == dict.fromkeys(measures.RATIOS)
    assert "not measured (No module named 'sksundae')" in capsys.readouterr().out


# -------------------------------------------------------------- what the project keeps


def test_saved_runs_hold_what_is_promised() -> None:
    for saved in track.saved():
        assert list(saved) == [
            "version",
            "machine",
            "benchmarks",
            "ratios",
            "peak_memory",
            "import_time",
            "first_result_time",
            "installed_size",
        ]
        assert (track.RELEASES / f"{saved['version']}.json").is_file()
        assert set(saved["ratios"]) == set(measures.RATIOS)
        assert {*track.COUNTED_BY, "reference_time"} <= set(saved["machine"])
        for each in saved["benchmarks"]:
            assert list(each) == ["name", "level", "instructions", "ratio"]
            assert each["instructions"] > 0
            assert each["ratio"] > 0.0


def test_each_release_of_the_changelog_has_a_saved_run() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert sorted(released) == sorted(run["version"] for run in track.saved())


def test_the_page_is_what_the_saved_runs_give() -> None:
    runs = track.saved()
    assert performance_page.PAGE.read_text("utf-8") == performance_page.page(runs)
    if runs:
        told = performance_page.PLOT.read_text("utf-8")
        assert f">{performance_page.caption(runs)}<" in " ".join(told.split())


def test_the_page_and_the_plot_of_two_releases(run: Run, tmp_path: Path) -> None:
    later = scaled(run, "instructions", 0.5)
    later["version"] = "1.3.0"
    later["benchmarks"].append(
        {"name": "flush", "level": "run", "instructions": 7, "ratio": None}
    )
    later["ratios"]["two_threads"] = None
    page = performance_page.page([run, later])
    assert "| `flash` | 25,000 | 50,000 |\n" in page
    assert "| `flush` | 7 | not measured |\n" in page
    assert "| `flush` | run | 7 | not measured |\n" in page
    assert re.search(r"two threads.* \| not measured \| 10 \|\n", page)
    assert "| import | 2.0 ms | 2.0 ms |\n" in page
    for name in ("first.svg", "second.svg"):
        performance_page.draw([run, later], tmp_path / name)
    drawn = (tmp_path / "first.svg").read_text("utf-8")
    assert drawn == (tmp_path / "second.svg").read_text("utf-8")
    assert "flash 1.0000 0.5000; step 1.0000 1.0000; flush - 1.0000" in drawn
    assert len(drawn) < 60_000
