"""`Holder`: this service's copy of what auth_service says about a user."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Lower

from chassis.roles import Role

_NAMED = models.Q(deleted=False, missing_since__isnull=True)


class Holder(models.Model):
    """A user as of `version`; only a newer version may replace it.

    `void_version` is the version at which the user last became an administrator or
    was deleted: promos from before it are void, whatever the user is by now.

    Where there are too many of them for one transaction, `void_since` marks the holder
    until the last one is void, and `void_by` is the administrator who caused it. Until
    then the user may hold nothing. `erase_since` is such a mark for the texts about an
    erased person, and `erased_at` says when none was left.
    """

    user_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    void_version = models.BigIntegerField(default=0)
    username = models.CharField(max_length=50)
    name = models.CharField(max_length=150)
    role = models.CharField(
        max_length=20, choices=[(role.value, role.value) for role in Role]
    )
    is_active = models.BooleanField()
    deleted = models.BooleanField(default=False)
    # Of the last resync before which auth_service told of the user; it only rises.
    epoch = models.BigIntegerField(default=0, db_default=0)
    # A whole resync did not name the user: suspended until auth_service tells of them.
    missing_since = models.DateTimeField(null=True)
    void_since = models.DateTimeField(null=True)
    void_by = models.UUIDField(null=True)
    erase_since = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    locked_at: datetime  # of a locked row: the database's time just then

    class Meta:
        db_table = "holder"
        indexes = [
            models.Index(Lower("username"), name="holder_username"),
            models.Index(
                fields=["epoch"],
                condition=_NAMED,
                name="holder_named_at",
            ),
            models.Index(
                fields=["missing_since"],
                condition=models.Q(missing_since__isnull=False),
                name="holder_missing",
            ),
            # Hardly any: what is left to do is found without looking for it.
            models.Index(
                fields=["user_id"],
                condition=models.Q(void_since__isnull=False)
                | models.Q(erase_since__isnull=False),
                name="holder_marked",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="holder_role",
                condition=models.Q(role__in=["administrator", "normal"]),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def may_hold(self) -> bool:
        """Whether the user may be given promos and use them just now."""
        if self.void_since is not None:
            return False
        return self.is_active and not self.deleted and self.role == Role.NORMAL

    @property
    def has_the_name(self) -> bool:
        """Whether the name is the user's own, as far as is known here.

        A deleted user's may have been erased and another's since; so may that of a user
        whom auth_service did not name.
        """
        return not self.deleted and self.missing_since is None
