"""The simulated district: the configured one, in network namespaces of this machine, without root."""
