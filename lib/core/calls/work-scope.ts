import type { MaintenanceKey } from '../keys/maintenance-key.js';

/** Which keys work belongs to: it does not begin while one of them is on, and whoever drains one of them waits for it. */
export interface WorkScope {
  isConcernedBy(key: MaintenanceKey): boolean;
}

/** Keys by name, whatever their scope. */
export class NamedKeys implements WorkScope {
  constructor(private readonly names: ReadonlySet<string>) {}

  isConcernedBy({ name }: MaintenanceKey): boolean {
    return this.names.has(name);
  }
}

/** Whatever concerns the whole site. */
export const SITE: WorkScope = { isConcernedBy: ({ scope }) => scope === 'site' };
/** Every key. */
export const ALL_KEYS: WorkScope = { isConcernedBy: () => true };

/** Work that somebody wants to begin. */
export interface WorkSource {
  /** For operators: where it comes from. */
  readonly name: string;
  readonly scope: WorkScope;
  /** Does what it reaches know that it belongs to it; costs more. Default `true`. */
  readonly followed?: boolean;
}
