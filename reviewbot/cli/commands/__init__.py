"""The commands, one module each.

`run` receives the call and returns the exit status. A `ReviewbotError` contains the message for the user.
"""
