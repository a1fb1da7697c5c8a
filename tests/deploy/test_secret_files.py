"""Files that stand for variables, as systemd and containers hand secrets over."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from entrypoints import settings as module
from entrypoints.settings import Settings

KEY = "a key of thirty-two characters or more"


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    return tmp_path


def test_a_credential_of_systemd_stands_for_the_variable_of_its_name(credentials: Path) -> None:
    (credentials / "PEXBC_SECRET_KEY").write_text(f"{KEY}\n", encoding="utf-8")
    assert Settings().sealing_keys() == KEY


def test_the_environment_goes_before_a_file(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (credentials / "PEXBC_LOG_LEVEL").write_text("debug", encoding="utf-8")
    monkeypatch.setenv("PEXBC_LOG_LEVEL", "error")
    assert Settings().log_level == "error"


def test_a_secret_of_a_container_is_found_without_being_told_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Kubernetes puts links into the folder, through one that it exchanges when a secret changes.
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "PEXBC_SECRET_KEY").write_text(KEY, encoding="utf-8")
    (tmp_path / "PEXBC_SECRET_KEY").symlink_to(Path("..data") / "PEXBC_SECRET_KEY")
    monkeypatch.setattr(module, "CONTAINER_SECRETS", tmp_path)
    assert Settings().sealing_keys() == KEY


def test_a_folder_that_is_not_there_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "gone"))
    assert Settings().log_level == "info"


def test_a_file_that_cannot_be_right_is_refused_without_its_content(credentials: Path) -> None:
    (credentials / "PEXBC_DATABASE_URL").write_text("oracle://u:secret@h/d", encoding="utf-8")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "must begin with sqlite:/// or postgresql+psycopg://" in str(refused.value)
    assert "secret@" not in str(refused.value)
