"""Learning from staff's choices, on SYNTHETIC choices whose true weights are known: `python -m benchmarks.learning`.

Lists are those of a model of the SYNTHETIC sample world, asked with captions. An official looks at a place with a
chance that falls with the place, or reads down to some place, and takes whom they like by weights of their own. Ways of
learning from that are held against the weights in use: as if every place were looked at, and by inverse propensities
(those of the simulation, 1/place whatever it is, and fitted).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import numpy as np
import numpy.typing as npt

from data.catalogue import Catalogue
from kolmatch.cli.demo import END, fill
from kolmatch.settings import Settings
from models.brief import Brief
from models.bundle_files import champion_pointer
from models.matcher import Matcher
from models.preferences import PRIOR, SUMMANDS, DecidedList, Preferences
from training.preferences import as_preferences, attention, fit, in_use_of, learn, pairs_of, telling_lists
from training.publishing import train_and_publish

Doubles = npt.NDArray[np.float64]

SHOWN: Final = 20  # creators on a list
TAKEN: Final = 5  # of whom an official takes about so many
SCALE: Final = 1.0  # how closely officials follow their own weights: odds of e for a step of e in young viewers
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
TRUTHS: Final = {
    "as in use": PRIOR,
    "fit x2": Preferences(fit=2.0),
    "audience x2, caution x0.5": Preferences(audience=2.0, caution=0.5),
}
STEEPNESS: Final = (0.0, 0.5, 1.0)  # of the fall of attention: place to minus this power
READS_DOWN: Final = 1.0  # a power that inverse propensities may take for officials who read down to some place
BRIEFS: Final = (50, 200)
_FRESH: Final = 200  # lists that nobody decided on, to see what learned weights are worth


@dataclass(frozen=True, slots=True)
class Pool:
    """(n_lists, n_candidates, 4) summands of the best candidates of many briefs, each before any weight."""

    parts: Doubles


def weights_of(preferences: Preferences, fit_weight: float) -> Doubles:
    """(4,) what a summand counts in all."""
    return np.array([1.0, preferences.audience, preferences.caution, preferences.fit * fit_weight])


def pool_of(home: Path, n_lists: int, candidates: int) -> Pool:
    """Ask a model with captions, each for a brief, and read the summands off its lists."""
    settings = Settings()
    matcher = Matcher.load(champion_pointer(home).folder, settings.matcher)
    captions = Catalogue.open(home).table("posts")["text"].drop_nulls().unique(maintain_order=True)
    chosen = np.random.default_rng(1).permutation(len(captions))[: 2 * n_lists]
    lists: list[Doubles] = []
    for row in chosen.tolist():
        entries = matcher.shortlist(Brief(title=captions[row]), candidates).entries
        told = [{part.name: part.value for part in entry.impact} for entry in entries if entry.impact]
        if len(told) == candidates and len(lists) < n_lists:
            columns = [[t["views"] + t["topic_lift"], t["audience"], t["caution"], t["fit"]] for t in told]
            lists.append(np.array(columns) / np.array([1.0, 1.0, 1.0, settings.matcher.fit_weight]))
    return Pool(np.stack(lists))


def decided(parts: Doubles, number: int, truth: Doubles, steep: float | None, rng: np.random.Generator) -> DecidedList:
    """A list in the order in use, and whom an official with true weights takes of it."""
    shown = parts[np.argsort(-(parts @ weights_of(PRIOR, Settings().matcher.fit_weight)), kind="stable")][:SHOWN]
    places = np.arange(1.0, SHOWN + 1)
    liking = SCALE * (shown @ truth)
    bar = np.sort(liking)[-TAKEN]
    looked_at = places <= rng.geometric(2 / SHOWN) if steep is None else rng.random(SHOWN) < places**-steep
    takes = rng.random(SHOWN) < 1.0 / (1.0 + np.exp(bar - liking))
    return DecidedList(
        f"b{number}", BEGIN + timedelta(hours=number), True, shown, places.astype(np.int64), looked_at & takes
    )


def ways(lists: Sequence[DecidedList], steep: float, fit_weight: float) -> dict[str, Doubles]:
    """Weights by each way of learning, without a guard."""
    telling = telling_lists(lists)
    pairs = pairs_of(telling, fit_weight)
    propensities = {
        "every place looked at": 0.0,
        "inverse, known": steep,
        "inverse, 1/place": 1.0,
        "inverse, fitted": attention(telling, fit_weight),
    }
    weighed = {name: pairs.weighed(power) for name, power in propensities.items()}
    return {name: fit(one, in_use_of(one)) for name, one in weighed.items()}


def worth(pool: Doubles, weights: Doubles, truth: Doubles) -> float:
    """Mean true liking of the first `TAKEN` by weights."""
    likings = pool @ truth
    best = np.argsort(-(pool @ weights), axis=1, kind="stable")[:, :TAKEN]
    return float(np.take_along_axis(likings, best, axis=1).mean())


def regained(pool: Doubles, weights: Doubles, truth: Doubles, in_use: Doubles) -> float:
    """Of what the true weights would gain on fresh lists over those in use, the share that learned ones gain."""
    usual = worth(pool, in_use, truth)
    return (worth(pool, weights, truth) - usual) / (worth(pool, truth, truth) - usual)


@dataclass(frozen=True, slots=True)
class Case:
    """One setting of the simulation; `steep` is None where officials read down to some place and no further."""

    name: str
    truth: Preferences
    steep: float | None
    briefs: int

    @property
    def power(self) -> float:
        """What is known of attention by whoever knows all."""
        return READS_DOWN if self.steep is None else self.steep


def cases() -> Iterator[Case]:
    """All of them."""
    for name, truth in TRUTHS.items():
        for steep in (*STEEPNESS, None):
            for briefs in BRIEFS:
                yield Case(name, truth, steep, briefs)


def measured(case: Case, pool: Pool, runs: int, fit_weight: float) -> dict[str, float]:
    """Means over runs: the share regained by each way, where there is something to gain; how often the guard let it."""
    truth, in_use = (weights_of(one, fit_weight) for one in (case.truth, PRIOR))
    found: dict[str, list[float]] = {}
    for run in range(runs):
        rng = np.random.default_rng([7, run, case.briefs, round(10 * case.power)])
        rows = rng.permutation(len(pool.parts))
        decided_on, fresh = rows[: case.briefs], pool.parts[rows[-_FRESH:]]
        lists = [decided(pool.parts[row], n, truth, case.steep, rng) for n, row in enumerate(decided_on.tolist())]
        guarded = learn(lists, fit_weight, 2, rng).preferences
        found_ways = ways(lists, case.power, fit_weight)
        learned = {name: as_preferences(one, 1) for name, one in found_ways.items()}
        for name, preferences in (*learned.items(), ("fitted, guarded", guarded)):
            found.setdefault(name, []).append(_value(fresh, weights_of(preferences, fit_weight), truth, in_use))
        found.setdefault("let through", []).append(float(guarded.briefs > 0))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _value(fresh: Doubles, weights: Doubles, truth: Doubles, in_use: Doubles) -> float:
    """Share regained; where the weights in use are the true ones, what is lost of the liking (at most zero)."""
    if np.array_equal(truth, in_use):
        return worth(fresh, weights, truth) - worth(fresh, truth, truth)
    return regained(fresh, weights, truth, in_use)


def make_home(home: Path) -> None:
    """The demo's SYNTHETIC sample world, imported and trained on."""
    fill(home, lambda stage, done, total: None)
    train_and_publish(home, Settings(), month=f"{END:%Y-%m}", progress=lambda stage, done, total: None)


