"""The errors of stored data.

TrajectoryError
├── InvalidTrajectory   a record breaks a rule of the format
└── StoreError          a dataset on disk cannot be read or written as promised
    └── DiskFull        the device has no space left
"""


class TrajectoryError(Exception):
    """Anything that is wrong with stored data."""


class InvalidTrajectory(TrajectoryError, ValueError):
    """A record that breaks a rule of the format."""


class StoreError(TrajectoryError):
    """A dataset on disk that cannot be read or written as promised."""


class DiskFull(StoreError):
    """The device that holds the dataset has no space left."""
