"""Bytes to dataclasses and back, and the sockets that probes share."""
