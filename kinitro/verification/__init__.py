"""Verification: is the policy that a miner deployed the policy that it uploaded?"""
