"""What several tests use: toy keys, actors, deployments."""
