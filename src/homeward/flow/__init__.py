"""The steps in order, as data, and what carries them out."""

from homeward.flow.ingest import ingest
from homeward.flow.known import add_known_list
from homeward.flow.process import process
from homeward.flow.progress import Progress, Quiet
from homeward.flow.status import status
from homeward.flow.steps import STEPS
from homeward.flow.verify import verify

__all__ = ["STEPS", "Progress", "Quiet", "add_known_list", "ingest", "process", "status", "verify"]
