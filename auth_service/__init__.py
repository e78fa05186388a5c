"""Who a user is: accounts, log-ins, and the tokens that prove them."""
