"""A worker process by itself, by its environment: `python -m benchmarks.worker [THREADS]`.

It imports what a worker imports, so that its memory is a worker's; and it sweeps often, so that a
run that was started elsewhere begins at once where there is no broker.
"""

import signal
import sys
import threading

from entrypoints.composition import build
from entrypoints.settings import Settings
from entrypoints.waking import wakeups_of
from entrypoints.worker import THREADS, Worker

SWEEP_SECONDS = 0.2


def main() -> None:
    """Say `ready`, and work until SIGTERM or the end of standard input."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    settings = Settings()
    wakeups, leave = wakeups_of(settings)
    services = build(settings, wakeups)
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else THREADS
    worker = Worker(services, wakeups, threads, SWEEP_SECONDS)
    worker.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()

    def end_with_whoever_began_it() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=end_with_whoever_began_it, daemon=True).start()
    over.wait()
    worker.stop(4)
    services.close()
    leave()


if __name__ == "__main__":
    main()
