"""PostgreSQL as it is set up: locally, and by CloudNativePG."""

from k8s.rendering import HERE
from k8s.tests.objects import DATABASES_NAMESPACE, NAMESPACE, Rendered
from k8s.tests.test_running import quantity

NAMES = ("auth", "promo")


def test_locally_each_service_has_a_database_of_its_own(local: Rendered) -> None:
    for name in NAMES:
        pod = local.pod(f"{name}-database")
        environment = {each["name"]: each["value"] for each in pod.main["env"]}
        assert environment["POSTGRES_DB"] == name
        assert pod.main["image"] == "postgres:18-trixie"
        claim = pod.owner["spec"]["volumeClaimTemplates"][0]
        assert quantity(claim["spec"]["resources"]["requests"]["storage"]) >= 2**30


def test_locally_the_data_outlive_the_pod(local: Rendered) -> None:
    for name in NAMES:
        mounts = {
            each["mountPath"]: each["name"]
            for each in local.pod(f"{name}-database").main["volumeMounts"]
        }
        # Where PostgreSQL 18's image has its volume; a folder below it is its own.
        assert mounts["/var/lib/postgresql"] == "data"


def test_locally_a_restart_keeps_the_modes_that_postgresql_insists_on(
    local: Rendered,
) -> None:
    for name in NAMES:
        context = local.pod(f"{name}-database").spec["securityContext"]
        assert context["fsGroupChangePolicy"] == "OnRootMismatch"


def test_locally_a_database_is_ready_once_its_roles_can_log_in(
    local: Rendered,
) -> None:
    for name in NAMES:
        pod = local.pod(f"{name}-database")
        for probe in ("startupProbe", "readinessProbe"):
            assert pod.main[probe]["exec"]["command"] == ["sh", "/setup/ready.sh"]
        mounts = {each["mountPath"]: each["name"] for each in pod.main["volumeMounts"]}
        setup = pod.volumes[mounts["/setup"]]["configMap"]["name"]
        scripts = local.find("ConfigMap", setup)["data"]
        assert sorted(scripts) == ["10-roles.sql", "ready.sh"]


def test_in_production_there_is_no_database_of_ours(production: Rendered) -> None:
    assert production.all("StatefulSet", "PersistentVolumeClaim") == []


def test_cloudnativepg_makes_the_same_roles(cloudnativepg: Rendered) -> None:
    roles = (HERE / "database" / "roles.sql").read_text(encoding="utf-8")
    for name in NAMES:
        spec = cloudnativepg.find("Cluster", f"{name}-database", DATABASES_NAMESPACE)[
            "spec"
        ]
        first = spec["bootstrap"]["initdb"]
        assert (first["database"], first["owner"]) == (name, f"{name}_owner")
        (script,) = first["postInitApplicationSQLRefs"]["configMapRefs"]
        config = cloudnativepg.find("ConfigMap", script["name"], DATABASES_NAMESPACE)
        assert config["data"][script["key"]] == roles
        (role,) = spec["managed"]["roles"]
        assert role["name"] == f"{name}_service"
        assert not role.get("superuser")


def test_cloudnativepg_acknowledges_what_two_nodes_have(
    cloudnativepg: Rendered,
) -> None:
    for cluster in cloudnativepg.all("Cluster"):
        spec = cluster["spec"]
        assert spec["postgresql"]["synchronous"] == {"method": "any", "number": 1}
        # One lost, and there are still two.
        assert spec["instances"] == 3


def test_poolers_share_connections_by_transaction(cloudnativepg: Rendered) -> None:
    for name in NAMES:
        spec = cloudnativepg.find("Pooler", f"{name}-pooler", DATABASES_NAMESPACE)[
            "spec"
        ]
        assert spec["cluster"]["name"] == f"{name}-database"
        assert spec["pgbouncer"]["poolMode"] == "transaction"


def test_poolers_open_no_more_connections_than_the_database_takes(
    cloudnativepg: Rendered,
) -> None:
    for name in NAMES:
        cluster, pooler = (
            cloudnativepg.find(kind, f"{name}-{which}", DATABASES_NAMESPACE)["spec"]
            for kind, which in (("Cluster", "database"), ("Pooler", "pooler"))
        )
        pool = int(pooler["pgbouncer"]["parameters"]["default_pool_size"])
        most = int(cluster["postgresql"]["parameters"]["max_connections"])
        # The rest is for migrations, standbys and the operator.
        assert pooler["instances"] * pool + 20 <= most


def test_cloudnativepg_has_a_namespace_of_its_own(cloudnativepg: Rendered) -> None:
    for each in cloudnativepg.all("Cluster", "Pooler"):
        assert each["metadata"]["namespace"] == DATABASES_NAMESPACE
    assert all(pod.namespace == NAMESPACE for pod in cloudnativepg.pods)
