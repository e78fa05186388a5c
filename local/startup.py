"""Brings the whole system up in order, watches it, and takes it down again."""

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from gateway.render import render
from local import postgres, readiness
from local.console import Refusal, say
from local.credentials import (
    generate_password,
    keep_password,
    load_credentials,
    read_password,
)
from local.leftovers import end_leftovers
from local.management import ManagementCommand, run_together
from local.ports import LOOPBACK, require_free
from local.settings import ROOT, Settings
from local.supervision import (
    DOWN,
    ProgramFailed,
    Supervisor,
    SupervisorSilent,
    build_start_command,
    configure,
    generate_supervisor_password,
    read_tail,
)
from local.system import COMMANDS, DATABASES, SERVICES, Ports, System
from local.waiting import wait_until

_PATIENCE_SECONDS = 60
_WATCH_SECONDS = 1.0
# In reverse order, with the seconds for each step: a little more than supervisord takes
# to use SIGKILL (local.system), so that all of it ends within 10 seconds.
_STOP_ORDER = (
    (("gateway",), 2.2),
    ((*COMMANDS, *SERVICES), 3.2),
    (("postgres",), 3.2),
)


class Launch:
    """One run of the system, from the first step to the last."""

    def __init__(self, settings: Settings) -> None:
        """Choose ports, and load or generate the secrets."""
        self._settings = settings
        self._state = settings.state
        self._ports = Ports.choose()
        credentials = load_credentials(self._state.credentials)
        self._system = System(settings, credentials, self._ports)
        self._postgres_password = credentials.postgres_password
        self._supervisor = Supervisor(
            self._ports.supervisor, generate_supervisor_password()
        )
        self._supervisord: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and return when real requests through the gateway succeed.

        Raises ProgramFailed or Refusal, with what is to be read about it.
        """
        self._make_cluster()
        self._start_supervisord()
        self._start_postgres()
        self._prepare_services()
        self._start_services()
        self._start_commands()
        self._start_gateway()
        self._keep_given_password()

    def watch(self) -> None:
        """Return never; raises ProgramFailed when something is down for good."""
        while True:
            time.sleep(_WATCH_SECONDS)
            if self._supervisord is None or self._supervisord.poll() is not None:
                raise ProgramFailed("supervisord has ended, so everything is stopped.")
            # Busy for once is no reason to stop; whether it lives is asked above.
            with contextlib.suppress(SupervisorSilent):
                self._raise_if_fatal()

    def stop(self) -> None:
        """Stop everything in reverse order, and within 10 seconds whatever happens."""
        if self._supervisord is not None:
            with contextlib.suppress(SupervisorSilent):
                for names, seconds in _STOP_ORDER:
                    self._supervisor.stop_together(names, seconds)
                self._supervisor.shut_down()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisord.wait(timeout=0.5)
            self._supervisord.kill()
            self._supervisord.wait()
        end_leftovers(self._state.run, patience=0.2)
        for path in (self._state.launch, self._state.control):
            path.unlink(missing_ok=True)

    def _raise_if_fatal(self) -> None:
        for name, state in self._supervisor.states().items():
            if state == "FATAL":
                raise self._describe_failure(name)

    def _make_cluster(self) -> None:
        if not self._state.cluster.exists():
            say("Making the database cluster")
        postgres.initialise(self._state.cluster, self._postgres_password)
        postgres.forget_dead_server(self._state.cluster)

    def _start_supervisord(self) -> None:
        try:
            configuration = render(
                self._state.folder / "gateway", self._system.build_gateway_environment()
            )
        except ValueError as error:
            raise Refusal(str(error)) from error
        programs = self._system.build_programs(configuration)
        program = configure(self._state, self._supervisor, programs)
        with Path(program.log).with_suffix(".out").open("wb") as said:
            self._supervisord = subprocess.Popen(
                build_start_command(program.save(self._state.run)),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the launcher alone
            )
        if not wait_until(self._supervisor_answers, _PATIENCE_SECONDS):
            raise ProgramFailed("supervisord does not answer.")

    def _supervisor_answers(self) -> bool:
        if self._supervisord is not None and self._supervisord.poll() is not None:
            said = read_tail(self._state.logs / "supervisord.out")
            raise ProgramFailed(f"supervisord did not start:\n{said}")
        return self._supervisor.answers()

    def _start_postgres(self) -> None:
        say("Starting PostgreSQL")
        port, password = self._ports.postgres, self._postgres_password
        self._supervisor.start("postgres")
        self._await(lambda: postgres.is_ready(port, password), "postgres")
        with postgres.open_as_superuser(port, password) as admin:
            for service, database in DATABASES.items():
                own = self._system.database_password(service)
                postgres.create_database(admin, database, service, own)

    def _prepare_services(self) -> None:
        say("Migrating the databases of auth_service and promo_service")
        run_together(
            self._manage(service, "migrate", "--no-input") for service in SERVICES
        )
        self._state.signing_keys.mkdir(mode=0o700, exist_ok=True)
        if not any(self._state.signing_keys.glob("*.pem")):
            say("Making the first key that tokens are signed with")
            run_together([self._manage("auth_service", "create_signing_key")])

    def _start_services(self) -> None:
        say("Starting auth_service and promo_service")
        for service in SERVICES:
            self._supervisor.start(service)
        self._create_administrator()

    def _start_commands(self) -> None:
        for name in COMMANDS:
            self._supervisor.start(name)

    def _create_administrator(self) -> None:
        kept = read_password(self._state.admin_password)
        password = self._settings.admin_password or kept or generate_password()
        username = self._settings.admin_username
        variables = {
            "ADMIN_USERNAME": username,
            "ADMIN_PASSWORD": password,
            "ADMIN_NAME": "Administrator",
        }
        first = self._manage("auth_service", "create_admin", "--first", **variables)
        run_together([first])
        where = f"{self._settings.state_shown}/{self._state.admin_password.name}"
        if kept is None:
            keep_password(self._state.admin_password, password)
        if kept is None and self._settings.admin_password is None:
            say(f"The administrator is {username}, the password {password}")
            say(f"(shown this once; kept in {where})")
        else:
            say(f"The first administrator is {username}; the password is in {where}")

    def _keep_given_password(self) -> None:
        """Keep a password from the environment, if it is the administrator's."""
        given = self._settings.admin_password
        if given is None or given == read_password(self._state.admin_password):
            return
        if readiness.accepts(
            self._settings.base_url, self._settings.admin_username, given
        ):
            keep_password(self._state.admin_password, given)
        else:
            say(
                f"{self._settings.admin_username} exists with another password than "
                "ADMIN_PASSWORD, and keeps it"
            )

    def _start_gateway(self) -> None:
        say("Starting the gateway, and asking both services through it")
        self._supervisor.start("gateway")
        internal = [
            f"http://{LOOPBACK}:{port}" for port in self._ports.internal.values()
        ]
        base_url = self._settings.base_url

        def everything_answers() -> bool:
            return readiness.find_unready(base_url, internal) is None

        self._await(everything_answers, *SERVICES, *COMMANDS, "gateway")

    def _manage(self, service: str, *arguments: str, **more: str) -> ManagementCommand:
        environment = self._system.build_environment(service) | more
        log = self._state.logs / f"{service}-manage.log"
        return ManagementCommand(service, arguments, environment, log)

    def _await(self, ready: Callable[[], bool], *names: str) -> None:
        """Wait for it; raises ProgramFailed as soon as one of the programs is down."""

        def ready_or_down() -> bool:
            states = self._supervisor.states()
            for name in names:
                if states[name] in DOWN:
                    raise self._describe_failure(name)
            return ready()

        if not wait_until(ready_or_down, _PATIENCE_SECONDS):
            raise self._describe_failure(names[-1])

    def _describe_failure(self, name: str) -> ProgramFailed:
        log = self._state.logs / f"{name}.log"
        said = read_tail(log)
        if name == "gateway" and "could not bind()" in said:
            require_free(self._settings.gateway_port)  # somebody took it meanwhile
        return ProgramFailed(f"{name} does not stay up. The end of {log}:\n\n{said}")
