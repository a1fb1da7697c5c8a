"""Carries out single operations on the companies' data: reads, writes, streams and actions."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sandbox.business_central.addresses import CONTENT, COUNT, POST_ACTION, Asker, Target, resolve
from sandbox.business_central.attachments import Attachments
from sandbox.business_central.catalogue import catalogue
from sandbox.business_central.entity import Call, EntitySet, Parent, check_match, present
from sandbox.business_central.metadata import schema
from sandbox.business_central.odata_query import Query, parse_query
from sandbox.business_central.posting import post_journal
from sandbox.business_central.reading import Answer, Reader, existing
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.state import World

_WRITES: Final = frozenset({"POST", "PATCH", "DELETE", "PUT"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, alone or inside a `$batch`.

    Attributes:
        path: relative to the API root.
        headers: names in lower case.
        body: raw bytes of a single request, or the JSON value of an inner one; None for none.
    """

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: Any
    user: str
    root: str
    company: str = ""

    @property
    def writes(self) -> bool:
        """Whether its method changes data."""
        return self.method in _WRITES


class Service:
    """The API; callers hold the world's lock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sets: dict[str, EntitySet] = catalogue()
        self._reader = Reader()

    def perform(self, operation: Operation) -> Answer:
        """Carry out one operation in a transaction of its own, unless one is running."""
        if operation.path == "$metadata" and operation.method == "GET":
            document = schema(self.sets.values())
            return Answer(raw=document, headers={"content-type": "application/xml"})
        query = parse_query(operation.raw_query)
        asker = Asker(
            operation.user,
            operation.root,
            operation.headers.get("accept-language", ""),
            query.company or operation.company,
        )
        with ExitStack() as stack:
            if operation.writes:
                self._check_intent(operation)
                stack.enter_context(self.world.history.transaction())
            else:
                self._enter_view(stack, operation)
            target = resolve(self.world, self.sets, asker, operation.path)
            self._check_permission(operation, target)
            if operation.writes:
                return self._write(operation, target)
            return self._read(operation, target, query)

    def _read(self, operation: Operation, target: Target, query: Query) -> Answer:
        if operation.method != "GET" or target.tail == POST_ACTION:
            raise Refusal("no_method", method=operation.method, name=target.set.name)
        if target.tail == CONTENT:
            content = existing(target).content
            return Answer(raw=content, headers={"content-type": "application/octet-stream"})
        if target.tail == COUNT:
            return self._reader.count(target, query)
        if target.key is not None:
            target.set.check_key(target.parent, target.key, operation.method)
            return self._reader.one(target, query)
        address = f"{operation.root}/{operation.path}"
        if operation.raw_query:
            address += f"?{operation.raw_query}"
        return self._reader.listing(target, query, address, operation.headers.get("prefer", ""))

    def _check_intent(self, operation: Operation) -> None:
        if operation.headers.get("data-access-intent", "").lower() == "readonly":
            raise Refusal("read_only_intent")

    def _enter_view(self, stack: ExitStack, operation: Operation) -> None:
        """Reads may be served by a lagging replica, or see what will be rolled back (3.7).

        A read inside a running transaction sees that transaction and nothing else.
        """
        if self.world.history.running:
            return
        history, lag = self.world.history, self.world.switches.replica_lag_seconds
        primary = operation.headers.get("data-access-intent", "").lower() == "readwrite"
        if lag and not primary:
            stack.enter_context(history.as_of(self.world.now() - timedelta(seconds=lag)))
        elif history.ghost:
            stack.enter_context(history.with_ghost())

    def _check_permission(self, operation: Operation, target: Target) -> None:
        action = f"{operation.method} {target.set.name}"
        if action in self.world.switches.denied:
            raise Refusal("denied", action=f"{target.set.table}: {operation.method}")

    def _write(self, operation: Operation, target: Target) -> Answer:
        if target.tail == POST_ACTION:
            return self._post_journal(operation, target)
        if target.tail == CONTENT:
            return self._put_content(operation, target)
        if target.tail or operation.method == "PUT":
            raise Refusal("no_method", method=operation.method, name=target.set.name)
        if operation.method == "POST":
            return self._create(operation, target)
        return self._alter(operation, target)

    def _create(self, operation: Operation, target: Target) -> Answer:
        if not target.set.creates or target.key is not None:
            raise Refusal("no_method", method="POST", name=target.set.name)
        raw = json_body(operation)
        row = self._insert(target.call, target.set, target.parent, raw)
        payload = {"@odata.context": f"{target.call.root}/$metadata#{operation.path}/$entity"}
        payload |= present(target.call, target.set, row)
        location = f"{operation.root}/{operation.path}({target.set.key(row)})"
        return Answer(201, payload, headers={"location": location})

    def _insert(self, call: Call, into: EntitySet, parent: Parent | None, raw: Any) -> Any:
        body = into.body(raw, creating=True)
        row = into.create(call, parent, body)
        for name in into.deep:
            for nested in body.nested.get(name, ()):
                above = Parent(into, into.key(row), row)
                self._insert(call, into.children[name], above, nested)
        return into.created(call, parent, row)

    def _alter(self, operation: Operation, target: Target) -> Answer:
        patch = operation.method == "PATCH"
        allowed = target.set.changes if patch else target.set.removes
        if not allowed or target.key is None:
            raise Refusal("no_method", method=operation.method, name=target.set.name)
        target.set.check_key(target.parent, target.key, operation.method)
        row = existing(target)
        check_match(operation.headers.get("if-match"), target.set.etag(row), needed=patch)
        if not patch:
            target.set.remove(target.call, target.parent, row)
            return Answer(204)
        body = target.set.body(json_body(operation), creating=False)
        changed = target.set.change(target.call, target.parent, row, body)
        context = f"{target.call.root}/$metadata#{operation.path}/$entity"
        return Answer(
            payload={"@odata.context": context} | present(target.call, target.set, changed)
        )

    def _put_content(self, operation: Operation, target: Target) -> Answer:
        if operation.method != "PATCH":
            raise Refusal("no_method", method=operation.method, name=CONTENT)
        content_type = operation.headers.get("content-type", "")
        if content_type != "application/octet-stream":
            raise Refusal("content_type", content_type=content_type)
        if not isinstance(operation.body, bytes):
            raise Refusal("bad_request", detail="Raw content cannot travel inside a batch.")
        row = existing(target)
        check_match(operation.headers.get("if-match"), target.set.etag(row), needed=True)
        if isinstance(target.set, Attachments):
            target.set.put_content(target.call, row, operation.body)
        return Answer(204)

    def _post_journal(self, operation: Operation, target: Target) -> Answer:
        if operation.method != "POST":
            raise Refusal("no_method", method=operation.method, name=POST_ACTION)
        row = existing(target)
        check_match(operation.headers.get("if-match"), target.set.etag(row), needed=False)
        post_journal(self.world, target.call.books, row)
        self.world.history.commit()  # posting commits inside, whatever transaction it is in (4.2)
        return Answer(204)


def json_body(operation: Operation) -> Any:
    """The JSON value of a write's body; its type must be stated (415 else)."""
    content_type = operation.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal("content_type", content_type=content_type)
    if not isinstance(operation.body, bytes):
        return operation.body
    try:
        return json.loads(operation.body, parse_float=Decimal)
    except ValueError:
        raise Refusal("bad_request", detail="The request body is not valid JSON.") from None
