"""The workbench: where people grade and decide. What is not permitted by name is refused."""
