"""Live progress of a run: parts of a page as server-sent events (M34)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from domain.roles import Permission
from entrypoints.composition import Services
from entrypoints.http.pages.rendering import ENVIRONMENT
from entrypoints.http.pages.run_words import shown
from entrypoints.http.permissions import READ_STATUS
from entrypoints.http.runs import watched
from entrypoints.http.security import Principal, visible_run


@get("/progress/{run_id:uuid}", opt=READ_STATUS)
async def progress(
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ServerSentEvent:
    """How far a run is, for those who watch a page; counts alone, no transactions."""
    await asyncio.to_thread(visible_run, services, principal, run_id)
    return ServerSentEvent(parts(services, run_id, with_rows=principal.may(Permission.READ_BOOKS)))


async def parts(
    services: Services, run_id: UUID, *, with_rows: bool
) -> AsyncIterator[ServerSentEventMessage]:
    """`progress` whenever something changed, `phase` to be read out, and `over` at the end.

    A run that is over from the beginning is told as well, for a page may have missed the end.
    """
    said, template = "", ENVIRONMENT.get_template("run_progress.html")
    async for view in watched(services, run_id):
        if view is None:
            yield ServerSentEventMessage(comment="still going on")
            continue
        run = shown(view, with_rows=with_rows)
        yield ServerSentEventMessage(event="progress", data=template.render(run=run))
        if run.phase != said:
            yield ServerSentEventMessage(event="phase", data=run.phase)
            said = run.phase
        if run.over:
            yield ServerSentEventMessage(event="over", data="over")


HANDLERS = [progress]
