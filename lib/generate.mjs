// Makes the generated constants of lib/: what ships with the library and is not TypeScript, as text, so that nothing is
// read from disk at run time. Run before the compiler and the tests; writes a file only when its text has changed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserCode } from './browser/generate.mjs';

const lib = fileURLToPath(new URL('.', import.meta.url));

/** The text of every generated file below lib/. */
const makeFiles = async () => ({
  'core/store/redis/redis-scripts.generated.ts': luaScripts(),
  'core/version.generated.ts': version(),
  ...(await browserCode(`${lib}browser/`)),
});

/** Brings all generated files up to date. */
export async function generate() {
  for (const [file, made] of Object.entries(await makeFiles())) {
    const text = `// Made by generate.mjs; change the sources.\n\n${made}`;
    if (read(file) !== text) {
      writeFileSync(lib + file, text);
    }
  }
}

function version() {
  const { version } = JSON.parse(readFileSync(`${lib}../package.json`, 'utf8'));
  return `/** The version of this library. */\nexport const LIBRARY_VERSION = ${JSON.stringify(version)};\n`;
}

/** One constant for each Lua script, with the parts that it includes: `core/store/redis/scripts/sync.lua` becomes `SYNC`. */
function luaScripts() {
  const folder = `${lib}core/store/redis/scripts/`;
  const source = (/** @type {string} */ name) => readFileSync(`${folder}${name}.lua`, 'utf8');
  return readdirSync(folder)
    .flatMap((file) => /^(\w+)\.lua$/.exec(file)?.[1] ?? [])
    .map((name) => {
      const text = source(name).replace(/^--- @include "(.+)"$/gm, (_, part) => source(part).trimEnd());
      return `/** scripts/${name}.lua */\nexport const ${name.toUpperCase()} = ${literal(text)};\n`;
    })
    .join('\n');
}

/** Text as a template literal, which stays readable and can be patched by the fault machine. */
const literal = (/** @type {string} */ text) => `\`${text.replace(/[\\`]|\$(?=\{)/g, '\\$&')}\``;

function read(/** @type {string} */ file) {
  try {
    return readFileSync(lib + file, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await generate();
}
