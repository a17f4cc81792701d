"""The record of a pull request's purchases, findings and waivers, signed in the summary comment.

The `external_id` of a check run contains a signed copy of its purchase.
"""
