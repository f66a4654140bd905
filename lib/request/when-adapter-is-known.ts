import type { HttpAdapterHost } from '@nestjs/core';

/**
 * Calls back as soon as there is an HTTP adapter: at once, or in testing modules later. Without HTTP it calls back with nothing, or
 * never.
 */
export function whenAdapterIsKnown(
  host: HttpAdapterHost,
  then: (adapter: HttpAdapterHost['httpAdapter'] | undefined) => void,
): void {
  const { init$ } = host as Partial<HttpAdapterHost>;
  if (init$) {
    init$.subscribe(() => then(host.httpAdapter));
  } else if (host.httpAdapter) {
    then(host.httpAdapter);
  } else {
    watchAssignment(host, then);
  }
}

/** Before version 11.1.4 Nest does not announce the adapter. */
function watchAssignment(
  host: HttpAdapterHost,
  then: (adapter: HttpAdapterHost['httpAdapter'] | undefined) => void,
): void {
  const { get, set } = (Object.getOwnPropertyDescriptor(host, 'httpAdapter') ??
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(host), 'httpAdapter')) as PropertyDescriptor;
  Object.defineProperty(host, 'httpAdapter', {
    configurable: true,
    get,
    set(adapter: HttpAdapterHost['httpAdapter']) {
      set?.call(host, adapter);
      then(adapter);
    },
  });
}
