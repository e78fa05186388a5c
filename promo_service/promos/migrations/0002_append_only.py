"""Entries and revisions are never changed or deleted (I4)."""

from django.db import migrations

_GUARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promo_revision_append_only BEFORE UPDATE OR DELETE ON promo_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

_UNGUARD = """
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP TRIGGER promo_revision_append_only ON promo_revision;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Adds the triggers."""

    dependencies = [("promos", "0001_initial")]
    operations = [migrations.RunSQL(_GUARD, _UNGUARD)]
