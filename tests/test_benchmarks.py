"""The protocols of the benchmark: what may be learned from, what is asked, and what counts as right."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from benchmarks.baselines import History, baselines, rankings, with_pairs, words
from benchmarks.compare import compare
from benchmarks.damage import damaged, strip_marks, teencode
from benchmarks.evaluate import Contender, baseline_contenders, evaluate, values_of
from benchmarks.figures import FORMAT, OURS, Run, TaskFigures, queries_hash, versions
from benchmarks.history_files import write_tables
from benchmarks.ours import Prepared
from benchmarks.protocol import POST_SCHEMA, Query, Task, contract_frame
from benchmarks.question_tasks import (
    health_questions,
    health_questions_warm,
    law_questions,
    named_creators,
    single_post_task,
)
from benchmarks.run import run, same_history
from benchmarks.scale import noisy, scaled
from benchmarks.speed import in_own_process, measure_speed
from benchmarks.tasks import TASKS, variants
from benchmarks.tiktok_tasks import CAMPAIGN_SPLIT, campaign_a, campaign_b, next_post
from benchmarks.world_task import sample_world
from data.catalogue import Catalogue
from kolmatch.errors import FileUnreadable
from kolmatch.settings import Settings

TOPICS = {
    "cook": "nấu món canh chua cá lóc miền tây ngon",
    "bike": "sửa xe máy thay nhớt kiểm tra phanh an toàn",
    "study": "ôn thi đại học môn toán chăm chỉ mỗi ngày",
    "pets": "chó mèo nhà mình tắm rửa cắt móng sạch",
}


def write_lines(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def post(number: int, creator: str, at: datetime, text: str, tags: Sequence[str]) -> dict[str, Any]:
    caption = " ".join([text, *(f"#{tag}" for tag in tags)])
    row = {"post_id": f"p{number:04}", "creator_id": creator, "platform": "tiktok", "text": caption}
    return row | {"published_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "hashtags": list(tags), "transcript": None}


def history_rows() -> list[dict[str, Any]]:
    """Sixteen posts of each of four creators before the split; a fifth has too few to be known."""
    start = CAMPAIGN_SPLIT - timedelta(days=100)
    rows = [
        post(16 * place + n, creator, start + timedelta(days=n, minutes=place), f"{text} {n}", [f"{creator}channel"])
        for place, (creator, text) in enumerate(TOPICS.items())
        for n in range(16)
    ]
    return [*rows, post(900, "new", start, "bài đầu tiên của kênh mới lập hôm nay", [])]


def later_rows() -> list[dict[str, Any]]:
    """After the split: three known creators join #sachduong, all use #fyp, one tag is used by two only."""
    after = CAMPAIGN_SPLIT + timedelta(days=1)
    rows = [
        post(1000 + n, creator, after + timedelta(hours=n), f"{TOPICS.get(creator, 'kênh mới')} hôm nay", tags)
        for n, (creator, tags) in enumerate(
            [
                ("cook", ["SachDuong", "fyp", "doi"]),
                ("bike", ["sachduong", "fyp", "doi"]),
                ("study", ["sachduong", "fyp"]),
                ("pets", ["fyp"]),
                ("new", ["sachduong"]),
            ]
        )
    ]
    # A series of one creator that two others mention once: mostly one's own name.
    series = [post(1100 + n, "pets", after + timedelta(days=2, hours=n), "ngắn", ["petsdaily"]) for n in range(10)]
    mentions = [
        post(1200 + n, c, after + timedelta(days=3), "ngắn", ["petsdaily"]) for n, c in enumerate(["cook", "bike"])
    ]
    return [*rows, *series, *mentions]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "tiktok_creators"
    write_lines(folder / "posts.jsonl.gz", history_rows() + later_rows())
    people = [*TOPICS, "new"]
    write_lines(folder / "creators.jsonl.gz", [{"creator_id": c, "name": c, "kind": "person"} for c in people])
    accounts = [{"creator_id": c, "platform": "tiktok", "followers": 10 * n} for n, c in enumerate(people)]
    write_lines(folder / "accounts.jsonl.gz", accounts)
    return tmp_path / "data"


@pytest.fixture
def small_task() -> Task:
    """Four creators whose posts are of one topic each, and a query about each topic."""
    rows = [{**row, "observed_at": None} for row in history_rows() if row["creator_id"] != "new"]
    creators = named_creators(pl.Series(list(TOPICS)), "person")
    queries = tuple(Query(creator, text, frozenset([creator])) for creator, text in TOPICS.items())
    posts = contract_frame(pl.DataFrame(rows, infer_schema_length=None), POST_SCHEMA)
    return Task("small", creators, posts, queries, frozenset(TOPICS), ("MRR", "nDCG@10"), "invented", synthetic=True)


