import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { generate } from '../../lib/generate.mjs';
import { packLibrary, packPrograms } from '../../rolldown.config.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Makes the generated sources, and compiles the applications of test/apps with the library they import, for the specs that run
 * them in processes of their own (no loader for Node 20 emits the types that injection reads). Their folder is a package under
 * the library's name, so `nestjs-maintenance` is the code that was compiled with them: packed, or each file by itself with
 * `--conditions each-file`.
 */
export default async function compileReplicas(): Promise<void> {
  // once for all projects of a run
  if (process.env.REPLICAS_COMPILED) {
    return;
  }
  process.env.REPLICAS_COMPILED = '1';
  await generate();
  const folder = `${root}.tmp/replicas`;
  const entry = (path: string) => ({
    'each-file': `./lib/${path}index.js`,
    default: `./packed/${path}index.js`,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}/package.json`,
    JSON.stringify({
      name: 'nestjs-maintenance',
      type: 'module',
      exports: { '.': entry(''), './client': entry('client/'), './bullmq': entry('integrations/bullmq/') },
    }),
  );
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.replicas.json'], { cwd: root, stdio: 'inherit' });
  // as it is published: it starts in less than half of the time
  for (const { output, ...input } of [packPrograms, packLibrary].map((pack) =>
    pack(`${folder}/lib`, `${folder}/packed`),
  )) {
    await using bundle = await rolldown(input);
    await bundle.write([output].flat()[0]);
  }
}
