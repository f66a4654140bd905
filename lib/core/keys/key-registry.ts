import {
  describeValue,
  MaintenanceConfigurationError,
  UnknownMaintenanceKeyError,
} from '../errors/errors.js';
import { bindKey, unbindKey, type KeyStateReader } from './key-readers.js';
import { GENERAL_MAINTENANCE } from './general-maintenance.js';
import { MaintenanceKey } from './maintenance-key.js';
import { checkName } from './maintenance-key-options.js';
import { checkProperties } from './maintenance-key-properties.js';

/** Registries of running applications, for code that has only the name of a key. */
const running = new Set<KeyRegistry>();

/** Whether, in a running application, this is the name of a key with `public: false`. */
export const isHiddenKey = (name: string): boolean =>
  [...running].some((registry) => registry.find(name)?.public === false);

/** The keys of one application, in the order in which they are asked. */
export class KeyRegistry {
  private readonly byName = new Map<string, MaintenanceKey>();
  private readonly sources = new Map<string, string>();
  /** Sorted on demand: thousands may be added one after another. */
  private sorted: readonly MaintenanceKey[] | undefined;
  private ranks: ReadonlyMap<string, number> | undefined;
  private reader: KeyStateReader | null = null;
  private readonly listeners = new Set<() => void>();

  /** Looks for keys that have been added since (lazily loaded modules); set by the explorer. */
  rescan: () => void = () => undefined;

  /** @param general the key of that name as this application wants it */
  constructor(private general: MaintenanceKey = GENERAL_MAINTENANCE) {
    this.add(general, 'the library');
  }

  /**
   * @param source where the key was declared, for error messages
   * @throws MaintenanceConfigurationError for a second key of the same name
   */
  add(key: MaintenanceKey, source: string): void {
    if (!(key instanceof MaintenanceKey)) {
      throw new MaintenanceConfigurationError(
        `${source} provided ${describeValue(key)}; accepted: a MaintenanceKey.`,
      );
    }
    // a class may have replaced what its constructor has checked: `override readonly timeout = 60`
    checkName(key.name);
    checkProperties(key);
    const present = this.byName.get(key.name);
    if (present) {
      throw new MaintenanceConfigurationError(
        `Maintenance key "${key.name}" is declared twice: by ${this.sources.get(key.name)} and by ${source}.`,
      );
    }
    this.put(key, source);
  }

  /** Adds a key, or replaces the one of that name, as an application has published it. */
  replace(key: MaintenanceKey, source: string): void {
    if (key.name === this.general.name) {
      this.general = key;
    }
    this.put(key, source);
  }

  private put(key: MaintenanceKey, source: string): void {
    this.byName.set(key.name, key);
    this.sources.set(key.name, source);
    this.sorted = undefined;
    this.ranks = undefined;
    if (this.reader) {
      bindKey(key, this.reader);
    }
    for (const listener of this.listeners) {
      listener();
    }
  }

  all(): readonly MaintenanceKey[] {
    return (this.sorted ??= [...this.byName.values()].sort((a, b) => a.order - b.order));
  }

  /** The place of a key among {@link all}. */
  rank(name: string): number {
    this.ranks ??= new Map(this.all().map((key, i) => [key.name, i]));
    return this.ranks.get(name) ?? Infinity;
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** The key of that name or `undefined`; never looks for new ones. */
  find(name: string): MaintenanceKey | undefined {
    return this.byName.get(name);
  }

  /**
   * The registered key for a name, or of the same name as a key object.
   * @throws UnknownMaintenanceKeyError
   */
  get(key: string | MaintenanceKey): MaintenanceKey {
    const name: unknown = key instanceof MaintenanceKey ? key.name : key;
    const found = typeof name === 'string' ? (this.byName.get(name) ?? this.search(name)) : undefined;
    if (found) {
      return found;
    }
    throw new UnknownMaintenanceKeyError(name, [...this.byName.keys()]);
  }

  /** Calls back after each later {@link add}. */
  onAdd(listener: () => void): void {
    this.listeners.add(listener);
  }

  bind(reader: KeyStateReader): void {
    running.add(this);
    this.reader = reader;
    this.bound.forEach((key) => bindKey(key, reader));
  }

  unbind(): void {
    running.delete(this);
    const { reader } = this;
    if (reader) {
      this.bound.forEach((key) => unbindKey(key, reader));
    }
    this.reader = null;
  }

  /** `GENERAL_MAINTENANCE` stands for the application's own key of that name. */
  private get bound(): readonly MaintenanceKey[] {
    return this.general === GENERAL_MAINTENANCE ? this.all() : [...this.all(), GENERAL_MAINTENANCE];
  }

  private search(name: string): MaintenanceKey | undefined {
    this.rescan();
    return this.byName.get(name);
  }
}
