"""BM25 against its formula, written out slowly; and what the index says of single terms."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lexical import K1, B, LexicalIndex, rarest

N_TERMS = 6
corpora = st.lists(st.lists(st.integers(0, N_TERMS - 1), max_size=8), min_size=1, max_size=7)


def built(corpus: list[list[int]], shortest: float = 0.0) -> LexicalIndex:
    pairs = [(term, document) for document, terms in enumerate(corpus) for term in terms]
    terms = np.array([term for term, _ in pairs], dtype=np.int64)
    documents = np.array([document for _, document in pairs], dtype=np.int64)
    return LexicalIndex.build(terms, documents, N_TERMS, len(corpus), shortest=shortest)


def bm25(corpus: list[list[int]], query: list[int], document: int, shortest: float = 0.0) -> float:
    """Robertson and Zaragoza 2009, eq. 3.15, one document at a time."""
    average = max(sum(map(len, corpus)) / len(corpus), 1.0)
    length = max(len(corpus[document]), shortest * average)
    counts = Counter(corpus[document])
    score = 0.0
    for term in query:
        having = sum(term in other for other in corpus)
        idf = math.log(1 + (len(corpus) - having + 0.5) / (having + 0.5))
        score += idf * counts[term] * (K1 + 1) / (counts[term] + K1 * (1 - B + B * length / average))
    return score


@given(corpora, st.sets(st.integers(0, N_TERMS - 1)), st.sampled_from([0.0, 1.0]))
def test_scores_are_bm25(corpus: list[list[int]], query: set[int], shortest: float) -> None:
    found = built(corpus, shortest).scores(sorted(query))
    expected = [bm25(corpus, sorted(query), document, shortest) for document in range(len(corpus))]
    assert found == pytest.approx(expected, abs=1e-5)


@given(corpora, st.lists(st.integers(0, N_TERMS - 1), unique=True), st.data())
def test_a_term_is_found_where_it_scores(corpus: list[list[int]], terms: list[int], data: st.DataObject) -> None:
    index = built(corpus)
    looked = data.draw(st.lists(st.integers(0, len(corpus) - 1), unique=True)) if corpus else []
    places, documents = index.found_in(terms, np.array(looked, dtype=np.int64))
    scoring = {(place, row) for place, term in enumerate(terms) for row in looked if index.scores([term])[row] > 0}
    assert sorted(zip(places.tolist(), documents.tolist(), strict=True)) == sorted(scoring)
    assert places.tolist() == sorted(places.tolist())


def test_a_term_in_fewer_documents_is_rarer() -> None:
    index = built([[0, 1], [0, 2], [0, 1]])
    assert index.idf(3) > index.idf(2) > index.idf(1) > index.idf(0) > 0


def test_rarest_keeps_the_rare_and_breaks_ties_by_row() -> None:
    index = built([[0, 1], [0, 2], [0, 1]])
    assert rarest([0, 1, 1, 2, 4, 3], index, 3) == [3, 4, 2]


def test_a_short_document_is_not_preferred_when_it_counts_as_average() -> None:
    corpus = [[0], [0, 1, 2, 3]]
    as_they_are, levelled = built(corpus).scores([0]), built(corpus, shortest=1.0).scores([0])
    assert as_they_are[0] / as_they_are[1] > levelled[0] / levelled[1] > 1


def test_an_index_without_words_scores_zero() -> None:
    assert built([[], []]).scores([0, 1]).tolist() == [0.0, 0.0]


@given(corpora)
def test_arrays_give_the_index_back(corpus: list[list[int]]) -> None:
    index = built(corpus)
    again = LexicalIndex.from_arrays(index.arrays())
    assert again.n_documents == index.n_documents
    assert again.scores(range(N_TERMS)).tolist() == index.scores(range(N_TERMS)).tolist()
