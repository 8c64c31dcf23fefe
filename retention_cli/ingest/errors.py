"""What stops an import: something that cannot be used, or a choice that only a person can make."""


class NotUsableError(Exception):
    """A file cannot be used; the message is one line that names it and the way out."""

    exit_code = 1


class DecisionNeededError(NotUsableError):
    """The files do not say how they are meant; the message names the choice and how to make it."""

    exit_code = 2


class RepeatedOrdersError(Exception):
    """Order ids repeat, and what that means is not settled."""


class NotPlainError(Exception):
    """A file is not as plain as it was presumed to be, so it has to be read with all care."""
