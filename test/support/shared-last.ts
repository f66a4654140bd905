import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Small files that take long: begun last, they would be waited for alone. Without a cache, larger files come first. */
const SLOW = [
  'faults/faults',
  'faults/stories',
  'hostile/stores',
  'service/lease-of-work',
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
].map((name) => `/test/${name}.spec.ts`);

/** Files that share their processes come last: each other file would end the process that they share. */
export class SharedLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const shares = ({ project }: TestSpecification): boolean => !project.config.isolate;
    const isSlow = ({ moduleId }: TestSpecification): boolean => SLOW.some((name) => moduleId.endsWith(name));
    const rank = (file: TestSpecification): number => (shares(file) ? 2 : 0) + (isSlow(file) ? 0 : 1);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
