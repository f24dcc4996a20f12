"""Settings that all tests share."""

from hypothesis import HealthCheck, settings

# Generated cases fail for being wrong, never for being slow on a busy machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
