"""Scripts of users for conversations worth reading."""
