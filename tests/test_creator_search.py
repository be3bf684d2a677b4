"""Creators found by name, topic and likeness; filters; someone from outside held against the list: the small world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from kolmatch.errors import UnknownCreator
from kolmatch.settings import Settings
from models.brief import Brief
from models.filters import EVERYONE, TIERS, Filters, named, passing
from models.matcher import Matcher
from tests.api_world import client_of
from tests.small_world import BRIEF, LEFT_OUT, LISTED

SPEAKS = [f"hướng dẫn nộp hồ sơ trực tuyến trên cổng dịch vụ công, phần {n}" for n in range(20)]
COOKS = [f"nấu canh chua cá lóc miền tây, phần {n}" for n in range(20)]


# Found by name, topic, likeness


@pytest.mark.parametrize("text", ["Kênh dvc", "kenh dvc", "KENH  DVC", "dvc", "nh dvc (t"])
def test_a_creator_is_found_by_a_piece_of_the_name_also_without_diacritics(matcher: Matcher, text: str) -> None:
    assert [hit.creator_id for hit in matcher.search.find(text, 5)] == ["dvc"]


def test_the_very_id_comes_first_and_who_posts_most_next(matcher: Matcher) -> None:
    assert matcher.search.find("dvc", 1)[0].matched == "creator_id"
    assert matcher.search.find("kênh", 1)[0].creator_id == "ngap"


@pytest.mark.parametrize("text", ["không có ai", "", "Em nhỏ", "Người đã rút"])
def test_who_may_not_be_listed_is_not_found(matcher: Matcher, text: str) -> None:
    assert matcher.search.find(text, 5) == []


def test_the_hashtag_that_only_one_uses_is_a_topic(matcher: Matcher) -> None:
    (topic,) = matcher.search.topics("dvc", 5)
    assert (topic.hashtag, topic.posts) == ("kenhdvc", 10)
    assert topic.lift > 5


def test_a_creator_is_not_similar_to_themselves_and_nearest_comes_first(matcher: Matcher) -> None:
    found = matcher.search.similar("dvc", 50)
    assert found[0].creator_id == "lua"
    assert {other.creator_id for other in found} == set(LISTED) - {"dvc"}
    assert [o.similarity for o in found] == sorted((o.similarity for o in found), reverse=True)


@pytest.mark.parametrize("creator_id", [*LEFT_OUT, "nobody", ""])
def test_of_an_unknown_creator_nothing_is_said(matcher: Matcher, creator_id: str) -> None:
    with pytest.raises(UnknownCreator):
        matcher.search.topics(creator_id, 5)
    with pytest.raises(UnknownCreator):
        matcher.search.similar(creator_id, 5)


# Someone from outside


def test_who_speaks_of_the_brief_stands_high_and_who_cooks_stands_low(matcher: Matcher) -> None:
    speaks, cooks = (matcher.nominate(BRIEF, "Người ngoài", captions, 8) for captions in (SPEAKS, COOKS))
    assert speaks.place <= 2
    assert cooks.place > speaks.place
    assert speaks.score > cooks.score
    assert speaks.of == 9


def test_a_nomination_says_why(matcher: Matcher) -> None:
    found = matcher.nominate(BRIEF, "Người ngoài", SPEAKS, 8)
    assert sum(part.value for part in found.parts) == pytest.approx(found.score, abs=1e-4)
    assert found.evidence[0].text in SPEAKS
    assert {"dvc", "lua"} <= {other.creator_id for other in found.compared}
    assert [other.score for other in found.compared] == sorted((o.score for o in found.compared), reverse=True)


def test_a_nomination_leaves_the_model_as_it_was(matcher: Matcher) -> None:
    before = matcher.shortlist(BRIEF, 10)
    matcher.nominate(BRIEF, "Người ngoài", SPEAKS, 8)
    assert matcher.shortlist(BRIEF, 10) == before
    assert matcher.search.find("Người ngoài", 5) == []


# Filters


CREATORS = pl.DataFrame(
    {
        "creator_id": ["a", "b", "c", "d"],
        "kind": ["person", "press", None, "person"],
        "home_province": ["hcmc", "hue", "hcmc", None],
        "rate_vnd_per_post": [5_000_000, None, 9_000_000, 1],
    }
)
ACCOUNTS = pl.DataFrame(
    {
        "creator_id": ["a", "a", "b", "c"],
        "followers": [9_999, 100_000, 10_000, None],
        "verified": [False, True, False, None],
    },
    schema={"creator_id": pl.String, "followers": pl.Int64, "verified": pl.Boolean},
)


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (EVERYONE, "abcd"),
        (Filters(kinds=("person",)), "ad"),
        (Filters(home_provinces=("hcmc", "hue")), "abc"),
        (Filters(max_rate_vnd=5_000_000), "ad"),
        (Filters(tiers=("micro",)), "b"),
        (Filters(tiers=("micro", "mid")), "ab"),
        (Filters(verified=True), "a"),
        (Filters(verified=False), "b"),
        (Filters(kinds=("person",), home_provinces=("hcmc",)), "a"),
        (Filters(kinds=("network",)), ""),
    ],
)
def test_a_filter_lets_pass_who_is_known_to_be_it(filters: Filters, passes: str) -> None:
    found = passing(CREATORS, ACCOUNTS, filters)
    assert "".join(c for c, ok in zip("abcd", found, strict=True) if ok) == passes


def test_tiers_leave_no_gap_and_do_not_overlap() -> None:
    edges = list(TIERS.values())
    assert edges[0][0] == 0
    assert [high for _, high in edges[:-1]] == [low for low, _ in edges[1:]]
    assert edges[-1][1] is None


def test_named_are_those_with_the_ids() -> None:
    assert named(CREATORS, ("b", "nobody")).tolist() == [False, True, False, False]


def test_who_is_left_out_is_not_listed_and_counted_by_reason(matcher: Matcher) -> None:
    found = matcher.shortlist(BRIEF, 50, filters=Filters(opted_out=("dvc",), blocked=("lua",), max_rate_vnd=1))
    assert found.entries == ()
    counts = {excluded.reason: excluded.count for excluded in found.excluded}
    assert counts == {"minor": 1, "opted_out": 2, "blocked": 1, "filtered": len(LISTED) - 2}


def test_leaving_someone_out_changes_no_one_elses_score(matcher: Matcher) -> None:
    whole = {e.creator_id: e.score for e in matcher.shortlist(BRIEF, 50).entries}
    without = {e.creator_id: e.score for e in matcher.shortlist(BRIEF, 50, filters=Filters(blocked=("dvc",))).entries}
    assert without == {creator: score for creator, score in whole.items() if creator != "dvc"}


# Over HTTP, with the real model


def test_the_api_finds_and_nominates_as_the_model_does(small_bundle: Path, matcher: Matcher) -> None:
    client = client_of(lambda: Matcher.load(small_bundle), Settings())
    assert client.get("/v1/creators", params={"q": "kenh dvc"}).json()["items"][0]["creator_id"] == "dvc"
    assert client.get("/v1/creators/dvc/topics").json()["items"][0]["hashtag"] == "kenhdvc"
    assert client.get("/v1/creators/dvc/similar", params={"limit": 1}).json()["items"][0]["creator_id"] == "lua"
    body = {"name": "Người ngoài", "captions": SPEAKS, "brief": {"title": BRIEF.title, "must": list(BRIEF.must)}}
    nominated = client.post("/v1/nominations", json=body)
    own = matcher.nominate(Brief(title=BRIEF.title, must=BRIEF.must), "Người ngoài", SPEAKS, 20)
    assert (nominated.json()["place"], nominated.json()["of"]) == (own.place, own.of)
    assert nominated.json()["score"] == pytest.approx(own.score)
    assert nominated.json()["synthetic"] is True
    few = client.post("/v1/nominations", json={**body, "captions": SPEAKS[:19]})
    assert few.json()["errors"][0]["pointer"] == "#/captions"


def test_a_brief_of_platforms_that_a_nominee_has_not_still_gives_a_place(matcher: Matcher) -> None:
    found = matcher.nominate(replace(BRIEF, platforms=("youtube",)), "Người ngoài", SPEAKS, 8)
    assert {other.creator_id for other in found.compared} == {"lua", "phim"}
