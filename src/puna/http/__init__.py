"""What every HTTP peer needs: strict JSON bodies, streams, exchanges with clients that may leave."""
