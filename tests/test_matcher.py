"""The heart, on a small world with a known answer: who is named, in what order, for which reasons."""

from __future__ import annotations

import copy
import unicodedata
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from features.text import normalise, strip_diacritics
from kolmatch.errors import BriefRefused, UnknownCreator
from kolmatch.settings import MatcherSettings
from models.brief import Brief
from models.bundle_files import read_manifest
from models.export import shortlist_json
from models.matcher import Matcher
from models.shortlist import AGAINST, Entry
from tests.small_world import BRIEF, FLOOD, LEFT_OUT, LISTED, ON_YOUTUBE, TITLE, posts

ALL = len(LISTED)
PLAIN_TITLE = strip_diacritics(TITLE)
TEXTS = {post["post_id"]: f"{post['text']} {' '.join(post['hashtags'])}" for post in posts()}
OWNERS = {post["post_id"]: post["creator_id"] for post in posts()}


def entries(matcher: Matcher, brief: Brief) -> dict[str, Entry]:
    return {entry.creator_id: entry for entry in matcher.shortlist(brief, ALL).entries}


def order(matcher: Matcher, brief: Brief) -> list[str]:
    return [entry.creator_id for entry in matcher.shortlist(brief, ALL).entries]


def test_the_creator_who_speaks_of_it_comes_first(matcher: Matcher) -> None:
    assert order(matcher, BRIEF)[0] == "dvc"


def test_typed_without_diacritics_the_same_creators_come_first(matcher: Matcher) -> None:
    assert set(order(matcher, Brief(PLAIN_TITLE))[:2]) == set(order(matcher, Brief(TITLE))[:2]) == {"dvc", "lua"}


@pytest.mark.parametrize("brief", [BRIEF, Brief(TITLE), Brief(PLAIN_TITLE), Brief("thay nhớt xe máy")])
def test_parts_add_up_to_the_score_and_the_score_orders(matcher: Matcher, brief: Brief) -> None:
    found = matcher.shortlist(brief, ALL).entries
    assert [entry.rank for entry in found] == list(range(1, ALL + 1))
    assert [entry.score for entry in found] == sorted((entry.score for entry in found), reverse=True)
    for entry in found:
        assert sum(part.value for part in entry.parts) == pytest.approx(entry.score, abs=1e-4)
        assert all(part.multiplier > 0 for part in entry.parts)


@pytest.mark.parametrize(("k", "expected"), [(-3, 0), (0, 0), (1, 1), (5, 5), (ALL, ALL), (10_000, ALL)])
def test_k_bounds_the_list_and_changes_nothing_else(matcher: Matcher, k: int, expected: int) -> None:
    whole = matcher.shortlist(BRIEF, ALL).entries
    assert matcher.shortlist(BRIEF, k).entries == whole[:expected]


def test_many_briefs_are_ranked_as_each_alone(matcher: Matcher) -> None:
    asked = [BRIEF, Brief("chạy bộ buổi sáng"), Brief(PLAIN_TITLE)]
    alone = [[(e.creator_id, e.score) for e in matcher.shortlist(brief, 7).entries] for brief in asked]
    assert matcher.rank(asked, 7, by="fit") == alone


def test_asking_changes_neither_the_brief_nor_later_answers(matcher: Matcher) -> None:
    before, first = copy.deepcopy(BRIEF), matcher.shortlist(BRIEF, ALL)
    matcher.shortlist(Brief("nấu canh chua"), ALL)
    assert matcher.shortlist(BRIEF, ALL) == first
    assert before == BRIEF


def test_the_order_of_imported_rows_changes_nothing(small_bundle: Path, shuffled_bundle: Path) -> None:
    assert read_manifest(shuffled_bundle).bundle_id == read_manifest(small_bundle).bundle_id
    assert Matcher.load(shuffled_bundle).rank([BRIEF], ALL, by="fit") == Matcher.load(small_bundle).rank(
        [BRIEF], ALL, by="fit"
    )


