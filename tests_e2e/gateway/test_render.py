"""The templates become the same configuration here and in a container."""

import subprocess
from pathlib import Path

import pytest

from gateway.render import (
    CONSOLE,
    DOCS,
    HERE,
    TEMPLATES,
    render,
    render_trusted_proxies,
    substitute,
)

ENVIRONMENT = {
    "PUBLIC_ORIGINS": "http://localhost:8080",
    "GATEWAY_LISTEN": "127.0.0.1:8080",
    "AUTH_SERVICE": "127.0.0.1:8001",
    "PROMO_SERVICE": "127.0.0.1:8002",
}


def write_trusted_proxies_in_image(
    folder: Path, proxies: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(HERE / "entrypoint" / "40-trusted-proxies.sh")],
        env={"NGINX_ENVSUBST_OUTPUT_DIR": str(folder), "TRUSTED_PROXIES": proxies},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_defined_names_in_braces_are_replaced() -> None:
    text = "listen ${PORT}; set $PORT ${OTHER} ${port} $host$uri ${PORT}x"
    assert substitute(text, {"PORT": "80"}) == (
        "listen 80; set $PORT ${OTHER} ${port} $host$uri 80x"
    )


def test_no_variable_of_a_template_is_left_over(tmp_path: Path) -> None:
    main = render(tmp_path / "new" / "folder", ENVIRONMENT)
    written = [main, *(main.parent / "conf.d").iterdir()]
    made = {file.stem for file in TEMPLATES.iterdir()}
    made |= {"trusted_proxies.http", "public_hosts.http", "resolver.http"}
    assert made == {file.name for file in (main.parent / "conf.d").iterdir()}
    for file in written:
        assert "${" not in file.read_text(encoding="utf-8")


def test_one_file_alone_is_found_by_the_image_s_include(tmp_path: Path) -> None:
    configuration = render(tmp_path, ENVIRONMENT).parent / "conf.d"
    assert [file.name for file in configuration.glob("*.conf")] == ["default.conf"]


def test_rendering_again_leaves_nothing_of_before(tmp_path: Path) -> None:
    render(tmp_path, ENVIRONMENT)
    leftover = tmp_path / "conf.d" / "removed_since.conf"
    leftover.write_text("nonsense")
    render(tmp_path, {**ENVIRONMENT, "GATEWAY_LISTEN": "127.0.0.1:9999"})
    assert not leftover.exists()
    assert (
        "listen 127.0.0.1:9999 " in (tmp_path / "conf.d" / "default.conf").read_text()
    )


@pytest.mark.parametrize(("name", "source"), [("docs", DOCS), ("console", CONSOLE)])
def test_the_pages_come_along_without_files_of_before(
    name: str, source: Path, tmp_path: Path
) -> None:
    render(tmp_path, ENVIRONMENT)
    leftover = tmp_path / name / "swagger-ui-0.0.0" / "swagger-ui.css"
    leftover.parent.mkdir()
    leftover.write_text("nonsense")
    render(tmp_path, ENVIRONMENT)
    copied = {
        file.relative_to(tmp_path / name): file.read_bytes()
        for file in (tmp_path / name).rglob("*")
        if file.is_file()
    }
    assert copied == {
        file.relative_to(source): file.read_bytes()
        for file in source.rglob("*")
        if file.is_file()
    }


def test_the_page_of_the_api_may_lie_in_a_folder_of_the_image(tmp_path: Path) -> None:
    main = render(tmp_path, {**ENVIRONMENT, "DOCS_ROOT": "/usr/share/nginx/docs"})
    text = (main.parent / "conf.d" / "docs.server").read_text(encoding="utf-8")
    assert 'alias "/usr/share/nginx/docs/page.html";' in text
    assert 'alias "/usr/share/nginx/docs/$docs_file";' in text


def test_the_console_may_lie_in_a_folder_of_the_image(tmp_path: Path) -> None:
    main = render(tmp_path, {**ENVIRONMENT, "CONSOLE_ROOT": "/usr/share/nginx/console"})
    text = (main.parent / "conf.d" / "console.server").read_text(encoding="utf-8")
    assert 'root "/usr/share/nginx/console";' in text
    assert 'alias "/usr/share/nginx/console/$console_file";' in text


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named_and_nothing_is_written(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"{name} is missing"):
        render(tmp_path / "new", {**ENVIRONMENT, name: ""})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "value", ["a:1; server b:2", "a:1}", "$host", 'a"', "a\nb", "#"]
)
def test_a_value_that_would_become_configuration_is_refused(
    value: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="AUTH_SERVICE"):
        render(tmp_path / "new", {**ENVIRONMENT, "AUTH_SERVICE": value})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "proxies",
    ["", "10.0.0.0/8", "10.0.0.0/8,192.168.1.7", " ::1  fd00::/8\n10.1.1.1, "],
)
def test_the_image_s_script_trusts_the_same_proxies(
    proxies: str, tmp_path: Path
) -> None:
    written = write_trusted_proxies_in_image(tmp_path, proxies)
    assert (written.returncode, written.stderr) == (0, "")
    text = (tmp_path / "trusted_proxies.http").read_text()
    assert text == render_trusted_proxies(proxies)


@pytest.mark.parametrize(
    "proxies", ["everybody", "10.0.0.0/8; allow all", "$host", "*"]
)
def test_a_proxy_that_is_no_network_stops_the_start(
    proxies: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="TRUSTED_PROXIES"):
        render(tmp_path / "new", {**ENVIRONMENT, "TRUSTED_PROXIES": proxies})
    written = write_trusted_proxies_in_image(tmp_path, proxies)
    assert written.returncode == 1
    assert "TRUSTED_PROXIES" in written.stderr
    assert list(tmp_path.iterdir()) == []
