"""How a build is told: to the letter of the classic builder, live on a terminal, as JSON, or not at all."""
