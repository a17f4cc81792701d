"""The REST endpoints and their JSON."""
