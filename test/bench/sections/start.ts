import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { RedisServer } from '../../support/redis.js';
import { onOneCore } from '../one-core.js';
import { median, shuffle } from '../statistics.js';

const run = promisify(execFile);

/** What importing and starting cost; every value is of a fresh process. */
export const start = (report: Report, effort: Effort): Promise<void> =>
  onOneCore(() => costs(report, effort));

async function costs(report: Report, { rounds }: Effort): Promise<void> {
  const imported = await interleaved(rounds * 2, {
    nest: () => print<number>('import', 'nest'),
    same: () => print<number>('import', 'nest'),
    library: () => print<number>('import', 'library'),
  });
  const reference = median(imported.nest);
  const ratios = (values: number[]): number[] => values.map((value) => value / reference);
  report.control('start', 'CPU of importing Nest', ratios(imported.same));
  report.values(
    {
      section: 'start',
      what: 'importing the main entry',
      beside: 'importing Nest alone',
      limit: { most: 1.03 },
    },
    ratios(imported.library),
  );
  await starting(report, rounds);
  await commandLine(report, rounds);
}

/** Prints the CPU time of its process, in ms, when that ends. */
const METER =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();' +
  'process.stderr.write("CPU "+(user+system)/1000)})';

/** CPU ms of one call of the command line, and of Node with nothing to do. */
async function commandLine(report: Report, rounds: number): Promise<void> {
  await using redis = await RedisServer.start();
  const main = fileURLToPath(new URL('../../../../../dist/cli/main.js', import.meta.url));
  const cpu = async (...args: string[]): Promise<number> => {
    const { stderr } = await run(process.execPath, ['--import', METER, ...args]);
    return Number(/CPU ([\d.]+)/.exec(stderr)?.[1]);
  };
  const spent = await interleaved(rounds, {
    node: () => cpu('-e', '0'),
    status: () => cpu(main, 'status', '--redis', redis.url),
  });
  const reference = median(spent.node);
  report.values(
    {
      section: 'start',
      what: 'nestjs-maintenance status, by Redis',
      beside: "CPU ms more than Node's own start",
      limit: { most: 150 },
    },
    spent.status.map((value) => value - reference),
  );
}

/** The module with its options, and with how many of the providers that bring a key; `without`: the same without the module. */
type Kind = 'default' | 'bare' | 'without' | 'keyed' | 'without-keyed';

export interface Started {
  cpu: number;
  heap: number;
}

async function starting(report: Report, rounds: number): Promise<void> {
  for (const providers of [10, 100, 1_000]) {
    const app = (kind: Kind) => startApp(providers, 0, kind);
    const started = await interleaved(Math.ceil(rounds / 2), {
      without: app('without'),
      default: app('default'),
      bare: app('bare'),
    });
    const reference = median(started.without.map(({ cpu }) => cpu));
    for (const [kind, options, most] of [
      ['default', 'default options', 120],
      ['bare', 'no socket, no admin', 40],
    ] as const) {
      report.values(
        {
          section: 'start',
          what: `starting with ${providers.toLocaleString('en')} providers, every tenth with a key: ${options}`,
          beside: 'CPU ms more than without the module',
          limit: providers === 10 ? { most } : undefined,
        },
        started[kind].map(({ cpu }) => cpu - reference),
      );
    }
  }
  const { none, thousand } = await interleaved(3, {
    none: startApp(0, 0, 'bare'),
    thousand: startApp(0, 1_000, 'bare'),
  });
  const reference = median(none.map(({ heap }) => heap));
  report.values(
    { section: 'start', what: 'memory of a key, of 1,000', beside: 'bytes', limit: undefined },
    thousand.map(({ heap }) => (heap - reference) / 1_000),
  );
}

/** Starts an application with so many providers, and keys by options. */
export const startApp = (providers: number, keys: number, kind: Kind) => (): Promise<Started> =>
  print('start-app', String(providers), String(keys), kind);

async function print<T>(app: string, ...args: string[]): Promise<T> {
  const file = fileURLToPath(new URL(`../apps/${app}.js`, import.meta.url));
  const { stdout } = await run(process.execPath, [file, ...args]);
  return JSON.parse(stdout) as T;
}

/** Values by name, the calls in random order, round after round. */
export async function interleaved<T, Name extends string>(
  rounds: number,
  calls: Record<Name, () => Promise<T>>,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(calls) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let i = 0; i < rounds; i++) {
    for (const name of shuffle([...names])) {
      values[name].push(await calls[name]());
    }
  }
  return values;
}
