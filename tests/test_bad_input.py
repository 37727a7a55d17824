"""Bad input is refused with one message: where, what is wrong, what would be right.

Every row goes both ways that a user can go: a Python call and a case file. The parts
of the message that must be there are the argument, the fault and the remedy.
"""

import time

import pytest

import membranekit as mk
from membranekit.errors import MembranekitError

FILE = """\
name = "a case"
[solution.parts]
PSF = 15
NMP = 85
[process]
wet_thickness = "150 um"
[[process.step]]
kind = "air"
time = "6 s"
temperature = "60 degC"
relative_humidity = "30 %"
air_speed = "0.8 m/s"
[[process.step]]
kind = "immersion"
time = "5 min"
temperature = "20 degC"
bath = "water"
"""
AIR = {
    "time": "6 s",
    "temperature": "60 degC",
    "relative_humidity": "30 %",
    "air_speed": "0.8 m/s",
}
BATH = {"time": "5 min", "temperature": "20 degC", "bath": "water"}
STEPS = (mk.AirExposure(**AIR), mk.Immersion(**BATH))


def solution(parts=None, **more):
    return mk.CastingSolution.from_parts(parts or {"PSF": 15, "NMP": 85}, **more)


def process(*steps, **more):
    return mk.Process(**{"wet_thickness": "150 um", "steps": steps or STEPS, **more})


def line_of(text, beginning, last=False):
    """Return the line that begins so, from 1."""
    lines = [n for n, line in enumerate(text.splitlines(), 1)]
    found = [n for n in lines if text.splitlines()[n - 1].startswith(beginning)]
    return found[-1 if last else 0]


def refuse_file(tmp_path, text, line, *words):
    """Check that a case file is refused at `line`, with all of `words`."""
    file = tmp_path / "bad.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MembranekitError) as caught:
        mk.read_case(file)
    message = str(caught.value)
    assert message.startswith(f"{file}:{line}: ")
    assert message.count("bad.toml") == 1
    for word in words:
        assert word in message
    assert "\n" not in message


# --- Values of fields ----------------------------------------------------------------

