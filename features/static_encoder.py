"""The default encoder: a trained bag of words, each with a row as written and, often, another without diacritics.

A text's vector is the normalised sum of its words' rows. "dịch" and "dich" are two words with two rows, trained so that
both ways of typing a text end near each other. At rest it is a stock Sentence-Transformers model (StaticEmbedding and
Normalize) that `SentenceTransformer(folder)` loads anywhere, plus one file that says how texts become canonical words.
For a text of canonical words both give the same vector; other texts are first read by `features.text`.

Nothing here imports torch: a service that answers briefs needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from features.arrays import map_arrays
from features.ragged import stretches
from features.text import TokenBatch, Tokeniser

Vectors = npt.NDArray[np.float32]

READING_FILE: Final = "kolmatch.json"
WEIGHTS_FILE: Final = "model.safetensors"
WEIGHTS_NAME: Final = "embedding.weight"
TOKENIZER_FILE: Final = "tokenizer.json"
UNKNOWN: Final = "[UNK]"  # row 0, all zeros; no canonical word holds brackets
_POOL_TEXTS: Final = 8192  # texts pooled at once, so that memory does not grow with the catalogue


@dataclass(frozen=True, slots=True)
class StaticEncoder:
    """Texts to unit vectors, without torch.

    Attributes:
        tokeniser: cuts texts into canonical words.
        words: the words that have a row; word i has row i + 1.
        vectors: (len(words) + 1, dimension) float32 trained rows; row 0 stands for every other word and is zero.
        max_words: words of a text that count, the rest is not read.
    """

    tokeniser: Tokeniser
    words: tuple[str, ...]
    vectors: Vectors
    max_words: int
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {word: i for i, word in enumerate(self.words, start=1)})

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def encode_posts(self, texts: Sequence[str]) -> Vectors:
        """(n_texts, dimension) unit vectors; a text without a known word is all zeros."""
        return self.encode_words(self.tokeniser.batch(texts))

    def encode_words(self, batch: TokenBatch) -> Vectors:
        """(n_texts, dimension) unit vectors of texts that this encoder's tokeniser has cut already."""
        rows = np.array([self._row.get(word, 0) for word in batch.vocabulary], dtype=np.int64)
        starts = batch.offsets[:-1]
        stops = np.minimum(batch.offsets[1:], starts + self.max_words)
        pooled = np.zeros((len(starts), self.dimension), dtype=np.float32)
        for first in range(0, len(starts), _POOL_TEXTS):
            part = slice(first, first + _POOL_TEXTS)
            pooled[part] = self._sums(rows, batch.ids, starts[part], stops[part])
        return unit(pooled)

    def _sums(
        self,
        rows: npt.NDArray[np.int64],
        ids: npt.NDArray[np.int32],
        starts: npt.NDArray[np.int64],
        stops: npt.NDArray[np.int64],
    ) -> Vectors:
        from scipy.sparse import csr_matrix  # 20 MiB that a service which only answers does without

        ends = np.concatenate(([0], np.cumsum(stops - starts)))
        at = stretches(starts, stops - starts)
        columns = rows[ids[at]] if len(at) else at
        ones = np.ones(len(columns), dtype=np.float32)
        membership = csr_matrix((ones, columns, ends), shape=(len(starts), len(self.vectors)))
        sums: Vectors = membership @ self.vectors
        return sums

    def encode_brief(self, text: str) -> Vectors:
        """(dimension,) unit vector of one brief or facet, read like a post."""
        rows = [self._row.get(word, 0) for word in self.tokeniser.words(text)[: self.max_words]]
        vector: Vectors = unit(self.vectors[rows].sum(axis=0, dtype=np.float32))
        return vector

    @classmethod
    def load(cls, folder: Path) -> StaticEncoder:
        """Read what `features.static_model.save_static` wrote."""
        reading = json.loads((folder / READING_FILE).read_text(encoding="utf-8"))
        rows: dict[str, int] = json.loads((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))["model"]["vocab"]
        words = sorted((word for word in rows if word != UNKNOWN), key=rows.__getitem__)
        tokeniser = Tokeniser.from_json(json.dumps(reading["tokeniser"]))
        vectors = map_arrays(folder / WEIGHTS_FILE)[WEIGHTS_NAME]
        return cls(tokeniser, tuple(words), vectors, int(reading["max_words"]))


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length one; rows of zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return scaled
