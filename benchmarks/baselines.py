"""What kolmatch is measured against: chance, popularity, TF-IDF and BM25, each as simple as it is usually built.

A system gives scores of shape `(n_queries, n_candidates)`, candidates in the order of `History.ids`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.damage import strip_marks
from benchmarks.protocol import Task

K1: Final = 1.2
B: Final = 0.75
TOP_POSTS: Final = 5  # a creator is the mean of the best five posts
BLOCK_QUERIES: Final = 64  # bounds memory: 64 queries × 40,000 posts × 4 bytes is 10 MB

Scores = NDArray[np.float32]
Words = list[str]

_WORD: Final = re.compile(r"[^\W_]+")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|@\S+")


class System(Protocol):
    """Whatever can score creators for queries."""

    def blocks(self, texts: Sequence[str]) -> Iterator[Scores]:
        """Scores of the next few queries, in order, until all are scored."""
        ...


def words(text: str) -> Words:
    """Lower-case words of a text, links and mentions left out."""
    return _WORD.findall(_ADDRESS.sub(" ", unicodedata.normalize("NFC", text).lower()))


def stripped(text: str) -> Words:
    """The words without diacritics."""
    return words(strip_marks(text))


def with_pairs(tokens: Words) -> Words:
    """The words, and each two that stand side by side as one."""
    return tokens + [f"{first} {second}" for first, second in pairwise(tokens)]


@dataclass(frozen=True)
class History:
    """A task's posts, those of one creator side by side; `starts[i]:starts[i + 1]` are the posts of `ids[i]`."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    starts: NDArray[np.int64]
    followers: Scores

    @classmethod
    def of(cls, task: Task) -> History:
        """The history of a task, creators in the order of their ids."""
        ids = tuple(sorted(task.candidates))
        posts = task.posts.filter(pl.col("creator_id").is_in(list(ids))).sort("creator_id", "published_at", "post_id")
        starts = np.searchsorted(posts["creator_id"].to_numpy().astype(np.str_), np.array([*ids, "\U0010ffff"]))
        followers = dict(task.accounts.group_by("creator_id").agg(pl.col("followers").max()).iter_rows())
        known = np.array([followers.get(creator) or 0 for creator in ids], dtype=np.float32)
        texts = (_with_tags(text, tags) for text, tags in posts.select("text", "hashtags").iter_rows())
        return cls(ids, tuple(texts), starts.astype(np.int64), known)

    @cached_property
    def accented(self) -> list[Words]:
        """Words of each post."""
        return [words(text) for text in self.texts]

    @cached_property
    def plain(self) -> list[Words]:
        """Words of each post without diacritics."""
        return [stripped(text) for text in self.texts]

    @property
    def single_posts(self) -> bool:
        """Whether each creator has exactly one post."""
        return bool((np.diff(self.starts) == 1).all())

    def together(self, posts: list[Words]) -> list[Words]:
        """All posts of a creator as one document."""
        return [list(chain.from_iterable(posts[a:b])) for a, b in pairwise(self.starts)]

    def pooled(self, scores: Scores) -> Scores:
        """From posts to creators: the mean of the best five, where a creator with fewer has zeros for the rest."""
        if self.single_posts:
            return scores
        sizes = np.diff(self.starts)
        best = np.zeros((len(scores), len(self.ids)), dtype=np.float32)
        for place in np.flatnonzero(sizes):
            own = scores[:, self.starts[place] : self.starts[place + 1]]
            top = own if own.shape[1] <= TOP_POSTS else np.partition(own, -TOP_POSTS, axis=1)[:, -TOP_POSTS:]
            best[:, place] = top.sum(axis=1) / TOP_POSTS
        return best


def _with_tags(text: str | None, tags: Sequence[str] | None) -> str:
    """The caption, and those of its hashtags that are not written in it."""
    caption = text or ""
    return " ".join([caption, *(tag for tag in tags or () if tag.lower() not in caption.lower())])


@dataclass(frozen=True)
class Fixed:
    """The same scores whatever the question: popularity."""

    scores: Scores

    def blocks(self, texts: Sequence[str]) -> Iterator[Scores]:
        """The scores, once per query."""
        for _ in texts:
            yield self.scores[None, :]


@dataclass(frozen=True)
class Chance:
    """Any order, drawn anew for each question."""

    count: int
    rng: np.random.Generator

    def blocks(self, texts: Sequence[str]) -> Iterator[Scores]:
        """Draw scores, once per query."""
        for _ in texts:
            yield self.rng.random((1, self.count), dtype=np.float32)


