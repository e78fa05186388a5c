"""`make secrets`: made once, never replaced, and what belongs together fits."""

import hashlib
from pathlib import Path

import pytest

from local.console import Refusal
from local.secret_files import list_secret_files, make_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def read_all(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_all_are_made_for_the_owner_of_the_folder_alone(folder):
    made = make_secrets(folder)

    assert (
        set(made)
        == {file.name for file in list_secret_files()}
        == set(read_all(folder))
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    # Within it they may be read: containers have users that this machine does not know.
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_no_two_are_the_same_and_each_can_not_be_guessed(folder, tmp_path):
    make_secrets(folder)
    make_secrets(tmp_path / "others")

    texts = [*read_all(folder).values(), *read_all(tmp_path / "others").values()]

    assert len(set(texts)) == len(texts)
    assert min(map(len, texts)) >= 29


def test_what_is_there_is_left_alone_and_what_is_missing_is_made(folder):
    make_secrets(folder)
    (folder / "auth-secret-key").unlink()
    before = read_all(folder)

    assert make_secrets(folder) == ["auth-secret-key"]
    assert make_secrets(folder) == []

    after = read_all(folder)
    assert after.pop("auth-secret-key")
    assert after == before


def test_what_is_made_of_another_fits_it(folder):
    make_secrets(folder)
    texts = read_all(folder)

    digest = hashlib.sha256(texts["promo-client-secret"].encode()).hexdigest()
    assert texts["auth-service-clients"] == f"promo_service={digest}"
    for database in ("auth", "promo"):
        for role, name in (
            ("owner", "owner-database-url"),
            ("service", "database-url"),
        ):
            password = texts[f"{database}-{role}-password"]
            assert texts[f"{database}-{name}"] == (
                f"postgres://{database}_{role}:{password}@{database}-database:5432/"
                f"{database}"
            )


def test_a_lost_one_is_not_replaced_by_one_that_does_not_fit(folder):
    make_secrets(folder)
    (folder / "promo-client-secret").unlink()
    before = read_all(folder)

    with pytest.raises(Refusal, match="promo-client-secret is missing"):
        make_secrets(folder)

    assert read_all(folder) == before
