"""Keeping the disk tidy: old runs go with all that was theirs, by what somebody asks or a policy says."""
