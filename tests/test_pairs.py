"""The supervision hidden in a catalogue: each kind of pair joins only texts that do belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from features.vocabulary import Bags
from training.pairs import Corpus, Pairs, Spans, epoch_pairs

Rows = npt.NDArray[np.int64]

N_POSTS = 6
OWNERS = (0, 0, 0, 1, 1, 2)
SHORT, LONG = 3, 40  # features of a text: one of LONG is long enough to be halved
# Features say where they stand: 1000 is captions, 2000 hashtags, 3000 both, 4000 speech, and 100 more per post.
CAPTION, TAG, FULL, SPEECH = 1000, 2000, 3000, 4000


def spans(base: int, lengths: Sequence[int]) -> Spans:
    """Texts whose features tell where they stand: `base + 100 * post + position`."""
    rows = [base + 100 * post + i for post, length in enumerate(lengths) for i in range(length)]
    return Spans.whole(Bags(np.array(rows, dtype=np.int64), np.cumsum([0, *lengths]).astype(np.int64)))


def world(
    captions: Sequence[int] = (SHORT,) * N_POSTS,
    tags: Sequence[int] = (0,) * N_POSTS,
    transcripts: Sequence[int] = (0,) * N_POSTS,
    owners: Sequence[int] = OWNERS,
    uses: Sequence[tuple[int, int]] = (),
    extra: tuple[Spans, Spans] | None = None,
) -> Corpus:
    """A catalogue by the lengths of its texts; `uses` are (hashtag, post)."""
    of_tags = np.array(uses, dtype=np.int64).reshape(-1, 2)
    return Corpus(
        captions=spans(CAPTION, captions),
        tags=spans(TAG, tags),
        full=spans(FULL, [a + b for a, b in zip(captions, tags, strict=True)]),
        transcripts=spans(SPEECH, transcripts),
        owners=np.array(owners, dtype=np.int64),
        tag_ids=of_tags[:, 0],
        tag_posts=of_tags[:, 1],
        extra=extra,
    )


def drawn(corpus: Corpus, seed: int = 0) -> list[Pairs]:
    return epoch_pairs(corpus, np.random.default_rng(seed))


def first_features(texts: Spans, chosen: Rows) -> Rows:
    """The first feature of each text, which says which kind of text of which post it is."""
    rows, offsets = texts.take(chosen)
    found: Rows = rows[offsets[:-1]]
    return found


def sides(pairs: Pairs) -> list[tuple[int, int, int, int]]:
    """Each pair as (kind, post, kind, post)."""
    left, right = first_features(pairs.left, pairs.left_texts), first_features(pairs.right, pairs.right_texts)
    both = zip(left.tolist(), right.tolist(), strict=True)
    return [(a // 1000 * 1000, a % 1000 // 100, b // 1000 * 1000, b % 1000 // 100) for a, b in both]


def all_sides(corpus: Corpus, seed: int = 0) -> list[tuple[int, int, int, int]]:
    return [side for pairs in drawn(corpus, seed) for side in sides(pairs)]


def test_spans_give_the_features_of_the_texts_chosen_in_the_order_asked() -> None:
    texts = spans(0, [2, 0, 3])
    rows, offsets = texts.take(np.array([2, 1, 0, 2]))
    assert rows.tolist() == [200, 201, 202, 0, 1, 200, 201, 202]
    assert offsets.tolist() == [0, 3, 3, 5, 8]
    assert texts.lengths.tolist() == [2, 0, 3]


def test_no_texts_chosen_are_no_features() -> None:
    rows, offsets = spans(0, [2]).take(np.empty(0, dtype=np.int64))
    assert (rows.tolist(), offsets.tolist()) == ([], [0])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.data())
def test_taking_texts_together_is_taking_each_alone(lengths: list[int], data: st.DataObject) -> None:
    texts = spans(0, lengths)
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=8))
    rows, offsets = texts.take(np.array(chosen, dtype=np.int64))
    parts = [rows[a:b].tolist() for a, b in pairwise(offsets)]
    assert parts == [[100 * text + i for i in range(lengths[text])] for text in chosen]


def test_a_caption_meets_another_post_of_its_creator_and_never_itself() -> None:
    (pairs,) = drawn(world())
    assert len(pairs) > 0
    for seed in range(20):
        for kind, post, other_kind, other in all_sides(world(), seed):
            assert (kind, other_kind) == (CAPTION, FULL)
            assert OWNERS[post] == OWNERS[other]
            assert post != other


def test_every_other_post_of_the_creator_gets_its_turn() -> None:
    met = {(post, other) for seed in range(60) for _, post, _, other in all_sides(world(), seed)}
    assert met == {(a, b) for a in range(N_POSTS) for b in range(N_POSTS) if a != b and OWNERS[a] == OWNERS[b]}


def test_posts_of_one_creator_are_not_held_against_each_other() -> None:
    (pairs,) = drawn(world())
    assert pairs.groups.tolist() == [OWNERS[post] for _, post, _, _ in sides(pairs)]


def test_a_post_without_a_caption_asks_nothing_and_one_without_any_text_answers_nothing() -> None:
    corpus = world(captions=(SHORT, 0, 0, SHORT, SHORT, SHORT), tags=(0, 2, 0, 0, 0, 0))
    met = {
        (post, other)
        for seed in range(40)
        for kind, post, other_kind, other in all_sides(corpus, seed)
        if (kind, other_kind) == (CAPTION, FULL)
    }
    assert met == {(0, 1), (3, 4), (4, 3)}


def test_a_caption_meets_its_own_hashtags_and_its_own_transcript() -> None:
    corpus = world(owners=range(N_POSTS), tags=(1, 0, 2, 0, 0, 1), transcripts=(0, 2, 2, 0, 0, 0))
    assert sorted(all_sides(corpus)) == [
        (CAPTION, 0, TAG, 0),
        (CAPTION, 1, SPEECH, 1),
        (CAPTION, 2, TAG, 2),
        (CAPTION, 2, SPEECH, 2),
        (CAPTION, 5, TAG, 5),
    ]


def test_under_one_hashtag_captions_of_two_creators_meet() -> None:
    uses = [(0, post) for post in range(N_POSTS)]
    alone = world(owners=OWNERS, uses=uses)
    shared = [
        (post, other)
        for seed in range(40)
        for kind, post, other_kind, other in all_sides(alone, seed)
        if (kind, other_kind) == (CAPTION, CAPTION)
    ]
    assert shared
    assert all(OWNERS[a] != OWNERS[b] for a, b in shared)
    assert {frozenset(pair) for pair in shared} == {
        frozenset((a, b)) for a in range(N_POSTS) for b in range(a) if OWNERS[a] != OWNERS[b]
    }


def test_posts_under_different_hashtags_do_not_meet() -> None:
    corpus = world(owners=range(N_POSTS), uses=[(0, 0), (0, 3), (1, 1), (1, 4), (2, 5)])
    met = {frozenset((a, b)) for seed in range(20) for _, a, _, b in all_sides(corpus, seed)}
    assert met == {frozenset((0, 3)), frozenset((1, 4))}


def test_a_hashtag_on_very_many_posts_says_too_little() -> None:
    n = 201
    one = (1,) * n
    corpus = world(one, (0,) * n, (0,) * n, range(n), [(0, post) for post in range(n)])
    assert drawn(corpus) == []
    assert len(drawn(world(one, (0,) * n, (0,) * n, range(n), [(0, post) for post in range(n - 1)]))) == 1


def test_the_two_halves_are_of_one_text_and_make_it_whole() -> None:
    corpus = world(captions=(LONG, SHORT, LONG, SHORT, 24, 23), owners=range(N_POSTS))
    (pairs,) = drawn(corpus)
    first, first_ends = pairs.left.take(pairs.left_texts)
    second, second_ends = pairs.right.take(pairs.right_texts)
    halved = [
        (first[first_ends[i] : first_ends[i + 1]].tolist(), second[second_ends[i] : second_ends[i + 1]].tolist())
        for i in range(len(pairs))
    ]
    assert [a + b for a, b in halved] == [
        [CAPTION + 100 * post + i for i in range(length)] for post, length in ((0, LONG), (2, LONG), (4, 24))
    ]
    assert all(min(len(a), len(b)) >= 0.29 * (len(a) + len(b)) for a, b in halved)


def test_pairs_from_elsewhere_are_joined_row_by_row_and_a_lonely_text_only_with_itself() -> None:
    extra = (spans(5000, [2, 0, 2]), spans(6000, [2, LONG, 0]))
    found = all_sides(world(captions=(0,) * N_POSTS, extra=extra))
    assert sorted(found) == [(5000, 0, 6000, 0), (6000, 1, 6000, 1)]


def test_an_empty_catalogue_has_no_pairs() -> None:
    assert drawn(world((), (), (), ())) == []


def test_one_seed_gives_one_draw_and_another_seed_another() -> None:
    corpus = world(captions=(LONG,) * N_POSTS, uses=[(0, post) for post in range(N_POSTS)])
    assert all_sides(corpus, 7) == all_sides(corpus, 7)
    assert len({tuple(all_sides(corpus, seed)) for seed in range(10)}) > 1


def test_batches_hold_every_pair_once_and_keep_its_two_sides_and_its_group_together() -> None:
    (pairs,) = drawn(world())
    batches = list(pairs.batches(2, np.random.default_rng(1)))
    assert [len(batch) for batch in batches] == [2] * (len(pairs) // 2) + [1] * (len(pairs) % 2)
    assert sorted(side for batch in batches for side in sides(batch)) == sorted(sides(pairs))
    assert all(batch.groups.tolist() == [OWNERS[post] for _, post, _, _ in sides(batch)] for batch in batches)
