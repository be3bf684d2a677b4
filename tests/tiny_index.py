"""A creator index over a handful of posts, with an encoder of known answers: texts are alike as they share words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.text import Tokeniser
from models.creator_index import SIGNALS, CreatorIndex, Signals, build_index
from models.weights import DEFAULT_WEIGHTS

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
    return build_index(
        tokeniser.batch(list(texts)),
        texts,
        WordEncoder().encode_posts(texts),
        np.array(owners, dtype=np.int64),
        np.array(ages, dtype=np.float64),
        n_creators,
        tokeniser,
    )


def signals_of(index: CreatorIndex, text: str) -> Signals:
    return index.signals(index.query(text, WordEncoder(), MAX_TERMS))


def totals(index: CreatorIndex, text: str) -> Floats:
    """(n_creators,) the weighted sum of all signals, with the default weights."""
    weights = np.array([DEFAULT_WEIGHTS[name] for name in SIGNALS], dtype=np.float32)
    total: Floats = signals_of(index, text).values @ weights
    return total
