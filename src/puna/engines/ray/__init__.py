"""Models that run in replicas of Ray Serve's deployments."""
