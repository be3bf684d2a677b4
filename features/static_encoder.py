"""The default encoder: a trained bag of words, words without diacritics, and pairs of those.

A text's vector is the normalised sum of one trained row per feature. Three kinds of feature make it work on what
people really type: the word as written ("dịch"), the word without diacritics ("dich"), which a query typed without
them still meets, and the pair of neighbours without diacritics ("dich vu"), which gives back the meaning that
diacritics carried.

Nothing here imports torch: a service that answers briefs needs numpy only. `features.static_module` wraps the same files
as a Sentence-Transformers module.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

from features.text import TokenBatch, Tokeniser
from features.vocabulary import Bags, Vocabulary

Vectors = npt.NDArray[np.float32]

WEIGHTS_FILE: Final = "vectors.safetensors"
VOCABULARY_FILE: Final = "vocabulary.json"
_POOL_TEXTS: Final = 8192  # texts pooled at once, so that memory does not grow with the catalogue


@dataclass(frozen=True, slots=True)
class StaticEncoder:
    """Texts to unit vectors, without torch.

    Attributes:
        tokeniser: cuts texts into canonical words.
        vocabulary: which features have a row.
        vectors: (len(vocabulary), dimension) float32 trained rows.
        max_words: words of a text that count, the rest is not read.
    """

    tokeniser: Tokeniser
    vocabulary: Vocabulary
    vectors: Vectors
    max_words: int

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def bags(self, texts: Sequence[str]) -> Bags:
        """Feature rows of texts."""
        batch = self.tokeniser.batch(texts)
        return self.vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, self.max_words)

    def encode_posts(self, texts: Sequence[str]) -> Vectors:
        """(n_texts, dimension) unit vectors; a text without a known word is all zeros."""
        return self._pool(self.bags(texts))

    def encode_words(self, batch: TokenBatch) -> Vectors:
        """(n_texts, dimension) unit vectors of texts that this encoder's tokeniser has cut already."""
        return self._pool(self.vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, self.max_words))

    def encode_brief(self, text: str) -> Vectors:
        """(dimension,) unit vector of one brief or facet, read like a post."""
        words = self.tokeniser.words(text)
        ids = np.arange(len(words), dtype=np.int32)
        offsets = np.array([0, len(words)], dtype=np.int64)
        vector: Vectors = self._pool(self.vocabulary.rows(ids, offsets, words, self.max_words))[0]
        return vector

    def _pool(self, bags: Bags) -> Vectors:
        n_texts = len(bags.offsets) - 1
        pooled = np.zeros((n_texts, self.dimension), dtype=np.float32)
        for start in range(0, n_texts, _POOL_TEXTS):
            stop = min(start + _POOL_TEXTS, n_texts)
            first, last = bags.offsets[start], bags.offsets[stop]
            rows = bags.rows[first:last]
            membership = csr_matrix(
                (np.ones(len(rows), np.float32), rows, bags.offsets[start : stop + 1] - first),
                shape=(stop - start, len(self.vectors)),
            )
            pooled[start:stop] = membership @ self.vectors
        return unit(pooled)

    def save(self, folder: Path) -> None:
        """Write vectors (safetensors) and vocabulary (JSON) into an existing folder."""
        save_file(
            {"vectors": np.ascontiguousarray(self.vectors), "pair_keys": self.vocabulary.pair_keys},
            folder / WEIGHTS_FILE,
        )
        content = {
            "words": self.vocabulary.words,
            "plain": self.vocabulary.plain,
            "max_words": self.max_words,
            "tokeniser": json.loads(self.tokeniser.to_json()),
        }
        (folder / VOCABULARY_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> StaticEncoder:
        """Read what `save` wrote."""
        arrays = load_file(folder / WEIGHTS_FILE)
        content = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
        vocabulary = Vocabulary(tuple(content["words"]), tuple(content["plain"]), arrays["pair_keys"])
        tokeniser = Tokeniser.from_json(json.dumps(content["tokeniser"]))
        return cls(tokeniser, vocabulary, arrays["vectors"], int(content["max_words"]))


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length one; rows of zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
