"""Trust nobody: is what the operator published true (audit), is what a miner deployed what it uploaded."""
