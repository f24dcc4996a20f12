"""Pictures: what a network does beside what it should do; they know nothing of training."""

from approximant.draw._animation import animation
from approximant.draw._beyond import beyond_figure
from approximant.draw._checks import checks_figure, draw_checks, relative_error
from approximant.draw._cloud import draw_histogram, draw_predicted
from approximant.draw._compared_runs import compared_runs_figure
from approximant.draw._comparison import comparison_figure, draw_errors, draw_shares
from approximant.draw._curve import draw_curve, draw_error, draw_error_dots, draw_rows
from approximant.draw._fits import draw_fits, fits_figure
from approximant.draw._loss_curves import draw_losses, draw_reported, losses_figure
from approximant.draw._map import draw_error_map, draw_map
from approximant.draw._multiples import multiples_figure
from approximant.draw._parallel import draw_parallel, parallel_figure
from approximant.draw._pictures import pictures
from approximant.draw._row_numbers import draw_row_numbers, rows_figure
from approximant.draw._scene import Scene
from approximant.draw._setting_axis import SettingAxis
from approximant.draw._setting_lines import draw_setting, setting_figure
from approximant.draw._setting_map import (
    draw_settings_dots,
    draw_settings_map,
    settings_map_figure,
)
from approximant.draw._style import png
from approximant.draw._surfaces import draw_surface, surfaces_figure
from approximant.draw._training import training_pictures

__all__ = [
    "Scene",
    "SettingAxis",
    "animation",
    "beyond_figure",
    "checks_figure",
    "compared_runs_figure",
    "comparison_figure",
    "draw_checks",
    "draw_curve",
    "draw_error",
    "draw_error_dots",
    "draw_error_map",
    "draw_errors",
    "draw_fits",
    "draw_histogram",
    "draw_losses",
    "draw_map",
    "draw_parallel",
    "draw_predicted",
    "draw_reported",
    "draw_row_numbers",
    "draw_rows",
    "draw_setting",
    "draw_settings_dots",
    "draw_settings_map",
    "draw_shares",
    "draw_surface",
    "fits_figure",
    "losses_figure",
    "multiples_figure",
    "parallel_figure",
    "pictures",
    "png",
    "relative_error",
    "rows_figure",
    "setting_figure",
    "settings_map_figure",
    "surfaces_figure",
    "training_pictures",
]
