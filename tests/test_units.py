"""Reading text and quantities, and making quantities that others accept."""

import contextlib
import math
import subprocess
import sys
import time
from decimal import Decimal

import numpy as np
import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membranekit import units
from membranekit.errors import InputError, UnitError

READ = [
    ("6 s", "time", 6.0),
    ("6s", "time", 6.0),
    ("  6   s ", "time", 6.0),
    ("1.5 min", "time", 90.0),
    ("2 minutes", "time", 120.0),
    ("0 s", "time", 0.0),
    ("+.5e1 s", "time", 5.0),
    ("5. s", "time", 5.0),
    ("150 um", "length", 150e-6),
    ("150 \u00b5m", "length", 150e-6),
    ("150 \u03bcm", "length", 150e-6),
    ("150 micrometer", "film_thickness", 150e-6),
    ("25 degC", "temperature", 298.15),
    ("25 \u00b0C", "temperature", 298.15),
    ("-5 degC", "temperature", 268.15),
    ("77 degF", "temperature", 298.15),
    ("300 K", "temperature", 300.0),
    ("2 K", "temperature_difference", 2.0),
    ("2 delta_degC", "temperature_difference", 2.0),
    ("0.8 m/s", "velocity", 0.8),
    ("0.6 m/min", "velocity", 0.01),
    ("1 atm", "pressure", 101325.0),
    ("2 bar", "pressure", 2e5),
    ("30 %", "relative_humidity", 0.3),
    ("30%", "relative_humidity", 0.3),
    ("30 %RH", "relative_humidity", 0.3),
    ("30 % RH", "relative_humidity", 0.3),
    ("30 percent", "relative_humidity", 0.3),
    ("100 %", "relative_humidity", 1.0),
    ("9 g/kg", "humidity_ratio", 0.009),
    ("0.009 kg/kg", "humidity_ratio", 0.009),
    ("4.8 wt%", "mass_fraction", 0.048),
    ("48 g/kg", "mass_fraction", 0.048),
    ("15 vol%", "volume_fraction", 0.15),
    ("20 %", "share", 0.2),
    ("1.24 g/cm**3", "density", 1240.0),
    ("1.24 g/cm3", "density", 1240.0),
    ("1.24 g cm-3", "density", 1240.0),
    ("1.24 g\u00b7cm\u207b\u00b3", "density", 1240.0),
    ("1240 kg/m^3", "density", 1240.0),
    ("1e-5 cm2/s", "diffusivity", 1e-9),
    ("1e-9 m\u00b2/s", "diffusivity", 1e-9),
    ("25 g m-2", "area_density", 0.025),
    ("25 g m^-2", "area_density", 0.025),
    ("1.7 mPa.s", "viscosity", 1.7e-3),
    ("2 kJ.kg-1.K-1", "heat_capacity", 2000.0),
    ("0.2 W/(m . K)", "thermal_conductivity", 0.2),
    ("0.2 W/(m K)", "thermal_conductivity", 0.2),
    ("2 J/(g degC)", "heat_capacity", 2000.0),
    ("360 L/(m**2 h bar)", "permeance", 1e-9),
    ("180 deg", "angle", math.pi),
    ("180\u00b0", "angle", math.pi),
    ("1 rad", "angle", 1.0),
    ("2.6", "number", 2.6),
]


@pytest.mark.parametrize(("given", "kind", "value"), READ)
def test_text_is_read(given: str, kind: str, value: float) -> None:
    assert units.si(given, kind, "x") == pytest.approx(value, rel=1e-12)


