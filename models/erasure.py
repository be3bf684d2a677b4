"""A person taken out of a trained model: rows blanked, posts unindexed, words that only they used forgotten.

Rows keep their numbers, so that what the model says of everybody else stays what it was: another creator's score moves
only where it was measured against the erased one's. What the posts of many taught together (weights, vectors of shared
words, effects of a platform) stays until the next training, which no longer sees the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.encoder import Encoder
from features.hashtags import HashtagSplitter
from features.static_encoder import StaticEncoder
from features.text import Tokeniser
from features.vocabulary import Vocabulary
from models.audience import AudiencePosterior
from models.bundle import Contents
from models.creator_index import CreatorIndex
from models.forecast import ViewsForecast
from models.hashed import HashedIndex
from models.hashtags import HashtagIndex
from models.lexical import LexicalIndex
from models.lift import TopicLift, pair_codes, word_codes
from models.restoring import Beside, Restorer
from models.terms import TermShares

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ERASED: Final = "erased"  # why a creator is not listed, and what stands before the row number in place of an id
_ZERO: Final = ("n_posts", "recent_posts")


@dataclass(frozen=True, slots=True)
class _Gone:
    """Rows of the people who go, and of their posts."""

    creators: Rows
    posts: Rows


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """Words and neighbouring words, without diacritics, that stand in nobody else's posts; `words` also as written."""

    words: frozenset[str]
    plain: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def without_creators(contents: Contents, creator_ids: Collection[str], said: Collection[str] = ()) -> Contents:
    """The same model without these people; ids that it does not know change nothing.

    `said` are further words that only they said, which the index cannot tell: the encoder read transcripts too.
    """
    theirs = contents.creators["creator_id"].is_in(list(creator_ids))
    gone = _Gone(theirs.arg_true().to_numpy().astype(np.int64), np.empty(0, np.int64))
    gone = replace(gone, posts=np.flatnonzero(np.isin(contents.index.owners, gone.creators)))
    index, forgotten = _index(contents.index, gone, said)
    return Contents(
        creators=_blank(contents.creators, gone.creators, excluded=ERASED, **dict.fromkeys(_ZERO, 0)),
        accounts=contents.accounts.filter(~pl.col("creator_id").is_in(list(creator_ids))),
        posts=_blank(contents.posts, gone.posts),
        briefs=contents.briefs,
        index=index,
        brief_vectors=contents.brief_vectors,
        weights=contents.weights,
        encoder=_encoder(contents.encoder, index.tokeniser, forgotten),
        forecast=_forecast(contents.forecast, gone, forgotten),
        audience=_audience(contents.audience, gone.creators),
        attention=contents.attention.filter(~pl.col("creator").is_in(gone.creators.tolist())),
        preferences=contents.preferences,
    )


def _blank(table: pl.DataFrame, rows: Rows, **kept: Any) -> pl.DataFrame:  # noqa: ANN401  # what a column holds
    """The table with nothing in some of its rows but a name for the row and what is given in `kept`."""
    place = pl.int_range(pl.len())
    named = pl.lit(f"{ERASED}/") + place.cast(pl.String)
    ids = {name: named for name in ("creator_id", "post_id") if name in table.columns}
    said = {name: pl.lit(value) for name, value in kept.items()} | ids
    here = place.is_in(rows.tolist())
    cells = [
        pl.when(here).then(said.get(name, pl.lit(None))).otherwise(pl.col(name)).cast(kind).alias(name)
        for name, kind in table.schema.items()
    ]
    return table.with_columns(cells)


def _index(index: CreatorIndex, gone: _Gone, said: Collection[str]) -> tuple[CreatorIndex, _Forgotten]:
    posts = _unposted(index.posts, gone.posts)
    vocabulary, kept, forgotten = _vocabulary(index.vocabulary, posts)
    unsaid = frozenset(said) - {*vocabulary.words, *vocabulary.plain}
    forgotten = replace(forgotten, words=forgotten.words | unsaid, plain=forgotten.plain | unsaid)
    wording, wording_posts = _wording(index.hashed["wording"], index.wording_posts, gone)
    hashed = {name: _hashed(one, gone.creators) for name, one in index.hashed.items() if name != "wording"}
    changed = replace(
        index,
        tokeniser=_tokeniser(index.tokeniser, forgotten),
        vocabulary=vocabulary,
        posts=_of_terms(posts, kept),
        hashed={name: wording if name == "wording" else hashed[name] for name in index.hashed},
        wording_posts=wording_posts,
        hashtags=_hashtags(index.hashtags, gone),
        vectors=index.vectors.without(gone.posts.tolist()),
        creator_vectors=_zeroed(index.creator_vectors, gone.creators),
        post_fade=_zeroed(index.post_fade, gone.posts),
        activity=_zeroed(index.activity, gone.creators),
        learned=_shares(index.learned, kept),
        restorer=Restorer.of(vocabulary, _beside(index, vocabulary, kept)),
    )
    return changed, forgotten


