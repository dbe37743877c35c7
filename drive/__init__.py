"""A seeded population of all roles that uses a deployment for some rounds."""
