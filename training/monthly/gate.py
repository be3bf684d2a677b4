"""Whether a challenger takes the champion's place: a pure function of what was measured.

A comparison is better or worse when the 95 % interval of the paired difference lies wholly on one side of nothing, and
also worse when the mean loss is more than is tolerated; else it is a draw. A guard holds or stops. The challenger is
promoted when nothing is worse, nothing stops, and at least one comparison is better. All draws are a tie, and a tie
keeps the champion: a change costs everybody who compares this month's list with the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kolmatch.settings import GateSettings
from training.measures import Interval
from training.monthly.words import interval_numbers, reason_words, sentence

BETTER: Final = "better"
WORSE: Final = "worse"
DRAW: Final = "draw"
HOLDS: Final = "holds"
STOPS: Final = "stops"
UNKNOWN: Final = "unknown"  # not measured: too few questions, nothing to compare or judge; neither promotes nor stops


@dataclass(frozen=True, slots=True)
class Paired:
    """The same things asked of both models: how many, the mean of each, and challenger less champion.

    For losses `difference` is challenger over champion less one, so that 0.05 is 5 % more.
    """

    asked: int
    champion: float
    challenger: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of each model; None where it is not known."""

    champion: float | None
    challenger: float | None


@dataclass(frozen=True, slots=True)
class GoldenLine:
    """A line of the golden briefs: who must or must not appear, and whether each model keeps it."""

    brief: str
    creator_id: str
    must_appear: bool
    champion: bool | None
    challenger: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in this month.

    Attributes:
        rows, rejected: of the files that the job read.
        posts: of the month; `usual` is the mean of the three months before, None without any.
        duplicates: share of the month's posts that repeat a text of their creator; None without posts.
        missing: platforms with enough posts in the months before and none now.
    """

    rows: int
    rejected: int
    posts: int
    usual: float | None
    duplicates: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the gate looks at. `exposure` is by group of creators, of which `guarded` may not lose much."""

    relevance: Mapping[str, Paired]
    forecast: Paired | None
    coverage: Pair
    golden: Sequence[GoldenLine]
    exposure: Mapping[str, Paired]
    guarded: frozenset[str]
    seconds: Pair
    megabytes: Pair
    intake: Intake


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, with its verdict, the figures behind it, and a sentence in both languages."""

    name: str
    verdict: str
    numbers: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the challenger goes live, why in both languages, and every check."""

    promote: bool
    vi: str
    en: str
    checks: tuple[Check, ...]


def decide(measured: Measured, settings: GateSettings, *, champion: bool) -> Verdict:
    """Judge what was measured; without a champion that can answer, whatever no guard stops goes live."""
    checks = (*_comparisons(measured, settings), *_guards(measured, settings))
    verdicts = {check.verdict for check in checks}
    bad = [check for check in checks if check.verdict in (WORSE, STOPS)]
    promote = not bad and (BETTER in verdicts or not champion)
    reason = "worse" if bad else "alone" if not champion else "better" if promote else "tie"
    return Verdict(promote, *reason_words(reason, [check.name for check in bad]), checks)


def compared(pair: Paired, tolerated: float, least: int, *, less_is_better: bool) -> str:
    """The verdict on one comparison.

    >>> compared(Paired(900, 0.50, 0.53, Interval(0.03, 0.01, 0.05)), 0.02, 50, less_is_better=False)
    'better'
    >>> compared(Paired(900, 0.50, 0.51, Interval(0.01, -0.01, 0.03)), 0.02, 50, less_is_better=False)
    'draw'
    """
    if pair.asked < least:
        return UNKNOWN
    gain, low, high = pair.difference.mean, pair.difference.low, pair.difference.high
    if less_is_better:
        gain, low, high = -gain, -high, -low
    if high < 0 or gain < -tolerated:
        return WORSE
    return BETTER if low > 0 else DRAW


def _comparisons(measured: Measured, settings: GateSettings) -> list[Check]:
    least = settings.least_questions
    found = [
        (f"relevance: {name}", pair, compared(pair, settings.relevance_loss, least, less_is_better=False))
        for name, pair in measured.relevance.items()
    ]
    if measured.forecast:
        verdict = compared(measured.forecast, settings.forecast_loss, least, less_is_better=True)
        found.append(("forecast: pinball", measured.forecast, verdict))
    return [
        _check(name, verdict, interval_numbers(pair.asked, pair.champion, pair.challenger, pair.difference))
        for name, pair, verdict in found
    ]


