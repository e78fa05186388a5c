"""A service has no secret by default: without it, it does not start, and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.settings import ROOT
from local.test_environment import build_test_environment

SECRETS = [
    *(("auth_service", name) for name in ("SECRET_KEY", "DATABASE_URL")),
    *(("auth_service", name) for name in ("SIGNING_KEYS_DIR", "SERVICE_CLIENTS")),
    *(("promo_service", name) for name in ("SECRET_KEY", "DATABASE_URL")),
    ("promo_service", "SERVICE_CLIENT_SECRET"),
]


def load_settings(
    service: str, folder: Path, without: str, **more: str
) -> subprocess.CompletedProcess[str]:
    url = "postgres://tests:tests@127.0.0.1:1/tests"
    environment = build_test_environment(service, folder, url)
    environment.pop(without, None)
    return subprocess.run(
        [sys.executable, "-c", f"import {service}.config.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment, **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("service", "name"), SECRETS)
def test_a_secret_that_is_missing_stops_the_start_and_is_named(service, name, tmp_path):
    done = load_settings(service, tmp_path, without=name)

    assert done.returncode == 1
    assert done.stderr.startswith(f"{service} can't start: ")
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("service", "name"), SECRETS)
def test_each_may_be_in_a_file(service, name, tmp_path):
    file = tmp_path / "secret"
    environment = build_test_environment(service, tmp_path, "postgres://a@b/c")
    file.write_text(environment[name] + "\n")

    done = load_settings(service, tmp_path, name, **{f"{name}_FILE": str(file)})

    assert (done.returncode, done.stderr) == (0, "")
