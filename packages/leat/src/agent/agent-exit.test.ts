import { describe, expect, it } from 'vitest';
import { agentExits, explainAgentExit } from './agent-exit.ts';

describe('explainAgentExit', () => {
  it('knows each of its codes, none of which a shell or a signal has', () => {
    for (const code of Object.values(agentExits)) {
      expect(explainAgentExit(code)?.message).toBeTypeOf('string');
      expect(code).toBeGreaterThan(128 + 64);
    }
  });

  it.each([0, 1, 137, 143, 255])('says nothing of %i', (code) => {
    expect(explainAgentExit(code)).toBeUndefined();
  });
});
