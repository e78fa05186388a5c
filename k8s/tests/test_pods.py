"""What Pod Security `restricted` asks of a pod, and what is asked here beyond it."""

from k8s.tests.objects import Pod, Rendered, image_of

# By the image's name: the uid that is in it, and owns what it must read.
UIDS = {"auth-service": 10001, "promo-service": 10001, "gateway": 101, "postgres": 999}


def uid_of(pod: Pod) -> int:
    return UIDS[image_of(pod.main)[0]]


def test_each_namespace_enforces_restricted(rendered: Rendered) -> None:
    for namespace in rendered.all("Namespace"):
        labels = namespace["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_everything_says_in_which_namespace_it_is(rendered: Rendered) -> None:
    names = {each["metadata"]["name"] for each in rendered.all("Namespace")}
    for each in rendered.objects:
        if each["kind"] != "Namespace":
            assert each["metadata"]["namespace"] in names, each["metadata"]["name"]


def test_pods_run_as_the_uid_of_their_image_and_never_as_root(
    rendered: Rendered,
) -> None:
    for pod in rendered.pods:
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == context["runAsGroup"] == uid_of(pod), pod.name
        for container in pod.containers:
            assert "runAsUser" not in container["securityContext"]


def test_pods_have_the_runtimes_seccomp_profile(rendered: Rendered) -> None:
    for pod in rendered.pods:
        profile = pod.spec["securityContext"]["seccompProfile"]
        assert profile == {"type": "RuntimeDefault"}, pod.name


def test_containers_may_gain_no_privilege(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, pod.name
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "privileged" not in context


def test_root_file_systems_are_read_only(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            assert container["securityContext"]["readOnlyRootFilesystem"], pod.name


def test_every_container_has_a_tmp_of_bounded_size(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
            volume = pod.volumes[mounts["/tmp"]["name"]]  # noqa: S108 - the pod's
            assert volume["emptyDir"]["sizeLimit"], pod.name


def test_every_emptied_folder_is_bounded(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for volume in pod.volumes.values():
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], pod.name


def test_pods_share_nothing_with_their_node(rendered: Rendered) -> None:
    for pod in rendered.pods:
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(pod.spec)
        assert not any("hostPath" in each for each in pod.volumes.values())
        for container in pod.containers:
            assert all("hostPort" not in port for port in container.get("ports", []))


def test_each_pod_has_an_account_of_its_own_without_a_token(
    rendered: Rendered,
) -> None:
    for pod in rendered.pods:
        assert pod.spec["serviceAccountName"] == pod.name
        assert pod.spec["automountServiceAccountToken"] is False
        account = rendered.find("ServiceAccount", pod.name, pod.namespace)
        assert account["automountServiceAccountToken"] is False


def test_pods_are_told_nothing_of_other_services(rendered: Rendered) -> None:
    # AUTH_SERVICE_PORT and the like would come in beside what is configured.
    for pod in rendered.pods:
        assert pod.spec["enableServiceLinks"] is False, pod.name


def test_mounted_secrets_are_readable_by_the_pods_group_and_nobody_else(
    rendered: Rendered,
) -> None:
    for pod in rendered.pods:
        secrets = [each["secret"] for each in pod.volumes.values() if "secret" in each]
        assert all(secret["defaultMode"] == 0o440 for secret in secrets), pod.name
        if secrets:
            assert pod.spec["securityContext"]["fsGroup"] == uid_of(pod)


def test_secrets_and_config_are_mounted_read_only(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            for mount in container["volumeMounts"]:
                volume = pod.volumes.get(mount["name"], {})
                if {"secret", "configMap", "projected"} & set(volume):
                    assert mount["readOnly"] is True, pod.name
                    # A part of it would not be renewed when the secret is.
                    assert "subPath" not in mount


def test_no_secret_is_an_environment_variable(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            for variable in container.get("env", []):
                assert "valueFrom" not in variable, pod.name
            for source in container.get("envFrom", []):
                assert "secretRef" not in source, pod.name


def test_every_image_has_a_tag_that_says_which(rendered: Rendered) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            assert image_of(container)[1] not in {"", "latest"}, pod.name


def test_init_containers_have_the_image_of_their_pod(rendered: Rendered) -> None:
    for pod in rendered.pods:
        assert len({container["image"] for container in pod.containers}) == 1


def test_volumes_that_are_mounted_exist_and_none_is_idle(rendered: Rendered) -> None:
    for pod in rendered.pods:
        mounted = {
            mount["name"]
            for container in pod.containers
            for mount in container["volumeMounts"]
        }
        claims = pod.owner["spec"].get("volumeClaimTemplates", [])
        claimed = {claim["metadata"]["name"] for claim in claims}
        assert mounted == {*pod.volumes, *claimed}, pod.name
