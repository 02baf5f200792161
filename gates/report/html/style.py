"""The one style sheet of the HTML report; its hash is all that the page's policy lets in."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --line: #d5d9e0; --text: #1b1f27; --soft: #545c69;
  --link: #0b57c2; --pass: #146c2e; --fail: #b3151c; --inconclusive: #7a4b00;
  --error: #b3151c; --warning: #7a4b00; --note: #0b57c2; --track: #dfe3e9; --hit: #ffe2a8;
  --banner-pass: #e7f5ea; --banner-fail: #fdebec; --banner-inconclusive: #fdf3dd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --panel: #1d2128; --line: #3a404b; --text: #e8ebf0; --soft: #a9b1be;
    --link: #8ab8ff; --pass: #6fd489; --fail: #ff9a9a; --inconclusive: #f2c063;
    --error: #ff9a9a; --warning: #f2c063; --note: #8ab8ff; --track: #333a45; --hit: #5c4300;
    --banner-pass: #16291b; --banner-fail: #331b1d; --banner-inconclusive: #30260f;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: auto; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
header, nav, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px;
}
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--page); padding: .5rem 1rem; z-index: 1; }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .75rem; padding-bottom: .3rem;
     border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; font-weight: 600; }
p { margin: .5rem 0; }
.banner { border: 1px solid; border-left-width: .5rem; border-radius: .5rem;
          padding: 1.25rem 1.5rem; margin: 1.5rem 0 1rem; }
.banner.pass { border-color: var(--pass); background: var(--banner-pass); }
.banner.fail { border-color: var(--fail); background: var(--banner-fail); }
.banner.inconclusive { border-color: var(--inconclusive);
                       background: var(--banner-inconclusive); }
.banner p.verdict { font-size: 1.15rem; font-weight: 600; margin: .35rem 0 0; }
.pass > .mark, .verdict.pass { color: var(--pass); }
.fail > .mark, .verdict.fail { color: var(--fail); }
.inconclusive > .mark, .verdict.inconclusive { color: var(--inconclusive); }
.verdict { white-space: nowrap; font-weight: 600; }
.banner p.verdict { white-space: normal; }
.outcome { font-size: 1.0625rem; }
.failed { font-size: .875rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem;
           margin: 1rem 0 0; }
dl.facts dt { color: var(--soft); font-size: .8125rem; }
dl.facts dd { margin: 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0;
         margin: 0; }
nav a { display: inline-block; padding: .3rem 0; }
table { width: 100%; border-collapse: collapse; margin: .75rem 0; font-size: .9375rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0;
         border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .8125rem; font-weight: 600; }
tbody th { font-weight: 600; min-width: 13rem; }
table { overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
table code { overflow-wrap: anywhere; }
.short { white-space: nowrap; }
.bar { display: inline-block; width: 9rem; max-width: 100%; height: .6rem; vertical-align: middle; }
.bar .track { fill: var(--track); }
.bar .good { fill: var(--pass); }
.bar .poor { fill: var(--warning); }
.bar .wait { fill: var(--fail); }
.bar .calm { fill: var(--soft); }
.finding { border: 1px solid var(--line); border-left: .3rem solid var(--note);
           border-radius: .4rem; padding: .8rem 1rem; margin: .8rem 0; background: var(--panel); }
.finding.error { border-left-color: var(--error); }
.finding.warning { border-left-color: var(--warning); }
.finding.unknown { border-left-color: var(--inconclusive); }
.finding .where { margin: .15rem 0; color: var(--soft); font-size: .9375em; }
.finding .asked { margin: .15rem 0; font-style: italic; }
.finding:target { outline: 3px solid var(--link); outline-offset: 2px; }
.level { font-weight: 700; }
.level.error { color: var(--error); }
.level.warning, .level.unknown { color: var(--warning); }
.level.note, .level.waived { color: var(--note); }
.message { white-space: pre-wrap; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: .3rem;
      padding: .55rem .75rem; margin: .5rem 0; white-space: pre-wrap; }
pre .line { color: var(--soft); user-select: none; }
mark { background: var(--hit); color: inherit; border-radius: 2px; font-weight: 600; }
.fix { margin: .5rem 0 0; white-space: pre-wrap; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--link); padding: .15rem 0; }
.more { font-weight: 600; }
.soft { color: var(--soft); font-size: .875em; margin-bottom: 0; }
ol.chain { padding-left: 1.4rem; }
ol.chain li { margin: .5rem 0; }
footer { color: var(--soft); font-size: .875rem; padding-bottom: 3rem; margin-top: 3rem; }
@media (max-width: 40rem) {
  .banner { padding: 1rem; }
  h1 { font-size: 1.4rem; }
  thead { position: absolute; left: -100vw; }
  tr { display: block; border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem;
       margin: .5rem 0; background: var(--panel); }
  th, td { display: block; border: 0; padding: .15rem 0; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--soft);
                           font-size: .8125rem; }
  td:empty, td:has(> .bar) { display: none; }
  dl.facts { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem .75rem; }
  tbody th { min-width: 0; }
  .short { white-space: normal; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --panel: #fff; --line: #999; --text: #000; --soft: #333; --link: #000;
    --pass: #0b4d1f; --fail: #8c0f15; --inconclusive: #5c3900; --error: #8c0f15;
    --warning: #5c3900; --note: #000; --track: #ddd; --hit: #ffe2a8;
    --banner-pass: #fff; --banner-fail: #fff; --banner-inconclusive: #fff;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  header, nav, main, footer { max-width: none; padding: 0; }
  nav, .skip, .screen { display: none; }
  h2 { break-after: avoid; }
  tr, .finding h3, .banner { break-inside: avoid; }
  thead { display: table-header-group; }
  .bar rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  summary { color: var(--text); list-style: none; }
}
"""
"""Colours meet 4.5 to 1 on their grounds, light and dark; nothing is told by a colour alone."""


def policy() -> str:
    """The content security policy: nothing at all, but this very style sheet."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
