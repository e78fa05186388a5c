"""docker-compose.yml: what may be reached, by whom, and what a container may do."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from local.secret_files import list_secret_files
from local.settings import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSED: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSED["services"]
ONE_SHOTS = {"auth-migrate", "promo-migrate", "auth-signing-key", "auth-admin"}
FOLDERS = {"auth": "auth_service", "promo": "promo_service", "gateway": "gateway"}

each_service = pytest.mark.parametrize("name", SERVICES)


def read_dockerfile(name: str) -> str | None:
    """The Dockerfile of the image that a container runs, None where it is not ours."""
    image = re.match(r"promo-system/([a-z]+)", SERVICES[name]["image"])
    if image is None:
        return None
    return (ROOT / FOLDERS[image[1]] / "Dockerfile").read_text(encoding="utf-8")


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@each_service
def test_a_container_may_do_no_more_than_it_must(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "devices", "pid", "ipc"} & service.keys()
    assert service.get("network_mode", "none") == "none"
    assert all("noexec,nosuid,nodev" in each for each in service["tmpfs"])


@each_service
def test_a_container_can_take_neither_the_machines_memory_nor_its_disk(name):
    service = SERVICES[name]

    assert service["mem_limit"]
    assert service["pids_limit"] <= 256
    assert all("size=" in each for each in service["tmpfs"])
    assert service["logging"]["options"]["max-size"]


@each_service
def test_nothing_runs_as_root(name):
    dockerfile = read_dockerfile(name)
    last = re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) if dockerfile else []

    user = SERVICES[name].get("user") or last[-1]

    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user)


@each_service
def test_of_the_machine_a_container_sees_files_of_the_checkout_and_changes_none(name):
    for volume in SERVICES[name].get("volumes", []):
        if volume["type"] == "bind":
            assert volume["read_only"] is True
            assert (ROOT / volume["source"]).is_file()


def test_the_signing_keys_are_written_by_the_command_that_makes_them_alone():
    using = {
        name: volume.get("read_only", False)
        for name, service in SERVICES.items()
        for volume in service.get("volumes", [])
        if volume["source"] == "signing-keys"
    }
    writes_not = {"auth-service": True, "auth-relay": True}
    assert using == {**writes_not, "auth-signing-key": False}


def test_the_gateway_alone_can_be_reached_and_unasked_from_this_machine_alone():
    published = {n: s["ports"] for n, s in SERVICES.items() if "ports" in s}
    address = "${GATEWAY_ADDRESS:-127.0.0.1}:${GATEWAY_PORT:-8080}:8080"
    assert published == {"gateway": [address]}


def test_no_network_but_the_gateways_leads_outside():
    outside = {
        n for n, each in COMPOSED["networks"].items() if not each.get("internal")
    }
    assert outside == {"outside"}
    assert {n for n, s in SERVICES.items() if "outside" in s.get("networks", [])} == {
        "gateway"
    }


def test_a_network_joins_those_that_need_each_other():
    members: dict[str, set[str]] = {network: set() for network in COMPOSED["networks"]}
    for name, service in SERVICES.items():
        for network in service.get("networks", []):
            members[network].add(name)

    def beside(database: str) -> set[str]:
        (network,) = SERVICES[database]["networks"]
        return members[network] - {database}

    assert members["services"] == {"auth-service", "auth-relay", "promo-service"}
    assert members["gateway-auth"] == {"gateway", "auth-service"}
    assert members["gateway-promo"] == {"gateway", "promo-service"}
    assert all(name.startswith("auth-") for name in beside("auth-database"))
    assert all(name.startswith("promo-") for name in beside("promo-database"))


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_somebody_waits_for_the_end_of_each_one_shot(name):
    conditions = {
        service["depends_on"][name]["condition"]
        for service in SERVICES.values()
        if name in service.get("depends_on", {})
    }
    assert conditions == {"service_completed_successfully"}
    assert SERVICES[name]["restart"].startswith("on-failure")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONE_SHOTS))
def test_whoever_goes_on_is_asked_for_its_health(name):
    dockerfile = read_dockerfile(name) or ""
    check = SERVICES[name].get("healthcheck", {})
    assert check.get("test") or "\nHEALTHCHECK " in dockerfile
    assert not check.get("disable")
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["auth-service", "promo-service"])
def test_a_service_may_finish_what_it_has_before_it_is_killed(name):
    settings = SERVICES[name]["environment"]
    takes = settings["GRACEFUL_SECONDS"] + settings["LINGER_SECONDS"]
    assert seconds(SERVICES[name]["stop_grace_period"]) > takes


def test_every_secret_is_a_file_that_make_secrets_makes():
    declared = {name: each["file"] for name, each in COMPOSED["secrets"].items()}
    made = {file.name: f"./secrets/{file.name}" for file in list_secret_files()}
    assert declared == made


@each_service
def test_a_secret_is_read_from_its_file_and_only_by_who_is_given_it(name):
    given = {
        each if isinstance(each, str) else each["target"]
        for each in SERVICES[name].get("secrets", [])
    }
    environment = SERVICES[name].get("environment", {})
    named = {str(value) for key, value in environment.items() if key.endswith("_FILE")}
    read = {text.removeprefix("/run/secrets/") for text in named if "secrets" in text}

    assert read <= given
    for key in environment:
        is_secret = re.search(r"SECRET|PASSWORD|DATABASE_URL|CLIENTS", key)
        assert not is_secret or key.endswith("_FILE")


def test_nobody_becomes_the_databases_owner_but_migrations():
    owners = {
        name
        for name, service in SERVICES.items()
        if any("owner-database-url" in str(each) for each in service.get("secrets", []))
    }
    assert owners == {"auth-migrate", "promo-migrate"}


def test_every_setting_is_in_the_example_with_its_default():
    # A default may hold another setting, whose own default counts then.
    plain = re.sub(r"(?<=[,:])\$\{GATEWAY_PORT:-([0-9]+)\}(?=[,}])", r"\1", TEXT)
    used = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", plain))
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(
        line.split("=", 1) for line in lines if not line.startswith("#") and line
    )
    assert example == used


def test_the_images_carry_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = project["project"]["version"]
    assert set(re.findall(r"\$\{PROMO_SYSTEM_VERSION:-([^}]*)\}", TEXT)) == {version}
    for folder in FOLDERS.values():
        dockerfile = (ROOT / folder / "Dockerfile").read_text(encoding="utf-8")
        assert f"ARG VERSION={version}\n" in dockerfile
