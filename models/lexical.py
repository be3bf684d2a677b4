"""BM25 with precomputed impacts: one sparse row of posting lists per term.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, eq. 3.15, with the
non-negative idf log(1 + (n - df + 0.5) / (df + 0.5)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

K1: Final = 1.2  # how fast a repeated word stops counting; the literature's usual value
MOST_POSTINGS: Final = 5_000
B: Final = 0.75  # how much a long document is held against it; likewise


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Postings of documents by term.

    Attributes:
        starts: (n_terms + 1,) where each term's postings start.
        documents: (n_postings,) document rows, ascending within a term.
        impacts: (n_postings,) float32, what the term adds to the document's score.
        n_documents: number of documents.
    """

    starts: npt.NDArray[np.int64]
    documents: npt.NDArray[np.int32]
    impacts: npt.NDArray[np.float32]
    n_documents: int

    @classmethod
    def build(
        cls,
        terms: npt.NDArray[np.integer],
        documents: npt.NDArray[np.integer],
        n_terms: int,
        n_documents: int,
        *,
        shortest: float = 0.0,
    ) -> LexicalIndex:
        """Index occurrences: `terms[i]` stands in `documents[i]`, both (n_occurrences,).

        A document shorter than `shortest` times the average counts as that long: BM25 favours brevity, which says
        nothing of a creator whose whole history is one short caption.
        """
        from scipy.sparse import coo_matrix  # 20 MiB that a service which only answers does without

        ones = np.ones(len(terms), np.float32)
        counts = coo_matrix((ones, (terms, documents)), shape=(n_terms, n_documents)).tocsr()
        counts.sum_duplicates()
        lengths = np.bincount(documents, minlength=n_documents).astype(np.float32)
        average = max(float(lengths.mean()) if n_documents else 0.0, 1.0)
        lengths = np.maximum(lengths, shortest * average)
        frequency = np.diff(counts.indptr)
        idf = np.log1p((n_documents - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        norm = K1 * (1 - B + B * lengths / average)
        impacts = np.repeat(idf, frequency) * counts.data * (K1 + 1) / (counts.data + norm[counts.indices])
        return cls(
            counts.indptr.astype(np.int64),
            counts.indices.astype(np.int32),
            impacts.astype(np.float32),
            n_documents,
        )

    def scores(
        self, terms: Sequence[int] | npt.NDArray[np.int64], shares: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """(n_documents,) BM25 of every document for the distinct term rows given, each times its share, if given."""
        rows = np.asarray(terms, dtype=np.int64)
        total = np.zeros(self.n_documents, dtype=np.float32)
        if len(rows):
            starts, stops = self.starts[rows], self.starts[rows + 1]
            gained = _stretched(self.impacts, starts, stops)
            if shares is not None:
                gained *= np.repeat(shares, stops - starts)
            np.add.at(total, _stretched(self.documents, starts, stops), gained)  # a third of np.bincount's time
        return total

    def found_in(
        self, terms: Sequence[int], documents: npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """(n,) places in `terms`, ascending, and (n,) document rows: which term stands in which of the documents."""
        rows = np.asarray(terms, dtype=np.int64)
        if not len(rows):
            return rows, rows.astype(np.int32)
        starts, stops = self.starts[rows], self.starts[rows + 1]
        wanted = np.zeros(self.n_documents, dtype=bool)
        wanted[documents] = True
        own = _stretched(self.documents, starts, stops)
        at = np.flatnonzero(wanted[own])
        return np.searchsorted(np.cumsum(stops - starts), at, side="right"), own[at]

    def having(self, term: int) -> npt.NDArray[np.int32]:
        """Rows of the documents that have a term, ascending."""
        return self.documents[self.starts[term] : self.starts[term + 1]]

    def frequency(self, terms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """(len(terms),) in how many documents each term row stands."""
        found: npt.NDArray[np.int64] = self.starts[terms + 1] - self.starts[terms]
        return found

    def idf(self, term: int) -> float:
        """How rare a term is."""
        frequency = int(self.starts[term + 1] - self.starts[term])
        return math.log1p((self.n_documents - frequency + 0.5) / (frequency + 0.5))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The index as named arrays, to be written."""
        size = np.array([self.n_documents], dtype=np.int64)
        return {"starts": self.starts, "documents": self.documents, "impacts": self.impacts, "size": size}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> LexicalIndex:
        """The inverse of `arrays`."""
        return cls(
            arrays["starts"].astype(np.int64, copy=False),
            arrays["documents"].astype(np.int32, copy=False),
            arrays["impacts"].astype(np.float32, copy=False),
            int(arrays["size"][0]),
        )


def _stretched(flat: npt.NDArray[Any], starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The stretches one after another; copying them whole takes a tenth of picking their elements one by one."""
    return np.concatenate([flat[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)])


def rarest(terms: Sequence[int] | npt.NDArray[np.int64], index: LexicalIndex, most: int) -> list[int]:
    """At most `most` of the terms, the rarest first: a brief of many pages is told by its rare words.

    Terms in more than `MOST_POSTINGS` documents are left out where there are others, so that the work for a term does
    not grow with the catalogue (docs/decisions/0007 has what they tell).
    """
    rows = np.unique(np.asarray(terms, dtype=np.int64))
    frequency = index.starts[rows + 1] - index.starts[rows]
    bounded = frequency <= MOST_POSTINGS
    if bounded.any():
        rows, frequency = rows[bounded], frequency[bounded]
    found: list[int] = rows[np.argsort(frequency, kind="stable")][:most].tolist()
    return found
