"""`Holder`: this service's copy of what auth_service says about a user."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Lower

from chassis.roles import Role


class Holder(models.Model):
    """A user as of `version`; only a newer version may replace it.

    `void_version` is the version at which the user last became an administrator or
    was deleted: promos from before it are void, whatever the user is by now.
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

    locked_at: datetime  # of a locked row: the database's time just then

    class Meta:
        db_table = "holder"
        indexes = [models.Index(Lower("username"), name="holder_username")]
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
        return self.is_active and not self.deleted and self.role == Role.NORMAL
