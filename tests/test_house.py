"""The house itself: what is shipped, what imports what, and that the papers agree with the code."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kolmatch import __version__, errors
from kolmatch.cli import COMMANDS, cli
from kolmatch.errors import KolmatchError

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("data", "features", "kolmatch", "models", "serving", "training")
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN: Final = re.compile(r"([a-z0-9]+(?:[.-][a-z0-9]+)*)==([0-9][0-9a-z.]*)")
FROM_INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel"})
IMPORT_ALL: Final = """
import importlib, importlib.metadata, pathlib, pkgutil, sys
import warnings; warnings.simplefilter("error")
top, names = sys.argv[1], sys.argv[2:]
for name in names:
    package = importlib.import_module(name)
    assert pathlib.Path(package.__file__).is_relative_to(top), package.__file__
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
        print(module.name)
(found,) = importlib.metadata.distributions(name="kolmatch", path=[top])
(script,) = found.entry_points.select(group="console_scripts", name="kolmatch")
assert callable(script.load())
"""


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed; its own words are the message when it does not."""
    given = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def sources() -> Iterator[Path]:
    for package in (*PACKAGES, "benchmarks", "tests"):
        yield from (ROOT / package).rglob("*.py")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources and installed alone into an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ".")
    (wheel,) = folder.glob("*.whl")
    install = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
    run(sys.executable, *install, folder / "installed", wheel)
    return folder / "installed"


def test_the_wheel_imports_whole_without_the_repository(unpacked: Path, tmp_path: Path) -> None:
    shipped = {
        ".".join(file.relative_to(unpacked).with_suffix("").parts)
        for file in unpacked.rglob("*.py")
        if file.name != "__init__.py"
    }
    imported = run(
        sys.executable, "-P", "-c", IMPORT_ALL, unpacked, *PACKAGES, cwd=tmp_path, PYTHONPATH=str(unpacked)
    ).stdout.split()
    assert shipped
    assert shipped <= set(imported)


def test_the_wheel_has_the_packages_with_all_their_files_and_nothing_else(unpacked: Path) -> None:
    top = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")} - {"bin", "__pycache__"}
    assert top == set(PACKAGES)
    for package in PACKAGES:
        own = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if path.is_file()}
        wanted = {path for path in own if "__pycache__" not in path.parts}
        assert wanted <= {path.relative_to(unpacked) for path in unpacked.rglob("*")}


def test_no_other_distribution_has_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ["kolmatch"])) == {"kolmatch"}


def test_imports_run_one_way() -> None:
    assert "0 broken" in run(Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo").stdout


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_the_first_word_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    heavy = ("numpy", "polars", "torch", "faiss", "scipy", "pydantic", "rich", "mlflow", "fastapi", "models", "data")
    code = "import sys; from kolmatch.cli import cli; "
    code += f"cli({list(arguments)}, prog_name='kolmatch', standalone_mode=False); "
    code += f"loaded = sorted(set({heavy!r}) & set(sys.modules)); sys.exit(f'loaded {{loaded}}' if loaded else 0)"
    assert "kolmatch" in run(sys.executable, "-c", code).stdout


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            assert found is not None, sub
            yield from commands(found, f"{name} {sub}")


def test_every_command_says_what_it_does_with_an_example() -> None:
    found = dict(commands(cli, "kolmatch"))
    assert {f"kolmatch {name}" for name in COMMANDS} <= set(found)
    for name, command in found.items():
        assert f"Example: {name}" in (command.help or "") or name == "kolmatch", name
        assert "Example: kolmatch" in (command.help or ""), name


def test_every_command_that_does_something_takes_the_home_folder() -> None:
    without_home = {"kolmatch template", "kolmatch world"}  # they only write the files they are told to
    for name, command in commands(cli, "kolmatch"):
        if not isinstance(command, click.Group):
            options = {option for parameter in command.params for option in parameter.opts}
            assert "--home" in options or name in without_home, name


def error_classes() -> list[type[KolmatchError]]:
    found = (member for _, member in inspect.getmembers(errors, inspect.isclass))
    return [member for member in found if issubclass(member, KolmatchError)]


@pytest.mark.parametrize("error", error_classes())
def test_every_error_stands_in_the_tree_with_its_exit_code(error: type[KolmatchError]) -> None:
    (line,) = [line for line in (errors.__doc__ or "").splitlines() if re.search(rf"\b{error.__name__}\b", line)]
    numbers = re.findall(r"\s([0-3])\b", line)
    assert not numbers or int(numbers[0]) == error.exit_code
    assert error.exit_code in (1, 2, 3)
    assert 400 <= error.http_status < 600
    assert error("what", "gì").vi == "gì"


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in error_classes()]
    assert len(codes) == len(set(codes))


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", text, flags=re.MULTILINE)[0] == __version__


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME", "XX" + "X:"])
def test_nothing_is_left_for_later(mark: str) -> None:
    assert [file.name for file in sources() if mark in file.read_text(encoding="utf-8")] == []


def test_no_file_is_over_500_lines_and_no_skipped_test_or_pickle() -> None:
    forbidden = re.compile(
        r"^\s*import pickle|^\s*from pickle|pytest\.(mark\.)?(skip|xfail)\(|mark\.skip\b", re.MULTILINE
    )
    for file in sources():
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 500, file
        assert not forbidden.search(text), file


def lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [PIN.fullmatch(line) for line in lines]
    assert all(pins), "a line is no plain pin: a build's local part, a registry's host, an option?"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def asked() -> Iterator[Requirement]:
    yield from map(Requirement, (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]))


def test_every_dependency_is_pinned_and_the_lock_agrees() -> None:
    pins = lock()
    for requirement in asked():
        (specifier,) = requirement.specifier
        assert (specifier.operator, specifier.version) == ("==", pins[canonicalize_name(requirement.name)])


def closure() -> set[str]:
    """Names of all that our dependencies need here, by what the installed ones say of themselves."""
    waiting, seen = list(asked()), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in importlib.metadata.requires(name) or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return {name for name, _ in seen}


def test_the_lock_holds_all_that_is_needed_and_no_more() -> None:
    assert set(lock()) - FROM_INSTALLERS == closure() - FROM_INSTALLERS


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {
        name: importlib.metadata.version(name).partition("+")[0] for name in lock() if name not in FROM_INSTALLERS
    }
    assert installed == {name: version for name, version in lock().items() if name not in FROM_INSTALLERS}


def test_ci_runs_what_the_readme_says() -> None:
    ci = ROOT / ".ci" / "run"
    assert os.access(ci, os.X_OK)
    assert re.search(r"^make test$", ci.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert "make test" in run("make", "help").stdout


def test_the_torch_that_is_installed_first_is_the_pinned_one(tmp_path: Path) -> None:
    plan = run("make", "--dry-run", "--always-make", "setup").stdout
    first, second = (plan.index(text) for text in (f"torch=={lock()['torch']}", "-r requirements.lock"))
    assert first < second
