"""The scikit-learn estimator: the only room that knows scikit-learn."""

from approximant.estimator._regressor import ApproximantRegressor

__all__ = ["ApproximantRegressor"]
