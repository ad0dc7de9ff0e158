"""``sightline demo``: drawn street cameras with known truth, analysed live; nothing to download."""


def demo() -> None:
    """Drawn streets."""
