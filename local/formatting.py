"""What `make format` runs: ruff's own repairs, then its formatter."""

import subprocess
import sys


def main() -> int:
    """Rewrite the checkout's files; returns ruff's status."""
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--fix", "--exit-zero", "."], check=True)
    return subprocess.run([*ruff, "format", "."], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
