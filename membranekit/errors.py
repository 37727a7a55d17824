"""Every error that membranekit raises on purpose.

Each derives from `MembranekitError` and from the built-in kind that a caller would
expect, so that both ``except MembranekitError`` and ``except ValueError`` work.
"""


class MembranekitError(Exception):
    """Base of all errors raised on purpose by membranekit."""


class InputError(MembranekitError, ValueError):
    """An input is wrong: the message names it, the fault, and what would be right."""


class UnitError(InputError):
    """A quantity has no unit, an unknown unit, or one of another dimension."""


class MaterialError(MembranekitError, LookupError):
    """A substance, property or interaction set is missing, unknown or ambiguous."""


class SkippedPackError(MaterialError):
    """A pack could not be used, and ``MEMBRANEKIT_STRICT`` makes that an error."""


class MaterialFileError(InputError):
    """A material or case file is malformed; the message starts with file and line."""


class MissingExtraError(MembranekitError, ImportError):
    """An optional dependency is needed; the message holds the line to install it."""


class OutputError(MembranekitError, OSError):
    """A file cannot be read or written."""
