"""Running a command: which there are, and what becomes of errors, warnings and interruptions."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence

import click

from approximant.cli._printing import print_error, print_warning
from approximant.errors import ApproximantError

FAILED, INTERRUPTED, PIPE_CLOSED = 2, 130, 141
COMMANDS = (  # each is one file of this room
    "fit",
    "predict",
    "show",
    "certify",
    "export",
    "train",
    "gallery",
    "sweep",
    "runs",
)
TRACEBACK = "APPROXIMANT_TRACEBACK"  # environment variable for those who look for a bug


class _Commands(click.Group):
    """Commands that are imported when they are needed, so that help comes at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"approximant.cli._{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"max_content_width": 100})
@click.version_option(package_name="approximant")
def commands() -> None:
    """Approximate a function by a small neural network, with a stated error that is true.

    \b
    approximant fit "sin(x)/x" --on x=1:10 --tol 1e-10 --out wave
    approximant predict wave/model.safetensors --at x=2.5
    approximant certify wave/model.safetensors
    approximant export wave/model.safetensors wave.h
    approximant gallery run wiggle --out wiggle
    approximant train wiggle/seed-0/settings.toml --set training.epochs=200

    Exit status: 0 done (and the tolerance met), 1 done but the tolerance not met, 2 an error, 130
    interrupted.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; whatever happens, nobody sees a traceback.

    Args:
        args: the words after `approximant`; those of the process if not given.
    """
    with _one_line_warnings():
        try:
            status = _run(sys.argv[1:] if args is None else list(args))
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a full disk can still be told
        except BrokenPipeError:
            # The reader has gone; what is left in the buffer must not complain at exit.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED
        except (KeyboardInterrupt, click.Abort):
            print_error("Interrupted.")
            return INTERRUPTED
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return FAILED
        except click.ClickException as error:
            print_error(_usage_text(error))
            return FAILED
        except ApproximantError as error:
            print_error(str(error))
            return FAILED
        except OSError as error:
            print_error(f"{error.strerror or error}{f': {error.filename}' * bool(error.filename)}")
            return FAILED
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            print_error(
                f"This should not happen: {type(error).__name__}: {error}. Please report it; "
                f"{TRACEBACK}=1 in the environment shows the place."
            )
            return FAILED
    return status


def _run(args: list[str]) -> int:
    """Return the exit status of one command; click's own `main` would end the process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal lacks letters for
            stream.reconfigure(errors="backslashreplace")
    try:
        with commands.make_context("approximant", args) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as request:  # --help, --version
        return request.exit_code


@contextlib.contextmanager
def _one_line_warnings() -> Iterator[None]:
    """Print warnings for people as a line each, and keep those for programmers to themselves."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_: print_warning(str(message))
        yield


def _usage_text(error: click.ClickException) -> str:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f" See {error.ctx.command_path} --help."
    return f"{error.format_message()}{hint}"
