"""The monthly job, step by step: what is done is in the journal, and a run that was cut off goes on behind it.

Two models are trained. A candidate learns without the newest posts, which the champion has not seen either, and both
are asked about them. The one that may go live, the challenger, knows everything up to the month's end and weighs it as
the candidate has learned to. `docs/decisions/0016-monthly-job.md` says why.

    HOME/retrain/2026-11/journal.json, log.txt, difference.html, difference.json, rejects.csv
    HOME/retrain/2026-11/work/          catalogue copies and fresh bundles; gone when the month is done
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from filelock import FileLock

from data.catalogue import Catalogue, copy_month, copy_until
from kolmatch.errors import (
    BundleError,
    KolmatchError,
    RegistryError,
    RetrainError,
    TooLittleData,
    TrainingBusy,
    UsageError,
)
from kolmatch.files import held, sha256_of
from kolmatch.settings import Settings
from models.bundle_files import bundle_folder, champion_pointer, is_whole, read_manifest
from models.preferences import DecidedList
from training.monthly.calendar import month_end, parting
from training.monthly.drop import take_in, waiting
from training.monthly.golden import golden_file, read_golden
from training.monthly.journal import JOURNAL_FILE, LOG_FILE, Journal, Log
from training.monthly.judging import Judged, judge
from training.monthly.report import FIGURES_FILE, PAGE_FILE
from training.moves import PROMOTE
from training.pipeline import Learned, Training, alone, inputs
from training.preferences import digest
from training.provenance import as_recorded, code_sha256
from training.publishing import flat
from training.registry import CHAMPION, Registry
from training.retention import prunable, prune

Progress = Callable[[str, int, int], None]

RETRAIN_FOLDER: Final = "retrain"
STEPS: Final = ("check", "import", "cut", "candidate", "train", "measure", "register", "decide", "tidy")
_BY: Final = "kolmatch retrain"
_NOTE_LETTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        month: "2026-11"; posts from its end on, as the city counts, are not used.
        drop: folder that new files lie in; None for what was imported already.
        warm_start: see `training.pipeline.train`.
        gone: ids and marks of creators whom no answer may name.
        decided: lists that staff decided on; those from the month's end on are not used.
        referred: bundles that kept shortlists refer to.
        clock: gives the present moment.
    """

    month: str
    drop: Path | None
    warm_start: tuple[Path, ...]
    gone: tuple[str, ...]
    decided: tuple[DecidedList, ...]
    referred: frozenset[str]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a month ended: whether a new model went live, its version (None: nothing was trained), and why."""

    promoted: bool
    version: int | None
    bundle_id: str | None
    vi: str
    en: str


def retrain(home: Path, settings: Settings, order: Order, progress: Progress) -> Outcome:
    """Run a month's job to its end, or from where it was cut off; a month that ended is only looked up, unless it left
    files waiting and there are whole ones now: then it takes them in and goes on from there.

    Raises:
        TrainingBusy: another retraining or training of this home folder is running.
        RowsRejected, FileUnreadable: a file of the drop folder or the golden briefs; nothing was taken in.
        RegistryError: MLflow cannot be reached.
        CatalogueError, TooLittleData, BundleError: see `training.pipeline.train`.
        RetrainError: the journal is damaged, or the disk is full.
    """
    folder = home / RETRAIN_FOLDER / order.month
    with _only_one(home), alone(home):
        journal = Journal.open(folder)
        if journal.outcome and not left_waiting(journal):
            return Outcome(**journal.outcome)
        job, log = _Job(home, settings, order, progress), Log(folder / LOG_FILE)
        try:
            if journal.outcome:
                late = job.came_late()
                if not late:
                    return Outcome(**journal.outcome)
                taken = job.also_taken(journal)  # first: a file that is refused leaves the month as it ended
                journal = journal.without("cut").with_step("import", taken)
                log.say(order.clock(), f"import: begins again with {', '.join(late)}; done {_short(taken)}")
            return _run(job, job.still_good(journal), log, order.clock)
        except KolmatchError as error:
            log.say(order.clock(), f"stopped: {error.en}")
            raise
        except OSError as error:
            raise RetrainError(
                f"The job of {order.month} cannot go on: {error}. Free disk space or correct permissions, then run it "
                "again; it goes on where it stopped, and the live model keeps answering.",
                f"Không chạy tiếp được tháng {order.month}: {error}. Hãy giải phóng ổ đĩa hoặc sửa quyền rồi chạy lại; "
                "công việc sẽ tiếp tục từ chỗ dừng, mô hình đang dùng vẫn hoạt động.",
            ) from error


def _run(job: _Job, journal: Journal, log: Log, clock: Callable[[], datetime]) -> Outcome:
    for step in STEPS:
        if step in journal.steps or job.has_nothing_to(step, journal):
            continue
        log.say(clock(), f"{step}: begins")
        found = job.steps[step](journal)
        journal = journal.with_step(step, found)
        log.say(clock(), f"{step}: done {_short(found)}")
    outcome = job.outcome(journal)
    journal.ended({name: getattr(outcome, name) for name in Outcome.__slots__})
    log.say(clock(), outcome.en)
    return outcome


def left_waiting(journal: Journal) -> tuple[str, ...]:
    """Names of files that a month's import left in the drop folder: not whole yet, or named as no table."""
    told = journal.steps.get("import", {})
    return (*told.get("unfinished", ()), *told.get("unknown", ()))


