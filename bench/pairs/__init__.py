"""How well duplicates are told: precision and recall on pairs that people labelled.

460 pairs of made-up articles in 18 kinds, written to one plan by two hands who did not know the
rule, and divided by story, so that no story is in both halves. open.jsonl was looked at while the
rule was made. sealed.jsonl was put away before that, and is there to be judged by: looked at once,
when the rule was done.
"""
