"""The validator: fetches published weights, checks and audits them, and sets them on chain."""