VALUES = [
    ("air", "time", 6, "has no unit", '"6 s"'),
    ("air", "time", "6", "has no unit", '"6 s"'),
    ("air", "time", True, "not a quantity", '"6 s"'),
    ("air", "time", "6 kg", "not a time", '"6 s"'),
    ("air", "time", "5 m", "a minute is min", '"6 s"'),
    ("air", "time", "nan s", "not a finite number", '"6 s"'),
    ("air", "time", "inf s", "not a finite number", '"6 s"'),
    ("air", "time", "-1 s", "out of range", "0 s"),
    ("air", "time", "1000 day", "out of range", "30 day"),
    ("air", "time", "m**9**9**9", "does not begin with a number", '"6 s"'),
    ("air", "time", "1 m**9**9**9", "cannot be read", '"6 s"'),
    ("air", "time", "", "does not begin with a number", '"6 s"'),
    ("air", "air_speed", "1,5 m/s", "comma", "decimal point"),
    ("air", "air_speed", "0,8 m/s", "comma", "decimal point"),
    ("air", "air_speed", 0.8, "has no unit", '"0.8 m/s"'),
    ("air", "air_speed", "-1 m/s", "out of range", "0 m/s"),
    ("air", "temperature", "60 C", "coulomb", "degC"),
    ("air", "temperature", "60 F", "farad", "degF"),
    ("air", "temperature", "600 degC", "out of range", "from 0 degC to 100 degC"),
    ("air", "temperature", "60 K", "out of range", "from 0 degC to 100 degC"),
    ("air", "relative_humidity", "9 g/kg", "g/kg", '"30 %"'),
    ("air", "relative_humidity", "0.3", "no unit", '"30 %"'),
    ("air", "relative_humidity", "101 %", "out of range", "100 %"),
    ("air", "pressure", "0 Pa", "out of range", "10 kPa"),
    ("air", "flow_length", "0 m", "out of range", "0.1 mm"),
    ("immersion", "time", "0 s", "is no step", "above 0"),
    ("immersion", "time", "-1 min", "out of range", "0 s"),
    ("immersion", "temperature", "-30 degC", "out of range", "0 degC"),
    ("immersion", "sides", "back", "'back' is not", "surface or both"),
    ("immersion", "bath", "wter", "no known substance", "did you mean water?"),
    ("immersion", "bath", "PSF", "a polymer cannot be", "give liquids"),
    ("immersion", "bath", 5, "no bath", '"water"'),
    ("immersion", "bath", {}, "is empty", "at least one"),
    ("immersion", "bath", {"water": 0}, "0 is not a part", "above 0"),
    ("immersion", "bath", {"water": "1"}, "'1' is not a part", "without quotes"),
    ("rinse", "time", "0 s", "is no step", "above 0 s"),
    ("dry", "temperature", "300 degC", "out of range", "200 degC"),
    ("hydrophilize", "contact_angle", "200 deg", "out of range", "180 deg"),
    ("process", "wet_thickness", "85 m", "out of range", "from 1 um to 5 mm"),
    ("process", "wet_thickness", "0.5 um", "out of range", "from 1 um to 5 mm"),
    ("process", "wet_thickness", "1 000 um", "number in pieces", "no spaces"),
    ("process", "wet_thickness", "150 u", "um", "write it like"),
    ("process", "wet_thickness", 150, "has no unit", "write it like"),
    ("process", "line_speed", "0 m/s", "out of range", "1e-7 m/s"),
    ("support", "material", "glas", "no known substance", "did you mean glass?"),
    ("support", "material", "NMP", "not a support", "glass"),
    ("support", "thickness", "0 mm", "out of range", "1 um"),
    ("support", "back", "cooled", "'cooled' is not", "insulated or held"),
    ("solution", "temperature", 25, "has no unit", '"25 degC"'),
    ("solution", "temperature", "200 degC", "out of range", "100 degC"),
    ("solution", "interactions", "water-oil", "no known interaction set", ""),
    ("solution", "interactions", 5, "is no name", "give one"),
]
MAKE = {
    "air": lambda **field: mk.AirExposure(**{**AIR, **field}),
    "immersion": lambda **field: mk.Immersion(**{**BATH, **field}),
    "rinse": mk.Rinse,
    "dry": mk.Dry,
    "hydrophilize": mk.Hydrophilize,
    "process": process,
    "support": mk.Support,
    "solution": solution,
}


