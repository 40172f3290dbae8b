"""The page that a browser shows at `/`, and the API reference at `/docs`: files, and how they are served."""
