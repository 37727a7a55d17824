"""Quantities beside another library's: one registry, whoever sets it, and whenever.

The registry belongs to a whole process, so each of these runs in one of its own.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SHARES = "ureg = pint.get_application_registry()"
SETS = "ureg = pint.UnitRegistry()\npint.set_application_registry(ureg)"

LAB = '''
"""Another library with functions of its own, as pint's users write them."""
import numpy as np
import pint

{registry}
ureg.define("cast = 150 * micrometer")

@ureg.wraps("m", ("um", None))
def half(micrometers, number):
    return micrometers * 0.5e-6

@ureg.check("[length]")
def checked(length):
    assert isinstance(length, ureg.Quantity)
    return length

@ureg.wraps("s", "s")
def longer(seconds):
    return 2 * seconds

@ureg.check("[temperature]")
def in_kelvin(temperature):
    return temperature.to("K")

def used(length):
    """Take a length of membranekit's in every way it can be taken."""
    one = ureg.Quantity(1, "cast")
    assert checked(length) is length
    np.testing.assert_allclose(half(length, 1).m_as("um"), length.m_as("um") / 2)
    for total in (length + one, one + length):
        np.testing.assert_allclose(total.m_as("um"), length.m_as("um") + 150)
    assert (length * one).check("[area]")
    quotients = (length / one).to(""), (1 / (one / length)).to("")
    assert all(isinstance(each, ureg.Quantity) for each in quotients)
    assert np.all((length < one) == (one > length))
    assert isinstance(length.units, ureg.Unit)
    together = np.concatenate([np.atleast_1d(length), np.atleast_1d(one)])
    assert isinstance(together, ureg.Quantity)
