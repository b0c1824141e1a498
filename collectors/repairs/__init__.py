"""Repairs: the edits that may undo a bug, from the inverse of each operator and from templates."""
