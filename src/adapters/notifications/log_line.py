"""News as log lines, which is always done."""

import structlog

from application.ports.notifier import Notice

log = structlog.get_logger(__name__)


class LogNotifier:
    """Fulfils the port `Notifier`."""

    channel = "log"

    def send(self, notice: Notice) -> None:
        """Write a line."""
        about = {
            "connection_id": str(notice.connection_id),
            "business": notice.business,
            # Not under `code`, which stands for a sign-in's and is masked.
            "refusal": notice.code,
            "link": notice.link,
        }
        if notice.mended:
            log.info("the connection is well again", **about)
        else:
            log.warning(
                "the connection needs a person", reason=notice.cause, fix=notice.fix, **about
            )
