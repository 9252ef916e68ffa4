"""What the workbench shows and who may see it."""
