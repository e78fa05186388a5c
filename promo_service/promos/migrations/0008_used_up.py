"""A promo knows that it is used up, so that an index can leave it out.

`remaining_points` itself in an index would have every use write to all indexes. The
flag changes with a promo's last point alone; a trigger sets it, whichever version of
the code moves points. Promos that are used up already are flagged when they change
next: lists look at the points as well, so they are right before that, too.
"""

from django.db import migrations, models

_FOLLOW = """
CREATE FUNCTION note_used_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE promo SET is_used_up = (remaining_points = 0)
    WHERE id = NEW.id AND holder_id = NEW.holder_id;
    RETURN NULL;
END $$;
CREATE TRIGGER promo_used_up AFTER UPDATE ON promo FOR EACH ROW
    WHEN (NEW.deleted_at IS NULL AND NEW.is_used_up <> (NEW.remaining_points = 0))
    EXECUTE FUNCTION note_used_up();
"""

_FORGET = """
DROP TRIGGER promo_used_up ON promo;
DROP FUNCTION note_used_up();
"""


class Migration(migrations.Migration):
    """Adds the column and its trigger."""

    dependencies = [("promos", "0007_room_for_uses")]

    operations = [
        migrations.AddField(
            model_name="promo",
            name="is_used_up",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(_FOLLOW, _FORGET),
    ]
