"""An IPython shell without a kernel, whose outputs are what a notebook would store.

What is printed and displayed goes into a list with a limit, instead of to a front end.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.text import LSString, SList
from traitlets import Type
from traitlets.config import Config

Output = dict[str, Any]


class Outputs:
    """What the running cell has put out so far, cut off after `limit` characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit
        self._all: list[Output] = []
        self._displays: dict[str, Output] = {}
        self._clears_next = False

    def stream(self, name: str, text: str) -> None:
        text = text[: self._left]
        if not text:
            return
        self._left -= len(text)
        self._make_room()
        last = self._all[-1] if self._all else {}
        if last.get("name") == name:
            last["text"].append(text)
        else:
            self._all.append({"output_type": "stream", "name": name, "text": [text]})

    def add(self, output: Output, display: str | None = None) -> None:
        size = sum(len(text) for text in output.get("data", {}).values() if isinstance(text, str))
        if size > self._left:
            return
        self._left -= size
        self._make_room()
        self._all.append(output)
        if display is not None:
            self._displays[display] = output

    def update(self, display: str, data: Output, metadata: Output) -> None:
        """Change a display of this cell or of an earlier one, as a notebook would."""
        if display in self._displays:
            self._displays[display].update(data=data, metadata=metadata)

    def clear(self, wait: bool) -> None:
        self._clears_next = wait
        if not wait:
            self._all.clear()

    def take(self) -> tuple[Output, ...]:
        """The outputs of the cell that has ended; the next one begins with none."""
        taken, self._all, self._left, self._clears_next = self._all, [], self._limit, False
        for output in taken:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        return tuple(taken)

    def _make_room(self) -> None:
        if self._clears_next:
            self._clears_next = False
            self._all.clear()


class _Stream(io.TextIOBase):
    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outputs: Outputs, name: str, number: int) -> None:
        self._outputs = outputs
        self._name = name
        self._number = number

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.stream(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number


class _DisplayHook(DisplayHook):
    shell: Shell
    _output: Output | None = None

    def start_displayhook(self) -> None:
        self._output = None

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Output, md_dict: Output | None = None) -> None:
        self._output = {
            "output_type": "execute_result",
            "execution_count": self.prompt_count,
            "data": format_dict,
            "metadata": md_dict or {},
        }

    def finish_displayhook(self) -> None:
        if self._output is not None:
            self.shell.outputs.add(self._output)
            self._output = None


