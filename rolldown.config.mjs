import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

const dist = fileURLToPath(new URL('dist', import.meta.url));

/** Small, and needed by every application: packed in, they need not be looked for when it starts. */
const PACKED = ['cookie', 'negotiator', 'content-type', 'croner'];

const ENTRIES = ['index', 'client/index', 'standalone/index', 'integrations/bullmq/index'];

/** Files of their own: what every script loads, what importing the main entry loads besides, and what every start loads besides. */
const files = { core: 'standalone/index.js', main: 'index.js', realtime: 'realtime/realtime.module.js' };

/** @type {Map<string, string>} the file that a module goes into */
const placed = new Map();

/**
 * Packs the modules of dist/, as the compiler leaves them, into a few files: importing a hundred of them would take an
 * application five times as long. What is loaded on demand stays apart, and so do dependencies and declarations.
 */
export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(dist, `${entry}.js`)])),
  platform: 'node',
  external: (id) => /^[^./]/.test(id) && !PACKED.includes(id),
  output: {
    dir: dist,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { jsdoc: false },
    codeSplitting: {
      groups: Object.keys(files).map((name) => ({
        name,
        test: (id) => placed.get(id) === name || (name === 'core' && id.includes('rolldown/runtime')),
      })),
    },
  },
  plugins: [
    {
      name: 'find-what-is-always-loaded',
      buildEnd() {
        const add = (id, name) => {
          const info = this.getModuleInfo(id);
          if (info && !info.isExternal && !placed.has(id)) {
            placed.set(id, name);
            info.importedIds.forEach((imported) => add(imported, name));
          }
        };
        Object.entries(files).forEach(([name, entry]) => add(join(dist, entry), name));
      },
    },
    {
      name: 'add-licenses-of-what-is-packed',
      async writeBundle() {
        const licenses = await Promise.all(
          PACKED.map(async (name) => {
            const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), 'utf8');
            return `${name}\n\n${text.trim()}\n`;
          }),
        );
        await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenses.join('\n\n'));
      },
    },
    {
      name: 'remove-packed-modules',
      async writeBundle(_options, bundle) {
        const kept = new Set(Object.keys(bundle).map((name) => join(dist, name)));
        const files = await readdir(dist, { recursive: true });
        const packed = files
          .map((file) => join(dist, file))
          .filter((file) => file.endsWith('.js') && !kept.has(file));
        await Promise.all(packed.map((file) => rm(file)));
      },
    },
  ],
});