def written(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {written(v)}" for k, v in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(("kind", "name", "value", "fault", "remedy"), VALUES)
def test_a_wrong_value_is_refused_in_python(kind, name, value, fault, remedy):
    with pytest.raises(MembranekitError) as caught:
        MAKE[kind](**{name: value})
    message = str(caught.value)
    assert message.startswith(f"{kind}.{name}")
    assert fault in message
    assert remedy in message


@pytest.mark.parametrize(("kind", "name", "value", "fault", "remedy"), VALUES)
def test_a_wrong_value_is_refused_in_a_file(tmp_path, kind, name, value, fault, remedy):
    new = f"{name} = {written(value)}\n"
    if kind in ("air", "immersion"):
        head, mark, tail = FILE.partition(f'kind = "{kind}"\n')
        lines = tail.splitlines(keepends=True)
        old = next((line for line in lines if line.startswith(f"{name} = ")), "")
        text = head + mark + new + tail.replace(old, "", 1)
    elif kind in ("rinse", "dry", "hydrophilize"):
        text = f'{FILE}[[process.step]]\nkind = "{kind}"\n{new}'
    elif kind == "process":
        old = 'wet_thickness = "150 um"\n'
        text = FILE.replace(old, new if name == "wet_thickness" else old + new)
    elif kind == "support":
        text = FILE.replace("[process]\n", f"[process.support]\n{new}[process]\n")
    else:
        text = FILE.replace("[solution.parts]", f"[solution]\n{new}[solution.parts]")
    line = text.splitlines().index(new.strip()) + 1
    refuse_file(tmp_path, text, line, f"{kind}.{name}", fault, remedy)


def test_an_impossible_power_is_refused_at_once():
    mk.AirExposure(**AIR)  # pint is loaded
    start = time.perf_counter()
    for text in ("m**9**9**9", "1 m**9**9**9", "1 s**9**9**9"):
        with pytest.raises(mk.UnitError):
            mk.AirExposure(**{**AIR, "time": text})
    assert time.perf_counter() - start < 0.1


def test_a_list_is_no_value():
    with pytest.raises(mk.UnitError, match=r"air\.time: .*list"):
        mk.AirExposure(**{**AIR, "time": ["6 s"]})


# --- Fields that exclude or need one another -----------------------------------------

AIR_FAULTS = [
    ({"relative_humidity": None}, "relative_humidity is missing", "dew_point"),
    ({"dew_point": "5 degC"}, "relative_humidity and dew_point", "given once"),
    (
        {"relative_humidity": None, "dew_point": "61 degC"},
        "above the air's temperature",
        "at most",
    ),
    (
        {"relative_humidity": None, "humidity_ratio": "900 g/kg"},
        "more than air at 60 degC can hold",
        "at most 15",
    ),
    ({"air_speed": None}, "air_speed is missing", "cover"),
    ({"cover": "5 mm"}, "air under a cover is still", "either air_speed or cover"),
    (
        {"cover": "5 mm", "air_speed": None, "transfer_coefficient": "1 mm/s"},
        "air under a cover is still",
        "either transfer_coefficient or cover",
    ),
    ({"length": "1 m"}, "time is given too", "either time or length"),
    ({"time": None}, "air.time is missing", "line_speed"),
    ({"temperature": None}, "air.temperature is missing", "40 degC"),
    ({"vapor": {"NMP": 20}}, "air.vapor.NMP: 20 has no unit", '"20 Pa"'),
    ({"vapor": {"NMP": "120 %"}}, "air.vapor.NMP", "100 %"),
    ({"vapor": {"NMP": "1 bar"}}, "more than air at 60 degC can hold", "at most"),
    ({"vapor": {"water": "20 %"}}, "air.vapor.water", "relative_humidity"),
    ({"vapor": {"LiCl": "20 %"}}, "LiCl is not volatile", "give solvents"),
    ({"vapor": {"NPM": "20 %"}}, "no known substance", "did you mean NMP"),
    ({"vapor": "NMP"}, "air.vapor", "give names"),
]


@pytest.mark.parametrize(("fields", "fault", "remedy"), AIR_FAULTS)
def test_fields_of_the_air_that_do_not_go_together(tmp_path, fields, fault, remedy):
    with pytest.raises(MembranekitError) as caught:
        mk.AirExposure(**{**AIR, **fields})
    assert fault in str(caught.value)
    assert remedy in str(caught.value)

    lines = FILE.splitlines()
    head, tail = lines[:8], lines[12:]
    air = {name: v for name, v in {**AIR, **fields}.items() if v is not None}
    body = [f"{name} = {written(value)}" for name, value in air.items()]
    text = "\n".join([*head, *body, *tail])
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(MembranekitError) as caught:
        mk.read_case(file)
    message = str(caught.value)
    assert fault in message
    assert remedy in message
    line = int(message.removeprefix(f"{file}:").partition(":")[0])
    assert 7 <= line <= 8 + len(body)


PROCESS_FAULTS = [
    ([STEPS[0]], "there is no immersion", "Immersion("),
    ([], "there is no immersion", "Immersion("),
    ([STEPS[1], STEPS[0]], "air comes after immersion", "the order is air, immersion"),
    ([STEPS[1], mk.Dry(), mk.Rinse()], "rinse comes after dry", "the order is"),
    ([*STEPS, mk.Dry(), STEPS[1]], "immersion[2] comes after dry", "the order is"),
    ([*STEPS, mk.Dry(), mk.Dry()], "two dry steps", "give one"),
    (["air", STEPS[1]], "'air' is no step", "AirExposure"),
    (STEPS[1], "give a list of steps", "air before baths"),
    (
        [STEPS[0].replace(time=None, length="1 m"), STEPS[1]],
        "air.length needs the process's line_speed",
        "or give a time",
    ),
]


@pytest.mark.parametrize(("steps", "fault", "remedy"), PROCESS_FAULTS)
def test_steps_that_make_no_process(steps, fault, remedy):
    with pytest.raises(mk.InputError) as caught:
        mk.Process(wet_thickness="150 um", steps=steps)
    assert fault in str(caught.value)
    assert remedy in str(caught.value)


def test_a_process_needs_a_wet_thickness_and_a_support():
    with pytest.raises(mk.InputError, match="wet_thickness is missing"):
        mk.Process(steps=STEPS)
    with pytest.raises(mk.InputError, match=r"'glass' is no support; give Support\("):
        process(support="glass")


STEP = "[[process.step]]\n"
FILES = [
    (FILE.split(STEP + 'kind = "imm')[0], 7, "there is no immersion", "bath"),
    (FILE + STEP + 'kind = "air"\n', 18, "air.time is missing", '"6 s"'),
    (FILE + STEP + 'time = "1 s"\n', 18, "the kind is missing", 'kind = "air"'),
    (FILE + STEP + 'kind = "immersoin"\n', 19, "no kind of step", "mean immersion?"),
    (
        FILE + f'{STEP}kind = "dry"\n{STEP}kind = "rinse"\n',
        20,
        "rinse comes after dry",
        "the order is",
    ),
    (
        FILE.replace('time = "6 s"', 'length = "6 mm"'),
        9,
        "needs the process's line_speed",
        "0.6 m/min",
    ),
    (
        FILE.replace("[[process.step]]", "[process.step]", 1).split("[[")[0],
        7,
        "process.step",
        "double brackets",
    ),
    (
        FILE.replace("[process]", '[process]\nsupport = "glass"'),
        6,
        "process.support",
        'support = { material = "glass"',
    ),
    (FILE.split("[process]")[0], 1, "[process] is missing", "a case needs it"),
    ("[process]" + FILE.split("[process]")[1], 1, "[solution] is missing", "needs it"),
    (
        FILE.replace("[solution.parts]\nPSF = 15\nNMP = 85", "[solution]"),
        2,
        "[solution.parts] is missing",
        "needs it",
    ),
    ("", 1, "[solution] is missing", "a case needs it"),
    (FILE.replace('"a case"', "5"), 1, "name: 5 is not text", "quotes"),
    ('materials = "x.toml"\n' + FILE, 1, "materials", "give a list"),
    ('materials = ["x.toml"]\n' + FILE, 1, 'no file or folder "x.toml"', "folder"),
    (FILE + '[chosen]\n"arr.time" = "why"\n', 19, '"arr.time" is no address', "air"),
    (FILE + '[chosen]\n"air.time" = 5\n', 19, "air.time", "a sentence"),
    (FILE + "[measured]\nrows = []\n", 18, "measured.source", "say in a text"),
    (FILE + '[measured]\nsource = "x"\nrows = [5]\n', 20, "measured.rows", "rows"),
    (FILE + '[changed.NNP]\ndensity = "1 g/cm**3"\n', 18, "changed", "mean NMP"),
]


@pytest.mark.parametrize(("text", "line", "fault", "remedy"), FILES)
def test_a_file_that_is_no_case(tmp_path, text, line, fault, remedy):
    refuse_file(tmp_path, text, line, fault, remedy)


# --- Unknown keys --------------------------------------------------------------------

KEYS = [
    (FILE.replace('time = "6 s"', 'tme = "6 s"'), 9, '"tme"', "did you mean time?"),
    (FILE.replace("[process]", "[proces]"), 5, '"proces"', "did you mean process?"),
    (
        FILE.replace("wet_thickness", "wet_thicknes"),
        6,
        '"wet_thicknes"',
        "did you mean wet_thickness?",
    ),
    (
        FILE.replace("[solution.parts]", "[solution.part]"),
        2,
        '"part"',
        "did you mean parts?",
    ),
    (
        FILE.replace("[process]", '[process]\nsupport = { materal = "glass" }'),
        6,
        '"materal"',
        "did you mean material?",
    ),
    (FILE + "[measured]\nsorce = 5\n", 19, '"sorce"', "did you mean source?"),
    (FILE + "[xyz]\n", 18, '"xyz"', "it takes name, materials"),
]


@pytest.mark.parametrize(("text", "line", "key", "hint"), KEYS)
def test_an_unknown_key_is_refused_with_the_nearest(tmp_path, text, line, key, hint):
    refuse_file(tmp_path, text, line, "unknown key", key, hint)


# --- Parts, roles, stocks ------------------------------------------------------------

PARTS = [
    ({}, "solution.parts is empty", "at least one"),
    ({"NMP": 85}, "no membrane polymer", "PSF"),
    ({"PVP": 10, "NMP": 85}, "no membrane polymer", "PSF"),
    ({"PSF": 15, "PVDF": 5, "NMP": 80}, "both membrane polymers", "keep one"),
    ({"PSF": 15, "NMP": -85}, "solution.parts.NMP: -85", "above 0"),
    ({"PSF": 15, "NMP": 0}, "solution.parts.NMP: 0", "leave the part out"),
    ({"PSF": 15, "NMP": float("nan")}, "solution.parts.NMP: nan", "finite"),
    ({"PSF": 15, "NMP": float("inf")}, "solution.parts.NMP: inf", "finite"),
    ({"PSF": 15, "NMP": "85"}, "'85' is not a part", "bare number"),
    ({"PSF": 15, "NMP": "85 g"}, "'85 g' is not a part", "bare number"),
    ({"PSF": 15, "NMP": True}, "True is not a part", "bare number"),
    ({"PSF": 15, "NPM": 85}, "'NPM' is no known substance", "did you mean NMP"),
    ({"PSF": 15, "glass": 85}, "glass is a support", "material"),
    (
        {"PSF": 15, "PEG200": 10, "PEG 200": 10},
        '"PEG200" and "PEG 200" are the same substance',
        "give it once",
    ),
    ({"PSF": 15, "NMP": 1, "nmp": 1}, "are the same substance", "give it once"),
    ({"PSF": 15, "water": 1, "H2O": 1}, "are the same substance", "give it once"),
]


@pytest.mark.parametrize(("parts", "fault", "remedy"), PARTS)
def test_parts_that_are_no_recipe(tmp_path, parts, fault, remedy):
    with pytest.raises(MembranekitError) as caught:
        mk.CastingSolution.from_parts(parts)
    assert fault in str(caught.value)
    assert remedy in str(caught.value)

    lines = "".join(f'"{name}" = {written(part)}\n' for name, part in parts.items())
    text = FILE.replace("PSF = 15\nNMP = 85\n", lines)
    named = "parts." in fault or "part" in fault.split() or "known" in fault
    twice = "same substance" in fault
    line = 2 + (len(parts) if named or twice else 0)
    refuse_file(tmp_path, text, line, fault, remedy)


def test_a_quantity_is_no_part():
    with pytest.raises(mk.InputError, match="85 g is not a part by mass"):
        mk.CastingSolution.from_parts({"PSF": 15, "NMP": mk.Quantity(85, "g")})
    with pytest.raises(mk.InputError, match="5 is neither a name nor a substance"):
        mk.CastingSolution.from_parts({5: 5})


ROLES = [
    ("water", '"nonsolvent"', "water is not among the parts", "PSF, NMP"),
    ("NMP", '"solvent"', "'solvent' is no role", "good_solvent, nonsolvent"),
    ("PSF", '"nonsolvent"', "PSF is the membrane polymer", "leave its role out"),
    ("NPM", '"nonsolvent"', "no known substance", "did you mean NMP"),
]


@pytest.mark.parametrize(("name", "role", "fault", "remedy"), ROLES)
def test_roles_that_cannot_be(tmp_path, name, role, fault, remedy):
    with pytest.raises(MembranekitError) as caught:
        solution(roles={name: role.strip('"')})
    assert "solution.roles" in str(caught.value)
    assert fault in str(caught.value)
    text = FILE.replace("[process]", f"[solution.roles]\n{name} = {role}\n[process]")
    refuse_file(tmp_path, text, 6, fault, remedy)


def test_a_role_is_given_once():
    roles = {"NMP": "nonsolvent", "N-methylpyrrolidone": "good_solvent"}
    with pytest.raises(mk.InputError, match="same substance; give its role once"):
        solution(roles=roles)


STOCKS = [
    ({"salt": {"LiCl": 1}}, 'no part is named "salt"', "add it"),
    ({"a": {"b": 1}, "b": {"water": 1}}, '"b" is a stock itself', "write out"),
    ({"a": {}}, "solution.stocks.a is empty", "at least one"),
    ({"a": {"LiKl": 1}}, "no known substance", "did you mean LiCl"),
    ({"a": {"water": 0}}, "solution.stocks.a.water: 0", "above 0"),
    ({"a": 5}, "solution.stocks.a", "give names"),
]


@pytest.mark.parametrize(("stocks", "fault", "remedy"), STOCKS)
def test_stocks_that_cannot_be(tmp_path, stocks, fault, remedy):
    parts = {"PSF": 15, "NMP": 80, **{name: 5 for name in stocks if name in "ab"}}
    with pytest.raises(MembranekitError) as caught:
        mk.CastingSolution.from_parts(parts, stocks=stocks)
    assert fault in str(caught.value)
    assert remedy in str(caught.value)
    lines = "".join(f"{name} = {part}\n" for name, part in parts.items())
    text = FILE.replace("PSF = 15\nNMP = 85\n", lines)
    at = len(text.splitlines()) + 2
    text += "[solution.stocks]\n"
    text += "".join(f"{name} = {written(stock)}\n" for name, stock in stocks.items())
    refuse_file(tmp_path, text, at, fault, remedy)


def test_tables_that_are_no_tables():
    with pytest.raises(mk.InputError, match=r"solution\.parts: give names with parts"):
        mk.CastingSolution.from_parts(5)
    with pytest.raises(mk.InputError, match=r"solution\.stocks: give each stock"):
        solution(stocks=5)
    with pytest.raises(mk.InputError, match=r"solution\.roles: give names with roles"):
        solution(roles=5)


CLOUD_POINTS = [
    ({"nonsolvent": "water"}, "cloud_point.mass_fraction is missing", "4.8 %"),
    ({"water": "5 %"}, 'unknown key "water"', "it takes nonsolvent"),
    (
        {"nonsolvent": "wter", "mass_fraction": "5 %", "temperature": "25 degC"},
        "no known substance",
        "did you mean water?",
    ),
    (
        {"nonsolvent": "PVP", "mass_fraction": "5 %", "temperature": "25 degC"},
        "is no liquid",
        '"water"',
    ),
    (
        {"nonsolvent": "water", "mass_fraction": "5", "temperature": "25 degC"},
        "cloud_point.mass_fraction",
        "no unit",
    ),
]


@pytest.mark.parametrize(("point", "fault", "remedy"), CLOUD_POINTS)
def test_cloud_points_that_cannot_be(tmp_path, point, fault, remedy):
    with pytest.raises(MembranekitError) as caught:
        solution(cloud_point=point)
    assert fault in str(caught.value)
    assert remedy in str(caught.value)
    new = f"[solution]\ncloud_point = {written(point)}\n[solution.parts]"
    text = FILE.replace("[solution.parts]", new)
    refuse_file(tmp_path, text, 3, fault, remedy)


def test_a_cloud_point_that_is_no_table():
    with pytest.raises(mk.InputError, match=r'cloud_point: give \{"nonsolvent"'):
        solution(cloud_point="5 %")


# --- Files ---------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_named(tmp_path, encoding):
    file = tmp_path / "bad.toml"
    file.write_bytes(FILE.encode(encoding))
    with pytest.raises(mk.InputError, match=r"UTF-16.*save it as UTF-8"):
        mk.read_case(file)


def test_a_windows_code_page_is_recognized(tmp_path):
    text = FILE.replace("a case", "Lösung").encode("cp1252")
    refuse_file(tmp_path, text, 1, "not UTF-8", "save it as UTF-8")


def test_a_path_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "none.toml", str(tmp_path / "none.toml"), tmp_path):
        with pytest.raises(mk.InputError, match="cannot be read") as caught:
            mk.read_case(path)
        assert str(path) in str(caught.value)


