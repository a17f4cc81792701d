"""Place findings in the diff, track them across pushes, and prepare the attachment for the next review."""
