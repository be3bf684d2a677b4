"""Model versions in MLflow: what each was trained on, how good it is, and which one is live.

A bundle is logged as a run's artifacts and registered as a version of one model; the aliases `champion` and
`challenger` say which version answers and which waits. MLflow is the record; HOME/bundles is what answers, and
needs no MLflow. `docs/decisions/0003-bundle-and-registry.md` says why.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from kolmatch.errors import BundleDamaged, BundleError, BundleFormat, BundleMissing, RegistryError
from kolmatch.files import held
from kolmatch.settings import RegistrySettings
from models.bundle_files import Manifest, champion_pointer, install_bundle, point_champion, verify
from training.mlflow_client import artifacts_of, connect, failures, quiet
from training.mlflow_runs import (
    ARTIFACT_FOLDER,
    BUNDLE_TAG,
    MONTH_TAG,
    SYNTHETIC_TAG,
    download,
    every_run,
    holds_bundle,
    log_metrics,
    read_name,
    record,
    remove_files,
    replace_bundle,
    runs_of,
    runs_with,
    tags_of,
)
from training.moves import Move, moves_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
EVALUATION_FOLDER: Final = "evaluation"
# Another training may be copying a bundle of gigabytes to a far server; after half an hour something is wrong.
LOCK_WAIT_S: Final = 1800.0
_RETRAIN_TAG: Final = "kolmatch.retrained_for"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered bundle. `month` is the month it was trained for, `metrics` are those of its run.

    `retrained` is the month of the monthly job that made it, None for one that was made by hand.
    """

    version: int
    aliases: tuple[str, ...]
    bundle_id: str
    created_at: datetime
    month: str
    metrics: Mapping[str, float]
    run_id: str
    synthetic: bool
    retrained: str | None = None


