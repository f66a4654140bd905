import type { FactoryProvider, Provider } from '@nestjs/common';

type Token = FactoryProvider['provide'];

/** A provider made by a factory that takes what the tokens stand for. */
export function made(provide: Token, inject: Token[], useFactory: (...args: never[]) => unknown): Provider {
  return { provide, inject, useFactory };
}

/** A provider made of the class itself, from what it takes. */
export function built<Taken extends unknown[]>(
  type: new (...taken: Taken) => object,
  ...inject: { [Index in keyof Taken]: abstract new (...args: never[]) => Taken[Index] }
): Provider {
  return { provide: type, inject, useFactory: (...taken: Taken) => new type(...taken) };
}
