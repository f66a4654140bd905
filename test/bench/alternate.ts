import type { Load } from './load.js';
import { Server, type Slice } from './server.js';
import { shuffle } from './statistics.js';
import type { Variant } from './apps/http-app.js';

/**
 * Milliseconds of one slice: short, so that what else the machine does meets all variants alike, but not so short that it is
 * mostly about finding the processor's caches filled by others.
 */
const SLICE = 60;

/** Variants by name; each is served by several fresh processes, since identical ones differ. */
export type Group<Name extends string> = Record<Name, Variant>;

export interface Farm<Name extends string> {
  readonly servers: ReadonlyMap<Name, readonly Server[]>;
  stop(): Promise<void>;
}

export async function startFarm<Name extends string>(
  group: Group<Name>,
  { processes, connections, status = () => 200 }: FarmOptions<Name>,
): Promise<Farm<Name>> {
  const servers = new Map<Name, Server[]>();
  for (let i = 0; i < processes; i++) {
    for (const name of shuffle(Object.keys(group) as Name[])) {
      const server = await Server.start(group[name], connections, status(name));
      servers.set(name, [...(servers.get(name) ?? []), server]);
    }
  }
  return {
    servers,
    stop: async () => void (await Promise.all([...servers.values()].flat().map((s) => s.stop()))),
  };
}

interface FarmOptions<Name extends string> {
  readonly processes: number;
  readonly connections: number;
  readonly status?: (name: Name) => number;
}

/** One kind of request, sent to all. */
export type Request = NonNullable<Parameters<Load['run']>[1]>;

/** What each round of slices cost, by variant. */
export class Rounds<Name extends string> {
  constructor(private readonly rounds: readonly Map<Name, Slice>[]) {}

  /** CPU time per request, `name` to `reference`, of each round. */
  cpu(name: Name, reference: Name): number[] {
    return this.ratios(name, reference, ({ cpu, requests }) => cpu / requests);
  }

  /** Requests per second of the server's CPU time, `name` to `reference`, of each round. */
  capacity(name: Name, reference: Name): number[] {
    return this.ratios(name, reference, ({ cpu, requests }) => requests / cpu);
  }

  /** Requests per second of the wall clock, `name` to `reference`, of each round. */
  throughput(name: Name, reference: Name): number[] {
    return this.ratios(name, reference, ({ wall, requests }) => requests / wall);
  }

  /** Of one variant: requests per second of CPU time. */
  perSecond(name: Name): number[] {
    return this.rounds.map((round) => {
      const { requests, cpu } = round.get(name) as Slice;
      return (requests / cpu) * 1000;
    });
  }

  private ratios(name: Name, reference: Name, of: (slice: Slice) => number): number[] {
    return this.rounds.map((round) => of(round.get(name) as Slice) / of(round.get(reference) as Slice));
  }
}

/** Slices of all processes in random order, round after round; the processes of a variant are added up per round. */
export async function alternate<Name extends string>(
  { servers }: Farm<Name>,
  rounds: number,
  request?: Request,
): Promise<Rounds<Name>> {
  const all = [...servers].flatMap(([name, list]) => list.map((server) => ({ name, server })));
  const done: Map<Name, Slice>[] = [];
  for (let i = 0; i < rounds; i++) {
    const round = new Map<Name, Slice>();
    for (const { name, server } of shuffle([...all])) {
      const { requests, cpu, wall } = await server.slice(SLICE, request);
      const sum = round.get(name) ?? { requests: 0, cpu: 0, wall: 0 };
      round.set(name, { requests: sum.requests + requests, cpu: sum.cpu + cpu, wall: sum.wall + wall });
    }
    done.push(round);
  }
  return new Rounds(done);
}

/**
 * Lets every process compile what it runs often: each answers so many requests of each kind, by turns. One kind after the
 * other would leave it with code that is made for the last of them.
 */
export async function warmUp<Name extends string>(
  { servers }: Farm<Name>,
  count: number,
  ...requests: Request[]
): Promise<void> {
  const kinds = requests.length > 0 ? requests : [{}];
  for (const server of [...servers.values()].flat()) {
    for (let done = 0; done < count * kinds.length;) {
      for (const kind of kinds) {
        done += (await server.slice(SLICE, kind)).requests;
      }
    }
  }
}
