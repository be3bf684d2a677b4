"""Run the steps of the Containerfile without a container engine: each stage in a root folder of its own, by chroot.

    debootstrap --include=python3,python3-venv,ca-certificates bookworm BASE     (once; stands for the base image)
    unshare --mount python3 deploy/rehearse.py --base BASE --work WORK --target serving -- --version

As root, on Linux. FROM lays an overlay on its stage, COPY copies, RUN runs, USER, ENV and WORKDIR hold from then on;
`--bind FILE` shows a file or folder of this machine inside (pip's settings, say). What comes after `--` is handed to
the ENTRYPOINT at the end, as the image's user. WORK stays, to be looked at.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
BASE_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Stage:
    """A stage's root folder and what its instructions have set so far."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH, "HOME": "/tmp"})
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)


def instructions(file: Path) -> list[tuple[str, str]]:
    """(instruction, its words) of a Containerfile, continued lines joined and comments left out."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages_of(file: Path, target: str) -> list[str]:
    """The target and all that it builds on, in the order of the file."""
    needs: dict[str, set[str]] = {}
    name = ""
    for word, rest in instructions(file):
        if word == "FROM":
            parent, name = rest.split(" AS ")
            needs[name] = {parent}
        elif word == "COPY" and rest.startswith("--from="):
            needs[name].add(rest.removeprefix("--from=").split()[0])
    wanted, waiting = set(), [target]
    while waiting:
        one = waiting.pop()
        if one in needs and one not in wanted:
            wanted.add(one)
            waiting += needs[one]
    return [one for one in needs if one in wanted]


def start(parent: Stage | Path, work: Path, binds: list[str]) -> Stage:
    """A stage's root: an overlay on its parent's, with this machine's network files and what is bound."""
    base = parent if isinstance(parent, Path) else parent.root
    for part in ("upper", "scratch", "root"):
        (work / part).mkdir(parents=True)
    layers = f"lowerdir={base},upperdir={work / 'upper'},workdir={work / 'scratch'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, work / "root"], check=True)
    for bound in ("/proc", "/dev", "/etc/resolv.conf", *binds):
        there = work / "root" / bound.lstrip("/")
        if Path(bound).is_dir():
            there.mkdir(parents=True, exist_ok=True)
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.touch()
        subprocess.run(["mount", "--bind", bound, there], check=True)
    if isinstance(parent, Path):
        return Stage(work / "root")
    return Stage(work / "root", dict(parent.environment), parent.folder, parent.user, list(parent.entrypoint))


def inside(stage: Stage, command: list[str]) -> None:
    """Run a command in a stage, as its user."""
    user, group = stage.user.split(":")
    settings = [f"{name}={value}" for name, value in stage.environment.items()]
    in_folder = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", stage.folder, *command]
    subprocess.run(["chroot", f"--userspec={user}:{group}", stage.root, "env", "-i", *settings, *in_folder], check=True)


def copy(stage: Stage, words: list[str], sources: dict[str, Stage]) -> None:
    """COPY: files and folders from the repository or another stage; a folder's contents, as an engine does."""
    source = REPOSITORY
    if words[0].startswith("--from="):
        source = sources[words.pop(0).removeprefix("--from=")].root
    *files, target = words
    place = stage.root / (Path("/") / stage.folder / target).relative_to("/")
    for file in files:
        origin = source / file.lstrip("/")
        if origin.is_dir():
            shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True)
        else:
            into = place / origin.name if target.endswith("/") else place
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, into)


def setting(stage: Stage, rest: str) -> None:
    """ENV: names with values, which may use those set before."""
    for pair in shlex.split(rest):
        name, value = pair.split("=", 1)
        stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])


def carry_out(stage: Stage, word: str, rest: str, sources: dict[str, Stage]) -> None:
    """One instruction other than FROM; those that only an engine reads are passed over."""
    if word == "RUN":
        inside(stage, ["sh", "-c", rest])
    elif word == "COPY":
        copy(stage, rest.split(), sources)
    elif word == "ENV":
        setting(stage, rest)
    elif word == "WORKDIR":
        stage.folder = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif word == "USER":
        stage.user = rest
    elif word == "ENTRYPOINT":
        stage.entrypoint = json.loads(rest)


def rehearse(file: Path, base: Path, work: Path, target: str, binds: list[str]) -> Stage:
    """Build the target stage, and those before it, under `work`."""
    done: dict[str, Stage] = {}
    wanted, name = stages_of(file, target), ""
    for word, rest in instructions(file):
        if word == "FROM":
            parent, name = rest.split(" AS ")
            if name in wanted:
                done[name] = start(done.get(parent, base), work / name, binds)
        elif name in wanted:
            print(f"[{name}] {word} {rest}", flush=True)
            carry_out(done[name], word, rest, done)
    return done[target]


def main() -> None:
    """Rehearse as the command line asks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--target", default="serving")
    parser.add_argument("--bind", action="append", default=[], help="file or folder of this machine to show inside")
    parser.add_argument("command", nargs="*", default=["--version"])
    asked = parser.parse_args()
    stage = rehearse(REPOSITORY / "deploy" / "Containerfile", asked.base, asked.work, asked.target, asked.bind)
    inside(stage, [*stage.entrypoint, *asked.command])


if __name__ == "__main__":
    main()
