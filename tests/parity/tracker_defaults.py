"""Prints, as JSON, what a class of the package ``trackers`` takes when nothing is said; started in its isolated
environment. Argument: name of the class."""

import inspect
import json
import sys


def main(title: str) -> None:
    import trackers

    told = inspect.signature(getattr(trackers, title).__init__).parameters
    defaults = {name: one.default for name, one in told.items() if name != "self"}
    print(json.dumps({name: value.__name__ if inspect.isclass(value) else value for name, value in defaults.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
