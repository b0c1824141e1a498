"""Forgers: cheats that a judge must not reward."""
