"""From a catalogue's texts to a trained static encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.documents import SPOKEN_LETTERS, caption_texts, post_texts, tag_lists, tag_texts
from features.ragged import rows_of
from features.static_encoder import StaticEncoder, Vectors
from features.surface import Surfaces, read_surfaces
from features.text import TokenBatch, Tokeniser, joined
from features.vocabulary import Bags, Vocabulary, build_vocabulary
from kolmatch.settings import EncoderSettings
from training.contrastive import Progress, train_vectors
from training.pairs import Corpus, Spans
from training.tables import Tables

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a catalogue, cut once and used for every model made from it.

    Attributes:
        tokeniser: what cut them.
        captions, tags, transcripts: words per post.
        full: caption and hashtags, what a post is indexed by.
        surfaces: how captions were typed.
        tag_names: hashtags, lower case; `tag_ids`, `tag_posts` (n_uses,) say which stands on which post.
        extra: both sides of the pairs given from elsewhere, or None.
    """

    tokeniser: Tokeniser
    captions: TokenBatch
    tags: TokenBatch
    transcripts: TokenBatch
    full: TokenBatch
    surfaces: Surfaces
    tag_names: Sequence[str]
    tag_ids: Rows
    tag_posts: Rows
    extra: tuple[TokenBatch, TokenBatch] | None


def read_words(tables: Tables, tokeniser: Tokeniser, extra: Sequence[tuple[str, str]]) -> Reading:
    """Cut all texts of a catalogue into words."""
    captions, tags = caption_texts(tables.posts), tag_texts(tables.posts)
    spoken = [(text or "")[:SPOKEN_LETTERS] for text in tables.transcripts]
    sides = (tokeniser.batch([a for a, _ in extra]), tokeniser.batch([b for _, b in extra])) if extra else None
    tag_names, tag_ids, tag_posts = _tag_uses(tag_lists(tables.posts))
    return Reading(
        tokeniser=tokeniser,
        captions=tokeniser.batch(captions),
        tags=tokeniser.batch(tags),
        transcripts=tokeniser.batch(spoken),
        full=tokeniser.batch(post_texts(tables.posts, tables.transcripts)),
        surfaces=read_surfaces(tables.posts["text"]),
        tag_names=tag_names,
        tag_ids=tag_ids,
        tag_posts=tag_posts,
        extra=sides,
    )


def select(batch: TokenBatch, texts: Rows) -> TokenBatch:
    """The words of some of the texts."""
    at, lengths = rows_of(batch.offsets, texts)
    return TokenBatch(batch.ids[at], np.concatenate(([0], np.cumsum(lengths))), batch.vocabulary)


def train_static(
    reading: Reading,
    posts: Rows,
    owners: Rows,
    settings: EncoderSettings,
    rng: np.random.Generator,
    progress: Progress,
) -> StaticEncoder:
    """Train on some of the posts (rows into the reading), whose creators are `owners`, and on the extra pairs."""
    views = [select(batch, posts) for batch in (reading.captions, reading.tags, reading.transcripts, reading.full)]
    everything = joined([views[3], views[2], *(reading.extra or ())])
    vocabulary = build_vocabulary(everything, min_count=settings.min_count, min_pair_count=None)
    bags = [_bags(vocabulary, view, settings) for view in views]
    extra = tuple(Spans.whole(_bags(vocabulary, side, settings)) for side in reading.extra) if reading.extra else None
    tag_ids, tag_posts = tags_among(reading, posts)
    corpus = Corpus(
        captions=Spans.whole(bags[0]),
        tags=Spans.whole(bags[1]),
        transcripts=Spans.whole(bags[2]),
        full=Spans.whole(bags[3]),
        owners=owners,
        tag_ids=tag_ids,
        tag_posts=tag_posts,
        extra=(extra[0], extra[1]) if extra else None,
    )
    idf = _rarity(_bags(vocabulary, everything, settings), len(vocabulary))
    rows = train_vectors(corpus, idf, vocabulary.first_plain, settings, rng, progress)
    words, vectors = folded(vocabulary, everything.vocabulary, rows)
    return StaticEncoder(reading.tokeniser, words, vectors, settings.max_words)


def folded(vocabulary: Vocabulary, seen: Sequence[str], rows: Vectors) -> tuple[tuple[str, ...], Vectors]:
    """One row for every word: that of the word as written plus that of its plain form; row 0 is for all others.

    Plain forms are words too, for texts typed without diacritics; so are rare words whose plain form is not rare.
    """
    words = tuple(sorted({word for word in (*seen, *vocabulary.plain) if vocabulary.knows(word)}))
    single = np.arange(len(words) + 1, dtype=np.int64)
    found = vocabulary.rows(single[:-1].astype(np.int32), single, words, max_words=1)
    vectors = np.zeros((len(words) + 1, rows.shape[1]), dtype=np.float32)
    np.add.at(vectors, np.repeat(single[1:], np.diff(found.offsets)), rows[found.rows])
    return words, vectors


def _bags(vocabulary: Vocabulary, batch: TokenBatch, settings: EncoderSettings) -> Bags:
    return vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, settings.max_words)


def _rarity(bags: Bags, n_features: int) -> npt.NDArray[np.float32]:
    """(n_features,) log(1 + texts / uses)."""
    uses = np.bincount(bags.rows, minlength=n_features)
    rarity: npt.NDArray[np.float32] = np.log1p((len(bags.offsets) - 1) / np.maximum(uses, 1)).astype(np.float32)
    return rarity


def _tag_uses(tags: Sequence[Sequence[str]]) -> tuple[list[str], Rows, Rows]:
    names: dict[str, int] = {}
    uses = [(names.setdefault(tag, len(names)), post) for post, found in enumerate(tags) for tag in found]
    both = np.array(uses, dtype=np.int64).reshape(-1, 2)
    return list(names), both[:, 0], both[:, 1]


def tags_among(reading: Reading, posts: Rows) -> tuple[Rows, Rows]:
    """(n_uses,) hashtag and (n_uses,) post: hashtag uses on the posts chosen, posts counted among those."""
    position = np.full(len(reading.full.offsets) - 1, -1, dtype=np.int64)
    position[posts] = np.arange(len(posts))
    kept = position[reading.tag_posts] >= 0
    return reading.tag_ids[kept], position[reading.tag_posts[kept]]
