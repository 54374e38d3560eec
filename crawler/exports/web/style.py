"""How the index looks: on a phone each row is a small block, and dark where the reader is."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #fff; --ink: #1b1f27; --quiet: #636b78; --line: #e3e6eb;
  --accent: #b3261e; --link: #175cd3; --chip: #eef2fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #111418; --card: #1a1e24; --ink: #e7eaef; --quiet: #9aa3b0; --line: #2b3139;
    --accent: #ff8a7a; --link: #8ab4ff; --chip: #252d3b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 64rem;
  background: var(--paper); color: var(--ink); line-height: 1.6;
  font-family: system-ui, -apple-system, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
header { border-top: 4px solid var(--accent); padding-top: 1.25rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.25; letter-spacing: .04em; }
h2 { margin: 0; font-size: 1.25rem; }
h2 small { margin-left: .4em; color: var(--quiet); font-size: .875rem; font-weight: 400; }
p { margin: .5rem 0; }
.quiet, time { color: var(--quiet); }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
.chips a { padding: .3rem .9rem; border-radius: 1rem; background: var(--chip); }
nav { display: flex; gap: 1.25rem; }
section {
  margin-top: 1.75rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: 12px;
  background: var(--card); scroll-margin-top: 1rem;
}
table { width: 100%; margin-top: .75rem; border-collapse: collapse; }
th, td { padding: .5rem 0 .5rem 1.5rem; text-align: left; vertical-align: baseline; }
tr > :first-child { width: 100%; padding-left: 0; }
thead th { color: var(--quiet); font-size: .8125rem; font-weight: 400; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
code {
  margin-left: .25rem; color: var(--quiet); font-size: .8125rem; font-weight: 400;
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
}
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.f { text-align: right; font-size: .8125rem; white-space: nowrap; }
.f a { display: inline-block; padding: .15rem 0 .15rem .6rem; }
time { font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 46rem) {
  body { padding: 1.5rem .75rem 3rem; }
  section { padding: 1rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; align-items: baseline; padding: .6rem 0; }
  tbody th { flex: 1 1 calc(100% - 6rem); width: auto; min-width: 0; padding: 0 .5rem 0 0; }
  .n { flex: 0 0 6rem; padding: 0; }
  .n::after { content: " 篇"; color: var(--quiet); }
  .t, .f { padding: 0; }
  .f { margin-left: auto; }
  .f a { padding-left: .4rem; }
  td time { font-size: .8125rem; }
}
"""
