"""Simulates random histories with GitHub and CodeVF in memory, and checks the laws."""
