"""The commands, one module each.

`run` gets the call and returns the exit status; a `ReviewbotError` has words for the user.
"""
