"""What is known of how good a version is: figures of its bundle, a backtest, and the reach that its lists capture.

The backtest and the hashtags are asked of a second model, trained in the same way on the catalogue up to a day, for the
version itself has seen what it would be asked about. The briefs of the SYNTHETIC sample world are asked of the version.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock

from data.catalogue import Catalogue, copy_until
from data.world import read_truth
from features.views import GROWTH_DAYS, Growth
from kolmatch.errors import TooLittleData, TrainingBusy, UsageError
from kolmatch.files import held
from kolmatch.settings import Settings
from models.audience import SOURCES
from models.bundle import Contents, load_bundle
from models.bundle_files import Manifest
from models.matcher import Matcher
from training.backtest import Backtest, backtest
from training.capture import Captured, briefs_of_world, by_every_order, capture, later_hashtags, usual_orders
from training.figures import CaptureFigures, ForecastFigures, capture_figures, forecast_figures
from training.monthly.calendar import month_of
from training.outcomes import OutcomeFigures, outcome_figures
from training.pipeline import train
from training.registry import ModelVersion

Progress = Callable[[str, int, int], None]

PAST_FOLDER: Final = "evaluation-past"  # under the home folder, with all that is personal, while an evaluation runs
SAMPLE_WORLD: Final = "sample-world"  # folder under the home folder that `kolmatch demo` writes
_BACKTEST_DRAW: Final = 1  # which generator draws what; one step's draws never shift another's
_HASHTAG_DRAW: Final = 2
_BOOTSTRAP_DRAW: Final = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything an evaluation report shows.

    Attributes:
        version: number in the registry; `bundle_id`, `month` and `synthetic` are the bundle's.
        same_catalogue: whether the catalogue is the one that the version was trained on.
        moment: the day that parts the past from what is forecast.
        held_out: figures in the bundle's manifest.
        rolling, fixed: the backtest, None where no views are known or the past is too small for a model.
        lift_used: whether the topic's lift was found to help on the past.
        later_hashtags: reach captured on hashtags used after the moment; None where there are none.
        outcomes: forecasts against what came of inviting; None where no outcome is of a post since the moment.
        world_briefs: reach captured on the briefs of the SYNTHETIC sample world; None where its truth is not there.
        months: effects of platforms and formats by month, see `training.view_effects.Effects.table`.
        growth: by platform, the part of the settled views that a post has after each of `GROWTH_DAYS`.
        audiences: number of presences by where their ages come from, and by where their place comes from.
    """

    version: int
    bundle_id: str
    month: str
    synthetic: bool
    same_catalogue: bool
    moment: datetime
    held_out: Mapping[str, float]
    rolling: ForecastFigures | None
    fixed: ForecastFigures | None
    lift_used: bool
    later_hashtags: CaptureFigures | None
    outcomes: OutcomeFigures | None
    world_briefs: CaptureFigures | None
    months: list[dict[str, Any]]
    growth: dict[str, list[float]]
    audiences: dict[str, dict[str, int]]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; what is not known is null."""
        return asdict(self) | {"moment": self.moment.isoformat(), "growth_days": list(GROWTH_DAYS)}

    def metrics(self) -> dict[str, float]:
        """The main figures by name, as they stand beside a run's other metrics."""
        found: dict[str, float] = {}
        for name, forecasts in (("next post", self.rolling), ("from the day", self.fixed)):
            found |= {f"backtest {name}: {figure}": value for figure, value in _flat(forecasts).items()}
        for name, captured in (("later hashtags", self.later_hashtags), ("sample world", self.world_briefs)):
            if captured:
                found |= {f"captured@{captured.top} {name}: {o.name}": o.mean for o in captured.orders}
        for figure in self.outcomes.held if self.outcomes else ():
            found[f"outcomes: interval 80 holds {figure.name}"] = figure.inside.mean
        return found


def _flat(forecasts: ForecastFigures | None) -> dict[str, float]:
    if not forecasts:
        return {}
    best = forecasts.methods[0]
    ratios = {
        f"pinball {level} to own posts": ratio.mean for level, ratio in zip((10, 50, 90), best.ratios, strict=True)
    }
    rho = {} if best.rho is None else {"rho": best.rho}
    return ratios | {"interval 80 holds": best.coverage} | rho


