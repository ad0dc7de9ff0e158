"""HTTP, WebSocket and the pages; sees the pipeline only through its ports."""
