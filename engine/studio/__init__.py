"""The process studio: owners change a bundle as a draft, prove it by its scenarios, deploy it and go back."""
