"""The supervision hidden in a catalogue: which two texts belong together.

Nobody labels captions, but a creator's posts, a caption and its hashtags, a caption and its transcript, two creators'
posts under one hashtag, and the two halves of one text all speak of the same thing. Each kind teaches the encoder
something else; `docs/decisions/0004-encoder.md` has what each gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.ragged import stretches
from features.vocabulary import Bags

Rows = npt.NDArray[np.int64]

_HALF_FEATURES: Final = 24  # a text shorter than this (twelve words) has no two halves worth comparing
_TAG_DRAWS: Final = 20  # pairs drawn per hashtag and epoch: more teach topic, fewer leave more of style
_TAG_POSTS: Final = 200  # a hashtag on more posts than this says too little about any of them


@dataclass(frozen=True, slots=True)
class Spans:
    """Many stretches of one flat array of feature rows: text i is `rows[starts[i]:stops[i]]`."""

    rows: Rows
    starts: Rows
    stops: Rows

    @classmethod
    def whole(cls, bags: Bags) -> Spans:
        """Every text in full."""
        return cls(bags.rows, bags.offsets[:-1], bags.offsets[1:])

    @property
    def lengths(self) -> Rows:
        """(n_texts,) features of each text."""
        return self.stops - self.starts

    def take(self, texts: Rows) -> tuple[Rows, Rows]:
        """Flat feature rows of the texts chosen, and (n + 1,) offsets."""
        lengths = self.lengths[texts]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        return self.rows[stretches(self.starts[texts], lengths)], offsets


@dataclass(frozen=True, slots=True)
class Corpus:
    """The texts of a catalogue, post by post; an absent text is an empty span.

    Attributes:
        captions: without hashtags.
        tags: hashtags alone.
        full: captions with hashtags.
        transcripts: what is said.
        owners: (n_posts,) creator row of each post.
        tag_ids: (n_uses,) which hashtag, and `tag_posts` (n_uses,) on which post.
        extra: pairs from elsewhere (title and body, question and answer), or None.
    """

    captions: Spans
    tags: Spans
    full: Spans
    transcripts: Spans
    owners: Rows
    tag_ids: Rows
    tag_posts: Rows
    extra: tuple[Spans, Spans] | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Texts that belong together: `left[left_texts[i]]` with `right[right_texts[i]]`.

    `groups[i]` marks pairs that must not be held against each other (posts of one creator); -1 stands alone.
    """

    left: Spans
    left_texts: Rows
    right: Spans
    right_texts: Rows
    groups: Rows

    def __len__(self) -> int:
        return len(self.left_texts)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Pairs]:
        """The pairs in random order, at most `size` at a time."""
        order = rng.permutation(len(self))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            yield Pairs(self.left, self.left_texts[part], self.right, self.right_texts[part], self.groups[part])


def epoch_pairs(corpus: Corpus, rng: np.random.Generator) -> list[Pairs]:
    """Every kind of pair once, freshly drawn; kinds the catalogue does not have are left out."""
    kinds = [
        _same_creator(corpus, rng),
        _own(corpus.captions, corpus.tags),
        _own(corpus.captions, corpus.transcripts),
        _shared_tag(corpus, rng),
        _halves(corpus.captions, rng),
    ]
    if corpus.extra is not None:
        kinds += [_own(*corpus.extra), _halves(corpus.extra[1], rng)]
    return [pairs for pairs in kinds if len(pairs)]


def _own(left: Spans, right: Spans) -> Pairs:
    """Two texts of one post."""
    both = np.flatnonzero((left.lengths > 0) & (right.lengths > 0))
    return Pairs(left, both, right, both, np.full(len(both), -1, np.int64))


def _same_creator(corpus: Corpus, rng: np.random.Generator) -> Pairs:
    """A caption and another post of its creator."""
    order = np.argsort(corpus.owners, kind="stable")
    starts = np.searchsorted(corpus.owners[order], np.arange(corpus.owners.max(initial=-1) + 2))
    posts = np.flatnonzero(corpus.captions.lengths > 0)
    owners = corpus.owners[posts]
    first, count = starts[owners], starts[owners + 1] - starts[owners]
    others = order[first + rng.integers(0, np.maximum(count, 1))]
    proper = (others != posts) & (corpus.full.lengths[others] > 0)
    return Pairs(corpus.captions, posts[proper], corpus.full, others[proper], owners[proper])


def _shared_tag(corpus: Corpus, rng: np.random.Generator) -> Pairs:
    """Captions of two creators under one hashtag."""
    order = rng.permutation(len(corpus.tag_ids))
    order = order[np.argsort(corpus.tag_ids[order], kind="stable")]
    tags, posts = corpus.tag_ids[order], corpus.tag_posts[order]
    starts = np.searchsorted(tags, np.arange(tags.max(initial=-1) + 2))
    sizes = np.diff(starts)
    drawn = np.where((sizes >= 2) & (sizes <= _TAG_POSTS), np.minimum(sizes, _TAG_DRAWS), 0)
    chosen = np.repeat(np.arange(len(sizes)), drawn)
    left = posts[stretches(starts[:-1], drawn)]
    right = posts[starts[chosen] + rng.integers(0, np.maximum(sizes[chosen], 1))]
    proper = (
        (corpus.owners[left] != corpus.owners[right])
        & (corpus.captions.lengths[left] > 0)
        & (corpus.captions.lengths[right] > 0)
    )
    left, right = left[proper], right[proper]
    return Pairs(corpus.captions, left, corpus.captions, right, np.full(len(left), -1, np.int64))


def _halves(texts: Spans, rng: np.random.Generator) -> Pairs:
    """The two parts of a text, cut at a random word near its middle."""
    long = np.flatnonzero(texts.lengths >= _HALF_FEATURES)
    share = rng.uniform(0.3, 0.7, len(long))
    cuts = texts.starts[long] + (texts.lengths[long] * share).astype(np.int64)
    first = Spans(texts.rows, texts.starts[long], cuts)
    second = Spans(texts.rows, cuts, texts.stops[long])
    both = np.arange(len(long))
    return Pairs(first, both, second, both, np.full(len(both), -1, np.int64))
