"""The local reviewer: static analysers behind the service's interface."""
