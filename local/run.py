"""What `make run` runs: the whole system in the foreground, until told to stop."""

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

from local import ports
from local.console import Refusal, complain, say
from local.credentials import write_private
from local.leftovers import end_leftovers
from local.settings import Settings
from local.startup import Launch
from local.supervision import ProgramFailed


class StopRequested(BaseException):
    """Ctrl-C, a closed terminal, or SIGTERM."""


class Signals:
    """Turns the first signal to stop into StopRequested; later ones change nothing."""

    def __init__(self) -> None:
        """Listen from now on."""
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def ignore(self) -> None:
        """Let nothing interrupt what follows."""
        self._stopping = True

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise StopRequested


def main() -> int:
    """Run the system; returns 0 when told to stop, 1 where it could not go on."""
    os.umask(0o077)
    signals = Signals()
    try:
        settings = Settings.read()
        with _only_run_of(settings):
            _run(settings, signals)
    except StopRequested:
        return 0
    except (Refusal, ProgramFailed) as error:
        complain(f"Promo System: {error}")
    return 1


def _run(settings: Settings, signals: Signals) -> None:
    if ended := end_leftovers(settings.state.run):
        say(f"Ended what an earlier run left behind: {', '.join(ended)}")
    ports.require_free(settings.gateway_port)
    launch = Launch(settings)
    began = time.monotonic()
    try:
        launch.start()
        _describe(settings)
        say(f"Started in {time.monotonic() - began:.1f} seconds; Ctrl-C stops it")
        say(f"Promo System is ready: {settings.base_url}")
        launch.watch()
    finally:
        signals.ignore()
        say("Stopping everything")
        began = time.monotonic()
        launch.stop()
        say(f"Stopped in {time.monotonic() - began:.1f} seconds")


def _describe(settings: Settings) -> None:
    """Leave word for `make demo` of how this system is reached."""
    facts = {
        "base_url": settings.base_url,
        "admin_username": settings.admin_username,
        "pid": os.getpid(),
    }
    write_private(settings.state.launch, json.dumps(facts))


@contextlib.contextmanager
def _only_run_of(settings: Settings) -> Iterator[None]:
    """Hold the state folder; raises Refusal where another run holds it."""
    path = settings.state.run / "launcher.lock"
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "just starting"
            raise Refusal(
                f"It runs already from the state folder {settings.state_shown} "
                f"({holder}). Stop that one, or choose another folder and port: "
                "STATE_DIR=.local2 GATEWAY_PORT=8081 make run"
            ) from None
        handle.truncate(0)
        handle.write(f"process {os.getpid()}, {settings.base_url}")
        handle.flush()
        yield


if __name__ == "__main__":
    sys.exit(main())
