"""What is wrong with a set-up, and what to do about it: a check for each concern, reads alone."""