def test_a_name_that_is_no_shipped_case():
    with pytest.raises(mk.InputError, match="they are example1, example2, example3"):
        mk.read_case("exampel1")
    with pytest.raises(KeyError):
        mk.cases["exampel1"]


BEGINNERS = [
    (FILE.replace('time = "6 s"', "time = 6 s"), 9, 'time = "6 s"', "quotes"),
    (FILE.replace("NMP = 85", "NMP = 0,7"), 4, "decimal point", "NMP = 0.7"),
    (FILE.replace("NMP = 85", "PEG 200 = 10"), 4, "quotes", '"PEG 200" = 10'),
    (FILE + 'name = "twice"\nname = "twice"\n', 19, "twice", ""),
]


@pytest.mark.parametrize(("text", "line", "hint", "right"), BEGINNERS)
def test_what_a_beginner_writes_gets_a_hint(tmp_path, text, line, hint, right):
    refuse_file(tmp_path, text, line, hint, right)


# --- Series, addresses, settings -----------------------------------------------------

TWO_AIRS = FILE.replace(
    STEP + 'kind = "imm',
    STEP + FILE.split(STEP)[1] + STEP + 'kind = "imm',
)
SERIES = [
    ('"air.time" = []', "has no values", "at least one"),
    ('"air.time" = "6 s"', "needs a list", '["2 s", "4 s"]'),
    ('"air.time" = ["6 kg"]', "air.time", "not a time"),
    ('"air.time" = [6]', "air.time: 6 has no unit", '"6 s"'),
    ('"air.tme" = ["6 s"]', 'no "tme"', "did you mean time?"),
    ('"ai.time" = ["6 s"]', '"ai"', "did you mean air?"),
    ('air.time = ["6 s", "7 g"]', "air.time", "not a time"),
    ('"air[2].time" = ["6 s"]', "there is 1 air step", "counted from 1"),
    ('"air[0].time" = ["6 s"]', "there is 1 air step", "counted from 1"),
    ('"air.length" = ["6 m"]', "time is given too", "either time or length"),
    ('"hydrophilize.contact_angle" = ["6 deg"]', "no hydrophilize step", ""),
    ('"solution.parts.NMP" = ["5"]', "'5' is not a part", "bare number"),
    ('"solution.parts.NPM" = [5]', "no known substance", "did you mean NMP"),
    ('"solution.parts" = [5]', "say which one", "solution.parts.NMP"),
    ('"immersion.bath" = ["water"]', "is a name", "immersion.bath.DMAc, takes"),
    ('"support.back" = ["held"]', "is a name", "give one name"),
    ('"immersion.bath.NMP" = [20]', "the bath is pure water", "in the file"),
    ('"air" = ["6 s"]', '"air" is no address', "air.time"),
    ('"process[1].line_speed" = ["1 m/s"]', "there is one process", "line_speed"),
    ('"air.time.x" = ["1 s"]', "unknown address", "write air.time"),
]


