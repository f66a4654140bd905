import { replicaOf, type Applied, type FaultKind, type Line, type Result, type Wish } from './history.js';

/** Milliseconds a write given up on may still be under way: `commandTimeout`, and what the machine may add. */
const UNDER_WAY = 1_100;
/** A process that noted nothing for so long (it beats every 250 ms) was standing still, whoever did it. */
const STALL = 1_500;
/** Between two outages so close a replica need not have been in touch. */
const BREATH = 2_500;

/** A stretch of time; what has not ended yet ends with the history. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

export interface Window extends Span {
  readonly kind: FaultKind | 'stall';
  readonly target: string;
  readonly line: Line;
}

/** A call of the library and all that came of it. */
export interface Op {
  readonly name: string;
  readonly process: string;
  readonly wish: Wish;
  readonly line: Line;
  readonly begin: number;
  /** After this it has no effect any more that it has not had yet, unless it is a hold. */
  end: number;
  result?: Result;
  died?: number;
  works: { t: number; fence: number; line: Line }[];
  acts: number[];
  aborted?: { t: number; why: string; line: Line };
  worked?: number;
}

/** A handler's run. */
export interface Handling extends Span {
  readonly process: string;
  readonly route: string;
  readonly line: Line;
}

/** A request as its client saw it. */
export interface Request {
  readonly route: string;
  readonly replica: string;
  readonly sent: number;
  readonly got: number;
  readonly status: number;
  readonly message?: string;
  /** Until when it is refused. */
  readonly until?: number;
  readonly visitor?: string;
  readonly line: Line;
}

/** A history, put in order for those who judge it. */
export class Evidence {
  readonly ops = new Map<string, Op>();
  readonly handlings: Handling[] = [];
  readonly requests: Request[] = [];
  readonly windows: Window[] = [];
  readonly applied: { process: string; applied: Applied; line: Line }[] = [];
  readonly deaths = new Map<string, number>();
  /** When processes first said that they were there. */
  readonly births = new Map<string, number>();
  /** When Redis has lost its data while somebody was out of touch: what was known may be lost with it. */
  readonly resets: number[];
  readonly last: number;
  readonly #outages = new Map<string, readonly Span[]>();
  /** What the journal's clock is behind of the wall clock. */
  #behind: number | undefined;

  /** @param onStale what replicas do that are out of touch */
  constructor(
    readonly lines: readonly Line[],
    readonly onStale: 'serve' | 'block' = 'block',
  ) {
    this.last = lines.at(-1)?.t ?? 0;
    this.#readFaults();
    this.#readCalls();
    this.#readOps();
    this.resets = this.windows
      .filter(({ kind, begin, end }) => kind === 'redis-empty' && !this.#calmAround(begin, end))
      .map(({ begin }) => begin);
  }

  /** On the clock of the journal. @param epoch ms by the wall clock */
  momentOf(epoch: number): number {
    this.#behind ??= offsetOf(this.lines);
    return epoch - this.#behind;
  }

  /** Faults that may have kept a replica from Redis, or still, each by itself. */
  cutOffs(replica: string): readonly Span[] {
    return this.windows.filter((window) => mayCutOff(window, replica));
  }

  /** Spans in which a replica may have been out of touch with Redis or standing still. */
  outages(replica: string): readonly Span[] {
    let spans = this.#outages.get(replica);
    if (!spans) {
      spans = merged(this.cutOffs(replica));
      this.#outages.set(replica, spans);
    }
    return spans;
  }

  /** Was the replica in trouble at some time of the span, or shortly before. */
  troubled(replica: string, from: number, to: number, before: number): boolean {
    return this.outages(replica).some(({ begin, end }) => begin <= to && end + before >= from);
  }

  /** The same, and Redis' clock was not all that was wrong. */
  cutOff(replica: string, moment: number, before: number): boolean {
    return this.windows.some(
      (window) =>
        mayCutOff(window, replica) &&
        window.kind !== 'redis-clock' &&
        window.begin <= moment &&
        window.end + before >= moment,
    );
  }

  /** Was its process standing still at that moment. */
  stoodStill(replica: string, moment: number): boolean {
    return this.windows.some(
      ({ kind, target, begin, end }) =>
        target === replica &&
        (kind === 'stop' || kind === 'block' || kind === 'stall') &&
        begin <= moment &&
        end >= moment - 100,
    );
  }

  /** May Redis have forgotten in the span. */
  forgot(from: number, to: number): boolean {
    return this.resets.some((moment) => moment >= from && moment <= to);
  }

  /** Had nothing been done to the world for so long before that moment. */
  quietSince(moment: number): number {
    return Math.max(0, ...this.windows.filter(({ begin }) => begin <= moment).map(({ end }) => end));
  }

  /** When Redis' clock was set for the first time since then, forward or back: ends are by that clock. */
  clockSet(since: number): number {
    return Math.min(
      Infinity,
      ...this.windows
        .filter(({ kind, end }) => kind === 'redis-clock' && end >= since)
        .map(({ begin }) => begin),
    );
  }

  of(key: string): Op[] {
    return [...this.ops.values()].filter(({ wish }) => wish.key === key);
  }

  #calmAround(begin: number, end: number): boolean {
    return !this.windows.some(
      (window) =>
        window.begin < end + 4_000 &&
        window.end > begin - 4_000 &&
        !(window.kind === 'redis-empty' && window.begin === begin) &&
        (OUT_OF_TOUCH.has(window.kind) || ['redis-stop', 'redis-kill', 'redis-empty'].includes(window.kind)),
    );
  }

