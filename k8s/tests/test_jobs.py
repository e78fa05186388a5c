"""Migrations, the first administrator, and what runs on a schedule."""

import re
from datetime import timedelta
from typing import Any

from k8s.rendering import HERE
from k8s.tests.objects import NAMESPACE, Rendered, image_of, version

ROOT = HERE.parent
# Kubernetes cuts a pod's name, and a label's value, after 63; the job adds 6.
LONGEST_NAME = 57
CHECKS_MIGRATIONS = "manage.py migrate --check"


def command_of(container: dict[str, Any]) -> str:
    return " ".join(container["command"])


def test_jobs_carry_the_version_in_their_name(rendered: Rendered) -> None:
    release = version().replace(".", "-")
    for job in rendered.all("Job"):
        name = job["metadata"]["name"]
        assert name.endswith(f"-{release}")
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert len(name) <= LONGEST_NAME


def test_our_images_have_the_version_as_tag(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            name, tag = image_of(container)
            if name != "postgres":
                assert tag == version(), (pod.name, name)


def test_a_job_names_nothing_that_changes_while_the_version_stays(
    rendered: Rendered,
) -> None:
    # Its template can't be changed: an apply with another hash would be refused.
    hashed = {each["metadata"]["name"] for each in rendered.all("ConfigMap")}
    for job in rendered.all("Job"):
        text = str(job["spec"]["template"])
        assert not any(name in text for name in hashed)


def test_jobs_are_cleaned_up_and_end_some_day(rendered: Rendered) -> None:
    for job in rendered.all("Job"):
        assert 0 < job["spec"]["ttlSecondsAfterFinished"] <= 86400
        assert 0 < job["spec"]["activeDeadlineSeconds"] <= 86400
        assert job["spec"]["backoffLimit"] > 0


def test_each_database_is_migrated_by_the_role_that_owns_it(
    rendered: Rendered,
) -> None:
    for name in ("auth", "promo"):
        (container,) = rendered.pod(f"{name}-migrations").spec["containers"]
        assert container["command"][-2:] == ["migrate", "--no-input"]
        environment = {each["name"]: each["value"] for each in container["env"]}
        path = f"/run/secrets/{name}-migrations/database-url"
        assert environment["DATABASE_URL_FILE"] == path


def test_deployments_of_a_service_wait_for_its_migrations(rendered: Rendered) -> None:
    for each in rendered.all("Deployment"):
        pod = rendered.pod(each["metadata"]["name"])
        if pod.name == "gateway":
            continue
        (waits,) = pod.spec["initContainers"]
        package = image_of(pod.main)[0].replace("-", "_")
        assert f"python {package}/{CHECKS_MIGRATIONS}" in command_of(waits)


def test_the_first_administrator_waits_for_the_migrations(rendered: Rendered) -> None:
    pod = rendered.pod("first-administrator")
    (waits,) = pod.spec["initContainers"]
    assert CHECKS_MIGRATIONS in command_of(waits)
    assert command_of(pod.main).endswith("auth_service/manage.py create_admin --first")


def test_schedules_are_in_utc_and_never_overlap_themselves(rendered: Rendered) -> None:
    for each in rendered.all("CronJob"):
        spec = each["spec"]
        assert spec["timeZone"] == "Etc/UTC"
        assert spec["concurrencyPolicy"] == "Forbid"
        assert re.fullmatch(r"\d+ (\*|\d+) \* \* (\*|\d)", spec["schedule"])
        deadline = timedelta(
            seconds=spec["jobTemplate"]["spec"]["activeDeadlineSeconds"]
        )
        assert deadline < timedelta(days=1)


def test_a_schedule_that_was_missed_is_made_up_for(rendered: Rendered) -> None:
    found = {
        each["metadata"]["name"]: each["spec"]["startingDeadlineSeconds"]
        for each in rendered.all("CronJob")
    }
    assert found == {
        "auth-purge": 3000,  # hourly: the next one is near
        "promo-close-days": 6 * 3600,
        "promo-verify-ledger": 3 * 86_400,
    }


def test_a_violation_is_an_answer_and_is_not_tried_again(rendered: Rendered) -> None:
    (spec,) = [
        each["spec"]["jobTemplate"]["spec"]
        for each in rendered.all("CronJob")
        if each["metadata"]["name"] == "promo-verify-ledger"
    ]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    said = (
        ROOT / "promo_service/promos/management/commands/verify_ledger.py"
    ).read_text()
    (status,) = re.findall(r"^VIOLATED = (\d+)$", said, re.MULTILINE)
    assert rule["onExitCodes"] == {
        "containerName": spec["template"]["spec"]["containers"][0]["name"],
        "operator": "In",
        "values": [int(status)],
    }


def test_what_runs_on_a_schedule(rendered: Rendered) -> None:
    found = {
        each["metadata"]["name"]: command_of(
            rendered.pod(each["metadata"]["name"]).main
        )
        for each in rendered.all("CronJob")
    }
    assert found == {
        "auth-purge": "python auth_service/manage.py purge",
        "promo-close-days": "python promo_service/manage.py close_days",
        "promo-verify-ledger": (
            "python promo_service/manage.py verify_ledger --production"
        ),
    }


def test_jobs_keep_the_pod_that_failed_with_its_words(rendered: Rendered) -> None:
    for pod in rendered.pods:
        if not pod.is_long_running:
            assert pod.spec["restartPolicy"] == "Never"
            assert pod.namespace == NAMESPACE


def test_every_management_command_that_a_pod_runs_exists(rendered: Rendered) -> None:
    djangos = {"migrate", "showmigrations"}
    for pod in rendered.pods:
        for container in pod.containers:
            said = (
                re.search(r"(\w+_service)/manage\.py (\w+)", command_of(container))
                if "command" in container
                else None
            )
            if said and said[2] not in djangos:
                places = (ROOT / said[1]).glob(f"*/management/commands/{said[2]}.py")
                assert list(places), said[0]
