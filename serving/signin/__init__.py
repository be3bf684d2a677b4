"""Who is signed in to the pages: a session behind a cookie, begun with a key or at the portal; forms that are ours.

What pages use is named here; read `gate.py` first, then `forms.py`: what was typed survives a session's end.

    @router.get("/briefs", dependencies=[page_needs(Role.VIEWER)])          and `CallerIn` as in the API
    @router.post("/briefs", dependencies=[page_needs(Role.STAFF)])          with `form: CheckedForm`
    <input type="hidden" name="csrf_token" value="{{ csrf_token(request) }}">   in every form
"""

from serving.signin.forms import CSRF_FIELD, CheckedForm, checked_form, csrf_token
from serving.signin.gate import page_needs, signed_in

__all__ = ["CSRF_FIELD", "CheckedForm", "checked_form", "csrf_token", "page_needs", "signed_in"]
