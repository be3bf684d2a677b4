"""A brief: what may be asked, and what is refused with a sentence in both languages."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch.errors import BriefRefused
from models.brief import YOUTH_AGES, Brief, brief_from_row


def test_the_default_target_is_the_youth_of_the_law() -> None:
    assert (Brief("x").age_min, Brief("x").age_max) == YOUTH_AGES == (16, 30)


@pytest.mark.parametrize("brief", [Brief("dịch vụ công"), Brief("", text="5"), Brief("!", text="chữ")])
def test_a_letter_or_digit_is_enough(brief: Brief) -> None:
    assert brief.checked() is brief


@given(st.text(alphabet="🎉🔥!?., \n\t-_=", max_size=20))
def test_no_letter_at_all_is_refused(text: str) -> None:
    with pytest.raises(BriefRefused) as refused:
        Brief(text, brief_id="b7").checked()
    assert "b7" in refused.value.en
    assert "b7" in refused.value.vi


def test_ages_the_wrong_way_round_are_refused_with_both_numbers() -> None:
    with pytest.raises(BriefRefused, match=r"31.*30") as refused:
        Brief("x", age_min=31, age_max=30).checked()
    assert "31" in refused.value.vi


@pytest.mark.parametrize(
    ("brief", "named"),
    [(Brief("x", platforms=("tiktok", "TikTok")), "TikTok"), (Brief("x", formats=("photo",)), "photo")],
)
def test_a_platform_or_format_that_is_none_is_refused_and_the_choice_named(brief: Brief, named: str) -> None:
    with pytest.raises(BriefRefused, match=named) as refused:
        brief.checked()
    assert named in refused.value.vi
    assert "tiktok" in refused.value.en or "video" in refused.value.en


def test_what_is_both_wanted_and_to_be_avoided_is_refused() -> None:
    facet = "Rượu  bia"
    for brief in (Brief("x", must=(facet,), must_not=("rượu bia",)), Brief("x", nice=(facet,), must_not=("rượu bia",))):
        with pytest.raises(BriefRefused, match="rượu bia"):
            brief.checked()
    assert Brief("x", must=("rượu",), must_not=("rượu bia",)).checked()


def test_a_row_keeps_defaults_for_what_it_does_not_say() -> None:
    row = {
        "brief_id": "b1",
        "title": "Rác",
        "text": None,
        "must": ["phân loại"],
        "age_max": 25,
        "starts_on": "2026-12-01",
    }
    assert brief_from_row(row) == Brief("Rác", brief_id="b1", must=("phân loại",), age_max=25)


def test_a_brief_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Brief("x").title = "y"  # type: ignore[misc]