def test_next_post_asks_only_about_posts_that_the_history_does_not_hold(data: Path) -> None:
    task = next_post(data)
    asked = {query.query_id for query in task.queries}
    assert asked
    assert asked.isdisjoint(task.posts["post_id"])
    later = pl.DataFrame(history_rows() + later_rows(), infer_schema_length=None).filter(pl.col("post_id").is_in(asked))
    assert later["published_at"].str.to_datetime(time_zone="UTC").min() >= task.posts["published_at"].max()  # type: ignore[operator]


def test_next_post_leaves_out_hashtags_short_captions_and_creators_with_few_posts(data: Path) -> None:
    task = next_post(data)
    assert task.candidates == frozenset(TOPICS)
    assert all("#" not in query.text and len(words(query.text)) >= 6 for query in task.queries)
    assert all(query.relevant <= task.candidates for query in task.queries)


def test_next_post_takes_the_same_sample_for_the_same_seed(data: Path) -> None:
    assert next_post(data, seed=7, limit=3).queries == next_post(data, seed=7, limit=3).queries
    assert len(next_post(data, limit=3).queries) == 3


def test_campaign_a_keeps_topics_and_leaves_out_generic_rare_and_own_name_tags(data: Path) -> None:
    task = campaign_a(data)
    assert {query.text for query in task.queries} == {"#sachduong"}
    assert task.queries[0].relevant == frozenset(["cook", "bike", "study"])
    assert task.posts["published_at"].max() < CAMPAIGN_SPLIT  # type: ignore[operator]


def test_campaign_b_tells_the_campaign_by_a_caption_whose_author_is_no_answer(data: Path) -> None:
    (query,) = campaign_b(data).queries
    (author,) = query.excluded
    assert query.relevant == frozenset(["cook", "bike", "study"]) - {author}
    assert query.text.startswith(TOPICS[author])
    assert "#" not in query.text


def test_history_has_the_columns_and_types_of_the_contract(data: Path) -> None:
    assert dict(campaign_a(data).posts.schema) == POST_SCHEMA


def test_an_article_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    articles = [{"article_id": f"L|{n}", "law": "Luật", "text": text} for n, text in enumerate(TOPICS.values())]
    questions = [
        {"question_id": "q1", "text": "canh chua", "relevant": ["L|0"]},
        {"question_id": "q2", "text": "khác", "relevant": ["L|9"]},
    ]
    write_lines(tmp_path / "law_questions" / "articles.jsonl.gz", articles)
    write_lines(tmp_path / "law_questions" / "questions_2024.jsonl.gz", questions)
    task = law_questions(tmp_path)
    assert [query.query_id for query in task.queries] == ["q1"]
    assert len(task.candidates) == 4


def test_health_answers_are_candidates_and_questions_are_not_learned_from(tmp_path: Path) -> None:
    folder = tmp_path / "health_policy_questions"
    folder.mkdir()
    for name, row in (("train", '1|Hỏi một?|"Trả lời\nmột"'), ("val", "2|Hỏi hai?|Trả lời hai")):
        with gzip.open(folder / f"1_ans_{name}.csv.gz", "wt", encoding="utf-8") as out:
            out.write(f"id|Question|Answer_1\n{row}\n")
    task = health_questions(tmp_path)
    assert [(query.query_id, query.relevant) for query in task.queries] == [
        ("1", frozenset("1")),
        ("2", frozenset("2")),
    ]
    assert task.posts["text"].to_list() == ["Trả lời\nmột", "Trả lời hai"]
    assert not task.warm_start
    warm = health_questions_warm(tmp_path)
    assert warm.posts.equals(task.posts)
    assert [query.query_id for query in warm.queries] == ["2"]
    assert warm.warm_start == (folder / "1_ans_train.csv.gz",)


def test_a_task_without_its_folder_is_not_possible(tmp_path: Path) -> None:
    assert not any(maker.is_possible(tmp_path) for maker in TASKS.values())


def test_damage_changes_queries_and_nothing_else(small_task: Task) -> None:
    plain, teen = damaged(small_task, "no_diacritics", 1), damaged(small_task, "teencode", 1)
    assert [query.text for query in plain.queries] == [strip_marks(text) for text in TOPICS.values()]
    assert teen.queries == damaged(small_task, "teencode", 1).queries
    assert teen.queries != damaged(small_task, "teencode", 2).queries
    assert [query.relevant for query in teen.queries] == [query.relevant for query in small_task.queries]
    assert teen.posts is small_task.posts
    assert len(variants(small_task)) == 3


def test_teencode_keeps_the_number_of_words_and_some_of_them() -> None:
    text = "mình không biết người dân phải làm gì với giấy tờ của trường học " * 5
    typed = teencode(text, np.random.default_rng(0))
    kept = [a == b for a, b in zip(text.split(), typed.split(), strict=True)]
    assert 0.2 < np.mean(kept) < 0.8