'''

MADE = """
import membranekit as mk

short = {"air.time": "2 s", "immersion[1].time": "5 s", "immersion[2].time": "5 s"}
case = mk.read_case("example1").replace({**short, "process.wet_thickness": ["150 um"]})
(run,) = case.runs
membrane = mk.simulate(run.solution, run.process, cells=40)
assert membrane.success, membrane.message
psf = mk.materials["PSF"]
air = mk.AirExposure(time="6 s", temperature="60 degC", relative_humidity="30 %",
                     air_speed="0.8 m/s", vapor={"NMP": "20 %"})
"""

RESULTS_USED = """
lab.used(membrane.thickness)
lab.used(membrane.pore_profile.depth)
lab.used(membrane.history.at("3 s").thickness)
lab.longer(membrane.history.time)
assert lab.longer(air.time).m_as("s") == 12
lab.used(run.process.wet_thickness)
lab.used(run.inputs["process.wet_thickness"])
lab.used(case.series["process.wet_thickness"][0])
lab.in_kelvin(air.temperature)
air.vapor["NMP"] + lab.ureg.Quantity(1, "percent")
assert lab.in_kelvin(psf.get("glass_temperature").quantity()).m > 400
assert psf.get("density").quantity() > lab.ureg.Quantity(1, "g/cm**3")
lab.used(mk.Quantity(3.0, "um"))
"""

INPUTS_TAKEN = """
Q = lab.ureg.Quantity
theirs = mk.AirExposure(
    time=lab.longer(Q(3, "s")), temperature=Q(60, "degC"),
    relative_humidity=Q(30, "percent"), air_speed=Q(80, "cm/s"),
    vapor={"NMP": Q(20, "percent")},
)
assert theirs == air and hash(theirs) == hash(air), theirs
assert repr(theirs).startswith("AirExposure(time='6 s', temperature='60 degC'")
film = mk.Process(wet_thickness=Q(1, "cast"), steps=[mk.Immersion(
    bath="water", temperature="20 degC", time="5 s")])
assert film == film.replace(wet_thickness="150 um")
assert membrane.history.at(Q(3, "s")).thickness == (
    membrane.history.at("3 s").thickness)
heavier = mk.materials["PSF"].replace(density=Q(1.25, "g/cm**3"))
assert abs(heavier.get("density").at() - 1250) < 1e-9
(changed,) = case.replace({"process.wet_thickness": Q(1, "cast")}).runs
assert changed.process == run.process
lab.used(changed.process.wet_thickness)
lab.used(film.wet_thickness)
"""


def fresh(folder: Path, *programs: str) -> str:
    """Run programs as one in a new interpreter that can import from a folder."""
    path = folder / "program.py"
    path.write_text("\n".join(programs), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_lab(folder: Path, registry: str) -> None:
    (folder / "lab.py").write_text(LAB.format(registry=registry), encoding="utf-8")


BEFORE = ("import lab", "import membranekit as mk", MADE)
BETWEEN = ("import membranekit as mk", "import lab", MADE)
AFTER = (MADE, "import lab")


@pytest.mark.parametrize("order", [BEFORE, BETWEEN, AFTER])
@pytest.mark.parametrize("registry", [SHARES, SETS])
def test_quantities_mix_in_both_directions(tmp_path, registry, order):
    write_lab(tmp_path, registry)
    fresh(tmp_path, *order, RESULTS_USED, INPUTS_TAKEN)


def test_libraries_that_set_the_registry_in_turn(tmp_path):
    write_lab(tmp_path, SETS)
    (tmp_path / "rival.py").write_text(LAB.format(registry=SETS), encoding="utf-8")
    program = """
import rival
kept = membrane.thickness
rival.used(membrane.thickness)
import lab
assert lab.ureg is not rival.ureg
"""
    stale = """
film = run.process.replace(wet_thickness=kept)  # of a registry that went
assert film.wet_thickness.m_as("um") == kept.m_as("um")
lab.used(film.wet_thickness)
"""
    fresh(tmp_path, MADE, program, RESULTS_USED, INPUTS_TAKEN, stale)


WALK = """
import pint
from collections.abc import Mapping

def look(found, name):
    try:
        return getattr(found, name)
    except mk.MembranekitError:  # a support has no molar volume
        return None

def walk(found, path="", seen=None, depth=0):
    '''Yield every quantity that can be reached by public names, and how.'''
    seen = set() if seen is None else seen
    if isinstance(found, pint.Quantity):
        yield path, found
        return
    if depth > 5 or id(found) in seen:
        return
    seen.add(id(found))
    keep.append(found)  # or another thing gets its id
    if isinstance(found, Mapping):
        inner = [(f"[{key!r}]", found[key]) for key in found]
    elif isinstance(found, (tuple, list)):
        inner = [(f"[{n}]", each) for n, each in enumerate(found)]
    elif type(found).__module__.startswith("membranekit"):
        inner = [(f".{name}", look(found, name)) for name in dir(found)
                 if not name.startswith("_")]
        inner = [pair for pair in inner if not callable(pair[1])]
    else:
        return
    for name, value in inner:
        yield from walk(value, path + name, seen, depth + 1)

keep = []
every = {
    "membrane": membrane, "case": case, "air": air, "run": run,
    "check": mk.check(run.solution, run.process), "claims": mk.claims.check(membrane),
    "cloud": run.solution.cloud_point("water"), "moment": membrane.history.at("3 s"),
    "activity": run.solution.water_activity(),
    "holds": run.solution.equilibrium_water("60 %", "25 degC"),
    "diagram": mk.phase_diagram("water", "NMP", "PSF"),
    "stack": mk.stack(membrane, membrane.flipped()),
    "filtered": membrane.throughput("0.2 um", "5 mg/L", pressure="1 bar",
                                   prewetted=True),
    "anchored": mk.CastingSolution.from_parts(
        {"PSF": 15, "NMP": 85}, cloud_point={
            "nonsolvent": "water", "mass_fraction": "4.8 %", "temperature": "25 degC"}),
}
before = dict(walk(every))
"""


def test_every_quantity_within_reach_is_of_the_registry_of_the_moment(tmp_path):
    write_lab(tmp_path, SETS)
    program = """
import lab
after = dict(walk(every))
assert before.keys() == after.keys()
print(len(after))
old = [path for path, each in after.items() if not isinstance(each, lab.ureg.Quantity)]
assert not old, old
for path, each in after.items():
    each - lab.ureg.Quantity(each.m, each.units)
"""
    count = int(fresh(tmp_path, MADE, WALK, program))
    assert count > 100


def test_what_is_handed_out_cannot_change_what_is_held(tmp_path):
    program = """
import numpy as np
def shown():
    return [repr(each) for each in (membrane.to_dict(), case, air, run, every["check"])]

first = shown()
for path, each in walk(every):
    if isinstance(each.m, np.ndarray) and not each.m.flags.writeable:
        continue
    each.ito_base_units()
    each *= 3
    if isinstance(each.m, np.ndarray) and each.m.ndim:
        each[...] = 7 * each.units
assert shown() == first
"""
    arrays = "import pint\npint.get_application_registry().force_ndarray_like = True"
    for registry in ("", arrays):
        fresh(tmp_path, registry, MADE, WALK, program)


KEPT = """
from membranekit import library
kept = {"membrane": membrane, "substance": psf, "solution": run.solution,
        "process": run.process, "case": case, "air": air,
        "set": library.interaction_set(["water", "NMP", psf.name]),
        "length": membrane.thickness, "depths": membrane.pore_profile.depth,
        "temperature": mk.Quantity(25.0, "degC")}
"""
SAME = """
import numpy as np

def same(one, other):
    if not hasattr(one, "m_as"):
        return one == other
    return str(one) == str(other) and np.shape(one.m) == np.shape(other.m)
"""


@pytest.mark.parametrize("registry", ["", SETS])
def test_everything_survives_pickling_into_another_process(tmp_path, registry):
    if registry:
        write_lab(tmp_path, registry)
    use = ("import lab", "from_there()", RESULTS_USED, INPUTS_TAKEN)
    load = """
import pickle
from pathlib import Path

def from_there():
    global mk, membrane, psf, run, case, air
    import membranekit as mk
    kept = pickle.loads(Path(__file__).with_name("kept").read_bytes())
    membrane, psf, case, air = (
        kept[name] for name in ("membrane", "substance", "case", "air"))
    (run,) = case.runs
    assert (kept["solution"], kept["process"]) == (run.solution, run.process)
    registry = mk.Quantity(1, "m")._REGISTRY
    for name in ("length", "depths", "temperature"):
        assert kept[name]._REGISTRY is registry, name
    assert kept["temperature"].m_as("K") == 298.15
    again = pickle.dumps(kept)
    Path(__file__).with_name("again").write_bytes(again)
"""
    save = """
import pickle
from pathlib import Path
Path(__file__).with_name("kept").write_bytes(pickle.dumps(kept))
"""
    compare = """
import pickle
from pathlib import Path
again = pickle.loads(Path(__file__).with_name("again").read_bytes())
for name, each in kept.items():
    assert type(again[name]) is type(each) or hasattr(each, "m_as"), name
    assert same(again[name], each), name
"""
    fresh(tmp_path, MADE, KEPT, save)
    fresh(tmp_path, load, *(use if registry else ("from_there()",)))
    fresh(tmp_path, MADE, KEPT, SAME, compare)


def test_workers_that_are_spawned_take_and_return_everything(tmp_path):
    write_lab(tmp_path, SETS)
    worker = """
import lab  # which sets the registry there, before the work arrives
import pint

def there(kept):
    assert isinstance(kept["length"] + lab.ureg.Quantity(1, "cast"), pint.Quantity)
    lab.used(kept["process"].wet_thickness)
    lab.used(kept["membrane"].thickness)
    return kept
"""
    lines = MADE + KEPT + SAME
    main = f"""
def main():
    from worker import there
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
{indented(lines)}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        again = pool.submit(there, kept).result()
    import pint
    for name, each in kept.items():
        assert same(again[name], each), name
        if hasattr(each, "m_as"):
            assert isinstance(again[name], mk.Quantity), name

if __name__ == "__main__":
    main()
"""
    (tmp_path / "worker.py").write_text(worker, encoding="utf-8")
    fresh(tmp_path, main)


def indented(program: str) -> str:
    return "\n".join("    " + line for line in program.splitlines())


def test_deep_copies_are_equal_and_of_the_registry_of_the_moment(tmp_path):
    write_lab(tmp_path, SETS)
    program = """
import copy
for name, each in kept.items():
    assert same(copy.deepcopy(each), each), name
import lab
membrane, psf, case, air, run = copy.deepcopy((membrane, psf, case, air, run))
"""
    fresh(tmp_path, MADE, KEPT, SAME, program, RESULTS_USED, INPUTS_TAKEN)


SHOWN = """
import json
print(membrane, case, run.solution, run.process, air, repr(air))
found = membrane.to_dict()
found.pop("wall_time", None)
print(json.dumps(found, sort_keys=True))
print(f"{membrane.thickness:.3f} {membrane.thickness.m:.3f} {hash(air) == hash(air)}")
assert {air: 1}[air] == 1
"""


@pytest.mark.skipif(not find_spec("pint_xarray"), reason="needs the extra data")
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_registry_that_makes_arrays_of_scalars_changes_nothing_shown(tmp_path, order):
    write_lab(tmp_path, SHARES)
    arrays = """
import pint_xarray
assert mk.Quantity(1.0, "m").m.shape == ()  # so it is with pint alone, too
"""
    first = f"import membranekit as mk\n{arrays}" if order == "before" else ""
    then = arrays if order == "after" else ""
    plain = fresh(tmp_path, MADE, SHOWN)
    assert fresh(tmp_path, first, MADE, then, SHOWN) == plain
    number = """
for each in (membrane.thickness, air.time, psf.get("density").quantity()):
    assert type(float(each.m)) is float
"""
    uses = (RESULTS_USED, INPUTS_TAKEN, number)
    fresh(tmp_path, first, MADE, then, "import lab", *uses)
