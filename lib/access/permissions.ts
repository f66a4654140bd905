import type { MaintenancePermission, MaintenancePermissions } from '../options/access-options.js';
import type { MaintenanceSubject } from '../core/service/subject.js';
import { messageOf } from '../core/store/store.js';

/** Asks the application who may do what. Denies by default, and when asking fails. */
export class Permissions {
  private told = false;

  constructor(
    private readonly decide: MaintenancePermissions | undefined,
    private readonly warn: (message: string) => void,
  ) {}

  /** Is there anybody to ask. What is there for some and not for others does without, and nobody needs a warning. */
  get given(): boolean {
    return this.decide !== undefined;
  }

  async allows(permission: MaintenancePermission, subject: MaintenanceSubject): Promise<boolean> {
    if (!this.decide) {
      if (!this.told) {
        this.told = true;
        this.warn(
          'The maintenance option "permissions" is not set: key data, menu and admin are denied to everybody.',
        );
      }
      return false;
    }
    try {
      return (await this.decide(permission, subject)) === true;
    } catch (error) {
      this.warn(`"permissions" threw for ${permission}, it is denied: ${messageOf(error)}`);
      return false;
    }
  }
}
