"""The sample world as a task. All in it is invented: its figures are labelled SYNTHETIC and prove no real use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.protocol import Query, Task
from data.world import World, make_world
from models.brief import Brief, brief_from_row

NAME: Final = "sample_world"
# The truth grades creators by topic alone: platform, format and place must not decide here who is listed.
_TOPICAL: Final = ("brief_id", "title", "text", "must", "nice", "must_not")


def sample_world(seed: int, *, creators: int = 320, posts: int = 16_000) -> Task:
    """Which creators know the topics of a policy brief? Graded 0..3 by the truth that the world was made from."""
    world = make_world(np.random.default_rng(seed), creators=creators, posts=posts)
    queries = tuple(_queries(world))
    facts = world.truth.facts
    listed = frozenset(world.creators["creator_id"]) - set(facts["minors"]) - set(facts["opted_out"])
    note = f"{len(listed)} invented creators, {len(queries)} invented briefs; truth: topics they were made from"
    task = Task(NAME, world.creators, world.posts, queries, listed, ("nDCG@10", "MAP"), note, world.accounts)
    return replace(task, synthetic=True)


def _queries(world: World) -> list[Query]:
    grades = _grades(world.truth.relevance)
    return [
        Query(brief.brief_id, as_text(brief), frozenset(right), gains=right, brief=brief)
        for brief in (brief_from_row(row) for row in world.briefs.select(_TOPICAL).iter_rows(named=True))
        if (right := grades.get(brief.brief_id, {}))
    ]


def as_text(brief: Brief) -> str:
    """What a system reads that knows no facets: all that the brief says is wanted."""
    return "\n".join([brief.title, brief.text, *brief.must, *brief.nice])


def _grades(relevance: pl.DataFrame) -> Mapping[str, dict[str, float]]:
    found: dict[str, dict[str, Any]] = {}
    for brief_id, creator_id, grade in relevance.select("brief_id", "creator_id", "grade").iter_rows():
        if grade > 0:
            found.setdefault(brief_id, {})[creator_id] = float(grade)
    return found
