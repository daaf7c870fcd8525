"""SNMP agents of the simulated routers and switches: they tell what the kernel knows of their namespace."""
