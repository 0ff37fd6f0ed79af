"""Flow: one agent a topic; they move batches through pure folds and decide nothing."""
