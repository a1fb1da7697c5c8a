"""For tests that look at log lines."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def every_log_line() -> Iterator[None]:
    """Log everything, whatever level other tests of this process ask for."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)
