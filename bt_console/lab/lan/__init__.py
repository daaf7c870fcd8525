"""What happens on the LANs of the simulated district: honest address servers, loose cables, machines nobody invited."""
