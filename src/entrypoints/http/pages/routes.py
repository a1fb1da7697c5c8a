"""All pages, for the application to serve."""

from entrypoints.http.pages import (
    backlog,
    connect,
    connections,
    disconnect,
    history,
    microsoft_return,
    new_connection,
    pex_sign_in,
    pictures,
    progress,
    run,
    sign_in,
    sync,
    transactions,
)

HANDLERS = [
    *sign_in.HANDLERS,
    *pex_sign_in.HANDLERS,
    *connections.HANDLERS,
    *new_connection.HANDLERS,
    *connect.HANDLERS,
    *microsoft_return.HANDLERS,
    *disconnect.HANDLERS,
    *sync.HANDLERS,
    *history.HANDLERS,
    *run.HANDLERS,
    *progress.HANDLERS,
    *transactions.HANDLERS,
    *backlog.HANDLERS,
    *pictures.HANDLERS,
]