def _zeroed(values: npt.NDArray[np.float32], rows: Rows) -> npt.NDArray[np.float32]:
    changed = values.copy()
    changed[rows] = 0.0
    return changed


def _unposted(index: LexicalIndex, documents: Rows) -> LexicalIndex:
    """The index in which some documents hold no term; what the others score stays, bit for bit."""
    kept = ~np.isin(index.documents, documents)
    ends = np.concatenate(([0], np.cumsum(kept)))
    return LexicalIndex(ends[index.starts], index.documents[kept], index.impacts[kept], index.n_documents)


def _of_terms(index: LexicalIndex, kept: Mask) -> LexicalIndex:
    """The index of some of its terms; the others must have no postings."""
    starts = np.append(index.starts[:-1][kept], index.starts[-1])
    return LexicalIndex(starts, index.documents, index.impacts, index.n_documents)


def _in_use(index: LexicalIndex) -> Mask:
    used: Mask = np.diff(index.starts) > 0
    return used


def _vocabulary(vocabulary: Vocabulary, posts: LexicalIndex) -> tuple[Vocabulary, Mask, _Forgotten]:
    """The vocabulary of the words that are still in use, which of its rows they were, and what was forgotten."""
    kept = _in_use(posts)
    n_words, n_plain = len(vocabulary.words), len(vocabulary.plain)
    word, plain, pair = np.split(kept, [n_words, n_words + n_plain])
    first, second = np.divmod(vocabulary.pair_keys, max(n_plain, 1))
    row = np.cumsum(plain) - 1
    keys = row[first[pair]] * int(plain.sum()) + row[second[pair]]
    names = np.array(vocabulary.plain, dtype=object)
    pairs = zip(names[first[~pair]].tolist(), names[second[~pair]].tolist(), strict=True)
    words, bare = _split(vocabulary.words, word), _split(vocabulary.plain, plain)
    forgotten = _Forgotten(frozenset(words[1] + bare[1]) - {*words[0], *bare[0]}, frozenset(bare[1]), frozenset(pairs))
    return Vocabulary(words[0], bare[0], keys), kept, forgotten


def _shares(shares: TermShares, kept: Mask) -> TermShares:
    """Learned shares under the rows that their terms have now."""
    stays, tied = kept[shares.rows], kept[shares.asked] & kept[shares.kin]
    row = np.cumsum(kept) - 1
    ties = (row[shares.asked[tied]], row[shares.kin[tied]], shares.worth[tied])
    return TermShares(row[shares.rows[stays]], shares.shares[stays], *ties)


def _beside(index: CreatorIndex, vocabulary: Vocabulary, kept: Mask) -> Beside:
    """Neighbouring words that still stand side by side in some post, under the rows that they have now."""
    old, beside, row = index.vocabulary, index.restorer.beside, np.cumsum(kept) - 1
    n_words, n_plain = len(old.words), len(old.plain)
    plain = np.array([old.plain_rows[old.plain_form(word)] for word in old.words], dtype=np.int64)
    first, second = np.divmod(beside.keys, max(n_words, 1))
    lost = old.pair_keys[~kept[n_words + n_plain :]]
    stays = kept[first] & kept[second] & ~np.isin(plain[first] * n_plain + plain[second], lost)
    keys = row[first[stays]] * len(vocabulary.words) + row[second[stays]]
    return Beside(keys, beside.times[stays])


