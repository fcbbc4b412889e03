"""Resolved graph and spec to the fields of a program: one module for each framework."""
