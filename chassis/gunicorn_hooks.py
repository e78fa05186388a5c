"""How gunicorn serves a service: its log, and what workers count together."""

import gc
import time
from typing import Any

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import reset_queries
from django.urls import get_resolver
from gunicorn.glogging import Logger

from chassis import metric_files, tracing
from chassis.environment import env
from chassis.logs import json_formatter


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's error log in the form of all others; requests are logged by Django."""

    def setup(self, cfg: Any) -> None:
        """This function will write as the service whose settings these are."""
        super().setup(cfg)
        formatter = json_formatter(cfg.proc_name)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """This function will log a failure, and no query string of its request."""
        super().exception(msg, *map(_without_query, args), **kwargs)

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """This function will log what is odd, and no query string of a request."""
        super().warning(_without_query(msg), *args, **kwargs)


def _without_query(text: Any) -> str:
    return str(text).partition("?")[0]


def on_starting(server: Any) -> None:  # noqa: ARG001  # gunicorn gives it
    """This function will begin to count at nothing."""
    metric_files.clear_folder()


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001
    """This function will prepare a worker before it loads the service."""
    tracing.start(worker.cfg.proc_name)


def post_worker_init(worker: Any, *, more_threads: int = 0) -> None:
    """This function will load all views, and say how many requests can be answered.

    What is loaded by then lives as long as the worker. Left to the garbage collector,
    all of it was looked through once in a thousand requests, for some 50 ms each time.
    """
    from chassis.metrics import REQUEST_SLOTS  # noqa: PLC0415  # needs the settings

    for urlconf in (settings.ROOT_URLCONF, settings.INTERNAL_URLCONF):
        get_resolver(urlconf).url_patterns  # noqa: B018  # imports them
    REQUEST_SLOTS.set(worker.cfg.threads + more_threads)
    # At each request: there are no caches, and statements are kept for DEBUG alone.
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """This function will keep what a worker counted that has ended."""
    try:
        metric_files.keep_counts_of(worker.pid)
    except (OSError, RuntimeError):
        server.log.exception("metrics_not_kept")


def on_exit(server: Any) -> None:  # noqa: ARG001
    """This function will leave no files behind, and refuse for a while who still comes.

    Whoever looked the service up before goes on asking at this address. Refused, they
    turn to another at once; once the address is nobody's, they would wait in vain.
    """
    metric_files.remove_folder()
    time.sleep(env.float("LINGER_SECONDS", 0.0))
