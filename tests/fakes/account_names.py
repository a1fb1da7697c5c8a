"""Accounts' names in memory."""

from collections.abc import Mapping
from uuid import UUID


class FakeAccountNames:
    def __init__(self) -> None:
        self._names: dict[tuple[UUID, str], Mapping[str, str]] = {}

    def of(self, connection_id: UUID, company_id: str) -> Mapping[str, str]:
        return self._names.get((connection_id, company_id), {})

    def keep(self, connection_id: UUID, company_id: str, names: Mapping[str, str]) -> None:
        self._names[connection_id, company_id] = dict(names)
