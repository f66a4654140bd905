/** Under this name every copy of the library, of whatever version, leaves itself on what is made with it. */
export const COPY = Symbol.for('nestjs-maintenance:copy');

/** This copy: a process may have loaded several, such as one of the application and one of a package in its workspace. */
export const THIS_COPY: object = Object.freeze({});

/** Whether that was made with another copy, whose classes and symbols are not these. */
export const isOfAnotherCopy = (made: object): boolean =>
  ((made as { readonly [COPY]?: object })[COPY] ?? THIS_COPY) !== THIS_COPY;
