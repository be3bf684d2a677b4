"""How much of the reach that was to be had the first twenty of a list capture, and how much staff's own orders do.

Two kinds of questions: the briefs of the SYNTHETIC sample world, whose young viewers are known, and hashtags that known
creators used after a day, each worth the views that its posts had later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.catalogue import Catalogue
from data.world import Truth
from features.documents import tag_lists
from models.brief import Brief, brief_from_row
from models.matcher import Matcher
from models.shortlist import ORDERS
from training.measures import captured, ranking_of

Doubles = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

TOP: Final = 20
FOLLOWERS: Final = "followers"
MEDIAN_VIEWS: Final = "median views"
_JOINERS: Final = (3, 40)  # a hashtag of fewer is no topic of several, one of more is everybody's
_OWN_SHARE: Final = 0.8  # a hashtag whose posts are mostly one creator's is that creator's name or series
_EVERYBODY: Final = 10**9  # creators on a list: all who may be on it
_LEAST_KNOWN_POSTS: Final = 3  # before the day: who has fewer cannot be expected on a list


@dataclass(frozen=True, slots=True)
class Asked:
    """A brief, and what having each creator on its list is worth; who is not named is worth nothing."""

    brief: Brief
    worth: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Captured:
    """What the first `TOP` of each order are worth, as a share of the best `TOP`: (n_asked,) by name of the order."""

    shares: Mapping[str, Doubles]

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return len(next(iter(self.shares.values())))


def briefs_of_world(briefs: pl.DataFrame, truth: Truth) -> list[Asked]:
    """The briefs of the sample world: a creator is worth relevance times the young viewers that one post reaches."""
    worth = truth.relevance.with_columns(worth=pl.col("relevance") * pl.col("young_viewers")).filter(
        pl.col("worth") > 0
    )
    by_brief = {
        str(key[0]): dict(rows.select("creator_id", "worth").iter_rows())
        for key, rows in worth.group_by("brief_id", maintain_order=True)
    }
    asked = (brief_from_row(row) for row in briefs.sort("brief_id").iter_rows(named=True))
    return [Asked(brief, by_brief[brief.brief_id]) for brief in asked if brief.brief_id in by_brief]


def later_hashtags(catalogue: Catalogue, moment: datetime, most: int, rng: np.random.Generator) -> list[Asked]:
    """At most so many hashtags that 3 to 40 known creators used from a moment on; a creator is worth the later views.

    Views that are not known add nothing; a hashtag none of whose posts has known views is not asked.
    """
    posts = catalogue.table("posts")
    early, later = posts.filter(pl.col("published_at") < moment), posts.filter(pl.col("published_at") >= moment)
    counts = early.group_by("creator_id").len().filter(pl.col("len") >= _LEAST_KNOWN_POSTS)
    uses = (
        later.with_columns(pl.Series("tag", tag_lists(later), dtype=pl.List(pl.String)))
        .join(counts, on="creator_id", how="semi", maintain_order="left")
        .explode("tag")
        .drop_nulls("tag")
    )
    own = uses.group_by("tag", "creator_id").agg(posts=pl.len(), views=pl.col("views").sum())
    tags = own.group_by("tag").agg(
        creators=pl.len(), most=pl.col("posts").max() / pl.col("posts").sum(), views=pl.col("views").sum()
    )
    wanted = tags.filter(pl.col("creators").is_between(*_JOINERS), pl.col("most") < _OWN_SHARE, pl.col("views") > 0)[
        "tag"
    ].sort()
    chosen = wanted.gather(np.sort(rng.permutation(len(wanted))[:most]))
    worth = {
        str(key[0]): dict(rows.select("creator_id", "views").filter(pl.col("views") > 0).iter_rows())
        for key, rows in own.join(chosen.to_frame(), on="tag", how="semi").sort("tag", "creator_id").group_by("tag")
    }
    return [Asked(Brief(title=f"#{tag}"), worth[tag]) for tag in chosen.to_list()]


def usual_orders(catalogue: Catalogue, moment: datetime | None) -> dict[str, dict[str, float]]:
    """What staff order by without a model: followers of the largest account, and median views of the posts so far."""
    posts = catalogue.table("posts").drop_nulls("views")
    known = posts if moment is None else posts.filter(pl.col("published_at") < moment)
    followers = (
        catalogue.table("accounts").drop_nulls("followers").group_by("creator_id").agg(pl.col("followers").max())
    )
    medians = known.group_by("creator_id").agg(pl.col("views").median())
    return {FOLLOWERS: dict(followers.iter_rows()), MEDIAN_VIEWS: dict(medians.iter_rows())}


def capture(
    asked: Sequence[Asked],
    matchers: Mapping[str, Matcher],
    usual: Mapping[str, Mapping[str, float]],
    progress: Progress,
) -> Captured:
    """Ask every question in every order.

    Args:
        asked: at least one question.
        matchers: by name; the name's last word, of `models.shortlist.ORDERS`, is what each orders by.
        usual: by name, creators' values to order by; they rank whoever the first matcher may list, unknown ones last.
        progress: called with (done, in all).
    """
    shares: dict[str, list[float]] = {name: [] for name in (*matchers, *usual)}
    for done, question in enumerate(asked, start=1):
        for name, ranking in _rankings(question.brief, matchers, usual):
            shares[name].append(captured(ranking, question.worth, TOP))
        progress(done, len(asked))
    return Captured({name: np.array(values) for name, values in shares.items()})


def _rankings(
    brief: Brief, matchers: Mapping[str, Matcher], usual: Mapping[str, Mapping[str, float]]
) -> Iterable[tuple[str, list[str]]]:
    allowed: list[str] = []
    for name, matcher in matchers.items():
        (ranking,) = matcher.rank([brief], _EVERYBODY, by=name.split()[-1])
        ids = [creator for creator, _ in ranking]
        allowed = allowed or ids
        yield name, ids
    for name, values in usual.items():
        yield name, ranking_of(allowed, np.array([values.get(creator, -1.0) for creator in allowed]))


def by_every_order(matcher: Matcher) -> dict[str, Matcher]:
    """One matcher, asked in each order it knows."""
    return dict.fromkeys(ORDERS, matcher)
