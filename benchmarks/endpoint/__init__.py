"""Episodes that `transformers serve` plays with a tiny model of random weights."""
