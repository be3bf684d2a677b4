"""BM25 over hashed features: what `features.surface` says of all posts of a creator as one document, or of posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.lexical import LexicalIndex


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
    def build(
        cls, features: npt.NDArray[np.integer], documents: npt.NDArray[np.integer], n_documents: int
    ) -> HashedIndex:
        """Index occurrences: `features[i]` stands in `documents[i]`, both (n_occurrences,)."""
        keys, rows = np.unique(features.astype(np.uint32), return_inverse=True)
        return cls(keys, LexicalIndex.build(rows, documents, len(keys), n_documents, shortest=1.0))

    def of_other_documents(
        self, features: npt.NDArray[np.integer], documents: npt.NDArray[np.integer], n_documents: int
    ) -> LexicalIndex:
        """The same occurrences in documents of another kind, under the rows of `keys`, which are kept once."""
        rows = np.searchsorted(self.keys, features.astype(np.uint32))
        return LexicalIndex.build(rows, documents, len(self.keys), n_documents, shortest=1.0)

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
