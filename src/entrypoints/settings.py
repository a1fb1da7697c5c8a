"""The environment variables of the product, read once at the start."""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.notifications.mail import MailServer, are_addresses
from application.addresses import is_fit_for_secrets
from domain.refusals import Refusal

BACKENDS = ("sqlite", "postgresql", "postgres")
BROKERS = ("amqp", "amqps", "redis", "rediss")
SHORTEST_SECRET = 32
CONTAINER_SECRETS = Path("/run/secrets")


class SecretKeyMissing(Refusal):
    """No key to seal secrets with, and no file beside which to make one."""

    code = "SECRET_KEY_MISSING"
    fix = "Set PEXBC_SECRET_KEY to a random text of at least 32 characters, and keep it safe."

    def __init__(self) -> None:
        super().__init__("PEXBC_SECRET_KEY is not set, and the database is no file.")


class Settings(BaseSettings):
    """What stands in the environment, with the defaults of an embedded start.

    A variable that the environment lacks may be a file of its name instead, in the folder that
    systemd names for credentials or in /run/secrets, where containers find theirs.
    """

    model_config = SettingsConfigDict(
        env_prefix="PEXBC_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    database_url: str = "sqlite:///pexbc.db"
    database_pool: int = Field(default=10, ge=2, le=100)
    broker_url: str = ""
    broker_prefix: str = Field(default="pexbc", pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    secret_key: SecretStr = SecretStr("")
    public_url: str = "http://localhost:8000"
    pex_api_url: str = "https://coreapi.pexcard.com/v4"
    pex_oauth_url: str = "https://oauth.pexcard.com"
    pex_client_id: str = ""
    pex_scopes: str = ""
    bc_api_url: str = "https://api.businesscentral.dynamics.com"
    entra_authority: str = "https://login.microsoftonline.com"
    entra_client_id: str = ""
    entra_client_secret: SecretStr = SecretStr("")
    bc_in_doubt_seconds: float = Field(default=720, ge=0)
    bc_concurrency: int = Field(default=3, ge=1, le=5)
    pex_requests_per_minute: int = Field(default=90, ge=1)
    api_requests_per_minute: int = Field(default=1200, ge=1)
    trusted_proxies: str = ""
    notify_webhook_url: SecretStr = SecretStr("")
    notify_webhook_secret: SecretStr = Field(default=SecretStr(""), validate_default=True)
    notify_smtp_url: SecretStr = SecretStr("")
    notify_from: str = Field(default="", validate_default=True)
    notify_to: str = Field(default="", validate_default=True)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)
    otlp_endpoint: str = ""
    now: datetime | None = None
    log_level: str = "info"
    log_format: str = Field(default_factory=lambda: "console" if sys.stderr.isatty() else "json")

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, url: str) -> str:
        """Refuse what can be no database's address, in words without the password in it."""
        try:
            backend = make_url(url).get_backend_name()
        except (ArgumentError, ValueError):
            backend = ""
        if backend not in BACKENDS:
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return url

    @field_validator("broker_url")
    @classmethod
    def _is_a_broker(cls, url: str) -> str:
        """Refuse what can be no broker's address, in words without the password in it."""
        if url and urlsplit(url).scheme not in BROKERS:
            raise ValueError("must be empty, or begin with amqp:// or redis://")
        return url

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_a_collector(cls, url: str) -> str:
        """Refuse what is no address, and a login in it, which would be told in error messages."""
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
        if url and not is_address:
            raise ValueError("must be empty, or begin with http:// or https://, without a login")
        return url.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        """Refuse what is no address or network; a name of a host could come to mean another."""
        named = [one.strip() for one in proxies.split(",") if one.strip()]
        try:
            return ",".join(str(ip_network(one)) for one in named)
        except ValueError:
            raise ValueError(
                "must be addresses or networks such as 10.0.0.0/8, separated by commas"
            ) from None

    @field_validator("notify_webhook_url")
    @classmethod
    def _is_fit_for_news(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not is_fit_for_secrets(url.get_secret_value()):
            raise ValueError("must begin with https://, or lead to this machine")
        return url

    @field_validator("notify_webhook_secret")
    @classmethod
    def _signs_what_is_sent(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        url = info.data.get("notify_webhook_url")
        if url and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError("needs at least 32 characters where there is a webhook")
        return secret

    @field_validator("notify_smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            MailServer.at(url.get_secret_value())
        return url

    @field_validator("notify_from", "notify_to")
    @classmethod
    def _is_told_with_a_mail_server(cls, addresses: str, info: ValidationInfo) -> str:
        if info.data.get("notify_smtp_url") and not are_addresses(addresses):
            raise ValueError("needs mail addresses, separated by commas, where there is a server")
        return addresses

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours knows the folders
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look for files last of all."""
        files = SecretsSettingsSource(settings_cls, list(secret_folders()))
        return init_settings, env_settings, dotenv_settings, files

    @classmethod
    def of(cls, variables: Mapping[str, str], **more: object) -> Self:
        """The settings that stand in some `PEXBC_…` variables, and in `more` by member name."""
        named = {name.removeprefix("PEXBC_").lower(): value for name, value in variables.items()}
        return cls.model_validate({**named, **more})

    def sealing_keys(self) -> str:
        """The sealing keys, newest first, comma-separated; made beside an SQLite file if missing.

        Raises:
            SecretKeyMissing: none is set and the database is no file.
        """
        given = self.secret_key.get_secret_value()
        if given:
            return given
        path = self.key_file()
        if path is None:
            raise SecretKeyMissing
        return _key_in(path)

    def database_file(self) -> Path | None:
        """The SQLite file; None where the database is none."""
        url = make_url(self.database_url)
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return None
        return Path(url.database)

    def key_file(self) -> Path | None:
        """Where the key that is made at the first start lies; None where there is no place."""
        database = self.database_file()
        return None if database is None else database.with_suffix(database.suffix + ".key")


def secret_folders() -> Iterator[Path]:
    """Where files may stand for variables, as far as this process may look; the last one counts."""
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    for folder in (CONTAINER_SECRETS, Path(named) if named else None):
        if folder is not None and folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
            yield folder


def _key_in(path: Path) -> str:
    """The key in the file beside the database, made at the first start, readable by its owner."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = os.urandom(32).hex()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key
