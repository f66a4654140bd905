import { createAbortController } from '../common/abort-signals.js';
import { MaintenanceRevokedError } from '../errors/revoked-error.js';
import { Call } from './call.js';

/** Which calls must not write any more, by anything that identifies them: a call, a request. */
export class Revocations {
  private readonly revoked = new WeakMap<object, MaintenanceRevokedError>();
  private readonly controllers = new WeakMap<object, AbortController>();

  has(subject: object): boolean {
    return this.revoked.has(subject);
  }

  /** For ever. Its signal aborts. */
  revoke(subject: object, why: string): void {
    if (!this.revoked.has(subject)) {
      const reason = new MaintenanceRevokedError(why);
      this.revoked.set(subject, reason);
      if (subject instanceof Call) {
        subject.isRevoked = true;
      }
      this.controllers.get(subject)?.abort(reason);
    }
  }

  /** Aborts when it is revoked. */
  signalOf(subject: object): AbortSignal {
    let controller = this.controllers.get(subject);
    if (!controller) {
      this.controllers.set(subject, (controller = createAbortController()));
      const reason = this.revoked.get(subject);
      if (reason) {
        controller.abort(reason);
      }
    }
    return controller.signal;
  }
}
