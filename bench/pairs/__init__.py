"""How well duplicates are told: precision and recall on pairs that people labelled.

open.jsonl was looked at while the rule was made; sealed.jsonl was written at the same time, by the
same hands and to the same plan, and is there to be judged by.
"""
