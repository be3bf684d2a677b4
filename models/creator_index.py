"""Everything that is searched when a brief comes: posts and creators, by word, by meaning, by hashtag, by wording.

A text is held against creators through eight signals, for two questions. Who speaks of this? By the words of their
posts, by meaning, by pieces of words, by the hashtags that such a text would carry, and how active they are. And whose
words are these? By the same posts, and by wording and shape of the text on the page. How much each signal counts is
fitted (`models.weights`), not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from features.encoder import Encoder
from features.ragged import stretches
from features.surface import Surfaces, surface_features, word_pieces
from features.text import TokenBatch, Tokeniser, joined
from features.vocabulary import Vocabulary, build_vocabulary
from models.hashed import HashedIndex, keys_of, postings_of
from models.hashtags import Guess, HashtagIndex
from models.lexical import LexicalIndex, rarest
from models.pooling import Pooled, best_posts, mean_of_best
from models.post_index import VectorIndex
from models.restoring import Beside, Restorer
from models.spelling import Speller
from models.terms import Taught, TermReader, Terms, TermShares

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

HASHED_CHANNELS: Final = ("wording", "shape", "pieces")
POST_SIGNALS: Final = ("words_posts", "meaning_posts", "wording_posts")
CREATOR_SIGNALS: Final = ("wording_creator", "shape_creator", "pieces_creator", "hashtags_creator")
ACTIVITY: Final = "recent_activity"
SIGNALS: Final = (*POST_SIGNALS, *CREATOR_SIGNALS, ACTIVITY)

BEST_POSTS: Final = 5  # posts that make a creator's score; with 3 or 10 the next-post figures were no better
POST_FADE_DAYS: Final = 365.0  # a post this old counts 1/e of a new one, until a catalogue shows its own rate
_CREATOR_FADE_DAYS: Final = 180.0  # likewise in the creator's own vector, which tells what the creator does now
_RECENT_DAYS: Final = 90.0  # what counts as recent activity
RETRIEVED_POSTS: Final = 2000  # posts per channel that can count; more did not change the figures
_DENSE_SCALE: Final = 5.0  # brings inner products to the size of the lexical signals, so that one penalty fits all
_LEAST_PAIR_COUNT: Final = 1
_NOTHING_LEARNED: Final = Taught()
_HASHTAG: Final = re.compile(r"(#\S+)")
_HASHED_TERMS: Final = 2  # a text has more features below the word than words; twice as many rare ones tell it
_ALIKE: Final = 30  # posts most like a text, by words and by meaning each, whose hashtags it is taken to carry


@dataclass(frozen=True, slots=True)
class Worded:
    """A text whose words were looked up.

    Attributes:
        text: as given.
        words: canonical words of the text, in order, those that no post has as they were likely meant.
        terms: those of its words and pairs that the index knows.
        plain: True when the text has no diacritics at all.
        unknown: words that no post has, with or without diacritics.
        pairs: each distinct word, in order, with the rows of the pairs that it makes with its neighbours here.
    """

    text: str
    words: tuple[str, ...]
    terms: Terms
    plain: bool
    unknown: tuple[str, ...]
    pairs: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Query(Worded):
    """A text ready to be held against the whole index.

    Attributes:
        hashed: known features of the channels below the word, and of wording over posts.
        vector: (dimension,) unit vector.
    """

    hashed: Mapping[str, Sequence[int]]
    vector: Floats

    @property
    def known(self) -> bool:
        """Whether any of its words stands in a post."""
        return any(self.terms.rows.values())

    @property
    def log_words(self) -> float:
        """Logarithm of the number of words, none counting as one."""
        return float(np.log(max(len(self.words), 1)))


@dataclass(frozen=True, slots=True)
class Signals:
    """What the index says of every creator for one query.

    Attributes:
        values: (n_creators, n_signals) float32, columns as `SIGNALS`.
        pooled: per post signal the posts that made it, gains in the unit of `values`.
        hashtags: those that the text would carry.
    """

    values: Floats
    pooled: Mapping[str, Pooled]
    hashtags: Guess


@dataclass(frozen=True, slots=True)
class IndexedPosts:
    """Posts to be indexed, each with something to read.

    Attributes:
        words: their canonical words.
        surfaces: how their captions were typed.
        vectors: (n_posts, dimension) unit vectors.
        owners: (n_posts,) creator rows.
        ages: (n_posts,) days before the catalogue's last post.
        hashtags: names of hashtags, lower case.
        tags, tagged: (n_uses,) which hashtag stands on which post.
        aside: words of texts that are no posts and tell of the language alone.
    """

    words: TokenBatch
    surfaces: Surfaces
    vectors: Floats
    owners: Rows
    ages: npt.NDArray[np.float64]
    hashtags: Sequence[str]
    tags: Rows
    tagged: Rows
    aside: Sequence[TokenBatch] = ()


@dataclass(frozen=True, slots=True)
class CreatorIndex:
    """Posts and creators, searchable.

    Attributes:
        tokeniser: cuts texts into canonical words.
        vocabulary: terms of the lexical channels; one table of rows for all of them.
        posts: postings over posts of words as written, words without diacritics and pairs of those.
        hashed: postings over creators of the channels below the word.
        wording_posts: postings over posts of wording, by the rows of `hashed["wording"]`.
        hashtags: hashtags by post and creators by hashtag.
        vectors: posts' vectors under their rows.
        creator_vectors: (n_creators, dimension) unit vectors, recent posts counting most.
        owners: (n_posts,) creator row of each post.
        post_fade: (n_posts,) 1 for a post of today, falling with age.
        activity: (n_creators,) log of recent posts.
        learned: how much some of the terms count.
        restorer: reads words typed without diacritics.
    """

    tokeniser: Tokeniser
    vocabulary: Vocabulary
    posts: LexicalIndex
    hashed: Mapping[str, HashedIndex]
    wording_posts: LexicalIndex
    hashtags: HashtagIndex
    vectors: VectorIndex
    creator_vectors: Floats
    owners: Rows
    post_fade: Floats
    activity: Floats
    learned: TermShares
    restorer: Restorer

    @property
    def n_creators(self) -> int:
        """Number of creators."""
        return len(self.creator_vectors)

    def fading(self, ages: npt.NDArray[np.float64], days: float) -> CreatorIndex:
        """The same index, in which a post of `days` counts 1/e; `ages` (n_posts,) in days."""
        return replace(self, post_fade=np.exp(-ages / days).astype(np.float32))

    def query(self, text: str, encoder: Encoder, max_terms: int) -> Query:
        """Read a text; at most `max_terms` terms of each channel count, the rarest."""
        typed = self.tokeniser.words(text)
        read = self._worded(text, self._meant(text, typed), max_terms)
        as_typed = list(read.words) == typed
        return Query(
            *(read.text, read.words, read.terms, read.plain, read.unknown, read.pairs),
            self._hashed(text, read.words, max_terms),
            encoder.encode_brief(text if as_typed else " ".join(read.words)),
        )

    def worded(self, text: str, max_terms: int) -> Worded:
        """Read the words of a text alone, which is all that the facets found in a brief are looked for by."""
        return self._worded(text, self._meant(text, self.tokeniser.words(text)), max_terms)

    def _worded(self, text: str, words: Sequence[str], max_terms: int) -> Worded:
        bare = all(map(str.isascii, words))
        return Worded(
            text=text,
            words=tuple(words),
            terms=TermReader(self.vocabulary, self.posts, self.learned).read(words, max_terms, plain=bare),
            plain=all(letter.isascii() for letter in text if letter.isalpha()),
            unknown=tuple(dict.fromkeys(word for word in words if not self.vocabulary.knows(word))),
            pairs=self._pairs(words),
        )

    def _pairs(self, words: Sequence[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {word: [] for word in words}
        for (first, second), pair in zip(pairwise(words), self.vocabulary.pair_rows(words), strict=False):
            if pair >= 0:
                found[first].append(pair)
                found[second].append(pair)
        return found

    def _meant(self, text: str, typed: Sequence[str]) -> list[str]:
        """The words of a text, typed so, as they were meant; those of hashtags stay bare, as they are in posts."""
        speller, words = Speller(self.vocabulary, self.posts), []
        if "#" not in text:
            return self.restorer.restored(speller.meant(typed))
        for piece in _HASHTAG.split(text):
            read = speller.meant(self.tokeniser.words(piece))
            words += read if piece.startswith("#") else self.restorer.restored(read)
        return words

    def rarity(self, word: str) -> float:
        """How rare a word is among posts, with or without its diacritics; 0 when none has it."""
        row = self.vocabulary.plain_rows.get(self.vocabulary.plain_form(word))
        return 0.0 if row is None else self.posts.idf(self.vocabulary.first_plain + row)

    def _hashed(self, text: str, words: Sequence[str], max_terms: int) -> dict[str, list[int]]:
        wording, shape = surface_features(text)
        pieces = chain.from_iterable(map(word_pieces, dict.fromkeys(words)))
        features = {"wording": wording, "shape": shape, "pieces": pieces}
        most = _HASHED_TERMS * max_terms
        rows = {channel: index.rows(features[channel]) for channel, index in self.hashed.items()}
        found = {channel: rarest(rows[channel], index.postings, most) for channel, index in self.hashed.items()}
        return found | {"wording_posts": rarest(rows["wording"], self.wording_posts, most)}

    def near(self, queries: Sequence[Query]) -> list[tuple[Rows, Floats]]:
        """For each query the rows and inner products of the posts nearest in meaning, best first."""
        vectors = np.stack([query.vector for query in queries])
        return self.vectors.search_many(vectors, RETRIEVED_POSTS)

    def signals(self, query: Query, near: tuple[Rows, Floats] | None = None) -> Signals:
        """Hold a query against every creator; `near` are its nearest posts, where they are known already."""
        near = near if near is not None else self.near([query])[0]
        found = best_posts(self.posts.scores(*query.terms.counting()) * self.post_fade, RETRIEVED_POSTS)
        worded = self.wording_posts.scores(query.hashed["wording_posts"]) * self.post_fade
        pooled = {
            "words_posts": self._pool_words(*found),
            "meaning_posts": self._pool_meaning(*near),
            "wording_posts": self._pool_words(*best_posts(worded, RETRIEVED_POSTS)),
        }
        guess = self._guess(found, near)
        values = np.empty((self.n_creators, len(SIGNALS)), dtype=np.float32)
        for name, result in pooled.items():
            values[:, SIGNALS.index(name)] = result.values
        for channel in HASHED_CHANNELS:
            scores = self.hashed[channel].postings.scores(query.hashed[channel])
            values[:, SIGNALS.index(f"{channel}_creator")] = scores / _evidence_scale(scores)
        values[:, SIGNALS.index("hashtags_creator")] = self.hashtags.scores(guess)
        values[:, SIGNALS.index(ACTIVITY)] = self.activity
        return Signals(values, pooled, guess)

    def _guess(self, worded: tuple[Rows, Floats], near: tuple[Rows, Floats]) -> Guess:
        """The hashtags of the posts most like a text: by words, the best counting one, and by meaning."""
        rows, scores = worded
        best = np.lexsort((rows, -scores))[:_ALIKE]
        by_word = scores[best] / max(float(scores.max(initial=0.0)), 1e-12)
        by_meaning = np.maximum(near[1][:_ALIKE], 0.0)
        posts, place = np.unique(np.concatenate((rows[best], near[0][:_ALIKE])), return_inverse=True)
        weights = np.bincount(place, np.concatenate((by_word, by_meaning)), minlength=len(posts)).astype(np.float32)
        kept = weights > 0
        return self.hashtags.guess(posts[kept], weights[kept], self.owners[posts[kept]])

    def _pool_words(self, rows: Rows, found: Floats) -> Pooled:
        pooled = mean_of_best(rows, found, self.owners[rows], self.n_creators, BEST_POSTS, floor=0.0)
        scale = 1.0 / _evidence_scale(pooled.values)
        return Pooled(pooled.values * scale, pooled.posts, pooled.owners, pooled.gains * scale)

    def _pool_meaning(self, rows: Rows, found: Floats) -> Pooled:
        faded = np.maximum(found, 0.0) * self.post_fade[rows] * _DENSE_SCALE
        floor = float(faded.min(initial=np.inf)) if len(rows) == RETRIEVED_POSTS else 0.0
        return mean_of_best(rows, faded, self.owners[rows], self.n_creators, BEST_POSTS, floor)


def _evidence_scale(scores: Floats) -> np.float32:
    """Root of the best score: long briefs earn higher sums, and evidence grows slower than its sum."""
    return np.float32(np.sqrt(scores.max(initial=0.0) + 1.0))


def build_index(
    posts: IndexedPosts, n_creators: int, tokeniser: Tokeniser, learned: Taught = _NOTHING_LEARNED
) -> CreatorIndex:
    """Index the posts of `n_creators` creators, some of whom may have none.

    `tokeniser` reads queries the same way; `learned` says how much some terms count.
    """
    owners, words = posts.owners, posts.words
    vocabulary = build_vocabulary(words, min_count=1, min_pair_count=_LEAST_PAIR_COUNT)
    bags = vocabulary.rows(words.ids, words.offsets, words.vocabulary, max_words=1 << 30)
    documents = np.repeat(np.arange(len(owners)), np.diff(bags.offsets))
    hashed, wording_posts = _surfaces(posts, n_creators)
    return CreatorIndex(
        tokeniser=tokeniser,
        vocabulary=vocabulary,
        posts=LexicalIndex.build(bags.rows, documents, len(vocabulary), len(owners)),
        hashed=hashed | {"pieces": _pieces(words, owners, n_creators)},
        wording_posts=wording_posts,
        hashtags=HashtagIndex.build(posts.hashtags, posts.tags, posts.tagged, owners, n_creators),
        vectors=VectorIndex.build(posts.vectors, np.arange(len(owners), dtype=np.int64)),
        creator_vectors=_creator_vectors(posts, n_creators),
        owners=owners,
        post_fade=np.exp(-posts.ages / POST_FADE_DAYS).astype(np.float32),
        activity=np.log1p(np.bincount(owners[posts.ages < _RECENT_DAYS], minlength=n_creators)).astype(np.float32),
        learned=TermShares.of(learned, vocabulary),
        restorer=Restorer.of(vocabulary, _beside(posts, n_creators, vocabulary)),
    )


def _beside(posts: IndexedPosts, n_creators: int, vocabulary: Vocabulary) -> Beside:
    """Neighbours in posts and in what was read aside, of which each text counts as somebody's own."""
    strangers = sum(len(batch.offsets) - 1 for batch in posts.aside)
    owners = np.concatenate((posts.owners, n_creators + np.arange(strangers)))
    return Beside.count(joined([posts.words, *posts.aside]), owners, vocabulary)


