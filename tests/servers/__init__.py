"""Real and deliberately broken servers on loopback: the peers the product is proved against."""
