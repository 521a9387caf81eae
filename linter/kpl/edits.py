"""Edits of YAML and of Corefiles, for fixes, and the places that they start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.coredns.replacements import replace_directive as replace_directive
    from kpl.coredns.replacements import replace_option as replace_option
    from kpl.inputs.yaml.edits import add_entry as add_entry
    from kpl.inputs.yaml.edits import add_item as add_item
    from kpl.inputs.yaml.edits import quote_scalar as quote_scalar
    from kpl.inputs.yaml.edits import remove_entry as remove_entry
    from kpl.inputs.yaml.edits import remove_item as remove_item
    from kpl.inputs.yaml.edits import replace_item as replace_item
    from kpl.inputs.yaml.edits import set_scalar as set_scalar
    from kpl.text.enclosed import enclosed as enclosed
    from kpl.text.lines import first_line as first_line
    from kpl.text.lines import line_end as line_end
    from kpl.text.span import Text as Text
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.coredns.replacements": "replace_directive replace_option",
            "kpl.inputs.yaml.edits": "add_entry add_item quote_scalar remove_entry remove_item replace_item set_scalar",
            "kpl.text.enclosed": "enclosed",
            "kpl.text.lines": "first_line line_end",
            "kpl.text.span": "Text",
        },
    )
