import type { MaintenanceKey } from '../keys/maintenance-key.js';

/** The keys that work belongs to: it does not begin while one of them is on, and drains of them wait for it. */
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

/** Everything that affects the whole site. */
export const SITE: WorkScope = { isConcernedBy: ({ scope }) => scope === 'site' };
/** Every key. */
export const ALL_KEYS: WorkScope = { isConcernedBy: () => true };

/** Work that is about to begin. */
export interface WorkSource {
  /** For operators: where it comes from. */
  readonly name: string;
  readonly scope: WorkScope;
  /** Whether the code it reaches knows which call it belongs to; costs more. Default `true`. */
  readonly followed?: boolean;
}