def test_words_and_pairs() -> None:
    assert words("Ăn NGON tại https://vi.du/x @ai_do #Saigon2024!") == ["ăn", "ngon", "tại", "saigon2024"]
    assert with_pairs(["a", "b", "c"]) == ["a", "b", "c", "a b", "b c"]
    assert strip_marks("Đường sá, hồ sơ điện tử") == "Duong sa, ho so dien tu"


def test_every_lexical_baseline_finds_the_creator_of_the_topic(small_task: Task) -> None:
    history = History.of(small_task)
    texts = [query.text for query in small_task.queries]
    makers = {name: make for name, make in baselines(history, np.random.default_rng(0)).items() if " " in name}
    assert len(makers) == 9
    for name, make in makers.items():
        assert [ranking[0] for ranking in rankings(make(), history, texts, 10)] == list(TOPICS), name


def test_bm25_gives_the_value_of_the_formula() -> None:
    queries = (Query("q", "b", frozenset(["x"])),)
    task = single_post_task("t", [("x", "a b"), ("y", "a a a a")], queries, ("MRR",), "")
    system = baselines(History.of(task), np.random.default_rng(0))["BM25 posts"]()
    (scores,) = system.blocks(["b"])
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert scores[0, 0] == pytest.approx(idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3)))
    assert scores[0, 1] == 0


def test_a_creator_is_the_mean_of_the_best_five_posts(small_task: Task) -> None:
    history = History.of(small_task)
    scores = np.zeros((1, 64), dtype=np.float32)
    scores[0, :7] = [7, 6, 5, 4, 3, 2, 1]
    scores[0, 16] = 100
    pooled = history.pooled(scores)
    assert pooled[0, :3].tolist() == [5.0, 20.0, 0.0]


def test_popularity_is_left_out_where_it_says_nothing() -> None:
    task = single_post_task("t", [("x", "a"), ("y", "b")], (), ("MRR",), "")
    assert {"followers", "activity", "BM25 creators"}.isdisjoint(baselines(History.of(task), np.random.default_rng(0)))


def test_excluded_creators_do_not_take_a_place(small_task: Task) -> None:
    query = Query("q", "", frozenset(["bike"]), excluded=frozenset(["cook"]))
    task = small_task.asked([query], "t", "")
    assert values_of(task, [["cook", "bike"]])["MRR"].tolist() == [1.0]


class _Perfect:
    def rankings(self, queries: Sequence[Query]) -> list[list[str]]:
        return [sorted(query.relevant) for query in queries]


def figures_of(task: Task) -> list[TaskFigures]:
    contenders = [*baseline_contenders(task, 1), Contender(OURS, _Perfect)]
    return evaluate(variants(task), contenders, seed=1, catalogue_sha256={"posts": "0"}, progress=lambda _: None)


def run_of(figures: list[TaskFigures]) -> Run:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Run(
        format=FORMAT,
        created_at=when,
        seed=1,
        encoder="static",
        versions=versions(),
        left_out=(),
        tasks=tuple(figures),
        speed={"encode, texts/s": 2.0},
    )


def test_every_system_is_compared_with_the_strongest_bm25_of_the_same_run(small_task: Task) -> None:
    for task in figures_of(small_task):
        means = {system.system: system.figures[0].mean for system in task.systems}
        best = max((name for name in means if name.startswith("BM25")), key=lambda name: means[name])
        references = {s.figures[0].difference.against for s in task.systems if s.figures[0].difference}
        assert {means[name] for name in references} == {means[best]}
        assert task.synthetic
        assert means[OURS] == 1.0


def test_figures_come_back_as_they_were_written(small_task: Task, tmp_path: Path) -> None:
    run = run_of(figures_of(small_task))
    run.write(tmp_path / "figures.json")
    assert Run.read(tmp_path / "figures.json") == run


def test_a_file_that_holds_no_figures_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(FileUnreadable, match=r"x\.json"):
        Run.read(tmp_path / "x.json")


