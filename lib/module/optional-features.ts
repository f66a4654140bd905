import type { DynamicModule } from '@nestjs/common';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';

/** A feature that is only loaded if it is on, since it needs packages that an application may not have. */
export interface OptionalFeature {
  /** The option that switches it off. */
  readonly option: 'socket' | 'admin';
  /** Loads each package it needs, by name. */
  readonly packages: Readonly<Record<string, () => Promise<unknown>>>;
  /** Loads the feature itself, once its packages are there. */
  readonly load: () => Promise<DynamicModule>;
}

/** What a feature lacks. */
interface Lack {
  readonly option: string;
  readonly packages: readonly string[];
  readonly cause: unknown;
}

/**
 * The features for Nest's `imports`. Missing packages stop the start with one error for all features, which says what to install
 * and which option switches each of them off.
 */
export function loadFeatures(parts: readonly OptionalFeature[]): Promise<DynamicModule>[] {
  const lacks = Promise.all(parts.map(lackOf));
  const major = lacks.then((all) => (all.some((lack) => lack !== undefined) ? nestMajor() : undefined));
  major.catch(() => undefined);
  return parts.map((part) => {
    const mounted = lacks.then(async (all) => {
      const lacking = all.filter((lack) => lack !== undefined);
      if (lacking.length > 0) {
        throw missing(lacking, await major);
      }
      return part.load();
    });
    // Nest awaits it when it scans the imports, which may be much later
    mounted.catch(() => undefined);
    return mounted;
  });
}

async function lackOf({ option, packages }: OptionalFeature): Promise<Lack | undefined> {
  const lacking: string[] = [];
  let cause: unknown;
  for (const [name, load] of Object.entries(packages)) {
    try {
      await load();
    } catch (error) {
      if (!isMissing(error, name)) {
        throw error;
      }
      lacking.push(name);
      cause ??= error;
    }
  }
  return lacking.length > 0 ? { option, packages: lacking, cause } : undefined;
}

function missing(lacks: readonly Lack[], major: string | undefined): MaintenanceConfigurationError {
  const options = lacks.map(({ option }) => option);
  // npm would refuse to install those of another major version
  const packages = lacks
    .flatMap((lack) => lack.packages)
    .map((name) => (major !== undefined && name.startsWith('@nestjs/') ? `${name}@${major}` : name));
  return new MaintenanceConfigurationError(
    `Maintenance option${options.length > 1 ? 's' : ''} ${options.map((option) => `"${option}"`).join(' and ')} ` +
      `${options.length > 1 ? 'are on and need' : 'is on and needs'} packages that are not installed: ` +
      `npm install ${packages.join(' ')}, or switch off with { ${options.map((option) => `${option}: false`).join(', ')} }.`,
    { option: options[0], cause: lacks[0]?.cause },
  );
}

/** The major version of Nest that is installed; `undefined` if it is unknown, as in a bundle. */
async function nestMajor(): Promise<string | undefined> {
  try {
    const manifest = '@nestjs/core/package.json';
    const { default: core } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ manifest, {
      with: { type: 'json' },
    })) as { default: { version: string } };
    return /^\d+/.exec(core.version)?.[0];
  } catch {
    return undefined;
  }
}

/** Whether this very package is absent, and not something that an installed one needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code } = error as { code?: unknown };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    messageOf(error)
      .split(/\s(?:imported from|Require stack)/)[0]
      ?.includes(name) === true
  );
}
