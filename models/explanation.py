"""Why a creator has a place: the posts that earned it, the words that matched, and what speaks against it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.bundle import Contents
from models.creator_index import POST_SIGNALS, Query, Signals, Worded
from models.facets import COVERED, Coverage
from models.shortlist import Evidence, FacetCover
from models.weights import AUTHOR_SIGNALS, TOPIC_SIGNALS, Floats, Mix

Rows = npt.NDArray[np.int64]

_SNIPPET_LETTERS: Final = 280  # enough of a caption to judge it by
_COMMON_SHARE: Final = 0.1  # a word on more of the posts than this explains nothing
_RARE_SHARE: Final = 0.005  # a word on fewer of them says something even away from its neighbours in the brief
_RARE_POSTS: Final = 5  # likewise in a small catalogue
_MOST_MATCHED: Final = 6  # words shown for a post
_FEW_POSTS: Final = 10  # fewer say little about a creator
_HASHTAGS: Final = 5  # shown of each creator


@dataclass(frozen=True, slots=True)
class Asked:
    """A text of the brief, what the index said of it, and its share of the score."""

    query: Query
    signals: Signals
    share: np.float32


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to write word `number`: whether it says enough away from its neighbours, the pairs it makes with them."""

    number: int
    enough: bool
    pairs: frozenset[int]


