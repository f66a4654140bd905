import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
export const optionalPeers = Object.keys(manifest.peerDependenciesMeta);
export const requiredPeers = Object.keys(manifest.peerDependencies).filter(
  (name) => !optionalPeers.includes(name),
);

/** The tarball that would be published, and an application's folder that has it installed without optional peers. */
export class PackedPackage {
  private constructor(
    readonly tarball: string,
    readonly files: readonly string[],
    readonly app: string,
  ) {}

  static async create(): Promise<PackedPackage> {
    await requireFreshBuild();
    const folder = await mkdtemp(join(tmpdir(), 'maintenance-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
    const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
    if (!packed) throw new Error('npm pack has packed nothing');
    const tarball = join(folder, packed.filename);
    const files = packed.files.map(({ path }) => path);
    const created = new PackedPackage(tarball, files, join(folder, 'app'));
    await created.#install();
    return created;
  }

  /** The folder of the installed package. */
  get folder(): string {
    return join(this.app, 'node_modules', manifest.name);
  }

  /** Runs a script of the application and gives what it prints. */
  async run(file: string, source: string): Promise<string> {
    await writeFile(join(this.app, file), source);
    const { stdout } = await run(process.execPath, [file], { cwd: this.app });
    return stdout.trim();
  }

  /** Runs a development tool on the tarball: its output, and whether it was content. */
  async inspect(tool: string, ...args: string[]): Promise<{ clean: boolean; output: string }> {
    const command = join(root, 'node_modules/.bin', tool);
    return run(command, [this.tarball, ...args]).then(
      ({ stdout }) => ({ clean: true, output: stdout }),
      (error: { stdout: string; stderr: string }) => ({ clean: false, output: error.stdout + error.stderr }),
    );
  }

  async remove(): Promise<void> {
    await rm(dirname(this.tarball), { recursive: true, force: true });
  }

  /** As npm would, but offline: what the package asks for is linked from this repository. */
  async #install(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await run('tar', ['-xzf', this.tarball, '-C', this.folder, '--strip-components=1']);
    for (const name of [...Object.keys(manifest.dependencies), ...requiredPeers]) {
      const link = join(this.app, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(root, 'node_modules', name), link);
    }
  }
}

async function requireFreshBuild(): Promise<void> {
  const built = join(root, 'dist/index.js');
  const sources = await readdir(join(root, 'lib'), { recursive: true, withFileTypes: true });
  const changes = sources.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  const newest = Math.max(...(await Promise.all(changes)));
  if (!existsSync(built) || (await stat(built)).mtimeMs < newest) {
    throw new Error('dist/ is missing or older than lib/: run `npm run build` first');
  }
}
