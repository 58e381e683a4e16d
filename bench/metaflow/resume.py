import os
import time

from metaflow import FlowSpec, Parameter, step


class ResumeFlow(FlowSpec):
    """The same flow as resume.flow.ts."""

    items = Parameter("items", default=10000, type=int)

    @step
    def start(self):
        self.numbers = list(range(self.items))
        self.next(self.work, foreach="numbers")

    @step
    def work(self):
        if self.input == self.items - 1:
            mark = os.environ.get("BENCH_MARK")
            if mark is None:
                raise RuntimeError("the one failure")
            with open(mark, "a") as marks:
                marks.write("%d\n" % (time.time() * 1000))
        self.result = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(task.result for task in inputs)
        self.next(self.end)

    @step
    def end(self):
        print("total", self.total)


if __name__ == "__main__":
    ResumeFlow()
