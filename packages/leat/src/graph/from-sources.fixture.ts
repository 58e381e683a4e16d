import type { FlowDescription, StepDescription } from '../flow/description.ts';

/** A flow description from methods' sources: `{ start: 'this.next(this.end);', 'train(item)': '…' }`. A key that is only a name gets `()`. */
export function fromSources(
  methods: Readonly<Record<string, string>>,
  more: Partial<FlowDescription> & { readonly on?: Readonly<Record<string, Partial<StepDescription>>> } = {},
): FlowDescription {
  const { on = {}, ...rest } = more;
  const steps = Object.entries(methods).map(([head, body]): StepDescription => {
    const name = /^(?:async )?\*?([^(]+)/.exec(head)?.[1] ?? head;
    const source = `${head.includes('(') ? head : `${head}()`} { ${body} }`;
    return { name, source, decorators: {}, ...on[name] };
  });
  return { name: 'TestFlow', steps, parameters: [], helpers: [], ...rest };
}
