"""Stand-ins for what the tests cannot have: the other side of a network connection, speaking the real protocol."""
