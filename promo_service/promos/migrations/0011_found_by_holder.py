"""What is one holder's is found without reading others'; built while others write.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


def _build(model_name: str, name: str, fields: list[str], condition: Q) -> list[Any]:
    index = models.Index(fields=fields, condition=condition, name=name)
    return [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(model_name=model_name, index=index),
    ]


class Migration(migrations.Migration):
    """Adds an index for each thing that is looked for; a use writes to none of them."""

    atomic = False
    dependencies = [("promos", "0010_holders_of_answers")]

    operations = [
        *_build(
            "promo",
            "promo_holder_usable",
            ["holder", "ends", "id"],
            Q(deleted_at__isnull=True, is_active=True, is_used_up=False),
        ),
        *_build(
            "promo",
            "promo_holder_deleted",
            ["holder", "id"],
            Q(deleted_at__isnull=False),
        ),
        *_build(
            "reversal",
            "reversal_with_reason",
            ["holder_id"],
            Q(reason__isnull=False),
        ),
        *_build(
            "idempotencykey",
            "key_of_holder",
            ["holder_id", "actor_id", "key"],
            Q(holder_id__isnull=False),
        ),
    ]
