"""PEX's callback subscriptions in memory."""

from uuid import UUID

from application.ports.callbacks import CallbackSubscriptions


class FakeSubscriptions:
    """Keeps addresses by id; an exception in `refusals` is raised by what comes next."""

    def __init__(self) -> None:
        self.urls: dict[int, str] = {}
        self.refusals: list[Exception] = []
        self._last = 0

    def subscribe(self, url: str) -> int:
        self._fail()
        found = sorted(number for number, one in self.urls.items() if one == url)
        if found:
            return found[0]
        self._last += 1
        self.urls[self._last] = url
        return self._last

    def unsubscribe(self, url: str, subscription_id: int | None = None) -> None:
        self._fail()
        gone = [key for key, one in self.urls.items() if one == url or key == subscription_id]
        for key in gone:
            del self.urls[key]

    def remove(self, subscription_id: int) -> None:
        if self.refusals:
            self.refusals.pop(0)
            return
        self.urls.pop(subscription_id, None)

    def _fail(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


class FakeCallbackAccess:
    """Opens the one business."""

    def __init__(self) -> None:
        self.subscriptions = FakeSubscriptions()
        self.refusal: Exception | None = None

    def subscriptions_of(self, connection: UUID) -> CallbackSubscriptions:
        if self.refusal is not None:
            raise self.refusal
        return self.subscriptions
