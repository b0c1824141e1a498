"""Hostile sources, made small: addresses, archives, repositories, folders and setup scripts, each with what is expected."""
