"""Decides what a `/reviewbot` comment asks for and whether its writer may have it.

Parses the first line of a comment and authorizes the command
against the writer's current permission.
"""
