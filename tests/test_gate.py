"""The gate, on made cases: what goes live, what is kept, and what a tie is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch.settings import GateSettings
from training.measures import Interval
from training.monthly.gate import (
    GoldenLine,
    Intake,
    Measured,
    Pair,
    Paired,
    Verdict,
    decide,
)

SETTINGS = GateSettings()
USUAL = Intake(rows=1000, rejected=3, posts=900, usual=1000.0, duplicates=0.02, missing=())


def pair(mean: float, spread: float = 0.01, asked: int = 300, champion: float = 0.5) -> Paired:
    return Paired(asked, champion, champion + mean, Interval(mean, mean - spread, mean + spread))


DRAW = Measured(
    relevance={"post MRR": pair(0.0), "tag nDCG@10": pair(0.002)},
    forecast=pair(0.001),
    coverage=Pair(0.8, 0.79),
    golden=(),
    exposure={"followers <10k": pair(0.0), "kind press": pair(-0.3)},
    guarded=frozenset({"followers <10k"}),
    seconds=Pair(0.02, 0.02),
    megabytes=Pair(100.0, 101.0),
    intake=USUAL,
)
BETTER = replace(DRAW, relevance={"post MRR": pair(0.03)})


def judged(measured: Measured, *, champion: bool = True) -> Verdict:
    return decide(measured, SETTINGS, champion=champion)


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if check.verdict in ("worse", "stops")]


def test_a_tie_keeps_the_champion_and_says_so() -> None:
    verdict = judged(DRAW)
    assert not verdict.promote
    assert failed(verdict) == []
    assert "a tie, the champion stays" in verdict.en
    assert "hòa" in verdict.vi


def test_one_better_and_none_worse_goes_live() -> None:
    assert judged(BETTER).promote
    assert judged(replace(DRAW, forecast=pair(-0.05))).promote  # less loss is better


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ({"relevance": {"post MRR": pair(0.03), "tag nDCG@10": pair(-0.015)}}, "relevance: tag nDCG@10"),  # surely less
        ({"relevance": {"post MRR": pair(0.03), "tag nDCG@10": pair(-0.03, 0.05)}}, "relevance: tag nDCG@10"),
        ({"forecast": pair(0.06, 0.1)}, "forecast: pinball"),
        ({"forecast": pair(0.02, 0.01)}, "forecast: pinball"),
        ({"coverage": Pair(0.8, 0.5)}, "forecast: interval 80"),
        ({"coverage": Pair(0.8, 0.99)}, "forecast: interval 80"),
        ({"exposure": {"followers <10k": pair(-0.15)}}, "exposure: followers <10k"),
        ({"seconds": Pair(0.02, 0.05)}, "speed"),
        ({"megabytes": Pair(100.0, 300.0)}, "size"),
        ({"intake": replace(USUAL, posts=10_000)}, "input: volume"),
        ({"intake": replace(USUAL, posts=100)}, "input: volume"),
        ({"intake": replace(USUAL, duplicates=0.6)}, "input: duplicates"),
        ({"intake": replace(USUAL, missing=("youtube",))}, "input: platforms"),
        ({"golden": [GoldenLine("b", "c", True, True, False)]}, "golden briefs"),
    ],
)
def test_one_thing_worse_keeps_the_champion_whatever_else_is_better(case: dict[str, object], name: str) -> None:
    verdict = judged(replace(BETTER, **case))  # type: ignore[arg-type]
    assert not verdict.promote
    assert failed(verdict) == [name]
    assert all(check.vi and check.en for check in verdict.checks)


@pytest.mark.parametrize(
    "case",
    [
        {"coverage": Pair(0.4, 0.5)},  # bad, but nearer to what is promised than the champion
        {"exposure": {"followers <10k": pair(-0.15, 0.2)}},  # chance could explain it
        {"golden": [GoldenLine("b", "c", True, False, False)]},  # the champion breaks it too
        {"golden": [GoldenLine("b", "c", False, False, True)]},
        {"intake": replace(USUAL, usual=None)},
    ],
)
def test_what_is_no_worse_than_the_champion_does_not_stop(case: dict[str, object]) -> None:
    assert judged(replace(BETTER, **case)).promote  # type: ignore[arg-type]


def test_too_few_questions_say_nothing() -> None:
    few = replace(DRAW, relevance={"post MRR": pair(0.3, asked=49)}, forecast=pair(0.9, asked=49))
    verdict = judged(few)
    assert not verdict.promote
    assert {check.verdict for check in verdict.checks[:2]} == {"unknown"}


def test_without_golden_lines_or_rows_nothing_is_said_of_them() -> None:
    quiet_month = replace(BETTER, golden=(), intake=replace(USUAL, rows=0, rejected=0))
    verdicts = {check.name: check.verdict for check in judged(quiet_month).checks}
    assert (verdicts["golden briefs"], verdicts["input: rejected rows"]) == ("unknown", "unknown")
    assert judged(quiet_month).promote
    assert not judged(replace(quiet_month, relevance={})).promote
    kept = replace(BETTER, golden=[GoldenLine("b", "c", True, True, True)])
    told = {check.name: check.verdict for check in judged(kept).checks}
    assert (told["golden briefs"], told["input: rejected rows"]) == ("holds", "holds")


def test_without_a_champion_what_no_guard_stops_goes_live() -> None:
    alone = replace(DRAW, relevance={}, forecast=None, coverage=Pair(None, None), exposure={}, seconds=Pair(None, 0.02))
    assert judged(alone, champion=False).promote
    assert not judged(replace(alone, intake=replace(USUAL, missing=("tiktok",))), champion=False).promote
    broken = replace(alone, golden=[GoldenLine("b", "c", True, None, False)])
    assert not judged(broken, champion=False).promote


@given(st.floats(-0.2, 0.2), st.floats(0.0, 0.1), st.floats(0.0, 0.2))
def test_a_better_challenger_is_never_judged_worse(mean: float, spread: float, more: float) -> None:
    order = ["worse", "draw", "better"]
    verdicts = [
        judged(replace(DRAW, relevance={"post MRR": pair(value, spread)})).checks[0].verdict
        for value in (mean, mean + more)
    ]
    assert order.index(verdicts[0]) <= order.index(verdicts[1])
