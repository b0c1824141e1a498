"""Fidelity: whether what the tracer shows is what the interpreter does."""
