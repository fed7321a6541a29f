"""What the end-to-end tests stand on: processes, the provider simulator, a whole gateway, SDK clients, raw sockets.

Knows nothing of what a test asserts.
"""
