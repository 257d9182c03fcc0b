"""The scheduler: it opens cycles, creates their tasks, scores what comes back, and publishes the result."""
