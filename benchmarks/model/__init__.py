"""The model, its trainer and its sampler beside their peers."""
