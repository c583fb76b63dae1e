"""What can be sold and performed: categories, products, services, rooms and devices."""
