import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/** The modules that importing the service without Nest loads, and those that importing the main entry loads besides. */
const core = new Set();
const main = new Set();

const dist = fileURLToPath(new URL('dist', import.meta.url));

const ENTRIES = ['index', 'client/index', 'standalone/index', 'integrations/bullmq/index'];

/**
 * Packs the modules of dist/, as the compiler leaves them, into a few files: importing a hundred of them would take an
 * application five times as long. What is loaded on demand stays apart, and so do dependencies and declarations.
 */
export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(dist, `${entry}.js`)])),
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir: dist,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { jsdoc: false },
    // what every application loads is two files, what every script loads is one
    codeSplitting: {
      groups: [
        { name: 'core', test: (id) => core.has(id), priority: 2 },
        { name: 'main', test: (id) => main.has(id), priority: 1 },
      ],
    },
  },
  plugins: [
    {
      name: 'find-what-is-always-loaded',
      buildEnd() {
        const add = (found) => (id) => {
          const { importedIds = [] } = this.getModuleInfo(id) ?? {};
          if (!core.has(id) && !found.has(id) && id.startsWith(dist)) {
            found.add(id);
            importedIds.forEach(add(found));
          }
        };
        add(core)(join(dist, 'standalone/index.js'));
        add(main)(join(dist, 'index.js'));
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
