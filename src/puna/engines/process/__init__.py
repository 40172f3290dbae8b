"""An engine in a process of its own: started, watched, asked over HTTP, ended."""
