"""A revision may lose its description, which may speak of a person; nothing else (I4).

Entries hold no free text, so they stay as they are. The triggers of the version that
still runs go on refusing everything until this one has taken their place.
"""

from django.db import migrations

_GUARD = """
CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased promo_revision := OLD;
BEGIN
    erased.description := NULL;
    IF NEW IS DISTINCT FROM erased THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER promo_revision_append_only ON promo_revision;
CREATE TRIGGER promo_revision_append_only BEFORE DELETE ON promo_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promo_revision_erasable BEFORE UPDATE ON promo_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure();
"""

_UNGUARD = """
DROP TRIGGER promo_revision_erasable ON promo_revision;
DROP TRIGGER promo_revision_append_only ON promo_revision;
CREATE TRIGGER promo_revision_append_only BEFORE UPDATE OR DELETE ON promo_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_change_but_erasure();
"""


class Migration(migrations.Migration):
    """Replaces the trigger of revisions."""

    dependencies = [("promos", "0003_redemptions_given_back")]
    operations = [migrations.RunSQL(_GUARD, _UNGUARD)]
