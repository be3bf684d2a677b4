"""One run of MLflow: what is logged with it, and the bundle among its artifacts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from models.bundle_files import Manifest, read_manifest

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run
    from mlflow.store.entities import PagedList

_One = TypeVar("_One")

ARTIFACT_FOLDER: Final = "bundle"
BUNDLE_TAG: Final = "kolmatch.bundle_id"
MONTH_TAG: Final = "kolmatch.month"
SYNTHETIC_TAG: Final = "kolmatch.synthetic"
MODEL_TAG: Final = "kolmatch.model"  # of a run: the registered model that it is for
_PARAMS_PER_CALL: Final = 100  # MLflow takes no more at once
_PAGE: Final = 1000  # runs or experiments asked for at once; every page is read
_DIGEST_LENGTH: Final = 36  # MLflow's limit; the whole hash is kept beside it


def record(
    client: MlflowClient,
    experiment_id: str,
    model_name: str,
    bundle: Path,
    manifest: Manifest,
    params: Mapping[str, str | int | float],
    metrics: Mapping[str, float],
    datasets: Mapping[str, str],
) -> str:
    """Log a run with a bundle as its artifacts and return its id; a run that did not finish is marked failed."""
    name = f"{manifest.created_month} {manifest.bundle_id}"
    run = client.create_run(experiment_id, tags={**tags_of(manifest), MODEL_TAG: model_name}, run_name=name)
    run_id = str(run.info.run_id)
    finished = False
    try:
        _log_values(client, run, params, metrics, datasets)
        client.log_artifacts(run_id, str(bundle), ARTIFACT_FOLDER)
        finished = True
    finally:
        client.set_terminated(run_id, "FINISHED" if finished else "FAILED")
    return run_id


def tags_of(manifest: Manifest) -> dict[str, str]:
    """What runs and versions say of their bundle."""
    return {
        BUNDLE_TAG: manifest.bundle_id,
        MONTH_TAG: manifest.created_month,
        SYNTHETIC_TAG: str(manifest.synthetic).lower(),
    }


def every_run(client: MlflowClient) -> list[Run]:
    """Every run that ever logged a bundle: those marked deleted too, and those whose version or bundle is gone."""
    return _runs(client, f"tags.`{BUNDLE_TAG}` LIKE '%'")


def runs_with(client: MlflowClient, bundle_id: str) -> list[Run]:
    """Every run that logged a bundle, those marked deleted too: their artifacts are still there."""
    return _runs(client, f"tags.`{BUNDLE_TAG}` = '{bundle_id}'")


def runs_of(client: MlflowClient, runs: Sequence[Run], model_name: str, experiment: str) -> list[Run]:
    """Those of the runs that are for this model; a server may be shared with another kolmatch.

    A run that does not say so itself is for the model that has a version of it, else for that of its experiment.
    """
    from mlflow.entities import ViewType

    named = _paged(lambda page: client.search_experiments(ViewType.ALL, _PAGE, page_token=page))
    own = {one.experiment_id for one in named if one.name == experiment}

    def is_ours(run: Run) -> bool:
        if MODEL_TAG in run.data.tags:
            return bool(run.data.tags[MODEL_TAG] == model_name)
        models = {made.name for made in client.search_model_versions(f"run_id='{run.info.run_id}'")}
        return model_name in models if models else run.info.experiment_id in own

    return [run for run in runs if is_ours(run)]


def _runs(client: MlflowClient, wanted: str) -> list[Run]:
    from mlflow.entities import ViewType

    experiments = _paged(lambda page: client.search_experiments(ViewType.ALL, _PAGE, page_token=page))
    ids = [one.experiment_id for one in experiments]
    return list(_paged(lambda page: client.search_runs(ids, wanted, ViewType.ALL, _PAGE, page_token=page)))


def _paged(search: Callable[[str | None], PagedList[_One]]) -> Iterator[_One]:
    page = search(None)
    yield from page
    while page.token:
        page = search(page.token)
        yield from page


def holds_bundle(client: MlflowClient, run: Run) -> bool:
    """Whether any file of a bundle is left in a run."""
    return bool(client.list_artifacts(run.info.run_id, ARTIFACT_FOLDER))


def replace_bundle(client: MlflowClient, run: Run, folder: Path | None) -> None:
    """Put another bundle in the place of a run's; None, or a run that was deleted, is left without one."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository: Any = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts(ARTIFACT_FOLDER)
    if run.info.lifecycle_stage != "active":
        return
    if folder:
        client.log_artifacts(run.info.run_id, str(folder), ARTIFACT_FOLDER)
    _tag_anew(client, run, read_manifest(folder) if folder else None)


