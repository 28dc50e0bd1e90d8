"""Draws the figures of a comparison: one HTML page with SVG in it, nothing to load from elsewhere."""

import html

WIDTH, LABEL_WIDTH, VALUE_WIDTH, ROW, BAR = 760, 200, 150, 34, 18

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 800px; margin: 2em auto; padding: 0 1em;
       color: #1c2430; background: #fff }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }
svg { width: 100%; height: auto } text { font: 13px system-ui, sans-serif; fill: currentColor }
.yes { fill: #1f6f8b } .no { fill: #9aa7b4 } .spread { stroke: currentColor; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { body { color: #dde4ec; background: #14181d } }
"""


def bars(rows):
    """One bar for each (label, whether it verifies, value, low, high, unit); low may be None."""
    most = max(max(row[2], row[4] or 0) for row in rows) or 1
    scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most
    out = [f'<svg viewBox="0 0 {WIDTH} {ROW * len(rows)}" role="img">']
    for number, (label, verifies, value, low, high, unit) in enumerate(rows):
        top = number * ROW + (ROW - BAR) / 2
        middle = top + BAR / 2
        out.append(f'<text x="{LABEL_WIDTH - 8}" y="{middle + 4}" text-anchor="end">{html.escape(label)}</text>')
        out.append(f'<rect class="{"yes" if verifies else "no"}" x="{LABEL_WIDTH}" y="{top}" '
                   f'width="{value * scale:.1f}" height="{BAR}" rx="2"/>')
        end = value
        if low is not None:
            end = max(value, high)
            out.append(f'<line class="spread" x1="{LABEL_WIDTH + low * scale:.1f}" y1="{middle}" '
                       f'x2="{LABEL_WIDTH + high * scale:.1f}" y2="{middle}"/>')
        out.append(f'<text x="{LABEL_WIDTH + end * scale + 8:.1f}" y="{middle + 4}">{value:,.1f} {unit}</text>')
    return "\n".join(out + ["</svg>"])


def page(sections, about):
    """`sections`: (title, rows of (label, verifies, summary)); `about`: lines of plain text."""
    out = ['<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>What it costs</title>',
           f"<style>{STYLE}</style>", "<h1>What it costs</h1>"]
    out += [f"<p>{html.escape(line)}</p>" for line in about]
    out.append("<p>Dark bars verify every request, light ones only forward it. Lines span the rounds.</p>")
    for title, rows in sections:
        out.append(f"<h2>{html.escape(title)}: CPU time per request</h2>")
        out.append(bars([(label, verifies, row["cpu"], row["low"], row["high"], "us")
                         for label, verifies, row in rows]))
        for field, name in (("p50", "median latency"), ("p99", "99th percentile of latency")):
            out.append(f"<h2>{html.escape(title)}: {name}</h2>")
            out.append(bars([(label, verifies, row[field], None, None, "us") for label, verifies, row in rows]))
    return "\n".join(out) + "\n</html>\n"