  #readFaults(): void {
    const open = new Map<number, Line & { e: 'fault' }>();
    const seen = new Map<string, Line>();
    const close = (fault: Line & { e: 'fault' }, end: number): void => {
      this.windows.push({ kind: fault.kind, target: fault.target, begin: fault.t, end, line: fault });
    };
    for (const line of this.lines) {
      if (line.e === 'fault') open.set(line.id, line);
      const fault = line.e === 'healed' ? open.get(line.id) : undefined;
      if (fault && line.e === 'healed') {
        close(fault, line.t);
        open.delete(line.id);
      }
      if (line.e === 'beat' && !this.births.has(line.p)) this.births.set(line.p, line.t);
      if (line.e === 'killed') this.deaths.set(line.who, line.t);
      const before = seen.get(line.p);
      if (before && line.p !== 'driver' && line.t - before.t > STALL) {
        this.windows.push({
          kind: 'stall',
          target: replicaOf(line.p),
          begin: before.t,
          end: line.t,
          line: before,
        });
      }
      // a process that is still starting is not standing still
      if (line.e !== 'boot') seen.set(line.p, line);
    }
    open.forEach((fault) => close(fault, this.last));
    this.windows.sort((a, b) => a.begin - b.begin);
  }

  #readCalls(): void {
    const entered = new Map<string, Line & { e: 'enter' }>();
    const sent = new Map<string, Line & { e: 'sent' }>();
    for (const line of this.lines) {
      if (line.e === 'sent') sent.set(line.call, line);
      if (line.e === 'enter') entered.set(line.call, line);
      if (line.e === 'enter' || line.e === 'beat') {
        this.applied.push({ process: line.p, applied: line.applied, line });
      }
      const entry = line.e === 'leave' ? entered.get(line.call) : undefined;
      if (entry && line.e === 'leave') {
        this.#handled(entry, line.t);
        entered.delete(line.call);
      }
      const request = line.e === 'got' ? sent.get(line.call) : undefined;
      if (request && line.e === 'got') {
        const { status, message, until } = line;
        const { route, replica, visitor } = request;
        const told = {
          ...(message !== undefined && { message }),
          ...(until !== undefined && { until: this.momentOf(until) }),
          ...(visitor !== undefined && { visitor }),
        };
        this.requests.push({ route, replica, sent: request.t, got: line.t, status, ...told, line });
      }
    }
    entered.forEach((entry) => this.#handled(entry, this.deaths.get(entry.p) ?? this.last));
    this.handlings.sort((a, b) => a.begin - b.begin);
  }

  #handled(entry: Line & { e: 'enter' }, end: number): void {
    this.handlings.push({ begin: entry.t, end, process: entry.p, route: entry.route, line: entry });
  }

  #readOps(): void {
    for (const line of this.lines) {
      if (line.e === 'op') {
        const { op: name, wish, t: begin, p: process } = line;
        this.ops.set(name, { name, process, wish, line, begin, end: Infinity, works: [], acts: [] });
      } else if ('op' in line) {
        const op = this.ops.get(line.op);
        if (op) follow(op, line);
      }
    }
    for (const op of this.ops.values()) {
      if (op.wish.command && op.works.length > 0) {
        // what is killed notes no end
        op.worked ??= op.acts.at(-1) ?? op.works[0]!.t;
      }
      const died = this.deaths.get(op.process);
      if (!op.result && died !== undefined) {
        op.died = died;
        op.end = died + UNDER_WAY;
      }
    }
  }
}

/** Faults of a replica that last longer than it can do without the store. */
export const OUT_OF_TOUCH: ReadonlySet<string> = new Set([
  'stop',
  'block',
  'kill',
  'roll',
  'partition',
  'severed',
]);
const CUT_OFF: ReadonlySet<string> = new Set([...OUT_OF_TOUCH, 'stall', 'cut', 'freeze']);

/** May the replica be out of touch with Redis, or stand still. */
const mayCutOff = ({ kind, target }: Window, replica: string): boolean =>
  (target === replica && CUT_OFF.has(kind)) || kind.startsWith('redis');

function offsetOf(lines: readonly Line[]): number {
  const line = lines.find(({ e }) => e === 'clock');
  return line?.e === 'clock' ? line.epoch - line.t : 0;
}

function follow(op: Op, line: Line): void {
  if (line.e === 'done') {
    op.result = line.result;
    op.end = line.t;
  } else if (line.e === 'work') {
    op.works.push({ t: line.t, fence: line.fence, line });
  } else if (line.e === 'act') {
    op.acts.push(line.t);
  } else if (line.e === 'abort') {
    op.aborted = { t: line.t, why: line.why, line };
  } else if (line.e === 'worked') {
    op.worked = line.t;
  }
}

function merged(spans: readonly Span[]): Span[] {
  const result: { begin: number; end: number }[] = [];
  for (const { begin, end } of [...spans].sort((a, b) => a.begin - b.begin)) {
    const before = result.at(-1);
    if (before && begin - before.end < BREATH) before.end = Math.max(before.end, end);
    else result.push({ begin, end });
  }
  return result;
}
