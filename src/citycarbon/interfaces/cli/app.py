"""The command group: language, errors, and commands that load only when they are called.

Comes in: arguments and the other faces as callables. Goes out: an exit code. Not for: the commands themselves.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import citycarbon
from citycarbon.interfaces.cli.texts import COMMANDS, say

if TYPE_CHECKING:
    from citycarbon.core.errors import InputError
    from citycarbon.core.results import StudyResult

WRONG_INPUT, INTERRUPTED = 2, 130


@dataclass
class Faces:
    """What the command line may call of other faces, and how it speaks."""

    reports: Mapping[str, Callable[[StudyResult, Path], None]] = field(default_factory=dict)
    prints: Mapping[str, Callable[[StudyResult, Path], None]] = field(default_factory=dict)
    serve: Callable[..., None] | None = None
    lang: str = "en"
    as_json: bool = False
    arguments: tuple[str, ...] = ()


class Commands(click.Group):
    """A group whose commands are imported when they are needed, so that help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"citycarbon.interfaces.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        if ctx.obj is not None and ctx.obj.lang == "zh":
            command.help = COMMANDS[cmd_name].zh
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        lang = language(sys.argv[1:] if ctx.obj is None else ["--lang", ctx.obj.lang])
        with formatter.section(say("commands", lang)):
            formatter.write_dl([(name, getattr(command, lang)) for name, command in COMMANDS.items()])


def language(arguments: list[str]) -> str:
    """Choose the language: ``--lang``, CITYCARBON_LANG, or the system's."""
    for number, word in enumerate(arguments):
        if word.startswith("--lang="):
            return "zh" if word.endswith("zh") else "en"
        if word == "--lang" and number + 1 < len(arguments):
            return "zh" if arguments[number + 1] == "zh" else "en"
    stated = os.environ.get("CITYCARBON_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if stated.lower().startswith("zh") else "en"


def build(arguments: list[str], faces: Faces) -> int:
    """Make the group in the chosen language and run it."""
    faces.lang = language(arguments)
    faces.as_json = "--json" in arguments
    faces.arguments = tuple(arguments)

    @click.group(cls=Commands, help=say("about", faces.lang), context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--lang", type=click.Choice(["zh", "en"]), help=say("lang", faces.lang))
    @click.version_option(citycarbon.__version__, message="citycarbon %(version)s")
    @click.pass_context
    def group(ctx: click.Context, lang: str | None) -> None:  # noqa: ARG001
        ctx.obj = faces

    try:
        # The language may stand anywhere on the line; commands read it from the faces.
        with _ending_gently():
            outcome = group.main(_without_language(arguments), prog_name="citycarbon", standalone_mode=False, obj=faces)
    except click.exceptions.Abort:
        click.echo(say("interrupted", faces.lang), err=True)
        return INTERRUPTED
    except click.ClickException as error:
        _show_usage(error, faces)
        return WRONG_INPUT
    except KeyboardInterrupt:
        click.echo(say("interrupted", faces.lang), err=True)
        return INTERRUPTED
    except Exception as error:
        if not _is_input_error(error):
            raise
        show_problems(error, faces)  # type: ignore[arg-type]
        return WRONG_INPUT
    return int(outcome or 0) if isinstance(outcome, int) else 0


@contextmanager
def _ending_gently() -> Iterator[None]:
    """Let a request to end (SIGTERM) act like an interrupt from the keyboard, so that nothing half-written is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _without_language(arguments: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word == "--lang":
            skip = True
        elif not word.startswith("--lang="):
            kept.append(word)
    return kept


def _is_input_error(error: Exception) -> bool:
    from citycarbon.core.errors import InputError

    return isinstance(error, InputError)


def show_problems(error: InputError, faces: Faces) -> None:
    """Show every problem on standard error, or as json on standard output."""
    if faces.as_json:
        click.echo(json.dumps({"errors": [item.as_dict(faces.lang) for item in error.problems]}, ensure_ascii=False))  # type: ignore[arg-type]
        return
    click.echo(say("problems", faces.lang).format(len(error.problems)), err=True)
    for item in error.problems:
        click.echo("\n" + item.text(faces.lang), err=True)  # type: ignore[arg-type]


def _show_usage(error: click.ClickException, faces: Faces) -> None:
    if faces.as_json:
        problem: dict[str, Any] = {"code": "usage", "problem": error.format_message()}
        click.echo(json.dumps({"errors": [problem]}, ensure_ascii=False))
        return
    error.show()
