import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { end, hasEnded } from '../support/process.js';
import { until } from '../support/until.js';
import { MAIN, resultOf, startCli, type CliResult } from './cli.js';

/** The shortest there is: asked to end after 3 s, killed after 3.5 s. */
export const LEASE = 6_000;

/** A migration that writes down when it lives, 50 times a second; it ends when it is asked to, or not at all. */
const MIGRATION = `
  const { appendFileSync } = require('node:fs');
  const [journal, name, stubborn, ms] = process.argv.slice(2);
  const write = (what) => appendFileSync(journal, name + ' ' + what + ' ' + Number(process.hrtime.bigint() / 1000000n) + '\\n');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2']) {
    process.on(signal, () => { write(signal); if (signal !== 'SIGUSR2' && stubborn !== 'stubborn') process.exit(9); });
  }
  write('begun:' + process.env.MAINTENANCE_KEY + ':' + process.env.MAINTENANCE_FENCE);
  setInterval(() => write('alive'), 20);
  if (ms) setTimeout(() => process.exit(0), Number(ms));
`;

interface Line {
  readonly name: string;
  readonly what: string;
  readonly at: number;
}

interface Wish {
  /** Reached by this way. */
  readonly url?: string;
  /** It heeds no TERM. */
  readonly stubborn?: boolean;
  /** Milliseconds until it is done. */
  readonly ms?: number;
  readonly args?: readonly string[];
  /** A key under which it runs itself, by another `run` with a long lease. */
  readonly within?: string;
}

/** Migrations under `run`, in a namespace of their own, and what becomes of them. */
export class Migrations implements AsyncDisposable {
  private readonly started: ChildProcess[] = [];

  private constructor(
    private readonly url: string,
    readonly key: string,
    readonly namespace: string,
    private readonly folder: string,
    readonly watcher: StandaloneMaintenance,
  ) {}

  /** @param namespace default: one in which nobody else is */
  static async prepare(
    url: string,
    { key = 'general', namespace = randomUUID() }: { key?: string; namespace?: string } = {},
  ): Promise<Migrations> {
    const folder = await mkdtemp(join(tmpdir(), 'maintenance-run-'));
    await writeFile(join(folder, 'migration.cjs'), MIGRATION);
    const watcher = await createMaintenance({ redis: url, namespace });
    return new Migrations(url, key, namespace, folder, watcher);
  }

  /** Starts one. */
  run(
    name: string,
    { url = this.url, stubborn = false, ms, args = [], within }: Wish = {},
  ): { child: ChildProcess; result: Promise<CliResult> } {
    const file = join(this.folder, 'migration.cjs');
    const kind = stubborn ? 'stubborn' : 'polite';
    const work = [process.execPath, file, this.journal, name, kind, ...(ms ? [String(ms)] : [])];
    const ours = ['--redis', url, '--namespace', this.namespace, '--lease', `${LEASE}ms`, ...args];
    const inner = ['--redis', url, '--namespace', this.namespace, '--lease', '10m', '--'];
    const command = within ? [process.execPath, MAIN, 'run', within, ...inner, ...work] : work;
    const child = startCli(['run', this.key, ...ours, '--', ...command]);
    this.started.push(child);
    return { child, result: resultOf(child) };
  }

  async lines(name?: string): Promise<Line[]> {
    const text = await readFile(this.journal, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string, string])
      .map(([who, what, at]) => ({ name: who, what, at: Number(at) }))
      .filter((line) => name === undefined || line.name === name);
  }

  async begun(name: string): Promise<void> {
    const has = async () => (await this.lines(name)).some(({ what }) => what.startsWith('begun'));
    await until(has, { timeout: 30_000, what: `${name} to begin` });
  }

  /** Milliseconds between the last breath of the first and the begin of the second; negative: they lived side by side. */
  async between(one: string, two: string): Promise<number> {
    // one that was ended before it was begun has never lived
    const last = (await this.lines(one)).at(-1)?.at ?? -Infinity;
    const first = (await this.lines(two))[0]!.at;
    return first - last;
  }

  async isOn(): Promise<boolean> {
    await this.watcher.refresh();
    return this.watcher.isActive(this.key);
  }

  async state() {
    return (await this.watcher.getKeyData())[this.key]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.started.map((child) => (hasEnded(child) ? undefined : end(child))));
    await this.watcher.unsetMaintenance(this.key).catch(() => undefined);
    await this.watcher.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get journal(): string {
    return join(this.folder, 'journal');
  }
}
