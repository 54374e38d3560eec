"""The commands: arguments in, one call, exit code out."""

import gc

# Python looks for rings of dead objects when so many more live than before: by default 700, which
# one page makes, and at times among all that live. That was a fifth of a crawl's time, and is a
# tenth of what a command takes to start: hence here, before all else is imported.
gc.set_threshold(20_000, *gc.get_threshold()[1:])