REFUSED = [
    ("1,5 m/s", "velocity", "decimal point"),
    ("0,8 m/s", "velocity", "decimal point"),
    ("1,500 um", "length", "decimal point"),
    ("1 000 um", "length", "number in pieces"),
    ("1\u00a0000 um", "length", "number in pieces"),
    ("1.5.2 m", "length", "number in pieces"),
    ("1_000 um", "length", "cannot be read"),
    ("0x10 m", "length", "unknown unit"),
    ("\u0663 m", "length", "begin with a number"),
    ("\u22125 degC", "temperature", "begin with a number"),
    ("60 C", "temperature", "coulomb"),
    ("60 F", "temperature", "farad"),
    ("60 deg", "temperature", "degC"),
    ("60 deg C", "temperature", "not a temperature"),
    ("60 C", "temperature_difference", "coulomb"),
    ("2 degC", "temperature_difference", "K or delta_degC"),
    ("2 degF", "temperature_difference", "K or delta_degC"),
    ("2 \u00b0C", "temperature_difference", "K, kelvin, delta_degC"),
    ("25 delta_degC", "temperature", "cannot be read"),
    ("150 u", "length", "micrometer is um"),
    ("5 m", "time", "minute is min"),
    ("5 M", "time", "minute is min"),
    ("5 S", "time", "second is s"),
    ("m**9**9**9", "length", "begin with a number"),
    ("1 m**9**9**9", "length", "cannot be read"),
    ("1 m*(9)**(9)**(9)", "length", "cannot be read"),
    ("1 m^9^9^9", "length", "cannot be read"),
    ("1 m**9.**9.**9.", "length", "cannot be read"),
    ("1 km**999999999", "length", "cannot be read"),
    ("1 m/0", "length", "unknown unit"),
    ("1 m*9", "length", "unknown unit"),
    ("1 m;import os", "length", "cannot be read"),
    ("1 " + "m*" * 40 + "m", "length", "cannot be read"),
    ("1" * 300 + " m", "length", "longer than"),
    ("nan s", "time", "finite"),
    ("inf s", "time", "finite"),
    ("-inf s", "time", "finite"),
    ("1e999 s", "time", "finite"),
    ("6", "time", "no unit"),
    ("30", "relative_humidity", "no unit"),
    ("s", "time", "begin with a number"),
    ("", "time", "begin with a number"),
    ("6 parsnips", "time", "unknown unit"),
    ("9 g/kg", "relative_humidity", "humidity_ratio"),
    ("30 %", "humidity_ratio", "g/kg, kg/kg"),
    ("9 g/kg", "volume_fraction", "vol%"),
    ("9 wt%", "volume_fraction", "vol%"),
    ("0.3 dimensionless", "relative_humidity", "%RH"),
    ("30 %", "number", "no unit"),
    ("9 g/kg", "angle", "deg"),
    ("3 m", "pressure", "not a pressure"),
    ("3 m", "area_density", "not an area density"),
]


@pytest.mark.parametrize(("given", "kind", "why"), REFUSED)
def test_text_is_refused(given: str, kind: str, why: str) -> None:
    units.registry()
    start = time.perf_counter()
    with pytest.raises(UnitError) as caught:
        units.quantity(given, kind, "air.thing")
    assert time.perf_counter() - start < 0.1
    message = str(caught.value)
    assert message.startswith("air.thing: ")
    assert why in message
    assert message.endswith(f'write it like "{units.KINDS[kind].example}"')


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("85 m", "film_thickness"),
        ("-1 s", "time"),
        ("-1 m/s", "velocity"),
        ("101 %", "relative_humidity"),
        ("-1 %", "mass_fraction"),
        ("-300 degC", "temperature"),
        ("6000 K", "temperature"),
        ("200 deg", "angle"),
    ],
)
def test_impossible_magnitudes_are_refused_with_the_range(
    given: str, kind: str
) -> None:
    sort = units.KINDS[kind]
    with pytest.raises(UnitError, match="out of range") as caught:
        units.quantity(given, kind, "x")
    assert f"between {sort.lowest} and {sort.highest}" in str(caught.value)


@pytest.mark.parametrize("kind", units.KINDS)
def test_each_kind_reads_its_example_and_the_ends_of_its_range(kind: str) -> None:
    sort = units.KINDS[kind]
    value = units.quantity(sort.example, kind, "x")
    assert units.si(sort.example, kind, "x") == units.to_si(value, kind)
    for end in (sort.lowest, sort.highest):
        if end is not None:
            units.quantity(end, kind, "x")


@pytest.mark.parametrize("kind", sorted(set(units.KINDS) - {"number"}))
@pytest.mark.parametrize("number", [6, 0.3, np.float32(1), np.int64(2)])
def test_a_bare_number_is_refused(kind: str, number: float) -> None:
    with pytest.raises(UnitError, match=r"^air\.thing: .* has no unit; ") as caught:
        units.quantity(number, kind, "air.thing")
    assert units.KINDS[kind].example in str(caught.value)


def test_a_bare_number_is_of_the_kind_number() -> None:
    assert units.si(2.6, "number", "association") == 2.6
    assert units.si(np.float64(2.6), "number", "association") == 2.6


@pytest.mark.parametrize("kind", units.KINDS)
@pytest.mark.parametrize(
    "given", [True, np.True_, None, [1], {"value": 1}, b"6 s", 1j, pint.Unit]
)
def test_what_is_no_text_and_no_quantity_is_refused(kind: str, given: object) -> None:
    with pytest.raises(UnitError, match=r"^air\.thing: "):
        units.quantity(given, kind, "air.thing")


def test_unit_errors_are_of_the_library_and_of_python() -> None:
    with pytest.raises(InputError):
        units.si("x", "time", "t")
    with pytest.raises(ValueError, match="t: "):
        units.si("x", "time", "t")


