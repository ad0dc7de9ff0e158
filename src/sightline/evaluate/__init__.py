"""The measures every claim rests on."""

from sightline.evaluate.scores import evaluate, evaluate_paths, evaluate_sequences

__all__ = ["evaluate", "evaluate_paths", "evaluate_sequences"]
