"""Everything that is searched when a brief comes: posts and creators, by word and by meaning.

A text is held against creators through eleven signals: three lexical channels (words as written, words without
diacritics, pairs of those) over posts and, for two of them, over a creator's posts as one document; pieces of words
and wording as it stands on the page, over the same document; the dense channel over posts and over creators; and how
active the creator is. How much each counts is fitted (`models.weights`), not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from features.encoder import Encoder
from features.ragged import stretches
from features.surface import surface_features, word_pieces
from features.text import TokenBatch, Tokeniser
from features.vocabulary import Vocabulary, build_vocabulary
from models.hashed import HashedIndex
from models.lexical import LexicalIndex, rarest
from models.pooling import Pooled, best_posts, mean_of_best
from models.post_index import VectorIndex

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CHANNELS: Final = ("words", "plain", "pairs")
CREATOR_CHANNELS: Final = ("words", "pairs")  # those that are held against creators too
HASHED_CHANNELS: Final = ("pieces", "wording")
POST_SIGNALS: Final = ("words_posts", "plain_posts", "pairs_posts", "meaning_posts")
CREATOR_SIGNALS: Final = ("words_creator", "pairs_creator", "pieces_creator", "wording_creator", "meaning_creator")
ACTIVITY_SIGNALS: Final = ("recent_activity", "all_activity")
SIGNALS: Final = POST_SIGNALS + CREATOR_SIGNALS + ACTIVITY_SIGNALS
# Signals that need the diacritics of the brief; a brief typed without any is answered without them.
WRITTEN_SIGNALS: Final = ("words_posts", "words_creator")

BEST_POSTS: Final = 5  # posts that make a creator's score; with 3 or 10 the next-post figures were no better
_POST_FADE_DAYS: Final = 365.0  # a post this old counts 1/e of a new one
_CREATOR_FADE_DAYS: Final = 180.0  # likewise in the creator's own vector, which tells what the creator does now
_RECENT_DAYS: Final = 90.0  # what counts as recent activity
RETRIEVED_POSTS: Final = 2000  # posts per channel that can count; more did not change the figures
_DENSE_SCALE: Final = 5.0  # brings inner products to the size of the lexical signals, so that one penalty fits all
_LEAST_PAIR_COUNT: Final = 1
_HASHED_TERMS: Final = 4  # a text has that many more features below the word than words


@dataclass(frozen=True, slots=True)
class Query:
    """A text ready to be held against the index.

    Attributes:
        text: as given.
        words: canonical words of the text, in order.
        terms: per channel the term rows that the index knows, the rarest first.
        hashed: the same for the channels below the word.
        vector: (dimension,) unit vector.
        plain: True when the text has no diacritics at all.
        unknown: words that no post has, with or without diacritics.
        missing: how many distinct words no post has as written ("words"), and without diacritics ("plain").
    """

    text: str
    words: tuple[str, ...]
    terms: Mapping[str, Sequence[int]]
    hashed: Mapping[str, Sequence[int]]
    vector: Floats
    plain: bool
    unknown: tuple[str, ...]
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Signals:
    """What the index says of every creator for one query.

    Attributes:
        values: (n_creators, n_signals) float32, columns as `SIGNALS`.
        pooled: per post signal the posts that made it, gains in the unit of `values`.
    """

    values: Floats
    pooled: Mapping[str, Pooled]


@dataclass(frozen=True, slots=True)
class CreatorIndex:
    """Posts and creators, searchable.

    Attributes:
        tokeniser: cuts texts into canonical words.
        vocabulary: terms of the lexical channels.
        posts: per channel the postings over posts.
        creators: per channel the postings over creators.
        hashed: likewise for the channels below the word.
        vectors: posts' vectors under their rows.
        creator_vectors: (n_creators, dimension) unit vectors, recent posts counting most.
        owners: (n_posts,) creator row of each post.
        post_fade: (n_posts,) 1 for a post of today, falling with age.
        activity: (n_creators, 2) log of recent and of all posts, as `ACTIVITY_SIGNALS`.
    """

    tokeniser: Tokeniser
    vocabulary: Vocabulary
    posts: Mapping[str, LexicalIndex]
    creators: Mapping[str, LexicalIndex]
    hashed: Mapping[str, HashedIndex]
    vectors: VectorIndex
    creator_vectors: Floats
    owners: Rows
    post_fade: Floats
    activity: Floats

    @property
    def n_creators(self) -> int:
        """Number of creators."""
        return len(self.creator_vectors)

    def query(self, text: str, encoder: Encoder, max_terms: int) -> Query:
        """Read a text; at most `max_terms` terms of each channel count, the rarest."""
        words = self.tokeniser.words(text)
        offsets = np.array([0, len(words)], dtype=np.int64)
        ids = np.arange(len(words), dtype=np.int32)
        rows = self.vocabulary.rows(ids, offsets, words, len(words) + 1).rows
        terms = {
            channel: rarest((rows[self._in(channel, rows)] - start).tolist(), self.posts[channel], max_terms)
            for channel, start in self._starts().items()
        }
        unknown = tuple(dict.fromkeys(w for w in words if not self.vocabulary.knows(w)))
        plain = all(letter.isascii() for word in words for letter in word)
        missing = self._missing(words, rows)
        hashed = self._hashed(text, words, max_terms)
        return Query(text, tuple(words), terms, hashed, encoder.encode_brief(text), plain, unknown, missing)

    def _hashed(self, text: str, words: Sequence[str], max_terms: int) -> dict[str, list[int]]:
        features = {"pieces": chain.from_iterable(map(word_pieces, words)), "wording": surface_features(text)}
        return {
            channel: rarest(index.rows(features[channel]), index.postings, _HASHED_TERMS * max_terms)
            for channel, index in self.hashed.items()
        }

    def _missing(self, words: Sequence[str], rows: Rows) -> dict[str, int]:
        known = {channel: len(np.unique(rows[self._in(channel, rows)])) for channel in ("words", "plain")}
        plain = {self.vocabulary.plain_form(word) for word in words}
        return {"words": len(set(words)) - known["words"], "plain": len(plain) - known["plain"]}

    def _starts(self) -> dict[str, int]:
        return dict(zip(CHANNELS, self.vocabulary.starts[:-1], strict=True))

    def _in(self, channel: str, rows: Rows) -> npt.NDArray[np.bool_]:
        at = CHANNELS.index(channel)
        return (rows >= self.vocabulary.starts[at]) & (rows < self.vocabulary.starts[at + 1])

    def near(self, queries: Sequence[Query]) -> list[tuple[Rows, Floats]]:
        """For each query the rows and inner products of the posts nearest in meaning, best first."""
        vectors = np.stack([query.vector for query in queries])
        return self.vectors.search_many(vectors, RETRIEVED_POSTS)

    def signals(self, query: Query, near: tuple[Rows, Floats] | None = None) -> Signals:
        """Hold a query against every creator; `near` are its nearest posts, where they are known already."""
        pooled = {f"{channel}_posts": self._pool_words(query, channel) for channel in CHANNELS}
        near = near if near is not None else self.near([query])[0]
        pooled["meaning_posts"] = self._pool_meaning(*near)
        values = np.empty((self.n_creators, len(SIGNALS)), dtype=np.float32)
        for name, result in pooled.items():
            values[:, SIGNALS.index(name)] = result.values
        found = {channel: index.scores(query.terms[channel]) for channel, index in self.creators.items()}
        found |= {channel: index.postings.scores(query.hashed[channel]) for channel, index in self.hashed.items()}
        for channel, scores in found.items():
            values[:, SIGNALS.index(f"{channel}_creator")] = scores / _evidence_scale(scores)
        values[:, SIGNALS.index("meaning_creator")] = _DENSE_SCALE * (self.creator_vectors @ query.vector)
        values[:, -len(ACTIVITY_SIGNALS) :] = self.activity
        return Signals(values, pooled)

    def _pool_words(self, query: Query, channel: str) -> Pooled:
        scores = self.posts[channel].scores(query.terms[channel]) * self.post_fade
        rows, found = best_posts(scores, RETRIEVED_POSTS)
        pooled = mean_of_best(rows, found, self.owners[rows], self.n_creators, BEST_POSTS, floor=0.0)
        scale = 1.0 / _evidence_scale(pooled.values)
        return Pooled(pooled.values * scale, pooled.posts, pooled.owners, pooled.gains * scale)

    def _pool_meaning(self, rows: Rows, found: Floats) -> Pooled:
        faded = np.maximum(found, 0.0) * self.post_fade[rows] * _DENSE_SCALE
        floor = float(faded.min(initial=np.inf)) if len(rows) == RETRIEVED_POSTS else 0.0
        return mean_of_best(rows, faded, self.owners[rows], self.n_creators, BEST_POSTS, floor)


def _evidence_scale(scores: Floats) -> np.float32:
    """Root of the best score: long briefs earn higher sums, and evidence grows slower than its sum."""
    return np.float32(np.sqrt(scores.max(initial=0.0) + 1.0))


def build_index(
    batch: TokenBatch,
    texts: Sequence[str | None],
    vectors: Floats,
    owners: Rows,
    ages: npt.NDArray[np.float64],
    n_creators: int,
    tokeniser: Tokeniser,
) -> CreatorIndex:
    """Index posts.

    Args:
        batch: the posts' canonical words.
        texts: (n_posts,) captions as they were typed.
        vectors: (n_posts, dimension) unit vectors.
        owners: (n_posts,) creator rows.
        ages: (n_posts,) days before the catalogue's last post.
        n_creators: number of creators, those without posts too.
        tokeniser: reads queries the same way.
    """
    vocabulary = build_vocabulary(batch, min_count=1, min_pair_count=_LEAST_PAIR_COUNT)
    bags = vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, max_words=1 << 30)
    documents = np.repeat(np.arange(len(owners)), np.diff(bags.offsets))
    posts, creators = {}, {}
    for i, channel in enumerate(CHANNELS):
        start, stop = vocabulary.starts[i], vocabulary.starts[i + 1]
        here = (bags.rows >= start) & (bags.rows < stop)
        terms, where = bags.rows[here] - start, documents[here]
        posts[channel] = LexicalIndex.build(terms, where, stop - start, len(owners))
        if channel in CREATOR_CHANNELS:
            creators[channel] = LexicalIndex.build(terms, owners[where], stop - start, n_creators, shortest=1.0)
    return CreatorIndex(
        tokeniser=tokeniser,
        vocabulary=vocabulary,
        posts=posts,
        creators=creators,
        hashed={"pieces": _pieces(batch, owners, n_creators), "wording": _wording(texts, owners, n_creators)},
        vectors=VectorIndex.build(vectors, np.arange(len(owners), dtype=np.int64)),
        creator_vectors=_creator_vectors(vectors, owners, ages, n_creators),
        owners=owners,
        post_fade=np.exp(-ages / _POST_FADE_DAYS).astype(np.float32),
        activity=_activity(owners, ages, n_creators),
    )


def _pieces(batch: TokenBatch, owners: Rows, n_creators: int) -> HashedIndex:
    by_word = [word_pieces(word) for word in batch.vocabulary]
    flat = np.fromiter(chain.from_iterable(by_word), dtype=np.int64)
    ends = np.cumsum([0, *map(len, by_word)])
    starts, counts = ends[:-1][batch.ids], np.diff(ends)[batch.ids]
    speakers = np.repeat(np.repeat(owners, np.diff(batch.offsets)), counts)
    return HashedIndex.build(flat[stretches(starts, counts)], speakers, n_creators)


def _wording(texts: Sequence[str | None], owners: Rows, n_creators: int) -> HashedIndex:
    by_post = [surface_features(text) for text in texts]
    flat = np.fromiter(chain.from_iterable(by_post), dtype=np.int64)
    return HashedIndex.build(flat, np.repeat(owners, [len(found) for found in by_post]), n_creators)


def _creator_vectors(vectors: Floats, owners: Rows, ages: npt.NDArray[np.float64], n_creators: int) -> Floats:
    fade = np.exp(-ages / _CREATOR_FADE_DAYS).astype(np.float32)
    sums = np.zeros((n_creators, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, vectors * fade[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    result: Floats = sums / np.maximum(lengths, 1e-12)
    return result


def _activity(owners: Rows, ages: npt.NDArray[np.float64], n_creators: int) -> Floats:
    recent = np.bincount(owners[ages < _RECENT_DAYS], minlength=n_creators)
    every = np.bincount(owners, minlength=n_creators)
    return np.log1p(np.stack([recent, every], axis=1)).astype(np.float32)
