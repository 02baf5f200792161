"""What a CI server asks besides the stages: which modules, in which jobs, and how it all ended."""
