"""FollowTheMoney entities as OpenSanctions publishes them."""
