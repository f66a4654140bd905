/**
 * Routes that are never refused. Compared is the template of the matched route, never what a client sent: whole segments
 * from its beginning, case-insensitive, with or without the application's global prefix and the route's version.
 */
export class IgnorePaths {
  private readonly paths: readonly (readonly string[])[];
  private readonly known = new Map<string, boolean>();

  /** @param versions first segments that are versions; asked when routes are known */
  constructor(
    paths: readonly string[],
    private readonly globalPrefix: () => string,
    private readonly versions: () => ReadonlySet<string>,
  ) {
    this.paths = paths.map(segments);
  }

  /** Are there any: asking a request for its template costs something. */
  get any(): boolean {
    return this.paths.length > 0;
  }

  matches(template: string | undefined): boolean {
    if (template === undefined) {
      return false;
    }
    let answer = this.known.get(template);
    if (answer === undefined) {
      answer = this.decide(segments(template));
      this.known.set(template, answer);
    }
    return answer;
  }

  private decide(template: readonly string[]): boolean {
    const prefix = segments(this.globalPrefix());
    const inner = startsWith(template, prefix) ? template.slice(prefix.length) : template;
    const plain = this.versions().has(inner[0] ?? '') ? inner.slice(1) : inner;
    return this.paths.some((path) => [template, inner, plain].some((route) => matchesPath(route, path)));
  }
}

const segments = (path: string): string[] => path.toLowerCase().split('/').filter(Boolean);

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((segment, index) => path[index] === segment);

/** The root is itself only, not everything below it. */
const matchesPath = (template: readonly string[], path: readonly string[]): boolean =>
  path.length === 0 ? template.length === 0 : startsWith(template, path);
