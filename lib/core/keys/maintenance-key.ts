import 'reflect-metadata';
import { describeValue, MaintenanceConfigurationError, MaintenanceError } from '../errors/errors.js';
import { MONTH } from './durations.js';
import { isIgnorePath } from './ignore-path-option.js';
import { describeKey, type MaintenanceKeyJson } from './maintenance-key-json.js';
import {
  checkName,
  checkOptions,
  isString,
  isBoolean,
  isSafetyNet,
  isTemplate,
  isStatusClass,
  type MaintenanceKeyOptions,
} from './maintenance-key-options.js';
import { readerOf } from './key-readers.js';
import { OFF, type MaintenanceState } from './maintenance-state.js';
import { MaintenanceStatus, type MaintenanceStatusClass } from './maintenance-status.js';
import type { MaintenanceTemplate, MaintenanceTemplateContext } from './maintenance-template.js';

const DECLARATION = Symbol('nestjs-maintenance:key');

/** Records what `@RegisterMaintenanceKey(name, options)` says of a class, for its constructor to find. */
export function declareKeyClass(target: object, name: string, options: MaintenanceKeyOptions): void {
  Reflect.defineMetadata(DECLARATION, { name, options }, target);
}

/**
 * A kind of maintenance: what it is called, whom it affects and what they see.
 *
 * @example
 * ```ts
 * export const IMPORT = new MaintenanceKey('import-export', { label: 'Import and export', scope: 'marked' });
 * ```
 * @publicApi
 */
export class MaintenanceKey {
  /** What it is called everywhere. */
  readonly name: string;
  /** What operators read. */
  readonly label: string;
  /** A sentence that explains it to operators. */
  readonly helpText: string;
  /** Lower is asked first. */
  readonly order: number;
  /** Milliseconds; 0 is never. */
  readonly timeout: number;
  /** Its page; `undefined`: the module's own. */
  readonly template: MaintenanceTemplate | undefined;
  /** What {@link getStatusClass} gives unless it is overridden. */
  readonly statusClass: MaintenanceStatusClass;
  /** `'site'` affects every handler, `'marked'` only those marked with it. */
  readonly scope: 'site' | 'marked';
  /** Does everything pass that can only read. */
  readonly readOnly: boolean;
  /** May visitors' browsers learn of it by name. */
  readonly public: boolean;
  /** Routes that this key never refuses, in place of the module's `ignorePaths`; `undefined`: those. */
  readonly ignorePaths: readonly string[] | undefined;

  /**
   * @param name matches `^[A-Za-z0-9][\w.-]{0,127}$`; may be left out in a class that carries
   * `@RegisterMaintenanceKey(name, options)`
   * @throws MaintenanceConfigurationError when the name or an option is wrong
   */
  constructor(name?: string, options: MaintenanceKeyOptions = {}) {
    const declared = Reflect.getMetadata(DECLARATION, new.target) as
      { name: string; options: MaintenanceKeyOptions } | undefined;
    if (declared && name !== undefined && name !== declared.name) {
      throw new MaintenanceConfigurationError(
        `${new.target.name} is registered as maintenance key ${describeValue(declared.name)} but names itself ${describeValue(name)}.`,
      );
    }
    this.name = checkName(name ?? declared?.name);
    const given = { ...checkOptions(this.name, declared?.options), ...checkOptions(this.name, options) };
    const check = <T>(option: string, value: T, accepted: string, valid: (value: T) => boolean): T => {
      if (!valid(value)) {
        throw MaintenanceConfigurationError.of(`${option} of key ${this.name}`, value, accepted);
      }
      return value;
    };
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
    this.label = check('label', label, 'a string', isString);
    this.helpText = check('helpText', helpText, 'a string', isString);
    this.order = check('order', order, 'a finite number', Number.isFinite);
    this.timeout = check(
      'timeout',
      timeout,
      'whole milliseconds, 0 for ever, else at least 1000',
      isSafetyNet,
    );
    this.template = check('template', template, 'a view name or a function', isTemplate);
    this.statusClass = check(
      'statusClass',
      statusClass,
      'a class that extends MaintenanceStatus',
      isStatusClass,
    );
    this.scope = check('scope', scope, "'site' or 'marked'", (value) => ['site', 'marked'].includes(value));
    this.readOnly = check('readOnly', readOnly, 'a boolean', isBoolean);
    this.public = check('public', isPublic, 'a boolean', isBoolean);
    this.ignorePaths = check(
      'ignorePaths',
      Array.isArray(ignorePaths) ? Object.freeze([...ignorePaths]) : ignorePaths,
      'an array of paths of routes such as "/health", without patterns',
      (paths) => paths === undefined || (Array.isArray(paths) && paths.every(isIgnorePath)),
    );
  }

  /** The class whose instances answer for each request. */
  getStatusClass(): MaintenanceStatusClass {
    return this.statusClass;
  }

  /**
   * What the template of this key is rendered with.
   * @param parentContext what the library knows: see {@link MaintenanceTemplateContext}
   */
  getContext(
    _request: unknown,
    parentContext: MaintenanceTemplateContext,
  ): Record<string, unknown> | Promise<Record<string, unknown>> {
    return { ...parentContext };
  }

  /** The template for this request, `undefined` for the module's own. */
  getTemplate(_request: unknown): MaintenanceTemplate | undefined | Promise<MaintenanceTemplate | undefined> {
    return this.template;
  }

  /**
   * The whole page for this request; `undefined` leaves it to the module's `template` and then to the built-in page.
   */
  async render(request: unknown, parentContext: MaintenanceTemplateContext): Promise<string | undefined> {
    const template = await this.getTemplate(request);
    return template === undefined
      ? undefined
      : parentContext.renderTemplate(template, await this.getContext(request, parentContext));
  }

  /** Its name, so that a key can stand in a text. */
  toString(): string {
    return this.name;
  }

  /**
   * Key data.
   * @param state what to describe; default: what this process knows now
   */
  toJSON(state?: MaintenanceState): MaintenanceKeyJson {
    // JSON.stringify() calls this with the name of a property
    const known = typeof state === 'object' ? state : (readerOf(this)?.current(this) ?? OFF);
    return describeKey(this, known);
  }

  /** May the admin page and API offer this key to whoever sends this request. Default: yes. */
  isEditable(_request: unknown): boolean | Promise<boolean> {
    return true;
  }

  /**
   * Is this key in maintenance, read afresh from the store. A key that several applications of one process share (as
   * {@link GENERAL_MAINTENANCE} is) asks the one that registered it last.
   * @throws MaintenanceStoreError when the store cannot be read
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
