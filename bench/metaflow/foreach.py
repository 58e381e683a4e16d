from metaflow import FlowSpec, Parameter, step


class ForeachFlow(FlowSpec):
    """The same flow as foreach.flow.ts."""

    items = Parameter("items", default=1000, type=int)
    talk = Parameter("talk", default=False, type=bool)

    @step
    def start(self):
        self.numbers = list(range(self.items))
        self.next(self.square, foreach="numbers")

    @step
    def square(self):
        self.result = self.input * self.input
        if self.talk:
            print("the square is", self.result)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(task.result for task in inputs)
        self.next(self.end)

    @step
    def end(self):
        print("total", self.total)


if __name__ == "__main__":
    ForeachFlow()
