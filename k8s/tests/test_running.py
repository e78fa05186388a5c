"""How pods start, tell how they are, scale, and end without a client noticing."""

import re
from typing import Any

import pytest

from k8s.rendering import HERE
from k8s.tests.connections import matches
from k8s.tests.objects import SERVICES, Pod, Rendered

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
SCALED = (*SERVICES, "gateway")

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_FACTORS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_FACTORS |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text: Any) -> float:
    found = _QUANTITY.fullmatch(str(text))
    assert found, text
    return float(found[1]) * _FACTORS.get(found[2] or "", 1)


def patience(probe: dict[str, Any]) -> int:
    """The seconds that a probe may fail for."""
    return int(probe.get("periodSeconds", 10)) * int(probe.get("failureThreshold", 3))


def long_running(rendered: Rendered) -> list[Pod]:
    return [pod for pod in rendered.pods if pod.is_long_running]


def test_each_long_running_pod_has_three_different_probes(rendered: Rendered) -> None:
    for pod in long_running(rendered):
        probes = [pod.main[name] for name in PROBES]
        for number, probe in enumerate(probes):
            assert probe not in probes[:number], pod.name


def test_a_probe_fails_on_time_before_the_next_one_begins(rendered: Rendered) -> None:
    for pod in long_running(rendered):
        for name in PROBES:
            probe = pod.main[name]
            if "exec" not in probe or name != "startupProbe":
                assert probe.get("timeoutSeconds", 1) <= probe["periodSeconds"] * 2


def test_services_are_ready_by_readyz_and_alive_by_healthz(rendered: Rendered) -> None:
    for name in SERVICES:
        container = rendered.pod(name).main
        paths = [container[probe]["httpGet"]["path"] for probe in PROBES]
        assert paths == ["/healthz", "/readyz", "/healthz"]
        ports = {container[probe]["httpGet"]["port"] for probe in PROBES}
        assert ports == {"internal"}


def test_services_are_probed_under_a_name_that_they_answer_to(
    rendered: Rendered,
) -> None:
    for name in SERVICES:
        hosts = rendered.config(name)["ALLOWED_HOSTS"].split(",")
        for probe in PROBES:
            headers = rendered.pod(name).main[probe]["httpGet"]["httpHeaders"]
            (host,) = (each["value"] for each in headers if each["name"] == "Host")
            assert host in hosts


def test_a_pod_leaves_the_service_long_before_it_is_restarted(
    rendered: Rendered,
) -> None:
    for pod in long_running(rendered):
        probes = pod.main
        assert patience(probes["readinessProbe"]) < patience(probes["livenessProbe"])


def test_a_start_may_take_a_minute(rendered: Rendered) -> None:
    for pod in long_running(rendered):
        assert patience(pod.main["startupProbe"]) >= 60, pod.name


