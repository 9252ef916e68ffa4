"""The workbench. Nothing lives here yet."""
