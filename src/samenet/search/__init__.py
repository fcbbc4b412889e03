"""The best values of a spec: ranges of `[search.space]`, sampled by Optuna, trained and judged."""
