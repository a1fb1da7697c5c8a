"""Styles, scripts and the icon: served from here, named by their content."""

import hashlib
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from entrypoints.http.permissions import PUBLIC
from entrypoints.http.refusals import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}

FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
VERSION = hashlib.sha256(b"".join(FILES.values())).hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is served; another address for another content."""
    if name not in FILES:
        raise KeyError(name)
    return f"/static/{VERSION}/{name}"


@get(
    "/static/{version:str}/{name:str}",
    sync_to_thread=False,
    opt=PUBLIC,
    include_in_schema=False,
)
def static(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file, to be kept for ever where the address is of its present content."""
    content = FILES.get(name)
    if content is None:
        raise NotFound("file")
    headers = FOR_EVER if version == VERSION else {}
    return Response(content, media_type=TYPES[Path(name).suffix], headers=headers)
