"""From the lake into the raw tables of the warehouse. Models and marts are build's and publish's."""
