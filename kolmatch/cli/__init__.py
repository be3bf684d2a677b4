"""The command line. Each module here holds the commands of one concern and imports what they need only when they run.

Exit codes: 0 done, 1 refused input, 2 wrong usage, 3 internal error; `retrain` has two more.
"""

from __future__ import annotations

import importlib
import sys

import click

from kolmatch import __version__
from kolmatch.errors import KolmatchError

# Command -> (module, attribute, one line for --help). Loaded when used, so that --help answers at once.
COMMANDS = {
    "import": ("catalogue", "import_files", "Take creators, posts, audiences, briefs... from files."),
    "template": ("catalogue", "template", "Write an Excel template of a table, explained in Vietnamese."),
    "world": ("world", "world", "Write the synthetic sample world as files to import."),
    "train": ("model", "train", "Make a model from the catalogue and register it."),
    "models": ("versions", "models", "Show model versions, who made which live, and disk use."),
    "promote": ("versions", "promote", "Make a version the live model."),
    "rollback": ("versions", "rollback", "Make the model live again that was live before."),
    "retrain": ("retraining", "retrain", "The monthly job: files in, train, compare, live only if no worse."),
    "reproduce": ("retraining", "reproduce", "Make a version again, and compare rankings."),
    "evaluate": ("evaluation", "evaluate", "Hold a model against what came; a report as HTML and JSON."),
    "shortlist": ("ask", "shortlist", "Rank creators for a brief, with evidence."),
    "rank": ("ask", "rank", "Rank creators for many briefs, to a file."),
    "forecast": ("reach", "forecast", "Write views, audience share and reach of every creator."),
    "why": ("reach", "why", "Say why a creator stands where they stand for a brief."),
    "briefs": ("ask", "briefs", "Find earlier briefs."),
    "creators": ("ask", "creators", "Ask about one creator."),
    "keys": ("keys", "keys", "Give and take access to the API."),
    "replay": ("store", "replay", "Ask again what a kept shortlist was asked, and compare."),
    "backup": ("store", "backup", "Write all that a home folder holds into one file."),
    "restore": ("store", "restore", "Bring a backup back into an empty home folder."),
    "db": ("store", "db", "Bring the store's tables to this version."),
    "audit": ("store", "audit", "Verify the audit trail."),
    "report": ("report", "report", "Write the paper about a kept shortlist: Word, Excel, PDF, HTML."),
    "rights": ("rights", "rights", "Look after creators' requests and their legal clocks."),
    "erase": ("rights", "erase", "Take a creator out of everything, and sign what was done."),
    "serve": ("service", "serve", "Serve the HTTP API."),
    "demo": ("demo", "demo", "Make the sample world, train, answer a brief and serve."),
    "doctor": ("service", "doctor", "Check installation, home folder and model."),
}


class _LazyGroup(click.Group):
    """Knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"kolmatch.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Name the creators best suited to carry a public policy to young people, and say why.

    Example: kolmatch shortlist "tuyên truyền dịch vụ công trực tuyến" --top 20
    """


def main() -> None:
    """Run the command line; print errors in both languages and exit with their code."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)  # so called, click returns the code that a command left with
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("Đã dừng. / Stopped.", err=True)
        sys.exit(1)
    except KolmatchError as error:
        click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
        sys.exit(error.exit_code)
