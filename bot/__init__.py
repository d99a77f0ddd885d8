"""The running program: networks, clock, one transaction per batch. The only room that commits."""

__version__ = "0.1.0"
