import 'reflect-metadata';
import { COPY, THIS_COPY } from '../common/copy.js';
import { describeValue, MaintenanceConfigurationError, MaintenanceError } from '../errors/errors.js';
import { MONTH } from './durations.js';
import { describeKey, type MaintenanceKeyJson } from './maintenance-key-json.js';
import { checkName, checkOptions, type MaintenanceKeyOptions } from './maintenance-key-options.js';
import { checkProperties } from './maintenance-key-properties.js';
import { readerOf } from './key-readers.js';
import { OFF, type MaintenanceState } from './maintenance-state.js';
import { MaintenanceStatus, type MaintenanceStatusClass } from './maintenance-status.js';
import type { MaintenanceTemplate, MaintenanceTemplateContext } from './maintenance-template.js';

const DECLARATION = Symbol('nestjs-maintenance:key');

/** Records what `@RegisterMaintenanceKey(name, options)` declares on a class, for its constructor to find. */
export function declareKeyClass(target: object, name: string, options: MaintenanceKeyOptions): void {
  Reflect.defineMetadata(DECLARATION, { name, options }, target);
}

/**
 * A kind of maintenance: its name, what it affects, and what visitors see.
 *
 * @example
 * ```ts
 * export const IMPORT = new MaintenanceKey('import-export', { label: 'Import and export', scope: 'marked' });
 * ```
 * @publicApi
 */
export class MaintenanceKey {
  static {
    Object.defineProperty(this.prototype, COPY, { value: THIS_COPY });
  }

  /** Identifies the key in code, routes, logs and the store. */
  readonly name: string;
  /** Its name for operators. */
  readonly label: string;
  /** A sentence that explains it to operators. */
  readonly helpText: string;
  /** Keys with lower values are evaluated first. */
  readonly order: number;
  /** Safety net in milliseconds; 0: none. */
  readonly timeout: number;
  /** Its page; `undefined`: the module's. */
  readonly template: MaintenanceTemplate | undefined;
  /** What {@link getStatusClass} returns unless it is overridden. */
  readonly statusClass: MaintenanceStatusClass;
  /** `'site'` affects every handler, `'marked'` only those marked with it. */
  readonly scope: 'site' | 'marked';
  /** Whether it lets requests pass that can only read. */
  readonly readOnly: boolean;
  /** Whether visitors' browsers may see it by name. */
  readonly public: boolean;
  /** Paths that this key never refuses, in place of the module's `ignorePaths`; `undefined`: the module's. */
  readonly ignorePaths: readonly string[] | undefined;

  /**
   * @param name matches `^[A-Za-z0-9][\w.-]{0,127}$`; may be left out in a class that carries
   * `@RegisterMaintenanceKey(name, options)`
   * @throws MaintenanceConfigurationError if the name or an option is wrong
   */
  constructor(name?: string, options: MaintenanceKeyOptions = {}) {
    const declared = Reflect.getMetadata(DECLARATION, new.target) as
      { name: string; options: MaintenanceKeyOptions } | undefined;
    if (declared && name !== undefined && name !== declared.name) {
      throw new MaintenanceConfigurationError(
        `${new.target.name} is registered as maintenance key ${describeValue(declared.name)} but names itself ${describeValue(name)}.`,
      );
    }
    this.name = checkName(name === undefined ? declared?.name : name);
    const given = { ...checkOptions(this.name, declared?.options), ...checkOptions(this.name, options) };
    const {
      label = this.name,
      helpText = '',
      order = 0,
      timeout = MONTH,
      template,
      statusClass = MaintenanceStatus,
      scope = 'site',
      readOnly = false,
      public: isPublic = true,
      ignorePaths,
    } = given;
    this.label = label;
    this.helpText = helpText;
    this.order = order;
    this.timeout = timeout;
    this.template = template;
    this.statusClass = statusClass;
    this.scope = scope;
    this.readOnly = readOnly;
    this.public = isPublic;
    this.ignorePaths = Array.isArray(ignorePaths) ? Object.freeze([...ignorePaths]) : ignorePaths;
    checkProperties(this);
  }

  /** Override it to choose the class whose instances decide for each request. */
  getStatusClass(): MaintenanceStatusClass {
    return this.statusClass;
  }

  /**
   * Override it to change the context of this key's template.
   * @param parentContext the context that the library provides: see {@link MaintenanceTemplateContext}
   */
  getContext(
    _request: unknown,
    parentContext: MaintenanceTemplateContext,
  ): Record<string, unknown> | Promise<Record<string, unknown>> {
    return { ...parentContext };
  }

  /** Override it to choose the template for this request; `undefined`: the module's. */
  getTemplate(_request: unknown): MaintenanceTemplate | undefined | Promise<MaintenanceTemplate | undefined> {
    return this.template;
  }

  /**
   * Override it to render the whole page for this request; `undefined` leaves it to the module's `template`, then to the built-in page.
   * It may return a promise, as it does unless overridden.
   */
  render(
    request: unknown,
    parentContext: MaintenanceTemplateContext,
  ): string | undefined | Promise<string | undefined> {
    return renderTemplateOf(this, request, parentContext);
  }

  /** Its name, so that a key can be used in a template string. */
  toString(): string {
    return this.name;
  }

  /**
   * Key data; override it to add fields of your own.
   * @param state the state to describe; default: the state that this process knows now
   */
  toJSON(state?: MaintenanceState): MaintenanceKeyJson {
    // JSON.stringify() calls this with the name of a property
    const known = typeof state === 'object' ? state : (readerOf(this)?.current(this) ?? OFF);
    return describeKey(this, known);
  }

  /** Override it to decide whether the admin page and API offer this key to the sender of this request. Default: yes. */
  isEditable(_request: unknown): boolean | Promise<boolean> {
    return true;
  }

  /**
   * Whether this key is in maintenance, read from the store. If several applications of one process share the key (as they do
   * {@link GENERAL_MAINTENANCE}), it asks the one that registered it last.
   * @throws MaintenanceStoreError if the store, or its record of this key, cannot be read; MaintenanceError if no running application has registered the key
   */
  async isMaintenance(): Promise<boolean> {
    const reader = readerOf(this);
    if (!reader) {
      throw new MaintenanceError(
        `Maintenance key "${this.name}" is not registered with a running application.`,
      );
    }
    return (await reader.fresh(this)).value;
  }
}

/** The page of the template that a key has for this request. */
async function renderTemplateOf(
  key: MaintenanceKey,
  request: unknown,
  parentContext: MaintenanceTemplateContext,
): Promise<string | undefined> {
  const template = await key.getTemplate(request);
  return template === undefined
    ? undefined
    : parentContext.renderTemplate(template, await key.getContext(request, parentContext));
}
