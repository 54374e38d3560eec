"""What happens on the wire."""
