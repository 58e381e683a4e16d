/** What this package adds to the command line. `leat` loads it by name, `@leat/aws/vendor`, when one of its commands is called. */
import type { Vendor } from 'leat/cli';
import { configureCommand } from './commands/configure-command.ts';
import { killCommand } from './commands/kill-command.ts';
import { listCommand } from './commands/list-command.ts';
import { templateCommand } from './commands/template-command.ts';
import { openSetupApi } from './setup/api.ts';
import { checkProfile } from './setup/check-profile.ts';

/** Commands, and the check of a profile. */
export const vendor: Vendor = {
  commands: [templateCommand, configureCommand, listCommand, killCommand],
  async *check(profile, signal) {
    const api = openSetupApi();
    try {
      for await (const check of checkProfile(profile, api)) {
        yield check;
        if (signal.aborted) return;
      }
    } finally {
      api.close();
    }
  },
};
