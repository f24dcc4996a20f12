"""Start a PyTorch module from exported weights, and train it on with new data.

    python examples/continue_training.py [FOLDER]

The file holds float64 weights named for a `torch.nn.Sequential`; the export prints the lines that
rebuild the module, and they are run here. Without a guard it is layers alone.
"""

import sys
from pathlib import Path

import numpy as np
import torch

import approximant as ap

path = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "wave.pt.safetensors"
f = ap.approximate("exp(-x)*sin(9*x)", {"x": (0, 2)}, tol=1e-3, network="1-24-1 tanh")
done = f.export(path, policy="none")
print(done.usage)

scope: dict[str, torch.nn.Sequential] = {}
exec(done.usage, scope)  # in a program of your own these lines would simply stand here
model = scope["model"]

torch.manual_seed(0)
x = torch.linspace(0, 2, 400, dtype=torch.float64)[:, None]
shifted = torch.exp(-x) * torch.sin(9 * x) + 0.05 * x**2  # what was measured since
before = torch.nn.functional.mse_loss(model(x), shifted).item()
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")


def loss() -> torch.Tensor:
    """Return the loss with its gradient, as the optimiser asks for it."""
    optimizer.zero_grad()
    value = torch.nn.functional.mse_loss(model(x), shifted)
    value.backward()
    return value


difference = np.abs(model(x).detach().numpy()[:, 0] - f(x[:, 0].numpy())).max()
optimizer.step(loss)
after = torch.nn.functional.mse_loss(model(x), shifted).item()
print(f"before training the module differs from the network by {difference:.1e}")
print(f"mean squared error {before:.2e} before, {after:.2e} after")
assert after < 0.01 * before
