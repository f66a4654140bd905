import type { ApplicationCalls } from '../core/common/application-calls.js';
import type { MaintenanceSubject } from '../core/service/subject.js';
import type { MaintenancePermission, MaintenancePermissions } from '../options/access-options.js';

/** Asks the application who may do what. Denies by default, and when asking fails or takes too long. */
export class Permissions {
  private told = false;

  constructor(
    private readonly decide: MaintenancePermissions | undefined,
    private readonly calls: ApplicationCalls,
    private readonly warn: (message: string) => void,
  ) {}

  /** Milliseconds to wait for an answer. */
  get timeout(): number {
    return this.calls.timeout;
  }

  /** Whether there is a function to ask. Features that only some users see do without, and need no warning. */
  get given(): boolean {
    return this.decide !== undefined;
  }

  /** The answer, if it comes within `callTimeout`. Never rejects. */
  async allows(permission: MaintenancePermission, subject: MaintenanceSubject): Promise<boolean> {
    const decide = this.decider();
    const consequence = denied(permission);
    const answer = await this.calls.ask(NAME, consequence, false, () => decide(permission, subject));
    return this.calls.isYes(NAME, answer, consequence);
  }

  /** The same, but `undefined` if it is late: denied for now, and worth asking again. Never rejects. */
  async decides(
    permission: MaintenancePermission,
    subject: MaintenanceSubject,
  ): Promise<boolean | undefined> {
    const decide = this.decider();
    const consequence = denied(permission);
    const answer = await this.calls.ask(NAME, consequence, LATE, () =>
      this.calls.eventually(NAME, consequence, false, () => decide(permission, subject)),
    );
    return answer === LATE ? undefined : this.calls.isYes(NAME, answer, consequence);
  }

  /** The application's own function, or one that denies everything. */
  private decider(): MaintenancePermissions {
    if (this.decide) {
      return this.decide;
    }
    if (!this.told) {
      this.told = true;
      this.warn(
        'The maintenance option "permissions" is not set: key data, menu and admin are denied to everybody.',
      );
    }
    return () => false;
  }
}

const NAME = '"permissions"';
const LATE = Symbol('late');
const denied = (permission: MaintenancePermission): string => `${permission} is denied`;
