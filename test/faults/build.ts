import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mutant } from './mutants.js';
import { VERSIONS } from './versions.js';

// from the sources as well as from .tmp/faults/sound/test/faults
const root = import.meta.url.includes('/.tmp/faults/') ? '../../../../../' : '../../';
const ROOT = fileURLToPath(new URL(root, import.meta.url));
const FOLDER = `${ROOT}.tmp/faults`;

/** The replica of a build. */
const replicaIn = (build: string): URL => pathToFileURL(`${FOLDER}/${build}/test/faults/replica.js`);

/** Compiles the library and the machine. */
export function compile(): URL {
  execFileSync(process.execPath, ['lib/generate.mjs'], { cwd: ROOT, stdio: 'inherit' });
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, '-p', 'test/faults/tsconfig.json'], { cwd: ROOT, stdio: 'inherit' });
  return replicaIn('sound');
}

/** A place of the compiled library that is made otherwise. */
export interface Patch {
  /** Below lib/, compiled. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Places in which it fits: one, but for parts that several scripts include. */
  readonly count?: number;
}

/** The text of a compiled file after a patch, which must fit in as many places as it says, however it is indented. */
export function patched(text: string, name: string, { file, find, replace, count = 1 }: Patch): string {
  const words = find.split(/\s+/).map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  const pattern = new RegExp(words.join('\\s+'), 'g');
  const places = text.match(pattern) ?? [];
  if (places.length !== count) {
    throw new Error(
      `The patch "${name}" fits in ${places.length} places of ${file}, not in ${count}: ${find}\n` +
        'The library has moved on; write the patch anew.',
    );
  }
  return text.replace(pattern, () => replace);
}

/** The compiled text a seeded bug is planted in. */
export const compiledText = (file: string): string => readFileSync(`${FOLDER}/sound/lib/${file}`, 'utf8');

/** A copy of what was compiled, with one bug in it. */
export const plant = (mutant: Mutant): URL => copy(mutant.name, [mutant]);

/** Copies of what was compiled that are other versions of the library. */
export const plantVersions = (): Readonly<Record<keyof typeof VERSIONS, URL>> => ({
  older: copy('version-older', VERSIONS.older),
  newer: copy('version-newer', VERSIONS.newer),
  rephrased: copy('version-rephrased', VERSIONS.rephrased),
  reshaped: copy('version-reshaped', VERSIONS.reshaped),
});

function copy(name: string, patches: readonly Patch[]): URL {
  const texts = patches.map((patch) => patched(compiledText(patch.file), name, patch));
  const folder = `${FOLDER}/${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(`${FOLDER}/sound/lib`, `${folder}/lib`, { recursive: true });
  cpSync(`${FOLDER}/sound/test`, `${folder}/test`, { recursive: true });
  patches.forEach(({ file }, i) => writeFileSync(`${folder}/lib/${file}`, texts[i] as string));
  return replicaIn(name);
}
