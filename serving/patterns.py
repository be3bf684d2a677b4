"""What a text must look like, for whoever describes it and whoever says what is wrong with it."""

from __future__ import annotations

from typing import Final

# NUL is legal in JSON and illegal almost everywhere a text goes afterwards. At least one letter or digit is said by
# Unicode's classes: `\w` is ASCII alone in JSON Schema's dialect (ECMA-262), whose readers would refuse "đ".
ANY_TEXT: Final = r"^[^\x00]*$"
SAYS_SOMETHING: Final = r"^[^\x00]*[\p{L}\p{N}][^\x00]*$"
