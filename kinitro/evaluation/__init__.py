"""Running episodes: one, or many interleaved; traces, replay, outcomes."""
