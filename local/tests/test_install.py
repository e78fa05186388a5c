"""The virtual environment: made once, repaired, and never under somebody's feet."""

import fcntl
import re
import sys
from pathlib import Path

import pytest

from local import install
from local.console import Refusal
from local.settings import ROOT


@pytest.fixture
def calls(monkeypatch):
    """Record what would be done, and do the least that passes for it."""
    done = []

    def create(venv: Path, python: str) -> None:
        done.append("create")
        (venv / "bin").mkdir()
        (venv / "bin" / "python").symlink_to(python)

    def install_packages(venv: Path, lock: Path) -> None:
        done.append(f"install {lock.name}")

    monkeypatch.setattr(install, "_create", create)
    monkeypatch.setattr(install, "_install_packages", install_packages)
    return done


@pytest.fixture
def locks(tmp_path):
    for name in ("requirements-local.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def ensure(folder: Path, lock: str = "requirements-local.txt") -> None:
    install.ensure_installed(folder / "venv", folder / lock, sys.executable)


def test_a_second_start_does_nothing(calls, locks):
    ensure(locks)
    ensure(locks)
    assert calls == ["create", "install requirements-local.txt"]


def test_a_changed_lock_is_installed_over_the_old_one(calls, locks):
    ensure(locks)
    (locks / "requirements-local.txt").write_text("# newer\n")
    ensure(locks)
    assert calls == ["create", *["install requirements-local.txt"] * 2]


def test_the_development_lock_brings_what_the_run_needs(calls, locks):
    ensure(locks, "requirements-dev.txt")
    ensure(locks)
    assert calls == ["create", "install requirements-dev.txt"]


def test_an_interrupted_install_starts_afresh(calls, locks, monkeypatch):
    packages = install._install_packages

    def interrupt(venv, lock):
        (venv / "half-written").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "_install_packages", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ensure(locks)
    monkeypatch.setattr(install, "_install_packages", packages)
    ensure(locks)
    assert not (locks / "venv" / "half-written").exists()
    assert calls == ["create", "create", "install requirements-local.txt"]


def test_another_python_makes_it_anew(calls, locks, monkeypatch):
    ensure(locks)
    monkeypatch.setattr(install, "_identity", lambda _: "another Python")
    ensure(locks)
    assert calls == ["create", "install requirements-local.txt"] * 2


def test_it_is_not_made_anew_under_a_running_system(calls, locks, monkeypatch):
    ensure(locks)
    with (locks / "venv" / ".in-use.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        monkeypatch.setattr(install, "_identity", lambda _: "another Python")
        with pytest.raises(Refusal, match="a running Promo System uses it"):
            ensure(locks)
    assert (locks / "venv" / "bin" / "python").exists()


def test_a_failed_install_shows_pips_last_words(tmp_path, capsys):
    lock = tmp_path / "requirements-local.txt"
    lock.write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "python"
    pip.write_text(
        "#!/bin/sh\necho Collecting no-such-package\necho no wheel; exit 1\n"
    )
    pip.chmod(0o755)
    with pytest.raises(
        Refusal, match=r"requirements-local\.txt could not be installed"
    ):
        install._install_packages(tmp_path, lock)
    shown = capsys.readouterr()
    assert "1/1 no-such-package" in shown.out
    assert "no wheel" in shown.err


def test_the_development_lock_holds_every_pin_of_the_run():
    def pins(name: str) -> set[str]:
        return set(
            re.findall(r"^\S+==[^ \\]+", (ROOT / name).read_text(), re.MULTILINE)
        )

    assert pins("requirements.txt") <= pins("requirements-local.txt")
    assert pins("requirements-local.txt") <= pins("requirements-dev.txt")
