"""The whole of `make bench`, in small."""

import os
import subprocess
import sys

from local.settings import ROOT


def test_a_measurement_runs_from_end_to_end():
    done = subprocess.run(
        [sys.executable, "-m", "bench.run"],
        cwd=ROOT,
        env={
            **os.environ,
            "ONLY": "use,points",
            "ROUNDS": "1",
            "SECONDS": "1",
            "GENERATOR": "k6",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no violation" in done.stdout
    for work in ("Use_promo_points, spread over promos", "Get_promo_points"):
        [line] = [line for line in done.stdout.splitlines() if line.startswith(work)]
        assert "of the floor" in line
        assert line.endswith(("met", "MISSED"))
