"""What every command needs: the settings, the services, and words for what went wrong."""

import functools
import getpass
import sys
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import click
import msgspec
import sqlalchemy as sa
from pydantic import ValidationError
from rich.console import Console

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import migrate
from adapters.persistence.vault import SecretKeyRefusedError
from application.ports.event_log import StreamNotFound
from domain.refusals import Refusal
from domain.settings_check import SettingsRefused
from entrypoints.composition import Services, build
from entrypoints.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

FAILED = 1
PARTLY_FAILED = 3

BROKEN_SET_UP = (
    ValidationError,
    SecretKeyRefusedError,
    sa.exc.OperationalError,
    OSError,
)


class NoWakeups:
    """A command wakes nobody: a worker's sweep finds what it wrote, or the command works itself."""

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        """Nobody is called."""

    def remind_run(self, run_id: UUID) -> None:
        """Nobody is called."""

    def connection(self, connection_id: UUID) -> None:
        """Nobody is called."""

    def remind_connection(self, connection_id: UUID) -> None:
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
        except BrokenPipeError:
            raise  # nobody reads any more, and click ends quietly
        except BROKEN_SET_UP as error:
            _say(f"{_in_words(error)}\n`pexbc doctor` checks the whole set-up.")
            sys.exit(FAILED)
        except StreamNotFound:
            _say(
                "NOT_FOUND: There is no such thing.\n`pexbc connections list` shows what there is."
            )
            sys.exit(FAILED)

    return run


def unreadable_variables(error: ValidationError) -> Iterator[str]:
    """The environment variables that cannot be read, each with the reason and without its value."""
    for one in error.errors(include_input=False):
        name = "PEXBC_" + "_".join(str(part) for part in one["loc"]).upper()
        yield f"{name}: {one['msg']}"


def _in_words(error: Exception) -> str:
    """What is wrong with the set-up; a driver's own words may hold addresses and stay out."""
    if isinstance(error, ValidationError):
        return "\n".join(unreadable_variables(error))
    if isinstance(error, sa.exc.OperationalError):
        return "The database cannot be reached; check PEXBC_DATABASE_URL and the server."
    return str(error)


def _say(text: str) -> None:
    click.echo(text, err=True)
