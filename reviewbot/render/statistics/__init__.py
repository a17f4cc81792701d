"""The page of `reviewbot stats --format html`: figures, charts and tables, without scripts."""
