"""Random histories against the product, with GitHub and CodeVF in memory: the laws hold whatever happens."""
