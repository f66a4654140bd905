import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { GuardedChild } from '../../lib/cli/run/guarded-child.js';
import { groupLives } from '../../lib/cli/run/process-group.js';
import { until } from '../support/until.js';

it('a guardian that does not answer is not waited for, and starts nothing later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guardian-'));
  const file = join(folder, 'silent.mjs');
  const told = join(folder, 'pid');
  await writeFile(
    file,
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(told)}, String(process.pid)); setInterval(() => {}, 1_000);`,
  );
  const child = new GuardedChild(pathToFileURL(file), () => undefined);
  const pid = await until(async () => Number(await readFile(told, 'utf8').catch(() => '')), {
    what: 'the guardian to run',
  });
  expect(groupLives(pid)).toBe(true);
  await expect(child.start(['true'], {}, 200)).rejects.toMatchObject({
    code: 'CLI_NOT_STARTED',
    message: 'The guardian process of the command did not answer within 200 ms.',
  });
  expect(await child.exit).toEqual({ code: null, signal: 'SIGKILL' });
  expect(groupLives(pid)).toBe(false);
  child.dismiss();
  await rm(folder, { recursive: true });
});
