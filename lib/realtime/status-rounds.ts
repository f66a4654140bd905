import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/errors/message-of.js';
import { warn } from './log.js';
import type { InfoQuestion } from './info-permission.js';
import type { StatusReporter } from './status-reporter.js';

/** Clients notified in one slice; between two slices the event loop serves others. */
const SLICE = 192;
/** Milliseconds between two rounds of progress, for each visitor: telling one takes about 20 µs. */
const PER_CLIENT = 1;

/** A way to clients: by socket, or by stream. */
export interface Channel<Client extends object> {
  /** All who listen. */
  clients(): Iterable<Client>;
  isHere(client: Client): boolean;
  /** Its request or socket, for the language. */
  listener(client: Client): unknown;
  /** May it see key data. */
  ask(client: Client): InfoQuestion;
  /** Sends one client a status made for it. */
  send(client: Client, status: MaintenanceStatusMessage): void;
  /** Gets a status ready that is the same for many. */
  prepare(status: MaintenanceStatusMessage): (client: Client) => void;
}

/**
 * Sends the state to the clients of a channel. Every client gets every change that it may see once: changes that come faster
 * than they can be sent are sent as one, and clients that have just connected already have the last.
 */
export class StatusRounds<Client extends object> {
  /** Clients whose permission is being asked; afterwards they get the latest state. */
  private readonly asked = new Set<Client>();
  /** Those who may see key data: they are few, and asked again each time. */
  private readonly insiders = new Set<Client>();
  /** Those about whom nothing was known in time: visitors for now, and asked again the next time. */
  private readonly undecided = new Set<Client>();
  /** Those who connected while a round was due, and know. */
  private served = new Set<Client>();
  private due = false;
  /** When visitors were last told, and how many. */
  private lastRound = -Infinity;
  private lastCount = 0;
  private timer: NodeJS.Timeout | undefined;
  private telling = false;
  /** The last status sent to visitors; irrelevant as long as there were none. */
  private told: string | undefined;

  constructor(
    manager: StateManager,
    private readonly reporter: StatusReporter,
    private readonly channel: Channel<Client>,
  ) {
    manager.changes.subscribe(() => this.announce());
    let { planned, progressed } = reporter;
    manager.updates.subscribe(() => {
      if (planned !== (planned = reporter.planned)) {
        this.announce();
      }
      if (progressed !== (progressed = reporter.progressed)) {
        this.announceSoon();
      }
    });
    // a state that was found only after the start, or that is doubtful now, is no change, but news to those who are here already
    reporter.certainty.subscribe(() => {
      if (this.told !== undefined && this.told !== reporter.fingerprint) {
        this.announce();
      }
    });
  }

  /** Tells one client that has just come the present state, as far as it may know it. */
  welcome(client: Client): void {
    this.told ??= this.reporter.fingerprint;
    void this.consult(client);
  }

  /** Forgets one that has gone. */
  forget(client: Client): void {
    this.insiders.delete(client);
    this.undecided.delete(client);
    this.served.delete(client);
  }

  /** Progress is told the less often, the more clients there are: it must not cost more than the changes that matter. */
  private announceSoon(): void {
    const wait = this.lastRound + this.lastCount * PER_CLIENT - performance.now();
    if (wait <= 0) {
      this.announce();
    } else {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.announce();
      }, wait).unref();
    }
  }

  private announce(): void {
    if (!this.due) {
      this.due = true;
      // what is announced in one go is sent as one
      queueMicrotask(() => {
        this.tell().catch(report);
      });
    }
  }

  private async tell(): Promise<void> {
    if (this.telling) {
      return;
    }
    this.telling = true;
    try {
      while (this.due) {
        // reading the state may reveal an end that has just come, which is then sent with the rest
        const status = this.reporter.forAll();
        const { served } = this;
        this.served = new Set();
        this.due = false;
        const before = this.told;
        this.told = this.reporter.fingerprint;
        await this.round(served, this.told === before ? null : status);
      }
    } finally {
      this.telling = false;
    }
  }

  /** @param status `null`: nothing that visitors may know has changed */
  private async round(served: ReadonlySet<Client>, status: MaintenanceStatusMessage | null): Promise<void> {
    const visitors: Client[] = [];
    for (const client of this.channel.clients()) {
      if (served.has(client) || this.asked.has(client)) {
        continue;
      }
      if (this.insiders.has(client) || (status && this.undecided.has(client))) {
        void this.consult(client);
      } else if (status) {
        visitors.push(client);
      }
    }
    if (!status) {
      return;
    }
    this.lastRound = performance.now();
    this.lastCount = visitors.length;
    // every replica learns of the change itself
    const send = this.reporter.personal ? (client: Client) => this.send(client, false) : this.sendPrepared();
    for (let start = 0; start < visitors.length; start += SLICE) {
      if (start > 0) {
        await nextTurn();
      }
      visitors.slice(start, start + SLICE).forEach(send);
    }
  }

  /** What is the same for many is made once for them: for each choice of languages, where operators gave texts in several. */
  private sendPrepared(): (client: Client) => void {
    const { reporter, channel } = this;
    const prepared = new Map<string, (client: Client) => void>();
    return (client) => {
      const listener = channel.listener(client);
      const variant = reporter.variant(listener);
      let send = prepared.get(variant);
      if (!send) {
        send = channel.prepare(reporter.forAll(listener));
        prepared.set(variant, send);
      }
      send(client);
    };
  }

  private async consult(client: Client): Promise<void> {
    this.asked.add(client);
    const { answer, inTime } = this.channel.ask(client);
    const insider = await inTime;
    this.asked.delete(client);
    this.admit(client, insider);
    if (insider === undefined) {
      // its turn may have come since
      const allowed = await answer;
      if (allowed !== undefined && this.undecided.delete(client) && allowed) {
        this.admit(client, true);
      }
    }
  }

  /** @param insider `undefined`: not known */
  private admit(client: Client, insider: boolean | undefined): void {
    if (!this.channel.isHere(client)) {
      return;
    }
    mark(this.insiders, client, insider === true);
    mark(this.undecided, client, insider === undefined);
    this.send(client, insider === true);
  }

  /** Tells one client what is known now, which may be more than the round that is under way knows. */
  private send(client: Client, insider: boolean): void {
    const { reporter, channel } = this;
    try {
      const listener = channel.listener(client);
      channel.send(client, insider ? reporter.forInsider(listener) : reporter.forAll(listener));
    } catch (error) {
      report(error);
    }
    if (this.due) {
      this.served.add(client);
    }
  }
}

function mark<T>(set: Set<T>, member: T, isIn: boolean): void {
  if (isIn) {
    set.add(member);
  } else {
    set.delete(member);
  }
}

function report(error: unknown): void {
  warn(`Clients could not be notified of maintenance: ${messageOf(error)}`);
}
