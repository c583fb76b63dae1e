"""An organization that lives for months through the services, for demonstrations and tests of volume."""
