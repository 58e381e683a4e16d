/** Tasks in containers of an ordinary user: podman without root, as it is without a session of systemd. The user is made for this file. */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMeantFor, layerConformance } from '@leat/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Leat } from '../../cli/leat.ts';
import { OrdinaryUser } from './ordinary-user.ts';

const program = fileURLToPath(new URL('conformance-as-user.ts', import.meta.url));
const cases = layerConformance.filter((one) => isMeantFor(one, { chunks: true, loses: true }));

let user: OrdinaryUser;
let image = '';
beforeAll(async () => {
  user = await OrdinaryUser.create();
  image = await user.image('python');
}, 300_000);
afterAll(async () => user.remove(), 120_000);

const listed = async (): Promise<readonly string[]> =>
  (await user.call(['podman', 'ps', '--all', '--quiet', '--filter', 'label=leat.engine'])).stdout
    .split('\n')
    .filter(Boolean);

describe('the container layer keeps every promise of a layer to an ordinary user', () => {
  const ends = new Map<string, string | undefined>();
  beforeAll(async () => {
    const folder = path.join(user.home, 'conformance');
    mkdirSync(folder);
    user.give(folder);
    const said = await user.call([process.execPath, program, folder], { LEAT_CONTAINER_IMAGE: image });
    for (const line of said.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const { name, error } = JSON.parse(line) as { readonly name: string; readonly error?: string };
      ends.set(name, error);
    }
    if (ends.size === 0) throw new Error(`nothing was tried: ${said.stderr}`);
  }, 900_000);

  for (const { name } of cases) {
    it(name, () => {
      expect(ends.has(name)).toBe(true);
      expect(ends.get(name)).toBeUndefined();
    });
  }
});

describe('runs of an ordinary user', () => {
  const inUsersFolder = async (work: (leat: Leat) => Promise<void>): Promise<void> => {
    const leat = new Leat({ ...user.environment, LEAT_CONTAINER_IMAGE: image }, user.launcher);
    try {
      user.give(leat.folder);
      await work(leat);
    } finally {
      leat.dispose();
    }
  };

  it('are told which limits will not hold, before they begin; what they leave is theirs', async () => {
    await inUsersFolder(async (leat) => {
      leat.write(
        'flow.ts',
        `import { container, Flow, step } from 'leat';
export default class LimitedFlow extends Flow {
  declare mine: number | undefined;
  @step start() { this.next(this.end); }
  @container({ memory: 300, cpu: 1, network: 'none' }) @step end() { this.mine = process.getuid?.(); }
}`,
      );
      const { stdout } = await user.call(['podman', 'info', '--format', '{{json .Host.CgroupControllers}}']);
      const handed = (JSON.parse(stdout) ?? []) as readonly string[];
      const loose = [
        ...(handed.includes('memory') ? [] : ['300 MB of memory']),
        ...(handed.includes('cpu') ? [] : ['1 core']),
      ];
      const said = await leat.ok(['check', 'flow.ts']);
      if (loose.length > 0)
        expect(`${said.stdout}${said.stderr}`).toContain(
          `step 'end' asks for ${loose.join(' and ')}, which rootless podman`,
        );
      await leat.ok(['run', 'flow.ts']);
      expect((await leat.artifacts('LimitedFlow/1')).get('end')?.['mine']).toBe(0);
      expect(statSync(path.join(leat.folder, '.leat/store')).uid).toBe(user.uid);
    });
  });

  it('are recovered after a kill -9, and no container is left', async () => {
    await inUsersFolder(async (leat) => {
      leat.write(
        'flow.ts',
        `import { existsSync } from 'node:fs';
import { Flow, step } from 'leat';
export default class EndlessFlow extends Flow {
  @step start() { this.next(this.end); }
  @step async end() {
    if (existsSync('/leat/datastore/go')) return;
    console.log('at work');
    await new Promise(() => setInterval(() => {}, 1000));
  }
}`,
      );
      const started = leat.start(['run', 'flow.ts', '--with', 'container:network=none']);
      await started.stdoutHas('at work');
      expect(await listed()).toHaveLength(1);
      started.kill('SIGKILL');
      await started.done;
      await expect.poll(listed, { timeout: 60_000 }).toEqual([]);
      leat.write('.leat/store/go', '');
      await leat.ok(['recover', 'EndlessFlow/1']);
      expect((await leat.tasks('EndlessFlow/1')).every(({ status }) => status === 'succeeded')).toBe(true);
      expect(await listed()).toEqual([]);
    });
  });
});
