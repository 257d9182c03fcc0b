"""Pure mathematics: outcomes -> leaders -> points -> weights. No clock, no network, no global RNG."""
