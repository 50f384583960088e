"""The error about the input of a comparison."""


class InputError(ValueError):
    """The data or parameters of a comparison cannot be used."""