def test_one_stray_post_does_not_win_against_many(matcher: Matcher) -> None:
    found = entries(matcher, Brief(TITLE))
    assert found["bep"].rank > max(found["dvc"].rank, found["lua"].rank)
    assert found["bep"].score < found["dvc"].score - 1.0


def test_one_caption_posted_again_and_again_is_one_post(matcher: Matcher) -> None:
    found = entries(matcher, Brief(TITLE))
    assert matcher.creator("ngap").post_count > FLOOD
    assert found["ngap"].rank > max(found["dvc"].rank, found["lua"].rank)
    assert found["ngap"].score < found["dvc"].score - 1.0
    assert len({normalise(post.text) for post in found["ngap"].evidence}) == len(found["ngap"].evidence)


def test_what_must_be_avoided_lowers_a_creator(matcher: Matcher) -> None:
    avoiding, free = replace(Brief(TITLE), must_not=("cá cược bóng đá",)), Brief(TITLE)
    with_it, without = entries(matcher, avoiding), entries(matcher, free)
    assert with_it["lua"].score < without["lua"].score - 1.0
    assert with_it["lua"].rank > with_it["dvc"].rank
    assert "must_not" in with_it["lua"].against
    assert "must_not" not in with_it["dvc"].against


@pytest.mark.parametrize("kind", ["must", "nice"])
def test_covering_a_facet_never_costs(matcher: Matcher, kind: str) -> None:
    asked = Brief(TITLE, **{kind: ("nộp hồ sơ trực tuyến",)})  # type: ignore[arg-type]
    found = {creator: entry.parts[-1] for creator, entry in entries(matcher, asked).items()}
    assert {part.name for part in found.values()} == {kind}
    assert min(part.value for part in found.values()) >= 0
    assert found["dvc"].value > 0.5


def test_facets_say_who_covers_what_and_what_nobody_covers(matcher: Matcher) -> None:
    asked = Brief(TITLE, must=("nộp hồ sơ trực tuyến", "phượt vịnh đèo dốc"), nice=("hiến máu nhân đạo",))
    found = matcher.shortlist(asked, ALL)
    assert found.uncovered == ("phượt vịnh đèo dốc", "hiến máu nhân đạo")
    (entry,) = [entry for entry in found.entries if entry.creator_id == "dvc"]
    facets = {facet.facet: facet for facet in entry.facets}
    assert facets["nộp hồ sơ trực tuyến"].covered
    assert OWNERS[facets["nộp hồ sơ trực tuyến"].post_id or ""] == "dvc"
    assert not facets["phượt vịnh đèo dốc"].covered
    assert "must_uncovered" in entry.against


def test_letters_and_marks_apart_are_the_same_brief(matcher: Matcher) -> None:
    said = Brief("tuyên truyền cấp giấy tờ", text="cần hồ sơ", must=("nộp hồ sơ trực tuyến",))
    title, text = (unicodedata.normalize("NFD", text) for text in (said.title, said.text))
    apart = Brief(title, text, must=said.must)
    found, same = matcher.shortlist(said, 20), matcher.shortlist(apart, 20)
    assert [(entry.creator_id, entry.score) for entry in found.entries] == [
        (entry.creator_id, entry.score) for entry in same.entries
    ]


def test_evidence_is_the_creators_own_and_has_the_matched_words(matcher: Matcher) -> None:
    for asked in (BRIEF, Brief(PLAIN_TITLE)):
        for entry in matcher.shortlist(asked, ALL).entries:
            for post in entry.evidence:
                assert OWNERS[post.post_id] == entry.creator_id
                said = {strip_diacritics(word) for word in normalise(TEXTS[post.post_id]).split()}
                assert {strip_diacritics(word) for word in post.matched} <= said
                assert post.weight > 0


