"""Both services held against their own OpenAPI documents, with made-up requests."""
