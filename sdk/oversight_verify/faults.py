"""The two ways in which a check ends early."""


class Unreadable(Exception):
    """What was given is not of the form it should have; nothing can be said of it. The message says what is expected."""


class Refuted(Exception):
    """What was given is readable and wrong. The message says what contradicts what."""
