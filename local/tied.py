"""Runs a command that ends when its parent does: `python -m local.tied COMMAND…`.

The parent holds the other end of standard input. When it ends, even by `kill -9`, that
end closes, and the command gets SIGINT; so an interrupted test leaves nothing behind.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Run the command until it ends or the parent does; returns its status."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: command.send_signal(received))
    threading.Thread(target=_interrupt_at_the_end, args=[command], daemon=True).start()
    return command.wait()


def _interrupt_at_the_end(command: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    command.send_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
