"""What is installed: the wheel holds the whole product, and nothing that is not of it."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGES = {"domain", "application", "adapters", "entrypoints", "sandbox"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))
    with ZipFile(built) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_the_source_and_no_other(wheel: ZipFile) -> None:
    source = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in held} == PACKAGES
    assert {Path(name).suffix for name in held} >= {".html", ".css", ".js", ".svg", ".mako"}
    assert held == source


def test_the_wheel_brings_the_command(wheel: ZipFile) -> None:
    (points,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert "pexbc = entrypoints.cli.main:main" in wheel.read(points).decode()
