"""Totals of closed days, which reports read in place of the entries of those days."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the two tables."""

    dependencies = [("promos", "0004_erasable_descriptions")]

    operations = [
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("closed_at", models.DateTimeField()),
            ],
            options={"db_table": "closed_day"},
        ),
        migrations.CreateModel(
            name="LedgerDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day_id",
                        "promo_type",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("promo_type", models.CharField(max_length=50)),
                ("issued", models.BigIntegerField()),
                ("used", models.BigIntegerField()),
                ("reversed", models.BigIntegerField()),
                ("adjusted", models.BigIntegerField()),
                ("voided", models.BigIntegerField()),
                (
                    "day",
                    models.ForeignKey(
                        db_column="day",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="promos.closedday",
                    ),
                ),
            ],
            options={"db_table": "ledger_day"},
        ),
    ]
