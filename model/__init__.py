"""CWM's Transformer, its trace format and its trainer."""
