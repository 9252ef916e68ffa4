"""Findings and failures name the ledger entry that vouches for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0002_known_shelves")]
    operations = [
        migrations.AddField("Finding", "batch", models.BigIntegerField(null=True, db_index=True)),
        migrations.AddField("Job", "batch", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "Job", models.Index(fields=["batch"], condition=models.Q(("batch__isnull", False)), name="job_failures")
        ),
    ]
