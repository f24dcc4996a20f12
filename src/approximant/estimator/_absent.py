"""What stands for the estimator where scikit-learn is not installed."""

from __future__ import annotations

from typing import Any


def stand_in(error: ImportError) -> type:
    """Return a class of the estimator's name; making one says what to install.

    Args:
        error: why there is no estimator, with the command that helps.
    """

    class ApproximantRegressor:
        """Regression as scikit-learn does it; scikit-learn is not installed."""

        def __new__(cls, *args: Any, **settings: Any) -> Any:
            raise ImportError(str(error)) from error

    return ApproximantRegressor