def test_two_runs_are_printed_side_by_side_and_other_queries_are_not_compared(small_task: Task, tmp_path: Path) -> None:
    first, second = figures_of(small_task), figures_of(small_task.asked(small_task.queries[1:], "small", ""))
    run_of(first).write(tmp_path / "a.json")
    run_of([second[0], *first[1:]]).write(tmp_path / "b.json")
    printed = CliRunner().invoke(compare, [str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert printed.exit_code == 0
    assert "small: the two runs asked different queries" in printed.output
    assert f"{OURS} small_teencode MRR: +0.0000 [+0.0000, +0.0000]" in printed.output
    assert queries_hash(small_task) == first[0].queries_sha256


def test_comparing_with_a_file_that_is_not_there_says_so_in_both_languages(tmp_path: Path) -> None:
    printed = CliRunner().invoke(compare, [str(tmp_path / "none.json"), str(tmp_path / "none.json")])
    assert printed.exit_code == 1
    assert "Lỗi:" in printed.output
    assert "none.json" in printed.output


def test_a_scaled_catalogue_has_the_size_asked_for_and_only_its_own_creators(small_task: Task) -> None:
    tables = {"creators": small_task.creators, "accounts": small_task.accounts, "posts": small_task.posts}
    made = scaled(tables, 500, np.random.default_rng(0))
    assert made["posts"].height == made["posts"]["post_id"].n_unique() == 500
    assert set(made["posts"]["creator_id"]) <= set(made["creators"]["creator_id"])
    assert dict(made["posts"].schema) == POST_SCHEMA


def test_noise_drops_some_words_and_keeps_most() -> None:
    text = " ".join(f"w{n}" for n in range(2000))
    (first, second) = noisy([text, text], np.random.default_rng(0))
    assert 0.85 < len(first.split()) / 2000 < 0.95
    assert 0.78 < len(set(second.split()) & set(text.split())) / 2000 < 0.95


def test_the_import_takes_every_row_of_a_history(small_task: Task, tmp_path: Path) -> None:
    prepared = Prepared.of(small_task, tmp_path, Settings(), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert prepared.rejected == 0
    stored = Catalogue.open(tmp_path).table("posts")
    assert stored.select("post_id", "published_at", "text").equals(
        small_task.posts.select("post_id", "published_at", "text").sort("post_id")
    )
    assert Catalogue.open(tmp_path).is_synthetic()
    assert "posts" in prepared.hashes()


def test_a_run_prints_tables_says_what_it_left_out_and_writes_its_figures(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    options = ["--tasks", "campaign_a,law_questions", "--systems", "random,BM25 posts", "--no-speed", "--no-reach"]
    printed = CliRunner().invoke(run, [*options, "--data", str(data), "--out", str(out)])
    assert printed.exit_code == 0, printed.output
    assert "Left out: law_questions: law_questions/ is not in the data folder" in printed.output
    written = Run.read(out)
    assert [task.task for task in written.tasks] == ["campaign_a", "campaign_a_no_diacritics", "campaign_a_teencode"]
    assert {system.system for system in written.tasks[0].systems} == {"random", "BM25 posts"}
    assert "BM25 posts" in printed.output


def test_an_unknown_task_is_refused_in_both_languages(tmp_path: Path) -> None:
    printed = CliRunner().invoke(
        run, ["--tasks", "nothing", "--no-speed", "--no-reach", "--out", str(tmp_path / "x.json")]
    )
    assert printed.exit_code == 2
    assert "Không có bài đo 'nothing'" in printed.output
    assert "Unknown task 'nothing'" in printed.output


def test_the_sample_world_is_labelled_synthetic_and_never_offers_who_may_not_be_listed() -> None:
    task = sample_world(1, creators=30, posts=600)
    assert task.synthetic
    barred = task.creators.filter(
        pl.col("is_minor").fill_null(value=False) | pl.col("opted_out").fill_null(value=False)
    )
    assert not task.candidates & set(barred["creator_id"])
    assert all(query.relevant <= task.candidates for query in task.queries)
    assert all(grade in (1.0, 2.0, 3.0) for query in task.queries for grade in query.gains.values())
    damaged_brief = damaged(task, "no_diacritics", 1).queries[0].brief
    assert damaged_brief is not None
    assert damaged_brief.title == strip_marks(damaged_brief.title)


def test_tasks_that_share_a_history_are_fitted_together(data: Path) -> None:
    small = sample_world(1, creators=30, posts=600)
    tasks = [campaign_a(data), campaign_b(data), small, replace(small, name="warm", warm_start=(data,))]
    names = [[task.name for task in group] for group in same_history(tasks)]
    assert names == [["campaign_a", "campaign_b"], ["sample_world"], ["warm"]]
    assert list(same_history([])) == []


def test_a_speed_step_runs_in_a_process_of_its_own_and_reports_its_peak(small_task: Task, tmp_path: Path) -> None:
    files = write_tables({"creators": small_task.creators, "posts": small_task.posts}, tmp_path / "files")
    (tmp_path / "files.json").write_text(json.dumps({name: str(file) for name, file in files.items()}))
    figures = in_own_process("import", tmp_path)
    assert figures["rejected rows"] == 0
    assert 10 < figures["import peak, MiB"] < 1000
    assert Catalogue.open(tmp_path).rows()["posts"] == small_task.posts.height


def test_speed_is_left_out_where_the_posts_are_not(tmp_path: Path) -> None:
    said: list[str] = []
    assert measure_speed(tmp_path, Settings(), 0, said.append) == {}
    assert said == ["Left out: speed; tiktok_creators and tiktok_trending are not in the data folder"]
