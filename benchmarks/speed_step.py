"""One measured step, in a process of its own: `python -m benchmarks.speed_step STEP FOLDER` prints its figures as JSON.

The folder holds what the step needs, written by `benchmarks.speed`. Nothing is imported that the step does not use, so
that its peak of memory is its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

Figures = dict[str, float]

TOP: Final = 20
WARM_UP: Final = 10  # the first few answers touch memory for the first time


def peak_mib() -> float:
    """The most memory this process ever held, in MiB.

    Read from /proc, because what getrusage reports of a new process begins with its parent's peak.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kib) / 1024


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - started


def _given(home: Path, name: str) -> Any:  # noqa: ANN401
    return json.loads((home / f"{name}.json").read_text(encoding="utf-8"))


def _import(home: Path) -> Figures:
    from benchmarks.history_files import import_files

    files = {name: Path(file) for name, file in _given(home, "files").items()}
    figures: Figures = {}
    with _timed(figures, "import, s"):
        rejected = import_files(files, home, synthetic=False, now=datetime.now(UTC))
    return figures | {"rejected rows": rejected, "import peak, MiB": peak_mib()}


def _train(home: Path) -> Figures:
    from kolmatch.settings import Settings
    from training.pipeline import train

    settings = Settings.model_validate(_given(home, "settings"))
    figures: Figures = {}
    with _timed(figures, "train, s"):
        bundle = train(home, settings, month=_given(home, "month"), progress=lambda *_: None)
    (home / "bundle.json").write_text(json.dumps(str(bundle)), encoding="utf-8")
    size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file())
    return figures | {"train peak, MiB": peak_mib(), "bundle, MiB": size / 2**20}


def _shortlist(home: Path) -> Figures:
    import numpy as np

    from models.brief import Brief
    from models.matcher import Matcher

    figures: Figures = {}
    with _timed(figures, "load, s"):
        matcher = Matcher.load(Path(_given(home, "bundle")))
    briefs = [Brief(title=title, text=text) for title, text in _given(home, "briefs")]
    took = []
    for brief in briefs[:WARM_UP] + briefs:
        started = time.perf_counter()
        matcher.shortlist(brief, TOP)
        took.append(1000 * (time.perf_counter() - started))
    for percent, value in zip((50, 95, 99), np.percentile(took[WARM_UP:], (50, 95, 99)), strict=True):
        figures[f"shortlist p{percent}, ms"] = float(value)
    return figures | {"shortlist peak, MiB": peak_mib()}


def _encode(home: Path) -> Figures:
    from models.matcher import Matcher

    encoder = Matcher.load(Path(_given(home, "bundle"))).encoder
    texts = _given(home, "texts")
    encoder.encode_posts(texts[:1])  # brings the libraries that only this needs
    figures: Figures = {}
    for name in ("encode first time, texts/s", "encode again, texts/s"):
        started = time.perf_counter()
        encoder.encode_posts(texts)
        figures[name] = len(texts) / (time.perf_counter() - started)
    return figures


STEPS: Final[dict[str, Callable[[Path], Figures]]] = {
    "import": _import,
    "train": _train,
    "shortlist": _shortlist,
    "encode": _encode,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]))))
