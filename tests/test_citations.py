"""The works behind a run: read from sources, written as BibTeX, complete."""

import dataclasses
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit import simulation
from membranekit.case import read_case
from membranekit.citations import Use, Work, bibtex, works
from membranekit.errors import InputError
from membranekit.filters import stack
from membranekit.library import materials
from membranekit.membrane import Membrane, cite
from membranekit.sources import METHODS, source_form

PLACE = (
    "wilke1955aj",
    Work("article", ("Wilke", "Chang"), "AIChE J.", "1", "1955", pages="264"),
)


def entries(text):
    """Read BibTeX: a list of type, key and fields; comments are lines with %.

    Braces are counted as BibTeX does, whatever stands before them.
    """
    assert text.isascii()
    found, rest = [], text
    while (at := rest.find("@")) >= 0:
        # between entries there are but comments
        assert all(not e or e.startswith("%") for e in rest[:at].splitlines())
        head = re.match(r"@([a-z]+)\{([a-z0-9]+),\n", rest[at:])
        depth, end = 0, at
        while depth or end == at or rest[end - 1] != "}":
            depth += {"{": 1, "}": -1}.get(rest[end], 0)
            end += 1
        body, rest = rest[at + head.end() : end - 1], rest[end:]
        fields = {}
        for line in body.splitlines():
            field = re.fullmatch(r"  ([a-z]+) = \{(.*)\},?", line)
            fields[field[1]] = field[2]
            if field[1] != "doi":
                assert not re.search(r"(?<!\\)[%&_#$]", field[2])
        found.append((head[1], head[2], fields))
    assert all(not each or each.startswith("%") for each in rest.splitlines())
    return found


# ----------------------------------------------------------------------- reading
@pytest.mark.parametrize(
    ("source", "key", "work"),
    [
        ("Wilke & Chang, AIChE J. 1, 1955, p. 264: 1 for liquids", *PLACE),
        ("Wilke & Chang, AIChE J. 1 (1955) 264", *PLACE),
        (
            "Wei, Xu, Yang & Liu, Desalination 192, 2006, p. 91, "
            "doi:10.1016/j.desal.2005.07.035, Table 7, fitted to Lau 1991",
            "wei2006d",
            Work(
                "article",
                ("Wei", "Xu", "Yang", "Liu"),
                "Desalination",
                "192",
                "2006",
                "10.1016/j.desal.2005.07.035",
                pages="91",
                place="Table 7",
            ),
        ),
        (
            "Green & Perry, Perry's Handbook, 8th ed., 2007, Table 2-8 (as in X 1.5)",
            "green2007psh",
            Work(
                "book",
                ("Green", "Perry"),
                "Perry's Handbook",
                year="2007",
                edition="8",
                place="Table 2-8",
            ),
        ),
        (
            "Meija et al., Pure Appl. Chem. 88, 2016, p. 265",
            "meija2016pac",
            Work(
                "article",
                ("Meija", "others"),
                "Pure Appl. Chem.",
                "88",
                "2016",
                pages="265",
            ),
        ),
        (
            "https://doi.org/10.1000/x_1.",
            "101000x1",
            Work("misc", doi="10.1000/x_1"),
        ),
        (
            "US 4,900,449, p. 3",
            "us4900449",
            Work("misc", number="US4900449", place="p. 3"),
        ),
        ("read in a drawer", "source", Work("misc", title="read in a drawer")),
    ],
)
def test_a_source_is_read(source, key, work):
    assert works(source) == [work]
    assert work.key == key


def test_works_are_parted_by_semicolons_and_remarks_are_none():
    source = "Ada & Bob, J. Chem. 1, 2001, p. 3; a remark; Dan, Eve, 2002, p. 4"
    assert [work.key for work in works(source)] == ["ada2001jc", "dan2002e"]


@pytest.mark.parametrize("name", list(materials))
def test_every_shipped_source_is_understood(name):
    for value in materials[name].values:
        found = works(value.source)
        assert bool(found) == (source_form(value.source) not in METHODS)
        for work in found:
            assert work.authors
            assert work.year
            assert work.title


# ----------------------------------------------------------------------- writing
def test_a_work_is_cited_once_with_all_it_gave():
    source = "Green & Perry, Handbook, 8th ed., 2007, Table 2-"
    uses = [
        Use("THF", "density", "literature", source + "32"),
        Use("THF", "viscosity", "literature", source + "313"),
        Use("DMF", "density", "literature", source + "32"),
        Use("DMF", "density", "literature", source + "32"),
    ]
    own, found = entries(bibtex(uses, "1.2"))
    assert own == (
        "software",
        "membranekit",
        {"title": "membranekit", "version": "1.2"},
    )
    assert found[2]["note"] == (
        "density (Table 2-32), viscosity (Table 2-313) of THF; density (Table 2-32) "
        "of DMF"
    )


def test_keys_are_unique_and_do_not_hang_on_the_order():
    uses = [
        Use("a", "x", "literature", f"Roe, Journal {n}, 2001, p. 3") for n in (1, 2, 3)
    ]
    found = entries(bibtex(uses, "1"))
    assert [key for _, key, _ in found[1:]] == ["roe2001j", "roe2001jx2", "roe2001jx3"]
    assert bibtex(uses[::-1], "1") == bibtex(uses, "1")


