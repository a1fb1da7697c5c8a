"""A way to tell people that a test reads."""

from application.ports.notifier import NotDelivered, Notice


class FakeNotifier:
    """Takes notices; a test may let it refuse some, or die with one in its hands."""

    def __init__(self, channel: str = "log") -> None:
        self.channel = channel
        self.sent: list[Notice] = []
        self.refusals = 0
        self.deaths = 0

    def send(self, notice: Notice) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotDelivered("it does not answer")
        self.sent.append(notice)
        if self.deaths:
            self.deaths -= 1
            raise KeyboardInterrupt
