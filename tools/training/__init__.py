"""From labelled pictures to a network that knows them."""
