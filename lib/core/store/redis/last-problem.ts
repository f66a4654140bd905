import { messageOf } from '../../errors/message-of.js';
import { isDropped, ReasonFinder } from './find-reason.js';
import type { RedisClient } from './redis-client.js';
import { isWithoutConnection } from './redis-errors.js';

/** What a client tells of an error. */
export interface RedisEventError extends Error {
  readonly lastNodeError?: Error;
  readonly command?: { readonly name?: string };
}

/** What the system says if the other side has closed the connection. */
const CLOSED = /\b(?:EPIPE|ECONNRESET)$/;
/** What a client says if a server does not answer whether it is ready. */
const UNANSWERED = /^Command timed out$/;
const NOT_READY = new Error(
  'it accepts connections but is not ready: it is still loading its data, or hangs',
);
/** Milliseconds after which a server that has accepted a connection should be ready. */
const READY_TIMEOUT = 1_000;

/** Why a connection is not up: its last error since it was. */
export class LastProblem {
  private last: unknown;
  /** Connected, but the server has not said yet that it is ready. */
  private opening = false;
  private openedAt = 0;
  /** The last error is one of the present attempt. */
  private isNew = false;
  private readonly reasons: ReasonFinder;

  constructor(private readonly client: RedisClient) {
    this.reasons = new ReasonFinder(client);
  }

  get error(): unknown {
    return this.waits ? NOT_READY : this.last;
  }

  /** It can be reached, but does not answer. */
  get isSilence(): boolean {
    return this.error === NOT_READY;
  }

  /** It has been connected for a while, without a word. */
  get waits(): boolean {
    return this.opening && !this.isNew && performance.now() - this.openedAt > READY_TIMEOUT;
  }

  connected(): void {
    this.opening = true;
    this.openedAt = performance.now();
    this.isNew = false;
  }

  /** The server is ready. */
  solved(): void {
    this.opening = false;
    this.last = undefined;
    this.reasons.connected();
  }

  closed(): void {
    if (this.waits) {
      this.last = NOT_READY;
    } else if (this.opening && !this.isNew) {
      this.last = new Error(
        // its client closes the connection if the cluster is not ready, and keeps to itself what it was told
        this.client.isCluster === true
          ? 'the cluster is not ready; CLUSTER INFO says why'
          : // as a server with too many clients does, whose words may be lost with the connection
            'it closes the connection at once',
      );
    }
    this.opening = false;
  }

  note(error: RedisEventError): void {
    // for a cluster, the error of one of its nodes
    const problem = error.lastNodeError ?? error;
    // why there is no connection says more than that a command of the client's own had none
    if (isDropped(problem)) {
      this.last ??= problem;
      void this.findReason();
    } else if (!isWithoutConnection(problem) && !(this.opening && CLOSED.test(messageOf(problem)))) {
      this.last = UNANSWERED.test(problem.message) ? NOT_READY : problem;
      this.isNew = true;
    }
  }

  private async findReason(): Promise<void> {
    const reason = await this.reasons.find();
    // unless it is up meanwhile
    this.last = this.last && (reason ?? this.last);
  }
}
