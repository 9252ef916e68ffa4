"""Stretches of clips that known lists name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0010_texts")]
    operations = [
        migrations.AddField("Match", "ranges", models.JSONField(default=list), preserve_default=False),
        migrations.AddField("Match", "share", models.IntegerField(null=True)),
        migrations.AddField("Match", "known_share", models.IntegerField(null=True)),
        migrations.AddField("Match", "left_out", models.IntegerField(default=0), preserve_default=False),
    ]
