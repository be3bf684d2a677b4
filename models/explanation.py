"""Why a creator has a place: the posts that earned it, the words that matched, and what speaks against it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.bundle import Contents
from models.creator_index import POST_SIGNALS, SIGNALS, Query, Signals
from models.facets import COVERED, Coverage
from models.shortlist import Evidence, FacetCover

_SNIPPET_LETTERS: Final = 280  # enough of a caption to judge it by
_COMMON_SHARE: Final = 0.1  # a word on more of the posts than this explains nothing
_FEW_POSTS: Final = 10  # fewer say little about a creator


@dataclass(frozen=True, slots=True)
class Asked:
    """A text of the brief, what the index said of it, and its share of the score."""

    query: Query
    signals: Signals
    share: np.float32


class Explainer:
    """Reads explanations out of what the index said; nothing here changes a score."""

    def __init__(self, contents: Contents, evidence_posts: int) -> None:
        self._contents = contents
        self._most = evidence_posts
        self._urls = _account_urls(contents)

    def evidence(self, asked: Sequence[Asked], row: int) -> tuple[Evidence, ...]:
        """The posts that add most to a creator's score, and how much each adds."""
        gains: dict[int, float] = defaultdict(float)
        for one in asked:
            weights = one.share * self._contents.weights.of(one.query.plain)
            for name in POST_SIGNALS:
                pooled, weight = one.signals.pooled[name], float(weights[SIGNALS.index(name)])
                own = pooled.owners == row
                for post, gain in zip(pooled.posts[own].tolist(), pooled.gains[own].tolist(), strict=True):
                    gains[post] += weight * gain
        best = sorted((post for post in gains if gains[post] > 0), key=lambda post: (-gains[post], post))
        return tuple(self._evidence(asked, post, gains[post]) for post in best[: self._most])

    def _evidence(self, asked: Sequence[Asked], post: int, gain: float) -> Evidence:
        stored = self._contents.posts.row(post, named=True)
        matched = dict.fromkeys(word for one in asked for word in self.matched(one.query, post))
        return Evidence(
            post_id=stored["post_id"],
            platform=stored["platform"],
            published_at=stored["published_at"],
            text=_snippet(stored["text"] or ""),
            url=self._urls.get((stored["creator_id"], stored["platform"])),
            matched=tuple(matched),
            weight=gain,
        )

    def matched(self, query: Query, post: int) -> tuple[str, ...]:
        """Telling words of the query that the post has, in the query's order.

        A word counts as had when the post writes it the same, or without diacritics; "tuyến" is no match for "tuyên",
        unless the query itself was typed without diacritics.
        """
        vocabulary, postings = self._contents.index.vocabulary, self._contents.index.posts
        telling = {vocabulary.plain[term] for term in self._telling(query, "plain")}
        channel = "plain" if query.plain else "words"
        rows = vocabulary.plain_rows if query.plain else vocabulary.word_rows

        def has(word: str) -> bool:
            forms = (word, vocabulary.plain_form(word))
            return any(form in rows and postings[channel].impact(rows[form], post) > 0 for form in forms)

        words = dict.fromkeys(word for word in query.words if vocabulary.plain_form(word) in telling)
        return tuple(word for word in words if has(word))

    def _telling(self, query: Query, channel: str) -> list[int]:
        """Terms of the query that are rare enough to say something; all of them when none is."""
        postings = self._contents.index.posts[channel]
        least = math.log1p(1 / _COMMON_SHARE)
        return [t for t in query.terms[channel] if postings.idf(t) >= least] or list(query.terms[channel])

    def facet(self, coverage: Coverage, row: int) -> FacetCover:
        """How a creator covers one facet, and the post that says so best."""
        pooled = coverage.pooled
        own = pooled.posts[pooled.owners == row]
        post = int(own[0]) if len(own) else None
        strength = float(pooled.values[row])
        return FacetCover(
            kind=coverage.kind,
            facet=coverage.facet,
            strength=strength,
            covered=strength > COVERED,
            post_id=self._contents.posts["post_id"][post] if post is not None else None,
            matched=self.matched(coverage.query, post) if post is not None else (),
        )

    def against(
        self, creator: Mapping[str, Any], evidence: Sequence[Evidence], facets: Sequence[FacetCover]
    ) -> tuple[str, ...]:
        """Codes of what speaks against a place on the list."""
        found = {
            "no_topic_words": not any(post.matched for post in evidence),
            "no_recent_posts": creator["recent_posts"] == 0,
            "few_posts": creator["n_posts"] < _FEW_POSTS,
            "must_not": any(f.covered for f in facets if f.kind == "must_not"),
            "must_uncovered": any(not f.covered for f in facets if f.kind == "must"),
            "topic_uncovered": any(not f.covered for f in facets if f.kind == "topic"),
        }
        return tuple(code for code, holds in found.items() if holds)


def _account_urls(contents: Contents) -> dict[tuple[str, str], str]:
    """Links by creator and platform; the contract has links of accounts, not of posts."""
    linked = contents.accounts.drop_nulls("url").select("creator_id", "platform", "url")
    return {(creator, platform): url for creator, platform, url in linked.iter_rows()}


def _snippet(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SNIPPET_LETTERS else flat[: _SNIPPET_LETTERS - 1].rstrip() + "…"
