import type { Provider } from '@nestjs/common';

const tokens = new Set<unknown>();

/** Notes providers as the library's own: nobody looks for handlers, keys or hooks in them. */
export function ownProviders(providers: Provider[]): Provider[] {
  for (const provider of providers) {
    tokens.add(typeof provider === 'function' ? provider : provider.provide);
  }
  return providers;
}

/** Is it, as Nest keeps it, what an application has brought, or may have. */
export const isOfApplication = ({ token }: { readonly token: unknown }): boolean => !tokens.has(token);