def lines(pool: Pool, runs: int) -> Iterator[str]:
    """A heading, then a line a case as it is measured."""
    fit_weight = Settings().matcher.fit_weight
    for number, case in enumerate(cases()):
        figures = measured(case, pool, runs, fit_weight)
        if number == 0:
            yield f"{'true weights':<28}{'attention':<12}{'briefs':>7}" + "".join(f"{name:>24}" for name in figures)
        attention_falls = "reads down" if case.steep is None else f"place^-{case.steep}"
        told = "".join(f"{value:>24.2f}" for value in figures.values())
        yield f"{case.name:<28}{attention_falls:<12}{case.briefs:>7}{told}"


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="A demo's home folder; else one is made."
)
@click.option("--runs", default=20, show_default=True, help="Simulations a case.")
def main(home: Path | None, runs: int) -> None:
    """Print what each way of learning regains. All choices are SYNTHETIC."""
    with tempfile.TemporaryDirectory() as scratch:
        if home is None:
            make_home(Path(scratch))
        pool = pool_of(home or Path(scratch), max(BRIEFS) + _FRESH, 2 * SHOWN)
    spread = ", ".join(f"{name} {value:.2f}" for name, value in zip(SUMMANDS, _spread(pool), strict=True))
    click.echo(f"SYNTHETIC choices on {len(pool.parts)} lists; spread of the summands within a list: {spread}")
    click.echo("Share of the possible gain that is regained; where the weights in use are the true ones: liking lost")
    for line in lines(pool, runs):
        click.echo(line)


def _spread(pool: Pool) -> list[float]:
    found: list[float] = pool.parts[:, :SHOWN].std(axis=1).mean(axis=0).tolist()
    return found


if __name__ == "__main__":
    main()