def test_quantities_of_foreign_registries_come_over_in_their_unit() -> None:
    foreign = pint.UnitRegistry()
    foreign.define("widget = 3 * meter")
    film = units.quantity(foreign.Quantity(150, "um"), "length", "x")
    assert isinstance(film, units.registry().Quantity)
    assert units.text(film) == "150 um"
    assert units.si(foreign.Quantity(25, "degC"), "temperature", "x") == 298.15
    assert units.si(foreign.Quantity(2, "widget"), "length", "x") == 6.0


def test_a_unit_of_the_same_name_with_another_meaning_keeps_its_meaning() -> None:
    foreign = pint.UnitRegistry(on_redefinition="ignore")
    foreign.define("fathom = 2 * meter")
    given = foreign.Quantity(1.0, "fathom")
    assert units.si(given, "length", "x") == 2.0


def test_the_magnitude_may_be_of_any_numeric_type() -> None:
    exact = pint.UnitRegistry(non_int_type=Decimal)
    assert units.si(exact.Quantity(Decimal("0.5"), "min"), "time", "x") == 30.0
    quantity = units.registry().Quantity
    assert units.si(quantity(np.float32(0.5), "min"), "time", "x") == 30.0
    assert units.si(quantity(np.array(3), "s"), "time", "x") == 3.0
    assert type(units.si(quantity(3, "s"), "time", "x")) is float


@pytest.mark.parametrize(
    ("magnitude", "unit", "kind", "why"),
    [
        ([1.0, 2.0], "s", "time", "several values"),
        ([1.0], "s", "time", "several values"),
        (math.nan, "s", "time", "finite"),
        (math.inf, "s", "time", "finite"),
        (np.True_, "s", "time", "not a quantity"),
        (1j, "s", "time", "real number"),
        (np.array("1.0"), "s", "time", "real number"),
        (1.0, "m", "time", "minute is min"),
        (9.0, "g/kg", "relative_humidity", "humidity_ratio"),
        (0.3, "", "relative_humidity", "%RH"),
        (30.0, "percent", "number", "no unit"),
        (2.0, "degC", "temperature_difference", "K or delta_degC"),
        (2.0, "delta_degC", "temperature", "difference of temperatures"),
        (2.0, "delta_degF", "temperature", "difference of temperatures"),
    ],
)
def test_quantities_are_refused(
    magnitude: object, unit: str, kind: str, why: str
) -> None:
    for source in (units.registry(), pint.UnitRegistry()):
        given = source.Quantity(magnitude, source.Unit(unit))
        with pytest.raises(UnitError, match=r"^bath\.thing: ") as caught:
            units.quantity(given, kind, "bath.thing")
        assert why in str(caught.value)


@pytest.mark.parametrize(("given", "kind", "_"), READ)
def test_a_quantity_means_the_same_as_its_text(given: str, kind: str, _: float) -> None:
    value = units.quantity(given, kind, "x")
    again = units.quantity(value, kind, "x")
    assert again == value
    assert again is not value
    assert units.text(again) == units.text(value)


@pytest.mark.parametrize(("given", "kind", "_"), READ)
def test_written_text_is_ascii_and_reads_back_equal(
    given: str, kind: str, _: float
) -> None:
    value = units.quantity(given, kind, "x")
    written = units.text(value)
    assert written.isascii()
    again = units.quantity(written, kind, "x")
    assert units.to_si(again, kind) == units.to_si(value, kind)


def test_what_has_no_readable_name_is_written_in_base_units() -> None:
    assert units.text(units.make(1.0, "angstrom")) == "1 angstrom"
    assert units.text(units.make(9.0, "delta_degF")) == "5 K"


def test_make_copies_arrays_and_keeps_scalars_scalar() -> None:
    data = np.array([1.0, 2.0])
    made = units.make(data, "um")
    data[0] = 5.0
    assert made[0].m == 1.0
    made[1] = units.make(7.0, "um")
    assert data[1] == 2.0
    assert np.shape(units.make(3, "um").m) == ()
    assert units.make(25, "degC").m_as("K") == 298.15


