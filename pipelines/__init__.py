"""Ray jobs that join the parts, recipes, and the command line."""
