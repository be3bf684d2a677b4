"""The sample world: the same for a seed, labelled, of the promised size and variety, and true to its own truth."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.catalogue import Catalogue, import_file
from data.contract import AGE_BUCKETS, TABLES
from data.world import END, World, make_world, read_truth, write_world
from data.world.captions import DOMAIN_LISTS, PHRASE_LISTS
from data.world.lexicon import Lexicon, load_lexicon
from data.world.typing_habits import without_diacritics
from kolmatch.errors import FileUnreadable, UsageError
from training.measures import ndcg, ranking_of

LATER = datetime(2026, 11, 23, tzinfo=UTC)
FRAMES = ("mixtures", "presences", "posts", "relevance")


def small(seed: int) -> World:
    return make_world(np.random.default_rng(seed), creators=30, posts=600, months=6)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(np.random.default_rng(20261123))


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="module")
def told(world: World) -> pl.DataFrame:
    """Posts beside the truth of each."""
    return world.posts.join(world.truth.posts, on="post_id", maintain_order="left")


# --- the same seed, the same world


def test_same_seed_gives_identical_tables_and_truth() -> None:
    first, second = small(7), small(7)
    for name, table in first.tables().items():
        assert_frame_equal(table, second.tables()[name])
    for name in FRAMES:
        assert_frame_equal(getattr(first.truth, name), getattr(second.truth, name))
    assert first.truth.facts == second.truth.facts


def test_another_seed_gives_other_texts() -> None:
    both = set(small(7).posts["text"]) & set(small(8).posts["text"])
    assert len(both) < 10


# --- size and shape


def test_the_usual_world_is_as_large_as_promised(world: World) -> None:
    assert len(world.creators) >= 300
    assert len(world.posts) >= 15_000
    assert len(world.briefs) == 40
    days = (world.posts["published_at"].max() - world.posts["published_at"].min()).days  # type: ignore[operator, union-attr]
    assert 530 <= days <= 550


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_columns_and_types_of_the_contract(world: World, name: str) -> None:
    assert world.tables()[name].schema == TABLES[name].schema
    assert not world.tables()[name].is_empty()


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique_and_refer_to_what_is_there(world: World, name: str) -> None:
    table = world.tables()[name]
    assert not table.select(TABLES[name].key).is_duplicated().any()
    for column, target in TABLES[name].refers_to.items():
        assert set(table[column]) <= set(world.tables()[target][column])


@settings(max_examples=8, deadline=None)
@given(creators=st.integers(20, 40), extra=st.integers(0, 100), months=st.integers(1, 24), seed=st.integers(0, 99))
def test_any_small_world_has_what_was_asked_and_every_creator_posts(
    creators: int, extra: int, months: int, seed: int
) -> None:
    world = make_world(np.random.default_rng(seed), creators=creators, posts=creators + extra, months=months)
    assert len(world.posts) == creators + extra
    assert world.posts["creator_id"].n_unique() == creators
    assert min(len(world.truth.facts[trait]) for trait in ("minors", "opted_out", "bought_attention")) >= 2


@pytest.mark.parametrize(("creators", "posts", "months"), [(19, 600, 6), (30, 29, 6), (30, 600, 0)])
def test_a_world_too_small_to_show_anything_is_refused(creators: int, posts: int, months: int) -> None:
    with pytest.raises(UsageError, match=f"creators={creators}, posts={posts}, months={months}"):
        make_world(np.random.default_rng(0), creators=creators, posts=posts, months=months)


# --- who is in it


def test_one_newspaper_has_four_channels(world: World) -> None:
    paper = world.creators.filter(kind="press")["creator_id"][0]
    channels = world.accounts.filter(creator_id=paper)["platform"]
    assert set(channels) == {"tiktok", "youtube", "facebook", "zalo"}
    assert len(world.posts.filter(creator_id=paper)) == world.posts["creator_id"].value_counts()["count"].max()


def test_networks_manage_persons(world: World) -> None:
    managed = world.creators.drop_nulls("agency")
    assert len(managed) > 50
    assert set(managed["kind"]) == {"person"}
    assert set(managed["agency"]) <= set(world.creators.filter(kind="network")["name"])


def test_minors_and_opt_outs_are_marked_and_never_relevant(world: World) -> None:
    barred = world.creators.filter(pl.col("is_minor") | pl.col("opted_out"))["creator_id"]
    assert set(barred) == {*world.truth.facts["minors"], *world.truth.facts["opted_out"]}
    judged = world.truth.relevance.filter(pl.col("creator_id").is_in(barred.implode()))
    assert judged["grade"].max() == 0
    assert judged["young_viewers"].max() == 0


def test_who_stopped_posting_is_no_longer_relevant(world: World) -> None:
    stopped = world.truth.facts["stopped_posting"]
    assert world.truth.relevance.filter(pl.col("creator_id").is_in(stopped))["grade"].max() == 0
    last = world.posts.filter(pl.col("creator_id").is_in(stopped))["published_at"].max()
    assert last < datetime(2026, 5, 1, tzinfo=UTC)  # type: ignore[operator]


# --- what is written


def test_captions_hardly_repeat(world: World) -> None:
    assert world.posts["text"].n_unique() > 0.95 * len(world.posts)


def test_people_type_as_they_do(world: World) -> None:
    marked = world.posts["text"].map_elements(lambda text: without_diacritics(text) != text, return_dtype=pl.Boolean)
    assert 0.10 < 1 - marked.mean() < 0.22  # type: ignore[operator]
    shortened = world.posts["text"].str.contains(r"(?i)\b(ko|hông|đc|mik|mk|bít|wá|cx|iu|thik|vs|r|hc|lm)\b").mean()
    assert 0.05 < shortened < 0.2  # type: ignore[operator]


def test_a_third_of_videos_is_transcribed_in_other_words(world: World) -> None:
    videos = world.posts.filter(format="video")
    said = videos.drop_nulls("transcript")
    assert 0.25 < len(said) / len(videos) < 0.35
    assert world.posts.filter(pl.col("format") != "video")["transcript"].null_count() == len(world.posts) - len(videos)
    assert said["transcript"].str.len_chars().median() > 2 * said["text"].str.len_chars().median()  # type: ignore[operator]


def test_captions_carry_their_hashtags(world: World) -> None:
    for text, tags in world.posts.select("text", "hashtags").head(2000).iter_rows():
        assert all(f"#{tag}" in text for tag in tags), text


def test_texts_are_nfc_and_have_no_empty_slot(world: World) -> None:
    texts = [*world.posts["text"], *world.posts["transcript"].drop_nulls()]
    assert not [text for text in texts if re.search(r"[{}]", text) or unicodedata.normalize("NFC", text) != text]


def test_advertisements_say_so(world: World) -> None:
    paid = world.posts.filter("is_ad")
    assert 0.03 < len(paid) / len(world.posts) < 0.08
    marks = r"(?i)#quangcao|#duoctaitro|quang cao|quảng cáo|hop tac|hợp tác|#ad\b|tai tro|tài trợ"
    assert paid["text"].str.contains(marks).mean() > 0.85  # type: ignore[operator]


# --- what is seen


def test_posts_lie_in_the_period_and_are_read_after_they_were_published(world: World) -> None:
    assert (world.posts["published_at"] < world.posts["observed_at"]).all()
    assert world.posts["observed_at"].max() <= END  # type: ignore[operator]


def test_missing_counts_are_null(world: World) -> None:
    assert world.posts.filter(platform="youtube")["shares"].null_count() == len(world.posts.filter(platform="youtube"))
    assert 0.01 < world.posts["views"].null_count() / len(world.posts) < 0.15


def test_younger_posts_have_been_seen_less(told: pl.DataFrame) -> None:
    tiktok = told.filter(pl.col("platform") == "tiktok", ~pl.col("bought"), pl.col("organic_views") > 500)
    days = (pl.col("observed_at") - pl.col("published_at")).dt.total_days()
    grown = (pl.col("views") / pl.col("organic_views")).mean()
    fresh, old = (tiktok.filter(when).select(grown).item() for when in (days < 4, days > 40))
    assert fresh < 0.6 < 0.97 < old <= 1.001


def test_bought_views_bring_no_shares(world: World, told: pl.DataFrame) -> None:
    bought = told.filter("bought")
    assert set(bought["creator_id"]) <= set(world.truth.facts["bought_attention"])
    assert 0.03 < len(world.truth.facts["bought_attention"]) / len(world.creators) < 0.07
    rate = (pl.col("shares").sum() / pl.col("views").sum()).alias("rate")
    tiktok = told.filter(platform="tiktok").drop_nulls(["views", "shares"]).group_by("bought").agg(rate)
    rates = dict(tiktok.iter_rows())
    assert rates[True] < 0.3 * rates[False]


def test_one_platform_jumps_for_one_month(world: World, told: pl.DataFrame) -> None:
    shift = world.truth.facts["platform_shift"]
    usual = world.truth.presences.select("creator_id", "platform", "usual_log_views")
    above = told.join(usual, on=["creator_id", "platform"]).with_columns(
        (pl.col("organic_views").log() - pl.col("usual_log_views")).alias("above"),
        (pl.col("published_at").dt.strftime("%Y-%m") == shift["month"]).alias("then"),
    )
    here = dict(above.filter(platform=shift["platform"]).group_by("then").agg(pl.col("above").mean()).iter_rows())
    elsewhere = above.filter(pl.col("platform") != shift["platform"]).group_by("then").agg(pl.col("above").mean())
    quiet = dict(elsewhere.iter_rows())
    assert here[True] - here[False] == pytest.approx(shift["log_lift"], abs=0.15)
    assert quiet[True] - quiet[False] == pytest.approx(0.0, abs=0.15)


# --- who watches


def test_audience_shares_sum_to_one(world: World) -> None:
    sums = world.audiences.select(pl.sum_horizontal(AGE_BUCKETS)).to_series()
    assert sums.is_between(0.998, 1.002).all()
    truth = world.truth.presences.select(pl.sum_horizontal(AGE_BUCKETS)).to_series()
    assert truth.is_between(1 - 1e-9, 1 + 1e-9).all()


def test_two_in_three_accounts_report_an_audience(world: World) -> None:
    reported = world.audiences.select("creator_id", "platform").n_unique()
    assert 0.5 < reported / len(world.accounts) < 0.7


def reported_against_truth(world: World) -> pl.DataFrame:
    return world.audiences.drop_nulls(["sample_size", "hcmc"]).join(
        world.truth.presences, on=["creator_id", "platform"], suffix="_true"
    )


@pytest.mark.parametrize(("source", "error"), [("platform", 0.0), ("creator", 0.12), ("agency", 0.2)])
def test_reports_are_samples_of_the_audience_as_it_was_and_as_the_source_sees_it(
    world: World, source: str, error: float
) -> None:
    both = reported_against_truth(world).filter(source=source)
    true, inside = pl.col("hcmc_true"), pl.col("hcmc_true") / pl.col("vietnam_true")
    years = (END - pl.col("as_of")).dt.total_days() / 365
    leans = true * (1 - inside) * (error**2 + 0.15**2 * years).sqrt()
    sampled = true * (1 - true) / pl.col("sample_size")
    scores = both.select((pl.col("hcmc") - true) / (sampled + leans**2).sqrt()).to_series()
    assert scores.std() == pytest.approx(1.0, abs=0.2)
    assert scores.mean() == pytest.approx(0.0, abs=0.25)


def test_some_reports_flatter_but_never_the_platforms(world: World) -> None:
    both = reported_against_truth(world)
    younger = both.with_columns(
        flattered=(pl.col("age_18_24") / pl.col("age_35_44")) / (pl.col("age_18_24_true") / pl.col("age_35_44_true"))
        > 2.2
    )
    shares = dict(younger.group_by(pl.col("source") == "platform").agg(pl.col("flattered").mean()).iter_rows())
    assert shares[True] < 0.01 < shares[False]


def test_some_accounts_have_reports_of_two_sources(world: World) -> None:
    sources = world.audiences.group_by("creator_id", "platform").agg(pl.col("source").n_unique())
    assert 0.08 < (sources["source"] > 1).mean() < 0.22  # type: ignore[operator]


def test_how_many_report_changes_no_other_table() -> None:
    few, all_of_them = (
        make_world(np.random.default_rng(3), creators=30, posts=100, months=2, reporting=share) for share in (0.1, 1.0)
    )
    assert all_of_them.audiences.select("creator_id", "platform").n_unique() == len(all_of_them.accounts)
    assert len(few.audiences) < len(all_of_them.audiences) / 3
    for name in set(TABLES) - {"audiences"}:
        assert_frame_equal(few.tables()[name], all_of_them.tables()[name])


def test_the_target_is_part_of_the_young(world: World) -> None:
    shares = world.truth.presences
    assert (shares["target_share"] < shares["young_share"]).all()
    assert (shares["target_share"] > 0).all()
    assert (shares["hcmc"] <= shares["vietnam"]).all()


# --- the truth agrees with what was written


def test_mixtures_sum_to_one(world: World) -> None:
    sums = world.truth.mixtures.group_by("creator_id").agg(pl.col("first", "last", "recent").sum())
    assert all(np.allclose(sums[column], 1.0) for column in ("first", "last", "recent"))


def test_some_creators_drift_and_most_do_not(world: World) -> None:
    moved = world.truth.mixtures.filter(pl.col("first") != pl.col("last"))["creator_id"].unique().to_list()
    assert sorted(moved) == world.truth.facts["drifting"]
    assert 0.15 < len(moved) / len(world.creators) < 0.4


def test_creators_post_about_their_topics(world: World, told: pl.DataFrame) -> None:
    posted = (
        told.group_by("creator_id", "topic")
        .len()
        .with_columns(
            share=pl.col("len") / pl.col("len").sum().over("creator_id"), posts=pl.col("len").sum().over("creator_id")
        )
    )
    both = world.truth.mixtures.join(posted.filter(pl.col("posts") >= 40), on=["creator_id", "topic"])
    meant = (both["first"] + both["last"]) / 2
    assert np.corrcoef(meant, both["share"])[0, 1] > 0.9


def test_campaign_hashtags_are_joined_by_who_knows_the_topic(world: World, told: pl.DataFrame) -> None:
    facts = world.truth.facts["campaigns"]
    assert len(facts) == 36
    assert np.median([len(campaign["joined"]) for campaign in facts]) >= 5
    for campaign in facts:
        month = pl.col("published_at").dt.strftime("%Y-%m") == campaign["month"]
        posts = told.filter(month, pl.col("campaign") == campaign["hashtag"])
        assert sorted(posts["creator_id"].unique()) == campaign["joined"]
        assert posts["hashtags"].list.contains(campaign["hashtag"]).all()
        assert set(posts["topic"]) <= {campaign["topic"]}


def test_grades_follow_the_documented_formula(world: World) -> None:
    brief = world.truth.facts["briefs"][0]
    recent = world.truth.mixtures.pivot(on="topic", index="creator_id", values="recent")
    relevance = sum(weight * (recent[topic] / 0.3).clip(0, 1) for topic, weight in brief["topics"].items())
    avoided = recent.select(pl.max_horizontal(brief["avoid"]) >= 0.1).to_series()
    facts = world.truth.facts
    barred = recent["creator_id"].is_in([*facts["minors"], *facts["opted_out"], *facts["stopped_posting"]])
    grade = [
        0 if no else sum(value >= bound for bound in (0.15, 0.45, 0.7))
        for value, no in zip(relevance, avoided | barred, strict=True)
    ]
    judged = world.truth.relevance.filter(brief_id="syn_b01")
    assert judged["creator_id"].to_list() == recent["creator_id"].to_list()
    assert judged["grade"].to_list() == grade
    assert {0, 1, 2, 3} == set(grade)


def test_every_brief_has_somebody_to_find(world: World) -> None:
    found = world.truth.relevance.filter(pl.col("grade") >= 2).group_by("brief_id").len()
    assert len(found) == 40


def test_knowing_what_the_posts_are_about_answers_the_briefs(world: World, told: pl.DataFrame) -> None:
    """The truth can be found from the posts; it is the words that make it hard."""
    late = told.filter(pl.col("published_at") > datetime(2026, 5, 1, tzinfo=UTC))
    counts = late.pivot(on="topic", index="creator_id", values="post_id", aggregate_function="len").fill_null(0)
    shares = {
        topic: counts[topic] / (counts.select(pl.sum_horizontal(pl.exclude("creator_id"))).to_series() + 5)
        for topic in counts.columns[1:]
    }
    values = []
    for number, brief in enumerate(world.truth.facts["briefs"]):
        judged = world.truth.relevance.filter(brief_id=f"syn_b{number + 1:02d}")
        grades = dict(judged.select("creator_id", "grade").iter_rows())
        score = sum(weight * (shares[topic] / 0.3).clip(0, 1) for topic, weight in brief["topics"].items())
        values.append(ndcg(ranking_of(counts["creator_id"].to_list(), np.asarray(score)), grades, 10))
    assert np.mean(values) > 0.75


def test_viewers_expected_need_a_wanted_platform(world: World) -> None:
    able = world.truth.relevance.filter(pl.col("grade") > 0)
    anywhere = able.join(world.briefs.filter(pl.col("platforms").list.len() == 0), on="brief_id", how="semi")
    assert anywhere["young_viewers"].min() > 0  # type: ignore[operator]
    assert (able["young_viewers"] == 0).any()


def test_staff_invite_only_who_may_be_listed(world: World) -> None:
    barred = {*world.truth.facts["minors"], *world.truth.facts["opted_out"]}
    assert barred.isdisjoint(world.decisions["creator_id"])
    assert set(world.decisions["decision"]) == {"invited", "shortlisted", "rejected"}
    published = world.outcomes.filter("published")
    assert 0 < len(published) < len(world.outcomes)
    assert (published["target_viewers"] <= published["views"]).all()
    assert world.outcomes.filter(~pl.col("published"))["views"].null_count() == len(world.outcomes) - len(published)


# --- the vocabulary


def test_templates_use_only_slots_that_can_be_filled(lexicon: Lexicon) -> None:
    sentences = [
        s for topic in lexicon.topics for s in (*topic.claims, *topic.headlines, *topic.spoken, *topic.actions)
    ]
    sentences += [s for phrases in lexicon.phrases.lists.values() for s in phrases]
    slots = {slot for sentence in sentences for slot in re.findall(r"\{(\w+)\}", sentence)}
    assert slots <= {*DOMAIN_LISTS, *PHRASE_LISTS, "n", "age", "spoken_thing"}


def test_topics_know_each_other_and_their_hashtags_can_be_typed(lexicon: Lexicon) -> None:
    keys = {topic.key for topic in lexicon.topics}
    assert 25 <= len(keys) <= 32
    for topic in lexicon.topics:
        assert set(topic.near) <= keys - {topic.key}
        assert all(re.fullmatch(r"[a-z0-9]+", tag) for tag in (*topic.tags, *topic.campaigns)), topic.key


def test_briefs_weigh_known_topics(lexicon: Lexicon) -> None:
    keys = {topic.key for topic in lexicon.topics}
    for brief in lexicon.briefs:
        assert {*brief.topics, *brief.avoid} <= keys
        assert sum(brief.topics.values()) == pytest.approx(1.0)
        assert brief.must


# --- on disk, and labelled


def test_everything_is_labelled_synthetic(tmp_path: Path) -> None:
    world = small(3)
    folder = write_world(world, tmp_path / "world")
    assert world.creators["name"].str.ends_with("(mẫu)").all()
    for name, table in world.tables().items():
        ids = [column for column in table.columns if column.endswith("_id")]
        assert all(table[column].drop_nulls().str.starts_with("syn_").all() for column in ids), name
    assert "SYNTHETIC" in (folder / "SYNTHETIC.txt").read_text(encoding="utf-8")
    assert json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))["synthetic"] is True


def test_written_files_import_whole_and_give_the_same_tables(tmp_path: Path) -> None:
    world = small(4)
    folder, home = write_world(world, tmp_path / "world"), tmp_path / "home"
    for name, table in world.tables().items():
        file = next(folder.glob(f"{name}.*"))
        report = import_file(home, name, file, now=LATER, synthetic=True)
        assert (report.new, report.rejected, report.orphans) == (len(table), 0, 0), name
    catalogue = Catalogue.open(home)
    assert catalogue.is_synthetic()
    for name, table in world.tables().items():
        key = list(TABLES[name].key)
        assert_frame_equal(catalogue.table(name).select(table.columns).sort(key), table.sort(key))


def test_the_same_world_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_world(small(5), tmp_path / name) for name in ("first", "second"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 13
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)


def test_truth_reads_back(tmp_path: Path) -> None:
    world = small(6)
    truth = read_truth(write_world(world, tmp_path / "world"))
    for name in FRAMES:
        assert_frame_equal(getattr(truth, name), getattr(world.truth, name))
    assert truth.facts == json.loads(json.dumps(world.truth.facts))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_world(small(6), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    assert (write_world(small(6), tmp_path / "world") / "posts.jsonl.gz").is_file()


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"truth/truth\.json"):
        read_truth(tmp_path)
