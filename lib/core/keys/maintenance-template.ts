import type { MaintenanceVisibleProgress } from '../progress/maintenance-progress.js';

/** The context of a template, before a key's `getContext()` changes it. @publicApi */
export interface MaintenanceTemplateContext {
  /** Name of the key that refuses; empty if the replica has lost contact with the store and `onStale` is `'block'`. */
  readonly key: string;
  /** Its label, translated; empty as well then. */
  readonly label: string;
  /** A title for the page, translated. */
  readonly title: string;
  /** The message for visitors, translated. Not escaped: escape it as your template language does. */
  readonly message: string;
  /** HTTP status of the response. */
  readonly statusCode: number;
  /** Whole seconds. */
  readonly retryAfter: number;
  /** Milliseconds. */
  readonly refreshDelay: number;
  /** The known end, `null` when none was given. */
  readonly until: Date | null;
  /** Progress of the work, if it is public; its `step` is not escaped. */
  readonly progress: MaintenanceVisibleProgress | null;
  /** BCP 47 tag of the visitor's language. */
  readonly language: string;
  /** URL of the ping endpoint, for a script of your own. */
  readonly pingUrl: string;
  /** URL of the browser script. */
  readonly scriptUrl: string;
  /** The request object of the framework. */
  readonly request: unknown;
  /** Translates a text of your own with the `translate` option. */
  readonly translate: (text: string) => string;
  /** Renders a template: a function is called, a name goes to the application's view engine. */
  readonly renderTemplate: (
    template: MaintenanceTemplate,
    context: Record<string, unknown>,
  ) => Promise<string>;
}

/**
 * A page: a view name of the application's view engine, or a function that returns HTML.
 * @publicApi
 */
export type MaintenanceTemplate =
  string | ((context: MaintenanceTemplateContext & Record<string, unknown>) => string | Promise<string>);
