"""The states of decisions by the words that people read, and which of them are a success. It must not read a database."""

from enum import StrEnum

from decisions.vocab import TURNED, Outcome, SignOff, State, word

GROUPS: tuple[tuple[str, tuple[State, ...]], ...] = tuple(
    (text, tuple(state for state in State if word(state) == text)) for text in dict.fromkeys(map(word, State))
)
"""Each word once, with the states that it stands for."""
WORKED = (Outcome.SUCCEEDED, Outcome.NO_CHANGE)
WENT_WRONG = (Outcome.FAILED, Outcome.PARTIAL)
STANDS = tuple(state for state in State if state not in TURNED | {State.REVIEW, State.UNKNOWN})
"""The states in which an outcome stands: nobody has undone the act, or ordered it, and nobody has to look at it first."""


class Went(StrEnum):
    """How an act went of which that is known; each counts once."""

    WORKED = "worked"
    WRONG = "wrong"
    UNDONE = "undone"
    REFUSED = "refused"
    """It worked, and a person refused it afterwards."""


def went(state: State, outcome: str, sign_off: str) -> Went | None:
    """By the state in effect. None where no outcome is known, or people have to say first which it was."""
    if outcome not in (*WORKED, *WENT_WRONG):
        return None
    if state in TURNED:
        return Went.UNDONE
    if state not in STANDS:
        return None
    if outcome in WENT_WRONG:
        return Went.WRONG
    return Went.REFUSED if sign_off == SignOff.REFUSED else Went.WORKED


def word_of_states(value: str) -> str:
    """The words for states as a filter names them, by commas."""
    named = {word(State(one)) for one in value.split(",")}
    return ", ".join(text for text, _ in GROUPS if text in named) if len(named) <= 3 else f"one of {len(named)}"
