"""The forms a source may have, and those it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membranekit.sources import BASES_OF_FORM, source_fault, source_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("doi:10.1063/1.1461829", "doi"),
        ("https://doi.org/10.1016/j.desal.2005.07.035", "doi"),
        ("Wei, Xu, Yang & Liu, doi 10.1016/j.desal.2005.07.035, Table 3", "doi"),
        ("Wilke & Chang, AIChE J. 1, 1955, p. 264", "page"),
        ("Wilke & Chang, AIChE J. 1 (1955) 264", "page"),
        ("Green & Perry, Chemical Engineers' Handbook, 2007, Table 2-8", "page"),
        ("van Krevelen, Properties of Polymers, 1990, pp. 189-225", "page"),
        ("Yilmaz & McHugh, J. Appl. Polym. Sci. 31, 1986, Table V", "page"),
        ("\u00c5ngstr\u00f6m, \u00d6l, 1999, p. 3", "page"),
        ("Kooijman & Taylor, ChemSep 8.32, 2021, record 2856", "page"),
        ("GB 2 199 786 A, Table 2", "patent"),
        ("GB 2199786 A, p. 8", "patent"),
        ("US 4,900,449, page 3", "patent"),
        ("EP 0083489 A1, Example 2", "patent"),
        ("WO 2019/123456 A1, claim 3", "patent"),
        (
            "estimated: recalled handbook value, not checked against the book",
            "estimated",
        ),
        ("chosen: by analogy with polysulfone", "chosen"),
        ("fitted: to Table 1, 2 s, of GB 2199786 A", "fitted"),
        ("  fitted:to the cloud points", "fitted"),
    ],
)
def test_a_source_has_a_form(text, form):
    assert source_form(text) == form
    for basis in BASES_OF_FORM[form]:
        assert source_fault(text, basis) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recalled, unverified",
        "Merck data sheet, 25 degC",
        "Solef 6010 data sheet, 173 degC",
        "the label",
        "Wilke & Chang",
        "Wilke & Chang, 1955",
        "Wilke & Chang, AIChE J. 1, p. 264",
        "1955, p. 264",
        "Table 3, 1955",
        "Handbook of Chemistry, 95th ed., p. 2000-17",
        "GB 2199786 A",
        "Wilke & Chang, AIChE J. 1, 1955, p. 264; recalled",
        "a book, 1955, p. 264",
        "estimated",
        "estimated:",
        "estimated: yes",
        "Estimated: by the method of a friend",
        "measured: in our laboratory",
        "10.1/x",
    ],
)
def test_what_is_vague_has_none(text):
    assert source_form(text) is None
    assert "too vague" in source_fault(text, "literature")


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("doi:10.1063/1.1461829", "estimated"),
        ("Wilke & Chang, AIChE J. 1, 1955, p. 264", "chosen"),
        ("GB 2199786 A, p. 8", "fitted"),
        ("estimated: by group contributions", "literature"),
        ("chosen: by group contributions", "estimated"),
        ("fitted: to three points", "measured"),
    ],
)
def test_a_basis_must_go_with_the_form(text, basis):
    assert "does not go with" in source_fault(text, basis)


@given(st.text(max_size=400))
def test_any_text_has_a_form_or_none(text):
    assert source_form(text) in {*BASES_OF_FORM, None}


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "GB1", "10.1000/", "a,", "p. 1", "(1999)"]
)
def test_a_long_text_is_read_at_once(piece):
    # a pattern that goes back over the text for each character would not end
    source_form(piece * 100_000)