@dataclass(frozen=True)
class Lexical:
    """Weights of shape `(n_words, n_documents)`; a document is a post, or a creator when `pool` changes nothing."""

    weights: sp.csr_array
    query_weights: Callable[[Sequence[str]], sp.csr_array]
    pool: Callable[[Scores], Scores]

    def blocks(self, texts: Sequence[str]) -> Iterator[Scores]:
        """Scores of 64 queries at a time."""
        for start in range(0, len(texts), BLOCK_QUERIES):
            asked = self.query_weights(texts[start : start + BLOCK_QUERIES])
            yield self.pool((asked @ self.weights).toarray().astype(np.float32, copy=False))


def bm25(documents: Sequence[Words], analyse: Callable[[str], Words], pool: Callable[[Scores], Scores]) -> Lexical:
    """BM25 as in Robertson and Zaragoza (2009) with the idf that is never negative; k1 = 1.2, b = 0.75."""
    vocabulary: dict[str, int] = {}
    counts = _counts(documents, vocabulary, grow=True)
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    frequency = np.bincount(counts.indices, minlength=len(vocabulary))
    idf = np.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
    norm = K1 * (1 - B + B * lengths / lengths.mean())
    rows = np.repeat(np.arange(len(documents)), np.diff(counts.indptr))
    counts.data = (idf[counts.indices] * counts.data * (K1 + 1) / (counts.data + norm[rows])).astype(np.float32)
    weights = sp.csr_array(counts.T)

    def asked(texts: Sequence[str]) -> sp.csr_array:
        return _counts([list(dict.fromkeys(analyse(text))) for text in texts], vocabulary, grow=False)

    return Lexical(weights, asked, pool)


def tf_idf(history: History) -> Lexical:
    """Cosine of TF-IDF vectors, posts pooled to creators."""
    vectoriser = TfidfVectorizer(analyzer=words, sublinear_tf=True, dtype=np.float32)
    posts = vectoriser.fit_transform(history.texts)
    return Lexical(sp.csr_array(posts.T), lambda texts: sp.csr_array(vectoriser.transform(texts)), history.pooled)


def _counts(documents: Sequence[Words], vocabulary: dict[str, int], *, grow: bool) -> sp.csr_array:
    """How often each word stands in each document, shape `(n_documents, n_words)`; unknown words are left out."""
    columns: list[int] = []
    values: list[int] = []
    ends = [0]
    for document in documents:
        for word, count in Counter(document).items():
            column = vocabulary.setdefault(word, len(vocabulary)) if grow else vocabulary.get(word, -1)
            if column >= 0:
                columns.append(column)
                values.append(count)
        ends.append(len(columns))
    shape = (len(documents), len(vocabulary))
    return sp.csr_array((np.array(values, dtype=np.float32), np.array(columns, dtype=np.int64), ends), shape=shape)


def _same(scores: Scores) -> Scores:
    return scores


def _pairs_of(analyse: Callable[[str], Words]) -> Callable[[str], Words]:
    return lambda text: with_pairs(analyse(text))


def baselines(history: History, rng: np.random.Generator) -> dict[str, Callable[[], System]]:
    """Every baseline that can tell these creators apart, made only when asked for: all at once would fill memory."""
    sizes = np.diff(history.starts).astype(np.float32)
    makers: dict[str, Callable[[], System]] = {"random": lambda: Chance(len(history.ids), rng)}
    if history.followers.any():
        makers["followers"] = lambda: Fixed(history.followers)
    if not history.single_posts:
        makers["activity"] = lambda: Fixed(sizes)
    makers["TF-IDF posts"] = lambda: tf_idf(history)
    return makers | _bm25_makers("BM25", history, words) | _bm25_makers("BM25 stripped", history, stripped)


def _bm25_makers(name: str, history: History, analyse: Callable[[str], Words]) -> dict[str, Callable[[], System]]:
    """BM25 on posts and on creators (the same where each has one post), with and without word pairs."""

    def posts() -> list[Words]:
        return history.accented if analyse is words else history.plain

    def paired() -> list[Words]:
        return [with_pairs(post) for post in posts()]

    makers: dict[str, Callable[[], System]] = {
        f"{name} posts": lambda: bm25(posts(), analyse, history.pooled),
        f"{name} posts+pairs": lambda: bm25(paired(), _pairs_of(analyse), history.pooled),
    }
    if not history.single_posts:
        makers[f"{name} creators"] = lambda: bm25(history.together(posts()), analyse, _same)
        makers[f"{name} creators+pairs"] = lambda: bm25(history.together(paired()), _pairs_of(analyse), _same)
    return makers


def rankings(system: System, history: History, texts: Sequence[str], depth: int) -> Iterator[list[str]]:
    """The first `depth` ids by falling score for every query; equal scores stand in the order of their ids."""
    for block in system.blocks(texts):
        order: NDArray[Any] = np.argsort(-block, axis=1, kind="stable")
        for places in order[:, :depth]:
            yield [history.ids[place] for place in places]
