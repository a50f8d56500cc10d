"""What is known of a run before its kernel starts: that it will fail, or may."""
