"""How well duplicates are told: precision and recall on pairs that people labelled.

712 pairs of made-up articles in 18 kinds, half of them reprints, written to one plan by four hands
who did not know the rule. open.jsonl was looked at while the rule was made; sealed.jsonl was put
away unseen, is judged by, and none of its stories is in the other (docs/duplicates.md tells how
often it was looked at).
"""