def _tag_anew(client: MlflowClient, run: Run, manifest: Manifest | None) -> None:
    """Versions first: a run that still has the old tag is found again when this is cut off."""
    run_id = str(run.info.run_id)
    for made in client.search_model_versions(f"run_id='{run_id}'"):
        if manifest:
            client.set_model_version_tag(made.name, made.version, BUNDLE_TAG, manifest.bundle_id)
        else:
            client.delete_model_version_tag(made.name, made.version, BUNDLE_TAG)  # it holds no bundle any more
    client.set_tag(run_id, BUNDLE_TAG, manifest.bundle_id if manifest else "")


def _spelt(name: str) -> str:
    """A name as MLflow takes it: `nDCG@10` becomes `nDCG at 10`, as names there may not hold an @."""
    return name.replace("@", " at ")


def read_name(name: str) -> str:
    """A name as we write it, from one in MLflow."""
    return name.replace(" at ", "@")


def _log_values(
    client: MlflowClient,
    run: Run,
    params: Mapping[str, str | int | float],
    metrics: Mapping[str, float],
    datasets: Mapping[str, str],
) -> None:
    """Keep what a run was made from and how good it is: parameters, metrics, and hashes of data sets by name."""
    from mlflow.entities import Param

    run_id = str(run.info.run_id)
    log_metrics(client, run, metrics)
    pairs = [Param(_spelt(name), str(value)) for name, value in params.items()]
    for start in range(0, len(pairs), _PARAMS_PER_CALL):
        client.log_batch(run_id, params=pairs[start : start + _PARAMS_PER_CALL])
    client.log_inputs(run_id, datasets=[_dataset(name, digest) for name, digest in datasets.items()])


def log_metrics(client: MlflowClient, run: Run, metrics: Mapping[str, float]) -> None:
    """Add figures to a run, as of its start; the same figure again replaces the older."""
    from mlflow.entities import Metric

    started = run.info.start_time
    values = [Metric(_spelt(name), value, started, 0) for name, value in metrics.items()]
    client.log_batch(str(run.info.run_id), metrics=values)


def _dataset(name: str, digest: str) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput

    source = json.dumps({"sha256": digest})
    return DatasetInput(Dataset(name, digest[:_DIGEST_LENGTH], source_type="local", source=source))


def download(client: MlflowClient, run_id: str, folder: Path) -> None:
    """Copy a run's bundle into an empty folder."""
    arrived = Path(client.download_artifacts(run_id, ARTIFACT_FOLDER, str(folder)))
    for item in arrived.iterdir():
        item.rename(folder / item.name)
    arrived.rmdir()


def remove_files(
    client: MlflowClient, run: Run, folder: str, names: Sequence[str], holding: Callable[[Path], bool]
) -> bool:
    """Remove a run's files of these names in a folder if one of them holds somebody; whether it did."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    run_id, wanted = run.info.run_id, {f"{folder}/{name}" for name in names}
    found = [one.path for one in client.list_artifacts(run_id, folder) if one.path in wanted]
    with tempfile.TemporaryDirectory() as scratch:
        if not any(holding(Path(client.download_artifacts(run_id, path, scratch))) for path in found):
            return False
    repository: Any = get_artifact_repository(run.info.artifact_uri)
    for path in found:
        repository.delete_artifacts(path)
    return True
