import { request } from '../../support/http.js';
import { alternate, startFarm, warmUp, type Rounds } from '../alternate.js';
import type { Variant } from '../apps/http-app.js';
import type { Report } from '../report.js';
import type { Effort } from '../main.js';
import { onOneCore } from '../one-core.js';
import { Server } from '../server.js';

type Adapter = Variant['adapter'];
type Name = 'ok' | 'same' | 'ready' | 'fresh' | 'site' | 'guard';

const ACCEPT = { json: 'application/json', html: 'text/html' };
const KINDS = (['json', 'html'] as const).flatMap((body) =>
  [32, 256].map((connections) => ({ body, connections })),
);

/** Headers that cost whoever reads all of them: a refusal must not cost twice a bare answer to the same. */
const HOSTILE = {
  '15 kB of commas in Accept': ','.repeat(15_000),
  '15 kB of weights in Accept': 'text/html;q=0.5,'.repeat(937),
};

/** How many refusals a closed site can give, and whether its memory stays flat meanwhile. */
export async function refusal(report: Report, effort: Effort): Promise<void> {
  for (const adapter of ['fastify', 'express'] as const) {
    await onOneCore(() => storm(report, effort, adapter));
  }
}

async function storm(report: Report, { rounds, processes }: Effort, adapter: Adapter): Promise<void> {
  const bodies = await refusalsOf(adapter);
  const app = (kind: Variant['kind'], more: Partial<Variant> = {}): Variant => ({
    adapter,
    kind,
    ...bodies,
    ...more,
  });
  const farm = await startFarm<Name>(
    {
      ok: app('bare'),
      ready: app('buffer'),
      same: app('buffer'),
      fresh: app('throw'),
      site: app('module', { coverage: 'site', closed: true }),
      guard: app('module', { closed: true }),
    },
    { processes, connections: 256, status: (name) => (name === 'ok' ? 200 : 503) },
  );
  try {
    await warmUp(
      farm,
      8_000,
      ...KINDS.map(({ body, connections }) => ({ accept: ACCEPT[body], connections })),
    );
    for (const { body, connections } of KINDS) {
      const measured = await alternate(farm, rounds, { accept: ACCEPT[body], connections });
      rows(report, adapter, `${body === 'json' ? 'JSON' : 'page'}, ${connections} connections`, measured);
    }
    for (const [what, accept] of Object.entries(HOSTILE)) {
      hostile(report, adapter, what, await alternate(farm, rounds, { accept, connections: 32 }));
    }
  } finally {
    await farm.stop();
  }
  report.add({
    section: 'refusal',
    what: `${adapter}: heap after the storm`,
    beside: 'before it',
    median: await growth([
      app('module', { coverage: 'site', closed: true }),
      app('module', { closed: true }),
    ]),
    spread: undefined,
    limit: { most: 1.05 },
  });
}

/** How the heap grows in a storm; in processes of their own, since a forced collection throws compiled code away. */
async function growth(variants: readonly Variant[]): Promise<number> {
  const heaps = { before: 0, after: 0 };
  for (const variant of variants) {
    const server = await Server.start(variant, 256, 503);
    const storm = async (): Promise<number> => {
      for (let i = 0; i < 20; i++) {
        for (const { body, connections } of KINDS) {
          await server.slice(50, { accept: ACCEPT[body], connections });
        }
      }
      return server.heap();
    };
    heaps.before += await storm();
    heaps.after += await storm();
    await server.stop();
  }
  return heaps.after / heaps.before;
}

function rows(report: Report, adapter: Adapter, what: string, measured: Rounds<Name>): void {
  const row = (name: Name, reference: Name, beside: string, least: number): void =>
    report.values(
      {
        section: 'refusal',
        what: `${adapter}, ${name === 'site' ? "coverage 'site'" : 'guard alone'}: ${what}`,
        beside,
        limit: { least },
      },
      measured.capacity(name, reference),
    );
  report.control('refusal', `${adapter}: ${what}`, measured.capacity('same', 'ready'));
  row('site', 'ready', 'a middleware that writes a ready buffer', 0.9);
  if (adapter === 'express') {
    row('site', 'ok', 'the bare 200', 1.3);
  }
  row('guard', 'fresh', 'a guard that throws a fresh HttpException', adapter === 'fastify' ? 1.3 : 1.05);
}

function hostile(report: Report, adapter: Adapter, what: string, measured: Rounds<Name>): void {
  report.control('refusal', `${adapter}: ${what}`, measured.capacity('same', 'ready'));
  for (const name of ['site', 'guard'] as const) {
    report.values(
      {
        section: 'refusal',
        what: `${adapter}, ${name === 'site' ? "coverage 'site'" : 'guard alone'}: ${what}`,
        beside: 'the bare 200 with the same headers',
        limit: { least: 0.5 },
      },
      measured.capacity(name, 'ok'),
    );
  }
}

/** What the module answers: the references answer with the same. */
async function refusalsOf(adapter: Adapter): Promise<{ json: string; html: string }> {
  const server = await Server.start({ adapter, kind: 'module', closed: true }, 0);
  try {
    const { port } = server.child.facts;
    const [json, html] = await Promise.all(
      Object.values(ACCEPT).map(async (accept) => (await request(port, '/', { headers: { accept } })).text),
    );
    return { json: json ?? '', html: html ?? '' };
  } finally {
    await server.stop();
  }
}
