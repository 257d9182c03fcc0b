"""Running a stranger's policy where it can hurt nobody."""
