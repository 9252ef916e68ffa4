"""The steps in order, as data, and what carries them out.

One file a verb: :mod:`~homeward.flow.ingest`, :mod:`~homeward.flow.known`, :mod:`~homeward.flow.process`,
:mod:`~homeward.flow.status`, :mod:`~homeward.flow.verify`; beside them a folder for each room that is joined with the store,
and :mod:`homeward.flow.tasks` for what runs behind the lock. Nothing is imported here, so that a command loads only its own.
"""
