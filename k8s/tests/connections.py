"""Who may connect to whom: what network policies come to, by their selectors."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s.rendering import Manifest
from k8s.tests.objects import DATABASES_NAMESPACE, Rendered

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Peer:
    """A pod, or an address outside the cluster where there is no namespace."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    address: str = ""


# Whoever else there may be. None of their namespaces has policies of ours.
OUTSIDERS = (
    Peer("dns", "kube-system", {"k8s-app": "kube-dns"}),
    Peer("kube-system", "kube-system"),
    Peer("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}),
    Peer("ingress", "traefik", {"app.kubernetes.io/name": "traefik"}),
    Peer("operator", "cnpg-system", {"app.kubernetes.io/name": "cloudnative-pg"}),
    # In the wrong namespace labels help nobody.
    Peer("gateway's double", "default", {"app.kubernetes.io/name": "gateway"}),
    Peer("internet", address="203.0.113.7"),
    Peer("private address", address="10.20.30.40"),
)


def list_peers(rendered: Rendered) -> list[Peer]:
    """Every pod of a rendering, the operator's too."""
    pods = [Peer(pod.name, pod.namespace, pod.labels) for pod in rendered.pods]
    for cluster in rendered.all("Cluster"):
        name = cluster["metadata"]["name"]
        labels = {"cnpg.io/cluster": name}
        instance = {**labels, "cnpg.io/podRole": "instance"}
        pods += [
            Peer(f"{name} instance", DATABASES_NAMESPACE, instance),
            Peer(
                f"{name} bootstrap",
                DATABASES_NAMESPACE,
                {**labels, "cnpg.io/jobRole": "initdb"},
            ),
        ]
    for pooler in rendered.all("Pooler"):
        name = pooler["metadata"]["name"]
        labels = {
            "cnpg.io/poolerName": name,
            "cnpg.io/cluster": pooler["spec"]["cluster"]["name"],
            "cnpg.io/podRole": "pooler",
        }
        pods.append(Peer(name, DATABASES_NAMESPACE, labels))
    return pods


def find_connections(rendered: Rendered, ports: Iterable[int]) -> set[str]:
    """Every connection that may be made, as "from > to:port"."""
    policies = rendered.all("NetworkPolicy")
    pods = list_peers(rendered)
    everybody = [*pods, *OUTSIDERS]
    return {
        f"{source.name} > {target.name}:{port}"
        for source in everybody
        for target in everybody
        if source in pods or target in pods
        for port in ports
        if source != target and may_connect(policies, source, target, port)
    }


def may_connect(
    policies: Iterable[Manifest], source: Peer, target: Peer, port: int
) -> bool:
    """Whether TCP from source to target's port passes what isolates either of them."""
    out = _rules(policies, source, "Egress")
    into = _rules(policies, target, "Ingress")
    leaves = out is None or any(_allows(*rule, target, port) for rule in out)
    enters = into is None or any(_allows(*rule, source, port) for rule in into)
    return leaves and enters


Rule = tuple[dict[str, Any], str, str]


def _rules(
    policies: Iterable[Manifest], peer: Peer, direction: str
) -> list[Rule] | None:
    """The rules for a pod in one direction; None where nothing isolates it."""
    if not peer.namespace:
        return None
    end = "to" if direction == "Egress" else "from"
    isolated = False
    rules: list[Rule] = []
    for policy in policies:
        spec, home = policy["spec"], policy["metadata"]["namespace"]
        if home != peer.namespace or direction not in spec["policyTypes"]:
            continue
        if matches(spec["podSelector"], peer.labels):
            isolated = True
            rules += [(rule, end, home) for rule in spec.get(direction.lower(), [])]
    return rules if isolated else None


def _allows(rule: dict[str, Any], end: str, home: str, peer: Peer, port: int) -> bool:
    ports = rule.get("ports")
    if ports is not None and not any(
        each.get("protocol", "TCP") == "TCP" and each["port"] == port for each in ports
    ):
        return False
    peers = rule.get(end)
    return peers is None or any(_is_meant(each, home, peer) for each in peers)


def _is_meant(described: dict[str, Any], home: str, peer: Peer) -> bool:
    if "ipBlock" in described:
        # For what is outside alone: a pod's address is the network's affair.
        return bool(peer.address) and ipaddress.ip_address(
            peer.address
        ) in ipaddress.ip_network(described["ipBlock"]["cidr"])
    if not peer.namespace:
        return False
    if "namespaceSelector" in described:
        names = {NAMESPACE_LABEL: peer.namespace}
        if not matches(described["namespaceSelector"], names):
            return False
    elif peer.namespace != home:
        return False
    return matches(described.get("podSelector", {}), peer.labels)


def matches(selector: dict[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects what has these labels."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, labels) for each in selector.get("matchExpressions", []))


def _holds(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[expression["operator"]]
