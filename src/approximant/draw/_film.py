"""Frames of a figure and the files they make: a GIF, or a page with a slider."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from approximant.draw._style import NETWORK, TARGET, calmly

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 84
COLOURS = 128  # of all frames together: keeps files small, and colours still
NEAR = 8  # steps of 256 between which colours would be mixed up
EXACT = ("#FFFFFF", "#000000", "#EEEEEE", TARGET, NETWORK)  # what must not be tinted
REST = 2000  # milliseconds on the last frame
FASTEST = 40  # milliseconds of a frame

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ margin: 1.5rem auto; max-width: {width}px; padding: 0 1rem; color: #1d2733;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }}
img {{ display: block; width: 100%; }}
p {{ display: flex; gap: .8rem; align-items: center; }}
input {{ flex: 1; accent-color: #D55E00; }}
button, output {{ font: inherit; min-width: 5.5rem; }}
</style>
</head>
<body>
<img id="frame" alt="{title}" src="{first}">
<p><button id="play">Pause</button>
<input id="place" type="range" min="0" max="{last}" value="0" aria-label="epoch">
<output id="caption">{caption}</output></p>
<script>
const frames = {frames};
const captions = {captions};
const get = id => document.getElementById(id);
let timer = null;
function show(k) {{
  get("frame").src = frames[k];
  get("caption").textContent = captions[k];
  get("place").value = k;
}}
function stop() {{ clearTimeout(timer); timer = null; get("play").textContent = "Play"; }}
function step() {{
  const k = (Number(get("place").value) + 1) % frames.length;
  show(k);
  timer = setTimeout(step, k === frames.length - 1 ? {rest} : {pause});
}}
function play() {{ get("play").textContent = "Pause"; timer = setTimeout(step, {pause}); }}
get("play").onclick = () => timer ? stop() : play();
get("place").oninput = () => {{ stop(); show(Number(get("place").value)); }};
matchMedia("(prefers-reduced-motion: reduce)").matches ? stop() : play();
</script>
</body>
</html>
"""


class Film:
    """Exposures of one figure with their captions; the first one fixes where the panels stand."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.frames: list[Any] = []
        self.captions: list[str] = []
        figure.set_dpi(DPI)

    def expose(self, caption: str) -> None:
        """Add the figure as it looks now."""
        from PIL import Image

        canvas: Any = self.figure.canvas
        with calmly():
            canvas.draw()
            if not self.frames:
                self.figure.set_layout_engine("none")
                canvas.draw()
        self.frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
        self.captions.append(caption)

    def in_few_colours(self) -> list[Any]:
        """Return the frames in one palette, so that nothing flickers from frame to frame."""
        from PIL import Image, ImageColor

        chosen = [self.frames[k * (len(self.frames) - 1) // 3] for k in range(4)]
        width, height = chosen[0].size
        joined = Image.new("RGB", (width, height * len(chosen)))
        for k, frame in enumerate(chosen):
            joined.paste(frame, (0, k * height))
        method = Image.Quantize.MAXCOVERAGE  # a rare colour, such as a peak, counts as much
        found = joined.quantize(COLOURS - len(EXACT), method=method).getpalette() or []
        exact = np.array([ImageColor.getrgb(name) for name in EXACT])
        others = np.array(found).reshape(-1, 3)
        far = np.abs(others[:, None] - exact).max(axis=2).min(axis=1) > NEAR
        palette = Image.new("P", (1, 1))
        palette.putpalette(np.concatenate([exact, others[far]]).ravel().tolist())
        return [f.quantize(palette=palette, dither=Image.Dither.NONE) for f in self.frames]

    def pause(self, seconds: float) -> int:
        """Return how long a frame is shown, in milliseconds; a GIF counts in tens."""
        return max(FASTEST, 10 * round(100 * seconds / len(self.frames)))


def gif(film: Film, seconds: float, title: str) -> bytes:
    """Return the frames as an animated GIF that starts again after a rest; it has no title."""
    first, *others = film.in_few_colours()
    pauses = [film.pause(seconds)] * len(others) + [REST]
    file = io.BytesIO()
    first.save(file, format="GIF", save_all=True, append_images=others, duration=pauses, loop=0)
    return file.getvalue()


def page(film: Film, seconds: float, title: str) -> bytes:
    """Return the frames as a page that plays them: no address, nothing beside itself."""
    import json

    frames = [f"data:image/png;base64,{_png(frame)}" for frame in film.in_few_colours()]
    text = PAGE.format(
        title=escape(title), width=film.frames[0].width, first=frames[0], caption=film.captions[0],
        last=len(frames) - 1, frames=json.dumps(frames), captions=json.dumps(film.captions),
        rest=REST, pause=film.pause(seconds),
    )  # fmt: skip
    return text.encode()


def _png(frame: Any) -> str:
    file = io.BytesIO()
    frame.save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
