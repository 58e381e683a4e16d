from metaflow import FlowSpec, step


class HelloFlow(FlowSpec):
    """The same flow as hello.flow.ts."""

    @step
    def start(self):
        self.greeting = "Hello, world!"
        self.next(self.end)

    @step
    def end(self):
        print(self.greeting)


if __name__ == "__main__":
    HelloFlow()
