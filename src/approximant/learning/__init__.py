"""The course of a training: rows, start, epochs, diagnosis, report.

_settings (what is asked) -> _rows (what it learns from) -> _course (epoch by epoch)
    -> _report (how well it went); _checkpoint stops and goes on
"""

from approximant.learning._checkpoint import resumed, save_course
from approximant.learning._course import Course
from approximant.learning._levenberg import AnyEpoch
from approximant.learning._rows import Lesson, read_lesson
from approximant.learning._settings import TrainingSettings, read_training_settings

__all__ = [
    "AnyEpoch",
    "Course",
    "Lesson",
    "TrainingSettings",
    "read_lesson",
    "read_training_settings",
    "resumed",
    "save_course",
]
