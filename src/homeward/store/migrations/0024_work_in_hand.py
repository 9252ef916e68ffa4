"""Work of every kind can be in somebody's hands, not stacks alone."""

from django.db import migrations, models
from django.db.models.functions import Cast


def _by_name(apps, schema_editor):
    leases = apps.get_model("homeward", "Lease").objects.using(schema_editor.connection.alias)
    leases.update(name=Cast("item_id", models.CharField(max_length=64)))


class Migration(migrations.Migration):
    dependencies = [("homeward", "0023_shared")]
    operations = [
        migrations.AddField("Lease", "kind", models.CharField(default="stack", max_length=12), preserve_default=False),
        migrations.AddField("Lease", "name", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.RunPython(_by_name, migrations.RunPython.noop),
        migrations.RemoveField("Lease", "item"),
        migrations.AddConstraint("Lease", models.UniqueConstraint(fields=["kind", "name"], name="lease_once")),
    ]
