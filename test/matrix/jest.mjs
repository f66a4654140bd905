// Runs the configurations of Jest in docs/testing.md for real: with the packed library, Jest and the Nest they are for, in an
// application's folder outside of this repository, whose node_modules must not lend anything.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeOf } from './nodes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The application; its spec has a name of its own, so that Vitest leaves it alone. */
/** The application; its spec has a name that Vitest leaves alone. */
const app = fileURLToPath(new URL('jest/', import.meta.url));
const RECIPE =
  /^```js\n(\/\/ jest\.config\.js: Nest ([\d and]+), (ES modules|CommonJS)(?:, Node (\d+))?\n.*?)^```$/gms;
const NEST = ['common', 'core', 'testing', 'platform-express', 'websockets', 'platform-socket.io'];
const TOOLS = ['jest@30', '@types/jest@30', 'ts-jest@29', '@swc/jest', '@swc/core', 'typescript@5'];
const OTHERS = ['reflect-metadata', 'rxjs', 'class-validator', 'class-transformer'];

/** As in Nest's own starter. */
const COMPILER = {
  target: 'ES2023',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  esModuleInterop: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strictNullChecks: true,
  skipLibCheck: true,
  types: ['jest', 'node'],
};

const page = readFileSync(`${root}docs/testing.md`, 'utf8');
const blocks = [...page.matchAll(RECIPE)];
if (blocks.length === 0 || blocks.length !== page.split('// jest.config.js').length - 1) {
  throw new Error(`Only ${blocks.length} configurations of docs/testing.md were understood.`);
}
const recipes = blocks.flatMap(([, config = '', nests = '', kind = '', node]) =>
  nests.split(' and ').map((nest) => ({ config, nest, esm: kind === 'ES modules', node })),
);

const work = mkdtempSync(join(tmpdir(), 'maintenance-jest-'));
let failed = 0;
try {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' });
  const tarball = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work], {
    cwd: root,
  });
  for (const nest of new Set(recipes.map((recipe) => recipe.nest))) {
    const folder = `${work}/nest-${nest}`;
    mkdirSync(folder);
    writeFileSync(`${folder}/package.json`, '{ "private": true }');
    const packages = [
      `${work}/${tarball.toString().trim()}`,
      ...NEST.map((name) => `@nestjs/${name}@${nest}`),
    ];
    execFileSync(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', ...packages, ...TOOLS, ...OTHERS],
      {
        cwd: folder,
        stdio: 'inherit',
      },
    );
  }
  recipes.forEach(({ config, nest, esm, node }, index) => {
    const folder = `${work}/recipe-${index}`;
    mkdirSync(folder);
    symlinkSync(`../nest-${nest}/node_modules`, `${folder}/node_modules`);
    writeFileSync(`${folder}/package.json`, JSON.stringify({ type: esm ? 'module' : 'commonjs' }));
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: COMPILER }));
    writeFileSync(`${folder}/jest.config.js`, config);
    copyFileSync(`${app}app.module.ts`, `${folder}/app.module.ts`);
    const spec = readFileSync(`${app}app.spec.txt`, 'utf8');
    writeFileSync(`${folder}/app.spec.ts`, esm ? spec : spec.replace('./app.module.js', './app.module'));
    const flags = esm || node !== undefined ? ['--experimental-vm-modules'] : [];
    const binary = node === undefined ? process.execPath : nodeOf(node);
    const jest = [...flags, 'node_modules/jest/bin/jest.js', '--ci', '--runInBand'];
    const { status, stderr } = spawnSync(binary, jest, { cwd: folder, encoding: 'utf8' });
    // a suite without tests has tested nothing
    const passed = status === 0 && stderr.includes('2 passed, 2 total');
    failed += passed ? 0 : 1;
    const tool = config.includes('@swc/jest') ? '@swc/jest' : 'ts-jest';
    const modules = esm ? 'ES modules' : 'CommonJS';
    console.log(
      `${passed ? 'works' : 'FAILS'}: Nest ${nest}, ${modules}, ${tool}, Node ${node ?? process.versions.node}`,
    );
    if (!passed) {
      console.log(stderr);
    }
  });
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
