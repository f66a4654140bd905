import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

const dist = fileURLToPath(new URL('dist', import.meta.url));

/** Small, and needed by every application: packed in, they need not be looked for when it starts. */
const PACKED = ['cookie', 'negotiator', 'content-type', 'croner'];

/** The same for the command line, which is to start in no time: loading RxJS whole would take longer than anything else it does. */
const PACKED_IN_PROGRAMS = [...PACKED, 'rxjs', 'commander', 'ms', 'reflect-metadata', 'tslib'];

/**
 * What the command line looks for when it is called: by `require()`, which takes half as long as `import()`, for which Node reads the
 * names of all that the package exports.
 */
const REQUIRED_BY_PROGRAMS = new Set(['ioredis']);

/** What is run; shares nothing with what an application loads. */
const PROGRAMS = ['cli/main', 'cli/run/guardian'];
/** What is imported. */
const ENTRIES = ['index', 'client/index', 'standalone/index', 'integrations/bullmq/index'];

/**
 * Puts what is loaded together into files of their own: each gets all that its modules import and that is in no file before it.
 * @param {Record<string, (string | string[])[]>} files modules, by the name of the file; a list of some stands for what each of them imports
 * @param {string} folder where they are
 */
function together(files, folder) {
  /** @type {Map<string, string>} */
  const placed = new Map();
  const [first] = Object.keys(files);
  return {
    codeSplitting: {
      groups: Object.keys(files).map((name) => ({
        name,
        test: (/** @type {string} */ id) =>
          placed.get(id) === name || (name === first && id.includes('rolldown/runtime')),
      })),
    },
    plugin: {
      name: 'find-what-is-loaded-together',
      /** @this {import('rolldown').PluginContext} */
      buildEnd() {
        /**
         * What a module loads, itself among it.
         * @param {string} id
         * @param {Set<string>} loaded
         */
        const loadedBy = (id, loaded = new Set()) => {
          const info = this.getModuleInfo(id);
          if (info && !loaded.has(id)) {
            loaded.add(id);
            info.importedIds.forEach((imported) => loadedBy(imported, loaded));
          }
          return loaded;
        };
        for (const [name, modules] of Object.entries(files)) {
          for (const module of modules) {
            const [first, ...others] = [module].flat().map((each) => loadedBy(join(folder, each)));
            [...(first ?? [])]
              .filter((id) => !placed.has(id) && others.every((other) => other.has(id)))
              .forEach((id) => placed.set(id, name));
          }
        }
      },
    },
  };
}

/** What scripts and applications load, what importing the main entry loads besides, and what every start loads besides. */
const LOADED_BY_APPLICATIONS = {
  core: [['standalone/index.js', 'index.js'], 'core/store/cache/cache-store.js'],
  main: ['index.js'],
  realtime: ['realtime/realtime.module.js'],
};

/** Files that were made. */
const made = new Set();

const keep = {
  name: 'keep-what-was-made',
  /** @param {{ dir?: string }} options @param {Record<string, unknown>} bundle */
  writeBundle({ dir = dist }, bundle) {
    Object.keys(bundle).forEach((name) => made.add(join(dir, name)));
  },
};

/** What every call of the command line loads, and what those load besides that go to Redis. */
const LOADED_BY_PROGRAMS = {
  commands: ['cli/command-line.js'],
  redis: [
    'cli/backend/open-backend.js',
    'cli/backend/redis-backend.js',
    'core/store/redis/redis-store.js',
    'cli/commands/shared.js',
    'cli/commands/status.js',
  ],
};

/**
 * What is run, as the compiler leaves it in one folder, packed into another.
 * @param {string} from
 * @param {string} to
 */
export function packPrograms(from, to) {
  const loadedTogether = together(LOADED_BY_PROGRAMS, from);
  return defineConfig({
    input: Object.fromEntries(PROGRAMS.map((entry) => [entry, join(from, `${entry}.js`)])),
    platform: 'node',
    external: (id) =>
      /^[^./\0]/.test(id) && !PACKED_IN_PROGRAMS.includes(id) && !REQUIRED_BY_PROGRAMS.has(id),
    resolve: {
      alias: { rxjs: fileURLToPath(new URL('node_modules/rxjs/dist/esm/index.js', import.meta.url)) },
    },
    treeshake: { moduleSideEffects: (id) => !id.includes('/rxjs/') },
    output: {
      dir: to,
      format: 'esm',
      chunkFileNames: 'cli/chunks/[name]-[hash].js',
      comments: { jsdoc: false },
      codeSplitting: loadedTogether.codeSplitting,
    },
    plugins: [
      keep,
      loadedTogether.plugin,
      {
        name: 'require-what-is-called-for',
        resolveId: (id) => (REQUIRED_BY_PROGRAMS.has(id) ? `\0required:${id}` : undefined),
        load: (id) => {
          const [, name] = /^\0required:(.+)$/.exec(id) ?? [];
          return (
            name &&
            `import { createRequire } from 'node:module';
const required = createRequire(import.meta.url)('${name}');
export const { Redis, Cluster } = required;`
          );
        },
      },
    ],
  });
}

/**
 * Packs the modules that applications import, as the compiler leaves them in one folder, into a few files in another: importing a
 * hundred of them would take an application five times as long. What is loaded on demand stays apart, and so do dependencies.
 * @param {string} from
 * @param {string} to
 * @param {import('rolldown').Plugin[]} plugins
 */
export function packLibrary(from, to, plugins = []) {
  const loadedTogether = together(LOADED_BY_APPLICATIONS, from);
  return defineConfig({
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(from, `${entry}.js`)])),
    platform: 'node',
    external: (id) => /^[^./]/.test(id) && !PACKED.includes(id),
    output: {
      dir: to,
      format: 'esm',
      chunkFileNames: 'chunks/[name]-[hash].js',
      comments: { jsdoc: false },
      codeSplitting: loadedTogether.codeSplitting,
    },
    plugins: [keep, loadedTogether.plugin, ...plugins],
  });
}

/** In place: declarations stay where they are. */
const packages = packLibrary(dist, dist, [
  {
    name: 'add-licenses-of-what-is-packed',
    async writeBundle() {
      const licenses = await Promise.all(
        PACKED_IN_PROGRAMS.map(async (name) => {
          const text = await readLicense(new URL(`node_modules/${name}/`, import.meta.url));
          return `${name}\n\n${text.trim()}\n`;
        }),
      );
      await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenses.join('\n\n'));
    },
  },
  {
    name: 'remove-packed-modules',
    async writeBundle() {
      const files = await readdir(dist, { recursive: true });
      const packed = files
        .map((file) => join(dist, file))
        .filter((file) => file.endsWith('.js') && !made.has(file));
      await Promise.all(packed.map((file) => rm(file)));
    },
  },
]);

/** @param {URL} folder of a package */
async function readLicense(folder) {
  const file = (await readdir(folder)).find((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
  return readFile(new URL(file ?? 'LICENSE', folder), 'utf8');
}

// one after the other: what is left over is removed last
export default [packPrograms(dist, dist), packages];