@pytest.mark.parametrize(("line", "fault", "remedy"), SERIES)
def test_a_series_that_cannot_be(tmp_path, line, fault, remedy):
    refuse_file(tmp_path, f"{FILE}[series]\n{line}\n", 19, fault, remedy)


def test_an_ambiguous_address_in_a_series(tmp_path):
    text = TWO_AIRS + '[series]\n"air.time" = ["6 s"]\n'
    line = line_of(text, '"air.time"')
    refuse_file(tmp_path, text, line, "ambiguous", "air[1].time or air[2].time")


def test_a_value_in_two_lines_of_a_series(tmp_path):
    text = FILE + '[series]\n"air.time" = ["6 s"]\n"air[1].time" = ["5 s"]\n'
    refuse_file(tmp_path, text, 20, "are the same value", "give it once")
    text = FILE + '[series]\n"air.time" = ["6 s"]\nair.time = ["5 s"]\n'
    refuse_file(tmp_path, text, 18, "stands there twice", "give it once")


SETTINGS = [
    ("air.time=2 kg", "not a time", '"6 s"'),
    ("air.time=2", "has no unit", '"6 s"'),
    ("air.time=2 s, 4", "has no unit", '"6 s"'),
    ("air.time=0,8 s", "comma between digits", "decimal point"),
    ("solution.parts.water=0,7", "comma between digits", "decimal point"),
    ("solution.parts.water=a", "'a' is not a part", "bare number"),
    ("air.time=2 s,,4 s", "empty value", "2 s, 4 s"),
    ("air.tme=2 s", 'no "tme"', "did you mean time?"),
    ("aire.time=2 s", '"aire"', "did you mean air?"),
    ("air.time", "write an address and a value", "air.time=4 s"),
    ("air.time=", "write an address and a value", "air.time=4 s"),
    ("=2 s", "is no address", "air.time"),
    ("name=x", "is no address", "air.time"),
    ("air.dew_point=5 degC", "relative_humidity and dew_point", "given once"),
    ("support.material=stel", "no known substance", "did you mean steel?"),
    ("immersion.bath=water, toluene", "is a name", "bath = { water = 80, DMAc = 20 }"),
    ("support.back=held, insulated", "is a name", "give one name"),
    ("immersion.bath=toluene", "no known substance", 'materials = ["my_substance'),
    ("solution.cloud_point.temperature=5 degC", "has no cloud point", ""),
    ("solution.cloud_point.tmperature=5 degC", '"tmperature"', "temperature?"),
    ("process.wet_thickness=85 m", "out of range", "5 mm"),
]


