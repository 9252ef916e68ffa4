"""The command line."""


def main() -> None:
    """Placeholder entry, replaced as commands land."""
