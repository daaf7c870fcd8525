"""The shared services as real servers: one process, one event loop, sockets in several namespaces."""
