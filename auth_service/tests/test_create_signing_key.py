"""`create_signing_key`: the first key signs at once, the next when all have seen it."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from auth_service.tests.conftest import MINUTE, kid, put
from auth_service.tokens import key_folder
from auth_service.tokens.key_folder import KeyFolder
from auth_service.tokens.management.commands import create_signing_key as command


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_signing_key", *arguments, stdout=out)
    return out.getvalue()


def names(folder: Path) -> list[datetime]:
    return [key_folder.read_name(path.name) for path in sorted(folder.glob("*.pem"))]


def test_the_first_key_that_is_created_signs_at_once(folder):
    said = create()
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(folder)[0] <= datetime.now(UTC)
    keys = KeyFolder(folder)
    key = keys.signing_key()
    assert key is not None
    assert key.private.key_size == 2048
    assert key.kid in said


def test_the_next_key_signs_15_minutes_later_at_the_earliest(folder):
    put(folder, 1, -60)
    create()
    minute = names(folder)[-1]
    assert timedelta(minutes=15) <= minute - datetime.now(UTC) <= timedelta(minutes=16)
    key = KeyFolder(folder).signing_key()
    assert key is not None
    assert key.kid == kid(1)
    create()
    assert names(folder)[-1] == minute + MINUTE
    assert len(names(folder)) == 3


def test_the_first_alone_is_made_where_that_is_asked_for(folder):
    create("--first")
    (path,) = folder.iterdir()
    pem = path.read_bytes()

    assert create("--first") == "There is a key already.\n"

    assert [each.read_bytes() for each in folder.iterdir()] == [pem]


def test_the_folder_of_keys_is_made_for_their_owner_alone(folder, settings):
    settings.SIGNING_KEYS_DIR = str(folder / "a" / "keys")
    create()
    assert (folder / "a" / "keys").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_hold_a_key_is_one_sentence(folder, settings):
    (folder / "file").write_text("")
    settings.SIGNING_KEYS_DIR = str(folder / "file")
    with pytest.raises(CommandError, match=re.escape(str(folder / "file"))):
        create()


def test_a_key_is_never_overwritten(folder, monkeypatch):
    put(folder, 1, 0)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    [signs_from] = names(folder)
    with pytest.raises(FileExistsError):
        command.write_key(folder, signs_from)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
