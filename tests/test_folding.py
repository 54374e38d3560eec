"""Texts are folded as Unicode says, only faster."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.folding import fold

# Ideographs, marks that combine, kana, Hangul, what is as wide as two, and compatibility forms.
TRICKY = st.sampled_from("一鿿㐀豈ｶﾞか゛゙á́ＡＢａ１：，。…“”ﬁßİſ㈱㍿ᄀ가각ᆨ①Ω℡ \u3000\u200b\n")


@pytest.mark.hypothesis
@given(st.text() | st.text(TRICKY))
def test_it_is_normal_form_and_case_folding(text: str) -> None:
    assert fold(text) == unicodedata.normalize("NFKC", text).casefold()


def test_case_and_width_do_not_matter() -> None:
    assert fold("ＥＴＦ：增１２％") == fold("etf:增12%") == "etf:增12%"