class _DisplayPublisher(DisplayPublisher):
    shell: Shell

    def publish(
        self,
        data: Output,
        metadata: Output | None = None,
        source: Any = None,
        *,
        transient: Output | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        display = (transient or {}).get("display_id")
        outputs: Outputs = self.shell.outputs
        if update:
            if display is not None:
                outputs.update(display, data, metadata or {})
            return
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        outputs.add(output, display)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear(wait)


_MAGIC = re.compile(
    r"\A\s|^[^\S\n]+$"  # indentation of the whole, and of empty lines, is taken away
    r"|\A[^\n]*\n?\Z"  # a line alone may be an automagic, such as `ls`
    r"|[%!?]"
    r"|^[ \t]*(?:[,;/]|>>>|\.\.\.|In \[)"  # automatic calls, and prompts that were pasted too
    r"|[\r\f\v\x1c-\x1e\x85\u2028\u2029]",  # other ends of lines
    re.MULTILINE,
)


def may_be_magic(source: str) -> bool:
    """Whether IPython might read a cell otherwise than Python does; False is certain.

    To ask its transformer takes half a millisecond, and most cells of a hand-in are plain Python.
    """
    return _MAGIC.search(source) is not None


# Where nobody will look at it, nothing is drawn.
def _unseen_display(*_: Any, **__: Any) -> tuple[Output, Output]:
    return {}, {}


def _unseen_traceback(*_: Any, **__: Any) -> list[str]:
    return []


class Shell(InteractiveShell):
    """The shell of one hand-in; there is one in a process.

    `outputs` collects what its cells print and display.
    """

    displayhook_class = Type(_DisplayHook)
    display_pub_class = Type(_DisplayPublisher)
    outputs: Outputs

    @classmethod
    def open(cls) -> Shell:
        """Make the shell; what its cells may put out is unlimited until `begin` is called."""
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.xmode = "Plain"  # the others cost half a second for each error
        cls.outputs = Outputs(sys.maxsize)
        shell: Shell = cls.instance(config=config)
        shell.set_hook("show_in_pager", shell._print_page)
        shell._warm_up()
        return shell

    def begin(self, printed: int, *, shown: bool) -> None:
        """Begin without outputs.

        Takes how many characters a cell may put out, and whether anybody will see what it displays
        and the tracebacks of its errors.
        """
        self.outputs = Outputs(printed)
        if not shown:
            display: Any = self.display_formatter
            display.format = _unseen_display
            tracebacks: tuple[Any, ...] = (self.InteractiveTB, self.SyntaxTB)
            for each in tracebacks:
                each.structured_traceback = _unseen_traceback

    async def run(self, source: str, *, is_python: bool = False) -> BaseException | None:
        """Run the code of a cell as Jupyter does; returns what it raised.

        Takes also whether the code is known to be plain Python, without a magic in it.
        """
        transformed, failure = source, None
        if not is_python and may_be_magic(source):
            try:
                transformed = self.transform_cell(source)
            except Exception:
                failure = sys.exc_info()
        result: ExecutionResult = await self.run_cell_async(
            source,
            store_history=True,
            transformed_cell=transformed,
            preprocessing_exc_tuple=failure,
        )
        self.events.trigger("post_execute")
        self.events.trigger("post_run_cell", result)
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    def _warm_up(self) -> None:
        """Do once, for all children, what the first cell and the first output would do in each."""
        source = self.transform_cell("def nothing():\n    return f'{None}'\ndel nothing")
        asyncio.run(self.run_cell_async(source, store_history=False, transformed_cell=source))
        if self.display_formatter is not None:
            self.display_formatter.format("")

    def system(self, cmd: str) -> None:
        """Say that a command of the system is not run: a hand-in's process can start no other."""
        print(f"not run while a hand-in is graded: {cmd}", file=sys.stderr)
        self.user_ns["_exit_code"] = 1

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        self.system(cmd)
        return SList() if split else LSString()

    def init_virtualenv(self) -> None:
        pass

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: Any = None) -> None:
        pass

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        yield  # IPython 9 would keep all printed text in its history

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            said = str(evalue)
        except Exception:  # the error is the learner's class, and cannot say what it is
            said = ""
        name = getattr(etype, "__name__", "error")
        self.outputs.add(
            {"output_type": "error", "ename": name, "evalue": said, "traceback": list(stb)}
        )

    def _print_page(self, _: Any, page: Any, *__: Any) -> None:
        data = page if isinstance(page, dict) else {"text/plain": page}
        self.outputs.stream("stdout", str(data.get("data", data).get("text/plain", "")))


class StandardStreams:
    """The standard streams of a hand-in's process: none to read, two that are collected.

    What other processes and C code write past Python lands in memory, and is collected from there.
    """

    def __init__(self, outputs: Outputs, largest: int) -> None:
        self._outputs = outputs
        self._largest = largest
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        builtins.input = no_input
        for number, name in ((1, "stdout"), (2, "stderr")):
            memory = os.memfd_create(name)
            os.dup2(memory, number)
            os.close(memory)
            setattr(sys, name, _Stream(outputs, name, number))

    def collect(self) -> None:
        """Take over what was written past Python since the last time."""
        for number, name in ((1, "stdout"), (2, "stderr")):
            with suppress(OSError):  # the hand-in may have closed or replaced it
                if os.fstat(number).st_size:
                    written = os.pread(number, self._largest, 0)
                    os.ftruncate(number, 0)
                    os.lseek(number, 0, os.SEEK_SET)
                    self._outputs.stream(name, written.decode("utf-8", "replace"))


def no_input(prompt: Any = "") -> NoReturn:
    """What `input` is while a hand-in is graded."""
    raise StdinNotImplementedError("nobody is there to answer input() while a hand-in is graded")
