"""Does the deployed policy equal the uploaded one: sandbox, shadow replay."""
