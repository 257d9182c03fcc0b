"""What the API says and how it is asked: messages, records, verdicts, the Merkle root, errors and the HTTP client.

Light on purpose: executors, verifiers, validators and auditors load it without PostgreSQL and without a simulator.
"""
