"""The connection to Ray: the cluster that RAY_ADDRESS or a submitted job names, else a local one of our own."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import ray


@contextmanager
def ray_session(workers: int) -> Iterator[None]:
    """Connect to Ray for the time of the block; a local Ray is started with `workers` CPUs and ended afterwards."""
    # libgomp's spinning makes two threads on shared cores ten times slower (trainer page, finding 6).
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    os.environ.update({name: value for name, value in environment.items() if name not in os.environ})
    if os.environ.get("RAY_ADDRESS"):
        ray.init(logging_level=logging.ERROR)
    else:
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            _temp_dir=tempfile.mkdtemp(prefix="worldline-ray-"),
        )
    try:
        yield
    finally:
        ray.shutdown()
