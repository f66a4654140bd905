import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the API reference builds without a warning: every public symbol is documented', async () => {
  const typedoc = `${root}node_modules/typedoc/bin/typedoc`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(stdout + stderr).not.toMatch(/warning|error/);
}, 240_000);
