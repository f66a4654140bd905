/** The validated options of `forRoot()`. */
export const OPTIONS = Symbol('nestjs-maintenance:options');
/** The validated structural options of `forRoot()`. */
export const STRUCTURE = Symbol('nestjs-maintenance:structure');
