"""MLflow's client, made quiet, bounded in time, and heard in our own errors."""

from __future__ import annotations

import os
import sqlite3
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from kolmatch.errors import ExtraMissing, RegistryError
from kolmatch.files import replacing

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow is steered by environment variables alone. These hold only while it is called, and all but the first
# only where the caller's environment says nothing.
_NO_TELEMETRY: Final = {"MLFLOW_DISABLE_TELEMETRY": "true"}  # a city's machine reports to no one
_CALM: Final = {
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is the command's answer
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",  # seconds; a server may take long to store a large file
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # MLflow's 7 retries hide a dead server for four minutes
}
_FIRST_CALL: Final = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
_CONNECT_TIMEOUT_S: Final = 5
ARTIFACTS: Final = "artifacts"  # beside the database
# Where MLflow's own database writes addresses of files; experiments last, for by them the others are found again.
_ADDRESSES: Final = (
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("experiments", "artifact_location"),
)
_REASON_LENGTH: Final = 300  # characters of another program's error that we pass on
_environment_lock = threading.RLock()  # os.environ belongs to the whole process


@contextmanager
def quiet(**first: str) -> Iterator[None]:
    """Call MLflow without telemetry, chatter or endless retries; the environment is as before afterwards.

    `first` are variables that go before the usual ones; what the caller's environment says goes before both.
    """
    with _environment_lock, warnings.catch_warnings():
        # MLflow's own mapping uses a loader that SQLAlchemy 2.1 deprecates; nothing of ours can change it.
        warnings.filterwarnings("ignore", "The ``noload`` loader strategy is deprecated", DeprecationWarning)
        before = {name: os.environ.get(name) for name in (*_CALM, *_NO_TELEMETRY)}
        wanted = {name: value for name, value in {**_CALM, **first}.items() if before[name] is None}
        os.environ.update(wanted | _NO_TELEMETRY)
        try:
            yield
        finally:
            _restore(before)


def connect(uri: str, own_database: Path | None) -> MlflowClient:
    """A client that has had an answer from `uri`, within seconds.

    `own_database` is the SQLite file of a home folder, made here when it is not there; None for anything else.

    Raises:
        RegistryError: nothing answers at `uri`, or the database there is damaged.
        ExtraMissing: `uri` needs a database driver that is not installed.
    """
    with quiet(**_FIRST_CALL), failures(uri):
        if own_database and not own_database.exists():
            _create(own_database)
        _check_database(uri)
        if own_database:
            _lead_home(own_database)
        return _answering(uri)


@contextmanager
def failures(uri: str) -> Iterator[None]:
    """Turn what MLflow, its database and its network raise into a RegistryError that says what to do."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ModuleNotFoundError as error:
        raise _driver_missing(uri, error) from error
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _failed(uri, error) from error


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _create(database: Path) -> None:
    """Make MLflow's tables in one step: a crash in its sixty migrations may leave a file that it cannot use."""
    with replacing(database) as fresh:
        _answering(f"sqlite:///{fresh}")


def artifacts_of(database: Path) -> str:
    """Where the MLflow of a home folder keeps files, as its database writes it."""
    return (database.parent / ARTIFACTS).as_uri()


def _lead_home(database: Path) -> None:
    """MLflow notes down whole addresses. In a home folder that was moved, copied or restored they lead to the folder
    that it came from, whose files a training or an erasure here must not touch: they are made to lead here.
    """
    here = artifacts_of(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute(
            "SELECT artifact_location FROM experiments WHERE artifact_location LIKE ? AND artifact_location <> ?",
            (f"file://%/{database.parent.name}/{ARTIFACTS}", here),
        )
        for (there,) in found.fetchall():
            for table, column in _ADDRESSES:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608  # names are ours
                    f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (here, len(there) + 1, there, len(there) + 1, f"{there}/"),
                )


def _answering(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_experiments(max_results=1)
    return client


def _check_database(uri: str) -> None:
    """Fail at once where MLflow would try for two minutes: on a database that is damaged or does not answer."""
    scheme = uri.split(":", 1)[0].split("+", 1)[0]
    if scheme == "sqlite":
        _check_sqlite(uri)
    elif scheme in ("postgresql", "mysql", "mssql"):
        _check_server(uri, {"timeout" if scheme == "mssql" else "connect_timeout": _CONNECT_TIMEOUT_S})


def _check_sqlite(uri: str) -> None:
    path = uri.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _check_server(uri: str, arguments: Mapping[str, int]) -> None:
    from sqlalchemy import NullPool, create_engine

    with create_engine(uri, poolclass=NullPool, connect_args=dict(arguments)).connect():
        return


def _shown(uri: str) -> str:
    """The address without what may be secret in it."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl() if parts.netloc else uri


def _reason(uri: str, error: Exception) -> str:
    text = str(error).replace(uri, _shown(uri))
    if password := urlsplit(uri).password:
        text = text.replace(password, "***")
    return " ".join(text.split())[:_REASON_LENGTH]


def _failed(uri: str, error: Exception) -> RegistryError:
    shown, reason = _shown(uri), _reason(uri, error)
    return RegistryError(
        f"MLflow at {shown} failed: {reason}. Check that it runs, that registry.tracking_uri is right, and that a "
        "local mlflow.db is whole (else restore it, or move it away). The live model keeps answering meanwhile.",
        f"MLflow tại {shown} gặp lỗi: {reason}. Hãy kiểm tra MLflow có đang chạy, registry.tracking_uri có đúng và tệp "
        "mlflow.db có nguyên vẹn không (nếu hỏng, hãy khôi phục hoặc dời đi). Mô hình đang dùng vẫn hoạt động.",
    )


def _driver_missing(uri: str, error: ModuleNotFoundError) -> ExtraMissing:
    return ExtraMissing(
        f"MLflow at {_shown(uri)} needs the Python package {error.name}, which is not installed. "
        f"Install it: pip install {error.name}",
        f"MLflow tại {_shown(uri)} cần gói Python {error.name}, hiện chưa được cài. Hãy chạy: pip install {error.name}",
    )