def _check(name: str, verdict: str, numbers: str) -> Check:
    return Check(name, verdict, numbers, *sentence(name, verdict, numbers))


def _guards(measured: Measured, settings: GateSettings) -> list[Check]:
    intake = measured.intake
    volume = intake.posts / intake.usual if intake.usual else None
    found = [
        ("forecast: interval 80", _coverage(measured.coverage, settings), _percent(measured.coverage)),
        ("golden briefs", _golden(measured.golden), _golden_numbers(measured.golden)),
        *((f"exposure: {g}", _exposed(g, p, measured, settings), _shares(p)) for g, p in measured.exposure.items()),
        ("speed", _within(measured.seconds, settings.max_slowdown), _times(measured.seconds, "ms", 1000.0)),
        ("size", _within(measured.megabytes, settings.max_growth), _times(measured.megabytes, "MB", 1.0)),
        ("input: volume", _between(volume, settings.least_volume, settings.most_volume), _volume(intake)),
        ("input: duplicates", _at_most(intake.duplicates, settings.max_duplicate_share), _share(intake.duplicates)),
        ("input: platforms", STOPS if intake.missing else HOLDS, ", ".join(intake.missing) or "-"),
        ("input: rejected rows", HOLDS if intake.rows else UNKNOWN, f"{intake.rejected} / {intake.rows}"),
    ]
    return [_check(name, verdict, numbers) for name, verdict, numbers in found]


def _coverage(pair: Pair, settings: GateSettings) -> str:
    """Intervals outside the bounds stop, unless the champion's are even further from the 80 % that they promise."""
    if pair.challenger is None:
        return UNKNOWN
    if settings.interval_low <= pair.challenger <= settings.interval_high:
        return HOLDS
    further = pair.champion is not None and abs(pair.challenger - 0.8) < abs(pair.champion - 0.8)
    return HOLDS if further else STOPS


def _golden(lines: Sequence[GoldenLine]) -> str:
    """A line that the challenger breaks stops, unless the champion breaks it too: keeping that would mend nothing."""
    if not lines:
        return UNKNOWN
    return STOPS if any(not line.challenger and line.champion is not False for line in lines) else HOLDS


def _exposed(group: str, pair: Paired, measured: Measured, settings: GateSettings) -> str:
    if group not in measured.guarded:
        return HOLDS
    lost = pair.difference.mean < -settings.exposure_loss and pair.difference.high < 0
    return STOPS if lost else HOLDS


def _within(pair: Pair, times: float) -> str:
    if pair.challenger is None or not pair.champion:
        return UNKNOWN
    return HOLDS if pair.challenger <= times * pair.champion else STOPS


def _between(value: float | None, low: float, high: float) -> str:
    if value is None:
        return UNKNOWN
    return HOLDS if low <= value <= high else STOPS


def _at_most(value: float | None, most: float) -> str:
    return UNKNOWN if value is None else HOLDS if value <= most else STOPS


def _percent(pair: Pair) -> str:
    return f"{_share(pair.champion)} → {_share(pair.challenger)}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _shares(pair: Paired) -> str:
    interval = f"[{100 * pair.difference.low:+.1f}, {100 * pair.difference.high:+.1f}]"
    return f"{_share(pair.champion)} → {_share(pair.challenger)} {interval}"


def _times(pair: Pair, unit: str, scale: float) -> str:
    told = ["-" if value is None else f"{scale * value:.1f}" for value in (pair.champion, pair.challenger)]
    return f"{told[0]} → {told[1]} {unit}"


def _golden_numbers(lines: Sequence[GoldenLine]) -> str:
    before, now = sum(line.champion is True for line in lines), sum(line.challenger for line in lines)
    return f"{before} → {now} / {len(lines)}" if lines else "-"


def _volume(intake: Intake) -> str:
    return f"{intake.posts} / {'-' if intake.usual is None else f'{intake.usual:.0f}'}"
