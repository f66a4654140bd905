import type { Provider } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';

/** Of what is the library's own, and of what Nest adds to every module. */
const tokens = new Set<unknown>([ApplicationConfig, ModuleRef]);

/** Marks providers as the library's own: nobody looks for handlers, keys or hooks in them. */
export function ownProviders(providers: Provider[]): Provider[] {
  for (const provider of providers) {
    tokens.add(typeof provider === 'function' ? provider : provider.provide);
  }
  return providers;
}

/** Whether an application has, or may have, brought it. */
export const isOfApplication = ({ token }: { readonly token: unknown }): boolean => !tokens.has(token);
