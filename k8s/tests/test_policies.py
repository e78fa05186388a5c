"""Who may connect to whom."""

import pytest

from k8s.tests.connections import (
    OUTSIDERS,
    Peer,
    find_connections,
    list_peers,
    matches,
    may_connect,
)
from k8s.tests.objects import DATABASES_NAMESPACE, NAMESPACE, Rendered

# Every port that anything here listens on, and what intruders would try.
PORTS = (22, 53, 80, 443, 4317, 4318, 5432, 6443, 8000, 8001, 8080, 9127, 9187, 10250)

AUTH_DATABASE_USERS = (
    "auth-service",
    "auth-relay",
    "auth-purge",
    "auth-migrations",
    "first-administrator",
)
PROMO_DATABASE_USERS = (
    "promo-service",
    "promo-close-days",
    "promo-verify-ledger",
    "promo-migrations",
)
BETWEEN_COMPONENTS = {
    "gateway > auth-service:8000",
    "gateway > promo-service:8000",
    "promo-service > auth-service:8001",
    "auth-relay > promo-service:8001",
    "prometheus > auth-service:8001",
    "prometheus > promo-service:8001",
}


def connections_without_dns(rendered: Rendered) -> set[str]:
    return {
        each for each in find_connections(rendered, PORTS) if "> dns:53" not in each
    }


def test_locally_exactly_this_may_connect(local: Rendered) -> None:
    assert connections_without_dns(local) == {
        *BETWEEN_COMPONENTS,
        *(f"{user} > auth-database:5432" for user in AUTH_DATABASE_USERS),
        *(f"{user} > promo-database:5432" for user in PROMO_DATABASE_USERS),
        *(f"{peer.name} > gateway:8080" for peer in OUTSIDERS),
    }


def test_in_production_exactly_this_may_connect(production: Rendered) -> None:
    users = (*AUTH_DATABASE_USERS, *PROMO_DATABASE_USERS)
    assert connections_without_dns(production) == {
        *BETWEEN_COMPONENTS,
        "ingress > gateway:8080",
        *(f"{user} > private address:5432" for user in users),
    }


def test_with_cloudnativepg_exactly_this_may_connect(cloudnativepg: Rendered) -> None:
    expected = {*BETWEEN_COMPONENTS, "ingress > gateway:8080"}
    for name, users in (("auth", AUTH_DATABASE_USERS), ("promo", PROMO_DATABASE_USERS)):
        instance, pooler = f"{name}-database instance", f"{name}-pooler"
        bootstrap = f"{name}-database bootstrap"
        own = (instance, bootstrap, pooler)
        expected |= {
            *(
                f"{user} > {pooler}:5432"
                for user in users
                if user != f"{name}-migrations"
            ),
            f"{name}-migrations > {instance}:5432",
            f"{pooler} > {instance}:5432",
            f"{bootstrap} > {instance}:5432",
            f"{bootstrap} > {instance}:8000",
            f"operator > {instance}:5432",
            f"operator > {instance}:8000",
            *(f"prometheus > {each}:{port}" for each in own for port in (9127, 9187)),
            # The API server, and the object store for backups.
            *(
                f"{each} > {peer.name}:{port}"
                for each in own
                for peer in OUTSIDERS
                for port in (443, 6443)
            ),
        }
    assert connections_without_dns(cloudnativepg) == expected


def test_every_pod_may_ask_for_names(rendered: Rendered) -> None:
    policies = rendered.all("NetworkPolicy")
    dns = next(peer for peer in OUTSIDERS if peer.name == "dns")
    for pod in list_peers(rendered):
        assert may_connect(policies, pod, dns, 53), pod.name


def test_names_are_asked_for_by_udp_and_long_answers_by_tcp(rendered: Rendered) -> None:
    for namespace in rendered.all("Namespace"):
        name = namespace["metadata"]["name"]
        (rule,) = rendered.find("NetworkPolicy", "dns", name)["spec"]["egress"]
        assert rule["ports"] == [
            {"protocol": "UDP", "port": 53},
            {"protocol": "TCP", "port": 53},
        ]


def test_the_gateway_never_reaches_an_internal_port(rendered: Rendered) -> None:
    policies = rendered.all("NetworkPolicy")
    gateway = next(peer for peer in list_peers(rendered) if peer.name == "gateway")
    for target in list_peers(rendered):
        assert not may_connect(policies, gateway, target, 8001), target.name


def test_the_gateway_has_no_way_out_but_to_public_ports(rendered: Rendered) -> None:
    policies = rendered.all("NetworkPolicy")
    gateway = next(peer for peer in list_peers(rendered) if peer.name == "gateway")
    reached = {
        (target.name, port)
        for target in [*list_peers(rendered), *OUTSIDERS]
        for port in PORTS
        if target != gateway and may_connect(policies, gateway, target, port)
    }
    services = {("auth-service", 8000), ("promo-service", 8000)}
    assert reached == {*services, ("dns", 53)}


@pytest.mark.parametrize("namespace", [NAMESPACE, DATABASES_NAMESPACE])
def test_a_pod_that_no_policy_knows_reaches_nobody(
    rendered: Rendered, namespace: str
) -> None:
    policies = rendered.all("NetworkPolicy")
    intruder = Peer("intruder", namespace, {"app": "intruder"})
    ours = [peer for peer in list_peers(rendered) if peer.namespace == NAMESPACE]
    for target in ours:
        for port in PORTS:
            if (target.name, port) != ("gateway", 8080):
                assert not may_connect(policies, intruder, target, port)


def test_each_namespace_denies_both_ways_by_default(rendered: Rendered) -> None:
    for namespace in rendered.all("Namespace"):
        name = namespace["metadata"]["name"]
        spec = rendered.find("NetworkPolicy", "default-deny", name)["spec"]
        assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_policies_name_ports_by_number(rendered: Rendered) -> None:
    # By name they would follow whatever a pod calls its ports.
    for policy in rendered.all("NetworkPolicy"):
        spec = policy["spec"]
        for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
            assert rule["ports"], policy["metadata"]["name"]
            assert all(type(port["port"]) is int for port in rule["ports"])


def test_every_policy_selects_a_pod(rendered: Rendered) -> None:
    peers = list_peers(rendered)
    for policy in rendered.all("NetworkPolicy"):
        assert any(
            peer.namespace == policy["metadata"]["namespace"]
            and matches(policy["spec"]["podSelector"], peer.labels)
            for peer in peers
        ), policy["metadata"]["name"]
