"""The protocol spoken with policy servers: messages, codecs, hardened client, conformance check."""
