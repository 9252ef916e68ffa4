"""The same picture again: known lists, clips, stacks, what verifies them, and which copy was made from which."""
