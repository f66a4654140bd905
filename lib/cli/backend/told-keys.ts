import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';

/** Keys as they were last reported. Progress changes all the time, and is reported separately. */
export class ToldKeys {
  private readonly texts = new Map<string, string>();

  constructor(keys: readonly MaintenanceKeyJson[]) {
    keys.forEach((key) => this.differs(key));
  }

  /** Whether it has changed since it was last reported. From now on it counts as reported. */
  differs({ progress: _, ...key }: MaintenanceKeyJson): boolean {
    const text = JSON.stringify(key);
    const before = this.texts.get(key.name);
    this.texts.set(key.name, text);
    return before !== text;
  }
}
