"""A whole small world around the application: PEX, BC, storage and clock in memory."""

import pytest

from application_world import World


@pytest.fixture
def world() -> World:
    return World()