class Explainer:
    """Reads explanations out of what the index said; nothing here changes a score."""

    def __init__(self, contents: Contents, evidence_posts: int) -> None:
        self._contents = contents
        self._most = evidence_posts
        self._urls = _account_urls(contents)

    def evidence(self, asked: Sequence[Asked], wording: Floats, rows: Rows) -> dict[int, tuple[Evidence, ...]]:
        """For each creator row the posts that add most to the score, and how much each adds.

        `wording` is the part (n_creators,) that a creator's own wording adds.
        """
        best = {row: self._best_posts(gains) for row, gains in self._gains(asked, wording, rows).items()}
        posts = np.array([post for found in best.values() for post, _ in found], dtype=np.int64)
        matched: dict[int, dict[str, None]] = {post: {} for post in posts.tolist()}
        for one in asked:
            for post, words in self.matched(one.query, posts).items():
                matched[post] |= dict.fromkeys(words)
        return {
            row: tuple(self._evidence(post, gain, tuple(matched[post])) for post, gain in found)
            for row, found in best.items()
        }

    def _gains(self, asked: Sequence[Asked], wording: Floats, rows: Rows) -> dict[int, dict[int, float]]:
        """creator row -> post row -> what the post adds to the score, over all texts asked and all signals.

        To the first order: the score moves with the topic's logit by the chance that the text is a stranger's, and with
        the author's by the chance that it is the creator's own, which is 1 - exp(-wording).
        """
        wanted = np.zeros(self._contents.index.n_creators, dtype=bool)
        wanted[rows] = True
        own_text = 1.0 - np.exp(-wording)
        gains: dict[int, dict[int, float]] = {row: defaultdict(float) for row in rows.tolist()}
        for one in asked:
            mix = self._contents.weights.of(one.query.plain)
            for name in POST_SIGNALS:
                pooled = one.signals.pooled[name]
                own = wanted[pooled.owners]
                by_topic, by_author = _weights_of(mix, name)
                weight = by_topic + (by_author - by_topic) * own_text[pooled.owners[own]]
                added = (one.share * weight * pooled.gains[own]).tolist()
                for row, post, gain in zip(pooled.owners[own].tolist(), pooled.posts[own].tolist(), added, strict=True):
                    gains[row][post] += gain
        return gains

    def hashtags(self, asked: Sequence[Asked], rows: Rows) -> dict[int, tuple[str, ...]]:
        """For each creator row the hashtags of posts like the brief that the creator uses."""
        index = self._contents.index.hashtags
        used = [index.used(one.signals.hashtags, rows, _HASHTAGS) for one in asked]
        merged = {row: dict.fromkeys(name for found in used for name in found[row]) for row in rows.tolist()}
        return {row: tuple(names)[:_HASHTAGS] for row, names in merged.items()}

    def _best_posts(self, gains: Mapping[int, float]) -> list[tuple[int, float]]:
        adding = [(post, gain) for post, gain in gains.items() if gain > 0]
        return sorted(adding, key=lambda found: (-found[1], found[0]))[: self._most]

    def _evidence(self, post: int, gain: float, matched: tuple[str, ...]) -> Evidence:
        stored = self._contents.posts.row(post, named=True)
        return Evidence(
            post_id=stored["post_id"],
            platform=stored["platform"],
            published_at=stored["published_at"],
            text=_snippet(stored["text"] or ""),
            url=self._urls.get((stored["creator_id"], stored["platform"])),
            matched=matched,
            weight=gain,
        )

    def matched(self, query: Worded, posts: Rows) -> dict[int, tuple[str, ...]]:
        """For each post row the most telling words of the query that it has, in the query's order.

        A post has a word when it writes it the same beside one that is its neighbour in the query too, or if the word
        is rare; without diacritics only beside its neighbour ("bao hiem" is "bảo hiểm", the "bao" of "bao giờ" is not).
        Of a query typed without diacritics that goes for words read without them; one word alone needs no neighbour.
        """
        vocabulary, postings = self._contents.index.vocabulary, self._contents.index.posts
        telling = {vocabulary.plain[row - vocabulary.first_plain]: at for at, row in enumerate(self._telling(query))}
        pairs = {word: own for word, own in query.pairs.items() if vocabulary.plain_form(word) in telling}
        places = [telling[vocabulary.plain_form(word)] for word in pairs]
        written: dict[int, list[_Form]] = defaultdict(list)
        for number, (word, own) in enumerate(pairs.items()):
            for row, enough in self._forms(word, query).items():
                written[row].append(_Form(number, enough, frozenset(own)))
        terms = [*written, *dict.fromkeys(pair for own in pairs.values() for pair in own)]
        has: dict[int, set[int]] = {post: set() for post in posts.tolist()}
        for place, post in zip(*(found.tolist() for found in postings.found_in(terms, posts)), strict=True):
            has[post].add(terms[place])
        words = list(pairs)
        found: dict[int, tuple[str, ...]] = {}
        for post, had in has.items():
            numbers = sorted(
                {
                    form.number
                    for row in had & written.keys()
                    for form in written[row]
                    if form.enough or not had.isdisjoint(form.pairs)
                }
            )
            found[post] = _most_telling([words[n] for n in numbers], [places[n] for n in numbers])
        return found

    def _forms(self, word: str, query: Worded) -> dict[int, bool]:
        """Rows of what a word may be written as, and whether each says enough away from the word's neighbours."""
        vocabulary, postings = self._contents.index.vocabulary, self._contents.index.posts
        alone = len(query.pairs) == 1
        plain = vocabulary.plain_form(word)
        if query.plain:
            rows = [vocabulary.first_plain + vocabulary.plain_rows[plain]]
        else:
            rows = [vocabulary.word_rows[form] for form in (word, plain) if form in vocabulary.word_rows]
        rare = max(_RARE_POSTS, _RARE_SHARE * postings.n_documents)
        own = rows[0] if query.plain else vocabulary.word_rows.get(word)
        return {row: alone or (row == own and len(postings.having(row)) <= rare) for row in rows}

    def _telling(self, query: Worded) -> list[int]:
        """Plain words of the query that are rare enough to say something, the rarest first; all when none is."""
        postings = self._contents.index.posts
        least = math.log1p(1 / _COMMON_SHARE)
        return [t for t in query.terms.rows["plain"] if postings.idf(t) >= least] or list(query.terms.rows["plain"])

    def facets(self, coverages: Sequence[Coverage], rows: Rows) -> dict[int, tuple[FacetCover, ...]]:
        """For each creator row how every facet is covered, with the post that says so best."""
        found: dict[int, list[FacetCover]] = {row: [] for row in rows.tolist()}
        for coverage in coverages:
            owners, first = np.unique(coverage.pooled.owners, return_index=True)
            best = dict(zip(owners.tolist(), coverage.pooled.posts[first].tolist(), strict=True))
            posts = np.array([best[row] for row in rows.tolist() if row in best], dtype=np.int64)
            matched = self.matched(coverage.query, posts)
            for row in rows.tolist():
                found[row].append(self._facet(coverage, row, best.get(row), matched))
        return {row: tuple(facets) for row, facets in found.items()}

    def _facet(
        self, coverage: Coverage, row: int, post: int | None, matched: Mapping[int, tuple[str, ...]]
    ) -> FacetCover:
        strength = float(coverage.pooled.values[row])
        return FacetCover(
            kind=coverage.kind,
            facet=coverage.facet,
            strength=strength,
            covered=strength > COVERED,
            post_id=self._contents.posts["post_id"][post] if post is not None else None,
            matched=matched[post] if post is not None else (),
        )

    def against(
        self, creator: Mapping[str, Any], evidence: Sequence[Evidence], facets: Sequence[FacetCover]
    ) -> tuple[str, ...]:
        """Codes of what speaks against a place on the list."""
        found = {
            "no_row": bool(creator.get("unnamed")),  # bundles of before do not tell
            "no_topic_words": not any(post.matched for post in evidence),
            "no_recent_posts": creator["recent_posts"] == 0,
            "few_posts": creator["n_posts"] < _FEW_POSTS,
            "must_not": any(f.covered for f in facets if f.kind == "must_not"),
            "must_uncovered": any(not f.covered for f in facets if f.kind == "must"),
            "topic_uncovered": any(not f.covered for f in facets if f.kind == "topic"),
        }
        return tuple(code for code, holds in found.items() if holds)


def _weights_of(mix: Mix, signal: str) -> tuple[float, float]:
    """What a signal counts by topic and by author; nothing where it has no say."""
    by_topic = float(mix.topic[TOPIC_SIGNALS.index(signal)]) if signal in TOPIC_SIGNALS else 0.0
    by_author = float(mix.author[AUTHOR_SIGNALS.index(signal)]) if signal in AUTHOR_SIGNALS else 0.0
    return by_topic, by_author


def _most_telling(words: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """The words with the lowest places, in the order given."""
    last = sorted(places)[:_MOST_MATCHED][-1:]
    return tuple(word for word, place in zip(words, places, strict=True) if place <= last[0])


def _account_urls(contents: Contents) -> dict[tuple[str, str], str]:
    """Links by creator and platform; the contract has links of accounts, not of posts."""
    linked = contents.accounts.drop_nulls("url").select("creator_id", "platform", "url")
    return {(creator, platform): url for creator, platform, url in linked.iter_rows()}


def _snippet(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SNIPPET_LETTERS else flat[: _SNIPPET_LETTERS - 1].rstrip() + "…"
