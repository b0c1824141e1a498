"""The speed of the tracer, beside other tools and beside no tool at all."""
