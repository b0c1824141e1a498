"""What runs inside images: the tracer, the coverage map, and ForagerAgent with its tasks."""
