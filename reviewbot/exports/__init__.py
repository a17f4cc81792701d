"""Export reports, plans and statistics as JSON and in other formats."""