class Registry:
    """The versions of one model, in the MLflow that the settings name.

    Every method raises RegistryError when MLflow cannot be reached, is damaged, or does not know what was asked for,
    and when another process holds the registry's lock for longer than `lock_wait_s` seconds.
    """

    def __init__(self, home: Path, settings: RegistrySettings, lock_wait_s: float) -> None:
        self._home = home
        self._settings = settings
        self._lock = FileLock(home / "registry.lock", timeout=lock_wait_s)
        self._client: MlflowClient | None = None

    @classmethod
    def open(cls, home: Path, settings: RegistrySettings, *, lock_wait_s: float = LOCK_WAIT_S) -> Registry:
        """The registry of a home folder. MLflow is not asked (nor imported) before it is needed."""
        return cls(home.resolve(), settings, lock_wait_s)

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps runs and versions: the setting, else a SQLite file under the home folder."""
        return self._settings.tracking_uri or f"sqlite:///{self._database}"

    def publish(
        self,
        bundle: Path,
        *,
        params: Mapping[str, str | int | float],
        metrics: Mapping[str, float],
        datasets: Mapping[str, str],
    ) -> ModelVersion:
        """Record a bundle with what it was made from (`datasets`: name to hash) and register it as a new version.

        The first version becomes champion, a later one challenger, unless the champion was written by a kolmatch of
        another bundle format: that one can answer nobody here, and the new version takes its place. Each step leaves
        the versions before it as they were, so a crash costs at most this version.

        Raises:
            BundleError: the bundle is damaged, or could not be copied under HOME/bundles.
        """
        with self._alone(), self._mlflow() as client:
            version = self._registered(client, bundle, params, metrics, datasets, {})
            alias = CHALLENGER if self._champion_answers(client) else CHAMPION
            self._point(client, alias, version.version, version.bundle_id)
            return self._one(client, str(version.version))

    def challenge(
        self,
        bundle: Path,
        month: str,
        *,
        params: Mapping[str, str | int | float],
        metrics: Mapping[str, float],
        datasets: Mapping[str, str],
    ) -> ModelVersion:
        """Register the bundle of a monthly job as challenger, whatever else there is; done before, it is only found.

        Raises:
            BundleError: the bundle is damaged, or could not be copied under HOME/bundles.
        """
        bundle_id = verify(bundle).bundle_id
        with self._alone(), self._mlflow() as client:
            made = [v for v in self._list(client) if v.retrained == month and v.bundle_id == bundle_id]
            version = made[-1] if made else None
            version = version or self._registered(client, bundle, params, metrics, datasets, {_RETRAIN_TAG: month})
            if CHAMPION not in version.aliases:
                self._point(client, CHALLENGER, version.version, bundle_id)
            return self._one(client, str(version.version))

    def versions(self) -> list[ModelVersion]:
        """All versions that hold a bundle, oldest first."""
        if self._is_local and not self._database.exists():
            return []
        with self._mlflow() as client:
            return self._list(client)

    def set_alias(self, alias: str, version: int) -> None:
        """Let `alias` mean `version`. A champion is first fetched and verified, then live here at once.

        Raises:
            BundleError: the version's bundle cannot be had whole; the alias then stays where it was.
        """
        with self._alone(), self._mlflow() as client:
            chosen = self._one(client, str(version))
            if alias == CHAMPION:
                self._install(client, chosen.bundle_id, chosen.run_id)
            self._point(client, alias, version, chosen.bundle_id)
            if alias == CHAMPION and CHALLENGER in chosen.aliases:
                client.delete_registered_model_alias(self._settings.model_name, CHALLENGER)

    def make_champion(self, version: int, action: str, *, by: str, note: str, at: datetime) -> ModelVersion:
        """Make a version live, here at once, and keep with it who did so, when and why.

        Cut off anywhere, the same call ends what it began: the move is written first, then the alias, then the pointer
        that a running service follows. A version that is live already stays so; its move is kept once.

        Raises:
            BundleError: the version's bundle cannot be had whole, or is of another format; nothing has changed then.
        """
        with self._alone(), self._mlflow() as client:
            chosen = self._one(client, str(version))
            self._install(client, chosen.bundle_id, chosen.run_id)
            self._note(client, action, version, by, note, at)
            self._point(client, CHAMPION, version, chosen.bundle_id)
            if CHALLENGER in chosen.aliases:
                client.delete_registered_model_alias(self._settings.model_name, CHALLENGER)
            return self._one(client, str(version))

    def moves(self) -> tuple[Move, ...]:
        """Every time that somebody changed the champion, the first one first; of deleted versions too."""
        if self._is_local and not self._database.exists():
            return ()
        with self._mlflow() as client:
            return self._moves(client)

    def version(self, alias_or_version: str) -> ModelVersion:
        """The version that an alias or a number names.

        Raises:
            BundleMissing: nothing was registered yet.
        """
        self._connect_to_read()
        with self._mlflow() as client:
            return self._one(client, alias_or_version)

    def add_evaluation(self, version: ModelVersion, files: Sequence[Path], metrics: Mapping[str, float]) -> None:
        """Keep the files of an evaluation with a version's run, and its figures among the run's metrics."""
        with self._alone(), self._mlflow() as client:
            log_metrics(client, client.get_run(version.run_id), metrics)
            for file in files:
                client.log_artifact(version.run_id, str(file), EVALUATION_FOLDER)

    def remove_evaluations(self, names: Sequence[str], holding: Callable[[Path], bool]) -> int:
        """Remove kept files of evaluations, all of `names` of a run where one of them holds somebody; of how many runs.

        For erasure alone: other evaluations stay.
        """
        if self._is_local and not self._database.exists():
            return 0
        with self._alone(), self._mlflow() as client:
            return sum(
                remove_files(client, run, EVALUATION_FOLDER, names, holding)
                for run in self._ours(client, every_run(client))
            )

    def fetch(self, alias_or_version: str) -> Path:
        """A verified local copy of a version's bundle; artifacts are copied only when it is not there already.

        When MLflow cannot be reached, the last good champion of this home folder stands in for `champion`.

        Raises:
            BundleMissing: nothing was registered yet.
            BundleError: the artifacts are damaged, or could not be copied.
        """
        try:
            self._connect_to_read()
        except BundleError as error:
            if alias_or_version != CHAMPION:
                raise
            return self._last_champion(error)
        with self._alone(), self._mlflow() as client:
            chosen = self._one(client, alias_or_version)
            folder = self._install(client, chosen.bundle_id, chosen.run_id)
            if alias_or_version == CHAMPION:
                point_champion(self._home, chosen.bundle_id, chosen.version)
            return folder

    def bring_home(self, holding: Callable[[Path], bool]) -> None:
        """Have every bundle that is left in a run under HOME/bundles; one that nobody can read and holds somebody goes.

        For erasure alone: runs that were deleted, or have no version any more, are looked through too.

        Raises:
            BundleError: a bundle could not be copied under HOME/bundles.
        """
        if self._is_local and not self._database.exists():
            return
        with self._alone(), self._mlflow() as client:
            for run in self._ours(client, every_run(client)):
                if holds_bundle(client, run):
                    self._bring(client, run, holding)

    def replace_bundle(self, bundle_id: str, folder: Path | None) -> None:
        """Put another bundle in the place of one in every run and version that holds it; None only removes it.

        For erasure and retention alone: whatever else is registered never changes.
        """
        if self._is_local and not self._database.exists():
            return
        with self._alone(), self._mlflow() as client:
            for run in self._ours(client, runs_with(client, bundle_id)):
                replace_bundle(client, run, folder)

    @property
    def _database(self) -> Path:
        return self._home / "mlflow" / "mlflow.db"

    @property
    def _is_local(self) -> bool:
        return not self._settings.tracking_uri

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the registry's lock."""
        with ExitStack() as stack:
            try:
                self._home.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(self._lock, _busy(self._home, self._lock.timeout)))
            except OSError as error:
                raise _not_writable(self._home, error) from error
            yield

    def _connect(self) -> MlflowClient:
        if self._client is None:
            with self._alone():
                self._client = connect(self.tracking_uri, self._database if self._is_local else None)
        return self._client

    def _connect_to_read(self) -> None:
        if self._is_local and not self._database.exists():
            raise _nothing_yet(self._home)
        self._connect()

    def _ours(self, client: MlflowClient, runs: list[Run]) -> list[Run]:
        """All of an MLflow under the home folder, whatever the model was called; of any other, those of the model."""
        if self._is_local:
            return runs
        return runs_of(client, runs, self._settings.model_name, self._settings.experiment)

    @contextmanager
    def _mlflow(self) -> Iterator[MlflowClient]:
        client = self._connect()
        with quiet(), failures(self.tracking_uri):
            yield client

    def _experiment(self, client: MlflowClient) -> str:
        name = self._settings.experiment
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        location = artifacts_of(self._database) if self._is_local else None
        return str(client.create_experiment(name, artifact_location=location))

    def _registered(
        self,
        client: MlflowClient,
        bundle: Path,
        params: Mapping[str, str | int | float],
        metrics: Mapping[str, float],
        datasets: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> ModelVersion:
        manifest = verify(bundle)
        ours = install_bundle(self._home, manifest.bundle_id, lambda folder: _copy(bundle, folder))
        model, experiment = self._settings.model_name, self._experiment(client)
        run_id = record(client, experiment, model, ours, manifest, params, metrics, datasets)
        return self._one(client, str(self._register(client, run_id, manifest, tags)))

    def _register(self, client: MlflowClient, run_id: str, manifest: Manifest, tags: Mapping[str, str]) -> int:
        name = self._settings.model_name
        if not client.search_registered_models(f"name='{name}'"):
            client.create_registered_model(name)
        source = f"{client.get_run(run_id).info.artifact_uri}/{ARTIFACT_FOLDER}"
        own = {**tags_of(manifest), **tags}
        made = client.create_model_version(name, source, run_id, tags=own, description=_label(manifest))
        return int(made.version)

    def _aliases(self, client: MlflowClient) -> dict[str, int]:
        """Alias to version number."""
        found = client.search_registered_models(f"name='{self._settings.model_name}'")
        return {alias: int(version) for model in found for alias, version in model.aliases.items()}

    def _moves(self, client: MlflowClient) -> tuple[Move, ...]:
        found = client.search_registered_models(f"name='{self._settings.model_name}'")
        return tuple(move for model in found for move in moves_of(model.tags))

    def _note(self, client: MlflowClient, action: str, version: int, by: str, note: str, at: datetime) -> None:
        """Write a move into the history and on the version, once."""
        name, before, moves = self._settings.model_name, self._aliases(client).get(CHAMPION), self._moves(client)
        if before == version or (moves and (moves[-1].version, moves[-1].before) == (version, before)):
            return
        move = Move(len(moves) + 1, action, version, before, by, note, at)
        client.set_registered_model_tag(name, *move.tag())
        client.set_model_version_tag(name, str(version), *move.tag())

    def _list(self, client: MlflowClient) -> list[ModelVersion]:
        """Versions that hold a bundle; others that people registered by hand under the name are left alone."""
        aliases = self._aliases(client)
        found = client.search_model_versions(f"name='{self._settings.model_name}'")
        ours = [_version(client, made, aliases) for made in found if BUNDLE_TAG in made.tags]
        return sorted(ours, key=lambda one: one.version)

    def _one(self, client: MlflowClient, alias_or_version: str) -> ModelVersion:
        for one in self._list(client):
            if alias_or_version == str(one.version) or alias_or_version in one.aliases:
                return one
        raise _unknown(self._settings.model_name, alias_or_version)

    def _champion_answers(self, client: MlflowClient) -> bool:
        """Whether there is a champion that this kolmatch can read; one that is only damaged can be had again."""
        if CHAMPION not in self._aliases(client):
            return False
        try:
            champion = self._one(client, CHAMPION)
            self._install(client, champion.bundle_id, champion.run_id)
        except BundleFormat:
            return False
        except (BundleError, RegistryError):
            return True
        return True

    def _install(self, client: MlflowClient, bundle_id: str, run_id: str) -> Path:
        def provide(folder: Path) -> None:
            with failures(self.tracking_uri):
                download(client, run_id, folder)

        return install_bundle(self._home, bundle_id, provide)

    def _bring(self, client: MlflowClient, run: Run, holding: Callable[[Path], bool]) -> None:
        try:
            self._install(client, run.data.tags[BUNDLE_TAG], run.info.run_id)
        except (BundleMissing, BundleDamaged, BundleFormat):
            with tempfile.TemporaryDirectory() as scratch:
                download(client, run.info.run_id, Path(scratch))
                if holding(Path(scratch)):
                    replace_bundle(client, run, None)

    def _point(self, client: MlflowClient, alias: str, version: int, bundle_id: str) -> None:
        client.set_registered_model_alias(self._settings.model_name, alias, str(version))
        if alias == CHAMPION:
            point_champion(self._home, bundle_id, version)

    def _last_champion(self, reason: BundleError) -> Path:
        try:
            folder = champion_pointer(self._home).folder
            verify(folder)
        except BundleError as error:
            raise reason from error
        _log.warning("%s The last good champion %s stands in.", reason.en, folder.name)
        return folder


def _label(manifest: Manifest) -> str:
    kind = "SYNTHETIC data, not for real decisions" if manifest.synthetic else "imported data"
    return f"Trained on {kind}, {manifest.created_month}."


def _version(client: MlflowClient, made: MlflowVersion, aliases: Mapping[str, int]) -> ModelVersion:
    number = int(made.version)
    return ModelVersion(
        version=number,
        aliases=tuple(sorted(alias for alias, version in aliases.items() if version == number)),
        bundle_id=made.tags[BUNDLE_TAG],
        created_at=datetime.fromtimestamp(made.creation_timestamp / 1000, UTC),
        month=made.tags[MONTH_TAG],
        metrics={read_name(name): value for name, value in client.get_run(str(made.run_id)).data.metrics.items()},
        run_id=str(made.run_id),
        synthetic=made.tags[SYNTHETIC_TAG] == "true",
        retrained=made.tags.get(_RETRAIN_TAG),
    )


def _copy(bundle: Path, folder: Path) -> None:
    shutil.copytree(bundle, folder, dirs_exist_ok=True)


def _nothing_yet(home: Path) -> BundleMissing:
    return BundleMissing(
        f"No model was registered under {home} yet. Train one with `kolmatch train`, or check --home.",
        f"Chưa có mô hình nào được đăng ký trong {home}. Hãy chạy `kolmatch train`, hoặc kiểm tra --home.",
    )


def _unknown(model: str, asked: str) -> RegistryError:
    return RegistryError(
        f"The model {model} has no version or alias {asked!r}. `kolmatch models` lists what there is.",
        f"Mô hình {model} không có phiên bản hay bí danh {asked!r}. Hãy xem danh sách bằng `kolmatch models`.",
    )


def _not_writable(home: Path, error: OSError) -> RegistryError:
    return RegistryError(
        f"Cannot write in the home folder {home}: {error.strerror}. Correct its permissions, or check --home.",
        f"Không ghi được vào thư mục {home}: {error.strerror}. Hãy sửa quyền ghi, hoặc kiểm tra --home.",
    )


def _busy(home: Path, waited_s: float) -> RegistryError:
    return RegistryError(
        f"Another process has held the model registry of {home} for over {waited_s:g} s. Let it end, then repeat.",
        f"Một tiến trình khác đã giữ kho mô hình của {home} hơn {waited_s:g} giây. Hãy đợi nó xong rồi làm lại.",
    )
