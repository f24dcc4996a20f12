"""Run an exported ONNX graph in onnxruntime, without approximant where it runs.

    python examples/onnx_runtime.py [FOLDER]

Scaling and guard are in the graph: inputs are in the user's units, and outside the domain the
answer is NaN. The metadata tells whoever loads the file what it stands for and how accurate it is.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

import approximant as ap

path = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "surface.onnx"
f = ap.approximate("exp(-x)*cos(y)", {"x": (0, 2), "y": (-1, 1)}, tol=1e-6)
done = f.export(path, policy="nan")
print(f"wrote     {path}: differs from the network by at most {done.difference:.1e}")

session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
known = session.get_modelmeta().custom_metadata_map
print(f"domain    {known['domain']}")
print(f"error     {json.loads(known['max_error'])[0]:.1e}")

points = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, -1.0], [3.0, 0.0]])
(values,) = session.run(["y"], {"x": points})
for (x, y), value in zip(points, values[:, 0], strict=True):
    print(f"f({x:g}, {y:g}) = {value:.7f}, expected {np.exp(-x) * np.cos(y):.7f}")
