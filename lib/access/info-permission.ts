import { AsyncResource } from 'node:async_hooks';
import type { Permissions } from './permissions.js';
import { withDeadline } from '../core/common/with-deadline.js';
import type { MaintenanceSubject } from '../core/service/subject.js';

/** Concurrent calls of the application's function: all clients may come back at once, and its database can answer only few. */
const AT_ONCE = 100;
/** Clients that wait for their turn; beyond that, a client is a visitor until the next time. */
const WAITING = 10_000;

/** A client whose permission is asked for. */
export interface InfoClient {
  readonly subject: MaintenanceSubject;
  /** Whether the application may be asked about it at all. */
  mayBeAsked(): boolean | Promise<boolean>;
  /** Calls back once it has gone, unless the returned function is called first. */
  onceGone(callback: () => void): () => void;
}

/** Decides whether clients may see key data. */
export interface InfoQuestion {
  /** The application's answer, `undefined` if it is late; a client that has gone may see nothing. */
  readonly answer: Promise<boolean | undefined>;
  /** The same, or `undefined` if it is not known within `callTimeout`, for example because its turn has not come. */
  readonly inTime: Promise<boolean | undefined>;
}

interface OpenQuestion extends InfoQuestion {
  /** It was not answered in time. */
  late: boolean;
}

/**
 * Calls on behalf of a client: where the application keeps who is signed in for all that a request does (`AsyncLocalStorage`), its
 * function must not find the user whose change or answer has made it be called.
 */
type OnBehalf = (call: () => Promise<boolean | undefined>) => Promise<boolean | undefined>;

const NO: InfoQuestion = { answer: Promise.resolve(false), inTime: Promise.resolve(false) };

/**
 * Asks the application which clients may see key data. A function that hangs (its database may be in maintenance itself) costs
 * no more than one call per client and status, and nobody waits for longer than `callTimeout`.
 */
export class InfoPermission {
  private open = 0;
  private readonly waiting = new Set<() => void>();
  /** Unanswered calls, by the socket or stream in question: asking again does not start another call meanwhile. */
  private readonly questions = new WeakMap<object, OpenQuestion>();
  /** Of those that will be asked again. */
  private readonly onBehalf = new WeakMap<object, OnBehalf>();

  constructor(private readonly permissions: Permissions) {}

  ask(key: object, client: InfoClient): InfoQuestion {
    if (!this.permissions.given) {
      return NO;
    }
    const known = this.questions.get(key);
    if (known && !known.late) {
      return known;
    }
    // too late for the earlier caller: this one may still be in time, and asks again if there is no answer
    const answer = known
      ? known.answer.then((allowed) => allowed ?? this.ask(key, client).answer)
      : this.find(key, client)
          .catch(() => false)
          .finally(() => this.questions.delete(key));
    const question: OpenQuestion = {
      answer,
      inTime: this.inTime(answer, () => (question.late = true)),
      late: false,
    };
    this.questions.set(key, question);
    return question;
  }

  private async find(key: object, client: InfoClient): Promise<boolean | undefined> {
    const onBehalf = this.onBehalf.get(key) ?? (AsyncResource.bind((call) => call()) as OnBehalf);
    const allowed =
      (await client.mayBeAsked()) && this.waiting.size < WAITING && (await this.inTurn(client, onBehalf));
    if (allowed === false) {
      this.onBehalf.delete(key);
    } else {
      this.onBehalf.set(key, onBehalf);
    }
    return allowed;
  }

  private inTurn(client: InfoClient, onBehalf: OnBehalf): Promise<boolean | undefined> {
    return new Promise((resolve) => {
      const settle = (allowed: boolean | undefined): void => {
        stop();
        this.waiting.delete(begin);
        resolve(allowed);
      };
      const stop = client.onceGone(() => settle(false));
      const begin = (): void => {
        this.waiting.delete(begin);
        void onBehalf(() => this.permissions.decides('see_info', client.subject))
          .then(settle)
          .finally(() => this.next());
      };
      if (this.open < AT_ONCE) {
        this.open++;
        begin();
      } else {
        this.waiting.add(begin);
      }
    });
  }

  /** The next in the queue takes the free place. */
  private next(): void {
    const [first] = this.waiting;
    if (first) {
      first();
    } else {
      this.open--;
    }
  }

  private inTime(answer: Promise<boolean | undefined>, late: () => void): Promise<boolean | undefined> {
    return withDeadline(answer, this.permissions.timeout, late).catch(() => undefined);
  }
}
