import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What is known of a document: its line of documents, and its number in it. */
export interface Applied {
  readonly history: string;
  readonly revision: number;
  /** Keys in maintenance. */
  readonly on: readonly string[];
}

/** A call of the library, as its caller wished it. */
export interface Wish {
  readonly kind: 'enable' | 'disable' | 'unset' | 'maintain' | 'plan' | 'cancel';
  readonly key: string;
  /** Milliseconds after which it ends by itself. */
  readonly timeout?: number;
  /** Milliseconds to wait for the others. */
  readonly acknowledge?: number;
  /** Only for `disable`: milliseconds over which visitors come back. */
  readonly reopenOver?: number;
  /** Only for `maintain`: was the work to wait for requests under way; was the lock to be taken. */
  readonly drain?: number | false;
  readonly lock?: boolean;
  /** Only for `plan`. */
  readonly window?: PlannedWindow;
  /** Only for `cancel`: the op that has planned it. */
  readonly planned?: string;
  /** Is it a command that the command line runs. */
  readonly command?: boolean;
}

/** A planned window: its start in epoch ms by the store's clock, all else in ms. */
export interface PlannedWindow {
  readonly start: number;
  readonly duration: number;
  readonly readOnly: number;
  readonly reopenOver: number;
  readonly announce: number | false;
}

/** What became of it. */
export interface Result {
  readonly ok: boolean;
  readonly error?: string;
  /** Is it certain that a failed call changed nothing. */
  readonly refused?: boolean;
  readonly missing?: readonly string[];
  readonly message?: string;
  /** Id of the window that was planned. */
  readonly id?: string;
}

/** An entry of the library's own history; changes carry the name of their op as message. */
export interface Recorded {
  readonly id: string;
  readonly key: string;
  readonly cause: string;
  readonly way: string;
  readonly message: string | null;
  readonly event: string;
  readonly reason: string | null;
}

/** One thing that was about to happen, or had just been learned. */
export type Event =
  | { readonly e: 'boot'; readonly pid?: number }
  | { readonly e: 'beat'; readonly applied: Applied }
  | {
      readonly e: 'enter';
      readonly call: string;
      readonly route: string;
      readonly applied: Applied;
      /** Of a job: how often it has been tried and has failed. */
      readonly attempts?: number;
    }
  | { readonly e: 'leave'; readonly call: string }
  /** A queue or a broker has it. */
  | { readonly e: 'handed'; readonly call: string; readonly inRedis?: boolean; readonly delayed?: boolean }
  /** The jobs that Redis has, right before it loses its data. */
  | { readonly e: 'queued'; readonly calls: readonly string[] }
  /** Told to whoever listens, and to how many: who does not get it now never will. */
  | { readonly e: 'published'; readonly call: string; readonly heard: number }
  /** A method is about to be called that is made up for when it is skipped; the call has returned. */
  | { readonly e: 'due' | 'past'; readonly call: string }
  | { readonly e: 'op'; readonly op: string; readonly wish: Wish }
  | { readonly e: 'done'; readonly op: string; readonly result: Result }
  | { readonly e: 'work'; readonly op: string; readonly fence: number }
  | { readonly e: 'act'; readonly op: string }
  | { readonly e: 'abort'; readonly op: string; readonly why: string }
  | { readonly e: 'worked'; readonly op: string }
  | {
      readonly e: 'sent';
      readonly call: string;
      readonly route: string;
      readonly replica: string;
      readonly visitor?: string;
    }
  | {
      readonly e: 'got';
      readonly call: string;
      readonly status: number;
      readonly message?: string;
      /** Epoch ms. */
      readonly until?: number;
    }
  | { readonly e: 'fault'; readonly id: number; readonly kind: FaultKind; readonly target: string }
  | { readonly e: 'healed'; readonly id: number }
  | { readonly e: 'killed'; readonly who: string }
  | { readonly e: 'wrote'; readonly op: string; readonly fence: number; readonly accepted: boolean }
  /** Of a window: which hook was called, and when its occurrence begins (epoch ms). */
  | { readonly e: 'hook'; readonly event: string; readonly window: string; readonly start: number }
  /** What the wall clock says now, epoch ms. */
  | { readonly e: 'clock'; readonly epoch: number }
  | { readonly e: 'abandoned'; readonly key: string; readonly pid: number | undefined }
  | { readonly e: 'history'; readonly entries: readonly Recorded[] }
  /** A record that Redis was given: fields that only a newer version knows, of it and of its holds. */
  | {
      readonly e: 'stored';
      readonly key: string;
      readonly history: string;
      readonly revision: number;
      /** The id of the write. */
      readonly write: string;
      readonly tide: boolean;
      readonly holds: Readonly<Record<string, boolean>>;
    }
  /** A record of a higher format was there, and is, or has been written over. */
  | { readonly e: 'higher'; readonly key: string; readonly kept: boolean }
  | { readonly e: 'calm' }
  | { readonly e: 'agreed'; readonly after: number };

/** An event, when (ms on the clock that all processes of a machine share) and where. */
export type Line = Event & { readonly t: number; readonly p: string };

/** What is done to the world. The target is a replica, or `redis`. */
export type FaultKind =
  | 'stop'
  | 'block'
  | 'kill'
  | 'roll'
  | 'partition'
  | 'severed'
  | 'cut'
  | 'cut-subscriber'
  | 'freeze'
  | 'freeze-subscriber'
  | 'slow-subscribe'
  | 'redis-stop'
  | 'redis-kill'
  | 'redis-restart'
  | 'redis-empty'
  | 'newcomer'
  | 'ignorant'
  | 'failover'
  | 'set-back'
  | 'redis-clock'
  | 'redis-readonly'
  | 'redis-full'
  | 'redis-denied'
  | 'neighbour'
  | 'clock'
  | 'replay';

/** Milliseconds on CLOCK_MONOTONIC: the same for all processes of the machine. */
export const moment = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Appends to the one file of a run. A line is there when `note` returns, whatever becomes of the process. */
export class Journal {
  readonly #file: number;
  #open = true;

  constructor(
    path: string,
    private readonly who: string,
  ) {
    this.#file = openSync(path, 'a');
  }

  note(event: Event): void {
    // what is still on its way when a run has ended belongs to nobody
    if (this.#open) writeSync(this.#file, JSON.stringify({ t: moment(), p: this.who, ...event }) + '\n');
  }

  close(): void {
    this.#open = false;
    closeSync(this.#file);
  }
}

/** All lines of a run, in the order things happened. */
export function readHistory(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
    .sort((a, b) => a.t - b.t);
}

/** `r1` of `r1.2`, the second process that was replica 1. */
export const replicaOf = (process: string): string => process.split('.')[0]!;

/** Milliseconds after which a silent replica is presumed dead here: longer than any fault. */
export const PRESUMED_DEAD = 20_000;

/** Switched by operators, held by work, both, never touched, and on in planned windows only. */
export const KEYS = ['a', 'b', 'job', 'mix', 'never', 'plan'] as const;

/** The key that a route belongs to; `undefined` for those that are exempt. */
export function keyOf(route: string): string | undefined {
  const [, key] = route.split('/');
  return KEYS.find((name) => name === key);
}
