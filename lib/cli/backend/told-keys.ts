import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';

/** Keys as they were told last. How far work is changes all the time, and is told apart. */
export class ToldKeys {
  private readonly texts = new Map<string, string>();

  constructor(keys: readonly MaintenanceKeyJson[]) {
    keys.forEach((key) => this.differs(key));
  }

  /** Has it changed since it was told last. From now on it counts as told. */
  differs({ progress: _, ...key }: MaintenanceKeyJson): boolean {
    const text = JSON.stringify(key);
    const before = this.texts.get(key.name);
    this.texts.set(key.name, text);
    return before !== text;
  }
}
