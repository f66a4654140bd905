import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/** The modules that importing the main entry loads. */
const always = new Set();

const dist = fileURLToPath(new URL('dist', import.meta.url));

/**
 * Packs the modules of dist/, as the compiler leaves them, into a few files: importing a hundred of them would take an
 * application five times as long. What is loaded on demand stays apart, and so do dependencies and declarations.
 */
export default defineConfig({
  input: { index: join(dist, 'index.js'), 'client/index': join(dist, 'client/index.js') },
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir: dist,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { jsdoc: false },
    // what every application loads is one file
    codeSplitting: { groups: [{ name: 'core', test: (id) => always.has(id) }] },
  },
  plugins: [
    {
      name: 'find-what-is-always-loaded',
      buildEnd() {
        const add = (id) => {
          const { importedIds = [] } = this.getModuleInfo(id) ?? {};
          if (!always.has(id) && id.startsWith(dist)) {
            always.add(id);
            importedIds.forEach(add);
          }
        };
        add(join(dist, 'index.js'));
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
