"""The miner's side: template, upload, deploy, commit."""
