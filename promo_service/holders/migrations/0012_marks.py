"""A holder may be marked: promos to be voided, texts to be erased, piece by piece.

Who was erased before is marked, so that it is known of them, too, that no text is left.
"""

from django.db import migrations, models

_MARK = """
UPDATE holder SET erase_since = now()
WHERE deleted AND lower(username) = 'erased-' || replace(user_id::text, '-', '')
"""


class Migration(migrations.Migration):
    """Adds the columns of both marks."""

    dependencies = [("holders", "0011_who_is_missing")]

    operations = [
        migrations.AddField("holder", "void_since", models.DateTimeField(null=True)),
        migrations.AddField("holder", "void_by", models.UUIDField(null=True)),
        migrations.AddField("holder", "erase_since", models.DateTimeField(null=True)),
        migrations.AddField("holder", "erased_at", models.DateTimeField(null=True)),
        migrations.RunSQL(_MARK, migrations.RunSQL.noop),
    ]
