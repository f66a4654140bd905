/** What cannot be read of the store, and why. */
export class UnreadableRecords {
  private whole: string | null = null;
  private byKey: ReadonlyMap<string, string> = new Map();

  /** Why nothing can be read; `null` if something can. */
  get all(): string | null {
    return this.whole;
  }

  /** Why records of some keys cannot be read and stay as they are, by key name. */
  get keys(): ReadonlyMap<string, string> {
    return this.byKey;
  }

  /** The keys whose records cannot be read. */
  get names(): readonly string[] {
    return [...this.byKey.keys()];
  }

  /** Why a key's record, or all of them, cannot be read; `null` if it can. */
  of(key: string): string | null {
    return this.whole ?? this.byKey.get(key) ?? null;
  }

  /** Nothing can be read. */
  mark(problem: string): void {
    this.whole = problem;
  }

  /** Something could be read. */
  unmark(): void {
    this.whole = null;
  }

  /** Of all records these cannot be read. */
  take(problems: ReadonlyMap<string, string>): void {
    this.byKey = problems;
  }

  /** Of the written records these cannot be read. */
  follow(readable: ReadonlyMap<string, unknown>, problems: ReadonlyMap<string, string>): void {
    const others = [...this.byKey].filter(([name]) => !readable.has(name));
    this.byKey = new Map([...others, ...problems]);
  }
}