def _surfaces(posts: IndexedPosts, n_creators: int) -> tuple[dict[str, HashedIndex], LexicalIndex]:
    """Wording and shape over creators, and wording over posts."""
    surfaces, owners = posts.surfaces, posts.owners
    by_post = np.repeat(np.arange(len(owners)), np.diff(surfaces.wording_offsets))
    keys, rows = keys_of(surfaces.wording)
    wording = HashedIndex(keys, postings_of(rows, owners[by_post], len(keys), n_creators))
    shape = HashedIndex.build(surfaces.shape, np.repeat(owners, np.diff(surfaces.shape_offsets)), n_creators)
    return {"wording": wording, "shape": shape}, postings_of(rows, by_post, len(keys), len(owners))


def _pieces(batch: TokenBatch, owners: Rows, n_creators: int) -> HashedIndex:
    occurring = np.bincount(batch.ids, minlength=len(batch.vocabulary)).tolist()
    by_word = [word_pieces(word) if many else () for word, many in zip(batch.vocabulary, occurring, strict=True)]
    keys, rows = keys_of(np.fromiter(chain.from_iterable(by_word), dtype=np.uint32))
    ends = np.cumsum([0, *map(len, by_word)])
    starts, counts = ends[:-1][batch.ids], np.diff(ends)[batch.ids]
    speakers = np.repeat(np.repeat(owners, np.diff(batch.offsets)), counts)
    return HashedIndex(keys, postings_of(rows[stretches(starts, counts)], speakers, len(keys), n_creators))


def _creator_vectors(posts: IndexedPosts, n_creators: int) -> Floats:
    fade = np.exp(-posts.ages / _CREATOR_FADE_DAYS).astype(np.float32)
    sums = np.zeros((n_creators, posts.vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, posts.owners, posts.vectors * fade[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    result: Floats = sums / np.maximum(lengths, 1e-12)
    return result
