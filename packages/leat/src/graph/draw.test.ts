import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkedGraph } from './checked-graph.ts';
import { drawDot } from './draw-dot.ts';
import { drawMermaid } from './draw-mermaid.ts';
import { drawText } from './draw-text.ts';
import { fromSources } from './from-sources.fixture.ts';
import { arbitraryFlow, flowOfShape } from './random-graph.fixture.ts';

const train = checkedGraph(
  fromSources({
    start: 'this.next(this.train, { foreach: this.countries });',
    'async train(country)': 'this.next(this.choose);',
    'choose(inputs)': 'this.next({ good: this.publish, bad: this.tune }, { by: this.verdict });',
    tune: 'this.next({ again: this.tune, enough: this.end }, { by: this.state });',
    publish: 'this.next(this.page, this.mail);',
    page: 'this.next(this.done);',
    mail: 'this.next(this.sent);',
    sent: 'this.next(this.done);',
    'done(inputs)': 'this.next(this.end);',
    end: '',
  }),
);

describe('drawings', () => {
  test('text', () => {
    expect(drawText(train, { train: 'cpu 4 · @retry 3', end: '@local' })).toBe(
      `
● start
├─ foreach this.countries
│  ● train(item)  cpu 4 · @retry 3
● choose(inputs)  joins start, by this.verdict
├─ good
│  ● publish
│  ├─ ● page
│  ├─ ● mail
│  │  ● sent
│  ● done(inputs)  joins publish
├─ bad
│  ● tune  by this.state
│  ├─ again ↑ tune
│  ├─ enough → end
● end             @local
`.trimStart(),
    );
  });

  test('mermaid', () => {
    expect(drawMermaid(train)).toMatchInlineSnapshot(`
      "flowchart TD
        step_start(["start"])
        step_train[["train"]]
        step_choose{{"choose"}}
        step_tune{"tune"}
        step_publish["publish"]
        step_page["page"]
        step_mail["mail"]
        step_sent["sent"]
        step_done{{"done"}}
        step_end(["end"])
        step_start -->|"foreach this.countries"| step_train
        step_train --> step_choose
        step_choose -->|"good"| step_publish
        step_choose -->|"bad"| step_tune
        step_tune -->|"again"| step_tune
        step_tune -->|"enough"| step_end
        step_publish --> step_page
        step_publish --> step_mail
        step_page --> step_done
        step_mail --> step_sent
        step_sent --> step_done
        step_done --> step_end
      "
    `);
  });

  test('dot', () => {
    expect(drawDot(train)).toMatchInlineSnapshot(`
      "digraph "TestFlow" {
        rankdir=TB;
        "start" [shape=oval];
        "train" [shape=box, peripheries=2];
        "choose" [shape=hexagon];
        "tune" [shape=diamond];
        "publish" [shape=box];
        "page" [shape=box];
        "mail" [shape=box];
        "sent" [shape=box];
        "done" [shape=hexagon];
        "end" [shape=oval];
        "start" -> "train" [label="foreach this.countries"];
        "train" -> "choose";
        "choose" -> "publish" [label="good"];
        "choose" -> "tune" [label="bad"];
        "tune" -> "tune" [label="again"];
        "tune" -> "end" [label="enough"];
        "publish" -> "page";
        "publish" -> "mail";
        "page" -> "done";
        "mail" -> "sent";
        "sent" -> "done";
        "done" -> "end";
      }
      "
    `);
  });

  test('labels are escaped', () => {
    const { graph } = flowOfShape([{ kind: 'foreach', body: [{ kind: 'step' }], takesItem: true }]);
    const odd = {
      ...graph,
      steps: graph.steps.map((step) =>
        step.next.kind === 'foreach'
          ? { ...step, next: { ...step.next, over: String.raw`f("a\n") > 1` } }
          : step,
      ),
    };
    expect(drawDot(odd)).toContain(String.raw`[label="foreach f(\"a\\n\") > 1"]`);
    expect(drawMermaid(odd)).toContain(String.raw`|"foreach f(#quot;a\n#quot;) #gt; 1"|`);
  });

  test('every step of every flow is drawn exactly once', () => {
    fc.assert(
      fc.property(arbitraryFlow(), ({ graph }) => {
        const names = [...drawText(graph).matchAll(/● (\w+)/g)].map(([, name]) => name);
        expect(names).toHaveLength(graph.steps.length);
        expect(new Set(names)).toEqual(new Set(graph.steps.map(({ name }) => name)));
      }),
      { numRuns: 300 },
    );
  });
});
