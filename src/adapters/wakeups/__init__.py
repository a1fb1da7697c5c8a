"""Wake-up calls over Dramatiq, in this process or through a broker."""
