"""Planning strategies side by side on 200 requests with checkable goals."""
