import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { messageOf } from '../core/errors/message-of.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Channel } from './channel.js';
import { Insiders } from './insiders.js';
import { warn } from './log.js';
import type { StatusNews } from './status-news.js';
import type { StatusReporter } from './status-reporter.js';

/** Clients notified in one slice; between two slices the event loop serves others. */
const SLICE = 192;
/** Milliseconds between two rounds of progress, for each visitor: notifying one takes about 20 µs. */
const PER_CLIENT = 1;

/** A status for many, and its edition. */
interface Prepared<Client> {
  readonly send: (client: Client) => void;
  readonly edition: number;
}

/** Sends the state to the clients of a channel: each change that a client may see, once; fast ones are merged. */
export class StatusRounds<Client extends object> {
  private readonly insiders: Insiders<Client>;
  /** Counts what was announced. */
  private edition = 0;
  /** The edition that the last round was for; if it is older than the last one, a round is due. */
  private begun = 0;
  /** The edition that a client has. */
  private readonly known = new WeakMap<Client, number>();
  /** When visitors were last notified, and how many. */
  private lastRound = -Infinity;
  private lastCount = 0;
  private timer: NodeJS.Timeout | undefined;
  private telling = false;
  /** As long as there are clients. */
  private listening: Subscription | undefined;
  /** The last status sent to visitors; irrelevant as long as there were none. */
  private told: string | undefined;

  constructor(
    manager: Pick<StateManager, 'changes'>,
    private readonly reporter: Pick<StatusReporter, 'personal' | 'variant' | 'forAll' | 'forInsider'>,
    private readonly news: Pick<StatusNews, 'planned' | 'progress' | 'certainty' | 'fingerprint'>,
    private readonly channel: Channel<Client>,
  ) {
    this.insiders = new Insiders(channel, (client, insider) => this.send(client, insider));
    manager.changes.subscribe(() => this.announce());
    // a state that was found after the start, or is uncertain now, is no change, but news to clients that are here already
    news.certainty.subscribe(() => {
      if (this.told !== undefined && this.told !== news.fingerprint) {
        this.announce();
      }
    });
  }

  /** Sends a client that has just connected the present state, as far as it may see it. */
  welcome(client: Client): void {
    this.listen();
    this.told ??= this.news.fingerprint;
    void this.insiders.consult(client);
  }

  /** Forgets one that has gone. */
  forget(client: Client): void {
    this.insiders.forget(client);
  }

  /** Watches for news without a write, which costs something with each write. */
  private listen(): void {
    if (!this.listening) {
      this.listening = this.news.planned.subscribe(() => this.announce());
      this.listening.add(this.news.progress.subscribe(() => this.announceSoon()));
    }
  }

  /** Progress is sent less often the more clients there are: it must not cost more than the changes that matter. */
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
    const { due } = this;
    this.edition++;
    if (!due) {
      // what is announced at once is sent as one
      queueMicrotask(() => {
        this.tell().catch(report);
      });
    }
  }

  private get nobody(): boolean {
    return this.channel.clients()[Symbol.iterator]().next().done === true;
  }

  private get due(): boolean {
    return this.begun < this.edition;
  }

  private async tell(): Promise<void> {
    if (this.telling) {
      return;
    }
    this.telling = true;
    try {
      while (this.due) {
        if (this.nobody) {
          // nobody has received what was sent before, and finding out what is new costs something for each key
          this.told = undefined;
          this.begun = this.edition;
          this.listening?.unsubscribe();
          this.listening = undefined;
          return;
        }
        // reading the state may reveal an end that has just come, which is then sent with the rest
        const { fingerprint } = this.news;
        const isNews = fingerprint !== this.told;
        this.told = fingerprint;
        this.begun = this.edition;
        await this.round(this.begun, isNews);
      }
    } finally {
      this.telling = false;
    }
  }

  /** @param isNews whether anything has changed that visitors may know */
  private async round(edition: number, isNews: boolean): Promise<void> {
    const visitors: Client[] = [];
    for (const client of this.channel.clients()) {
      if (this.known.get(client) === edition || this.insiders.isAsked(client)) {
        continue;
      }
      if (this.insiders.has(client) || (isNews && this.insiders.isUndecided(client))) {
        void this.insiders.consult(client);
      } else if (isNews) {
        visitors.push(client);
      }
    }
    if (!isNews) {
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

  /**
   * What is the same for many is computed once for them: for each combination of languages, if operators gave texts in several.
   */
  private sendPrepared(): (client: Client) => void {
    const { reporter, channel } = this;
    const made = new Map<string, Prepared<Client>>();
    return (client) => {
      const listener = channel.listener(client);
      const variant = reporter.variant(listener);
      let prepared = made.get(variant);
      if (!prepared) {
        prepared = { send: channel.prepare(reporter.forAll(listener)), edition: this.edition };
        made.set(variant, prepared);
      }
      prepared.send(client);
      this.known.set(client, prepared.edition);
    };
  }

  /** Sends one client what is known now, which may be more than the current round knows. */
  private send(client: Client, insider: boolean): void {
    const { reporter, channel } = this;
    try {
      const listener = channel.listener(client);
      channel.send(client, insider ? reporter.forInsider(listener) : reporter.forAll(listener));
    } catch (error) {
      report(error);
    }
    this.known.set(client, this.edition);
  }
}

function report(error: unknown): void {
  warn(`Clients could not be notified of maintenance: ${messageOf(error)}`);
}
