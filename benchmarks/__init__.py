"""Claims with their numbers; each script prints a table of claim, value, bar, holds."""