def _short(found: Mapping[str, Any]) -> str:
    told = [f"{name} {value}" for name, value in found.items() if isinstance(value, (str, int, bool))]
    waits = [f"{name} files: {', '.join(found[name])}" for name in ("unfinished", "unknown") if found.get(name)]
    return "; ".join([", ".join(told), *waits] if told else waits)


def _only_one(home: Path) -> AbstractContextManager[None]:
    folder = home / RETRAIN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    busy = TrainingBusy(
        f"The monthly job of {home} is running already. This one leaves; the other goes on.",
        f"Công việc hằng tháng của {home} đang chạy. Lần gọi này dừng; lần kia vẫn tiếp tục.",
    )
    return held(FileLock(folder / "retrain.lock", timeout=0), busy)


class _Job:
    """The steps; each may be repeated, and returns what the journal keeps of it."""

    def __init__(self, home: Path, settings: Settings, order: Order, progress: Progress) -> None:
        self._home = home
        self._settings = settings
        self._order = order
        self._progress = progress
        self._folder = home / RETRAIN_FOLDER / order.month
        self._month_home = self._folder / "work" / "month"
        self._past_home = self._folder / "work" / "past"
        self._end = month_end(order.month).astimezone(UTC)
        self._registry = Registry.open(home, settings.registry)
        self.steps = {
            "check": self._check,
            "import": self._import,
            "cut": self._cut,
            "candidate": self._candidate,
            "train": self._train,
            "measure": self._measure,
            "register": self._register,
            "decide": self._decide,
            "tidy": self._tidy,
        }

    def still_good(self, journal: Journal) -> Journal:
        """The journal, less the steps whose files are gone (an erasure or a person removed them), or that were taken
        with other settings, code or texts, before somebody opted out or staff decided: the two models would not match.
        """
        if "register" in journal.steps or "cut" not in journal.steps:
            return journal
        if journal.steps["cut"].get("made_with") != self._made_with():
            return journal.without("cut")
        bundles = {"train": self._month_home, "candidate": self._past_home}
        told = [(home, journal.steps[step].get("bundle")) for step, home in bundles.items() if step in journal.steps]
        whole = all(bundle is None or is_whole(bundle_folder(home, bundle), bundle) for home, bundle in told)
        there = (self._month_home / "catalogue").is_dir()
        return journal if whole and there else journal.without("cut")

    def has_nothing_to(self, step: str, journal: Journal) -> bool:
        """Whether a step is left out: the champion was made from the very same, so that nothing need be trained."""
        same = journal.steps.get("cut", {}).get("same", False)
        return same and step in ("train", "candidate", "measure", "register", "decide")

    def outcome(self, journal: Journal) -> Outcome:
        """How it ended."""
        if journal.steps["cut"]["same"]:
            return Outcome(
                False,
                None,
                None,
                "Không có dữ liệu, cấu hình hay mã mới so với mô hình đang dùng: giữ nguyên.",
                "Data, settings and code are those that the champion was made from: it stays.",
            )
        decided = journal.steps["decide"]
        return Outcome(
            decided["promoted"],
            journal.steps["register"]["version"],
            journal.steps["train"]["bundle"],
            decided["vi"],
            decided["en"],
        )

    def _check(self, _: Journal) -> dict[str, Any]:
        """Everything that can be refused is refused before anything is changed."""
        self._progress("check", 0, 1)
        self._registry.versions()
        read_golden(golden_file(self._home, self._settings.gate.golden_file))
        if self._order.drop and not self._order.drop.is_dir():
            raise UsageError(
                f"The drop folder {self._order.drop} is not there. Name another with --drop or retrain.drop_folder.",
                f"Không có thư mục nhận tệp {self._order.drop}. Hãy chỉ thư mục khác bằng --drop hoặc "
                "retrain.drop_folder.",
            )
        self._progress("check", 1, 1)
        return {}

    def _import(self, _: Journal) -> dict[str, Any]:
        if self._order.drop is None:
            return {"files": [], "unfinished": [], "unknown": []}
        now = self._order.clock()
        found = waiting(self._order.drop, now, self._settings.retrain.settle_s)
        taken = take_in(
            self._home,
            found,
            self._known_files(),
            self._folder / "rejects.csv",
            now=now,
            max_rejected_share=self._settings.retrain.max_rejected_share,
            progress=self._progress,
        )
        told = [one.to_json() for one in taken]
        return {"files": told, "unfinished": list(found.unfinished), "unknown": list(found.unknown)}

    def came_late(self) -> list[str]:
        """Names of whole files in the drop folder that no month took in."""
        if self._order.drop is None or not self._order.drop.is_dir():
            return []
        found = waiting(self._order.drop, self._order.clock(), self._settings.retrain.settle_s)
        known = self._known_files()
        return [file.name for _, file in found.ready if sha256_of(file) not in known]

    def also_taken(self, journal: Journal) -> dict[str, Any]:
        """What the import found, with the files that came late."""
        late = self._import(journal)
        return late | {"files": [*journal.steps["import"]["files"], *late["files"]]}

    def _known_files(self) -> set[str]:
        """SHA-256 of what any month took in."""
        months = [path.parent for path in (self._home / RETRAIN_FOLDER).glob(f"*/{JOURNAL_FILE}")]
        taken = (Journal.open(month).steps.get("import", {}).get("files", []) for month in sorted(months))
        return {file["sha256"] for files in taken for file in files}

    def _cut(self, _: Journal) -> dict[str, Any]:
        """The month's catalogue, the champion that it is held against, and the moment that parts what is held out."""
        self._progress("cut", 0, 1)
        shutil.rmtree(self._folder / "work", ignore_errors=True)
        catalogue = Catalogue.open(self._home)
        catalogue.verify()  # the copy has hashes of its own
        month = copy_month(catalogue, self._end, self._month_home)
        champion = self._champion()
        last = month.table("posts")["published_at"].max()
        known_until = _last_post(bundle_folder(self._home, champion["champion"])) if champion["champion"] else None
        moment = None
        if isinstance(last, datetime) and known_until and last > known_until:
            moment = parting(known_until, last, self._settings.gate.held_out_share).astimezone(UTC).isoformat()
        self._progress("cut", 1, 1)
        same = self._is_made_from(month, champion["champion"])
        return champion | {"moment": moment, "same": same, "made_with": self._made_with()}

    def _made_with(self) -> str:
        """SHA-256 of all but the catalogue that a model of this job is made with."""
        texts = [sha256_of(file) for file in self._order.warm_start]
        decided = digest(self._decided_before(self._end))
        told = [as_recorded(self._settings), code_sha256(), texts, sorted(self._order.gone), decided]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def _champion(self) -> dict[str, Any]:
        """The live version: the registry's, else the one that the home folder points to, if it can answer at all.

        Raises:
            RegistryError: MLflow cannot give it now; that it cannot be compared must not make another one live.
        """
        live = [version for version in self._registry.versions() if CHAMPION in version.aliases]
        try:
            if live:
                self._registry.fetch(str(live[0].version))
                return {"champion": live[0].bundle_id, "version": live[0].version, "note_vi": "", "note_en": ""}
            pointed = champion_pointer(self._home)
            read_manifest(pointed.folder)
        except RegistryError:
            raise
        except BundleError as error:
            return {"champion": None, "version": None, "note_vi": error.vi, "note_en": error.en}
        return {"champion": pointed.bundle_id, "version": pointed.version, "note_vi": "", "note_en": ""}

    def _is_made_from(self, month: Catalogue, champion: str | None) -> bool:
        if champion is None:
            return False
        made = read_manifest(bundle_folder(self._home, champion))
        return (
            made.trained_on == inputs(month, self._order.warm_start, self._decided_before(self._end))
            and made.settings == as_recorded(self._settings)
            and made.code_sha256 == code_sha256()
        )

    def _candidate(self, journal: Journal) -> dict[str, Any]:
        """A model without the newest posts; none where there is nothing to hold out or to compare with."""
        nothing = {"bundle": None, "learned": None}
        if journal.steps["cut"]["moment"] is None:
            return nothing
        moment = datetime.fromisoformat(journal.steps["cut"]["moment"])
        shutil.rmtree(self._past_home, ignore_errors=True)
        copy_until(Catalogue.open(self._month_home), moment, self._past_home)
        try:
            training = self._training(self._past_home, "candidate: ")
            learned = replace(training.learn_weights(), before=moment)
            bundle = training.write(learned, self._order.month, self._decided_before(moment))
        except TooLittleData:
            return nothing
        return {"bundle": bundle.name, "learned": learned.to_dict()}

    def _train(self, journal: Journal) -> dict[str, Any]:
        """A model that knows everything and weighs it as the candidate learned to, where there is one."""
        learned, training = journal.steps["candidate"]["learned"], self._training(self._month_home, "")
        weights = Learned.from_dict(learned) if learned else training.learn_weights()
        return {"bundle": training.write(weights, self._order.month, self._decided_before(self._end)).name}

    def _decided_before(self, moment: datetime) -> tuple[DecidedList, ...]:
        return tuple(one for one in self._order.decided if one.decided_at < moment)

    def _training(self, home: Path, prefix: str) -> Training:
        return Training.read(
            home,
            self._settings,
            self._order.warm_start,
            self._order.gone,
            lambda stage, done, total: self._progress(f"{prefix}{stage}", done, total),
        )

    def _measure(self, journal: Journal) -> dict[str, Any]:
        cut, taken = journal.steps["cut"], journal.steps["import"]
        candidate = journal.steps["candidate"]["bundle"]
        found = judge(
            Judged(
                month=self._order.month,
                catalogue=Catalogue.open(self._month_home),
                champion=bundle_folder(self._home, cut["champion"]) if cut["champion"] else None,
                candidate=bundle_folder(self._past_home, candidate) if candidate else None,
                challenger=bundle_folder(self._month_home, journal.steps["train"]["bundle"]),
                moment=datetime.fromisoformat(cut["moment"]) if cut["moment"] else None,
                golden=read_golden(golden_file(self._home, self._settings.gate.golden_file)),
                gone=self._order.gone,
                taken=taken,
                note=(cut["note_vi"], cut["note_en"]),
            ),
            self._settings,
            self._folder,
            self._progress,
        )
        return {
            "promote": found.verdict.promote,
            "vi": found.verdict.vi,
            "en": found.verdict.en,
            "metrics": found.metrics,
        }

    def _register(self, journal: Journal) -> dict[str, Any]:
        self._progress("register", 0, 1)
        bundle = bundle_folder(self._month_home, journal.steps["train"]["bundle"])
        manifest = read_manifest(bundle)
        version = self._registry.challenge(
            bundle,
            self._order.month,
            params=flat(manifest.settings) | {"month": self._order.month, "seed": manifest.seed},
            metrics=manifest.metrics,
            datasets=manifest.trained_on,
        )
        files = [self._folder / name for name in (PAGE_FILE, FIGURES_FILE)]
        self._registry.add_evaluation(version, files, journal.steps["measure"]["metrics"])
        self._progress("register", 1, 1)
        return {"version": version.version}

    def _decide(self, journal: Journal) -> dict[str, Any]:
        """Promote, unless somebody made another version live since the comparison."""
        measured, compared = journal.steps["measure"], journal.steps["cut"]["champion"]
        version = journal.steps["register"]["version"]
        if not measured["promote"]:
            return {"promoted": False, "vi": measured["vi"], "en": measured["en"]}
        now = self._champion()
        if now["champion"] not in (compared, journal.steps["train"]["bundle"]):
            return {
                "promoted": False,
                "vi": "Mô hình đang dùng đã được đổi trong lúc so sánh: giữ nguyên. Hãy xem lại báo cáo.",
                "en": "The champion was changed while it was compared: it stays. Look at the report again.",
            }
        note = measured["en"][:_NOTE_LETTERS]
        self._registry.make_champion(version, PROMOTE, by=_BY, note=note, at=self._order.clock())
        return {"promoted": True, "vi": measured["vi"], "en": measured["en"]}

    def _tidy(self, _: Journal) -> dict[str, Any]:
        self._progress("tidy", 0, 1)
        shutil.rmtree(self._folder / "work", ignore_errors=True)
        found = prunable(self._home, self._registry, self._order.referred, self._settings.retrain, self._order.clock())
        prune(self._home, self._registry, found)
        self._progress("tidy", 1, 1)
        return {"pruned": [one.bundle_id for one in found]}


def _last_post(bundle: Path) -> datetime | None:
    """When the newest post was published that a bundle knows."""
    last = pl.read_parquet(bundle / "posts.parquet", columns=["published_at"])["published_at"].max()
    return last if isinstance(last, datetime) else None
