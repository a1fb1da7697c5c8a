"""`pexbc health`: a probe for containers and service managers."""

import socket
import sys

import click
import httpx
import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.heartbeats import Role, SqlHeartbeats
from domain.refusals import Refusal
from entrypoints.cli.context import FAILED, explained, print_json
from entrypoints.health import NOT_HEARD, migrations
from entrypoints.http.answers import HealthAnswer
from entrypoints.revision import DatabaseUnreachable
from entrypoints.settings import Settings

WEB = "web"
READY = "ready"
PATIENCE_SECONDS = 5.0


class WebUnreachable(Refusal):
    """No web server of the product answers there."""

    code = "WEB_UNREACHABLE"
    fix = "Start `pexbc web` or `pexbc serve`, and name its address with --host and --port."

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"No pexbc answers on {host}, port {port}.")


@click.command()
@click.option(
    "--role",
    type=click.Choice([WEB, *(role.value for role in Role)]),
    default=WEB,
    show_default=True,
    help="Which process to judge.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where web listens.")
@click.option("--port", default=8000, show_default=True, help="Where web listens.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@explained
def health(role: str, host: str, port: int, as_json: bool) -> None:
    """Judge a process of this machine: exit 0 where it can work, 1 where it cannot.

    A web server is asked whether it is ready. A worker or a scheduler of this machine must have
    been heard of within the minute: each notes in the database when it has looked for work.
    """
    try:
        answer = _asked(host, port) if role == WEB else _heard(Settings(), Role(role))
    except Refusal as refusal:
        answer = HealthAnswer("not_ready", refusal.code, refusal.cause, refusal.fix)
    is_ready = answer.status == READY
    if as_json:
        print_json(answer)
    else:
        click.echo(_in_words(answer, role), err=not is_ready)
    if not is_ready:
        sys.exit(FAILED)


def _asked(host: str, port: int) -> HealthAnswer:
    try:
        answer = httpx.get(
            f"http://{host}:{port}/health/ready", timeout=PATIENCE_SECONDS, trust_env=False
        )
        return msgspec.json.decode(answer.content, type=HealthAnswer)
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
        raise WebUnreachable(host, port) from error


def _heard(settings: Settings, role: Role) -> HealthAnswer:
    database = Database(make_engine(settings.database_url))
    try:
        trouble = migrations(database)
        if trouble is not None:
            raise trouble
        heard = SqlHeartbeats(database).heard()
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnreachable from error
    finally:
        database.dispose()
    here = socket.gethostname()
    if not any(one.role is role and one.host == here for one in heard):
        raise NOT_HEARD[role]
    return HealthAnswer(READY)


def _in_words(answer: HealthAnswer, role: str) -> str:
    trouble = f"{answer.code}: {answer.detail}\n{answer.fix}" if answer.code else ""
    well = f"The {role} can work." if answer.status == READY else ""
    return "\n".join(words for words in (well, trouble) if words)
