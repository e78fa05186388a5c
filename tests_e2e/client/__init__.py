"""A TypeScript client generated from docs/openapi, and a journey made with it."""
