"""A stranger's code goes in; a Unix socket that speaks the policy protocol comes out."""
