import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const nodes = fileURLToPath(new URL('../../.tmp/nodes', import.meta.url));

/**
 * The binary of a major version: this process's own, or one from the npm packages that ship it.
 * @param {string} major
 */
export function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) {
    return process.execPath;
  }
  const name = `node-${process.platform}-${process.arch}`;
  const folder = `${nodes}/${major}`;
  const binary = `${folder}/node_modules/${name}/bin/node`;
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, '{ "private": true }');
    execFileSync('npm', ['install', '--no-package-lock', '--prefix', folder, `${name}@${major}`], {
      stdio: 'inherit',
    });
  }
  return binary;
}
