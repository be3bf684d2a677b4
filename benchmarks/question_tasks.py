"""Tasks where a question has one right text: each text is a 'creator' with a single post, so any matcher can answer.

The questions are never part of what a system learns from.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.protocol import CREATOR_SCHEMA, POST_SCHEMA, Query, Task, contract_frame

LAW_FOLDER: Final = "law_questions"
HEALTH_FOLDER: Final = "health_policy_questions"
HEALTH_FILES: Final = ("1_ans_train.csv.gz", "1_ans_val.csv.gz")
# These texts carry no date; one and the same for all says that time plays no part.
NO_DATE: Final = datetime(2024, 1, 1, tzinfo=UTC)


def law_questions(folder: Path) -> Task:
    """Which article of 17 laws answers this question?"""
    articles = list(json_lines(folder / LAW_FOLDER / "articles.jsonl.gz"))
    known = {row["article_id"] for row in articles}
    texts = ((row["article_id"], f"{row['law']}. {row['text']}") for row in articles)
    queries = tuple(
        Query(row["question_id"], row["text"], frozenset(answers))
        for row in json_lines(folder / LAW_FOLDER / "questions_2024.jsonl.gz")
        if (answers := known.intersection(row["relevant"]))
    )
    note = f"{len(articles)} articles, {len(queries)} questions; proxy: text retrieval"
    return single_post_task("law_questions", texts, queries, ("nDCG@10", "MRR"), note)


def health_questions(folder: Path) -> Task:
    """Which of the health authorities' answers was given to this citizen's question?"""
    files = [folder / HEALTH_FOLDER / name for name in HEALTH_FILES]
    return _health("health_questions", files, asked=files, note="")


def health_questions_warm(folder: Path) -> Task:
    """The same for the validation questions alone; whoever learns may learn from the training part's pairs."""
    train, validation = (folder / HEALTH_FOLDER / name for name in HEALTH_FILES)
    task = _health("health_questions_warm", [train, validation], asked=[validation], note="; warm start: training part")
    return replace(task, warm_start=(train,))


def _health(name: str, files: Sequence[Path], *, asked: Sequence[Path], note: str) -> Task:
    answers = [(row["id"], row["Answer_1"]) for file in files for row in _pipe_rows(file)]
    questions = ((row["id"], row["Question"].strip()) for file in asked for row in _pipe_rows(file))
    queries = tuple(Query(number, text, frozenset([number])) for number, text in questions if text)
    what = f"{len(answers)} answers, {len(queries)} questions; proxy: text retrieval{note}"
    return single_post_task(name, answers, queries, ("MRR", "R@10"), what)


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def single_post_task(
    name: str, texts: Iterable[tuple[str, str]], queries: tuple[Query, ...], measures: tuple[str, ...], note: str
) -> Task:
    """A task whose creators have one post each, the `(id, text)` given."""
    frame = pl.DataFrame(list(texts), schema={"creator_id": pl.String, "text": pl.String}, orient="row")
    posts = undated_posts(frame.with_columns(post_id="p_" + pl.col("creator_id")))
    creators = named_creators(frame["creator_id"], "organisation")
    return Task(name, creators, posts, queries, frozenset(frame["creator_id"]), measures, note)


def undated_posts(rows: pl.DataFrame) -> pl.DataFrame:
    """Posts of the contract from `post_id`, `creator_id`, `text`, all on platform `other` and of the same day."""
    dated = rows.with_columns(
        platform=pl.lit("other"),
        format=pl.lit("text"),
        published_at=pl.lit(NO_DATE, dtype=pl.Datetime("us", "UTC")),
    )
    return contract_frame(dated, POST_SCHEMA)


def named_creators(ids: pl.Series, kind: str) -> pl.DataFrame:
    """Creators of the contract whose name is their id."""
    return contract_frame(
        pl.DataFrame({"creator_id": ids, "name": ids}).with_columns(kind=pl.lit(kind)), CREATOR_SCHEMA
    )


def _pipe_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="|")
