"""That whatever a pod refers to is there, and whatever it needs is given to it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from k8s.rendering import HERE
from k8s.tests.objects import NAMESPACE, SERVICES, Pod, Rendered, image_of
from k8s.tests.settings import (
    read_anywhere,
    required_by_server,
    required_by_settings,
)

ROOT = HERE.parent
ADDRESSES = (
    *("AUTH_SERVICE_URL", "PROMO_SERVICE_URL"),
    *("AUTH_SERVICE", "AUTH_SERVICE_AGAIN", "PROMO_SERVICE", "PROMO_SERVICE_AGAIN"),
)


def example_secrets() -> dict[tuple[str, str], set[str]]:
    """The keys of each secret of the example, by namespace and name."""
    text = (HERE / "secrets.example.yaml").read_text(encoding="utf-8")
    return {
        (each["metadata"]["namespace"], each["metadata"]["name"]): {*each["stringData"]}
        for each in yaml.safe_load_all(text)
    }


def environment_of(
    rendered: Rendered, pod: Pod, container: dict[str, Any]
) -> dict[str, str]:
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        config = rendered.find("ConfigMap", source["configMapRef"]["name"])
        environment |= config["data"]
    return environment | {
        each["name"]: each["value"] for each in container.get("env", [])
    }


def files_of(pod: Pod, container: dict[str, Any]) -> set[str]:
    """The paths of all mounted secrets' files, as the example has them."""
    paths: set[str] = set()
    for mount in container["volumeMounts"]:
        secret = pod.volumes.get(mount["name"], {}).get("secret")
        if secret:
            keys = example_secrets()[pod.namespace, secret["secretName"]]
            chosen = {item["key"]: item["path"] for item in secret.get("items", [])}
            assert set(chosen) <= keys
            names = chosen.values() if chosen else keys
            paths |= {f"{mount['mountPath']}/{name}" for name in names}
    return paths


def service_containers(rendered: Rendered) -> Iterator[tuple[Pod, dict[str, Any], str]]:
    """Every container with the image of a service, and that service's package."""
    for pod in rendered.pods:
        for container in pod.containers:
            name, _ = image_of(container)
            if name in SERVICES:
                yield pod, container, name.replace("-", "_")


def references(described: Any, key: str) -> Iterator[Any]:
    """Whatever stands under a key, at any depth."""
    if isinstance(described, dict):
        for name, value in described.items():
            if name == key:
                yield value
            yield from references(value, key)
    elif isinstance(described, list):
        for each in described:
            yield from references(each, key)


def test_every_config_map_referred_to_exists(rendered: Rendered) -> None:
    names = {each["metadata"]["name"] for each in rendered.all("ConfigMap")}
    for each in rendered.objects:
        for key in ("configMapRef", "configMap"):
            for reference in references(each, key):
                assert reference["name"] in names
        for listed in references(each, "configMapRefs"):
            assert {reference["name"] for reference in listed} <= names


def test_every_config_map_is_referred_to(rendered: Rendered) -> None:
    text = yaml.safe_dump_all(
        each for each in rendered.objects if each["kind"] != "ConfigMap"
    )
    for each in rendered.all("ConfigMap"):
        if "grafana_dashboard" not in each["metadata"].get("labels", {}):
            assert each["metadata"]["name"] in text


def test_config_maps_have_the_hash_of_their_content_in_their_name(
    rendered: Rendered,
) -> None:
    for each in rendered.all("ConfigMap"):
        assert re.fullmatch(r"[a-z-]+-[a-z0-9]{10}", each["metadata"]["name"])


def test_every_secret_referred_to_is_in_the_example(rendered: Rendered) -> None:
    example = example_secrets()
    for each in rendered.objects:
        namespace = each["metadata"].get("namespace", "")
        names = [*references(each, "secretName")]
        names += [found["name"] for found in references(each, "passwordSecret")]
        if each["kind"] == "Cluster":
            names.append(each["spec"]["bootstrap"]["initdb"]["secret"]["name"])
        assert {(namespace, name) for name in names} <= set(example)


def test_no_overlay_brings_a_secret_of_its_own(rendered: Rendered) -> None:
    assert rendered.all("Secret") == []


def test_the_example_is_plainly_none() -> None:
    text = (HERE / "secrets.example.yaml").read_text(encoding="utf-8")
    for secret in yaml.safe_load_all(text):
        for key, value in secret["stringData"].items():
            assert key == "username" or re.fullmatch(r"<.+>", value)
    for path in HERE.rglob("kustomization.yaml"):
        assert "secrets.example" not in path.read_text(encoding="utf-8")


def test_every_variable_that_the_settings_require_is_given(rendered: Rendered) -> None:
    for pod, container, package in service_containers(rendered):
        environment = environment_of(rendered, pod, container)
        required = required_by_settings(package)
        if pod.name in SERVICES:
            required |= required_by_server(package)
        given = {name.removesuffix("_FILE") for name in environment}
        assert required - given == set(), (pod.name, container["name"])


def test_no_variable_is_given_that_nobody_reads(rendered: Rendered) -> None:
    for pod, container, package in service_containers(rendered):
        environment = environment_of(rendered, pod, container)
        known = read_anywhere(package) | {"PROMETHEUS_MULTIPROC_DIR"}
        known |= {name for name in environment if name.startswith("OTEL_")}
        unknown = {
            name for name in environment if not {name, name[: -len("_FILE")]} & known
        }
        assert unknown == set(), (pod.name, container["name"])


