import type { DynamicModule } from '@nestjs/common';
import { MaintenanceConfigurationError } from './maintenance.errors.js';
import { messageOf } from './state/store.js';

/** A part that is only loaded when it is switched on, since it needs packages that an application may not have. */
export interface OptionalPart {
  /** The option that switches it off. */
  readonly option: 'socket' | 'admin';
  readonly packages: readonly string[];
  /** Loads the packages, then the part itself. */
  readonly load: () => Promise<DynamicModule>;
}

/**
 * The part as Nest's `imports` takes it. A package that is missing stops the start with one error that says what to
 * install and what switches the part off.
 */
export function mount({ option, packages, load }: OptionalPart): Promise<DynamicModule> {
  const part = load().catch((error: unknown) => {
    if (!isMissing(error, packages)) {
      throw error;
    }
    throw new MaintenanceConfigurationError(
      `Maintenance option "${option}" is on and needs packages that cannot be loaded (${messageOf(error)}): ` +
        `npm install ${packages.join(' ')}, or switch it off with { ${option}: false }.`,
      { option, cause: error },
    );
  });
  // Nest awaits it when it scans the imports, which may be much later than now
  part.catch(() => undefined);
  return part;
}

function isMissing(error: unknown, packages: readonly string[]): boolean {
  const { code } = error as { code?: unknown };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    packages.some((name) => messageOf(error).includes(name))
  );
}
