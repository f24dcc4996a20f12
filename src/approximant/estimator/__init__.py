"""The scikit-learn estimator: the only room that knows scikit-learn."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approximant.estimator._regressor import ApproximantRegressor
else:
    try:
        from approximant.estimator._regressor import ApproximantRegressor
    except ImportError as _error:
        # The name exists all the same: `from approximant import *` is for everybody.
        from approximant.estimator._absent import stand_in

        ApproximantRegressor = stand_in(_error)

__all__ = ["ApproximantRegressor"]
