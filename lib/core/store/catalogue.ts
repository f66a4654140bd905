/** What an application has published of one key. */
export interface CatalogueEntry {
  readonly name: string;
  /** JSON. */
  readonly text: string;
  /** Milliseconds since it was published, or confirmed. */
  readonly age: number;
}

/**
 * Where applications publish their keys for processes without their code: the command line, scripts. Every call settles by its
 * `deadline` (ms on the monotonic clock), with a `MaintenanceStoreError` if the store did not answer.
 */
export interface CatalogueStore {
  /** The maximum number of keys, of all applications together. */
  readonly most: number;
  read(deadline: number): Promise<readonly CatalogueEntry[]>;
  /**
   * @param dropped names that no application registers
   * @returns how many of the entries are published; for the last ones there was no room
   */
  publish(
    entries: readonly Pick<CatalogueEntry, 'name' | 'text'>[],
    dropped: readonly string[],
    deadline: number,
  ): Promise<number>;
}
