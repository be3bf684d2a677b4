"""Questions whose answer the catalogue itself holds: whose post is this, who joined this hashtag next?

The last weeks are held out by time; the index that answers is built on what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.encoder import Encoder
from features.text import strip_diacritics
from models.creator_index import SIGNALS, CreatorIndex, Query
from models.weights import Choices, default_weights

Rows = npt.NDArray[np.int64]
Read = tuple[Query, tuple[Rows, npt.NDArray[np.float32]]]  # a question as read, and the posts nearest in meaning
Progress = Callable[[int, int], None]

_LEAST_WORDS: Final = 4  # a caption shorter than this asks nothing
_LEAST_JOINERS: Final = 3  # a hashtag that fewer creators joined is one creator's own
_MOST_JOINERS: Final = 40  # one that more joined is everybody's
LEAST_KNOWN_POSTS: Final = 3  # a creator with fewer earlier posts cannot be recognised by a later one
_HARD_CANDIDATES: Final = 256  # creators that the defaults rank first: the ones that the weights must tell apart
OWN_POST: Final = "post"  # the kind of question whose answer wrote the text
_DRAWN_CANDIDATES: Final = 256  # creators drawn from the rest, each standing for many


@dataclass(frozen=True, slots=True)
class Question:
    """A text, the creators (rows) who are right, and those who may not be chosen. `kind` balances the fit."""

    kind: str
    text: str
    right: tuple[int, ...]
    barred: tuple[int, ...] = ()


def whose_post(captions: Sequence[str], owners: Rows, most: int, rng: np.random.Generator) -> list[Question]:
    """A later caption asks for its creator, or for all of several who posted the same."""
    authors: dict[str, set[int]] = {}
    for caption, owner in zip(captions, owners.tolist(), strict=True):
        if len(caption.split()) >= _LEAST_WORDS:
            authors.setdefault(caption, set()).add(owner)
    asked = list(authors.items())
    chosen = sorted(rng.permutation(len(asked))[:most].tolist())
    return [Question(OWN_POST, asked[i][0], tuple(sorted(asked[i][1]))) for i in chosen]


def who_joined(
    captions: Sequence[str], tags: Sequence[Sequence[str]], owners: Rows, most: int, rng: np.random.Generator
) -> list[Question]:
    """A hashtag asks for the creators who used it later; so does a caption under it, its author left out."""
    posts_of: dict[str, list[int]] = {}
    for post, found in enumerate(tags):
        for tag in found:
            posts_of.setdefault(tag, []).append(post)
    joiners = {tag: sorted({int(owners[p]) for p in posts}) for tag, posts in posts_of.items()}
    names = sorted(tag for tag, who in joiners.items() if _LEAST_JOINERS <= len(who) <= _MOST_JOINERS)
    questions = []
    for i in sorted(rng.permutation(len(names))[:most].tolist()):
        who = joiners[names[i]]
        questions.append(Question("tag", f"#{names[i]}", tuple(who)))
        spoken = [p for p in posts_of[names[i]] if len(captions[p].split()) >= _LEAST_WORDS]
        if spoken:
            post = spoken[int(rng.integers(len(spoken)))]
            author = int(owners[post])
            others = tuple(creator for creator in who if creator != author)
            questions.append(Question("topic", captions[post], others, (author,)))
    return questions


def read_questions(
    index: CreatorIndex, encoder: Encoder, questions: Sequence[Question], *, typed_plain: bool, max_terms: int
) -> Iterator[Read]:
    """Read every question, typed with or without diacritics; how fast posts fade changes nothing of it."""
    for question in questions:
        text = strip_diacritics(question.text) if typed_plain else question.text
        query = index.query(text, encoder, max_terms)
        yield query, index.near([query])[0]


def choices(
    index: CreatorIndex,
    questions: Sequence[Question],
    read: Iterable[Read],
    *,
    typed_plain: bool,
    rng: np.random.Generator,
    progress: Progress,
) -> Choices:
    """Ask the index every question, as it was read, and keep the signals of the candidates.

    Only creators with `LEAST_KNOWN_POSTS` posts are candidates, as only they are asked about: against creators who can
    never be right, having many posts would look like the best of signals.
    """
    prior = default_weights().of(typed_plain)
    known = np.flatnonzero(np.bincount(index.owners, minlength=index.n_creators) >= LEAST_KNOWN_POSTS)
    size = min(index.n_creators, _MOST_JOINERS + 1 + _HARD_CANDIDATES + _DRAWN_CANDIDATES)
    signals = np.zeros((len(questions), size, len(SIGNALS)), dtype=np.float32)
    right = np.zeros((len(questions), size), dtype=np.float32)
    stands_for = np.full((len(questions), size), -np.inf, dtype=np.float32)
    log_words = np.zeros(len(questions), dtype=np.float32)
    for i, (question, (query, near)) in enumerate(zip(questions, read, strict=True)):
        log_words[i] = query.log_words
        values = index.signals(query, near).values
        candidates, weight = _candidates(prior.topic_of(values), question, known, rng)
        signals[i, : len(candidates)] = values[candidates]
        right[i, : len(candidates)] = np.isin(candidates, question.right) / len(question.right)
        stands_for[i, : len(candidates)] = np.where(np.isin(candidates, question.barred), -np.inf, weight)
        progress(i + 1, len(questions))
    by_author = np.array([question.kind == OWN_POST for question in questions])
    return Choices(signals, right, stands_for, _shares(questions), log_words, by_author)


def _candidates(
    scores: npt.NDArray[np.float32], question: Question, known: Rows, rng: np.random.Generator
) -> tuple[Rows, npt.NDArray[np.float32]]:
    """Creator rows to choose among, and the log of how many creators each stands for."""
    asked = np.array(question.right + question.barred, dtype=np.int64)
    if len(known) <= _HARD_CANDIDATES + _DRAWN_CANDIDATES:
        everyone = np.union1d(known, asked)
        return everyone, np.zeros(len(everyone), dtype=np.float32)
    hard = known[np.argpartition(-scores[known], _HARD_CANDIDATES)[:_HARD_CANDIDATES]]
    certain = np.union1d(hard, asked)
    rest = np.setdiff1d(known, certain, assume_unique=True)
    drawn = rng.choice(rest, size=min(_DRAWN_CANDIDATES, len(rest)), replace=False)
    weight = np.zeros(len(certain) + len(drawn), dtype=np.float32)
    weight[len(certain) :] = np.log(len(rest) / max(len(drawn), 1))
    return np.concatenate((certain, np.sort(drawn))), weight


def _shares(questions: Sequence[Question]) -> npt.NDArray[np.float32]:
    """Each kind of question counts the same in all, however many there are of it."""
    counts: Mapping[str, int] = {kind: sum(q.kind == kind for q in questions) for kind in {q.kind for q in questions}}
    share = [len(questions) / len(counts) / counts[q.kind] for q in questions]
    return np.array(share, dtype=np.float32)
