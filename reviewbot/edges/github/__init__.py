"""GitHub, over REST and GraphQL: `forge` is the port, the other modules are its parts."""
