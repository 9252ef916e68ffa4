"""What two pictures say together: copies of one picture, and the stacks they make."""

from homeward.links.copies import copy_pairs
from homeward.links.stacks import Stacks, best_first, stack

__all__ = ["Stacks", "best_first", "copy_pairs", "stack"]
