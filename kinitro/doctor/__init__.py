"""`kinitro doctor`: is everything there that a role needs? It looks, and changes nothing."""
