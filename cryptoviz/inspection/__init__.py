"""What the commands for looking share: the places that they read, and how they print."""
