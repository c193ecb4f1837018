"""Callers that speak a provincial interface: SOAP/XML or signed JSON, query and feedback (DOMAIN, provincial systems).

`style` says how one province names and numbers things, `translator` asks and reports, `soap` and `signed_json` read and
write the two shapes. Their signatures (MD5 of key and time) are ignored and never made, because they prove nothing;
encrypted bodies (DES) are refused. Who may ask is settled by TLS and the network in front of this.
"""

from xingate_adapters.systems.provincial.signed_json import answer_json
from xingate_adapters.systems.provincial.soap import answer_soap
from xingate_adapters.systems.provincial.style import Style, load_style
from xingate_adapters.systems.provincial.translator import ProvincialError, Translator

__all__ = ["ProvincialError", "Style", "Translator", "answer_json", "answer_soap", "load_style"]
