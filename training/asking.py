"""How much each word of an asked text tells, learned from pairs of what was asked and what answered it.

A conditional logit (McFadden, 1974; see `models.weights`): the answer is chosen among all answering texts by the sum of
the BM25 of the asked text's terms, each times its share. The shares are held around 1, as strongly as is usual of a
word seen a dozen times, and never fall below 0; so what no pair speaks of keeps 1. In the same way words that often
answer a word of the question ("pcr" a "test") get a share of their own, held around 0: T. Dunning's G² ("Accurate
methods for the statistics of surprise and coincidence", 1993) says which are tried. `docs/decisions/0008` has what
other ways gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from scipy.special import logsumexp, xlogy

from features.text import Tokeniser
from features.vocabulary import build_vocabulary
from models.lexical import LexicalIndex
from models.terms import Taught, Term, TermReader, TermShares

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_LEAST_PAIRS: Final = 200  # fewer say too little about single words
_MOST_PAIRS: Final = 4000  # more cost time and change little
_HARD: Final = 64  # answers that BM25 takes for the right one, to be told from it
_DRAWN: Final = 64  # answers drawn from the rest, each standing for many
_HELD: Final = 2.5  # how strongly a share is held to 1: its deviation is 0.6 where nothing speaks for another
_HELD_KIN: Final = 10.0  # likewise a share of a word that stands for another, to 0
_LEAST_TOGETHER: Final = 5  # pairs in which a word answers another, to be tried
_MOST_KIN: Final = 5  # tried for each word asked
_SURPRISING: Final = 10.8  # G² that chance passes once in a thousand
_STEPS: Final = 40  # of the fit; a hundred change no share by a hundredth


@dataclass(frozen=True, slots=True)
class _Trial:
    """Asked texts against candidate answers.

    Attributes:
        gains: (n_asked * n_candidates, n_columns) what each column adds to a candidate's score, the right one first.
        stands_for: (n_asked, n_candidates) log of how many answers each stands for, -inf for one that is no other.
        n_terms: columns of terms asked; those behind are of words that stand for them.
    """

    gains: csr_matrix
    stands_for: Doubles
    n_terms: int


def learn_shares(
    pairs: Sequence[tuple[str, str]], tokeniser: Tokeniser, max_terms: int, rng: np.random.Generator
) -> Taught:
    """Shares of the terms of asked texts, and terms that stand for others; nothing with few pairs.

    Args:
        pairs: (asked, answering) texts; those with an empty side are left out.
        tokeniser: cuts texts into canonical words.
        max_terms: terms of an asked text that count per channel.
        rng: draws pairs, where there are too many, and answers.
    """
    whole = [pair for pair in dict.fromkeys(pairs) if pair[0].strip() and pair[1].strip()]
    if len(whole) < _LEAST_PAIRS:
        return Taught()
    drawn = sorted(rng.permutation(len(whole))[:_MOST_PAIRS].tolist())
    asked, answers = zip(*(whole[i] for i in drawn), strict=True)
    reader = _reader(answers, tokeniser)
    questions = _questions([tokeniser.words(text) for text in asked], reader, max_terms)
    n_words = len(reader.vocabulary.words)
    kin = _kin(questions[:, :n_words], _transposed(reader.postings)[:, :n_words])
    return _named(_fitted(_trial(questions, kin, reader.postings, rng)), questions, kin, reader)


def _reader(answers: Sequence[str], tokeniser: Tokeniser) -> TermReader:
    batch = tokeniser.batch(answers)
    vocabulary = build_vocabulary(batch, min_count=1, min_pair_count=1)
    bags = vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, max_words=1 << 30)
    documents = np.repeat(np.arange(len(answers)), np.diff(bags.offsets))
    postings = LexicalIndex.build(bags.rows, documents, len(vocabulary), len(answers))
    return TermReader(vocabulary, postings, TermShares())


def _questions(words: Sequence[Sequence[str]], reader: TermReader, max_terms: int) -> csr_matrix:
    """(n_asked, n_terms) what finding each term of each text counts before anything is learned."""
    found = [reader.read(own, max_terms, plain=False).counting() for own in words]
    ends = np.cumsum([0, *(len(rows) for rows, _ in found)])
    columns, shares = (np.concatenate(side) for side in zip(*found, strict=True))
    return csr_matrix((shares, columns, ends), shape=(len(words), len(reader.vocabulary)))


def _transposed(postings: LexicalIndex) -> csr_matrix:
    """(n_documents, n_terms) impacts."""
    shape = (len(postings.starts) - 1, postings.n_documents)
    return csr_matrix((postings.impacts, postings.documents, postings.starts), shape=shape).T.tocsr()


def _kin(asked: csr_matrix, answering: csr_matrix) -> Rows:
    """(2, n) term asked and term answering that stand together surprisingly often, a few for each term asked.

    Args:
        asked, answering: (n_pairs, n_terms) with something where the text has the term.
    """
    questions, answers = _there(asked), _there(answering)
    together = (questions.T @ answers).tocoo()
    term, other, both = together.row, together.col, together.data
    tried = (both >= _LEAST_TOGETHER) & (term != other)
    term, other, both = term[tried], other[tried], both[tried]
    one, two = (np.asarray(side.sum(axis=0)).ravel() for side in (questions, answers))
    surprise = _g_squared(both, one[term], two[other], asked.shape[0])
    tried = (surprise > _SURPRISING) & (both * asked.shape[0] > one[term] * two[other])
    order = np.lexsort((other[tried], -surprise[tried], term[tried]))
    term, other = term[tried][order], other[tried][order]
    place = np.arange(len(term)) - np.searchsorted(term, term)
    return np.stack((term, other)).astype(np.int64)[:, place < _MOST_KIN]


def _there(counts: csr_matrix) -> csr_matrix:
    """One where something stands."""
    return csr_matrix((np.ones(len(counts.data)), counts.indices, counts.indptr), shape=counts.shape)


def _g_squared(both: Doubles, one: Doubles, two: Doubles, total: int) -> Doubles:
    """Twice the log-likelihood ratio of two by two tables: seen together, each alone, and texts in all."""
    seen = np.stack((both, one - both, two - both, total - one - two + both))
    chance = np.stack((one * two, one * (total - two), (total - one) * two, (total - one) * (total - two))) / total
    found: Doubles = 2.0 * xlogy(seen, np.maximum(seen, 1e-9) / np.maximum(chance, 1e-9)).sum(axis=0)
    return found


def _trial(questions: csr_matrix, kin: Rows, postings: LexicalIndex, rng: np.random.Generator) -> _Trial:
    """The right answer of each, the hardest others, and some drawn from the rest; columns are terms, then kin."""
    answers = _transposed(postings)
    scores = (questions @ answers.T).toarray()
    right = np.arange(len(scores))[:, None]
    hard = np.argpartition(-scores, _HARD, axis=1)[:, :_HARD]
    drawn = rng.integers(postings.n_documents, size=(len(scores), _DRAWN))
    candidates = np.concatenate((right, hard, drawn), axis=1)
    stands_for = np.zeros(candidates.shape)
    stands_for[:, 1 + _HARD :] = np.log((postings.n_documents - _HARD) / _DRAWN)
    known = scores[right, hard].min(axis=1, keepdims=True)  # whoever scores as much is among the hard ones
    stands_for[:, 1 + _HARD :][scores[right, drawn] >= known] = -np.inf
    stands_for[:, 1:][candidates[:, 1:] == right] = -np.inf
    stood_for = _there(questions[:, kin[0]])
    stood_for = stood_for - stood_for.multiply(_there(questions[:, kin[1]]))  # who asks for it has no need of a kin
    asked = hstack((questions, stood_for)).tocsr()[np.repeat(np.arange(len(scores)), candidates.shape[1])]
    found = hstack((answers, answers[:, kin[1]])).tocsr()[candidates.ravel()]
    return _Trial(found.multiply(asked).tocsr(), stands_for, answers.shape[1])


def _fitted(trial: _Trial) -> Doubles:
    """(n_terms + n_kin,) shares."""
    own = csr_matrix(trial.gains[:, : trial.n_terms].sum(axis=1))
    scale = float(_descend(_Trial(own, trial.stands_for, 1), np.full(1, 0.1), np.zeros(1))[0])
    start = np.zeros(trial.gains.shape[1])
    start[: trial.n_terms] = 1.0
    scaled = _Trial(trial.gains * scale, trial.stands_for, trial.n_terms)
    return _descend(scaled, start, np.where(start > 0, _HELD, _HELD_KIN))


def _descend(trial: _Trial, start: Doubles, held: Doubles) -> Doubles:
    """The weights of the columns, none below zero, that make the right answers likeliest, held to where they start."""
    turned = trial.gains.T.tocsr()

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = (trial.gains @ weights).reshape(trial.stands_for.shape) + trial.stands_for
        total = logsumexp(scores, axis=1, keepdims=True)
        chances = np.exp(scores - total)
        chances[:, 0] -= 1.0
        away = weights - start
        value = float((total[:, 0] - scores[:, 0]).sum()) + float(held @ away**2) / 2
        return value, turned @ chances.ravel() + held * away

    bounds: Sequence[tuple[float | None, float | None]] = [(0.0, None)] * len(start)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}).x
    return np.asarray(found, dtype=np.float64)


def _named(shares: Doubles, questions: csr_matrix, kin: Rows, reader: TermReader) -> Taught:
    """Shares of the terms that were asked, and of those that stand for some, by name."""
    name: list[Term] = [reader.vocabulary.term(row) for row in range(len(reader.vocabulary))]
    worth = shares[len(name) :].tolist()
    return Taught(
        shares={name[row]: float(shares[row]) for row in np.unique(questions.indices).tolist()},
        kin={(name[a], name[b]): w for a, b, w in zip(*kin.tolist(), worth, strict=True) if w > 0},
    )
