"""The ports for a local review, which present a clone's branch or index as a pull request."""
