"""Hashes of known lists move from rows to files; lists of older cases must be added again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0001_initial")]
    operations = [
        migrations.DeleteModel("Match"),
        migrations.DeleteModel("KnownEntry"),
        migrations.DeleteModel("KnownList"),
        migrations.CreateModel(
            name="KnownList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("format", models.TextField()),
                ("purpose", models.CharField(max_length=8)),
                ("scheme", models.TextField()),
                ("scheme_version", models.TextField()),
                ("added", models.DateTimeField()),
                ("hashes", models.JSONField()),
                ("unmatched", models.JSONField()),
                ("skipped", models.BigIntegerField()),
                ("incomplete", models.BigIntegerField()),
                ("problems", models.JSONField()),
                ("notes", models.JSONField()),
                ("withdrawn", models.JSONField()),
                ("folder", models.TextField()),
                ("state", models.CharField(max_length=8)),
                ("ended", models.BigIntegerField(null=True)),
                ("batch", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "current")), fields=("digest",), name="known_list_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KnownEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.BigIntegerField()),
                ("line", models.BigIntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("value", models.CharField(max_length=64)),
                ("quality", models.IntegerField(null=True)),
                ("codes", models.TextField()),
                ("series", models.TextField()),
                ("victim_identified", models.BooleanField(null=True)),
                ("submissions", models.BigIntegerField(null=True)),
                ("key", models.TextField()),
                ("extra", models.JSONField()),
                ("list", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="homeward.knownlist")),
            ],
        ),
        migrations.CreateModel(
            name="KnownWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=8)),
                ("value", models.CharField(max_length=64)),
                ("word", models.CharField(max_length=8)),
                ("name", models.TextField()),
                ("agency", models.TextField()),
                ("reason", models.TextField()),
                ("said", models.DateTimeField()),
                ("batch", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "value"], name="known_word")],
            },
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time_ms", models.IntegerField()),
                ("distance", models.IntegerField()),
                ("quality", models.IntegerField(null=True)),
                ("orientation", models.TextField()),
                ("new_to_list", models.BooleanField()),
                ("silenced", models.TextField()),
                ("entry", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="homeward.knownentry")),
                ("item", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="homeward.item")),
            ],
        ),
        migrations.AddConstraint(
            model_name="knownentry",
            constraint=models.UniqueConstraint(fields=("list", "record", "kind", "value"), name="known_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(fields=("item", "time_ms", "entry"), name="match_once"),
        ),
    ]