def _split(names: tuple[str, ...], kept: Mask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that are kept, and the others."""
    told = list(zip(names, kept.tolist(), strict=True))
    return tuple(name for name, stays in told if stays), tuple(name for name, stays in told if not stays)


def _hashed(index: HashedIndex, documents: Rows) -> HashedIndex:
    postings = _unposted(index.postings, documents)
    kept = _in_use(postings)
    return HashedIndex(index.keys[kept], _of_terms(postings, kept))


def _wording(creators: HashedIndex, posts: LexicalIndex, gone: _Gone) -> tuple[HashedIndex, LexicalIndex]:
    """Wording over creators and over posts, which share their rows."""
    by_creator, by_post = _unposted(creators.postings, gone.creators), _unposted(posts, gone.posts)
    kept = _in_use(by_creator) | _in_use(by_post)
    return HashedIndex(creators.keys[kept], _of_terms(by_creator, kept)), _of_terms(by_post, kept)


def _hashtags(index: HashtagIndex, gone: _Gone) -> HashtagIndex:
    by_post = np.repeat(np.arange(len(index.starts) - 1), np.diff(index.starts))
    stays = ~np.isin(by_post, gone.posts)
    kept = np.bincount(index.tags[stays], minlength=len(index.names)) > 0
    row = np.cumsum(kept) - 1
    ends = np.concatenate(([0], np.cumsum(stays)))
    return HashtagIndex(
        names=_split(index.names, kept)[0],
        starts=ends[index.starts],
        tags=row[index.tags[stays]],
        users=_of_terms(_unposted(index.users, gone.creators), kept),
    )


def _tokeniser(tokeniser: Tokeniser, forgotten: _Forgotten) -> Tokeniser:
    """The tokeniser whose hashtag splitter never read the forgotten words, but for those it was born with."""
    counts = tokeniser.splitter.to_dict()
    known = HashtagSplitter.default().counts
    unknown = {word for word in forgotten.plain if word not in known}
    words = {word: count for word, count in counts["words"].items() if word not in unknown}
    pairs = {first: _after(first, seconds, unknown, forgotten) for first, seconds in counts["pairs"].items()}
    told = {first: seconds for first, seconds in pairs.items() if seconds}
    return Tokeniser(HashtagSplitter.from_dict({"words": words, "pairs": told}))


def _after(first: str, seconds: Mapping[str, int], unknown: set[str], forgotten: _Forgotten) -> dict[str, int]:
    if first in unknown:
        return {}
    return {
        second: count
        for second, count in seconds.items()
        if second not in unknown and (first, second) not in forgotten.pairs
    }


def _encoder(encoder: Encoder, tokeniser: Tokeniser, forgotten: _Forgotten) -> Encoder:
    """A static encoder without the rows of forgotten words; any other has no words of its own."""
    if not isinstance(encoder, StaticEncoder):
        return encoder
    kept = np.array([word not in forgotten.words for word in encoder.words], dtype=bool)
    words, _ = _split(encoder.words, kept)
    vectors = encoder.vectors[np.concatenate(([True], kept))]
    return StaticEncoder(tokeniser, words, np.ascontiguousarray(vectors), encoder.max_words)


def _forecast(forecast: ViewsForecast, gone: _Gone, forgotten: _Forgotten) -> ViewsForecast:
    rows = forecast.rows.filter(~pl.col("creator").is_in(gone.creators.tolist()))
    return replace(forecast, rows=rows, lift=_lift(forecast.lift, gone.posts, forgotten))


def _lift(lift: TopicLift, posts: Rows, forgotten: _Forgotten) -> TopicLift:
    away = lift.away.copy()
    away[posts] = np.nan
    pairs = [pair_codes(word_codes(pair)) for pair in sorted(forgotten.pairs)]
    codes = np.concatenate([word_codes(sorted(forgotten.plain)), *pairs])
    kept = ~np.isin(lift.keys, codes)
    return replace(lift, keys=lift.keys[kept], weights=lift.weights[kept], away=away)


def _audience(audience: AudiencePosterior, creators: Rows) -> AudiencePosterior:
    frame = audience.to_frame().with_row_index("old")
    kept = frame.filter(~pl.col("creators").is_in(creators.tolist())).with_row_index("new")
    rows = kept.select(pl.col("old").cast(pl.Int64).alias("presence"), pl.col("new").cast(pl.Int64))
    told = audience.told.join(rows, on="presence", how="inner", maintain_order="left")
    told = told.with_columns(presence="new").select(audience.told.columns)
    return AudiencePosterior.from_frame(kept.drop("old", "new"), told, audience.notes)
