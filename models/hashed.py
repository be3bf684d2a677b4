"""BM25 over hashed features: what `features.surface` says of all posts of a creator as one document, or of posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.lexical import LexicalIndex

Features = npt.NDArray[np.integer]
Rows = npt.NDArray[np.int64]


def keys_of(features: Features) -> tuple[npt.NDArray[np.uint32], Rows]:
    """Distinct features, sorted, and (n_occurrences,) the row of each; numpy would sort all occurrences for it."""
    import pyarrow as pa  # 33 MiB that a service which only answers does without

    encoded = pa.array(features.astype(np.uint32)).dictionary_encode()
    found = encoded.dictionary.to_numpy()
    order = np.argsort(found)
    row = np.empty(len(found), dtype=np.int64)
    row[order] = np.arange(len(found))
    return found[order], row[encoded.indices.to_numpy()]


def postings_of(rows: Rows, documents: npt.NDArray[np.integer], n_features: int, n_documents: int) -> LexicalIndex:
    """Postings of features by their rows; a short document is not preferred."""
    return LexicalIndex.build(rows, documents, n_features, n_documents, shortest=1.0)


@dataclass(frozen=True, slots=True)
class HashedIndex:
    """Postings of documents by hashed feature.

    Attributes:
        keys: (n_features,) uint32, sorted; the feature of each row of `postings`.
        postings: BM25 of documents by row.
    """

    keys: npt.NDArray[np.uint32]
    postings: LexicalIndex

    @classmethod
    def build(cls, features: Features, documents: Rows, n_documents: int) -> HashedIndex:
        """Index occurrences: `features[i]` stands in `documents[i]`, both (n_occurrences,)."""
        keys, rows = keys_of(features)
        return cls(keys, postings_of(rows, documents, len(keys), n_documents))

    def rows(self, features: Iterable[int]) -> Sequence[int]:
        """Rows of those of the features that are known, each once."""
        wanted = np.unique(np.fromiter(features, dtype=np.uint32))  # another width would widen all keys at each search
        if not len(self.keys) or not len(wanted):
            return []
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found: list[int] = at[self.keys[at] == wanted].tolist()
        return found

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The index as named arrays, to be written."""
        return {"keys": self.keys, **self.postings.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> HashedIndex:
        """The inverse of `arrays`."""
        return cls(arrays["keys"].astype(np.uint32, copy=False), LexicalIndex.from_arrays(arrays))
