import { isOn } from '../document/record.js';
import type { StateManager } from '../state/state-manager.js';

/**
 * Which keys in maintenance this replica knows. An older deployment that does not know a key cannot refuse what the key refuses,
 * so it reports that rather than acknowledge.
 */
export class KnownKeys {
  private asked: unknown;
  private unknown: readonly string[] = [];

  /** @param foreign keys of services that share the namespace and cannot concern this one; `true`: all it does not know */
  constructor(
    private readonly manager: StateManager,
    private readonly given: readonly string[] | true,
  ) {}

  /** Keys that cannot affect this replica; one that it knows always can. */
  get foreign(): readonly string[] | true {
    const { registry } = this.manager;
    return this.given === true ? true : this.given.filter((name) => !registry.has(name));
  }

  /** Names of keys in maintenance that may affect this replica and that it does not know. */
  get missing(): readonly string[] {
    const { document, registry, store } = this.manager;
    const { foreign } = this;
    if (!document) {
      return NONE;
    }
    if (foreign !== true && this.asked !== document) {
      this.asked = document;
      const strange = (): string[] => [...document.live.keys()].filter((name) => !registry.has(name));
      this.unknown = strange();
      if (this.unknown.length > 0) {
        // a module loaded since may have brought it
        registry.rescan();
        this.unknown = strange();
      }
    }
    const isForeign = (name: string): boolean =>
      foreign === true ? !registry.has(name) : foreign.includes(name);
    const unknown = this.unknown.filter(
      (name) => !registry.has(name) && !isForeign(name) && isOn(document.live.get(name), store.now()),
    );
    // what a newer version has written about a key may mean that it is on
    const unreadable = [...this.manager.view.unreadable.keys.keys()].filter((name) => !isForeign(name));
    return unreadable.length > 0 ? [...new Set([...unknown, ...unreadable])] : unknown;
  }
}

const NONE: readonly string[] = [];
