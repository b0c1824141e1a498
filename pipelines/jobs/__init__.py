"""The units of work of a collection run; each commits its own rows and can be run again."""
