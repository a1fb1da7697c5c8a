"""What each route asks of its caller, to be given as the route's `opt` (M45)."""

from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler

from domain.roles import Permission

_KEY = "permission"

PUBLIC = {_KEY: None}
SIGNED_IN = {_KEY: Permission.SIGNED_IN}
READ_STATUS = {_KEY: Permission.READ_STATUS}
READ_BOOKS = {_KEY: Permission.READ_BOOKS}
CHANGE_CONNECTION = {_KEY: Permission.CHANGE_CONNECTION}
AUDIT = {_KEY: Permission.AUDIT}


class PermissionMissingError(Exception):
    """A route that does not say what it asks of its caller: a fault of the program."""

    def __init__(self, route: str) -> None:
        super().__init__(
            f"the route {route} names no permission; give it one of entrypoints.http.permissions "
            "as its `opt`"
        )


def permission_of(handler: BaseRouteHandler) -> Permission | None:
    """What a route asks of its caller; None where it asks for nobody.

    Raises:
        PermissionMissingError: the route does not say.
    """
    if _KEY not in handler.opt and not _tells_methods_alone(handler):
        raise PermissionMissingError(handler.handler_name)
    permission: Permission | None = handler.opt.get(_KEY)
    return permission


def check_permissions_stand(app: Litestar) -> None:
    """See that each route names its permission; raises PermissionMissingError at the start."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if _KEY not in handler.opt and not _tells_methods_alone(handler):
                raise PermissionMissingError(f"{sorted(handler.http_methods)} {route.path}")


def _tells_methods_alone(handler: BaseRouteHandler) -> bool:
    """Whether it is the framework's own answer to OPTIONS: the methods of an address."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}
