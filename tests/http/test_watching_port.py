"""The port of a worker or a scheduler: what it tells while the loop behind it stands still."""

from litestar.testing import TestClient

from entrypoints.http.watching import create_watching_app
from http_running import Running


def test_a_process_whose_loop_stands_still_is_not_live(running: Running) -> None:
    turning = True
    with TestClient(create_watching_app(running.services, lambda: turning)) as client:
        assert client.get("/health/live").status_code == 200
        turning = False
        still = client.get("/health/live")
        assert client.get("/health/ready").status_code == 200
    assert still.status_code == 503
    assert still.json()["status"] == "not_live"
    assert still.json()["code"] == "STANDS_STILL"
    assert "Restart" in still.json()["fix"]
