"""Hashtags that a text would carry, and who uses them.

A text is held against posts, not against hashtags: the hashtags of the posts most like it are a guess at its own, and a
creator who uses those speaks of the same things, in whatever words. Hashtags that one creator alone uses say nothing of
a topic and are left out; however many posts like the text one creator has, a hashtag gets one vote from them; and who
used a hashtag in a single post does not count as its user, so that one stray post lifts nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.ragged import distinct, rows_of
from models.lexical import LexicalIndex

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

_GUESSED: Final = 30  # hashtags that a text is taken to carry at most
_LEAST_CREATORS: Final = 2
_LEAST_POSTS: Final = 2


@dataclass(frozen=True, slots=True)
class Guess:
    """Hashtags that a text would carry: (n,) rows and their shares of the vote, which sum to one."""

    tags: Rows
    shares: Floats


@dataclass(frozen=True, slots=True)
class HashtagIndex:
    """Hashtags by post and creators by hashtag.

    Attributes:
        names: hashtags that at least two creators use, lower case, without #.
        starts: (n_posts + 1,) where each post's hashtags start in `tags`.
        tags: (n_uses,) hashtag rows.
        users: BM25 of creators by hashtag, of those who used it in two posts at least.
    """

    names: tuple[str, ...]
    starts: Rows
    tags: Rows
    users: LexicalIndex

    @classmethod
    def build(cls, names: Sequence[str], tags: Rows, posts: Rows, owners: Rows, n_creators: int) -> HashtagIndex:
        """Index uses: `tags[i]` (a row of `names`) stands on `posts[i]`; `owners` are the posts' creators."""
        used = distinct(tags * n_creators + owners[posts])
        shared = np.bincount(used // n_creators, minlength=len(names)) >= _LEAST_CREATORS
        row = np.cumsum(shared) - 1
        kept = shared[tags]
        order = np.argsort(posts[kept], kind="stable")
        tags, posts = row[tags[kept]][order], posts[kept][order]
        return cls(
            names=tuple(name for name, many in zip(names, shared.tolist(), strict=True) if many),
            starts=np.searchsorted(posts, np.arange(len(owners) + 1)),
            tags=tags,
            users=_users(tags, owners[posts], int(shared.sum()), n_creators),
        )

    def guess(self, posts: Rows, weights: Floats, owners: Rows) -> Guess:
        """The hashtags of some posts, by what the posts weigh.

        Args:
            posts: (n,) distinct rows of posts like the text.
            weights: (n,) how like it each is.
            owners: (n,) their creators.
        """
        at, counts = rows_of(self.starts, posts)
        tags = self.tags[at]
        if not len(tags):
            return Guess(np.empty(0, np.int64), np.empty(0, np.float32))
        voters = tags * (int(owners.max()) + 1) + np.repeat(owners, counts)
        cast = np.repeat(weights, counts)
        order = np.lexsort((-cast, voters))
        first = np.ones(len(order), dtype=bool)
        first[1:] = np.diff(voters[order]) > 0
        votes = np.bincount(tags[order][first], weights=cast[order][first], minlength=len(self.names))
        best = np.argsort(-votes, kind="stable")[:_GUESSED]
        best = best[votes[best] > 0]
        return Guess(best, (votes[best] / max(votes[best].sum(), 1e-12)).astype(np.float32))

    def scores(self, guess: Guess) -> Floats:
        """(n_creators,) how much each creator uses the hashtags guessed."""
        return self.users.scores(guess.tags, guess.shares)

    def used(self, guess: Guess, creators: Rows, most: int) -> dict[int, tuple[str, ...]]:
        """For each of the creators those of the hashtags guessed that they use, what earns most first."""
        at, lengths = rows_of(self.users.starts, guess.tags)
        kept = np.isin(self.users.documents[at], creators)
        users = self.users.documents[at][kept].tolist()
        tags = np.repeat(guess.tags, lengths)[kept].tolist()
        gains = (self.users.impacts[at] * np.repeat(guess.shares, lengths))[kept].tolist()
        found: dict[int, list[str]] = {creator: [] for creator in creators.tolist()}
        for _, tag, user in sorted(zip((-gain for gain in gains), tags, users, strict=True)):
            found[user].append(self.names[tag])
        return {creator: tuple(names[:most]) for creator, names in found.items()}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The index without its names as named arrays, to be written."""
        users = {f"users.{name}": array for name, array in self.users.arrays().items()}
        return {"post_starts": self.starts, "tags": self.tags, **users}

    @classmethod
    def from_arrays(cls, names: Sequence[str], arrays: Mapping[str, npt.NDArray[Any]]) -> HashtagIndex:
        """The inverse of `arrays`."""
        users = {name.removeprefix("users."): array for name, array in arrays.items() if name.startswith("users.")}
        return cls(tuple(names), arrays["post_starts"], arrays["tags"], LexicalIndex.from_arrays(users))


def _users(tags: Rows, users: Rows, n_tags: int, n_creators: int) -> LexicalIndex:
    """BM25 of creators by hashtag over (n_uses,) uses, without hashtags that a creator used too rarely."""
    _, pair, uses = np.unique(tags * n_creators + users, return_inverse=True, return_counts=True)
    kept = uses[pair] >= _LEAST_POSTS
    return LexicalIndex.build(tags[kept], users[kept], n_tags, n_creators, shortest=1.0)
