import { isFlowClass } from './flow.ts';
import { stepRecord } from './step-registry.ts';

/**
 * The file that a flow class was defined in, as its decorators were called from there: a `file:` URL or a path, as the
 * engine of JavaScript prints it. For a bundle that is the bundle's file.
 *
 * @returns `undefined` when the class has no steps of its own or stacks are switched off
 */
export function flowFile(flow: unknown): string | undefined {
  if (!isFlowClass(flow)) return undefined;
  for (const method of Object.values(
    Object.getOwnPropertyDescriptors((flow as { prototype: object }).prototype),
  )) {
    const stack = stepRecord(method.value)?.definedAt.stack;
    const found = stack === undefined ? undefined : firstFile(stack);
    if (found !== undefined) return found;
  }
  return undefined;
}

// tslib holds the helper that calls decorators when a project compiles with importHelpers.
const helperFile =
  /[/\\]node_modules[/\\](?:tslib|@swc[/\\]helpers|@oxc-project[/\\]runtime|@babel[/\\]runtime)[/\\]/;

function firstFile(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place =
      /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?)(?:\?[^:()]*)?:\d+:\d+\)?$/.exec(
        line,
      )?.[1];
    if (place !== undefined && !helperFile.test(place)) return place;
  }
  return undefined;
}