def test_evidence_comes_by_weight_with_the_account_link(matcher: Matcher) -> None:
    evidence = entries(matcher, BRIEF)["dvc"].evidence
    assert len(evidence) == MatcherSettings().evidence_posts
    assert [post.weight for post in evidence] == sorted((post.weight for post in evidence), reverse=True)
    assert {post.url for post in evidence} == {"https://example.org/dvc"}
    assert entries(matcher, BRIEF)["bep"].evidence[0].url is None


def test_how_many_posts_are_shown_changes_no_score(small_bundle: Path, matcher: Matcher) -> None:
    wordy = Matcher.load(small_bundle, MatcherSettings(evidence_posts=5))
    assert wordy.rank([BRIEF], ALL, by="fit") == matcher.rank([BRIEF], ALL, by="fit")
    assert len(entries(wordy, BRIEF)["dvc"].evidence) == 5


def test_whoever_opted_out_or_is_minor_is_never_named(matcher: Matcher) -> None:
    found = matcher.shortlist(BRIEF, 10_000)
    assert {(out.reason, out.count) for out in found.excluded} == {("minor", 1), ("opted_out", 1)}
    assert not set(LEFT_OUT) & {entry.creator_id for entry in found.entries}
    for creator in LEFT_OUT:
        with pytest.raises(UnknownCreator):
            matcher.creator(creator)
        with pytest.raises(UnknownCreator):
            matcher.briefs_for(creator, 3)


def test_whoever_opted_out_or_is_minor_is_in_no_file_of_the_bundle(small_bundle: Path) -> None:
    files = [file for file in small_bundle.rglob("*") if file.is_file()]
    tables = "".join(str(pl.read_parquet(file).to_dicts()) for file in files if file.suffix == ".parquet")
    content = tables.encode() + b"".join(file.read_bytes() for file in files if file.suffix != ".parquet")
    assert "Kênh dvc".encode() in content
    for hidden in ("Em nhỏ", "Người đã rút", "kenhthieu", "kenhroi", "thieu-000", "roi-000"):
        assert hidden.encode() not in content


def test_creators_without_posts_or_without_a_row_are_listed_with_what_is_known(matcher: Matcher) -> None:
    found = entries(matcher, BRIEF)
    assert {"no_topic_words", "no_recent_posts", "few_posts"} <= set(found["trong"].against)
    assert found["trong"].evidence == ()
    assert found["moi"].name == "moi"
    assert [name for name, entry in found.items() if "no_row" in entry.against] == ["moi"]
    assert matcher.creator("trong").last_post_at is None


def test_a_platform_leaves_the_others_out_and_says_how_many(matcher: Matcher) -> None:
    found = matcher.shortlist(Brief(TITLE, platforms=("youtube",)), ALL)
    assert {entry.creator_id for entry in found.entries} == set(ON_YOUTUBE)
    assert ("outside", ALL - len(ON_YOUTUBE)) in {(out.reason, out.count) for out in found.excluded}
    assert matcher.shortlist(Brief(TITLE, formats=("audio",)), ALL).entries == ()


def test_unknown_words_are_reported_once_in_order(matcher: Matcher) -> None:
    assert matcher.shortlist(Brief("zzqx dịch vụ công vvkw zzqx"), 1).unknown_words == ("zzqx", "vvkw")


