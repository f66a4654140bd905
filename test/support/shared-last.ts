import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Files that share their processes come last: each other file would end the process that they share. */
export class SharedLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const shares = ({ project }: TestSpecification): boolean => !project.config.isolate;
    return [...sorted.filter((file) => !shares(file)), ...sorted.filter(shares)];
  }
}
