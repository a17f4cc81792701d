"""GraphQL on a part of the published schema, `schema.graphql`."""
