import * as fc from 'fast-check';
import type { MaintenanceService } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTECTED } from '../hostile/corpus.js';
import { startSite, type Site } from '../hostile/app.js';
import { adapters } from '../support/apps.js';
import { frame, RawWebSocket } from '../support/raw-web-socket.js';
import { runs } from './runs.js';

const { numRuns } = runs;
/** Each run takes connections of its own. */
const timeout = 30_000 + numRuns * 50;

const namespace = fc.constantFrom(
  '/maintenance,',
  '/maintenance,',
  '/maintenance,',
  '/other,',
  '',
  '/',
  ',,',
);
const ackId = fc.constantFrom('', '1', '1', '2', '00', '9'.repeat(30), '-1', '1.5', '1e3');
const name = fc.constantFrom(
  'ping',
  'ping',
  'ping',
  'status',
  'error',
  'disconnect',
  'newListener',
  '__proto__',
  'constructor',
);
const key = fc.oneof(
  fc.constantFrom('general', 'billing', 'hidden-key', '__proto__', 'constructor', ''),
  fc.string({ unit: 'binary' }),
);
const query = fc.oneof(
  key.map((value) => JSON.stringify({ key: value })),
  fc.constantFrom(
    '{}',
    'null',
    '{"__proto__":{"key":"hidden-key"}}',
    '{"key":{"_placeholder":true,"num":0}}',
  ),
  fc.json(),
);
const body = fc.oneof(
  fc
    .tuple(name, fc.array(query, { maxLength: 3 }))
    .map(([event, args]) => `[${[JSON.stringify(event), ...args].join(',')}]`),
  fc.json(),
  fc.string(),
);
const packet = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(namespace, ackId, body).map(([nsp, ack, json]) => `42${nsp}${ack}${json}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('0', '1', '3', '4', '5', '6', '51-', '52-', '61-', '5-', '599999999999-', '9'),
        namespace,
        ackId,
        body,
      )
      .map((parts) => `4${parts.join('')}`),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...'0123456b', ''), fc.string()).map((parts) => parts.join('')),
  },
);
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
const header = fc.record(
  {
    opcode: fc.nat({ max: 15 }),
    fin: fc.boolean(),
    rsv: fc.nat({ max: 7 }),
    mask: fc.boolean(),
    length: fc.oneof(fc.nat({ max: 200 }), fc.constantFrom(126, 65_536, 2 ** 31, 2 ** 53, 2 ** 62)),
  },
  { requiredKeys: [] },
);
/** A frame: mostly whole, so that what is in it gets somewhere. */
const sent = fc.oneof(
  { weight: 6, arbitrary: packet.map((text) => frame(text)) },
  { weight: 1, arbitrary: bytes.map((value) => frame(value, { opcode: 2 })) },
  { weight: 1, arbitrary: fc.tuple(fc.oneof(packet, bytes), header).map(([part, how]) => frame(part, how)) },
  { weight: 1, arbitrary: bytes },
);

const PING = '42/maintenance,7["ping",{"key":"general"}]';

describe.each(adapters)('any packet on %s', (_name, createApp) => {
  let site: Site;
  let before: Awaited<ReturnType<MaintenanceService['getKeyData']>>;
  const strays: unknown[] = [];
  const stray = (error: unknown): void => void strays.push(error);

  beforeAll(async () => {
    process.on('uncaughtException', stray).on('unhandledRejection', stray);
    site = await startSite(createApp);
    before = await site.service.getKeyData();
  });
  afterAll(async () => {
    await site.close();
    process.off('uncaughtException', stray).off('unhandledRejection', stray);
  });

  /** Somebody else is answered, as ever. */
  async function othersAreServed(): Promise<void> {
    // by a connection of its own: one that asked this often would be cut off
    using bystander = await RawWebSocket.open(site.port);
    await bystander.join();
    bystander.send(PING);
    const pong = await bystander.next((text) => text.startsWith('43/maintenance,7'), 'an answer');
    expect(pong).toContain('"currentMode":true');
    expect(strays).toEqual([]);
  }

  it('is answered, ignored, or ends its connection', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(sent, { maxLength: 8 }), async (joins, parts) => {
        using client = await RawWebSocket.open(site.port);
        if (joins) {
          await client.join();
        }
        client.send(...parts, frame('', { opcode: 9 }));
        // a frame that claims to be longer than it is swallows the ping
        for (let round = 0; round < 3 && client.pongs === 0 && !client.closed; round++) {
          await othersAreServed();
        }
        await othersAreServed();
        expect(client.received.filter((text) => !isSound(text))).toEqual([]);
        expect(PROTECTED.filter((text) => client.received.join().includes(text))).toEqual([]);
      }),
      { numRuns },
    );
    expect(await site.service.getKeyData()).toEqual(before);
  });

  it('that is a ping gets the requested answer', { timeout }, async () => {
    const argument = fc.oneof(
      fc.jsonValue(),
      fc.record({ key: fc.oneof(fc.constantFrom('general', 'hidden-key', '__proto__'), fc.jsonValue()) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { maxLength: 2 }), async (args) => {
        using client = await RawWebSocket.open(site.port);
        await client.join();
        client.send(`42/maintenance,1${JSON.stringify(['ping', ...args])}`);
        const text = await client.next((packet) => packet.startsWith('43/maintenance,1['), 'the answer');
        const [pong] = JSON.parse(text.slice(text.indexOf('['))) as [Record<string, unknown>];
        expect(Object.keys(pong).toSorted()).toEqual(expected(JSON.parse(JSON.stringify(args)) as unknown[]));
      }),
      { numRuns },
    );
  });
});

/** The packets that a client may be sent. */
function isSound(text: string): boolean {
  const [, json] = /^43\/maintenance,[^[]*(\[.*)$/s.exec(text) ?? [];
  if (json === undefined) {
    return /^(0\{|2$|40|44|42\/maintenance,\["status",\{"maintenanceMode":true,)/.test(text);
  }
  const [pong] = JSON.parse(json) as [Record<string, unknown>];
  return pong['maintenanceMode'] === true && 'modes' in pong !== (typeof pong['error'] === 'string');
}

/** Members of the answer to a ping with these arguments. */
function expected(args: unknown[]): string[] {
  const [query = {}] = args as [Record<string, unknown>?];
  const isQuery = args.length < 2 && typeof query === 'object' && query !== null && !Array.isArray(query);
  if (!isQuery || !['undefined', 'string'].includes(typeof query['key'])) {
    return ['error', 'maintenanceMode'];
  }
  const told = ['maintenanceMode', 'message', 'modes', 'retryAfter', 'revision', 'spread', 'until'];
  return ['general', 'billing'].includes(String(query['key'])) ? ['currentMode', ...told] : told;
}
