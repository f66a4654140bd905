import { pathSegments } from '../core/keys/ignore-path-option.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import { servedPath } from './served-path.js';

/** Where a request is served. */
export interface Place {
  /** The template of the route that serves it; `undefined` where there is none. */
  readonly template?: string | undefined;
  /** The path of the request as it was sent, if files, routers and the like are served by it. */
  readonly path?: string | undefined;
  /** Something of the application serves it by its path: files, a router, a route that ends in a wildcard, GraphQL. */
  readonly isServed?: boolean;
}

/** One list of paths, compiled. */
class PathList {
  private readonly starts: readonly string[];
  private readonly known = new Map<string, boolean>();
  private inPath: RegExp | undefined;

  constructor(
    paths: readonly string[],
    private readonly outer: Outer,
  ) {
    this.starts = paths.map((path) => pathSegments(path).join('/'));
  }

  has({ template, path }: Place): boolean {
    if (path === undefined) {
      return template !== undefined && this.hasTemplate(template);
    }
    // a route that serves what lies below it: its template says nothing of where a devious path leads
    return (
      this.hasPath(path) ||
      (template !== undefined && this.hasTemplate(template) && servedPath(path) !== undefined)
    );
  }

  private hasTemplate(template: string): boolean {
    let answer = this.known.get(template);
    if (answer === undefined) {
      const whole = pathSegments(template);
      const prefix = pathSegments(this.outer.globalPrefix());
      const inner = startsWith(whole, prefix) ? whole.slice(prefix.length) : whole;
      const plain = this.outer.versions().has(inner[0] ?? '') ? inner.slice(1) : inner;
      answer = [whole, inner, plain].some((route) => {
        const text = route.join('/');
        return this.starts.some((start) => text === start || text.startsWith(`${start}/`));
      });
      this.known.set(template, answer);
    }
    return answer;
  }

  /** One expression and no cache: clients can invent more paths than there is room for. */
  private hasPath(path: string): boolean {
    this.inPath ??= this.pathPattern();
    if (!path.includes('%') && !this.inPath.test(path)) {
      return false;
    }
    const served = servedPath(path);
    return served !== undefined && this.inPath.test(served);
  }

  private pathPattern(): RegExp {
    const prefix = pathSegments(this.outer.globalPrefix())
      .map((segment) => `/${escape(segment)}`)
      .join('');
    return new RegExp(`^(?:${prefix})?/(?:${this.starts.map(escape).join('|')})(?:/|$)`, 'i');
  }
}

const NONE: readonly ActiveKey[] = [];

const escape = (text: string): string => text.replace(/[^\w/]/g, '\\$&');

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((segment, index) => path[index] === segment);

/** What may precede a path. */
interface Outer {
  readonly globalPrefix: () => string;
  /** First segments that are versions; read once routes are known. */
  readonly versions: () => ReadonlySet<string>;
}

/**
 * Places that keys do not refuse. The template of the matched route is compared, with or without the application's global prefix
 * and the route's version; if there is none, the path of the request. Whole segments from the beginning, case-insensitive.
 */
export class IgnorePaths {
  private readonly lists = new WeakMap<readonly string[], PathList>();
  private readonly outer: Outer;
  private own: PathList | undefined;
  private seen: readonly ActiveKey[] | undefined;
  private matters = false;
  /** The keys that affect a template, for the list of active ones they were last computed for. */
  private readonly concerning = new Map<string, { of: readonly ActiveKey[]; keys: readonly ActiveKey[] }>();

  /** @param paths the module's, for all keys that have none of their own */
  constructor(
    private readonly paths: readonly string[],
    globalPrefix: () => string,
    versions: () => ReadonlySet<string>,
    /** Where this library's own routes are; read once the global prefix is known. */
    private readonly ownPath: () => string,
  ) {
    this.outer = { globalPrefix, versions };
  }

  /** Whether any of these keys ignores a path: finding out where a request is served costs time. */
  matter(active: readonly ActiveKey[]): boolean {
    if (this.seen !== active) {
      this.seen = active;
      this.matters = active.some(({ key }) => this.pathsOf(key).length > 0);
    }
    return this.matters;
  }

  /** Those of the active keys that affect a place; the same list each time for the same template. */
  affecting(active: readonly ActiveKey[], place: Place): readonly ActiveKey[] {
    if (this.isOwn(place)) {
      return NONE;
    }
    if (!this.matter(active)) {
      return active;
    }
    const { template, path } = place;
    if (template === undefined || path !== undefined) {
      return this.filter(active, place);
    }
    let known = this.concerning.get(template);
    if (known?.of !== active) {
      known = { of: active, keys: this.filter(active, place) };
      this.concerning.set(template, known);
    }
    return known.keys;
  }

  /** Whether a place is among the module's paths, or among those of a key that has its own. */
  matches(key: MaintenanceKey | null, place: Place): boolean {
    const paths = this.pathsOf(key);
    if (this.isOwn(place)) {
      return true;
    }
    if (paths.length === 0) {
      return false;
    }
    let list = this.lists.get(paths);
    if (!list) {
      list = new PathList(paths, this.outer);
      this.lists.set(paths, list);
    }
    return list.has(place);
  }

  /**
   * Whether it is below the base route of this library, where the application has nothing: that is exempt like our own routes.
   */
  private isOwn({ path, isServed }: Place): boolean {
    return path !== undefined && isServed !== true && this.isBelowOwn(path);
  }

  /** Whether a path is below the base route of this library. */
  isBelowOwn(path: string): boolean {
    this.own ??= new PathList([this.ownPath()], { globalPrefix: () => '', versions: () => new Set() });
    return this.own.has({ path });
  }

  private filter(active: readonly ActiveKey[], place: Place): readonly ActiveKey[] {
    const keys = active.filter(({ key }) => !this.matches(key, place));
    return keys.length === active.length ? active : keys;
  }

  private pathsOf(key: MaintenanceKey | null): readonly string[] {
    return key?.ignorePaths ?? this.paths;
  }
}