def test_methods_follow_as_comments_and_a_fit_names_its_patent():
    uses = [
        Use("NMP", "viscosity", "estimated", "estimated: by one's nose@home\nalone"),
        Use("model", "k", "fitted", "fitted: to GB 2 199 786 A, Table 1"),
        Use("model", "l", "estimated", "estimated: as in GB 2 199 786 A, Table 1"),
    ]
    text = bibtex(uses, "1")
    _, patent = entries(text)
    assert patent[1] == "gb2199786a"
    assert patent[2]["year"] == "1988"
    assert patent[2]["note"] == "k (Table 1) of model"
    assert text.splitlines()[-3:] == [
        "% NMP viscosity: estimated: by one's nose at home alone",
        "% model k: fitted: to GB 2 199 786 A, Table 1",
        "% model l: estimated: as in GB 2 199 786 A, Table 1",
    ]


def test_signs_of_tex_and_letters_of_others_are_written_for_tex():
    source = "\u00c5berg & M\u00fcller, 100 % {of} A_B & C#, 2001, p. 3"
    _, found = entries(bibtex([Use("a", "x", "literature", source)], "1"))
    assert found[1] == "aberg2001oabc"
    assert found[2]["author"] == '{\\r{A}}berg and M{\\"{u}}ller'
    assert found[2]["title"] == r"100 \% (of) A\_B \& C\#"


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_text_gives_entries_that_can_be_read(texts):
    uses = [Use(each, each, "literature", each) for each in texts]
    uses += [Use(e, e, "literature", f"{e}, J. 1, 2001, p. 3") for e in texts]
    uses += [Use(e, e, "fitted", f"fitted: to this {e} and that") for e in texts]
    found = entries(bibtex(uses, "1"))
    assert len({key for _, key, _ in found}) == len(found)


# -------------------------------------------------------------------------- runs
def run(case):
    first = case.replace({"air.time": "1 s"}).runs[0]
    return simulation.simulate(first.solution, first.process, cells=20, history=False)


@pytest.fixture(scope="module")
def membrane():
    return run(read_case("example2"))


def test_a_run_cites_every_value_it_read(membrane):
    text = membrane.cite()
    notes = " ".join(fields.get("note", "") for _, _, fields in entries(text))
    for lists in (membrane.trust.estimated, membrane.trust.fitted):
        for each in lists:
            assert f"{each.name.rpartition('.')[2]}: {each.source}" in text
    for told in ("saturation\\_pressure (Table 2-8)", "g(water, PVP K30)", "growth"):
        assert told in notes
    keys = [key for _, key, _ in entries(text)]
    assert {"membranekit", "gb2199786a", "wagner2002jpcrd"} <= set(keys)
    # of other sets and substances it read nothing
    assert "of DMAc" not in notes
    assert "% DMAc" not in text
    assert "Altena" not in text


def test_a_run_keeps_its_sources_in_another_process(membrane):
    assert pickle.loads(pickle.dumps(membrane)).cite() == membrane.cite()


def test_a_cloud_point_given_takes_the_place_of_the_pair_s_source(membrane):
    solution = read_case("example2").runs[0].solution
    point = {"nonsolvent": "water", "mass_fraction": "5 %", "temperature": "25 degC"}
    case_run = read_case("example2").replace({"air.time": "1 s"}).runs[0]
    found = simulation.simulate(
        solution.replace(cloud_point=point), case_run.process, cells=20, history=False
    )
    line = "g(water, polysulfone P-3500): fitted: to the cloud point that was given"
    assert line in found.cite()
    assert line not in membrane.cite()


def test_a_stranger_s_source_is_cited(membrane):
    nmp = materials["NMP"]
    source = "Doe & Roe, J. Own Solv. 7, 2019, p. 12, doi:10.9999/own.7"
    values = tuple(
        dataclasses.replace(value, source=source, basis="measured")
        if value.name == "heat_capacity"
        else value
        for value in nmp.values
    )
    own = dataclasses.replace(nmp, values=values)
    first = read_case("example2").replace({"air.time": "1 s"}).runs[0]
    parts = {
        own if name == "NMP" else name: amount
        for name, amount in first.solution.parts.items()
    }
    found = simulation.simulate(
        first.solution.replace(parts=parts), first.process, cells=20, history=False
    )
    cited = {key: fields for _, key, fields in entries(found.cite())}
    assert cited["doe2019jos"]["doi"] == "10.9999/own.7"
    assert cited["doe2019jos"]["note"] == "heat\\_capacity of NMP"
    before = {key: fields for _, key, fields in entries(membrane.cite())}
    assert cited.keys() - before.keys() == {"doe2019jos"}
    assert "% NMP heat_capacity" in membrane.cite()
    assert "% NMP heat_capacity" not in found.cite()


def test_what_was_not_simulated_has_nothing_to_cite(membrane):
    sheet = Membrane.from_profile(["0 um", "9 um"], ["1 um", "2 um"], "80 %")
    with pytest.raises(InputError, match="no result of a run"):
        sheet.cite()
    text = membrane.cite()
    assert cite([sheet, membrane]) == membrane.flipped().cite() == text
    assert stack(sheet, membrane, membrane).cite() == text
