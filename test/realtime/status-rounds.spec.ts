import { NEVER, Subject } from 'rxjs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import type { AnnouncedChange } from '../../lib/core/document/seen-change.js';
import type { Channel } from '../../lib/realtime/channel.js';
import { StatusRounds } from '../../lib/realtime/status-rounds.js';

/** More than fit into one slice, so that a round takes several turns of the event loop. */
const CROWD = 500;

class Client {
  readonly told: number[] = [];
  constructor(readonly language: string) {}
}

/** Clients in this process, so that a spec says what happens between two slices. */
class Crowd implements Channel<Client> {
  readonly all: Client[] = [];
  /** How often it was found out what visitors may know. */
  reads = 0;
  private readonly changes = new Subject<AnnouncedChange>();
  private revision = 0;
  private readonly rounds: StatusRounds<Client>;

  constructor() {
    const forAll = (): MaintenanceStatusMessage => ({ revision: this.revision }) as MaintenanceStatusMessage;
    const variant = (listener: unknown): string => (listener as Client).language;
    const reporter = { personal: false, variant, forAll, forInsider: forAll };
    const news = { planned: NEVER, progress: NEVER, certainty: NEVER, fingerprint: '' };
    Object.defineProperty(news, 'fingerprint', { get: () => (this.reads++, String(this.revision)) });
    this.rounds = new StatusRounds({ changes: this.changes }, reporter, news, this);
  }

  join(language = ''): Client {
    const client = new Client(language);
    this.all.push(client);
    this.rounds.welcome(client);
    return client;
  }

  change(): void {
    this.revision++;
    this.changes.next({} as AnnouncedChange);
  }

  clients = () => this.all;
  isHere = () => true;
  listener = (client: Client) => client;
  ask = () => ({ answer: Promise.resolve(false), inTime: Promise.resolve(false) });
  send = (client: Client, { revision }: MaintenanceStatusMessage) => void client.told.push(revision);
  prepare = (status: MaintenanceStatusMessage) => (client: Client) => this.send(client, status);
}

/** Until a round has told its first slice: what is announced is sent at the end of the turn. */
const firstSlice = () => Promise.resolve();
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
};

async function crowd(): Promise<Crowd> {
  const made = new Crowd();
  for (let one = 0; one < CROWD; one++) made.join();
  await settled();
  expect(made.all.every(({ told }) => told.join() === '0')).toBe(true);
  return made;
}

describe('a round that takes several turns', () => {
  it('loses no change for a client that connects while the previous one is due', async () => {
    const all = await crowd();
    all.change();
    await firstSlice();
    all.change();
    const late = all.join();
    await firstSlice();
    await firstSlice();
    all.change();
    await settled();
    expect(late.told).toEqual([2, 3]);
    for (const { told } of all.all) {
      expect(told.at(-1)).toBe(3);
      expect(told).toEqual([...new Set(told)]);
    }
  });

  it('sends no client a message twice that was prepared after the next change', async () => {
    const all = await crowd();
    const german = Array.from({ length: 100 }, () => all.join('de'));
    await settled();
    all.change();
    await firstSlice();
    // these are in a later slice
    all.change();
    await settled();
    for (const { told } of german) {
      expect(told).toEqual([0, 2]);
    }
    expect(all.all[0]?.told).toEqual([0, 1, 2]);
    expect(all.all[CROWD - 1]?.told).toEqual([0, 1, 2]);
  });
});

it('a round costs nothing without listeners, and later clients learn of the next change', async () => {
  const nobody = new Crowd();
  nobody.change();
  nobody.change();
  await settled();
  expect(nobody.reads).toBe(0);
  const first = nobody.join();
  await settled();
  nobody.change();
  await settled();
  expect(first.told).toEqual([2, 3]);
});
