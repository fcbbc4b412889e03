"""Many trainings, kept in a study of Optuna that several processes and machines may share."""
