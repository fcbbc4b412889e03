"""Spec to graph: sugar becomes primitive layers, then every shape and weight is known."""
