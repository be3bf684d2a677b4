"""A creator index over a handful of posts, with an encoder of known answers: texts are alike as they share words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.surface import read_surfaces
from features.text import Tokeniser
from models.creator_index import CreatorIndex, IndexedPosts, Signals, build_index
from models.weights import default_weights

Floats = npt.NDArray[np.float32]
Post = tuple[int, str, float]  # creator's row, text, age in days

DIMENSION: Final = 512
MAX_TERMS: Final = 64


@dataclass(frozen=True)
class WordEncoder:
    """Each word is a direction of its own (a hash picks it), so the inner product counts the words shared."""

    dimension: int = DIMENSION

    def encode_posts(self, texts: Sequence[str]) -> Floats:
        return np.stack([self.encode_brief(text) for text in texts])

    def encode_brief(self, text: str) -> Floats:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in text.lower().split():
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimension] += 1.0
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))


def index_of(posts: Sequence[Post], n_creators: int) -> CreatorIndex:
    owners, texts, ages = zip(*posts, strict=True)
    tokeniser = Tokeniser()
    names: dict[str, int] = {}
    uses = [(names.setdefault(tag, len(names)), i) for i, text in enumerate(texts) for tag in _tags(text)]
    tags, tagged = np.array(uses, dtype=np.int64).reshape(-1, 2).T
    indexed = IndexedPosts(
        words=tokeniser.batch(list(texts)),
        surfaces=read_surfaces(texts),
        vectors=WordEncoder().encode_posts(texts),
        owners=np.array(owners, dtype=np.int64),
        ages=np.array(ages, dtype=np.float64),
        hashtags=list(names),
        tags=tags,
        tagged=tagged,
    )
    return build_index(indexed, n_creators, tokeniser)


def _tags(text: str) -> list[str]:
    return sorted({word.removeprefix("#") for word in text.split() if word.startswith("#")})


def signals_of(index: CreatorIndex, text: str) -> Signals:
    return index.signals(index.query(text, WordEncoder(), MAX_TERMS))


def totals(index: CreatorIndex, text: str) -> Floats:
    """(n_creators,) the sum of the topic's signals, with the default weights."""
    total: Floats = default_weights().written.weighted_topic(signals_of(index, text).values).sum(axis=1)
    return total
