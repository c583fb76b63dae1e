"""medspa: the open platform that medical spas run on."""
