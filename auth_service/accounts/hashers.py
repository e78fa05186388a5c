"""Argon2id as OWASP's password storage cheat sheet has it: 19 MiB, 2 passes, 1 lane."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Django's hasher with less memory: its 100 MiB would need 800 for 8 log-ins."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
