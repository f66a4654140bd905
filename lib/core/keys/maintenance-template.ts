/** What a template is rendered with, before a key's `getContext()` adds to it. @publicApi */
export interface MaintenanceTemplateContext {
  /** Name of the key that refuses. */
  readonly key: string;
  /** Its label, translated. */
  readonly label: string;
  /** A title for the page, translated. */
  readonly title: string;
  /** What visitors shall read, translated. Not escaped: escape it as your template language does. */
  readonly message: string;
  /** Of the answer. */
  readonly statusCode: number;
  /** Whole seconds. */
  readonly retryAfter: number;
  /** Milliseconds. */
  readonly refreshDelay: number;
  /** The known end, `null` when none was given. */
  readonly until: Date | null;
  /** BCP 47 tag the visitor asks for, `'en'` when none. */
  readonly language: string;
  /** Where the ping answers, for a script of your own. */
  readonly pingUrl: string;
  /** Where the browser script is served. */
  readonly scriptUrl: string;
  /** As the framework hands it out. */
  readonly request: unknown;
  /** Translates one of your own texts as the built-in ones are. */
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
