"""Structure: when each depth demixed and was arrested, and the pores that follow."""
