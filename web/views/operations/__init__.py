"""What the operations pages show: steps, variables, previews, versions and batches in words."""
