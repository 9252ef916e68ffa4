"""The command line: one file a command, loaded only when it is called, so that every start is quick.

Exit codes: 0 done, 1 found wrong or failed, 2 wrong use, 130 stopped by the person.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

COMMANDS = {
    "demo": "homeward.cli.demo:demo",
    "init": "homeward.cli.init:init",
    "ingest": "homeward.cli.ingest:ingest",
    "known": "homeward.cli.known:known",
    "background": "homeward.cli.background:background",
    "plugin": "homeward.cli.plugin:plugin",
    "process": "homeward.cli.process:process",
    "work": "homeward.cli.process:work",
    "status": "homeward.cli.status:status",
    "stacks": "homeward.cli.answers:stacks",
    "matches": "homeward.cli.answers:matches",
    "generations": "homeward.cli.generations:generations",
    "firsthand": "homeward.cli.firsthand:firsthand",
    "cameras": "homeward.cli.cameras:cameras",
    "clocks": "homeward.cli.clocks:clocks",
    "links": "homeward.cli.answers:links",
    "find": "homeward.cli.find:find",
    "findings": "homeward.cli.answers:findings",
    "series": "homeward.cli.series:series",
    "watch": "homeward.cli.watch:watch",
    "leads": "homeward.cli.leads:leads",
    "clues": "homeward.cli.clues:clues",
    "whereabouts": "homeward.cli.whereabouts:whereabouts",
    "capture": "homeward.cli.capture:capture",
    "boards": "homeward.cli.boards:boards",
    "personas": "homeward.cli.personas:personas",
    "succession": "homeward.cli.succession:succession",
    "appearances": "homeward.cli.appearances:appearances",
    "handles": "homeward.cli.handles:handles",
    "reports": "homeward.cli.reports:reports",
    "hash": "homeward.cli.hash:exact_hash",
    "export": "homeward.cli.export:export",
    "package": "homeward.cli.package:package",
    "match": "homeward.cli.match:match",
    "clearing": "homeward.cli.clearing:clearing",
    "serve": "homeward.cli.serve:serve",
    "people": "homeward.cli.people:people",
    "verify": "homeward.cli.verify:verify",
    "erase": "homeward.cli.erase:erase",
}
"""In the order in which a newcomer meets them."""

_COLLECT_EVERY = 50_000
"""Objects between two searches for garbage: loading makes many that stay, and they would be gone through dozens of times."""


class _Lazy(click.Group):
    """Loads a command's module when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="homeward")
def homeward() -> None:
    """From seized media to the child who has not been found yet.

    A first look: homeward demo. Then, on your own material: init, ingest, known add, process, status.
    """


def main() -> None:
    """Run the command line; every failure is one sentence, never a traceback."""
    gc.set_threshold(_COLLECT_EVERY)
    from homeward.core import HomewardError, WrongUse

    try:
        code = homeward.main(standalone_mode=False)  # click gives the code of an Exit back instead of raising it
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. Nothing is lost: run the same command again to go on.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except WrongUse as error:
        click.echo(f"Error: {_sentence(error)}", err=True)
        sys.exit(2)
    except (HomewardError, OSError) as error:
        click.echo(f"Error: {_sentence(error)}", err=True)
        sys.exit(1)
    except Exception as error:
        if os.environ.get("HOMEWARD_DEBUG"):
            raise
        click.echo(
            f"Error: this should not happen ({type(error).__name__}: {_sentence(error)}). Nothing is lost; "
            "set HOMEWARD_DEBUG=1 and run it again to see where.",
            err=True,
        )
        sys.exit(1)


def _sentence(error: BaseException) -> str:
    from homeward.cli.common import printable

    said = str(error)
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror.lower()
    return printable(said)  # it may quote a name that is foreign
