"""For tests of applications that speak OpenAI's API: fixtures for pytest, and answers that a test scripts."""
