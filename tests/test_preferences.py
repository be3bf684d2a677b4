"""Learning from staff: weights move only where choices say so plainly, and no place on a list is taken for a liking."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolmatch.cli.decisions import decided
from kolmatch.settings import Settings, TrainingSettings
from models.brief import Brief
from models.bundle import PREFERENCES_FILE, load_bundle
from models.bundle_files import read_manifest
from models.matcher import Matcher
from models.preferences import PRIOR, SUMMANDS, DecidedList, Preferences
from models.swap import swap
from serving.decisions.shown import decided_lists
from serving.store import schema
from serving.store.database import Store
from tests import small_world
from tests.api_world import client_of, key_of, own_store
from tests.conftest import no_progress
from tests.forecast_by_hand import row, row_of, with_forecasts
from training.pipeline import DECISIONS, train
from training.preferences import (
    FURTHEST,
    Learned,
    attention,
    digest,
    fit,
    fitted,
    in_use_of,
    learn,
    pairs_of,
    telling_lists,
)

FIT_WEIGHT: Final = 1.5
IN_USE: Final = np.array([1.0, 1.0, 1.0, FIT_WEIGHT])
SPREAD: Final = np.array([1.2, 0.5, 0.2, 1.1])  # of the summands, about as on real lists
BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)
SHOWN: Final = 20


def choices(
    seed: int, n: int, truth: npt.NDArray[np.float64], steep: float = 0.0, closely: float = 2.0
) -> list[DecidedList]:
    """Lists in the order in use; officials look at a place with chance place^-steep, and have weights of their own."""
    rng = np.random.default_rng(seed)
    lists = []
    for number in range(n):
        parts = rng.normal(0.0, SPREAD, (SHOWN, len(SUMMANDS)))
        parts = parts[np.argsort(-(parts @ IN_USE))]
        liking = closely * (parts @ truth)
        places = np.arange(1, SHOWN + 1)
        takes = rng.random(SHOWN) < 1.0 / (1.0 + np.exp(np.sort(liking)[-5] - liking))
        chosen = takes & (rng.random(SHOWN) < places ** -float(steep))
        lists.append(DecidedList(f"b{number}", BEGIN + timedelta(days=number), False, parts, places, chosen))
    return lists


def learned(lists: list[DecidedList], least: int = 40) -> Learned:
    return learn(lists, FIT_WEIGHT, least, np.random.default_rng(3))


FIT_TWICE: Final = np.array([1.0, 1.0, 1.0, 2 * FIT_WEIGHT])


# What is learned


def test_staff_who_want_fit_more_get_it() -> None:
    found = learned(choices(1, 120, FIT_TWICE))
    assert found.gain is not None
    assert found.gain.low > 0
    assert 1.4 < found.preferences.fit < 2.8
    assert 0.5 < found.preferences.audience < 2.0
    assert found.preferences.briefs == found.briefs > 100
    assert found.metrics()["staff's choices: weight of fit"] == found.preferences.fit


def test_staff_who_follow_the_list_change_nothing() -> None:
    found = learned(choices(2, 120, IN_USE))
    assert found.preferences == PRIOR
    assert found.metrics()["staff's choices: used"] == 0.0


def test_choices_at_random_change_nothing() -> None:
    found = learned(choices(3, 120, np.zeros(4)))
    assert found.preferences == PRIOR
    assert found.gain is not None
    assert found.gain.low <= 0


@pytest.mark.parametrize("n", [0, 1, 39])
def test_too_few_briefs_change_nothing(n: int) -> None:
    found = learned(choices(4, n, FIT_TWICE))
    assert found.preferences == PRIOR
    assert found.gain is None
    assert bool(found.metrics()) == bool(n)


def test_lists_of_one_brief_are_one_witness() -> None:
    lists = [replace(one, brief_id=f"b{number % 10}") for number, one in enumerate(choices(1, 120, FIT_TWICE))]
    assert learned(lists).gain is None
    assert pairs_of(telling_lists(lists), FIT_WEIGHT).shares.sum() == pytest.approx(10)


def test_a_list_of_which_all_or_none_were_chosen_says_nothing() -> None:
    everyone, no_one = (replace(choices(1, 1, IN_USE)[0], chosen=np.full(SHOWN, all_)) for all_ in (True, False))
    assert telling_lists([everyone, no_one]) == []


def test_the_order_in_which_lists_are_handed_over_says_nothing() -> None:
    lists = choices(5, 60, FIT_TWICE)
    assert learned(lists) == learned(lists[::-1])
    assert digest(lists) == digest(lists[::-1])
    assert digest(lists) != digest(lists[1:])


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_a_weight_never_leaves_the_one_in_use_by_far_nor_turns_round(seed: int) -> None:
    odd = choices(seed, 8, np.array([-1.0, -3.0, 9.0, 0.0]), closely=9.0)
    weights = fitted(telling_lists(odd), FIT_WEIGHT)
    assert (weights > 0).all()
    assert weights.max() / weights.min() <= FURTHEST**2 * (1 + 1e-9)


# What is shown higher is looked at more


@pytest.mark.parametrize("truth", [IN_USE, FIT_TWICE], ids=["as in use", "fit twice"])
@pytest.mark.parametrize("steep", [0.0, 0.5, 1.0])
def test_how_steeply_attention_falls_is_found(steep: float, truth: npt.NDArray[np.float64]) -> None:
    assert attention(telling_lists(choices(6, 400, truth, steep)), FIT_WEIGHT) == pytest.approx(steep, abs=0.2)


def test_a_place_is_not_taken_for_a_liking() -> None:
    """Officials who want fit twice, but look at the first places most, seem to want what the list is ordered by."""
    telling = telling_lists(choices(7, 400, FIT_TWICE, steep=1.0))
    corrected = fitted(telling, FIT_WEIGHT)
    as_if_all_were_seen = pairs_of(telling, FIT_WEIGHT)
    naive = fit(as_if_all_were_seen, in_use_of(as_if_all_were_seen))
    assert abs(corrected[3] / corrected[0] - 2.0) < abs(naive[3] / naive[0] - 2.0)
    assert 1.4 < corrected[3] / corrected[0] < 3.0


# Where the weights go


@pytest.fixture(scope="module")
def viewed(matcher: Matcher) -> Matcher:
    names = [name for name in small_world.LISTED if name != "trong"]
    rows = [
        row(row_of(matcher, n), 9.0 + 0.1 * i, platform="youtube" if n in small_world.ON_YOUTUBE else "tiktok")
        for i, n in enumerate(names)
    ]
    return with_forecasts(matcher, rows)


def preferring(matcher: Matcher, preferences: Preferences) -> Matcher:
    contents = replace(matcher._contents, preferences=preferences)
    return Matcher(matcher.manifest, contents, matcher._settings)


@pytest.mark.parametrize("by", ["impact", "expected"])
def test_summands_with_weights_still_add_up_to_what_orders_the_list(viewed: Matcher, by: str) -> None:
    taught = preferring(viewed, Preferences(audience=2.0, caution=0.5, fit=1.2, briefs=50))
    found = taught.shortlist(small_world.BRIEF, 9, by)
    values = dict(taught.rank([small_world.BRIEF], 9, by)[0])
    before = {entry.creator_id: entry for entry in viewed.shortlist(small_world.BRIEF, 9, by).entries}
    for entry in (entry for entry in found.entries if entry.impact):
        assert entry.value == pytest.approx(values[entry.creator_id])
        for part, was in zip(entry.impact, before[entry.creator_id].impact, strict=True):
            assert part.value / part.weight == pytest.approx(was.value / was.weight)
        weights = {part.name: part.weight for part in entry.impact}
        assert weights["audience"] == 2.0
        assert weights["fit"] == pytest.approx(1.2 * FIT_WEIGHT)
    assert [entry.value for entry in found.entries if entry.impact] == sorted(
        (entry.value for entry in found.entries if entry.impact), reverse=True
    )


def test_without_decisions_not_a_bit_of_a_list_changes(viewed: Matcher) -> None:
    assert viewed.shortlist(small_world.BRIEF, 9) == preferring(viewed, PRIOR).shortlist(small_world.BRIEF, 9)
    by_hand = viewed.shortlist(small_world.BRIEF, 9).entries[0]
    assert by_hand.reach is not None
    assert {part.weight for part in by_hand.impact if part.name != "fit"} == {1.0}


def test_a_share_that_counts_twice_need_grow_by_the_root_alone(viewed: Matcher) -> None:
    first, second = viewed.shortlist(small_world.BRIEF, 2).entries
    ahead = replace(
        first, impact=tuple(replace(p, value=0.0, weight=2.0) for p in first.impact if p.name == "audience")
    )
    behind = replace(second, impact=(replace(ahead.impact[0], value=-np.log(9.0)),))
    assert swap(behind, ahead).factor == pytest.approx(3.0)
    assert swap(behind, ahead).differences[0].factor == pytest.approx(3.0)


def test_a_model_made_with_decisions_holds_three_numbers_and_says_so(small_bundle: Path, tmp_path: Path) -> None:
    small_world.fill(tmp_path, small_world.tables())
    untaught = read_manifest(small_bundle)
    alike = [replace(one, synthetic=untaught.synthetic) for one in choices(1, 60, FIT_TWICE)]
    unlike = [replace(one, synthetic=not untaught.synthetic) for one in choices(2, 60, -IN_USE)]
    folder = train(tmp_path, small_world.SMALL, month="2026-11", decided=[*unlike, *alike], progress=no_progress)
    manifest, contents = load_bundle(folder)
    assert contents.preferences == learned(alike).preferences != PRIOR
    assert json.loads((folder / PREFERENCES_FILE).read_text()) == contents.preferences.to_dict()
    assert manifest.trained_on[DECISIONS] == digest(alike)
    assert manifest.metrics["staff's choices: used"] == 1.0
    assert not (small_bundle / PREFERENCES_FILE).exists()
    assert {n: h for n, h in manifest.files.items() if n != PREFERENCES_FILE} == untaught.files


def test_the_least_number_of_briefs_is_a_setting() -> None:
    assert Settings().training.least_decided_briefs == 40
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        TrainingSettings(least_decided_briefs=1)


# From the store


@pytest.fixture
def office(viewed: Matcher) -> tuple[Store, str, list[str]]:
    """A kept list and its creators, of whom the second was taken, the first rejected after being taken."""
    store = own_store()
    client, staff = client_of(lambda: viewed, store=store), key_of(store, "staff")
    asked = {"title": small_world.TITLE, "top": 9, "explain": False}
    made = client.post("/v1/shortlists", json=asked, headers=staff).json()
    people = [entry["creator_id"] for entry in made["entries"]]
    for creator, decision in ((people[0], "shortlisted"), (people[1], "invited"), (people[0], "rejected")):
        body = {
            "brief_id": made["brief_id"],
            "shortlist_id": made["shortlist_id"],
            "creator_id": creator,
            "decision": decision,
            "reason": "hợp nội dung",
            "decided_by": "Trần Thị Mẫu",
        }
        assert client.post("/v1/decisions", json=body, headers=staff).status_code == 201
    return store, made["brief_id"], people


def test_what_was_shown_where_and_who_was_taken_comes_from_the_kept_list(
    office: tuple[Store, str, list[str]], viewed: Matcher
) -> None:
    store, brief_id, people = office
    with store.reading() as session:
        (found,) = decided_lists(session)
    entries = [entry for entry in viewed.shortlist(Brief(small_world.TITLE), 9).entries if entry.impact]
    assert found.brief_id == brief_id
    assert found.places.tolist() == [entry.rank for entry in entries]
    assert found.chosen.tolist() == [entry.creator_id == people[1] for entry in entries]
    assert found.parts @ IN_USE == pytest.approx([entry.value for entry in entries])


def test_a_list_by_fit_alone_or_without_decisions_teaches_nothing(viewed: Matcher) -> None:
    store = own_store()
    client, staff = client_of(lambda: viewed, store=store), key_of(store, "staff")
    client.post("/v1/shortlists", json={"title": small_world.TITLE, "top": 9}, headers=staff)
    made = client.post("/v1/shortlists", json={"title": small_world.TITLE, "top": 9, "by": "fit"}, headers=staff).json()
    body = {
        "brief_id": made["brief_id"],
        "shortlist_id": made["shortlist_id"],
        "decision": "invited",
        "creator_id": made["entries"][0]["creator_id"],
        "reason": "x",
        "decided_by": "y",
    }
    assert client.post("/v1/decisions", json=body, headers=staff).status_code == 201
    with store.reading() as session:
        assert list(decided_lists(session)) == []


def test_without_a_store_there_are_no_decisions(tmp_path: Path) -> None:
    assert decided(tmp_path, Settings()) == ()
    store = Store.at(f"sqlite:///{tmp_path / 'store.sqlite3'}", busy_timeout_s=5)
    schema.upgrade(store)
    store.close()
    assert decided(tmp_path, Settings()) == ()
