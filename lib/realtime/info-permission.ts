import { Inject, Injectable } from '@nestjs/common';
import { Permissions } from '../access/permissions.js';
import { withDeadline } from '../core/common/with-deadline.js';
import type { MaintenanceSubject } from '../core/service/subject.js';

/** Questions that the application is asked at once: all clients may come back together, and its database answers few. */
const AT_ONCE = 100;
/** Clients that wait until they are asked about; beyond, a client is a visitor until the next time. */
const WAITING = 10_000;

/** Who may be shown key data. */
export interface InfoClient {
  readonly subject: MaintenanceSubject;
  /** Is it one that the application may be asked about at all. */
  mayBeAsked(): boolean | Promise<boolean>;
  /** Calls back once it has gone, unless what is returned is called before. */
  onceGone(callback: () => void): () => void;
}

/** May a client see key data. */
export interface InfoQuestion {
  /** What the application says, `undefined` if it is late; one that has gone may see nothing. */
  readonly answer: Promise<boolean | undefined>;
  /** The same, or `undefined` when it is not known within `callTimeout`, be it that its turn has not come. */
  readonly inTime: Promise<boolean | undefined>;
}

interface OpenQuestion extends InfoQuestion {
  /** It was not answered in time. */
  late: boolean;
}

const NO: InfoQuestion = { answer: Promise.resolve(false), inTime: Promise.resolve(false) };

/**
 * Asks the application which clients may see key data. One that hangs (its database may be what is being maintained) costs no
 * more than a question per client and status, and nobody waits behind it for longer than `callTimeout`.
 */
@Injectable()
export class InfoPermission {
  private open = 0;
  private readonly waiting = new Set<() => void>();
  /** Questions without an answer, by the socket or stream they are about: asking again does not make another one meanwhile. */
  private readonly questions = new WeakMap<object, OpenQuestion>();

  constructor(@Inject(Permissions) private readonly permissions: Permissions) {}

  ask(key: object, client: InfoClient): InfoQuestion {
    if (!this.permissions.given) {
      return NO;
    }
    const known = this.questions.get(key);
    if (known && !known.late) {
      return known;
    }
    // late for who asked before: who asks now may still be in time, and asks anew where it stays without an answer
    const answer = known
      ? known.answer.then((allowed) => allowed ?? this.ask(key, client).answer)
      : this.find(client)
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

  private async find(client: InfoClient): Promise<boolean | undefined> {
    return (await client.mayBeAsked()) && this.waiting.size < WAITING && this.inTurn(client);
  }

  private inTurn(client: InfoClient): Promise<boolean | undefined> {
    return new Promise((resolve) => {
      const settle = (allowed: boolean | undefined): void => {
        stop();
        this.waiting.delete(begin);
        resolve(allowed);
      };
      const stop = client.onceGone(() => settle(false));
      const begin = (): void => {
        this.waiting.delete(begin);
        void this.permissions
          .decides('see_info', client.subject)
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

  /** Whoever waits takes the place that has become free. */
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
