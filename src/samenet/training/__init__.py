"""Training in process: the compiled program's own `train`, watched and written down."""
