"""Kinitro: a Bittensor subnet that finds out which robot policies generalize, and pays for them."""

__version__ = "0.1.0"