@pytest.fixture(params=[False, True], ids=["floats", "arrays"])
def magnitudes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the registry keep floats, and keep arrays as pint-xarray has it do."""
    for name in ("force_ndarray", "force_ndarray_like"):
        monkeypatch.setattr(units.registry(), name, False)
    monkeypatch.setattr(units.registry(), "force_ndarray_like", request.param)


@pytest.mark.usefixtures("magnitudes")
@pytest.mark.parametrize(("given", "kind", "expected"), READ)
def test_it_does_not_matter_how_the_registry_keeps_magnitudes(
    given: str, kind: str, expected: float
) -> None:
    value = units.quantity(given, kind, "x")
    for each in (value, units.quantity(value, kind, "x")):
        for number in (units.to_si(each, kind), units.si(each, kind, "x")):
            assert type(number) is float
            assert number == pytest.approx(expected, rel=1e-14)
    assert units.si(units.text(value), kind, "x") == units.to_si(value, kind)


@pytest.mark.usefixtures("magnitudes")
def test_inputs_are_equal_and_hash_however_magnitudes_are_kept() -> None:
    from membranekit.process import Immersion, Process

    def process(time: object) -> Process:
        bath = Immersion(bath="water", temperature="20 degC", time=time)
        return Process(wet_thickness="150 um", steps=[bath])

    one, other = process("2 min"), process(units.make(120, "s"))
    assert one == other
    assert len({one, other}) == 1
    assert one != process("3 min")
    assert "time='2 min'" in repr(one)
    assert "time 2 min" in str(one)
    with pytest.raises(InputError, match="no step"):
        process("0 s")


@given(
    st.text("mskgKC0129 ./*^()+-eE,%\u00b5\u00b2\u207b", max_size=40),
    st.sampled_from(sorted(units.KINDS)),
)
@settings(deadline=100, max_examples=300)
def test_any_text_is_read_or_refused_soon(given: str, kind: str) -> None:
    with contextlib.suppress(UnitError):
        assert math.isfinite(units.si(given, kind, "x"))


@given(st.floats(1e-6, 1e-2), st.sampled_from(["um", "mm", "m", "inch", "\u00b5m"]))
def test_the_number_is_the_one_that_was_written(meters: float, unit: str) -> None:
    number = float(units.make(meters, "m").m_as(unit))
    assert units.quantity(f"{number!r} {unit}", "length", "x").m == number


def _fresh(program: str) -> str:
    """Run a program in a new interpreter, warnings as errors; return its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_edge_imports_no_pint() -> None:
    assert _fresh(
        "import sys, membranekit.units\n"
        "print(sorted({'pint', 'numpy'} & set(sys.modules)))"
    ).split() == ["[]"]


def test_a_bare_number_is_refused_without_pint() -> None:
    assert _fresh(
        "import sys\n"
        "from membranekit import units\n"
        "try: units.si(6, 'time', 't')\n"
        "except ValueError: print('pint' in sys.modules)"
    ).split() == ["False"]


def test_threads_may_make_the_first_quantities_at_once() -> None:
    program = """
import threading
from membranekit import units
texts = [("150 um", "length"), ("25 degC", "temperature"), ("6 s", "time"),
         ("30 %", "share"), ("9 g/kg", "humidity_ratio"), ("1e-5 cm2/s", "diffusivity"),
         ("900 L/(m**2 h bar)", "permeance"), ("1 atm", "pressure")]
start, faults = threading.Barrier(8), []
def work(shift):
    start.wait()
    try:
        for i in range(8):
            text, kind = texts[(i + shift) % 8]
            units.si(text, kind, "x")
            units.make(1.0, "um").to("m")
    except BaseException as fault:
        faults.append(repr(fault))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(faults)
"""
    assert _fresh(program).split() == ["[]"]


WRAPPED = """
import pint
from membranekit import units

def accepted_by(ureg):
    @ureg.wraps("m", "um")
    def half(micrometers):
        return micrometers * 0.5e-6
    @ureg.check("[length]")
    def checked(x):
        return isinstance(x, ureg.Quantity)
    for made in (units.make(4.0, "um"), units.quantity("4 um", "length", "x")):
        assert half(made).m == 2e-6 and checked(made)
        assert (made + ureg.Quantity(1.0, "um")).m == 5.0
"""


def test_other_libraries_accept_what_is_made() -> None:
    _fresh(
        WRAPPED
        + """
accepted_by(pint.get_application_registry())
accepted_by(pint.get_application_registry().get())
"""
    )


def test_other_libraries_may_replace_the_registry_at_any_time() -> None:
    _fresh(
        WRAPPED
        + """
before = units.quantity("4 um", "length", "x")
limits = units.si("25 degC", "temperature", "x")
theirs = pint.UnitRegistry()
theirs.define("cast = 150 * um")
pint.set_application_registry(theirs)
accepted_by(theirs)
assert units.registry() is theirs
assert units.si("2 cast", "length", "x") == 3e-4
moved = units.quantity(before, "length", "x")
assert isinstance(moved, theirs.Quantity) and units.text(moved) == "4 um"
assert units.text(before) == "4 um"
"""
    )


def test_quantities_survive_pickling_into_another_registry() -> None:
    _fresh(
        """
import pickle, pint
from membranekit import units
kept = pickle.dumps(units.quantity("25 degC", "temperature", "x"))
pint.set_application_registry(pint.UnitRegistry())
assert units.si(pickle.loads(kept), "temperature", "x") == 298.15
"""
    )
