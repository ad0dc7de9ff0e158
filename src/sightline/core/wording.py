"""Words of sentences for people."""


def number_of(count: int, word: str) -> str:
    """A number of things, e.g. "1 camera", "2 cameras"; word: one of them, whose plural takes an s."""
    return f"{count} {word}{'' if count == 1 else 's'}"
