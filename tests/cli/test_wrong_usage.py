"""What is typed wrongly, and what stands wrongly in the environment."""

from pathlib import Path
from uuid import uuid4

import pytest

from cli.shell import Shell


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("sync", "not-an-id"), "not-an-id"),
        (("sync", uuid4(), "--kinds", "fees,tips"), "unknown kinds: tips"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_mistake(
    tmp_path: Path, words: tuple[object, ...], named: str
) -> None:
    refused = Shell(tmp_path).run(*words)
    assert refused.code == 2
    assert refused.out == ""
    assert named in refused.err
    assert "Usage: pexbc sync" in refused.err


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PEXBC_DATABASE_URL", "postgresql://someone:pw-canary@127.0.0.1:1/books", "database"),
        ("PEXBC_DATABASE_URL", "postgresql://someone:pw-canary@[::1/books", "PEXBC_DATABASE_URL"),
        ("PEXBC_BC_CONCURRENCY", "99", "PEXBC_BC_CONCURRENCY"),
        ("PEXBC_SECRET_KEY", "too short", "PEXBC_SECRET_KEY"),
    ],
)
def test_a_wrong_environment_ends_in_words_and_not_in_a_traceback(
    tmp_path: Path, variable: str, value: str, named: str
) -> None:
    refused = Shell(tmp_path).run("tokens", "list", **{variable: value})
    assert refused.code == 1
    assert named in refused.err
    assert "Traceback" not in refused.err
    assert "pw-canary" not in refused.err
