"""How much each word of an asked text tells, learned from pairs of what was asked and what answered it.

A conditional logit (McFadden, 1974; see `models.weights`): the answer is chosen among all answering texts by the sum of
the BM25 of the asked text's terms, each times its share. The shares are held around 1, as strongly as is usual of a
word seen a dozen times, and never fall below 0; so what no pair speaks of keeps 1. `docs/decisions/0008` has what
other ways gave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from features.text import Tokeniser, strip_diacritics
from features.vocabulary import Vocabulary, build_vocabulary
from models.lexical import LexicalIndex
from models.terms import LearnedShares, TermReader, TermShares

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

_LEAST_PAIRS: Final = 200  # fewer say too little about single words
_MOST_PAIRS: Final = 4000  # more cost time and change little
_HARD: Final = 64  # answers that BM25 takes for the right one, to be told from it
_DRAWN: Final = 64  # answers drawn from the rest, each standing for many
_HELD: Final = 2.5  # how strongly a share is held to 1: its deviation is 0.6 where nothing speaks for another
_STEPS: Final = 40  # of the fit; a hundred change no share by a hundredth


@dataclass(frozen=True, slots=True)
class _Trial:
    """Asked texts against candidate answers.

    Attributes:
        gains: (n_asked * n_candidates, n_terms) what each term adds to a candidate's score, the right one first.
        stands_for: (n_asked, n_candidates) log of how many answers each stands for, -inf for one that is no other.
    """

    gains: csr_matrix
    stands_for: Doubles


def learn_shares(
    pairs: Sequence[tuple[str, str]], tokeniser: Tokeniser, max_terms: int, rng: np.random.Generator, progress: Progress
) -> dict[str, LearnedShares]:
    """Shares of the terms of asked texts, for those with diacritics and for those typed without; empty with few pairs.

    Args:
        pairs: (asked, answering) texts; those with an empty side are left out.
        tokeniser: cuts texts into canonical words.
        max_terms: terms of an asked text that count per channel.
        rng: draws pairs, where there are too many, and answers.
        progress: called with (manners done, manners in all).
    """
    whole = [pair for pair in dict.fromkeys(pairs) if pair[0].strip() and pair[1].strip()]
    if len(whole) < _LEAST_PAIRS:
        return {}
    drawn = sorted(rng.permutation(len(whole))[:_MOST_PAIRS].tolist())
    asked, answers = zip(*(whole[i] for i in drawn), strict=True)
    reader = _reader(answers, tokeniser)
    typed = {"written": asked, "plain": tuple(map(strip_diacritics, asked))}
    learned: dict[str, LearnedShares] = {}
    for done, (manner, texts) in enumerate(typed.items(), start=1):
        words = [tokeniser.words(text) for text in texts]
        questions = _questions(words, reader, max_terms, plain=manner == "plain")
        learned[manner] = _named(_fitted(_trial(questions, reader.postings, rng)), questions, reader.vocabulary)
        progress(done, len(typed))
    return learned


def _reader(answers: Sequence[str], tokeniser: Tokeniser) -> TermReader:
    batch = tokeniser.batch(answers)
    vocabulary = build_vocabulary(batch, min_count=1, min_pair_count=1)
    bags = vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, max_words=1 << 30)
    documents = np.repeat(np.arange(len(answers)), np.diff(bags.offsets))
    postings = LexicalIndex.build(bags.rows, documents, len(vocabulary), len(answers))
    return TermReader(vocabulary, postings, {"written": TermShares(), "plain": TermShares()})


def _questions(words: Sequence[Sequence[str]], reader: TermReader, max_terms: int, *, plain: bool) -> csr_matrix:
    """(n_asked, n_terms) what finding each term of each text counts before anything is learned."""
    found = [reader.read(own, max_terms, plain=plain).counting() for own in words]
    ends = np.cumsum([0, *(len(rows) for rows, _ in found)])
    columns, shares = (np.concatenate(side) for side in zip(*found, strict=True))
    return csr_matrix((shares, columns, ends), shape=(len(words), len(reader.vocabulary)))


def _trial(questions: csr_matrix, postings: LexicalIndex, rng: np.random.Generator) -> _Trial:
    """The right answer of each, the hardest others, and some drawn from the rest."""
    n_asked, n_terms = questions.shape
    shape = (n_terms, postings.n_documents)
    impacts = csr_matrix((postings.impacts, postings.documents, postings.starts), shape=shape)
    scores = (questions @ impacts).toarray()
    right = np.arange(n_asked)[:, None]
    hard = np.argpartition(-scores, _HARD, axis=1)[:, :_HARD]
    drawn = rng.integers(postings.n_documents, size=(n_asked, _DRAWN))
    candidates = np.concatenate((right, hard, drawn), axis=1)
    stands_for = np.zeros(candidates.shape)
    stands_for[:, 1 + _HARD :] = np.log((postings.n_documents - _HARD) / _DRAWN)
    known = scores[right, hard].min(axis=1, keepdims=True)  # whoever scores as much is among the hard ones
    stands_for[:, 1 + _HARD :][scores[right, drawn] >= known] = -np.inf
    stands_for[:, 1:][candidates[:, 1:] == right] = -np.inf
    answers = impacts.T.tocsr()
    asked = questions[np.repeat(np.arange(n_asked), candidates.shape[1])]
    return _Trial(answers[candidates.ravel()].multiply(asked).tocsr(), stands_for)


def _fitted(trial: _Trial) -> Doubles:
    """(n_terms,) shares."""
    total = csr_matrix(trial.gains.sum(axis=1))
    scale = float(_descend(_Trial(total, trial.stands_for), np.full(1, 0.1), held=0.0)[0])
    scaled = _Trial(trial.gains * scale, trial.stands_for)
    return _descend(scaled, np.ones(trial.gains.shape[1]), held=_HELD)


def _descend(trial: _Trial, start: Doubles, held: float) -> Doubles:
    """The weights of the columns, none below zero, that make the right answers likeliest, held to where they start."""
    turned = trial.gains.T.tocsr()

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = (trial.gains @ weights).reshape(trial.stands_for.shape) + trial.stands_for
        total = logsumexp(scores, axis=1, keepdims=True)
        chances = np.exp(scores - total)
        chances[:, 0] -= 1.0
        away = weights - start
        value = float((total[:, 0] - scores[:, 0]).sum()) + held * float(away @ away) / 2
        return value, turned @ chances.ravel() + held * away

    bounds: Sequence[tuple[float | None, float | None]] = [(0.0, None)] * len(start)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}).x
    return np.asarray(found, dtype=np.float64)


def _named(shares: Doubles, questions: csr_matrix, vocabulary: Vocabulary) -> LearnedShares:
    """Shares of the terms that were asked, by name."""
    asked = np.unique(questions.indices).tolist()
    return {vocabulary.term(row): float(shares[row]) for row in asked}
