"""Lists of both models for the same briefs, and what is read off them: who must be there, who gained, how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from data.catalogue import Catalogue
from features.documents import tag_lists
from models.brief import Brief, brief_from_row
from models.matcher import Matcher
from models.shortlist import Entry
from training.figures import TIERS
from training.measures import paired_bootstrap
from training.monthly.gate import GoldenLine, Pair, Paired
from training.monthly.golden import GoldenBriefs

Progress = Callable[[int, int], None]

TOP: Final = 20
_MOST_BRIEFS: Final = 40  # each costs two lists; more would not narrow the intervals by much
_LEAST_TIMINGS: Final = 20
_SMALL_TIERS: Final = ("<10k", "<100k")
_LEAST_SHARE: Final = 0.05  # of the champion's places: a smaller group is told apart by no top twenty


@dataclass(frozen=True, slots=True)
class Listed:
    """A brief and the first places of both models' lists for it; the champion's is None without one."""

    brief: Brief
    champion: tuple[Entry, ...] | None
    challenger: tuple[Entry, ...]


def briefs_to_ask(catalogue: Catalogue, golden: GoldenBriefs) -> list[Brief]:
    """Golden briefs, then earlier ones, the newest first; without any, hashtags that several creators used last."""
    table = catalogue.table("briefs").sort("starts_on", "brief_id", descending=True, nulls_last=True)
    known = [brief_from_row(row) for row in table.head(_MOST_BRIEFS).iter_rows(named=True)]
    asked = [*(one.brief() for one in golden.brief), *known]
    return asked or _tags_as_briefs(catalogue)


def _tags_as_briefs(catalogue: Catalogue) -> list[Brief]:
    posts = catalogue.table("posts")
    posts = posts.sort("published_at", "post_id").tail(max(posts.height // 10, 1))
    tags = posts.select("creator_id", tag=pl.Series(tag_lists(posts), dtype=pl.List(pl.String))).explode("tag")
    used = tags.drop_nulls("tag").group_by("tag").agg(creators=pl.col("creator_id").n_unique())
    several = used.filter(pl.col("creators") >= 3).sort("creators", "tag", descending=[True, False])
    return [Brief(f"#{tag}", brief_id=tag) for tag in several["tag"].head(_MOST_BRIEFS).to_list()]


def make_lists(
    briefs: Sequence[Brief], golden: GoldenBriefs, champion: Matcher | None, challenger: Matcher, progress: Progress
) -> tuple[list[Listed], Pair]:
    """Both models' lists, asked in turn, and the median seconds that a list of each took."""
    depth = max([TOP, *(one.top or TOP for one in golden.brief)])
    models = [model for model in (champion, challenger) if model]
    seconds: dict[int, list[float]] = {id(model): [] for model in models}
    found = []
    rounds = -(-_LEAST_TIMINGS // max(len(briefs), 1))
    for done, brief in enumerate(briefs, start=1):
        lists: dict[int, tuple[Entry, ...]] = {}
        for model in models * rounds:
            began = time.perf_counter()
            lists[id(model)] = model.shortlist(brief, depth).entries
            seconds[id(model)].append(time.perf_counter() - began)
        found.append(Listed(brief, lists[id(champion)] if champion else None, lists[id(challenger)]))
        progress(done, len(briefs))
    median = {key: float(np.median(values)) for key, values in seconds.items() if values}
    return found, Pair(median.get(id(champion)), median.get(id(challenger)))


def golden_lines(golden: GoldenBriefs, lists: Sequence[Listed], usual_top: int) -> list[GoldenLine]:
    """Every line of the golden briefs, and whether each model keeps it."""
    by_name = {one.brief.brief_id: one for one in reversed(lists)}  # golden briefs come first, and win
    return [
        GoldenLine(
            one.name,
            creator,
            wanted,
            None if by_name[one.name].champion is None else _kept(by_name[one.name].champion, creator, top, wanted),
            _kept(by_name[one.name].challenger, creator, top, wanted),
        )
        for one in golden.brief
        for top in [one.top or usual_top]
        for creator, wanted in [*((c, True) for c in one.must_appear), *((c, False) for c in one.must_not_appear)]
    ]


def _kept(entries: Sequence[Entry] | None, creator: str, top: int, wanted: bool) -> bool:
    return any(entry.creator_id == creator for entry in (entries or ())[:top]) is wanted


def groups_of(catalogue: Catalogue) -> dict[str, str]:
    """The groups that exposure is told by: creator id to the names of theirs, joined by tabs.

    Followers of the largest account in tiers, home province, and kind. Sex is not in the import contract, so nothing
    is said of it.
    """
    accounts = catalogue.table("accounts").drop_nulls("followers")
    largest = dict(accounts.group_by("creator_id").agg(pl.col("followers").max()).iter_rows())
    told = {}
    for creator, province, kind in (
        catalogue.table("creators").select("creator_id", "home_province", "kind").iter_rows()
    ):
        names = [_tier(largest.get(creator))]
        names += [f"province {province}"] if province else []
        names += [f"kind {kind}"] if kind else []
        told[creator] = "\t".join(names)
    return told


def _tier(followers: int | None) -> str:
    if followers is None:
        return "followers ?"
    fits = (name for name, (low, high) in TIERS.items() if low <= followers and (high is None or followers < high))
    return f"followers {next(fits)}"


def exposure(lists: Sequence[Listed], groups: Mapping[str, str], rng: np.random.Generator) -> dict[str, Paired]:
    """Share of the first twenty places that each group has, mean over briefs; groups of few places are left out."""
    told = [one for one in lists if one.champion and one.challenger]
    if not told:
        return {}
    names = sorted({name for joined in groups.values() for name in joined.split("\t")})
    found = {}
    for name in names:
        before, now = (np.array([_share(entries, groups, name) for entries in side]) for side in _sides(told))
        if max(before.mean(), now.mean()) >= _LEAST_SHARE:
            difference = paired_bootstrap(now, before, rng)
            found[name] = Paired(len(told), float(before.mean()), float(now.mean()), difference)
    return found


def _sides(lists: Sequence[Listed]) -> Iterator[list[tuple[Entry, ...]]]:
    yield [one.champion or () for one in lists]
    yield [one.challenger for one in lists]


def _share(entries: Sequence[Entry], groups: Mapping[str, str], name: str) -> float:
    first = entries[:TOP]
    return sum(name in groups.get(entry.creator_id, "").split("\t") for entry in first) / len(first)


def guarded(names: Sequence[str]) -> frozenset[str]:
    """Groups that may not lose much: small creators and provinces."""
    small = {f"followers {tier}" for tier in _SMALL_TIERS}
    return frozenset(name for name in names if name in small or name.startswith("province "))
