"""One module per topic, each with a `router`; the application includes all of them."""
