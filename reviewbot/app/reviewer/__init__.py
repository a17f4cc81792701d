"""Steps that call the review service: create tasks and fetch their results."""