def test_a_brief_of_many_pages_is_answered(matcher: Matcher) -> None:
    page = "Hướng dẫn nộp hồ sơ qua dịch vụ công trực tuyến cho thanh niên thành phố. "
    long = Brief(TITLE, text=page * (20_000 // len(page.split())))
    assert order(matcher, long)[0] in {"dvc", "lua"}


@pytest.mark.parametrize("title", ["", "  \n", "🎉🔥", "!!! ---"])
def test_a_brief_without_text_is_refused(matcher: Matcher, title: str) -> None:
    with pytest.raises(BriefRefused) as refused:
        matcher.shortlist(Brief(title), 5)
    assert refused.value.vi
    assert refused.value.en


def test_a_topic_nobody_speaks_of_is_said_to_be_uncovered(matcher: Matcher) -> None:
    found = matcher.shortlist(Brief("lặn ngắm vịnh biển"), 3)
    assert found.uncovered == ("lặn ngắm vịnh biển",)
    assert all("no_topic_words" in entry.against or "topic_uncovered" in entry.against for entry in found.entries)


def test_every_code_against_a_creator_is_explained_in_both_languages(matcher: Matcher) -> None:
    codes = {code for entry in matcher.shortlist(BRIEF, ALL).entries for code in entry.against}
    assert codes
    assert codes <= set(AGAINST)
    assert all(vi and en for vi, en in AGAINST.values())


def test_earlier_briefs_are_found_by_meaning(matcher: Matcher) -> None:
    found = matcher.similar_briefs("trồng rau sân thượng", 2)
    assert found[0].brief_id == "b2"
    assert found[0].similarity >= found[1].similarity
    assert matcher.similar_briefs(TITLE, 99)[0].similarity == pytest.approx(1.0, abs=1e-3)


def test_a_creators_best_briefs_come_with_the_place_on_their_lists(matcher: Matcher) -> None:
    best = matcher.briefs_for("xe", 3)[0]
    assert (best.brief_id, best.rank, best.of) == ("b3", 1, ALL)
    asked = order(matcher, Brief("Trồng cây xanh và rau sân thượng"))
    assert {p.brief_id: p.rank for p in matcher.briefs_for("xe", 3)}["b2"] == asked.index("xe") + 1


def test_invented_data_is_labelled_and_the_model_named(matcher: Matcher, small_bundle: Path) -> None:
    found = matcher.shortlist(BRIEF, 1)
    assert found.synthetic
    assert found.bundle_id == small_bundle.name
    assert shortlist_json(found)["synthetic"] is True


def test_the_answer_as_json_has_times_and_multipliers(matcher: Matcher) -> None:
    first = shortlist_json(matcher.shortlist(BRIEF, 1))["entries"][0]
    assert first["evidence"][0]["published_at"].startswith("2026-")
    assert {"name", "value", "weight", "multiplier"} == set(first["parts"][0])


FORMAL = (
    "Thực hiện kế hoạch của Thành phố. Hướng dẫn nộp hồ sơ trực tuyến; cung cấp thông tin về định danh điện tử. "
    "Vận động phượt vịnh đèo dốc."
)


def test_a_brief_without_stated_facets_shows_those_of_its_text_and_names_the_one_that_no_one_covers(
    matcher: Matcher,
) -> None:
    asked = Brief(TITLE, text=FORMAL + " Nấu canh phượt vịnh.")
    found = matcher.shortlist(asked, ALL)
    clerk = next(entry for entry in found.entries if entry.creator_id == "dvc")
    covered = {facet.facet: facet.covered for facet in clerk.facets if facet.kind == "found"}
    assert covered["nộp hồ sơ trực tuyến"]
    assert not any(facet.covered for entry in found.entries for facet in entry.facets if "phượt" in facet.facet)
    assert set(found.uncovered) == {facet for facet in covered if "phượt" in facet}


def test_found_facets_change_no_score_and_stated_ones_leave_no_room_for_them(matcher: Matcher) -> None:
    asked = Brief(TITLE, text=FORMAL)
    shown = matcher.shortlist(asked, ALL, by="fit")
    assert [(e.creator_id, e.score) for e in shown.entries] == matcher.rank([asked], ALL, by="fit")[0]
    stated = matcher.shortlist(replace(asked, must=("nộp hồ sơ",)), ALL)
    assert {facet.kind for entry in stated.entries for facet in entry.facets} == {"topic", "must"}


def test_what_the_title_forbids_to_advertise_counts_as_must_not(matcher: Matcher) -> None:
    typed, stated = Brief(f"{TITLE}, không quảng cáo cá cược"), Brief(TITLE, must_not=("cá cược",))
    assert matcher.rank([typed], ALL, by="fit") == matcher.rank([stated], ALL, by="fit")
    assert matcher.shortlist(typed, ALL).brief.title == TITLE
