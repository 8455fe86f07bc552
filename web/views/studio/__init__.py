"""What the pages of the process studio say."""
