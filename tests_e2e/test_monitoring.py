"""Alerts and dashboard name what the running system really counts, and nothing else."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from local.settings import ROOT
from tests_e2e import promql
from tests_e2e.people import Client, grant, refused, register
from tests_e2e.scraping import scrape

MONITORING = ROOT / "k8s" / "components" / "monitoring"
# Prometheus' own, and kube-state-metrics'.
OTHERS = {"up": {"job"}, "kube_job_status_failed": {"job_name"}}
# Set by Prometheus on whatever it scrapes (pod-monitor.yaml).
OF_THE_TARGET = {"job", "namespace", "pod", "container", "instance", "endpoint"}

Series = dict[str, dict[str, set[str]]]


def read_alerts() -> list[dict[str, Any]]:
    told = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    return [rule for group in told["spec"]["groups"] for rule in group["rules"]]


def read_dashboard() -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return dashboard


def list_expressions() -> Iterator[Any]:
    for rule in read_alerts():
        yield pytest.param(rule["expr"], id=rule["alert"])
    for panel in read_dashboard()["panels"]:
        for target in panel.get("targets", []):
            name = f"{panel['title']} {target['refId']}"
            yield pytest.param(target["expr"], id=name)


@pytest.fixture(scope="module")
def series(stack) -> Series:
    """Every metric of both services: its labels, and the values they have."""
    administrator = Client(stack.base_url, "admin", stack.admin_password).log_in()
    user = register(stack.base_url)
    path = grant(administrator, user, 5)
    assert user("POST", f"{path}/use", {"points": 1}).status_code == 201
    refused(user("POST", f"{path}/use", {"points": 6}), 409, "insufficient_points")
    found: Series = {}
    for service in ("auth_service", "promo_service"):
        for family in text_string_to_metric_families(scrape(stack, service)):
            for sample in family.samples:
                values = found.setdefault(sample.name, defaultdict(set))
                for label, value in sample.labels.items():
                    values[label].add(value)
    return found


@pytest.mark.parametrize("expression", list(list_expressions()))
def test_an_expression_names_metrics_labels_and_values_that_there_are(
    series: Series, expression: str
) -> None:
    named = promql.read(expression)
    assert named.metrics
    known = {name: set(series.get(name, ())) for name in named.metrics} | OTHERS
    assert named.metrics <= series.keys() | OTHERS.keys()
    every_label = set[str]().union(*(known[name] for name in named.metrics))
    assert named.labels <= every_label | OF_THE_TARGET
    for matcher in named.matchers:
        assert matcher.label in known[matcher.metric] | OF_THE_TARGET, matcher
        if matcher.metric not in OTHERS and matcher.label not in OF_THE_TARGET:
            assert fits_a_value(matcher, series[matcher.metric]), matcher


def fits_a_value(matcher: promql.Matcher, labels: dict[str, set[str]]) -> bool:
    if matcher.label == "status":  # a failure of ours may not have happened
        return bool(re.fullmatch("[1-5]xx", matcher.value))
    pattern = matcher.value if "~" in matcher.sign else re.escape(matcher.value)
    return any(re.fullmatch(pattern, value) for value in labels[matcher.label])


def test_everything_that_is_counted_is_shown_somewhere(series: Series) -> None:
    shown = set[str]()
    for parameters in list_expressions():
        shown |= promql.read(parameters.values[0]).metrics
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in series}
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in shown}
    assert families <= shown


def test_each_alert_says_where_its_runbook_is_and_that_is_there() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text()
    headings = re.findall("^## (.+)$", text, re.MULTILINE)
    for rule in read_alerts():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert page == "docs/alerts.md"
        assert anchor == rule["alert"].lower()
        assert rule["alert"] in headings
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]


def test_no_alert_is_explained_that_there_is_not() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text()
    explained = set(re.findall("^## (PromoSystem.+)$", text, re.MULTILINE))
    assert explained == {rule["alert"] for rule in read_alerts()}


def test_the_dashboard_asks_the_chosen_data_source_and_panels_do_not_overlap() -> None:
    taken = set[tuple[int, int]]()
    for panel in read_dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize(
    ("expression", "metrics", "labels"),
    [
        ('sum by (job) (rate(a_total{b="c, d}"}[5m])) > 0.5', {"a_total"}, {"job"}),
        ("time() - min(a) > 3600 and sum(b) > 0", {"a", "b"}, set()),
        ("sum(a) by (x) / on (x) group_left (y) b", {"a", "b"}, {"x", "y"}),
        ('absent(up{job="x"} == 1) or vector(0)', {"up"}, set()),
        ('topk(10, count_values("v", a))', {"a"}, set()),
    ],
)
def test_expressions_are_read_right(expression, metrics, labels):
    named = promql.read(expression)
    assert (named.metrics, named.labels) == (metrics, labels)