def test_deployments_go_on_with_all_their_pods_while_they_roll(
    rendered: Rendered,
) -> None:
    for each in rendered.all("Deployment"):
        strategy = each["spec"]["strategy"]
        assert strategy["type"] == "RollingUpdate"
        assert strategy["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("name", SERVICES)
def test_the_grace_period_covers_the_sleep_and_gunicorns(
    rendered: Rendered, name: str
) -> None:
    spec = rendered.pod(name).spec
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    # Longer than readiness is looked at: no node sends anything any more.
    assert sleep >= spec["containers"][0]["readinessProbe"]["periodSeconds"]
    graceful = int(rendered.config(name)["GRACEFUL_SECONDS"])
    assert spec["terminationGracePeriodSeconds"] > sleep + graceful


@pytest.mark.parametrize("name", SERVICES)
def test_a_request_in_flight_is_given_as_long_as_a_statement_may_take(
    rendered: Rendered, name: str
) -> None:
    roles = (HERE / "database" / "roles.sql").read_text("utf-8")
    (seconds,) = re.findall(r"statement_timeout = ''(\d+)s''", roles)
    assert int(rendered.config(name)["GRACEFUL_SECONDS"]) > int(seconds)


def test_the_gateways_grace_period_covers_the_sleep_and_its_longest_wait(
    rendered: Rendered,
) -> None:
    template = HERE.parent / "gateway" / "templates" / "proxy.location.template"
    found = re.search(r"proxy_read_timeout (\d+)s;", template.read_text("utf-8"))
    assert found
    spec = rendered.pod("gateway").spec
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > sleep + int(found[1])


def test_requests_and_limits_are_said_everywhere_and_fit(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            resources = container["resources"]
            for what in ("cpu", "memory"):
                asked = quantity(resources["requests"][what])
                most = quantity(resources["limits"][what])
                assert 0 < asked <= most, pod.name


def test_folders_in_memory_fit_the_containers_limit(rendered: Rendered) -> None:
    for pod in rendered.pods:
        taken = sum(
            quantity(volume["emptyDir"]["sizeLimit"])
            for volume in pod.volumes.values()
            if volume.get("emptyDir", {}).get("medium") == "Memory"
        )
        for container in pod.containers:
            assert taken < quantity(container["resources"]["limits"]["memory"]) / 2


@pytest.mark.parametrize("name", SCALED)
def test_an_autoscaler_decides_how_many_and_nobody_else(
    rendered: Rendered, name: str
) -> None:
    scaler = rendered.find("HorizontalPodAutoscaler", name)
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert scaler["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": name,
    }
    assert 1 <= scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]
    assert "replicas" not in rendered.find("Deployment", name)["spec"]


def test_what_is_scaled_by_cpu_asks_for_cpu(rendered: Rendered) -> None:
    for scaler in rendered.all("HorizontalPodAutoscaler"):
        (metric,) = scaler["spec"]["metrics"]
        assert metric["resource"]["name"] == "cpu"
        pod = rendered.pod(scaler["spec"]["scaleTargetRef"]["name"])
        for container in pod.spec["containers"]:
            assert quantity(container["resources"]["requests"]["cpu"]) > 0


def test_in_production_one_pod_lost_leaves_another(production: Rendered) -> None:
    for scaler in production.all("HorizontalPodAutoscaler"):
        assert scaler["spec"]["minReplicas"] >= 2
    relay = production.find("Deployment", "auth-relay")
    assert relay["spec"]["replicas"] >= 2


def test_each_deployment_has_a_disruption_budget_that_lets_a_node_be_emptied(
    rendered: Rendered,
) -> None:
    for each in rendered.all("Deployment"):
        name = each["metadata"]["name"]
        spec = rendered.find("PodDisruptionBudget", name)["spec"]
        assert matches(spec["selector"], rendered.pod(name).labels)
        assert spec["maxUnavailable"] == 1
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_deployments_spread_over_nodes(rendered: Rendered) -> None:
    for each in rendered.all("Deployment"):
        pod = rendered.pod(each["metadata"]["name"])
        constraints = pod.spec["topologySpreadConstraints"]
        keys = {constraint["topologyKey"] for constraint in constraints}
        assert "kubernetes.io/hostname" in keys
        for constraint in constraints:
            assert matches(constraint["labelSelector"], pod.labels)
            # On a single node, or with a zone away, pods start all the same.
            assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"


def test_selectors_select_their_own_pods_and_no_others(rendered: Rendered) -> None:
    for each in rendered.all("Deployment", "StatefulSet"):
        name = each["metadata"]["name"]
        selected = [
            pod.name
            for pod in rendered.pods
            if matches(each["spec"]["selector"], pod.labels)
        ]
        assert selected == [name]


def test_services_select_pods_that_have_the_ports(rendered: Rendered) -> None:
    for each in rendered.all("Service"):
        pod = rendered.pod(each["metadata"]["name"].removesuffix("-pods"))
        assert matches({"matchLabels": each["spec"]["selector"]}, pod.labels)
        ports = {port["name"] for port in pod.main["ports"]}
        assert {port["targetPort"] for port in each["spec"]["ports"]} <= ports


def test_the_relay_is_judged_by_the_file_that_it_touches(rendered: Rendered) -> None:
    container = rendered.pod("auth-relay").main
    (path,) = (
        each["value"]
        for each in container["env"]
        if each["name"] == "RELAY_HEARTBEAT_FILE"
    )
    for probe in PROBES:
        assert path in " ".join(container[probe]["exec"]["command"])
