"""One pipeline for all logs, with a redactor as its last step before the text."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
SECRET_KEY = re.compile(
    r"token|secret|password|authorization|cookie|api_key|code_verifier|assertion|^code$",
    re.IGNORECASE,
)
HARMLESS_KEYS = frozenset({"token_id"})
SECRET_VALUE = re.compile(
    r"(?i)(bearer\s+|token\s+(?=\S{12}))\S+"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|pexbc_[\w-]{20,}"
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
    r"|(?<=[?&])(code|state|client_secret|refresh_token|access_token)=[^&\s]+"
)
QUIET = ("httpx", "httpcore", "msal", "urllib3", "alembic.runtime.migration")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask secrets by the name of their key and by their look, at any depth."""
    return {name: _clean(name, value) for name, value in event.items()}


def without_secrets(text: str) -> str:
    """A text in which whatever looks like a secret is masked."""
    return SECRET_VALUE.sub(MASK, text)


def _clean(name: str, value: Any) -> Any:
    if SECRET_KEY.search(name) and name not in HARMLESS_KEYS and value is not None:
        return MASK
    if isinstance(value, dict):
        return {str(key): _clean(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", one) for one in value]
    return without_secrets(value) if isinstance(value, str) else value


def configure_logging(level: str, form: str) -> None:
    """Send structlog's and the standard library's logs through the one pipeline to stderr.

    What is redacted last is redacted first as well, since other handlers see the record before its
    text is made. A line that cannot be written is dropped: `logging` would print it bare.
    """
    logging.raiseExceptions = False
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[*shared, redact, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering(form: str) -> list[Processor]:
    if form == "console":
        plain = structlog.processors.format_exc_info
        return [plain, redact, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    without_locals = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    return [without_locals, redact, structlog.processors.JSONRenderer()]
