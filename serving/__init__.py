"""Who may ask: the HTTP service around one matcher.

Read `serving/app.py` first: it builds the application from settings and a model source.
"""
