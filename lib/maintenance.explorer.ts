import { Logger, Scope } from '@nestjs/common';
import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { HookRunner } from './core/hooks/hook-runner.js';
import { errorOfOtherCopy } from './decision/decorator-copies.js';
import { HOOK_MEMBERS, type HookMark } from './decision/on-maintenance.decorator.js';
import type { KeyRegistry } from './core/keys/key-registry.js';
import { MaintenanceKey } from './core/keys/maintenance-key.js';
import { markedMembers } from './decision/marked-members.js';
import { KEY_CLASS, KEY_MEMBERS } from './decision/register-maintenance-key.decorator.js';
import { MaintenanceConfigurationError, MaintenanceError } from './core/errors/errors.js';
import { messageOf } from './core/errors/message-of.js';
import { classOf, type Wrapper } from './module/class-of.js';
import { isOfApplication } from './decision/own-providers.js';

/**
 * Finds keys and hooks among all providers. Each provider class is asked once for the marks its decorators left, so
 * that a large application is not scanned method by method; what a lazily loaded module brings is found on the next ask.
 */
export class MaintenanceExplorer {
  /** What was looked at: wrappers and instances with marks, classes without, and modules that have no more to give. */
  private readonly seen = new WeakSet<object>();
  /** Modules whose providers were all made; one made per request never counts as made. */
  private loaded = new WeakSet<object>();
  private readonly logger = new Logger('Maintenance');
  /** Asks members again that had no key to give: their providers may make them in `onModuleInit()`. */
  private unready: (() => void)[] = [];
  private initialised = false;
  private exploring = false;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly discovery: DiscoveryService,
    private readonly registry: KeyRegistry,
    private readonly hooks: HookRunner,
  ) {
    registry.rescan = () => this.explore();
  }

  /**
   * @throws MaintenanceConfigurationError when what was found is wrong
   */
  explore(): void {
    if (this.exploring) {
      return;
    }
    this.exploring = true;
    try {
      this.unready.splice(0).forEach((ask) => ask());
      this.exploreModules([...this.modules.values()].filter((module) => !this.seen.has(module)));
    } finally {
      this.exploring = false;
    }
  }

  /** All providers of the application exist. @throws as {@link explore} */
  begin(): void {
    this.loaded = new WeakSet(this.modules.values());
    this.explore();
  }

  /** All providers have made themselves ready: what a member gives now is what it has. @throws as {@link explore} */
  complete(): void {
    this.initialised = true;
    this.explore();
  }

  private exploreModules(modules: Module[]): void {
    if (modules.length === 0) {
      return;
    }
    const waiting = new Set<unknown>();
    const { discovery } = this;
    for (const wrapper of [
      ...discovery.getProviders({}, modules),
      ...discovery.getControllers({}, modules),
    ]) {
      if (!this.isMade(wrapper)) {
        waiting.add(wrapper.host);
      } else if (isOfApplication(wrapper)) {
        this.exploreWrapper(wrapper);
      }
    }
    if (this.initialised) {
      modules.filter((module) => !waiting.has(module)).forEach((module) => this.seen.add(module));
    }
  }

  /** Until a provider of a module that is being loaded is made, Nest keeps an object without its properties. */
  private isMade(wrapper: Wrapper): boolean {
    return (
      (wrapper.host !== undefined && this.loaded.has(wrapper.host)) ||
      (wrapper.scope ?? Scope.DEFAULT) !== Scope.DEFAULT ||
      wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved === true
    );
  }

  private exploreWrapper(wrapper: Wrapper): void {
    // an alias gives an instance that is found under its own name
    if (wrapper.isAlias || this.seen.has(wrapper)) {
      return;
    }
    const cls = classOf(wrapper);
    const replaces = replacesKey(wrapper);
    if (typeof cls !== 'function' || (this.seen.has(cls) && !replaces)) {
      return;
    }
    const foreign = errorOfOtherCopy(cls);
    if (foreign && !this.initialised) {
      throw foreign;
    } else if (foreign) {
      // loaded lazily: keys must still open and close
      this.logger.error(foreign.message);
    }
    const keys = markedMembers(KEY_MEMBERS, cls);
    const hooks = markedMembers<HookMark>(HOOK_MEMBERS, cls);
    const isKey = replaces || isKeyClass(cls);
    if (!isKey && keys.length === 0 && hooks.length === 0) {
      this.seen.add(cls);
      return;
    }
    const name = cls.name || String(wrapper.name);
    this.seen.add(wrapper);
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      const what = isKey || keys.length > 0 ? 'keys' : 'hooks';
      this.logger.warn(
        `${name} is not a singleton: its maintenance ${what} cannot be registered. Give it, and all it injects, the default scope.`,
      );
      return;
    }
    const instance: unknown = wrapper.instance;
    if (typeof instance !== 'object' || instance === null || this.seen.has(instance)) {
      return;
    }
    this.seen.add(instance);
    if (isKey) {
      this.registry.add(instance as MaintenanceKey, `class ${name}${placeOf(wrapper)}`);
    }
    keys.forEach(({ property }) =>
      this.addKeys(instance, `${name}.${String(property)}${placeOf(wrapper)}`, property),
    );
    hooks.forEach((mark) => this.addHook(instance, name, mark));
  }

  private addKeys(instance: object, source: string, property: string | symbol): void {
    let given: unknown;
    try {
      const member = (instance as Record<string | symbol, unknown>)[property];
      given = typeof member === 'function' ? member.call(instance) : member;
    } catch (error) {
      throw new MaintenanceConfigurationError(
        `${source} threw while its maintenance keys were read: ${messageOf(error)}`,
        { cause: error },
      );
    }
    const keys: unknown[] = Array.isArray(given) ? given : [given];
    if (!this.initialised && (keys[0] === undefined || keys[0] === null)) {
      this.unready.push(() => this.addKeys(instance, source, property));
      return;
    }
    for (const key of keys) {
      this.registry.add(key as MaintenanceKey, source);
    }
  }

  private addHook(instance: object, name: string, { property, event, keys }: HookMark): void {
    this.hooks.add({
      name: `${name}.${String(property)}`,
      event,
      keys,
      call: (change) => {
        const method = (instance as Record<string | symbol, unknown>)[property];
        if (typeof method !== 'function') {
          throw new MaintenanceError(`${name}.${String(property)} is not a method`);
        }
        return method.call(instance, change) as unknown;
      },
    });
  }
}

type Module = NonNullable<ReturnType<ModulesContainer['get']>>;

/** The module a provider belongs to, for messages. */
function placeOf({ host }: Wrapper): string {
  return host?.name ? ` in ${host.name}` : '';
}

const isKeyClass = (cls: unknown): boolean =>
  typeof cls === 'function' && Reflect.getOwnMetadata(KEY_CLASS, cls) === true;

/** Whether a key is provided in place of a registered one, under its token, as a test module does that overrides it. */
function replacesKey({ token, instance }: Wrapper): boolean {
  return isKeyClass(token) && instance instanceof MaintenanceKey;
}
