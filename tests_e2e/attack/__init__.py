"""What somebody with bad intent would send, through the gateway, to the real system.

Whatever it is, the answer is orderly (`expectations`) and nothing has changed
(`nothing_changes`).
"""
