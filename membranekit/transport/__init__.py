"""Transport: diffusivities, the air side, the film, the bath and the time solver."""