def test_every_file_that_a_variable_names_is_mounted(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            files = files_of(pod, container)
            for name, value in environment_of(rendered, pod, container).items():
                if name.endswith("_FILE") and value.startswith("/run/secrets/"):
                    assert value in files, (pod.name, container["name"], name)


def test_keys_are_mounted_where_tokens_are_signed_and_nowhere_else(
    rendered: Rendered,
) -> None:
    for pod in rendered.pods:
        has_keys = "auth-signing-keys" in {*references(pod.spec, "secretName")}
        assert has_keys == (pod.name in {"auth-service", "auth-relay"}), pod.name


def test_nobody_has_the_owners_password_but_migrations(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for name in references(pod.spec, "secretName"):
            if name.endswith("-migrations"):
                assert pod.name == name


def test_the_two_services_agree_about_tokens(rendered: Rendered) -> None:
    auth, promo = (rendered.config(name) for name in SERVICES)
    for name in ("TOKEN_ISSUER", "TOKEN_AUDIENCE"):
        assert auth[name] == promo[name]


def test_addresses_are_those_of_services_and_their_ports(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            environment = environment_of(rendered, pod, container)
            for name in environment.keys() & set(ADDRESSES):
                address = environment[name].removeprefix("http://").split(" ")[0]
                host, _, port = address.partition(":")
                if not name.endswith("_URL"):
                    # nginx knows no search list.
                    host = host.removesuffix(f".{NAMESPACE}.svc.cluster.local")
                    assert host not in address.split(":")
                service = rendered.find("Service", host)
                ports = {
                    each["port"]: each["name"] for each in service["spec"]["ports"]
                }
                kind = "internal" if name.endswith("_URL") else "public"
                assert ports[int(port)] == kind


def test_services_listen_where_their_ports_are(rendered: Rendered) -> None:
    for name in SERVICES:
        config = rendered.config(name)
        ports = {
            each["name"]: each["containerPort"]
            for each in rendered.pod(name).main["ports"]
        }
        for kind in ("public", "internal"):
            bind = config[f"{kind.upper()}_BIND"]
            assert bind == f"0.0.0.0:{ports[kind]}"


def test_the_gateway_is_given_every_variable_of_its_templates(
    rendered: Rendered,
) -> None:
    config = rendered.config("gateway")
    dockerfile = (ROOT / "gateway" / "Dockerfile").read_text(encoding="utf-8")
    # What the image sets itself: the first of ENV, and what follows on its lines.
    given = {*config, *re.findall(r"[ \n]([A-Z_]+)=", dockerfile)}
    for path in (ROOT / "gateway" / "templates").glob("*.template"):
        text = path.read_text(encoding="utf-8")
        assert {*re.findall(r"\$\{([A-Z_]+)\}", text)} <= given


def test_in_production_the_public_name_is_answered_to(production: Rendered) -> None:
    (rule,) = production.find("Ingress", "gateway")["spec"]["rules"]
    for name in SERVICES:
        assert rule["host"] in production.config(name)["ALLOWED_HOSTS"].split(",")
    gateway = production.config("gateway")
    assert gateway["PUBLIC_ORIGINS"].split(",") == [f"https://{rule['host']}"]


@pytest.mark.parametrize("name", SERVICES)
def test_the_gateway_finds_a_service_again_at_its_pods_own_addresses(
    rendered: Rendered, name: str
) -> None:
    first = rendered.find("Service", name)["spec"]
    again = rendered.find("Service", f"{name}-pods")["spec"]
    assert again["clusterIP"] == "None"
    assert again["selector"] == first["selector"]
    assert again["ports"] == [each for each in first["ports"] if each["port"] == 8000]
    config = rendered.config("gateway")
    variable = name.replace("-", "_").upper()
    assert config[variable].split(" ")[1:] == ["resolve", "max_fails=0"]
    assert config[f"{variable}_AGAIN"].split(" ")[1:] == [
        *("resolve", "fail_timeout=30s")
    ]


def test_a_gateway_that_leaves_has_time_for_the_last_request(
    rendered: Rendered,
) -> None:
    pod = rendered.pod("gateway")
    sleep = pod.main["lifecycle"]["preStop"]["sleep"]["seconds"]
    kept = int(rendered.config("gateway")["KEEPALIVE_MIN_TIMEOUT"].removesuffix("s"))
    assert kept == 15
    # Two seconds to connect, and thirty for the answer (proxy.location).
    assert pod.spec["terminationGracePeriodSeconds"] > sleep + kept + 2 + 30


def test_in_production_the_way_in_is_encrypted(production: Rendered) -> None:
    spec = production.find("Ingress", "gateway")["spec"]
    hosts = [rule["host"] for rule in spec["rules"]]
    assert [entry["hosts"] for entry in spec["tls"]] == [hosts]
    backend = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]
    service = production.find("Service", backend["name"])
    assert backend["port"]["name"] in {p["name"] for p in service["spec"]["ports"]}


def test_in_production_a_proxy_is_trusted_and_locally_none(
    production: Rendered, local: Rendered
) -> None:
    assert production.config("gateway")["TRUSTED_PROXIES"]
    assert local.config("gateway")["TRUSTED_PROXIES"] == ""
    assert local.all("Ingress") == []


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_nothing_is_reachable_from_outside_past_the_ingress(
    rendered: Rendered, kind: str
) -> None:
    for each in rendered.all("Service"):
        assert each["spec"].get("type", "ClusterIP") != kind
        assert each["metadata"]["namespace"] == NAMESPACE
