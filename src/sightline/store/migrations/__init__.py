"""The steps that bring a store from each version to the next, run by ``store/upgrade.py``."""
