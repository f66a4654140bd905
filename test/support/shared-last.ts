import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Small files that take long: begun last, they would be waited for alone. Without a cache, larger files come first. */
const SLOW = patterns([
  'faults/faults',
  'faults/stories',
  'hostile/stores',
  'service/lease-of-work',
  'realtime/proxy-answers',
  'realtime/restarts',
  'realtime/reopening',
  'windows/announcements',
  'admin/page-prefix',
  'decision/late-answers',
  'e2e/call-rights-of-streams',
  'progress/progress',
  'history/store',
  'windows/outage',
  'realtime/replicas',
  'state/once-contract',
  'state/redis-listening',
  'state/redis-touch',
]);

/** Files that wait for most of a minute. Their sizes are alike: one beside the other they would leave the machine idle. */
const WAITING = patterns([
  'state/unreadable',
  'state/replica-list',
  'state/redis-rights',
  'state/lease-clock',
  'state/lease-contract',
  'state/redis-last-error',
  'windows/service',
  'admin/page-safety',
]);

/** Files that share their processes come last: each other file would end the process that they share. */
export class SharedLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const shares = ({ project }: TestSpecification): boolean => !project.config.isolate;
    const rank = (file: TestSpecification): number => (shares(file) ? 2 : 0) + (isAmong(SLOW, file) ? 0 : 1);
    const ranked = sorted.toSorted((a, b) => rank(a) - rank(b));
    const last = ranked.filter((file) => rank(file) === 3);
    return [...ranked.slice(0, ranked.length - last.length), ...spread(last)];
  }
}

/** Puts those that wait among the first two thirds of the others. */
function spread(files: TestSpecification[]): TestSpecification[] {
  const mixed = files.filter((file) => !isAmong(WAITING, file));
  const waiting = files.filter((file) => isAmong(WAITING, file));
  const distance = ((2 / 3) * mixed.length) / waiting.length;
  waiting.forEach((file, index) => mixed.splice(Math.floor(index * distance) + index, 0, file));
  return mixed;
}

function patterns(names: readonly string[]): string[] {
  return names.map((name) => `/test/${name}.spec.ts`);
}

function isAmong(names: readonly string[], { moduleId }: TestSpecification): boolean {
  return names.some((name) => moduleId.endsWith(name));
}
