"""Renders the gateway's templates for the local run.

In containers the image's entrypoint does the same with envsubst, and the scripts in
`entrypoint/` with what needs a loop (architecture.md: one set of templates for the
local run, Compose and Kubernetes).
"""

import ipaddress
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
MAIN_CONFIGURATION = HERE / "local_nginx.conf"
DOCS = HERE / "docs"
CONSOLE = HERE / "console"

# How many POSTs an address may make, and how many at once on top (README: why so
# many). The Dockerfile says the same.
RATES: Mapping[str, str] = {
    "TOKEN_RATE": "20r/s",
    "TOKEN_BURST": "200",
    "REFRESH_RATE": "20r/s",
    "REFRESH_BURST": "200",
    "REGISTRATION_RATE": "20r/s",
    "REGISTRATION_BURST": "200",
    "PASSWORD_RATE": "10r/s",
    "PASSWORD_BURST": "100",
}
# How many connections and open files a process of nginx has, and how many requests of
# an address may be under way at once. The Dockerfile says the same.
LIMITS: Mapping[str, str] = {
    "WORKER_CONNECTIONS": "8192",
    "WORKER_FILES": "16384",
    "CONNECTIONS_PER_ADDRESS": "200",
    "KEEPALIVE_MIN_TIMEOUT": "0",
}
# None: there is no default, so it must be given.
VARIABLES: Mapping[str, str | None] = {
    "GATEWAY_LISTEN": None,
    "AUTH_SERVICE": None,
    "PROMO_SERVICE": None,
    "ACCESS_LOG": "access.log",
    "DOCS_ROOT": "docs",
    **RATES,
    **LIMITS,
    "CONSOLE_ROOT": "console",
}

# What could end a directive or name a variable of nginx has no place in a value.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f;{}$\"'\\#]")
_FORMS = {
    "_RATE": (re.compile(r"[1-9][0-9]{0,5}r/[sm]"), "a rate such as 20r/s or 30r/m"),
    "_BURST": (re.compile(r"[1-9][0-9]{0,5}"), "a number such as 200"),
    "_CONNECTIONS": (re.compile(r"[1-9][0-9]{0,5}"), "a number such as 8192"),
    "_FILES": (re.compile(r"[1-9][0-9]{0,6}"), "a number such as 16384"),
    "_PER_ADDRESS": (re.compile(r"[1-9][0-9]{0,4}"), "a number such as 200"),
    "_TIMEOUT": (re.compile(r"0|[1-9][0-9]{0,3}s"), "a time such as 15s, or 0"),
}
_ORIGIN = re.compile(
    r"https?://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
)


def render(destination: Path, environment: Mapping[str, str]) -> Path:
    """This function will write nginx's whole configuration and return its main file.

    `destination` is made if it is missing, and is nginx's prefix: start it with
    `nginx -p DESTINATION -c DESTINATION/nginx.conf`. Pid, temporary files and, unless
    `ACCESS_LOG` says otherwise, the access log are then in it, as are the files of
    /docs and of the console. Of `environment` it reads the names in `VARIABLES`,
    `TRUSTED_PROXIES`, `PUBLIC_ORIGINS`, `RESOLVER`, and where a service is sought
    again, `AUTH_SERVICE_AGAIN` and `PROMO_SERVICE_AGAIN` (if absent, at its one
    address), all text as in the environment of a process.

    Raises:
        ValueError: a variable is missing or can't be used; the message names it.
    """
    values = _read_values(environment)
    written = {
        "trusted_proxies.http": render_trusted_proxies(
            environment.get("TRUSTED_PROXIES", "")
        ),
        "public_hosts.http": render_public_hosts(environment.get("PUBLIC_ORIGINS", "")),
        "resolver.http": render_resolver(environment.get("RESOLVER", "")),
    }
    configuration = destination / "conf.d"
    configuration.mkdir(parents=True, exist_ok=True)
    (destination / "temp").mkdir(exist_ok=True)
    for old in configuration.iterdir():
        old.unlink()
    for template in sorted(TEMPLATES.glob("*.template")):
        text = substitute(template.read_text(encoding="utf-8"), values)
        (configuration / template.stem).write_text(text, encoding="utf-8")
    _copy_files(DOCS, destination / "docs")
    _copy_files(CONSOLE, destination / "console")
    for name, text in written.items():
        (configuration / name).write_text(text, encoding="utf-8")
    main = destination / "nginx.conf"
    main.write_text(MAIN_CONFIGURATION.read_text(encoding="utf-8"), encoding="utf-8")
    return main


