"""All connections, page by page."""

from collections.abc import Iterator

from application.ports.read_models import ConnectionView, ReadModels

PAGE = 200


def every_connection(read_models: ReadModels) -> Iterator[ConnectionView]:
    """Each connection once, the one opened last first."""
    page = read_models.connections(None, PAGE)
    yield from page.items
    while page.next_cursor is not None:
        page = read_models.connections(None, PAGE, page.next_cursor)
        yield from page.items
