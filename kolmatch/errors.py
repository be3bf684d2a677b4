"""The one tree of errors. Each says what was wrong, with which value, and what to do, in Vietnamese and English.

    KolmatchError                 3  internal, anything below
    ├── InputRefused              1  what a person gave cannot be used
    │   ├── FileUnreadable           the file cannot be opened or parsed
    │   ├── RowsRejected             some rows of a file broke the contract
    │   ├── BriefRefused             a brief has no usable text, or contradicts itself
    │   ├── UnknownCreator           no creator has that id
    │   ├── UploadRefused            a document is none, hides something, or takes too much to read
    │   ├── UnknownRecord            the store has no such brief, shortlist, decision, check or key
    │   ├── Conflict                 it does not go with what is there: a step out of order, a key used twice
    │   └── Outdated                 someone changed it in between
    ├── UsageError                2  the call itself was wrong
    │   ├── SettingsError            kolmatch.toml or a KOLMATCH_ variable is wrong
    │   └── ExtraMissing             an optional part is not installed
    ├── AccessError               1  who asks may not
    │   ├── NotSignedIn              no key or token, or none that holds
    │   ├── NotAllowed               the role is not enough
    │   └── TooManyRequests          more in a minute than the key may
    ├── StoreError                1  the database of briefs and decisions cannot be used
    │   ├── StoreNewer               it was written by a later kolmatch
    │   └── AuditBroken              the audit trail is not what was written
    ├── ErasureIncomplete         1  a person could not be taken out everywhere
    ├── WorkersFailed             1  none of a service's processes could start
    ├── Overloaded                1  more is asked at once than can be answered
    ├── CatalogueError            1
    │   ├── CatalogueEmpty           nothing was imported yet
    │   ├── CatalogueBusy            another process is writing
    │   └── CatalogueDamaged         a file at rest is not what was written
    ├── TrainingBusy              1  another training of the same home is running
    ├── TooLittleData             1  there is not enough to train on
    ├── RetrainError              1  the monthly job cannot go on, or a model cannot be made again
    └── BundleError               1
        ├── BundleMissing            no model was trained, or it was deleted
        ├── BundleDamaged            a file does not match its hash
        ├── BundleFormat             written by another format version
        └── RegistryError            MLflow cannot be reached or does not know the version

The number is the exit code of the command line; `http_status` is what the service answers.
"""

from __future__ import annotations

from typing import ClassVar


class KolmatchError(Exception):
    """Base of all errors that kolmatch raises on purpose.

    `en` and `vi` are the same sentence twice: what was wrong, which value, what to do.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 3
    http_status: ClassVar[int] = 500

    def __init__(self, en: str, vi: str) -> None:
        super().__init__(en)
        self.en = en
        self.vi = vi


class InputRefused(KolmatchError):
    """What a person gave cannot be used."""

    code = "input_refused"
    exit_code = 1
    http_status = 422


class FileUnreadable(InputRefused):
    """A file cannot be opened or parsed."""

    code = "file_unreadable"


class RowsRejected(InputRefused):
    """Some rows of a file broke the import contract."""

    code = "rows_rejected"


class BriefRefused(InputRefused):
    """A brief has no usable text, or contradicts itself."""

    code = "brief_refused"


class UnknownCreator(InputRefused):
    """No creator has that id."""

    code = "unknown_creator"
    http_status = 404


class UploadRefused(InputRefused):
    """A document is none, hides something, or takes too much to read."""

    code = "upload_refused"


class UnknownRecord(InputRefused):
    """The store has no such brief, shortlist, decision, check or key, or it is another department's."""

    code = "unknown_record"
    http_status = 404


class Conflict(InputRefused):
    """What is asked does not go with what is there."""

    code = "conflict"
    http_status = 409


class Outdated(InputRefused):
    """Someone changed it since the caller read it."""

    code = "outdated"
    http_status = 412


class UsageError(KolmatchError):
    """The call itself was wrong."""

    code = "usage"
    exit_code = 2
    http_status = 400


class SettingsError(UsageError):
    """A setting is unknown or has a value that cannot be."""

    code = "settings"
    http_status = 500


class ExtraMissing(UsageError):
    """An optional part is not installed."""

    code = "extra_missing"
    http_status = 501


class AccessError(KolmatchError):
    """Who asks may not."""

    code = "access"
    exit_code = 1
    http_status = 403


class NotSignedIn(AccessError):
    """There is no key or token, or none that holds."""

    code = "not_signed_in"
    http_status = 401


class NotAllowed(AccessError):
    """The role is not enough."""

    code = "not_allowed"


class TooManyRequests(AccessError):
    """More was asked in a minute than the key may; `retry_after_s` is when it may again."""

    code = "too_many_requests"
    http_status = 429

    def __init__(self, en: str, vi: str, retry_after_s: int = 1) -> None:
        super().__init__(en, vi)
        self.retry_after_s = retry_after_s


class StoreError(KolmatchError):
    """The database of briefs and decisions cannot be used."""

    code = "store"
    exit_code = 1
    http_status = 503


class StoreNewer(StoreError):
    """The database was written by a later kolmatch."""

    code = "store_newer"


class AuditBroken(StoreError):
    """The audit trail is not what was written."""

    code = "audit_broken"
    http_status = 500


class ErasureIncomplete(KolmatchError):
    """A person could not be taken out everywhere, or it cannot be told who was."""

    code = "erasure_incomplete"
    exit_code = 1
    http_status = 500


class WorkersFailed(KolmatchError):
    """None of a service's processes could start."""

    code = "workers_failed"
    exit_code = 1


class Overloaded(KolmatchError):
    """More is asked at once than can be answered."""

    code = "overloaded"
    exit_code = 1
    http_status = 503


class CatalogueError(KolmatchError):
    """The catalogue at rest cannot be used."""

    code = "catalogue"
    exit_code = 1
    http_status = 503


class CatalogueEmpty(CatalogueError):
    """Nothing was imported yet."""

    code = "catalogue_empty"


class CatalogueBusy(CatalogueError):
    """Another process is writing the catalogue."""

    code = "catalogue_busy"


class CatalogueDamaged(CatalogueError):
    """A file of the catalogue is not what was written."""

    code = "catalogue_damaged"


class TrainingBusy(KolmatchError):
    """Another training of the same home folder is running."""

    code = "training_busy"
    exit_code = 1
    http_status = 409


class TooLittleData(KolmatchError):
    """There is not enough data to train on."""

    code = "too_little_data"
    exit_code = 1
    http_status = 409


class RetrainError(KolmatchError):
    """The monthly job cannot go on, or what a model was made from is no longer there."""

    code = "retrain"
    exit_code = 1
    http_status = 409


class BundleError(KolmatchError):
    """A model bundle cannot be used."""

    code = "bundle"
    exit_code = 1
    http_status = 503


class BundleMissing(BundleError):
    """No model was trained yet, or it was deleted."""

    code = "bundle_missing"


class BundleDamaged(BundleError):
    """A file of a bundle does not match its hash."""

    code = "bundle_damaged"


class BundleFormat(BundleError):
    """A bundle was written by another version of the format."""

    code = "bundle_format"


class RegistryError(BundleError):
    """MLflow cannot be reached, or does not know the version asked for."""

    code = "registry"
