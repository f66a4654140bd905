import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { endGroup, groupLives } from '../../lib/cli/run/process-group.js';
import { monotonic } from '../../lib/cli/run/monotonic.js';
import { end, watch } from '../support/process.js';
import { until } from '../support/until.js';

it('nothing is left of a group of which all are dead, but not collected, as in a container', async () => {
  // what sh becomes collects nobody
  const script = 'setsid sh -c "read line" <&3 & echo $!; exec sleep 600';
  const parent = watch(spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] }));
  try {
    const [said] = (await once(parent.stdout!, 'data')) as [Buffer];
    const leader = Number(said);
    const state = async () => /\) (\w)/.exec(await readFile(`/proc/${leader}/stat`, 'utf8'))?.[1];
    await until(() => groupLives(leader), { what: 'the group' });
    process.kill(leader, 'SIGKILL');
    await until(async () => (await state()) === 'Z', { what: 'its death' });
    expect(groupLives(leader)).toBe(false);
    const begun = monotonic();
    await endGroup(leader, () => begun + 600_000);
    expect(await state()).toBe('Z');
  } finally {
    await end(parent);
  }
});