@pytest.mark.parametrize(("setting", "fault", "remedy"), SETTINGS)
def test_a_setting_that_cannot_be(setting, fault, remedy):
    case = mk.Case.from_toml(FILE)
    with pytest.raises(MembranekitError) as caught:
        case.with_settings([setting])
    message = str(caught.value)
    assert message.startswith(f'--set "{setting}": ')
    assert fault in message
    assert remedy in message


def test_an_ambiguous_setting():
    case = mk.Case.from_toml(TWO_AIRS)
    with pytest.raises(mk.InputError, match=r"air\[1\]\.time or air\[2\]\.time"):
        case.with_settings(["air.time=2 s"])


def test_a_value_is_set_once():
    case = mk.Case.from_toml(FILE)
    with pytest.raises(mk.InputError, match="set twice; set it once"):
        case.with_settings(["air.time=2 s", "air[1].time=4 s"])


def test_a_change_that_cannot_be():
    case = mk.Case.from_toml(FILE)
    with pytest.raises(mk.UnitError, match=r"air\.time: 6 has no unit"):
        case.replace({"air.time": 6})
    with pytest.raises(mk.InputError, match=r'"5" is no address'):
        case.replace({5: "6 s"})
    with pytest.raises(mk.InputError, match="series: give addresses with lists"):
        mk.Case(case.solution, case.process, series=["air.time"])


@pytest.mark.parametrize("name", ["run.csv", "./RUN.CSV", ".", "folder", "./folder"])
def test_what_cannot_be_run_is_told_which_endings_can(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    why = "without their case" if "csv" in name.lower() else "it is a folder"
    with pytest.raises(mk.InputError, match=why) as caught:
        mk.read_case(name)
    for ending in (".toml", ".json", ".nc"):
        assert ending in str(caught.value)


def test_a_folder_hides_no_shipped_case(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example1").mkdir()
    assert mk.read_case("example1") == mk.cases["example1"]
