"""The errors of pipelines.

PipelineError
├── UserError        the user's mistake: one sentence, exit code 2
│   └── RecipeError  a recipe that cannot be read
├── EndpointSilent   a configured endpoint answered none of a unit's questions
└── EpisodeFault     something that is not the agent's kept an episode from its end
"""


class PipelineError(Exception):
    """Anything that goes wrong in a pipeline."""


class UserError(PipelineError, ValueError):
    """The user's mistake; its text is the one sentence that the command line prints."""


class RecipeError(UserError):
    """A recipe that cannot be read."""


class EndpointSilent(PipelineError):
    """A configured endpoint answered none of a unit's questions: the unit is not committed, and is tried again with the run."""


class EpisodeFault(PipelineError):
    """A model's, container's or our own fault kept an episode from its end: it is stored, and tried again with the run."""
