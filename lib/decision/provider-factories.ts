import type { FactoryProvider, Provider } from '@nestjs/common';

type Token = FactoryProvider['provide'];

/** Tokens of what a constructor takes: classes, and symbols for values. */
type TokensOf<Taken extends unknown[]> = {
  [Index in keyof Taken]: (abstract new (...args: never[]) => Taken[Index]) | symbol;
};

/** A provider created by a factory from the values of these tokens. */
export function made(provide: Token, inject: Token[], useFactory: (...args: never[]) => unknown): Provider {
  return { provide, inject, useFactory };
}

/** A provider created from the class itself, with its dependencies; Nest finds them sooner than by decorators. */
export function built<Taken extends unknown[]>(
  type: new (...taken: Taken) => object,
  ...inject: TokensOf<Taken>
): Provider {
  return { provide: type, inject, useFactory: (...taken: Taken) => new type(...taken) };
}

/** A provider created from the class itself, with its parts by name. */
export function assembled<Parts extends object>(
  type: new (parts: Parts) => object,
  parts: { [Name in keyof Parts]: abstract new (...args: never[]) => Parts[Name] },
): Provider {
  const names = Object.keys(parts);
  const useFactory = (...taken: unknown[]): object =>
    new type(Object.fromEntries(names.map((name, index) => [name, taken[index]])) as Parts);
  return { provide: type, inject: Object.values(parts) as Token[], useFactory };
}
