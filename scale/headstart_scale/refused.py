"""The one error for what a person can mend: what happened, to which file or value, what to do now."""


class Refused(Exception):
    """Its text is for the person at the command line."""
