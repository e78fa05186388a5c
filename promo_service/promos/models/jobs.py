"""`Job`: commands that a schedule runs (chassis.jobs)."""

from django.db import models


class Job(models.Model):
    """A command, and when it last succeeded."""

    name = models.CharField(primary_key=True, max_length=50)
    succeeded_at = models.DateTimeField()

    class Meta:
        db_table = "job"

    def __str__(self) -> str:
        return self.name
