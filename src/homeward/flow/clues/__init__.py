"""Places, things and words seen again, how common they are, and the ledger of clues."""
