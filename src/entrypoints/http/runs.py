"""Runs: start, watch, read (M16, M17, M32, M34)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from application.ports.read_models import RunView
from application.start_run import RunRequest
from domain.pex_transaction import POSTABLE, Kind
from domain.settings_check import FieldError
from domain.sync_run import TAG_OPTIONS, Outcome
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS, READ_STATUS
from entrypoints.http.problems import documented
from entrypoints.http.refusals import InvalidInput
from entrypoints.http.run_answers import (
    ReportedList,
    RunAnswer,
    RunEvent,
    RunList,
    TagOptionChangeList,
)
from entrypoints.http.security import Principal, visible_connection, visible_run

PLURALS = {f"{kind.value}s": kind for kind in POSTABLE}
CHOICES = (*PLURALS, TAG_OPTIONS)
POLL_SECONDS = 0.5
SILENCE_SECONDS = 15.0


class NewRun(msgspec.Struct, forbid_unknown_fields=True):
    """What a run is asked to do; dates are US Eastern days, for this run only."""

    kinds: list[str] | None = None
    start_date: date | None = None
    end_date: date | None = None
    preview: bool = False


@post(
    "/connections/{connection_id:uuid}/runs",
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422),
    summary="Start a run, or a preview",
)
def start_run(
    connection_id: FromPath[UUID],
    data: JSONBody[NewRun],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[RunAnswer]:
    """Answers at once; `Location` names the run to watch."""
    visible_connection(services, principal, connection_id)
    request = RunRequest(
        connection_id,
        principal.actor,
        kinds=kinds_named(data.kinds),
        tag_options=TAG_OPTIONS in (data.kinds or ()),
        start=data.start_date,
        end=data.end_date,
        preview=data.preview,
    )
    run_id = services.start_run.start(request)
    run = visible_run(services, principal, run_id)
    return Response(
        rendering.run(run),
        status_code=HTTP_202_ACCEPTED,
        headers={"Location": f"/api/v1/runs/{run_id}"},
    )


def kinds_named(names: list[str] | None) -> tuple[Kind, ...] | None:
    """The kinds of these names; None for None, which stands for all that the settings sync.

    Raises:
        InvalidInput: a name is no kind, or none is there.
    """
    if names is None:
        return None
    errors = [
        FieldError(
            f"/kinds/{index}",
            "KIND_UNKNOWN",
            f"{name!r} is no kind.",
            f"Choose among {', '.join(CHOICES)}.",
        )
        for index, name in enumerate(names)
        if name not in CHOICES
    ]
    if not names:
        errors = [FieldError("/kinds", "REQUIRED", "No kind is chosen.", "Choose at least one.")]
    if errors:
        raise InvalidInput(errors)
    return tuple(PLURALS[name] for name in names if name != TAG_OPTIONS)


@get(
    "/connections/{connection_id:uuid}/runs",
    sync_to_thread=True,
    opt=READ_STATUS,
    responses=documented(404),
    summary="List a connection's runs, newest first",
)
def list_runs(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> RunList:
    """Previews among them."""
    visible_connection(services, principal, connection_id)
    found = services.read_models.runs(connection_id, limit, cursor)
    return rendering.page(RunList, rendering.run, found)


@get(
    "/runs/{run_id:uuid}",
    sync_to_thread=True,
    opt=READ_STATUS,
    responses=documented(404),
    summary="Show a run",
)
def show_run(
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> RunAnswer:
    """With its counts and progress."""
    return rendering.run(visible_run(services, principal, run_id))


@get(
    "/runs/{run_id:uuid}/transactions",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List a run's transactions",
)
def list_run_transactions(
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    outcome: FromQuery[Outcome | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> ReportedList:
    """In the order in which they were decided; for a preview with the lines it would post."""
    visible_run(services, principal, run_id)
    found = services.read_models.report(run_id, outcome, limit, cursor)
    return rendering.page(ReportedList, rendering.reported, found)


@get(
    "/runs/{run_id:uuid}/tag-options",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List a run's changes of tag options",
)
def list_run_tag_options(
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> TagOptionChangeList:
    """Tag by tag; a field whose options failed has one row with what to do."""
    visible_run(services, principal, run_id)
    found = services.read_models.tag_options(run_id, limit, cursor)
    return rendering.page(TagOptionChangeList, rendering.tag_option, found)


@get(
    "/runs/{run_id:uuid}/stream",
    opt=READ_STATUS,
    responses={
        **documented(404),
        HTTP_200_OK: ResponseSpec(
            RunEvent,
            media_type="text/event-stream",
            description="Events named run, each a run as JSON",
        ),
    },
    summary="Watch a run: server-sent events with the run as it stands",
)
async def stream_run(
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ServerSentEvent:
    """One event whenever the run changed, the last one when it is over."""
    await asyncio.to_thread(visible_run, services, principal, run_id)
    return ServerSentEvent(changes(services, run_id))


async def changes(services: Services, run_id: UUID) -> AsyncIterator[ServerSentEventMessage]:
    """The run whenever it changed, and a comment now and then, so that no proxy hangs up."""
    async for run in watched(services, run_id):
        if run is None:
            yield ServerSentEventMessage(comment="still going on")
        else:
            shown = msgspec.json.encode(rendering.run(run))
            yield ServerSentEventMessage(event="run", data=shown.decode())


async def watched(services: Services, run_id: UUID) -> AsyncIterator[RunView | None]:
    """The run whenever it changed, until it is over; None after each long silence.

    Between two looks a watcher holds no thread, so that there may be many.
    """
    last: RunView | None = None
    silent = 0.0
    while True:
        run = await asyncio.to_thread(services.read_models.run, run_id)
        if run is None:
            return
        if run != last:
            yield run
            last, silent = run, 0.0
        elif silent >= SILENCE_SECONDS:
            yield None
            silent = 0.0
        if run.finished_at is not None:
            return
        await asyncio.sleep(POLL_SECONDS)
        silent += POLL_SECONDS


router = Router(
    "/",
    route_handlers=[
        start_run,
        list_runs,
        show_run,
        list_run_transactions,
        list_run_tag_options,
        stream_run,
    ],
    tags=["runs"],
)