def assess(
    home: Path, version: ModelVersion, bundle: Path, settings: Settings, moment: datetime | None, progress: Progress
) -> Assessment:
    """Evaluate a version on the catalogue of a home folder.

    Args:
        home: holds the catalogue; a folder for the second model is made there and goes again.
        version: as the registry has it.
        bundle: its folder.
        settings: of this process; encoder and training are those of the version.
        moment: what parts the past from what is forecast; None for the share of posts that training holds out.
        progress: called with (stage, done, in all).

    Raises:
        CatalogueError: nothing was imported, or the catalogue is damaged.
        UsageError: no post was published before the moment, or none from then on.
        TrainingBusy: another evaluation of this home folder is running.
    """
    catalogue = Catalogue.open(home)
    manifest, contents = load_bundle(bundle)
    as_trained = Settings.model_validate({k: v for k, v in manifest.settings.items() if k in ("encoder", "training")})
    at = _parting(catalogue, moment, as_trained.training.holdout_share)
    with _alone(home) as folder:
        held = _held_against(catalogue, folder, as_trained, settings, at, progress)
    asked = _world(home, catalogue, Matcher(manifest, contents, settings.matcher), as_trained, progress)
    return Assessment(
        version=version.version,
        bundle_id=manifest.bundle_id,
        month=manifest.created_month,
        synthetic=manifest.synthetic or catalogue.is_synthetic(),
        same_catalogue=_same(catalogue, manifest),
        moment=at,
        held_out=manifest.metrics,
        rolling=held.rolling,
        fixed=held.fixed,
        lift_used=held.lift_used,
        later_hashtags=held.hashtags,
        outcomes=held.outcomes,
        world_briefs=asked,
        months=contents.forecast.months.to_dicts(),
        growth=_growth(contents),
        audiences=_audiences(contents),
    )


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """The folder of the second model, for one evaluation at a time; what one that was cut off left there goes first."""
    busy = TrainingBusy(
        f"Another evaluation of {home} is running. Let it end, then repeat.",
        f"Một lần đánh giá khác trong {home} đang chạy. Hãy đợi nó xong rồi làm lại.",
    )
    with held(FileLock(home / "evaluation.lock", timeout=0), busy):
        try:
            shutil.rmtree(home / PAST_FOLDER, ignore_errors=True)
            yield home / PAST_FOLDER
        finally:
            shutil.rmtree(home / PAST_FOLDER, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a model of the past said, held against what came."""

    rolling: ForecastFigures | None = None
    fixed: ForecastFigures | None = None
    lift_used: bool = False
    hashtags: CaptureFigures | None = None
    outcomes: OutcomeFigures | None = None


def _parting(catalogue: Catalogue, moment: datetime | None, share: float) -> datetime:
    """The moment asked for, else the midnight (UTC) before the latest share of the posts; some stand on each side."""
    published = catalogue.table("posts")["published_at"].sort()
    usual = published[int((1.0 - share) * len(published))] if len(published) else None
    at = moment or (usual.replace(hour=0, minute=0, second=0, microsecond=0) if usual else None)
    if at is None or not (published < at).any() or not (published >= at).any():
        raise UsageError(
            f"There is nothing to forecast: no posts on one side of {at}. Import older or newer posts, or set --from.",
            f"Không có gì để dự báo: một phía của mốc {at} không có bài. Hãy nhập thêm bài, hoặc đặt --from.",
        )
    return at


def _held_against(
    catalogue: Catalogue, folder: Path, as_trained: Settings, settings: Settings, at: datetime, progress: Progress
) -> _Held:
    past = copy_until(catalogue, at, folder)
    try:
        bundle = train(folder, as_trained, month=month_of(at), progress=_named(progress, "past model"))
    except TooLittleData:
        return _Held()
    manifest, contents = load_bundle(bundle)
    found = backtest(catalogue, past, contents, at, _rng(as_trained, _BACKTEST_DRAW), _stage(progress, "backtest"))
    matcher = Matcher(manifest, contents, settings.matcher)
    hashtags = _hashtags(catalogue, matcher, at, as_trained, progress)
    held = _Held(hashtags=hashtags, outcomes=outcome_figures(catalogue, matcher, at))
    return held if found is None else _forecast(held, found, as_trained)


def _forecast(held: _Held, found: Backtest, as_trained: Settings) -> _Held:
    rolling, fixed = (
        forecast_figures(forecasts, _rng(as_trained, _BOOTSTRAP_DRAW)) for forecasts in (found.rolling, found.fixed)
    )
    return replace(held, rolling=rolling, fixed=fixed, lift_used=found.lift_used)


def _hashtags(
    catalogue: Catalogue, matcher: Matcher, at: datetime, as_trained: Settings, progress: Progress
) -> CaptureFigures | None:
    most = as_trained.training.max_fit_queries
    asked = later_hashtags(catalogue, at, most, _rng(as_trained, _HASHTAG_DRAW))
    if not asked:
        return None
    found = capture(asked, by_every_order(matcher), usual_orders(catalogue, at), _stage(progress, "hashtags"))
    return _captured(found, as_trained)


def _world(
    home: Path, catalogue: Catalogue, matcher: Matcher, as_trained: Settings, progress: Progress
) -> CaptureFigures | None:
    folder = home / SAMPLE_WORLD
    if not (catalogue.is_synthetic() and folder.is_dir()):
        return None
    asked = briefs_of_world(catalogue.table("briefs"), read_truth(folder))
    if not asked:
        return None
    found = capture(asked, by_every_order(matcher), usual_orders(catalogue, None), _stage(progress, "briefs"))
    return _captured(found, as_trained)


def _captured(found: Captured, as_trained: Settings) -> CaptureFigures:
    return capture_figures(found, _rng(as_trained, _BOOTSTRAP_DRAW))


def _rng(settings: Settings, draw: int) -> np.random.Generator:
    return np.random.default_rng([settings.training.seed, draw])


def _stage(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)


def _named(progress: Progress, model: str) -> Progress:
    return lambda stage, done, total: progress(f"{model}: {stage}", done, total)


def _same(catalogue: Catalogue, manifest: Manifest) -> bool:
    tables = {name: digest for name, digest in manifest.trained_on.items() if "/" not in name}
    return catalogue.hashes() == tables


def _growth(contents: Contents) -> dict[str, list[float]]:
    days = np.array(GROWTH_DAYS)
    return {
        platform: np.exp(Growth(gains).log_part(days)).tolist()
        for platform, gains in sorted(contents.forecast.growth.items())
    }


def _audiences(contents: Contents) -> dict[str, dict[str, int]]:
    codes = {"ages": contents.audience.source, "place": contents.audience.place_source}
    return {
        what: {SOURCES[code]: int(count) for code, count in zip(*np.unique(own, return_counts=True), strict=True)}
        for what, own in codes.items()
    }
