"""English tasks: does the method carry over to other people and topics? Judged experts, and who answered a question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from benchmarks.protocol import Query, Task
from benchmarks.question_tasks import json_lines, named_creators, undated_posts
from models.brief import Brief

DBLP_FOLDER: Final = "dblp_experts"
ANDROID_FOLDER: Final = "qa_experts_android"


def dblp_experts(folder: Path) -> Task:
    """Who is a judged expert of this research topic? Ranked among those who were judged: of others nothing is known."""
    rows = [
        (f"d{doc['doc']}_{author}", _person(author), doc["text"])
        for doc in json_lines(folder / DBLP_FOLDER / "docs.jsonl.gz")
        for author in doc["candidates"]
    ]
    labels = json.loads((folder / DBLP_FOLDER / "labels.json").read_text(encoding="utf-8"))
    people = {creator for _, creator, _ in rows}
    judged = people.intersection(map(_person, labels["labelled_candidates"]))
    queries = [
        Query(
            topic,
            topic.replace("_", " "),
            frozenset(judged.intersection(map(_person, authors))),
            frozenset(people - judged),
        )
        for topic, authors in sorted(labels["experts"].items())
    ]
    what = f"judged experts of a topic, among {len(judged)} who were judged"
    return _people_task("dblp_experts", rows, queries, ("MAP", "nDCG@10"), what)


def android_experts(folder: Path) -> Task:
    """Who answered this question, with how many votes? People known by their answers to other questions."""
    source = folder / ANDROID_FOLDER / "android"
    answers = _numbered_texts(source / "A_content.txt.zst")
    train = _records(source / "Record_Train.json")
    known = {record["QuestionId"] for record in train}
    asked = [record for record in _records(source / "Record_All.json") if record["QuestionId"] not in known]
    rows = [
        (f"p{post}", _person(user), answers[post]) for record in train for user, post in record["AnswererAnswerTuples"]
    ]
    queries = _android_queries(source, asked, {creator for _, creator, _ in rows})
    return _people_task(
        "android_experts", rows, queries, ("MRR", "nDCG@10"), "who answered a question, votes as grades"
    )


def _android_queries(source: Path, asked: Iterable[dict[str, Any]], people: set[str]) -> Iterator[Query]:
    titles = dict(line.split(" ", 1) for line in (source / "Q_title.txt").read_text(encoding="utf-8").splitlines())
    bodies = _numbered_texts(source / "Q_content.txt.zst")
    votes = dict(line.split() for line in (source / "A_score.txt").read_text(encoding="utf-8").splitlines())
    for record in asked:
        question = record["QuestionId"]
        gains = {
            _person(user): 1.0 + max(0, int(votes.get(post, 0))) ** 0.5
            for user, post in record["AnswererAnswerTuples"]
            if _person(user) in people
        }
        if gains:
            brief = Brief(title=titles[question], text=bodies.get(question, ""))  # as it was asked: a title and a text
            text = f"{brief.title}. {brief.text}"
            yield Query(question, text, frozenset(gains), gains=gains, brief=brief)


def _person(number: int | str) -> str:
    """An id that says nothing: numbers were given in the order people came, and ties would favour the early."""
    return "e_" + hashlib.blake2b(str(number).encode(), digest_size=6).hexdigest()


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _numbered_texts(path: Path) -> dict[str, str]:
    """Texts of a Zstandard file of `number text` lines."""
    with pa.input_stream(str(path), compression="zstd") as file:
        lines = file.read().decode("utf-8").splitlines()
    return {number: text for number, _, text in (line.partition(" ") for line in lines)}


def _people_task(
    name: str, rows: list[tuple[str, str, str]], queries: Iterable[Query], measures: tuple[str, ...], what: str
) -> Task:
    schema = {"post_id": pl.String, "creator_id": pl.String, "text": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row").unique("post_id", keep="first", maintain_order=True)
    ids = frame["creator_id"].unique().sort()
    asked = tuple(queries)
    note = f"{len(ids)} people, {len(asked)} queries (English); proxy: {what}"
    return Task(name, named_creators(ids, "person"), undated_posts(frame), asked, frozenset(ids), measures, note)
