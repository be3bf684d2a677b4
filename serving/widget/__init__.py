"""A shortlist inside the portal's own pages: a custom element, and the same in a frame; on listed origins alone.

`static/kol-shortlist.js` is the element. It asks the API with the portal's own token, which it keeps nowhere.
"""
