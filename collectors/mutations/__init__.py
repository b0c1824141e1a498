"""Mutations: edits of Python source by operator, one place each, which keep formatting and comments."""

from collectors.mutations.mutation import Mutation
from collectors.mutations.operators import Operator, mutations_of, operators

__all__ = ["Mutation", "Operator", "mutations_of", "operators"]
