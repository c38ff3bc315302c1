"""Does the simulated user choose as the person did? Alignment with logs and with human dialogues."""
