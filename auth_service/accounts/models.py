"""`User` with the brief's two actors as proxies, and the record of changes to them."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from uuid_utils.compat import uuid7

from chassis.roles import Role

_ROLES = [(role.value, role.value) for role in Role]
_NOT_DELETED = Q(deleted_at__isnull=True)
# Of the names of erased users; nobody can register such a one.
ERASED_PREFIX = "erased-"
LIVE_ADMINISTRATOR = _NOT_DELETED & Q(is_active=True, role=Role.ADMINISTRATOR)


class UserQuerySet(models.QuerySet["User"]):
    """Users, by what matters about them."""

    def existing(self) -> "UserQuerySet":
        """This function will leave out deleted users."""
        return self.filter(_NOT_DELETED)

    def live(self) -> "UserQuerySet":
        """This function will leave out suspended and deleted users."""
        return self.existing().filter(is_active=True)

    def live_administrators(self) -> "UserQuerySet":
        """This function will return the administrators of whom one must remain."""
        return self.filter(LIVE_ADMINISTRATOR)

    def named(self, *usernames: str) -> "UserQuerySet":
        """This function will return the users of those names, in any case."""
        lowered = [username.lower() for username in usernames]
        return self.alias(lower_username=Lower("username")).filter(
            lower_username__in=lowered
        )


class User(AbstractBaseUser):
    """Somebody who can log in; a deleted one stays, so that the name stays taken.

    `version` counts changes of what other services know of the user. `void_version` is
    the version at which the user last became an administrator or was deleted: promos
    from before it are void.
    """

    last_login = None  # sessions tell

    id = models.UUIDField(primary_key=True, default=uuid7)
    username = models.CharField(max_length=50)
    name = models.CharField(max_length=150)
    address = models.CharField(max_length=300, null=True)  # noqa: DJ001
    mobile_number = models.CharField(max_length=16, null=True)  # noqa: DJ001
    role = models.CharField(max_length=20, choices=_ROLES)
    is_active = models.BooleanField(default=True)
    creation_time = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    # Of a deleted one: nothing here tells any more who it was.
    erased_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)
    void_version = models.BigIntegerField(default=0)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserQuerySet.as_manager()

    class Meta:
        db_table = "account"
        constraints = [
            models.UniqueConstraint(Lower("username"), name="account_username_taken"),
            # A deleted user's number may be erased; nobody else lacks what they need.
            models.CheckConstraint(
                name="account_role_and_mobile_number",
                condition=Q(role=Role.ADMINISTRATOR, mobile_number__isnull=True)
                | (
                    Q(role=Role.NORMAL)
                    & (Q(mobile_number__isnull=False) | Q(deleted_at__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="account_void_version_was_reached",
                condition=Q(void_version__gte=0)
                & Q(void_version__lte=models.F("version")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-creation_time", "-id"],
                condition=_NOT_DELETED,
                name="account_newest",
            ),
            models.Index(
                fields=["role", "-creation_time", "-id"],
                condition=_NOT_DELETED,
                name="account_role_newest",
            ),
            models.Index(
                fields=["-creation_time", "-id"],
                condition=_NOT_DELETED & Q(is_active=False),
                name="account_suspended_newest",
            ),
            models.Index(
                OpClass(Lower("username"), name="text_pattern_ops"),
                condition=_NOT_DELETED,
                name="account_username_prefix",
            ),
            models.Index(
                OpClass(Lower("name"), name="text_pattern_ops"),
                condition=_NOT_DELETED,
                name="account_name_prefix",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_live(self) -> bool:
        """Whether the user may log in: neither suspended nor deleted."""
        return self.is_active and self.deleted_at is None

    @property
    def is_live_administrator(self) -> bool:
        """Whether the user is one of the administrators of whom one must remain."""
        return self.is_live and self.role == Role.ADMINISTRATOR


class _RoleManager(models.Manager["User"]):
    role: ClassVar[Role]

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db).filter(role=self.role)


class _Administrators(_RoleManager):
    role = Role.ADMINISTRATOR


class _NormalUsers(_RoleManager):
    role = Role.NORMAL


class AdministratorUser(User):
    """The brief's Administrator User: id, name, username, address."""

    objects = _Administrators()  # type: ignore[assignment, misc]  # narrower

    class Meta:
        proxy = True


class NormalUser(User):
    """The brief's Normal User: an administrator's attributes and a mobile_number."""

    objects = _NormalUsers()  # type: ignore[assignment, misc]  # narrower

    class Meta:
        proxy = True


class Change(models.TextChoices):
    """What may happen to a user's role, state or password."""

    CREATED = "created"
    ROLE_CHANGED = "role_changed"
    SUSPENDED = "suspended"
    REACTIVATED = "reactivated"
    DELETED = "deleted"
    ERASED = "erased"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105


class UserAudit(models.Model):
    """Who changed whose role, state or password; no actor: nobody was logged in."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="audits", db_index=False
    )
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    change = models.CharField(max_length=20, choices=Change.choices)
    role = models.CharField(max_length=20, choices=_ROLES)
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "account_audit"
        indexes = [models.Index(fields=["user", "-id"], name="account_audit_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.change}"


class Job(models.Model):
    """A command that a schedule runs, and when it last succeeded (chassis.jobs)."""

    name = models.CharField(primary_key=True, max_length=50)
    succeeded_at = models.DateTimeField()

    class Meta:
        db_table = "job"

    def __str__(self) -> str:
        return self.name
