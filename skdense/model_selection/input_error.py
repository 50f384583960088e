"""The error of a comparison that was asked for wrongly."""


class InputError(ValueError):
    """Data or parameters of a comparison do not suit; anything else is a fault of ours."""
