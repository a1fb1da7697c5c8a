"""What every command needs: the settings, the services, and words for what went wrong."""

import functools
import getpass
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import click
import msgspec
from rich.console import Console

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import migrate
from application.ports.event_log import StreamNotFound
from domain.refusals import Refusal
from domain.settings_check import SettingsRefused
from entrypoints.composition import Services, build
from entrypoints.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

FAILED = 1
PARTLY_FAILED = 3


class NoWakeups:
    """A command wakes nobody: a worker's sweep finds what it wrote, or the command works itself."""

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        """Nobody is called."""

    def connection(self, connection_id: UUID) -> None:
        """Nobody is called."""


def services() -> Services:
    """The services over the migrated database of the environment."""
    settings = Settings()
    engine = make_engine(settings.database_url)
    migrate(engine)
    engine.dispose()
    return build(settings, NoWakeups())


def actor() -> str:
    """Who is behind the terminal."""
    return f"cli:{getpass.getuser()}"


def console() -> Console:
    """Messages for people, on standard error."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Write a value to standard output as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, order="deterministic")).decode())


def explained(command: Callable[P, T]) -> Callable[P, T]:
    """Let refusals end in words and an exit code, not in a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except SettingsRefused as refusal:
            for error in refusal.errors:
                _say(f"{error.pointer or '/'}: {error.code}: {error.detail} {error.fix}")
            sys.exit(FAILED)
        except Refusal as refusal:
            _say(f"{refusal.code}: {refusal.cause}\n{refusal.fix}")
            sys.exit(FAILED)
        except StreamNotFound:
            _say(
                "NOT_FOUND: There is no such thing.\n`pexbc connections list` shows what there is."
            )
            sys.exit(FAILED)

    return run


def _say(text: str) -> None:
    click.echo(text, err=True)