def substitute(text: str, values: Mapping[str, str]) -> str:
    """This function will replace `${NAME}` of every name in `values`, as envsubst does.

    Anything else that begins with a dollar sign is nginx's own and stays.
    """
    return re.sub(
        r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}",
        lambda found: values.get(found[1], found[0]),
        text,
    )


def render_trusted_proxies(proxies: str) -> str:
    """This function will return the directives that make nginx believe `proxies`.

    `proxies` are addresses or networks, separated by spaces or commas; empty for none.

    Raises:
        ValueError: one of them is neither.
    """
    networks = proxies.replace(",", " ").split()
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ValueError(
                f"TRUSTED_PROXIES must be networks such as 10.0.0.0/8, not {network}."
            ) from error
    return "\n".join(
        [
            "geo $realip_remote_addr $proxy_is_trusted {",
            "    default 0;",
            *(f"    {network} 1;" for network in networks),
            "}",
            *(f"set_real_ip_from {network};" for network in networks),
            "real_ip_header X-Forwarded-For;",
            "real_ip_recursive on;",
            "",
        ]
    )


def render_public_hosts(origins: str) -> str:
    """Return the directives that make nginx answer to the hosts of `origins` alone.

    `origins` are such as https://promo.example.com, separated by spaces or commas.
    Ports are not compared, since a client often reaches the gateway at another one.

    Raises:
        ValueError: there is none, or one of them is no origin.
    """
    hosts = []
    for origin in origins.lower().replace(",", " ").split():
        found = _ORIGIN.fullmatch(origin)
        if not found:
            raise ValueError(
                "PUBLIC_ORIGINS must be origins such as https://promo.example.com, "
                f"not {origin}."
            )
        hosts.append(found[1])
    if not hosts:
        raise ValueError(
            "PUBLIC_ORIGINS is missing; the gateway answers to no other host."
        )
    return "\n".join(
        [
            "map $client_host_name $host_is_public {",
            "    default 0;",
            *(f'    "{host}" 1;' for host in dict.fromkeys(hosts)),
            "}",
            "",
        ]
    )


def render_resolver(servers: str) -> str:
    """Return the directives that tell nginx whom to ask for names.

    `servers` are addresses, with a port if need be, separated by spaces or commas.
    They may be empty where no address of a service says `resolve`.
    """
    named = servers.replace(",", " ").split() or ["127.0.0.1"]
    return f"resolver {' '.join(named)} valid=2s;\nresolver_timeout 2s;\n"


def _copy_files(source: Path, destination: Path) -> None:
    # nginx may not reach the checkout, or its path hold what _UNSAFE refuses.
    shutil.rmtree(destination, ignore_errors=True)
    shutil.copytree(source, destination)


def _read_values(environment: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name, default in VARIABLES.items():
        value = environment.get(name) or default
        if not value:
            raise ValueError(f"{name} is missing; the gateway can't do without it.")
        if _UNSAFE.search(value):
            raise ValueError(f"{name} holds a character that nginx would misread.")
        for ending, (form, example) in _FORMS.items():
            if name.endswith(ending) and not form.fullmatch(value):
                raise ValueError(f"{name} must be {example}, not {value}.")
        values[name] = value
    for name in ("AUTH_SERVICE", "PROMO_SERVICE"):
        again = environment.get(f"{name}_AGAIN") or values[name]
        if _UNSAFE.search(again):
            raise ValueError(f"{name}_AGAIN holds a character nginx would misread.")
        values[f"{name}_AGAIN"] = again
    return values
