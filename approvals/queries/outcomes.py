"""The states of decisions by the words that people read, and which of them are a success. It must not read a database."""

from decisions.vocab import TURNED, Outcome, State, word

GROUPS: tuple[tuple[str, tuple[State, ...]], ...] = tuple(
    (text, tuple(state for state in State if word(state) == text)) for text in dict.fromkeys(map(word, State))
)
"""Each word once, with the states that it stands for."""
WORKED = (Outcome.SUCCEEDED, Outcome.NO_CHANGE)
WENT_WRONG = (Outcome.FAILED, Outcome.PARTIAL)
STANDS = tuple(state for state in State if state not in TURNED | {State.REVIEW, State.UNKNOWN})
"""The states in which an outcome stands: nobody has undone the act, or ordered it, and nobody has to look at it first."""


def word_of_states(value: str) -> str:
    """The words for states as a filter names them, by commas."""
    named = {word(State(one)) for one in value.split(",")}
    return ", ".join(text for text, _ in GROUPS if text in named) if len(named) <= 3 else f"one of {len(named)}"
