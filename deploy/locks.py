"""Write the pins of each image: what of requirements.lock its direct dependencies need, without what only tests use.

Run by `make lock`: python deploy/locks.py FOLDER
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kolmatch.cli.checkup import TRAINING_ALONE

ROOT: Final = Path(__file__).parents[1]


def closure(direct: list[Requirement]) -> set[str]:
    """Names of all that these need here, themselves among them, by what the installed ones say."""
    waiting, seen = list(direct), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                needed = map(Requirement, importlib.metadata.requires(name) or ())
                waiting += [one for one in needed if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def pins(direct: list[Requirement]) -> str:
    """The lines of requirements.lock that these need."""
    wanted = closure(direct)
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if canonicalize_name(re.split("==", line)[0]) in wanted)


def write(folder: Path) -> None:
    """Write serving.lock and training.lock into a folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    everything = [Requirement(line) for line in project["dependencies"]]
    serving = [one for one in everything if canonicalize_name(one.name) not in TRAINING_ALONE]
    for name, direct in (("serving", serving), ("training", everything)):
        (folder / f"{name}.lock").write_text(pins(direct), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
