"""What a miner does: start from a template, upload a policy, deploy it, and commit to it."""
