import type { Observable } from 'rxjs';
import type { OpenWork } from '../core/service/open-work.js';

/** A running application, for code that is not injected: a decorated method, a static one. */
export interface Application {
  readonly openWork: OpenWork;
  /** Whether it is one of its providers, or the class of one. */
  owns(instance: object): boolean;
  /** What missed calls are made up for once for: the instance, or its class if there is an instance for each request. */
  identify(instance: object): object;
  error(message: string): void;
}

const running = new Set<Application>();
const owners = new WeakMap<object, readonly Application[]>();
const NONE: readonly Application[] = [];

/** @param life completes when it has left for good, which may be later than its shutdown: until then others count on it */
export function addApplication(application: Application, life: Observable<unknown>): void {
  running.add(application);
  life.subscribe({ complete: () => running.delete(application) });
}

/**
 * The applications that an object belongs to; all running ones if none knows it, since nobody can tell which it works for.
 * @param subject an instance, or a class where a static method is called
 */
export function applicationsOf(subject: unknown): readonly Application[] {
  if (running.size < 2) {
    return running.size === 0 ? NONE : [...running];
  }
  const known = isObject(subject) ? owners.get(subject) : undefined;
  if (known?.every((application) => running.has(application))) {
    return known;
  }
  const found = isObject(subject) ? [...running].filter((application) => application.owns(subject)) : [];
  if (isObject(subject) && found.length > 0) {
    owners.set(subject, found);
  }
  return found.length > 0 ? found : [...running];
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
